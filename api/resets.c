/* resets.c - POST /resets: end SAs, children first, and say what became of each
 *
 *	{"scope": {"peer": "branch7"}, "level": "both", "notify_peer": true,
 *	 "reinitiate": "auto", "dry_run": false, "comment": "after the key changed"}
 *
 * The scope is one of: {"all": true}, {"stale": true}, {"peer"}, {"tunnel"}, {"ike_sa": id},
 * {"child_sa": id}, {"connection": id} for either by its connection id, {"remote_address"},
 * {"spi": "0x..."}; "all" and "stale" alone are fine too. An SPI with its end is
 * {"spi": {"dst": "192.0.2.1", "protocol": "esp", "spi": "0x..."}}; it may be a decimal, too.
 * Which SAs that means, and the order on the wire, is the engine's matter: an IPsec SA can be
 * announced to the peer only while its IKE SA lives.
 *
 * Called by: router.c, sas.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include "api/resets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "api/audit.h"
#include "api/json.h"
#include "api/nearest.h"
#include "api/query.h"
#include "api/report.h"
#include "api/router.h"
#include "api/scope.h"

static const struct name levels[] = {
	{ LEVEL_BOTH, "both" }, { LEVEL_CHILD, "child" }, { LEVEL_IKE, "ike" }, { 0, NULL }
};
static const struct name choices[] = { { REINITIATE_AUTO, "auto" },
				       { REINITIATE_ALWAYS, "always" },
				       { REINITIATE_NEVER, "never" },
				       { 0, NULL } };
static const struct name scopes[] = {
	{ RESET_ALL, "all" },
	{ RESET_STALE, "stale" },
	{ RESET_PEER, "peer" },
	{ RESET_TUNNEL, "tunnel" },
	{ RESET_IKE_SA, "ike_sa" },
	{ RESET_CHILD_SA, "child_sa" },
	{ RESET_CONNECTION, "connection" },
	{ RESET_REMOTE, "remote_address" },
	{ RESET_SPI, "spi" },
	{ 0, NULL },
};

/* ---- on the loop ---- */

static void done(void *arg, const struct reset_report *report, const struct fault *f)
{
	static const struct reset_report nothing;
	struct request *r = arg;
	struct text t;

	if (f && f->reason != R_OK) {
		request_fault(r, f);
		return;
	}
	text_init(&t, 0);
	report_reset(&t, report ? report : &nothing);
	request_text(r, 200, "application/json", &t);
}

/* The path of what is meant: "peers/hub", "ike-sas/7", "all". */
static const char *object_of(const struct reset_ask *ask, char ret[ADDR_TEXT + INSTANCE_SIZE])
{
	snprintf(ret, INSTANCE_SIZE, "%u", ask->id);
	switch (ask->scope) {
	case RESET_PEER:
	case RESET_TUNNEL:
		text_copy(ret, INSTANCE_SIZE, ask->name);
		return ask->scope == RESET_PEER ? "peers" : "tunnels";
	case RESET_IKE_SA:
		return "ike-sas";
	case RESET_CHILD_SA:
		return "child-sas";
	case RESET_CONNECTION:
		return "connections";
	case RESET_REMOTE:
		addr_text(&ask->remote, ret);
		return "remote-addresses";
	case RESET_SPI:
		snprintf(ret, INSTANCE_SIZE, "0x%08x", ask->spi);
		return "spis";
	case RESET_ALL:
	case RESET_STALE:
	case RESET_TOUCHED:
	default:
		*ret = '\0';
		return name_of(scopes, (int)ask->scope);
	}
}

static bool put_on_record(struct request *r, const struct reset_ask *ask)
{
	char name[ADDR_TEXT + INSTANCE_SIZE];
	const char *path = object_of(ask, name);

	return ask->dry_run ||
	       audit_act(r, DEED_RESET, path, name,
			 json_pack("{ss,ss,sb,sb}", "level", name_of(levels, (int)ask->level),
				   "reinitiate", name_of(choices, (int)ask->reinitiate),
				   "notify_peer", (int)ask->notify_peer, "force", (int)ask->force));
}

static void run(struct request *r)
{
	if (put_on_record(r, r->work))
		r->control->reset(r->control->ctx, r->work, done, r);
}

void resets_start(struct request *r, const struct reset_ask *ask)
{
	struct reset_ask *copy = malloc(sizeof(*copy));

	if (!copy) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	*copy = *ask;
	copy->why = R_OPERATOR_RESET;
	text_copy(copy->who, sizeof(copy->who), r->who);
	r->work = copy;
	request_park(r, run);
}

/* ---- reading the wish ---- */

static void wrong(struct faults *errors, const char *pointer, const char *what)
{
	faults_add(errors, R_INVALID, "member.type", pointer, "%s must be %s", pointer, what);
}

static void read_name(const json_t *v, enum reset_scope scope, struct reset_ask *ask,
		      struct faults *errors)
{
	const char *pointer = scope == RESET_PEER ? "scope.peer" : "scope.tunnel";
	const char *s = json_string_value(v);

	if (!s || !*s || !text_copy(ask->name, sizeof(ask->name), s))
		wrong(errors, pointer, "the name of one");
}

static void read_id(const json_t *v, enum reset_scope scope, struct reset_ask *ask,
		    struct faults *errors)
{
	json_int_t id = json_integer_value(v);
	const char *pointer = scope == RESET_IKE_SA     ? "scope.ike_sa"
			      : scope == RESET_CHILD_SA ? "scope.child_sa"
							: "scope.connection";

	if (!json_is_integer(v) || id < 1 || id > UINT32_MAX)
		wrong(errors, pointer, "the id of one");
	else
		ask->id = (uint32_t)id;
}

static void read_spi(const json_t *v, const char *pointer, struct reset_ask *ask,
		     struct faults *errors)
{
	const char *s = json_string_value(v);
	bool hex = s && strncmp(s, "0x", 2) == 0;
	const char *digits = hex ? s + 2 : s;
	size_t n = s ? strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") : 0;
	uint64_t spi = 0;

	if (json_is_integer(v) && json_integer_value(v) > 0)
		spi = (uint64_t)json_integer_value(v);
	else if (n >= 1 && n <= (hex ? 8u : 10u) && !digits[n])
		spi = strtoull(digits, NULL, hex ? 16 : 10);
	if (spi < 1 || spi > UINT32_MAX)
		wrong(errors, pointer, "an SPI as \"0xc7a91b02\" or \"3349748482\"");
	else
		ask->spi = (uint32_t)spi;
}

/* An SPI at the end that receives with it. All our IPsec SAs are ESP. */
static void read_triple(const json_t *v, struct reset_ask *ask, struct faults *errors)
{
	const char *dst = json_string_value(json_object_get(v, "dst"));
	const char *protocol = json_string_value(json_object_get(v, "protocol"));

	if (!dst || !addr_read(dst, &ask->remote))
		wrong(errors, "scope.spi.dst", "an address");
	if (protocol && strcmp(protocol, "ah") == 0)
		faults_add(errors, R_INVALID, "reset.no_ah", "scope.spi.protocol",
			   "there is no AH SA: all IPsec SAs of this gateway are ESP");
	else if (!protocol || strcmp(protocol, "esp") != 0)
		wrong(errors, "scope.spi.protocol", "esp");
	read_spi(json_object_get(v, "spi"), "scope.spi.spi", ask, errors);
	if (json_object_size(v) > 3)
		faults_add(errors, R_INVALID, "member.unknown", "scope.spi",
			   "an SPI has dst, protocol and spi, nothing else");
}

static void read_value(const json_t *v, enum reset_scope scope, struct reset_ask *ask,
		       struct faults *errors)
{
	const char *s = json_string_value(v);

	switch (scope) {
	case RESET_PEER:
	case RESET_TUNNEL:
		read_name(v, scope, ask, errors);
		break;
	case RESET_IKE_SA:
	case RESET_CHILD_SA:
	case RESET_CONNECTION:
		read_id(v, scope, ask, errors);
		break;
	case RESET_REMOTE:
		if (!s || !addr_read(s, &ask->remote))
			wrong(errors, "scope.remote_address", "an address");
		break;
	case RESET_SPI:
		if (json_is_object(v))
			read_triple(v, ask, errors);
		else
			read_spi(v, "scope.spi", ask, errors);
		break;
	case RESET_ALL:
	case RESET_STALE:
	default:
		if (!json_is_true(v))
			wrong(errors, scope == RESET_ALL ? "scope.all" : "scope.stale", "true");
		break;
	}
}

static void unknown_scope(const char *word, struct faults *errors)
{
	struct nearest n = nearest_to(word);
	struct fault *f = faults_add(errors, R_INVALID, "reset.scope", "scope",
				     "this is no scope of a reset");

	for (const struct name *w = scopes; w->word; w++)
		nearest_try(&n, w->word);
	if (f)
		snprintf(f->hint, sizeof(f->hint),
			 *n.name ? "Did you mean %s?"
				 : "all, stale, peer, tunnel, ike_sa, child_sa, connection, "
				   "remote_address or spi%s",
			 n.name);
}

static void read_scope(json_t *scope, struct reset_ask *ask, struct faults *errors)
{
	const char *word = json_string_value(scope);
	json_t *v = word ? json_true() : NULL;
	int which;

	if (!word && json_object_size(scope) == 1) {
		void *first = json_object_iter(scope);

		word = json_object_iter_key(first);
		v = json_object_iter_value(first);
	}
	if (!word) {
		faults_add(errors, R_INVALID, "reset.scope", "scope",
			   "scope is an object with exactly one member");
		return;
	}
	if (!name_find(scopes, word, &which)) {
		unknown_scope(word, errors);
		return;
	}
	ask->scope = (enum reset_scope)which;
	read_value(v, ask->scope, ask, errors);
}

static void read_word(const json_t *v, const char *member, const struct name *words, int *ret,
		      struct faults *errors)
{
	const char *s = json_string_value(v);

	if (!s || !name_find(words, s, ret))
		faults_add(errors, R_INVALID, "member.value", member, "%s is %s, %s or %s", member,
			   words[0].word, words[1].word, words[2].word);
}

static void read_flag(const json_t *v, const char *member, bool *ret, struct faults *errors)
{
	if (json_is_boolean(v))
		*ret = json_is_true(v);
	else
		wrong(errors, member, "true or false");
}

static void read_member(const char *key, json_t *v, struct reset_ask *ask, struct faults *errors)
{
	int word = 0;

	if (strcmp(key, "scope") == 0) {
		read_scope(v, ask, errors);
	} else if (strcmp(key, "level") == 0) {
		read_word(v, key, levels, &word, errors);
		ask->level = (enum reset_level)word;
	} else if (strcmp(key, "reinitiate") == 0) {
		read_word(v, key, choices, &word, errors);
		ask->reinitiate = (enum reinitiate)word;
	} else if (strcmp(key, "notify_peer") == 0) {
		read_flag(v, key, &ask->notify_peer, errors);
	} else if (strcmp(key, "dry_run") == 0) {
		read_flag(v, key, &ask->dry_run, errors);
	} else if (strcmp(key, "comment") == 0) {
		if (!json_is_string(v) || json_string_length(v) > 127)
			wrong(errors, key, "a text of at most 127 octets");
	} else {
		faults_add(errors, R_INVALID, "member.unknown", "", "a reset has no such member");
	}
}

/* A name nobody has: better said now than answered with an empty list. SAs may outlive the
 * record they were made from. */
static void check_name(struct request *r, const struct reset_ask *ask, struct faults *errors)
{
	bool peer = ask->scope == RESET_PEER;
	const struct config *c;
	const struct view *v;
	bool found;

	if (!*ask->name)
		return;
	c = board_config(r->control->board);
	v = board_look(r->control->board);
	found = peer ? config_peer(c, ask->name) != NULL : config_tunnel(c, ask->name) != NULL;
	for (size_t i = 0; i < v->ike_sas_n && peer && !found; i++)
		found = strcmp(view_ike_sas(v)[i].peer, ask->name) == 0 ||
			strcmp(view_ike_sas(v)[i].instance, ask->name) == 0;
	for (size_t i = 0; i < v->children_n && !found; i++)
		found = strcmp(peer ? view_children(v)[i].peer : view_children(v)[i].tunnel,
			       ask->name) == 0;
	view_unref(v);
	config_unref(c);
	if (!found)
		faults_add(errors, R_INVALID, "ref.exists", peer ? "scope.peer" : "scope.tunnel",
			   "there is no %s %s", peer ? "peer" : "tunnel", ask->name);
}

static void note(const struct request *r)
{
	const char *s = json_string_value(json_object_get(r->json, "comment"));
	struct text clean;

	if (!s || !*s)
		return;
	text_init(&clean, 0);
	text_add_clean(&clean, slice_str(s));
	log_say(LOG_NOTE_, LOG_API, "%s asks for a reset: %s", r->who, clean.at ? clean.at : "");
	text_done(&clean);
}

void resets_create(struct request *r)
{
	static const char *const known[] = { "dry_run", NULL };
	struct reset_ask ask = { .notify_peer = true };
	struct faults errors = { 0 };
	struct fault f = { 0 };
	bool dry_run = false;
	const char *key;
	json_t *v;

	if (!request_query_ok(r, known) || !query_flag(r, "dry_run", &dry_run))
		return;
	json_object_foreach(r->json, key, v) read_member(key, v, &ask, &errors);
	if (!json_is_object(r->json))
		faults_add(&errors, R_INVALID, "body.object", "", "the body must be a JSON object");
	else if (!json_object_get(r->json, "scope"))
		faults_add(&errors, R_INVALID, "member.required", "scope",
			   "scope says which SAs are meant");
	if (!errors.n && scope_of_reset(r, &ask, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	if (!errors.n)
		check_name(r, &ask, &errors);
	if (errors.n) {
		request_faults(r, R_INVALID, &errors, NULL);
		return;
	}
	ask.dry_run |= dry_run;
	note(r);
	resets_start(r, &ask);
}
