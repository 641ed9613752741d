/* query.c - plain words of the query: flags, numbers, "did it change"
 *
 * A member of the query that cannot be read is a mistake of the caller and said as such with
 * its name; nothing is guessed.
 *
 * Called by: the handlers.  Thread: http.  Owns: nothing.
 */
#include "api/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool query_refuse(struct request *r, const char *name, const char *text, const char *hint)
{
	struct fault f = { .reason = R_BAD_REQUEST };

	snprintf(f.rule, sizeof(f.rule), "query.%.40s", name);
	snprintf(f.text, sizeof(f.text), "%s: %s", name, text);
	text_copy(f.hint, sizeof(f.hint), hint);
	request_fault(r, &f);
	return false;
}

bool query_flag(struct request *r, const char *name, bool *ret)
{
	const char *s = request_query(r, name);

	*ret = s && (strcmp(s, "true") == 0 || strcmp(s, "1") == 0);
	if (!s || *ret || strcmp(s, "false") == 0 || strcmp(s, "0") == 0)
		return true;
	return query_refuse(r, name, "must be true or false", "");
}

bool query_uint(struct request *r, const char *name, uint64_t low, uint64_t high, uint64_t *ret)
{
	const char *s = request_query(r, name);
	char hint[64], *end;

	if (!s)
		return true;
	unsigned long long v = strtoull(s, &end, 10);
	if (*s >= '0' && *s <= '9' && !*end && strlen(s) < 20 && v >= low && v <= high) {
		*ret = v;
		return true;
	}
	snprintf(hint, sizeof(hint), "%llu to %llu", (unsigned long long)low,
		 (unsigned long long)high);
	return query_refuse(r, name, "is not a number in range", hint);
}

/* A record nobody ever wrote (settings, built-ins) is at revision 0. */
void query_etag(struct request *r, uint64_t revision)
{
	if (revision)
		request_etag(r, revision);
	else
		request_header(r, "ETag", "\"0\"");
}

bool query_unchanged(struct request *r, uint64_t revision)
{
	const char *s = r->if_none_match;
	char tag[24];

	query_etag(r, revision);
	snprintf(tag, sizeof(tag), "%llu", (unsigned long long)revision);
	if (strncmp(s, "W/", 2) == 0)
		s += 2;
	s += *s == '"';
	size_t n = strcspn(s, "\"");
	if (n == 0 || n != strlen(tag) || strncmp(s, tag, n) != 0)
		return false;
	request_empty(r, 304);
	return true;
}
