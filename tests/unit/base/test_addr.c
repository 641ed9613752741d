/* test_addr.c - addresses in text and octets, prefixes and ranges at their edges */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/addr.h"

static struct addr A(const char *text) {
	struct addr a;

	assert_true(addr_read(text, &a));
	return a;
}

static struct prefix
P(const char *text) {
	struct prefix p;

	assert_true(prefix_read(text, &p));
	return p;
}

static struct range
R(const char *text) {
	struct range r;

	assert_true(range_read(text, &r));
	return r;
}

static bool
prefix_holds(const char *prefix, const char *addr)
{
	struct prefix p = P(prefix);
	struct addr a = A(addr);

	return prefix_has(&p, &a);
}

static bool prefix_covers(const char *outer, const char *inner)
{
	struct prefix o = P(outer), i = P(inner);

	return prefix_has_prefix(&o, &i);
}

/* RFC 5952: what goes in on the left comes out on the right. */
static void text_comes_back_canonical(void **state)
{
	static const char *const pairs[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1" },
		{ "2001:DB8::ABCD", "2001:db8::abcd" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, /* one group stays */
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" }, /* the longest */
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* the first of equals */
		{ "0:0:1:2:3:4:0:0", "::1:2:3:4:0:0" },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
		{ "0:0:0:1:2:3:4:5", "::1:2:3:4:5" },
		{ "::ffff:c000:201", "::ffff:192.0.2.1" },
		{ "::192.0.2.1", "::c000:201" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char out[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct addr a = A(pairs[i][0]), again = A(pairs[i][1]);

		assert_ptr_equal(addr_text(&a, out), out);
		assert_string_equal(out, pairs[i][1]);
		assert_true(addr_equal(&a, &again));
		assert_int_equal(a.port, 0);
	}
	assert_string_equal(addr_text(&(struct addr){ 0 }, out), "");
}

static void every_pattern_of_zero_groups_reads_back(void **state)
{
	(void)state;
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		struct addr a = { .family = 6 }, again;
		char out[ADDR_TEXT], theirs[INET6_ADDRSTRLEN];

		for (unsigned g = 0; g < 8; g++) {
			if (pattern & 1u << g)
				a.ip[2 * g + 1] = (uint8_t)(g + 1);
		}
		addr_text(&a, out);
		again = A(out);
		assert_true(addr_equal(&a, &again));
		/* the C library agrees, but for the dotted form it likes in ::a:b */
		inet_ntop(AF_INET6, a.ip, theirs, sizeof(theirs));
		if (!strchr(theirs, '.'))
			assert_string_equal(out, theirs);
	}
}

static void garbage_is_no_address(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"1.2.3",
		"1.2.3.4x",
		"1.2.3.4 ",
		" 1.2.3.4",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.256",
		"1.2.3.4.5",
		"1..2.3",
		".1.2.3.4",
		"1.2.3.",
		"0x1.2.3.4",
		"1.2.3.-4",
		"1.2.3.+4",
		"16909060",
		"1.2.3.4:500",
		"1.2.3.4/32",
		"localhost",
		":",
		":::",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"g::",
		"12345::",
		"fe80::1%eth0",
		"[::1]",
		"::1 ",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"::1.2.3",
		"::1.2.3.256",
		"::01.2.3.4",
	};
	struct addr untouched = { .family = 9 }, a = untouched;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (addr_read(bad[i], &a))
			fail_msg("\"%s\" was taken for an address", bad[i]);
	}
	assert_false(addr_read(NULL, &a));
	assert_memory_equal(&a, &untouched, sizeof(a));
}

static void ports_stand_behind_brackets(void **state)
{
	struct addr a = addr_with_port(A("192.0.2.1"), 500);
	struct addr b = addr_with_port(A("2001:db8::1"), 4500);
	struct addr none = { 0 };
	struct addr longest = addr_with_port(A("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 65535);
	char out[ADDR_TEXT];

	(void)state;
	assert_string_equal(addr_text_port(&a, out), "192.0.2.1:500");
	assert_string_equal(addr_text_port(&b, out), "[2001:db8::1]:4500");
	assert_string_equal(addr_text_port(&none, out), "");
	assert_string_equal(addr_text_port(&longest, out),
			    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void prefixes_read_strictly_and_lose_their_host_bits(void **state)
{
	static const char *const bad[] = { "10.0.0.0/33",
					   "10.0.0.0/",
					   "10.0.0.0/08",
					   "10.0.0.0/-1",
					   "10.0.0.0/8x",
					   "10.0.0/8",
					   "::/129",
					   "/8",
					   "10.0.0.0/ 8",
					   "10.0.0.0/8/8",
					   "10.0.0.0/4294967304",
					   "" };
	struct prefix p;
	char out[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (prefix_read(bad[i], &p))
			fail_msg("\"%s\" was taken for a prefix", bad[i]);
	}
	assert_false(prefix_read(NULL, &p));
	p = P("10.0.0.0/8");
	assert_string_equal(prefix_text(&p, out), "10.0.0.0/8");
	p = P("10.255.255.255/9");
	assert_string_equal(prefix_text(&p, out), "10.128.0.0/9");
	p = P("192.0.2.7");
	assert_string_equal(prefix_text(&p, out), "192.0.2.7/32");
	p = P("2001:db8::1");
	assert_string_equal(prefix_text(&p, out), "2001:db8::1/128");
	p = P("2001:db8:ffff::/33");
	assert_string_equal(prefix_text(&p, out), "2001:db8:8000::/33");
	p = P("0.0.0.0/0");
	assert_string_equal(prefix_text(&p, out), "0.0.0.0/0");
	assert_true(addr_is_any(&p.addr));
}

static void prefixes_hold_what_is_theirs(void **state)
{
	struct prefix none = { 0 };
	struct addr a = A("10.0.0.1");

	(void)state;
	assert_true(prefix_holds("10.0.0.0/8", "10.255.255.255"));
	assert_false(prefix_holds("10.0.0.0/8", "11.0.0.0"));
	assert_true(prefix_holds("10.0.0.128/25", "10.0.0.200"));
	assert_false(prefix_holds("10.0.0.128/25", "10.0.0.127"));
	assert_true(prefix_holds("0.0.0.0/0", "203.0.113.9"));
	assert_false(prefix_holds("0.0.0.0/0", "::1"));
	assert_false(prefix_holds("::/0", "0.0.0.0"));
	assert_true(prefix_holds("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(prefix_holds("2001:db8::/33", "2001:db8:8000::1"));
	assert_false(prefix_has(&none, &a));

	assert_true(prefix_covers("10.0.0.0/8", "10.1.0.0/16"));
	assert_true(prefix_covers("10.0.0.0/8", "10.0.0.0/8"));
	assert_false(prefix_covers("10.1.0.0/16", "10.0.0.0/8"));
	assert_false(prefix_covers("10.1.0.0/16", "10.2.0.0/24"));

	struct prefix x = P("10.0.0.0/8"), y = P("10.0.0.0/9");
	assert_false(prefix_equal(&x, &y));
	y = P("10.9.9.9/8");
	assert_true(prefix_equal(&x, &y));
}

static void ranges_are_ordered_and_of_one_kind(void **state)
{
	static const char *const bad[] = { "10.0.0.9-10.0.0.1",   "10.0.0.1",
					   "10.0.0.1-::1",        "-",
					   "10.0.0.1-",           "-10.0.0.1",
					   "10.0.0.1 - 10.0.0.9", "10.0.0.1-10.0.0.2-10.0.0.3",
					   "10.0.0.1-9" };
	struct range r;
	struct addr low = A("10.0.0.1"), high = A("10.0.1.0"), below = A("10.0.0.0"),
		    above = A("10.0.1.1"), other = A("::1");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (range_read(bad[i], &r))
			fail_msg("\"%s\" was taken for a range", bad[i]);
	}
	r = R("10.0.0.1-10.0.1.0");
	assert_true(range_has(&r, &low));
	assert_true(range_has(&r, &high));
	assert_false(range_has(&r, &below));
	assert_false(range_has(&r, &above));
	assert_false(range_has(&r, &other));
	r = (struct range){ 0 };
	assert_false(range_has(&r, &(struct addr){ 0 }));
}

static void prefixes_and_ranges_are_two_words_for_one_thing(void **state)
{
	static const char *const wild[] = { "10.0.0.1-10.0.0.2", "10.0.0.0-10.0.0.2",
					    "10.0.0.0-10.0.1.127", "10.0.0.255-10.0.1.0",
					    "::1-::2" };
	struct prefix p, again;
	struct range r;

	(void)state;
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct addr a = A(bits <= 32 ? "203.0.113.197" : "2001:db8:a5a5:5a5a:c3c3::ffff");

		p = (struct prefix){ addr_masked(&a, (uint8_t)bits), (uint8_t)bits };
		r = prefix_range(&p);
		assert_true(range_has(&r, &a));
		assert_true(range_prefix(&r, &again));
		assert_true(prefix_equal(&p, &again));
	}
	for (size_t i = 0; i < COUNT_OF(wild); i++) {
		r = R(wild[i]);
		assert_false(range_prefix(&r, &p));
	}
	r = R("0.0.0.0-255.255.255.255");
	assert_true(range_prefix(&r, &p));
	assert_int_equal(p.bits, 0);
	r = R("10.0.0.7-10.0.0.7");
	assert_true(range_prefix(&r, &p));
	assert_int_equal(p.bits, 32);
	assert_false(range_prefix(&(struct range){ 0 }, &p));
}

static void order_and_equality_leave_the_port_aside(void **state)
{
	struct addr a = A("10.0.0.1"), b = addr_with_port(a, 500), six = A("::"), none = { 0 };
	struct addr c = A("10.0.0.2");

	(void)state;
	assert_true(addr_equal(&a, &b));
	assert_false(addr_equal_port(&a, &b));
	assert_int_equal(addr_compare(&a, &b), 0);
	assert_true(addr_compare(&a, &c) < 0);
	assert_true(addr_compare(&c, &a) > 0);
	assert_true(addr_compare(&c, &six) < 0);
	assert_true(addr_compare(&none, &a) < 0);
	assert_true(addr_is_any(&none));
	assert_true(addr_is_any(&six));
	assert_false(addr_is_any(&a));
	b = addr_masked(&b, 200); /* more bits than there are: all of them */
	assert_true(addr_equal_port(&a, &b));
}

static void octets_and_sockets_come_and_go(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	struct addr a;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct addr from = addr_with_port(A(texts[i]), 4500);
		struct sockaddr_storage ss;

		assert_int_equal(addr_size(&from), i ? 16 : 4);
		assert_true(addr_of_slice(addr_slice(&from), &a));
		assert_true(addr_equal(&a, &from));
		assert_int_equal(a.port, 0);
		assert_int_equal(addr_to_sockaddr(&from, &ss),
				 i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		if (i == 0)
			assert_int_equal(ntohs(((struct sockaddr_in *)&ss)->sin_port), 4500);
		assert_true(addr_of_sockaddr((struct sockaddr *)&ss, &a));
		assert_true(addr_equal_port(&a, &from));
	}
	struct sockaddr_storage ss;
	assert_int_equal(addr_to_sockaddr(&(struct addr){ 0 }, &ss), 0);
	assert_false(addr_of_sockaddr((struct sockaddr *)&ss, &a));
	assert_false(addr_of_slice(slice("abc", 3), &a));
	assert_false(addr_of_slice(slice(NULL, 0), &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_back_canonical),
		cmocka_unit_test(every_pattern_of_zero_groups_reads_back),
		cmocka_unit_test(garbage_is_no_address),
		cmocka_unit_test(ports_stand_behind_brackets),
		cmocka_unit_test(prefixes_read_strictly_and_lose_their_host_bits),
		cmocka_unit_test(prefixes_hold_what_is_theirs),
		cmocka_unit_test(ranges_are_ordered_and_of_one_kind),
		cmocka_unit_test(prefixes_and_ranges_are_two_words_for_one_thing),
		cmocka_unit_test(order_and_equality_leave_the_port_aside),
		cmocka_unit_test(octets_and_sockets_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
