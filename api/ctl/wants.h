/* wants.h - the command line, read */
#pragma once

#include <stdbool.h>

#include "core/base/fault.h"

enum { WANTS_WORDS = 64 };

/* Options by their names; NULL or false when not given. */
struct wants {
	const char *socket;
	unsigned timeout_s, interval_s, limit, wait_s, seconds;
	bool json, yaml, watch, help, version;
	bool stale, dry_run, follow, from_stdin, all, last, must_exist, is_new, no_notify, apply,
		stage, passphrase_stdin, secrets;
	const char *reset, *level, *peer, *tunnel, *ike_sa, *child_sa, *remote, *spi;
	const char *role, *scope, *comment, *type, *reinitiate, *from, *to, *for_whom, *confirm,
		*confirm_on, *canary, *hold, *widen, *set, *changeset, *against, *overlap;
	unsigned long long given; /* one bit a row of wants.c's table, in its order */
	int words_n;
	char *words[WANTS_WORDS]; /* verb, noun, name, ... */
};

/* Reads everything; `f` says what is wrong with it. */
enum reason wants_read(int argc, char **argv, struct wants *ret, struct fault *f);
/* Which option outside of `allowed` (names between blanks) was given; NULL none. */
const char *wants_odd_one(const struct wants *w, const char *allowed);
