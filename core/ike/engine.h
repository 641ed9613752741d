/* engine.h - the IKE engine: sans-IO, version-neutral
 *
 * Bytes, time, finished sums and commands go in; bytes, sums to do, data plane calls and
 * events come out. Two engines can live in one process. Everything runs on the loop thread.
 *
 * Which IKE versions exist is told by the caller (struct version in exchange.h), so that
 * core/ike never includes v1 or v2.
 */
#pragma once

#include "core/base/own.h"
#include "core/ike/ports.h"

struct config;
struct engine;
struct renew_ask; /* core/model/control.h */
struct reset_ask; /* core/model/control.h */
struct reset_report;
struct session_ask; /* core/model/ipsec_session.h */
struct session_row;
struct story;
struct touched;
struct version; /* exchange.h */
struct view;

/* the types of control.h, which callers of these include */
typedef void engine_reset_done(void *arg, const struct reset_report *r, const struct fault *f);
typedef void engine_story_each(void *arg, const struct story *s); /* NULL ends the list */
typedef void engine_session_each(void *arg, const struct session_row *s); /* NULL ends the list */

/* `versions` ends with NULL. The engine keeps a reference to the config. */
struct engine *engine_new(const struct ports *p, const struct version *const *versions,
			  const struct config *c, msec now);
/* Removes its SAs from the plane without telling anybody; engine_shutdown tells first. */
void engine_free(struct engine *e);
OWNABLE(engine)

/* the four ways in */
void engine_packet(struct engine *e, msec now, const struct packet *p);
msec engine_tick(struct engine *e, msec now); /* fires what is due; ms to the next, -1 none */
/* finished sums come through job->done, see crew.h */
enum reason engine_initiate(struct engine *e, msec now, const char *tunnel, const char *who,
			    uint64_t *ret_negotiation, struct fault *f);
/* A successor at once; the negotiation is the one to look at. R_NOT_FOUND, R_WRONG_STATE. */
enum reason engine_renew(struct engine *e, msec now, const struct renew_ask *ask,
			 uint64_t *ret_negotiation, struct fault *f);
/* A question of DPD now (RFC 3706), whatever the profile says; with a profile no answer has its
 * consequences. R_WRONG_STATE: the peer did not say that it answers. */
enum reason engine_ask_alive(struct engine *e, msec now, uint32_t ike_sa, struct fault *f);
/* Collects, notifies (children first, then the IKE SA), removes, maybe starts again. `done` is
 * called when nothing is open any more; IKEv1 deletes are not answered, so at once. */
void engine_reset(struct engine *e, msec now, const struct reset_ask *ask, engine_reset_done *done,
		  void *arg);
void engine_shutdown(struct engine *e, msec now); /* deletes for all, then nothing new */

/* news of the data plane */
void engine_acquire(struct engine *e, msec now, uint32_t policy_id);
void engine_moved(struct engine *e, msec now, uint32_t spi, const struct addr *from);
/* ESP came from there with an SPI that no SA has: see recovery.h. */
void engine_unknown_spi(struct engine *e, msec now, uint32_t spi, const struct addr *from);
void engine_bytes_limit(struct engine *e, msec now, uint32_t spi, bool hard);

/* configuration: which SAs this next one makes stale (malloc'd list), and taking it up. Adopting
 * cannot fail: policies of tunnels come and go, SAs keep running and may become stale. */
void engine_prepare(struct engine *e, const struct config *next, struct touched **ret,
		    size_t *ret_n, uint32_t *ret_unaffected);
void engine_adopt(struct engine *e, msec now, const struct config *next);

/* looking: a view with all rows and the engine's counters filled in, to be completed and posted */
struct view *engine_picture(struct engine *e, msec now);
/* IPsec sessions, as control.h says. */
const char *engine_sessions(struct engine *e, msec now, const struct session_ask *ask,
			    engine_session_each *each, void *arg);
enum reason engine_sessions_end(struct engine *e, uint32_t child_sa, struct fault *f);
bool engine_changed(struct engine *e); /* since the last picture */
/* Datagrams and negotiations that were refused since it began because a limit was reached. */
uint64_t engine_refusals(const struct engine *e);
void engine_stories(struct engine *e, const char *peer, const char *tunnel, uint64_t before,
		    size_t most, engine_story_each *each, void *arg);
bool engine_story(struct engine *e, uint64_t id, engine_story_each *each, void *arg);
/* Ids go on above this one: those of an earlier life. Before the first story only. */
void engine_stories_after(struct engine *e, uint64_t last);
/* No story below this id is known here. */
uint64_t engine_stories_oldest(const struct engine *e);
