/* throwaway.h - a certificate for one play: an authority, a key and what it signed, made on the spot
 *
 * It says of its holder what a real one would say, and nobody real trusts it. Any thread; making the keys takes
 * some 100 ms.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"

struct throwaway_ask {
	const char
		*like; /* PEM of the real one: its subject and names are taken; "" there is none */
	const char *name; /* otherwise: an address, a DNS name, or a mailbox with its @; "" none */
	const char *dn; /* "C=DE, O=Example, CN=gw": the subject; "" any */
	int64_t now_s; /* since 1970: valid from a day before it */
};

/* PEM texts, terminated: the authority's certificate, the one it signed, and its RSA key, which wipes
 * itself. R_INVALID: a name or subject makes no sense; R_CRYPTO. */
struct throwaway {
	struct bytes *authority, *certificate, *key;
};
enum reason throwaway_make(const struct throwaway_ask *ask, struct throwaway *ret, struct fault *f);
void throwaway_done(struct throwaway *t);
