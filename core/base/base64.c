/* base64.c - octets as text (RFC 4648 section 4)
 *
 * Strict when it reads: four letters at a time, padding only at the end, no line breaks, and the
 * bits that pad are zero, so that one text stands for one string of octets.
 *
 * Called by: the api and its command line, for files inside JSON.  Thread: any.  Owns: nothing.
 */
#include "core/base/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct text *t, struct slice s)
{
	char out[4 * 256];

	for (size_t at = 0; at < s.n;) {
		size_t n = 0;

		for (; at < s.n && n < sizeof(out); at += 3, n += 4) {
			size_t left = s.n - at;
			uint32_t v = (uint32_t)s.at[at] << 16;

			v |= left > 1 ? (uint32_t)s.at[at + 1] << 8 : 0;
			v |= left > 2 ? s.at[at + 2] : 0;
			out[n] = letters[v >> 18];
			out[n + 1] = letters[v >> 12 & 63];
			out[n + 2] = left > 1 ? letters[v >> 6 & 63] : '=';
			out[n + 3] = left > 2 ? letters[v & 63] : '=';
		}
		text_add_n(t, out, n);
	}
}

static void fill(uint8_t value[256])
{
	memset(value, 0xff, 256);
	for (size_t i = 0; i < 64; i++)
		value[(uint8_t)letters[i]] = (uint8_t)i;
}

struct bytes *base64_read(const char *text, size_t n)
{
	size_t pad = n && text[n - 1] == '=' ? 1 : 0, out = 0;
	uint8_t value[256];

	if (n % 4 != 0)
		return NULL;
	pad += pad && text[n - 2] == '=';
	own(bytes) b = bytes_new(n / 4 * 3 - pad);
	if (!b)
		return NULL;
	fill(value);
	for (size_t at = 0; at < n; at += 4) {
		size_t last = at + 4 == n ? pad : 0;
		uint32_t v = 0;

		for (size_t i = 0; i < 4; i++) {
			uint8_t six = i >= 4 - last ? 0 : value[(uint8_t)text[at + i]];

			if (six == 0xff)
				return NULL;
			v = v << 6 | six;
		}
		if (v & ((1u << 8 * last) - 1))
			return NULL;
		for (size_t i = 0; i < 3 - last; i++)
			b->at[out++] = (uint8_t)(v >> (16 - 8 * i));
	}
	return give(b);
}
