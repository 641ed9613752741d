/* test_hash.c - a map that stays right while it grows and is walked */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/hash.h"
#include "core/base/rng.h"

enum { MANY = 5000 };

static struct slice key_of(const uint32_t *k)
{
	return slice(k, sizeof(*k));
}

/* The first rows of the reference vectors: key 00..0f, data 00, 00 01, ... */
static void siphash_gives_the_known_answers(void **state)
{
	uint8_t key[16], data[64];

	(void)state;
	for (uint8_t i = 0; i < 64; i++)
		data[i] = i;
	memcpy(key, data, 16);
	assert_true(hash_keyed(slice(data, 0), key) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(hash_keyed(slice(data, 1), key) == UINT64_C(0x74f839c593dc67fd));
	assert_true(hash_keyed(slice(data, 8), key) == UINT64_C(0x93f5f5799a932462));
	assert_true(hash_keyed(slice(data, 15), key) == UINT64_C(0xa129ca6149be45e5));
	assert_true(hash_keyed(slice(data, 63), key) == UINT64_C(0x958a324ceb064572));
	assert_true(hash_keyed(slice(NULL, 0), key) == UINT64_C(0x726fdb47dd0e0e31));
}

static void what_is_put_is_found_until_it_is_removed(void **state)
{
	own(hash) h = hash_new();
	int one, two;
	bool ok = false;

	(void)state;
	assert_null(hash_find(h, slice_str("a")));
	assert_null(hash_remove(h, slice_str("a")));
	assert_null(hash_put(h, slice_str("a"), &one, &ok));
	assert_true(ok);
	assert_ptr_equal(hash_find(h, slice_str("a")), &one);
	assert_ptr_equal(hash_put(h, slice_str("a"), &two, NULL), &one);
	assert_int_equal(hash_count(h), 1);
	assert_null(hash_find(h, slice("a\0", 2))); /* length is part of the key */
	assert_null(hash_find(h, slice(NULL, 0)));
	assert_null(hash_put(h, slice(NULL, 0), &one, NULL));
	assert_ptr_equal(hash_find(h, slice("x", 0)), &one);
	assert_ptr_equal(hash_remove(h, slice_str("a")), &two);
	assert_null(hash_find(h, slice_str("a")));
	assert_int_equal(hash_count(h), 1);
}

static void keys_are_copied(void **state)
{
	own(hash) h = hash_new();
	char key[] = "spi-1";
	int v;

	(void)state;
	hash_put(h, slice_str(key), &v, NULL);
	key[4] = '2';
	assert_null(hash_find(h, slice_str("spi-2")));
	assert_ptr_equal(hash_find(h, slice_str("spi-1")), &v);
}

static void it_agrees_with_a_plain_table(void **state)
{
	static bool there[256];
	static int value[256];
	own(hash) h = hash_new();
	struct rng r = rng_seeded(11);
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint32_t k = rng_below(&r, 256);

		if (rng_below(&r, 2)) {
			assert_ptr_equal(hash_put(h, key_of(&k), &value[k], NULL),
					 there[k] ? &value[k] : NULL);
			count += !there[k];
			there[k] = true;
		} else {
			assert_ptr_equal(hash_remove(h, key_of(&k)), there[k] ? &value[k] : NULL);
			count -= there[k];
			there[k] = false;
		}
		assert_int_equal(hash_count(h), count);
	}
	for (uint32_t k = 0; k < 256; k++)
		assert_ptr_equal(hash_find(h, key_of(&k)), there[k] ? &value[k] : NULL);
}

struct walk {
	struct hash *h;
	uint8_t seen[MANY];
	size_t visits;
};

static void visit(void *arg, struct slice key, void *value)
{
	struct walk *w = arg;
	uint32_t k;

	memcpy(&k, key.at, sizeof(k));
	assert_ptr_equal(value, &w->seen[k]);
	w->seen[k]++;
	w->visits++;
	if (k % 2)
		assert_ptr_equal(hash_remove(w->h, key), value);
}

static void a_visitor_may_remove_what_it_stands_on(void **state)
{
	static struct walk w;
	own(hash) h = hash_new();

	(void)state;
	w.h = h;
	hash_each(h, visit, &w);
	assert_int_equal(w.visits, 0);
	for (uint32_t k = 0; k < MANY; k++)
		hash_put(h, key_of(&k), &w.seen[k], NULL);
	hash_each(h, visit, &w);
	for (uint32_t k = 0; k < MANY; k++) {
		assert_int_equal(w.seen[k], 1); /* each once, whatever went away beside it */
		assert_ptr_equal(hash_find(h, key_of(&k)), k % 2 ? NULL : &w.seen[k]);
	}
	assert_int_equal(hash_count(h), MANY / 2);
}

static void note_first(void *arg, struct slice key, void *value)
{
	uint32_t *order = value, **next = arg;

	(void)key;
	*(*next)++ = *order;
}

/* Two maps of the same keys are laid out differently, or the seed is not there. */
static void places_cannot_be_foretold(void **state)
{
	uint32_t keys[64], first[64], second[64], *next;
	own(hash) a = hash_new();
	own(hash) b = hash_new();

	(void)state;
	for (uint32_t k = 0; k < 64; k++) {
		keys[k] = k;
		hash_put(a, key_of(&keys[k]), &keys[k], NULL);
		hash_put(b, key_of(&keys[k]), &keys[k], NULL);
	}
	next = first;
	hash_each(a, note_first, &next);
	next = second;
	hash_each(b, note_first, &next);
	assert_memory_not_equal(first, second, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_known_answers),
		cmocka_unit_test(what_is_put_is_found_until_it_is_removed),
		cmocka_unit_test(keys_are_copied),
		cmocka_unit_test(it_agrees_with_a_plain_table),
		cmocka_unit_test(a_visitor_may_remove_what_it_stands_on),
		cmocka_unit_test(places_cannot_be_foretold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
