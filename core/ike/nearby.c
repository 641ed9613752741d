/* nearby.c - offers that differ from ours in one member
 *
 * Each transform of ours is turned in one member at a time through its register. Ciphers that
 * authenticate by themselves have no integrity algorithm, so they and the others differ in both.
 *
 * Called by: ask1.c, ask_quick1.c.  Thread: any, values only.  Owns: nothing.
 */
#include "core/ike/nearby.h"

#include "core/ike/select.h"
#include "core/wire/sa1.h"

static const unsigned key_lengths[] = { 256, 128, 192 };

static bool is_same(const struct transform1 *a, const struct transform1 *b)
{
	return a->id == b->id && a->a.encr == b->a.encr && a->a.key_bits == b->a.key_bits &&
	       a->a.hash == b->a.hash && a->a.auth_method == b->a.auth_method &&
	       a->a.group == b->a.group && a->a.encap == b->a.encap &&
	       a->a.auth_alg == b->a.auth_alg;
}

static bool has(const struct sa1 *sa, const struct transform1 *t)
{
	for (size_t i = 0; i < sa->transforms_n; i++)
		if (is_same(&sa->transforms[i], t))
			return true;
	return false;
}

/* To the last proposal of ret, unless it is one of ours. */
static void add(struct sa1 *ret, const struct sa1 *ours, struct transform1 t)
{
	struct proposal1 *p = &ret->at[ret->n - 1];

	if (ret->transforms_n >= SA1_TRANSFORMS || has(ours, &t) || has(ret, &t))
		return;
	t.number = (uint8_t)(p->n + 1);
	ret->transforms[ret->transforms_n++] = t;
	p->n++;
}

/* Ours come last, where there is room: refused already, they let the other end see how near it is. */
static void add_ours(struct sa1 *ret, const struct sa1 *ours)
{
	for (size_t i = 0; i < ours->transforms_n; i++)
		add(ret, &(struct sa1){ 0 }, ours->transforms[i]);
}

/* --- phase 1 --- */

static void other_ciphers(struct sa1 *ret, const struct sa1 *ours, struct transform1 t)
{
	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		if (row->v1_ike == 0)
			continue;
		t.a.encr = row->v1_ike;
		for (size_t k = 0; k < (row->variable ? COUNT_OF(key_lengths) : 1); k++) {
			t.a.key_bits = row->variable ? (uint16_t)key_lengths[k] : 0;
			add(ret, ours, t);
		}
	}
}

static void around_ike(struct sa1 *ret, const struct sa1 *ours, const struct transform1 *mine)
{
	struct transform1 t = *mine;

	other_ciphers(ret, ours, t);
	for (int h = 1; h < INTEG_COUNT; h++) {
		t.a.hash = alg_integ((enum integ)h)->v1_hash;
		add(ret, ours, t);
	}
	t = *mine;
	for (int g = 1; g < GROUP_COUNT; g++) {
		t.a.group = alg_group((enum group)g)->number;
		add(ret, ours, t);
	}
	t = *mine;
	t.a.auth_method = mine->a.auth_method == AUTH_PSK ? AUTH_RSA_SIG : AUTH_PSK;
	add(ret, ours, t);
}

static void start_ike(const struct ike_proposal *const *list, size_t n, struct sa1 *ours,
		      struct sa1 *ret)
{
	select_ike_write(list, n, ours);
	*ret = (struct sa1){ .n = 1 };
	ret->at[0] = (struct proposal1){ .number = 1, .protocol = PROTO_ISAKMP };
}

void nearby_ike(const struct ike_proposal *const *list, size_t n, struct sa1 *ret)
{
	struct sa1 ours;

	start_ike(list, n, &ours, ret);
	for (size_t i = 0; i < ours.transforms_n; i++)
		around_ike(ret, &ours, &ours.transforms[i]);
	add_ours(ret, &ours);
}

/* Three ciphers, three hashes, five groups; without lifetimes they fit into one packet everywhere. */
void nearby_ike_usual(const struct ike_proposal *const *list, size_t n, struct sa1 *ret)
{
	static const struct {
		enum encr encr;
		uint16_t bits;
	} ciphers[] = { { ENCR_AES_CBC, 256 }, { ENCR_AES_CBC, 128 }, { ENCR_TDES, 0 } };
	static const enum integ hashes[] = { INTEG_SHA256, INTEG_SHA1, INTEG_MD5 };
	static const enum group groups[] = { GROUP_MODP2048, GROUP_MODP1024, GROUP_ECP256,
					     GROUP_MODP1536, GROUP_MODP768 };
	struct sa1 ours;

	start_ike(list, n, &ours, ret);
	for (size_t c = 0; ours.transforms_n && c < COUNT_OF(ciphers); c++) {
		for (size_t h = 0; h < COUNT_OF(hashes); h++) {
			for (size_t g = 0; g < COUNT_OF(groups); g++) {
				struct transform1 t = ours.transforms[0];

				t.a.life_seconds = 0;
				t.a.encr = alg_encr(ciphers[c].encr)->v1_ike;
				t.a.key_bits = ciphers[c].bits;
				t.a.hash = alg_integ(hashes[h])->v1_hash;
				t.a.group = alg_group(groups[g])->number;
				add(ret, &ours, t);
			}
		}
	}
	add_ours(ret, &ours);
}

/* --- phase 2 --- */

static void with_each_integrity(struct sa1 *ret, const struct sa1 *ours, struct transform1 t)
{
	for (int i = 1; i < INTEG_COUNT; i++) {
		t.a.auth_alg = alg_integ((enum integ)i)->v1_auth;
		add(ret, ours, t);
	}
}

static void other_transforms(struct sa1 *ret, const struct sa1 *ours, const struct transform1 *mine)
{
	struct transform1 t = *mine;

	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		t.id = (uint8_t)row->v1_esp;
		for (size_t k = 0; k < (row->variable ? COUNT_OF(key_lengths) : 1); k++) {
			t.a.key_bits = row->variable ? (uint16_t)key_lengths[k] : 0;
			t.a.auth_alg = row->icv ? 0 : mine->a.auth_alg;
			if (!row->icv && !mine->a.auth_alg)
				with_each_integrity(ret, ours, t);
			else
				add(ret, ours, t);
		}
	}
}

uint16_t nearby_other_mode(uint16_t encap)
{
	switch (encap) {
	case ENCAP_TUNNEL:
		return ENCAP_TRANSPORT;
	case ENCAP_TRANSPORT:
		return ENCAP_TUNNEL;
	case ENCAP_UDP_TUNNEL:
		return ENCAP_UDP_TRANSPORT;
	case ENCAP_UDP_TRANSPORT:
		return ENCAP_UDP_TUNNEL;
	default:
		return encap ^ ENCAP_UDP_TUNNEL_DRAFT ^ ENCAP_UDP_TRANSPORT_DRAFT;
	}
}

static void around_esp(struct sa1 *ret, const struct sa1 *ours, const struct transform1 *mine)
{
	struct transform1 t = *mine;

	other_transforms(ret, ours, mine);
	if (mine->a.auth_alg)
		with_each_integrity(ret, ours, *mine);
	t.a.encap = nearby_other_mode(mine->a.encap);
	add(ret, ours, t);
}

/* RFC 2402, RFC 4868: the transform ids of AH for the authentication algorithms of RFC 2407 4.5. */
static void add_ah(struct sa1 *ret, const struct sa1 *ours)
{
	static const struct {
		uint8_t id;
		enum integ integ;
	} ah[] = { { 5, INTEG_SHA256 },
		   { 3, INTEG_SHA1 },
		   { 2, INTEG_MD5 },
		   { 6, INTEG_SHA384 },
		   { 7, INTEG_SHA512 } };

	ret->at[ret->n++] = (struct proposal1){ .number = 2,
						.protocol = PROTO_AH,
						.spi = ours->at[0].spi,
						.first = ret->transforms_n };
	for (size_t i = 0; i < COUNT_OF(ah); i++) {
		struct transform1 t = ours->transforms[0];

		t.id = ah[i].id;
		t.a.key_bits = 0;
		t.a.auth_alg = alg_integ(ah[i].integ)->v1_auth;
		add(ret, &(struct sa1){ 0 }, t);
	}
	if (ret->at[ret->n - 1].n == 0)
		ret->n--;
}

void nearby_esp(const struct esp_offer *o, struct sa1 *ret)
{
	struct sa1 ours;

	select_esp_write(o, &ours);
	*ret = (struct sa1){ .n = 1 };
	ret->at[0] = ours.at[0];
	ret->at[0].n = 0;
	for (size_t i = 0; i < ours.transforms_n; i++)
		around_esp(ret, &ours, &ours.transforms[i]);
	add_ours(ret, &ours);
	if (ours.transforms_n > 0)
		add_ah(ret, &ours);
}
