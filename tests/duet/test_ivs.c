/* test_ivs.c - no two messages of one key begin from the same IV
 *
 * P-14. Every message either end encrypts is noted with its key and the IV it begins from, over main and
 * aggressive mode, quick modes with and without PFS, rekeys of both phases, DPD, deletes and
 * datagrams sent again. A message that is sent again is not encrypted again; all others differ.
 * ctest plays a few thousand messages, tests/soak a million.
 */
#include "tests/duet/play.h"

#include "core/base/hash.h"
#include "core/ike/v1/crypt1.h"

static uint64_t *seen;
static size_t seen_n, seen_cap;

struct slice __wrap_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w);
struct slice __real_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w);

struct slice __wrap_crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w)
{
	static const uint8_t seed[16] = { 14 };
	uint8_t both[KEY_MAX + BLOCK_MAX];

	memcpy(both, k->key, KEY_MAX);
	memcpy(both + KEY_MAX, iv, BLOCK_MAX);
	if (seen_n == seen_cap) {
		seen_cap = seen_cap ? 2 * seen_cap : 4096;
		seen = realloc(seen, seen_cap * sizeof(*seen));
	}
	seen[seen_n++] = hash_keyed(slice(both, sizeof(both)), seed);
	return __real_crypt1_seal(k, iv, at, w);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* An hour of one pair of gateways, on a road that loses and doubles. */
static void an_hour(const char *words, uint64_t seed)
{
	own(duet) d = duet_new_seeded(words, seed);

	duet_edit_both(d, "dpd-profiles d mode=periodic interval_seconds=10;"
			  "peers p dpd=d");
	line_weather(d, 5, 10, 5, 0);
	duet_initiate(d, seed % 2 ? A : B, "t1");
	for (unsigned minute = 0; minute < 60; minute++) {
		duet_run_s(d, 60);
		if (minute % 20 == 19) {
			struct reset_ask ask = { .scope = RESET_ALL,
						 .level = LEVEL_BOTH,
						 .notify_peer = true,
						 .reinitiate = REINITIATE_NEVER,
						 .why = R_OPERATOR_RESET };
			uint64_t id;

			duet_reset(d, A, &ask, NULL, 0);
			duet_run_s(d, 5);
			duet_try(d, A, "t1", &id, NULL);
		}
	}
}

static void no_iv_twice(void **state)
{
	static const char *const words[] = {
		"aes-cbc-128/sha256/x25519 ike-life 300 child-life 180",
		"aggressive aes-cbc-256/sha512/x25519 child-life 180",
		"3des-cbc/sha1/x25519 pfs x25519 child-life 180",
		"aes-cbc-192/sha384/ecp256 ike-life 120",
	};
	size_t least = play_times(3000);

	(void)state;
	for (uint64_t seed = 1; seen_n < least; seed++)
		an_hour(words[seed % (sizeof(words) / sizeof(*words))], seed);
	qsort(seen, seen_n, sizeof(*seen), by_value);
	for (size_t i = 1; i < seen_n; i++)
		assert_true(seen[i] != seen[i - 1]);
	print_message("%zu of encrypted messages, no (key, IV) twice\n", seen_n);
	free(seen);
	seen = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_iv_twice) };

	return cmocka_run_group_tests(tests, play_start, NULL);
}
