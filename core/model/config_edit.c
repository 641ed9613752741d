/* config_edit.c - the next configuration: by edits, or from the store
 *
 * A change copies the shelves it touches, which is copying pointers, shares the others, and puts
 * copies of the edited records in; whoever holds the old config sees nothing of it. Index
 * numbers are counted up inside the config for each kind, also past deletions, so that none
 * is given twice; the store tells those of records that went in an earlier life.
 *
 * Called by: core/daemon (changes, loop thread), store (loading).  Owns: nothing.
 * Not here: whether the records make sense together - rules.c.
 */
#include "core/model/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/config_inside.h"

static bool is_builtin_name(enum kind k, const char *name)
{
	return k == K_IKE_PROPOSAL && strcmp(name, BUILTIN_NAME) == 0;
}

struct changing {
	struct config *c;
	bool mine[K_COUNT]; /* the shelf was copied for this change */
	const char *who;
	int64_t now_s;
};

/* A config that shares everything, one revision on. */
static struct config *config_successor(const struct config *c)
{
	struct config *next = calloc(1, sizeof(*next));

	if (!next)
		return NULL;
	memcpy(next->last_index, c->last_index, sizeof(next->last_index));
	next->refs = 1;
	next->revision = c->revision + 1;
	for (int k = 0; k < K_COUNT; k++)
		next->shelf[k] = shelf_ref(c->shelf[k]);
	return next;
}

static enum reason own_shelf(struct changing *ch, enum kind k, struct fault *f)
{
	struct shelf *copy;

	if (ch->mine[k])
		return R_OK;
	copy = shelf_copy(ch->c->shelf[k]);
	if (!copy)
		return fail(f, R_NO_MEMORY, "no memory for the next configuration");
	shelf_unref(ch->c->shelf[k]);
	ch->c->shelf[k] = copy;
	ch->mine[k] = true;
	return R_OK;
}

static enum reason check_edit(const struct edit *e, const struct record *old, struct fault *f)
{
	const struct kind_row *row = kind_row(e->kind);

	if (is_builtin_name(e->kind, e->name))
		return fail(f, R_INVALID, "%s is built in and cannot be changed", e->name);
	if (e->op == EDIT_DELETE && row->single)
		return fail(f, R_INVALID, "settings always exist and cannot be deleted");
	if (e->op == EDIT_DELETE && !old)
		return fail(f, R_NOT_FOUND, "there is no %s %s", row->word, e->name);
	if (e->must_be_new && old)
		return fail_field(f, R_NAME_TAKEN, "name", "the %s %s exists already", row->word,
				  e->name);
	if (e->if_match != MATCH_ANY && !old)
		return fail(f, R_STALE, "the %s %s was deleted meanwhile", row->word, e->name);
	if (e->if_match != MATCH_ANY && e->if_match != old->revision)
		return fail(f, R_STALE, "the %s %s was changed in revision %llu, not in %llu",
			    row->word, old->name, (unsigned long long)old->revision,
			    (unsigned long long)e->if_match);
	if (e->op == EDIT_PUT && (!e->rec || e->rec->kind != e->kind))
		return fail(f, R_INTERNAL, "an edit of %s carries no such record", row->path);
	if (e->op == EDIT_PUT && !row->single && (!*e->name || strcmp(e->rec->name, e->name) != 0))
		return fail_field(f, R_INVALID, "name", "the record is called \"%s\", not \"%s\"",
				  e->rec->name, e->name);
	return R_OK;
}

/* The record as it is to be kept. */
static struct record *stamped(struct changing *ch, const struct edit *e, const struct record *old)
{
	struct record *r = record_copy(e->rec);

	if (!r)
		return NULL;
	r->revision = ch->c->revision;
	r->index = old ? old->index : ++ch->c->last_index[e->kind];
	r->created_s = old && old->created_s ? old->created_s : ch->now_s;
	r->changed_s = ch->now_s;
	text_copy(r->changed_by, sizeof(r->changed_by), ch->who);
	if (old)
		text_copy(r->name, sizeof(r->name), old->name);
	if (!*r->scope)
		text_copy(r->scope, sizeof(r->scope), "this");
	if (e->kind == K_IKE_PROPOSAL)
		((struct ike_proposal *)(void *)r)->builtin = false;
	return r;
}

static enum reason apply(struct changing *ch, const struct edit *e, struct fault *f)
{
	const struct record *old;
	struct record *r;

	if ((unsigned)e->kind >= K_COUNT)
		return fail(f, R_INTERNAL, "an edit of an unknown kind");
	old = config_find(ch->c, e->kind, e->name);
	if (check_edit(e, old, f) != R_OK || own_shelf(ch, e->kind, f) != R_OK)
		return f->reason;
	if (e->op == EDIT_DELETE) {
		shelf_remove(ch->c->shelf[e->kind], e->name);
		return R_OK;
	}
	r = stamped(ch, e, old);
	if (!r)
		return fail(f, R_NO_MEMORY, "no memory for a record");
	return shelf_put(ch->c->shelf[e->kind], r, f);
}

struct config *config_with(const struct config *c, const struct edit *edits, size_t n,
			   const char *who, int64_t now_s, struct fault *f)
{
	struct fault mine = { 0 };
	struct changing ch = { .who = who ? who : "", .now_s = now_s };
	own(config) next = config_successor(c);

	if (!f)
		f = &mine;
	if (!next) {
		fail(f, R_NO_MEMORY, "no memory for the next configuration");
		return NULL;
	}
	ch.c = next;
	for (size_t i = 0; i < n; i++)
		if (apply(&ch, &edits[i], f) != R_OK) {
			f->edit = i + 1;
			return NULL;
		}
	if (ch.mine[K_SETTINGS_IKE] &&
	    (own_shelf(&ch, K_IKE_PROPOSAL, f) != R_OK || config_settle_builtin(next, f) != R_OK))
		return NULL;
	return give(next);
}

/* ---- from the store ---- */

/* Moves the records of one kind to the front of a list of their own; the list of the store
 * keeps what is not taken yet. Numbers that were given once are never given again. */
static size_t gather(struct config *c, enum kind k, struct record **list, size_t n,
		     const struct record **ret)
{
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		struct record *r = list[i];

		if (!r || r->kind != k || is_builtin_name(k, r->name))
			continue;
		c->last_index[k] = MAX_OF(c->last_index[k], r->index);
		ret[got++] = r;
		list[i] = NULL;
	}
	for (size_t i = 0; i < got; i++) {
		struct record *r = (struct record *)(uintptr_t)ret[i];

		if (!r->index)
			r->index = ++c->last_index[k];
	}
	return got;
}

/* Takes the records, whatever comes of it. */
static enum reason fill_kind(struct config *c, enum kind k, const struct record **take_list,
			     size_t n, struct fault *f)
{
	enum reason r;

	if (kind_row(k)->single && n > 1)
		r = fail(f, R_STORE_DAMAGED, "%s is kept %zu times", kind_row(k)->path, n);
	else
		r = shelf_fill(c->shelf[k], take_list, n, f);
	if (r == R_NAME_TAKEN)
		r = fail(f, R_STORE_DAMAGED, "%s: %s", kind_row(k)->path, f->text);
	for (size_t i = 0; r != R_OK && i < n; i++)
		record_unref(take_list[i]);
	return r;
}

struct config *config_of_records(struct record **take_records, size_t n, uint64_t revision,
				 struct fault *f)
{
	struct fault mine = { 0 };
	const struct record **list = calloc(n + 1, sizeof(struct record *));
	own(config) c = config_bare();
	enum reason r = R_OK;

	if (!f)
		f = &mine;
	if (!c || !list)
		r = fail(f, R_NO_MEMORY, "no memory for the configuration");
	else
		c->revision = revision;
	for (int k = 0; r == R_OK && k < K_COUNT; k++) {
		size_t got = gather(c, (enum kind)k, take_records, n, list);

		r = fill_kind(c, (enum kind)k, list, got, f);
	}
	free(list);
	for (size_t i = 0; i < n; i++) {
		record_unref(take_records[i]); /* what nobody wanted */
		take_records[i] = NULL;
	}
	if (r != R_OK || config_settle_singles(c, f) != R_OK || config_settle_builtin(c, f) != R_OK)
		return NULL;
	return give(c);
}

void config_spend_index(struct config *c, enum kind k, uint32_t last)
{
	c->last_index[k] = MAX_OF(c->last_index[k], last);
}
