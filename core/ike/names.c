/* names.c - host names of peers
 *
 * The name service may take seconds, so it is asked on the crew (ports.h). What comes back goes to a
 * peer by name and to an SA by handle, if they are still there. An answer is kept: without
 * remote_dynamic it is used from then on, with it only when a later question has no answer.
 *
 * Called by: book_adopt.c, the IKE versions.  Thread: loop; work() runs on the crew.
 * Owns: its questions.
 */
#include "core/ike/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/away.h"
#include "core/ike/book.h"
#include "core/ike/callers.h"
#include "core/ike/ends.h"
#include "core/ike/exchange.h"
#include "core/ike/keypool.h"
#include "core/ike/registry.h"
#include "core/ike/sa.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/peer.h"

enum { AGAIN_MS = 60000 };

struct question {
	struct away away;
	enum reason (*resolve)(void *ctx, const char *name, unsigned family, struct addr *ret,
			       struct fault *f);
	void *ctx;
	char peer[NAME_SIZE], name[REMOTE_SIZE];
	unsigned family; /* 4, 6; 0: any */
	struct sa_ref sa; /* that waits; generation 0: none */
	struct addr answer;
	struct fault fault;
};

static void question_free(struct question *q)
{
	list_remove(&q->away.link);
	free(q);
}

static void work(struct job *j)
{
	struct question *q = owner_of(j, struct question, away.job);

	q->fault.reason = q->resolve(q->ctx, q->name, q->family, &q->answer, &q->fault);
}

/* --- the answer --- */

static void take(struct peer_run *p, const struct addr *answer)
{
	struct engine *e = p->e;

	if (addr_equal(&p->resolved, answer))
		return;
	p->resolved = addr_with_port(*answer, 0);
	callers_remove(e, p);
	registry_peer_remove(e->registry, p);
	registry_peer(e->registry, p, NULL);
	callers_add(e, p, NULL);
}

static void end(struct ike_sa *sa, const struct fault *f)
{
	struct fault kept = *f;
	struct sa_end how = { .reason = kept.reason, .fault = &kept };

	trace_fail(sa->e, sa->negotiation, SIDE_LOCAL, &kept);
	sa_end(sa, &how);
}

static void go_on(struct ike_sa *sa, const struct addr *where)
{
	struct engine *e = sa->e;
	struct fault f = { 0 };
	char text[ADDR_TEXT];

	sa->remote = addr_with_port(*where, sa->remote.port);
	uint16_t port = sa->local.port;
	if (!addr_read(sa->peer->local_address, &sa->local) &&
	    !e->ports.source_for(e->ports.ctx, &sa->remote, &sa->local))
		fail_field(&f, R_SYSTEM, "local_address", "there is no route to %s",
			   addr_text(&sa->remote, text));
	sa->local.port = port;
	trace_ends(e, sa->negotiation, &sa->local, &sa->remote);
	trace_step(e, sa->negotiation, ' ', "%s is %s", sa->peer->remote_address,
		   addr_text(&sa->remote, text));
	if (f.reason != R_OK || sa->version->resolved(sa, &f) != R_OK)
		end(sa, &f);
}

static void deliver(struct engine *e, const struct question *q)
{
	struct peer_run *p = book_peer(e, q->peer);
	struct ike_sa *sa = registry_of_ref(e->registry, q->sa);
	bool is_mine = p && strcmp(p->peer->remote_address, q->name) == 0;

	if (is_mine && q->fault.reason == R_OK)
		take(p, &q->answer);
	else if (is_mine)
		timer_arm(&e->timers, &p->ask_again, e->now + AGAIN_MS);
	if (!sa)
		return;
	if (q->fault.reason == R_OK)
		go_on(sa, &q->answer);
	else if (is_mine && p->resolved.family)
		go_on(sa, &p->resolved); /* better an old address than none */
	else
		end(sa, &q->fault);
}

static void done(struct job *j, bool cancelled)
{
	struct question *q = owner_of(j, struct question, away.job);
	struct engine *e = q->away.e;

	if (e && !cancelled) {
		e->now = e->ports.now(e->ports.ctx);
		deliver(e, q);
	}
	question_free(q);
}

/* --- the question --- */

static unsigned family_of(const struct peer *p)
{
	struct addr local;

	return addr_read(p->local_address, &local) ? local.family : 0;
}

static enum reason ask(struct engine *e, const struct peer *p, struct sa_ref sa, struct fault *f)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return fail(f, R_NO_MEMORY, "no memory for a question");
	q->away.job.work = work;
	q->away.job.done = done;
	q->resolve = e->ports.resolve;
	q->ctx = e->ports.ctx;
	q->sa = sa;
	q->family = family_of(p);
	text_copy(q->peer, sizeof(q->peer), p->r.name);
	text_copy(q->name, sizeof(q->name), p->remote_address);
	keypool_send(e, &q->away);
	if (e->ports.crunch(e->ports.ctx, &q->away.job) == R_OK)
		return R_OK;
	question_free(q);
	return fail(f, R_BUSY, "too much is under way to ask for %s", p->remote_address);
}

enum reason names_ask(struct ike_sa *sa, struct fault *f)
{
	trace_step(sa->e, sa->negotiation, ' ', "asking for the address of %s",
		   sa->peer->remote_address);
	return ask(sa->e, sa->peer, sa->ref, f);
}

void names_learn(struct peer_run *p)
{
	const struct peer *rec = p->peer;

	if (!rec->enabled || rec->remote_dynamic || p->resolved.family || !ends_is_name(rec))
		return;
	if (ask(p->e, rec, (struct sa_ref){ 0 }, NULL) != R_OK)
		timer_arm(&p->e->timers, &p->ask_again, p->e->now + AGAIN_MS);
}

static void on_again(struct timer *t, msec now)
{
	(void)now;
	names_learn(owner_of(t, struct peer_run, ask_again));
}

void names_init(struct peer_run *p)
{
	p->ask_again.fire = on_again;
}

void names_stop(struct peer_run *p)
{
	timer_stop(&p->e->timers, &p->ask_again);
}
