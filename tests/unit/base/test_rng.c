/* test_rng.c - chance, its double, and what happens when there is none */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/rng.h"

/* Stands before the C library's: the source can be made to stutter or to fail. */
static int failure;
static unsigned stutter, calls;

ssize_t getrandom(void *at, size_t n, unsigned flags)
{
	calls++;
	if (failure) {
		errno = failure;
		return -1;
	}
	if (stutter && calls % 2) {
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_getrandom, at, stutter && n > stutter ? stutter : n, flags);
}

static void the_system_fills_all_of_it(void **state)
{
	static uint8_t at[4098];
	struct rng r = rng_system();
	unsigned changed[4096] = { 0 };

	(void)state;
	for (int round = 0; round < 8; round++) {
		stutter = round % 2 ? 100 : 0; /* short reads and interruptions in between */
		memset(at, 0, sizeof(at));
		rng_fill(&r, &at[1], 4096);
		assert_int_equal(at[0], 0);
		assert_int_equal(at[4097], 0);
		for (int i = 0; i < 4096; i++)
			changed[i] += at[1 + i] != 0;
	}
	stutter = 0;
	for (int i = 0; i < 4096; i++)
		assert_true(changed[i] > 0);
	assert_true(rng_u64(&r) != rng_u64(&r));
}

static void without_chance_the_process_ends_with_a_sentence(void **state)
{
	char said[200] = "";
	int out[2], status;

	(void)state;
	assert_int_equal(pipe(out), 0);
	pid_t child = fork();
	if (child == 0) {
		struct rng r = rng_system();

		dup2(out[1], STDERR_FILENO);
		failure = ENOSYS;
		rng_u32(&r);
		_exit(0);
	}
	close(out[1]);
	assert_true(read(out[0], said, sizeof(said) - 1) > 0);
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 70);
	assert_non_null(strstr(said, "no random bytes"));
}

/* The published first outputs of splitmix64 (seed 1234567) and xoshiro256** (state 1 2 3 4). */
static void the_double_is_the_published_generator(void **state)
{
	struct rng r = rng_seeded(1234567);

	(void)state;
	assert_true(r.state[0] == UINT64_C(6457827717110365317));
	assert_true(r.state[1] == UINT64_C(3203168211198807973));
	assert_true(r.state[2] == UINT64_C(9817491932198370423));
	assert_true(r.state[3] == UINT64_C(4593380528125082431));
	for (size_t i = 0; i < 4; i++)
		r.state[i] = i + 1;
	assert_true(rng_u64(&r) == 11520);
	assert_true(rng_u64(&r) == 0);
	assert_true(rng_u64(&r) == 1509978240);
	assert_true(rng_u64(&r) == UINT64_C(1215971899390074240));
}

static void the_same_seed_tells_the_same_story(void **state)
{
	struct rng a = rng_seeded(1), b = rng_seeded(1), c = rng_seeded(2);
	uint8_t one[37], two[37], three[37];

	(void)state;
	rng_fill(&a, one, sizeof(one));
	rng_fill(&b, two, sizeof(two));
	rng_fill(&c, three, sizeof(three));
	assert_memory_equal(one, two, sizeof(one));
	assert_memory_not_equal(one, three, sizeof(one));
	assert_true(rng_u32(&a) == rng_u32(&b));

	unsigned before = calls;
	rng_fill(&a, one, sizeof(one));
	assert_int_equal(calls, before); /* and never asks the system */
}

static void below_is_in_bounds_and_unbiased(void **state)
{
	struct rng r = rng_seeded(3);
	unsigned low = 0, seen[7] = { 0 };
	const uint32_t bound = UINT32_C(3) << 30; /* a plain remainder would favour the low third */

	(void)state;
	assert_int_equal(rng_below(&r, 0), 0);
	assert_int_equal(rng_below(&r, 1), 0);
	for (int i = 0; i < 70000; i++)
		seen[rng_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 9500, 10500);
	for (int i = 0; i < 30000; i++) {
		uint32_t v = rng_below(&r, bound);

		assert_true(v < bound);
		low += v < bound / 3;
	}
	assert_in_range(low, 9500, 10500);
}

static void bytes_are_drawn_to_measure(void **state)
{
	struct rng r = rng_seeded(4);
	own(bytes) a = rng_bytes(&r, 32);
	own(bytes) b = rng_bytes(&r, 32);
	own(bytes) none = rng_bytes(&r, 0);

	(void)state;
	assert_int_equal(a->n, 32);
	assert_memory_not_equal(a->at, b->at, 32);
	assert_int_equal(none->n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_system_fills_all_of_it),
		cmocka_unit_test(without_chance_the_process_ends_with_a_sentence),
		cmocka_unit_test(the_double_is_the_published_generator),
		cmocka_unit_test(the_same_seed_tells_the_same_story),
		cmocka_unit_test(below_is_in_bounds_and_unbiased),
		cmocka_unit_test(bytes_are_drawn_to_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
