/* manual.c - `display ike proposal`, `display ike peer` and `display ike dpd` in the manual's layout
 *
 *	display ike proposal
 *	display ike peer [NAME]
 *	display ike dpd [NAME]
 *
 * The configuration as Comware V5 words it: a table of proposals with the default one last, and blocks
 * of lines. Keys are stars, set or not. With --json the daemon's own records.
 *
 * Called by: words.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <ctype.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/table.h"

static const struct column proposals[] = {
	{ "PRIORITY", "priority", SHAPE_PLAIN },
	{ "AUTHENTICATION METHOD", "method", SHAPE_PLAIN },
	{ "AUTHENTICATION ALGORITHM", "hash", SHAPE_PLAIN },
	{ "ENCRYPTION ALGORITHM", "cipher", SHAPE_PLAIN },
	{ "DIFFIE-HELLMAN GROUP", "group", SHAPE_PLAIN },
	{ "DURATION (SECONDS)", "lifetime_seconds", SHAPE_LAST },
	{ 0 },
};

/* One word of ours to one of the manual's; those it does not know become capitals of their own. */
static const struct {
	const char *ours, *manual;
} said_so[] = {
	{ "psk", "PRE_SHARED" },     { "rsa-sig", "RSA_SIG" },    { "sha1", "SHA" },
	{ "modp768", "MODP_768" },   { "modp1024", "MODP_1024" }, { "modp1536", "MODP_1536" },
	{ "modp2048", "MODP_2048" }, { "modp3072", "MODP_3072" }, { "modp4096", "MODP_4096" },
};

static const char *str(const json_t *o, const char *dotted)
{
	const char *s = json_string_value(table_member(o, dotted));

	return s ? s : "";
}

static void upper(struct text *t, const char *word)
{
	for (size_t i = 0; i < sizeof(said_so) / sizeof(*said_so); i++) {
		if (strcmp(said_so[i].ours, word) == 0) {
			text_add_str(t, said_so[i].manual);
			return;
		}
	}
	for (; *word; word++)
		text_add(t, "%c", *word == '-' ? '_' : toupper((unsigned char)*word));
}

static void put(json_t *row, const char *member, const char *word, json_int_t bits)
{
	struct text t;

	text_init(&t, 256);
	upper(&t, word);
	if (bits)
		text_add(&t, "_%d", (int)bits);
	json_object_set_new(row, member, json_string(t.at ? t.at : ""));
	text_done(&t);
}

static void reword(json_t *row)
{
	const char *cipher = str(row, "encryption_algorithm");
	json_int_t bits = json_integer_value(json_object_get(row, "key_length"));

	if (!bits && strncmp(cipher, "aes", 3) == 0)
		bits = 128; /* what none said means with AES */
	if (json_is_true(json_object_get(row, "builtin")))
		json_object_set_new(row, "priority", json_string("default"));
	else
		json_object_set(row, "priority", json_object_get(row, "number"));
	put(row, "method", str(row, "authentication_method"), 0);
	put(row, "hash", str(row, "integrity_algorithm"), 0);
	put(row, "cipher", cipher, strncmp(cipher, "aes", 3) == 0 ? bits : 0);
	put(row, "group", str(row, "dh_group"), 0);
}

/* By number, the default one last. */
static void in_order(const json_t *items, json_t *ret)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *row = json_array_get(items, i);
		json_int_t n = json_integer_value(json_object_get(row, "number"));
		bool last = json_is_true(json_object_get(row, "builtin"));
		size_t at = 0;

		for (; at < json_array_size(ret); at++) {
			const json_t *other = json_array_get(ret, at);

			if (json_is_true(json_object_get(other, "builtin")) ||
			    (!last && json_integer_value(json_object_get(other, "number")) > n))
				break;
		}
		json_array_insert(ret, at, row);
	}
}

static void say_proposals(struct ctl *c, const json_t *items)
{
	json_t *rows = json_array();

	in_order(items, rows);
	for (size_t i = 0; i < json_array_size(rows); i++)
		reword(json_array_get(rows, i));
	table_print(&c->paper, proposals, rows);
	json_decref(rows);
}

static void line(struct ctl *c, const char *head, const json_t *o, const char *member,
		 const char *otherwise)
{
	const struct column col = { "", member, SHAPE_PLAIN };
	struct text t;

	text_init(&t, 1024);
	table_cell(&t, o, &col);
	text_add(&c->paper.text, " %s: %s\n", head, t.n ? t.at : otherwise);
	text_done(&t);
}

static void say_peer(struct ctl *c, const json_t *o)
{
	struct text *t = &c->paper.text;

	text_add_str(t, "---------------------------\n");
	line(c, "IKE Peer", o, "name", "");
	text_add(t, "   exchange mode: %s on phase 1\n", str(o, "exchange_mode"));
	text_add(t, "   pre-shared-key: %s\n", *str(o, "psk") ? "******" : "");
	line(c, "  peer id type", o, "local_id.type", "");
	line(c, "  peer ip address", o, "remote_address", "0.0.0.0 ~ 255.255.255.255");
	line(c, "  local ip address", o, "local_address", "");
	line(c, "  peer name", o, "remote_name", "");
	line(c, "  nat traversal", o, "nat_traversal", "");
	line(c, "  dpd", o, "dpd", "");
	text_add_str(t, "---------------------------\n");
}

/* How many of `peers` ask by this profile. */
static size_t references(const json_t *peers, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(peers); i++)
		n += strcmp(str(json_array_get(peers, i), "dpd"), name) == 0;
	return n;
}

static void say_dpd(struct ctl *c, const json_t *o, const json_t *peers)
{
	struct text *t = &c->paper.text;

	text_add_str(t, "---------------------------\n");
	line(c, "IKE dpd", o, "name", "");
	text_add(t, "   references: %zu\n", references(peers, str(o, "name")));
	line(c, "  interval-time", o, "interval_seconds", "");
	line(c, "  time_out", o, "retry_seconds", "");
	text_add_str(t, "---------------------------\n");
}

/* The records of a list; NULL: it has been said why not. Own it. */
static json_t *records(struct ctl *c, const char *path, enum code *ret)
{
	struct answer a = { 0 };
	struct fault f = { 0 };
	json_t *items = NULL;

	*ret = client_list(c->client, path, &a, &f);
	if (*ret != CODE_OK) {
		complain_fault(c, *ret, &f);
		return NULL;
	}
	if (answer_code(&a) != CODE_OK)
		*ret = complain_answer(c, &a);
	else
		items = json_incref(json_object_get(a.json, "items"));
	answer_done(&a);
	return items;
}

/* Those of this name, or all. */
static json_t *chosen(const json_t *items, const char *name)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *row = json_array_get(items, i);

		if (!name || strcmp(str(row, "name"), name) == 0)
			json_array_append(ret, row);
	}
	return ret;
}

enum code manual_display(struct ctl *c, const char *what, const char *name)
{
	bool dpd = strcmp(what, "dpd") == 0, peer = strcmp(what, "peer") == 0;
	enum code r = CODE_OK;
	json_t *all = records(c, dpd ? "/dpd-profiles" : peer ? "/peers" : "/ike-proposals", &r);
	json_t *peers = all && dpd ? records(c, "/peers", &r) : NULL;
	json_t *rows = chosen(all, name);

	if (r == CODE_OK && name && json_array_size(rows) == 0) {
		struct fault f = { 0 };

		fail(&f, R_NOT_FOUND, "there is no %s %s", peer ? "peer" : "DPD profile", name);
		r = complain_fault(c, CODE_NOT_FOUND, &f);
	} else if (r == CODE_OK && c->paper.json) {
		json_t *whole = json_pack("{sO}", "items", rows);

		paper_json(&c->paper, whole);
		json_decref(whole);
	} else if (r == CODE_OK && !peer && !dpd) {
		say_proposals(c, rows);
	} else if (r == CODE_OK) {
		for (size_t i = 0; i < json_array_size(rows); i++)
			peer ? say_peer(c, json_array_get(rows, i))
			     : say_dpd(c, json_array_get(rows, i), peers);
	}
	json_decref(rows);
	json_decref(peers);
	json_decref(all);
	return r;
}
