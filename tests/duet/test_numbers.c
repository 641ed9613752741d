/* test_numbers.c - P-45: numbers that come up again are drawn again
 *
 * Cookies, message ids and SPIs are drawn by chance. Here chance has a stutter: each number it gives
 * for a cookie or a message id comes several times in a row, or both ends draw the same. Nothing
 * that is there may be overwritten, and the work gets done.
 */
#include "tests/duet/play.h"

#include "core/wire/header.h"

enum { NUMBER = 8, TUNNELS = 12 };

/* Chance that says each number so many times; nonces and keys are none. */
struct stutter {
	struct rng chance;
	const struct rng *of;
	unsigned times, left, repeated;
	uint8_t last[NUMBER];
};

static struct stutter stutters[2];

static void fill(struct rng *r, void *at, size_t n)
{
	struct stutter *s = &stutters[r == stutters[B].of ? B : A];

	if (n != NUMBER) {
		rng_fill(&s->chance, at, n);
		return;
	}
	if (s->left == 0) {
		rng_fill(&s->chance, s->last, n);
		s->left = s->times;
	} else {
		s->repeated++;
	}
	s->left--;
	memcpy(at, s->last, n);
}

static void stutter(struct duet *d, enum side who, unsigned times, uint64_t seed)
{
	stutters[who] = (struct stutter){ .chance = rng_seeded(seed),
					  .of = &d->side[who].rng,
					  .times = times };
	d->side[who].rng.fill = fill;
}

/* Different exchanges with message ids of their own, counted by who began them. */
static size_t mids_of(const struct duet *d, enum way w, uint32_t *ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < d->line.log_n; i++) {
		struct header h;
		size_t k = 0;

		if (d->line.log[i].way != w ||
		    header_read(slice_of(d->line.log[i].octets), &h, NULL) != R_OK ||
		    h.message_id == 0)
			continue;
		while (k < n && ret[k] != h.message_id)
			k++;
		if (k == n && n < cap)
			ret[n++] = h.message_id;
	}
	return n;
}

/* Whatever is drawn comes sixteen times: twelve quick modes have twelve message ids all the same. */
static void message_ids_are_drawn_again(void **state)
{
	own(duet) d = duet_new("tunnels 12");
	uint32_t mids[64];

	(void)state;
	stutter(d, A, 16, 7);
	for (unsigned i = 1; i <= TUNNELS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "t%u", i);
		duet_initiate(d, A, name);
		duet_run_s(d, 1);
	}
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), TUNNELS);
	assert_true(stutters[A].repeated >= TUNNELS);
	assert_true(mids_of(d, A_TO_B, mids, 64) >= TUNNELS);
	for (enum side s = A; s <= B; s++)
		assert_int_equal(duet_heard(d, s, EVT_NEGO_FAILED), 0);
}

/* Of what this end sent first since then. */
static uint32_t first_mid(const struct duet *d, enum way w, size_t since)
{
	struct header h = { 0 };

	while (since < d->line.log_n && d->line.log[since].way != w)
		since++;
	assert_true(since < d->line.log_n);
	assert_int_equal(header_read(slice_of(d->line.log[since].octets), &h, NULL), R_OK);
	assert_int_equal(h.exchange, XCHG_QUICK);
	return h.message_id;
}

/* Both ends draw the same message id at the same moment, each for a quick mode of its own; the next
 * datagram of one of them may be lost. The IKE SA was begun by `first`. */
static void one_message_id(enum side first, msec apart, int lost)
{
	own(duet) d = duet_new("tunnels 3");
	uint64_t id;
	struct fault f = { 0 };

	d->line.latency = 20;
	duet_initiate(d, first, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	size_t before = d->line.log_n;
	stutter(d, A, 1, 11);
	stutter(d, B, 1, 11);
	if (lost >= 0)
		line_lose(d, (enum way)lost, d->line.sent[lost] + 1);
	duet_initiate(d, A, "t2");
	duet_run_ms(d, apart);
	duet_try(d, B, "t3", &id, &f);
	stutter(d, B, 1, 12);
	stutter(d, A, 1, 13);
	duet_run_s(d, 20);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 3);
	assert_int_equal(duet_pairs(d, B), 3);
	assert_int_equal(duet_traffic(d, 1), 6);
	for (enum side s = A; s <= B; s++)
		assert_int_equal(duet_heard(d, s, EVT_NEGO_FAILED), 0);
	assert_int_equal(first_mid(d, A_TO_B, before), first_mid(d, B_TO_A, before));
}

static void both_ends_draw_one_message_id(void **state)
{
	(void)state;
	for (enum side first = A; first <= B; first++)
		for (msec apart = 0; apart < 20; apart += 5)
			for (int lost = -1; lost <= B_TO_A; lost++)
				one_message_id(first, apart, lost);
}

/* Our own first message, sent back to us, is no such thing: nothing is drawn again for it. */
static void our_own_message_is_no_rival(void **state)
{
	own(duet) d = duet_new("tunnels 2");

	(void)state;
	d->line.latency = 20;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	size_t at = d->line.log_n;
	uint32_t mids[64];
	size_t before = mids_of(d, B_TO_A, mids, 64);
	uint64_t id;
	struct fault f = { 0 };

	line_lose(d, B_TO_A, d->line.sent[B_TO_A] + 1);
	duet_try(d, B, "t2", &id, &f); /* B is the responder of the IKE SA: it would draw again */
	duet_run_ms(d, 1);
	line_reflect(d, at);
	duet_run_s(d, 20);
	assert_up(d);
	assert_int_equal(mids_of(d, B_TO_A, mids, 64), before + 1);
	assert_int_equal(duet_pairs(d, A), 2);
}

/* --- cookies --- */

static const struct reset_ask forgets = { .scope = RESET_ALL,
					  .level = LEVEL_BOTH,
					  .why = R_OPERATOR_RESET,
					  .reinitiate = REINITIATE_NEVER,
					  .force = true };

static void all_differ(struct duet *d, enum side who)
{
	struct ike_sa_row a, b;

	for (size_t i = 0; duet_ike(d, who, i, &a); i++)
		for (size_t k = 0; k < i && duet_ike(d, who, k, &b); k++) {
			if (strcmp(a.initiator_spi, b.initiator_spi) != 0 ||
			    strcmp(a.responder_spi, b.responder_spi) != 0)
				continue;
			print_error("%c has two SAs with one pair of cookies\n", "AB"[who]);
			_fail(__FILE__, __LINE__);
		}
}

/* The initiator forgot everything and says the cookie it said before, in the minute in which the
 * responder would answer it with the same one: that pair is taken, another is drawn. */
static void cookies_are_drawn_again(void **state)
{
	(void)state;
	own(duet) d = duet_new("");

	stutter(d, A, 40, 5);
	for (unsigned i = 0; i < 3; i++) {
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
		all_differ(d, A);
		all_differ(d, B);
		duet_reset(d, A, &forgets, NULL, 0); /* B still has it */
	}
	assert_true(stutters[A].repeated > 0);
}

/* In aggressive mode it is a first message that came again, and so is the answer: no use to who forgot.
 * B keeps what it has, A gives up, and the next cookie is a new one. */
static void a_cookie_again_in_aggressive_mode(void **state)
{
	struct fault f = { 0 };
	struct ike_sa_row before, after;
	uint64_t id;

	(void)state;
	own(duet) d = duet_new("aggressive");
	stutter(d, A, 40, 5);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_ike(d, B, 0, &before));
	duet_reset(d, A, &forgets, NULL, 0);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	all_differ(d, B);
	assert_true(duet_ike(d, B, 0, &after));
	assert_int_equal(before.id, after.id);
	assert_int_equal(duet_pairs(d, B), 1);
	duet_run_s(d, 110);
	stutter(d, A, 1, 6);
	duet_try(d, A, "t1", &id, &f);
	duet_run_s(d, 10);
	assert_up(d);
}

/* A caller says a cookie again that an SA stands on: the SA stays what it was. */
static void said_again(const char *words)
{
	own(duet) d = play_up(words);
	struct ike_sa_row before, after;
	size_t n = d->line.log_n;

	assert_true(duet_ike(d, B, 0, &before));
	for (size_t i = 0; i < n; i++) {
		line_replay(d, i);
		duet_run_ms(d, 150);
	}
	duet_run_s(d, 5);
	assert_int_equal(duet_ike_sas(d, B), 1);
	assert_true(duet_ike(d, B, 0, &after));
	assert_int_equal(before.id, after.id);
	assert_int_equal(duet_traffic(d, 1), 2);
	duet_run_s(d, 60); /* what the first message left behind is forgotten */
	assert_up(d);
}

static void a_cookie_said_again_overwrites_nothing(void **state)
{
	(void)state;
	said_again("");
	said_again("aggressive");
}

/* --- SPIs --- */

/* An SPI names an SA together with its address: both ends may have the same. */
static void both_ends_have_the_same_spis(void **state)
{
	own(duet) d = duet_new("tunnels 3");

	(void)state;
	recording_spi_from(d->side[A].plane, 0x1000);
	recording_spi_from(d->side[B].plane, 0x1000);
	for (unsigned i = 1; i <= 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "t%u", i);
		duet_initiate(d, A, name);
		duet_run_s(d, 2);
	}
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 3);
	assert_int_equal(duet_traffic(d, 1), 6);
}

/* The plane hands the numbers out from the start again: those in use are passed over. */
static void spis_in_use_are_passed_over(void **state)
{
	own(duet) d = duet_new("tunnels 4");

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		char name[8];

		recording_spi_from(d->side[A].plane, 0x1000);
		recording_spi_from(d->side[B].plane, 0x1000);
		snprintf(name, sizeof(name), "t%u", i);
		duet_initiate(d, A, name);
		duet_run_s(d, 2);
	}
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 4);
}

/* The peer forgot everything and gives the SPI it had: ours to it stands until the peer is back. */
static void a_peer_that_forgot_gives_the_spi_it_had(void **state)
{
	(void)state;
	for (int told = 0; told < 2; told++) {
		own(duet) d = duet_new("");
		struct fault f = { 0 };
		uint64_t id;

		if (!told)
			duet_edit_both(d, "peers p initial_contact=false");
		recording_spi_from(d->side[B].plane, 0x1000);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
		duet_reset(d, B, &forgets, NULL, 0);
		recording_spi_from(d->side[B].plane, 0x1000);
		duet_try(d, B, "t1", &id, &f);
		duet_run_s(d, 60);
		if (!duet_has_pair(d)) { /* refused and told; the next number is free */
			duet_try(d, B, "t1", &id, &f);
			duet_run_s(d, 10);
		}
		assert_true(duet_has_pair(d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_ids_are_drawn_again),
		cmocka_unit_test(both_ends_draw_one_message_id),
		cmocka_unit_test(our_own_message_is_no_rival),
		cmocka_unit_test(cookies_are_drawn_again),
		cmocka_unit_test(a_cookie_again_in_aggressive_mode),
		cmocka_unit_test(a_cookie_said_again_overwrites_nothing),
		cmocka_unit_test(both_ends_have_the_same_spis),
		cmocka_unit_test(spis_in_use_are_passed_over),
		cmocka_unit_test(a_peer_that_forgot_gives_the_spi_it_had),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
