/* forge.h - what somebody on the path could send: unprotected messages with the right cookies */
#pragma once

#include "core/wire/notify.h"
#include "core/wire/writer.h"
#include "tests/duet/duet.h"

/* The cookies as the wire has shown them so far; false: nothing was sent yet. */
bool forge_cookies(const struct duet *d, struct header *ret);
/* An unprotected informational to this end, from the other end's address, delivered at once. */
void forge_notify(struct duet *d, enum side to, uint8_t protocol, uint16_t type);
void forge_delete_ike(struct duet *d, enum side to);
void forge_delete_esp(struct duet *d, enum side to, uint32_t spi);
/* Any octets from the other end's address. */
void forge_octets(struct duet *d, enum side to, struct slice octets);
/* The same but encrypted-looking: random octets behind a header with the right cookies. */
void forge_sealed(struct duet *d, enum side to, uint8_t exchange, uint32_t mid, size_t octets);
