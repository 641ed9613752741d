/* wire.c - `trace start|list|stop|delete|export`: IKE datagrams recorded by the daemon
 *
 * `export` puts what a trace has into a folder, each file of 0600 and whole or not at all: the messages
 * in words, the capture, and with secrets the two tables under the names that Wireshark looks for in a
 * profile, so that such a folder can stand in for one.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/ctl/complain.h"
#include "api/ctl/table.h"

/* clang-format off */
static const struct column trace_columns[] = {
	{ "ID", "id", SHAPE_PLAIN }, { "PEER", "peer", SHAPE_PLAIN }, { "RUNNING", "running", SHAPE_PLAIN },
	{ "UNTIL", "until", SHAPE_PLAIN }, { "DATAGRAMS", "datagrams", SHAPE_PLAIN },
	{ "DROPPED", "dropped", SHAPE_PLAIN }, { "", "secrets", SHAPE_MARK },
	{ "FORGOTTEN", "forgotten_at", SHAPE_PLAIN }, { "WHO", "who", SHAPE_LAST }, { 0 },
};
/* clang-format on */

static void put_row(struct ctl *c, json_t *row)
{
	json_t *rows = json_pack("[O]", row);

	if (c->paper.json)
		paper_json(&c->paper, row);
	else
		table_print(&c->paper, trace_columns, rows);
	json_decref(rows);
}

static enum code ask_and_put(struct ctl *c, const struct ask *a)
{
	struct answer got;
	enum code r = verbs_ask(c, a, &got);

	if (r != CODE_OK)
		return r;
	if (got.json && json_object_get(got.json, "items") && !c->paper.json)
		table_print(&c->paper, trace_columns, json_object_get(got.json, "items"));
	else if (got.json)
		put_row(c, got.json);
	answer_done(&got);
	return CODE_OK;
}

static enum code start(struct ctl *c)
{
	const struct wants *w = &c->want;
	json_t *body = json_pack("{sb}", "secrets", (int)w->secrets);

	if (w->words_n == 3)
		json_object_set_new(body, "peer", json_string(w->words[2]));
	if (w->seconds)
		json_object_set_new(body, "seconds", json_integer(w->seconds));
	enum code r = ask_and_put(c, &(struct ask){ "POST", "/traces", NULL, body });
	json_decref(body);
	return r;
}

/* The path of trace ID and what follows it; false: it is no number. */
static bool path_of(const struct wants *w, const char *more, struct text *ret)
{
	json_t *id = words_id(w->words[2]);
	bool ok = id != NULL;

	text_init(ret, 0);
	text_add(ret, "/traces/%s%s", w->words[2], more);
	json_decref(id);
	return ok;
}

static enum code end(struct ctl *c, const char *method, const char *more)
{
	struct text path;
	enum code r = CODE_USAGE;

	if (path_of(&c->want, more, &path))
		r = ask_and_put(c, &(struct ask){ method, path.at, NULL, NULL });
	else
		complain_usage("trace %s ID", c->want.words[1]);
	text_done(&path);
	return r;
}

/* ---- exported ---- */

static enum code keep_one(struct ctl *c, const char *more, const char *file, json_t *files)
{
	struct fault f = { 0 };
	struct text path, name;
	struct answer a;

	path_of(&c->want, more, &path);
	text_init(&name, 0);
	text_add(&name, "%s/%s", c->want.words[3], file);
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r == CODE_OK) {
		if (name.cut || !backup_keep(name.at, &a.body)) {
			fail(&f, R_SYSTEM, "%.120s cannot be written: %s", name.at,
			     strerror(errno));
			r = complain_fault(c, CODE_FAILED, &f);
		} else {
			json_array_append_new(files, json_string(name.at));
		}
		wipe(a.body.at, a.body.n);
		answer_done(&a);
	}
	text_done(&name);
	return r;
}

static enum code has_secrets(struct ctl *c, const char *path, bool *ret)
{
	struct answer a;
	enum code r = verbs_get(c, path, &a);

	if (r != CODE_OK)
		return r;
	*ret = json_is_true(json_object_get(json_object_get(a.json, "trace"), "secrets"));
	answer_done(&a);
	return CODE_OK;
}

static void put_files(struct ctl *c, const json_t *files, bool secrets)
{
	struct paper *p = &c->paper;
	const json_t *name;
	size_t i;

	json_array_foreach(files, i, name)
	{
		paper_clean(p, json_string_value(name));
		text_add_str(&p->text, "\n");
	}
	if (secrets)
		text_add_str(&p->text,
			     "The tables hold keys. In a folder of Wireshark's profiles they "
			     "decipher the capture; delete them afterwards.\n");
}

static enum code keep_all(struct ctl *c, bool secrets, json_t *files)
{
	static const char *const tables[] = { "ikev1_decryption_table", "esp_sa" };
	char name[64], more[64];
	enum code r;

	snprintf(name, sizeof(name), "trace-%.30s.json", c->want.words[2]);
	r = keep_one(c, "", name, files);
	snprintf(name, sizeof(name), "trace-%.30s.pcapng", c->want.words[2]);
	if (r == CODE_OK)
		r = keep_one(c, "/pcapng", name, files);
	for (size_t i = 0; i < COUNT_OF(tables) && secrets && r == CODE_OK; i++) {
		snprintf(more, sizeof(more), "/%s", tables[i]);
		r = keep_one(c, more, tables[i], files);
	}
	return r;
}

static enum code write_out(struct ctl *c)
{
	const char *folder = c->want.words[3];
	struct fault f = { 0 };
	bool secrets = false;
	struct text path;
	enum code r;

	if (!path_of(&c->want, "", &path)) {
		text_done(&path);
		return complain_usage("trace export ID DIRECTORY");
	}
	r = has_secrets(c, path.at, &secrets);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		fail(&f, R_SYSTEM, "%.120s cannot be made: %s", folder, strerror(errno));
		return complain_fault(c, CODE_FAILED, &f);
	}
	json_t *files = json_array();
	r = keep_all(c, secrets, files);
	if (r == CODE_OK && c->paper.json) {
		json_t *said = json_pack("{sO,sb}", "files", files, "secrets", (int)secrets);

		paper_json(&c->paper, said);
		json_decref(said);
	} else if (r == CODE_OK) {
		put_files(c, files, secrets);
	}
	json_decref(files);
	return r;
}

enum code wire_trace(struct ctl *c)
{
	const struct wants *w = &c->want;
	const char *what = w->words_n > 1 ? w->words[1] : "";

	if (strcmp(what, "start") == 0 && w->words_n <= 3)
		return start(c);
	if (strcmp(what, "list") == 0 && w->words_n == 2)
		return ask_and_put(c, &(struct ask){ "GET", "/traces", NULL, NULL });
	if (strcmp(what, "stop") == 0 && w->words_n == 3)
		return end(c, "POST", "/stop");
	if (strcmp(what, "delete") == 0 && w->words_n == 3)
		return end(c, "DELETE", "");
	if (strcmp(what, "export") == 0 && w->words_n == 4)
		return write_out(c);
	return complain_usage("trace start [PEER] [--seconds N] [--secrets] | trace list | "
			      "trace stop|delete ID | trace export ID DIRECTORY");
}
