/* unlock.c - following strangers' IKEv1 exchanges with a key: decryption, IV chains, HASHes
 *
 * Main mode (RFC 2409 section 5.4), aggressive mode (5.4), quick mode (5.5), informationals and
 * transactions. Who sent a message is told by its order: of each payload in phase 1 the first is
 * the initiator's and the second the responder's, once repeated messages are taken out. A message
 * seen before gets the answer it got then and moves no chain; a message whose HASH is wrong moves
 * none either, so a forged one cannot hide what follows.
 *
 * Called by decode.c. Thread: any. Owns: copies of all messages, and keys, which are wiped.
 */
#include "core/daemon/unlock.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/crypto/dh.h"
#include "core/crypto/prf.h"
#include "core/ike/v1/crypt1.h"
#include "core/wire/payload.h"
#include "core/wire/sa1.h"

/* One message of an exchange, as it was answered. */
struct looked {
	struct looked *next;
	struct bytes *datagram, *clear;
	struct unlocked answer;
	char note[200];
};

struct course { /* an exchange of a captured SA: phase 1 has message id 0 */
	struct course *next;
	uint8_t type;
	uint32_t message_id;
	uint8_t iv[BLOCK_MAX];
	unsigned n; /* messages that were good */
	struct bytes *ni_b, *nr_b;
	struct looked *looked;
};

struct association {
	struct association *next;
	struct cookies cky;
	struct course *courses;
	struct bytes *sai_b, *g_xi, *g_xr, *ni_b, *nr_b, *id_i, *id_r;
	bool chosen; /* suite is the responder's choice */
	struct ike_suite suite;
	bool tried, keyed, has_skeyid, has_skeyid_a;
	struct keys1 keys;
	uint8_t last_block[BLOCK_MAX]; /* of phase 1 */
	struct fault why; /* no keys */
};

struct unlock {
	struct unlock_want want;
	struct hash *by_cookie; /* the newest association of an initiator's cookie */
	struct association *all;
};

/* --- life ---------------------------------------------------------------------------- */

struct unlock *unlock_new(const struct unlock_want *w)
{
	struct unlock *u = calloc(1, sizeof(*u));

	if (!u || !(u->by_cookie = hash_new())) {
		free(u);
		return NULL;
	}
	u->want = *w;
	return u;
}

static void course_free(struct course *c)
{
	for (struct looked *l = c->looked, *next; l; l = next) {
		next = l->next;
		bytes_free(l->datagram);
		bytes_free(l->clear);
		free(l);
	}
	bytes_free(c->ni_b);
	bytes_free(c->nr_b);
	free(c);
}

static void association_free(struct association *a)
{
	struct bytes *own_them[] = {
		a->sai_b, a->g_xi, a->g_xr, a->ni_b, a->nr_b, a->id_i, a->id_r
	};

	for (struct course *c = a->courses, *next; c; c = next) {
		next = c->next;
		course_free(c);
	}
	for (size_t i = 0; i < COUNT_OF(own_them); i++)
		bytes_free(own_them[i]);
	wipe(a, sizeof(*a));
	free(a);
}

void unlock_free(struct unlock *u)
{
	if (!u)
		return;
	for (struct association *a = u->all, *next; a; a = next) {
		next = a->next;
		association_free(a);
	}
	hash_free(u->by_cookie);
	free(u);
}

static bool is_zero(const uint8_t *cookie)
{
	static const uint8_t zero[COOKIE_SIZE];

	return memcmp(cookie, zero, COOKIE_SIZE) == 0;
}

/* The association a header belongs to; made when it is new. NULL: no memory. */
static struct association *association_of(struct unlock *u, const struct header *h)
{
	struct slice key = slice(h->cky_i, COOKIE_SIZE);
	struct association *a = hash_find(u->by_cookie, key);
	bool fits = a && (is_zero(h->cky_r) || is_zero(a->cky.r) ||
			  memcmp(a->cky.r, h->cky_r, COOKIE_SIZE) == 0);

	if (!fits) {
		bool stored = false;

		if (!(a = calloc(1, sizeof(*a))))
			return NULL;
		memcpy(a->cky.i, h->cky_i, COOKIE_SIZE);
		a->next = u->all;
		u->all = a;
		hash_put(u->by_cookie, key, a, &stored);
		if (!stored)
			return NULL;
	}
	if (is_zero(a->cky.r))
		memcpy(a->cky.r, h->cky_r, COOKIE_SIZE);
	return a;
}

static struct course *course_of(struct association *a, const struct header *h)
{
	struct course *c = a->courses;

	while (c && (c->type != h->exchange || c->message_id != h->message_id))
		c = c->next;
	if (c || !(c = calloc(1, sizeof(*c))))
		return c;
	c->type = h->exchange;
	c->message_id = h->message_id;
	c->next = a->courses;
	a->courses = c;
	if (a->keyed && c->message_id)
		keys1_iv(&a->keys, a->last_block, c->message_id, c->iv);
	return c;
}

/* --- keys ---------------------------------------------------------------------------- */

static void take_choice(struct association *a, struct slice body)
{
	struct sa1 sa;

	if (sa1_read(body, &sa, NULL) != R_OK || sa.transforms_n == 0)
		return;
	const struct attrs1 *at = &sa.transforms[0].a;

	a->suite = (struct ike_suite){ .encr = alg_encr_of_v1_ike(at->encr),
				       .key_bits = at->key_bits,
				       .hash = alg_integ_of_v1_hash(at->hash),
				       .group = alg_group_of_number(at->group),
				       .auth = (enum auth_method)at->auth_method };
	if (!a->suite.key_bits)
		a->suite.key_bits = alg_encr(a->suite.encr)->bits;
	a->chosen = true;
}

/* IV of phase 1 = hash(g^xi | g^xr), cut to the block (RFC 2409 appendix B). */
static enum reason keys_given(struct unlock *u, struct association *a, struct fault *f)
{
	struct slice parts[] = { slice_of(a->g_xi), slice_of(a->g_xr) };
	struct keys1 *k = &a->keys;
	uint8_t digest[DIGEST_MAX];

	if (u->want.key->n != alg_key_octets(k->encr, k->key_bits))
		return fail(f, R_INVALID, "the key has %zu octets where the cipher needs %u",
			    u->want.key->n, alg_key_octets(k->encr, k->key_bits));
	memcpy(k->key, u->want.key->at, u->want.key->n);
	if (prf_hash(k->hash, parts, 2, digest) != R_OK)
		return fail(f, R_CRYPTO, "the first IV could not be computed");
	memcpy(k->iv0, digest, BLOCK_MAX);
	if (u->want.skeyid_a && u->want.skeyid_a->n == k->n) {
		memcpy(k->skeyid_a, u->want.skeyid_a->at, k->n);
		a->has_skeyid_a = true;
	}
	return R_OK;
}

static enum reason secret_of(struct unlock *u, struct association *a, struct bytes **ret,
			     struct fault *f)
{
	own(dh_key) key = NULL;

	if (dh_of_private(a->suite.group, slice_of(u->want.dh_private), &key, f) != R_OK)
		return f->reason;
	if (slice_equal(dh_public(key), slice_of(a->g_xi)))
		return dh_shared(key, slice_of(a->g_xr), ret, f);
	if (slice_equal(dh_public(key), slice_of(a->g_xr)))
		return dh_shared(key, slice_of(a->g_xi), ret, f);
	return fail(f, R_BAD_KEY, "the private value belongs to neither end of this exchange");
}

static enum reason keys_derived(struct unlock *u, struct association *a, struct fault *f)
{
	own(bytes) g_xy = NULL;
	struct keys1 *k = &a->keys;
	struct slice ni_b = slice_of(a->ni_b), nr_b = slice_of(a->nr_b);
	bool psk = a->suite.auth == AUTH_PSK;

	if (psk && !u->want.psk)
		return fail(f, R_NO_SECRET, "the pre-shared key was not given");
	if (secret_of(u, a, &g_xy, f) != R_OK)
		return f->reason;
	enum reason r = psk ? keys1_skeyid_psk(k, k->hash, slice_of(u->want.psk), ni_b, nr_b)
			    : keys1_skeyid_sig(k, k->hash, ni_b, nr_b, slice_of(g_xy));
	if (r == R_OK)
		r = keys1_derive(k, a->suite.encr, a->suite.key_bits, slice_of(g_xy), &a->cky,
				 slice_of(a->g_xi), slice_of(a->g_xr));
	if (r != R_OK)
		return fail(f, r, "the keys could not be derived");
	a->has_skeyid = a->has_skeyid_a = true;
	return R_OK;
}

static enum reason derive(struct unlock *u, struct association *a, struct fault *f)
{
	if (!u->want.key && !u->want.dh_private)
		return fail(f, R_NO_SECRET, "no key was given");
	if (!a->chosen || !a->g_xi || !a->g_xr || !a->ni_b || !a->nr_b)
		return fail(f, R_NOT_READY, "the clear messages of its phase 1 were not captured");
	a->keys.hash = a->suite.hash;
	a->keys.encr = a->suite.encr;
	a->keys.key_bits = a->suite.key_bits;
	a->keys.n = alg_integ(a->suite.hash)->digest;
	if (!a->keys.n || !alg_encr(a->suite.encr)->v1_ike ||
	    !alg_key_bits_fit(a->suite.encr, a->suite.key_bits))
		return fail(f, R_INVALID, "algorithms that are not known here were chosen");
	return u->want.key ? keys_given(u, a, f) : keys_derived(u, a, f);
}

/* Once both ends said everything in the clear. */
static void try_keys(struct unlock *u, struct association *a)
{
	if (a->tried)
		return;
	a->why = (struct fault){ 0 };
	enum reason r = derive(u, a, &a->why);

	a->tried = r != R_NOT_READY;
	a->keyed = r == R_OK;
	if (a->keyed)
		memcpy(a->last_block, a->keys.iv0, BLOCK_MAX);
}

/* --- what messages say ---------------------------------------------------------------- */

static void keep(struct bytes **first, struct bytes **second, const struct pl *p)
{
	struct bytes **at = *first ? second : first;

	if (p && !*at)
		*at = bytes_of(p->body.at, p->body.n);
}

static void take_phase1(struct association *a, const struct chain *c)
{
	const struct pl *sa = chain_find(c, PL_SA);

	if (sa && a->sai_b && !a->chosen)
		take_choice(a, sa->body);
	else if (sa && !a->sai_b)
		a->sai_b = bytes_of(sa->body.at, sa->body.n);
	keep(&a->g_xi, &a->g_xr, chain_find(c, PL_KE));
	keep(&a->ni_b, &a->nr_b, chain_find(c, PL_NONCE));
	keep(&a->id_i, &a->id_r, chain_find(c, PL_ID));
}

/* What a HASH of phase 2 covers: all behind the HASH payload, without padding. */
static struct slice rest_of(const struct chain *c)
{
	struct rd r = rd_of(c->all);

	rd_take(&r, c->at[0].whole.n);
	return rd_rest(&r);
}

static enum proof compare(enum reason computed, const struct keys1 *k, const uint8_t *digest,
			  const struct pl *hash)
{
	if (computed != R_OK)
		return PROOF_NONE;
	return slice_equal(slice(digest, k->n), hash->body) ? PROOF_GOOD : PROOF_BAD;
}

/* Main mode: each end's ID stands beside its HASH, the initiator's comes first. Aggressive mode:
 * both IDs were sent before, the responder's HASH is in the second message. */
static void prove_phase1(const struct association *a, const struct course *x, const struct chain *c,
			 struct unlocked *ret)
{
	bool aggressive = x->type == XCHG_AGGRESSIVE;
	bool initiators = aggressive ? x->n >= 2 : !a->id_i;
	struct slice g_xi = slice_of(a->g_xi), g_xr = slice_of(a->g_xr), id;
	struct slice sai_b = slice_of(a->sai_b);
	const struct pl *own_id = chain_find(c, PL_ID);
	uint8_t digest[DIGEST_MAX];

	ret->hash = initiators ? "HASH_I" : "HASH_R";
	if (aggressive)
		id = slice_of(initiators ? a->id_i : a->id_r);
	else
		id = own_id ? own_id->body : slice(NULL, 0);
	if (!a->has_skeyid || !a->sai_b || id.n == 0)
		return;
	enum reason r = initiators ? keys1_hash_i(&a->keys, g_xi, g_xr, &a->cky, sai_b, id, digest)
				   : keys1_hash_r(&a->keys, g_xi, g_xr, &a->cky, sai_b, id, digest);
	ret->proof = compare(r, &a->keys, digest, chain_find(c, PL_HASH));
}

static void prove_phase2(const struct association *a, struct course *x, const struct chain *c,
			 struct unlocked *ret)
{
	static const char *const names[] = { "HASH(1)", "HASH(2)", "HASH(3)" };
	unsigned n = x->type == XCHG_QUICK && x->n < 3 ? x->n : 0;
	const struct keys1 *k = &a->keys;
	struct slice rest = rest_of(c), ni_b = slice_of(x->ni_b), nr_b = slice_of(x->nr_b);
	uint8_t digest[DIGEST_MAX];
	enum reason r;

	ret->hash = names[n];
	if (!a->has_skeyid_a)
		return;
	if (n == 0)
		r = keys1_hash_1(k, x->message_id, rest, digest);
	else if (n == 1)
		r = keys1_hash_2(k, x->message_id, ni_b, rest, digest);
	else
		r = keys1_hash_3(k, x->message_id, ni_b, nr_b, digest);
	ret->proof = compare(r, k, digest, &c->at[0]);
}

/* --- one message ---------------------------------------------------------------------- */

static bool is_phase1(const struct course *x)
{
	return x->type == XCHG_MAIN || x->type == XCHG_AGGRESSIVE;
}

/* Decrypted, looked at, and when it is not proven wrong the chains move on. */
static enum reason open_message(struct association *a, struct course *x, const struct header *h,
				struct looked *l, struct fault *f)
{
	uint8_t next[BLOCK_MAX] = { 0 };
	own(bytes) clear = NULL;
	struct chain c;

	if (!a->keyed)
		return fail(f, a->why.reason, "%s", a->why.text);
	if (is_phase1(x))
		memcpy(x->iv, a->last_block, BLOCK_MAX);
	if (crypt1_open(&a->keys, x->iv, h, slice_of(l->datagram), &clear, next, f) != R_OK)
		return f->reason;
	if (chain_read(slice_of(clear), h->next, &c, f) != R_OK || c.n == 0)
		return fail(f, R_MALFORMED,
			    "what was decrypted is no message: another key, or cut");

	const struct pl *hash = chain_find(&c, PL_HASH);

	l->clear = give(clear);
	l->answer.clear = slice_of(l->clear);
	if (is_phase1(x) && hash)
		prove_phase1(a, x, &c, &l->answer);
	else if (hash == &c.at[0])
		prove_phase2(a, x, &c, &l->answer);
	if (l->answer.proof == PROOF_BAD)
		return R_OK;
	if (is_phase1(x))
		take_phase1(a, &c);
	keep(&x->ni_b, &x->nr_b, chain_find(&c, PL_NONCE));
	memcpy(x->iv, next, BLOCK_MAX);
	if (is_phase1(x))
		memcpy(a->last_block, next, BLOCK_MAX);
	x->n++;
	return R_OK;
}

static void clear_message(struct unlock *u, struct association *a, struct course *x,
			  const struct header *h, struct looked *l)
{
	struct rd r = rd_of(slice_of(l->datagram));
	struct chain c;

	rd_take(&r, HEADER_SIZE);
	if (!is_phase1(x) ||
	    chain_read(rd_slice(&r, h->length - HEADER_SIZE), h->next, &c, NULL) != R_OK)
		return;

	const struct pl *hash = chain_find(&c, PL_HASH);

	take_phase1(a, &c);
	try_keys(u, a);
	if (hash)
		prove_phase1(a, x, &c, &l->answer);
	x->n++;
}

static struct looked *seen_before(struct course *x, struct slice datagram)
{
	struct looked *l = x->looked;

	while (l && !slice_equal(slice_of(l->datagram), datagram))
		l = l->next;
	return l;
}

static void look(struct unlock *u, struct association *a, struct course *x, const struct header *h,
		 struct looked *l)
{
	struct fault f = { 0 };

	if (!(h->flags & FLAG_ENCRYPTED)) {
		clear_message(u, a, x, h, l);
		return;
	}
	try_keys(u, a);
	if (x->n == 0 && a->keyed && x->message_id)
		keys1_iv(&a->keys, a->last_block, x->message_id, x->iv);
	if (open_message(a, x, h, l, &f) != R_OK)
		strncpy(l->note, f.text, sizeof(l->note) - 1);
}

void unlock_message(struct unlock *u, struct slice datagram, struct unlocked *ret)
{
	struct header h;
	struct association *a;
	struct course *x;
	struct looked *l;

	*ret = (struct unlocked){ .note = "" };
	if (header_read(datagram, &h, NULL) != R_OK || h.version >> 4 != 1 ||
	    !(a = association_of(u, &h)) || !(x = course_of(a, &h)))
		return;
	if ((l = seen_before(x, datagram))) {
		*ret = l->answer;
		ret->duplicate = true;
		return;
	}
	if (!(l = calloc(1, sizeof(*l))) || !(l->datagram = bytes_of(datagram.at, datagram.n))) {
		free(l);
		return;
	}
	l->answer.note = l->note;
	l->next = x->looked;
	x->looked = l;
	look(u, a, x, &h, l);
	*ret = l->answer;
}
