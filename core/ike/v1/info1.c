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
#include "core/ike/v1/build1.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/phase2.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

enum { ERRORS_BELOW = 16384, DELETES_MOST = 64, AT_ONCE_MS = 3000, WORDS = 120 };

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
	return build1_inform(sa, PL_DEL, wr_done(&w));
}

/* --- a refusal, in words --- */

static const char *mode_word(const struct ike_sa *sa)
{
	return sa->exchange_mode == MODE_AGGRESSIVE ? "aggressive" : "main";
}

/* Before there are keys no secret can have been judged. */
static void too_early(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	char words[WORDS];

	snprintf(words, sizeof(words), "%s refused our first message and says %s", sa->peer->r.name,
		 notify_word(n->type));
	ret->reason = R_AUTH_FAILED;
	if (heard_other_mode(sa, words, ret))
		return;
	fail_field(ret, R_AUTH_FAILED, "exchange_mode",
		   "%s refused our first message and says %s, before any key was used; it does not "
		   "say why: inferred that it takes no %s mode from us, or does not know us",
		   sa->peer->r.name, notify_word(n->type), mode_word(sa));
	snprintf(ret->hint, sizeof(ret->hint),
		 "Compare exchange_mode, then local_id and our address with what the peer expects");
}

/* It judged our certificate, our signature and who we say we are, and names none of them. */
static void refused_proof(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	fail_field(ret, ret->reason, "certificate",
		   "%s does not accept our certificate %s, our signature or our identity %s: it "
		   "says %s",
		   sa->peer->r.name, sa->peer->certificate, sa->local_id, notify_word(n->type));
	snprintf(ret->hint, sizeof(ret->hint),
		 "The peer must trust the authority of the certificate and expect our local_id, "
		 "which must be the certificate's subject or an alternative name of it");
}

static bool is_of_proof(enum reason r)
{
	switch (r) {
	case R_AUTH_FAILED:
	case R_BAD_HASH:
	case R_NO_SECRET:
	case R_NO_CERTIFICATE:
	case R_UNTRUSTED:
	case R_BAD_SIGNATURE:
		return true;
	default:
		return false;
	}
}

/* c: whose quick mode it is, NULL for phase 1. */
static void refusal(const struct ike_sa *sa, const struct child *c, const struct notify *n,
		    struct fault *ret)
{
	enum reason r = reason_of_notify1(n->type);
	const char *field = "";
	bool quick = c != NULL;

	if (r == R_CERT_EXPIRED)
		r = R_UNTRUSTED; /* INVALID-CERTIFICATE, in whatever way it is */
	if (r == R_NO_PROPOSAL)
		field = quick ? "ipsec_proposals" : "ike_proposals";
	else if (r == R_BAD_ID || r == R_NO_TUNNEL)
		field = quick ? "remote_ts" : "local_id";
	else if (r == R_AUTH_FAILED || r == R_BAD_HASH || r == R_NO_SECRET)
		field = "psk";
	else if (r == R_BAD_KEY)
		field = quick ? "pfs_group" : "dh_group";
	if (!c && r == R_AUTH_FAILED && !own1_of(sa)->keyed) {
		too_early(sa, n, ret);
		return;
	}
	fail_field(ret, r, field, "%s refused and says %s", sa->peer->r.name, notify_word(n->type));
	if (!c && sign1_wanted(sa->peer) && is_of_proof(r)) {
		refused_proof(sa, n, ret);
		return;
	}

	struct fault said = *ret;
	if (c)
		heard_refused_esp(sa, c, said.text, ret);
	else
		heard_refused_ike(sa, said.text, ret);
}

/* Who can say so under our keys has our pre-shared key: what it refuses is who we are. */
static void proven_refusal(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	char words[WORDS];

	refusal(sa, NULL, n, ret);
	if (ret->reason != R_AUTH_FAILED || sign1_wanted(sa->peer))
		return;
	snprintf(words, sizeof(words), "%s has our pre-shared key, but refused us and says %s",
		 sa->peer->r.name, notify_word(n->type));
	if (heard_other_mode(sa, words, ret))
		return;
	fail_field(ret, R_AUTH_FAILED, "local_id",
		   "%s has our pre-shared key, but refused us and says %s; it does not say why: "
		   "inferred "
		   "that it does not accept %s, or %s mode, or pre-shared keys",
		   sa->peer->r.name, notify_word(n->type), sa->local_id, mode_word(sa));
	snprintf(ret->hint, sizeof(ret->hint),
		 "Set local_id of the peer %s to what it expects, or correct what it expects",
		 sa->peer->r.name);
}

/* A stranger can send this too, so it ends nothing by itself. A peer that really refuses does so
 * at each of our transmissions; three of them without a single honest answer are believed. */
static void unproven_refusal(struct exchange *x, const struct fault *f)
{
	struct own1 *o = own1_of(x->sa);

	own1_note(x->sa, SIDE_REMOTE, f);
	if (o->refusals && o->refused_try == x->resend.tries)
		return;
	o->refused_try = x->resend.tries;
	if (++o->refusals >= 3)
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
	refusal(sa, NULL, n, &f);
	if (!o->noted)
		trace_step(sa->e, x->negotiation, '<', "unprotected: %s", f.text);
	unproven_refusal(x, &f);
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

/* The quick mode this refusal is about: by SPI when it names one of ours, else the only one. */
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
		if (x->state == QM_SENT || x->state == QM_ANSWERED)
			any = x;
	}
	return any;
}

/* False: the SA is gone. */
static bool obey_notify(struct ike_sa *sa, const struct notify *n)
{
	struct fault f = { 0 };

	sa->e->counters.notifies_in++;
	if (n->type == NTFY_INITIAL_CONTACT && sa->authenticated) {
		sa_initial_contact(sa);
	} else if (n->type >= ERRORS_BELOW && sa->authenticated) {
		alive1_take(sa, n);
	} else if (n->type < ERRORS_BELOW && !sa->authenticated) {
		struct exchange *x = own1_exchange(sa);

		proven_refusal(sa, n, &f);
		if (x)
			fail1_end(x, SIDE_REMOTE, &f);
		return false;
	} else if (n->type < ERRORS_BELOW && !alive1_take_spi(sa, n)) {
		struct exchange *x = meant(sa, n);

		if (!x)
			return true;
		refusal(sa, x->child, n, &f);
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

static void delete_children(struct ike_sa *sa, const struct delete_ *d)
{
	struct rd r = rd_of(d->spis);

	for (unsigned i = 0; i < d->n && i < DELETES_MOST && d->spi_size == 4; i++) {
		struct child *c = child_meant(sa, rd_u32(&r));

		if (c)
			child_end(c, R_PEER_DELETED, false, NULL);
	}
}

/* As initiator strongSwan 5.9.8 judges our identity after our last message, and if it does not like
 * it says nothing but this. Any quick mode before shows that it was content. */
static void ended_at_once(struct ike_sa *sa)
{
	bool sig = sign1_wanted(sa->peer);
	struct fault f = { 0 };

	if (sa->role != ROLE_RESPONDER || !sa->authenticated || own1_of(sa)->quick_came ||
	    !list_is_empty(&sa->children) || sa->e->now - sa->up_at > AT_ONCE_MS)
		return;
	fail_field(&f, R_AUTH_FAILED, sig ? "certificate" : "local_id",
		   "%s ended it at once, without a reason: inferred that it does not accept our "
		   "%sidentity %s%s",
		   sa->peer->r.name, sig ? "certificate or our " : "", sa->local_id,
		   sig ? "" : " (it proved our pre-shared key)");
	snprintf(f.hint, sizeof(f.hint),
		 "Set local_id of the peer %s to what it expects%s, unless somebody ended it there",
		 sa->peer->r.name, sig ? ", and have it trust our authority" : "");
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
		if (d.protocol == PROTO_ESP)
			delete_children(sa, &d);
		else if (d.protocol == PROTO_ISAKMP)
			itself |= delete_ikes(sa, &d);
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

/* In phase 1, after we proved ourselves: an answer that our keys do not open means that the peer has
 * others. */
static void note_other_key(struct ike_sa *sa)
{
	struct exchange *x = own1_exchange(sa);
	struct fault f = { 0 };

	if (sa->authenticated || !x || x->type != XCHG_MAIN || x->state != MM_ID_SENT ||
	    sign1_wanted(sa->peer))
		return;
	fail_field(
		&f, R_AUTH_FAILED, "psk",
		"%s answers with a message that our key does not open: the pre-shared keys differ",
		sa->peer->r.name);
	unproven_refusal(x, &f);
}

void info1_packet(struct ike_sa *sa, const struct packet *p, const struct header *h)
{
	struct own1 *o = own1_of(sa);
	struct opened in = { 0 };
	struct fault f = { 0 };

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
