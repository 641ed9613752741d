/* test_fault.c - failures as values, and the register behind them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/base/text.h"

static void failing_fills_all_and_forgets_what_was_there(void **state)
{
	struct fault f;

	(void)state;
	memset(&f, 'x', sizeof(f));
	assert_int_equal(fail(&f, R_NO_ANSWER, "%d tries in %s", 5, "a minute"), R_NO_ANSWER);
	assert_int_equal(f.reason, R_NO_ANSWER);
	assert_string_equal(f.text, "5 tries in a minute");
	assert_string_equal(f.field, "");
	assert_string_equal(f.rule, "");
	assert_string_equal(f.hint, "");
	assert_int_equal(fail(NULL, R_BUSY, "nobody listens"), R_BUSY);
	assert_int_equal(fail_field(NULL, R_INVALID, "a", "nobody listens"), R_INVALID);
}

static void fields_become_pointers(void **state)
{
	struct fault f;

	(void)state;
	fail_field(&f, R_INVALID, "local_id.type", "no");
	assert_string_equal(f.field, "/local_id/type");
	fail_field(&f, R_INVALID, "name", "no");
	assert_string_equal(f.field, "/name");
	fail_field(&f, R_INVALID, "", "no");
	assert_string_equal(f.field, "");
	fail_field(&f, R_INVALID, NULL, "no");
	assert_string_equal(f.field, "");
	fail_field(&f, R_INVALID, "/proposals/0/encryption", "no");
	assert_string_equal(f.field, "/proposals/0/encryption");
}

static void a_fault_may_quote_itself(void **state)
{
	struct fault f;

	(void)state;
	fail_field(&f, R_SYSTEM, "a.b", "no such file");
	fail_field(&f, R_STORE, f.field, "the store: %s", f.text);
	assert_string_equal(f.text, "the store: no such file");
	assert_string_equal(f.field, "/a/b");
}

static void long_sentences_are_cut_between_characters(void **state)
{
	char s[600] = "x";
	char member[200];
	struct fault f;

	(void)state;
	for (size_t i = 1; i + 2 < sizeof(s); i += 2)
		memcpy(&s[i], "\xc3\xa4", 3);
	fail(&f, R_INVALID, "%s", s);
	assert_int_equal(strlen(f.text), 239);
	assert_true(is_utf8(f.text, strlen(f.text)));
	fail(&f, R_INVALID, "y%s", s);
	assert_int_equal(strlen(f.text), 238);
	assert_true(is_utf8(f.text, strlen(f.text)));

	memset(member, 'm', sizeof(member) - 1);
	member[sizeof(member) - 1] = '\0';
	fail_field(&f, R_INVALID, member, "no");
	assert_int_equal(strlen(f.field), sizeof(f.field) - 1);
}

static void every_row_has_all_its_columns_and_one_slug(void **state)
{
	(void)state;
	for (int r = 0; r < R_COUNT; r++) {
		const char *slug = reason_slug((enum reason)r);

		assert_non_null(slug);
		assert_true(strspn(slug, "abcdefghijklmnopqrstuvwxyz-") == strlen(slug));
		assert_true(strlen(reason_title((enum reason)r)) > 3);
		assert_in_range(reason_http((enum reason)r), 200, 599);
		assert_int_equal(reason_of_slug(slug), r);
	}
	assert_int_equal(reason_of_slug("no-such-reason"), R_COUNT);
	assert_int_equal(reason_of_slug(NULL), R_COUNT);
	assert_string_equal(reason_slug(R_COUNT), "internal-error");
}

static void notify_numbers_are_those_of_the_wire(void **state)
{
	(void)state;
	assert_int_equal(reason_notify1(R_NO_PROPOSAL), 14);
	assert_int_equal(reason_notify1(R_BAD_ID), 18);
	assert_int_equal(reason_notify2(R_BAD_ID), 38);
	assert_int_equal(reason_notify1(R_NO_ANSWER), 0);
	assert_int_equal(reason_of_notify1(14), R_NO_PROPOSAL);
	assert_int_equal(reason_of_notify1(18), R_BAD_ID);
	assert_int_equal(reason_of_notify1(24), R_AUTH_FAILED);
	assert_int_equal(reason_of_notify1(0), R_PEER_REFUSED); /* never "fine" */
	assert_int_equal(reason_of_notify1(9999), R_PEER_REFUSED);
}

static void a_form_hears_all_that_is_wrong_up_to_the_bound(void **state)
{
	static struct faults l;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct fault *f =
			faults_add(&l, R_INVALID, "peer.mode", "peer.mode", "number %d", i);

		if (i < 32) {
			assert_ptr_equal(f, &l.at[i]);
			assert_string_equal(f->rule, "peer.mode");
			assert_string_equal(f->field, "/peer/mode");
		} else {
			assert_null(f);
		}
	}
	assert_int_equal(l.n, 32);
	assert_int_equal(l.dropped, 8);
	assert_string_equal(l.at[31].text, "number 31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_fills_all_and_forgets_what_was_there),
		cmocka_unit_test(fields_become_pointers),
		cmocka_unit_test(a_fault_may_quote_itself),
		cmocka_unit_test(long_sentences_are_cut_between_characters),
		cmocka_unit_test(every_row_has_all_its_columns_and_one_slug),
		cmocka_unit_test(notify_numbers_are_those_of_the_wire),
		cmocka_unit_test(a_form_hears_all_that_is_wrong_up_to_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
