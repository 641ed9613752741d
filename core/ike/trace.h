/* trace.h - the story of one negotiation: steps, offers, verdict
 *
 * Stories are kept in a ring by id, newest overwrite oldest; who wants them longer keeps them when he
 * hears that they ended. The events NEGOTIATION, NEGO_STEP,
 * NEGO_DONE and NEGO_FAILED come from here and nowhere else.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/story.h"
#include "core/model/view.h"

enum { TRACE_KEPT = 512 };

struct engine;
struct traces;

struct trace_start {
	int exchange; /* on the wire */
	enum sa_role role;
	const char *peer, *tunnel; /* "" not known yet */
	struct addr local, remote;
	uint32_t ike_sa, child_sa;
	const char *who;
};

struct traces *traces_new(void);
void traces_free(struct traces *t);
/* Unknown callers are limited to 10 stories a second: then 0, which every call below accepts. */
uint64_t trace_begin(struct engine *e, const struct trace_start *s);
void trace_step(struct engine *e, uint64_t id, char direction, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void trace_about(struct engine *e, uint64_t id, const char *peer, const char *tunnel);
void trace_sas(struct engine *e, uint64_t id, uint32_t ike_sa, uint32_t child_sa);
/* Known only now. */
void trace_ends(struct engine *e, uint64_t id, const struct addr *local, const struct addr *remote);
void trace_ours(struct engine *e, uint64_t id, const char *lines); /* NULL: leave */
void trace_theirs(struct engine *e, uint64_t id, const char *lines);
/* The body of the SA payload that the peer sent; one that is too long is not kept. */
void trace_offer(struct engine *e, uint64_t id, struct slice body);
void trace_ids(struct engine *e, uint64_t id, const char *local, const char *remote);
void trace_chosen(struct engine *e, uint64_t id, const char *text);
void trace_up(struct engine *e, uint64_t id);
/* Ended well, but by another SA that carries what this one was to carry. 0: leave. */
void trace_gave_way(struct engine *e, uint64_t id, uint32_t ike_sa, uint32_t child_sa,
		    const char *text);
/* side: who refused. f carries reason, field, sentence and hint; missing hints are filled in from
 * the reason and side. Ended stories stay as they are. */
void trace_fail(struct engine *e, uint64_t id, enum story_side side, const struct fault *f);
/* The same without an event, and it counts for nothing: the peer only asked. */
void trace_asked(struct engine *e, uint64_t id, enum story_side side, const struct fault *f);
/* It was told as up, and shows not to have been (the peer ended it at once): it fails after all. */
void trace_unsay(struct engine *e, uint64_t id, enum story_side side, const struct fault *f);
/* The newest failures, in no order; ret has room for FAILURES_KEPT, or is NULL. Returns how many. */
uint32_t trace_failures(const struct engine *e, struct failure_row *ret);
/* Ended or not; NULL when it is unknown or was overwritten. */
const struct story *trace_find(struct engine *e, uint64_t id);

/* An arrow of a step table being taken (exchange_run only): it becomes a step when it was taken, or
 * just before the verdict that comes from within it. */
struct trace_arrow {
	struct trace_arrow *outer;
	uint64_t id;
	const char *story;
	uint64_t datagrams_before; /* more now: it sent something */
	bool from_message;
	bool told;
};
void trace_arrow_begin(struct engine *e, struct trace_arrow *a);
void trace_arrow_end(struct engine *e, struct trace_arrow *a, bool taken);
