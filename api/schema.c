/* schema.c - members of every record, for forms
 *
 * The browser draws its forms, and the command line its completion, from the same field tables
 * that validate and store: name, kind, limits, preset, help, what a change touches. Algorithms
 * carry their verdict (current, weak, broken) out of alg.def; the rules come with their
 * sentences. It is the same for the whole life of the daemon, so it is made once.
 *
 * Called by: router.c.  Thread: http.  Owns: the text, for ever.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "api/doors.h"

static const char *const kind_words[F_KINDS] = { "text",    "number",    "choice", "flag",
						 "address", "reference", "secret" };
static const char *const syntax_words[] = { "none",     "host", "remote", "selector",
					    "endpoint", "name", "label",  "group" };

static const struct name flag_words[] = {
	{ FF_KEY, "key" },
	{ FF_REQUIRED, "required" },
	{ FF_READ_ONLY, "read_only" },
	{ FF_LATER, "later" },
	{ FF_TIME, "time" },
	{ FF_HEX, "hex" },
	{ FF_ZERO, "zero_is_off" },
	{ FF_RESTART, "restart" },
	{ FF_LINES, "lines" },
	{ 0, NULL },
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *schema;

/* "current", "weak", "broken" of an algorithm, NULL of anything else. */
static const char *verdict(const struct field *f, const char *word)
{
	if (strcmp(f->name, "encryption_algorithm") == 0)
		return tier_word(alg_encr(alg_encr_of_name(word))->tier);
	if (strcmp(f->name, "integrity_algorithm") == 0 || strcmp(f->name, "prf_algorithm") == 0)
		return tier_word(alg_integ(alg_integ_of_name(word))->tier);
	if (strcmp(f->name, "dh_group") == 0 || strcmp(f->name, "pfs_group") == 0)
		return tier_word(alg_group(alg_group_of_name(word))->tier);
	return NULL;
}

static bool is_algorithm(const char *word)
{
	return strcmp(word, "none") != 0 && strcmp(word, "auto") != 0;
}

static json_t *choices(const struct field *f)
{
	json_t *list = json_array();

	for (const struct name *n = f->names; n && n->word; n++) {
		json_t *c = json_pack("{ss}", "value", n->word);
		const char *tier = is_algorithm(n->word) ? verdict(f, n->word) : NULL;

		if (tier)
			json_object_set_new(c, "verdict", json_string(tier));
		json_array_append_new(list, c);
	}
	return list;
}

static json_t *preset(const struct field *f)
{
	if (f->many)
		return f->preset && *f->preset ? json_pack("[s]", f->preset) : json_array();
	switch (f->kind) {
	case F_UINT:
		return json_integer(f->preset ? strtoll(f->preset, NULL, 10) : 0);
	case F_FLAG:
		return json_boolean(f->preset && strcmp(f->preset, "true") == 0);
	case F_SECRET:
		return json_null();
	case F_CHOICE:
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_KINDS:
	default:
		return json_string(f->preset ? f->preset : "");
	}
}

static json_t *flags(const struct field *f)
{
	json_t *list = json_array();

	for (const struct name *n = flag_words; n->word; n++)
		if (f->flags & (uint32_t)n->value)
			json_array_append_new(list, json_string(n->word));
	return list;
}

static json_t *member(const struct field *f)
{
	json_t *m = json_pack("{ss,ss,ss,so,ss,so}", "name", f->name, "kind", kind_words[f->kind],
			      "help", f->help ? f->help : "", "preset", preset(f), "impact",
			      impact_word(f->impact), "flags", flags(f));

	if (f->kind == F_UINT || f->kind == F_TEXT || f->kind == F_SECRET) {
		json_object_set_new(m, "min", json_integer(f->min));
		if (f->max)
			json_object_set_new(m, "max", json_integer(f->max));
	}
	if (f->kind == F_CHOICE)
		json_object_set_new(m, "choices", choices(f));
	if (f->kind == F_REF)
		json_object_set_new(m, "ref", json_string(kind_row(f->ref)->path));
	if (f->kind == F_ADDRESS && (size_t)f->syntax < COUNT_OF(syntax_words))
		json_object_set_new(m, "syntax", json_string(syntax_words[f->syntax]));
	if (f->many)
		json_object_set_new(m, "many", json_integer(f->many));
	return m;
}

static json_t *kinds(void)
{
	json_t *list = json_object();

	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);
		json_t *members = json_array();

		for (const struct field *f = row->fields; f->name; f++)
			json_array_append_new(members, member(f));
		json_object_set_new(list, row->path,
				    json_pack("{ss,sb,so}", "word", row->word, "single",
					      (int)row->single, "members", members));
	}
	return list;
}

static json_t *rules(void)
{
	json_t *list = json_array();

	for (int r = 0; r < RULE_COUNT; r++) {
		const struct rule_row *row = rule_row((enum rule)r);

		json_array_append_new(list,
				      json_pack("{ss,ss,ss}", "name", row->name, "severity",
						row->severity == RULE_ERROR ? "error" : "warning",
						"text", row->text));
	}
	return list;
}

static void make(void)
{
	json_t *all = json_pack("{so,so}", "kinds", kinds(), "rules", rules());

	schema = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
}

void system_schema(struct request *r)
{
	static const uint8_t key[16];
	struct text t;

	if (!request_query_ok(r, NULL))
		return;
	pthread_once(&once, make);
	text_init(&t, 0);
	text_add_str(&t, schema ? schema : "{}");
	request_etag(r, hash_keyed(slice(t.at, t.n), key));
	request_text(r, 200, "application/json", &t);
}
