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

#include "snmp/foreign.h"

enum { TABLES = 128, BASE_OID = FOREIGN_OID, INDEX_OID = SPOT_INDEX_MOST };

struct table {
	enum grid_id id;
	const struct grid *grid; /* of our own module, or ... */
	const struct foreign_table *foreign; /* ... of another vendor's */
	const struct walk_source *source;
	oid base[BASE_OID]; /* up to the entry */
	size_t base_n;
	size_t columns_n;
	oid first; /* column */
};

/* What one call of the handler works on. */
struct sheet {
	const struct table *table;
	const char *rows; /* our own */
	const struct spot *spots; /* a vendor's */
	size_t rows_n;
};

struct place {
	size_t column, row;
};

static struct table tables[TABLES];
static size_t tables_n;

static const void *row_at(const struct sheet *s, size_t i)
{
	return s->rows + i * s->table->grid->row_size;
}

static size_t index_of(const struct sheet *s, size_t i, oid *ret)
{
	const struct table *t = s->table;

	if (t->foreign)
		return spot_index(t->foreign->form, &s->spots[i], ret);
	return grid_index(t->grid, row_at(s, i), ret);
}

static int compare_row(const struct sheet *s, size_t i, const oid *index, size_t n)
{
	oid own[INDEX_OID];
	size_t own_n = index_of(s, i, own);

	return snmp_oid_compare(own, own_n, index, n);
}

/* The first row above an index, or at it when that counts. The index may be anything. */
static size_t row_from(const struct sheet *s, const oid *index, size_t n, bool inclusive)
{
	size_t low = 0, high = s->rows_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_row(s, middle, index, n);
		if (order < 0 || (order == 0 && !inclusive))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The end of a column is the start of the next one. False past the last. */
static bool settle(const struct sheet *s, struct place *p)
{
	if (p->row >= s->rows_n) {
		p->row = 0;
		p->column++;
	}
	return s->rows_n && p->column < s->table->columns_n;
}

/* The place for this OID, or the first one after it. `inclusive`: an exact hit counts. */
static bool place_after(const struct sheet *s, const oid *name, size_t n, bool inclusive,
			struct place *ret)
{
	const struct table *t = s->table;

	*ret = (struct place){ 0, 0 };
	int order = snmp_oid_compare(name, MIN_OF(n, t->base_n), t->base, t->base_n);
	if (order > 0)
		return false;
	if (order < 0 || n == t->base_n || name[t->base_n] < t->first)
		return settle(s, ret);
	if (name[t->base_n] - t->first >= t->columns_n)
		return false;
	ret->column = name[t->base_n] - t->first;
	if (n > t->base_n + 1)
		ret->row = row_from(s, name + t->base_n + 1, n - t->base_n - 1, inclusive);
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

	if (s->table->foreign)
		foreign_value(&s->table->foreign->columns[p.column], &s->spots[p.row], &v);
	else
		column_value(&s->table->grid->columns[p.column], row_at(s, p.row), &v);
	snmp_set_var_typed_value(vb, v.type, v.at, v.n);
}

static void name_it(const struct sheet *s, struct place p, netsnmp_variable_list *vb)
{
	const struct table *t = s->table;
	oid name[BASE_OID + 1 + INDEX_OID];

	memcpy(name, t->base, t->base_n * sizeof(oid));
	name[t->base_n] = t->first + p.column;
	size_t n = index_of(s, p.row, name + t->base_n + 1);
	snmp_set_var_objid(vb, name, t->base_n + 1 + n);
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

	if (n <= t->base_n || vb->name[t->base_n] < t->first ||
	    vb->name[t->base_n] - t->first >= t->columns_n ||
	    snmp_oid_compare(vb->name, t->base_n, t->base, t->base_n) != 0) {
		netsnmp_set_request_error(info, q, SNMP_NOSUCHOBJECT);
		return;
	}
	const oid *index = vb->name + t->base_n + 1;
	size_t index_n = n - t->base_n - 1;
	struct place p = { vb->name[t->base_n] - t->first, row_from(s, index, index_n, true) };
	if (p.row >= s->rows_n || compare_row(s, p.row, index, index_n) != 0) {
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
	const struct view *v = t->source->look(t->source->arg);
	if (t->foreign)
		s.spots = spots_of(t->foreign->form, v, &s.rows_n);
	else
		s.rows = grid_rows(t->id, v, t->source->tally, &s.rows_n);
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

static enum reason register_one(struct table *t, const char *name, struct fault *f)
{
	netsnmp_handler_registration *r = netsnmp_create_handler_registration(
		name, answer, t->base, t->base_n, HANDLER_CAN_GETANDGETNEXT | HANDLER_CAN_GETBULK);

	if (!r || !r->handler)
		return fail(f, R_NO_MEMORY, "no memory for the table of %s", name);
	r->handler->myvoid = t;
	int status = netsnmp_register_handler(r);
	if (status != MIB_REGISTERED_OK)
		return fail(f, R_SYSTEM, "the table of %s could not be registered (%d)", name,
			    status);
	return R_OK;
}

/* Each table of a vendor's tree below each of the tree's roots. */
static enum reason register_foreign(const struct walk_source *s, struct fault *f)
{
	const struct foreign_root *root;
	const struct foreign_table *v;

	for (size_t i = 0; (root = foreign_root_at(i)); i++)
		for (size_t k = 0; (v = foreign_table_at(k)); k++) {
			if (v->tree != root->tree || !(s->trees & 1u << v->tree))
				continue;
			if (tables_n == TABLES)
				return fail(f, R_INTERNAL, "too many tables");
			struct table *t = &tables[tables_n++];
			*t = (struct table){ .foreign = v,
					     .source = s,
					     .columns_n = v->columns_n,
					     .first = v->columns[0].member.number };
			t->base_n = foreign_oid(root, v, t->base);
			enum reason r = register_one(t, v->name, f);
			if (r != R_OK)
				return r;
		}
	return R_OK;
}

enum reason walk_register(const struct walk_source *s, struct fault *f)
{
	tables_n = 0;
	for (enum grid_id g = 0; g < GRID_EVENT; g++) {
		const struct grid *grid = grid_row(g);
		struct table *t = &tables[tables_n++];
		*t = (struct table){ .id = g,
				     .grid = grid,
				     .source = s,
				     .columns_n = grid->columns_n,
				     .first = grid->columns[0].number };
		t->base_n = grid_oid(grid, t->base);
		enum reason r = register_one(t, grid->name, f);
		if (r != R_OK)
			return r;
	}
	return register_foreign(s, f);
}
