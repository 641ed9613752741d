/* act.c - reset and initiate
 *
 * `reset` names exactly one scope; the daemon deletes children before their IKE SA and tells
 * the peers. `initiate` starts a tunnel; with --follow the steps are printed as they happen,
 * and the exit code is the verdict.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/ctl/complain.h"

enum { FOLLOW_MOST = 32, FOLLOW_MS = 150 };

/* --- reset ---------------------------------------------------------------------------- */

static json_t *id_of(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	return *s < '0' || *s > '9' || *end ? NULL : json_integer((json_int_t)v);
}

/* With or without 0x; the daemon says what is no SPI. */
static json_t *spi_of(const char *s)
{
	return strncmp(s, "0x", 2) == 0 ? json_string(s) : json_sprintf("0x%s", s);
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
		{ "ike_sa", w->ike_sa, w->ike_sa ? id_of(w->ike_sa) : NULL },
		{ "child_sa", w->child_sa, w->child_sa ? id_of(w->child_sa) : NULL },
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

enum code act_reset(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;

	if (w->words_n > 1)
		return complain_usage("reset takes no %s: say --peer, --tunnel, --all, ...",
				      w->words[1]);
	json_t *scope = scope_of(w);
	if (!scope)
		return complain_usage(
			"reset what? One of --all, --peer N, --tunnel N, --ike-sa ID, "
			"--child-sa ID, --remote ADDRESS, --spi SPI, --stale");
	json_t *body =
		json_pack("{so,ss*,ss*,sb,sb}", "scope", scope, "level", w->level, "reinitiate",
			  w->reinitiate, "notify_peer", !w->no_notify, "dry_run", (int)w->dry_run);
	enum code r = verbs_ask(c, &(struct ask){ "POST", "/resets", NULL, body }, &a);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		effect_reset(&c->paper, a.json);
	answer_done(&a);
	return CODE_OK;
}

/* --- initiate -------------------------------------------------------------------------- */

/* Negotiations that were started: "negotiation": id, or a list of ids or of tunnels. */
static size_t started(const json_t *answer, long long *ret)
{
	const json_t *one = json_object_get(answer, "negotiation");
	const json_t *many = json_object_get(answer, "negotiations");
	size_t n = 0;

	if (json_is_integer(one))
		ret[n++] = json_integer_value(one);
	if (!many)
		many = json_object_get(answer, "tunnels");
	for (size_t i = 0; i < json_array_size(many) && n < FOLLOW_MOST; i++) {
		const json_t *v = json_array_get(many, i);

		if (json_is_object(v))
			v = json_object_get(v, "negotiation");
		if (json_is_integer(v))
			ret[n++] = json_integer_value(v);
	}
	return n;
}

static void put_steps(struct paper *p, const json_t *story, size_t from)
{
	const json_t *steps = json_object_get(story, "steps");

	for (size_t i = from; i < json_array_size(steps); i++) {
		const json_t *s = json_array_get(steps, i);
		const char *way = json_string_value(json_object_get(s, "direction"));
		const char *text = json_string_value(json_object_get(s, "text"));

		text_add(&p->text, "%s ",
			 way && *way == 's'   ? ">"
			 : way && *way == 'r' ? "<"
					      : " ");
		paper_clean(p, text ? text : "");
		text_add_str(&p->text, "\n");
	}
	paper_flush(p);
}

static enum code verdict_of(struct ctl *c, const json_t *story)
{
	const char *verdict = json_string_value(json_object_get(story, "verdict"));

	if (c->paper.json)
		paper_json(&c->paper, story);
	else if (verdict && strcmp(verdict, "up") != 0)
		explain_story(&c->paper, story);
	else
		paper_inked(&c->paper, INK_GOOD, "up\n");
	return verdict && strcmp(verdict, "up") == 0 ? CODE_OK : CODE_FAILED;
}

/* Until the verdict is there, or the time is over. */
static enum code follow(struct ctl *c, long long id)
{
	struct answer a;
	struct text path;
	size_t told = 0;
	enum code r = CODE_TIMEOUT;

	text_init(&path, 0);
	text_add(&path, "/negotiations/%lld", id);
	for (unsigned ms = 0; ms < c->want.timeout_s * 1000 && r == CODE_TIMEOUT; ms += FOLLOW_MS) {
		enum code asked = verbs_get(c, path.at, &a);

		if (asked != CODE_OK) {
			r = asked;
			break;
		}
		const char *verdict = json_string_value(json_object_get(a.json, "verdict"));
		if (!c->paper.json)
			put_steps(&c->paper, a.json, told);
		told = json_array_size(json_object_get(a.json, "steps"));
		if (!verdict || strcmp(verdict, "running") != 0)
			r = verdict_of(c, a.json);
		answer_done(&a);
		if (r == CODE_TIMEOUT)
			nanosleep(&(struct timespec){ .tv_nsec = FOLLOW_MS * 1000000L }, NULL);
	}
	text_done(&path);
	if (r == CODE_TIMEOUT)
		return complain_fault(
			c, r,
			&(struct fault){ .text = "it is still under way",
					 .hint = "ikeeper explain --last says more" });
	return r;
}

static enum code after_start(struct ctl *c, const json_t *answer)
{
	long long ids[FOLLOW_MOST];
	size_t n = started(answer, ids);
	enum code worst = CODE_OK;

	if (c->paper.json && !c->want.follow)
		paper_json(&c->paper, answer);
	if (c->paper.json && !c->want.follow)
		return CODE_OK;
	if (n == 0 && !c->paper.json)
		text_add_str(&c->paper.text, "Nothing to start: it is up.\n");
	for (size_t i = 0; i < n; i++) {
		if (!c->paper.json)
			text_add(&c->paper.text, "negotiation %lld\n", ids[i]);
		enum code r = c->want.follow ? follow(c, ids[i]) : CODE_OK;
		worst = r > worst ? r : worst;
	}
	return worst;
}

enum code act_initiate(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;
	struct text path;

	if (w->words_n != 3 ||
	    (strcmp(w->words[1], "tunnel") != 0 && strcmp(w->words[1], "peer") != 0))
		return complain_usage("initiate peer|tunnel NAME");
	text_init(&path, 0);
	text_add(&path, "/%ss/", w->words[1]);
	client_escape(&path, w->words[2]);
	text_add_str(&path, "/initiate");
	enum code r = verbs_ask(c, &(struct ask){ "POST", path.at, NULL, NULL }, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	r = after_start(c, a.json);
	answer_done(&a);
	return r;
}
