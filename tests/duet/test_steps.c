/* test_steps.c - every arrow of the step tables is taken by some play
 *
 * The tables are the state diagrams. An arrow nobody ever takes is either missing a play or should
 * not be there; which one it is gets printed, and fails.
 */
#include "tests/duet/play.h"

#include "core/ike/v1/steps1.h"
#include "core/wire/header.h"

enum { ARROWS = 64 };

static bool taken[2][ARROWS];

static void mark(int table, const struct step *steps, int role, const char *text)
{
	for (size_t i = 0; steps[i].act && i < ARROWS; i++)
		if ((int)steps[i].role == role && strstr(text, steps[i].story))
			taken[table][i] = true;
}

static void on_story(void *arg, const struct story *s)
{
	(void)arg;
	for (size_t i = 0; s && i < s->steps_n; i++) {
		if (s->exchange == XCHG_MAIN)
			mark(0, main_steps, s->role, s->steps[i].text);
		else if (s->exchange == XCHG_QUICK)
			mark(1, quick_steps, s->role, s->steps[i].text);
	}
}

static void remember(struct duet *d)
{
	for (enum side s = A; s <= B; s++)
		engine_stories(d->side[s].engine, "", "", 0, 512, on_story, NULL);
}

static void plain_plays(void)
{
	static const char *const words[] = { "", "pfs x25519", "aes-cbc-128/sha256/modp2048" };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		own(duet) d = play_up(words[i]);

		remember(d);
	}
}

static void a_play_with_a_lost_end(void)
{
	own(duet) d = duet_new("");

	line_lose(d, A_TO_B, 5);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1);
	duet_traffic(d, 1);
	duet_run_s(d, 5);
	assert_up(d);
	remember(d);
}

static unsigned missing(int table, const struct step *steps, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; steps[i].act; i++) {
		if (taken[table][i])
			continue;
		print_error("%s: nobody takes \"%s\" as %s\n", name, steps[i].story,
			    steps[i].role == ROLE_INITIATOR ? "initiator" : "responder");
		n++;
	}
	return n;
}

static void every_arrow_is_taken(void **state)
{
	(void)state;
	plain_plays();
	a_play_with_a_lost_end();
	assert_int_equal(
		missing(0, main_steps, "main mode") + missing(1, quick_steps, "quick mode"), 0);
}

/* A story belongs to one arrow of its table and role, else it could not be told which was taken. */
static void stories_are_told_apart(void **state)
{
	static const struct step *const tables[] = { main_steps, quick_steps };

	(void)state;
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; tables[t][i].act; i++)
			for (size_t k = 0; k < i; k++)
				if (tables[t][i].role == tables[t][k].role)
					assert_string_not_equal(tables[t][i].story,
								tables[t][k].story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stories_are_told_apart),
		cmocka_unit_test(every_arrow_is_taken),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
