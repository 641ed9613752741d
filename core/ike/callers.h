/* callers.h - who a caller is that says its name: aggressive mode
 *
 * The identity comes in the clear with the first message. Peers are kept by the identity they must
 * show, in a keyed hash. A peer with an address of its own may call in either mode; one that
 * calls from anywhere is only known by name, and only when its record asks for aggressive mode.
 */
#pragma once

#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"

struct callers;
struct engine;
struct ident; /* core/wire/ident.h */
struct peer; /* core/model/peer.h */
struct peer_run; /* book.h */

struct callers *callers_new(void);
void callers_free(struct callers *c);
/* Kept by book_adopt, next to the registry's own look-ups. */
enum reason callers_add(struct engine *e, struct peer_run *p, struct fault *f);
void callers_remove(struct engine *e, struct peer_run *p);

struct caller_ends {
	struct addr local, remote;
};

/* The enabled peer this is. NULL with a sentence; then ret_face is the peer whose manners a stranger
 * sees, so that an unknown identity is answered like a known one; NULL there too: nobody may call
 * like this (R_MODE_REFUSED, R_NO_PEER). */
struct peer_run *callers_find(struct engine *e, const struct caller_ends *at, struct slice id_body,
			      struct peer_run **ret_face, struct fault *f);
/* As people read it: a distinguished name as text, when it is one. */
void callers_ident_text(const struct ident *id, char *ret, size_t cap);
/* The name it goes by: of type fqdn or user_fqdn when remote_id says nothing; "" none. */
const char *callers_name(const struct peer *p, uint8_t *ret_type);
