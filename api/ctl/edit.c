/* edit.c - `edit [NOUN NAME]`: a record, or the whole configuration, in one's own editor
 *
 * What there is becomes a file of 0600 that $VISUAL or $EDITOR opens. What was changed in it is
 * sent as a merge patch (the whole configuration as what it is to be), first as a dry run, whose
 * rules and SAs are shown; then a yes on a terminal, or --apply, makes it one change. It holds only
 * against the revision that was read: whoever came between is not overwritten.
 *
 * The file may hold a key that was typed into it, so it is gone whatever happens; what cannot be
 * read or is refused can be opened again on a terminal.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: the file, until the end.
 */
#include "api/ctl/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/ctl/complain.h"
#include "api/ctl/noun.h"

extern char **environ;

/* What is being edited. */
struct sheet {
	const char *method; /* that writes it */
	struct text path; /* below /api/v1 */
	char file[256];
	char was[32]; /* If-Match of what was read */
	json_t *before, *after;
};

/* ---- the file ---- */

static bool sheet_save(struct sheet *s)
{
	const char *dir = getenv("TMPDIR");
	char *all = json_dumps(s->before, JSON_INDENT(2));
	size_t n = all ? strlen(all) : 0;

	snprintf(s->file, sizeof(s->file), "%s/ikeeper-XXXXXX.json", dir && *dir ? dir : "/tmp");
	int fd = all ? mkstemps(s->file, 5) : -1;
	bool ok = fd >= 0 && write(fd, all, n) == (ssize_t)n && write(fd, "\n", 1) == 1;

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (fd < 0)
		*s->file = '\0';
	free(all);
	return ok;
}

/* The editor's words are the user's own: the shell takes them apart. */
static bool sheet_open(const struct sheet *s)
{
	char *const words[] = { "sh",
				"-c",
				"eval \"${VISUAL:-${EDITOR:-vi}} \\\"\\$1\\\"\"",
				"sh",
				(char *)(uintptr_t)s->file,
				NULL };
	pid_t pid;
	int how;

	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, words, environ) != 0)
		return false;
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static enum code sheet_read(struct ctl *c, struct sheet *s)
{
	struct fault f = { 0 };
	json_error_t why = { 0 };

	json_decref(s->after);
	s->after = json_load_file(s->file, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(s->after))
		return CODE_OK;
	if (s->after)
		fail(&f, R_INVALID, "a record is one JSON object, { ... }");
	else
		fail(&f, R_INVALID, "line %d, column %d: %.120s", why.line, why.column, why.text);
	return complain_fault(c, CODE_USAGE, &f);
}

static void sheet_done(struct sheet *s)
{
	if (*s->file)
		unlink(s->file);
	json_decref(s->before);
	json_decref(s->after);
	text_done(&s->path);
}

/* ---- what was changed ---- */

/* RFC 7396: what makes `from` into `to`; own it. */
static json_t *patch_of(json_t *from, json_t *to)
{
	json_t *patch = json_object(), *value;
	const char *key;

	json_object_foreach(to, key, value)
	{
		json_t *old = json_object_get(from, key);

		if (json_is_object(old) && json_is_object(value) && !json_equal(old, value))
			json_object_set_new(patch, key, patch_of(old, value));
		else if (!json_equal(old, value))
			json_object_set(patch, key, value);
	}
	json_object_foreach(from, key, value)
	{
		if (!json_object_get(to, key))
			json_object_set_new(patch, key, json_null());
	}
	return patch;
}

static enum code sheet_send(struct ctl *c, const struct sheet *s, bool dry, struct answer *ret)
{
	const struct wants *w = &c->want;
	bool whole = strcmp(s->method, "PUT") == 0;
	json_t *body = whole ? json_incref(s->after) : patch_of(s->before, s->after);
	struct text path;

	text_init(&path, 0);
	text_add(&path, "%s?dry_run=%s", s->path.at, dry ? "true" : "false");
	if (w->reset)
		text_add(&path, "&reset=%s", w->reset);
	if (w->comment) {
		text_add_str(&path, "&comment=");
		client_escape(&path, w->comment);
	}
	enum code r = verbs_ask(c, &(struct ask){ s->method, path.at, s->was, body }, ret);
	text_done(&path);
	json_decref(body);
	return r;
}

/* ---- from the file to the change ---- */

/* What the daemon would say to it. */
static enum code look(struct ctl *c, const struct sheet *s)
{
	struct answer a;
	enum code r = sheet_send(c, s, true, &a);

	if (r != CODE_OK)
		return r;
	if (c->paper.json && c->want.dry_run)
		paper_json(&c->paper, a.json);
	if (!c->paper.json)
		r = *s->method == 'P' && s->method[1] == 'U' ? staged_preview(c, a.json)
							     : alter_preview(c, a.json);
	else if (!json_is_true(json_object_get(a.json, "valid")))
		r = CODE_VALIDATION;
	paper_flush(&c->paper);
	answer_done(&a);
	return r;
}

static enum code write_it(struct ctl *c, const struct sheet *s)
{
	struct answer a;
	enum code r = sheet_send(c, s, false, &a);

	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else {
		text_add_str(&c->paper.text, "Applied as one change.\n");
		effect_reset(&c->paper, json_object_get(a.json, "reset"));
	}
	answer_done(&a);
	return CODE_OK;
}

static enum code once(struct ctl *c, struct sheet *s)
{
	if (!sheet_open(s)) {
		complain_usage("the editor did not end well; nothing was changed");
		return CODE_FAILED;
	}
	enum code r = sheet_read(c, s);
	if (r != CODE_OK)
		return r;
	if (json_equal(s->before, s->after)) {
		if (!c->paper.json)
			text_add_str(&c->paper.text, "Nothing was changed.\n");
		return CODE_OK;
	}
	r = look(c, s);
	if (r != CODE_OK || c->want.dry_run)
		return r;
	return c->want.apply || import_says_yes() ? write_it(c, s) : CODE_OK;
}

/* What can be mended in the editor. */
static bool mendable(enum code r)
{
	return r == CODE_USAGE || r == CODE_VALIDATION;
}

/* Where it is, and how it is written. */
static enum code find(struct ctl *c, struct sheet *s)
{
	const struct wants *w = &c->want;
	const struct noun *n = w->words_n > 1 ? noun_find(w->words[1]) : NULL;

	if (w->reset && strcmp(w->reset, "affected") != 0 && strcmp(w->reset, "none") != 0)
		return complain_usage("--reset is affected or none, not %s", w->reset);
	if (w->words_n == 1) {
		s->method = "PUT";
		text_add_str(&s->path, "/config");
		return CODE_OK;
	}
	if (w->words_n != 3 || !n || !(n->uses & NOUN_SET))
		return complain_usage("edit [NOUN NAME]; help edit says which nouns there are");
	s->method = "PATCH";
	text_add_str(&s->path, n->one);
	client_escape(&s->path, w->words[2]);
	return CODE_OK;
}

enum code edit_run(struct ctl *c)
{
	struct sheet s = { 0 };
	struct answer a = { 0 };

	text_init(&s.path, 0);
	enum code r = find(c, &s);
	if (r == CODE_OK)
		r = verbs_get(c, s.path.at, &a);
	if (r == CODE_OK) {
		snprintf(s.was, sizeof(s.was), "If-Match: \"%lld\"",
			 (long long)json_integer_value(json_object_get(a.json, "revision")));
		s.before = json_incref(a.json);
		answer_done(&a);
		if (!sheet_save(&s)) {
			complain_usage("no file can be made: %s", strerror(errno));
			r = CODE_FAILED;
		}
	}
	if (r == CODE_OK) {
		do {
			r = once(c, &s);
			paper_flush(&c->paper);
		} while (mendable(r) && persons_say_yes("Open it again?"));
	}
	sheet_done(&s);
	return r;
}
