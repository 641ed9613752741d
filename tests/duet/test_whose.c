/* test_whose.c - whose a datagram is, an SA of the plane, a policy: asked from outside */
#include "core/ike/whose.h"
#include "tests/duet/play.h"

/* Each datagram as one end's engine knows it afterwards. */
static void a_datagram_names_peer_sa_and_story(void **state)
{
	(void)state;
	own(duet) d = duet_new("main psk aes-cbc-128/sha256/x25519 esp aes-cbc-128/sha256 tunnel");
	struct engine *e = d->side[A].engine;
	struct whose_packet w, first;
	uint64_t story;

	story = duet_initiate(d, A, "t1");
	duet_run_ms(d, 500);
	assert_up(d);
	assert_true(d->line.log_n >= 9);
	for (size_t i = 1; i < d->line.log_n; i++) { /* the first has one cookie only */
		struct packet p = d->line.log[i].packet;

		if (d->line.log[i].way == A_TO_B) { /* as A sent it */
			p.local = d->line.log[i].packet.remote;
			p.remote = d->line.log[i].packet.local;
		}
		engine_whose(e, &p, true, &w);
		assert_string_equal(w.peer, "p");
		assert_true(w.ike_sa != 0);
		assert_int_equal(w.key_n, 16);
		if (i == 1)
			first = w;
		assert_memory_equal(w.initiator_spi, first.initiator_spi, 8);
		assert_memory_equal(w.key, first.key, 16);
		engine_whose(e, &p, false, &w);
		assert_int_equal(w.key_n, 0);
	}
	assert_true(story != 0 && first.negotiation != 0);
}

static void a_first_message_has_its_address_only(void **state)
{
	(void)state;
	own(duet) d = duet_new("");
	struct whose_packet w;

	duet_initiate(d, A, "t1");
	assert_int_equal(d->line.log_n, 1);
	engine_whose(d->side[B].engine, &d->line.log[0].packet, true, &w);
	assert_string_equal(w.peer, "p");
	assert_int_equal(w.ike_sa, 0);
	assert_int_equal(w.key_n, 0);

	struct packet p = d->line.log[0].packet;
	addr_read("203.0.113.99", &p.remote);
	engine_whose(d->side[B].engine, &p, true, &w);
	assert_string_equal(w.peer, "");

	p.octets = slice("short", 5);
	engine_whose(d->side[B].engine, &p, true, &w);
	assert_string_equal(w.peer, "");
}

static void count_installed(void *arg, const struct whose_installed *i)
{
	unsigned *n = arg;

	assert_string_equal(i->whose.tunnel, "t1");
	assert_true(i->spi != 0);
	n[i->inbound]++;
}

static void an_sa_and_a_policy_name_their_tunnel(void **state)
{
	(void)state;
	own(duet) d = duet_new("");
	struct actor *a = &d->side[A];
	struct whose_plane w;
	unsigned n[2] = { 0 };

	duet_initiate(d, A, "t1");
	duet_run_ms(d, 500);
	assert_up(d);
	assert_int_equal(recording_sas(a->plane), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct plane_sa *sa = &recording_at(a->plane, i)->sa;

		assert_true(engine_whose_sa(a->engine, sa->spi, sa->inbound, sa->reqid, &w));
		assert_string_equal(w.tunnel, "t1");
		assert_true(w.child != 0 && w.ike_sa != 0);
		/* its number is a hint only */
		assert_true(engine_whose_sa(a->engine, sa->spi, sa->inbound, 0xffff, &w));
		assert_false(engine_whose_sa(a->engine, sa->spi + 1, sa->inbound, sa->reqid, &w));
	}
	assert_true(recording_policies(a->plane) >= 1);
	assert_true(engine_whose_policy(a->engine, recording_policy(a->plane, 0)->id, &w));
	assert_string_equal(w.tunnel, "t1");
	assert_string_equal(w.peer, "p");
	assert_false(engine_whose_policy(a->engine, 0xffffff, &w));
	engine_installed(a->engine, count_installed, n);
	assert_int_equal(n[0], 1);
	assert_int_equal(n[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_names_peer_sa_and_story),
		cmocka_unit_test(a_first_message_has_its_address_only),
		cmocka_unit_test(an_sa_and_a_policy_name_their_tunnel),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
