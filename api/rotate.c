/* rotate.c - another value for a pre-shared key, with both counting for a while
 *
 * The secret takes the new value, keeps the one it had as "previous", and says until when that
 * counts (core/model/settings.h). What both keys mean to negotiations is core/ike/v1/psk1.c; that the
 * previous one goes at the end of the overlap is core/daemon/overlap.c. Here it is a change of one
 * record like any other: preview, impact, audit, If-Match where it is given.
 *
 * Rotated again while an overlap lasts, the value is corrected and "previous" stays what peers had;
 * by that previous value itself the two change places, which is the way back.
 *
 * Called by: router.  Thread: http, then as change1.c says.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/change1.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/router.h"
#include "core/base/timers.h"

static enum reason bad(struct faults *errors, const char *rule, const char *field, const char *text)
{
	faults_add(errors, R_INVALID, rule, field, "%s", text);
	return R_INVALID;
}

/* Members of the body; the value itself is judged where all are (jsonin.c). */
static enum reason read_body(const json_t *body, uint64_t *ret_s, struct faults *errors)
{
	const json_t *overlap = json_object_get(body, "overlap_seconds"), *unused;
	const char *key;
	char text[96];

	if (!json_is_object(body))
		return bad(errors, "body.object", "", "the body must be a JSON object");
	json_object_foreach((json_t *)(uintptr_t)body, key, unused)
	{
		if (strcmp(key, "value") != 0 && strcmp(key, "overlap_seconds") != 0)
			bad(errors, "member.unknown", strlen(key) < 40 ? key : "",
			    "a rotation has the members value and overlap_seconds");
	}
	if (!json_is_string(json_object_get(body, "value")))
		bad(errors, "member.required", "value", "value is required: the new key, a string");
	*ret_s = OVERLAP_PRESET_S;
	if (overlap && json_is_integer(overlap))
		*ret_s = (uint64_t)json_integer_value(overlap);
	else if (overlap)
		bad(errors, "member.type", "overlap_seconds",
		    "overlap_seconds must be a whole number");
	snprintf(text, sizeof(text), "overlap_seconds must be %d to %d", OVERLAP_LEAST_S,
		 OVERLAP_MOST_S);
	if (*ret_s < OVERLAP_LEAST_S || *ret_s > OVERLAP_MOST_S)
		bad(errors, "member.value", "overlap_seconds", text);
	return errors->n ? R_INVALID : R_OK;
}

static enum reason seal_new(struct request *r, struct secret *s, struct faults *errors)
{
	json_t *body = json_pack("{sO}", "value", json_object_get(r->json, "value"));
	enum reason reason =
		body ? json_merge(&s->r, body, false, call_of(r)->r.server->keyring, errors)
		     : R_NO_MEMORY;

	json_decref(body);
	return reason;
}

static enum reason make_rotated(struct request *r, struct wish *w, struct faults *errors)
{
	struct secret *s = (struct secret *)w->rec;
	const struct secret *before = (const struct secret *)w->before;
	int64_t now_s = clock_wall_ms() / 1000;
	uint64_t overlap_s;

	if (read_body(r->json, &overlap_s, errors) != R_OK)
		return R_INVALID;
	if (before->type != SECRET_PSK)
		return bad(errors, "secret.rotate_psk", "type",
			   "only a pre-shared key can be rotated with overlap");
	if (!before->value.n)
		return bad(errors, "secret.rotate_set", "value",
			   "the secret has no value yet: there is nothing to overlap with");
	enum reason reason = seal_new(r, s, errors);
	if (reason != R_OK)
		return reason;
	if (sealed_equal(&s->value, &before->value))
		return bad(errors, "secret.rotate_same", "value",
			   "that is the key already: a rotation needs another");
	bool corrects =
		secret_overlaps(before, now_s) && !sealed_equal(&s->value, &before->previous);
	s->previous = corrects ? before->previous : before->value;
	s->previous_until_s = (uint64_t)now_s + overlap_s;
	return R_OK;
}

static enum reason make_finished(struct request *r, struct wish *w, struct faults *errors)
{
	struct secret *s = (struct secret *)w->rec;

	(void)r;
	if (!s->previous.n) {
		faults_add(errors, R_WRONG_STATE, "", "", "the secret %s is not being rotated",
			   s->r.name);
		return R_WRONG_STATE;
	}
	secret_finish(s);
	return R_OK;
}

static void begin(struct request *r,
		  enum reason (*make)(struct request *, struct wish *, struct faults *))
{
	struct wish *w = change1_begin(r, EDIT_PUT);
	struct fault f = { 0 };

	if (!w)
		return;
	w->kind = K_SECRET;
	w->make = make;
	/* it says what is to be, whatever was written meanwhile */
	r->if_match_any |= !r->has_if_match;
	const struct config *c = board_config(r->control->board);
	const struct record *rec = change1_find(c, K_SECRET, r->name);

	w->before = rec ? record_ref(rec) : NULL;
	text_copy(w->name, sizeof(w->name), rec ? rec->name : "");
	config_unref(c);
	if (!rec) {
		fail(&f, R_NOT_FOUND, "there is no secret %s", r->name);
		change1_refuse(r, w, &f);
	} else if (r->has_if_match && !r->if_match_any && r->if_match != w->before->revision) {
		change1_stale(r, w, w->before->revision);
	} else {
		change1_write(r, w);
	}
}

void secret_rotate(struct request *r)
{
	begin(r, make_rotated);
}

void secret_finish_rotation(struct request *r)
{
	begin(r, make_finished);
}
