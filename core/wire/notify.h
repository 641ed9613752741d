/* notify.h - notify and delete payloads of IKEv1 (RFC 2408 sections 3.14, 3.15) */
#pragma once

#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/fault.h"

enum notify_type {
	NTFY_CONNECTED = 16384,
	NTFY_RESPONDER_LIFETIME = 24576, /* RFC 2407 section 4.6.3 */
	NTFY_REPLAY_STATUS = 24577,
	NTFY_INITIAL_CONTACT = 24578,
	NTFY_INVALID_SPI = 11,
	NTFY_R_U_THERE = 36136, /* RFC 3706 */
	NTFY_R_U_THERE_ACK = 36137,
	NTFY_HEARTBEAT = 40503,
};

struct notify {
	uint32_t doi;
	uint8_t protocol;
	uint16_t type;
	struct slice spi, data; /* borrowed */
};

struct delete_ {
	uint32_t doi;
	uint8_t protocol;
	uint8_t spi_size;
	uint16_t n;
	struct slice spis; /* n * spi_size octets, borrowed */
};

enum reason notify_read(struct slice body, struct notify *ret, struct fault *f);
void notify_write(struct wr *w, const struct notify *n);
enum reason delete_read(struct slice body, struct delete_ *ret, struct fault *f);
void delete_write(struct wr *w, const struct delete_ *d);
const char *notify_word(unsigned type); /* "NO-PROPOSAL-CHOSEN", "INITIAL-CONTACT", "?" */
