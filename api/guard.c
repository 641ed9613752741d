/* guard.c - what is looked at before anything else believes a request
 *
 * libmicrohttpd 0.9.75 does not police requests: two Content-Lengths, Content-Length beside
 * Transfer-Encoding, two Hosts, folded lines, NUL and bare LF all arrive as if nothing were
 * wrong. Behind a proxy each is a way to smuggle a request past it, so all of them end here,
 * with 400 and a closed connection. It parses in place, so names and values still lie where
 * the octets came in: what does not lie exactly behind its neighbour was folded, cut at a NUL
 * or ended without CR.
 *
 * A Host that is not ours is refused (421): a page of a stranger's could otherwise point its
 * own name at our address and talk to us as if it were ours (DNS rebinding).
 *
 * Called by: server.c, first thing.  Thread: http.  Owns: nothing.
 */
#include "api/guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/doors.h"

/* Headers that mean something to us: never twice. */
static const char *const singles[] = {
	"Host",           "Content-Length",   "Transfer-Encoding",
	"Content-Type",   "Content-Encoding", "Authorization",
	"Cookie",         "Origin",           "If-Match",
	"If-None-Match",  "X-CSRF-Token",     "Last-Event-ID",
	"Expect",         "X-Request-Id",     "Sec-Fetch-Site",
	"Sec-Fetch-Mode", "Idempotency-Key",
};

/* They tell that somebody else speaks through this connection. */
static const char *const relayed[] = {
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP",
	"Via",       "Origin",          "Sec-Fetch-Site"
};

static bool refuse(struct guard_say *ret, int status, enum reason r, const char *text)
{
	ret->status = status ? status : reason_http(r);
	fail(&ret->fault, r, "%s", text);
	return false;
}

static bool named(const struct guard_header *h, const char *name)
{
	return strlen(name) == h->name_n && strncasecmp(h->name, name, h->name_n) == 0;
}

static const struct guard_header *find(const struct guard_ask *a, const char *name)
{
	for (size_t i = 0; i < a->headers_n; i++)
		if (named(&a->headers[i], name))
			return &a->headers[i];
	return NULL;
}

static bool is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", s[i]))
			return false;
	return n > 0;
}

static bool is_value(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return true;
}

/* Every header lies right behind the one before it: name, colon, blanks, value, CR, LF.
 * libmicrohttpd has put zeros over colon, CR and LF. */
static bool lies_well(const struct guard_ask *a)
{
	const char *at = a->version + strlen(a->version) + 2;

	if (!a->contiguous)
		return true;
	for (size_t i = 0; i < a->headers_n; i++) {
		const struct guard_header *h = &a->headers[i];
		const char *blank = h->name + h->name_n + 1;

		if (h->name != at || h->value < blank || h->value - blank > HEADERS_MOST)
			return false;
		for (; blank < h->value; blank++)
			if (*blank != ' ' && *blank != '\t')
				return false;
		at = h->value + h->value_n + 2;
	}
	return a->octets == 0 || a->method + a->octets == at + 2;
}

/* Method, blank, address, blank, version; an address that was cut at a NUL leaves a gap. */
static bool line_lies_well(const struct guard_ask *a)
{
	const char *uri = a->method + strlen(a->method) + 1;

	return !a->contiguous || uri + strlen(a->uri) + 1 == a->version;
}

static bool check_line(const struct guard_ask *a, struct guard_say *ret)
{
	if (strcmp(a->version, "HTTP/1.1") != 0 && strcmp(a->version, "HTTP/1.0") != 0)
		return refuse(ret, 505, R_BAD_REQUEST, "only HTTP/1.0 and HTTP/1.1 are spoken");
	if (strlen(a->uri) > URI_MOST)
		return refuse(ret, 414, R_TOO_LARGE, "the address is over 8192 octets");
	if (a->uri[0] != '/' && strcmp(a->uri, "*") != 0)
		return refuse(ret, 0, R_BAD_REQUEST, "the address must begin with a slash");
	for (const char *p = a->uri; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("\\#\"<>", *p))
			return refuse(ret, 0, R_BAD_REQUEST,
				      "the address has a character that must be escaped");
	if (!line_lies_well(a))
		return refuse(ret, 0, R_BAD_REQUEST, "the request line holds a NUL");
	for (const char *p = strchr(a->uri, '%'); p; p = strchr(p + 1, '%'))
		if (p[1] == '0' && p[2] == '0')
			return refuse(ret, 0, R_BAD_REQUEST, "the address has an escaped NUL");
	return true;
}

static bool check_headers(const struct guard_ask *a, struct guard_say *ret)
{
	if (a->dropped || a->octets > HEADERS_MOST)
		return refuse(ret, 0, R_HEADERS_LARGE,
			      "the headers are over 16384 octets or 64 lines");
	for (size_t i = 0; i < a->headers_n; i++) {
		const struct guard_header *h = &a->headers[i];

		if (!is_token(h->name, h->name_n) || !is_value(h->value, h->value_n))
			return refuse(ret, 0, R_BAD_REQUEST, "a header line cannot be read");
	}
	for (size_t s = 0; s < COUNT_OF(singles); s++) {
		size_t seen = 0;

		for (size_t i = 0; i < a->headers_n; i++)
			seen += named(&a->headers[i], singles[s]);
		if (seen > 1)
			return refuse(ret, 0, R_BAD_REQUEST, "a header is given twice");
	}
	if (!lies_well(a))
		return refuse(ret, 0, R_BAD_REQUEST,
			      "a header line is folded, holds a NUL or does not end with CR LF");
	return true;
}

static bool check_length(const struct guard_ask *a, struct guard_say *ret)
{
	const struct guard_header *len = find(a, "Content-Length");
	const struct guard_header *enc = find(a, "Transfer-Encoding");

	if (len && enc)
		return refuse(ret, 0, R_BAD_REQUEST,
			      "Content-Length and Transfer-Encoding exclude each other");
	if (enc && strcasecmp(enc->value, "chunked") != 0)
		return refuse(ret, 0, R_NOT_IMPLEMENTED, "only chunked is a known encoding");
	if (enc && strcmp(a->version, "HTTP/1.1") != 0)
		return refuse(ret, 0, R_BAD_REQUEST, "chunked needs HTTP/1.1");
	if (len && (len->value_n == 0 || len->value_n > 15 ||
		    strspn(len->value, "0123456789") != len->value_n))
		return refuse(ret, 0, R_BAD_REQUEST, "Content-Length is no number");
	ret->announced = len ? strtoull(len->value, NULL, 10) : 0;
	ret->has_body = enc || ret->announced > 0;
	const struct guard_header *expect = find(a, "Expect");
	ret->expects = expect && strcasecmp(expect->value, "100-continue") == 0;
	return true;
}

static bool check_host(const struct guard_ask *a, struct guard_say *ret)
{
	const struct guard_header *host = find(a, "Host");

	if (!host || host->value_n == 0)
		return refuse(ret, 0, R_BAD_REQUEST, "the request names no Host");
	if (!guard_host(host->value, host->value_n, a->hosts, a->hosts_n))
		return refuse(
			ret, 0, R_MISDIRECTED,
			"this Host is not served here; settings/api lists the names that are");
	return true;
}

bool guard_check(const struct guard_ask *a, struct guard_say *ret)
{
	*ret = (struct guard_say){ 0 };
	for (size_t i = 0; i < COUNT_OF(relayed); i++)
		ret->forwarded |= find(a, relayed[i]) != NULL;
	return check_line(a, ret) && check_headers(a, ret) && check_length(a, ret) &&
	       check_host(a, ret);
}

/* Length of the name within "name:port"; 0 when it makes no sense. */
static size_t name_length(const char *host, size_t n)
{
	size_t name_n;

	if (n && host[0] == '[') {
		const char *close = memchr(host, ']', n);

		name_n = close ? (size_t)(close - host) + 1 : 0;
	} else {
		const char *colon = memchr(host, ':', n);

		name_n = colon ? (size_t)(colon - host) : n;
	}
	if (name_n < n && host[name_n] != ':')
		return 0;
	for (size_t i = name_n + 1; i < n; i++)
		if (host[i] < '0' || host[i] > '9')
			return 0;
	return n > name_n + 6 ? 0 : name_n;
}

bool guard_host(const char *host, size_t n, const char *const *hosts, size_t hosts_n)
{
	size_t name_n = name_length(host, n);

	if (name_n && host[0] == '[') {
		host++;
		name_n -= 2;
	}
	for (size_t i = 0; name_n && i < hosts_n; i++)
		if (strlen(hosts[i]) == name_n && strncasecmp(hosts[i], host, name_n) == 0)
			return true;
	return false;
}

bool guard_origin(const char *origin, const char *host)
{
	static const char https[] = "https://";

	return strncasecmp(origin, https, sizeof(https) - 1) == 0 &&
	       strcasecmp(origin + sizeof(https) - 1, host) == 0;
}

/* One of two types, in UTF-8. */
static bool is_type(const char *content_type, const char *one, const char *two)
{
	size_t n = strcspn(content_type, "; \t");
	const char *rest = content_type + n + strspn(content_type + n, "; \t");

	if (!(n == strlen(one) && strncasecmp(content_type, one, n) == 0) &&
	    !(n == strlen(two) && strncasecmp(content_type, two, n) == 0))
		return false;
	return *rest == '\0' || strcasecmp(rest, "charset=utf-8") == 0 ||
	       strcasecmp(rest, "charset=\"utf-8\"") == 0;
}

bool guard_is_json(const char *content_type)
{
	return is_type(content_type, "application/json", "application/merge-patch+json");
}

bool guard_is_lines(const char *content_type)
{
	return is_type(content_type, "application/x-ndjson", "application/jsonl");
}
