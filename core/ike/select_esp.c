/* select_esp.c - phase 2: the IPsec proposals of a tunnel against what the peer offers
 *
 * The tunnel's own order decides. What must be equal: protocol, encapsulation mode, cipher with
 * key length, integrity, PFS group. Lifetimes and volumes are not compared, the smaller ones win.
 * ESP alone is spoken: a bundle (proposals of one number, such as AH with ESP) fits nothing.
 *
 * Called by: the IKE versions.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/match.h"
#include "core/ike/select.h"
#include "core/model/config.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

enum { TRAITS = 6, SPI_OCTETS = 4, SPI_LEAST = 256 };

static const char *const names[TRAITS] = {
	"protocol", "mode", "encryption_algorithm", "key_length", "integrity_algorithm", "pfs_group"
};

size_t select_esp(const struct config *c, const struct tunnel *t, const struct ipsec_proposal **ret,
		  size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < t->ipsec_proposals_n && n < cap; i++) {
		const struct ipsec_proposal *p = config_ipsec_proposal(c, t->ipsec_proposals[i]);

		if (p && p->protocol == IPSEC_ESP)
			ret[n++] = p;
	}
	return n;
}

static uint32_t first_said(uint32_t tunnel, uint32_t proposal, uint32_t global)
{
	return tunnel ? tunnel : proposal ? proposal : global;
}

uint32_t select_lifetime_s(const struct config *c, const struct tunnel *t,
			   const struct ipsec_proposal *p)
{
	return first_said(t->lifetime_seconds, p->lifetime_seconds,
			  config_ipsec(c)->lifetime_seconds);
}

uint32_t select_lifetime_kb(const struct config *c, const struct tunnel *t,
			    const struct ipsec_proposal *p)
{
	return first_said(t->lifetime_kilobytes, p->lifetime_kilobytes,
			  config_ipsec(c)->lifetime_kilobytes);
}

static uint16_t encap_of(const struct esp_offer *o)
{
	if (o->tunnel->mode == TUNNEL_TRANSPORT)
		return !o->encap  ? ENCAP_TRANSPORT
		       : o->draft ? ENCAP_UDP_TRANSPORT_DRAFT
				  : ENCAP_UDP_TRANSPORT;
	return !o->encap ? ENCAP_TUNNEL : o->draft ? ENCAP_UDP_TUNNEL_DRAFT : ENCAP_UDP_TUNNEL;
}

static struct transform1 transform_of(const struct esp_offer *o, const struct ipsec_proposal *p)
{
	struct esp_suite s = ipsec_proposal_suite(p, o->tunnel->sha2_256_truncation_96);
	const struct encr_row *encr = alg_encr(s.encr);

	return (struct transform1){
		.id = (uint8_t)encr->v1_esp,
		.a = {
			.group = alg_group((enum group)p->pfs_group)->number,
			.key_bits = encr->variable ? s.key_bits : 0,
			.encap = encap_of(o),
			.auth_alg = alg_integ(s.integ)->v1_auth,
			.life_seconds = select_lifetime_s(o->config, o->tunnel, p),
			.life_kilobytes = select_lifetime_kb(o->config, o->tunnel, p),
		},
	};
}

void select_esp_write(const struct esp_offer *o, struct sa1 *ret)
{
	*ret = (struct sa1){ .n = 1 };
	ret->at[0] = (struct proposal1){ .number = 1,
					 .protocol = PROTO_ESP,
					 .spi = slice(o->spi_octets, sizeof(o->spi_octets)) };
	for (size_t i = 0; i < o->n && i < SA1_TRANSFORMS; i++) {
		ret->transforms[i] = transform_of(o, o->list[i]);
		ret->transforms[i].number = (uint8_t)(i + 1);
		ret->transforms_n++;
	}
	ret->at[0].n = ret->transforms_n;
}

/* The drafts' numbers mean the same; a peer that names no mode leaves it to us (RFC 2407 4.5). */
static int mode_of(uint16_t encap, uint16_t ours)
{
	switch (encap) {
	case ENCAP_UDP_TUNNEL_DRAFT:
		return ENCAP_UDP_TUNNEL;
	case ENCAP_UDP_TRANSPORT_DRAFT:
		return ENCAP_UDP_TRANSPORT;
	case ENCAP_NONE:
		return ours == ENCAP_NONE ? ENCAP_NONE : mode_of(ours, ENCAP_NONE);
	default:
		return encap;
	}
}

static int key_bits(const struct transform1 *t)
{
	const struct encr_row *row = alg_encr(alg_encr_of_v1_esp(t->id));

	return t->a.key_bits ? t->a.key_bits : row->variable ? 0 : row->bits;
}

static struct traits traits_of(const struct transform1 *t, int protocol, uint16_t our_encap)
{
	const struct attrs1 *a = &t->a;

	return (struct traits){ { protocol, mode_of(a->encap, our_encap), a->odd ? -1 : t->id,
				  key_bits(t), a->auth_alg, a->group } };
}

/* Protocol of a proposal of the offer; -1 when it belongs to a bundle. */
static int protocol_of(const struct sa1 *sa, size_t at)
{
	for (size_t i = 0; i < sa->n; i++)
		if (i != at && sa->at[i].number == sa->at[at].number)
			return -1;
	return sa->at[at].protocol;
}

struct found {
	size_t proposal1, transform;
};

/* The first transform of the offer that is this proposal of ours. */
static bool find(const struct sa1 *sa, const struct esp_offer *o, const struct ipsec_proposal *p,
		 struct match *m, struct found *ret)
{
	struct transform1 mine = transform_of(o, p);
	struct traits want = traits_of(&mine, PROTO_ESP, mine.a.encap);

	for (size_t i = 0; i < sa->n; i++) {
		int protocol = protocol_of(sa, i);

		for (size_t k = sa->at[i].first; k < sa->at[i].first + sa->at[i].n; k++) {
			struct traits have = traits_of(&sa->transforms[k], protocol, mine.a.encap);

			if (have.v[2] != want.v[2])
				have.v[3] = want.v[3]; /* lengths of two ciphers do not compare */
			*ret = (struct found){ i, k };
			if (match_pair(m, &have, &want))
				return true;
			match_texts(m, sa->at[i].protocol, &sa->transforms[k], &mine);
		}
	}
	return false;
}

static uint32_t smaller(uint32_t ours, uint32_t theirs)
{
	return theirs && (!ours || theirs < ours) ? theirs : ours;
}

static enum reason choose(const struct sa1 *sa, const struct esp_offer *o,
			  const struct ipsec_proposal *p, const struct found *at,
			  struct esp_choice *ret, struct fault *f)
{
	const struct attrs1 *a = &sa->transforms[at->transform].a;
	struct rd spi = rd_of(sa->at[at->proposal1].spi);

	*ret = (struct esp_choice){
		.proposal = p,
		.transform = at->transform,
		.proposal1 = at->proposal1,
		.suite = ipsec_proposal_suite(p, o->tunnel->sha2_256_truncation_96),
		.pfs = (enum group)p->pfs_group,
		.transport = o->tunnel->mode == TUNNEL_TRANSPORT,
		.encap = o->encap,
		.lifetime_s = smaller(select_lifetime_s(o->config, o->tunnel, p), a->life_seconds),
		.lifetime_kb =
			smaller(select_lifetime_kb(o->config, o->tunnel, p), a->life_kilobytes),
	};
	if (rd_left(&spi) != SPI_OCTETS || (ret->spi = rd_u32(&spi)) < SPI_LEAST)
		return fail(f, R_BAD_SPI, "the SPI of the peer's proposal cannot be one");
	return R_OK;
}

static enum reason select_one(const struct sa1 *sa, const struct esp_offer *o, struct match *m,
			      struct esp_choice *ret, struct fault *f)
{
	struct found at;

	for (size_t i = 0; i < o->n; i++)
		if (find(sa, o, o->list[i], m, &at))
			return choose(sa, o, o->list[i], &at, ret, f);
	return R_NO_PROPOSAL;
}

enum reason select_esp_offer(const struct sa1 *offer, const struct esp_offer *accepted,
			     struct esp_choice *ret, struct fault *f)
{
	struct match m = match_start(names, TRAITS, PROTO_ESP);
	enum reason r = select_one(offer, accepted, &m, ret, f);

	return r == R_NO_PROPOSAL ? match_none(&m, "the peer offers", "we accept", f) : r;
}

enum reason select_esp_answer(const struct sa1 *answer, const struct esp_offer *offered,
			      struct esp_choice *ret, struct fault *f)
{
	struct match m = match_start(names, TRAITS, PROTO_ESP);
	enum reason r;

	if (answer->n != 1 || answer->transforms_n != 1)
		return fail(f, R_NO_PROPOSAL, "the peer must choose one transform, it sent %zu",
			    answer->transforms_n);
	r = select_one(answer, offered, &m, ret, f);
	return r == R_NO_PROPOSAL ? match_none(&m, "the peer chose", "we offered", f) : r;
}

void select_esp_text(const struct esp_offer *o, char *ret, size_t cap)
{
	struct sa1 sa;

	select_esp_write(o, &sa);
	select_offer_text(&sa, ret, cap);
}
