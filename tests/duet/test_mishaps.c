/* test_mishaps.c - every single mishap is survived
 *
 * Each message of main and quick mode lost, doubled, swapped with its neighbour, delayed past the
 * next timer, each pair of them lost, each octet of header and first 64 of body damaged: within 120
 * seconds both ends are up or both are clean, and a new attempt brings it up.
 */
#include "tests/duet/play.h"

enum { FROM_A = 5, FROM_B = 4, OCTETS = 28 + 64 };

static unsigned plays, ended_up;

/* The end of a play with mishaps; says what happened when it is not a good one. */
static void comes_to_an_end(struct duet *d, bool must_be_up, const char *what)
{
	char why[256];
	enum ending e;

	duet_run_s(d, 120);
	e = duet_ending(d, why, sizeof(why));
	plays++;
	ended_up += e == ENDED_UP;
	if (e == ENDED_STUCK || (must_be_up && e != ENDED_UP)) {
		duet_show(d);
		print_error("%s: %s: %s\n", what, e == ENDED_STUCK ? "stuck" : "clean", why);
		_fail(__FILE__, __LINE__);
	}
	if (e == ENDED_UP)
		return;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 60);
	if (duet_is_up(d))
		return;
	duet_show(d);
	print_error("%s: a new attempt does not come up\n", what);
	_fail(__FILE__, __LINE__);
}

/* Traffic flows whenever it can: what proves a lost third message of quick mode. */
static void traffic_flows(struct duet *d, void *arg)
{
	(void)arg;
	duet_traffic(d, 1);
}

typedef void mishap_fn(struct duet *d, enum way w, unsigned nth);

static void each_message(mishap_fn *befall, const char *what)
{
	char say[80];

	for (enum way w = A_TO_B; w <= B_TO_A; w++) {
		for (unsigned n = 1; n <= (w == A_TO_B ? FROM_A : FROM_B); n++) {
			own(duet) d = duet_new("");

			snprintf(say, sizeof(say), "%s message %u of %c", what, n, "AB"[w]);
			d->after = traffic_flows;
			befall(d, w, n);
			duet_initiate(d, A, "t1");
			comes_to_an_end(d, true, say);
		}
	}
}

static void each_message_lost(void **state)
{
	(void)state;
	each_message(line_lose, "lost");
}

static void each_message_doubled(void **state)
{
	(void)state;
	each_message(line_double, "doubled");
}

static void each_message_swapped(void **state)
{
	(void)state;
	each_message(line_swap, "swapped");
}

static void late(struct duet *d, enum way w, unsigned nth)
{
	line_delay(d, w, nth, 2500);
}

static void very_late(struct duet *d, enum way w, unsigned nth)
{
	line_delay(d, w, nth, 14000);
}

static void each_message_delayed(void **state)
{
	(void)state;
	each_message(late, "delayed");
	each_message(very_late, "much delayed");
}

static void lost_and_again_lost(struct duet *d, enum way w, unsigned nth)
{
	line_lose(d, w, nth);
	line_lose(d, w, nth + 1);
	line_lose(d, w, nth + 2);
}

static void three_in_a_row_lost(void **state)
{
	(void)state;
	each_message(lost_and_again_lost, "three in a row from");
}

static void each_pair_lost(void **state)
{
	char say[80];

	(void)state;
	for (unsigned a = 1; a <= FROM_A + 1; a++) {
		for (unsigned b = 1; b <= FROM_B + 1; b++) {
			own(duet) d = duet_new("");

			snprintf(say, sizeof(say), "lost %u of A and %u of B", a, b);
			d->after = traffic_flows;
			line_lose(d, A_TO_B, a);
			line_lose(d, B_TO_A, b);
			duet_initiate(d, A, "t1");
			comes_to_an_end(d, true, say);
		}
	}
}

static void damaged(enum way w, unsigned nth, size_t octet, uint8_t bits)
{
	own(duet) d = duet_new("");
	char say[80];

	snprintf(say, sizeof(say), "octet %zu of message %u of %c damaged by %02x", octet, nth,
		 "AB"[w], bits);
	line_flip(d, w, nth, octet, bits);
	duet_initiate(d, A, "t1");
	comes_to_an_end(d, false, say);
}

static void each_octet_damaged(void **state)
{
	(void)state;
	for (enum way w = A_TO_B; w <= B_TO_A; w++)
		for (unsigned n = 1; n <= (w == A_TO_B ? FROM_A : FROM_B); n++)
			for (size_t at = 0; at < OCTETS; at++)
				damaged(w, n, at, (uint8_t)(1u << (at + n) % 8));
}

static void each_octet_of_the_header_in_each_bit(void **state)
{
	(void)state;
	for (enum way w = A_TO_B; w <= B_TO_A; w++)
		for (unsigned n = 1; n <= (w == A_TO_B ? FROM_A : FROM_B); n++)
			for (size_t at = 16; at < 28; at++)
				for (unsigned bit = 0; bit < 8; bit++)
					damaged(w, n, at, (uint8_t)(1u << bit));
}

/* Nobody is there: the attempt ends, says so, and leaves nothing behind. */
static void nobody_answers(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	line_mute(d, A_TO_B, 1000000);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
	assert_verdict(d, A, 2, R_NO_ANSWER, SIDE_REMOTE, "");
	assert_true(d->line.sent[A_TO_B] >= 4 && d->line.sent[A_TO_B] <= 8);
}

/* Who answers never speaks unasked: each message of A is lost after the first, B stays silent. */
static void a_responder_never_resends(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 4; n++) {
		own(duet) d = duet_new("");

		duet_initiate(d, A, "t1");
		while (d->line.sent[A_TO_B] < n - 1)
			duet_run_ms(d, 1);
		duet_run_ms(d, 15);
		line_mute(d, A_TO_B, 30000);
		duet_run_s(d, 1);
		unsigned before = d->line.sent[B_TO_A];
		duet_run_s(d, 28);
		assert_int_equal(d->line.sent[B_TO_A], before);
	}
}

static int say_how_many(void **state)
{
	(void)state;
	print_message("%u plays, %u of them ended up, the others clean and up at the next try\n",
		      plays, ended_up);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_lost),
		cmocka_unit_test(each_message_doubled),
		cmocka_unit_test(each_message_swapped),
		cmocka_unit_test(each_message_delayed),
		cmocka_unit_test(three_in_a_row_lost),
		cmocka_unit_test(each_pair_lost),
		cmocka_unit_test(each_octet_damaged),
		cmocka_unit_test(each_octet_of_the_header_in_each_bit),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(a_responder_never_resends),
	};

	return cmocka_run_group_tests(tests, play_start, say_how_many);
}
