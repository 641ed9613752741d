/* persons.c - secrets and people: what is read from standard input and never from the command line
 *
 * A command line is seen by every process of the machine and kept in histories, so passwords
 * and keys come as one line of standard input. On a terminal they are asked for without echo.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: the line, which is wiped.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "api/ctl/assign.h"
#include "api/ctl/complain.h"

enum { LINE_MAX_ = 512 };

bool persons_line(const char *prompt, char *ret, size_t cap)
{
	struct termios before, quiet;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

	if (terminal) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fprintf(stderr, "%s: ", prompt);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool ok = fgets(ret, (int)cap, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputs("\n", stderr);
	}
	if (!ok)
		return false;
	size_t n = strcspn(ret, "\n");
	ok = ret[n] == '\n' || feof(stdin);
	ret[n] = '\0';
	return ok && n > 0;
}

bool persons_say_yes(const char *question)
{
	char line[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	printf("%s [yes/no] ", question);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

/* The body is wiped with its value: jansson would only free it. */
static void drop(json_t *body, const char *member)
{
	json_t *s = json_object_get(body, member);
	const char *at = json_string_value(s);

	if (at)
		wipe((void *)(uintptr_t)at, json_string_length(s));
	json_decref(body);
}

static enum code send(struct ctl *c, const struct ask *a, const char *what, const char *name)
{
	struct answer answer;
	enum code r = verbs_ask(c, a, &answer);

	if (r != CODE_OK)
		return r;
	if (c->paper.json && answer.json) {
		paper_json(&c->paper, answer.json);
	} else if (!c->paper.json) {
		text_add(&c->paper.text, "%s ", what);
		paper_clean(&c->paper, name);
		text_add_str(&c->paper.text, answer.status == 201 ? " was made.\n" : " is set.\n");
		complain_list(&c->paper.text, json_object_get(answer.json, "warnings"),
			      "warning: ");
	}
	answer_done(&answer);
	return CODE_OK;
}

/* PATCH what is there, PUT what is not. */
static enum code put_secret(struct ctl *c, const char *path, const json_t *body, const char *name)
{
	struct answer a;
	enum code r;
	struct fault f = { 0 };

	r = client_ask(c->client, &(struct ask){ "GET", path, NULL, NULL }, &a, &f);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	bool there = a.status == 200;
	answer_done(&a);
	struct ask ask = { there ? "PATCH" : "PUT", path,
			   there ? "If-Match: *" : "If-None-Match: *", body };
	return send(c, &ask, "secret", name);
}

/* The path of the secret that the command line names, with what follows; own it. */
static void put_path(const struct wants *w, const char *action, struct text *ret)
{
	const char *sign = "?";

	text_init(ret, 0);
	text_add_str(ret, "/secrets/");
	client_escape(ret, w->words[2]);
	text_add_str(ret, action);
	if (w->comment) {
		text_add_str(ret, "?comment=");
		client_escape(ret, w->comment);
		sign = "&";
	}
	if (w->reset) {
		text_add(ret, "%sreset=", sign);
		client_escape(ret, w->reset);
		sign = "&";
	}
	if (w->dry_run)
		text_add(ret, "%sdry_run=true", sign);
}

/* NULL: complained. */
static json_t *read_value(const struct wants *w)
{
	char line[LINE_MAX_];
	json_t *body = NULL;

	if (!w->from_stdin && !isatty(STDIN_FILENO))
		complain_usage("say --stdin to have the secret read from standard input");
	else if (!persons_line("Secret", line, sizeof(line)))
		complain_usage("one line of standard input is the secret; there is none");
	else if (!(body = json_pack("{ss}", "value", line)))
		complain_usage("the secret is not UTF-8");
	wipe(line, sizeof(line));
	return body;
}

static enum code set_secret(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct text path;
	json_t *body;

	if (w->overlap || w->dry_run || w->reset)
		return complain_usage("secret set takes no --overlap, --dry-run or --reset");
	if (!(body = read_value(w)))
		return CODE_USAGE;
	if (w->type)
		json_object_set_new(body, "type", json_string(w->type));
	put_path(w, "", &path);
	enum code r = put_secret(c, path.at, body, w->words[2]);
	text_done(&path);
	drop(body, "value");
	return r;
}

/* Rotating and finishing are changes: what they touch is said. */
static enum code act_on_secret(struct ctl *c, const char *action, const json_t *body)
{
	struct answer a;
	struct text path;

	put_path(&c->want, action, &path);
	enum code r = verbs_ask(c, &(struct ask){ "POST", path.at, NULL, body }, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else if (c->want.dry_run) {
		r = alter_preview(c, a.json);
	} else {
		const json_t *before = json_object_get(a.json, "previous");
		const char *until = json_string_value(json_object_get(before, "until"));

		text_add_str(&c->paper.text, "secret ");
		paper_clean(&c->paper, c->want.words[2]);
		text_add_str(&c->paper.text, until ? " is rotated; the previous one counts until "
						   : " has one value again");
		paper_clean(&c->paper, until);
		text_add_str(&c->paper.text, ".\n");
		complain_list(&c->paper.text, json_object_get(a.json, "warnings"), "warning: ");
		effect_reset(&c->paper, json_object_get(a.json, "reset"));
	}
	answer_done(&a);
	return r;
}

static enum code rotate_secret(struct ctl *c)
{
	const struct wants *w = &c->want;
	long s = w->overlap ? staged_seconds(w->overlap) : 0;
	json_t *body;

	if (w->type)
		return complain_usage("secret rotate takes no --type");
	if (w->overlap && !s)
		return complain_usage("--overlap takes a time: 120s, 5m, 24h, 7d");
	if (!(body = read_value(w)))
		return CODE_USAGE;
	if (s)
		json_object_set_new(body, "overlap_seconds", json_integer(s));
	enum code r = act_on_secret(c, "/rotate", body);
	drop(body, "value");
	return r;
}

static enum code tell_fingerprint(struct ctl *c)
{
	struct answer a;
	struct text path;

	put_path(&c->want, "", &path);
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else {
		const json_t *before = json_object_get(a.json, "previous");
		const char *mark = json_string_value(json_object_get(a.json, "fingerprint"));
		const char *old = json_string_value(json_object_get(before, "fingerprint"));

		paper_clean(&c->paper, mark ? mark : "not set");
		if (old)
			text_add(&c->paper.text, " (previous %s until %s)", old,
				 json_string_value(json_object_get(before, "until")));
		text_add_str(&c->paper.text, "\n");
	}
	answer_done(&a);
	return CODE_OK;
}

enum code persons_secret(struct ctl *c)
{
	const struct wants *w = &c->want;
	const char *what = w->words_n == 3 ? w->words[1] : "";

	if (strcmp(what, "set") == 0)
		return set_secret(c);
	if (strcmp(what, "rotate") == 0)
		return rotate_secret(c);
	if (strcmp(what, "finish") == 0)
		return act_on_secret(c, "/finish-rotation", NULL);
	if (strcmp(what, "fingerprint") == 0)
		return tell_fingerprint(c);
	return complain_usage("secret set|rotate|finish|fingerprint NAME");
}

enum code persons_user(struct ctl *c)
{
	const struct wants *w = &c->want;
	char line[LINE_MAX_];

	if (w->words_n != 3 || strcmp(w->words[1], "add") != 0)
		return complain_usage("user add NAME --role ROLE");
	if (!w->role)
		return complain_usage(
			"--role is needed: viewer, auditor, operator, editor or admin");
	if (!persons_line("Password", line, sizeof(line)))
		return complain_usage("one line of standard input is the password; there is none");
	json_t *body =
		json_pack("{ss,ss,ss}", "name", w->words[2], "role", w->role, "password", line);
	wipe(line, sizeof(line));
	if (!body)
		return complain_usage("the name or the password is not UTF-8");
	if (w->scope)
		json_object_set_new(body, "scope", assign_list(w->scope));
	enum code r = send(c, &(struct ask){ "POST", "/users", NULL, body }, "user", w->words[2]);
	drop(body, "password");
	return r;
}
