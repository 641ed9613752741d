/* sa1_out.c - the IKEv1 SA payload written, and a transform as people read it
 *
 * RFC 2408 sections 3.3 to 3.6. The mirror of sa1.c: what is written here reads back as the
 * same struct. Lengths are patched once an item is complete. Whatever cannot be said on the
 * wire (a list that points outside, an SPI of 256 octets) tears the writer instead of being
 * said wrongly.
 *
 * Called by core/ike/v1, core/ike/trace and dump.c.  Thread: any, values only.  Owns: nothing.
 */
#include "core/wire/sa1.h"

#include "core/base/text.h"
#include "core/model/alg.h"
#include "core/wire/over.h"
#include "core/wire/sa1_class.h"

enum { PROPOSAL = 2, TRANSFORM = 3 };

/* Absent attributes are 0; what does not fit 16 bits takes the long form. */
static void write_attribute(struct wr *w, unsigned class, uint32_t v)
{
	if (v == 0)
		return;
	if (v <= UINT16_MAX) {
		wr_u16(w, (uint16_t)(class | SHORT_FORM));
		wr_u16(w, (uint16_t)v);
	} else {
		wr_u16(w, (uint16_t) class);
		wr_u16(w, 4);
		wr_u32(w, v);
	}
}

static void write_life(struct wr *w, unsigned type_class, unsigned type, uint32_t v)
{
	if (v == 0)
		return;
	write_attribute(w, type_class, type);
	write_attribute(w, type_class + 1, v);
}

static void write_phase1(struct wr *w, const struct attrs1 *a)
{
	write_attribute(w, IKE_ENCR, a->encr);
	write_attribute(w, IKE_HASH, a->hash);
	write_attribute(w, IKE_AUTH, a->auth_method);
	write_attribute(w, IKE_GROUP, a->group);
	write_life(w, IKE_LIFE_TYPE, LIFE_SECONDS, a->life_seconds);
	write_life(w, IKE_LIFE_TYPE, LIFE_KILOBYTES, a->life_kilobytes);
	write_attribute(w, IKE_KEY_BITS, a->key_bits);
}

static void write_phase2(struct wr *w, const struct attrs1 *a)
{
	write_life(w, IPSEC_LIFE_TYPE, LIFE_SECONDS, a->life_seconds);
	write_life(w, IPSEC_LIFE_TYPE, LIFE_KILOBYTES, a->life_kilobytes);
	write_attribute(w, IPSEC_GROUP, a->group);
	write_attribute(w, IPSEC_ENCAP, a->encap);
	write_attribute(w, IPSEC_AUTH, a->auth_alg);
	write_attribute(w, IPSEC_KEY_BITS, a->key_bits);
}

/* The header all items share; the length comes later. Returns where the item starts. */
static size_t start_item(struct wr *w, uint8_t kind, bool is_last)
{
	size_t at = w->n;

	wr_u8(w, is_last ? 0 : kind);
	wr_u8(w, 0);
	wr_u16(w, 0);
	return at;
}

static void finish_item(struct wr *w, size_t start)
{
	size_t n = w->n - start;

	if (n > UINT16_MAX)
		w->torn = true;
	wr_patch_u16(w, start + 2, (uint16_t)n);
}

static void write_transform(struct wr *w, const struct transform1 *t, uint8_t protocol,
			    bool is_last)
{
	size_t start = start_item(w, TRANSFORM, is_last);

	wr_u8(w, t->number);
	wr_u8(w, t->id);
	wr_u16(w, 0);
	if (protocol == PROTO_ISAKMP)
		write_phase1(w, &t->a);
	else
		write_phase2(w, &t->a);
	finish_item(w, start);
}

static void write_proposal(struct wr *w, const struct sa1 *sa, const struct proposal1 *p,
			   bool is_last)
{
	if (p->spi.n > UINT8_MAX || p->n == 0 || p->first > sa->transforms_n ||
	    p->n > sa->transforms_n - p->first) {
		w->torn = true;
		return;
	}

	size_t start = start_item(w, PROPOSAL, is_last);

	wr_u8(w, p->number);
	wr_u8(w, p->protocol);
	wr_u8(w, (uint8_t)p->spi.n);
	wr_u8(w, (uint8_t)p->n);
	wr_slice(w, p->spi);
	for (size_t i = 0; i < p->n; i++)
		write_transform(w, &sa->transforms[p->first + i], p->protocol, i + 1 == p->n);
	finish_item(w, start);
}

void sa1_write(struct wr *w, const struct sa1 *sa)
{
	if (sa->n == 0 || sa->n > SA1_PROPOSALS || sa->transforms_n > SA1_TRANSFORMS) {
		w->torn = true;
		return;
	}
	wr_u32(w, SA1_DOI_IPSEC);
	wr_u32(w, SA1_SITUATION_IDENTITY);
	for (size_t i = 0; i < sa->n; i++)
		write_proposal(w, sa, &sa->at[i], i + 1 == sa->n);
}

/* A word of a register, or the number where there is none. */
static void add_word(struct text *t, const char *word, const char *kind, unsigned number)
{
	if (word && *word)
		text_add_str(t, word);
	else
		text_add(t, "%s-%u", kind, number);
}

static void add_encr(struct text *t, enum encr e, unsigned number, unsigned key_bits)
{
	const struct encr_row *row = alg_encr(e);

	add_word(t, e == ENCR_NONE ? NULL : row->name, "encr", number);
	if (key_bits)
		text_add(t, "-%u", key_bits);
	else if (row->variable)
		text_add(t, "-?");
}

static void add_group(struct text *t, unsigned number)
{
	enum group g = alg_group_of_number(number);

	add_word(t, g == GROUP_NONE ? NULL : alg_group(g)->name, "group", number);
}

static void add_phase1(struct text *t, const struct attrs1 *a)
{
	static const struct name methods[] = {
		{ AUTH_PSK, "psk" },
		{ AUTH_RSA_SIG, "rsa-sig" },
		{ 0, NULL },
	};
	enum integ hash = alg_integ_of_v1_hash(a->hash);
	bool is_known = a->auth_method == AUTH_PSK || a->auth_method == AUTH_RSA_SIG;

	add_encr(t, alg_encr_of_v1_ike(a->encr), a->encr, a->key_bits);
	text_add_str(t, "/");
	add_word(t, hash == INTEG_NONE ? NULL : alg_integ(hash)->name, "hash", a->hash);
	text_add_str(t, "/");
	add_group(t, a->group);
	text_add_str(t, "/");
	add_word(t, is_known ? name_of(methods, a->auth_method) : NULL, "auth", a->auth_method);
}

static void add_phase2(struct text *t, const struct transform1 *tr, uint8_t protocol)
{
	static const struct name encaps[] = {
		{ ENCAP_TUNNEL, "tunnel" },
		{ ENCAP_TRANSPORT, "transport" },
		{ ENCAP_UDP_TUNNEL, "udp-tunnel" },
		{ ENCAP_UDP_TRANSPORT, "udp-transport" },
		{ ENCAP_UDP_TUNNEL_DRAFT, "udp-tunnel-draft" },
		{ ENCAP_UDP_TRANSPORT_DRAFT, "udp-transport-draft" },
		{ 0, NULL },
	};
	const struct attrs1 *a = &tr->a;
	enum integ auth = alg_integ_of_v1_auth(a->auth_alg);
	const char *encap = name_of(encaps, a->encap);

	if (protocol == PROTO_ESP)
		add_encr(t, alg_encr_of_v1_esp(tr->id), tr->id, a->key_bits);
	else
		text_add(t, "%s-%u", protocol == PROTO_AH ? "ah" : "transform", (unsigned)tr->id);
	if (a->auth_alg) {
		text_add_str(t, "/");
		add_word(t, auth == INTEG_NONE ? NULL : alg_integ(auth)->name, "auth", a->auth_alg);
	}
	if (a->encap) {
		text_add_str(t, "/");
		add_word(t, *encap == '?' ? NULL : encap, "encap", a->encap);
	}
	if (a->group) {
		text_add_str(t, " ");
		add_group(t, a->group);
	}
}

char *transform1_text(const struct transform1 *t, uint8_t protocol, char *ret, size_t cap)
{
	struct text out;

	if (!text_over(&out, ret, cap))
		return ret;
	if (protocol == PROTO_ISAKMP)
		add_phase1(&out, &t->a);
	else
		add_phase2(&out, t, protocol);
	if (t->a.life_seconds)
		text_add(&out, " %u s", (unsigned)t->a.life_seconds);
	if (t->a.life_kilobytes)
		text_add(&out, " %u kB", (unsigned)t->a.life_kilobytes);
	if (t->a.odd)
		text_add_str(&out, " odd");
	return ret;
}
