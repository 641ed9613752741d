/* quick1.h - what one quick mode remembers; this room only */
#pragma once

#include "core/base/bytes.h"
#include "core/base/timers.h"
#include "core/ike/select.h"
#include "core/ike/v1/phase2.h"
#include "core/wire/sa1.h"

struct asked; /* ask_quick1.c */
struct build; /* build1.h */
struct pl; /* core/wire/payload.h */
struct chain; /* core/wire/payload.h */
struct flow; /* core/ike/book.h */
struct selector; /* core/model/selector.h */

struct quick1 {
	struct engine *e;
	struct exchange *x;
	uint8_t iv[BLOCK_MAX]; /* the chain of this message id */
	struct bytes *ni_b, *nr_b;
	struct bytes *idci, *idcr; /* bodies as they were sent; NULL: none */
	struct sa1 offer; /* responder: what came; the answer repeats the chosen transform */
	struct bytes *offer_body;
	struct esp_choice choice;
	struct asked *asked; /* NULL: it is no question */
	struct timer proof; /* responder: does traffic come without the third message */
};

/* What was agreed becomes the child's; a reference to the proposal is taken. */
void quick1_take(struct child *c, const struct esp_choice *choice);
/* What the responder holds shorter than was agreed counts. */
void quick1_lifetimes(struct exchange *x, const struct chain *in);
struct exchange *quick1_new(struct ike_sa *sa, enum sa_role role, uint32_t mid, struct fault *f);
/* The peer only asks, as one of us does: nothing of it is a failure of anybody. */
bool ask_quick1_is_asked(const struct exchange *x);
enum reason quick1_keymat(struct exchange *x, uint32_t spi, struct bytes **ret, struct fault *f);
/* What we offer; the SPI's octets live in the offer, the proposals in the configuration. */
size_t quick1_offer(const struct exchange *x, const struct ipsec_proposal **list,
		    struct esp_offer *ret);
/* The ID payload of a traffic selector; its body is kept. */
enum reason quick1_put_id(struct build *b, const struct selector *s, struct bytes **keep,
			  struct fault *f);
enum reason quick1_selector(const struct pl *p, struct selector *ret, struct fault *f);

/* --- transport1.c: transport mode through a NAT (RFC 3947 section 5.2, RFC 3948 section 5.1) --- */

/* NAT-OAi and NAT-OAr, when x->child's tunnel is one of transport mode and goes through UDP: what we
 * write into the headers whose checksums the peer has to put right. */
void transport1_put(struct build *b, const struct exchange *x);
/* The peer's, into x->child, when transport mode in UDP was chosen. R_BAD_NATOA: a body that is none, or
 * more than two. Fewer are enough, though RFC 3947 demands two. */
enum reason transport1_take(struct exchange *x, const struct chain *c,
			    const struct esp_choice *choice, struct fault *f);
/* The tunnel a caller's selectors mean. When it offers transport mode in UDP, single addresses are first
 * taken for the ends as we see them, whatever they say, and told so in `local` and `remote`. */
struct flow *transport1_match(struct exchange *x, const struct sa1 *offer, struct selector *local,
			      struct selector *remote, struct fault *f);
/* An identity that came back differs from the one we sent only in its single address: the responder calls
 * the ends as it sees them. */
bool transport1_same_id(const struct exchange *x, const struct esp_choice *choice,
			struct slice sent, struct slice came);
