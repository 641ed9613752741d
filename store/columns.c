/* columns.c - the SQL of a kind's table, made from its field table
 *
 * A member is a column: numbers and flags INTEGER, words, texts and addresses TEXT, a list
 * TEXT with one entry a line, a secret a BLOB (sealed before it came here) and its fingerprint
 * beside it. A dot in a member's name is an underscore. Flags and words are checked by the
 * database too, and a reference to one other record is a foreign key. What every record knows
 * stands in columns that begin with record_, so no member's name can clash with them.
 *
 * Called by: migrate.c, rows.c.  Thread: any.  Owns: nothing.
 */
#include <stddef.h>
#include <string.h>

#include "store/parts.h"

char *columns_table(enum kind k, char *ret)
{
	text_copy(ret, NAME_SIZE, kind_row(k)->path);
	for (char *p = ret; *p; p++)
		if (*p == '/' || *p == '-')
			*p = '_';
	return ret;
}

bool columns_has(const struct field *fl)
{
	return fl->offset != offsetof(struct record, name) && !(fl->flags & FF_DERIVED);
}

static void put_name(const struct field *fl, const char *ending, struct text *t)
{
	text_add_str(t, "\"");
	for (const char *p = fl->name; *p; p++)
		text_add_n(t, *p == '.' ? "_" : p, 1);
	text_add(t, "%s\"", ending);
}

void columns_name(const struct field *fl, struct text *t)
{
	put_name(fl, "", t);
}

static void put_quoted(struct text *t, const char *s)
{
	text_add_str(t, "'");
	for (; *s; s++)
		text_add_n(t, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
	text_add_str(t, "'");
}

/* CHECK ("mode" IN ('main', 'aggressive')) */
static void put_words(const struct field *fl, struct text *t)
{
	text_add_str(t, " CHECK (");
	columns_name(fl, t);
	text_add_str(t, " IN (");
	for (const struct name *n = fl->names; n->word; n++) {
		text_add_str(t, n == fl->names ? "" : ", ");
		put_quoted(t, n->word);
	}
	text_add_str(t, "))");
}

/* The built-in proposal stands in no table, so nothing may be tied to that one. */
static void put_reference(const struct field *fl, struct text *t)
{
	char table[NAME_SIZE];

	text_add_str(t, " TEXT");
	if (fl->ref != K_IKE_PROPOSAL)
		text_add(t, " REFERENCES \"%s\" (name) DEFERRABLE INITIALLY DEFERRED",
			 columns_table(fl->ref, table));
}

static const char *preset_word(const struct field *fl)
{
	return fl->preset ? fl->preset : name_of(fl->names, 0);
}

static void put_column(const struct field *fl, struct text *t)
{
	text_add_str(t, ",\n\t");
	columns_name(fl, t);
	if (fl->many) {
		text_add_str(t, " TEXT NOT NULL DEFAULT ");
		put_quoted(t, fl->preset ? fl->preset : "");
		return;
	}
	switch (fl->kind) {
	case F_UINT:
		text_add(t, " INTEGER NOT NULL DEFAULT %s", fl->preset ? fl->preset : "0");
		break;
	case F_FLAG:
		text_add(t, " INTEGER NOT NULL DEFAULT %d CHECK (",
			 fl->preset && strcmp(fl->preset, "true") == 0);
		columns_name(fl, t);
		text_add_str(t, " IN (0, 1))");
		break;
	case F_CHOICE:
		text_add_str(t, " TEXT NOT NULL DEFAULT ");
		put_quoted(t, preset_word(fl));
		put_words(fl, t);
		break;
	case F_REF:
		put_reference(fl, t);
		break;
	case F_SECRET:
		text_add_str(t, " BLOB,\n\t");
		put_name(fl, "_fingerprint", t);
		text_add_str(t, " TEXT NOT NULL DEFAULT ''");
		break;
	case F_TEXT:
	case F_ADDRESS:
	case F_KINDS:
	default:
		text_add_str(t, " TEXT NOT NULL DEFAULT ");
		put_quoted(t, fl->preset ? fl->preset : "");
		break;
	}
}

void columns_create(enum kind k, const char *table, struct text *t)
{
	text_add(t,
		 "CREATE TABLE \"%s\" (\n\tname TEXT PRIMARY KEY,\n\trecord_scope TEXT NOT NULL,\n"
		 "\trecord_index INTEGER NOT NULL UNIQUE,\n\trecord_revision INTEGER NOT NULL,\n"
		 "\trecord_created_s INTEGER NOT NULL,\n\trecord_changed_s INTEGER NOT NULL,\n"
		 "\trecord_changed_by TEXT NOT NULL",
		 table);
	for (const struct field *fl = kind_row(k)->fields; fl->name; fl++)
		if (columns_has(fl))
			put_column(fl, t);
	text_add_str(t, "\n) STRICT");
}

void columns_list(enum kind k, struct text *t)
{
	text_add_str(t, "name, record_scope, record_index, record_revision, record_created_s, "
			"record_changed_s, record_changed_by");
	for (const struct field *fl = kind_row(k)->fields; fl->name; fl++) {
		if (!columns_has(fl))
			continue;
		text_add_str(t, ", ");
		columns_name(fl, t);
		if (fl->kind == F_SECRET) {
			text_add_str(t, ", ");
			put_name(fl, "_fingerprint", t);
		}
	}
}

/* ON CONFLICT keeps the row, so what refers to it stays tied to it. */
void columns_put(enum kind k, struct text *t)
{
	char table[NAME_SIZE];
	struct text list;
	size_t n = 1;

	text_init(&list, 0);
	columns_list(k, &list);
	text_add(t, "INSERT INTO \"%s\" (%s) VALUES (?", columns_table(k, table), list.at);
	for (const char *p = list.at; *p; p++)
		if (*p == ',') {
			text_add_str(t, ", ?");
			n++;
		}
	text_add_str(t, ") ON CONFLICT (name) DO UPDATE SET (");
	text_add_str(t, list.at);
	text_add_str(t, ") = (?1");
	for (size_t i = 2; i <= n; i++)
		text_add(t, ", ?%zu", i);
	text_add_str(t, ")");
	t->cut |= list.cut;
	text_done(&list);
}
