/* foreign.c - the read-only trees of other vendors' modules: tables and roots
 *
 * A table is a register of columns and a form of rows, see foreignspots.c.
 *
 * Called by: walk.c, library.c, foreigntraps.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include "snmp/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define FOREIGN_COLUMN(number_, name_, shape_, tag, member_)      \
	{ .member = { .number = number_,                          \
		      .offset = offsetof(struct tag, member_),    \
		      .size = sizeof(((struct tag *)0)->member_), \
		      .name = name_ },                            \
	  .shape = SHAPE_##shape_,                                \
	  .of = OF_##tag },

/* The offset is the notification's number, the size its tree. */
#define FOREIGN_SWITCH(tree_, number_, name_, notification_) \
	{ .member = { .number = number_,                     \
		      .offset = notification_,               \
		      .size = FOREIGN_##tree_,               \
		      .name = name_ },                       \
	  .shape = SHAPE_SWITCH,                             \
	  .of = OF_view },

static const struct foreign_column hh3c_ike_sa[] = {
#define HH3C_IKE_SA(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cike.def"
#undef HH3C_IKE_SA
};
static const struct foreign_column hh3c_ike_stat[] = {
#define HH3C_IKE_STAT(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cike.def"
#undef HH3C_IKE_STAT
};
static const struct foreign_column hh3c_ike_global[] = {
#define HH3C_IKE_GLOBAL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cike.def"
#undef HH3C_IKE_GLOBAL
};
static const struct foreign_column hh3c_ike_trap[] = {
#define HH3C_IKE_TRAP(...) FOREIGN_SWITCH(HH3C_IKE, __VA_ARGS__)
#include "snmp/hh3cike.def"
#undef HH3C_IKE_TRAP
};
static const struct foreign_column hh3c_ike_version[] = {
#define HH3C_IKE_VERSION(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cike.def"
#undef HH3C_IKE_VERSION
};
static const struct foreign_column hh3c_ipsec_tunnel[] = {
#define HH3C_IPSEC_TUNNEL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_TUNNEL
};
static const struct foreign_column hh3c_ipsec_stat[] = {
#define HH3C_IPSEC_STAT(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_STAT
};
static const struct foreign_column hh3c_ipsec_sa[] = {
#define HH3C_IPSEC_SA(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_SA
};
static const struct foreign_column hh3c_ipsec_traffic[] = {
#define HH3C_IPSEC_TRAFFIC(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_TRAFFIC
};
static const struct foreign_column hh3c_ipsec_global[] = {
#define HH3C_IPSEC_GLOBAL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_GLOBAL
};
static const struct foreign_column hh3c_ipsec_trap[] = {
#define HH3C_IPSEC_TRAP(...) FOREIGN_SWITCH(HH3C_IPSEC, __VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_TRAP
};
static const struct foreign_column hh3c_v2_version[] = {
#define HH3C_V2_VERSION(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_VERSION
};
static const struct foreign_column hh3c_v2_tunnel[] = {
#define HH3C_V2_TUNNEL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_TUNNEL
};
static const struct foreign_column hh3c_v2_stat[] = {
#define HH3C_V2_STAT(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_STAT
};
static const struct foreign_column hh3c_v2_sa[] = {
#define HH3C_V2_SA(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_SA
};
static const struct foreign_column hh3c_v2_traffic[] = {
#define HH3C_V2_TRAFFIC(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_TRAFFIC
};
static const struct foreign_column hh3c_v2_global[] = {
#define HH3C_V2_GLOBAL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_GLOBAL
};
static const struct foreign_column hh3c_v2_switch[] = {
#define HH3C_V2_SWITCH(...) FOREIGN_SWITCH(HH3C_IPSEC_V2, __VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_SWITCH
};
static const struct foreign_column hh3c_v2_policy[] = {
#define HH3C_V2_POLICY(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec2.def"
#undef HH3C_V2_POLICY
};
static const struct foreign_column cisco_level[] = {
#define CISCO_LEVEL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_LEVEL
};
static const struct foreign_column cisco_ike_global[] = {
#define CISCO_IKE_GLOBAL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_IKE_GLOBAL
};
static const struct foreign_column cisco_ike[] = {
#define CISCO_IKE(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_IKE
};
static const struct foreign_column cisco_peer[] = {
#define CISCO_PEER(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_PEER
};
static const struct foreign_column cisco_corr[] = {
#define CISCO_CORR(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_CORR
};
static const struct foreign_column cisco_global[] = {
#define CISCO_GLOBAL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_GLOBAL
};
static const struct foreign_column cisco_tunnel[] = {
#define CISCO_TUNNEL(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_TUNNEL
};
static const struct foreign_column cisco_end[] = {
#define CISCO_END(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_END
};
static const struct foreign_column cisco_switch[] = {
#define CISCO_SWITCH(...) FOREIGN_SWITCH(CISCO_FLOW, __VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_SWITCH
};
static const struct foreign_column cisco_spi[] = {
#define CISCO_SPI(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/ciscoflow.def"
#undef CISCO_SPI
};

#define COLUMNS(c) .columns = c, .columns_n = COUNT_OF(c)

/* clang-format off */
static const struct foreign_table tables[] = {
	{ "hh3c-ike-sa",      FOREIGN_HH3C_IKE, SPOT_IKE_SA,  { 1, 1, 1 }, 3, COLUMNS(hh3c_ike_sa) },
	{ "hh3c-ike-stat",    FOREIGN_HH3C_IKE, SPOT_IKE_SA,  { 1, 2, 1 }, 3, COLUMNS(hh3c_ike_stat) },
	{ "hh3c-ike-global",  FOREIGN_HH3C_IKE, SPOT_GATEWAY, { 1, 3 },    2, COLUMNS(hh3c_ike_global) },
	{ "hh3c-ike-trap",    FOREIGN_HH3C_IKE, SPOT_GATEWAY, { 1, 5 },    2, COLUMNS(hh3c_ike_trap) },
	{ "hh3c-ike-version", FOREIGN_HH3C_IKE, SPOT_GATEWAY, { 1, 7 },    2, COLUMNS(hh3c_ike_version) },
	{ "hh3c-ipsec-tunnel",  FOREIGN_HH3C_IPSEC, SPOT_CHILD,   { 1, 1, 1 }, 3, COLUMNS(hh3c_ipsec_tunnel) },
	{ "hh3c-ipsec-stat",    FOREIGN_HH3C_IPSEC, SPOT_CHILD,   { 1, 2, 1 }, 3, COLUMNS(hh3c_ipsec_stat) },
	{ "hh3c-ipsec-sa",      FOREIGN_HH3C_IPSEC, SPOT_SA,      { 1, 3, 1 }, 3, COLUMNS(hh3c_ipsec_sa) },
	{ "hh3c-ipsec-traffic", FOREIGN_HH3C_IPSEC, SPOT_CHILD,   { 1, 4, 1 }, 3, COLUMNS(hh3c_ipsec_traffic) },
	{ "hh3c-ipsec-global",  FOREIGN_HH3C_IPSEC, SPOT_GATEWAY, { 1, 5 },    2, COLUMNS(hh3c_ipsec_global) },
	{ "hh3c-ipsec-trap",    FOREIGN_HH3C_IPSEC, SPOT_GATEWAY, { 1, 7 },    2, COLUMNS(hh3c_ipsec_trap) },
	{ "hh3c-v2-version", FOREIGN_HH3C_IPSEC_V2, SPOT_GATEWAY, { 1, 1, 1 }, 2, COLUMNS(hh3c_v2_version) },
	{ "hh3c-v2-tunnel",  FOREIGN_HH3C_IPSEC_V2, SPOT_PAIR,    { 1, 2, 1 }, 3, COLUMNS(hh3c_v2_tunnel) },
	{ "hh3c-v2-stat",    FOREIGN_HH3C_IPSEC_V2, SPOT_PAIR,    { 1, 3, 1 }, 3, COLUMNS(hh3c_v2_stat) },
	{ "hh3c-v2-sa",      FOREIGN_HH3C_IPSEC_V2, SPOT_PAIR_SA, { 1, 4, 1 }, 3, COLUMNS(hh3c_v2_sa) },
	{ "hh3c-v2-traffic", FOREIGN_HH3C_IPSEC_V2, SPOT_PAIR,    { 1, 5, 1 }, 3, COLUMNS(hh3c_v2_traffic) },
	{ "hh3c-v2-global",  FOREIGN_HH3C_IPSEC_V2, SPOT_GATEWAY, { 1, 6 },    2, COLUMNS(hh3c_v2_global) },
	{ "hh3c-v2-switch",  FOREIGN_HH3C_IPSEC_V2, SPOT_GATEWAY, { 1, 8 },    2, COLUMNS(hh3c_v2_switch) },
	{ "hh3c-v2-policy",  FOREIGN_HH3C_IPSEC_V2, SPOT_POLICY,  { 1, 10, 1 }, 3, COLUMNS(hh3c_v2_policy) },
	{ "cisco-level",      FOREIGN_CISCO_FLOW, SPOT_GATEWAY,    { 1, 1 },       2, COLUMNS(cisco_level) },
	{ "cisco-ike-global", FOREIGN_CISCO_FLOW, SPOT_GATEWAY,    { 1, 2, 1 },    3, COLUMNS(cisco_ike_global) },
	{ "cisco-peer",       FOREIGN_CISCO_FLOW, SPOT_PEER,       { 1, 2, 2, 1 }, 4, COLUMNS(cisco_peer) },
	{ "cisco-corr",       FOREIGN_CISCO_FLOW, SPOT_PEER_TUNNEL, { 1, 2, 4, 1 }, 4, COLUMNS(cisco_corr) },
	{ "cisco-ike",        FOREIGN_CISCO_FLOW, SPOT_IKE_SA,     { 1, 2, 3, 1 }, 4, COLUMNS(cisco_ike) },
	{ "cisco-global",     FOREIGN_CISCO_FLOW, SPOT_GATEWAY,    { 1, 3, 1 },    3, COLUMNS(cisco_global) },
	{ "cisco-tunnel",     FOREIGN_CISCO_FLOW, SPOT_TUNNEL,     { 1, 3, 2, 1 }, 4, COLUMNS(cisco_tunnel) },
	{ "cisco-end",        FOREIGN_CISCO_FLOW, SPOT_TUNNEL_END, { 1, 3, 3, 1 }, 4, COLUMNS(cisco_end) },
	{ "cisco-spi",        FOREIGN_CISCO_FLOW, SPOT_TUNNEL_SA,  { 1, 3, 4, 1 }, 4, COLUMNS(cisco_spi) },
	{ "cisco-switch",     FOREIGN_CISCO_FLOW, SPOT_GATEWAY,    { 1, 6 },       2, COLUMNS(cisco_switch) },
};
static const struct foreign_root roots[] = {
	{ FOREIGN_HH3C_IKE, ".1.3.6.1.4.1.25506.2.30" },
	{ FOREIGN_HH3C_IKE, ".1.3.6.1.4.1.2011.10.2.30" }, /* H3C */
	{ FOREIGN_HH3C_IKE, ".1.3.6.1.4.1.43.45.1.10.2.30" }, /* 3Com */
	{ FOREIGN_HH3C_IKE, ".1.3.6.1.4.1.11.2.14.11.15.2.30" }, /* HP */
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.25506.2.7" },
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.2011.10.2.7" }, /* H3C */
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.43.45.1.10.2.7" }, /* 3Com */
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.11.2.14.11.15.2.7" }, /* HP */
	{ FOREIGN_HH3C_IPSEC_V2, ".1.3.6.1.4.1.25506.2.126" },
	{ FOREIGN_HH3C_IPSEC_V2, ".1.3.6.1.4.1.11.2.14.11.15.2.126" }, /* HP */
	{ FOREIGN_CISCO_FLOW, ".1.3.6.1.4.1.9.9.171" },
};
/* clang-format on */

uint32_t foreign_trees(const struct pair_setup *s)
{
	return (s->hh3c_ike ? 1u << FOREIGN_HH3C_IKE : 0) |
	       (s->hh3c_ipsec ? 1u << FOREIGN_HH3C_IPSEC : 0) |
	       (s->hh3c_ipsec_v2 ? 1u << FOREIGN_HH3C_IPSEC_V2 : 0) |
	       (s->cisco_flow ? 1u << FOREIGN_CISCO_FLOW : 0);
}

const struct foreign_table *foreign_table_at(size_t i)
{
	return i < COUNT_OF(tables) ? &tables[i] : NULL;
}

const struct foreign_root *foreign_root_at(size_t i)
{
	return i < COUNT_OF(roots) ? &roots[i] : NULL;
}

static size_t read_oid(const char *text, unsigned long *ret)
{
	size_t n = 0;

	for (const char *p = text; *p && n < FOREIGN_OID - 4;) {
		char *end;
		ret[n++] = strtoul(p + 1, &end, 10);
		p = end;
	}
	return n;
}

size_t foreign_oid(const struct foreign_root *r, const struct foreign_table *t, unsigned long *ret)
{
	size_t n = read_oid(r->text, ret);

	for (size_t i = 0; i < t->below_n; i++)
		ret[n++] = t->below[i];
	return n;
}

size_t foreign_root_oid(enum foreign_tree t, unsigned long *ret)
{
	size_t i = 0;

	while (roots[i].tree != t)
		i++;
	return read_oid(roots[i].text, ret);
}
