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
struct session_ask; /* core/model/ipsec_session.h */
struct session_row;
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

enum { CANARY_PEERS = 32, CANARY_LEAST_S = 5, CANARY_MOST_S = 24 * 3600, CANARY_PRESET_S = 60 };

/* Who goes first, and how that is judged. */
struct canary_ask {
	char peers[CANARY_PEERS][NAME_SIZE];
	size_t peers_n;
	char label[LABEL_SIZE]; /* "key=value": every peer that has it; "" none */
	uint32_t hold_s; /* the tunnels have to stay up so long */
	bool manual; /* somebody widens it; else it widens when it was healthy */
};

static inline bool canary_is_asked(const struct canary_ask *a)
{
	return a->peers_n || *a->label;
}

/* The change that is tried on a few peers first; revision 0: none is. */
enum canary_state {
	CANARY_WATCHED, /* until its time is over, or something fails */
	CANARY_HEALTHY, /* it waits for somebody to widen it */
	CANARY_WIDENING,
	CANARY_GOING_BACK,
};

struct canarying {
	uint64_t changeset; /* it came from, with what still waits */
	uint64_t revision, back; /* what it made; what it goes back to */
	enum canary_state state;
	bool is_shared; /* others use records that it changed; their SAs stay until it is widened */
	bool manual;
	int64_t until_s; /* wall clock: then it has been healthy */
	uint32_t tunnels, tunnels_up; /* that are watched; that are up and not stale */
	uint32_t held; /* SAs of others that wait to be reset */
	char who[WHO_SIZE];
	const char *peers; /* one a line; borrowed until the loop goes on */
};

/* How it is to end. */
struct canary_end {
	uint64_t changeset;
	bool widen; /* else it goes back */
	char who[WHO_SIZE], channel[16], request_id[40];
};

struct change {
	struct edit *edits;
	size_t n;
	bool dry_run;
	enum reset_choice reset;
	enum reinitiate reinitiate;
	enum confirm_mode confirm;
	uint32_t confirm_s; /* until it goes back */
	struct canary_ask canary; /* who goes first; nobody: it is for all at once */
	bool widens; /* the part of a canary that waited, without edits when only SAs did */
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
	/* of a canary: its peers, one a line (NULL: it is none); how much waits */
	const char *canary_peers;
	bool canary_shared;
	size_t waiting_records, waiting_sas;
};

typedef void change_done(void *arg, const struct outcome *o);
typedef void reset_done(void *arg, const struct reset_report *r, const struct fault *f);

typedef void session_each(void *arg, const struct session_row *s); /* NULL ends the list */
/* NULL: f says why it could not be played. */
typedef void simulate_done(void *arg, const struct simulation *s, const struct fault *f);

struct control {
	void *ctx;
	/* One change, one revision. Edits are taken. */
	void (*change)(void *ctx, struct change *take_c, change_done *done, void *arg);
	/* The change that waits to be confirmed stays from now on. R_NOT_FOUND: it does not wait. */
	enum reason (*confirm)(void *ctx, uint64_t revision, const char *who, struct fault *f);
	void (*confirming)(void *ctx, struct confirming *ret);
	void (*canarying)(void *ctx, struct canarying *ret);
	/* A change that is tried on a few peers is widened, or taken back. R_NOT_FOUND: it is not. */
	void (*canary_end)(void *ctx, const struct canary_end *e, change_done *done, void *arg);
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
	/* IPsec sessions. Returns the sentence why there are never any here, NULL: there may be. */
	const char *(*sessions)(void *ctx, const struct session_ask *ask, session_each *each,
				void *arg);
	/* They end; traffic begins them anew. child_sa 0: of all. R_NOT_FOUND, and R_PLANE where there
	 * are never any. */
	enum reason (*sessions_end)(void *ctx, uint32_t child_sa, struct fault *f);
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
