/* cert.h - the certificate of the HTTPS listener
 *
 * A P-256 key and a self-signed certificate, made on first start. Peer certificates for
 * RSA signatures come to this room later.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"

/* PEM texts, terminated. `names` are DNS names or addresses, ended by NULL. `days` from now. */
enum reason cert_self_signed(const char *const *names, unsigned days, struct bytes **ret_cert,
			     struct bytes **ret_key, struct fault *f);
/* SHA-256 fingerprint of the first certificate in a PEM text, "AB:CD:..." ; ret holds 96. */
enum reason cert_fingerprint(const char *pem, char *ret, struct fault *f);
