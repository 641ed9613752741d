/* foreignspots.c - the rows of other vendors' tables, put together from rows of the picture
 *
 * Rows of a form are put together once a picture, sorted by their index, and only when somebody
 * asks; what an index is made of decides the order, so it is sorted here and nowhere else. The
 * modules know live tunnels only: what is not up has no row.
 *
 * Called by: walk.c.  Thread: the agent's only one.
 * Owns: the rows of the newest picture that was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "snmp/foreign.h"

/* clang-format off */
static const uint8_t index_n[SPOT_FORMS] = {
	[SPOT_GATEWAY] = 1, [SPOT_IKE_SA] = 1, [SPOT_CHILD] = 3, [SPOT_SA] = 4,
	[SPOT_PAIR] = 1, [SPOT_PAIR_SA] = 2,
	[SPOT_TUNNEL] = 1, [SPOT_TUNNEL_END] = 2, [SPOT_TUNNEL_SA] = 2,
};
/* clang-format on */

static struct {
	uint64_t number; /* of the picture they are of; 0 none */
	const struct view *view;
	struct spot *at;
	size_t n;
} made[SPOT_FORMS];

/* A string in an index: its length, then its octets. */
static size_t put_text(const char *text, size_t most, unsigned long *ret)
{
	size_t n = strnlen(text, most);

	ret[0] = n;
	for (size_t i = 0; i < n; i++)
		ret[i + 1] = (uint8_t)text[i];
	return n + 1;
}

size_t spot_ends(const char *local, const char *remote, uint32_t peer_index, unsigned long *ret)
{
	size_t n = 0;

	ret[n++] = 1;
	n += put_text(local, SPOT_ADDRESS, ret + n);
	ret[n++] = 1;
	n += put_text(remote, SPOT_ADDRESS, ret + n);
	ret[n++] = MAX_OF(peer_index, 1u);
	return n;
}

size_t spot_index(enum spot_form f, const struct spot *s, unsigned long *ret)
{
	if (f == SPOT_POLICY) {
		const struct tunnel_row *t = s->of[OF_tunnel_row];
		return put_text(t->name, sizeof(t->name) - 1, ret);
	}
	if (f == SPOT_PEER) {
		const struct ike_sa_row *sa = s->of[OF_ike_sa_row];
		return spot_ends(sa->local_address, sa->remote_address, sa->peer_index, ret);
	}
	if (f == SPOT_PEER_TUNNEL) {
		const struct child_row *c = s->of[OF_child_row];
		size_t n = spot_ends(c->local_address, c->remote_address, c->peer_index, ret);
		ret[n++] = MAX_OF(c->tunnel_index, 1u);
		return n;
	}
	memcpy(ret, s->index, index_n[f] * sizeof(*ret));
	return index_n[f];
}

static int by_index(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	for (size_t i = 0; i < SPOT_INDEX; i++)
		if (x->index[i] != y->index[i])
			return x->index[i] < y->index[i] ? -1 : 1;
	return 0;
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

/* The same with the pair's number alone. */
static size_t put_pairs(const struct view *v, bool sas, struct spot *ret)
{
	size_t n = sas ? put_sas(v, ret) : put_children(v, ret);

	for (size_t i = 0; i < n; i++) {
		unsigned long *x = ret[i].index;
		x[0] = x[2];
		x[1] = x[3];
		x[2] = x[3] = 0;
	}
	return n;
}

static size_t put_policies(const struct view *v, struct spot *ret)
{
	const struct tunnel_row *t = view_tunnels(v);
	size_t n = 0;

	for (size_t i = 0; i < v->tunnels_n; i++)
		if (*t[i].name)
			ret[n++] =
				(struct spot){ .of = { [OF_view] = v, [OF_tunnel_row] = &t[i] } };
	return n;
}

/* Where an index is made of texts its numbers are compared one by one: short texts come first. */
static int by_whole_index(enum spot_form f, const void *a, const void *b)
{
	unsigned long x[SPOT_INDEX_MOST], y[SPOT_INDEX_MOST];
	size_t n = spot_index(f, a, x), m = spot_index(f, b, y);

	for (size_t i = 0; i < n && i < m; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return n != m ? (n < m ? -1 : 1) : 0;
}

static int by_name(const void *a, const void *b)
{
	return by_whole_index(SPOT_POLICY, a, b);
}

static int by_ends(const void *a, const void *b)
{
	return by_whole_index(SPOT_PEER, a, b);
}

static int by_ends_and_tunnel(const void *a, const void *b)
{
	return by_whole_index(SPOT_PEER_TUNNEL, a, b);
}

/* Sorted by their texts; the index that all forms are sorted by is the place in that order. */
static void rank(enum spot_form f, struct spot *at, size_t n)
{
	if (n)
		qsort(at, n, sizeof(*at),
		      f == SPOT_POLICY ? by_name
		      : f == SPOT_PEER ? by_ends
				       : by_ends_and_tunnel);
	for (size_t i = 0; i < n; i++)
		at[i].index[0] = i;
}

/* IPsec SAs by the tunnel they belong to. */
static size_t put_tunnel_sas(const struct view *v, struct spot *ret)
{
	size_t n = put_sas(v, ret);

	for (size_t i = 0; i < n; i++) {
		unsigned long *x = ret[i].index;
		x[0] = x[1];
		x[1] = 2 * x[2] + ret[i].side;
		x[2] = x[3] = 0;
	}
	return n;
}

static bool is_better(const struct child_row *a, const struct child_row *b)
{
	if ((a->state == CS_UP) != (b->state == CS_UP))
		return a->state == CS_UP;
	return a->id > b->id;
}

/* Of all live pairs of a tunnel the newest one that is up. */
static size_t put_tunnels(const struct view *v, struct spot *ret)
{
	size_t all = put_children(v, ret), n = 0;

	for (size_t i = 0; i < all; i++)
		ret[i].index[0] = ret[i].index[1];
	qsort(ret, all, sizeof(*ret), by_index);
	for (size_t i = 0; i < all; i++) {
		if (!n || ret[n - 1].index[0] != ret[i].index[0])
			ret[n++] = ret[i];
		else if (is_better(ret[i].of[OF_child_row], ret[n - 1].of[OF_child_row]))
			ret[n - 1] = ret[i];
	}
	for (size_t i = 0; i < n; i++) {
		ret[i].index[1] = 1; /* the end point */
		ret[i].index[2] = 0;
	}
	return n;
}

/* Between two ends the newest SA stands for all. */
static size_t put_peers(const struct view *v, struct spot *ret)
{
	size_t all = put_ike_sas(v, ret), n = 0;

	rank(SPOT_PEER, ret, all);
	for (size_t i = 0; i < all; i++) {
		const struct ike_sa_row *sa = ret[i].of[OF_ike_sa_row];
		if (!n || by_ends(&ret[n - 1], &ret[i]) != 0)
			ret[n++] = ret[i];
		else if (sa->id > ((const struct ike_sa_row *)ret[n - 1].of[OF_ike_sa_row])->id)
			ret[n - 1] = ret[i];
	}
	return n;
}

static size_t put_peer_tunnels(const struct view *v, struct spot *ret)
{
	size_t n = put_tunnels(v, ret);

	for (size_t i = 0; i < n; i++)
		memset(ret[i].index, 0, sizeof(ret[i].index));
	rank(SPOT_PEER_TUNNEL, ret, n);
	return n;
}

/* As many rows as there can be. */
static size_t room_for(enum spot_form f, const struct view *v)
{
	switch (f) {
	case SPOT_GATEWAY:
		return 1;
	case SPOT_IKE_SA:
	case SPOT_PEER:
		return v->ike_sas_n;
	case SPOT_POLICY:
		return v->tunnels_n;
	default:
		return 2 * (size_t)v->children_n;
	}
}

static size_t put(enum spot_form f, const struct view *v, struct spot *ret)
{
	size_t n;

	switch (f) {
	case SPOT_GATEWAY:
		return put_gateway(v, ret);
	case SPOT_IKE_SA:
		return put_ike_sas(v, ret);
	case SPOT_CHILD:
		return put_children(v, ret);
	case SPOT_SA:
		return put_sas(v, ret);
	case SPOT_PAIR:
	case SPOT_PAIR_SA:
		return put_pairs(v, f == SPOT_PAIR_SA, ret);
	case SPOT_POLICY:
		n = put_policies(v, ret);
		rank(f, ret, n);
		return n;
	case SPOT_PEER:
		return put_peers(v, ret);
	case SPOT_PEER_TUNNEL:
		return put_peer_tunnels(v, ret);
	case SPOT_TUNNEL_SA:
		return put_tunnel_sas(v, ret);
	default:
		return put_tunnels(v, ret);
	}
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
