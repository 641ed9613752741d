/* dump.h - an IKEv1 message as people and tools read it: JSON, field by field
 *
 * For the decoder, the trace and the tests. Values that are secret on the wire's other side
 * (KE, NONCE, HASH) are public octets here and printed as hex; strangers' text is escaped.
 */
#pragma once

#include "core/base/text.h"
#include "core/wire/header.h"
#include "core/wire/payload.h"

/* {"initiator_spi": "...", ..., "payloads": [...]}. A clear message: chain is parsed here; a
 * chain that does not parse gives "error". An encrypted one without `clear` gives
 * "encrypted": true. `clear`, when not empty, is the decrypted body. */
void dump_message(struct text *t, struct slice datagram, struct slice clear);
void dump_payload(struct text *t, const struct pl *p, uint8_t exchange);
