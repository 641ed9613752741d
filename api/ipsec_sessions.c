/* ipsec_sessions.c - IPsec sessions: which five-tuple goes into which tunnel
 *
 * GET /ipsec-sessions is a page of them, newest first, DELETE ends them: all, or those of one pair of
 * IPsec SAs. A data plane that keeps none (the kernel's) says so in `note`.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>

#include "api/audit.h"
#include "api/leaf.h"
#include "api/query.h"
#include "api/router.h"
#include "core/model/ipsec_session.h"

static bool read_pair(struct request *r, uint32_t *ret)
{
	uint64_t id = 0;

	if (!query_uint(r, "child_sa", 1, UINT32_MAX, &id))
		return false;
	*ret = (uint32_t)id;
	return true;
}

static void put(struct text *t, const struct session_row *s)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];

	text_add(t, "{\"id\":%llu,\"child_sa\":%u", (unsigned long long)s->id,
		 (unsigned)s->child_sa);
	text_add_member(t, "tunnel", s->tunnel);
	text_add_member(t, "peer", s->peer);
	text_add(t, ",\"protocol\":%u,\"source_address\":\"%s\",\"source_port\":%u", s->protocol,
		 addr_text(&s->source, from), s->source.port);
	text_add(t, ",\"destination_address\":\"%s\",\"destination_port\":%u",
		 addr_text(&s->destination, to), s->destination.port);
	text_add(t, ",\"age_seconds\":%u,\"idle_seconds\":%u,\"idle_limit_seconds\":%u",
		 (unsigned)s->age_s, (unsigned)s->idle_s, (unsigned)s->limit_s);
	text_add(t, ",\"matched\":%llu}", (unsigned long long)s->matched);
}

static void each(void *arg, const struct session_row *s)
{
	struct leaf *l = arg;

	if (s && leaf_takes(l, s->id, true))
		put(&l->t, s);
}

static void run_list(struct request *r)
{
	struct control *c = r->control;
	struct leaf *l = r->work;
	struct session_ask ask = { .before = l->before, .most = (size_t)l->limit + 1 };

	if (!read_pair(r, &ask.child_sa))
		return;
	l->has_note = true;
	l->note = c->sessions(c->ctx, &ask, each, l);
	leaf_end(l);
}

void ipsec_sessions_list(struct request *r)
{
	static const char *const known[] = { "child_sa", NULL };

	leaf_begin(r, known, run_list);
}

static void run_end(struct request *r)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	char name[16] = "";
	uint32_t id;

	if (!read_pair(r, &id))
		return;
	if (c->sessions_end(c->ctx, id, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	if (id)
		snprintf(name, sizeof(name), "%u", (unsigned)id);
	audit_note(r, DEED_RESET, "ipsec-sessions", name, NULL, NULL);
	request_empty(r, 204);
}

void ipsec_sessions_delete(struct request *r)
{
	static const char *const known[] = { "child_sa", NULL };

	if (request_query_ok(r, known))
		request_park(r, run_end);
}
