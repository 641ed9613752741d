/* query.h - plain words of the query: flags, numbers, "did it change" */
#pragma once

#include "api/request.h"

/* These answer 400 themselves and return false when the word makes no sense. */
bool query_flag(struct request *r, const char *name, bool *ret); /* absent: false */
bool query_uint(struct request *r, const char *name, uint64_t low, uint64_t high, uint64_t *ret);
/* Refuse one query member with a sentence. Always false. */
bool query_refuse(struct request *r, const char *name, const char *text, const char *hint);
void query_etag(struct request *r, uint64_t revision); /* "0" is an ETag too */
/* Sets the ETag; answers 304 and returns true when the client has this revision already. */
bool query_unchanged(struct request *r, uint64_t revision);
