/* A first message of IKEv2: read back octet by octet as RFC 7296 wants it, and which answers count. */
#include "tests/unit/wire/exact.h"

#include "core/model/alg.h"
#include "core/wire/hello2.h"

static const uint8_t cky[COOKIE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t key[HELLO2_KEY] = { 9 };
static const uint8_t nonce[32] = { 7 };

static struct slice hello(uint8_t *at, size_t cap)
{
	struct wr w = wr_of(at, cap);

	hello2_write(&w, cky, slice(key, sizeof(key)), slice(nonce, sizeof(nonce)));
	return wr_done(&w);
}

/* Transforms of this type in the proposal, which must be whole and end with the last. */
static unsigned count_transforms(struct rd sa, unsigned type, unsigned claimed)
{
	unsigned n = 0, all = 0;
	bool more = true;

	while (more) {
		more = rd_u8(&sa) == 3;
		rd_u8(&sa);
		size_t len = rd_u16(&sa);
		unsigned t = rd_u8(&sa);

		rd_u8(&sa);
		assert_int_not_equal(rd_u16(&sa), 0);
		if (len == 12) {
			assert_int_equal(rd_u16(&sa), 0x800e);
			assert_int_equal(rd_u16(&sa) % 64, 0);
		}
		n += t == type;
		all++;
	}
	assert_false(sa.torn);
	assert_int_equal(rd_left(&sa), 0);
	assert_int_equal(all, claimed);
	return n;
}

static void it_is_a_whole_message(void **state)
{
	uint8_t at[2048];
	struct slice s = hello(at, sizeof(at));
	struct rd r = rd_of(s), sa;
	struct header h;

	(void)state;
	assert_int_equal(header_read(s, &h, NULL), R_OK);
	assert_int_equal(h.length, s.n);
	assert_int_equal(h.version, VERSION_2);
	assert_int_equal(h.exchange, XCHG_IKE_SA_INIT);
	assert_int_equal(h.flags, 8);
	assert_int_equal(h.next, 33);
	assert_memory_equal(h.cky_i, cky, sizeof(cky));
	assert_true(s.n < 1280);

	rd_take(&r, HEADER_SIZE);
	assert_int_equal(rd_u8(&r), 34); /* KE follows */
	rd_u8(&r);
	sa = rd_sub(&r, rd_u16(&r) - 4u);
	assert_int_equal(rd_u16(&sa), 0); /* the only proposal */
	size_t whole = rd_left(&sa) + 2;

	assert_int_equal(rd_u16(&sa), whole);
	assert_int_equal(rd_u32(&sa) >> 8, 0x010100);
	unsigned claimed = at[HEADER_SIZE + 4 + 7];

	assert_int_equal(count_transforms(sa, 1, claimed), 5);
	assert_int_equal(count_transforms(sa, 2, claimed), INTEG_COUNT - 1);
	assert_int_equal(count_transforms(sa, 3, claimed), INTEG_COUNT - 1);
	assert_int_equal(count_transforms(sa, 4, claimed), GROUP_COUNT - 1);

	assert_int_equal(rd_u8(&r), 40); /* the nonce follows */
	rd_u8(&r);
	assert_int_equal(rd_u16(&r), 8 + HELLO2_KEY);
	assert_int_equal(rd_u16(&r), 31);
	rd_take(&r, 2 + HELLO2_KEY);
	assert_int_equal(rd_u8(&r), 0);
	rd_u8(&r);
	assert_int_equal(rd_u16(&r), 4 + sizeof(nonce));
	rd_take(&r, sizeof(nonce));
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.torn);
}

static void too_little_room_tears(void **state)
{
	uint8_t at[2048];
	size_t whole = hello(at, sizeof(at)).n;

	(void)state;
	for (size_t cap = 0; cap < whole; cap++)
		assert_int_equal(hello(at, cap).n, 0);
}

static void what_counts_as_an_answer(void **state)
{
	static const struct {
		uint8_t next, version, exchange, flags;
		uint16_t type;
		bool spoken;
	} cases[] = {
		{ 33, 0x20, 34, 0x20, 0, true },
		{ 41, 0x20, 34, 0x20, 17, true }, /* INVALID_KE_PAYLOAD */
		{ 41, 0x20, 34, 0x20, 14, false }, /* NO_PROPOSAL_CHOSEN */
		{ 41, 0x20, 34, 0x20, 16390, false }, /* COOKIE */
		{ 33, 0x10, 34, 0x20, 0, false },
		{ 33, 0x20, 35, 0x20, 0, false },
		{ 33, 0x20, 34, 0x08, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct header h = { .next = cases[i].next,
				    .version = cases[i].version,
				    .exchange = cases[i].exchange,
				    .flags = cases[i].flags };
		uint8_t at[HEADER_SIZE + 8] = { 0 };

		at[HEADER_SIZE + 6] = (uint8_t)(cases[i].type >> 8);
		at[HEADER_SIZE + 7] = (uint8_t)cases[i].type;
		assert_int_equal(hello2_is_spoken(slice(at, sizeof(at)), &h), cases[i].spoken);
		if (cases[i].next == 41) /* and cut short it is nothing */
			assert_false(hello2_is_spoken(slice(at, HEADER_SIZE + 7), &h));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_whole_message),
		cmocka_unit_test(too_little_room_tears),
		cmocka_unit_test(what_counts_as_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
