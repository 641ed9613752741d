/* config_diff.c - what lies between two configurations, as edits
 *
 * Going back to an earlier revision, and taking a whole document, are changes like any other: the
 * edits that lead there are found here. Records are compared by the members that people write;
 * sealed secrets count by their octets, so a secret goes back too.
 *
 * Each edit names the revision of the record it was found against, so that a change that came
 * in between is noticed.
 *
 * Called by: api (rollback, PUT /config), core/daemon (a change that was not confirmed).
 * Thread: any.  Owns: nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/config.h"

struct list {
	struct edit *at;
	size_t n, cap;
	bool failed;
};

void edits_free(struct edit *edits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		record_unref(edits[i].rec);
	free(edits);
}

bool record_same(const struct record *a, const struct record *b)
{
	for (const struct field *fl = kind_row(a->kind)->fields; fl->name; fl++)
		if (!(fl->flags & (FF_READ_ONLY | FF_DERIVED)) && !field_equal(fl, a, b))
			return false;
	return true;
}

static void add(struct list *l, enum edit_op op, const struct record *old, const struct record *new)
{
	const struct record *any = new ? new : old;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct edit *more = realloc(l->at, cap * sizeof(*more));

		if (!more) {
			l->failed = true;
			return;
		}
		l->at = more;
		l->cap = cap;
	}
	struct edit *e = &l->at[l->n];
	*e = (struct edit){ .op = op,
			    .kind = any->kind,
			    .if_match = old ? old->revision : MATCH_ANY,
			    .must_be_new = !old,
			    .rec = new ? record_copy(new) : NULL };
	text_copy(e->name, sizeof(e->name), any->name);
	if (new && !e->rec)
		l->failed = true;
	else
		l->n++;
}

static bool is_builtin(const struct record *r)
{
	return r->kind == K_IKE_PROPOSAL && strcmp(r->name, BUILTIN_NAME) == 0;
}

bool config_edits(const struct config *from, const struct config *to, struct edit **ret,
		  size_t *ret_n)
{
	struct list l = { 0 };

	for (int k = 0; k < K_COUNT; k++) {
		for (size_t i = 0; i < config_count(from, (enum kind)k); i++) {
			const struct record *old = config_at(from, (enum kind)k, i);

			if (!is_builtin(old) && !config_find(to, (enum kind)k, old->name))
				add(&l, EDIT_DELETE, old, NULL);
		}
		for (size_t i = 0; i < config_count(to, (enum kind)k); i++) {
			const struct record *new = config_at(to, (enum kind)k, i);
			const struct record *old = config_find(from, (enum kind)k, new->name);

			if (!is_builtin(new) && old != new && (!old || !record_same(old, new)))
				add(&l, EDIT_PUT, old, new);
		}
	}
	*ret = l.at;
	*ret_n = l.n;
	if (l.failed) {
		edits_free(l.at, l.n);
		*ret = NULL;
		*ret_n = 0;
	}
	return !l.failed;
}
