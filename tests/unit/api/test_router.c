/* test_router.c - every route is found by its own path, and by no other */
#include "tests/unit/api/desk.h"

static size_t split(const char *path, char segment[4][256])
{
	size_t n = 0;

	while (*path == '/' && n < 4) {
		size_t len = strcspn(++path, "/");

		snprintf(segment[n++], 256, "%.*s", (int)len, path);
		path += len;
	}
	return n;
}

static const struct route *find(enum method m, const char *path, unsigned *allow)
{
	char segment[4][256] = { 0 };
	size_t n = split(path, segment);

	return router_find(m, (const char(*)[256])segment, n, allow);
}

static void every_route_is_found(void **state)
{
	unsigned allow;

	(void)state;
	assert_true(router_count() > 80);
	for (size_t i = 0; i < router_count(); i++) {
		const struct route *r = router_at(i);

		assert_ptr_equal(find(r->method, r->path, &allow), r);
		assert_true(allow & 1u << r->method);
		assert_true(*r->summary && *r->area);
		assert_non_null(r->handle);
		for (size_t k = 0; k < i; k++)
			assert_false(r->method == router_at(k)->method &&
				     strcmp(r->path, router_at(k)->path) == 0);
	}
	assert_null(router_at(router_count()));
}

static void kinds_are_opened(void **state)
{
	unsigned allow;

	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);
		char path[80];

		snprintf(path, sizeof(path), "/%s%s", row->path, row->single ? "" : "/x");
		assert_int_equal(find(M_GET, path, &allow)->kind, k);
		assert_int_equal(find(M_PATCH, path, &allow)->kind, k);
		assert_int_equal(find(M_DELETE, path, &allow) != NULL, !row->single);
		assert_int_equal(find(M_PUT, path, &allow) != NULL, !row->single);
	}
}

static void a_word_beats_a_parameter(void **state)
{
	unsigned allow;

	(void)state;
	assert_string_equal(find(M_GET, "/events/stream", &allow)->path, "/events/stream");
	assert_string_equal(find(M_GET, "/peers/status", &allow)->path, "/peers/{name}");
	assert_string_equal(find(M_GET, "/peers/x/status", &allow)->path, "/peers/{name}/status");
	assert_string_equal(find(M_GET, "/settings/ike", &allow)->path, "/settings/ike");
	assert_null(find(M_GET, "/settings/other", &allow));
	assert_int_equal(allow, 0);
}

static void what_is_allowed(void **state)
{
	struct text t;
	unsigned allow;

	(void)state;
	assert_null(find(M_DELETE, "/health", &allow));
	text_init(&t, 0);
	router_allow(allow, &t);
	assert_string_equal(t.at, "GET, HEAD");
	text_done(&t);
	assert_ptr_equal(find(M_HEAD, "/health", &allow), find(M_GET, "/health", &allow));
	assert_null(find(M_GET, "/nothing", &allow));
	assert_int_equal(allow, 0);
	assert_null(find(M_GET, "/a/b/c/d", &allow));
	assert_int_equal(method_of_word("PATCH"), M_PATCH);
	assert_int_equal(method_of_word("patch"), M_COUNT);
	assert_int_equal(method_of_word("BREW"), M_COUNT);
}

static void segments_are_decoded(void **state)
{
	static const struct {
		const char *raw, *plain;
	} good[] = {
		{ "", "" },         { "hub", "hub" },         { "a%2fb", "a/b" },
		{ "a%2Eb", "a.b" }, { "%c3%a9", "\xc3\xa9" }, { "+", "+" },
	};
	static const char *const bad[] = { "%",   "%4",  "%4g",    "%00",       "a%0ab",
					   "%7f", "%ff", "%c3%28", "%ed%a0%80", "%e2%82" };
	char out[256], little[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(router_decode(good[i].raw, strlen(good[i].raw), out, sizeof(out)));
		assert_string_equal(out, good[i].plain);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(router_decode(bad[i], strlen(bad[i]), out, sizeof(out)));
	assert_true(router_decode("abc", 3, little, sizeof(little)));
	assert_false(router_decode("abcd", 4, little, sizeof(little)));
}

static void addresses_are_read(void **state)
{
	own(call) c = desk_call("/api/v1/peers/a%2fb/status?peer=x%26y&state=a+b");
	static const char *const bad[] = {
		"/api/v1/peers?a",  "/api/v1/peers?=1",  "/api/v1/peers?a=1&a=2", "/api/v1/%zz",
		"/api/v1/peers//x", "/api/v1/a/b/c/d/e", "/api/v2/peers",         "/api/v1/p?a=%00",
		"/api/v1",          "/api/v1/",          "/api/v1/p?%41=1&A=2"
	};
	struct fault f;

	(void)state;
	assert_int_equal(c->r.segments, 3);
	assert_string_equal(c->r.segment[1], "a/b");
	assert_string_equal(request_query(&c->r, "peer"), "x&y");
	assert_string_equal(request_query(&c->r, "state"), "a b");
	assert_null(request_query(&c->r, "tunnel"));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		own(call) b = call_new(c->r.server, NULL, bad[i]);

		if (call_read_uri(b, &f) == R_OK)
			fail_msg("%s was read", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_found),     cmocka_unit_test(kinds_are_opened),
		cmocka_unit_test(a_word_beats_a_parameter), cmocka_unit_test(what_is_allowed),
		cmocka_unit_test(segments_are_decoded),     cmocka_unit_test(addresses_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
