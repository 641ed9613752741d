/* undraft.c - one record's edits are taken out of a draft again
 *
 * Its row stays, as the record is now: rows that change nothing are no edit, and nobody sees them.
 *
 * Called by: draft.c.  Thread: loop.  Owns: nothing.
 */
#include "api/draft.h"

bool draft_forget(struct draft *d, const struct config *now, enum kind k, const char *name)
{
	struct staged *s = draft_find(d, k, name);

	if (!s || staged_is_idle(s))
		return false;
	record_unref(s->before);
	record_unref(s->rec);
	s->before = config_find(now, k, name);
	s->rec = s->before ? record_copy(record_ref(s->before)) : NULL;
	s->is_kept = false;
	return true;
}
