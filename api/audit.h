/* audit.h - putting on record what was asked for by the api
 *
 * Changes of the configuration are put on record by the store, with the change. Everything else
 * comes by here: sign-ins, users, tokens, actions. Loop thread. What is kept in the store has its row in
 * the same transaction (a slip); an act upon SAs is put on record first, or is not done; a row about
 * something that is over (a refused sign-in) which the store could not take is said in the log.
 */
#pragma once

#include "api/request.h"
#include "core/model/repo.h"
#include "core/model/deed.h"

/* What was done to "path/name" (name "": to path), by whom the request is of. Before and after are
 * objects or NULL, never with a secret in them; they are taken. Call it before the answer. */
void audit_note(struct request *r, enum deed d, const char *path, const char *name,
		json_t *take_before, json_t *take_after);
/* The same before it is done: what cannot be put on record is not done. False: answered. */
bool audit_act(struct request *r, enum deed d, const char *path, const char *name,
	       json_t *take_after);
/* A row that the store writes with the act itself; done with by audit_slip_done. */
struct audit_slip {
	struct audit_row row;
	char *before, *after;
};
void audit_slip(struct audit_slip *ret, struct request *r, enum deed d, const char *path,
		const char *name);
void audit_slip_texts(struct audit_slip *s, json_t *take_before, json_t *take_after);
/* Of a sign-in, or of the first user: by whom the request does not know yet, and from where. */
void audit_slip_user(struct audit_slip *ret, struct request *r, enum deed d, const char *who);
void audit_slip_done(struct audit_slip *s);
/* A sign-in, or a user made, by whom the request does not know yet; says from where. */
void audit_note_user(struct request *r, enum deed d, const char *who);
