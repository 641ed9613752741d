/* moment.c - a moment as people and programs read it
 *
 * RFC 3339 in UTC, to the millisecond: events and stories are read beside packet captures,
 * where a second is a long time.
 *
 * Called by: event.c, story.c.  Thread: any.  Owns: nothing.
 */
#include "core/model/moment.h"

#include <stdio.h>
#include <time.h>

void moment_json(int64_t wall_ms, struct text *t)
{
	time_t s = (time_t)(wall_ms / 1000);
	char day[32];
	struct tm tm;

	if (wall_ms <= 0 || !gmtime_r(&s, &tm) ||
	    !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm)) {
		text_add_str(t, "null");
		return;
	}
	text_add(t, "\"%s.%03dZ\"", day, (int)(wall_ms % 1000));
}
