/* rules.c - the manual's notes as numbered rules: the walk, and the rules for every kind
 *
 * A change is checked over the records it writes, over those that refer to them where the rule
 * says so, and over what all records of a kind share. Everything that is wrong is said at once,
 * each with the rule's name, the member, a sentence and what to do. A change costs what it
 * touches: per record at most one scan, sweeps once per change whatever its size.
 *
 * Called by: daemon/change.c.  Thread: loop (any: it keeps nothing).  Owns: nothing.
 * Not here: what one member alone may hold - that is its row in the field table.
 */
#include "core/model/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/model/ruling.h"

static const struct rule_row rows[RULE_COUNT] = {
#define RULE(code, name_, severity_, text_) \
	[RULE_##code] = { .name = name_, .severity = RULE_##severity_, .text = text_ },
#include "core/model/rule.def"
#undef RULE
};

static const struct check *const checks[] = { rules_of_proposals, rules_of_peers, rules_of_tunnels,
					      rules_of_services };
static const struct sweep *const sweeps[] = { rules_sweeps_of_proposals, rules_sweeps_of_peers,
					      rules_sweeps_of_tunnels };

const struct rule_row *rule_row(enum rule r)
{
	static const struct rule_row unknown = { "unknown", RULE_ERROR, "Unknown rule" };

	return (unsigned)r < RULE_COUNT ? &rows[r] : &unknown;
}

/* The same fault may be found on two ways, from the record and from what it refers to. */
static bool is_said(const struct faults *l, const char *rule, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i].rule, rule) == 0 && strcmp(l->at[i].text, text) == 0)
			return true;
	return false;
}

static void say(struct ruling *r, enum rule rule, const char *field, const char *hint,
		const char *text)
{
	const struct rule_row *row = rule_row(rule);
	bool is_error = row->severity == RULE_ERROR;
	struct faults *l = is_error ? r->errors : r->warnings;
	enum reason reason = rule == RULE_REF_IN_USE ? R_IN_USE : R_INVALID;

	if (is_said(l, row->name, text))
		return;
	struct fault *f = faults_add(l, is_error ? reason : R_OK, row->name, field, "%s", text);
	if (f)
		text_copy(f->hint, sizeof(f->hint), hint);
}

static const char *name_at(const struct record *rec, size_t member)
{
	if (member == NO_MEMBER)
		return "";
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++)
		if (fl->offset == member)
			return fl->name;
	return "";
}

void rules_break(struct ruling *r, enum rule rule, const struct record *rec, size_t member,
		 const char *hint, const char *fmt, ...)
{
	char text[sizeof(((struct fault *)0)->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say(r, rule, name_at(rec, member), hint, text);
}

bool rules_is_touched(const struct ruling *r, const struct record *rec)
{
	return rec->revision == config_revision(r->after);
}

/* "peer branch7", or just "SNMP settings" for what there is only one of. */
static const char *title_of(const struct record *rec, char *ret, size_t cap)
{
	const struct kind_row *row = kind_row(rec->kind);

	if (row->single)
		snprintf(ret, cap, "%s", row->path);
	else
		snprintf(ret, cap, "%s %s", row->word, rec->name);
	return ret;
}

/* ---- rules of every kind ---- */

/* ref.exists */
static void check_reference(struct ruling *r, const struct record *rec, const struct field *fl)
{
	char text[240], title[80], member[80];

	for (size_t i = 0; i < field_count(fl, rec); i++) {
		const char *name = field_str(fl, rec, i);

		if (!*name || config_find(r->after, fl->ref, name))
			continue;
		snprintf(member, sizeof(member), fl->many ? "%s.%zu" : "%s", fl->name, i);
		snprintf(text, sizeof(text), "%s: %s names %s %s, which does not exist",
			 title_of(rec, title, sizeof(title)), fl->name, kind_row(fl->ref)->word,
			 name);
		say(r, RULE_REF_EXISTS, member, "Make that record first, or name another", text);
	}
}

/* release.no_effect_yet */
static void check_later(struct ruling *r, const struct record *rec, const struct field *fl)
{
	char text[240], title[80];

	if (!(fl->flags & FF_LATER) || field_is_preset(fl, rec))
		return;
	snprintf(text, sizeof(text), "%s: %s is kept but has no effect in this release",
		 title_of(rec, title, sizeof(title)), fl->name);
	say(r, RULE_NO_EFFECT_YET, fl->name, "", text);
}

struct users {
	struct text names;
	size_t n;
};

static void add_user(void *arg, const struct record *referrer)
{
	enum { NAMED = 4 };
	struct users *u = arg;
	char title[80];

	if (u->n++ < NAMED)
		text_add(&u->names, "%s%s", u->n > 1 ? ", " : "",
			 title_of(referrer, title, sizeof(title)));
	else if (u->n == NAMED + 1)
		text_add_str(&u->names, " and others");
}

/* ref.in_use: of the configuration as it would be, so users may go in the same change. */
static void check_deletion(struct ruling *r, const struct edit *e)
{
	char at[160] = "", text[240];
	struct users u = { .names = { .at = at, .cap = sizeof(at), .limit = sizeof(at) - 1 } };

	config_referrers(r->after, e->kind, e->name, add_user, &u);
	if (!u.n)
		return;
	snprintf(text, sizeof(text), "%s %s cannot be deleted: it is used by %s",
		 kind_row(e->kind)->word, e->name, u.names.at);
	say(r, RULE_REF_IN_USE, "", "Change or delete what uses it first", text);
}

/* ---- the walk ---- */

static void check_record(struct ruling *r, const struct record *rec)
{
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++) {
		if (fl->kind == F_REF)
			check_reference(r, rec, fl);
		check_later(r, rec, fl);
	}
	for (size_t t = 0; t < COUNT_OF(checks); t++)
		for (const struct check *c = checks[t]; c->record; c++)
			if (c->kind == rec->kind)
				c->record(r, rec);
}

struct around {
	struct ruling *r;
	enum kind edited;
};

static void check_referrer(void *arg, const struct record *referrer)
{
	struct around *a = arg;

	if (rules_is_touched(a->r, referrer))
		return;
	for (size_t t = 0; t < COUNT_OF(checks); t++)
		for (const struct check *c = checks[t]; c->record; c++)
			if (c->kind == referrer->kind && c->also & ON(a->edited))
				c->record(a->r, referrer);
}

static void check_all_of(struct around *a, enum kind k)
{
	for (size_t i = 0; i < config_count(a->r->after, k); i++)
		check_referrer(a, config_at(a->r->after, k, i));
}

/* Kinds of records whose checks an edit of this kind repeats. */
static uint32_t kinds_around(enum kind edited)
{
	uint32_t kinds = 0;

	for (size_t t = 0; t < COUNT_OF(checks); t++)
		for (const struct check *c = checks[t]; c->record; c++)
			if (c->also & ON(edited))
				kinds |= ON(c->kind);
	return kinds;
}

/* Records that lean on the edited one: those that name it, or all where it is the only one. */
static void check_around(struct ruling *r, const struct record *rec)
{
	struct around a = { r, rec->kind };
	uint32_t kinds = kinds_around(rec->kind);

	if (kinds && !kind_row(rec->kind)->single) {
		config_referrers(r->after, rec->kind, rec->name, check_referrer, &a);
		return;
	}
	for (int k = 0; k < K_COUNT; k++)
		if (kinds & ON(k))
			check_all_of(&a, (enum kind)k);
}

static void check_together(struct ruling *r, uint32_t kinds)
{
	for (size_t t = 0; t < COUNT_OF(sweeps); t++)
		for (const struct sweep *s = sweeps[t]; s->all; s++)
			if (kinds & ON(s->kind))
				s->all(r);
}

static enum reason verdict(const struct ruling *r)
{
	if (r->no_memory)
		return R_NO_MEMORY;
	for (size_t i = 0; i < r->errors->n; i++)
		if (r->errors->at[i].reason != R_IN_USE)
			return R_INVALID;
	return r->errors->n ? R_IN_USE : R_OK;
}

enum reason rules_check(const struct config *before, const struct config *after,
			const struct edit *edits, size_t n, struct faults *errors,
			struct faults *warnings)
{
	struct ruling r = {
		.before = before, .after = after, .errors = errors, .warnings = warnings
	};
	uint32_t kinds = 0;

	for (size_t i = 0; i < n; i++) {
		const struct edit *e = &edits[i];

		if (e->op == EDIT_DELETE) {
			check_deletion(&r, e);
			continue;
		}
		const struct record *rec = kind_row(e->kind)->single
						   ? config_at(after, e->kind, 0)
						   : config_find(after, e->kind, e->name);
		if (!rec)
			continue; /* deleted again by a later edit of the same change */
		kinds |= ON(e->kind);
		check_record(&r, rec);
		check_around(&r, rec);
	}
	check_together(&r, kinds);
	if (r.no_memory)
		faults_add(errors, R_NO_MEMORY, "", "", "no memory to check the rules");
	return verdict(&r);
}
