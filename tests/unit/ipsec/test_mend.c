/* test_mend.c - checksums of TCP and UDP behind a NAT (RFC 3948 section 3.1.2)
 *
 * The known answers were computed apart from this code, over the whole segment: ports 40000 to 80 (TCP)
 * or 53 (UDP), "hello" as data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka's; ours is core/base/fault.h */

#include "core/ipsec/esp.h"

static const uint8_t tcp[25] = { 0x9c, 0x40, 0,    80, 0, 0, 0, 1,   0,   0,   0,   2,  0x50,
				 0x18, 0x03, 0xe8, 0,  0, 0, 0, 'h', 'e', 'l', 'l', 'o' };
static const uint8_t udp[13] = { 0x9c, 0x40, 0, 53, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o' };

struct text {
	uint8_t at[64];
	size_t n, sum_at;
	uint8_t protocol;
};

static struct text text_of(uint8_t protocol, uint16_t sum)
{
	struct text t = { .protocol = protocol };

	t.n = protocol == INNER_TCP ? sizeof(tcp) : sizeof(udp);
	t.sum_at = protocol == INNER_TCP ? 16 : 6;
	memcpy(t.at, protocol == INNER_TCP ? tcp : udp, t.n);
	t.at[t.sum_at] = (uint8_t)(sum >> 8);
	t.at[t.sum_at + 1] = (uint8_t)sum;
	return t;
}

static struct esp_ends ends(const char *from, const char *to)
{
	struct esp_ends e = { 0 };

	if (*from)
		assert_true(addr_read(from, &e.from));
	if (*to)
		assert_true(addr_read(to, &e.to));
	return e;
}

/* The checksum behind these ends; everything else of the text stays. */
static uint16_t dressed(const struct text *t, const struct esp_ends *now,
			const struct esp_ends *was)
{
	uint8_t whole[200], *p;
	size_t head = now->from.family == 4 ? 20 : 40;

	assert_int_equal(esp_dress(slice(t->at, t->n), t->protocol, now, was, whole), t->n + head);
	p = whole + head;
	for (size_t i = 0; i < t->n; i++)
		if (i != t->sum_at && i != t->sum_at + 1)
			assert_int_equal(p[i], t->at[i]);
	return (uint16_t)(p[t->sum_at] << 8 | p[t->sum_at + 1]);
}

static const struct {
	const char *from, *to;
	uint16_t tcp, udp;
} known[] = {
	{ "10.64.0.2", "192.0.2.2", 0xff35, 0x5348 },
	{ "192.0.2.1", "192.0.2.2", 0x4776, 0x9b88 },
	{ "192.0.2.1", "10.0.0.9", 0xff6f, 0x5382 },
	{ "fd00::2", "2001:db8::2", 0xa0bc, 0xf4ce },
};

/* From each pair of addresses to each other one, also between families. */
static void what_the_nat_changed_is_put_right(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT_OF(known); a++) {
		for (size_t b = 0; b < COUNT_OF(known); b++) {
			const struct esp_ends was = ends(known[a].from, known[a].to);
			const struct esp_ends now = ends(known[b].from, known[b].to);
			struct text t = text_of(INNER_TCP, known[a].tcp);
			struct text u = text_of(INNER_UDP, known[a].udp);

			assert_int_equal(dressed(&t, &now, &was), known[b].tcp);
			assert_int_equal(dressed(&u, &now, &was), known[b].udp);
		}
	}
}

/* A checksum that was wrong when it left must not become right on the way. */
static void damage_stays_visible(void **state)
{
	const struct esp_ends was = ends("10.64.0.2", "192.0.2.2");
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	struct text t = text_of(INNER_TCP, 0xff35 ^ 0x0100);

	(void)state;
	assert_int_not_equal(dressed(&t, &now, &was), 0x4776);
}

/* Who tells no original addresses, or only its own: the checksum is made anew. */
static void unknown_addresses(void **state)
{
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	const struct esp_ends none = ends("", ""), half = ends("10.64.0.2", "");
	struct text t = text_of(INNER_TCP, 0xff35), u = text_of(INNER_UDP, 0x5348);

	(void)state;
	assert_int_equal(dressed(&t, &now, &none), 0x4776);
	assert_int_equal(dressed(&t, &now, &half), 0x4776);
	assert_int_equal(dressed(&u, &now, &none), 0x9b88);
}

static void udp_without_a_checksum_stays_so(void **state)
{
	const struct esp_ends was = ends("10.64.0.2", "192.0.2.2"), none = ends("", "");
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	struct text u = text_of(INNER_UDP, 0), t = text_of(INNER_TCP, 0);

	(void)state;
	assert_int_equal(dressed(&u, &now, &was), 0);
	assert_int_equal(dressed(&u, &now, &none), 0);
	assert_int_not_equal(dressed(&t, &now, &was), 0); /* TCP has always one */
}

/* The sum comes out as zero, which in UDP would mean: none. */
static void udp_never_gets_zero(void **state)
{
	const struct esp_ends was = ends("10.64.0.2", "192.0.2.2"), none = ends("", "");
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	struct text u = text_of(INNER_UDP, 0xb7bf);

	(void)state;
	u.n = 10;
	u.at[5] = 10;
	u.at[8] = 0xdf;
	u.at[9] = 0x60;
	assert_int_equal(dressed(&u, &now, &was), 0xffff);
	assert_int_equal(dressed(&u, &now, &none), 0xffff);
}

static void without_a_nat_nothing_is_touched(void **state)
{
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	struct text t = text_of(INNER_TCP, 0x1234), u = text_of(INNER_UDP, 0);

	(void)state;
	assert_int_equal(dressed(&t, &now, NULL), 0x1234);
	assert_int_equal(dressed(&u, &now, NULL), 0);
}

/* A piece of a datagram (an IPv6 fragment header in front) has the checksum of the whole. */
static void fragments_are_left_alone(void **state)
{
	const struct esp_ends was = ends("fd00::9", "2001:db8::2"), none = ends("", "");
	const struct esp_ends now = ends("fd00::2", "2001:db8::2");
	uint8_t text[8 + sizeof(tcp)] = { INNER_TCP, 0, 0, 1, 0, 0, 0, 7 }, whole[200];

	(void)state;
	memcpy(text + 8, tcp, sizeof(tcp));
	esp_dress(slice(text, sizeof(text)), 44, &now, &was, whole);
	assert_memory_equal(whole + 40, text, sizeof(text));
	esp_dress(slice(text, sizeof(text)), 44, &now, &none, whole);
	assert_memory_equal(whole + 40, text, sizeof(text));
}

/* Headers cut short, and protocols without such a checksum. */
static void short_or_strange_texts_pass_as_they_are(void **state)
{
	const struct esp_ends was = ends("10.64.0.2", "192.0.2.2");
	const struct esp_ends now = ends("192.0.2.1", "192.0.2.2");
	uint8_t whole[200];

	(void)state;
	for (size_t n = 0; n < 20; n++) {
		assert_int_equal(esp_dress(slice(tcp, n), INNER_TCP, &now, &was, whole), 20 + n);
		assert_memory_equal(whole + 20, tcp, n);
	}
	for (size_t n = 0; n < 8; n++) {
		esp_dress(slice(udp, n), INNER_UDP, &now, &was, whole);
		assert_memory_equal(whole + 20, udp, n);
	}
	esp_dress(slice(tcp, sizeof(tcp)), 1, &now, &was, whole);
	assert_memory_equal(whole + 20, tcp, sizeof(tcp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_nat_changed_is_put_right),
		cmocka_unit_test(damage_stays_visible),
		cmocka_unit_test(unknown_addresses),
		cmocka_unit_test(udp_without_a_checksum_stays_so),
		cmocka_unit_test(udp_never_gets_zero),
		cmocka_unit_test(without_a_nat_nothing_is_touched),
		cmocka_unit_test(fragments_are_left_alone),
		cmocka_unit_test(short_or_strange_texts_pass_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
