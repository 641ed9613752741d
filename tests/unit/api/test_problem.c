/* test_problem.c - faults as problem+json, whatever their texts were cut to */
#include "tests/unit/api/desk.h"

#include "api/nearest.h"
#include "api/problem.h"

static const char *word(json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void every_reason_has_a_problem(void **state)
{
	(void)state;
	for (int r = 1; r < R_COUNT; r++) {
		own_json p = problem_of(NULL, (enum reason)r, NULL, NULL);
		char type[80];

		snprintf(type, sizeof(type), "/problems/%s", reason_slug((enum reason)r));
		assert_string_equal(word(p, "type"), type);
		assert_true(json_integer_value(json_object_get(p, "status")) >= 400);
		assert_true(*word(p, "title") && *word(p, "detail"));
	}
}

static void one_fault_and_many(void **state)
{
	own(call) c = desk_call("/api/v1/peers/hub");
	struct faults l = { 0 };

	(void)state;
	c->r.kind = K_PEER;
	c->r.name = "hub";
	text_copy(c->r.request_id, sizeof(c->r.request_id), "abc");
	faults_add(&l, R_INVALID, "a.rule", "local_id.type", "one is wrong");
	own_json one = problem_of(&c->r, R_INVALID, &l, NULL);
	assert_string_equal(word(one, "detail"), "one is wrong");
	assert_string_equal(word(one, "instance"), "/api/v1/peers/hub");
	assert_string_equal(word(one, "request_id"), "abc");
	assert_string_equal(word(json_array_get(json_object_get(one, "errors"), 0), "pointer"),
			    "/local_id/type");
	faults_add(&l, R_INVALID, "", "", "two are wrong");
	own_json two = problem_of(&c->r, R_INVALID, &l, &l);
	assert_non_null(strstr(word(two, "detail"), "2 faults in peer hub"));
	assert_int_equal(json_array_size(json_object_get(two, "warnings")), 2);
	assert_string_equal(word(json_array_get(json_object_get(two, "errors"), 1), "rule"),
			    "validation");
	struct faults bare = { .n = 1, .at = { { .reason = R_NOT_FOUND, .text = "gone" } } };
	own_json plain = problem_of(&c->r, R_NOT_FOUND, &bare, NULL);
	assert_string_equal(word(json_array_get(json_object_get(plain, "errors"), 0), "rule"),
			    "not-found");
	assert_string_equal(word(json_array_get(json_object_get(plain, "errors"), 0), "pointer"),
			    "");
}

static void texts_are_utf8(void **state)
{
	static const char *const texts[] = { "plain",    "caf\xc3\xa9",    "cut \xe2\x82",
					     "cut \xc3", "bad \xff in it", "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		own_json j = problem_text(texts[i]);

		assert_true(json_is_string(j));
		assert_true(is_utf8(json_string_value(j), json_string_length(j)));
	}
}

static void the_nearest_word(void **state)
{
	static const char *const names[] = { "remote_address", "remote_name", "psk",
					     "local_id.type" };
	static const struct {
		const char *given, *meant;
	} table[] = { { "remote_adress", "remote_address" },
		      { "remoteAddress", "remote_address" },
		      { "local-id-type", "local_id.type" },
		      { "pks", "psk" },
		      { "something_else_entirely", "" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct nearest n = nearest_to(table[i].given);

		for (size_t k = 0; k < COUNT_OF(names); k++)
			nearest_try(&n, names[k]);
		assert_string_equal(n.name, table[i].meant);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_a_problem),
		cmocka_unit_test(one_fault_and_many),
		cmocka_unit_test(texts_are_utf8),
		cmocka_unit_test(the_nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
