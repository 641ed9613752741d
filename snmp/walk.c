/* walk.c - GET, GETNEXT and GETBULK over sorted rows, once for all tables of the MIB
 *
 * A walk is a walk over a rectangle: column by column, row by row. An OID becomes a place in it
 * by one subtraction (columns are numbered without gaps) and one binary search; the place after
 * it is one step. GETBULK takes its steps here, in one call, since net-snmp's own conversion to
 * GETNEXT would search again for each value. Nothing is writable: the registrations cannot SET,
 * so the library refuses it before it gets here (notWritable).
 *
 * Past the last column a request is left as it is; the library goes on to the next registration.
 * Indexes may be partial, too long or beyond 32 bits: they are compared, never converted.
 *
 * Called by: net-snmp, for every request below ikeeperObjects.  Thread: the agent's only one.
 * Owns: the handlers' list of tables.
 */
#include "snmp/walk.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
/* needs the one above */
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <string.h>

struct table {
	enum grid_id id;
	const struct grid *grid;
	const struct walk_source *source;
	oid base[GRID_OID]; /* up to the entry */
	size_t base_n;
};

/* What one call of the handler works on. */
struct sheet {
	const struct table *table;
	const char *rows;
	size_t rows_n;
};

struct place {
	size_t column, row;
};

static struct table tables[GRID_EVENT];

static const void *row_at(const struct sheet *s, size_t i)
{
	return s->rows + i * s->table->grid->row_size;
}

static oid index_at(const struct sheet *s, size_t i)
{
	return s->table->grid->is_table ? *(const uint32_t *)row_at(s, i) : 0;
}

/* The first row at or above an index, which may be no 32-bit number. */
static size_t row_from(const struct sheet *s, oid index)
{
	const struct grid *g = s->table->grid;

	if (index > UINT32_MAX)
		return s->rows_n;
	if (index == 0)
		return 0;
	if (!g->is_table)
		return s->rows_n;
	return view_after(s->rows, s->rows_n, g->row_size, (uint32_t)index - 1);
}

/* The end of a column is the start of the next one. False past the last. */
static bool settle(const struct sheet *s, struct place *p)
{
	if (p->row >= s->rows_n) {
		p->row = 0;
		p->column++;
	}
	return s->rows_n && p->column < s->table->grid->columns_n;
}

/* The place for this OID, or the first one after it. `inclusive`: an exact hit counts. */
static bool place_after(const struct sheet *s, const oid *name, size_t n, bool inclusive,
			struct place *ret)
{
	const struct table *t = s->table;
	oid first = t->grid->columns[0].number;

	*ret = (struct place){ 0, 0 };
	int order = snmp_oid_compare(name, MIN_OF(n, t->base_n), t->base, t->base_n);
	if (order > 0)
		return false;
	if (order < 0 || n == t->base_n || name[t->base_n] < first)
		return settle(s, ret);
	if (name[t->base_n] - first >= t->grid->columns_n)
		return false;
	ret->column = name[t->base_n] - first;
	if (n == t->base_n + 1)
		return settle(s, ret);

	oid index = name[t->base_n + 1];
	ret->row = row_from(s, index);
	bool hit = ret->row < s->rows_n && index_at(s, ret->row) == index;
	if (hit && !(inclusive && n == t->base_n + 2))
		ret->row++;
	return settle(s, ret);
}

static bool step(const struct sheet *s, struct place *p)
{
	p->row++;
	return settle(s, p);
}

static void fill(const struct sheet *s, struct place p, netsnmp_variable_list *vb)
{
	struct value v;

	column_value(&s->table->grid->columns[p.column], row_at(s, p.row), &v);
	snmp_set_var_typed_value(vb, v.type, v.at, v.n);
}

static void name_it(const struct sheet *s, struct place p, netsnmp_variable_list *vb)
{
	const struct table *t = s->table;
	oid name[GRID_OID + 2];

	memcpy(name, t->base, t->base_n * sizeof(oid));
	name[t->base_n] = t->grid->columns[p.column].number;
	name[t->base_n + 1] = index_at(s, p.row);
	snmp_set_var_objid(vb, name, t->base_n + 2);
}

static bool in_range(const netsnmp_request_info *q)
{
	const netsnmp_variable_list *vb = q->requestvb;

	return snmp_oid_compare(vb->name, vb->name_length, q->range_end, q->range_end_len) < 0;
}

/* Hand the rest of a GETBULK over to the next registration: the library retries from here. */
static void pass_on(netsnmp_request_info *q)
{
	netsnmp_variable_list *last = q->requestvb;

	q->repeat--;
	q->requestvb = last->next_variable;
	snmp_set_var_objid(q->requestvb, last->name, last->name_length);
	q->requestvb->type = ASN_PRIV_RETRY;
	q->inclusive = 0;
}

static void answer_next(const struct sheet *s, netsnmp_request_info *q, bool bulk)
{
	netsnmp_variable_list *vb = q->requestvb;
	struct place p;

	if (!place_after(s, vb->name, vb->name_length, q->inclusive, &p))
		return;
	for (;;) {
		name_it(s, p, q->requestvb);
		fill(s, p, q->requestvb);
		if (!bulk || q->repeat <= 0 || !q->requestvb->next_variable || !in_range(q))
			return;
		if (!step(s, &p)) {
			pass_on(q);
			return;
		}
		q->repeat--;
		q->requestvb = q->requestvb->next_variable;
		q->inclusive = 0;
	}
}

static void answer_get(const struct sheet *s, netsnmp_agent_request_info *info,
		       netsnmp_request_info *q)
{
	const struct table *t = s->table;
	const netsnmp_variable_list *vb = q->requestvb;
	size_t n = vb->name_length;
	oid first = t->grid->columns[0].number;

	if (n <= t->base_n || vb->name[t->base_n] < first ||
	    vb->name[t->base_n] - first >= t->grid->columns_n ||
	    snmp_oid_compare(vb->name, t->base_n, t->base, t->base_n) != 0) {
		netsnmp_set_request_error(info, q, SNMP_NOSUCHOBJECT);
		return;
	}
	struct place p = { vb->name[t->base_n] - first, s->rows_n };
	if (n == t->base_n + 2)
		p.row = row_from(s, vb->name[t->base_n + 1]);
	if (p.row >= s->rows_n || index_at(s, p.row) != vb->name[t->base_n + 1]) {
		netsnmp_set_request_error(info, q, SNMP_NOSUCHINSTANCE);
		return;
	}
	fill(s, p, q->requestvb);
}

static int answer(netsnmp_mib_handler *h, netsnmp_handler_registration *r,
		  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	const struct table *t = h->myvoid;
	struct sheet s = { .table = t };

	(void)r;
	s.rows = grid_rows(t->id, t->source->look(t->source->arg), t->source->tally, &s.rows_n);
	for (netsnmp_request_info *q = requests; q; q = q->next) {
		if (q->processed)
			continue;
		if (info->mode == MODE_GET)
			answer_get(&s, info, q);
		else if (info->mode == MODE_GETNEXT || info->mode == MODE_GETBULK)
			answer_next(&s, q, info->mode == MODE_GETBULK);
		else
			netsnmp_set_request_error(info, q, SNMP_ERR_NOTWRITABLE);
	}
	return SNMP_ERR_NOERROR;
}

static enum reason register_one(struct table *t, struct fault *f)
{
	netsnmp_handler_registration *r = netsnmp_create_handler_registration(
		t->grid->name, answer, t->base, t->base_n,
		HANDLER_CAN_GETANDGETNEXT | HANDLER_CAN_GETBULK);

	if (!r || !r->handler)
		return fail(f, R_NO_MEMORY, "no memory for the table of %s", t->grid->name);
	r->handler->myvoid = t;
	int status = netsnmp_register_handler(r);
	if (status != MIB_REGISTERED_OK)
		return fail(f, R_SYSTEM, "the table of %s could not be registered (%d)",
			    t->grid->name, status);
	return R_OK;
}

enum reason walk_register(const struct walk_source *s, struct fault *f)
{
	for (enum grid_id g = 0; g < GRID_EVENT; g++) {
		tables[g] = (struct table){ .id = g, .grid = grid_row(g), .source = s };
		tables[g].base_n = grid_oid(tables[g].grid, tables[g].base);
		enum reason r = register_one(&tables[g], f);
		if (r != R_OK)
			return r;
	}
	return R_OK;
}
