/* spirows.h - IPsec SAs one by one, as a table of our own module
 *
 * The picture has pairs; the table has a row for each side of one that has an SPI. Its index is the
 * pair's number, then in(1) or out(2), as HH3C-IPSEC-MONITOR-V2-MIB counts them.
 */
#pragma once

#include <stddef.h>

#include "core/model/view.h"

enum spi_state { SPI_ACTIVE = 1, SPI_EXPIRING }; /* expiring: another one takes over, or it ends */

struct spi_row {
	uint32_t pair, side; /* the index; side 1 in, 2 out */
	uint32_t spi;
	char protocol[8];
	int state; /* enum spi_state */
	uint32_t age_seconds;
	uint64_t octets, packets;
	uint64_t last_at; /* of a packet, seconds since 1970; 0 none yet */
};

/* Sorted by index; good until the next picture. None without a picture, or without memory. */
const struct spi_row *spi_rows(const struct view *v, size_t *ret_n);
