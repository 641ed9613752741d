/* terms.c - how a change is to be made: what it resets, what brings it back, who confirms it
 *
 * The same words in the query of a single write and in the body that applies many.
 *
 * Called by: change1.c, bulk.c and the handlers of changes.  Thread: any.  Owns: nothing.
 */
#include "api/terms.h"

#include <stdio.h>
#include <string.h>

#include "api/query.h"

const struct name confirm_words[] = {
	{ CONFIRM_MANUAL, "manual" },
	{ CONFIRM_TUNNELS, "tunnels_established" },
	{ 0, NULL },
};

static const struct name reset_words[] = {
	{ RESET_NONE, "none" },
	{ RESET_AFFECTED, "affected" },
	{ RESET_PEERS, "peers" },
	{ 0, NULL },
};

static const struct name reinitiate_words[] = {
	{ REINITIATE_AUTO, "auto" },
	{ REINITIATE_ALWAYS, "always" },
	{ REINITIATE_NEVER, "never" },
	{ 0, NULL },
};

static bool take_word(struct request *r, const char *name, const struct name *words,
		      const char *sentence, int *ret)
{
	const char *s = request_query(r, name);

	return !s || name_find(words, s, ret) || query_refuse(r, name, sentence, "");
}

bool terms_query(struct request *r, struct terms *o)
{
	const char *comment = request_query(r, "comment");
	uint64_t seconds = CONFIRM_PRESET_S;
	int reset = RESET_NONE, again = REINITIATE_AUTO, confirm = CONFIRM_NOT;

	*o = (struct terms){ .says_reset = request_query(r, "reset") != NULL };
	if (!take_word(r, "reset", reset_words, "must be none, affected or peers", &reset) ||
	    !take_word(r, "reinitiate", reinitiate_words, "must be auto, always or never",
		       &again) ||
	    !take_word(r, "confirm", confirm_words, "must be manual or tunnels_established",
		       &confirm) ||
	    !query_uint(r, "confirm_timeout_seconds", CONFIRM_LEAST_S, CONFIRM_MOST_S, &seconds))
		return false;
	if (request_query(r, "confirm_timeout_seconds") && confirm == CONFIRM_NOT)
		confirm = CONFIRM_MANUAL;
	o->reset = (enum reset_choice)reset;
	o->reinitiate = (enum reinitiate)again;
	o->confirm = (enum confirm_mode)confirm;
	o->confirm_s = (uint32_t)seconds;
	text_copy(o->comment, sizeof(o->comment), comment ? comment : "");
	return true;
}

/* ---- the body ---- */

static const char *const members[] = { "reset", "reinitiate", "confirm", "comment", NULL };

bool terms_owns(const char *member)
{
	for (size_t i = 0; members[i]; i++)
		if (strcmp(members[i], member) == 0)
			return true;
	return false;
}

static bool body_word(json_t *v, const char *field, const struct name *words, int *ret,
		      struct faults *errors)
{
	struct text t;

	if (!v || (json_is_string(v) && name_find(words, json_string_value(v), ret)))
		return v != NULL;
	text_init(&t, 120);
	for (const struct name *n = words; n->word; n++)
		text_add(&t, "%s%s", n == words ? "" : ", ", n->word);
	faults_add(errors, R_INVALID, "member.value", field, "%s must be one of %s", field, t.at);
	text_done(&t);
	return false;
}

static void body_confirm(json_t *v, struct terms *o, struct faults *errors)
{
	json_t *seconds = json_object_get(v, "timeout_seconds");
	const char *key;
	int mode = CONFIRM_MANUAL;
	json_t *unused;

	if (json_is_null(v))
		return;
	if (!json_is_object(v)) {
		faults_add(errors, R_INVALID, "member.type", "confirm",
			   "confirm must be an object of mode and timeout_seconds");
		return;
	}
	json_object_foreach(v, key, unused)
	{
		if (strcmp(key, "mode") != 0 && strcmp(key, "timeout_seconds") != 0)
			faults_add(errors, R_INVALID, "member.unknown", "confirm",
				   "%.40s is no member of confirm", key);
	}
	body_word(json_object_get(v, "mode"), "confirm.mode", confirm_words, &mode, errors);
	o->confirm = (enum confirm_mode)mode;
	json_int_t s = seconds ? json_integer_value(seconds) : CONFIRM_PRESET_S;
	if (s < CONFIRM_LEAST_S || s > CONFIRM_MOST_S)
		faults_add(errors, R_INVALID, "member.value", "confirm.timeout_seconds",
			   "timeout_seconds must be %d to %d", CONFIRM_LEAST_S, CONFIRM_MOST_S);
	o->confirm_s = (uint32_t)s;
}

void terms_body(json_t *body, struct terms *o, struct faults *errors)
{
	json_t *comment = json_object_get(body, "comment");
	json_t *confirm = json_object_get(body, "confirm");
	int reset = (int)o->reset, again = (int)o->reinitiate;

	if (body_word(json_object_get(body, "reset"), "reset", reset_words, &reset, errors)) {
		o->reset = (enum reset_choice)reset;
		o->says_reset = true;
	}
	if (body_word(json_object_get(body, "reinitiate"), "reinitiate", reinitiate_words, &again,
		      errors))
		o->reinitiate = (enum reinitiate)again;
	if (confirm)
		body_confirm(confirm, o, errors);
	if (comment && (!json_is_string(comment) ||
			!text_copy(o->comment, sizeof(o->comment), json_string_value(comment))))
		faults_add(errors, R_INVALID, "member.value", "comment",
			   "comment must be a text of at most %zu octets", sizeof(o->comment) - 1);
}

void terms_fill(const struct terms *o, const struct request *r, struct change *c)
{
	c->reset = o->reset;
	c->reinitiate = o->reinitiate;
	c->confirm = o->confirm;
	c->confirm_s = o->confirm_s;
	c->canary = o->canary;
	if (canary_is_asked(&o->canary) && !o->says_reset)
		c->reset = RESET_AFFECTED; /* or there would be nothing to watch */
	text_copy(c->who, sizeof(c->who), r->who);
	text_copy(c->channel, sizeof(c->channel), r->channel);
	text_copy(c->comment, sizeof(c->comment), o->comment);
	text_copy(c->request_id, sizeof(c->request_id), r->request_id);
}
