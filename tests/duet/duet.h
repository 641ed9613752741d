/* duet.h - two engines in one process, and everything between them
 *
 *	struct duet *d = duet_new("main psk aes-cbc-128/sha256/x25519 esp aes-cbc-128/sha256 tunnel");
 *	line_lose(d, B_TO_A, 1);
 *	duet_initiate(d, A, "t1");
 *	duet_run_s(d, 20);
 *	assert_up(d);
 *
 * duet.c  the two actors: engine, recording plane, seeded rng, crew; time that only we move
 * stage.c their configuration from words, and edits of it
 * line.c  the wire: latency, impairments, a NAT, a log of every datagram, replays
 * judge.c what came of it: up, clean or stuck; keys, stories, events
 *
 * Nothing in here knows cmocka (the fuzzers use it too): what goes wrong in the play itself is told
 * to duet_alarm, which aborts unless a test has put cmocka's failure there (play.h).
 */
#pragma once

#include "core/base/crew.h"
#include "core/base/list.h"
#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/ike/engine.h"
#include "core/ipsec/recording.h"
#include "core/model/control.h"
#include "core/model/event.h"

enum side { A, B };
enum way { A_TO_B, B_TO_A }; /* a way is named by who sends: A_TO_B == A */
enum { DUET_HEARD = 2048, DUET_IMPAIRMENTS = 64 };

struct duet;

/* A job of an engine's crew that is away. */
struct errand {
	struct errand *next;
	struct job *job;
	msec at;
};

/* One end of the play. */
struct actor {
	struct duet *d;
	enum side side;
	struct addr addr; /* without port */
	struct ports ports;
	struct rng rng;
	struct events events;
	struct listener ear;
	struct plane *plane;
	struct config *config;
	struct engine *engine;
	struct event heard[DUET_HEARD]; /* the newest; heard_n counts all */
	size_t heard_n;
	struct errand *errands; /* oldest first */
	unsigned errands_n, errands_most; /* away now; how many at most */
	unsigned crunched; /* jobs done since the start */
	const char *host; /* what every host name leads to; NULL: nowhere */
	unsigned asked; /* how often the name service was */
	unsigned refuse; /* so many jobs are refused with R_BUSY */
	bool hold; /* jobs do not come back until this is false again */
	msec crunch_ms;
	int64_t wall_skew_ms; /* its wall clock is wrong by so much */
	bool suspended; /* its machine sleeps: no timer fires, no sum is done, no datagram comes in */
};

/* A datagram under way. */
struct letter {
	struct link link;
	msec at;
	int to; /* enum side, or -1: to nobody we play */
	struct packet packet; /* as the receiver sees it; octets in `octets` */
	struct bytes *octets;
};

/* A datagram as it was sent, before anything happened to it on the way. */
struct sent {
	msec at;
	enum way way;
	unsigned nth; /* of its way, from 1 */
	struct packet packet; /* as the receiver would see it */
	struct bytes *octets;
};

enum mishap { MIS_LOSE, MIS_DOUBLE, MIS_SWAP, MIS_DELAY, MIS_FLIP };

struct impairment {
	enum mishap what;
	enum way way;
	unsigned nth; /* 0: has happened */
	msec ms; /* MIS_DELAY */
	size_t at; /* MIS_FLIP: octet */
	uint8_t bits;
};

/* The wire. */
struct line {
	struct link letters; /* by time */
	struct sent *log;
	size_t log_n, log_cap;
	unsigned sent[2];
	msec latency;
	struct impairment impaired[DUET_IMPAIRMENTS];
	size_t impaired_n;
	struct letter *waiting[2]; /* MIS_SWAP: until the next one left */
	msec mute_until[2];
	struct rng weather;
	unsigned lose, twice, late, damage; /* percent, each datagram */
	struct {
		bool on;
		struct addr outside;
		bool forwards; /* its outer ports are the inner ones */
		uint16_t base; /* its outer ports: base for 500, base + 1 for 4500 */
		msec forgets_ms; /* a mapping nobody used for so long is gone; 0 never */
		msec used_at;
	} nat[2];
	unsigned awake[2]; /* NAT keepalives of each end */
	msec awake_at[2]; /* the newest */
	unsigned strays; /* answers to addresses we do not play */
	size_t strays_octets;
	void (*stray)(void *arg, enum side from, const struct packet *p);
	void *arg;
};

struct duet {
	msec now;
	struct actor side[2];
	struct line line;
	const char *title; /* for complaints */
	void (*after)(struct duet *d, void *arg); /* every time something may have changed */
	void *arg;
	bool v6;
};

/* Told when the play cannot go on; aborts by default. */
extern void (*duet_alarm)(const char *text);
void duet_complain(const struct duet *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --- duet.c */
/* Words as in stage.h; `seed` makes another play of the same kind. */
struct duet *duet_new(const char *words);
struct duet *duet_new_seeded(const char *words, uint64_t seed);
void duet_free(struct duet *d);
OWNABLE(duet)
void duet_run_ms(struct duet *d, msec ms);
void duet_run_s(struct duet *d, unsigned s);
/* Until the condition holds; false: it did not within `s`. */
bool duet_until(struct duet *d, bool (*is_so)(struct duet *d), unsigned s);
/* Begin; returns the story's id, 0 when it was up. Complains when it is refused. */
uint64_t duet_initiate(struct duet *d, enum side who, const char *tunnel);
enum reason duet_try(struct duet *d, enum side who, const char *tunnel, uint64_t *ret_id,
		     struct fault *f);
/* A datagram of a stranger, right now and on no line. */
void duet_inject(struct duet *d, enum side to, const struct addr *from, struct slice octets);
void duet_release(struct duet *d, enum side who); /* held sums come back */
struct reset_report duet_reset(struct duet *d, enum side who, const struct reset_ask *ask,
			       struct touched *ret, size_t cap);
void duet_settle(struct duet *d); /* what is due now happens */

/* --- stage.c */
#define STAGE_SECRET "correct-horse" /* the pre-shared key of both ends; no event may tell it */
/* "peers p nat_traversal=force; tunnels t1 enabled=false; -tunnels t2": one change, adopted. The
 * value of a secret is its text. */
void duet_edit(struct duet *d, enum side who, const char *edits);
const char *duet_pem(const char *name); /* a text of pki.inc, NULL none */
void duet_edit_both(struct duet *d, const char *edits);
/* The same as a change that is only weighed. */
size_t duet_weigh(struct duet *d, enum side who, const char *edits, struct touched **ret,
		  uint32_t *ret_unaffected);
/* Records for both ends from the words of duet_new; false with a sentence. */
bool stage_set(struct duet *d, const char *words, struct fault *f);

/* --- line.c */
void line_init(struct line *l, uint64_t seed);
void line_done(struct line *l);
void line_put(struct duet *d, enum side from, const struct packet *p); /* ports.send */
void line_awake(struct duet *d, enum side from, const struct packet *p); /* ports.nat_keepalive */
msec line_next(const struct duet *d); /* when the next letter arrives, -1 none */
bool line_deliver(struct duet *d); /* one that is due; false: none is */
/* The n-th datagram of a way from the start of the play. */
void line_lose(struct duet *d, enum way w, unsigned nth);
void line_double(struct duet *d, enum way w, unsigned nth);
void line_swap(struct duet *d, enum way w, unsigned nth); /* with the next of its way */
void line_delay(struct duet *d, enum way w, unsigned nth, msec ms);
void line_flip(struct duet *d, enum way w, unsigned nth, size_t octet, uint8_t bits);
void line_mute(struct duet *d, enum way w, msec ms); /* everything is lost for a while */
void line_weather(struct duet *d, unsigned lose, unsigned twice, unsigned late, unsigned damage);
/* Of the log: again to where it went, or back to where it came from. */
void line_replay(struct duet *d, size_t i);
void line_reflect(struct duet *d, size_t i);
/* This side sits behind a NAT at `outside`. */
void line_nat(struct duet *d, enum side who, const char *outside);
/* One to one: what comes to its outside is for this side. */
void line_nat_forwards(struct duet *d, enum side who);
/* It forgets the ports of who says nothing for so long, and gives others then. */
void line_nat_forgets(struct duet *d, enum side who, msec ms);
void line_nat_rebind(struct duet *d, enum side who);

/* --- judge.c */
enum ending { ENDED_UP, ENDED_CLEAN, ENDED_STUCK };
/* ENDED_UP: the same usable IKE SAs and the same pairs at both ends, keys and selectors crosswise
 * equal, one used in each direction. ENDED_CLEAN: no pair and nothing reserved anywhere, IKE SAs
 * the same at both ends. Otherwise stuck, with a sentence. */
enum ending duet_ending(struct duet *d, char *ret_why, size_t cap);
bool duet_is_up(struct duet *d); /* ENDED_UP */
bool duet_is_clean(struct duet *d); /* ENDED_CLEAN without any IKE SA, nothing half open */
bool duet_has_pair(struct duet *d); /* both ends send into something the other end has */
size_t duet_pairs(struct duet *d, enum side who); /* inbound SAs in its plane */
size_t duet_ike_sas(struct duet *d, enum side who); /* usable ones */
struct counter_row duet_counters(struct duet *d, enum side who);
/* Copies of rows of the picture; false: there is none such. */
bool duet_child(struct duet *d, enum side who, size_t i, struct child_row *ret);
bool duet_ike(struct duet *d, enum side who, size_t i, struct ike_sa_row *ret);
bool duet_tunnel(struct duet *d, enum side who, const char *name, struct tunnel_row *ret);
bool duet_peer(struct duet *d, enum side who, const char *name, struct peer_row *ret);
/* The newest story of this exchange type (0: any). */
bool duet_story(struct duet *d, enum side who, int exchange, struct story *ret);
unsigned duet_heard(const struct duet *d, enum side who, enum event_id id); /* how often */
const struct event *duet_last_heard(const struct duet *d, enum side who, enum event_id id);
/* So many packets each way through the SAs in use; returns how many found an SA on the other side:
 * 2 * packets * flows when all is well. */
uint64_t duet_traffic(struct duet *d, uint64_t packets);
/* Everything anybody may want to know, to stderr. */
void duet_show(struct duet *d);
