/* swanctl.c - reading swanctl.conf of strongSwan
 *
 * Sections in braces, key = value, # to the end of the line. A value is the rest of its line, or
 * what stands in quotes. Sections that refer to others and included files are told, not read.
 *
 * Called by: dialect.c.  Thread: any.  Owns: what is gathered until the end of the text.
 */
#include "core/dialect/swan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dialect/lines.h"
#include "core/dialect/swanmake.h"

enum { DEPTH_MOST = 16, SECRETS_MOST = 10000 };

struct key_of_peer {
	struct key_of_peer *next;
	char ids[8][128];
	size_t ids_n;
	struct bytes *value;
	unsigned line;
};

struct reader {
	struct sketch *d;
	unsigned line, conns, keys_n, children_n;
	int depth;
	char section[DEPTH_MOST][SWAN_NAME];
	struct swan_said conn, *children;
	struct key_of_peer *keys, *key; /* the one being read */
};

/* ---- keys ---- */

static bool in(const struct reader *r, int depth, const char *name)
{
	return r->depth > depth && strncmp(r->section[depth], name, strlen(name)) == 0;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c | (c > '9' ? 32 : 0));

	return c && at ? (int)(at - digits) : -1;
}

/* In the clear, 0x and hex, or 0s and base64. NULL: it cannot be read as that. */
static struct bytes *read_secret(const char *s)
{
	if (strncmp(s, "0x", 2) == 0)
		return digit(s[2]) < 0 ? NULL : bytes_of_hex(s + 2);
	if (strncmp(s, "0s", 2) != 0)
		return bytes_of(s, strlen(s));
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct bytes *b = bytes_new(strlen(s));
	uint32_t bits = 0;
	size_t n = 0, have = 0;

	for (s += 2; b && *s && *s != '='; s++) {
		const char *at = strchr(letters, *s);

		if (!at) {
			bytes_free(b);
			return NULL;
		}
		bits = bits << 6 | (uint32_t)(at - letters);
		have += 6;
		if (have >= 8) {
			have -= 8;
			b->at[n++] = (uint8_t)(bits >> have);
		}
	}
	if (b)
		b->n = n;
	return b;
}

static void take_secret(struct reader *r, const char *key, const char *value)
{
	struct key_of_peer *k = r->key;

	if (!k)
		return;
	if (strncmp(key, "id", 2) == 0 && k->ids_n < COUNT_OF(k->ids)) {
		text_copy(k->ids[k->ids_n++], sizeof(k->ids[0]), value);
	} else if (strcmp(key, "secret") == 0) {
		bytes_free(k->value);
		k->value = read_secret(value);
		k->line = r->line;
		if (!k->value)
			sketch_note(r->d, NOTE_LEFT_OUT, r->line, "secret",
				    "it begins as an encoded key and is none");
	}
}

static void take_key(struct reader *r, const char *key, const char *value)
{
	const char *pair[2] = { key, value };

	if (in(r, 0, "secrets") && r->depth == 2)
		take_secret(r, key, value);
	else if (!in(r, 0, "connections") || r->depth < 2)
		return;
	else if (r->depth == 2)
		swan_say(r->d, &r->conn, FILE_CTL, PLACE_CONN, pair, r->line);
	else if (r->depth == 3 && in(r, 2, "local"))
		swan_say(r->d, &r->conn, FILE_CTL, PLACE_LOCAL, pair, r->line);
	else if (r->depth == 3 && in(r, 2, "remote"))
		swan_say(r->d, &r->conn, FILE_CTL, PLACE_REMOTE, pair, r->line);
	else if (r->depth == 4 && in(r, 2, "children") && r->children_n)
		swan_say(r->d, &r->children[r->children_n - 1], FILE_CTL, PLACE_CHILD, pair,
			 r->line);
}

/* ---- sections ---- */

static void begin(struct reader *r, const char *name)
{
	if (r->depth == DEPTH_MOST)
		sketch_note(r->d, NOTE_LEFT_OUT, r->line, "", "sections nest deeper than %d",
			    DEPTH_MOST);
	if (r->depth < DEPTH_MOST)
		text_copy(r->section[r->depth], SWAN_NAME, name);
	r->depth++;
	if (in(r, 0, "connections") && r->depth == 2) {
		text_copy(r->conn.name, sizeof(r->conn.name), name);
		r->conn.line = r->line;
	} else if (in(r, 0, "connections") && r->depth == 4 && in(r, 2, "children") &&
		   r->children_n < SWAN_MOST) {
		struct swan_said *more = realloc(r->children, (r->children_n + 1) * sizeof(*more));

		r->d->no_memory |= !more;
		if (!more)
			return;
		r->children = more;
		more[r->children_n] = (struct swan_said){ .line = r->line };
		text_copy(more[r->children_n++].name, SWAN_NAME, name);
	} else if (in(r, 0, "secrets") && r->depth == 2 && strncmp(name, "ike", 3) == 0 &&
		   r->keys_n < SECRETS_MOST) {
		struct key_of_peer *k = calloc(1, sizeof(*k));

		r->d->no_memory |= !k;
		if (!k)
			return;
		r->keys_n++;
		k->next = r->keys;
		r->keys = r->key = k;
	}
}

static void end_connection(struct reader *r)
{
	struct entry *peer = r->conns++ < SWAN_MOST ? swan_peer(r->d, &r->conn) : NULL;

	for (size_t i = 0; i < r->children_n; i++) {
		if (peer && !r->d->no_memory)
			swan_tunnel(r->d, peer, &r->children[i]);
		swan_said_done(&r->children[i]);
	}
	r->children_n = 0;
	swan_said_done(&r->conn);
}

static void end(struct reader *r)
{
	if (r->depth == 0) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->line, "}", "there is no section to end");
		return;
	}
	if (r->depth == 2 && in(r, 0, "connections"))
		end_connection(r);
	if (r->depth == 2)
		r->key = NULL;
	r->depth--;
}

/* ---- the text ---- */

static void trim(char *s)
{
	size_t n = strlen(s);

	while (n && strchr(" \t", s[n - 1]))
		s[--n] = '\0';
	size_t skip = strspn(s, " \t");
	memmove(s, s + skip, n - skip + 1);
}

/* The value at `at`, to the end of the line or a brace; where it ended. */
static const char *take_value(const char *at, char ret[LINE_SIZE])
{
	size_t n;

	at += strspn(at, " \t");
	if (*at == '"' && strchr(at + 1, '"')) {
		n = strcspn(at + 1, "\"");
		snprintf(ret, LINE_SIZE, "%.*s", (int)n, at + 1);
		return at + n + 2;
	}
	n = strcspn(at, "#}");
	snprintf(ret, LINE_SIZE, "%.*s", (int)n, at);
	trim(ret);
	return at + n;
}

/* One piece of a line: "name {", "}", or "key = value"; what is left of it. */
static const char *take_piece(struct reader *r, const char *at)
{
	char word[LINE_SIZE], value[LINE_SIZE];
	size_t n = strcspn(at, "={}#");

	if (*at == '}') {
		end(r);
		return at + 1;
	}
	snprintf(word, sizeof(word), "%.*s", (int)n, at);
	trim(word);
	if (at[n] == '{') {
		char *reference = strchr(word, ':');

		if (reference) {
			*reference = '\0';
			trim(word);
			sketch_note(r->d, NOTE_LEFT_OUT, r->line, word,
				    "what it takes from other sections is not read");
		}
		begin(r, word);
		return at + n + 1;
	}
	if (at[n] != '=') {
		if (*word)
			sketch_note(
				r->d, NOTE_LEFT_OUT, r->line, "", "%s",
				strncmp(word, "include", 7) == 0
					? "files that are included are not read: import them, too"
					: "the line is neither a section nor key = value");
		return at[n] == '}' ? at + n : "";
	}
	at = take_value(at + n + 1, value);
	take_key(r, word, value);
	wipe(value, sizeof(value));
	return at;
}

/* ---- keys to peers ---- */

static bool is_meant(const struct key_of_peer *k, const struct peer *p)
{
	for (size_t i = 0; i < k->ids_n; i++) {
		const char *id = k->ids[i], *mark = strchr(id, ':');

		if (mark && !strchr(mark + 1, ':'))
			id = mark + 1;
		if (strcmp(id, p->remote_id_value) == 0 || strcmp(id, p->remote_address) == 0)
			return true;
	}
	return k->ids_n == 0;
}

static const struct key_of_peer *key_for(const struct reader *r, const struct peer *p)
{
	const struct key_of_peer *best = NULL;

	for (const struct key_of_peer *k = r->keys; k; k = k->next)
		if (k->value && is_meant(k, p) && (!best || (k->ids_n && !best->ids_n)))
			best = k;
	return best;
}

static void give_keys(struct reader *r)
{
	size_t peers = 0;

	for (size_t i = 0; i < r->d->n; i++) {
		const struct peer *p = (const void *)r->d->at[i]->rec;
		struct entry *s = p->r.kind == K_PEER && *p->psk && peers++ < 1000
					  ? sketch_find(r->d, K_SECRET, p->psk)
					  : NULL;
		const struct key_of_peer *k = s ? key_for(r, p) : NULL;
		char text[SECRET_MAX + 1] = "";

		if (k && k->value->n < sizeof(text))
			memcpy(text, k->value->at, k->value->n);
		if (k)
			sketch_set(r->d, s, "value", text, k->line);
		else if (s)
			sketch_note(
				r->d, NOTE_MIND, r->d->at[i]->line, "",
				"there is no key for peer %s in this text; set it with: ikeeper "
				"secret set %s --stdin",
				p->r.name, p->psk);
		wipe(text, sizeof(text));
	}
}

static void drop(struct reader *r)
{
	for (struct key_of_peer *k = r->keys, *next; k; k = next) {
		next = k->next;
		bytes_free(k->value);
		free(k);
	}
	for (size_t i = 0; i < r->children_n; i++)
		swan_said_done(&r->children[i]);
	swan_said_done(&r->conn);
	free(r->children);
	free(r);
}

void swanctl_read(struct slice text, struct sketch *ret)
{
	struct lines l = lines_of(text);
	struct reader *r = calloc(1, sizeof(*r));

	ret->no_memory |= !r;
	if (!r)
		return;
	r->d = ret;
	while (!ret->no_memory && lines_next(&l)) {
		r->line = l.no;
		if (l.odd)
			sketch_note(ret, NOTE_LEFT_OUT, l.no, "",
				    "the line is no text, or longer than %d octets", LINE_SIZE - 1);
		for (const char *at = l.line; *at && *at != '#';) {
			at += strspn(at, " \t");
			if (*at && *at != '#')
				at = take_piece(r, at);
		}
	}
	if (r->depth)
		sketch_note(ret, NOTE_LEFT_OUT, r->line, "", "%d sections do not end", r->depth);
	give_keys(r);
	sketch_allow_weak(ret);
	sketch_allow_weak_keys(ret);
	sketch_order(ret);
	wipe(&l, sizeof(l));
	drop(r);
}
