/* select.c - phase 1: offered against acceptable proposals, and the reason nothing fitted
 *
 * The initiator offers its peer's proposals in their order, else all system ones by number; the
 * responder ignores the peer's list and takes the first of its own, by number, that the caller
 * offers. The built-in default is always last, and not offered to a peer that
 * has a list. What must be equal: cipher with key length, hash, group, authentication. The
 * smaller lifetime wins and is no part of the match.
 *
 * Called by: the IKE versions.  Thread: loop.  Owns: nothing.
 * Not here: phase 2, see select_esp.c.
 */
#include "core/ike/select.h"

#include "core/base/text.h"
#include "core/ike/match.h"
#include "core/model/config.h"
#include "core/model/peer.h"

enum { TRAITS = 5, LINE = 120 };

static const char *const names[TRAITS] = { "encryption_algorithm", "key_length",
					   "integrity_algorithm", "dh_group",
					   "authentication_method" };

/* IKEv1 has one method for both ends: with two nothing can be agreed on. */
static bool is_spoken(const struct ike_proposal *p, const struct peer *peer)
{
	int method = p->authentication_method;

	if (!peer)
		return method == AUTH_PSK;
	if (peer->auth_local != peer->auth_remote)
		return false;
	return method == (peer->auth_local == PEER_AUTH_RSA ? AUTH_RSA_SIG : AUTH_PSK);
}

static size_t system_list(const struct config *c, const struct peer *peer,
			  const struct ike_proposal **ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < config_count(c, K_IKE_PROPOSAL) && n < cap; i++) {
		const struct ike_proposal *p =
			(const struct ike_proposal *)config_at(c, K_IKE_PROPOSAL, i);

		if ((p->system || p->builtin) && is_spoken(p, peer))
			ret[n++] = p;
	}
	return n;
}

size_t select_ike_offered(const struct config *c, const struct peer *p,
			  const struct ike_proposal **ret, size_t cap)
{
	size_t n = 0;

	if (p->ike_proposals_n == 0)
		return system_list(c, p, ret, cap);
	for (size_t i = 0; i < p->ike_proposals_n && n < cap; i++) {
		const struct ike_proposal *one = config_ike_proposal(c, p->ike_proposals[i]);

		if (one && is_spoken(one, p))
			ret[n++] = one;
	}
	return n;
}

size_t select_ike_accepted(const struct config *c, const struct peer *p,
			   const struct ike_proposal **ret, size_t cap)
{
	return system_list(c, p, ret, cap);
}

static struct transform1 transform_of(const struct ike_proposal *p)
{
	struct ike_suite s = ike_proposal_suite(p);
	const struct encr_row *encr = alg_encr(s.encr);

	return (struct transform1){
		.id = TRANSFORM_KEY_IKE,
		.a = {
			.encr = encr->v1_ike,
			.key_bits = encr->variable ? s.key_bits : 0,
			.hash = alg_integ(s.hash)->v1_hash,
			.auth_method = (uint16_t)s.auth,
			.group = alg_group(s.group)->number,
			.life_seconds = p->lifetime_seconds,
		},
	};
}

void select_ike_write(const struct ike_proposal *const *list, size_t n, struct sa1 *ret)
{
	*ret = (struct sa1){ .n = 1 };
	ret->at[0] = (struct proposal1){ .number = 1, .protocol = PROTO_ISAKMP };
	for (size_t i = 0; i < n && i < SA1_TRANSFORMS; i++) {
		ret->transforms[i] = transform_of(list[i]);
		ret->transforms[i].number = (uint8_t)(i + 1);
		ret->transforms_n++;
	}
	ret->at[0].n = ret->transforms_n;
}

/* A cipher with one key length may or may not say it. */
static int key_bits(const struct attrs1 *a)
{
	const struct encr_row *row = alg_encr(alg_encr_of_v1_ike(a->encr));

	return a->key_bits ? a->key_bits : row->variable ? 0 : row->bits;
}

static struct traits traits_of(const struct transform1 *t)
{
	const struct attrs1 *a = &t->a;

	/* what cannot be understood equals nothing of ours */
	return (struct traits){ { a->odd ? -1 : a->encr, key_bits(a), a->hash, a->group,
				  a->auth_method } };
}

static uint32_t smaller(uint32_t ours, uint32_t theirs)
{
	return theirs && theirs < ours ? theirs : ours;
}

static void choose(const struct sa1 *offer, size_t at, const struct ike_proposal *p,
		   struct ike_choice *ret)
{
	*ret = (struct ike_choice){
		.proposal = p,
		.transform = at,
		.suite = ike_proposal_suite(p),
		.lifetime_s = smaller(p->lifetime_seconds, offer->transforms[at].a.life_seconds),
	};
}

/* The first transform of the offer that is this proposal of ours. */
static bool find(const struct sa1 *offer, const struct ike_proposal *p, struct match *m,
		 size_t *ret)
{
	struct transform1 mine = transform_of(p);
	struct traits want = traits_of(&mine);

	for (size_t i = 0; i < offer->n; i++) {
		const struct proposal1 *prop = &offer->at[i];

		for (size_t k = prop->first; k < prop->first + prop->n; k++) {
			struct traits have = traits_of(&offer->transforms[k]);

			if (prop->protocol != PROTO_ISAKMP ||
			    offer->transforms[k].id != TRANSFORM_KEY_IKE)
				continue;
			if (have.v[0] != want.v[0])
				have.v[1] = want.v[1]; /* lengths of two ciphers do not compare */
			*ret = k;
			if (match_pair(m, &have, &want))
				return true;
			match_texts(m, PROTO_ISAKMP, &offer->transforms[k], &mine);
		}
	}
	return false;
}

enum reason select_ike(const struct sa1 *offer, const struct ike_proposal *const *accepted,
		       size_t n, struct ike_choice *ret, struct fault *f)
{
	struct match m = match_start(names, TRAITS, PROTO_ISAKMP);
	size_t at;

	for (size_t i = 0; i < n; i++) {
		if (find(offer, accepted[i], &m, &at)) {
			choose(offer, at, accepted[i], ret);
			return R_OK;
		}
	}
	return match_none(&m, "the peer offers", "we accept", f);
}

enum reason select_ike_answer(const struct sa1 *answer, const struct ike_proposal *const *offered,
			      size_t n, struct ike_choice *ret, struct fault *f)
{
	struct match m = match_start(names, TRAITS, PROTO_ISAKMP);
	size_t at;

	if (answer->n != 1 || answer->transforms_n != 1)
		return fail(f, R_NO_PROPOSAL, "the peer must choose one transform, it sent %zu",
			    answer->transforms_n);
	for (size_t i = 0; i < n; i++) {
		if (find(answer, offered[i], &m, &at)) {
			choose(answer, at, offered[i], ret);
			return R_OK;
		}
	}
	return match_none(&m, "the peer chose", "we offered", f);
}

void select_offer_text(const struct sa1 *sa, char *ret, size_t cap)
{
	struct text t = { .at = ret, .cap = cap, .limit = cap - 1 };
	char line[LINE];

	ret[0] = '\0';
	for (size_t i = 0; i < sa->n; i++) {
		const struct proposal1 *p = &sa->at[i];

		for (size_t k = p->first; k < p->first + p->n; k++)
			text_add(&t, "%s%s", t.n ? "\n" : "",
				 transform1_text(&sa->transforms[k], p->protocol, line,
						 sizeof(line)));
	}
}

void select_ike_text(const struct ike_proposal *const *list, size_t n, char *ret, size_t cap)
{
	struct sa1 sa;

	select_ike_write(list, n, &sa);
	select_offer_text(&sa, ret, cap);
}
