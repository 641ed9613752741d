/* scope.h - callers who are limited to the peers that carry their labels
 *
 * A scope is the text "site=berlin,env=prod": labels of which a peer must carry every one; ""
 * is no limit. It goes with the roles that change no configuration.
 */
#pragma once

#include "api/request.h"
#include "core/model/config.h"
#include "core/model/repo.h"

enum { SCOPE_WORDS = 8 };

/* May this caller ask for this route at all? R_OK, or R_FORBIDDEN with the reason. Any thread. */
enum reason scope_admit(const struct request *r, struct fault *f);
/* Is this peer within the caller's scope? A peer that is unknown, or "", is not. */
bool scope_holds(const struct request *r, const struct config *c, const char *peer);
/* The same with the configuration of now; true at once without a scope. */
bool scope_holds_now(const struct request *r, const char *peer);
/* What a reset ends, for a caller with a scope; R_FORBIDDEN: something else, or more. */
enum reason scope_of_reset(const struct request *r, const struct reset_ask *ask, struct fault *f);

/* A list of words of a body ("scope", "sources") as it is kept: in one text, with commas. NULL or
 * null is none; what is wrong goes to errors. */
void scope_read_labels(const json_t *list, char ret[LIST_TEXT], struct faults *errors);
void scope_read_prefixes(const json_t *list, char ret[LIST_TEXT], struct faults *errors);
/* A scope goes with a role that changes no configuration: what is written reaches further. */
bool scope_fits_role(const char *scope, enum role role);
extern const char scope_role_rule[], scope_role_text[];
/* Back into a list; own it. */
json_t *scope_list(const char *text);
/* Is the address `remote` in one of these prefixes? "" is everywhere. */
bool scope_has_source(const char *prefixes, const char *remote);
