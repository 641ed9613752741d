/* holdings.c - GET /kernel-sas and GET /policies: what the data plane really has
 *
 * The plane is asked anew for each page, on the loop, so a page is as true as the moment; its cursor is the
 * key of the last row.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: the listing, while it waits.
 */
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/listing.h"
#include "api/router.h"
#include "core/model/held.h"

struct page {
	struct request *r;
	struct listing l;
	bool policies;
};

struct rows {
	const struct field *fields;
	const char *at;
	size_t n, size;
};

static const void *row_at(const void *ctx, size_t i)
{
	const struct rows *rows = ctx;

	return rows->at + i * rows->size;
}

static void put_row(const void *ctx, struct text *t, const void *row, const char *only)
{
	const struct rows *rows = ctx;

	json_row(t, rows->fields, row, only);
}

/* The key is the first member of either row. */
static size_t first_after(const struct rows *rows, const char *key)
{
	size_t i = 0;

	while (i < rows->n && strcmp(row_at(rows, i), key) <= 0)
		i++;
	return i;
}

static void answer(void *arg, const struct holdings *h)
{
	struct page *p = arg;
	struct request *r = p->r;
	struct rows rows = { held_sa_fields, (const char *)h->sas, h->sas_n, sizeof(*h->sas) };
	const struct config *c = board_config(r->control->board);

	if (p->policies)
		rows = (struct rows){ held_policy_fields, (const char *)h->policies, h->policies_n,
				      sizeof(*h->policies) };
	struct listing_source s = { .ctx = &rows,
				    .n = rows.n,
				    .at = row_at,
				    .put = put_row,
				    .generation = c ? config_revision(c) : 0 };
	config_unref(c);
	if (p->l.resumed && !p->l.sort)
		s.first = first_after(&rows, p->l.after_key);
	listing_answer(r, &p->l, &s);
}

static void run(struct request *r)
{
	struct fault f = { 0 };

	if (r->control->held(r->control->ctx, answer, r->work, &f) != R_OK)
		request_fault(r, &f);
}

static void list(struct request *r, bool policies)
{
	struct page *p = calloc(1, sizeof(*p));

	if (!p) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	p->r = r;
	p->policies = policies;
	r->work = p;
	if (listing_read(r, policies ? held_policy_fields : held_sa_fields, "key", &p->l))
		request_park(r, run);
}

void kernel_sas_list(struct request *r)
{
	list(r, false);
}

void policies_list(struct request *r)
{
	list(r, true);
}
