/* recording.h - looking into the recording plane, for tests
 *
 * Everything else speaks to it through plane.h.
 */
#pragma once

#include "core/ipsec/plane.h"

struct recording_sa {
	struct plane_sa sa; /* keymat points to the copy below */
	struct bytes *keymat;
	struct plane_count count;
	bool used; /* outbound: sa_use chose it */
};

size_t recording_sas(const struct plane *p);
size_t recording_policies(const struct plane *p);
size_t recording_spis(const struct plane *p); /* reserved, without an SA yet */
/* How often each was called since the plane was opened; refused calls count too. */
struct recording_calls {
	unsigned spi_new, spi_drop, sa_add, sa_del, sa_use, sa_move, policy_add, policy_del;
};
struct recording_calls recording_calls(const struct plane *p);
const struct recording_sa *recording_find(const struct plane *p, uint32_t spi, bool inbound);
const struct recording_sa *recording_at(const struct plane *p, size_t i);
const struct plane_policy *recording_policy(const struct plane *p, size_t i);
/* The SPI sa_use chose for this reqid, 0 none. */
uint32_t recording_used(const struct plane *p, uint32_t reqid);
/* A packet that would leave through the device: true if a tunnel takes it. For IPsec sessions. */
bool recording_send(struct plane *p, msec now, uint8_t protocol, const struct addr *src,
		    const struct addr *dst);
/* The n-th next call refuses (1: the very next), once. */
void recording_fail_sa_add(struct plane *p, unsigned nth, enum reason r);
void recording_fail_policy_add(struct plane *p, unsigned nth, enum reason r);
void recording_fail_spi_new(struct plane *p, unsigned nth, enum reason r);
/* What sa_count will say; the totals follow. False: no such SA. */
bool recording_count(struct plane *p, uint32_t spi, bool inbound, const struct plane_count *c);
/* SPIs come from this number upwards instead of by chance, so that a test repeats itself. */
void recording_spi_from(struct plane *p, uint32_t first);
/* Whom the plane was told to tell; never NULL. Tests call its members. */
const struct plane_news *recording_news(const struct plane *p);
