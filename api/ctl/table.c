/* table.c - JSON as tables and as lists of members
 *
 * Columns are as wide as their widest cell; numbers stand right. Only JSON is a contract:
 * columns may come and go, so scripts should ask for --json.
 *
 * Called by: the verbs.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/own.h"

enum { COLUMNS_MAX = 16, DEPTH_MAX = 6 };

json_t *table_member(const json_t *o, const char *dotted)
{
	char key[64];

	for (const char *at = dotted; o;) {
		size_t n = strcspn(at, ".|");

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, at, n);
		key[n] = '\0';
		json_t *v = json_object_get(o, key);
		if (at[n] != '.' && v && !json_is_null(v))
			return v;
		if (at[n] != '.') {
			const char *other = strchr(at, '|');

			return other ? table_member(o, other + 1) : NULL;
		}
		o = v;
		at += n + 1;
	}
	return NULL;
}

void table_bytes(struct text *t, uint64_t v)
{
	static const char units[] = "BKMGTPE";
	size_t u = 0;
	uint64_t tenths = v * 10;

	if (v >= 1024 && v > UINT64_MAX / 16)
		tenths = UINT64_MAX / 16 * 10; /* nobody has moved that much */
	for (; tenths >= 10240 && units[u + 1]; u++)
		tenths /= 1024;
	if (u == 0)
		text_add(t, "%llu B", (unsigned long long)v);
	else
		text_add(t, "%llu.%llu %ciB", (unsigned long long)tenths / 10,
			 (unsigned long long)tenths % 10, units[u]);
}

void table_seconds(struct text *t, uint64_t v)
{
	unsigned long long d = v / 86400, h = v / 3600 % 24, m = v / 60 % 60, s = v % 60;

	if (d)
		text_add(t, "%llud%02lluh", d, h);
	else if (h)
		text_add(t, "%lluh%02llum", h, m);
	else if (m)
		text_add(t, "%llum%02llus", m, s);
	else
		text_add(t, "%llus", s);
}

static void put_value(struct text *t, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		text_add_clean(t, slice(json_string_value(v), json_string_length(v)));
		break;
	case JSON_INTEGER:
		text_add(t, "%lld", (long long)json_integer_value(v));
		break;
	case JSON_REAL:
		text_add(t, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
		text_add_str(t, "yes");
		break;
	case JSON_FALSE:
		text_add_str(t, "no");
		break;
	case JSON_ARRAY:
		for (size_t i = 0; i < json_array_size(v); i++) {
			const json_t *one = json_array_get(v, i);

			text_add_str(t, i ? ", " : "");
			if (json_is_object(one) || json_is_array(one))
				text_add_str(t, "{}");
			else
				put_value(t, one);
		}
		break;
	default:
		break;
	}
}

void table_cell(struct text *t, const json_t *row, const struct column *c)
{
	const json_t *v = table_member(row, c->member);
	const char *name = strrchr(c->member, '.');

	if (!v)
		return;
	if (c->shape == SHAPE_MARK) {
		if (json_is_true(v))
			text_add_str(t, name ? name + 1 : c->member);
	} else if (c->shape == SHAPE_BYTES && json_is_integer(v)) {
		table_bytes(t, (uint64_t)json_integer_value(v));
	} else if (c->shape == SHAPE_SECONDS && json_is_integer(v)) {
		table_seconds(t, (uint64_t)json_integer_value(v));
	} else {
		put_value(t, v);
	}
}

static bool stands_right(const json_t *row, const struct column *c)
{
	return c->shape != SHAPE_LAST && json_is_integer(table_member(row, c->member));
}

/* One line out of cells that are made already. */
static void put_line(struct paper *p, const struct column *columns, char *const *cells,
		     const size_t *width, const json_t *row)
{
	for (size_t i = 0; columns[i].head; i++) {
		const char *cell = cells[i] ? cells[i] : "";
		size_t pad = width[i] - MIN_OF(paper_width(cell), width[i]);
		bool right = row && stands_right(row, &columns[i]);
		enum ink ink = columns[i].shape == SHAPE_STATE ? paper_ink_of(cell) : INK_PLAIN;

		if (i)
			paper_pad(p, 2);
		if (right)
			paper_pad(p, pad);
		if (columns[i].shape == SHAPE_MARK && *cell)
			ink = INK_WAIT;
		paper_inked(p, row ? ink : INK_BOLD, cell);
		if (!right && columns[i + 1].head)
			paper_pad(p, pad);
	}
	while (p->text.n && p->text.at[p->text.n - 1] == ' ') /* empty cells at the end */
		p->text.n--;
	text_add_str(&p->text, "\n");
}

static size_t count_columns(const struct column *columns)
{
	size_t n = 0;

	while (n < COLUMNS_MAX && columns[n].head)
		n++;
	return n;
}

void table_print(struct paper *p, const struct column *columns, const json_t *rows)
{
	size_t width[COLUMNS_MAX] = { 0 }, n = count_columns(columns),
	       rows_n = json_array_size(rows);
	char **cells = calloc((rows_n + 1) * COLUMNS_MAX, sizeof(*cells));
	struct text t;

	for (size_t r = 0; cells && r <= rows_n; r++) {
		for (size_t i = 0; i < n; i++) {
			text_init(&t, 0);
			if (r == 0)
				text_add_str(&t, columns[i].head);
			else
				table_cell(&t, json_array_get(rows, r - 1), &columns[i]);
			cells[r * COLUMNS_MAX + i] = text_give(&t);
			if (cells[r * COLUMNS_MAX + i])
				width[i] =
					MAX_OF(width[i], paper_width(cells[r * COLUMNS_MAX + i]));
		}
	}
	for (size_t r = 0; cells && r <= rows_n; r++)
		put_line(p, columns, cells + r * COLUMNS_MAX, width,
			 r ? json_array_get(rows, r - 1) : NULL);
	for (size_t i = 0; cells && i < (rows_n + 1) * COLUMNS_MAX; i++)
		free(cells[i]);
	free(cells);
}

/* --- objects -------------------------------------------------------------------------- */

static bool is_branch(const json_t *v)
{
	return json_is_object(v) || (json_is_array(v) && json_is_object(json_array_get(v, 0)));
}

static void walk(struct paper *p, const json_t *o, const char *prefix, size_t *width, int depth)
{
	const char *key;
	json_t *v;
	struct text name;

	json_object_foreach((json_t *)(uintptr_t)o, key, v)
	{
		text_init(&name, 0);
		text_add(&name, "%s", prefix);
		text_add_clean(&name, slice_str(key));
		if (is_branch(v) && json_is_object(v) && depth < DEPTH_MAX) {
			text_add_str(&name, ".");
			walk(p, v, name.at, width, depth + 1);
		} else if (!p) {
			*width = MAX_OF(*width, paper_width(name.at ? name.at : ""));
		} else if (!is_branch(v)) {
			bool state = strcmp(key, "state") == 0;
			const char *word = state ? json_string_value(v) : NULL;

			paper_inked(p, INK_DIM, name.at ? name.at : "");
			paper_pad(p, *width - MIN_OF(*width, paper_width(name.at)) + 2);
			paper_ink(p, paper_ink_of(word ? word : ""));
			put_value(&p->text, v);
			paper_ink(p, INK_PLAIN);
			text_add_str(&p->text, "\n");
		}
		text_done(&name);
	}
}

void table_object(struct paper *p, const json_t *o)
{
	size_t width = 0;

	walk(NULL, o, "", &width, 0);
	walk(p, o, "", &width, 0);
}
