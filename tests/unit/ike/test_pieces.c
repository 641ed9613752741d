/* test_pieces.c - messages in pieces: every order, loss and resend; lies, limits and what they cost */
#include "tests/unit/ike/bare.h"

#include "core/ike/pieces.h"

enum { EACH = 10, MILLION = 1000000 };

static struct engine *engine(void)
{
	static struct engine e;

	assert_true(e.pieces.octets == 0); /* the test before left nothing */
	memset(&e, 0, sizeof(e));
	list_init(&e.pieces.oldest);
	return &e;
}

static struct slice data_of(unsigned i)
{
	static uint8_t octets[256][EACH];

	memset(octets[i], (int)i, EACH);
	return slice(octets[i], EACH);
}

static struct piece nth(unsigned i, unsigned of)
{
	return (struct piece){ .message_id = 7,
			       .id = 1,
			       .exchange = 32,
			       .number = (uint8_t)i,
			       .last = i == of,
			       .data = data_of(i) };
}

/* True: that made the message whole, and it is the right one. */
static bool put(struct engine *e, struct pieces **slot, unsigned i, unsigned of)
{
	struct piece p = nth(i, of);
	own(bytes) whole = NULL;

	assert_int_equal(pieces_put(e, slot, &p, &whole, NULL), R_OK);
	if (!whole)
		return false;
	assert_null(*slot);
	for (unsigned k = 1; k <= of; k++)
		if (whole->n != of * EACH ||
		    memcmp(&whole->at[(k - 1) * EACH], data_of(k).at, EACH) != 0)
			return false; /* nothing but hashes can tell, later */
	return true;
}

static enum reason put_raw(struct engine *e, struct pieces **slot, const struct piece *p)
{
	own(bytes) whole = NULL;

	return pieces_put(e, slot, p, &whole, NULL);
}

static void permute(struct engine *e, unsigned *order, unsigned at, unsigned n)
{
	struct pieces *slot = NULL;

	if (at == n) {
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(put(e, &slot, order[i], n), i + 1 == n);
		return;
	}
	for (unsigned i = at; i < n; i++) {
		unsigned t = order[at];

		order[at] = order[i];
		order[i] = t;
		permute(e, order, at + 1, n);
		order[i] = order[at];
		order[at] = t;
	}
}

/* T-FRAG3's honest half. */
static void every_order_completes(void **state)
{
	struct engine *e = engine();
	unsigned order[6];

	(void)state;
	for (unsigned n = 1; n <= 6; n++) {
		for (unsigned i = 0; i < n; i++)
			order[i] = i + 1;
		permute(e, order, 0, n);
	}
	for (unsigned n = 7; n <= 255; n += 31) { /* backwards, and odd ones first */
		struct pieces *slot = NULL;

		for (unsigned i = n; i >= 1; i--)
			assert_int_equal(put(e, &slot, i, n), i == 1);
		for (unsigned i = 1; i <= n; i += 2)
			assert_false(put(e, &slot, i, n));
		for (unsigned i = 2; i <= n; i += 2)
			assert_int_equal(put(e, &slot, i, n), i + 2 > n);
	}
	assert_int_equal(e->pieces.octets, 0);
}

static void every_single_loss_and_a_full_resend_completes(void **state)
{
	struct engine *e = engine();

	(void)state;
	for (unsigned n = 2; n <= 16; n++) {
		for (unsigned lost = 1; lost <= n; lost++) {
			struct pieces *slot = NULL;
			unsigned whole = 0;

			for (unsigned i = 1; i <= n; i++)
				whole += i != lost && put(e, &slot, i, n);
			assert_int_equal(whole, 0);
			for (unsigned i = 1; i <= n; i++)
				whole += put(e, &slot, i, n);
			assert_int_equal(whole, 1);
			pieces_drop(&slot); /* what came after it was whole */
		}
	}
	assert_int_equal(e->pieces.octets, 0);
}

static void a_doubled_piece_is_one_piece(void **state)
{
	struct engine *e = engine();
	struct pieces *slot = NULL;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_false(put(e, &slot, 3, 3));
	for (unsigned i = 0; i < 3; i++)
		assert_false(put(e, &slot, 1, 3));
	assert_true(put(e, &slot, 2, 3));
}

/* T-FRAG1, T-FRAG2: each lie, and the honest message that comes after it all the same. */
static void lies_do_not_keep_the_honest_message_out(void **state)
{
	static const struct piece lies[] = {
		{ .message_id = 7,
		  .id = 1,
		  .exchange = 32,
		  .number = 0,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 7, .id = 1, .exchange = 32, .number = 1, .data = { NULL, 0 } },
		{ .message_id = 7,
		  .id = 1,
		  .exchange = 32,
		  .number = 1,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 7,
		  .id = 1,
		  .exchange = 32,
		  .number = 200,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 7,
		  .id = 1,
		  .exchange = 32,
		  .number = 2,
		  .last = true,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 7,
		  .id = 1,
		  .exchange = 32,
		  .number = 255,
		  .last = true,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 7,
		  .id = 0,
		  .exchange = 32,
		  .number = 3,
		  .last = true,
		  .data = { (void *)"x", 1 } },
		{ .message_id = 8,
		  .id = 1,
		  .exchange = 32,
		  .number = 2,
		  .data = { (void *)"x", 1 } },
	};
	struct engine *e = engine();

	(void)state;
	for (size_t l = 0; l < COUNT_OF(lies); l++) {
		for (unsigned when = 1; when <= 3; when++) {
			struct pieces *slot = NULL;
			unsigned whole = 0;

			for (unsigned i = 1; i <= 3; i++) {
				if (i == when)
					put_raw(e, &slot, &lies[l]);
				whole += put(e, &slot, i, 3);
			}
			for (unsigned i = 1; i <= 3 && !whole; i++)
				whole += put(e, &slot, i, 3);
			assert_int_equal(whole, 1);
			pieces_drop(&slot);
		}
	}
	assert_int_equal(e->pieces.octets, 0);
}

static void id_0_and_last_before_first_complete(void **state)
{
	struct engine *e = engine();
	struct pieces *slot = NULL;
	struct piece two = nth(2, 2), one = nth(1, 2);
	own(bytes) whole = NULL;

	(void)state;
	two.id = one.id = 0;
	assert_int_equal(pieces_put(e, &slot, &two, &whole, NULL), R_OK);
	assert_null(whole);
	assert_int_equal(pieces_put(e, &slot, &one, &whole, NULL), R_OK);
	assert_non_null(whole);
}

/* Half of one message under the same id must not reach into the next. */
static void another_message_under_the_same_id_takes_over(void **state)
{
	struct engine *e = engine();
	struct pieces *slot = NULL;
	struct piece old = nth(1, 3);
	unsigned whole = 0;

	(void)state;
	old.data = slice("an old one", 10);
	put_raw(e, &slot, &old);
	for (unsigned i = 1; i <= 3; i++)
		whole += put(e, &slot, i, 3);
	assert_int_equal(whole, 1);
}

static void one_message_takes_64_kb_at_most(void **state)
{
	static uint8_t octets[PIECES_EACH];
	struct engine *e = engine();
	struct pieces *slot = NULL;
	struct piece p = nth(1, 0);
	struct fault f = { 0 };
	struct bytes *whole;
	enum reason r = R_OK;
	unsigned i;

	(void)state;
	p.data = slice(octets, 1000);
	for (i = 1; i <= 255 && r == R_OK; i++) {
		p.number = (uint8_t)i;
		r = pieces_put(e, &slot, &p, &whole, &f);
		assert_true(e->pieces.octets <= PIECES_EACH);
	}
	assert_int_equal(r, R_BUSY);
	assert_in_range(i, 60, 66);
	assert_null(slot);
	assert_int_equal(e->pieces.octets, 0);
	p.number = 1;
	p.data = slice(octets, sizeof(octets));
	assert_int_equal(put_raw(e, &slot, &p), R_BUSY);
	p.data = slice(octets, 60000); /* its honest neighbour */
	assert_int_equal(put_raw(e, &slot, &p), R_OK);
	pieces_drop(&slot);
}

static void all_take_4_mb_at_most_and_the_oldest_goes(void **state)
{
	enum { OWNERS = 200 };
	static struct pieces *slots[OWNERS];
	static uint8_t octets[60000];
	struct engine *e = engine();
	struct piece p = nth(1, 0);
	unsigned left = 0;

	(void)state;
	p.data = slice(octets, sizeof(octets));
	for (unsigned i = 0; i < OWNERS; i++) {
		assert_int_equal(put_raw(e, &slots[i], &p), R_OK);
		assert_true(e->pieces.octets <= PIECES_ALL);
	}
	for (unsigned i = 0; i < OWNERS; i++)
		left += slots[i] != NULL;
	assert_in_range(left, 60, 70);
	assert_null(slots[0]);
	assert_non_null(slots[OWNERS - 1]);
	assert_int_equal(e->counters.dropped_busy, OWNERS - left);
	for (unsigned i = 0; i < OWNERS; i++)
		pieces_drop(&slots[i]);
	assert_int_equal(e->pieces.octets, 0);
}

/* P-34, T-FRAG3: whatever a million of them say, each touches a handful at most. */
static void a_million_hostile_pieces_are_constant_work_each(void **state)
{
	struct engine *e = engine();
	struct rng rng = rng_seeded(34);
	struct pieces *slots[4] = { NULL };
	static const char octets[64] = "hostile";

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		uint64_t before = e->pieces.steps;

		for (unsigned i = 0; i < MILLION / 4; i++) {
			uint32_t x = rng_u32(&rng);
			struct piece p = { .id = 1, .exchange = 32, .number = 1 };

			p.number = (uint8_t)(kind == 0 ? x : kind == 1 ? 255 : i);
			p.last = kind == 2 ? i % 255 == 254 : kind == 0 && x >> 30 == 0;
			p.id = (uint16_t)(kind == 1 ? i : 1);
			p.data = slice(octets, 1 + (x >> 8) % 63);
			put_raw(e, &slots[kind], &p);
			assert_true(e->pieces.octets <= PIECES_ALL);
		}
		assert_true(e->pieces.steps - before <= 3 * (MILLION / 4));
	}
	for (unsigned i = 0; i < 4; i++)
		pieces_drop(&slots[i]);
	assert_int_equal(e->pieces.octets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_completes),
		cmocka_unit_test(every_single_loss_and_a_full_resend_completes),
		cmocka_unit_test(a_doubled_piece_is_one_piece),
		cmocka_unit_test(lies_do_not_keep_the_honest_message_out),
		cmocka_unit_test(id_0_and_last_before_first_complete),
		cmocka_unit_test(another_message_under_the_same_id_takes_over),
		cmocka_unit_test(one_message_takes_64_kb_at_most),
		cmocka_unit_test(all_take_4_mb_at_most_and_the_oldest_goes),
		cmocka_unit_test(a_million_hostile_pieces_are_constant_work_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
