/* signup.c - names and passwords in a body, and what they have to be like
 *
 * One rule only: length (user.password_length). Composition rules make people predictable;
 * what keeps a password safe here is scrypt and the throttle. Whatever a body held of a
 * password is wiped as soon as it was moved on.
 *
 * Called by: signin.c, users.c.  Thread: http.  Owns: nothing.
 */
#include "api/signup.h"

#include <stdlib.h>
#include <string.h>

#include "core/model/field.h"

enum reason signup_move(json_t *string, struct hashing *h, struct fault *f)
{
	size_t n = json_string_length(string);

	if (!json_is_string(string) || n == 0)
		return fail_field(f, R_INVALID, "password", "a password is needed");
	if (n >= sizeof(h->password))
		return fail_field(f, R_INVALID, "password", "a password has at most %zu octets",
				  sizeof(h->password) - 1);
	memcpy(h->password, json_string_value(string), n + 1);
	wipe((char *)(uintptr_t)json_string_value(string), n);
	return R_OK;
}

static enum reason take(struct request *r, const char *name, const char *also, struct hashing *h,
			struct fault *f)
{
	json_t *given = json_object_get(r->json, name);
	const char *key;
	json_t *value;

	if (!json_is_object(r->json))
		return fail(f, R_BAD_REQUEST, "the body must be a JSON object");
	json_object_foreach(r->json, key, value)
	{
		if (strcmp(key, name) != 0 && strcmp(key, "password") != 0 &&
		    !(also && strcmp(key, also) == 0))
			return fail(f, R_INVALID, "there is no member %.40s here", key);
		if (!json_is_string(value))
			return fail_field(f, R_INVALID, key, "must be a string");
	}
	if (also && !json_object_get(r->json, also))
		return fail_field(f, R_INVALID, also, "is needed");
	if (!given || json_string_length(given) == 0 ||
	    json_string_length(given) >= sizeof(h->name))
		return fail_field(f, R_INVALID, name, "a name is needed");
	text_copy(h->name, sizeof(h->name), json_string_value(given));
	return signup_move(json_object_get(r->json, "password"), h, f);
}

struct hashing *signup_take(struct request *r, const char *name, const char *also, struct fault *f)
{
	struct hashing *h = calloc(1, sizeof(*h));

	if (!h) {
		fail(f, R_NO_MEMORY, "no memory");
		return NULL;
	}
	h->r = r;
	if (take(r, name, also, h, f) == R_OK)
		return h;
	lane_forget(h);
	return NULL;
}

void signup_rules(const char *name, const char *password, struct faults *errors)
{
	char canonical[64];
	struct fault f = { 0 };

	if (name && (strlen(name) >= NAME_SIZE ||
		     syntax_check(SYN_NAME, name, canonical, sizeof(canonical), &f) != R_OK))
		faults_add(errors, R_INVALID, "user.name", "name",
			   "a name is at most %d letters, digits, dots, dashes and underscores",
			   NAME_MAX_);
	if (password && strlen(password) < PASSWORD_LEAST)
		faults_add(errors, R_INVALID, "user.password_length", "password",
			   "a password has at least %d characters", PASSWORD_LEAST);
}
