/* rsa1.h - RSA signatures of IKEv1 (RFC 2409 section 5.1)
 *
 * PKCS #1 v1.5 padding of type 1 around the bare hash, without a DigestInfo. Keys of 2048 to 8192
 * bits with an odd exponent from 3 to 64 bits; everything else is R_CERT_KEY before any arithmetic.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"

/* With an RSA key as PEM text. R_NO_CERTIFICATE: it is none. */
enum reason rsa1_sign(struct slice key_pem, struct slice hash, struct bytes **ret, struct fault *f);
/* By the key of this certificate (DER). R_BAD_SIGNATURE unless every octet of the block fits. */
enum reason rsa1_verify(struct slice certificate, struct slice hash, struct slice signature,
			struct fault *f);
