/* proof1.h - identities and who proves them: pre-shared keys, HASH_I and HASH_R (RFC 2409 5.4) */
#pragma once

#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/view.h"

struct ike_sa;

enum { ID_BODY_MAX = 260 };

/* SKEYID by the peer's pre-shared key and both nonces: all that the hashes need. */
enum reason proof1_skeyid(struct ike_sa *sa, struct fault *f);
/* SKEYID by both nonces and g^xy, where signatures prove who is there (RFC 2409 section 5). */
enum reason proof1_skeyid_sig(struct ike_sa *sa, struct slice g_xy, struct fault *f);
/* What follows from it and the shared secret g^xy: keys and the first IV. */
enum reason proof1_derive(struct ike_sa *sa, struct slice g_xy, struct fault *f);
/* The body of our ID payload in phase 1; its text goes to sa->local_id. */
enum reason proof1_our_id(struct ike_sa *sa, uint8_t ret[ID_BODY_MAX], size_t *ret_n,
			  struct fault *f);
/* HASH of this end's (or the peer's) ID body; ret holds DIGEST_MAX. */
enum reason proof1_hash(const struct ike_sa *sa, enum sa_role whose, struct slice id_body,
			uint8_t *ret, struct fault *f);
/* The peer's HASH, then its identity. R_AUTH_FAILED: not the same pre-shared key; own->proven is
 * set once the hash was good. R_BAD_ID: proven, but not who we expect. */
enum reason proof1_check(struct ike_sa *sa, struct slice id_body, struct slice hash,
			 struct fault *f);
/* With signatures: what the peer signed, and who it says it is, checked against its record but for
 * a DN, which is compared with its certificate. Nothing of it is proven yet. */
enum reason proof1_their_hash(const struct ike_sa *sa, struct slice id_body, uint8_t *ret,
			      struct fault *f);
enum reason proof1_their_id(struct ike_sa *sa, struct slice id_body, unsigned *ret_type,
			    struct slice *ret, struct fault *f);
