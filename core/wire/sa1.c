/* sa1.c - the IKEv1 SA payload: proposals, transforms, attributes
 *
 * RFC 2408 sections 3.3 to 3.6. Three lists stand inside each other, each item with its own
 * length; an item is read through a cursor over just its octets, so an inner length can never
 * reach beyond an outer one, and each item takes at least its own header, so every walk ends.
 * What a transform says is kept as numbers; whatever is not in the registers, said twice or
 * longer than its member makes the transform odd: readable, printable, never acceptable.
 *
 * Called by core/ike/v1 and dump.c.  Thread: any, values only.  Owns: nothing.
 * Not here: choosing - that is core/ike/select.  Writing stands in sa1_out.c.
 */
#include "core/wire/sa1.h"

#include "core/model/alg.h"
#include "core/wire/sa1_class.h"

enum { PROPOSAL = 2, TRANSFORM = 3 };

/* What is known of the transform being read besides its attributes. */
struct about {
	bool is_phase1;
	uint32_t life_type;
};

/* A value of up to four octets; longer ones count as "for ever" where their front is not 0. */
static uint32_t saturated(struct slice value)
{
	struct rd r = rd_of(value);
	uint32_t v = 0;

	while (rd_left(&r) > 0) {
		uint8_t octet = rd_u8(&r);

		if (v >> 24)
			return UINT32_MAX;
		v = v << 8 | octet;
	}
	return v;
}

/* keep_16 - first value of a member that has 16 bits; known tells whether we can use it. */
static void keep_16(struct attrs1 *a, uint16_t *member, uint32_t v, bool known)
{
	if (*member || v > UINT16_MAX || !known)
		a->odd = true;
	if (!*member && v <= UINT16_MAX)
		*member = (uint16_t)v;
}

/* A duration means nothing without the type that stands before it (RFC 2407 section 4.5). */
static void keep_life(struct attrs1 *a, struct about *about, uint32_t v)
{
	uint32_t *member = about->life_type == LIFE_SECONDS     ? &a->life_seconds
			   : about->life_type == LIFE_KILOBYTES ? &a->life_kilobytes
								: NULL;

	if (!member || *member)
		a->odd = true;
	else
		*member = v;
	about->life_type = 0;
}

static void keep_life_type(struct attrs1 *a, struct about *about, uint32_t v)
{
	if (v != LIFE_SECONDS && v != LIFE_KILOBYTES)
		a->odd = true;
	about->life_type = v;
}

static bool is_auth_known(uint32_t v)
{
	return v == AUTH_PSK || v == AUTH_RSA_SIG;
}

static bool is_encap_known(uint32_t v)
{
	return (v >= ENCAP_TUNNEL && v <= ENCAP_UDP_TRANSPORT) || v == ENCAP_UDP_TUNNEL_DRAFT ||
	       v == ENCAP_UDP_TRANSPORT_DRAFT;
}

/* RFC 2409 appendix A */
static void keep_phase1(struct attrs1 *a, struct about *about, unsigned class, uint32_t v)
{
	switch (class) {
	case IKE_ENCR:
		keep_16(a, &a->encr, v, alg_encr_of_v1_ike(v) != ENCR_NONE);
		break;
	case IKE_HASH:
		keep_16(a, &a->hash, v, alg_integ_of_v1_hash(v) != INTEG_NONE);
		break;
	case IKE_AUTH:
		keep_16(a, &a->auth_method, v, is_auth_known(v));
		break;
	case IKE_GROUP:
		keep_16(a, &a->group, v, alg_group_of_number(v) != GROUP_NONE);
		break;
	case IKE_LIFE_TYPE:
		keep_life_type(a, about, v);
		break;
	case IKE_LIFE:
		keep_life(a, about, v);
		break;
	case IKE_KEY_BITS:
		keep_16(a, &a->key_bits, v, v != 0);
		break;
	default:
		a->odd = true;
	}
}

/* RFC 2407 section 4.5 */
static void keep_phase2(struct attrs1 *a, struct about *about, unsigned class, uint32_t v)
{
	switch (class) {
	case IPSEC_LIFE_TYPE:
		keep_life_type(a, about, v);
		break;
	case IPSEC_LIFE:
		keep_life(a, about, v);
		break;
	case IPSEC_GROUP:
		keep_16(a, &a->group, v, alg_group_of_number(v) != GROUP_NONE);
		break;
	case IPSEC_ENCAP:
		keep_16(a, &a->encap, v, is_encap_known(v));
		break;
	case IPSEC_AUTH:
		keep_16(a, &a->auth_alg, v, alg_integ_of_v1_auth(v) != INTEG_NONE);
		break;
	case IPSEC_KEY_BITS:
		keep_16(a, &a->key_bits, v, v != 0);
		break;
	default:
		a->odd = true;
	}
}

/* A key length must be one that the cipher can have. */
static void check_key_bits(struct transform1 *t, const struct about *about)
{
	enum encr e = about->is_phase1 ? alg_encr_of_v1_ike(t->a.encr) : alg_encr_of_v1_esp(t->id);

	if (e != ENCR_NONE && !alg_key_bits_fit(e, t->a.key_bits))
		t->a.odd = true;
}

static enum reason read_attribute(struct rd *r, struct transform1 *t, struct about *about,
				  struct fault *f)
{
	unsigned class = rd_u16(r);
	struct slice value;

	if (class & SHORT_FORM) {
		value = rd_slice(r, 2);
	} else {
		size_t n = rd_u16(r);

		value = rd_slice(r, n);
	}
	if (r->torn)
		return fail(f, R_MALFORMED, "attribute %u of transform %u goes beyond its end",
			    class & ~(unsigned)SHORT_FORM, (unsigned)t->number);

	class &= ~(unsigned)SHORT_FORM;
	if (value.n == 0)
		t->a.odd = true;
	else if (about->is_phase1)
		keep_phase1(&t->a, about, class, saturated(value));
	else
		keep_phase2(&t->a, about, class, saturated(value));
	return R_OK;
}

/* open_item - the header all items share: is another one behind it, and its octets. */
static enum reason open_item(struct rd *r, const char *what, uint8_t kind, bool *ret_more,
			     struct rd *ret, struct fault *f)
{
	struct rd ahead = *r;
	uint8_t next = rd_u8(&ahead);

	rd_u8(&ahead); /* reserved */
	size_t len = rd_u16(&ahead);

	if (ahead.torn)
		return fail(f, R_MALFORMED, "the SA payload ends where a %s is due", what);
	if (next != 0 && next != kind)
		return fail(f, R_MALFORMED, "a %s is followed by type %u, only %u or 0 may follow",
			    what, (unsigned)next, (unsigned)kind);
	if (len < 8 || len > rd_left(r))
		return fail(f, R_MALFORMED, "a %s claims %zu octets, %zu are there", what, len,
			    rd_left(r));
	*ret = rd_sub(r, len);
	rd_take(ret, 4);
	*ret_more = next == kind;
	return R_OK;
}

static enum reason read_transform(struct rd *r, struct sa1 *sa, bool is_phase1, bool *ret_more,
				  struct fault *f)
{
	struct rd in;
	enum reason reason = open_item(r, "transform", TRANSFORM, ret_more, &in, f);

	if (reason != R_OK)
		return reason;
	if (sa->transforms_n == SA1_TRANSFORMS)
		return fail(f, R_MALFORMED, "more than %d transforms in one SA payload",
			    SA1_TRANSFORMS);

	struct transform1 *t = &sa->transforms[sa->transforms_n];

	*t = (struct transform1){ .number = rd_u8(&in) };
	t->id = rd_u8(&in);
	rd_u16(&in); /* reserved */

	struct about about = { .is_phase1 = is_phase1 };

	while (rd_left(&in) > 0) {
		reason = read_attribute(&in, t, &about, f);
		if (reason != R_OK)
			return reason;
	}
	check_key_bits(t, &about);
	sa->transforms_n++;
	return R_OK;
}

static enum reason read_transforms(struct rd *in, struct sa1 *sa, struct proposal1 *p,
				   struct fault *f)
{
	unsigned claimed = (unsigned)p->n;
	bool more = true;

	p->first = sa->transforms_n;
	for (p->n = 0; more; p->n++) {
		enum reason reason = read_transform(in, sa, p->protocol == PROTO_ISAKMP, &more, f);

		if (reason != R_OK)
			return reason;
	}
	if (p->n != claimed)
		return fail(f, R_MALFORMED, "proposal %u claims %u transforms and has %zu",
			    (unsigned)p->number, claimed, p->n);
	if (rd_left(in) > 0)
		return fail(f, R_MALFORMED, "%zu octets behind the last transform of proposal %u",
			    rd_left(in), (unsigned)p->number);
	return R_OK;
}

static enum reason read_proposal(struct rd *r, struct sa1 *sa, bool *ret_more, struct fault *f)
{
	struct rd in;
	enum reason reason = open_item(r, "proposal", PROPOSAL, ret_more, &in, f);

	if (reason != R_OK)
		return reason;
	if (sa->n == SA1_PROPOSALS)
		return fail(f, R_MALFORMED, "more than %d proposals in one SA payload",
			    SA1_PROPOSALS);

	struct proposal1 *p = &sa->at[sa->n];

	*p = (struct proposal1){ .number = rd_u8(&in) };
	p->protocol = rd_u8(&in);
	size_t spi_size = rd_u8(&in);
	p->n = rd_u8(&in);
	p->spi = rd_slice(&in, spi_size);
	if (in.torn)
		return fail(f, R_MALFORMED,
			    "proposal %u: its SPI of %zu octets goes beyond its end",
			    (unsigned)p->number, spi_size);
	reason = read_transforms(&in, sa, p, f);
	if (reason == R_OK)
		sa->n++;
	return reason;
}

enum reason sa1_read(struct slice body, struct sa1 *ret, struct fault *f)
{
	struct rd r = rd_of(body);
	uint32_t doi = rd_u32(&r), situation = rd_u32(&r);
	bool more = true;

	*ret = (struct sa1){ 0 };
	if (r.torn)
		return fail(f, R_MALFORMED, "an SA payload of %zu octets, eight are the least",
			    body.n);
	if (doi != SA1_DOI_IPSEC)
		return fail(f, R_MALFORMED, "DOI %u is not that of IPsec", (unsigned)doi);
	if (situation != SA1_SITUATION_IDENTITY)
		return fail(f, R_MALFORMED,
			    "situation %#x asks for labels, only identities are done",
			    (unsigned)situation);
	while (more) {
		enum reason reason = read_proposal(&r, ret, &more, f);

		if (reason != R_OK)
			return reason;
	}
	if (rd_left(&r) > 0)
		return fail(f, R_MALFORMED, "%zu octets behind the last proposal", rd_left(&r));
	return R_OK;
}
