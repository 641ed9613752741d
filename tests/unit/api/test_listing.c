/* test_listing.c - what a list may be asked with, and what a cursor is good for */
#include "tests/unit/api/desk.h"

#include "api/listing.h"
#include "api/query.h"

static bool read_list(struct call *c, struct listing *l)
{
	return listing_read(&c->r, ike_sa_row_fields, "id", l);
}

static void sound_questions(void **state)
{
	own(call) c = desk_call("/api/v1/ike-sas?limit=7&count=true&sort=-bytes_in&peer=b*&stale="
				"true&state=established&fields=id,nat");
	struct listing l;

	(void)state;
	assert_true(read_list(c, &l));
	assert_int_equal(l.limit, 7);
	assert_true(l.count && l.down && !l.resumed);
	assert_string_equal(l.sort->name, "bytes_in");
	assert_string_equal(l.key->name, "id");
	assert_int_equal(l.filters_n, 3);
	assert_string_equal(l.only, "id,nat");
	own(call) plain = desk_call("/api/v1/ike-sas");
	assert_true(read_list(plain, &l));
	assert_int_equal(l.limit, LISTING_LIMIT);
	assert_null(l.sort);
}

static void unsound_ones(void **state)
{
	static const char *const bad[] = { "limit=0",    "limit=1001",
					   "limit=1x",   "limit=",
					   "limit=-1",   "limit=99999999999999999999",
					   "count=yes",  "sort=x",
					   "sort=-",     "sort=",
					   "fields=x",   "fields=revision",
					   "stale=1",    "state=up*",
					   "bytes_in=x", "bytes_in=-1",
					   "cursor=",    "cursor=z",
					   "cursor=0a",  "cursor=0a0a",
					   "unknown=1",  "cursor=78 0a310a",
					   "nat=1",      "state=established,up" };
	struct listing l;
	char uri[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		snprintf(uri, sizeof(uri), "/api/v1/ike-sas?%s", bad[i]);
		own(call) c = desk_call(uri);

		if (read_list(c, &l))
			fail_msg("?%s was taken", bad[i]);
		assert_true(c->answered);
		assert_int_equal(c->status, 400);
	}
}

/* "sort \n key \n value" as hex; the value alone may hold line ends. */
static void cursors(void **state)
{
	own(call) by_id = desk_call("/api/v1/ike-sas?cursor=0a34320a");
	own(call) by_peer = desk_call("/api/v1/ike-sas?sort=peer&cursor=706565720a34320a610a62");
	own(call) other = desk_call("/api/v1/ike-sas?sort=state&cursor=706565720a34320a61");
	struct listing l;

	(void)state;
	assert_true(read_list(by_id, &l));
	assert_true(l.resumed);
	assert_string_equal(l.after_key, "42");
	assert_true(read_list(by_peer, &l));
	assert_string_equal(l.after_key, "42");
	assert_string_equal(l.after_value, "a\nb");
	assert_false(read_list(other, &l));
}

static void words_of_the_query(void **state)
{
	own(call) c =
		desk_call("/api/v1/peers?a=true&b=0&n=18446744073709551615&m=5&big=99999999999"
			  "9999999999");
	uint64_t n = 77;
	bool flag = true;

	(void)state;
	assert_true(query_flag(&c->r, "a", &flag) && flag);
	assert_true(query_flag(&c->r, "b", &flag) && !flag);
	assert_true(query_flag(&c->r, "none", &flag) && !flag);
	assert_true(query_uint(&c->r, "none", 1, 9, &n) && n == 77);
	assert_true(query_uint(&c->r, "m", 1, 9, &n) && n == 5);
	assert_false(c->answered);
	assert_false(query_uint(&c->r, "m", 6, 9, &n));
	assert_int_equal(c->status, 400);
	assert_false(query_uint(&c->r, "big", 0, UINT64_MAX, &n));
	assert_int_equal(n, 5);
}

static void changed_or_not(void **state)
{
	static const struct {
		const char *tag;
		bool same;
	} table[] = { { "41", true }, { "", false }, { "4", false }, { "410", false } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		own(call) c = desk_call("/api/v1/peers");

		text_copy(c->r.if_none_match, sizeof(c->r.if_none_match), table[i].tag);
		assert_int_equal(query_unchanged(&c->r, 41), table[i].same);
		assert_int_equal(c->answered, table[i].same);
		assert_string_equal(c->etag_text, "\"41\"");
		if (table[i].same)
			assert_int_equal(c->status, 304);
	}
	own(call) never = desk_call("/api/v1/peers");
	text_copy(never->r.if_none_match, sizeof(never->r.if_none_match), "0");
	assert_true(query_unchanged(&never->r, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_questions), cmocka_unit_test(unsound_ones),
		cmocka_unit_test(cursors),         cmocka_unit_test(words_of_the_query),
		cmocka_unit_test(changed_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
