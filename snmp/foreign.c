/* foreign.c - the read-only trees of other vendors' modules: tables, roots, rows
 *
 * A table is a register of columns and a form of rows. Rows of a form are put together once a
 * picture, sorted by their index, and only when somebody asks; what an index is made of decides
 * the order, so it is sorted here and nowhere else. The modules know live tunnels only: what is
 * not up has no row.
 *
 * Called by: walk.c, library.c.  Thread: the agent's only one.
 * Owns: the rows of the newest picture that was asked for.
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
#define HH3C_IKE_TRAP(...) FOREIGN_COLUMN(__VA_ARGS__)
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
#define HH3C_IPSEC_TRAP(...) FOREIGN_COLUMN(__VA_ARGS__)
#include "snmp/hh3cipsec.def"
#undef HH3C_IPSEC_TRAP
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
};
static const struct foreign_root roots[] = {
	{ FOREIGN_HH3C_IKE, ".1.3.6.1.4.1.25506.2.30" },
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.25506.2.7" },
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.2011.10.2.7" }, /* H3C */
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.43.45.1.10.2.7" }, /* 3Com */
	{ FOREIGN_HH3C_IPSEC, ".1.3.6.1.4.1.11.2.14.11.15.2.7" }, /* HP */
};
static const uint8_t index_n[SPOT_FORMS] = {
	[SPOT_GATEWAY] = 1, [SPOT_IKE_SA] = 1, [SPOT_CHILD] = 3, [SPOT_SA] = 4,
};
/* clang-format on */

static struct {
	uint64_t number; /* of the picture they are of; 0 none */
	const struct view *view;
	struct spot *at;
	size_t n;
} made[SPOT_FORMS];

uint32_t foreign_trees(const struct pair_setup *s)
{
	return (s->hh3c_ike ? 1u << FOREIGN_HH3C_IKE : 0) |
	       (s->hh3c_ipsec ? 1u << FOREIGN_HH3C_IPSEC : 0) |
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

size_t foreign_oid(const struct foreign_root *r, const struct foreign_table *t, unsigned long *ret)
{
	size_t n = 0;

	for (const char *p = r->text; *p && n < FOREIGN_OID - sizeof(t->below);) {
		char *end;
		ret[n++] = strtoul(p + 1, &end, 10);
		p = end;
	}
	for (size_t i = 0; i < t->below_n; i++)
		ret[n++] = t->below[i];
	return n;
}

size_t spot_index_n(enum spot_form f)
{
	return index_n[f];
}

static size_t put_gateway(const struct view *v, struct spot *ret)
{
	*ret = (struct spot){ .of = { [OF_view] = v } };
	return 1;
}

static size_t put_ike_sas(const struct view *v, struct spot *ret)
{
	const struct ike_sa_row *sa = view_ike_sas(v);
	size_t n = 0;

	for (size_t i = 0; i < v->ike_sas_n; i++)
		if (sa[i].state != SA_CONNECTING)
			ret[n++] =
				(struct spot){ .index = { sa[i].id },
					       .of = { [OF_view] = v, [OF_ike_sa_row] = &sa[i] } };
	return n;
}

static bool is_live(const struct child_row *c)
{
	return c->state != CS_NEGOTIATING && c->state != CS_EXPIRED;
}

static struct spot spot_of(const struct view *v, const struct child_row *c)
{
	struct spot s = { .of = { [OF_view] = v, [OF_child_row] = c } };

	s.of[OF_tunnel_row] = view_find(view_tunnels(v), v->tunnels_n, sizeof(struct tunnel_row),
					c->tunnel_index);
	s.of[OF_ike_sa_row] =
		view_find(view_ike_sas(v), v->ike_sas_n, sizeof(struct ike_sa_row), c->ike_sa);
	return s;
}

/* There is no interface behind a policy here: 1 stands for it, and no index may be 0. */
static void index_child(struct spot *s, const struct child_row *c)
{
	s->index[0] = 1;
	s->index[1] = MAX_OF(c->tunnel_index, 1u);
	s->index[2] = c->id;
}

static size_t put_children(const struct view *v, struct spot *ret)
{
	const struct child_row *c = view_children(v);
	size_t n = 0;

	for (size_t i = 0; i < v->children_n; i++)
		if (is_live(&c[i])) {
			ret[n] = spot_of(v, &c[i]);
			index_child(&ret[n++], &c[i]);
		}
	return n;
}

static size_t put_sas(const struct view *v, struct spot *ret)
{
	const struct child_row *c = view_children(v);
	size_t n = 0;

	for (size_t i = 0; i < v->children_n; i++)
		for (uint32_t side = 0; side < 2 && is_live(&c[i]); side++) {
			if (!(side ? c[i].spi_out : c[i].spi_in))
				continue;
			ret[n] = spot_of(v, &c[i]);
			index_child(&ret[n], &c[i]);
			ret[n].index[3] = side + 1;
			ret[n++].side = side;
		}
	return n;
}

/* As many rows as there can be. */
static size_t room_for(enum spot_form f, const struct view *v)
{
	switch (f) {
	case SPOT_GATEWAY:
		return 1;
	case SPOT_IKE_SA:
		return v->ike_sas_n;
	default:
		return 2 * (size_t)v->children_n;
	}
}

static size_t put(enum spot_form f, const struct view *v, struct spot *ret)
{
	switch (f) {
	case SPOT_GATEWAY:
		return put_gateway(v, ret);
	case SPOT_IKE_SA:
		return put_ike_sas(v, ret);
	case SPOT_CHILD:
		return put_children(v, ret);
	default:
		return put_sas(v, ret);
	}
}

static int by_index(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	for (size_t i = 0; i < SPOT_INDEX; i++)
		if (x->index[i] != y->index[i])
			return x->index[i] < y->index[i] ? -1 : 1;
	return 0;
}

const struct spot *spots_of(enum spot_form f, const struct view *v, size_t *ret_n)
{
	*ret_n = 0;
	if (!v)
		return NULL;
	if (made[f].view != v || made[f].number != v->number) {
		size_t n = room_for(f, v);
		free(made[f].at);
		made[f].at = n ? calloc(n, sizeof(*made[f].at)) : NULL;
		made[f].n = made[f].at ? put(f, v, made[f].at) : 0;
		if (made[f].n)
			qsort(made[f].at, made[f].n, sizeof(*made[f].at), by_index);
		made[f].view = v;
		made[f].number = v->number;
	}
	*ret_n = made[f].n;
	return made[f].at;
}
