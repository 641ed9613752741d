/* test_foreign.c - the registers of other vendors' trees, their rows and their values */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/alg.h"
#include "core/model/peer.h"
#include "snmp/foreign.h"

enum { INTEGER = 0x02, OCTETS = 0x04, IPADDRESS = 0x40, COUNTER32 = 0x41, COUNTER64 = 0x46 };

static const struct foreign_column *named(const char *name)
{
	const struct foreign_table *t;

	for (size_t i = 0; (t = foreign_table_at(i)); i++)
		for (size_t k = 0; k < t->columns_n; k++)
			if (strcmp(t->columns[k].member.name, name) == 0)
				return &t->columns[k];
	fail_msg("no object %s", name);
	return NULL;
}

static struct value of_ike_sa(const char *name, const struct ike_sa_row *sa)
{
	static struct value v; /* its pointers point into itself */
	struct spot s = { .of = { [OF_ike_sa_row] = sa } };

	foreign_value(named(name), &s, &v);
	return v;
}

static void assert_int(const char *name, const struct ike_sa_row *sa, long n)
{
	struct value v = of_ike_sa(name, sa);

	assert_int_equal(v.type, INTEGER);
	assert_int_equal(v.number, n);
}

/* A walk finds the next column by adding one. */
static void columns_have_no_gaps(void **state)
{
	const struct foreign_table *t;

	(void)state;
	for (size_t i = 0; (t = foreign_table_at(i)); i++) {
		assert_true(t->columns_n > 0);
		for (size_t k = 1; k < t->columns_n; k++)
			assert_int_equal(t->columns[k].member.number,
					 t->columns[k - 1].member.number + 1);
	}
}

/* With all members zero, and with no row at all: a value of an honest type, never a fault. */
static void every_object_has_a_value(void **state)
{
	static const struct view view;
	static const struct ike_sa_row sa;
	static const struct child_row child;
	static const struct tunnel_row tunnel;
	struct spot none = { .side = 1 };
	struct spot zero = { .of = { &view, &sa, &child, &tunnel } };
	const struct foreign_table *t;
	struct value v;

	(void)state;
	for (size_t i = 0; (t = foreign_table_at(i)); i++)
		for (size_t k = 0; k < t->columns_n; k++) {
			memset(&v, 0xff, sizeof(v));
			foreign_value(&t->columns[k], &none, &v);
			uint8_t type = v.type;
			foreign_value(&t->columns[k], &zero, &v);
			assert_int_equal(v.type, type);
			assert_true(type == INTEGER || type == OCTETS ||
				    (type >= 0x40 && type <= 0x42) || type == COUNTER64);
			assert_true(v.n <= 256);
		}
}

static void numbers_stay_in_their_ranges(void **state)
{
	struct ike_sa_row sa = { 0 };

	(void)state;
	assert_int("hh3cIKETunActiveTime", &sa, 1);
	assert_int("hh3cIKETunRemainTime", &sa, 1);
	sa.age_seconds = 77;
	assert_int("hh3cIKETunActiveTime", &sa, 77);
	sa.age_seconds = UINT32_MAX;
	assert_int("hh3cIKETunActiveTime", &sa, 2147483647);
}

static void algorithms_have_the_modules_numbers(void **state)
{
	struct ike_sa_row sa = { .encryption_algorithm = ENCR_AES_CBC, .key_length = 128 };

	(void)state;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 8);
	sa.key_length = 256;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 10);
	sa.key_length = 111;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 2147483647);
	sa.encryption_algorithm = ENCR_TDES;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 5);
	sa.encryption_algorithm = ENCR_AES_GCM;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 2147483647);
	sa.encryption_algorithm = 999;
	assert_int("hh3cIKETunEncryptAlgo", &sa, 2147483647);
	sa.integrity_algorithm = INTEG_SHA512;
	assert_int("hh3cIKETunHashAlgo", &sa, 5);
	sa.dh_group = GROUP_MODP1536;
	assert_int("hh3cIKETunDiffHellmanGrp", &sa, 5);
	sa.dh_group = GROUP_ECP256;
	assert_int("hh3cIKETunDiffHellmanGrp", &sa, 2147483647);
}

static void identities_are_numbered_as_on_the_wire(void **state)
{
	struct ike_sa_row sa = { .local_id = "10.0.0.1", .local_id_type = IDK_ADDRESS };

	(void)state;
	assert_int("hh3cIKETunRemoteType", &sa, 0);
	assert_int("hh3cIKETunLocalType", &sa, 1);
	strcpy(sa.local_id, "2001:db8::1");
	assert_int("hh3cIKETunLocalType", &sa, 5);
	sa.local_id_type = IDK_DN;
	assert_int("hh3cIKETunLocalType", &sa, 9);
	sa.local_id_type = IDK_KEY_ID;
	assert_int("hh3cIKETunLocalType", &sa, 11);
}

static void addresses_are_ipv4_or_zero(void **state)
{
	struct ike_sa_row sa = { .local_address = "192.0.2.1" };
	struct value v = of_ike_sa("hh3cIKETunLocalAddr", &sa);

	(void)state;
	assert_int_equal(v.type, IPADDRESS);
	assert_int_equal(v.n, 4);
	assert_memory_equal(v.octets, "\xc0\x00\x02\x01", 4);
	strcpy(sa.local_address, "2001:db8::1");
	v = of_ike_sa("hh3cIKETunLocalAddr", &sa);
	assert_memory_equal(v.octets, "\0\0\0\0", 4);
}

static struct value of_child(const char *name, const struct child_row *c, uint32_t side)
{
	static struct value v;
	struct spot s = { .side = side, .of = { [OF_child_row] = c } };

	foreign_value(named(name), &s, &v);
	return v;
}

static void assert_child(const char *name, const struct child_row *c, long n)
{
	assert_int_equal(of_child(name, c, 0).number, n);
}

static void pairs_have_the_modules_numbers(void **state)
{
	struct child_row c = { .encryption_algorithm = ENCR_AES_CBC,
			       .key_length = 256,
			       .integrity_algorithm = INTEG_SHA1,
			       .state = CS_UP,
			       .lifetime_kilobytes = 1000,
			       .bytes_in = 300 * 1024,
			       .bytes_out = 400 * 1024 };

	(void)state;
	assert_child("hh3cIPSecTunInSaEncryptAlgo", &c, 11);
	assert_child("hh3cIPSecTunInSaEspAuthAlgo", &c, 2);
	c.integrity_algorithm = INTEG_SHA256;
	assert_child("hh3cIPSecTunInSaEspAuthAlgo", &c, 2147483647);
	c.integrity_algorithm = INTEG_NONE;
	assert_child("hh3cIPSecTunInSaEspAuthAlgo", &c, 0);
	assert_child("hh3cIPSecTunRemainSize", &c, 600);
	c.bytes_out = 2000 * 1024;
	assert_child("hh3cIPSecTunRemainSize", &c, 0);
	assert_child("hh3cIPSecTunIKETunnelIndex", &c, 2147483647);
	assert_child("hh3cIPSecTunStatus", &c, 2);
	assert_child("hh3cIPSecSaStatus", &c, 1);
	c.flags = SAF_RL;
	assert_child("hh3cIPSecSaStatus", &c, 2);
	c.state = CS_REKEYING;
	assert_child("hh3cIPSecTunStatus", &c, 3);
	c.age_seconds = 12;
	assert_child("hh3cIPSecTunActiveTime", &c, 1200);
	c.age_seconds = UINT32_MAX;
	assert_child("hh3cIPSecTunActiveTime", &c, 2147483647);
	c.spi_in = 0xffffffff;
	c.spi_out = 7;
	assert_child("hh3cIPSecSaValue", &c, 0xffffffff);
	assert_int_equal(of_child("hh3cIPSecSaValue", &c, 1).number, 7);
}

static void assert_selector(const char *ts, int kind, const char *low, const char *high)
{
	struct child_row c = { 0 };

	strcpy(c.local_ts, ts);
	assert_child("hh3cIPSecTrafficLocalType", &c, kind);
	assert_memory_equal(of_child("hh3cIPSecTrafficLocalAddr1", &c, 0).octets, low, 4);
	assert_memory_equal(of_child("hh3cIPSecTrafficLocalAddr2", &c, 0).octets, high, 4);
}

static void selectors_are_taken_apart(void **state)
{
	struct child_row c = { .local_ts = "10.0.0.1[udp/53]" };

	(void)state;
	assert_child("hh3cIPSecTrafficLocalProtocol", &c, 17);
	assert_child("hh3cIPSecTrafficLocalPort", &c, 53);
	assert_selector("10.0.0.1", 1, "\x0a\0\0\x01", "\xff\xff\xff\xff");
	assert_selector("10.1.0.0/16", 4, "\x0a\x01\0\0", "\xff\xff\0\0");
	assert_selector("0.0.0.0/0", 4, "\0\0\0\0", "\0\0\0\0");
	assert_selector("10.0.0.1-10.0.0.9", 7, "\x0a\0\0\x01", "\x0a\0\0\x09");
	assert_selector("2001:db8::1", 5, "\0\0\0\0", "\0\0\0\0");
	assert_selector("2001:db8::/32", 6, "\0\0\0\0", "\0\0\0\0");
	assert_selector("2001:db8::1-2001:db8::9", 8, "\0\0\0\0", "\0\0\0\0");
	assert_selector("", 1, "\0\0\0\0", "\0\0\0\0");
	assert_selector("nonsense", 1, "\0\0\0\0", "\0\0\0\0");
}

static void rows_are_sorted_by_the_whole_index(void **state)
{
	struct view *v = view_new(0, 3, 0, 0);
	struct child_row *c = view_children(v);
	size_t n;

	(void)state;
	v->number = 3;
	for (uint32_t i = 0; i < 3; i++)
		c[i] = (struct child_row){ .id = i + 1,
					   .tunnel_index = i == 0 ? 9 : 2,
					   .state = CS_UP,
					   .spi_in = 1,
					   .spi_out = i == 1 ? 0 : 1 };
	const struct spot *s = spots_of(SPOT_SA, v, &n);
	static const unsigned long order[][4] = {
		{ 1, 2, 2, 1 }, { 1, 2, 3, 1 }, { 1, 2, 3, 2 }, { 1, 9, 1, 1 }, { 1, 9, 1, 2 }
	};
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_memory_equal(s[i].index, order[i], sizeof(order[i]));
	view_unref(v);
}

/* Two pairs while one is renegotiated, one row: of the newest that is up, with the record's sums. */
static void a_renegotiated_tunnel_is_one_row(void **state)
{
	struct view *v = view_new(0, 4, 1, 0);
	struct child_row *c = view_children(v);
	size_t n;

	(void)state;
	v->number = 4;
	for (uint32_t i = 0; i < 4; i++)
		c[i] = (struct child_row){ .id = i + 1, .tunnel_index = 5, .state = CS_UP };
	c[0].state = CS_DELETING;
	c[3].state = CS_REKEYING;
	*view_tunnels(v) = (struct tunnel_row){ .index = 5, .bytes_in = (7ull << 32) + 3 };
	const struct spot *s = spots_of(SPOT_TUNNEL, v, &n);
	assert_int_equal(n, 1);
	assert_int_equal(s[0].index[0], 5);
	assert_ptr_equal(s[0].of[OF_child_row], &c[2]);
	struct value value;
	foreign_value(named("cipSecTunInOctets"), s, &value);
	assert_int_equal(value.type, COUNTER32);
	assert_int_equal(value.number, 3);
	foreign_value(named("cipSecTunInOctWraps"), s, &value);
	assert_int_equal(value.number, 7);
	foreign_value(named("cipSecTunIkeTunnelAlive"), s, &value);
	assert_int_equal(value.number, 2);
	s = spots_of(SPOT_TUNNEL_END, v, &n);
	assert_int_equal(s[0].index[1], 1);
	view_unref(v);
}

/* Sorted by the text in the index, short ones first; of several SAs between two ends the newest. */
static void peers_are_rows_by_their_ends(void **state)
{
	static const char *const remotes[] = { "192.0.2.10", "192.0.2.9", "192.0.2.10",
					       "192.0.2.10" };
	struct view *v = view_new(4, 0, 0, 0);
	struct ike_sa_row *sa = view_ike_sas(v);
	unsigned long index[SPOT_INDEX_MOST];
	size_t n;

	(void)state;
	v->number = 11;
	for (uint32_t i = 0; i < 4; i++) {
		sa[i] = (struct ike_sa_row){ .id = i + 1, .peer_index = 5, .state = SA_UP };
		strcpy(sa[i].local_address, "10.0.0.1");
		strcpy(sa[i].remote_address, remotes[i]);
	}
	sa[3].peer_index = 0; /* behind the same address, and not known */
	const struct spot *s = spots_of(SPOT_PEER, v, &n);
	assert_int_equal(n, 3);
	assert_ptr_equal(s[0].of[OF_ike_sa_row], &sa[1]);
	assert_ptr_equal(s[1].of[OF_ike_sa_row], &sa[3]);
	assert_ptr_equal(s[2].of[OF_ike_sa_row], &sa[2]);
	static const unsigned long whole[] = { 1, 8,   '1', '0', '.', '0', '.', '0', '.', '1', 1,
					       9, '1', '9', '2', '.', '0', '.', '2', '.', '9', 5 };
	assert_int_equal(spot_index(SPOT_PEER, &s[0], index), COUNT_OF(whole));
	assert_memory_equal(index, whole, sizeof(whole));
	assert_int_equal(spot_index(SPOT_PEER, &s[1], index), COUNT_OF(whole) + 1);
	assert_int_equal(index[COUNT_OF(whole)], 1);
	/* A text beyond what an address can be does not lead beyond the index. */
	memset(sa[0].local_address, 'x', sizeof(sa[0].local_address));
	memset(sa[0].remote_address, 'x', sizeof(sa[0].remote_address));
	struct spot odd = { .of = { [OF_ike_sa_row] = &sa[0] } };
	assert_int_equal(spot_index(SPOT_PEER, &odd, index), SPOT_INDEX_MOST - 1);
	view_unref(v);
}

static void cisco_ends_are_four_or_sixteen_octets(void **state)
{
	struct child_row c = { .local_ts = "2001:db8::/36" };
	struct value v = of_child("cipSecEndPtLocalAddr2", &c, 0);

	(void)state;
	assert_int_equal(v.n, 16);
	assert_memory_equal(v.octets, "\xff\xff\xff\xff\xf0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_child("cipSecEndPtLocalType", &c, 3);
	strcpy(c.local_ts, "10.0.0.1");
	v = of_child("cipSecEndPtLocalAddr2", &c, 0);
	assert_int_equal(v.n, 4);
	assert_memory_equal(v.octets, "\x0a\0\0\x01", 4);
	*c.local_ts = '\0';
	v = of_child("cipSecEndPtLocalAddr1", &c, 0);
	assert_int_equal(v.n, 4);
}

static void cisco_knows_few_algorithms(void **state)
{
	struct ike_sa_row sa = { .encryption_algorithm = ENCR_TDES,
				 .integrity_algorithm = INTEG_SHA1,
				 .dh_group = GROUP_MODP1024,
				 .authentication_method = AUTH_RSA_SIG,
				 .rekey_in_seconds = 90,
				 .expires_in_seconds = 100 };

	(void)state;
	assert_int("cikeTunEncryptAlgo", &sa, 3);
	assert_int("cikeTunHashAlgo", &sa, 3);
	assert_int("cikeTunDiffHellmanGrp", &sa, 3);
	assert_int("cikeTunAuthMethod", &sa, 3);
	assert_int("cikeTunSaRefreshThreshold", &sa, 10);
	sa.encryption_algorithm = ENCR_AES_CBC;
	sa.key_length = 128;
	sa.integrity_algorithm = INTEG_SHA256;
	sa.dh_group = GROUP_ECP256;
	assert_int("cikeTunEncryptAlgo", &sa, 1);
	assert_int("cikeTunHashAlgo", &sa, 1);
	assert_int("cikeTunDiffHellmanGrp", &sa, 1);
}

static void only_what_is_up_has_a_row(void **state)
{
	struct view *v = view_new(3, 0, 0, 0);
	struct ike_sa_row *sa = view_ike_sas(v);
	size_t n;

	(void)state;
	v->number = 1;
	for (uint32_t i = 0; i < 3; i++)
		sa[i].id = 10 + i;
	sa[0].state = sa[2].state = SA_UP;
	sa[1].state = SA_CONNECTING;
	const struct spot *s = spots_of(SPOT_IKE_SA, v, &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].index[0], 10);
	assert_int_equal(s[1].index[0], 12);
	sa[1].state = SA_UP;
	v->number = 2; /* another picture at the same place */
	spots_of(SPOT_IKE_SA, v, &n);
	assert_int_equal(n, 3);
	assert_null(spots_of(SPOT_IKE_SA, NULL, &n));
	assert_int_equal(n, 0);
	view_unref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_have_no_gaps),
		cmocka_unit_test(every_object_has_a_value),
		cmocka_unit_test(numbers_stay_in_their_ranges),
		cmocka_unit_test(algorithms_have_the_modules_numbers),
		cmocka_unit_test(identities_are_numbered_as_on_the_wire),
		cmocka_unit_test(addresses_are_ipv4_or_zero),
		cmocka_unit_test(pairs_have_the_modules_numbers),
		cmocka_unit_test(selectors_are_taken_apart),
		cmocka_unit_test(rows_are_sorted_by_the_whole_index),
		cmocka_unit_test(a_renegotiated_tunnel_is_one_row),
		cmocka_unit_test(peers_are_rows_by_their_ends),
		cmocka_unit_test(cisco_ends_are_four_or_sixteen_octets),
		cmocka_unit_test(cisco_knows_few_algorithms),
		cmocka_unit_test(only_what_is_up_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
