/* test_text.c - text that grows, is cut politely and hides nothing */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/own.h"
#include "core/base/text.h"

#define SLICE(literal) slice(literal, sizeof(literal) - 1)

static void assert_clean(struct slice in, const char *want)
{
	struct text t;

	text_init(&t, 0);
	text_add_clean(&t, in);
	assert_string_equal(t.at, want);
	text_done(&t);
}

static void assert_json(struct slice in, const char *want)
{
	struct text t;

	text_init(&t, 0);
	text_add_json(&t, (const char *)in.at, in.n);
	assert_string_equal(t.at, want);
	text_done(&t);
}

static void text_grows_and_is_always_terminated(void **state)
{
	struct text t;
	char big[1000];

	(void)state;
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	text_init(&t, 0);
	for (int i = 0; i < 100; i++) {
		text_add(&t, "%d,", i % 10);
		assert_int_equal(t.at[t.n], '\0');
		assert_int_equal(t.n, 2 * (i + 1));
	}
	text_add(&t, "<%s>", big); /* more than fits at once on the stack */
	assert_int_equal(t.n, 200 + 1 + 999 + 1);
	assert_int_equal(strlen(t.at), t.n);
	assert_string_equal(&t.at[t.n - 2], "b>");
	assert_false(t.cut);
	text_add_hex(&t, SLICE("\x00\xfe"));
	assert_string_equal(&t.at[t.n - 5], ">00fe");
	text_done(&t);
	assert_null(t.at);
}

static void a_limit_cuts_between_characters_and_for_good(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 5);
	text_add_str(&t, "abcde");
	assert_false(t.cut);
	text_add_n(&t, "", 0);
	assert_false(t.cut);
	text_add_str(&t, "f");
	assert_true(t.cut);
	assert_string_equal(t.at, "abcde");
	text_done(&t);

	text_init(&t, 5);
	text_add_str(&t, "abc\xe2\x82\xac"); /* the euro sign would end at six */
	assert_true(t.cut);
	assert_string_equal(t.at, "abc");
	text_add_str(&t, "d"); /* no hole: once cut, cut */
	assert_string_equal(t.at, "abc");
	text_done(&t);
}

static void given_room_is_never_left(void **state)
{
	char room[9];
	struct text t = { .at = room, .cap = 8, .limit = 7 };

	(void)state;
	room[8] = 'x';
	text_add(&t, "%s", "0123456789");
	assert_ptr_equal(t.at, room);
	assert_string_equal(room, "0123456");
	assert_int_equal(room[8], 'x');
	assert_true(t.cut);
}

static void giving_never_gives_null(void **state)
{
	struct text t;
	char *s;

	(void)state;
	text_init(&t, 0);
	s = text_give(&t);
	assert_string_equal(s, "");
	free(s);
	text_add_str(&t, "again");
	s = text_give(&t);
	assert_string_equal(s, "again");
	assert_int_equal(t.n, 0);
	free(s);
	text_done(&t);
}

static void strangers_octets_are_made_visible(void **state)
{
	(void)state;
	assert_clean(SLICE("plain \"text\""), "plain \"text\"");
	assert_clean(SLICE("a\nb\r\tc\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f");
	assert_clean(SLICE("nul\0in it"), "nul\\x00in it");
	assert_clean(SLICE("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	assert_clean(SLICE("\xff\xfe"), "\\xff\\xfe");
	assert_clean(SLICE("\xc3"), "\\xc3"); /* cut short */
	assert_clean(SLICE("\xc3("), "\\xc3(");
	assert_clean(SLICE("\xc0\xaf"), "\\xc0\\xaf"); /* overlong */
	assert_clean(SLICE("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* surrogate */
	assert_clean(SLICE("\xc2\x9b"
			   "31m"),
		     "\\xc2\\x9b"
		     "31m"); /* C1: another escape */
	assert_clean(SLICE("\xe2\x80\xae"
			   "txt"),
		     "\\xe2\\x80\\xae"
		     "txt"); /* right to left */
	assert_clean(SLICE("\xe2\x80\xa8"), "\\xe2\\x80\\xa8"); /* line separator */
	assert_clean(slice(NULL, 0), "");
}

static void json_strings_are_valid_whatever_comes(void **state)
{
	(void)state;
	assert_json(SLICE("plain / text"), "\"plain / text\"");
	assert_json(SLICE("say \"\\\""), "\"say \\\"\\\\\\\"\"");
	assert_json(SLICE("\b\f\n\r\t\x01\x1f"), "\"\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\"");
	assert_json(SLICE("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
	assert_json(SLICE("a\xff"
			  "b\0c"),
		    "\"a\xef\xbf\xbd"
		    "b\xef\xbf\xbd"
		    "c\"");
	assert_json(SLICE("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_json(SLICE("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_json(SLICE("\x7f\xc2\x9b\xe2\x80\xa8"), "\"\\u007f\\u009b\\u2028\"");
	assert_json(slice(NULL, 0), "\"\"");
}

static void members_are_null_when_there_is_nothing(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 0);
	text_add_str(&t, "{\"a\":1");
	text_add_member(&t, "peer", "the \"hub\"");
	text_add_member(&t, "who", "");
	text_add_member_id(&t, "sa", UINT64_MAX);
	text_add_member_id(&t, "none", 0);
	assert_string_equal(t.at, "{\"a\":1,\"peer\":\"the \\\"hub\\\"\",\"who\":null,"
				  "\"sa\":18446744073709551615,\"none\":null");
	text_done(&t);
}

static void utf8_is_judged_by_the_book(void **state)
{
	static const char *const good[] = { "",
					    "a",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xbf",
					   "\xc0\x80",
					   "\xc1\xbf",
					   "\xc2",
					   "\xe0\x9f\xbf",
					   "\xed\xa0\x80",
					   "\xed\xbf\xbf",
					   "\xf0\x8f\xbf\xbf",
					   "\xf4\x90\x80\x80",
					   "\xf5\x80\x80\x80",
					   "\xfe",
					   "\xff",
					   "a\xe2\x82",
					   "\xf0\x9f\x98" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(is_utf8(bad[i], strlen(bad[i])));
	assert_false(is_utf8("a\0b", 3));
}

static void names_go_both_ways(void **state)
{
	static const struct name colours[] = { { 3, "red" }, { -1, "green" }, { 0, NULL } };
	int v = 77;

	(void)state;
	assert_string_equal(name_of(colours, -1), "green");
	assert_string_equal(name_of(colours, 0), "?"); /* the end row names nothing */
	assert_true(name_find(colours, "red", &v));
	assert_int_equal(v, 3);
	assert_false(name_find(colours, "Red", &v));
	assert_false(name_find(colours, NULL, &v));
	assert_int_equal(v, 3);
}

static void copies_are_terminated_and_tell_the_truth(void **state)
{
	char room[4] = "xxx";

	(void)state;
	assert_true(text_copy(room, sizeof(room), "abc"));
	assert_string_equal(room, "abc");
	assert_false(text_copy(room, sizeof(room), "abcd"));
	assert_string_equal(room, "abc");
	assert_false(text_copy(room, sizeof(room), "ab\xc3\xa4"));
	assert_string_equal(room, "ab");
	assert_true(text_copy(room, sizeof(room), NULL));
	assert_string_equal(room, "");
	assert_false(text_copy(room, 0, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_and_is_always_terminated),
		cmocka_unit_test(a_limit_cuts_between_characters_and_for_good),
		cmocka_unit_test(given_room_is_never_left),
		cmocka_unit_test(giving_never_gives_null),
		cmocka_unit_test(strangers_octets_are_made_visible),
		cmocka_unit_test(json_strings_are_valid_whatever_comes),
		cmocka_unit_test(members_are_null_when_there_is_nothing),
		cmocka_unit_test(utf8_is_judged_by_the_book),
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(copies_are_terminated_and_tell_the_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
