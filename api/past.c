/* past.c - what happened, and who changed what: the journal and the history
 *
 * Both are the store's; pages are asked for on the loop and answered when it has them. What a
 * record was before and after a change is JSON the store wrote itself, so it goes out as it
 * is; secrets were left out of it when it was written.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <string.h>

#include "api/json.h"
#include "api/leaf.h"
#include "api/query.h"
#include "api/router.h"
#include "api/scope.h"

static bool fits(const struct request *r, const char *name, const char *value)
{
	const char *s = request_query(r, name);

	return !s || strcmp(s, value) == 0;
}

static void each_event(void *arg, const struct event *e)
{
	struct leaf *l = arg;

	if (!e) {
		leaf_end(l);
		return;
	}
	const struct event_row *row = event_row(e->id);
	bool wanted = fits(l->r, "event", row->name) && fits(l->r, "topic", row->topic) &&
		      fits(l->r, "peer", e->peer) && fits(l->r, "tunnel", e->tunnel) &&
		      fits(l->r, "who", e->who) && fits(l->r, "reason", reason_slug(e->reason)) &&
		      scope_holds_now(l->r, e->peer);
	if (leaf_takes(l, e->seq, wanted))
		event_json(e, &l->t);
}

static void run_events(struct request *r)
{
	struct repo *repo = r->control->repo;
	struct leaf *l = r->work;

	if (l->before == 0) /* the first page: what is on its way to the journal belongs to it */
		r->control->fresh(r->control->ctx);
	repo->events(repo->ctx, l->before, l->scan, each_event, l);
}

static bool event_is_known(struct request *r)
{
	const char *s = request_query(r, "event");

	for (int i = 0; s && i < EVT_COUNT; i++)
		if (strcmp(event_row((enum event_id)i)->name, s) == 0)
			return true;
	return !s || query_refuse(r, "event", "is no event of ours", "");
}

void events_list(struct request *r)
{
	static const char *const known[] = { "event", "topic",  "peer", "tunnel",
					     "who",   "reason", NULL };

	if (event_is_known(r))
		leaf_begin(r, known, run_events);
}

static void put_record(struct text *t, const char *key, const char *json)
{
	text_add(t, ",\"%s\":", key);
	text_add_str(t, json && *json ? json : "null");
}

static void each_change(void *arg, const struct history_row *h)
{
	struct leaf *l = arg;

	if (!h) {
		leaf_end(l);
		return;
	}
	if (!leaf_takes(l, h->id, fits(l->r, "who", h->who)))
		return;
	text_add(&l->t, "{\"id\":%llu,\"revision\":%llu,\"at\":", (unsigned long long)h->id,
		 (unsigned long long)h->revision);
	json_time(&l->t, h->at_s);
	text_add_member(&l->t, "who", h->who);
	text_add_member(&l->t, "channel", h->channel);
	text_add_member(&l->t, "comment", h->comment);
	text_add_member(&l->t, "request_id", h->request_id);
	text_add_member(&l->t, "kind", h->kind);
	text_add_member(&l->t, "name", h->name);
	text_add_member(&l->t, "op", h->op);
	put_record(&l->t, "before", h->before);
	put_record(&l->t, "after", h->after);
	text_add_str(&l->t, "}");
}

static void run_history(struct request *r)
{
	const char *kind = request_query(r, "kind"), *name = request_query(r, "name");
	struct repo *repo = r->control->repo;
	struct leaf *l = r->work;

	repo->history(repo->ctx, kind ? kind : "", name ? name : "", l->before, l->scan,
		      each_change, l);
}

void history_list(struct request *r)
{
	static const char *const known[] = { "kind", "name", "who", NULL };
	const char *kind = request_query(r, "kind");

	if (kind && kind_of_path(kind) == K_COUNT)
		query_refuse(r, "kind", "is no kind of record", "as in its path: peers, tunnels");
	else
		leaf_begin(r, known, run_history);
}
