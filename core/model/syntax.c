/* syntax.c - shapes of texts: in as people write them, out canonical
 *
 * Addresses come out as RFC 5952 has them, prefixes without host bits, host names in lower
 * case. A prefix as long as the address and a range of one are that address. What looks like a
 * mistyped address is no host name: the last label of a name may not be all digits (RFC 3696
 * section 2).
 *
 * Called by: field.c, api.  Thread: any, values only.  Owns: nothing.
 */
#include "core/model/syntax.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/alg.h"
#include "core/model/moment.h"
#include "core/model/selector.h"

enum { SHAPE_TEXT = 256, LABEL_MOST = 63, HOST_MOST = 253 };

bool syntax_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!text || !*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

static bool read_host(const char *value, char ret[SHAPE_TEXT])
{
	struct addr a;

	if (!addr_read(value, &a))
		return false;
	addr_text(&a, ret);
	return true;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Length of the label at s, 0 when it is none (RFC 1123 section 2.1). */
static size_t label_at(const char *s)
{
	size_t n = 0;

	while (is_alnum(s[n]) || s[n] == '-')
		n++;
	return n && n <= LABEL_MOST && s[0] != '-' && s[n - 1] != '-' ? n : 0;
}

static bool read_host_name(const char *value, char ret[SHAPE_TEXT])
{
	size_t at = 0, n = strlen(value), label;
	bool digits = false;

	if (n && value[n - 1] == '.')
		n--; /* the root */
	if (n == 0 || n > HOST_MOST)
		return false;
	for (; at < n; at += label + 1) {
		label = label_at(&value[at]);
		if (label == 0 || (at + label < n && value[at + label] != '.'))
			return false;
		digits = strspn(&value[at], "0123456789") >= label;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] | 0x20 : value[i]);
	ret[n] = '\0';
	return at == n + 1 && !digits;
}

static bool read_remote(const char *value, char ret[SHAPE_TEXT])
{
	struct selector s = { 0 };
	struct prefix p;

	if (strcmp(value, "any") == 0)
		return text_copy(ret, SHAPE_TEXT, value);
	if (range_read(value, &s.range)) {
		char low[ADDR_TEXT], high[ADDR_TEXT];

		/* a range stays one, even where a prefix would say the same */
		addr_text(&s.range.low, low);
		addr_text(&s.range.high, high);
		if (strcmp(low, high) == 0)
			text_copy(ret, SHAPE_TEXT, low);
		else
			snprintf(ret, SHAPE_TEXT, "%s-%s", low, high);
		return true;
	}
	if (!prefix_read(value, &p))
		return read_host_name(value, ret);
	if (p.bits && addr_is_any(&p.addr) && p.bits == 8 * addr_size(&p.addr))
		return false; /* 0.0.0.0 is nobody's address; "any" says it better */
	s.range = prefix_range(&p);
	selector_text(&s, ret, SHAPE_TEXT);
	return true;
}

static bool read_selector(const char *value, char ret[SHAPE_TEXT])
{
	struct selector s;

	if (!selector_read(value, &s))
		return false;
	selector_text(&s, ret, SHAPE_TEXT);
	return true;
}

/* "192.0.2.1", "192.0.2.1:162", "2001:db8::1", "[2001:db8::1]:162" */
static bool read_endpoint(const char *value, char ret[SHAPE_TEXT])
{
	char copy[ADDR_TEXT + 16], *host = copy, *port;
	struct addr a;
	uint64_t n;

	if (read_host(value, ret))
		return true;
	if (!text_copy(copy, sizeof(copy), value) || !(port = strrchr(copy, ':')))
		return false;
	*port++ = '\0';
	if (*host == '[') {
		size_t len = strlen(++host);

		if (len == 0 || host[len - 1] != ']')
			return false;
		host[len - 1] = '\0';
	}
	if (!addr_read(host, &a) || (a.family == 6) != (host != copy) ||
	    !syntax_number(port, UINT16_MAX, &n) || n == 0)
		return false;
	a.port = (uint16_t)n;
	addr_text_port(&a, ret);
	return true;
}

/* Names stand in URLs, where a segment of dots alone would be eaten. */
static bool read_name(const char *value, char ret[SHAPE_TEXT])
{
	bool dots = true;

	for (const char *c = value; *c; c++) {
		if (!is_alnum(*c) && !strchr("._-", *c))
			return false;
		dots = dots && *c == '.';
	}
	return !dots && text_copy(ret, SHAPE_TEXT, value);
}

static bool read_label(const char *value, char ret[SHAPE_TEXT])
{
	char key[SHAPE_TEXT];
	const char *sign = strchr(value, '=');

	if (!sign || sign == value || !sign[1] || !text_copy(key, sizeof(key), value))
		return false;
	key[sign - value] = '\0';
	return read_name(key, ret) && read_name(sign + 1, ret) && text_copy(ret, SHAPE_TEXT, value);
}

static bool read_moment(const char *value, char ret[SHAPE_TEXT])
{
	int64_t s;

	if (!moment_read(value, &s))
		return false;
	moment_text(s, ret);
	return true;
}

static bool read_group(const char *value, char ret[SHAPE_TEXT])
{
	return alg_group_of_name(value) != GROUP_NONE && text_copy(ret, SHAPE_TEXT, value);
}

static const struct shape {
	bool (*read)(const char *value, char ret[SHAPE_TEXT]);
	const char *what;
} shapes[SYN_COUNT] = {
	[SYN_HOST] = { read_host, "an address such as 192.0.2.1 or 2001:db8::1" },
	[SYN_REMOTE] = { read_remote,
			 "an address, a prefix, a range low-high, a host name or any" },
	[SYN_SELECTOR] = { read_selector,
			   "a traffic selector such as 10.1.0.0/24 or 10.1.0.1[tcp/80]" },
	[SYN_ENDPOINT] = { read_endpoint, "an address, maybe with a port as in 192.0.2.1:162" },
	[SYN_NAME] = { read_name, "a name of letters, digits, '.', '_' and '-'" },
	[SYN_LABEL] = { read_label,
			"a label as site=berlin, of letters, digits, '.', '_' and '-'" },
	[SYN_MOMENT] = { read_moment, "a day or moment in UTC such as 2027-01-31T18:00:00Z" },
	[SYN_GROUP] = { read_group, "a Diffie-Hellman group such as modp3072 or x25519" },
};

enum reason syntax_check(enum syntax s, const char *value, char *ret, size_t cap, struct fault *f)
{
	const struct shape *shape = &shapes[(unsigned)s < SYN_COUNT ? s : SYN_NONE];
	char canonical[SHAPE_TEXT];

	if (!shape->read) {
		if (!text_copy(ret, cap, value))
			return fail(f, R_INVALID, "the value is longer than %zu octets", cap - 1);
		return R_OK;
	}
	if (!shape->read(value, canonical)) {
		struct text t;

		text_init(&t, 80);
		text_add_clean(&t, slice_str(value));
		fail(f, R_INVALID, "\"%s\" is not %s", t.at ? t.at : "", shape->what);
		text_done(&t);
		return R_INVALID;
	}
	if (!text_copy(ret, cap, canonical))
		return fail(f, R_INVALID, "the value is longer than %zu octets", cap - 1);
	return R_OK;
}
