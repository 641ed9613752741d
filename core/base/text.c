/* text.c - a string that grows, and words for numbers
 *
 * Text is built piece by piece and may be bounded. Once a piece did not fit, be it for
 * the limit or for want of memory, the text is cut at the end of a character and nothing
 * is added any more: half a sentence is honest, a sentence with a hole is not. A text
 * whose room was given beforehand (at, cap, and a limit below cap) never allocates.
 *
 * Called by every room.  Thread: any, values only.  Owns: the octets, until given.
 * Not here: numbers out of words with units, or JSON in - those are the API's.
 */
#include "core/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *t, size_t limit)
{
	*t = (struct text){ .limit = limit };
}

void text_done(struct text *t)
{
	free(t->at);
	text_init(t, t->limit);
}

/* The longest start of s that fits n octets and does not end inside a character. */
static size_t whole_chars(const char *s, size_t n)
{
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* Room for n octets and the end; false and cut when there is none. */
static bool make_room(struct text *t, size_t n)
{
	if (t->cut || n > SIZE_MAX / 4 || t->n > SIZE_MAX / 4)
		return false;
	if (t->n + n < t->cap)
		return true;

	size_t cap = MAX_OF(t->n + n + 1, 2 * t->cap);
	cap = MAX_OF(cap, (size_t)64);
	char *at = realloc(t->at, cap);
	if (!at)
		return false;
	t->at = at;
	t->cap = cap;
	return true;
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	bool fits = !t->limit || (t->n <= t->limit && n <= t->limit - t->n);

	if (t->cut)
		return;
	if (!fits)
		n = whole_chars(s, t->limit > t->n ? t->limit - t->n : 0);
	if (!make_room(t, n)) {
		t->cut = true;
		return;
	}
	if (n)
		memcpy(t->at + t->n, s, n);
	t->n += n;
	t->at[t->n] = '\0';
	t->cut = !fits;
}

void text_add_str(struct text *t, const char *s)
{
	if (s)
		text_add_n(t, s, strlen(s));
}

void text_add(struct text *t, const char *fmt, ...)
{
	char few[256];
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);

	int n = vsnprintf(few, sizeof(few), fmt, args);
	if (n < 0) {
		t->cut = true;
	} else if ((size_t)n < sizeof(few)) {
		text_add_n(t, few, (size_t)n);
	} else {
		char *many = malloc((size_t)n + 1);

		if (many) {
			vsnprintf(many, (size_t)n + 1, fmt, again);
			text_add_n(t, many, (size_t)n);
			free(many);
		} else {
			text_add_n(t, few, whole_chars(few, sizeof(few) - 2));
			t->cut = true;
		}
	}
	va_end(again);
	va_end(args);
}

/* char_at - length of the valid UTF-8 character at s, 0 if there is none. No overlong forms,
 * no surrogates, nothing beyond U+10FFFF, no NUL. */
static size_t char_at(const char *s, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
	unsigned char c = n ? (unsigned char)s[0] : 0;
	size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t v = c < 0x80 ? c : c & (0x7fu >> len);

	if (n < len || c > 0xf4 || (c >= 0x80 && c < 0xc2))
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*ret = v;
	return len;
}

bool is_utf8(const char *s, size_t n)
{
	uint32_t v;

	while (n > 0) {
		size_t len = char_at(s, n, &v);

		if (len == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

/* Characters that move the cursor, break the line or turn the direction of writing: in a log
 * or on a terminal they can make one text look like another. */
static bool is_trickster(uint32_t v)
{
	return v < 0x20 || (v >= 0x7f && v <= 0x9f) || (v >= 0x200e && v <= 0x200f) ||
	       (v >= 0x2028 && v <= 0x202e) || (v >= 0x2066 && v <= 0x2069) || v == 0xfeff;
}

void text_add_clean(struct text *t, struct slice s)
{
	const char *at = (const char *)s.at;
	size_t from = 0, i = 0;

	while (i < s.n) {
		uint32_t v = 0;
		size_t len = char_at(&at[i], s.n - i, &v);

		if (len && !is_trickster(v)) {
			i += len;
			continue;
		}
		text_add_n(t, &at[from], i - from);
		len = MAX_OF(len, (size_t)1);
		for (size_t end = i + len; i < end; i++) {
			char hex[5];

			snprintf(hex, sizeof(hex), "\\x%02x", s.at[i]);
			text_add_n(t, hex, 4);
		}
		from = i;
	}
	text_add_n(t, at ? &at[from] : "", i - from);
}

void text_add_hex(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n && !t->cut; i++) {
		char hex[3];

		text_add_n(t, hex_of(slice(&s.at[i], 1), hex, sizeof(hex)), 2);
	}
	text_add_n(t, "", 0);
}

/* How one character stands in a JSON string; "" when it stands for itself. */
static const char *json_escape(size_t len, uint32_t v, char ret[8])
{
	if (len == 0)
		return "\xef\xbf\xbd"; /* U+FFFD */
	switch (v) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		break;
	}
	ret[0] = '\0';
	/* the other controls; U+2028 and U+2029 would end a line in JavaScript */
	if (v < 0x20 || (v >= 0x7f && v <= 0x9f) || v == 0x2028 || v == 0x2029)
		snprintf(ret, 8, "\\u%04x", (unsigned)(v & 0xffff));
	return ret;
}

void text_add_json(struct text *t, const char *s, size_t n)
{
	size_t from = 0, i = 0;
	char buffer[8];

	text_add_n(t, "\"", 1);
	while (i < n) {
		uint32_t v = 0;
		size_t len = char_at(&s[i], n - i, &v);
		const char *escape = json_escape(len, v, buffer);

		if (!*escape) {
			i += len;
			continue;
		}
		text_add_n(t, &s[from], i - from);
		text_add_str(t, escape);
		i += MAX_OF(len, (size_t)1);
		from = i;
	}
	text_add_n(t, s ? &s[from] : "", i - from);
	text_add_n(t, "\"", 1);
}

void text_add_json_str(struct text *t, const char *s)
{
	if (*s)
		text_add_json(t, s, strlen(s));
	else
		text_add_str(t, "null");
}

void text_add_member(struct text *t, const char *key, const char *s)
{
	text_add(t, ",\"%s\":", key);
	text_add_json_str(t, s);
}

void text_add_member_id(struct text *t, const char *key, uint64_t id)
{
	if (id)
		text_add(t, ",\"%s\":%llu", key, (unsigned long long)id);
	else
		text_add(t, ",\"%s\":null", key);
}

char *text_give(struct text *t)
{
	char *out = t->at ? t->at : strdup("");

	text_init(t, t->limit);
	return out;
}

const char *name_of(const struct name *names, int value)
{
	for (; names->word; names++) {
		if (names->value == value)
			return names->word;
	}
	return "?";
}

bool name_find(const struct name *names, const char *word, int *ret)
{
	for (; word && names->word; names++) {
		if (strcmp(names->word, word) == 0) {
			*ret = names->value;
			return true;
		}
	}
	return false;
}

bool text_copy(char *ret, size_t cap, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	bool fits = n < cap;

	if (cap == 0)
		return false;
	if (!fits)
		n = whole_chars(s, cap - 1);
	if (n)
		memmove(ret, s, n);
	ret[n] = '\0';
	return fits;
}
