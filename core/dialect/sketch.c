/* sketch.c - records on their way, and notes about what has no counterpart
 *
 * Only members that were set are given on: the rest is the daemon's to preset. Texts come from
 * strangers, so there is a most of everything and a hash finds names.
 *
 * Called by: the readers and writers beside it; api/ctl.  Thread: any, one at a time.
 * Owns: the records and the values of secrets, which are wiped.
 */
#include "core/dialect/sketch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/model/alg.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/strength.h"

void sketch_init(struct sketch *d)
{
	*d = (struct sketch){ .by_name = hash_new() };
	d->no_memory = !d->by_name;
}

void entry_free(struct entry *e)
{
	if (!e)
		return;
	record_unref(e->rec);
	bytes_free(e->secret);
	free(e);
}

void sketch_done(struct sketch *d)
{
	for (size_t i = 0; i < d->n; i++)
		entry_free(d->at[i]);
	free(d->at);
	free(d->notes);
	hash_free(d->by_name);
	*d = (struct sketch){ 0 };
}

struct entry *entry_new(enum kind k, unsigned line)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->line = line;
	e->rec = record_new(k);
	if (e->rec)
		return e;
	free(e);
	return NULL;
}

static struct slice key_of(enum kind k, const char *name, char *at, size_t cap)
{
	int n = snprintf(at, cap, "%s/%s", kind_row(k)->path, kind_row(k)->single ? "" : name);

	return slice(at, MIN_OF((size_t)n, cap - 1));
}

struct entry *sketch_find(const struct sketch *d, enum kind k, const char *name)
{
	char at[128];

	return d->by_name ? hash_find(d->by_name, key_of(k, name, at, sizeof(at))) : NULL;
}

static bool name_it(struct sketch *d, struct entry *e, const char *name)
{
	const struct kind_row *row = kind_row(e->rec->kind);
	char canonical[NAME_SIZE];
	struct fault f = { 0 };

	if (row->single)
		return true;
	if (strlen(name) > NAME_MAX_ ||
	    syntax_check(SYN_NAME, name, canonical, sizeof(canonical), &f) != R_OK) {
		sketch_note(d, NOTE_LEFT_OUT, e->line, name,
			    "a %s cannot have this name: 1 to %d letters, digits, dots, lines and "
			    "hyphens",
			    row->word, NAME_MAX_);
		return false;
	}
	text_copy(e->rec->name, sizeof(e->rec->name), canonical);
	return true;
}

static bool put(struct sketch *d, struct entry *e)
{
	char at[128];
	bool ok = true;

	if (d->n == SKETCH_ENTRIES) {
		sketch_note(d, NOTE_LEFT_OUT, e->line, "", "more than %d records are not taken",
			    SKETCH_ENTRIES);
		return false;
	}
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 32;
		struct entry **more = realloc(d->at, cap * sizeof(struct entry *));

		d->no_memory |= !more;
		if (!more)
			return false;
		d->at = more;
		d->cap = cap;
	}
	hash_put(d->by_name, key_of(e->rec->kind, e->rec->name, at, sizeof(at)), e, &ok);
	d->no_memory |= !ok;
	if (ok)
		d->at[d->n++] = e;
	return ok;
}

bool sketch_take(struct sketch *d, struct entry *take_e, const char *name)
{
	if (!d->by_name || !name_it(d, take_e, name) ||
	    sketch_find(d, take_e->rec->kind, take_e->rec->name) || !put(d, take_e)) {
		entry_free(take_e);
		return false;
	}
	return true;
}

struct entry *sketch_add(struct sketch *d, enum kind k, const char *name, unsigned line)
{
	struct entry *e = sketch_find(d, k, name);

	if (e)
		return e;
	e = entry_new(k, line);
	d->no_memory |= !e;
	return e && sketch_take(d, e, name) ? e : NULL;
}

static bool set_secret(struct sketch *d, struct entry *e, const struct field *fl, const char *value,
		       unsigned line)
{
	size_t n = strlen(value);

	if (strcmp(value, SECRET_HERE) == 0) {
		sketch_note(d, NOTE_LEFT_OUT, line, "",
			    "the key of %s is still the words that stand for it; set it with: "
			    "ikeeper secret set %s --stdin",
			    e->rec->name, e->rec->name);
		return false;
	}
	if (n < fl->min || n > fl->max || !is_utf8(value, n)) {
		sketch_note(d, NOTE_LEFT_OUT, line, "",
			    "the key of %s is no text of %u to %u octets; set it with: ikeeper "
			    "secret set %s --stdin",
			    e->rec->name, fl->min, fl->max, e->rec->name);
		return false;
	}
	bytes_free(e->secret);
	e->secret = bytes_of(value, n);
	d->no_memory |= !e->secret;
	return e->secret != NULL;
}

bool sketch_set(struct sketch *d, struct entry *e, const char *member, const char *value,
		unsigned line)
{
	const struct field *fields = kind_row(e->rec->kind)->fields;
	const struct field *fl = field_find(fields, member);
	struct fault f = { 0 };
	bool ok;

	if (!fl)
		return false;
	if (fl->kind == F_SECRET) {
		ok = set_secret(d, e, fl, value, line);
	} else if (fl->many && field_count(fl, e->rec) >= fl->many) {
		sketch_note(d, NOTE_LEFT_OUT, line, value, "%s takes at most %u", member, fl->many);
		ok = false;
	} else {
		size_t i = fl->many ? field_count(fl, e->rec) : 0;

		ok = field_set_text(fl, e->rec, i, value, &f) == R_OK;
		if (!ok)
			sketch_note(d, NOTE_LEFT_OUT, line, value, "%s", f.text);
	}
	if (ok)
		e->given |= 1ull << (fl - fields);
	return ok;
}

const char *entry_text(const struct entry *e, const char *member, struct text *ret)
{
	const struct field *fl = field_find(kind_row(e->rec->kind)->fields, member);

	text_done(ret);
	text_init(ret, 0);
	if (fl && fl->kind != F_SECRET)
		field_text(fl, e->rec, ret);
	return ret->at ? ret->at : "";
}

uint64_t entry_bit(const struct entry *e, const char *member)
{
	const struct field *fields = kind_row(e->rec->kind)->fields;
	const struct field *fl = field_find(fields, member);

	return fl ? 1ull << (fl - fields) : 0;
}

bool entry_has(const struct entry *e, const char *member)
{
	return e->given & entry_bit(e, member);
}

/* Of no concern to another product. */
static bool is_ours(const char *member)
{
	static const char *const ours[] = { "description", "allow_weak", "allow_weak_key", "system",
					    "labels",      "exceptions", "number",         NULL };

	for (size_t i = 0; ours[i]; i++)
		if (strcmp(ours[i], member) == 0)
			return true;
	return false;
}

void sketch_unsaid(struct sketch *notes, const struct entry *e, uint64_t said, const char *language)
{
	const struct kind_row *row = kind_row(e->rec->kind);

	for (const struct field *fl = row->fields; fl->name; fl++) {
		struct text value;

		if (said & 1ull << (fl - row->fields) || fl->flags & (FF_KEY | FF_READ_ONLY) ||
		    fl->kind == F_SECRET || is_ours(fl->name) || field_is_preset(fl, e->rec))
			continue;
		text_init(&value, 80);
		field_text(fl, e->rec, &value);
		sketch_note(notes, NOTE_LEFT_OUT, 0, e->rec->name,
			    "%s %s of the %s cannot be said in %s", fl->name,
			    value.at ? value.at : "", row->word, language);
		text_done(&value);
	}
}

void sketch_note(struct sketch *d, enum note_sort s, unsigned line, const char *words,
		 const char *fmt, ...)
{
	va_list args;

	if (d->notes_n == SKETCH_NOTES) {
		d->notes_dropped++;
		return;
	}
	if (d->notes_n == d->notes_cap) {
		size_t cap = d->notes_cap ? d->notes_cap * 2 : 32;
		struct note *more = realloc(d->notes, cap * sizeof(*more));

		d->no_memory |= !more;
		if (!more)
			return;
		d->notes = more;
		d->notes_cap = cap;
	}
	struct note *n = &d->notes[d->notes_n++];
	*n = (struct note){ .sort = s, .line = line };
	text_copy(n->words, sizeof(n->words), words);
	va_start(args, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, args);
	va_end(args);
}

/* kind.def stands in the order of references already: secrets before peers, peers before tunnels. */
static int by_kind(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if (x->rec->kind != y->rec->kind)
		return x->rec->kind < y->rec->kind ? -1 : 1;
	return x->line != y->line ? (x->line < y->line ? -1 : 1)
				  : strcmp(x->rec->name, y->rec->name);
}

void sketch_order(struct sketch *d)
{
	if (d->n)
		qsort(d->at, d->n, sizeof(struct entry *), by_kind);
}

/* ---- out as JSON ---- */

static void add_value(struct text *t, const struct field *fl, const struct entry *e)
{
	const char *s = "";

	if (fl->many) {
		text_add_str(t, "[");
		for (size_t i = 0; i < field_count(fl, e->rec); i++) {
			s = field_str(fl, e->rec, i);
			text_add_str(t, i ? "," : "");
			text_add_json(t, s, strlen(s));
		}
		text_add_str(t, "]");
	} else if (fl->kind == F_SECRET) {
		text_add_json(t, (const char *)e->secret->at, e->secret->n);
	} else if (fl->kind == F_UINT) {
		text_add(t, "%llu", (unsigned long long)field_uint(fl, e->rec));
	} else if (fl->kind == F_FLAG) {
		text_add_str(t, field_uint(fl, e->rec) ? "true" : "false");
	} else {
		s = fl->kind == F_CHOICE ? name_of(fl->names, (int)field_uint(fl, e->rec))
					 : field_str(fl, e->rec, 0);
		text_add_json_str(t, s);
	}
}

static bool is_given(const struct entry *e, const struct field *fl)
{
	size_t i = (size_t)(fl - kind_row(e->rec->kind)->fields);

	return e->given & 1ull << i && !(fl->kind == F_SECRET && !e->secret);
}

/* Members of one dotted prefix stand side by side in their table. */
void entry_json(const struct entry *e, struct text *t)
{
	char open[40] = "";
	const char *comma = "";

	text_add_str(t, "{");
	for (const struct field *fl = kind_row(e->rec->kind)->fields; fl->name; fl++) {
		const char *dot = strchr(fl->name, '.');
		int group = dot ? (int)(dot - fl->name) : 0;

		if (!is_given(e, fl) || fl->flags & FF_KEY)
			continue;
		if (*open &&
		    (strncmp(open, fl->name, strlen(open)) != 0 || (size_t)group != strlen(open))) {
			text_add_str(t, "}");
			*open = '\0';
		}
		if (group && !*open) {
			snprintf(open, sizeof(open), "%.*s", group, fl->name);
			text_add(t, "%s\"%s\":{", comma, open);
			comma = "";
		}
		text_add(t, "%s\"%s\":", comma, group ? dot + 1 : fl->name);
		add_value(t, fl, e);
		comma = ",";
	}
	text_add_str(t, *open ? "}}" : "}");
}

void entry_path(const struct entry *e, struct text *t)
{
	const struct kind_row *row = kind_row(e->rec->kind);

	text_add(t, row->single ? "/%s" : "/%s/%s", row->path, e->rec->name);
}

/* ---- weak algorithms ---- */

static enum tier worst(const struct record *r, struct text *names)
{
	const struct ike_proposal *ike = (const void *)r;
	const struct ipsec_proposal *esp = (const void *)r;
	bool is_ike = r->kind == K_IKE_PROPOSAL;
	const struct encr_row *e = alg_encr(
		(enum encr)(is_ike ? ike->encryption_algorithm : esp->encryption_algorithm));
	const struct integ_row *i = alg_integ(
		(enum integ)(is_ike ? ike->integrity_algorithm : esp->integrity_algorithm));
	const struct group_row *g =
		alg_group((enum group)(is_ike ? ike->dh_group : esp->pfs_group));
	enum tier tier = MAX_OF(MAX_OF(e->tier, i->tier), g->tier);

	if (e->tier)
		text_add(names, "%s", e->name);
	if (i->tier)
		text_add(names, "%s%s", names->n ? ", " : "", i->name);
	if (g->tier)
		text_add(names, "%s%s", names->n ? ", " : "", g->name);
	return tier;
}

void sketch_allow_weak(struct sketch *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = d->at[i];
		struct text names;

		if (e->rec->kind != K_IKE_PROPOSAL && e->rec->kind != K_IPSEC_PROPOSAL)
			continue;
		text_init(&names, 0);
		enum tier tier = worst(e->rec, &names);
		if (tier != TIER_CURRENT && sketch_set(d, e, "allow_weak", "true", e->line))
			sketch_note(
				d, NOTE_MIND, e->line, "",
				"%s %s uses %s algorithms (%s); allow_weak is set so that it is "
				"accepted",
				kind_row(e->rec->kind)->word, e->rec->name, tier_word(tier),
				names.at ? names.at : "");
		text_done(&names);
	}
}

void sketch_allow_weak_keys(struct sketch *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = d->at[i], *s;
		const struct peer *p = (const void *)e->rec;

		if (e->rec->kind != K_PEER || p->exchange_mode != MODE_AGGRESSIVE ||
		    !(s = sketch_find(d, K_SECRET, p->psk)) || !s->secret)
			continue;
		unsigned bits = strength_bits(slice_of(s->secret));
		if (bits < STRENGTH_ENOUGH && sketch_set(d, e, "allow_weak_key", "true", e->line))
			sketch_note(
				d, NOTE_MIND, e->line, "",
				"peer %s: in aggressive mode anybody can guess at the key, and "
				"this one is worth about %u bits; allow_weak_key is set so that "
				"it is accepted",
				p->r.name, bits);
	}
}
