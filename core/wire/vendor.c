/* vendor.c - look-ups over vendor.def
 *
 * A vendor id is whatever its inventor hashed, some with a version behind it, so it is
 * compared as a prefix. The register holds hex; it becomes octets while compiling, so there
 * is nothing to set up and nothing that threads could race for.
 *
 * Called by the engine and dump.c.  Thread: any, values only.  Owns: nothing.
 * Not here: what a vendor id switches on.
 */
#include "core/wire/vendor.h"

#include "core/base/own.h"

enum { LONGEST = 20 };

struct row {
	const char *name;
	size_t n;
	uint8_t octets[LONGEST];
};

#define DIGIT(c)   ((c) <= '9' ? (c) - '0' : (c) - 'a' + 10)
#define AT(h, i)   DIGIT((i) + 1 < sizeof(h) ? (h)[(i) + 1 < sizeof(h) ? (i) : 0] : '0')
#define OCT(h, i)  (uint8_t)(AT(h, 2u * (i)) << 4 | AT(h, 2u * (i) + 1u))
#define FIVE(h, i) OCT(h, i), OCT(h, (i) + 1), OCT(h, (i) + 2), OCT(h, (i) + 3), OCT(h, (i) + 4)

static const struct row rows[VENDOR_COUNT] = {
#define VENDOR(code, name_, hex)                   \
	[VENDOR_##code] = { name_,                 \
			    (sizeof(hex) - 1) / 2, \
			    { FIVE(hex, 0), FIVE(hex, 5), FIVE(hex, 10), FIVE(hex, 15) } },
#include "core/wire/vendor.def"
#undef VENDOR
};

#define VENDOR(code, name, hex) \
	_Static_assert(sizeof(hex) - 1 <= 2 * LONGEST && sizeof(hex) % 2 == 1, name);
#include "core/wire/vendor.def"
#undef VENDOR

struct slice vendor_octets(enum vendor v)
{
	return (unsigned)v < VENDOR_COUNT ? slice(rows[v].octets, rows[v].n) : slice(NULL, 0);
}

enum vendor vendor_find(struct slice body)
{
	for (int v = 0; v < VENDOR_COUNT; v++)
		if (body.n >= rows[v].n &&
		    slice_equal(slice(body.at, rows[v].n), vendor_octets((enum vendor)v)))
			return (enum vendor)v;
	return VENDOR_COUNT;
}

const char *vendor_word(enum vendor v)
{
	return (unsigned)v < VENDOR_COUNT ? rows[v].name : "?";
}
