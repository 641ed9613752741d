/* registry.h - finding an SA by cookies, SPI or handle, and which peer an unknown caller is
 *
 * Keyed hashes only, seeded, since strangers choose the cookies. Callers are found by exact
 * addresses first; peers with ranges, prefixes or any address are few and come after.
 */
#pragma once

#include <stdbool.h>

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/crypto/keys1.h"
#include "core/ike/sa.h"

struct child;
struct link; /* core/base/list.h */
struct peer_run; /* book.h */

struct registry;

struct registry *registry_new(void);
void registry_free(struct registry *r);

/* A slot and a generation for this SA. */
enum reason registry_add(struct registry *r, struct ike_sa *sa, struct fault *f);
/* Known by its cookies as they are now; R_BUSY when another SA stands on this pair. */
enum reason registry_cookies(struct registry *r, struct ike_sa *sa, struct fault *f);
void registry_remove(struct registry *r, struct ike_sa *sa);
struct ike_sa *registry_of_ref(const struct registry *r, struct sa_ref ref);
/* By both cookies; with a responder cookie that is still unknown to us, by the initiator's alone
 * (only SAs we initiated that have none yet). */
struct ike_sa *registry_find(const struct registry *r, const struct cookies *cky);
struct ike_sa *registry_of_id(const struct registry *r, uint32_t id);

enum reason registry_child(struct registry *r, struct child *c,
			   struct fault *f); /* by spi_in, id */
void registry_child_remove(struct registry *r, struct child *c);
struct child *registry_child_of_spi(const struct registry *r, uint32_t spi_in);
struct child *registry_child_of_id(const struct registry *r, uint32_t id);

/* Peers by address; kept by book_adopt. */
enum reason registry_peer(struct registry *r, struct peer_run *p, struct fault *f);
void registry_peer_remove(struct registry *r, struct peer_run *p);
/* The enabled peer a caller from `remote` to `local` is, in phase 1 by address. NULL with a
 * sentence. */
struct peer_run *registry_caller(const struct registry *r, const struct addr *local,
				 const struct addr *remote, struct fault *f);
/* The first peer in aggressive mode that calls from several addresses, these among them. NULL none. */
struct peer_run *registry_first_wide(const struct registry *r, const struct addr *local,
				     const struct addr *remote);
/* SAs that are up with the same peer and the same identity, this one among them, oldest first. */
enum reason registry_up(struct registry *r, struct ike_sa *sa, struct fault *f);
struct link *registry_twins(const struct registry *r, const struct ike_sa *sa); /* NULL: not up */
/* An SA came up, or an SA that is up moved: its address is known now. */
void registry_moved(struct registry *r, struct ike_sa *sa);
/* Is this an address of a configured peer or of an SA that is up: exempt from half-open caps. */
bool registry_is_known(const struct registry *r, const struct addr *remote);
