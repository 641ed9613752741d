/* The chain: every type, every length, every limit (T-STEP, T-SUB, T-LIMIT, T-CROSS). */
#include "tests/unit/wire/exact.h"

#include "core/wire/payload.h"

static const unsigned least[PL_COUNT] = {
#define PAYLOAD(code, name, v1, v2, least, rep) [PL_##code] = least,
#include "core/wire/payload.def"
#undef PAYLOAD
};
static const bool repeats[PL_COUNT] = {
#define PAYLOAD(code, name, v1, v2, least, rep) [PL_##code] = rep,
#include "core/wire/payload.def"
#undef PAYLOAD
};

static void add(struct wr *w, uint8_t next, size_t body)
{
	wr_u8(w, next);
	wr_u8(w, 0);
	wr_u16(w, (uint16_t)(body + 4));
	for (size_t i = 0; i < body; i++)
		wr_u8(w, (uint8_t)(0xa0 + i));
}

static enum reason read_all(struct wr *w, uint8_t first, struct chain *c)
{
	exact(e, w->at, w->n);
	struct fault f = { 0 };
	enum reason r = chain_read(look(&e), first, c, &f);

	assert_false(w->torn);
	assert_int_equal(r != R_OK, f.text[0] != '\0');
	return r;
}

static void an_honest_chain(void **state)
{
	uint8_t at[256];
	struct wr w = wr_of(at, sizeof(at));
	struct chain c;

	(void)state;
	add(&w, 10, 128); /* KE */
	add(&w, 13, 16); /* nonce */
	add(&w, 13, 8); /* vendor ids */
	add(&w, 0, 0);
	assert_int_equal(chain_read(wr_done(&w), 4, &c, NULL), R_OK);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.have, P(KE) | P(NONCE) | P(VID));
	assert_false(c.has_unknown);
	assert_int_equal(c.last_next, 0);
	assert_int_equal(c.all.n, w.n);
	assert_ptr_equal(chain_find(&c, PL_KE), &c.at[0]);
	assert_int_equal(c.at[0].body.n, 128);
	assert_int_equal(c.at[0].whole.n, 132);
	assert_ptr_equal(c.at[0].whole.at, at);
	assert_null(chain_find(&c, PL_SA));
	assert_ptr_equal(chain_find(&c, PL_VID), &c.at[2]);
	assert_ptr_equal(chain_next(&c, &c.at[2]), &c.at[3]);
	assert_null(chain_next(&c, &c.at[3]));
	assert_null(chain_next(&c, &c.at[0]));
}

static void empty_chains(void **state)
{
	struct chain c;

	(void)state;
	assert_int_equal(chain_read(slice(NULL, 0), 0, &c, NULL), R_OK);
	assert_int_equal(c.n, 0);
	assert_int_equal(c.all.n, 0);
	for (unsigned type = 1; type < 256; type++)
		assert_int_equal(chain_read(slice(NULL, 0), (uint8_t)type, &c, NULL), R_MALFORMED);
}

/* Each type with each body length around what is the least. */
static void every_type(void **state)
{
	(void)state;
	for (unsigned type = 1; type < 256; type++) {
		for (size_t body = 0; body <= 40; body++) {
			uint8_t at[64];
			struct wr w = wr_of(at, sizeof(at));
			struct chain c;

			add(&w, 0, body);
			enum reason r = read_all(&w, (uint8_t)type, &c);
			enum payload kind = c.n ? c.at[0].kind : PL_COUNT;

			if (r != R_OK)
				continue;
			assert_int_equal(c.n, 1);
			assert_int_equal(c.at[0].type, type);
			if (kind == PL_COUNT) {
				assert_int_equal(c.has_unknown, type < 128);
				assert_int_equal(c.have, 0);
				assert_string_equal(payload_word(type), "?");
			} else {
				assert_true(body >= least[kind]);
				assert_int_equal(payload_v1(kind), type);
				assert_int_equal(c.have, 1u << kind);
			}
		}
	}
	for (int k = 0; k < PL_COUNT; k++) {
		uint8_t at[64];
		struct wr w = wr_of(at, sizeof(at));
		struct chain c;

		if (least[k] == 0)
			continue;
		add(&w, 0, least[k] - 1);
		assert_int_equal(read_all(&w, payload_v1((enum payload)k), &c), R_MALFORMED);
		w = wr_of(at, sizeof(at));
		add(&w, 0, least[k]);
		assert_int_equal(read_all(&w, payload_v1((enum payload)k), &c), R_OK);
	}
}

/* One payload in 40 octets, its length field swept. */
static void every_length_field(void **state)
{
	(void)state;
	for (unsigned len = 0; len <= 65535; len = len == 100 ? 65500 : len + 1) {
		uint8_t at[40] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len, 1, 2, 3 };
		struct chain c;
		struct fault f = { 0 };

		exact(e, at, sizeof(at));
		enum reason r = chain_read(look(&e), 13, &c, &f);
		assert_int_equal(r, len < 4 || len > 40 ? R_MALFORMED : R_OK);
		if (r == R_OK)
			assert_int_equal(c.all.n, len);
	}
}

/* Every start of a chain, in an allocation of its size. */
static void every_cut(void **state)
{
	uint8_t at[128];
	struct wr w = wr_of(at, sizeof(at));
	struct chain c;

	(void)state;
	add(&w, 10, 20);
	add(&w, 13, 16);
	add(&w, 0, 9);
	for (size_t n = 0; n < w.n; n++) {
		exact(e, at, n);
		enum reason r = chain_read(look(&e), 4, &c, NULL);

		/* whole payloads, at most with zeros behind, look like a peer that forgot the 0 */
		bool one = n == 24, two = n >= 44 && n <= 47;

		assert_int_equal(r, one || two ? R_OK : R_MALFORMED);
		if (r == R_OK)
			assert_int_equal(c.last_next, one ? 10 : 13);
	}
}

static void limit_of_payloads(void **state)
{
	(void)state;
	for (int n = CHAIN_MAX - 1; n <= CHAIN_MAX + 1; n++) {
		uint8_t at[(CHAIN_MAX + 1) * 4];
		struct wr w = wr_of(at, sizeof(at));
		struct chain c;

		for (int i = 0; i < n; i++)
			add(&w, i + 1 < n ? 13 : 0, 0);
		assert_int_equal(read_all(&w, 13, &c), n > CHAIN_MAX ? R_BAD_PAYLOAD : R_OK);
		assert_int_equal(c.n, MIN_OF(n, (int)CHAIN_MAX));
	}
}

static void twice(void **state)
{
	(void)state;
	for (int k = 0; k < PL_COUNT; k++) {
		uint8_t at[64], type = payload_v1((enum payload)k);
		struct wr w = wr_of(at, sizeof(at));
		struct chain c;

		add(&w, type, 12);
		add(&w, 0, 12);
		assert_int_equal(read_all(&w, type, &c), repeats[k] ? R_OK : R_BAD_PAYLOAD);
	}
}

/* Padding behind the chain, and a last payload that names a type all the same. */
static void padding(void **state)
{
	(void)state;
	for (size_t zeros = 0; zeros < 40; zeros++) {
		for (unsigned next = 0; next < 2; next++) {
			uint8_t at[64];
			struct wr w = wr_of(at, sizeof(at));
			struct chain c;

			add(&w, next ? 8 : 0, 10);
			wr_zeros(&w, zeros);
			enum reason r = read_all(&w, 10, &c);

			assert_int_equal(r, next && zeros > 15 ? R_MALFORMED : R_OK);
			if (r == R_OK) {
				assert_int_equal(c.all.n, 14);
				assert_int_equal(c.last_next, next ? 8 : 0);
			}
		}
	}
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(payload_word(4), "key exchange");
	assert_int_equal(payload_v1(PL_COUNT), 0);
	assert_int_equal(payload_v1((enum payload)1000), 0);
	assert_string_equal(payload_word(0), "?");
	assert_string_equal(payload_word(UINT32_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_chain), cmocka_unit_test(empty_chains),
		cmocka_unit_test(every_type),      cmocka_unit_test(every_length_field),
		cmocka_unit_test(every_cut),       cmocka_unit_test(limit_of_payloads),
		cmocka_unit_test(twice),           cmocka_unit_test(padding),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
