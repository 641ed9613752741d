/* ipsecconf.c - reading ipsec.conf of strongSwan and Libreswan
 *
 * `conn NAME` and below it, indented, key=value. %default is what every conn begins with, also=
 * takes what another one says. A conn that others take is their template, when it protects
 * nothing of its own; each other is a tunnel, and those that say the same about the other end
 * share a peer. Keys stand in ipsec.secrets, which is another file.
 *
 * Called by: dialect.c.  Thread: any.  Owns: the conns until the end of the text.
 */
#include "core/dialect/ipsecconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/dialect/lines.h"
#include "core/dialect/swanmake.h"

enum { CONNS_MOST = 5000, ALSO_MOST = 8 };

struct conn {
	struct swan_said said;
	char also[ALSO_MOST][SWAN_NAME];
	size_t also_n;
	bool is_taken; /* by another one's also= */
	struct entry *peer;
};

struct reader {
	struct sketch *d;
	struct conn *at, everybody; /* everybody: %default */
	size_t n, cap;
	struct conn *now; /* the one being read, NULL: something else */
};

static struct conn *conn_find(const struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->at[i].said.name, name) == 0)
			return &r->at[i];
	return NULL;
}

static void begin(struct reader *r, const char *name, unsigned line)
{
	r->now = strcmp(name, "%default") == 0 ? &r->everybody : conn_find(r, name);
	if (r->now)
		return;
	if (r->n == CONNS_MOST) {
		sketch_note(r->d, NOTE_LEFT_OUT, line, name, "more than %d conns are not read",
			    CONNS_MOST);
		return;
	}
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct conn *more = realloc(r->at, cap * sizeof(*more));

		r->d->no_memory |= !more;
		if (!more)
			return;
		r->at = more;
		r->cap = cap;
	}
	r->now = &r->at[r->n++];
	*r->now = (struct conn){ .said.line = line };
	text_copy(r->now->said.name, SWAN_NAME, name);
}

static void take_key(struct reader *r, char *line, unsigned no)
{
	char *equals = strchr(line, '=');
	char *key = line, *value = equals ? equals + 1 : NULL;
	size_t n;

	if (!value) {
		sketch_note(r->d, NOTE_LEFT_OUT, no, "", "the line is no key=value");
		return;
	}
	*equals = '\0';
	while (*key && strchr(" \t", key[strlen(key) - 1]))
		key[strlen(key) - 1] = '\0';
	value += strspn(value, " \t");
	n = strlen(value);
	if (n > 1 && *value == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		value++;
	}
	if (strcmp(key, "also") == 0) {
		if (r->now->also_n < ALSO_MOST)
			text_copy(r->now->also[r->now->also_n++], SWAN_NAME, value);
		return;
	}
	swan_say(r->d, &r->now->said, FILE_CONF, PLACE_CONN, (const char *[2]){ key, value }, no);
}

static void take_line(struct reader *r, struct lines *l)
{
	char line[LINE_SIZE];

	if (l->odd)
		sketch_note(r->d, NOTE_LEFT_OUT, l->no, "",
			    "the line is no text, or longer than %d octets", LINE_SIZE - 1);
	if (l->n == 0 || *l->line == '#')
		return;
	if (strcmp(l->word[0], "conn") == 0 && l->n == 2 && !l->indented) {
		begin(r, l->word[1], l->no);
	} else if (!l->indented) {
		r->now = NULL; /* config setup, ca, version, include */
		if (strcmp(l->word[0], "include") == 0)
			sketch_note(r->d, NOTE_LEFT_OUT, l->no, "include",
				    "files that are included are not read: import them, too");
	} else if (r->now) {
		text_copy(line, sizeof(line), l->line);
		char *comment = strstr(line, " #");
		if (comment)
			*comment = '\0';
		take_key(r, line, l->no);
	}
}

/* What the other says and this one does not. */
static void inherit(struct reader *r, struct conn *c, const struct swan_said *from)
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		if (c->said.value[i] || !from->value[i])
			continue;
		c->said.value[i] = strdup(from->value[i]);
		c->said.at[i] = from->at[i];
		r->d->no_memory |= !c->said.value[i];
	}
}

static void also(struct reader *r, struct conn *c)
{
	for (size_t i = 0; i < c->also_n; i++) {
		struct conn *other = conn_find(r, c->also[i]);

		if (!other) {
			sketch_note(r->d, NOTE_LEFT_OUT, c->said.line, c->said.name,
				    "there is no conn %.40s to take more from", c->also[i]);
			continue;
		}
		other->is_taken = true;
		inherit(r, c, &other->said);
		/* one step further: what that one takes */
		for (size_t k = 0; k < other->also_n; k++) {
			const struct conn *next = conn_find(r, other->also[k]);

			if (next)
				inherit(r, c, &next->said);
		}
	}
	inherit(r, c, &r->everybody.said);
}

/* Everything it says about the other end, as one text. */
static void about_peer(const struct swan_said *s, struct text *t)
{
	for (int i = 0; i < SLOT_CHILD_FIRST; i++)
		text_add(t, "%s\n", swan_value(s, (enum swan_slot)i));
}

static void make(struct reader *r, struct conn *c, struct hash *peers)
{
	const char *start = swan_value(&c->said, SLOT_START);
	struct text t;
	struct entry *e;
	bool bare = !c->said.value[SLOT_LOCAL_TS] && !c->said.value[SLOT_REMOTE_TS];

	if ((c->is_taken && bare) || strcmp(start, "ignore") == 0)
		return;
	text_init(&t, 0);
	about_peer(&c->said, &t);
	e = hash_find(peers, slice_str(t.at));
	if (!e && (e = swan_peer(r->d, &c->said))) {
		bool ok = true;

		hash_put(peers, slice_str(t.at), e, &ok);
		r->d->no_memory |= !ok;
		if (((const struct record *)e->rec)->kind == K_PEER &&
		    sketch_find(r->d, K_SECRET, e->rec->name))
			sketch_note(r->d, NOTE_MIND, c->said.line, c->said.name,
				    "its key stands in ipsec.secrets; set it with: ikeeper secret "
				    "set %s --stdin",
				    e->rec->name);
	}
	if (e)
		swan_tunnel(r->d, e, &c->said);
	text_done(&t);
}

void ipsecconf_read(struct slice text, struct sketch *ret)
{
	struct lines l = lines_of(text);
	struct reader r = { .d = ret };
	own(hash) peers = hash_new();

	ret->no_memory |= !peers;
	while (!ret->no_memory && lines_next(&l))
		take_line(&r, &l);
	for (size_t i = 0; i < r.n && !ret->no_memory; i++)
		also(&r, &r.at[i]);
	for (size_t i = 0; i < r.n && !ret->no_memory; i++)
		make(&r, &r.at[i], peers);
	sketch_allow_weak(ret);
	sketch_order(ret);
	for (size_t i = 0; i < r.n; i++)
		swan_said_done(&r.at[i].said);
	swan_said_done(&r.everybody.said);
	free(r.at);
}
