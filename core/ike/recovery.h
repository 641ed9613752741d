/* recovery.h - telling a peer that it sends with an SPI we do not know (INVALID-SPI, RFC 2408 3.14.1) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct addr; /* core/base/addr.h */
struct engine;
struct ike_sa;

/* ESP came from there with an SPI no SA of ours has. Says so over the living IKE SA with that peer,
 * once a second and SA, when the setting asks for it; else nothing. */
void recovery_unknown(struct engine *e, uint32_t spi, const struct addr *from);
/* The peer says, authenticated, that it does not know this SPI we send with: the pair ends, and
 * traffic brings another. False: no pair of this peer that is up sends with it. */
bool recovery_disowned(struct ike_sa *sa, uint32_t spi);
