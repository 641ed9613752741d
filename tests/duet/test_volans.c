/* test_volans.c - aggressive mode whose last message comes in the clear, and where that is refused
 *
 * Then no block was ever encrypted, and quick mode's chain starts from the initial IV itself
 * (RFC 2409 appendix B). The initiator is ours, with its sealing taken away for one exchange type.
 */
#include "tests/duet/play.h"

#include "core/ike/v1/crypt1.h"
#include "tests/duet/forge.h"

static int in_the_clear; /* exchange type, 0 none */

enum { AT_EXCHANGE = 18, AT_FLAGS = 19 };

struct slice __wrap_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w);
struct slice __real_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w);

struct slice __wrap_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w)
{
	if (in_the_clear != at[AT_EXCHANGE])
		return __real_crypt1_seal(k, iv, at, w);
	at[AT_FLAGS] = 0;
	return writer_done(w, 0);
}

static struct duet *play(const char *words, int exchange)
{
	struct duet *d = duet_new(words);

	in_the_clear = exchange;
	duet_initiate(d, A, "t1");
	return d;
}

static int after(void **state)
{
	(void)state;
	in_the_clear = 0;
	return 0;
}

static void quick_mode_works_after_it(void **state)
{
	static const char *const words[] = { "aggressive aes-cbc-128/sha256/modp2048 pfs modp2048",
					     "aggressive 3des-cbc/md5/modp1024",
					     "aggressive aes-cbc-256/sha512/x25519" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		own(duet) d = play(words[i], XCHG_AGGRESSIVE);
		struct header h;
		unsigned clear = 0;

		duet_run_s(d, 5);
		assert_up(d);
		assert_int_equal(duet_traffic(d, 3), 6);
		for (size_t k = 0; k < d->line.log_n; k++) {
			header_read(slice_of(d->line.log[k].octets), &h, NULL);
			clear += h.exchange == XCHG_AGGRESSIVE && h.next == 8 && h.flags == 0;
		}
		assert_int_equal(clear, 1); /* it really was */
	}
}

/* In the clear or not, it has to prove the peer; and the honest one is still heard after it. */
static void a_wrong_hash_is_refused(void **state)
{
	own(duet) d = play("aggressive", 0);
	struct header h;
	uint8_t at[256], wrong[32] = { 1, 2, 3 };
	struct writer w;

	(void)state;
	line_lose(d, A_TO_B, 2);
	line_lose(d, A_TO_B, 3);
	duet_run_ms(d, 300);
	assert_true(forge_cookies(d, &h));
	h.exchange = XCHG_AGGRESSIVE;
	h.flags = 0;
	h.message_id = 0;
	writer_start(&w, at, sizeof(at), &h);
	wr_slice(writer_payload(&w, PL_HASH), slice(wrong, sizeof(wrong)));
	forge_octets(d, B, writer_done(&w, 0));
	duet_run_ms(d, 300);
	assert_int_equal(duet_ike_sas(d, B), 0);
	duet_run_s(d, 60);
	assert_up(d);
}

static void main_mode_does_not_take_one(void **state)
{
	own(duet) d = play("main", XCHG_MAIN);

	(void)state;
	duet_run_s(d, 10);
	assert_int_equal(duet_ike_sas(d, B), 0);
	duet_run_s(d, 300);
	assert_clean(d);
}

static void quick_mode_does_not_take_one(void **state)
{
	own(duet) d = play("aggressive", XCHG_QUICK);

	(void)state;
	duet_run_s(d, 10);
	assert_int_equal(duet_pairs(d, B), 0);
	duet_run_s(d, 300);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(quick_mode_works_after_it, after),
		cmocka_unit_test_teardown(a_wrong_hash_is_refused, after),
		cmocka_unit_test_teardown(main_mode_does_not_take_one, after),
		cmocka_unit_test_teardown(quick_mode_does_not_take_one, after),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
