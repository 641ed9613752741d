/* rules_exception.c - rules of exceptions, and of what they permit
 *
 * An exception is a permission by itself: while it lasts its record needs no allow_weak and no
 * allow_weak_key. So when it is changed or goes, the rules of its record are asked again, and an exception
 * that something rests on cannot be deleted before that is mended.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 */
#include <stddef.h>

#include "core/model/exception.h"
#include "core/model/ruling.h"

#define MEMBER(m) offsetof(struct exception, m)
enum { DAY_S = 86400 };

static void object(struct ruling *r, const struct record *rec)
{
	const struct exception *x = (const void *)rec;
	const char *name;
	enum kind k = exception_object(x, &name);

	if (!*x->object && x->kind == EXCEPTION_WEAK_ALGORITHM)
		rules_break(r, RULE_EXCEPTION_OBJECT, rec, MEMBER(object),
			    "Name the proposal: ike-proposals/NAME or ipsec-proposals/NAME",
			    "exception %s: a weak algorithm is permitted to a proposal", rec->name);
	else if (*x->object && !exception_fits((enum exception_kind)x->kind, k))
		rules_break(r, RULE_EXCEPTION_OBJECT, rec, MEMBER(object),
			    x->kind == EXCEPTION_WEAK_ALGORITHM
				    ? "Name the proposal: ike-proposals/NAME or "
				      "ipsec-proposals/NAME"
				    : "Name the peer: peers/NAME",
			    "exception %s: nothing of its kind can be found on %s", rec->name,
			    x->object);
	else if (*x->object && !config_find(r->after, k, name))
		rules_break(r, RULE_EXCEPTION_NOBODY, rec, MEMBER(object), "Make that record, too",
			    "exception %s: there is no %s yet", rec->name, x->object);
}

static void ends(struct ruling *r, const struct record *rec)
{
	const struct exception *x = (const void *)rec;
	int64_t left = exception_end_s(x) - r->now_s;

	if (left <= 0)
		rules_break(r, RULE_EXCEPTION_EXPIRED, rec, MEMBER(expires_at),
			    "Give it another end, or mend what it permits",
			    "exception %s ended at %s and permits nothing any more", rec->name,
			    x->expires_at);
	else if (left <= (int64_t)EXCEPTION_SOON_DAYS * DAY_S)
		rules_break(r, RULE_EXCEPTION_ENDS, rec, MEMBER(expires_at),
			    "Mend what it permits, or have it prolonged", "exception %s ends at %s",
			    rec->name, x->expires_at);
}

static void ask_again(struct ruling *r, const struct exception *x)
{
	const char *name;
	enum kind k = x ? exception_object(x, &name) : K_COUNT;
	const struct record *rec = k < K_COUNT ? config_find(r->after, k, name) : NULL;

	if (rec)
		rules_look_again(r, rec, ON(K_EXCEPTION));
}

/* What the exceptions of this change were and are about; peers that name one are asked as all are that
 * name a record. */
static void around(struct ruling *r)
{
	for (size_t i = 0; i < r->edits_n; i++) {
		const struct edit *e = &r->edits[i];

		if (e->kind != K_EXCEPTION)
			continue;
		ask_again(r, (const void *)config_find(r->before, K_EXCEPTION, e->name));
		ask_again(r, (const void *)config_find(r->after, K_EXCEPTION, e->name));
	}
}

const struct check rules_of_exceptions[] = {
	{ RULE_EXCEPTION_OBJECT, K_EXCEPTION, 0, object },
	{ RULE_EXCEPTION_EXPIRED, K_EXCEPTION, 0, ends },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_exceptions[] = {
	{ RULE_EXCEPTION_OBJECT, K_EXCEPTION, around },
	{ .all = NULL },
};
