/* audit.h - putting on record what was asked for by the api
 *
 * Changes of the configuration are put on record by the store, with the change. Everything else
 * comes by here: sign-ins, users, tokens, actions. Loop thread. A row that the store could not
 * take is said in the log and holds nobody up.
 */
#pragma once

#include "api/request.h"
#include "core/model/deed.h"

/* `object` is the path of what it was done to; before and after JSON texts, NULL none, never with
 * a secret in them. */
void audit_note(struct request *r, enum deed a, const char *object, const char *before,
		const char *after);
/* The same in the name of somebody whom the request does not know (yet). */
void audit_note_of(struct request *r, const char *who, enum deed a, const char *object);
