/* redraft.c - a draft as the store had it, after a restart
 *
 * Called by: setshelf.c.  Thread: loop.  Owns: nothing.
 */
#include "api/draft.h"

bool draft_restore(struct draft *d, const struct changeset_row *rows, size_t n)
{
	own(config) nothing = config_new();

	*d = (struct draft){ 0 };
	for (size_t i = 0; nothing && i < n; i++) {
		struct staged *s = draft_row(d, nothing, rows[i].kind, rows[i].name);

		if (!s)
			return false;
		record_unref(s->before); /* of settings, which are always there */
		record_unref(s->rec);
		s->before = rows[i].before ? record_ref(rows[i].before) : NULL;
		s->rec = rows[i].after ? record_copy(rows[i].after) : NULL;
		s->is_kept = true;
		if (rows[i].after && !s->rec)
			return false;
	}
	return nothing != NULL;
}
