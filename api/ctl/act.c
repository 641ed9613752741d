/* act.c - reset, initiate, rekey, test and audit verify
 *
 * `reset` names exactly one scope; the daemon deletes children before their IKE SA and tells
 * the peers. `initiate` starts a tunnel, or every tunnel of a peer; follow.c tells how it goes.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"

/* --- reset ---------------------------------------------------------------------------- */

/* Digits alone are a decimal; with letters it is hex, 0x or not. The daemon says what is no SPI. */
static json_t *bare_spi_of(const char *s)
{
	bool decimal = !s[strspn(s, "0123456789")];

	return decimal || strncmp(s, "0x", 2) == 0 ? json_string(s) : json_sprintf("0x%s", s);
}

/* SPI, or DST/PROTO/SPI with the address that receives with it. */
static json_t *spi_of(const char *s)
{
	const char *proto = strchr(s, '/'), *spi = proto ? strchr(proto + 1, '/') : NULL;

	if (!proto)
		return bare_spi_of(s);
	if (!spi)
		return NULL;
	return json_pack("{ss%,ss%,so}", "dst", s, (int)(proto - s), "protocol", proto + 1,
			 (int)(spi - proto - 1), "spi", bare_spi_of(spi + 1));
}

/* The one scope that was given, as {"peer": "hub"}; NULL: none, several, or no number. */
static json_t *scope_of(const struct wants *w)
{
	const struct {
		const char *name;
		bool given;
		json_t *value;
	} all[] = {
		{ "all", w->all, w->all ? json_true() : NULL },
		{ "stale", w->stale, w->stale ? json_true() : NULL },
		{ "peer", w->peer, w->peer ? json_string(w->peer) : NULL },
		{ "tunnel", w->tunnel, w->tunnel ? json_string(w->tunnel) : NULL },
		{ "ike_sa", w->ike_sa, w->ike_sa ? words_id(w->ike_sa) : NULL },
		{ "child_sa", w->child_sa, w->child_sa ? words_id(w->child_sa) : NULL },
		{ "remote_address", w->remote, w->remote ? json_string(w->remote) : NULL },
		{ "spi", w->spi, w->spi ? spi_of(w->spi) : NULL },
	};
	json_t *scope = json_object();
	size_t given = 0, sound = 0;

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		given += all[i].given;
		if (!all[i].value)
			continue;
		sound++;
		json_object_set_new(scope, all[i].name, all[i].value);
	}
	if (given == 1 && sound == 1)
		return scope;
	json_decref(scope);
	return NULL;
}

/* What --wait was for: did all come back? A ticket says that it is not known yet. */
static enum code after_wait(struct ctl *c, const struct answer *a)
{
	const json_t *results = json_object_get(a->json, "results");
	struct fault f = { 0 };

	if (a->status == 202) {
		fail(&f, R_NO_ANSWER, "not all of it is done yet");
		snprintf(f.hint, sizeof(f.hint),
			 "ikeeper api GET /operations/%lld tells how it went",
			 (long long)json_integer_value(json_object_get(a->json, "id")));
		return complain_fault(c, CODE_TIMEOUT, &f);
	}
	for (size_t i = 0; i < json_array_size(results); i++) {
		const char *word =
			json_string_value(json_object_get(json_array_get(results, i), "result"));

		if (c->want.wait_s && word && strcmp(word, "failed") == 0)
			return CODE_FAILED;
	}
	return CODE_OK;
}

enum code act_reset(struct ctl *c)
{
	char prefer[32];
	const struct wants *w = &c->want;
	const char *level = w->level;
	struct answer a;

	if (flows_meant(w))
		return flows_reset(c);
	json_t *scope = w->words_n > 1 ? words_scope(w, &level) : scope_of(w);

	if (!scope && w->words_n > 1)
		return complain_usage("reset ike sa [ID], or reset ipsec sa [remote ADDRESS | "
				      "tunnel NAME | parameters DESTINATION ah|esp SPI], or reset "
				      "ipsec session [tunnel-id ID], or say --peer, --tunnel, "
				      "--all, ...");
	if (!scope)
		return complain_usage(
			"reset what? One of --all, --peer N, --tunnel N, --ike-sa ID, "
			"--child-sa ID, --remote ADDRESS, --spi [DST/PROTO/]SPI, --stale");
	json_t *body =
		json_pack("{so,ss*,ss*,sb,sb}", "scope", scope, "level", level, "reinitiate",
			  w->reinitiate, "notify_peer", !w->no_notify, "dry_run", (int)w->dry_run);
	snprintf(prefer, sizeof(prefer), "Prefer: wait=%u", w->wait_s);
	enum code r = verbs_ask(
		c, &(struct ask){ "POST", "/resets", w->wait_s ? prefer : NULL, body }, &a);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else if (a.status != 202)
		effect_reset(&c->paper, a.json);
	r = after_wait(c, &a);
	answer_done(&a);
	return r;
}

/* --- initiate -------------------------------------------------------------------------- */

/* One tunnel that was asked for: {"tunnel", "negotiation", "error"}. */
static enum code after_one(struct ctl *c, const char *tunnel, const json_t *start)
{
	const char *error = json_string_value(json_object_get(start, "error"));
	const json_t *id = json_object_get(start, "negotiation");
	struct fault f = { 0 };

	if (error) {
		fail(&f, R_INVALID, "%.60s: %.160s", tunnel, error);
		return complain_fault(c, CODE_FAILED, &f);
	}
	if (!json_is_integer(id)) {
		if (!c->paper.json) {
			paper_clean(&c->paper, tunnel);
			text_add_str(&c->paper.text, ": nothing to start, it is up\n");
		}
		return CODE_OK;
	}
	if (c->want.follow)
		return follow_tunnel(c, tunnel, json_integer_value(id));
	paper_clean(&c->paper, tunnel);
	text_add(&c->paper.text, ": negotiation %lld\n", (long long)json_integer_value(id));
	return CODE_OK;
}

static enum code after_start(struct ctl *c, const json_t *answer)
{
	const json_t *tunnels = json_object_get(answer, "tunnels");
	enum code worst = CODE_OK;

	if (c->paper.json && !c->want.follow) {
		paper_json(&c->paper, answer);
		return CODE_OK;
	}
	if (!json_is_array(tunnels))
		return after_one(c, c->want.words[2], answer);
	for (size_t i = 0; i < json_array_size(tunnels); i++) {
		const json_t *one = json_array_get(tunnels, i);
		const char *tunnel = json_string_value(json_object_get(one, "tunnel"));
		enum code r = after_one(c, tunnel ? tunnel : "", one);

		worst = r > worst ? r : worst;
	}
	return worst;
}

/* POST /WORDs/NAME/ACT, of one of two words. */
static enum code begin(struct ctl *c, const char *act, const char *one, const char *other,
		       const char *usage)
{
	const struct wants *w = &c->want;
	struct answer a;
	struct text path;

	if (w->words_n != 3 || (strcmp(w->words[1], one) != 0 && strcmp(w->words[1], other) != 0))
		return complain_usage("%s", usage);
	text_init(&path, 0);
	text_add(&path, "/%ss/", w->words[1]);
	client_escape(&path, w->words[2]);
	text_add(&path, "/%s", act);
	enum code r = verbs_ask(c, &(struct ask){ "POST", path.at, NULL, NULL }, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	r = after_start(c, a.json);
	answer_done(&a);
	return r;
}

enum code act_rekey(struct ctl *c)
{
	return begin(c, "rekey", "ike-sa", "child-sa", "rekey ike-sa|child-sa ID");
}

enum code act_initiate(struct ctl *c)
{
	return begin(c, "initiate", "tunnel", "peer", "initiate peer|tunnel NAME");
}

static void act_line(struct ctl *c, const char *target)
{
	text_add_str(&c->paper.text, "sent to ");
	paper_clean(&c->paper, target);
	text_add_str(&c->paper.text, "\n");
}

enum code act_test(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;

	if (w->words_n != 2 || strcmp(w->words[1], "trap") != 0)
		return complain_usage("test trap");
	enum code r =
		verbs_ask(c, &(struct ask){ "POST", "/settings/snmp/test-trap", NULL, NULL }, &a);
	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else {
		json_t *to = json_object_get(a.json, "targets");
		for (size_t i = 0; i < json_array_size(to); i++)
			act_line(c, json_string_value(json_array_get(to, i)));
	}
	answer_done(&a);
	return CODE_OK;
}

static void audit_say(struct ctl *c, const json_t *said, bool whole)
{
	struct text *t = &c->paper.text;

	if (whole)
		text_add(t, "The audit log is whole: %lld rows, the last with the hash\n%s\n",
			 (long long)json_integer_value(json_object_get(said, "rows")),
			 json_string_value(json_object_get(said, "hash")));
	else
		text_add(t, "The audit log is broken at number %lld: %s\n",
			 (long long)json_integer_value(json_object_get(said, "broken_at")),
			 json_string_value(json_object_get(said, "reason")));
}

enum code act_audit(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;

	if (w->words_n != 2 || strcmp(w->words[1], "verify") != 0)
		return complain_usage("audit verify");
	enum code r = verbs_ask(c, &(struct ask){ "GET", "/audit/verify", NULL, NULL }, &a);
	if (r != CODE_OK)
		return r;
	bool whole = json_is_true(json_object_get(a.json, "whole"));

	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		audit_say(c, a.json, whole);
	answer_done(&a);
	return whole ? CODE_OK : CODE_FAILED;
}
