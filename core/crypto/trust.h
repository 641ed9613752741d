/* trust.h - is the peer who its certificate says (RFC 5280; RFC 4945 for identities)
 *
 * A chain to one of the given authorities, at the given time, revocation lists where they are at
 * hand. No network. Values only, so it may run on any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"

enum { TRUST_CHAIN = 6, TRUST_CERTIFICATE_MAX = 8192, TRUST_NAME_MAX = 1024 };

struct trust_anchor {
	const char *pem, *crl; /* crl "": none */
};

struct trust_ask {
	const struct trust_anchor *anchors;
	size_t anchors_n;
	const struct slice *chain; /* DER; the peer's own is the one the identity is in */
	size_t chain_n;
	int64_t now_s; /* since 1970 */
	unsigned id_type; /* as on the wire: 1, 5 address, 2 fqdn, 3 user fqdn, 9 DN */
	struct slice id;
	const char *want_dn; /* "C=DE, O=Example, CN=gw" that the subject must be; "" any */
	struct slice hash, signature;
};

/* R_NO_CERTIFICATE, R_UNTRUSTED, R_CERT_EXPIRED, R_CERT_REVOKED, R_CERT_KEY, R_CERT_ID,
 * R_BAD_SIGNATURE with a sentence; the field is the member of the peer. ret_used has a bit for each of
 * the first 64 anchors that is in the chain. */
enum reason trust_check(const struct trust_ask *a, uint64_t *ret_used, struct fault *f);
/* The certificates of a PEM text as DER. The caller frees ret[0..n). */
enum reason trust_read(const char *pem, struct bytes *ret[TRUST_CHAIN], size_t *ret_n,
		       struct fault *f);
/* A distinguished name in DER as RFC 4514 text, control characters replaced; "" when it is none. */
void trust_dn_text(struct slice dn, char *ret, size_t cap);
/* Is it the one that people wrote, in either direction? "" is any. */
bool trust_dn_is(struct slice dn, const char *want);
/* The subject of the first certificate of a PEM text, DER. */
enum reason trust_subject(const char *pem, struct bytes **ret, struct fault *f);