/* The SA payload: round trips, every length and value swept, every limit (T-REG, T-LIMIT,
 * T-STEP, T-SUB, T-PROTOS). */
#include "tests/unit/wire/exact.h"

#include <stdio.h>

#include "core/model/alg.h"
#include "core/wire/sa1.h"

enum { BIG = 20000 };

static struct sa1 phase1(void)
{
	static struct sa1 sa;

	memset(&sa, 0, sizeof(sa));
	sa.n = 1;
	sa.at[0] = (struct proposal1){ .number = 1, .protocol = PROTO_ISAKMP, .n = 2 };
	sa.transforms_n = 2;
	sa.transforms[0] = (struct transform1){
		.number = 1,
		.id = TRANSFORM_KEY_IKE,
		.a = { .encr = 7,
		       .hash = 4,
		       .auth_method = 1,
		       .group = 14,
		       .key_bits = 256,
		       .life_seconds = 86400 },
	};
	sa.transforms[1] = (struct transform1){
		.number = 2,
		.id = TRANSFORM_KEY_IKE,
		.a = { .encr = 5,
		       .hash = 2,
		       .auth_method = 3,
		       .group = 2,
		       .life_seconds = 65535,
		       .life_kilobytes = 65536 },
	};
	return sa;
}

static struct sa1 phase2(const uint8_t *spi)
{
	static struct sa1 sa;

	memset(&sa, 0, sizeof(sa));
	sa.n = 2;
	sa.at[0] = (struct proposal1){
		.number = 1, .protocol = PROTO_ESP, .spi = slice(spi, 4), .first = 0, .n = 1
	};
	sa.at[1] = (struct proposal1){
		.number = 1, .protocol = PROTO_AH, .spi = slice(spi, 4), .first = 1, .n = 1
	};
	sa.transforms_n = 2;
	sa.transforms[0] = (struct transform1){
		.number = 1,
		.id = 12,
		.a = { .key_bits = 128,
		       .auth_alg = 2,
		       .encap = ENCAP_UDP_TUNNEL_DRAFT,
		       .group = 14,
		       .life_seconds = 3600,
		       .life_kilobytes = 1843200 },
	};
	sa.transforms[1] = (struct transform1){ .number = 1,
						.id = 3,
						.a = { .auth_alg = 2, .encap = ENCAP_TUNNEL } };
	return sa;
}

static void assert_same(const struct sa1 *a, const struct sa1 *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->transforms_n, b->transforms_n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->at[i].number, b->at[i].number);
		assert_int_equal(a->at[i].protocol, b->at[i].protocol);
		assert_int_equal(a->at[i].first, b->at[i].first);
		assert_int_equal(a->at[i].n, b->at[i].n);
		assert_true(slice_equal(a->at[i].spi, b->at[i].spi));
	}
	assert_memory_equal(a->transforms, b->transforms,
			    a->transforms_n * sizeof(a->transforms[0]));
}

static size_t written(const struct sa1 *sa, uint8_t *at, size_t cap)
{
	struct wr w = wr_of(at, cap);

	sa1_write(&w, sa);
	return wr_done(&w).n;
}

static void round_trip(const struct sa1 *sa)
{
	static uint8_t at[BIG], again[BIG];
	struct sa1 back;
	size_t n = written(sa, at, sizeof(at));

	assert_true(n > 0);
	assert_int_equal(sa1_read(slice(at, n), &back, NULL), R_OK);
	assert_same(&back, sa);
	assert_int_equal(written(&back, again, sizeof(again)), n);
	assert_memory_equal(at, again, n);
}

static void comes_back(void **state)
{
	static const uint8_t spi[4] = { 0xde, 0xad, 0xbe, 0xef };
	struct sa1 sa = phase1();

	(void)state;
	round_trip(&sa);
	sa = phase2(spi);
	round_trip(&sa);
}

/* RFC 2408 section 4.2.1's shape, as an initiator in the wild wrote it. */
static void a_real_one(void **state)
{
	own(bytes) body = bytes_of_hex("00000001000000010000002c0001000100000024000100008001000780"
				       "0e0080800200028004000280030001800b0001800c7080");
	struct sa1 sa;
	char text[120];

	(void)state;
	assert_int_equal(sa1_read(slice_of(body), &sa, NULL), R_OK);
	assert_int_equal(sa.n, 1);
	assert_int_equal(sa.transforms_n, 1);
	assert_int_equal(sa.transforms[0].a.encr, 7);
	assert_int_equal(sa.transforms[0].a.key_bits, 128);
	assert_false(sa.transforms[0].a.odd);
	assert_string_equal(transform1_text(&sa.transforms[0], PROTO_ISAKMP, text, sizeof(text)),
			    "aes-cbc-128/sha1/modp1024/psk 28800 s");
}

static void texts(void **state)
{
	static const uint8_t spi[4];
	struct sa1 sa = phase1();
	char text[120];

	(void)state;
	assert_string_equal(transform1_text(&sa.transforms[0], PROTO_ISAKMP, text, sizeof(text)),
			    "aes-cbc-256/sha256/modp2048/psk 86400 s");
	sa = phase2(spi);
	sa.transforms[0].a.encap = ENCAP_TUNNEL;
	sa.transforms[0].a.life_kilobytes = 0;
	assert_string_equal(transform1_text(&sa.transforms[0], PROTO_ESP, text, sizeof(text)),
			    "aes-cbc-128/sha1/tunnel modp2048 3600 s");
}

/* Any numbers and any room: never beyond it, always ended, and 120 are enough (T-ENUM). */
static void texts_of_anything(void **state)
{
	(void)state;
	for (unsigned v = 0; v <= 65535; v += v < 300 || v > 61400 ? 1 : 97) {
		struct transform1 t = {
			.number = 1,
			.id = (uint8_t)v,
			.a = { (uint16_t)v, (uint16_t)v, (uint16_t)v, (uint16_t)v, (uint16_t)v,
			       (uint16_t)v, (uint16_t)v, UINT32_MAX, UINT32_MAX, true },
		};

		for (uint8_t protocol = 0; protocol < 6; protocol++) {
			char whole[120];

			transform1_text(&t, protocol, whole, sizeof(whole));
			assert_true(strlen(whole) > 4 && strlen(whole) < 119);
			assert_string_equal(whole + strlen(whole) - 4, " odd");
			for (size_t cap = 0; cap < 4; cap++) {
				exact(room, whole, cap);
				transform1_text(&t, protocol, (char *)room.at, cap);
				if (cap)
					assert_true(memchr(room.at, 0, cap) != NULL);
			}
		}
	}
}

/* A phase 1 or phase 2 payload of one transform with the attributes given in hex. */
static enum reason with_attributes(unsigned protocol, unsigned id, const char *hex, struct sa1 *ret)
{
	own(bytes) attrs = bytes_of_hex(hex);
	uint8_t at[512];
	struct wr w = wr_of(at, sizeof(at));

	assert_non_null(attrs);
	wr_u32(&w, 1);
	wr_u32(&w, 1);
	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(16 + attrs->n));
	wr_u8(&w, 1);
	wr_u8(&w, (uint8_t)protocol);
	wr_u8(&w, 0);
	wr_u8(&w, 1);
	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(8 + attrs->n));
	wr_u8(&w, 1);
	wr_u8(&w, (uint8_t)id);
	wr_u16(&w, 0);
	wr_slice(&w, slice_of(attrs));
	exact(e, at, w.n);
	return sa1_read(look(&e), ret, NULL);
}

static bool is_odd(unsigned protocol, unsigned id, const char *hex)
{
	struct sa1 sa;

	assert_int_equal(with_attributes(protocol, id, hex, &sa), R_OK);
	return sa.transforms[0].a.odd;
}

/* Only what a register knows is not odd, of all values there are. */
static void every_value(void **state)
{
	(void)state;
	for (unsigned v = 0; v <= 65535; v++) {
		char hex[24];
		const bool phase1_known[] = {
			[1] = alg_encr_of_v1_ike(v) != ENCR_NONE,
			[2] = alg_integ_of_v1_hash(v) != INTEG_NONE,
			[3] = v == AUTH_PSK || v == AUTH_RSA_SIG,
			[4] = alg_group_of_number(v) != GROUP_NONE,
			[11] = v == 1 || v == 2,
			[14] = v != 0,
		};
		const bool phase2_known[] = {
			[1] = v == 1 || v == 2,
			[3] = alg_group_of_number(v) != GROUP_NONE,
			[4] = (v >= 1 && v <= 4) || v == 61443 || v == 61444,
			[5] = alg_integ_of_v1_auth(v) != INTEG_NONE,
			[6] = v == 128 || v == 192 || v == 256,
		};

		for (unsigned c = 1; c <= 16; c++) {
			if (c == 12)
				continue;
			snprintf(hex, sizeof(hex), "80%02x%04x", c, v);
			assert_int_equal(is_odd(PROTO_ISAKMP, 1, hex),
					 !(c < COUNT_OF(phase1_known) && phase1_known[c]));
			if (c == 2)
				continue;
			assert_int_equal(is_odd(PROTO_ESP, 12, hex),
					 !(c < COUNT_OF(phase2_known) && phase2_known[c]));
		}
	}
}

static void every_class(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x8000; c++) {
		char hex[24];
		struct sa1 sa;

		snprintf(hex, sizeof(hex), "%04x0001", c | 0x8000);
		assert_int_equal(with_attributes(PROTO_ISAKMP, 1, hex, &sa), R_OK);
		if (c > 14 || c == 0)
			assert_true(sa.transforms[0].a.odd);
		snprintf(hex, sizeof(hex), "%04x0000", c);
		assert_true(is_odd(PROTO_ISAKMP, 1, hex));
	}
}

static void odd_attributes(void **state)
{
	struct sa1 sa;

	(void)state;
	/* twice; a duration without its type; type and duration; both kinds; a third */
	assert_true(is_odd(PROTO_ISAKMP, 1, "80010007 80010007"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "800c7080"));
	assert_false(is_odd(PROTO_ISAKMP, 1, "800b0001 800c7080"));
	assert_false(is_odd(PROTO_ISAKMP, 1, "800b0001 800c7080 800b0002 800c7080"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "800b0001 800c7080 800b0001 800c7080"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "800b0001 800c7080 800c7080"));
	/* AES with a length it cannot have; 3DES with one it has, and one it has not */
	assert_true(is_odd(PROTO_ISAKMP, 1, "80010007 800e0080 800e0100"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "80010007 800e0090"));
	assert_false(is_odd(PROTO_ISAKMP, 1, "80010005 800e00c0"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "80010005 800e0080"));
	assert_true(is_odd(PROTO_ESP, 12, "80060081"));
	/* the long form: of a duration, of an algorithm, too large, empty, very long */
	assert_false(is_odd(PROTO_ISAKMP, 1, "800b0001 000c0004 00015180"));
	assert_false(is_odd(PROTO_ISAKMP, 1, "00010002 0007 00020004 00000002"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "00010004 00010007"));
	assert_true(is_odd(PROTO_ISAKMP, 1, "800b0001 000c0000"));
	assert_int_equal(
		with_attributes(PROTO_ISAKMP, 1, "800b0001 000c0009 000000000100000000", &sa),
		R_OK);
	assert_int_equal(sa.transforms[0].a.life_seconds, UINT32_MAX);
	assert_int_equal(
		with_attributes(PROTO_ISAKMP, 1, "800b0001 000c0009 0000000000fffffffe", &sa),
		R_OK);
	assert_int_equal(sa.transforms[0].a.life_seconds, 0xfffffffe);
	assert_false(sa.transforms[0].a.odd);
}

/* Each octet of the lengths in a good payload replaced by each value: never a crash, and what
 * is accepted writes back to something that reads as the same. */
static void every_length(const struct sa1 *sa)
{
	static uint8_t at[BIG], again[BIG];
	size_t n = written(sa, at, sizeof(at));

	for (size_t i = 0; i < n; i++) {
		uint8_t was = at[i];

		for (unsigned v = 0; v < 256; v++) {
			struct sa1 got, back;

			at[i] = (uint8_t)v;
			exact(e, at, n);
			if (sa1_read(look(&e), &got, NULL) != R_OK)
				continue;
			size_t m = written(&got, again, sizeof(again));
			assert_true(m > 0);
			assert_int_equal(sa1_read(slice(again, m), &back, NULL), R_OK);
			for (size_t k = 0; k < got.transforms_n; k++)
				back.transforms[k].a.odd = got.transforms[k].a.odd;
			assert_same(&back, &got);
		}
		at[i] = was;
	}
	for (size_t cut = 0; cut < n; cut++) {
		struct sa1 got;

		exact(e, at, cut);
		assert_int_equal(sa1_read(look(&e), &got, NULL), R_MALFORMED);
	}
	for (size_t more = 1; more < 20; more++) {
		struct sa1 got;

		assert_int_equal(sa1_read(slice(at, n + more), &got, NULL), R_MALFORMED);
	}
}

static void every_octet(void **state)
{
	static const uint8_t spi[4] = { 1, 2, 3, 4 };
	struct sa1 sa = phase1();

	(void)state;
	every_length(&sa);
	sa = phase2(spi);
	every_length(&sa);
}

/* The three length fields and the attribute's, over their ranges. */
static void every_length_field(void **state)
{
	static uint8_t at[BIG];
	static const size_t fields[] = { 8 + 2, 8 + 8 + 2 };
	struct sa1 sa = phase1();
	size_t n = written(&sa, at, sizeof(at));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		uint8_t high = at[fields[i]], low = at[fields[i] + 1];

		for (unsigned v = 0; v <= 65535; v = v == 120 ? 65500 : v + 1) {
			struct sa1 got;

			at[fields[i]] = (uint8_t)(v >> 8);
			at[fields[i] + 1] = (uint8_t)v;
			exact(e, at, n);
			assert_int_equal(sa1_read(look(&e), &got, NULL),
					 v == (unsigned)(high << 8 | low) ? R_OK : R_MALFORMED);
		}
		at[fields[i]] = high;
		at[fields[i] + 1] = low;
	}
	for (unsigned v = 0; v <= 65535; v++) {
		char hex[32];
		struct sa1 got;

		snprintf(hex, sizeof(hex), "000c%04x01020304", v);
		enum reason r = with_attributes(PROTO_ISAKMP, 1, hex, &got);
		/* 0: what follows is an attribute of its own, 4 fits */
		assert_int_equal(r, v == 4 ? R_OK : R_MALFORMED);
	}
}

static size_t many(uint8_t *at, unsigned proposals, unsigned transforms, unsigned claimed)
{
	struct wr w = wr_of(at, BIG);

	wr_u32(&w, 1);
	wr_u32(&w, 1);
	for (unsigned p = 0; p < proposals; p++) {
		wr_u16(&w, p + 1 < proposals ? 0x0200 : 0);
		wr_u16(&w, (uint16_t)(8 + 8 * transforms));
		wr_u8(&w, (uint8_t)(p + 1));
		wr_u8(&w, PROTO_ESP);
		wr_u8(&w, 0);
		wr_u8(&w, (uint8_t)claimed);
		for (unsigned t = 0; t < transforms; t++) {
			wr_u16(&w, t + 1 < transforms ? 0x0300 : 0);
			wr_u16(&w, 8);
			wr_u8(&w, (uint8_t)(t + 1));
			wr_u8(&w, 12);
			wr_u16(&w, 0);
		}
	}
	assert_false(w.torn);
	return w.n;
}

static void limits(void **state)
{
	static uint8_t at[BIG];
	struct sa1 sa;

	(void)state;
	for (unsigned n = SA1_PROPOSALS - 1; n <= SA1_PROPOSALS + 1; n++)
		assert_int_equal(sa1_read(slice(at, many(at, n, 1, 1)), &sa, NULL),
				 n > SA1_PROPOSALS ? R_MALFORMED : R_OK);
	for (unsigned n = SA1_TRANSFORMS - 1; n <= SA1_TRANSFORMS + 1; n++)
		assert_int_equal(sa1_read(slice(at, many(at, 1, n, n)), &sa, NULL),
				 n > SA1_TRANSFORMS ? R_MALFORMED : R_OK);
	for (unsigned n = 0; n < 256; n++)
		assert_int_equal(sa1_read(slice(at, many(at, 1, 3, n)), &sa, NULL),
				 n == 3 ? R_OK : R_MALFORMED);
	assert_int_equal(sa1_read(slice(at, many(at, 1, 0, 0)), &sa, NULL), R_MALFORMED);
	assert_int_equal(sa1_read(slice(at, many(at, 0, 0, 0)), &sa, NULL), R_MALFORMED);
}

static void doi_and_situation(void **state)
{
	static uint8_t at[BIG];
	size_t n = many(at, 1, 1, 1);
	struct sa1 sa;

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		at[3] = (uint8_t)v;
		assert_int_equal(sa1_read(slice(at, n), &sa, NULL), v == 1 ? R_OK : R_MALFORMED);
		at[3] = 1;
		at[7] = (uint8_t)v;
		assert_int_equal(sa1_read(slice(at, n), &sa, NULL), v == 1 ? R_OK : R_MALFORMED);
		at[7] = 1;
	}
}

/* Whatever cannot be said tears the writer, and so does a buffer one octet too small. */
static void writer_tears(void **state)
{
	static uint8_t at[BIG], spi[256];
	struct sa1 sa = phase1();
	size_t n = written(&sa, at, sizeof(at));

	(void)state;
	for (size_t cap = 0; cap < n; cap++) {
		exact(room, at, cap);
		assert_int_equal(written(&sa, room.at, cap), 0);
	}
	sa.at[0].spi = slice(spi, 255);
	assert_true(written(&sa, at, sizeof(at)) > 0);
	sa.at[0].spi = slice(spi, 256);
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
	sa = phase1();
	sa.at[0].n = 3;
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
	sa.at[0].n = 0;
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
	sa.at[0].n = 1;
	sa.at[0].first = SIZE_MAX;
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
	sa.n = 0;
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
	sa.n = SA1_PROPOSALS + 1;
	assert_int_equal(written(&sa, at, sizeof(at)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(a_real_one),
		cmocka_unit_test(texts),
		cmocka_unit_test(texts_of_anything),
		cmocka_unit_test(every_value),
		cmocka_unit_test(every_class),
		cmocka_unit_test(odd_attributes),
		cmocka_unit_test(every_octet),
		cmocka_unit_test(every_length_field),
		cmocka_unit_test(limits),
		cmocka_unit_test(doi_and_situation),
		cmocka_unit_test(writer_tears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
