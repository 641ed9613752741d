/* sa.h - the IKE SA: birth, states, death, handles
 *
 * An SA keeps the records it was built from, so "stale" is a comparison. Across time it is named
 * by a handle (slot and generation), never by a pointer. Becoming "up" happens in one place,
 * sa_up, and only there `authenticated` is set.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/crypto/keys1.h"
#include "core/model/alg.h"
#include "core/model/view.h"

struct engine;
struct ike_proposal; /* core/model/proposal.h */
struct packet; /* ports.h */
struct peer; /* core/model/peer.h */
struct peer_run; /* book.h */
struct pieces; /* pieces.h */
struct config; /* core/model/config.h */
struct sealed; /* core/model/field.h */
struct secret; /* core/model/settings.h */
struct version; /* exchange.h */

struct sa_ref {
	uint32_t slot, generation;
};

/* Is the peer still there: liveness.c. */
struct liveness {
	/* keepalives */
	struct timer beat; /* we send the next */
	struct timer silence; /* none came */
	unsigned interval_s, timeout_s; /* what the timers were armed with; 0 off */
	uint32_t beats_out, beats_in; /* numbers of the newest */
	/* DPD */
	struct timer watch; /* the next look, or an answer is due */
	bool watched;
	bool able; /* the peer said that it answers */
	unsigned hellos; /* without an answer so far; 0: nothing was asked */
	uint32_t number, first; /* of the newest hello, of the first without an answer */
	msec asked_at; /* the first of them */
	msec heard_at; /* signs of life but IPsec packets: it came up, it answered */
	uint32_t theirs; /* number of the peer's newest hello */
	bool theirs_known;
};

/* Our certificate and its key, and as many authorities as a chain has links and an anchor. */
enum { SA_RESTS_MOST = 9 };

struct ike_sa {
	struct engine *e;
	struct link link; /* e->sas */
	struct link run_link; /* run->sas */
	struct link twin_link; /* registry: same peer, same identity, up */
	struct sa_ref ref;
	uint32_t id;
	const struct version *version;
	void *own; /* the version's: keys, IV chain */

	enum sa_role role;
	enum sa_state state;
	bool authenticated;
	bool unconfirmed; /* up, but whether the peer took our last message is not known yet */
	bool fading; /* FD: soft lifetime passed */
	bool replaced; /* RL: a newer one carries on; ends soon */
	bool rekeying; /* RK: its successor is being negotiated */
	bool timeout_tagged; /* TO */
	bool ours_to_end; /* replaced by one we initiated: we end it, with a notice */
	bool nobody; /* an unknown identity is answered: its peer only lends the manners */
	bool unwanted; /* the peer's `unique` setting refuses it: ends at once */
	struct sa_ref replaces; /* whose successor it is to be; generation 0 none */

	struct cookies cky;
	struct addr local, remote; /* with the ports in use */
	bool natt; /* floated to the NAT-T port */
	bool pieces_able; /* both ends take IKE messages in fragments */
	bool natt_able; /* both ends speak NAT-T */
	bool natt_draft; /* with the numbers of its drafts */
	bool natt_oldest; /* draft 00 or 01: nobody floats, ESP goes over the port of IKE */
	bool nat_local, nat_remote; /* noticed: that end is behind a NAT */
	bool encap; /* ESP goes in UDP */

	/* built from */
	struct peer_run *run; /* NULL once the peer is not configured any more */
	const struct peer *peer;
	const struct ike_proposal *proposal; /* NULL until chosen */
	const struct secret *psk; /* NULL until used */
	bool psk_previous; /* by its previous value, while it is being rotated: v1/psk1.c */
	bool psk_tried; /* initiator: the current value was tried and did not do */
	const struct record *rests_on[SA_RESTS_MOST]; /* certificate, its key, authorities */
	uint8_t rests_on_n;
	uint64_t revision;

	struct ike_suite suite;
	uint32_t lifetime_s;
	int exchange_mode; /* enum exchange_mode */
	int local_id_type, remote_id_type; /* enum id_kind */
	char local_id[128], remote_id[128];
	char instance[INSTANCE_SIZE]; /* of a peer that stands for several: "hub@203.0.113.7" */
	struct bytes
		*remote_id_body; /* of the peer's ID payload: equal identities, INITIAL-CONTACT */

	msec born, up_at, last_in;
	uint64_t born_order, up_order; /* among all births and comings-up of this engine */
	int64_t born_s, up_s, last_in_s; /* wall */
	struct timer life; /* soft end, then hard end */
	msec soft_at, hard_at;
	struct liveness alive;
	struct timer nat_awake; /* natt_awake.c */
	msec spi_told; /* the last INVALID-SPI we sent, 0 never: recovery.c */
	msec last_out; /* anything of this SA, NAT keepalives too */

	struct pieces *pieces; /* of a message that is not whole yet, NULL none */
	struct link exchanges; /* struct exchange */
	struct link children; /* struct child by sa_link: those it negotiated and still carries */
	unsigned children_n;
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint32_t retransmits;
	struct ike_sa_tally tally;
	uint64_t negotiation; /* story of its phase 1 */
	bool asked_by_us; /* answers the question whether a reset brings it back */
	bool stale_told; /* EVT_SA_STALE was told about it */
	uint64_t mark; /* of the reset that collected it */
	char who[WHO_SIZE]; /* who asked for it, "" the protocol */
};

/* ESP of this SA goes in UDP over the ports of the SA itself: on the NAT-T port, or by the oldest drafts. */
static inline bool sa_shares_ports(const struct ike_sa *sa)
{
	return sa->natt || (sa->natt_oldest && sa->encap);
}

struct sa_want {
	const struct version *version;
	struct peer_run *run; /* may be NULL only in tests */
	const struct peer *peer;
	enum sa_role role;
	struct addr local, remote;
	const char *who;
};

/* The pre-shared key that it uses, or was proven with, as it lies sealed; NULL none so far. */
const struct sealed *sa_psk(const struct ike_sa *sa);
/* Which of the two keys of its secret that is now. */
enum psk_proven sa_psk_word(const struct ike_sa *sa, const struct config *now);
/* It was proven with this record, and is stale when that changes. Beyond SA_RESTS_MOST none is kept. */
void sa_rests_on(struct ike_sa *sa, const struct record *r);
/* Registered by handle, in state SA_CONNECTING. NULL: no memory. */
struct ike_sa *sa_new(struct engine *e, const struct sa_want *w, struct fault *f);
/* Once both cookies (or the initiator's own) are known, and again when they change. */
enum reason sa_register(struct ike_sa *sa, struct fault *f);
struct ike_sa *sa_of_ref(struct engine *e, struct sa_ref r); /* NULL when it is gone */
struct ike_sa *sa_of_id(struct engine *e, uint32_t id);
/* What phase 1 agreed on; a reference to the proposal is taken. */
void sa_choose(struct ike_sa *sa, const struct ike_proposal *p, uint32_t lifetime_s);
bool sa_is_usable(const struct ike_sa *sa); /* up, not replaced, not going */
/* The newest usable one with the same peer and identity besides it, NULL none. */
struct ike_sa *sa_heir(const struct ike_sa *sa);

/* Authenticated: tells, arms lifetimes, takes over from the SA it replaces (children move), lets
 * the peer's `unique` setting end older ones, and starts the children that wait for it. */
void sa_up(struct ike_sa *sa);
/* INITIAL-CONTACT, authenticated, over this SA: older SAs of the same identity end, silently. */
void sa_initial_contact(struct ike_sa *sa);
/* The end of an SA, before or after it was up. Children that it carries: `with_children` ends them
 * too (children first), else they live on without it. `notify` sends the notices that still can be
 * sent. Flows that wait for it hear that it failed. The SA is freed. */
struct sa_end {
	enum reason reason;
	bool with_children;
	bool notify;
	const char *text; /* particulars for log and events, NULL none */
	const struct fault
		*fault; /* why phase 1 failed, for flows and states; NULL: reason, text */
	unsigned *ret_notices; /* may be NULL: notices sent are added */
};
void sa_end(struct ike_sa *sa, const struct sa_end *how);
void sa_heard(struct ike_sa *sa); /* an authenticated message came: its path is followed */
uint32_t sa_flags(const struct ike_sa *sa); /* SAF_ */
/* The only one with its peer that ever came up: whatever the peer has of an earlier life of ours is
 * worthless. */
bool sa_is_first_contact(const struct ike_sa *sa);
/* Every octet an SA sends goes here (pieces.c): cut where both ends want it, counted, and engine_send. */
void sa_send(struct ike_sa *sa, const struct packet *p);

/* --- rival.c: both ends begin at once, and come to the same answer without a word about it */
/* This one, which is up now and no successor of the other, gives way to the one that came up before:
 * both were begun at once. */
bool rival_sa_yields(const struct ike_sa *sa, const struct ike_sa *before);
/* The peer's came up: attempts of ours for the same end that the peer cannot hold for up are dropped. */
void rival_sa_up(const struct ike_sa *sa);
/* A negotiation of the peer's ends because ours came up meanwhile and the peer dropped it: its
 * story ends well, and the fault becomes R_REPLACED. A refusal stays what it is. */
void rival_sa_overtaken(const struct ike_sa *sa, struct fault *f);
