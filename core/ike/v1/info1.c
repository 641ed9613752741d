/* info1.c - informational exchanges: deletes and notifies (RFC 2408 section 4.8, RFC 2409 5.7)
 *
 * What comes encrypted is proven by HASH(1) before it is obeyed. What comes in the clear, or
 * does not verify, is counted and moves nothing; a clear refusal of phase 1 is noted, and becomes
 * the verdict when nothing better comes. Deletes are obeyed last, since they may end this SA.
 *
 * Called by v1.c. Thread: loop. Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/ike/child.h"
#include "core/ike/heard.h"
#include "core/ike/registry.h"
#include "core/ike/trace.h"
#include "core/ike/v1/alive1.h"
#include "core/ike/v1/ask1.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase2.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

enum {
	ERRORS_BELOW = 16384,
	DELETES_MOST = 64,
	AT_ONCE_MS = 3000,
	BACK_MS = 500,
	WORDS = 120,
	ASKED_AGAIN_MS = 20000
};

/* --- sending --- */

bool info1_child_gone(struct ike_sa *sa, const struct child *c)
{
	uint8_t spi[4], body[32];
	struct wr s = wr_of(spi, sizeof(spi)), w = wr_of(body, sizeof(body));

	if (!c->spi_in)
		return false;
	wr_u32(&s, c->spi_in);
	struct delete_ d = { .doi = SA1_DOI_IPSEC,
			     .protocol = PROTO_ESP,
			     .spi_size = 4,
			     .n = 1,
			     .spis = wr_done(&s) };
	delete_write(&w, &d);
	sa->e->counters.deletes_out++;
	sa->tally.child_deletes_out++;
	return build1_inform(sa, PL_DEL, wr_done(&w));
}

bool info1_ike_gone(struct ike_sa *sa)
{
	uint8_t body[32];
	struct wr w = wr_of(body, sizeof(body));
	struct delete_ d = {
		.doi = SA1_DOI_IPSEC,
		.protocol = PROTO_ISAKMP,
		.spi_size = sizeof(sa->cky),
		.n = 1,
		.spis = slice(&sa->cky, sizeof(sa->cky)),
	};

	/* one that was proven and then refused may be up at the other end already */
	if (!sa->authenticated && !own1_of(sa)->proven)
		return false;
	delete_write(&w, &d);
	sa->e->counters.deletes_out++;
	sa->tally.ike_deletes_out++;
	return build1_inform(sa, PL_DEL, wr_done(&w));
}

/* A stranger can send this too, so it ends nothing by itself. A peer that really refuses does so
 * at each of our transmissions; three of them without a single honest answer are believed. */
static void unproven_refusal(struct exchange *x, const struct fault *f, bool known)
{
	struct own1 *o = own1_of(x->sa);

	own1_note(x->sa, SIDE_REMOTE, f);
	if (o->refusals && o->refused_try == x->resend.tries)
		return;
	o->refused_try = x->resend.tries;
	if (++o->refusals < 3 || psk1_again(x))
		return;
	if (known || !ask1_begin(x, f))
		fail1_end(x, SIDE_REMOTE, f);
}

/* --- receiving in the clear --- */

static void clear_refusal(struct ike_sa *sa, const struct notify *n)
{
	struct own1 *o = own1_of(sa);
	struct exchange *x = own1_exchange(sa);
	struct fault f = { 0 };

	if (!x || exchange_is_done(x) || sa->role != ROLE_INITIATOR || n->type >= ERRORS_BELOW)
		return;
	if (ask1_is(x)) {
		ask1_refused(x);
		return;
	}
	bool known = words1_refusal(sa, NULL, n, &f);

	if (!o->noted)
		trace_step(sa->e, x->negotiation, '<', "unprotected: %s", f.text);
	unproven_refusal(x, &f, known);
}

static void clear_packet(struct ike_sa *sa, const struct packet *p, const struct header *h)
{
	struct chain c;
	struct notify n;

	sa->e->counters.notifies_in++;
	sa->e->counters.dropped_unauthenticated++;
	if (sa->authenticated)
		return;
	if (read1_clear(p, h, &c, NULL) != R_OK)
		return;
	const struct pl *pl = chain_find(&c, PL_NTFY);
	if (pl && notify_read(pl->body, &n, NULL) == R_OK)
		clear_refusal(sa, &n);
}

/* --- receiving what is proven --- */

/* The quick mode this refusal is about: by SPI when it names one of ours, else the oldest that waits, since
 * refusals come in the order of what they refuse. */
static struct exchange *meant(struct ike_sa *sa, const struct notify *n)
{
	struct rd r = rd_of(n->spi);
	uint32_t spi = n->spi.n == 4 ? rd_u32(&r) : 0;
	struct exchange *any = NULL;

	list_each (l, &sa->exchanges) {
		struct exchange *x = owner_of(l, struct exchange, link);

		if (x->type != XCHG_QUICK || !x->child || exchange_is_done(x))
			continue;
		if (spi && x->child->spi_in == spi)
			return x;
		if (!any && (x->state == QM_SENT || x->state == QM_ANSWERED))
			any = x;
	}
	return any;
}

/* The other end is one of us and only asked: what we refused before is still the verdict. */
static bool only_asked(struct exchange *x, const struct notify *n)
{
	struct fault before;

	if (x->role != ROLE_RESPONDER || x->state != QM_ANSWERED ||
	    !slice_equal(n->data, slice_str(ASK1_ONLY_ASKED)) || !heard_failure(x->sa, &before))
		return false;
	trace_asked(x->e, x->negotiation, SIDE_LOCAL, &before);
	quick1_fail(x, SIDE_REMOTE, &before);
	return true;
}

/* An answer that was spoiled on its way is asked for again, or else it was not spoiled: a complaint
 * without an SPI ends nothing at once. */
static bool was_spoiled(struct exchange *x, const struct notify *n)
{
	if (x->role != ROLE_RESPONDER || x->state != QM_ANSWERED || n->spi.n ||
	    n->type != reason_notify1(R_MALFORMED))
		return false;
	exchange_hurry(x, ASKED_AGAIN_MS);
	trace_step(x->e, x->negotiation, '<',
		   "the peer cannot read our answer: spoiled on its way, "
		   "it will ask again");
	return true;
}

/* False: the SA is gone. */
static bool obey_notify(struct ike_sa *sa, const struct notify *n)
{
	struct fault f = { 0 };

	sa->e->counters.notifies_in++;
	sa->tally.notifies_in++;
	if (n->type == NTFY_INITIAL_CONTACT && sa->authenticated) {
		sa_initial_contact(sa);
	} else if (n->type >= ERRORS_BELOW && sa->authenticated) {
		alive1_take(sa, n);
	} else if (n->type < ERRORS_BELOW && !sa->authenticated) {
		struct exchange *x = own1_exchange(sa);

		words1_proven(sa, n, &f);
		if (x)
			fail1_end(x, SIDE_REMOTE, &f);
		return false;
	} else if (n->type < ERRORS_BELOW && !alive1_take_spi(sa, n)) {
		struct exchange *x = meant(sa, n);

		if (!x)
			return true;
		if (only_asked(x, n) || was_spoiled(x, n))
			return true;
		sa->tally.quick_modes_out_refused += x->role == ROLE_INITIATOR;
		if (x->role == ROLE_RESPONDER && x->state == QM_ANSWERED) {
			char how[WORDS];

			snprintf(how, sizeof(how), "and says %s", notify_word(n->type));
			words1_took_back(sa, how, &f);
			quick1_fail(x, SIDE_REMOTE, &f);
		} else if (ask_quick1_verdict(x))
			ask_quick1_refused(x);
		else if (words1_refusal(sa, x->child, n, &f) || !ask_quick1_begin(x, &f))
			quick1_fail(x, SIDE_REMOTE, &f);
	}
	return true;
}

/* Its own inbound SPI is due. strongSwan names ours when it could not install what was agreed. */
static struct child *child_meant(struct ike_sa *sa, uint32_t spi)
{
	struct child *c = child_of_spi_out(sa, spi);

	if (c)
		return c;
	c = child_of_spi_in(sa->e, spi);
	return c && c->sa == sa && (c->state == CS_UP || c->state == CS_REKEYING) ? c : NULL;
}

/* strongSwan deletes what it cannot install. Whether that is why shows only where we know of a reason. */
static void undone_at_once(struct ike_sa *sa, const struct child *c)
{
	struct fault f = { 0 };

	if (c->role != ROLE_INITIATOR || c->state != CS_UP || c->replaces ||
	    sa->peer->nat_traversal != NATT_OFF || sa->e->now - c->up_at > BACK_MS)
		return;
	words1_took_back(sa, "as soon as it was up", &f);
	trace_unsay(sa->e, c->negotiation, SIDE_REMOTE, &f);
}

static void delete_children(struct ike_sa *sa, const struct delete_ *d)
{
	struct rd r = rd_of(d->spis);

	for (unsigned i = 0; i < d->n && i < DELETES_MOST && d->spi_size == 4; i++) {
		struct child *c = child_meant(sa, rd_u32(&r));

		if (!c)
			continue;
		undone_at_once(sa, c);
		child_end(c, R_PEER_DELETED, false, NULL);
	}
}

/* As initiator strongSwan 5.9.8 judges our identity after our last message, and if it does not like
 * it says nothing but this. Any quick mode before shows that it was content. */
static void ended_at_once(struct ike_sa *sa)
{
	struct fault f = { 0 };

	if (sa->role != ROLE_RESPONDER || !sa->authenticated || own1_of(sa)->quick_came ||
	    !list_is_empty(&sa->children) || sa->e->now - sa->up_at > AT_ONCE_MS)
		return;
	words1_ended(sa, &f);
	trace_unsay(sa->e, sa->negotiation, SIDE_REMOTE, &f);
}

static void delete_ike(struct ike_sa *sa)
{
	struct sa_end end = {
		.reason = R_PEER_DELETED,
		.with_children = sa->peer->children_follow_delete,
	};

	sa_end(sa, &end);
}

/* An IKE SA of the same peer; only the one that carries the message waits till the end. */
static bool delete_ikes(struct ike_sa *sa, const struct delete_ *d)
{
	struct rd r = rd_of(d->spis);
	bool itself = false;

	for (unsigned i = 0; i < d->n && i < DELETES_MOST && d->spi_size == 16; i++) {
		struct slice cookies = rd_slice(&r, sizeof(struct cookies));
		struct cookies cky;

		if (!cookies.at)
			break;
		memcpy(&cky, cookies.at, sizeof(cky));
		struct ike_sa *named = registry_find(sa->e->registry, &cky);
		if (named == sa)
			itself = true;
		else if (named && named->run == sa->run && named->version == sa->version)
			delete_ike(named);
	}
	return itself;
}

static void obey_deletes(struct ike_sa *sa, const struct chain *c)
{
	bool itself = false;
	struct delete_ d;

	for (const struct pl *p = chain_find(c, PL_DEL); p; p = chain_next(c, p)) {
		if (delete_read(p->body, &d, NULL) != R_OK)
			continue;
		sa->e->counters.deletes_in++;
		if (d.protocol == PROTO_ESP) {
			sa->tally.child_deletes_in++;
			delete_children(sa, &d);
		} else if (d.protocol == PROTO_ISAKMP) {
			sa->tally.ike_deletes_in++;
			itself |= delete_ikes(sa, &d);
		}
	}
	if (itself) {
		ended_at_once(sa);
		delete_ike(sa);
	}
}

static void obey(struct ike_sa *sa, const struct chain *c)
{
	struct notify n;

	for (const struct pl *p = chain_find(c, PL_NTFY); p; p = chain_next(c, p))
		if (notify_read(p->body, &n, NULL) == R_OK && !obey_notify(sa, &n))
			return;
	if (sa->authenticated)
		obey_deletes(sa, c);
}

static enum reason open_and_prove(struct ike_sa *sa, const struct packet *p, const struct header *h,
				  struct opened *ret, struct fault *f)
{
	struct own1 *o = own1_of(sa);
	uint8_t iv[BLOCK_MAX], want[DIGEST_MAX];

	if (keys1_iv(&o->keys, o->iv, h->message_id, iv) != R_OK)
		return fail(f, R_CRYPTO, "an IV could not be computed");
	if (read1_hashed(&o->keys, iv, p, h, ret, f) != R_OK)
		return f->reason;
	if (keys1_hash_1(&o->keys, h->message_id, read1_rest(&ret->chain), want) != R_OK ||
	    !slice_equal_secret(ret->chain.at[0].body, slice(want, o->keys.n)))
		return fail(f, R_BAD_HASH, "the hash of an informational does not verify");
	return R_OK;
}

/* Our proof in aggressive mode was answered by something sealed that is no proof: a refusal. */
static void note_proof_refused(struct ike_sa *sa)
{
	struct exchange *x = own1_exchange(sa);
	struct fault f = { 0 };

	if (!x || x->steps != aggr_steps || x->state != AM_ANSWERED || sa->nobody)
		return;
	fail_field(&f, R_AUTH_FAILED, "psk",
		   "%s answers our proof with a refusal that cannot be read; inferred that the "
		   "pre-shared keys differ, or else that it does not know us as %s",
		   sa->peer->r.name, sa->local_id);
	snprintf(f.hint, sizeof(f.hint),
		 "Write the same pre-shared key at both ends (secret %s here)", sa->peer->psk);
	own1_note(sa, SIDE_REMOTE, &f);
}

/* In phase 1, after we proved ourselves: an answer that our keys do not open means that the peer has
 * others. */
static void note_other_key(struct ike_sa *sa)
{
	struct exchange *x = own1_exchange(sa);
	struct fault f = { 0 };

	if (sa->authenticated || !x || x->steps != main_steps || x->state != MM_ID_SENT)
		return;
	fail_field(
		&f, R_AUTH_FAILED, "psk",
		"%s answers with a message that our key does not open: the pre-shared keys differ; "
		"no message shows the peer's",
		sa->peer->r.name);
	unproven_refusal(x, &f, true);
}

void info1_packet(struct ike_sa *sa, const struct packet *p, const struct header *h)
{
	struct own1 *o = own1_of(sa);
	struct opened in = { 0 };
	struct fault f = { 0 };

	if (h->flags & FLAG_ENCRYPTED && !o->keyed)
		note_proof_refused(sa);
	if (!(h->flags & FLAG_ENCRYPTED) || !o->keyed) {
		clear_packet(sa, p, h);
		return;
	}
	if (h->message_id == 0 || mids_has(&o->mids, h->message_id)) {
		sa->e->counters.dropped_replayed++;
		return;
	}
	if (open_and_prove(sa, p, h, &in, &f) != R_OK ||
	    mids_add(&o->mids, h->message_id, NULL) != R_OK) {
		sa->e->counters.dropped_unauthenticated++;
		note_other_key(sa);
	} else {
		mids_look(sa);
		sa_heard(sa);
		sa->unconfirmed = false;
		obey(sa, &in.chain);
	}
	bytes_free(in.clear);
}
