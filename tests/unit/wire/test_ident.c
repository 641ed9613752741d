/* Identities: shapes, every type and length, masks, printing (T-ID, T-DN, T-ENUM, T-TEXT). */
#include "tests/unit/wire/exact.h"

#include <stdio.h>

#include "core/wire/ident.h"

static enum reason read_hex(const char *hex, struct ident *ret, struct bytes **ret_body)
{
	*ret_body = bytes_of_hex(hex);
	assert_non_null(*ret_body);
	return ident_read(slice_of(*ret_body), ret, NULL);
}

static void says(const char *hex, const char *text)
{
	own(bytes) body = NULL;
	struct ident id;
	uint8_t again[300];
	struct wr w = wr_of(again, sizeof(again));
	char got[200];

	assert_int_equal(read_hex(hex, &id, &body), R_OK);
	assert_string_equal(ident_text(&id, got, sizeof(got)), text);
	ident_write(&w, &id);
	assert_true(slice_equal(wr_done(&w), slice_of(body)));
}

static void texts(void **state)
{
	(void)state;
	says("01000000 0a000301", "address 10.0.3.1");
	says("011101f4 0a000301", "address 10.0.3.1 udp/500");
	says("02000000 6272616e63682e6578616d706c65", "fqdn branch.example");
	says("03000000 6140622e63", "user_fqdn a@b.c");
	says("04060050 0a010000 ffff0000", "subnet 10.1.0.0/16 tcp/80");
	says("04000000 0a010000 ff00ff00", "subnet 10.1.0.0/255.0.255.0");
	says("05000000 20010db8000000000000000000000001", "address 2001:db8::1");
	says("06000000 20010db8000000000000000000000000 ffffffff000000000000000000000000",
	     "subnet 2001:db8::/32");
	says("07010000 0a000001 0a000009", "range 10.0.0.1-10.0.0.9 icmp");
	says("092f0000 3003", "dn 3003 47");
	says("0b000000 0a1b5b4100ff22", "key_id \\x0a\\x1b[A\\x00\\xff\"");
	says("02000001 61", "fqdn a 0/1");
}

/* Every type and every length: what is accepted has its shape. */
static void every_shape(void **state)
{
	static const struct {
		uint8_t type;
		size_t n;
	} fixed[] = { { 1, 4 }, { 4, 8 }, { 5, 16 }, { 6, 32 }, { 7, 8 }, { 8, 32 } };

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (size_t n = 0; n <= 80; n++) {
			uint8_t at[80] = { (uint8_t)type };
			struct ident id;
			struct range range;
			struct fault f = { 0 };
			char text[400];
			size_t want = 0;

			exact(e, at, n);
			for (size_t i = 0; i < COUNT_OF(fixed); i++)
				if (fixed[i].type == type)
					want = fixed[i].n;
			enum reason r = ident_read(look(&e), &id, &f);
			bool is_known = type >= 1 && type <= 11;
			bool fits = n >= 4 && (want ? n == 4 + want : n > 4);

			if (n < 4)
				assert_int_equal(r, R_MALFORMED);
			else if (!is_known)
				assert_int_equal(r, R_BAD_ID);
			else
				assert_int_equal(r, fits ? R_OK : R_MALFORMED);
			if (r != R_OK)
				continue;
			assert_true(strlen(ident_text(&id, text, sizeof(text))) > 3);
			assert_int_equal(ident_range(&id, &range), want != 0);
		}
	}
}

/* As if the shape had not been checked: any struct prints and covers nothing it should not. */
static void any_struct(void **state)
{
	static const uint8_t data[40] = { 0xff, 0x80, 0x20 };

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (size_t n = 0; n <= sizeof(data); n++) {
			struct ident id = { (uint8_t)type, 255, 65535, slice(data, n) };
			struct range range;
			char said[300];

			ident_range(&id, &range);
			ident_text(&id, said, sizeof(said));
			assert_true(strlen(said) > 0);
			for (size_t cap = 0; cap < 8; cap++) {
				exact(room, data, cap);
				ident_text(&id, (char *)room.at, cap);
				if (cap)
					assert_true(memchr(room.at, 0, cap) != NULL);
			}
		}
		assert_true(ident_type_word(type)[0] != '\0');
	}
	assert_string_equal(ident_type_word(UINT32_MAX), "?");
}

static void long_names(void **state)
{
	static uint8_t at[65535];

	(void)state;
	memset(at, 0xff, sizeof(at));
	at[0] = ID_FQDN;
	for (size_t n = 5; n <= sizeof(at); n += n < 300 ? 1 : 4999) {
		struct ident id;
		char text[64];

		exact(e, at, n);
		assert_int_equal(ident_read(look(&e), &id, NULL), R_OK);
		ident_text(&id, text, sizeof(text));
		assert_true(strlen(text) < sizeof(text));
	}
}

/* Every mask of up to 32 bits with every hole. */
static void masks(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 32; bits++) {
		uint32_t mask = bits ? UINT32_MAX << (32 - bits) : 0;

		for (unsigned hole = 0; hole <= 32; hole++) {
			uint32_t m = hole < 32 ? mask ^ 1u << hole : mask;
			bool whole = (m & (~m >> 1)) == 0 && (~m & (~m + 1)) == 0;
			uint8_t at[8] = { 10,
					  1,
					  2,
					  3,
					  (uint8_t)(m >> 24),
					  (uint8_t)(m >> 16),
					  (uint8_t)(m >> 8),
					  (uint8_t)m };
			struct ident id = { ID_IPV4_SUBNET, 0, 0, slice(at, 8) };
			struct range range;

			assert_int_equal(ident_range(&id, &range), whole);
			if (!whole)
				continue;
			uint32_t low = 0x0a010203 & m, high = low | ~m;
			char text[ADDR_TEXT], want[32];

			snprintf(want, sizeof(want), "%u.%u.%u.%u", low >> 24, low >> 16 & 255,
				 low >> 8 & 255, low & 255);
			assert_string_equal(addr_text(&range.low, text), want);
			snprintf(want, sizeof(want), "%u.%u.%u.%u", high >> 24, high >> 16 & 255,
				 high >> 8 & 255, high & 255);
			assert_string_equal(addr_text(&range.high, text), want);
		}
	}
}

static void writes(const char *range_text, int type, size_t n)
{
	struct range r, back;
	uint8_t at[64];
	struct wr w = wr_of(at, sizeof(at));
	struct ident id;

	assert_true(range_read(range_text, &r));
	ident_write_range(&w, &r, 6, 443);
	assert_int_equal(wr_done(&w).n, n);
	assert_int_equal(ident_read(wr_done(&w), &id, NULL), R_OK);
	assert_int_equal(id.type, type);
	assert_int_equal(id.protocol, 6);
	assert_int_equal(id.port, 443);
	assert_true(ident_range(&id, &back));
	assert_true(addr_equal(&back.low, &r.low));
	assert_true(addr_equal(&back.high, &r.high));
	for (size_t cap = 0; cap < n; cap++) {
		exact(room, at, cap);
		w = wr_of(room.at, cap);
		ident_write_range(&w, &r, 6, 443);
		assert_true(w.torn);
	}
}

static void ranges(void **state)
{
	struct range mixed = { { .family = 4 }, { .family = 6 } }, none = { 0 };
	uint8_t at[64];
	struct wr w = wr_of(at, sizeof(at));

	(void)state;
	writes("10.0.0.1-10.0.0.1", ID_IPV4_ADDR, 8);
	writes("10.0.0.0-10.0.0.255", ID_IPV4_SUBNET, 12);
	writes("0.0.0.0-255.255.255.255", ID_IPV4_SUBNET, 12);
	writes("10.0.0.1-10.0.0.9", ID_IPV4_RANGE, 12);
	writes("2001:db8::1-2001:db8::1", ID_IPV6_ADDR, 20);
	writes("2001:db8::-2001:db8::ffff", ID_IPV6_SUBNET, 36);
	writes("2001:db8::1-2001:db8::3", ID_IPV6_RANGE, 36);
	ident_write_range(&w, &mixed, 0, 0);
	assert_true(w.torn);
	w = wr_of(at, sizeof(at));
	ident_write_range(&w, &none, 0, 0);
	assert_true(w.torn);
}

static void upside_down(void **state)
{
	own(bytes) body = NULL;
	own(bytes) body_6 = NULL;
	struct ident id;

	(void)state;
	assert_int_equal(read_hex("07000000 0a000009 0a000001", &id, &body), R_MALFORMED);
	assert_int_equal(read_hex("08000000 20010db8000000000000000000000002"
				  "20010db8000000000000000000000001",
				  &id, &body_6),
			 R_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),       cmocka_unit_test(every_shape),
		cmocka_unit_test(any_struct),  cmocka_unit_test(long_names),
		cmocka_unit_test(masks),       cmocka_unit_test(ranges),
		cmocka_unit_test(upside_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
