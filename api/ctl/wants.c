/* wants.c - the command line, read
 *
 * Options may stand anywhere, as --name value or --name=value; "--" ends them. Which verb may
 * have which is the verb's row in ctl.c.
 *
 * Called by: ctl.c, once.  Thread: the only one.  Owns: nothing, all is argv's.
 */
#include "api/ctl/wants.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/own.h"

#define DEFAULT_SOCKET "/run/ikeeper/api.sock"

enum want_kind { WANT_FLAG, WANT_TEXT, WANT_NUMBER };

struct want_row {
	const char *name;
	enum want_kind kind;
	size_t offset;
};

#define WANT(name, kind, member)                           \
	{                                                  \
		name, kind, offsetof(struct wants, member) \
	}

/* clang-format off */
static const struct want_row rows[] = {
	WANT("socket",     WANT_TEXT,   socket),
	WANT("timeout",    WANT_NUMBER, timeout_s),
	WANT("json",       WANT_FLAG,   json),
	WANT("yaml",       WANT_FLAG,   yaml),
	WANT("help",       WANT_FLAG,   help),
	WANT("version",    WANT_FLAG,   version),
	WANT("watch",      WANT_FLAG,   watch),
	WANT("interval",   WANT_NUMBER, interval_s),
	WANT("limit",      WANT_NUMBER, limit),
	WANT("wait",       WANT_NUMBER, wait_s),
	WANT("stale",      WANT_FLAG,   stale),
	WANT("dry-run",    WANT_FLAG,   dry_run),
	WANT("follow",     WANT_FLAG,   follow),
	WANT("stdin",      WANT_FLAG,   from_stdin),
	WANT("all",        WANT_FLAG,   all),
	WANT("last",       WANT_FLAG,   last),
	WANT("must-exist", WANT_FLAG,   must_exist),
	WANT("new",        WANT_FLAG,   is_new),
	WANT("no-notify",  WANT_FLAG,   no_notify),
	WANT("reset",      WANT_TEXT,   reset),
	WANT("level",      WANT_TEXT,   level),
	WANT("peer",       WANT_TEXT,   peer),
	WANT("tunnel",     WANT_TEXT,   tunnel),
	WANT("ike-sa",     WANT_TEXT,   ike_sa),
	WANT("child-sa",   WANT_TEXT,   child_sa),
	WANT("remote",     WANT_TEXT,   remote),
	WANT("spi",        WANT_TEXT,   spi),
	WANT("role",       WANT_TEXT,   role),
	WANT("scope",      WANT_TEXT,   scope),
	WANT("comment",    WANT_TEXT,   comment),
	WANT("type",       WANT_TEXT,   type),
	WANT("overlap",    WANT_TEXT,   overlap),
	WANT("reinitiate", WANT_TEXT,   reinitiate),
	WANT("from",       WANT_TEXT,   from),
	WANT("to",         WANT_TEXT,   to),
	WANT("for",        WANT_TEXT,   for_whom),
	WANT("apply",      WANT_FLAG,   apply),
	WANT("stage",      WANT_FLAG,   stage),
	WANT("set",        WANT_TEXT,   set),
	WANT("passphrase-stdin", WANT_FLAG, passphrase_stdin),
	WANT("seconds",    WANT_NUMBER, seconds),
	WANT("secrets",    WANT_FLAG,   secrets),
	WANT("against",    WANT_TEXT,   against),
	WANT("changeset",  WANT_TEXT,   changeset),
	WANT("confirm",    WANT_TEXT,   confirm),
	WANT("confirm-on", WANT_TEXT,   confirm_on),
	WANT("canary",     WANT_TEXT,   canary),
	WANT("hold",       WANT_TEXT,   hold),
	WANT("widen",      WANT_TEXT,   widen),
};
/* clang-format on */

static const struct want_row *row_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
			return &rows[i];
	return NULL;
}

static enum reason set(const struct want_row *r, struct wants *w, const char *value,
		       struct fault *f)
{
	void *at = (char *)w + r->offset;
	char *end;

	if (r->kind == WANT_FLAG) {
		*(bool *)at = true;
	} else if (r->kind == WANT_TEXT) {
		memcpy(at, &value, sizeof(value));
	} else {
		unsigned long v = strtoul(value, &end, 10);

		if (*value < '0' || *value > '9' || *end || v < 1 || v > 86400)
			return fail(f, R_INVALID, "--%s is a number from 1 to 86400, not \"%.60s\"",
				    r->name, value);
		*(unsigned *)at = (unsigned)v;
	}
	return R_OK;
}

/* One option; returns how many further arguments it took, -1 when something is wrong. */
static int read_option(const char *name, const char *next, struct wants *w, struct fault *f)
{
	const char *equals = strchr(name, '=');
	const struct want_row *r = row_find(name, equals ? (size_t)(equals - name) : strlen(name));

	if (!r) {
		fail(f, R_INVALID, "there is no option --%.60s", name);
		return -1;
	}
	if (r->kind == WANT_FLAG && equals) {
		fail(f, R_INVALID, "--%s takes no value", r->name);
		return -1;
	}
	const char *value = equals ? equals + 1 : next;
	if (r->kind != WANT_FLAG && !value) {
		fail(f, R_INVALID, "--%s needs a value", r->name);
		return -1;
	}
	if (set(r, w, value, f) != R_OK)
		return -1;
	w->given |= 1ull << (r - rows);
	return r->kind != WANT_FLAG && !equals;
}

enum reason wants_read(int argc, char **argv, struct wants *ret, struct fault *f)
{
	static char help[] = "--help";
	bool options = true;
	const char *socket = getenv("IKEEPER_SOCKET");

	*ret = (struct wants){ .socket = socket && *socket ? socket : DEFAULT_SOCKET,
			       .timeout_s = 60,
			       .interval_s = 2,
			       .limit = 50 };
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (options && strcmp(a, "-h") == 0)
			a = help;
		if (options && strcmp(a, "--") == 0) {
			options = false;
		} else if (options && strncmp(a, "--", 2) == 0) {
			int took = read_option(a + 2, i + 1 < argc ? argv[i + 1] : NULL, ret, f);

			if (took < 0)
				return R_INVALID;
			i += took;
		} else if (options && *a == '-' && a[1]) {
			return fail(f, R_INVALID, "there is no option %.60s", a);
		} else if (ret->words_n == WANTS_WORDS) {
			return fail(f, R_INVALID, "more than %d words", WANTS_WORDS);
		} else {
			ret->words[ret->words_n++] = a;
		}
	}
	return R_OK;
}

const char *wants_odd_one(const struct wants *w, const char *allowed)
{
	char word[40];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!(w->given & 1ull << i))
			continue;
		size_t n = strlen(rows[i].name);

		word[0] = ' ';
		memcpy(word + 1, rows[i].name, n);
		word[n + 1] = ' ';
		word[n + 2] = '\0';
		if (!strstr(" socket timeout json yaml help version ", word) &&
		    !strstr(allowed, word))
			return rows[i].name;
	}
	return NULL;
}
