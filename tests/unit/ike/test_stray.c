/* test_stray.c - what belongs to no SA is told, and not without end */
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/stray.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"
#include "tests/unit/ike/bare.h"

static void a_stray_message_is_told_once_a_second(void **state)
{
	struct bare *b = bare_new(config_new());
	const struct packet p = { .local = bare_addr("198.51.100.9", 500),
				  .remote = bare_addr("192.0.2.1", 501) };

	(void)state;
	b->e.now = 5000;
	for (int i = 0; i < 100; i++)
		stray_message(&b->e, &p);
	assert_int_equal(b->heard, 1);
	assert_int_equal(b->last.id, EVT_IKE_STRAY);
	assert_int_equal(b->last.reason, R_BAD_COOKIE);
	assert_int_equal(b->last.remote.port, 501);
	assert_non_null(strstr(b->last.text, "192.0.2.1"));
	b->e.now = 5999;
	stray_message(&b->e, &p);
	assert_int_equal(b->heard, 1);
	b->e.now = 6000;
	stray_message(&b->e, &p);
	assert_int_equal(b->heard, 2);
	bare_free(b);
}

static void esp_of_nobody_is_told_with_its_spi(void **state)
{
	struct bare *b = bare_new(config_new());
	const struct addr from = bare_addr("192.0.2.1", 0);

	(void)state;
	for (int i = 0; i < 100; i++)
		engine_unknown_spi(&b->e, 7000, 0xc0000001, &from);
	assert_int_equal(b->heard, 1);
	assert_int_equal(b->last.id, EVT_CHILD_STRAY);
	assert_int_equal(b->last.spi, 0xc0000001);
	assert_non_null(strstr(b->last.text, "0xc0000001"));
	bare_free(b);
}

/* Only what came on top since the last look, each kind under a reason of its own. */
static void refused_packets_of_a_pair_are_told(void **state)
{
	struct bare *b = bare_new(config_new());
	struct peer *p = (struct peer *)record_new(K_PEER);
	struct tunnel *t = (struct tunnel *)record_new(K_TUNNEL);
	struct child c = { .e = &b->e, .peer = p, .tunnel = t, .id = 9, .negotiation = 12 };
	struct plane_count in = { .bad_icv = 3 }, out = { 0 };

	(void)state;
	strcpy(t->r.name, "net");
	stray_errors(&c, &in, &out);
	assert_int_equal(b->heard, 1);
	assert_int_equal(b->last.id, EVT_CHILD_ERRORS);
	assert_int_equal(b->last.reason, R_BAD_HASH);
	assert_int_equal(b->last.child_sa, 9);
	assert_int_equal(b->last.negotiation, 12);
	assert_string_equal(b->last.tunnel, "net");
	c.seen_in = in;
	stray_errors(&c, &in, &out);
	assert_int_equal(b->heard, 1);
	in.bad_icv = 1; /* another SA, counted anew */
	stray_errors(&c, &in, &out);
	assert_int_equal(b->heard, 1);
	in = c.seen_in;
	in.other_errors = 1;
	stray_errors(&c, &in, &out);
	assert_int_equal(b->last.reason, R_MALFORMED);
	c.seen_in = in;
	out.other_errors = 2;
	stray_errors(&c, &in, &out);
	assert_int_equal(b->last.reason, R_PLANE);
	in.replayed = 5;
	c.seen_out = out;
	stray_errors(&c, &in, &out);
	assert_int_equal(b->last.reason, R_REPLAYED);
	assert_int_equal(b->heard, 4);
	record_unref(&p->r);
	record_unref(&t->r);
	bare_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stray_message_is_told_once_a_second),
		cmocka_unit_test(esp_of_nobody_is_told_with_its_spi),
		cmocka_unit_test(refused_packets_of_a_pair_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
