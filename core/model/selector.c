/* selector.c - traffic selectors: which packets a tunnel protects
 *
 * A selector is a range of addresses of one family, and maybe one protocol (RFC 2407 section
 * 4.6.2) with maybe one port. The canonical text is the shortest that says it: a single
 * address, else a prefix, else the range, then protocol and port in brackets, protocols by
 * their usual word. A port means nothing without a protocol.
 *
 * Called by: syntax.c, rules.c, core/ike, core/ipsec.  Thread: any, values only.  Owns: nothing.
 */
#include "core/model/selector.h"

#include <string.h>

#include "core/base/text.h"
#include "core/model/syntax.h"

/* The ones people write; any other is its number (IANA, assigned protocol numbers). */
static const struct name protocols[] = {
	{ 1, "icmp" },   { 6, "tcp" },       { 17, "udp" },    { 47, "gre" },
	{ 50, "esp" },   { 51, "ah" },       { 58, "icmpv6" }, { 89, "ospf" },
	{ 132, "sctp" }, { 136, "udplite" }, { 0, NULL },
};

static bool read_range(const char *text, struct range *ret)
{
	struct prefix p;

	if (range_read(text, ret))
		return true;
	if (!prefix_read(text, &p))
		return false;
	*ret = prefix_range(&p);
	return true;
}

/* "tcp", "tcp/80", "89" */
static bool read_upper(char *text, struct selector *s)
{
	char *slash = strchr(text, '/');
	uint64_t n = 0;
	int known;

	if (slash) {
		*slash = '\0';
		if (!syntax_number(slash + 1, UINT16_MAX, &n) || n == 0)
			return false;
		s->port = (uint16_t)n;
	}
	if (name_find(protocols, text, &known))
		n = (uint64_t)known;
	else if (!syntax_number(text, UINT8_MAX, &n) || n == 0)
		return false;
	s->protocol = (uint8_t)n;
	return true;
}

bool selector_read(const char *text, struct selector *ret)
{
	struct selector s = { 0 };
	char copy[2 * ADDR_TEXT + 32];
	char *bracket;

	if (!text || !text_copy(copy, sizeof(copy), text))
		return false;
	bracket = strchr(copy, '[');
	if (bracket) {
		size_t n = strlen(bracket);

		if (bracket[n - 1] != ']')
			return false;
		bracket[n - 1] = '\0';
		*bracket++ = '\0';
	}
	if (!read_range(copy, &s.range) || (bracket && !read_upper(bracket, &s)))
		return false;
	*ret = s;
	return true;
}

char *selector_text(const struct selector *s, char *ret, size_t cap)
{
	struct text t = { .at = ret, .cap = cap, .limit = cap - 1 };
	char a[PREFIX_TEXT];
	struct prefix p;

	ret[0] = '\0';
	if (addr_equal(&s->range.low, &s->range.high)) {
		text_add_str(&t, addr_text(&s->range.low, a));
	} else if (range_prefix(&s->range, &p)) {
		text_add_str(&t, prefix_text(&p, a));
	} else {
		text_add(&t, "%s-", addr_text(&s->range.low, a));
		text_add_str(&t, addr_text(&s->range.high, a));
	}
	if (s->protocol) {
		const char *word = name_of(protocols, s->protocol);

		if (*word == '?')
			text_add(&t, "[%u", s->protocol);
		else
			text_add(&t, "[%s", word);
		if (s->port)
			text_add(&t, "/%u", s->port);
		text_add_str(&t, "]");
	}
	return ret;
}

bool selector_equal(const struct selector *a, const struct selector *b)
{
	return addr_equal(&a->range.low, &b->range.low) &&
	       addr_equal(&a->range.high, &b->range.high) && a->protocol == b->protocol &&
	       a->port == b->port;
}

bool selector_has(const struct selector *outer, const struct selector *inner)
{
	return range_has(&outer->range, &inner->range.low) &&
	       range_has(&outer->range, &inner->range.high) &&
	       (outer->protocol == 0 || outer->protocol == inner->protocol) &&
	       (outer->port == 0 || outer->port == inner->port);
}
