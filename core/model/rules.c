/* rules.c - the manual's notes as numbered rules: the walk, and the rules for every kind
 *
 * A change is checked over the records it writes, over those that refer to them where the rule
 * says so, and over what all records of a kind share. Everything that is wrong is said at once,
 * each with the rule's name, the member, a sentence and what to do. A change costs what it
 * touches, and at most one pass over a kind for each question, whatever the change's size.
 *
 * Called by: daemon/change.c.  Thread: loop (any: it keeps nothing).  Owns: nothing.
 * Not here: what one member alone may hold - that is its row in the field table.
 */
#include "core/model/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/ruling.h"

static const struct rule_row rows[RULE_COUNT] = {
#define RULE(code, name_, severity_, text_) \
	[RULE_##code] = { .name = name_, .severity = RULE_##severity_, .text = text_ },
#include "core/model/rule.def"
#undef RULE
};

static const struct check *const checks[] = { rules_of_proposals, rules_of_peers, rules_of_tunnels,
					      rules_of_services,  rules_of_pki,   rules_of_manual,
					      rules_of_exceptions };
static const struct sweep *const sweeps[] = {
	rules_sweeps_of_proposals, rules_sweeps_of_peers,  rules_sweeps_of_tunnels,
	rules_sweeps_of_pki,       rules_sweeps_of_manual, rules_sweeps_of_exceptions
};

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

/* The edit that wrote this record, from 1; 0 none: it stands beside the change. */
static size_t edit_of(const struct ruling *r, const struct record *rec)
{
	for (size_t i = 0; rec && i < r->edits_n; i++)
		if (r->edits[i].kind == rec->kind &&
		    (kind_row(rec->kind)->single || strcmp(r->edits[i].name, rec->name) == 0))
			return i + 1;
	return 0;
}

struct saying {
	const struct record *rec; /* NULL none */
	const char *field, *hint;
};

static void say(struct ruling *r, enum rule rule, const struct saying *s, const char *text)
{
	const struct rule_row *row = rule_row(rule);
	bool is_error = row->severity == RULE_ERROR;
	struct faults *l = is_error ? r->errors : r->warnings;
	enum reason reason = rule == RULE_REF_IN_USE ? R_IN_USE : R_INVALID;

	if (is_said(l, row->name, text))
		return;
	struct fault *f = faults_add(l, is_error ? reason : R_OK, row->name, s->field, "%s", text);
	if (!f)
		return;
	text_copy(f->hint, sizeof(f->hint), s->hint);
	f->edit = edit_of(r, s->rec);
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
	say(r, rule, &(struct saying){ rec, name_at(rec, member), hint }, text);
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

typedef void reference_visit(void *arg, const struct record *rec, const struct field *fl, size_t i);

/* Every name of another record that stands in this one. */
static void each_reference(const struct record *rec, reference_visit *visit, void *arg)
{
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++)
		for (size_t i = 0; fl->kind == F_REF && i < field_count(fl, rec); i++)
			if (*field_str(fl, rec, i))
				visit(arg, rec, fl, i);
}

/* ref.exists */
static void check_reference(void *arg, const struct record *rec, const struct field *fl, size_t i)
{
	char text[240], title[80], member[80];
	struct ruling *r = arg;
	const char *name = field_str(fl, rec, i);

	if (config_find(r->after, fl->ref, name))
		return;
	snprintf(member, sizeof(member), fl->many ? "%s.%zu" : "%s", fl->name, i);
	snprintf(text, sizeof(text), "%s: %s names %s %s, which does not exist",
		 title_of(rec, title, sizeof(title)), fl->name, kind_row(fl->ref)->word, name);
	say(r, RULE_REF_EXISTS,
	    &(struct saying){ rec, member, "Make that record first, or name another" }, text);
}

/* release.no_effect_yet */
static void check_later(struct ruling *r, const struct record *rec, const struct field *fl)
{
	char text[240], title[80];

	if (!(fl->flags & FF_LATER) || field_is_preset(fl, rec))
		return;
	snprintf(text, sizeof(text), "%s: %s is kept but has no effect in this release",
		 title_of(rec, title, sizeof(title)), fl->name);
	say(r, RULE_NO_EFFECT_YET, &(struct saying){ rec, fl->name, "" }, text);
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

/* ref.in_use: a name that led somewhere before the change and does not any more. */
static void check_lost(void *arg, const struct record *rec, const struct field *fl, size_t i)
{
	struct ruling *r = arg;
	const char *name = field_str(fl, rec, i);
	char at[160] = "", text[240];
	struct users u = { .names = { .at = at, .cap = sizeof(at), .limit = sizeof(at) - 1 } };

	if (r->errors->dropped || config_find(r->after, fl->ref, name) ||
	    !config_find(r->before, fl->ref, name))
		return;
	config_referrers(r->after, fl->ref, name, add_user, &u);
	snprintf(text, sizeof(text), "%s %s cannot be deleted: it is used by %s",
		 kind_row(fl->ref)->word, name, u.names.at);
	say(r, RULE_REF_IN_USE, &(struct saying){ NULL, "", "Change or delete what uses it first" },
	    text);
}

/* Looked for from those who refer, in one pass: a change may delete thousands. */
static void check_deletions(struct ruling *r)
{
	for (int k = 0; k < K_COUNT; k++)
		for (size_t i = 0; i < config_count(r->after, (enum kind)k); i++)
			each_reference(config_at(r->after, (enum kind)k, i), check_lost, r);
}

/* ---- the walk ---- */

/* Run the checks of a record's kind; with `around`, only those that an edit of one of these
 * kinds repeats. */
static void run_checks(struct ruling *r, const struct record *rec, uint32_t around)
{
	for (size_t t = 0; t < COUNT_OF(checks); t++)
		for (const struct check *c = checks[t]; c->record; c++)
			if (c->kind == rec->kind && (!around || c->also & around))
				c->record(r, rec);
}

void rules_look_again(struct ruling *r, const struct record *rec, uint32_t on)
{
	run_checks(r, rec, on);
}

static void check_record(struct ruling *r, const struct record *rec)
{
	each_reference(rec, check_reference, r);
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++)
		check_later(r, rec, fl);
	run_checks(r, rec, 0);
}

struct leaning {
	const struct ruling *r;
	uint32_t on; /* kinds of touched records it refers to */
};

static void note_touched(void *arg, const struct record *rec, const struct field *fl, size_t i)
{
	struct leaning *l = arg;
	const struct record *target = config_find(l->r->after, fl->ref, field_str(fl, rec, i));

	if (target && rules_is_touched(l->r, target))
		l->on |= ON(fl->ref);
}

/* Untouched records that lean on touched ones: that name one, or all where there is only one. */
static void check_around(struct ruling *r, enum kind k, uint32_t touched)
{
	for (size_t i = 0; i < config_count(r->after, k); i++) {
		const struct record *rec = config_at(r->after, k, i);
		struct leaning l = { .r = r };

		if (rules_is_touched(r, rec))
			continue;
		for (int other = 0; other < K_COUNT; other++)
			if (kind_row((enum kind)other)->single)
				l.on |= touched & ON(other);
		each_reference(rec, note_touched, &l);
		if (l.on)
			run_checks(r, rec, l.on);
	}
}

/* Kinds whose checks an edit of one of these kinds repeats. */
static uint32_t kinds_around(uint32_t touched)
{
	uint32_t kinds = 0;

	for (size_t t = 0; t < COUNT_OF(checks); t++)
		for (const struct check *c = checks[t]; c->record; c++)
			if (c->also & touched)
				kinds |= ON(c->kind);
	return kinds;
}

static void check_together(struct ruling *r, uint32_t touched, uint32_t gone)
{
	uint32_t around = kinds_around(touched);

	for (int k = 0; k < K_COUNT; k++)
		if (around & ON(k))
			check_around(r, (enum kind)k, touched);
	for (size_t t = 0; t < COUNT_OF(sweeps); t++)
		for (const struct sweep *s = sweeps[t]; s->all; s++)
			if ((touched | gone) & ON(s->kind))
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

/* What was just written knows what time it is; a change that only deletes asks the clock. */
static int64_t time_of(const struct config *after, const struct edit *edits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct record *rec = config_find(after, edits[i].kind, edits[i].name);

		if (edits[i].op != EDIT_DELETE && rec)
			return rec->changed_s;
	}
	return clock_wall_ms() / 1000;
}

enum reason rules_check(const struct config *before, const struct config *after,
			const struct edit *edits, size_t n, struct faults *errors,
			struct faults *warnings)
{
	struct ruling r = { .before = before,
			    .after = after,
			    .edits = edits,
			    .edits_n = n,
			    .errors = errors,
			    .warnings = warnings,
			    .now_s = time_of(after, edits, n) };
	uint32_t touched = 0, gone = 0;

	for (size_t i = 0; i < n; i++) {
		const struct edit *e = &edits[i];
		const struct record *rec = config_find(after, e->kind, e->name);

		gone |= e->op == EDIT_DELETE ? ON(e->kind) : 0;
		if (e->op == EDIT_DELETE || !rec)
			continue; /* gone, maybe by a later edit of the same change */
		touched |= ON(e->kind);
		check_record(&r, rec);
	}
	if (gone)
		check_deletions(&r);
	check_together(&r, touched, gone);
	if (r.no_memory)
		faults_add(errors, R_NO_MEMORY, "", "", "no memory to check the rules");
	return verdict(&r);
}
