/* control.h - what a service may ask of the gateway
 *
 * A table of functions that the daemon fills and main hands to the services. All are called
 * on the loop thread (post a closure); answers come by callback, on the loop thread too,
 * maybe before the call returns. Pointers in an answer live until the callback returns.
 */
#pragma once

#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/repo.h"
#include "core/model/rules.h"
#include "core/model/story.h"
#include "core/model/view.h"

struct crew;
struct holdings; /* core/model/held.h */
struct replay; /* core/model/replay.h */
struct replay_ask;
struct simulate_ask; /* core/model/simulation.h */
struct simulation;
struct wiretrace; /* core/model/wiretrace.h */
struct wiretrace_ask;

enum reset_scope {
	RESET_ALL,
	RESET_PEER,
	RESET_TUNNEL,
	RESET_IKE_SA,
	RESET_CHILD_SA,
	RESET_CONNECTION, /* either, by its connection id */
	RESET_REMOTE,
	RESET_SPI,
	RESET_STALE,
	RESET_TOUCHED, /* just those a change announced */
};
enum reset_level { LEVEL_BOTH, LEVEL_CHILD, LEVEL_IKE };
enum reinitiate { REINITIATE_AUTO, REINITIATE_ALWAYS, REINITIATE_NEVER };

struct reset_ask {
	enum reset_scope scope;
	enum reset_level level;
	char name[INSTANCE_SIZE]; /* peer or tunnel; or one instance of a peer, "hub@203.0.113.7" */
	uint32_t id; /* IKE SA or child */
	struct addr remote; /* of a spi: its destination, or family 0 */
	uint32_t spi;
	const struct touched *touched; /* RESET_TOUCHED: IKE SAs take their children along */
	size_t touched_n;
	bool notify_peer;
	bool dry_run;
	bool force; /* local only, no notices */
	enum reinitiate reinitiate;
	enum reason why; /* R_OPERATOR_RESET or R_CONFIG_CHANGED */
	char who[WHO_SIZE];
};

/* New keys for one SA or pair, now. */
struct renew_ask {
	bool is_child;
	uint32_t id;
	char who[WHO_SIZE];
};

enum sa_result { RES_WOULD, RES_DELETED, RES_FORCE_DELETED, RES_REESTABLISHED, RES_FAILED };

/* One SA an action touches. */
struct touched {
	bool is_child;
	uint32_t id;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	enum impact action; /* of a change: what has to happen to it */
	bool removed; /* its peer or tunnel is gone or disabled: reset whatever was asked */
	char reason[160]; /* "ike_proposals, exchange_mode changed" */
	uint64_t bytes_last_minute;
	enum sa_result result; /* of a reset */
	uint64_t negotiation; /* that brings it back, 0 none */
};

struct reset_report {
	size_t n;
	struct touched *at; /* children first: the order on the wire */
	uint32_t ike_sas, child_sas, notices;
	char warning[160]; /* "" none; why no notice was possible */
};

/* What a change resets: nothing, the SAs it makes stale, or every SA of their peers. */
enum reset_choice { RESET_NONE, RESET_AFFECTED, RESET_PEERS };

/* A change may have to be confirmed, or it goes back by itself. */
enum confirm_mode {
	CONFIRM_NOT, /* it stays */
	CONFIRM_MANUAL, /* somebody says so */
	CONFIRM_TUNNELS, /* every tunnel that was up and is touched is up again, not stale */
	CONFIRM_COUNT
};
enum { CONFIRM_LEAST_S = 5, CONFIRM_MOST_S = 24 * 3600, CONFIRM_PRESET_S = 120 };

/* The change that waits for its confirmation; revision 0: none does. */
struct confirming {
	uint64_t revision, back; /* what it made; what it goes back to */
	int64_t until_s; /* wall clock */
	enum confirm_mode mode;
	uint32_t tunnels, tunnels_up; /* that were up before it; that are up again */
	char who[WHO_SIZE];
};

struct change {
	struct edit *edits;
	size_t n;
	bool dry_run;
	enum reset_choice reset;
	enum reinitiate reinitiate;
	enum confirm_mode confirm;
	uint32_t confirm_s; /* until it goes back */
	uint64_t made_for; /* revision the whole was made for; MATCH_ANY: not checked */
	bool goes_back; /* to what revision `back` was: may overtake the change that waits for it */
	uint64_t back;
	uint64_t changeset; /* the store lets it go with the change; 0 none */
	char who[WHO_SIZE];
	char channel[16]; /* rest, web, cli */
	char comment[128];
	char request_id[40];
};

struct outcome {
	enum reason reason;
	struct fault fault; /* when there is a single one that is no rule */
	struct faults errors, warnings;
	uint64_t revision;
	const struct config *config; /* after it (or as it would be); borrowed */
	size_t touched_n;
	struct touched *touched;
	uint32_t unaffected_ike_sas;
	struct reset_report reset;
};

typedef void change_done(void *arg, const struct outcome *o);
typedef void reset_done(void *arg, const struct reset_report *r, const struct fault *f);

/* NULL: f says why it could not be played. */
typedef void simulate_done(void *arg, const struct simulation *s, const struct fault *f);

struct control {
	void *ctx;
	/* One change, one revision. Edits are taken. */
	void (*change)(void *ctx, struct change *take_c, change_done *done, void *arg);
	/* The change that waits to be confirmed stays from now on. R_NOT_FOUND: it does not wait. */
	enum reason (*confirm)(void *ctx, uint64_t revision, const char *who, struct fault *f);
	void (*confirming)(void *ctx, struct confirming *ret);
	void (*reset)(void *ctx, const struct reset_ask *ask, reset_done *done, void *arg);
	/* Returns at once with the negotiation's id, 0 when it is up already (R_OK) or refused. */
	enum reason (*initiate)(void *ctx, const char *tunnel, const char *who, uint64_t *ret_id,
				struct fault *f);
	/* New keys before they are due: the negotiation's id. */
	enum reason (*renew)(void *ctx, const struct renew_ask *ask, uint64_t *ret_id,
			     struct fault *f);
	/* Ask an IKE SA's peer by DPD whether it is there. */
	enum reason (*ask_alive)(void *ctx, uint32_t ike_sa, struct fault *f);
	/* Newest first; peer/tunnel "" is any; at most `most`; older than `before` (0: newest). */
	void (*stories)(void *ctx, const char *peer, const char *tunnel, uint64_t before,
			size_t most, story_each *each, void *arg);
	bool (*story)(void *ctx, uint64_t id, story_each *each, void *arg); /* false: unknown */
	/* A peer's real offer against this configuration (NULL: the present one). R_NOT_FOUND: none is
	 * kept. */
	enum reason (*replay)(void *ctx, const struct replay_ask *ask, const struct config *c,
			      struct replay *ret, struct fault *f);
	/* A peer's other end played in memory; no datagram leaves. Other than R_OK: done is not called. */
	enum reason (*simulate)(void *ctx, const struct simulate_ask *ask, simulate_done *done,
				void *arg, struct fault *f);
	/* A trace of IKE datagrams. R_INVALID, R_BUSY: there are too many. */
	enum reason (*trace_start)(void *ctx, const struct wiretrace_ask *ask,
				   struct wiretrace *ret, struct fault *f);
	/* It ends, and is kept a while; at_once: it is forgotten now. R_NOT_FOUND. */
	enum reason (*trace_end)(void *ctx, uint64_t id, const char *who, bool at_once,
				 struct fault *f);
	/* Oldest first; NULL ends. */
	void (*traces)(void *ctx, void (*each)(void *arg, const struct wiretrace *w), void *arg);
	/* Into a text that was not begun; all forms (enum wiretrace_form) but JSON hold keys when the
	 * trace has secrets: wipe it. R_NOT_FOUND: no such trace, or none with secrets. */
	enum reason (*trace_read)(void *ctx, uint64_t id, int form, struct text *ret,
				  struct wiretrace *ret_row, struct fault *f);
	/* What the data plane holds now, keys left out. R_PLANE: it does not say. */
	enum reason (*held)(void *ctx, void (*done)(void *arg, const struct holdings *h), void *arg,
			    struct fault *f);
	void (*fresh)(void *ctx); /* picture and journal at once: somebody waits for the newest */
	struct events *events;
	struct repo *repo; /* users, tokens, history, journal; changes go through change() */
	struct crew *crew; /* for slow hashes */
	struct board *board;
};
