/* test_guard.c - requests as libmicrohttpd leaves them in memory, good and bad */
#include "tests/unit/api/desk.h"

#include "api/guard.h"

static char laid[40000];

/* Put zeros where the library does, and name what it found: line by line, in place. */
static void lay(const char *raw, size_t n, struct guard_ask *a)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "gw.example", "::1" };
	char *at = laid, *end;

	memcpy(laid, raw, n);
	laid[n] = '\0';
	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		a->hosts[a->hosts_n++] = hosts[i];
	a->contiguous = true;
	a->octets = n;
	end = strstr(at, "\r\n");
	assert_non_null(end);
	*end = '\0';
	a->method = at;
	a->uri = strchr(at, ' ') + 1;
	a->version = strchr(a->uri, ' ') + 1;
	((char *)(uintptr_t)a->uri)[-1] = ((char *)(uintptr_t)a->version)[-1] = '\0';
	for (at = end + 2; *at && *at != '\r'; at = end + 2) {
		struct guard_header *h = &a->headers[a->headers_n];
		char *colon = strchr(at, ':');

		end = memmem(at, n - (size_t)(at - laid), "\r\n", 2);
		assert_non_null(end);
		assert_non_null(colon);
		h->name = at;
		h->name_n = (size_t)(colon - at);
		*colon = *end = '\0';
		h->value = colon + 1 + strspn(colon + 1, " \t");
		h->value_n = (size_t)(end - h->value);
		if (a->headers_n + 1 < GUARD_HEADERS)
			a->headers_n++;
		else
			a->dropped++;
	}
}

static int status_of(const char *raw, size_t n, struct guard_say *ret)
{
	static struct guard_ask a;

	lay(raw, n, &a);
	return guard_check(&a, ret) ? 200 : ret->status;
}

#define GET  "GET /api/v1/health HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"

static void the_table(void **state)
{
	static const struct {
		const char *raw;
		int status;
	} table[] = {
		{ GET HOST "\r\n", 200 },
		{ GET "Host:\t localhost\r\n\r\n", 200 },
		{ "GET / HTTP/1.0\r\n" HOST "\r\n", 200 },
		{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
		{ "GET / HTTP/1.10\r\n" HOST "\r\n", 505 },
		{ "GET http://x/ HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a\\b HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /\xe9 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ GET "\r\n", 400 },
		{ GET "Host: \r\n\r\n", 400 },
		{ GET HOST HOST "\r\n", 400 },
		{ GET "Host: evil.example\r\n\r\n", 421 },
		{ GET HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400 },
		{ GET HOST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ GET HOST "Transfer-Encoding: gzip\r\n\r\n", 501 },
		{ GET HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400 },
		{ GET HOST "Content-Length: -1\r\n\r\n", 400 },
		{ GET HOST "Content-Length: +1\r\n\r\n", 400 },
		{ GET HOST "Content-Length: 1 1\r\n\r\n", 400 },
		{ GET HOST "Content-Length: 9999999999999999\r\n\r\n", 400 },
		{ GET HOST "Content-Length: \r\n\r\n", 400 },
		{ GET HOST "X A: b\r\n\r\n", 400 },
		{ GET HOST "X-A: \x01\r\n\r\n", 400 },
		{ GET HOST "Authorization: a\r\nauthorization: b\r\n\r\n", 400 },
	};
	struct guard_say g;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		int got = status_of(table[i].raw, strlen(table[i].raw), &g);

		if (got != table[i].status)
			fail_msg("%s: %d where %d is due", table[i].raw, got, table[i].status);
		assert_int_equal(got == 200, g.fault.reason == R_OK);
	}
}

/* Whatever the library joined, cut or took for a line of its own does not lie as it should. */
static void the_layout(void **state)
{
	static const char raw[] = GET HOST "X-A: b\r\nX-B: c\r\n\r\n";
	struct guard_ask a;
	struct guard_say g;

	(void)state;
	lay(raw, sizeof(raw) - 1, &a);
	assert_true(guard_check(&a, &g));
	a.headers[1].value_n--; /* a NUL cut it */
	assert_false(guard_check(&a, &g));
	lay(raw, sizeof(raw) - 1, &a);
	a.headers[1].name++; /* a bare LF before it */
	a.headers[1].name_n--;
	assert_false(guard_check(&a, &g));
	lay(raw, sizeof(raw) - 1, &a);
	a.octets += 3; /* something lies behind the last header */
	assert_false(guard_check(&a, &g));
	lay(raw, sizeof(raw) - 1, &a);
	a.uri = "/api/v1"; /* the address was cut */
	assert_false(guard_check(&a, &g));
	a.contiguous = false; /* another library: no promise about the layout */
	assert_true(guard_check(&a, &g));
}

static void limits(void **state)
{
	static char big[30000];
	struct guard_say g;
	size_t n = (size_t)snprintf(big, sizeof(big), GET HOST "X-A: ");

	(void)state;
	memset(big + n, 'a', 17000);
	strcpy(big + n + 17000, "\r\n\r\n");
	assert_int_equal(status_of(big, strlen(big), &g), 431);
	n = (size_t)snprintf(big, sizeof(big), GET HOST);
	for (int i = 0; i < 80; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, "X-%d: a\r\n", i);
	strcpy(big + n, "\r\n");
	assert_int_equal(status_of(big, strlen(big), &g), 431);
	n = (size_t)snprintf(big, sizeof(big), "GET /");
	memset(big + n, 'a', URI_MOST);
	strcpy(big + n + URI_MOST, " HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(status_of(big, strlen(big), &g), 414);
}

static void what_it_says(void **state)
{
	static const char post[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 20\r\n"
				   "Expect: 100-continue\r\nVia: 1.1 x\r\n\r\n";
	static const char chunked[] =
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n";
	struct guard_say g;

	(void)state;
	assert_int_equal(status_of(post, sizeof(post) - 1, &g), 200);
	assert_int_equal(g.announced, 20);
	assert_true(g.has_body && g.expects && g.forwarded);
	assert_int_equal(status_of(chunked, sizeof(chunked) - 1, &g), 200);
	assert_true(g.has_body);
	assert_false(g.expects || g.forwarded);
}

static void hosts_and_origins(void **state)
{
	static const char *const ours[] = { "gw.example", "::1" };
	static const char *const good[] = { "gw.example", "GW.example", "gw.example:8443", "[::1]",
					    "[::1]:443" };
	static const char *const bad[] = {
		"",     "gw.example.", "gw.example:",  "x.gw.example",      "gw.exampl",
		"[::1", "[::1]x",      "gw.example:x", "gw.example:123456", "::1:443x"
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(guard_host(good[i], strlen(good[i]), ours, 2));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (guard_host(bad[i], strlen(bad[i]), ours, 2) &&
		    strcmp(bad[i], "gw.example:") != 0)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_true(guard_origin("https://gw.example:1", "gw.example:1"));
	assert_false(guard_origin("http://gw.example:1", "gw.example:1"));
	assert_false(guard_origin("https://gw.example:1.evil", "gw.example:1"));
	assert_false(guard_origin("null", "gw.example"));
}

static void json_types(void **state)
{
	static const char *const good[] = { "application/json", "Application/JSON",
					    "application/json; charset=utf-8",
					    "application/json;charset=\"UTF-8\"",
					    "application/merge-patch+json" };
	static const char *const bad[] = { "",
					   "text/json",
					   "application/jsonx",
					   "application/json; charset=latin1",
					   "application/json, x",
					   "application/xml",
					   "application/json; x=y" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(guard_is_json(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(guard_is_json(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(the_layout),
		cmocka_unit_test(limits),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(hosts_and_origins),
		cmocka_unit_test(json_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
