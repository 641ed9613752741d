/* test_openschema.c - the schemas: whole, closed, and true to the field tables */
#include "tests/unit/api/desk.h"

#include "core/model/view.h"
#include "api/openschema.h"

static json_t *all;

static void follow(json_t *at)
{
	static const char prefix[] = "#/components/schemas/";
	const char *key, *ref = json_string_value(json_object_get(at, "$ref"));
	json_t *v;
	size_t i;

	if (ref) {
		assert_int_equal(strncmp(ref, prefix, sizeof(prefix) - 1), 0);
		if (!json_object_get(all, ref + sizeof(prefix) - 1))
			fail_msg("%s leads nowhere", ref);
	}
	if (json_is_object(at))
		json_object_foreach(at, key, v) follow(v);
	if (json_is_array(at))
		json_array_foreach(at, i, v) follow(v);
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	assert_true(json_object_size(all) > 60);
	follow(all);
}

/* The schema of a dotted member. */
static json_t *member(json_t *schema, const char *name)
{
	char word[64];

	for (;;) {
		size_t n = strcspn(name, ".");

		snprintf(word, sizeof(word), "%.*s", (int)n, name);
		schema = json_object_get(json_object_get(schema, "properties"), word);
		if (!name[n])
			return schema;
		name += n + 1;
	}
}

static void every_member_is_there(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		char name[64], patch[80];

		openschema_kind((enum kind)k, name);
		snprintf(patch, sizeof(patch), "%sPatch", name);
		for (const struct field *fl = kind_row((enum kind)k)->fields; fl->name; fl++) {
			json_t *p = member(json_object_get(all, patch), fl->name);
			json_t *r = member(json_object_get(all, name), fl->name);

			if (fl->kind == F_SECRET && fl->flags & FF_READ_ONLY) {
				assert_true(!p && !r); /* neither written nor read */
				continue;
			}
			if (!p)
				fail_msg("%s has no %s", patch, fl->name);
			assert_int_equal(r != NULL, fl->kind != F_SECRET);
			if (fl->flags & FF_READ_ONLY) {
				assert_true(json_is_true(json_object_get(p, "readOnly")));
				continue;
			}
			assert_string_equal(json_string_value(json_object_get(p, "x-impact")),
					    impact_word(fl->impact));
			assert_int_equal(json_object_get(p, "x-later") != NULL,
					 (fl->flags & FF_LATER) != 0);
			assert_non_null(json_object_get(p, "description"));
		}
		assert_ptr_equal(openschema_table(name), kind_row((enum kind)k)->fields);
	}
	assert_ptr_equal(openschema_table("IkeSa"), ike_sa_row_fields);
	assert_null(openschema_table("Nothing"));
}

static void the_little_language(void **state)
{
	static const struct {
		const char *type, *schema;
	} table[] = {
		{ "text", "{\"type\":\"string\"}" },
		{ "text?", "{\"type\":[\"string\",\"null\"]}" },
		{ "number?", "{\"type\":[\"integer\",\"null\"]}" },
		{ "time", "{\"type\":\"string\",\"format\":\"date-time\"}" },
		{ "any", "{}" },
		{ "a|b", "{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}" },
		{ "[text]", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}" },
		{ "Fault", "{\"$ref\":\"#/components/schemas/Fault\"}" },
		{ "Fault?", "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Fault\"},{\"type\":"
			    "\"null\"}]}" },
		{ "[Fault]",
		  "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Fault\""
		  "}}" },
		{ "{\"const\":true}", "{\"const\":true}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		own_json got = openschema_type(table[i].type);
		own_json want = json_loads(table[i].schema, 0, NULL);

		assert_non_null(want);
		if (!json_equal(got, want))
			fail_msg("%s is not %s", table[i].type, table[i].schema);
	}
}

static int set_up(void **state)
{
	(void)state;
	all = openschema_all();
	return all ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(all);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_lead_somewhere),
		cmocka_unit_test(every_member_is_there),
		cmocka_unit_test(the_little_language),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
