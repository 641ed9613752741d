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

enum code persons_secret(struct ctl *c)
{
	const struct wants *w = &c->want;
	char line[LINE_MAX_];
	struct text path;

	if (w->words_n != 3 || strcmp(w->words[1], "set") != 0)
		return complain_usage("secret set NAME --stdin");
	if (!w->from_stdin && !isatty(STDIN_FILENO))
		return complain_usage("say --stdin to have the secret read from standard input");
	if (!persons_line("Secret", line, sizeof(line)))
		return complain_usage("one line of standard input is the secret; there is none");
	json_t *body = json_pack("{ss,ss*}", "value", line, "type", w->type);
	wipe(line, sizeof(line));
	if (!body)
		return complain_usage("the secret is not UTF-8");
	text_init(&path, 0);
	text_add_str(&path, "/secrets/");
	client_escape(&path, w->words[2]);
	if (w->comment) {
		text_add_str(&path, "?comment=");
		client_escape(&path, w->comment);
	}
	enum code r = put_secret(c, path.at, body, w->words[2]);
	text_done(&path);
	drop(body, "value");
	return r;
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
