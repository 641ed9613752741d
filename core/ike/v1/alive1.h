/* alive1.h - keepalives and DPD on the wire; for this room only */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ike_sa;
struct notify; /* core/wire/notify.h */

bool alive1_say(struct ike_sa *sa, uint32_t number);
bool alive1_ask(struct ike_sa *sa, uint32_t number);
/* INVALID-SPI about ESP of the peer, and taking one about ours; false: it is about none of ours. */
bool alive1_spi_unknown(struct ike_sa *sa, uint32_t spi);
bool alive1_take_spi(struct ike_sa *sa, const struct notify *n);
/* A proven status notification; others than these two kinds are passed over. */
void alive1_take(struct ike_sa *sa, const struct notify *n);
