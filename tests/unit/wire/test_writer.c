/* The writer: what it builds reads back, in any room, with any padding. */
#include "tests/unit/wire/exact.h"

#include "core/wire/writer.h"

static const struct header head = {
	.cky_i = { 1 }, .next = 77, .version = VERSION_1, .exchange = XCHG_MAIN, .length = 12345
};

static struct slice build(struct writer *w, uint8_t *at, size_t cap, unsigned block)
{
	struct wr *b;

	writer_start(w, at, cap, &head);
	b = writer_payload(w, PL_KE);
	wr_zeros(b, 10);
	b = writer_payload(w, PL_NONCE);
	wr_zeros(b, 8);
	writer_payload_type(w, 131);
	wr_zeros(&w->wr, 8);
	b = writer_payload(w, PL_VID);
	wr_u8(b, 9);
	return writer_done(w, block);
}

static void reads_back(void **state)
{
	(void)state;
	for (unsigned block = 0; block <= 16; block++) {
		uint8_t at[200];
		struct writer w;
		struct header h;
		struct chain c;
		struct slice datagram = build(&w, at, sizeof(at), block);
		struct rd r = rd_of(datagram);

		assert_int_equal(header_read(datagram, &h, NULL), R_OK);
		assert_int_equal(h.length, datagram.n);
		assert_int_equal(h.next, 4);
		if (block)
			assert_int_equal((datagram.n - HEADER_SIZE) % block, 0);
		assert_true(datagram.n - HEADER_SIZE - 43 < (block ? block : 1));
		rd_take(&r, HEADER_SIZE);
		assert_int_equal(chain_read(rd_rest(&r), h.next, &c, NULL), R_OK);
		assert_int_equal(c.n, 4);
		assert_int_equal(c.at[0].body.n, 10);
		assert_int_equal(c.at[1].body.n, 8);
		assert_int_equal(c.at[2].kind, PL_NATOA_D);
		assert_int_equal(c.at[3].body.n, 1);
		assert_int_equal(c.last_next, 0);
		assert_int_equal(c.all.n, 43);
	}
}

static void any_room(void **state)
{
	uint8_t at[200];
	struct writer w;
	size_t n = build(&w, at, sizeof(at), 16).n;

	(void)state;
	for (size_t cap = 0; cap <= n; cap++) {
		exact(room, at, cap);
		struct slice got = build(&w, room.at, cap, 16);

		assert_int_equal(got.n, cap < n ? 0 : n);
	}
	assert_int_equal(build(&w, NULL, 0, 8).n, 0);
}

static void nothing_inside(void **state)
{
	uint8_t at[64];
	struct writer w;
	struct header h;
	struct slice datagram;

	(void)state;
	writer_start(&w, at, sizeof(at), &head);
	assert_int_equal(writer_at(&w), HEADER_SIZE);
	datagram = writer_done(&w, 8);
	assert_int_equal(datagram.n, HEADER_SIZE);
	assert_int_equal(header_read(datagram, &h, NULL), R_OK);
	assert_int_equal(h.next, 0);
}

/* A HASH covers the chain behind it, which is closed by asking. */
static void chain_for_a_hash(void **state)
{
	uint8_t at[200];
	struct writer w;
	struct wr *b;
	struct slice rest;

	(void)state;
	writer_start(&w, at, sizeof(at), &head);
	b = writer_payload(&w, PL_HASH);
	wr_zeros(b, 20);
	size_t from = writer_at(&w);
	assert_int_equal(from, HEADER_SIZE + 24);
	b = writer_payload(&w, PL_NONCE);
	wr_zeros(b, 16);
	rest = writer_chain(&w, from);
	assert_int_equal(rest.n, 20);
	assert_ptr_equal(rest.at, &at[from]);
	assert_int_equal(rest.at[3], 20);
	assert_int_equal(writer_chain(&w, w.wr.n).n, 0);
	assert_int_equal(writer_chain(&w, w.wr.n + 1).n, 0);
	assert_int_equal(writer_done(&w, 8).n, HEADER_SIZE + 48);
}

static void largest_payload(void **state)
{
	static uint8_t at[70000];

	(void)state;
	for (size_t n = 65530; n <= 65533; n++) {
		struct writer w;

		writer_start(&w, at, sizeof(at), &head);
		wr_zeros(writer_payload(&w, PL_VID), n);
		assert_int_equal(writer_done(&w, 0).n > 0, n <= 65531);
	}
}

static void no_payload_of_no_type(void **state)
{
	uint8_t at[64];
	struct writer w;

	(void)state;
	writer_start(&w, at, sizeof(at), &head);
	writer_payload(&w, PL_COUNT);
	assert_int_equal(writer_done(&w, 0).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back),      cmocka_unit_test(any_room),
		cmocka_unit_test(nothing_inside),  cmocka_unit_test(chain_for_a_hash),
		cmocka_unit_test(largest_payload), cmocka_unit_test(no_payload_of_no_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
