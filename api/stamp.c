/* stamp.c - times as RFC 3339, in UTC
 *
 * Called by: users.c, tokens.c, system.c.  Thread: any.  Owns: nothing.
 */
#include "api/stamp.h"

#include <time.h>

json_t *stamp_json(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (!seconds || !gmtime_r(&at, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}
