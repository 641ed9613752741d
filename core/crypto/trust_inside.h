/* trust_inside.h - keys of certificates, for the files of this room only */
#pragma once

#include "core/crypto/fetched.h"
#include "core/model/alg.h"

/* R_CERT_KEY for what is no acceptable RSA key; no arithmetic. */
enum reason rsa1_key_fits(EVP_PKEY *key, struct fault *f);
enum reason rsa1_verify_key(EVP_PKEY *key, struct slice hash, struct slice signature,
			    struct fault *f);
