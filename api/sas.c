/* sas.c - IKE SAs and IPsec SA pairs as they are, and the end of one
 *
 * Lists and single ones come from the picture. An IKE SA shown by itself brings its children.
 * DELETE is the reset of that one SA: with notices to the peer, or with ?force=true without.
 *
 * Called by: router.c.  Thread: http; the deletion parks.  Owns: nothing.
 */
#include <stdio.h>

#include "api/json.h"
#include "api/picture.h"
#include "api/query.h"
#include "api/resets.h"
#include "api/router.h"

void ike_sas_list(struct request *r)
{
	picture_list(r, PICTURE_IKE_SAS);
}

void child_sas_list(struct request *r)
{
	picture_list(r, PICTURE_CHILDREN);
}

static void not_found(struct request *r, const char *what)
{
	struct fault f = { 0 };

	fail(&f, R_NOT_FOUND, "there is no %s %.20s", what, r->segment[1]);
	request_fault(r, &f);
}

static const void *find(const struct request *r, const struct picture_table *t)
{
	if (r->id == 0 || r->id > UINT32_MAX)
		return NULL;
	return view_find(t->rows, t->n, t->size, (uint32_t)r->id);
}

static void put_children(struct text *t, const struct view *v, uint32_t ike_sa)
{
	const struct child_row *rows = view_children(v);
	bool comma = false;

	text_add_str(t, ",\"child_sas\":[");
	for (size_t i = 0; i < v->children_n; i++) {
		if (rows[i].ike_sa != ike_sa)
			continue;
		text_add_str(t, comma ? "," : "");
		json_row(t, child_row_fields, &rows[i], NULL);
		comma = true;
	}
	text_add_str(t, "]}");
}

void ike_sas_get(struct request *r)
{
	const struct view *v = request_view(r);
	struct text t;

	if (!v)
		return;
	struct picture_table table = picture_table(v, PICTURE_IKE_SAS);
	const struct ike_sa_row *sa = find(r, &table);
	if (!request_query_ok(r, NULL)) {
		/* answered */
	} else if (!sa) {
		not_found(r, "IKE SA");
	} else {
		text_init(&t, 0);
		json_row(&t, table.fields, sa, NULL);
		if (t.n)
			t.n--; /* its closing brace comes after the children */
		put_children(&t, v, sa->id);
		request_text(r, 200, "application/json", &t);
	}
	view_unref(v);
}

void child_sas_get(struct request *r)
{
	const struct view *v = request_view(r);
	struct text t;

	if (!v)
		return;
	struct picture_table table = picture_table(v, PICTURE_CHILDREN);
	const struct child_row *sa = find(r, &table);
	if (!request_query_ok(r, NULL)) {
		/* answered */
	} else if (!sa) {
		not_found(r, "IPsec SA pair");
	} else {
		text_init(&t, 0);
		json_row(&t, table.fields, sa, NULL);
		request_text(r, 200, "application/json", &t);
	}
	view_unref(v);
}

static void end(struct request *r, struct reset_ask *ask, const char *what)
{
	static const char *const known[] = { "force", "dry_run", NULL };

	if (!request_query_ok(r, known) || !query_flag(r, "force", &ask->force) ||
	    !query_flag(r, "dry_run", &ask->dry_run))
		return;
	if (r->id == 0 || r->id > UINT32_MAX) {
		not_found(r, what);
		return;
	}
	ask->id = (uint32_t)r->id;
	ask->notify_peer = !ask->force;
	ask->reinitiate = REINITIATE_AUTO;
	resets_start(r, ask);
}

void ike_sas_delete(struct request *r)
{
	struct reset_ask ask = { .scope = RESET_IKE_SA, .level = LEVEL_BOTH };

	end(r, &ask, "IKE SA");
}

void child_sas_delete(struct request *r)
{
	struct reset_ask ask = { .scope = RESET_CHILD_SA, .level = LEVEL_CHILD };

	end(r, &ask, "IPsec SA pair");
}
