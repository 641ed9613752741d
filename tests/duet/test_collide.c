/* test_collide.c - P-24: collisions settle
 *
 * Both ends start at once, at every distance in time and with each datagram lost: always a usable
 * pair, at most two of each ten seconds after the last repeat, and one when nothing was lost. Their
 * stories end well. IKEEPER_DUET_SEEDS plays more.
 */
#include "tests/duet/play.h"

enum { SEEDS = 2, DISTANCES_MS = 200, STEP_MS = 10, LAST_LOST = 8 };

static uint64_t seeds(void)
{
	const char *more = getenv("IKEEPER_DUET_SEEDS");

	return more ? strtoull(more, NULL, 10) : SEEDS;
}

struct start {
	const char *words;
	uint64_t seed;
	msec later; /* B begins so much later */
	enum way way;
	unsigned lost; /* the n-th datagram of that way; 0: none */
};

/* What is left over when all is told; the greater one of both ends. */
struct left {
	size_t ike, pairs;
};

static struct left left_over(struct duet *d)
{
	struct left n = { duet_ike_sas(d, A), duet_pairs(d, A) };

	n.ike = MAX_OF(n.ike, duet_ike_sas(d, B));
	n.pairs = MAX_OF(n.pairs, duet_pairs(d, B));
	return n;
}

static void complain(struct duet *d, const struct start *s, const char *what)
{
	duet_show(d);
	print_error("\"%s\" seed %llu, B %d ms later, lost %c %u: %s\n", s->words,
		    (unsigned long long)s->seed, (int)s->later, "AB"[s->way], s -> lost, what);
	_fail(__FILE__, __LINE__);
}

/* No story tells of a failure that was none. */
static void stories_end_well(struct duet *d, const struct start *s)
{
	for (enum side who = A; who <= B; who++)
		if (duet_heard(d, who, EVT_NEGO_FAILED))
			complain(d, s, "a failure is told");
}

static struct left play(const struct start *s)
{
	own(duet) d = duet_new_seeded(s->words, s->seed);
	struct fault f = { 0 };
	uint64_t id;

	d->line.latency = 20;
	if (s->lost)
		line_lose(d, s->way, s->lost);
	duet_initiate(d, A, "t1");
	duet_run_ms(d, s->later);
	duet_try(d, B, "t1", &id, &f);
	for (unsigned i = 0; i < 130; i++) {
		duet_run_s(d, 1);
		if (duet_has_pair(d))
			duet_traffic(d, 1);
		else if (i > 40)
			complain(d, s, "no usable pair");
	}
	if (!s->lost) {
		assert_up(d);
		stories_end_well(d, s);
	}

	struct left n = left_over(d);

	if (n.ike > 2 || n.pairs > 2)
		complain(d, s, "more than two remain");
	if (!s->lost && (n.ike != 1 || n.pairs != 1))
		complain(d, s, "not one of each remains");
	return n;
}

/* A notice that was lost, and a last message that was, leave a second one behind until its end. */
static void both_start(const char *words, unsigned percent_left)
{
	unsigned plays = 0, two = 0;

	for (uint64_t seed = 1; seed <= seeds(); seed++)
		for (msec later = 0; later <= DISTANCES_MS; later += STEP_MS)
			for (unsigned i = 0; i <= 2 * LAST_LOST; i++) {
				struct start s = { words, seed, later, i % 2 ? A_TO_B : B_TO_A,
						   (i + 1) / 2 };
				struct left n = play(&s);

				plays++;
				two += n.ike > 1 || n.pairs > 1;
			}
	print_message("\"%s\": a second SA remained in %u of %u plays\n", words, two, plays);
	assert_true(two * 100 <= plays * percent_left);
}

static void both_start_in_main_mode(void **state)
{
	(void)state;
	both_start("", 3);
}

static void both_start_in_aggressive_mode(void **state)
{
	(void)state;
	both_start("aggressive", 8);
}

static void both_start_with_pfs(void **state)
{
	(void)state;
	for (msec later = 0; later <= DISTANCES_MS; later += STEP_MS / 2) {
		struct start s = { "pfs x25519", 24, later, A_TO_B, 0 };

		play(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_start_in_main_mode),
		cmocka_unit_test(both_start_in_aggressive_mode),
		cmocka_unit_test(both_start_with_pfs),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
