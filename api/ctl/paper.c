/* paper.c - what the command prints: text for people, or JSON
 *
 * Colours only on a terminal and only without NO_COLOR (no-color.org); a state's word always
 * says what its colour says.
 *
 * Called by: every verb.  Thread: the only one.  Owns: the text.
 */
#include "api/ctl/paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/own.h"

void paper_init(struct paper *p, bool json, bool compact)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	*p = (struct paper){ .json = json, .compact = compact };
	text_init(&p->text, 0);
	p->colour = !json && isatty(STDOUT_FILENO) && !(no && *no) &&
		    !(term && strcmp(term, "dumb") == 0);
}

void paper_done(struct paper *p)
{
	text_done(&p->text);
}

void paper_clear(struct paper *p)
{
	if (!p->json && isatty(STDOUT_FILENO))
		text_add_str(&p->text, "\x1b[H\x1b[2J");
}

void paper_flush(struct paper *p)
{
	if (p->text.n)
		fwrite(p->text.at, 1, p->text.n, stdout);
	fflush(stdout);
	text_done(&p->text);
	text_init(&p->text, 0);
}

void paper_json(struct paper *p, const json_t *j)
{
	if (p->yaml) {
		paper_yaml(p, (json_t *)(uintptr_t)j);
		return;
	}
	char *s = json_dumps(j, JSON_ENCODE_ANY | (p->compact ? JSON_COMPACT : JSON_INDENT(2)));

	text_add_str(&p->text, s ? s : "null");
	text_add_str(&p->text, "\n");
	free(s);
}

void paper_ink(struct paper *p, enum ink i)
{
	static const char *const codes[] = { "\x1b[0m",  "\x1b[32m", "\x1b[31m",
					     "\x1b[33m", "\x1b[2m",  "\x1b[1m" };

	if (p->colour)
		text_add_str(&p->text, codes[i]);
}

void paper_clean(struct paper *p, const char *s)
{
	text_add_clean(&p->text, slice_str(s));
}

void paper_inked(struct paper *p, enum ink i, const char *s)
{
	if (i != INK_PLAIN)
		paper_ink(p, i);
	paper_clean(p, s);
	if (i != INK_PLAIN)
		paper_ink(p, INK_PLAIN);
}

void paper_pad(struct paper *p, size_t n)
{
	text_add(&p->text, "%*s", (int)n, "");
}

size_t paper_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80; /* not within a UTF-8 character */
	return n;
}

enum ink paper_ink_of(const char *state)
{
	static const struct name words[] = {
		{ INK_GOOD, "up" },         { INK_GOOD, "established" },
		{ INK_GOOD, "deleted" },    { INK_GOOD, "reestablished" },
		{ INK_BAD, "failed" },      { INK_BAD, "down" },
		{ INK_BAD, "timeout" },     { INK_BAD, "expired" },
		{ INK_WAIT, "connecting" }, { INK_WAIT, "negotiating" },
		{ INK_WAIT, "rekeying" },   { INK_WAIT, "deleting" },
		{ INK_WAIT, "partial" },    { INK_WAIT, "waiting" },
		{ INK_WAIT, "backoff" },    { INK_WAIT, "stale" },
		{ INK_WAIT, "running" },    { INK_WAIT, "force_deleted" },
		{ INK_DIM, "disabled" },    { 0, NULL },
	};
	int ink;

	return name_find(words, state, &ink) ? (enum ink)ink : INK_PLAIN;
}
