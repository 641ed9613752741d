/* inside.h - what the files of this room share, and nobody else sees */
#pragma once

#include "core/base/rng.h"
#include "core/daemon/agentlink.h"
#include "core/daemon/daemon.h"
#include "core/ike/engine.h"
#include "core/model/wiretrace.h"
#include "core/model/canaryplan.h"

struct chronicle;
struct plane_sa; /* core/ipsec/plane.h */
struct pending;
struct told;

#define CANARY_FACT "canary" /* change.c keeps it with the change */
enum { CANARY_FACT_MOST = 256 * 1024 };

/* canary.c: the change that is tried on a few peers first */
struct canary {
	struct canarying is;
	uint32_t hold_s;
	enum reset_choice reset;
	enum reinitiate reinitiate;
	char *peers, *tunnels; /* its own, and what is watched; one a line */
	struct touched *held; /* SAs of others that are reset when it is widened */
	size_t held_n;
	char why[200]; /* it failed; "" not yet */
	bool to_start; /* its tunnels, at the next look */
	struct canary_end asked; /* how it ends, and by whom */
	change_done *done; /* of whoever asked for its end */
	void *done_arg;
	struct timer timer;
	struct listener listener;
};

/* What waits in a change set, as edits against a configuration. */
struct rest {
	const struct config *config;
	struct edit *edits;
	size_t n;
	bool failed; /* no memory */
};

struct daemon {
	struct daemon_want want;
	struct loop *loop;
	struct engine *engine;
	const struct config *config;
	struct rng rng;
	struct events events;
	struct board *board;
	struct control control;
	struct ports ports;
	struct timer engine_timer; /* the engine's next deadline */
	bool stopping;

	/* change.c: one change after another */
	struct pending *first, *last;
	bool saving;

	/* confirm.c: the change that waits, and what it takes to go back */
	struct confirming confirming;
	char *confirm_tunnels; /* that were up before it, one a line */
	struct timer confirm_timer;
	bool going_back;

	struct canary canary;

	/* publish.c */
	msec published_at;
	bool publish_now;
	struct timer publish_timer;

	/* journal.c */
	struct listener log_listener, journal_listener;
	struct event *batch;
	size_t batch_n, batch_cap;
	struct timer journal_timer;

	/* chronicle.c */
	struct listener story_listener;
	struct timer story_timer;
	struct chronicle *chronicle;

	/* expiry.c */
	struct timer expiry_timer;
	struct told *told;

	/* overlap.c */
	struct timer overlap_timer;

	/* limits.c */
	struct timer limits_timer;
	struct limits {
		uint64_t told; /* refused in all when last told */
		msec told_at; /* 0: never */
		uint64_t no_sa, errors; /* of the data plane, as last seen */
	} limits;

	/* wiretap.c */
	struct link wiretaps;
	uint64_t last_wiretap;

	struct agentlink *agent;
};

void daemon_config_adopted(struct daemon *d); /* logging levels and such take effect */

void change_ask(void *ctx, struct change *take_c, change_done *done, void *arg);
void change_drop_all(struct daemon *d);

/* confirm.c */
void confirm_start(struct daemon *d); /* what an earlier life left waiting */
void confirm_stop(struct daemon *d);
/* The fact to be kept with a change that has to be confirmed; "" for others. Own it; NULL: no memory. */
char *confirm_fact(const struct daemon *d, const struct change *c, const struct outcome *o);
/* The change was adopted, with this fact. */
void confirm_begin(struct daemon *d, const char *fact);
void confirm_went_back(struct daemon *d); /* the way back was adopted, and its resets are done */
enum reason confirm_say(void *ctx, uint64_t revision, const char *who, struct fault *f);
void confirm_look(void *ctx, struct confirming *ret);
/* R_OK, or why this change has to wait for another to be confirmed. */
enum reason confirm_may(const struct daemon *d, const struct change *c, struct fault *f);
bool confirm_is_back(const struct daemon *d, const struct change *c);

/* canary.c */
void canary_start(struct daemon *d); /* what an earlier life left */
void canary_stop(struct daemon *d);
/* The change was adopted and its resets are done; the held SAs are taken. */
void canary_begin(struct daemon *d, const char *fact, struct touched **take_held, size_t n);
void canary_widened(struct daemon *d); /* what waited was adopted, and its resets are done */
void canary_went_back(struct daemon *d, const char *who);
/* Nothing but SAs waited: the store forgets it. */
enum reason canary_settle(struct daemon *d, struct fault *f);
/* Why it goes back, for its change set. */
void canary_note(const struct daemon *d, const char *who, char *ret, size_t cap);
void canary_end(void *ctx, const struct canary_end *e, change_done *done, void *arg);
void canary_look(void *ctx, struct canarying *ret);
/* R_OK, or why this change has to wait until it ended. */
enum reason canary_may(const struct daemon *d, const struct change *c, struct fault *f);
bool canary_is_back(const struct daemon *d, const struct change *c);

/* canaryfact.c: own it; NULL: no memory */
char *canaryfact_write(const struct canary *c);
bool canaryfact_read(struct canary *c, const char *fact);

/* canarycut.c: the canary's part becomes the change, and `after` what it makes. */
enum reason cut_change(const struct daemon *d, struct change *c, int64_t now_s,
		       struct config **after, struct canary_plan *ret, struct fault *f);
/* SAs of others go from the outcome into a list of their own (free). */
enum reason cut_touched(const struct canary_plan *plan, struct outcome *o,
			struct touched **ret_held, size_t *ret_n);
enum reason cut_add_held(const struct canary *c, struct outcome *o); /* and back into it */
/* Own it; NULL: no memory, or nothing can be watched. */
char *canary_fact(struct daemon *d, const struct change *c, const struct canary_plan *plan,
		  const struct config *after, struct fault *f);

/* tunnels.c: by name, one a line. Those that are gone or disabled are not waited for. */
bool tunnels_is_wanted(const struct config *c, const char *name);
/* How many there are, and how many of them are up and not stale. */
void tunnels_count(struct daemon *d, const char *names, uint32_t *ret, uint32_t *ret_up);
void tunnels_start(struct daemon *d, const char *names, const char *who);

void control_fill(struct daemon *d);

void publish_start(struct daemon *d);
void publish_turn_end(struct daemon *d, msec now);
void publish_fresh(struct daemon *d);

void expiry_start(struct daemon *d);
void expiry_stop(struct daemon *d);
void expiry_look(struct daemon *d);
/* How many of 30, 7, 1 and 0 days before the end were passed with so many seconds left. */
unsigned expiry_step(int64_t left_s);

/* overlap.c: previous pre-shared keys end on time */
void overlap_look(struct daemon *d); /* the configuration changed, or is new */
void overlap_stop(struct daemon *d);

/* chronicle.c */
struct story_ask {
	const char *peer, *tunnel; /* "" any */
	uint64_t before; /* 0: newest */
	size_t most;
};
bool chronicle_start(struct daemon *d);
void chronicle_resume(struct daemon *d); /* ids go on where an earlier life ended */
void chronicle_stop(struct daemon *d); /* while the engine is there: what ended is kept */
/* Newest first, of the engine's ring and then the store; as control.h says. */
void chronicle_read(struct daemon *d, const struct story_ask *ask, story_each *each, void *arg);
bool chronicle_find(struct daemon *d, uint64_t id, story_each *each, void *arg);
void limits_start(struct daemon *d);
/* How many more were refused, when that is to be told now; otherwise 0. */
uint64_t limits_due(struct limits *l, uint64_t refused, msec now);

/* lastoffer.c */
struct replay_ask;
struct replay;
enum reason lastoffer_replay(void *ctx, const struct replay_ask *ask, const struct config *c,
			     struct replay *ret, struct fault *f);

/* wiretap.c: the first three for every datagram, without the marker */
void wiretap_came(struct daemon *d, const struct packet *p);
void wiretap_looked(struct daemon *d, const struct packet *p); /* the engine did */
void wiretap_sent(struct daemon *d, const struct packet *p);
void wiretap_esp(struct daemon *d, const char *peer, const struct plane_sa *sa);
enum reason wiretap_start(void *ctx, const struct wiretrace_ask *ask, struct wiretrace *ret,
			  struct fault *f);
enum reason wiretap_end(void *ctx, uint64_t id, const char *who, bool at_once, struct fault *f);
void wiretap_list(void *ctx, wiretrace_each *each, void *arg);
enum reason wiretap_read(void *ctx, uint64_t id, int form, struct text *ret,
			 struct wiretrace *ret_row, struct fault *f);
void wiretap_count(const struct daemon *d, struct view *v); /* for the picture */
void wiretap_stop(struct daemon *d); /* all end, and are forgotten */

/* holding.c */
struct holdings;
enum reason holding_look(void *ctx, void (*done)(void *arg, const struct holdings *h), void *arg,
			 struct fault *f);

/* simulate.c */
enum reason simulate_ask(void *ctx, const struct simulate_ask *ask, simulate_done *done, void *arg,
			 struct fault *f);

void journal_start(struct daemon *d);
void journal_flush(struct daemon *d);
void journal_stop(struct daemon *d);
