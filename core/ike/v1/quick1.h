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
enum reason quick1_keymat(struct exchange *x, uint32_t spi, struct bytes **ret, struct fault *f);
/* What we offer; the SPI's octets live in the offer, the proposals in the configuration. */
size_t quick1_offer(const struct exchange *x, const struct ipsec_proposal **list,
		    struct esp_offer *ret);
/* The ID payload of a traffic selector; its body is kept. */
enum reason quick1_put_id(struct build *b, const struct selector *s, struct bytes **keep,
			  struct fault *f);
enum reason quick1_selector(const struct pl *p, struct selector *ret, struct fault *f);
