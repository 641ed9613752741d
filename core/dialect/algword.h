/* algword.h - a language's words of algorithms: one table each, ended by one without a word */
#pragma once

#include "core/dialect/sketch.h"
#include "core/model/alg.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

enum algword_sort { SORT_ENCR, SORT_INTEG, SORT_GROUP, SORT_ESP_ENCR, SORT_ESP_INTEG };

struct algword {
	const char *word;
	enum algword_sort sort;
	int code; /* of alg.def */
	unsigned bits; /* length of the key, 0: the algorithm's own */
};

/* The first word of it, NULL: there is none. `bits` 0 is the algorithm's own length. */
const char *algword_of(const struct algword *t, enum algword_sort s, int code, uint32_t bits);
/* The same, and when there is none a note about the record and "". */
const char *algword_or_note(const struct algword *t, enum algword_sort s, const struct record *r,
			    struct sketch *notes, const char *language);

/* ---- what every writer asks a sketch ---- */

/* The record of a reference, NULL none. */
const struct record *algword_record(const struct sketch *d, enum kind k, const char *name);
/* The one peer of a mirror; NULL none. */
const struct peer *algword_peer(const struct sketch *d);
/* Its enabled tunnels one after the other, from *at on; NULL: no more. */
const struct tunnel *algword_tunnel(const struct sketch *d, const char *peer, size_t *at);
/* Its first IKE proposal and the first IPsec proposal of a tunnel, NULL none. */
const struct ike_proposal *algword_ike(const struct sketch *d, const struct peer *p, size_t i);
const struct ipsec_proposal *algword_esp(const struct sketch *d, const struct tunnel *t, size_t i);
/* What the peer calls itself, "" its address; its type likewise. */
const char *algword_their_id(const struct peer *p);
int algword_their_type(const struct peer *p);
/* Address and mask of a selector that is an IPv4 prefix; false: it is none. `inverse` gives the
 * mask turned round. Both hold 16 octets. */
bool algword_mask(const char *selector, bool inverse, char address[16], char mask[16]);
