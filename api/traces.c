/* traces.c - negotiations and their stories
 *
 * The engine keeps the last attempts in a ring and gives copies, newest first. A list shows the
 * verdicts; one by itself shows every step and what each side offered.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <string.h>

#include "core/model/story.h"
#include "api/leaf.h"
#include "api/query.h"
#include "api/router.h"
#include "api/scope.h"

static const struct name verdicts[] = { { VERDICT_RUNNING, "running" },
					{ VERDICT_UP, "up" },
					{ VERDICT_FAILED, "failed" },
					{ 0, NULL } };

static const char *word(const struct request *r, const char *name)
{
	const char *s = request_query(r, name);

	return s ? s : "";
}

static bool is_wanted(const struct request *r, const struct story *s)
{
	const char *verdict = word(r, "verdict"), *reason = word(r, "reason");

	if (*verdict && strcmp(verdict, name_of(verdicts, (int)s->verdict)) != 0)
		return false;
	if (!scope_holds_now(r, s->peer))
		return false;
	return !*reason || (s->reason != R_OK && strcmp(reason, reason_slug(s->reason)) == 0);
}

static void each(void *arg, const struct story *s)
{
	struct leaf *l = arg;

	if (!s)
		leaf_end(l);
	else if (leaf_takes(l, s->id, is_wanted(l->r, s)))
		story_json(s, false, &l->t);
}

static void run_list(struct request *r)
{
	struct control *c = r->control;
	struct leaf *l = r->work;

	c->stories(c->ctx, word(r, "peer"), word(r, "tunnel"), l->before, l->scan, each, l);
}

void negotiations_list(struct request *r)
{
	static const char *const known[] = { "peer", "tunnel", "verdict", "reason", NULL };
	int verdict;

	if (*word(r, "verdict") && !name_find(verdicts, word(r, "verdict"), &verdict))
		query_refuse(r, "verdict", "is running, up or failed", "");
	else
		leaf_begin(r, known, run_list);
}

static void not_found(struct request *r)
{
	struct fault f = { 0 };

	fail(&f, R_NOT_FOUND, "there is no negotiation %.20s, or it is forgotten", r->segment[1]);
	request_fault(r, &f);
}

static void show(void *arg, const struct story *s)
{
	struct request *r = arg;
	struct text t;

	if (!s)
		return;
	if (!scope_holds_now(r, s->peer)) {
		not_found(r);
		return;
	}
	text_init(&t, 0);
	story_json(s, true, &t);
	request_text(r, 200, "application/json", &t);
}

static void run_get(struct request *r)
{
	if (!r->id || !r->control->story(r->control->ctx, r->id, show, r))
		not_found(r);
}

void negotiations_get(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_get);
}
