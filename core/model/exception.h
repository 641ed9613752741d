/* exception.h - what is permitted although a rule speaks against it: by whom, why, until when */
#pragma once

#include "core/model/config.h"

enum exception_kind { EXCEPTION_WEAK_ALGORITHM, EXCEPTION_AGGRESSIVE_PSK, EXCEPTION_WEAK_KEY };
enum {
	EXCEPTION_OWNER = 65,
	EXCEPTION_REASON = 201,
	EXCEPTION_MOMENT = 24,
	EXCEPTION_SOON_DAYS = 30
};

struct exception {
	struct record r;
	int kind; /* enum exception_kind: which finding */
	char object[96]; /* on which record, "peers/hub"; "": peers that name it */
	char owner[EXCEPTION_OWNER];
	char reason[EXCEPTION_REASON];
	char expires_at[EXCEPTION_MOMENT]; /* "2027-01-31T00:00:00Z" */
};

extern const struct field exception_fields[];

/* The end, in seconds since 1970; the moment itself is over already. */
int64_t exception_end_s(const struct exception *x);
/* The one that permits this finding on this record now, the longest of several; NULL: none does. */
const struct exception *exception_for(const struct config *c, const struct record *rec,
				      enum exception_kind k, int64_t now_s);
/* The kind and the name of its object; K_COUNT: it has none, or no shape of one. */
enum kind exception_object(const struct exception *x, const char **ret_name);
/* Can this finding be made on records of that kind? */
bool exception_fits(enum exception_kind k, enum kind of);
enum { EXCEPTION_TEXT = 160 };
/* "exception old-partner of netops until 2027-01-31T00:00:00Z". Returns ret. */
char *exception_text(const struct exception *x, char ret[EXCEPTION_TEXT]);
