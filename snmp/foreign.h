/* foreign.h - the read-only trees of other vendors' modules, over the same picture
 *
 * Monitoring that was made for a router of another make asks for its objects; the trees answer
 * such questions, each with a switch of its own. Their tables have indexes of several numbers
 * and rows that are put together from rows of the picture: a spot. Objects are in hh3cike.def,
 * hh3cipsec.def and ciscoflow.def, numbers of algorithms in foreignalg.def.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/pair.h"
#include "core/model/view.h"
#include "snmp/column.h"

enum foreign_tree {
	FOREIGN_HH3C_IKE,
	FOREIGN_HH3C_IPSEC,
	FOREIGN_HH3C_IPSEC_V2,
	FOREIGN_CISCO_FLOW,
	FOREIGN_TREES
};

/* Beside those of column.h; they go on where those end. */
enum foreign_shape {
	SHAPE_INT = SHAPE_COUNT, /* any width -> INTEGER; stays at 2^31-1 */
	SHAPE_INT_1, /* the same, at least 1 */
	SHAPE_CENTI, /* seconds -> INTEGER in hundredths */
	SHAPE_ZERO, /* INTEGER 0, whatever the member */
	SHAPE_ONE, /* INTEGER 1 */
	SHAPE_TWO, /* INTEGER 2; what is switched off */
	SHAPE_THREE,
	SHAPE_GAUGE_0, /* Gauge32 0 */
	SHAPE_ZERO_32, /* Counter32 0: not counted here */
	SHAPE_ZERO_64, /* Counter64 0: not counted here */
	SHAPE_EMPTY, /* an empty string */
	SHAPE_EDITION_V2,
	SHAPE_SWITCH, /* of a notification: enabled or true(1), disabled or false(2) */
	SHAPE_EDITION, /* which edition of its module the tree follows */
	SHAPE_DROPS_64, /* counters of the gateway: datagrams of IKE that were dropped */
	SHAPE_IPV4, /* char[] with an address -> IpAddress; 0.0.0.0 when it is none */
	SHAPE_LOCAL_ID, /* kind of identity, by member local_id -> number of RFC 2407, 4.6.2.1 */
	SHAPE_REMOTE_ID,
	SHAPE_TAGGED, /* bool -> active(1), timeout(2) */
	SHAPE_NEGO_MODE, /* exchange mode -> number of RFC 2408 section 3.1 */
	SHAPE_HH3C_GROUP, /* algorithms; what has no number there is 2147483647 */
	SHAPE_HH3C_IKE_ENCR,
	SHAPE_HH3C_IKE_HASH,
	SHAPE_HH3C_ENCR, /* of IPsec SAs: the same names, other numbers */
	SHAPE_HH3C_AUTH,
	SHAPE_OR_NONE, /* any width -> INTEGER; 0 is 2147483647 */
	SHAPE_REMAIN_KB, /* what is left of a lifetime in kilobytes */
	SHAPE_SAS, /* IPsec SAs of a pair -> Gauge32 */
	SHAPE_TWICE, /* any width -> Gauge32, of SAs when pairs are counted */
	SHAPE_CHILD_STATUS, /* enum child_state -> ready(2), rekeyed(3), closed(4) */
	SHAPE_EXPIRING, /* of a pair -> active(1), expiring(2) */
	SHAPE_SIDE, /* in(1), out(2) */
	SHAPE_SPI, /* of this side -> Unsigned32 */
	SHAPE_ERRORS_64, /* all errors of a pair */
	SHAPE_PLANE_DROPS_64, /* counters of the gateway: packets the data plane dropped */
	SHAPE_CISCO_GROUP, /* algorithms; what has no number there is none(1) */
	SHAPE_CISCO_ENCR,
	SHAPE_CISCO_INTEG,
	SHAPE_CISCO_AUTH,
	SHAPE_IPS_ADDRESS, /* char[] with an address -> 4 or 16 octets; 0.0.0.0 when it is none */
	SHAPE_HIGH_32, /* uint64_t -> Counter32: its high half, how often the low one wrapped */
	SHAPE_DROPS_32, /* as DROPS_64 and their like, to Counter32 */
	SHAPE_PLANE_DROPS_32,
	SHAPE_ERRORS_32,
	SHAPE_TWICE_32, /* any width, doubled -> Counter32 */
	SHAPE_TRUTH, /* any width -> TruthValue: is it there? */
	SHAPE_THRESHOLD, /* seconds before its end at which an SA is renewed -> INTEGER */
	SHAPE_TS_TYPE, /* traffic selector as text -> its kind, number of RFC 2407, 4.6.2.1 */
	SHAPE_TS_LOW, /* -> IpAddress: its first; 0.0.0.0 when it is not IPv4 */
	SHAPE_TS_HIGH, /* -> IpAddress: mask, or the last one of a range */
	SHAPE_TS_FAMILY, /* -> InetAddressType */
	SHAPE_TS_FIRST, /* -> InetAddress: as LOW and HIGH, of any family */
	SHAPE_TS_LAST,
	SHAPE_TS_PROTOCOL,
	SHAPE_TS_PORT,
	SHAPE_END_TYPE, /* -> singleIpAddr(1), ipAddrRange(2), ipSubnet(3) */
	SHAPE_END_LOW, /* -> 4 or 16 octets: its first */
	SHAPE_END_HIGH, /* -> the same: mask, or the last one */
	FOREIGN_SHAPE_END
};

/* Rows of the picture that make up one row of a table. */
enum spot_row { OF_view, OF_ike_sa_row, OF_child_row, OF_tunnel_row, OF_COUNT };

enum { SPOT_INDEX = 4, SPOT_ADDRESS = 45, SPOT_INDEX_MOST = 2 * SPOT_ADDRESS + 6 };

struct spot {
	unsigned long index[SPOT_INDEX];
	uint32_t side; /* 0 inbound, 1 outbound */
	const void *of[OF_COUNT]; /* NULL: there is none; shown as if all its members were 0 */
};

/* What the rows of a table are, and their index. */
enum spot_form {
	SPOT_GATEWAY, /* scalars: 0 */
	SPOT_IKE_SA, /* IKE SAs that are up: id */
	SPOT_CHILD, /* pairs of IPsec SAs: 1, number of the tunnel's record, id */
	SPOT_SA, /* IPsec SAs: the same, side from 1 */
	SPOT_PAIR, /* pairs of IPsec SAs: id */
	SPOT_PAIR_SA, /* IPsec SAs: id of the pair, side from 1 */
	SPOT_POLICY, /* tunnels of the configuration: length of the name, the name */
	SPOT_TUNNEL, /* tunnels that have a live pair, with the newest: number of the record */
	SPOT_TUNNEL_END, /* the same, 1 */
	SPOT_TUNNEL_SA, /* IPsec SAs: number of the tunnel's record, twice the pair's id and side */
	SPOT_PEER, /* pairs of addresses with an IKE SA that is up, the newest: see spot_ends */
	SPOT_PEER_TUNNEL, /* tunnels that have a live pair: the same, number of the tunnel's record */
	SPOT_FORMS
};

struct foreign_column {
	struct column member; /* its shape is not used */
	int shape; /* enum shape or enum foreign_shape */
	enum spot_row of;
};

struct foreign_table {
	const char *name;
	enum foreign_tree tree;
	enum spot_form form;
	uint8_t below[4]; /* the root of its tree, up to the entry or the group */
	uint8_t below_n;
	const struct foreign_column *columns; /* numbered without gaps */
	size_t columns_n;
};

struct foreign_root {
	enum foreign_tree tree;
	const char *text; /* ".1.3..." */
};

/* Mask of the trees that are switched on, by enum foreign_tree. */
uint32_t foreign_trees(const struct pair_setup *s);
/* All tables of all trees; NULL past the last. */
const struct foreign_table *foreign_table_at(size_t i);
/* All roots; a tree of several vendors has several. NULL past the last. */
const struct foreign_root *foreign_root_at(size_t i);
/* OID of a table below a root, without column and index; ret holds FOREIGN_OID. */
enum { FOREIGN_OID = 20 };
size_t foreign_oid(const struct foreign_root *r, const struct foreign_table *t, unsigned long *ret);

/* The first root of a tree; ret holds FOREIGN_OID. Returns the length. */
size_t foreign_root_oid(enum foreign_tree t, unsigned long *ret);

/* The index of a row in an OID; ret holds SPOT_INDEX_MOST. Returns the length. */
size_t spot_index(enum spot_form f, const struct spot *s, unsigned long *ret);
/* Two ends as an index: each is ipAddrPeer(1), the length of its address as text and the text; then
 * the number of the peer's record, which tells peers behind one address apart, 1 for none. */
size_t spot_ends(const char *local, const char *remote, uint32_t peer_index, unsigned long *ret);
/* Rows of this form in the picture, sorted by index; good until the next picture. None without a
 * picture, and when there is no memory. */
const struct spot *spots_of(enum spot_form f, const struct view *v, size_t *ret_n);

void foreign_value(const struct foreign_column *c, const struct spot *s, struct value *ret);

/* ---- for foreignvalue.c and its kin ---- */

/* What the HH3C modules say for what they have no number for; the largest INTEGER, too. */
enum { FOREIGN_INVALID = 2147483647 };
void foreign_set_number(struct value *v, uint8_t type, uint64_t number);
void foreign_set_int(struct value *v, uint64_t number); /* INTEGER; stays at the largest */
void foreign_set_octets(struct value *v, uint8_t type, const void *at, size_t n);
void foreign_algorithm(int shape, int alg, uint32_t bits, struct value *ret);
void foreign_selector(int shape, const char *at, size_t most, struct value *ret);
