/* test_flood.c - strangers by the thousand: bounded memory, quiet answers, honest callers served */
#include "tests/duet/play.h"

#include "core/base/rng.h"
#include "core/wire/header.h"

enum { SPOOFED = 40000 };

/* A first message of the right kind, as A would send it. */
static struct bytes *first_message(void)
{
	own(duet) d = duet_new("");

	duet_initiate(d, A, "t1");
	duet_run_ms(d, 5);
	return bytes_dup(d->line.log[0].octets);
}

struct ears {
	uint8_t answers[SPOOFED]; /* by spoofed address */
	size_t loudest;
};

static void on_stray(void *arg, enum side from, const struct packet *p)
{
	struct ears *e = arg;
	struct rd r = rd_of(addr_slice(&p->remote));
	uint32_t n = rd_u32(&r) - 0x0a000000;

	(void)from;
	if (n < SPOOFED)
		e->answers[n]++;
	e->loudest = MAX_OF(e->loudest, p->octets.n);
}

static struct addr spoofed(uint32_t n)
{
	uint8_t ip[4];
	struct wr w = wr_of(ip, sizeof(ip));
	struct addr a;

	wr_u32(&w, 0x0a000000 + n);
	addr_of_slice(wr_done(&w), &a);
	return addr_with_port(a, 500);
}

/* B takes any caller for a possible peer, as a gateway for road warriors must. */
static void open_to_all(struct duet *d)
{
	duet_edit(d, B, "peers wide remote_address=10.0.0.0/8 psk=k");
}

static void a_flood_is_survived(void **state)
{
	static struct ears ears;
	own(bytes) first = first_message();
	own(duet) d = duet_new("");
	struct rng rng = rng_seeded(3);
	struct counter_row c;

	(void)state;
	open_to_all(d);
	d->line.stray = on_stray;
	d->line.arg = &ears;
	for (uint32_t i = 0; i < SPOOFED; i++) {
		struct addr from = spoofed(i);

		rng_fill(&rng, first->at, COOKIE_SIZE);
		duet_inject(d, B, &from, slice_of(first));
		if (i % 100 == 0)
			duet_run_ms(d, 20);
		if (i == SPOOFED / 2)
			duet_initiate(d, A, "t1"); /* the honest one, in the middle of it */
	}
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_int_equal(duet_pairs(d, B), 1);
	c = duet_counters(d, B);
	assert_true(c.half_open <= 32768);
	assert_true(c.half_open > 0);
	for (size_t i = 0; i < SPOOFED; i++)
		assert_true(ears.answers[i] <= 1);
	assert_true(ears.loudest <= 2 * first->n);
	assert_true(d->line.strays_octets <= 2 * first->n * (size_t)SPOOFED);
	/* and they are forgotten */
	duet_run_s(d, 60);
	c = duet_counters(d, B);
	assert_int_equal(c.half_open, 0);
	assert_up(d);
}

static void one_address_has_its_share(void **state)
{
	own(bytes) first = first_message();
	own(duet) d = duet_new("");
	struct rng rng = rng_seeded(4);
	struct addr from = spoofed(77);
	struct counter_row c;

	(void)state;
	open_to_all(d);
	for (unsigned i = 0; i < 200; i++) {
		rng_fill(&rng, first->at, COOKIE_SIZE);
		duet_inject(d, B, &from, slice_of(first));
	}
	c = duet_counters(d, B);
	assert_true(c.half_open <= 8);
	assert_true(c.dropped_flood >= 192);
	assert_true(d->line.strays <= 8);
}

static void one_network_has_its_share(void **state)
{
	own(bytes) first = first_message();
	own(duet) d = duet_new("");
	struct rng rng = rng_seeded(4);
	struct counter_row c;

	(void)state;
	open_to_all(d);
	for (uint32_t i = 0; i < 256 * 4; i++) {
		struct addr from = spoofed(i % 256);

		rng_fill(&rng, first->at, COOKIE_SIZE);
		duet_inject(d, B, &from, slice_of(first));
	}
	c = duet_counters(d, B);
	assert_true(c.half_open <= 64);
}

/* The same first message again and again is one record, answered at most ten times a second. */
static void one_message_repeated_is_one_record(void **state)
{
	own(bytes) first = first_message();
	own(duet) d = duet_new("");
	struct addr from = spoofed(5);
	struct counter_row c;

	(void)state;
	open_to_all(d);
	for (unsigned i = 0; i < 1000; i++) {
		duet_inject(d, B, &from, slice_of(first));
		duet_run_ms(d, 1);
	}
	c = duet_counters(d, B);
	assert_int_equal(c.half_open, 1);
	assert_in_range(d->line.strays, 1, 20);
}

/* Third messages with cookies of nobody cost nothing and are not answered. */
static void third_messages_out_of_nowhere(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct rng rng = rng_seeded(5);
	struct counter_row before = duet_counters(d, B), after;
	own(bytes) third = NULL;
	unsigned crunched = d->side[B].crunched;

	for (size_t i = 0; i < d->line.log_n && !third; i++)
		if (d->line.log[i].way == A_TO_B && d->line.log[i].nth == 2)
			third = bytes_dup(d->line.log[i].octets);
	assert_non_null(third);
	for (uint32_t i = 0; i < 2000; i++) {
		struct addr from = spoofed(i);

		rng_fill(&rng, third->at, 2 * COOKIE_SIZE);
		duet_inject(d, B, &from, slice_of(third));
	}
	duet_run_s(d, 1);
	after = duet_counters(d, B);
	assert_true(after.dropped_cookie - before.dropped_cookie == 2000);
	assert_int_equal(d->side[B].crunched, crunched);
	assert_int_equal(after.ike_sas, before.ike_sas);
	/* errors to strangers: once a second and address, a hundred a second in all */
	assert_true(d->line.strays <= 200);
	assert_up(d);
}

/* Offers nobody can accept are refused quietly: fewer answers than callers. */
static void refusals_are_rationed(void **state)
{
	own(bytes) first = first_message();
	own(duet) d = duet_new("");
	struct rng rng = rng_seeded(6);

	(void)state;
	open_to_all(d);
	duet_edit(d, B, "ike-proposals i1 dh_group=modp4096");
	for (uint32_t i = 0; i < 2000; i++) {
		struct addr from = spoofed(i * 300);

		rng_fill(&rng, first->at, COOKIE_SIZE);
		duet_inject(d, B, &from, slice_of(first));
	}
	duet_run_s(d, 1);
	assert_true(d->line.strays <= 200);
	assert_int_equal(duet_counters(d, B).half_open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_survived),
		cmocka_unit_test(one_address_has_its_share),
		cmocka_unit_test(one_network_has_its_share),
		cmocka_unit_test(one_message_repeated_is_one_record),
		cmocka_unit_test(third_messages_out_of_nowhere),
		cmocka_unit_test(refusals_are_rationed),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
