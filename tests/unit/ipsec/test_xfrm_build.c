/* test_xfrm_build.c - what is said to the kernel, octet by octet where it matters */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>

#include <cmocka.h>

#include "core/ipsec/xfrm_build.h"
#include "core/ipsec/xfrm_watch.h"

static struct netlink_out out;

static struct addr addr_of(const char *text, uint16_t port)
{
	struct addr a;

	assert_true(addr_read(text, &a));
	return addr_with_port(a, port);
}

static struct selector selector_of(const char *prefix, uint8_t protocol, uint16_t port)
{
	struct prefix p;

	assert_true(prefix_read(prefix, &p));
	return (struct selector){ prefix_range(&p), protocol, port };
}

static const uint8_t *keys(void)
{
	static uint8_t k[128];

	for (size_t i = 0; i < sizeof(k); i++)
		k[i] = (uint8_t)i;
	return k;
}

static struct plane_sa sa_of(struct esp_suite suite, bool inbound)
{
	return (struct plane_sa){ .spi = 0xc0ffee01,
				  .reqid = 7,
				  .inbound = inbound,
				  .local = addr_of("192.0.2.1", 4500),
				  .remote = addr_of("198.51.100.2", 10450),
				  .suite = suite,
				  .keymat = slice(keys(), esp_suite_key_octets(&suite)),
				  .local_ts = selector_of("10.1.0.0/24", 0, 0),
				  .remote_ts = selector_of("10.2.0.0/16", 0, 0) };
}

/* The n-th request that was written. */
static struct slice request(unsigned n, uint16_t *ret_type)
{
	size_t at = 0;
	struct nlmsghdr h;

	assert_false(out.torn);
	assert_true(n < out.count);
	for (unsigned i = 0;; i++) {
		memcpy(&h, out.at + at, sizeof(h));
		if (i == n)
			break;
		at += (h.nlmsg_len + 3u) & ~3u;
	}
	if (ret_type)
		*ret_type = h.nlmsg_type;
	return slice(out.at + at + sizeof(h), h.nlmsg_len - sizeof(h));
}

static struct slice attr(struct slice body, size_t head, uint16_t type)
{
	return netlink_find(body, head, type);
}

static struct xfrm_usersa_info state_in(struct slice body)
{
	struct xfrm_usersa_info i;

	assert_true(netlink_copy(body, &i, sizeof(i)));
	return i;
}

static void assert_ip(const xfrm_address_t *a, const char *text)
{
	struct addr want = addr_of(text, 0);

	assert_memory_equal(a, want.ip, addr_size(&want));
}

static void an_aead_brings_its_salt(void **state)
{
	struct plane_sa sa =
		sa_of((struct esp_suite){ .encr = ENCR_AES_GCM, .key_bits = 256 }, false);
	uint16_t type;

	(void)state;
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, false);
	struct slice body = request(0, &type);
	struct xfrm_usersa_info i = state_in(body);
	assert_int_equal(type, XFRM_MSG_NEWSA);
	assert_int_equal(ntohl(i.id.spi), 0xc0ffee01);
	assert_int_equal(i.id.proto, IPPROTO_ESP);
	assert_int_equal(i.mode, XFRM_MODE_TUNNEL);
	assert_int_equal(i.reqid, 0x69000007);
	assert_int_equal(i.replay_window, 0);
	assert_ip(&i.saddr, "192.0.2.1");
	assert_ip(&i.id.daddr, "198.51.100.2");
	assert_true(i.lft.hard_byte_limit == XFRM_INF && i.lft.soft_byte_limit == XFRM_INF);
	assert_true(i.lft.hard_packet_limit == XFRM_INF && i.lft.hard_add_expires_seconds == 0);

	struct slice a = attr(body, sizeof(i), XFRMA_ALG_AEAD);
	struct xfrm_algo_aead alg;
	assert_int_equal(a.n, sizeof(alg) + 36);
	memcpy(&alg, a.at, sizeof(alg));
	assert_string_equal(alg.alg_name, "rfc4106(gcm(aes))");
	assert_int_equal(alg.alg_key_len, 36 * 8);
	assert_int_equal(alg.alg_icv_len, 128);
	assert_memory_equal(a.at + sizeof(alg), keys(), 36);
	assert_null(attr(body, sizeof(i), XFRMA_ALG_CRYPT).at);
	assert_null(attr(body, sizeof(i), XFRMA_ENCAP).at);
	assert_null(attr(body, sizeof(i), XFRMA_REPLAY_ESN_VAL).at);
}

static void check_auth(struct esp_suite suite, const char *cipher, size_t key, const char *mac,
		       unsigned tag_bits)
{
	struct plane_sa sa = sa_of(suite, true);

	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, true);
	struct slice body = request(0, NULL);
	struct slice c = attr(body, sizeof(struct xfrm_usersa_info), XFRMA_ALG_CRYPT);
	struct slice a = attr(body, sizeof(struct xfrm_usersa_info), XFRMA_ALG_AUTH_TRUNC);
	struct xfrm_algo crypt;
	struct xfrm_algo_auth auth;
	size_t mac_n = sa.keymat.n - key;

	assert_int_equal(c.n, sizeof(crypt) + key);
	memcpy(&crypt, c.at, sizeof(crypt));
	assert_string_equal(crypt.alg_name, cipher);
	assert_int_equal(crypt.alg_key_len, key * 8);
	assert_memory_equal(c.at + sizeof(crypt), keys(), key);
	assert_int_equal(a.n, sizeof(auth) + mac_n);
	memcpy(&auth, a.at, sizeof(auth));
	assert_string_equal(auth.alg_name, mac);
	assert_int_equal(auth.alg_key_len, mac_n * 8);
	assert_int_equal(auth.alg_trunc_len, tag_bits);
	assert_memory_equal(a.at + sizeof(auth), keys() + key, mac_n);
}

static void macs_are_cut_as_the_rfcs_say(void **state)
{
	struct esp_suite s = { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 };

	(void)state;
	check_auth(s, "cbc(aes)", 16, "hmac(sha256)", 128);
	s.truncate_96 = true;
	check_auth(s, "cbc(aes)", 16, "hmac(sha256)", 96);
	s = (struct esp_suite){ .encr = ENCR_TDES, .key_bits = 192, .integ = INTEG_SHA1 };
	check_auth(s, "cbc(des3_ede)", 24, "hmac(sha1)", 96);
	s = (struct esp_suite){ .encr = ENCR_NULL, .integ = INTEG_SHA512 };
	check_auth(s, "ecb(cipher_null)", 0, "hmac(sha512)", 256);
	s = (struct esp_suite){ .encr = ENCR_AES_CBC, .key_bits = 256, .integ = INTEG_SHA384 };
	check_auth(s, "cbc(aes)", 32, "hmac(sha384)", 192);
}

static void windows_beyond_32_use_the_bitmap(void **state)
{
	struct plane_sa sa =
		sa_of((struct esp_suite){ .encr = ENCR_AES_GCM, .key_bits = 128 }, true);
	struct {
		uint32_t window, small, words;
	} cases[] = {
		{ 0, 0, 0 }, { 32, 32, 0 }, { 33, 0, 2 }, { 1024, 0, 32 }, { 99999, 0, 128 }
	};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(cases); k++) {
		sa.replay_window = cases[k].window;
		netlink_begin(&out);
		xfrm_build_sa(&out, &sa, true);
		struct slice body = request(0, NULL);
		struct xfrm_usersa_info i = state_in(body);
		struct slice w = attr(body, sizeof(i), XFRMA_REPLAY_ESN_VAL);
		struct xfrm_replay_state_esn e;

		assert_int_equal(i.replay_window, cases[k].small);
		assert_int_equal(i.flags & XFRM_STATE_ESN, 0);
		assert_int_equal(w.at != NULL, cases[k].words != 0);
		if (!w.at)
			continue;
		memcpy(&e, w.at, sizeof(e));
		assert_int_equal(e.bmp_len, cases[k].words);
		assert_int_equal(w.n, sizeof(e) + cases[k].words * 4);
		assert_int_equal(e.replay_window, MIN_OF(cases[k].window, 4096u));
		assert_int_equal(e.seq, 0);
	}
	sa.inbound = false;
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, false);
	assert_null(
		attr(request(0, NULL), sizeof(struct xfrm_usersa_info), XFRMA_REPLAY_ESN_VAL).at);
}

static void encapsulation_has_both_ports(void **state)
{
	static const uint8_t in[] = { 2, 0, 10450 >> 8, 10450 & 255, 4500 >> 8, 4500 & 255 };
	static const uint8_t outward[] = { 2, 0, 4500 >> 8, 4500 & 255, 10450 >> 8, 10450 & 255 };
	struct plane_sa sa =
		sa_of((struct esp_suite){ .encr = ENCR_AES_GCM, .key_bits = 128 }, true);
	uint16_t type;

	(void)state;
	sa.udp_encap = true;
	sa.original_remote = addr_of("10.64.0.2", 0);
	sa.soft_bytes = 1000;
	sa.hard_bytes = 2000;
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, true);
	sa.inbound = false;
	xfrm_build_sa(&out, &sa, false);
	struct slice a = attr(request(0, &type), sizeof(struct xfrm_usersa_info), XFRMA_ENCAP);
	assert_int_equal(type, XFRM_MSG_UPDSA);
	assert_int_equal(a.n, sizeof(struct xfrm_encap_tmpl));
	assert_memory_equal(a.at, in, sizeof(in));
	assert_memory_equal(a.at + 8, "\x0a\x40\x00\x02", 4); /* encap_oa */
	a = attr(request(1, &type), sizeof(struct xfrm_usersa_info), XFRMA_ENCAP);
	assert_int_equal(type, XFRM_MSG_NEWSA);
	assert_memory_equal(a.at, outward, sizeof(outward));
	assert_int_equal(state_in(request(1, NULL)).lft.soft_byte_limit, 1000);
	assert_int_equal(state_in(request(1, NULL)).lft.hard_byte_limit, 2000);
}

static void selectors_turn_round(void **state)
{
	struct plane_sa sa =
		sa_of((struct esp_suite){ .encr = ENCR_AES_GCM, .key_bits = 128 }, true);

	(void)state;
	sa.transport = true;
	sa.local_ts = selector_of("192.0.2.1", IPPROTO_TCP, 80);
	sa.remote_ts = selector_of("198.51.100.2", 0, 0);
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, true);
	struct xfrm_usersa_info i = state_in(request(0, NULL));
	assert_int_equal(i.mode, XFRM_MODE_TRANSPORT);
	assert_ip(&i.sel.saddr, "198.51.100.2");
	assert_ip(&i.sel.daddr, "192.0.2.1");
	assert_int_equal(ntohs(i.sel.dport), 80);
	assert_int_equal(i.sel.dport_mask, 0xffff);
	assert_int_equal(i.sel.sport_mask, 0);
	assert_int_equal(i.sel.proto, IPPROTO_TCP);
	assert_int_equal(i.sel.prefixlen_d, 32);

	/* a range that is no prefix: the policies decide alone */
	sa.transport = false;
	assert_true(range_read("10.0.0.1-10.0.0.9", &sa.local_ts.range));
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, true);
	i = state_in(request(0, NULL));
	assert_int_equal(i.sel.family, 0);
	assert_int_equal(i.flags, XFRM_STATE_AF_UNSPEC);
}

static void a_move_deletes_and_makes_again(void **state)
{
	struct plane_sa sa = sa_of(
		(struct esp_suite){ .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 },
		true);
	struct plane_move m = { .spi = sa.spi,
				.inbound = true,
				.udp_encap = true,
				.new_local = sa.local,
				.new_remote = addr_of("203.0.113.9", 777) };
	uint8_t was[4096];
	uint16_t type;

	(void)state;
	sa.udp_encap = true;
	sa.original_remote = addr_of("10.64.0.2", 0);
	sa.replay_window = 64;
	netlink_begin(&out);
	xfrm_build_sa(&out, &sa, true);
	struct slice body = request(0, NULL);
	memcpy(was, body.at, body.n);
	struct xfrm_usersa_info lived = state_in(body);
	lived.curlft.bytes = 12345;
	lived.curlft.packets = 67;
	memcpy(was, &lived, sizeof(lived));
	size_t n = body.n;
	netlink_begin(&out);
	assert_true(xfrm_build_move(&out, slice(was, n), &m));
	assert_int_equal(out.count, 2);

	struct xfrm_usersa_id id;
	assert_true(netlink_copy(request(0, &type), &id, sizeof(id)));
	assert_int_equal(type, XFRM_MSG_DELSA);
	assert_ip(&id.daddr, "192.0.2.1");
	assert_int_equal(ntohl(id.spi), sa.spi);
	body = request(1, &type);
	struct xfrm_usersa_info i = state_in(body);
	assert_int_equal(type, XFRM_MSG_NEWSA);
	assert_ip(&i.saddr, "203.0.113.9");
	assert_int_equal(i.reqid, lived.reqid);
	static const uint16_t same[] = { XFRMA_ALG_CRYPT, XFRMA_ALG_AUTH_TRUNC,
					 XFRMA_REPLAY_ESN_VAL, XFRMA_SET_MARK,
					 XFRMA_SET_MARK_MASK };
	for (size_t k = 0; k < COUNT_OF(same); k++) {
		struct slice a = attr(slice(was, n), sizeof(i), same[k]);
		struct slice b = attr(body, sizeof(i), same[k]);

		assert_non_null(b.at);
		assert_true(slice_equal(a, b));
	}
	struct xfrm_lifetime_cur c;
	assert_true(netlink_copy(attr(body, sizeof(i), XFRMA_LTIME_VAL), &c, sizeof(c)));
	assert_true(c.bytes == 12345 && c.packets == 67);
	struct xfrm_encap_tmpl e;
	assert_true(netlink_copy(attr(body, sizeof(i), XFRMA_ENCAP), &e, sizeof(e)));
	assert_int_equal(ntohs(e.encap_sport), 777);
	assert_int_equal(ntohs(e.encap_dport), 4500);
	assert_ip(&e.encap_oa, "10.64.0.2");
	assert_false(xfrm_build_move(&out, slice(was, 20), &m));
}

static struct plane_policy policy_of(void)
{
	return (struct plane_policy){ .id = 3,
				      .reqid = 7,
				      .priority = 1500,
				      .trap = true,
				      .local = addr_of("192.0.2.1", 0),
				      .remote = addr_of("198.51.100.2", 0),
				      .local_ts = selector_of("10.1.0.0/24", 0, 0),
				      .remote_ts = selector_of("10.2.0.0/16", 0, 0) };
}

static struct xfrm_pair pair_of(void)
{
	struct xfrm_pair p = { .protocol = IPPROTO_UDP, .local_port = 53 };

	assert_true(prefix_read("10.1.0.0/24", &p.local));
	assert_true(prefix_read("10.2.0.0/16", &p.remote));
	return p;
}

static void policies_have_three_directions(void **state)
{
	struct plane_policy p = policy_of();
	struct xfrm_pair pair = pair_of();
	static const uint8_t dirs[] = { XFRM_POLICY_OUT, XFRM_POLICY_IN, XFRM_POLICY_FWD };

	(void)state;
	netlink_begin(&out);
	for (int w = 0; w < 3; w++)
		xfrm_build_policy(&out, &p, &pair, (enum xfrm_way)w, 5, w == 2);
	for (unsigned w = 0; w < 3; w++) {
		struct xfrm_userpolicy_info i;
		struct xfrm_user_tmpl t;
		uint16_t type;
		struct slice body = request(w, &type);

		assert_int_equal(type, w == 2 ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY);
		assert_true(netlink_copy(body, &i, sizeof(i)));
		assert_true(netlink_copy(attr(body, sizeof(i), XFRMA_TMPL), &t, sizeof(t)));
		assert_int_equal(i.dir, dirs[w]);
		assert_int_equal(i.index, 0x69000028 | dirs[w]);
		assert_int_equal(i.index & 7, dirs[w]); /* the kernel insists */
		assert_int_equal(i.priority, 1500);
		assert_int_equal(t.reqid, 0x69000007);
		assert_int_equal(t.id.proto, IPPROTO_ESP);
		assert_ip(w ? &i.sel.daddr : &i.sel.saddr, "10.1.0.0");
		assert_int_equal(ntohs(w ? i.sel.dport : i.sel.sport), 53);
		assert_int_equal(w ? i.sel.prefixlen_s : i.sel.prefixlen_d, 16);
		assert_ip(&t.id.daddr, w ? "192.0.2.1" : "198.51.100.2");
		assert_ip(&t.saddr, w ? "0.0.0.0" : "192.0.2.1");
	}
	/* and back: what the kernel says of the outgoing one */
	struct xfrm_pair back = xfrm_build_pair(request(0, NULL).at);
	assert_true(prefix_equal(&back.local, &pair.local));
	assert_true(prefix_equal(&back.remote, &pair.remote));
	assert_int_equal(back.local_port, 53);
	assert_int_equal(back.protocol, IPPROTO_UDP);
}

/* A state as a dump would show it, with these signs. */
static struct slice signed_state(uint32_t reqid, uint32_t mark, uint32_t mask)
{
	struct xfrm_usersa_info i = { .reqid = reqid, .family = AF_INET };

	i.id.proto = IPPROTO_ESP;
	i.id.spi = htonl(0x1234);
	netlink_begin(&out);
	netlink_put(&out, XFRM_MSG_NEWSA, 0, slice(&i, sizeof(i)));
	if (mark)
		netlink_attr_u32(&out, XFRMA_SET_MARK, mark);
	if (mark)
		netlink_attr_u32(&out, XFRMA_SET_MARK_MASK, mask);
	return request(0, NULL);
}

static void only_both_signs_make_it_ours(void **state)
{
	struct xfrm_name name;
	struct plane_policy p = policy_of();
	struct xfrm_pair pair = pair_of();

	(void)state;
	assert_true(xfrm_build_is_our_sa(signed_state(0x69000001, 0x694b4550, 0), &name));
	assert_int_equal(name.spi, 0x1234);
	assert_false(xfrm_build_is_our_sa(signed_state(0x69000001, 0, 0), &name));
	assert_false(xfrm_build_is_our_sa(signed_state(0x69000001, 0x694b4550, 1), &name));
	assert_false(xfrm_build_is_our_sa(signed_state(0x69000001, 0x694b4551, 0), &name));
	assert_false(xfrm_build_is_our_sa(signed_state(1, 0x694b4550, 0), &name));
	assert_false(xfrm_build_is_our_sa(signed_state(0x6a000001, 0x694b4550, 0), &name));
	assert_false(xfrm_build_is_our_sa(slice(out.at, 30), &name));

	netlink_begin(&out);
	xfrm_build_policy(&out, &p, &pair, XFRM_WAY_OUT, 1, false);
	assert_true(xfrm_build_is_our_policy(request(0, NULL)));
	struct xfrm_userpolicy_info *i = (void *)(uintptr_t)request(0, NULL).at;
	i->index = 0x41;
	assert_false(xfrm_build_is_our_policy(request(0, NULL)));
	i->index = 0x69000009;
	assert_true(xfrm_build_is_our_policy(request(0, NULL)));
	struct xfrm_user_tmpl *t =
		(void *)(uintptr_t)attr(request(0, NULL), sizeof(*i), XFRMA_TMPL).at;
	t->reqid = 16389;
	assert_false(xfrm_build_is_our_policy(request(0, NULL)));
	assert_int_equal(xfrm_build_reqid(0x01000002), 0x69000002);
}

/* --- news ------------------------------------------------------------------------------ */

struct heard {
	int acquires, expires, mappings;
	struct xfrm_pair pair;
	struct xfrm_name name;
	struct addr from;
	bool hard;
};

static void acquire(void *arg, const struct xfrm_pair *pair)
{
	struct heard *h = arg;

	h->acquires++;
	h->pair = *pair;
}

static void expire(void *arg, const struct xfrm_name *name, bool hard)
{
	struct heard *h = arg;

	h->expires++;
	h->name = *name;
	h->hard = hard;
}

static void mapping(void *arg, const struct xfrm_name *name, const struct addr *from)
{
	struct heard *h = arg;

	h->mappings++;
	h->name = *name;
	h->from = *from;
}

static void news_are_read(void **state)
{
	struct heard h = { 0 };
	struct xfrm_news news = { &h, acquire, expire, mapping };
	struct plane_policy p = policy_of();
	struct xfrm_pair pair = pair_of();
	struct xfrm_user_acquire a = { .seq = 1 };
	struct xfrm_user_expire e = { .hard = 1 };
	struct xfrm_user_mapping m = { .new_sport = htons(777) };

	(void)state;
	netlink_begin(&out);
	xfrm_build_policy(&out, &p, &pair, XFRM_WAY_OUT, 1, false);
	assert_true(netlink_copy(request(0, NULL), &a.policy, sizeof(a.policy)));
	xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_ACQUIRE, slice(&a, sizeof(a)) });
	assert_int_equal(h.acquires, 1);
	assert_true(prefix_equal(&h.pair.remote, &pair.remote));

	e.state.family = AF_INET;
	e.state.id.proto = IPPROTO_ESP;
	e.state.id.spi = htonl(9);
	xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_EXPIRE, slice(&e, sizeof(e)) });
	assert_int_equal(h.expires, 1);
	assert_true(h.hard && h.name.spi == 9);

	m.id.family = AF_INET;
	m.id.proto = IPPROTO_ESP;
	m.new_saddr.a4 = htonl(0xcb007109);
	xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_MAPPING, slice(&m, sizeof(m)) });
	char text[ADDR_TEXT];
	assert_string_equal(addr_text_port(&h.from, text), "203.0.113.9:777");

	/* cut short, of another protocol, of another type */
	for (size_t n = 0; n < sizeof(e); n++) {
		xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_EXPIRE, slice(&e, n) });
		xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_ACQUIRE, slice(&a, n) });
	}
	for (size_t n = 0; n < sizeof(m); n++)
		xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_MAPPING, slice(&m, n) });
	e.state.id.proto = IPPROTO_AH;
	xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_EXPIRE, slice(&e, sizeof(e)) });
	xfrm_watch_hear(&news, &(struct netlink_in){ XFRM_MSG_NEWAE, slice(&e, sizeof(e)) });
	assert_int_equal(h.acquires + h.expires + h.mappings, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_aead_brings_its_salt),
		cmocka_unit_test(macs_are_cut_as_the_rfcs_say),
		cmocka_unit_test(windows_beyond_32_use_the_bitmap),
		cmocka_unit_test(encapsulation_has_both_ports),
		cmocka_unit_test(selectors_turn_round),
		cmocka_unit_test(a_move_deletes_and_makes_again),
		cmocka_unit_test(policies_have_three_directions),
		cmocka_unit_test(only_both_signs_make_it_ours),
		cmocka_unit_test(news_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
