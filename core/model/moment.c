/* moment.c - a moment as people and programs read it
 *
 * RFC 3339 in UTC, to the millisecond: events and stories are read beside packet captures,
 * where a second is a long time.
 *
 * Called by: event.c, story.c, syntax.c, exception.c.  Thread: any.  Owns: nothing.
 */
#include "core/model/moment.h"

#include <stdio.h>
#include <string.h>
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

char *moment_text(int64_t s, char ret[MOMENT_TEXT])
{
	time_t at = (time_t)s;
	struct tm tm;

	*ret = '\0';
	if (gmtime_r(&at, &tm))
		strftime(ret, MOMENT_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return ret;
}

/* One place for each character; what is no such day shows in what is read being another one. */
static bool has_shape(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	size_t n = strlen(text);

	for (size_t i = 0; i < n && i < sizeof(shape) - 1; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return n == 10 || n == sizeof(shape) - 1;
}

bool moment_read(const char *text, int64_t *ret_s)
{
	char again[MOMENT_TEXT];
	struct tm tm = { 0 };

	if (!has_shape(text) || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon,
				       &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) < 3)
		return false;
	if (tm.tm_year < 1970)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_s = timegm(&tm);
	return strncmp(moment_text(*ret_s, again), text, strlen(text)) == 0;
}
