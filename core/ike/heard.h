/* heard.h - what a peer asked for when it last called, and what that tells when it refuses us
 *
 * A refusal says NO-PROPOSAL-CHOSEN or INVALID-ID-INFORMATION, never which member (RFC 2408 section
 * 3.14.1). A peer that called before has shown its own proposals and selectors: what we asked for is
 * compared with them. What comes of it is inferred, and its sentence says so. Keeping what is heard is
 * declared in book.h.
 */
#pragma once

#include <stdbool.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"

struct child; /* core/ike/child.h */
struct engine;
struct ike_sa; /* core/ike/sa.h */
struct selector; /* core/model/selector.h */

/* The peer refused who we are: it called in another mode than ours, which explains it. True: f says so. */
bool heard_other_mode(const struct ike_sa *sa, const char *words, struct fault *f);
/* The peer refused our phase 1 (our quick mode for c) with these words, without saying why: field,
 * sentence and hint of f, whose reason stays. Other reasons leave f as it is. False: its last call
 * does not tell either. */
bool heard_refused_ike(const struct ike_sa *sa, const char *words, struct fault *f);
bool heard_refused_esp(const struct ike_sa *sa, const struct child *c, const char *words,
		       struct fault *f);
/* It called before, in the mode in which we call. */
bool heard_called(const struct ike_sa *sa);
/* May a peer that refused us be asked what it would take: settings. */
bool heard_may_ask(const struct engine *e);
/* What it answered to a question in phase 2: believed for ten minutes as if it had called. */
void heard_answer_esp(const struct ike_sa *sa, struct slice body);
void heard_answer_flow(const struct ike_sa *sa, const struct selector *local,
		       const struct selector *remote);
/* Asked for this it showed where it differs: g says in what, verdict becomes the whole sentence. */
void heard_asked(const struct ike_sa *sa, const char *about, const struct fault *g,
		 struct fault *verdict);
/* The last failure with this peer; false: there was none. */
bool heard_failure(const struct ike_sa *sa, struct fault *ret);
