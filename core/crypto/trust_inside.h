/* trust_inside.h - keys of certificates, for the files of this room only */
#pragma once

#include "core/crypto/fetched.h"

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192 };

/* R_CERT_KEY for what is no acceptable RSA key; no arithmetic. */
enum reason rsa1_key_fits(EVP_PKEY *key, struct fault *f);
enum reason rsa1_verify_key(EVP_PKEY *key, struct slice hash, struct slice signature,
			    struct fault *f);
