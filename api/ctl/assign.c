/* assign.c - member=value words as a JSON body
 *
 * The daemon's schema says of each member whether it is a number, a truth value, a word or a
 * list; here the word only becomes the right JSON type. Whether the value is sound is the
 * daemon's to say, with rule and hint, and so is which members there are: nothing about
 * records is known here. Dotted members nest, lists are split at commas, and an empty value
 * puts a member back to its preset.
 *
 * Called by: alter.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/assign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/own.h"
#include "core/base/text.h"

static const json_t *member_find(const json_t *members, const char *name)
{
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *m = json_array_get(members, i);
		const char *is = json_string_value(json_object_get(m, "name"));

		if (is && strcmp(is, name) == 0)
			return m;
	}
	return NULL;
}

static bool is_word(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* As JSON if it is one; otherwise as it is, and the daemon says what is wrong with it. */
static json_t *flag_of(const char *s)
{
	static const char *const yes[] = { "true", "yes", "on", "1", NULL };
	static const char *const no[] = { "false", "no", "off", "0", NULL };

	if (is_word(s, yes))
		return json_true();
	return is_word(s, no) ? json_false() : json_string(s);
}

static json_t *number_of(const char *s)
{
	char *end;

	errno = 0;
	long long v = strtoll(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	return errno || end == s || *end ? json_string(s) : json_integer(v);
}

json_t *assign_list(const char *s)
{
	json_t *list = json_array();

	while (*s) {
		size_t n = strcspn(s, ",");

		if (n)
			json_array_append_new(list, json_stringn(s, n));
		s += n;
		s += *s == ',';
	}
	return list;
}

/* "@name" stands for the text in that file, where a member holds one of several lines. */
static json_t *lines_of(const char *s, struct fault *f)
{
	enum { MOST = 256 * 1024 };
	FILE *file = *s == '@' ? fopen(s + 1, "re") : NULL;
	char *text = file ? malloc(MOST) : NULL;
	json_t *v = NULL;

	if (*s != '@')
		return json_string(s);
	if (text) {
		size_t n = fread(text, 1, MOST, file);

		if (!ferror(file) && n < MOST)
			v = json_stringn(text, n);
	}
	free(text);
	if (file)
		fclose(file);
	if (!v)
		fail(f, R_INVALID, "%.120s cannot be read as a text", s + 1);
	return v;
}

static bool has_lines(const json_t *member)
{
	const json_t *flags = json_object_get(member, "flags");

	for (size_t i = 0; i < json_array_size(flags); i++) {
		const char *flag = json_string_value(json_array_get(flags, i));

		if (flag && strcmp(flag, "lines") == 0)
			return true;
	}
	return false;
}

static json_t *value_of(const json_t *member, const char *s)
{
	const char *kind = json_string_value(json_object_get(member, "kind"));

	if (json_object_get(member, "many"))
		return assign_list(s);
	if (!*s)
		return json_null();
	if (kind && strcmp(kind, "number") == 0)
		return number_of(s);
	if (kind && strcmp(kind, "flag") == 0)
		return flag_of(s);
	return json_string(s);
}

/* The object the last segment of a dotted name stands in, made on the way. */
static json_t *object_for(json_t *body, const char *name, const char **ret_last)
{
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
		json_t *inner = json_object_getn(body, name, (size_t)(dot - name));

		if (!json_is_object(inner)) {
			inner = json_object();
			if (json_object_setn_new(body, name, (size_t)(dot - name), inner) != 0)
				return NULL;
		}
		body = inner;
	}
	*ret_last = name;
	return body;
}

static enum reason assign_one(json_t *body, const json_t *members, const char *word,
			      struct fault *f)
{
	const char *equals = strchr(word, '='), *last = NULL;
	char name[80];

	if (!equals || equals == word || (size_t)(equals - word) >= sizeof(name))
		return fail(f, R_INVALID, "\"%.60s\" is no member=value", word);
	memcpy(name, word, (size_t)(equals - word));
	name[equals - word] = '\0';
	const json_t *m = member_find(members, name);
	const char *kind = json_string_value(json_object_get(m, "kind"));
	bool lines = equals[1] && has_lines(m);
	/* the name of a key's file is no secret */
	if (kind && strcmp(kind, "secret") == 0 && !(lines && equals[1] == '@')) {
		fail(f, R_INVALID, "%s is secret and does not belong on a command line", name);
		text_copy(f->hint, sizeof(f->hint),
			  lines ? "Say value=@FILE" : "ikeeper secret set NAME --stdin");
		return R_INVALID;
	}
	json_t *at = object_for(body, name, &last);
	json_t *v = lines ? lines_of(equals + 1, f) : value_of(m, equals + 1);
	if (!v && lines && equals[1] == '@')
		return R_INVALID;
	if (!v)
		return fail(f, R_INVALID, "the value of %s is not UTF-8", name);
	if (!at || json_object_set_new(at, last, v) != 0)
		return fail(f, R_INVALID, "\"%.60s\" cannot be a member", name);
	return R_OK;
}

json_t *assign_body(const json_t *members, char *const *words, int n, struct fault *f)
{
	json_t *body = json_object();

	for (int i = 0; i < n; i++) {
		if (assign_one(body, members, words[i], f) != R_OK) {
			json_decref(body);
			return NULL;
		}
	}
	return body;
}
