/* yaml.c - a JSON value as YAML, in block style
 *
 * YAML 1.2 (yaml.org/spec/1.2.2), of which JSON is a part: whatever could be read as something
 * else than the string it is stands in double quotes, escaped as JSON escapes it.
 *
 * Called by: paper.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/paper.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/own.h"

enum { DEEPEST = 32 }; /* the daemon's answers are no deeper than eight */

/* A word that no reader, not even one of YAML 1.1, takes for a truth value or nothing at all. */
static bool is_plain(const char *s)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n",   NULL };
	const char *at = s;

	if (!isalpha((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)*at) || *at == '_' || *at == '-' || *at == '.' || *at == '/')
		at++;
	if (*at)
		return false;
	for (const char *const *w = words; *w; w++)
		if (strcasecmp(*w, s) == 0)
			return false;
	return true;
}

static void put_scalar(struct text *t, const json_t *j)
{
	if (json_is_string(j) && is_plain(json_string_value(j))) {
		text_add_str(t, json_string_value(j));
		return;
	}
	char *s = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	text_add_str(t, s ? s : "null");
	free(s);
}

static void put_key(struct text *t, const char *key)
{
	json_t *s = json_string(key);

	put_scalar(t, s);
	text_add_str(t, ":");
	json_decref(s);
}

static bool is_block(const json_t *j)
{
	return (json_is_object(j) && json_object_size(j)) ||
	       (json_is_array(j) && json_array_size(j));
}

static void put(struct text *t, json_t *j, unsigned depth);

/* After a key or a dash: on the same line, or as a block below. */
static void put_value(struct text *t, json_t *j, unsigned depth)
{
	if (!is_block(j) || depth >= DEEPEST) {
		text_add_str(t, " ");
		put_scalar(t, j);
		text_add_str(t, "\n");
		return;
	}
	text_add_str(t, "\n");
	put(t, j, depth);
}

static void put(struct text *t, json_t *j, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(j, key, value)
	{
		text_add(t, "%*s", (int)(2 * depth), "");
		put_key(t, key);
		put_value(t, value, depth + 1);
	}
	json_array_foreach(j, i, value)
	{
		text_add(t, "%*s-", (int)(2 * depth), "");
		put_value(t, value, depth + 1);
	}
}

void paper_yaml(struct paper *p, json_t *j)
{
	if (p->compact)
		text_add_str(&p->text, "---\n");
	if (is_block(j)) {
		put(&p->text, j, 0);
		return;
	}
	put_scalar(&p->text, j);
	text_add_str(&p->text, "\n");
}
