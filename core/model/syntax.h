/* syntax.h - shapes that a text may be asked to have
 *
 * What passes comes back in its canonical text, so equal values are equal texts and a
 * comparison of two records is a comparison of octets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"

enum syntax {
	SYN_NONE,
	SYN_HOST, /* one address */
	SYN_REMOTE, /* address, prefix, range a-b, host name, or "any" */
	SYN_SELECTOR, /* traffic selector "10.1.0.0/24", "10.1.0.1[tcp/80]", "0.0.0.0/0[udp]" */
	SYN_ENDPOINT, /* address or address:port */
	SYN_NAME, /* [A-Za-z0-9._-]+: names of records */
	SYN_LABEL, /* key=value, each shaped like a name */
	SYN_MOMENT, /* a day or a moment in UTC: 2027-01-31, 2027-01-31T18:00:00Z */
	SYN_GROUP, /* the word of a Diffie-Hellman group */
	SYN_COUNT
};

/* Canonical text of a value of this shape, or a sentence why not. ret holds cap. */
enum reason syntax_check(enum syntax s, const char *value, char *ret, size_t cap, struct fault *f);
/* Decimal digits alone, without leading zeros, at most `max`. */
bool syntax_number(const char *text, uint64_t max, uint64_t *ret);
