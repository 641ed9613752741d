/* standing.c - what is configured against what is there: status of peers and tunnels
 *
 * Every configured peer and tunnel has a row in the picture, also while it is down, with sums
 * that survive rekeys and why it last went down.
 *
 * Called by: router.c.  Thread: http.  Owns: nothing.
 */
#include <string.h>

#include "api/json.h"
#include "api/picture.h"
#include "api/router.h"

void tunnel_status_list(struct request *r)
{
	picture_list(r, PICTURE_TUNNELS);
}

void peer_status_list(struct request *r)
{
	picture_list(r, PICTURE_PEERS);
}

static const void *find(const struct picture_table *t, const char *name)
{
	const struct field *fl = field_find(t->fields, "name");

	for (size_t i = 0; i < t->n; i++) {
		const void *row = (const char *)t->rows + i * t->size;

		if (strcmp(field_str(fl, row, 0), name) == 0)
			return row;
	}
	return NULL;
}

static void answer(struct request *r, enum picture_which which, const char *word)
{
	const struct view *v = request_view(r);
	struct fault f = { 0 };
	struct text t;

	if (!v)
		return;
	struct picture_table table = picture_table(v, which);
	const void *row = find(&table, r->name);
	if (!request_query_ok(r, NULL)) {
		/* answered */
	} else if (!row) {
		fail(&f, R_NOT_FOUND, "there is no %s %.64s", word, r->name);
		request_fault(r, &f);
	} else {
		text_init(&t, 0);
		json_row(&t, table.fields, row, NULL);
		request_text(r, 200, "application/json", &t);
	}
	view_unref(v);
}

void tunnel_status(struct request *r)
{
	answer(r, PICTURE_TUNNELS, "tunnel");
}

void peer_status(struct request *r)
{
	answer(r, PICTURE_PEERS, "peer");
}
