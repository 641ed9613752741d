/* listing.c - filters, order and pages: one way to list rows of any kind
 *
 * Configuration records and rows of the picture are both plain structs with a field table, so
 * they are filtered (?state=up,failed&peer=b*), searched (?q=berlin), sorted (?sort=-bytes_in)
 * and paged by the same code.
 * A cursor names the last row given (its key, and its value when sorted), never a place: rows
 * that come and go between two pages are neither doubled nor lost. Items are written straight
 * into the answer.
 *
 * Called by: resources.c, picture.c.  Thread: http.  Owns: nothing.
 */
#include "api/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/query.h"
#include "api/scope.h"

static const char *const paging[] = { "limit", "cursor", "sort", "fields", "count", "q" };

/* Every member's name is a filter; the list ends with NULL and is freed by the caller. */
static const char **known_words(const struct field *t)
{
	size_t n = 0, most = COUNT_OF(paging) + 1;

	for (const struct field *fl = t; fl->name; fl++)
		most++;
	const char **words = calloc(most, sizeof(*words));
	if (!words)
		return NULL;
	for (; n < COUNT_OF(paging); n++)
		words[n] = paging[n];
	for (const struct field *fl = t; fl->name; fl++)
		if (fl->kind != F_SECRET)
			words[n++] = fl->name;
	return words;
}

static bool is_number(const char *s, uint64_t *ret)
{
	char *end;

	*ret = strtoull(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	return *s >= '0' && *s <= '9' && !*end;
}

/* The next of several words with a comma between them; false when there is none. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t n = *at ? strcspn(*at, ",") : 0;

	if (!*at)
		return false;
	snprintf(word, size, "%.*s", (int)MIN_OF(n, size - 1), *at);
	*at = (*at)[n] ? *at + n + 1 : NULL;
	return true;
}

static bool word_is_sound(struct request *r, const struct field *fl, const char *value)
{
	uint64_t number;
	int choice;

	if (fl->kind == F_FLAG && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return query_refuse(r, fl->name, "must be true or false", "");
	if (fl->kind == F_UINT && !is_number(value, &number))
		return query_refuse(r, fl->name, "must be a number", "");
	if (fl->kind == F_CHOICE && !name_find(fl->names, value, &choice))
		return query_refuse(r, fl->name, "is none of its words",
				    "GET /api/v1/schema lists them");
	return true;
}

static bool filter_is_sound(struct request *r, const struct field *fl, const char *value)
{
	char word[LISTING_VALUE];

	while (next_word(&value, word, sizeof(word)))
		if (!word_is_sound(r, fl, word))
			return false;
	return true;
}

static bool read_filters(struct request *r, struct listing *l)
{
	for (const struct field *fl = l->fields; fl->name; fl++) {
		const char *value = fl->kind == F_SECRET ? NULL : request_query(r, fl->name);

		if (!value)
			continue;
		if (l->filters_n == LISTING_FILTERS)
			return query_refuse(r, fl->name, "too many filters at once", "");
		if (!filter_is_sound(r, fl, value))
			return false;
		l->filters[l->filters_n].field = fl;
		l->filters[l->filters_n++].value = value;
	}
	return true;
}

static bool read_sort(struct request *r, struct listing *l)
{
	const char *s = request_query(r, "sort");

	if (!s)
		return true;
	l->down = *s == '-';
	l->sort = field_find(l->fields, s + l->down);
	if (!l->sort || l->sort->many || l->sort->kind == F_SECRET)
		return query_refuse(r, "sort", "names no member that has an order",
				    "a member's name, with - before it to turn the order");
	return true;
}

static bool read_only_members(struct request *r, struct listing *l)
{
	static const struct field none[] = { { 0 } };
	const struct field *more = r->kind < K_COUNT ? json_record_fields : none;
	char word[80];

	l->only = request_query(r, "fields");
	for (const char *at = l->only; at && *at;) {
		size_t n = strcspn(at, ",");
		bool found = false;

		snprintf(word, sizeof(word), "%.*s", (int)MIN_OF(n, 79), at);
		for (const struct field *fl = l->fields; fl->name && !found; fl++)
			found = json_wanted(word, fl->name);
		for (const struct field *fl = more; fl->name && !found; fl++)
			found = json_wanted(word, fl->name);
		if (!found)
			return query_refuse(r, "fields", "names a member that does not exist",
					    "GET /api/v1/schema lists them");
		at += n;
		at += *at == ',';
	}
	return true;
}

/* Cursor: hex of "sort \n key \n value", so that one of another order is noticed. The value comes
 * last: it alone may hold line ends. */
static bool read_cursor(struct request *r, struct listing *l)
{
	const char *s = request_query(r, "cursor"), *sort = request_query(r, "sort");
	own(bytes) plain = s ? bytes_of_hex(s) : NULL;
	char text[3 * LISTING_VALUE];

	if (!s)
		return true;
	if (plain && plain->n < sizeof(text)) {
		memcpy(text, plain->at, plain->n);
		text[plain->n] = '\0';
		char *key = strchr(text, '\n');
		char *value = key ? strchr(key + 1, '\n') : NULL;
		if (value) {
			*key++ = *value++ = '\0';
			l->resumed = *key && strcmp(text, sort ? sort : "") == 0 &&
				     text_copy(l->after_value, sizeof(l->after_value), value) &&
				     text_copy(l->after_key, sizeof(l->after_key), key);
		}
	}
	return l->resumed || query_refuse(r, "cursor", "is not one of this list",
					  "give back next_cursor as it came, with the same sort");
}

bool listing_read(struct request *r, const struct field *fields, const char *key,
		  struct listing *ret)
{
	const char **known = known_words(fields);
	bool ok = known && request_query_ok(r, known);

	if (!known)
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
	free(known);
	*ret = (struct listing){ .fields = fields, .key = field_find(fields, key) };
	ret->limit = LISTING_LIMIT;
	ret->search = request_query(r, "q");
	return ok && query_uint(r, "limit", 1, LISTING_MOST, &ret->limit) &&
	       query_flag(r, "count", &ret->count) && read_sort(r, ret) && read_cursor(r, ret) &&
	       read_only_members(r, ret) && read_filters(r, ret);
}

/* "b*" is every word that begins so. */
static bool word_fits(const char *word, const char *value)
{
	size_t n = strlen(value);

	if (n && value[n - 1] == '*')
		return strncmp(word, value, n - 1) == 0;
	return strcmp(word, value) == 0;
}

static bool one_fits(const struct field *fl, const char *value, const void *row)
{
	uint64_t number;

	switch (fl->kind) {
	case F_UINT:
		return is_number(value, &number) && field_uint(fl, row) == number;
	case F_FLAG:
		return field_uint(fl, row) == (*value == 't');
	case F_CHOICE:
		return strcmp(name_of(fl->names, (int)field_uint(fl, row)), value) == 0;
	default:
		for (size_t i = 0; i < field_count(fl, row); i++)
			if (word_fits(field_str(fl, row, i), value))
				return true;
		return false;
	}
}

/* One of several values, or the whole: texts may hold commas of their own. */
static bool any_fits(const struct field *fl, const char *value, const void *row)
{
	char word[LISTING_VALUE];

	if (!strchr(value, ','))
		return one_fits(fl, value, row);
	if (fl->kind != F_UINT && fl->kind != F_FLAG && one_fits(fl, value, row))
		return true;
	while (next_word(&value, word, sizeof(word)))
		if (one_fits(fl, word, row))
			return true;
	return false;
}

/* Does the word stand anywhere in what people read of the row? Capitals do not matter. */
static bool row_says(const struct field *fl, const void *row, const char *word)
{
	for (; fl->name; fl++) {
		if (fl->kind == F_SECRET || fl->kind == F_UINT || fl->kind == F_FLAG)
			continue;
		if (fl->kind == F_CHOICE) {
			if (strcasestr(name_of(fl->names, (int)field_uint(fl, row)), word))
				return true;
			continue;
		}
		for (size_t i = 0; i < field_count(fl, row); i++)
			if (strcasestr(field_str(fl, row, i), word))
				return true;
	}
	return false;
}

/* Every word of the search, in any order. */
static bool is_found(const struct listing *l, const void *row)
{
	char word[LISTING_VALUE];

	for (const char *at = l->search; at && *at;) {
		size_t n = strcspn(at, " ");

		snprintf(word, sizeof(word), "%.*s", (int)MIN_OF(n, sizeof(word) - 1), at);
		if (!row_says(l->fields, row, word))
			return false;
		at += n;
		at += strspn(at, " ");
	}
	return true;
}

static bool fits(const struct listing *l, const void *row)
{
	for (size_t i = 0; i < l->filters_n; i++)
		if (!any_fits(l->filters[i].field, l->filters[i].value, row))
			return false;
	return is_found(l, row);
}

/* What a row is ordered by; numbers stay numbers, words are compared as words. */
struct value {
	uint64_t number;
	const char *word;
};

static struct value value_of(const struct field *fl, const void *row)
{
	if (fl->kind == F_UINT || fl->kind == F_FLAG)
		return (struct value){ .number = field_uint(fl, row), .word = "" };
	if (fl->kind == F_CHOICE)
		return (struct value){ .word = name_of(fl->names, (int)field_uint(fl, row)) };
	return (struct value){ .word = field_str(fl, row, 0) };
}

static struct value value_of_text(const struct field *fl, const char *text)
{
	if (fl->kind == F_UINT || fl->kind == F_FLAG)
		return (struct value){ .number = strtoull(text, NULL, 10), .word = "" };
	return (struct value){ .word = text };
}

static int compare(struct value a, struct value b)
{
	if (a.number != b.number)
		return a.number < b.number ? -1 : 1;
	return strcmp(a.word, b.word);
}

struct ordered {
	const void *row;
	struct value value, key;
};

static int compare_ordered(const void *pa, const void *pb, void *arg)
{
	const struct ordered *a = pa, *b = pb;
	const struct listing *l = arg;
	int c = compare(a->value, b->value);

	if (c == 0)
		return compare(a->key, b->key);
	return l->down ? -c : c;
}

static void put_value(struct text *t, const struct field *fl, const void *row)
{
	struct value v = value_of(fl, row);

	if (fl->kind == F_UINT || fl->kind == F_FLAG)
		text_add(t, "%llu", (unsigned long long)v.number);
	else
		text_add_str(t, v.word);
}

/* Rows are given out until the page is full; the row after it makes the cursor. */
struct page {
	const struct listing *l;
	const struct listing_source *s;
	struct text t;
	uint64_t n, total;
	const void *last;
	bool more;
	const struct request *r;
	const struct config *config; /* with a scope only: who carries which labels */
};

static bool takes(const struct page *p, const void *row)
{
	const struct listing_source *s = p->s;

	return fits(p->l, row) &&
	       (!p->config || !s->peer || scope_holds(p->r, p->config, s->peer(s->ctx, row)));
}

static void give_row(struct page *p, const void *row)
{
	if (p->n == p->l->limit) {
		p->more = true;
		return;
	}
	if (p->n++)
		text_add_n(&p->t, ",", 1);
	p->s->put(p->s->ctx, &p->t, row, p->l->only);
	p->last = row;
}

static void natural(struct page *p)
{
	const struct listing_source *s = p->s;

	for (size_t i = p->l->count ? 0 : s->first; i < s->n; i++) {
		const void *row = s->at(s->ctx, i);

		if (!takes(p, row))
			continue;
		p->total++;
		if (i >= s->first)
			give_row(p, row);
		if (p->more && !p->l->count)
			return;
	}
}

static bool sorted(struct page *p)
{
	const struct listing *l = p->l;
	const struct listing_source *s = p->s;
	struct ordered *all = malloc((s->n + 1) * sizeof(*all));
	struct ordered after;
	size_t n = 0;

	if (!all)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const void *row = s->at(s->ctx, i);

		if (takes(p, row))
			all[n++] = (struct ordered){ row, value_of(l->sort, row),
						     value_of(l->key, row) };
	}
	qsort_r(all, n, sizeof(*all), compare_ordered, (void *)(uintptr_t)l);
	if (l->resumed)
		after = (struct ordered){ NULL, value_of_text(l->sort, l->after_value),
					  value_of_text(l->key, l->after_key) };
	for (size_t i = 0; i < n && !p->more; i++)
		if (!l->resumed || compare_ordered(&all[i], &after, (void *)(uintptr_t)l) > 0)
			give_row(p, all[i].row);
	p->total = n;
	free(all);
	return true;
}

static void put_cursor(struct page *p, const char *sort)
{
	struct text plain;
	struct slice s;

	if (!p->more) {
		text_add_str(&p->t, "null");
		return;
	}
	text_init(&plain, 0);
	text_add(&plain, "%s\n", sort ? sort : "");
	put_value(&plain, p->l->key, p->last);
	text_add_str(&plain, "\n");
	if (p->l->sort)
		put_value(&plain, p->l->sort, p->last);
	s = slice(plain.at, plain.n);
	text_add_str(&p->t, "\"");
	text_add_hex(&p->t, s);
	text_add_str(&p->t, "\"");
	text_done(&plain);
}

void listing_answer(struct request *r, const struct listing *l, const struct listing_source *s)
{
	struct page p = { .l = l, .s = s, .r = r };

	p.config = *r->scope ? board_config(r->control->board) : NULL;
	text_init(&p.t, 0);
	text_add_str(&p.t, "{\"items\":[");
	if (!l->sort)
		natural(&p);
	bool ok = !l->sort || sorted(&p);
	config_unref(p.config);
	if (!ok || p.t.cut) {
		text_done(&p.t);
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY,
						  .text = "no memory for the list" });
		return;
	}
	text_add_str(&p.t, "],\"next_cursor\":");
	put_cursor(&p, request_query(r, "sort"));
	text_add(&p.t, ",\"generation\":%llu", (unsigned long long)s->generation);
	if (l->count)
		text_add(&p.t, ",\"total\":%llu", (unsigned long long)p.total);
	text_add_str(&p.t, "}");
	request_text(r, 200, "application/json", &p.t);
}
