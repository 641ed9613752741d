/* bytes.c - owned byte strings and borrowed slices
 *
 * Every secret of the house lives in a `struct bytes`, because its free wipes. The
 * octets sit in the same allocation as the count, so there is one thing to free
 * and nothing to leave behind. Comparing secrets looks at every octet whatever it
 * finds; comparing public data may stop early.
 *
 * Called by every room.  Thread: any, values only.  Owns: nothing.
 * Not here: walking through bytes - that is the cursor's.
 */
#include "core/base/bytes.h"

#include <stdlib.h>
#include <string.h>

struct bytes *bytes_new(size_t n)
{
	if (n > SIZE_MAX - sizeof(struct bytes))
		return NULL;

	struct bytes *b = calloc(1, sizeof(*b) + n);
	if (b)
		b->n = n;
	return b;
}

struct bytes *bytes_of(const void *at, size_t n)
{
	struct bytes *b = bytes_new(n);

	if (b && n)
		memcpy(b->at, at, n);
	return b;
}

struct bytes *bytes_dup(const struct bytes *b)
{
	return b ? bytes_of(b->at, b->n) : NULL;
}

struct bytes *bytes_join(const struct slice *parts, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > SIZE_MAX - total)
			return NULL;
		total += parts[i].n;
	}

	struct bytes *b = bytes_new(total);
	size_t off = 0;

	for (size_t i = 0; b && i < n; i++) {
		if (parts[i].n)
			memcpy(&b->at[off], parts[i].at, parts[i].n);
		off += parts[i].n;
	}
	return b;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* hex_read - count the octets, and keep them when there is somewhere to. A colon must have an
 * octet on both sides, so a list cut short is noticed. */
static bool hex_read(const char *hex, uint8_t *ret, size_t *ret_n)
{
	bool may_colon = false, owes_octet = false;
	size_t n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '\t' || *hex == '\n' || *hex == '\r')
			continue;
		if (*hex == ':') {
			if (!may_colon)
				return false;
			may_colon = false;
			owes_octet = true;
			continue;
		}
		int high = digit_of(hex[0]), low = high < 0 ? -1 : digit_of(hex[1]);
		if (low < 0)
			return false;
		if (ret)
			ret[n] = (uint8_t)(high << 4 | low);
		n++;
		hex++;
		may_colon = true;
		owes_octet = false;
	}
	*ret_n = n;
	return !owes_octet;
}

struct bytes *bytes_of_hex(const char *hex)
{
	size_t n = 0;

	if (!hex || !hex_read(hex, NULL, &n))
		return NULL;

	struct bytes *b = bytes_new(n);
	if (b)
		hex_read(hex, b->at, &n);
	return b;
}

void bytes_free(struct bytes *b)
{
	if (!b)
		return;
	wipe(b->at, b->n);
	free(b);
}

struct slice slice_str(const char *s)
{
	return s ? slice(s, strlen(s)) : slice(NULL, 0);
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

bool slice_equal_secret(struct slice a, struct slice b)
{
	/* volatile: the compiler may not notice that the rest cannot matter any more */
	volatile uint8_t differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ = (uint8_t)(differ | (a.at[i] ^ b.at[i]));
	return differ == 0;
}

int slice_compare(struct slice a, struct slice b)
{
	size_t n = MIN_OF(a.n, b.n);
	int c = n ? memcmp(a.at, b.at, n) : 0;

	if (c == 0)
		c = (a.n > b.n) - (a.n < b.n);
	return c;
}

void wipe(void *at, size_t n)
{
	if (n)
		explicit_bzero(at, n);
}

char *hex_of(struct slice s, char *ret, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	if (cap == 0)
		return ret;
	for (size_t i = 0; i < s.n && cap - n > 2; i++) {
		ret[n++] = digits[s.at[i] >> 4];
		ret[n++] = digits[s.at[i] & 15];
	}
	ret[n] = '\0';
	return ret;
}
