/* column.h - MIB columns: ASN.1 type and member of the picture, by register
 *
 * A grid is a table of the MIB, or a group of scalars, which is a table with one row whose
 * index is 0. All grids look alike to walk.c; column.def says what is in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/event.h"
#include "core/model/view.h"

/* enterprises 32473 is for documentation (RFC 5612) until there is a number of our own. A move
 * changes this line and ikeeperRoot in IKEEPER-MIB.txt. */
#define IKEEPER_MIB      1, 3, 6, 1, 4, 1, 32473, 1
#define IKEEPER_MIB_TEXT ".1.3.6.1.4.1.32473.1"
enum { IKEEPER_MIB_N = 8 };

enum shape {
	SHAPE_TEXT, /* char[] -> SnmpAdminString */
	SHAPE_FLAG, /* bool -> TruthValue */
	SHAPE_ENUM, /* int as it is -> INTEGER */
	SHAPE_ENUM_1, /* int that begins at 0 -> INTEGER that begins at 1 */
	SHAPE_NUMBER, /* any width -> Gauge32, Unsigned32; stays at the top */
	SHAPE_COUNT_32, /* any width -> Counter32; wraps */
	SHAPE_COUNT_64, /* uint64_t -> Counter64 */
	SHAPE_TIME, /* seconds since 1970 -> DateAndTime in UTC */
	SHAPE_TIME_MS, /* milliseconds since 1970 -> DateAndTime in UTC */
	SHAPE_ADDRESS_TYPE, /* char[] with an address -> InetAddressType; unknown if it is none */
	SHAPE_ADDRESS, /* the same -> InetAddress */
	SHAPE_BINARY_TYPE, /* struct addr -> InetAddressType */
	SHAPE_BINARY, /* struct addr -> InetAddress */
	SHAPE_COOKIE, /* 16 hex digits -> eight octets */
	SHAPE_ENCR, /* enum encr -> IKEv2 transform number of type 1 */
	SHAPE_PRF, /* enum integ -> of type 2 */
	SHAPE_INTEG, /* enum integ -> of type 3 */
	SHAPE_GROUP, /* enum group -> of type 4 */
	SHAPE_REASON, /* enum reason -> its slug; "" for R_OK */
	SHAPE_MASK, /* uint32_t by bit -> BITS, bit 0 first */
	SHAPE_VERSION, /* the software's version */
	SHAPE_COUNT
};

struct column {
	uint16_t number;
	uint16_t offset, size;
	enum shape shape;
	const char *name;
};

/* What traps.c tells about itself. */
struct trap_tally {
	uint32_t mask; /* by notification number */
	uint32_t burst, interval_ms; /* of one kind about one peer: at once, then one each */
	uint64_t sent, suppressed;
};

enum grid_id {
	GRID_GATEWAY,
	GRID_PEER,
	GRID_IKE_SA,
	GRID_CHILD,
	GRID_TUNNEL,
	GRID_FAILURE,
	GRID_SPI,
	GRID_NOTIFY,
	GRID_EVENT, /* for notifications only: not served */
	GRID_COUNT
};

struct grid {
	const char *name;
	uint8_t arc; /* below ikeeperObjects */
	uint8_t index_n; /* leading uint32_t of a row that are its index; 0 scalars */
	size_t row_size;
	const struct column *columns;
	size_t columns_n;
};

/* One value, ready for net-snmp. */
struct value {
	uint8_t type; /* ASN.1 */
	size_t n; /* octets at `at` */
	const void *at; /* into the row, or one of the rooms below */
	long number;
	uint64_t wide[2]; /* struct counter64: high and low half */
	uint8_t octets[256];
};

const struct grid *grid_row(enum grid_id g);
/* Rows of a grid, sorted by their index; a group of scalars has one. */
const void *grid_rows(enum grid_id g, const struct view *v, const struct trap_tally *t,
		      size_t *ret_n);
/* Its OID without column and index; ret holds GRID_OID. Returns the length. */
enum { GRID_OID = IKEEPER_MIB_N + 3 };
size_t grid_oid(const struct grid *g, unsigned long *ret);
/* The index of a row in an OID; ret holds GRID_INDEX. Returns the length. */
enum { GRID_INDEX = 2 };
size_t grid_index(const struct grid *g, const void *row, unsigned long *ret);
void column_value(const struct column *c, const void *row, struct value *ret);
