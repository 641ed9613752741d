/* sums.c - Diffie-Hellman as jobs
 *
 * A sum goes out with values and the names of those who wait (handle of the SA, number of the
 * exchange), never with pointers to them: when it is back the two are looked up again, and if
 * they are gone the secret is wiped. A key pair moves into the job that uses it, since it is one
 * thread's at a time. Groups whose sum is a matter of 0.1 ms are computed where we stand as long
 * as nothing is away.
 *
 * Called by: the IKE versions.  Thread: loop; work() runs on the crew.  Owns: its jobs.
 */
#include "core/ike/sums.h"

#include <stdlib.h>

#include "core/crypto/dh.h"
#include "core/ike/away.h"
#include "core/ike/exchange.h"
#include "core/ike/keypool.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"

struct sum {
	struct away away;
	struct sa_ref sa;
	uint64_t exchange;
	enum xevent on;
	enum group group;
	struct dh_key *key;
	struct bytes *peer_public, *secret;
	struct fault fault; /* R_OK when it went well */
};

static void sum_free(struct sum *s)
{
	list_remove(&s->away.link);
	dh_key_free(s->key);
	bytes_free(s->peer_public);
	bytes_free(s->secret);
	free(s);
}

/* --- on the crew: only the job's own values --- */

static void work_key(struct job *j)
{
	struct sum *s = owner_of(j, struct sum, away.job);

	s->fault.reason = dh_generate(s->group, &s->key, &s->fault);
}

static void work_secret(struct job *j)
{
	struct sum *s = owner_of(j, struct sum, away.job);

	s->fault.reason = dh_shared(s->key, slice_of(s->peer_public), &s->secret, &s->fault);
}

/* --- back on the loop --- */

static struct exchange *who_waits(const struct sum *s)
{
	struct ike_sa *sa = registry_of_ref(s->away.e->registry, s->sa);

	return sa ? exchange_of_number(sa, s->exchange) : NULL;
}

static void done(struct job *j, bool cancelled)
{
	struct sum *s = owner_of(j, struct sum, away.job);
	struct engine *e = s->away.e;
	struct exchange *x = NULL;

	if (e) {
		e->now = e->ports.now(e->ports.ctx);
		e->sums_open--;
		x = cancelled ? NULL : who_waits(s);
	}
	if (!x) {
		sum_free(s);
		return;
	}
	x->summing = false;
	if (s->on == EV_KEY || x->keep_key)
		x->key = give(s->key);
	if (s->on == EV_SECRET)
		x->secret = give(s->secret);

	struct fault f = s->fault;
	enum xevent on = s->on;
	sum_free(s);
	x->sa->version->sum(x, on, &f);
}

/* --- what exchanges ask for --- */

static struct sum *sum_new(struct exchange *x, enum xevent on, void (*work)(struct job *j))
{
	struct sum *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->away.job.work = work;
	s->away.job.done = done;
	s->sa = x->sa->ref;
	s->exchange = x->number;
	s->group = x->group;
	s->on = on;
	keypool_send(x->e, &s->away);
	return s;
}

static bool is_cheap(enum group g)
{
	return g == GROUP_X25519 || g == GROUP_ECP256;
}

static bool may_do_here(const struct exchange *x)
{
	return is_cheap(x->group) && x->e->sums_open == 0;
}

static enum reason at_once(struct exchange *x, enum xevent on)
{
	x->ready = true;
	x->ready_event = on;
	return R_OK;
}

static enum reason send_away(struct exchange *x, struct sum *s, struct fault *f)
{
	struct engine *e = x->e;

	if (!s)
		return fail(f, R_NO_MEMORY, "no memory for a sum");
	if (e->ports.crunch(e->ports.ctx, &s->away.job) != R_OK) {
		sum_free(s);
		return fail(f, R_BUSY, "too many sums are under way");
	}
	x->summing = true;
	e->sums_open++;
	return R_OK;
}

enum reason sums_key(struct exchange *x, enum group g, struct fault *f)
{
	x->group = g;
	if (x->summing)
		return fail(f, R_INTERNAL, "a sum of this exchange is under way");
	if (g == GROUP_NONE)
		return at_once(x, EV_KEY);
	dh_key_free(x->key);
	x->key = keypool_take(x->e, g);
	if (x->key)
		return at_once(x, EV_KEY);
	if (may_do_here(x))
		return dh_generate(g, &x->key, f) == R_OK ? at_once(x, EV_KEY) : R_CRYPTO;
	return send_away(x, sum_new(x, EV_KEY, work_key), f);
}

enum reason sums_peer(struct exchange *x, enum group g, struct slice public, struct fault *f)
{
	if (dh_check_public(g, public, f) != R_OK)
		return f->reason;
	bytes_free(x->peer_public);
	x->peer_public = bytes_of(public.at, public.n);
	return x->peer_public ? R_OK : fail(f, R_NO_MEMORY, "no memory for a message");
}

static enum reason secret_here(struct exchange *x, struct fault *f)
{
	enum reason r = dh_shared(x->key, slice_of(x->peer_public), &x->secret, f);

	/* nothing is proven yet: a spoiled public value may be followed by the good one */
	if (r != R_OK)
		return r;
	if (!x->keep_key) {
		dh_key_free(x->key);
		x->key = NULL;
	}
	return at_once(x, EV_SECRET);
}

enum reason sums_secret(struct exchange *x, struct fault *f)
{
	struct sum *s;

	if (x->summing)
		return fail(f, R_INTERNAL, "a sum of this exchange is under way");
	if (x->group == GROUP_NONE)
		return at_once(x, EV_SECRET);
	if (!x->key || !x->peer_public)
		return fail(f, R_INTERNAL, "a secret needs two values");
	if (dh_check_public(x->group, slice_of(x->peer_public), f) != R_OK)
		return R_BAD_KEY;
	bytes_free(x->secret);
	x->secret = NULL;
	if (may_do_here(x))
		return secret_here(x, f);
	s = sum_new(x, EV_SECRET, work_secret);
	if (s && !(s->peer_public = bytes_dup(x->peer_public))) {
		sum_free(s);
		s = NULL;
	}
	if (s)
		s->key = give(x->key);
	return send_away(x, s, f);
}
