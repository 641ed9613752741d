/* test_halfopen.c - how much strangers can make us remember */
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "tests/unit/ike/bare.h"

static struct bare *with_limits(uint32_t all, uint32_t address)
{
	struct record *r[] = { bare_record(K_SETTINGS_IKE, "ike") };
	struct settings_ike *s = (struct settings_ike *)r[0];

	s->half_open_limit = all;
	s->half_open_per_address = address;
	return bare_new(bare_config(r, 1));
}

static struct peer *a_peer(void)
{
	return (struct peer *)bare_record(K_PEER, "p");
}

static struct halfopen *put(struct bare *b, const struct addr *from, uint64_t cookie)
{
	static struct peer *peer;
	static struct ike_proposal *proposal;
	struct halfopen ho = { .remote = *from, .born = b->e.now, .sa_body = bytes_of("offer", 5) };
	struct packet p = { .remote = *from };

	peer = a_peer();
	proposal = (struct ike_proposal *)bare_record(K_IKE_PROPOSAL, "i");
	ho.peer = peer;
	ho.proposal = proposal;
	memcpy(ho.cky.i, &cookie, sizeof(cookie));
	halfopen_cookie(&b->e, &p, ho.cky.i, false, ho.cky.r);
	assert_int_equal(halfopen_put(&b->e, &ho, NULL), R_OK);
	record_unref(&peer->r); /* the record keeps its own */
	record_unref(&proposal->r);
	return halfopen_find(&b->e, &ho.cky);
}

static void found_again(void **state)
{
	struct bare *b = with_limits(100, 8);
	struct addr from = bare_addr("192.0.2.1", 500), other = bare_addr("192.0.2.1", 501);
	struct halfopen *ho = put(b, &from, 77);
	struct packet p = { .remote = from }, q = { .remote = other };

	(void)state;
	assert_non_null(ho);
	assert_ptr_equal(halfopen_again(&b->e, &p, ho->cky.i), ho);
	assert_null(halfopen_again(&b->e, &q, ho->cky.i)); /* another port */
	assert_int_equal(halfopens_count(&b->e), 1);
	halfopen_drop(&b->e, ho);
	assert_int_equal(halfopens_count(&b->e), 0);
	assert_null(halfopen_again(&b->e, &p, (uint8_t[8]){ 77 }));
	bare_free(b);
}

static void cookies_change_by_the_minute(void **state)
{
	struct bare *b = with_limits(100, 8);
	struct addr from = bare_addr("192.0.2.1", 500);
	struct packet p = { .remote = from };
	uint8_t one[8], same[8], next[8], before[8], cky[8] = { 1 };

	(void)state;
	b->e.now = 60000 * 10 + 1;
	halfopen_cookie(&b->e, &p, cky, false, one);
	b->e.now += 1000;
	halfopen_cookie(&b->e, &p, cky, false, same);
	assert_memory_equal(one, same, 8);
	b->e.now += 60000;
	halfopen_cookie(&b->e, &p, cky, false, next);
	halfopen_cookie(&b->e, &p, cky, true, before);
	assert_memory_not_equal(one, next, 8);
	assert_memory_equal(one, before, 8);
	p.remote.port = 501;
	halfopen_cookie(&b->e, &p, cky, true, before);
	assert_memory_not_equal(one, before, 8);
	bare_free(b);
}

static void an_address_has_its_share(void **state)
{
	struct bare *b = with_limits(1000, 3);
	struct addr from = bare_addr("192.0.2.1", 500), other = bare_addr("198.51.100.1", 500);
	struct halfopen *last = NULL;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_OK);
		last = put(b, &from, i);
	}
	assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_BUSY);
	assert_int_equal(b->e.counters.dropped_flood, 1);
	assert_int_equal(halfopen_admit(&b->e, &other, NULL), R_OK);
	halfopen_drop(&b->e, last);
	assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_OK);
	bare_free(b);
}

static void fill_network(struct bare *b, const char *format, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		char text[64];

		snprintf(text, sizeof(text), format, i);
		struct addr from = bare_addr(text, 500);
		assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_OK);
		put(b, &from, i);
	}
}

static void a_network_has_its_share(void **state)
{
	struct bare *b = with_limits(1000, 8);
	struct addr in4 = bare_addr("192.0.2.200", 500), out4 = bare_addr("192.0.3.1", 500);
	struct addr in6 = bare_addr("2001:db8:1:ffff::1", 500),
		    out6 = bare_addr("2001:db8:2::1", 500);

	(void)state;
	fill_network(b, "192.0.2.%u", 64);
	assert_int_equal(halfopen_admit(&b->e, &in4, NULL), R_BUSY);
	assert_int_equal(halfopen_admit(&b->e, &out4, NULL), R_OK);
	fill_network(b, "2001:db8:1:%x::1", 64);
	assert_int_equal(halfopen_admit(&b->e, &in6, NULL), R_BUSY);
	assert_int_equal(halfopen_admit(&b->e, &out6, NULL), R_OK);
	bare_free(b);
}

static void configured_peers_are_exempt(void **state)
{
	struct bare *b = with_limits(1000, 1);
	struct peer *rec = a_peer();
	struct peer_run run = { .peer = rec };
	struct addr from = bare_addr("192.0.2.1", 500);

	(void)state;
	snprintf(rec->remote_address, sizeof(rec->remote_address), "192.0.2.1");
	list_init(&run.at_link);
	assert_int_equal(registry_peer(b->e.registry, &run, NULL), R_OK);
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_OK);
		put(b, &from, i);
	}
	registry_peer_remove(b->e.registry, &run);
	assert_int_equal(halfopen_admit(&b->e, &from, NULL), R_BUSY);
	record_unref(&rec->r);
	bare_free(b);
}

static void the_oldest_goes(void **state)
{
	struct bare *b = with_limits(64, 1024);
	struct addr first = bare_addr("192.0.2.1", 1);
	struct halfopen *oldest = put(b, &first, 0);
	struct cookies cky = oldest->cky;

	(void)state;
	for (uint16_t i = 1; i < 64; i++) {
		struct addr from = bare_addr("192.0.2.1", (uint16_t)(1 + i));

		put(b, &from, i);
	}
	assert_int_equal(halfopens_count(&b->e), 64);
	assert_non_null(halfopen_find(&b->e, &cky));
	struct addr late = bare_addr("192.0.2.1", 1000);
	put(b, &late, 1000);
	assert_int_equal(halfopens_count(&b->e), 64);
	assert_null(halfopen_find(&b->e, &cky));
	bare_free(b);
}

static void time_is_up(void **state)
{
	struct bare *b = with_limits(100, 8);
	struct addr a = bare_addr("192.0.2.1", 1), c = bare_addr("192.0.2.2", 1);

	(void)state;
	assert_int_equal(halfopens_tick(&b->e), -1);
	put(b, &a, 1);
	b->e.now += 10000;
	put(b, &c, 2);
	assert_int_equal(halfopens_tick(&b->e), 20000);
	b->e.now += 20000;
	assert_int_equal(halfopens_tick(&b->e), 10000);
	assert_int_equal(halfopens_count(&b->e), 1);
	b->e.now += 10000;
	assert_int_equal(halfopens_tick(&b->e), -1);
	assert_int_equal(halfopens_count(&b->e), 0);
	assert_int_equal(halfopen_admit(&b->e, &a, NULL), R_OK);
	bare_free(b);
}

static void answers_are_rationed(void **state)
{
	struct bare *b = with_limits(100, 8);
	struct addr a = bare_addr("192.0.2.1", 1);
	struct halfopen *ho = put(b, &a, 1);
	unsigned n = 0;

	(void)state;
	for (unsigned ms = 0; ms < 1000; ms++) {
		b->e.now++;
		n += halfopen_may_answer(&b->e, ho);
	}
	assert_int_equal(n, 10);
	bare_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again),
		cmocka_unit_test(cookies_change_by_the_minute),
		cmocka_unit_test(an_address_has_its_share),
		cmocka_unit_test(a_network_has_its_share),
		cmocka_unit_test(configured_peers_are_exempt),
		cmocka_unit_test(the_oldest_goes),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(answers_are_rationed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
