/* test_nearby.c - neighbours differ from ours in one member, and every member has one */
#include "core/base/cursor.h"
#include "core/model/config.h"
#include "core/model/proposal.h"
#include "core/wire/sa1.h"
#include "tests/unit/ike/bare.h"

#include "core/ike/nearby.h"
#include "core/ike/select.h"

static const struct ike_proposal *ours(void)
{
	struct ike_proposal *p = (struct ike_proposal *)bare_record(K_IKE_PROPOSAL, "one");

	p->encryption_algorithm = ENCR_AES_CBC;
	p->key_length = 128;
	p->integrity_algorithm = INTEG_SHA256;
	p->dh_group = GROUP_MODP2048;
	return p;
}

static unsigned apart(const struct attrs1 *a, const struct attrs1 *b)
{
	bool cipher = a->encr != b->encr || a->key_bits != b->key_bits;

	return (unsigned)cipher + (a->hash != b->hash) + (a->group != b->group) +
	       (a->auth_method != b->auth_method);
}

/* What leaves must be what a peer reads, or nobody answers. */
static void survives_the_wire(const struct sa1 *sa)
{
	uint8_t at[8192];
	struct wr w = wr_of(at, sizeof(at));
	struct fault f = { 0 };
	struct sa1 back;

	sa1_write(&w, sa);
	assert_false(w.torn);
	assert_in_range(wr_done(&w).n, 1, 1280);
	assert_int_equal(sa1_read(wr_done(&w), &back, &f), R_OK);
	assert_int_equal(back.transforms_n, sa->transforms_n);
	for (size_t i = 0; i < back.transforms_n; i++)
		assert_false(back.transforms[i].a.odd);
}

static void each_member_is_turned_alone(void **state)
{
	const struct ike_proposal *p = ours();
	unsigned ciphers = 0, hashes = 0, groups = 0, methods = 0;
	struct sa1 mine, near;

	(void)state;
	select_ike_write(&p, 1, &mine);
	nearby_ike(&p, 1, &near);
	for (size_t i = 0; i + 1 < near.transforms_n; i++) {
		const struct attrs1 *a = &near.transforms[i].a, *m = &mine.transforms[0].a;

		assert_int_equal(apart(a, m), 1);
		assert_int_equal(near.transforms[i].number, i + 1);
		ciphers += a->encr != m->encr || a->key_bits != m->key_bits;
		hashes += a->hash != m->hash;
		groups += a->group != m->group;
		methods += a->auth_method != m->auth_method;
	}
	assert_int_equal(ciphers, 4); /* two lengths, 3DES, DES */
	assert_int_equal(hashes, INTEG_COUNT - 2);
	assert_int_equal(groups, GROUP_COUNT - 2);
	assert_int_equal(methods, 1);
	assert_int_equal(apart(&near.transforms[near.transforms_n - 1].a, &mine.transforms[0].a),
			 0); /* ours, last */
	survives_the_wire(&near);
	record_unref(&((struct ike_proposal *)p)->r);
}

static void the_usual_are_there(void **state)
{
	const struct ike_proposal *p = ours();
	bool old = false;
	struct sa1 usual;

	(void)state;
	nearby_ike_usual(&p, 1, &usual);
	for (size_t i = 0; i < usual.transforms_n; i++) {
		const struct attrs1 *a = &usual.transforms[i].a;

		assert_int_equal(a->auth_method, AUTH_PSK);
		old |= a->encr == 5 && a->hash == 2 && a->group == 2;
	}
	assert_true(old);
	survives_the_wire(&usual);
	record_unref(&((struct ike_proposal *)p)->r);
}

static void modes_turn_into_each_other(void **state)
{
	static const uint16_t pairs[][2] = { { ENCAP_TUNNEL, ENCAP_TRANSPORT },
					     { ENCAP_UDP_TUNNEL, ENCAP_UDP_TRANSPORT },
					     { ENCAP_UDP_TUNNEL_DRAFT,
					       ENCAP_UDP_TRANSPORT_DRAFT } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(nearby_other_mode(pairs[i][0]), pairs[i][1]);
		assert_int_equal(nearby_other_mode(pairs[i][1]), pairs[i][0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_is_turned_alone),
		cmocka_unit_test(the_usual_are_there),
		cmocka_unit_test(modes_turn_into_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
