/* route_table.c - rules and routes of ours, as messages to the kernel
 *
 * Rules cannot vanish with the device and survive a crash, so everything carries our protocol
 * number and is swept away at the next start. "Not marked by us" is a rule with mark 0 under a
 * mask of our one bit; inverting a rule would invert its prefix as well.
 *
 * Called by routes.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/route_table.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

enum { METRIC = 100, METRIC_THROW = 200, FIND_SADDR = 0x00010000, SWEEPS = 64 };

static uint8_t af_of(const struct addr *a)
{
	return a->family == 6 ? AF_INET6 : AF_INET;
}

static void put_route(struct netlink_out *o, const struct route_item *i, int index, bool add)
{
	bool throw = i->kind == ROUTE_THROW;
	struct rtmsg head = { .rtm_family = af_of(&i->prefix.addr),
			      .rtm_dst_len = i->prefix.bits,
			      .rtm_table = RT_TABLE_UNSPEC,
			      .rtm_protocol = ROUTE_PROTOCOL,
			      .rtm_scope = throw ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
			      .rtm_type = throw ? RTN_THROW : RTN_UNICAST };

	netlink_put(o, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		    slice(&head, sizeof(head)));
	netlink_attr_u32(o, RTA_TABLE, i->kind == ROUTE_OWN ? ROUTE_TABLE_OWN : ROUTE_TABLE);
	netlink_attr_u32(o, RTA_PRIORITY, throw ? METRIC_THROW : METRIC);
	if (i->prefix.bits)
		netlink_attr(o, RTA_DST, addr_slice(&i->prefix.addr));
	if (!throw)
		netlink_attr_u32(o, RTA_OIF, (uint32_t)index);
	if (i->source.family)
		netlink_attr(o, RTA_PREFSRC, addr_slice(&i->source));
}

static void put_rule(struct netlink_out *o, const struct route_item *i, bool add)
{
	bool own = i->kind == ROUTE_OWN_RULE, six = i->prefix.addr.family == 6;
	struct fib_rule_hdr head = { .family = af_of(&i->prefix.addr),
				     .src_len = own ? (six ? 128 : 32) : i->prefix.bits,
				     .table = RT_TABLE_UNSPEC,
				     .action = FR_ACT_TO_TBL,
				     .flags = six ? FIND_SADDR : 0 };
	uint8_t protocol = ROUTE_PROTOCOL;

	netlink_put(o, add ? RTM_NEWRULE : RTM_DELRULE, add ? NLM_F_CREATE | NLM_F_EXCL : 0,
		    slice(&head, sizeof(head)));
	netlink_attr_u32(o, FRA_TABLE, own ? ROUTE_TABLE_OWN : ROUTE_TABLE);
	netlink_attr_u32(o, FRA_PRIORITY, ROUTE_PRIORITY);
	netlink_attr_u32(o, FRA_FWMARK, 0);
	netlink_attr_u32(o, FRA_FWMASK, ROUTE_MARK);
	netlink_attr(o, FRA_PROTOCOL, slice(&protocol, 1));
	if (head.src_len) /* the own rule's prefix is zero: "no source yet" */
		netlink_attr(o, FRA_SRC, addr_slice(&i->prefix.addr));
}

static void put_item(struct netlink_out *o, const struct route_item *i, int index, bool add)
{
	netlink_begin(o);
	if (i->kind == ROUTE_RULE || i->kind == ROUTE_OWN_RULE)
		put_rule(o, i, add);
	else
		put_route(o, i, index, add);
}

enum reason route_table_put(struct netlink *n, const struct route_item *i, int index,
			    struct fault *f)
{
	struct netlink_out o;
	struct fault why = { 0 };
	char text[PREFIX_TEXT];

	put_item(&o, i, index, true);
	if (netlink_ask(n, &o, "", NULL, NULL, &why) == R_OK)
		return R_OK;
	return fail(f, R_PLANE, "traffic %s %s cannot be led into the tunnel%.150s",
		    i->kind == ROUTE_RULE || i->kind == ROUTE_OWN_RULE ? "from" : "to",
		    prefix_text(&i->prefix, text), why.text);
}

void route_table_take(struct netlink *n, const struct route_item *i, int index)
{
	struct netlink_out o;

	put_item(&o, i, index, false);
	netlink_ask(n, &o, "", NULL, NULL, NULL);
}

/* --- leftovers ----------------------------------------------------------------------- */

struct sweep {
	struct netlink_out o;
	uint16_t del;
};

static bool is_ours(const struct netlink_in *m)
{
	if (m->type == RTM_NEWROUTE) {
		struct rtmsg head;

		return netlink_copy(m->body, &head, sizeof(head)) &&
		       head.rtm_protocol == ROUTE_PROTOCOL;
	}
	struct slice p = netlink_find(m->body, sizeof(struct fib_rule_hdr), FRA_PROTOCOL);

	return m->type == RTM_NEWRULE && p.n == 1 && p.at[0] == ROUTE_PROTOCOL;
}

/* What the kernel shows is also how it wants to be told; not while it is still showing. */
static void note_ours(void *arg, const struct netlink_in *m)
{
	struct sweep *s = arg;

	if (is_ours(m) && m->body.n + 64 < sizeof(s->o.at) - s->o.n)
		netlink_put(&s->o, s->del, 0, m->body);
}

static void purge(struct netlink *n, uint16_t get, struct slice head)
{
	struct sweep s = { .del = (uint16_t)(get - 1) }; /* NEW, DEL, GET follow each other */
	struct netlink_out ask;

	for (int i = 0; i < SWEEPS; i++) {
		netlink_begin(&s.o);
		netlink_begin(&ask);
		netlink_put(&ask, get, NLM_F_DUMP, head);
		if (netlink_dump(n, &ask, "", note_ours, &s, NULL) != R_OK || !s.o.count ||
		    netlink_ask(n, &s.o, "", NULL, NULL, NULL) != R_OK)
			return;
	}
}

void route_table_purge(struct netlink *n)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct fib_rule_hdr rule = { .family = families[i] };
		struct rtmsg route = { .rtm_family = families[i], .rtm_protocol = ROUTE_PROTOCOL };

		purge(n, RTM_GETRULE, slice(&rule, sizeof(rule)));
		purge(n, RTM_GETROUTE, slice(&route, sizeof(route)));
	}
}

/* --- addresses ----------------------------------------------------------------------- */

struct search {
	const struct range *range;
	struct addr *ret;
	bool found;
};

static void look_at(void *arg, const struct netlink_in *m)
{
	struct search *s = arg;
	struct ifaddrmsg head;
	struct addr a;

	if (s->found || m->type != RTM_NEWADDR || !netlink_copy(m->body, &head, sizeof(head)))
		return;
	struct slice local = netlink_find(m->body, sizeof(head), IFA_LOCAL);

	if (!local.n)
		local = netlink_find(m->body, sizeof(head), IFA_ADDRESS);
	if (!addr_of_slice(local, &a) || head.ifa_flags & IFA_F_TENTATIVE ||
	    !range_has(s->range, &a))
		return;
	*s->ret = a;
	s->found = true;
}

bool route_table_own(struct netlink *n, const struct range *range, struct addr *ret)
{
	struct search s = { .range = range, .ret = ret };
	struct ifaddrmsg head = { .ifa_family = af_of(&range->low) };
	struct netlink_out o;

	netlink_begin(&o);
	netlink_put(&o, RTM_GETADDR, NLM_F_DUMP, slice(&head, sizeof(head)));
	netlink_dump(n, &o, "", look_at, &s, NULL);
	return s.found;
}
