/* backup.c - `backup FILE` and `restore FILE`: the configuration as one file, and back
 *
 * The daemon makes the file and reads it; here it is only kept, as a new file of 0600, whole or
 * not at all. A restore is looked at first; --apply makes it one change. A passphrase is one line
 * of standard input and never stands on the command line.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: the passphrase, which is wiped.
 */
#include "api/ctl/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/ctl/complain.h"
#include "core/base/base64.h"

enum { PASSPHRASE_SIZE = 258, FILE_MOST = 512 << 20 };

/* The body {"passphrase": ...}, or an empty one; NULL: said. */
static json_t *begin(const struct ctl *c)
{
	char line[PASSPHRASE_SIZE];
	json_t *body = json_object();

	if (!c->want.passphrase_stdin)
		return body;
	if (persons_line("Passphrase", line, sizeof(line)))
		json_object_set_new(body, "passphrase", json_string(line));
	else
		complain_usage("the passphrase is one line of standard input");
	wipe(line, sizeof(line));
	if (json_object_get(body, "passphrase"))
		return body;
	json_decref(body);
	return NULL;
}

static void drop(json_t *body)
{
	const json_t *s = json_object_get(body, "passphrase");

	if (s)
		wipe((void *)(uintptr_t)json_string_value(s), json_string_length(s));
	json_decref(body);
}

static bool write_all(int fd, const char *at, size_t n)
{
	while (n) {
		ssize_t got = write(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return fsync(fd) == 0;
}

bool backup_keep(const char *name, const struct text *body)
{
	struct text beside;
	int why = ENOMEM;

	text_init(&beside, 0);
	text_add(&beside, "%s.XXXXXX", name);
	int fd = beside.cut ? -1 : mkostemp(beside.at, O_CLOEXEC); /* 0600 */
	bool good = fd >= 0 && write_all(fd, body->at, body->n);
	if (!good)
		why = errno;
	if (fd >= 0)
		close(fd);
	if (good && rename(beside.at, name) != 0) {
		why = errno;
		good = false;
	}
	if (!good && fd >= 0)
		unlink(beside.at);
	text_done(&beside);
	errno = why;
	return good;
}

enum code backup_run(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;

	if (w->words_n != 2)
		return complain_usage("backup FILE [--passphrase-stdin]");
	json_t *body = begin(c);
	if (!body)
		return CODE_USAGE;
	enum code r = verbs_ask(c, &(struct ask){ "POST", "/backups", NULL, body }, &a);
	drop(body);
	if (r != CODE_OK)
		return r;
	if (!backup_keep(w->words[1], &a.body)) {
		struct fault f = { 0 };

		fail(&f, R_SYSTEM, "%.120s cannot be written: %s", w->words[1], strerror(errno));
		r = complain_fault(c, CODE_FAILED, &f);
	} else if (c->paper.json) {
		json_t *said = json_pack("{ss,sI,sb}", "file", w->words[1], "octets",
					 (json_int_t)a.body.n, "passphrase", w->passphrase_stdin);

		paper_json(&c->paper, said);
		json_decref(said);
	} else {
		text_add_str(&c->paper.text, "Kept in ");
		paper_clean(&c->paper, w->words[1]);
		text_add(&c->paper.text, ", %zu octets. %s\n", a.body.n,
			 w->passphrase_stdin
				 ? "The passphrase opens its secrets anywhere."
				 : "Its secrets open with this machine's key file only.");
	}
	answer_done(&a);
	return r;
}

/* The file as base64; false: it cannot be read, is empty or too long. */
static bool read_file(const char *name, struct text *ret)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got = -1;

	text_init(ret, 0);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= FILE_MOST) {
		own(bytes) all = bytes_new((size_t)st.st_size);

		got = all ? 0 : -1;
		for (size_t at = 0; got >= 0 && at < all->n; at += (size_t)got)
			if ((got = read(fd, all->at + at, all->n - at)) == 0)
				got = -1;
		if (got >= 0)
			base64_add(ret, slice_of(all));
	}
	if (fd >= 0)
		close(fd);
	return got >= 0 && ret->n && !ret->cut;
}

static enum code send(struct ctl *c, json_t *body, bool dry_run)
{
	struct answer a;
	enum code r =
		verbs_ask(c,
			  &(struct ask){ "POST", dry_run ? "/restore?dry_run=true" : "/restore",
					 "If-Match: *", body },
			  &a);

	if (r != CODE_OK)
		return r;
	r = dry_run ? staged_preview(c, a.json) : staged_applied(c, a.json);
	paper_flush(&c->paper);
	answer_done(&a);
	return r;
}

enum code backup_restore(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct text file;

	if (w->words_n != 2)
		return complain_usage("restore FILE [--passphrase-stdin] [--apply]");
	if (!read_file(w->words[1], &file)) {
		text_done(&file);
		return complain_usage("%s cannot be read, is empty or too long", w->words[1]);
	}
	json_t *terms = staged_terms(w, "affected");
	json_t *body = terms ? begin(c) : NULL;
	enum code r = body ? CODE_OK : CODE_USAGE;
	if (body) {
		json_object_update(body, terms);
		json_object_set_new(body, "file", json_stringn(file.at, file.n));
		if (!w->apply || !c->paper.json)
			r = send(c, body, true);
		if (r == CODE_OK && w->apply)
			r = send(c, body, false);
		drop(body);
	}
	json_decref(terms);
	text_done(&file);
	return r;
}
