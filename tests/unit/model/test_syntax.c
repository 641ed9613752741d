/* test_syntax.c - shapes of texts, and traffic selectors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/selector.h"
#include "core/model/syntax.h"
#include "core/base/own.h"

struct pair {
	const char *in, *out; /* out NULL: refused */
};

static void check_all(enum syntax s, const struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char got[256] = "", again[256] = "";
		struct fault f = { 0 };
		enum reason r = syntax_check(s, p[i].in, got, sizeof(got), &f);

		if (!p[i].out) {
			if (r == R_OK)
				fail_msg("\"%s\" passed as \"%s\"", p[i].in, got);
			assert_int_equal(f.reason, R_INVALID);
			assert_true(strlen(f.text) > 0);
			continue;
		}
		if (r != R_OK)
			fail_msg("\"%s\": %s", p[i].in, f.text);
		assert_string_equal(got, p[i].out);
		assert_int_equal(syntax_check(s, got, again, sizeof(again), NULL), R_OK);
		assert_string_equal(again, got);
	}
}

static void hosts(void **state)
{
	static const struct pair all[] = {
		{ "192.0.2.1", "192.0.2.1" }, { "2001:DB8:0:0::1", "2001:db8::1" },
		{ "0.0.0.0", "0.0.0.0" },     { "::", "::" },
		{ "192.0.2", NULL },          { "192.0.2.01", NULL },
		{ "192.0.2.1 ", NULL },       { "192.0.2.1/32", NULL },
		{ "gw.example", NULL },       { "any", NULL },
		{ "fe80::1%eth0", NULL },
	};

	(void)state;
	check_all(SYN_HOST, all, COUNT_OF(all));
}

static void remotes(void **state)
{
	static const struct pair all[] = {
		{ "any", "any" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "192.0.2.77/24", "192.0.2.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9" },
		{ "192.0.2.0-192.0.2.255", "192.0.2.0-192.0.2.255" },
		{ "192.0.2.1-192.0.2.1", "192.0.2.1" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "Branch-7.Example.NET.", "branch-7.example.net" },
		{ "gateway", "gateway" },
		{ "3com.example", "3com.example" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "0.0.0.0", NULL },
		{ "::", NULL },
		{ "192.0.2.9-192.0.2.1", NULL },
		{ "192.0.2.1-2001:db8::1", NULL },
		{ "192.0.2.300", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.1/33", NULL },
		{ "-gw.example", NULL },
		{ "gw-.example", NULL },
		{ "gw..example", NULL },
		{ ".example", NULL },
		{ ".", NULL },
		{ "gw_1.example", NULL },
		{ "gw.example/24", NULL },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.example",
		  NULL },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg",
		  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg" },
	};

	(void)state;
	check_all(SYN_REMOTE, all, COUNT_OF(all));
}

static void host_names_end_at_253_octets(void **state)
{
	char name[300], got[256];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < 250; i += 51)
		name[i] = '.';
	name[253] = '\0';
	assert_int_equal(syntax_check(SYN_REMOTE, name, got, sizeof(got), NULL), R_OK);
	assert_string_equal(got, name);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(syntax_check(SYN_REMOTE, name, got, sizeof(got), NULL), R_INVALID);
}

static void selectors(void **state)
{
	static const struct pair all[] = {
		{ "10.1.0.0/24", "10.1.0.0/24" },
		{ "10.1.0.9/24", "10.1.0.0/24" },
		{ "10.1.0.1/32", "10.1.0.1" },
		{ "10.1.0.1[tcp/80]", "10.1.0.1[tcp/80]" },
		{ "0.0.0.0/0[udp]", "0.0.0.0/0[udp]" },
		{ "0.0.0.0/0[17]", "0.0.0.0/0[udp]" },
		{ "::/0[6/65535]", "::/0[tcp/65535]" },
		{ "::/0[253]", "::/0[253]" },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "10.0.0.1-10.0.0.9[icmp]", "10.0.0.1-10.0.0.9[icmp]" },
		{ "10.0.0.0-10.0.0.0", "10.0.0.0" },
		{ "10.1.0.0/24[]", NULL },
		{ "10.1.0.0/24[tcp", NULL },
		{ "10.1.0.0/24]", NULL },
		{ "10.1.0.0/24[tcp]x", NULL },
		{ "10.1.0.0/24[tcp/0]", NULL },
		{ "10.1.0.0/24[tcp/65536]", NULL },
		{ "10.1.0.0/24[tcp/080]", NULL },
		{ "10.1.0.0/24[0]", NULL },
		{ "10.1.0.0/24[256]", NULL },
		{ "10.1.0.0/24[TCP]", NULL },
		{ "10.1.0.0/24[/80]", NULL },
		{ "10.1.0.0/24[tcp/80/81]", NULL },
		{ "[tcp/80]", NULL },
		{ "[", NULL },
		{ "any", NULL },
		{ "10.1.0.0/255.255.255.0", NULL },
	};

	(void)state;
	check_all(SYN_SELECTOR, all, COUNT_OF(all));
}

static void endpoints(void **state)
{
	static const struct pair all[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1:162", "192.0.2.1:162" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "[2001:DB8::1]:162", "[2001:db8::1]:162" },
		{ "[2001:db8::1]", NULL },
		{ "[192.0.2.1]:162", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:", NULL },
		{ ":162", NULL },
		{ "[]:162", NULL },
		{ "[:162", NULL },
		{ "nms.example:162", NULL },
	};

	(void)state;
	check_all(SYN_ENDPOINT, all, COUNT_OF(all));
}

static void names(void **state)
{
	static const struct pair all[] = {
		{ "branch-7_a.b", "branch-7_a.b" },
		{ "A", "A" },
		{ "...", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ "..a", "..a" },
		{ "a b", NULL },
		{ "a/b", NULL },
		{ "\xc3\xa4", NULL },
		{ "a\n", NULL },
	};

	(void)state;
	check_all(SYN_NAME, all, COUNT_OF(all));
}

static void labels(void **state)
{
	static const struct pair all[] = {
		{ "site=berlin", "site=berlin" },
		{ "a=b", "a=b" },
		{ "a.b-c_d=1.2", "a.b-c_d=1.2" },
		{ "site", NULL },
		{ "=x", NULL },
		{ "site=", NULL },
		{ "a=b=c", NULL },
		{ "a b=c", NULL },
		{ "a=b,c", NULL },
		{ "", NULL },
	};

	(void)state;
	check_all(SYN_LABEL, all, COUNT_OF(all));
}

static void moments(void **state)
{
	static const struct pair all[] = {
		{ "2027-01-31", "2027-01-31T00:00:00Z" },
		{ "2027-01-31T18:00:05Z", "2027-01-31T18:00:05Z" },
		{ "2028-02-29", "2028-02-29T00:00:00Z" },
		{ "1970-01-01", "1970-01-01T00:00:00Z" },
		{ "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
		{ "2027-02-29", NULL },
		{ "2027-13-01", NULL },
		{ "2027-00-10", NULL },
		{ "2027-01-32", NULL },
		{ "1969-12-31", NULL },
		{ "2027-01-31T24:00:00Z", NULL },
		{ "2027-01-31T18:60:00Z", NULL },
		{ "2027-01-31T18:00:00", NULL },
		{ "2027-01-31T18:00:00+01:00", NULL },
		{ "2027-1-31", NULL },
		{ "2027-01-3 ", NULL },
		{ " 2027-01-31", NULL },
		{ "31.1.2027", NULL },
		{ "tomorrow", NULL },
		{ "", NULL },
	};

	(void)state;
	check_all(SYN_MOMENT, all, COUNT_OF(all));
}

static void groups(void **state)
{
	static const struct pair all[] = {
		{ "modp3072", "modp3072" }, { "x25519", "x25519" },
		{ "none", NULL },           { "14", NULL },
		{ "MODP3072", NULL },       { "", NULL },
	};

	(void)state;
	check_all(SYN_GROUP, all, COUNT_OF(all));
}

static void what_does_not_fit_is_refused(void **state)
{
	char got[8];
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(syntax_check(SYN_NONE, "1234567", got, sizeof(got), &f), R_OK);
	assert_int_equal(syntax_check(SYN_NONE, "12345678", got, sizeof(got), &f), R_INVALID);
	assert_int_equal(syntax_check(SYN_HOST, "192.0.2.1", got, sizeof(got), &f), R_INVALID);
}

static void strange_octets_are_shown_harmless(void **state)
{
	char got[64];
	struct fault f = { 0 };

	(void)state;
	syntax_check(SYN_HOST, "\x1b[31m", got, sizeof(got), &f);
	assert_non_null(strstr(f.text, "\\x1b[31m"));
}

static void numbers_are_plain_decimals(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_true(syntax_number("0", 10, &n) && n == 0);
	assert_true(syntax_number("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
	assert_false(syntax_number("18446744073709551616", UINT64_MAX, &n));
	assert_true(syntax_number("255", 255, &n) && n == 255);
	assert_false(syntax_number("256", 255, &n));
	assert_false(syntax_number("9", 5, &n));
	assert_true(syntax_number("5", 5, &n) && n == 5);
	n = 7;
	assert_false(syntax_number("", 9, &n));
	assert_false(syntax_number("-1", 9, &n));
	assert_false(syntax_number("+1", 9, &n));
	assert_false(syntax_number("01", 99, &n));
	assert_false(syntax_number("1 ", 99, &n));
	assert_false(syntax_number(NULL, 99, &n));
	assert_int_equal(n, 7);
}

static struct selector selector_of(const char *text)
{
	struct selector s = { 0 };

	if (!selector_read(text, &s))
		fail_msg("%s", text);
	return s;
}

static bool has(const char *outer, const char *inner)
{
	struct selector o = selector_of(outer), i = selector_of(inner);

	return selector_has(&o, &i);
}

static void selectors_contain_each_other(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.1.0.0/16"));
	assert_true(has("10.0.0.0/8", "10.0.0.0/8"));
	assert_false(has("10.1.0.0/16", "10.0.0.0/8"));
	assert_true(has("10.0.0.1-10.0.0.9", "10.0.0.9"));
	assert_false(has("10.0.0.1-10.0.0.9", "10.0.0.8-10.0.0.10"));
	assert_true(has("10.0.0.0/8", "10.0.0.1[tcp/80]"));
	assert_true(has("10.0.0.0/8[tcp]", "10.0.0.1[tcp/80]"));
	assert_false(has("10.0.0.0/8[tcp/80]", "10.0.0.1[tcp]"));
	assert_false(has("10.0.0.0/8[tcp/80]", "10.0.0.1[tcp/81]"));
	assert_false(has("10.0.0.0/8[udp]", "10.0.0.1[tcp]"));
	assert_false(has("10.0.0.0/8[udp]", "10.0.0.1"));
	assert_false(has("0.0.0.0/0", "2001:db8::/32"));
}

static void selectors_are_equal_whatever_they_were_written_as(void **state)
{
	struct selector a = selector_of("10.0.0.0-10.0.0.255[6/80]");
	struct selector b = selector_of("10.0.0.77/24[tcp/80]");

	(void)state;
	assert_true(selector_equal(&a, &b));
	b.port = 81;
	assert_false(selector_equal(&a, &b));
	b = selector_of("10.0.0.0/25[tcp/80]");
	assert_false(selector_equal(&a, &b));
}

static void the_longest_selector_fits(void **state)
{
	static const char text[] = "2001:db8:1111:2222:3333:4444:5555:6666-"
				   "2001:db8:1111:2222:3333:4444:5555:7777[udplite/65535]";
	struct selector s = selector_of(text);
	char got[SELECTOR_TEXT];

	(void)state;
	assert_string_equal(selector_text(&s, got, sizeof(got)), text);
	s = (struct selector){ 0 };
	assert_string_equal(selector_text(&s, got, sizeof(got)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(remotes),
		cmocka_unit_test(host_names_end_at_253_octets),
		cmocka_unit_test(selectors),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(names),
		cmocka_unit_test(labels),
		cmocka_unit_test(moments),
		cmocka_unit_test(groups),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(strange_octets_are_shown_harmless),
		cmocka_unit_test(numbers_are_plain_decimals),
		cmocka_unit_test(selectors_contain_each_other),
		cmocka_unit_test(selectors_are_equal_whatever_they_were_written_as),
		cmocka_unit_test(the_longest_selector_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
