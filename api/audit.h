/* audit.h - putting on record what was asked for by the api
 *
 * Changes of the configuration are put on record by the store, with the change. Everything else
 * comes by here: sign-ins, users, tokens, actions. Loop thread. A row that the store could not
 * take is said in the log and holds nobody up.
 */
#pragma once

#include "api/request.h"
#include "core/model/deed.h"

/* What was done to "path/name" (name "": to path), by whom the request is of. Before and after are
 * objects or NULL, never with a secret in them; they are taken. Call it before the answer. */
void audit_note(struct request *r, enum deed d, const char *path, const char *name,
		json_t *take_before, json_t *take_after);
/* A sign-in, or a user made, by whom the request does not know yet; says from where. */
void audit_note_user(struct request *r, enum deed d, const char *who);
