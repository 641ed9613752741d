/* test_fragments.c - messages in fragments: both modes, both ends, losses, refusals, and what they cost
 *
 * With 256 octets a packet most messages of both modes are cut. A calls B unless it is said otherwise.
 */
#include "tests/duet/play.h"

#include "core/base/cursor.h"
#include "core/ike/within.h"
#include "core/wire/frag1.h"
#include "tests/duet/forge.h"

#define CUT  "peers p fragmentation=true; settings/ike ike fragment_octets=256"
#define LONG "main psk aes-cbc-128/sha256/modp2048 esp aes-cbc-128/sha256 pfs modp2048"
enum { FRAG = 132 };

static bool is_piece(const struct sent *s)
{
	struct header h;

	return header_read(slice_of(s->octets), &h, NULL) == R_OK && h.next == FRAG;
}

static unsigned pieces_sent(const struct duet *d, enum way w)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->line.log_n; i++)
		n += d->line.log[i].way == w && is_piece(&d->line.log[i]);
	return n;
}

static struct duet *both_cut(const char *words)
{
	struct duet *d = duet_new(words);

	duet_edit_both(d, CUT);
	return d;
}

static void up(struct duet *d, enum side who)
{
	duet_initiate(d, who, "t1");
	duet_run_s(d, 60);
	assert_up(d);
}

static void each_mode_comes_up_in_fragments(void **state)
{
	static const char *const words[] = {
		LONG,
		"ipv6 " LONG,
		"aggressive aes-cbc-128/sha256/modp2048 pfs modp2048",
		"main psk aes-cbc-256/sha512/modp4096 pfs modp4096",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		for (enum side who = A; who <= B; who++) {
			own(duet) d = both_cut(words[i]);

			up(d, who);
			assert_true(pieces_sent(d, A_TO_B) > 2);
			assert_true(pieces_sent(d, B_TO_A) > 2);
			for (size_t k = 0; k < d->line.log_n; k++)
				assert_true(!is_piece(&d->line.log[k]) ||
					    d->line.log[k].octets->n <= 256 - 28);
			assert_int_equal(d->side[A].engine->pieces.octets, 0);
			assert_int_equal(d->side[B].engine->pieces.octets, 0);
		}
	}
}

static void behind_a_nat(void **state)
{
	own(duet) d = both_cut(LONG);

	(void)state;
	line_nat(d, A, "203.0.113.9");
	duet_edit(d, B, "peers p remote_address=any");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 20);
	assert_true(duet_has_pair(d));
	assert_true(pieces_sent(d, A_TO_B) > 2);
}

static void only_when_both_said_so(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new(LONG);

		duet_edit_both(d, "settings/ike ike fragment_octets=256");
		duet_edit(d, who, "peers p fragmentation=true");
		up(d, A);
		assert_int_equal(pieces_sent(d, A_TO_B) + pieces_sent(d, B_TO_A), 0);
	}
}

static void messages_that_fit_stay_whole(void **state)
{
	own(duet) d = duet_new(LONG);

	(void)state;
	duet_edit_both(d, "peers p fragmentation=true");
	up(d, A);
	assert_int_equal(pieces_sent(d, A_TO_B) + pieces_sent(d, B_TO_A), 0);
}

/* T-FRAG3's honest half: each datagram of the whole play lost, doubled, swapped, late. */
static void every_mishap_of_every_datagram(void **state)
{
	static void (*const mishaps[])(struct duet *, enum way,
				       unsigned) = { line_lose, line_double, line_swap };

	(void)state;
	for (size_t m = 0; m < sizeof(mishaps) / sizeof(*mishaps); m++) {
		for (enum way w = A_TO_B; w <= B_TO_A; w++) {
			for (unsigned nth = 1; nth <= 14; nth++) {
				own(duet) d = both_cut(LONG);

				mishaps[m](d, w, nth);
				duet_initiate(d, A, "t1");
				duet_run_s(d, 30);
				duet_traffic(d, 1); /* as good as a lost last message */
				duet_run_s(d, 30);
				assert_up(d);
			}
		}
	}
}

/* Forged as whoever sees the cookies can. */
static void forge(struct duet *d, enum side to, const struct frag1 *f)
{
	struct header h = { 0 };
	uint8_t at[512];
	struct wr w = wr_of(at, sizeof(at));

	forge_cookies(d, &h);
	h.exchange = XCHG_QUICK;
	frag1_write(&w, &h, f);
	forge_octets(d, to, wr_done(&w));
}

static void nobody_else_is_listened_to(void **state)
{
	struct frag1 f = { .id = 1, .number = 1, .data = slice("abc", 3) };
	own(duet) d = play_up(LONG);
	uint64_t before = duet_counters(d, B).dropped_cookie;

	(void)state;
	forge(d, B, &f); /* we never said that we take them */
	assert_int_equal(duet_counters(d, B).dropped_cookie, before + 1);
	assert_int_equal(d->side[B].engine->pieces.steps, 0);
}

/* A first message in fragments: before there is any record nothing is kept and nothing answered. */
static void a_first_message_is_refused_cheaply(void **state)
{
	own(duet) d = both_cut(LONG);
	struct header h = { .cky_i = { 1, 2, 3 }, .version = VERSION_1, .exchange = XCHG_MAIN };
	struct frag1 f = { .id = 1, .number = 1, .data = slice("abc", 3) };
	uint8_t at[512];

	(void)state;
	for (unsigned i = 1; i <= 200; i++) {
		struct wr w = wr_of(at, sizeof(at));

		h.cky_i[7] = f.number = (uint8_t)i;
		h.exchange = i % 2 ? XCHG_MAIN : XCHG_AGGRESSIVE;
		frag1_write(&w, &h, &f);
		forge_octets(d, B, wr_done(&w));
	}
	assert_int_equal(d->line.sent[B_TO_A], 0);
	assert_int_equal(duet_counters(d, B).dropped_cookie, 200);
	assert_int_equal(d->side[B].engine->pieces.steps, 0);
	up(d, A);
}

static void forged_ones_do_not_stop_the_honest(void **state)
{
	own(duet) d = both_cut(LONG);
	struct frag1 f = { .id = 1, .data = slice("abc", 3) };

	(void)state;
	duet_initiate(d, A, "t1");
	for (unsigned i = 0; i < 40; i++) {
		duet_run_ms(d, 5);
		f.number = (uint8_t)(i % 5);
		f.last = i % 3 == 0;
		forge(d, i % 2 ? A : B, &f);
	}
	duet_run_s(d, 60);
	assert_up(d);
}

/* Fragments in fragments, and messages of other ends: the outer one's word is not enough. */
static void what_comes_out_is_a_message_of_the_same_ends(void **state)
{
	own(duet) d = both_cut(LONG);
	struct header h = { 0 };
	uint8_t inner[64];
	struct wr w = wr_of(inner, sizeof(inner));
	struct frag1 f = { .id = 1, .number = 1, .last = true, .data = slice("abc", 3) };

	(void)state;
	up(d, A);
	forge_cookies(d, &h);
	uint64_t before = duet_counters(d, B).dropped_malformed;
	frag1_write(&w, &h, &f);
	f.data = wr_done(&w);
	forge(d, B, &f); /* a fragment */
	inner[0] ^= 1;
	inner[16] = 8;
	forge(d, B, &f); /* of somebody else */
	f.data = slice("abc", 3);
	forge(d, B, &f); /* shorter than a header */
	assert_int_equal(duet_counters(d, B).dropped_malformed, before + 3);
	assert_up(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_comes_up_in_fragments),
		cmocka_unit_test(behind_a_nat),
		cmocka_unit_test(only_when_both_said_so),
		cmocka_unit_test(messages_that_fit_stay_whole),
		cmocka_unit_test(every_mishap_of_every_datagram),
		cmocka_unit_test(nobody_else_is_listened_to),
		cmocka_unit_test(a_first_message_is_refused_cheaply),
		cmocka_unit_test(forged_ones_do_not_stop_the_honest),
		cmocka_unit_test(what_comes_out_is_a_message_of_the_same_ends),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
