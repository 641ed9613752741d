/* picture.c - tables of the published picture, as lists and one by one
 *
 * SAs, tunnels and peers are flat rows of one moment. Here is which table is which, and the
 * list of any of them; filters, order and pages are listing.c's.
 *
 * Called by: sas.c, standing.c, openschema.c.  Thread: http.  Owns: nothing.
 */
#include "api/picture.h"

#include <stdlib.h>

#include "api/json.h"
#include "api/listing.h"

struct picture_table picture_table(const struct view *v, enum picture_which which)
{
	switch (which) {
	case PICTURE_IKE_SAS:
		return (struct picture_table){
			ike_sa_row_fields, "id",         NULL,
			view_ike_sas(v),   v->ike_sas_n, sizeof(struct ike_sa_row)
		};
	case PICTURE_CHILDREN:
		return (struct picture_table){
			child_row_fields, "id",          NULL,
			view_children(v), v->children_n, sizeof(struct child_row)
		};
	case PICTURE_TUNNELS:
		return (struct picture_table){
			tunnel_row_fields, "index",      "name",
			view_tunnels(v),   v->tunnels_n, sizeof(struct tunnel_row)
		};
	case PICTURE_PEERS:
	default:
		return (struct picture_table){
			peer_row_fields, "index",    "name",
			view_peers(v),   v->peers_n, sizeof(struct peer_row)
		};
	}
}

static const void *row_at(const void *ctx, size_t i)
{
	const struct picture_table *t = ctx;

	return (const char *)t->rows + i * t->size;
}

static void put_row(const void *ctx, struct text *t, const void *row, const char *only)
{
	const struct picture_table *table = ctx;

	json_row(t, table->fields, row, only);
}

/* Rows of peers are called what the peer is. */
static const char *peer_of(const void *ctx, const void *row)
{
	const struct picture_table *t = ctx;
	const struct field *fl = field_find(t->fields, "peer");

	return field_str(fl ? fl : field_find(t->fields, "name"), row, 0);
}

void picture_list(struct request *r, enum picture_which which)
{
	const struct view *v = request_view(r);
	struct listing l;

	if (!v)
		return;
	struct picture_table t = picture_table(v, which);
	struct listing_source s = { .ctx = &t,
				    .n = t.n,
				    .at = row_at,
				    .put = put_row,
				    .generation = v->revision,
				    .peer = peer_of };
	if (listing_read(r, t.fields, t.key, &l)) {
		if (!l.sort && t.order)
			l.sort = field_find(t.fields, t.order);
		if (!l.sort && l.resumed)
			s.first = view_after(t.rows, t.n, t.size,
					     (uint32_t)strtoul(l.after_key, NULL, 10));
		listing_answer(r, &l, &s);
	}
	view_unref(v);
}
