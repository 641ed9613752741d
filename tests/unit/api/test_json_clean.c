/* test_json_clean.c - what jansson frees is wiped: a password in a body leaves no trace */
#include "tests/unit/api/desk.h"

#include <malloc.h>

#include "api/json.h"

static void jansson_frees_by_us(void **state)
{
	json_malloc_t get;
	json_free_t let_go;

	(void)state;
	json_get_alloc_funcs(&get, &let_go);
	assert_ptr_equal(get, malloc);
	assert_ptr_not_equal(let_go, free);
	let_go(NULL);
	char *at = get(64);
	strcpy(at, "a password");
	let_go(at); /* under ASan the octets cannot be looked at any more; that it is ours can */
	struct fault f;
	json_t *j;
	assert_int_equal(json_parse("{\"a\":1}", 7, &j, &f), R_OK);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(jansson_frees_by_us) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
