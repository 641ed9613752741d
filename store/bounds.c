/* bounds.c - how much is kept of what was, by settings/logging
 *
 * Called by: changes.c, when a configuration is loaded or about to be saved.  Thread: loop.
 * Owns: nothing.
 */
#include <string.h>

#include "store/parts.h"

enum { DAY_S = 24 * 3600 };

bool bounds_take(struct store *s, const struct config *c)
{
	const struct settings_logging *l = config_logging(c);
	const int64_t old[] = { (int64_t)s->stories_most, (int64_t)s->strangers_most,
				s->stories_age_ms, (int64_t)s->kept_most, s->kept_age_s };

	s->stories_most = l->negotiations_kept;
	s->strangers_most = l->strangers_kept;
	s->stories_age_ms = (int64_t)l->negotiations_days * DAY_S * 1000;
	s->kept_most = l->replaced_kept;
	s->kept_age_s = (int64_t)l->replaced_days * DAY_S;
	const int64_t now[] = { (int64_t)s->stories_most, (int64_t)s->strangers_most,
				s->stories_age_ms, (int64_t)s->kept_most, s->kept_age_s };
	return memcmp(old, now, sizeof(now)) != 0;
}
