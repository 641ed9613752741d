/* inner_book.h - what the four files of the book say to each other, and nobody else */
#pragma once

#include "core/base/hash.h"
#include "core/ike/book.h"
#include "core/model/tunnel.h"

struct book {
	struct hash *peers, *tunnels; /* by name */
	struct hash *flows; /* by id */
	struct peer_run **peers_at; /* by index; NULL: to be sorted again */
	struct tunnel_run **tunnels_at;
};

static inline struct slice book_name_key(const char *name)
{
	return slice_str(name);
}

static inline struct slice book_id_key(const uint32_t *id)
{
	return slice(id, sizeof(*id));
}

/* The flow of a tunnel with these selectors: equal to them, or around them. */
struct flow *book_match_in(struct tunnel_run *t, const struct selector *local,
			   const struct selector *remote, bool equal);

/* book_pairs.c serves book_adopt.c: the pairs that are negotiated, or those that policies have. */
enum { BOOK_PAIRS = TUNNEL_TS * TUNNEL_TS };
size_t book_pairs(const struct tunnel *t, bool negotiated, struct ts_pair ret[BOOK_PAIRS]);
bool book_parts_make(struct book *b, struct flow *fl); /* false: no memory */
void book_parts_free(struct book *b, struct flow *fl);

/* book_state.c tells book_start.c */
void book_went_well(struct child *c);
void book_went_wrong(struct flow *fl, enum reason r);
void book_lost(struct child *c, enum reason why);

/* book_state.c serves book.c */
void book_detach_child(struct child *c); /* it goes on without a flow */
void book_count_run(struct tunnel_run *t, int sign); /* joins (1) or leaves (-1) its peer's sums */

/* Ended because somebody here wanted it: no failure, and nothing starts again by itself. */
bool book_is_our_wish(enum reason r);

/* book_start.c serves book.c */
void book_want(struct flow *fl); /* start_action start: begin soon */
void book_fresh(struct peer_run *p); /* the configuration changed: no back-off any more */
void book_flow_init(struct flow *fl);
