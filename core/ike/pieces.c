/* pieces.c - messages that arrive in pieces, and messages that leave in pieces
 *
 * A collection is an array of what is there by number and a list of the same, so that a piece is found,
 * replaced or refused without a search and dropping costs no more than what was put in. The id of
 * a message that we cut is made of its octets: when it is sent again its pieces are the same ones,
 * and those of another message never are.
 *
 * Called by halfopen.c and the versions.  Thread: loop.  Owns: the pieces.
 */
#include "core/ike/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/ike/ports.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/wire/frag1.h"

struct held {
	struct link link;
	uint8_t number;
	size_t n;
	uint8_t octets[];
};

struct pieces {
	struct engine *e;
	struct pieces **slot;
	struct link link; /* of all, oldest first */
	struct piece first; /* what names the message */
	unsigned n; /* that are there */
	unsigned highest; /* number seen */
	unsigned last; /* number of the last one, 0 not seen yet */
	size_t data; /* octets of the message so far */
	size_t cost; /* octets allocated */
	struct link held;
	struct held *at[FRAG1_MOST + 1]; /* by number */
};

static void charge(struct pieces *q, size_t octets)
{
	q->cost += octets;
	q->e->pieces.octets += octets;
}

static void take_out(struct pieces *q, struct held *h)
{
	size_t cost = sizeof(*h) + h->n;

	q->e->pieces.steps++;
	q->e->pieces.octets -= cost;
	q->cost -= cost;
	q->data -= h->n;
	q->n--;
	q->at[h->number] = NULL;
	list_remove(&h->link);
	free(h);
}

void pieces_drop(struct pieces **slot)
{
	struct pieces *q = *slot;

	if (!q)
		return;
	list_each (l, &q->held)
		take_out(q, owner_of(l, struct held, link));
	q->e->pieces.octets -= q->cost;
	list_remove(&q->link);
	*slot = NULL;
	free(q);
}

static bool is_same_message(const struct piece *a, const struct piece *b)
{
	return a->message_id == b->message_id && a->id == b->id && a->exchange == b->exchange;
}

/* It cannot be of the same message as what is there. */
static bool contradicts(const struct pieces *q, const struct piece *p)
{
	if (!is_same_message(&q->first, p))
		return true;
	if (q->last && (p->number > q->last || p->last != (p->number == q->last)))
		return true;
	return p->last && p->number < q->highest;
}

/* Everything that is not q, oldest first, until there is room. */
static void make_room(struct engine *e, const struct pieces *q, size_t octets)
{
	list_each (l, &e->pieces.oldest) {
		struct pieces *other = owner_of(l, struct pieces, link);

		if (e->pieces.octets + octets <= PIECES_ALL)
			return;
		if (other == q)
			continue;
		e->counters.dropped_busy++;
		pieces_drop(other->slot);
	}
}

static struct pieces *begin(struct engine *e, struct pieces **slot, const struct piece *p)
{
	struct pieces *q;

	make_room(e, NULL, sizeof(*q));
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->e = e;
	q->slot = slot;
	q->first = *p;
	q->first.data = slice(NULL, 0);
	list_init(&q->held);
	list_push(&e->pieces.oldest, &q->link);
	charge(q, sizeof(*q));
	*slot = q;
	return q;
}

static enum reason put_in(struct pieces *q, const struct piece *p, struct fault *f)
{
	size_t cost = sizeof(struct held) + p->data.n;
	struct held *h;

	if (q->cost + cost > PIECES_EACH)
		return fail(f, R_BUSY, "the fragments of a message take more than %d octets",
			    PIECES_EACH);
	make_room(q->e, q, cost);
	h = malloc(cost);
	if (!h)
		return fail(f, R_NO_MEMORY, "no memory for a fragment");
	h->number = p->number;
	h->n = p->data.n;
	memcpy(h->octets, p->data.at, p->data.n);
	list_push(&q->held, &h->link);
	charge(q, cost);
	q->at[h->number] = h;
	q->n++;
	q->data += h->n;
	q->highest = MAX_OF(q->highest, (unsigned)p->number);
	if (p->last)
		q->last = p->number;
	return R_OK;
}

static struct bytes *join(const struct pieces *q)
{
	struct bytes *whole = bytes_new(q->data);
	size_t at = 0;

	for (unsigned i = 1; whole && i <= q->last; i++) {
		memcpy(&whole->at[at], q->at[i]->octets, q->at[i]->n);
		at += q->at[i]->n;
		q->e->pieces.steps++;
	}
	return whole;
}

enum reason pieces_put(struct engine *e, struct pieces **slot, const struct piece *p,
		       struct bytes **ret_whole, struct fault *f)
{
	struct held *there;
	struct pieces *q;
	enum reason r;

	*ret_whole = NULL;
	e->pieces.steps++;
	if (p->number == 0 || p->data.n == 0)
		return fail(f, R_MALFORMED, "a fragment without a number or without octets");
	if (*slot && contradicts(*slot, p))
		pieces_drop(slot);
	q = *slot ? *slot : begin(e, slot, p);
	if (!q)
		return fail(f, R_NO_MEMORY, "no memory for a message in fragments");
	there = q->at[p->number];
	if (there && slice_equal(slice(there->octets, there->n), p->data))
		return R_OK;
	if (there)
		take_out(q, there);
	r = put_in(q, p, f);
	if (r != R_OK) {
		pieces_drop(slot);
		return r;
	}
	if (!q->last || q->n != q->last)
		return R_OK;
	*ret_whole = join(q);
	pieces_drop(slot);
	return *ret_whole ? R_OK : fail(f, R_NO_MEMORY, "no memory for a message");
}

/* --- cutting --- */

enum { IP4_UDP = 20 + 8, IP6_UDP = 40 + 8, NON_ESP_MARKER = 4 };

/* Octets of a datagram that make no larger IP packet than we want. */
static size_t datagram_most(const struct engine *e, const struct packet *p)
{
	size_t around = p->remote.family == 6 ? IP6_UDP : IP4_UDP;

	around += p->natt ? NON_ESP_MARKER : 0;
	return config_ike(e->config)->fragment_octets - around;
}

static size_t data_most(const struct engine *e, const struct packet *p)
{
	return datagram_most(e, p) - HEADER_SIZE - FRAG1_HEAD;
}

static size_t count(const struct engine *e, const struct packet *whole)
{
	size_t each = data_most(e, whole), n = (whole->octets.n + each - 1) / each;

	return whole->octets.n <= datagram_most(e, whole) || n > FRAG1_MOST ? 1 : n;
}

static struct slice cut(const struct engine *e, const struct packet *whole, size_t i, uint8_t *at)
{
	struct wr w = wr_of(at, PIECES_IP_MOST);
	struct rd r = rd_of(whole->octets);
	size_t each = data_most(e, whole);
	struct frag1 piece = {
		.id = (uint16_t)(hash_keyed(whole->octets, e->key) | 1),
		.number = (uint8_t)(i + 1),
		.last = i + 1 == count(e, whole),
	};
	struct header h;

	if (header_read(whole->octets, &h, NULL) != R_OK)
		return slice(NULL, 0);
	rd_take(&r, i * each);
	piece.data = rd_slice(&r, MIN_OF(each, rd_left(&r)));
	frag1_write(&w, &h, &piece);
	return wr_done(&w);
}

static void send_one(struct ike_sa *sa, const struct packet *p)
{
	sa->packets_out++;
	sa->bytes_out += p->octets.n;
	engine_send(sa->e, p);
}

void sa_send(struct ike_sa *sa, const struct packet *p)
{
	size_t n = sa->pieces_able ? count(sa->e, p) : 1;
	uint8_t at[PIECES_IP_MOST];

	sa->last_out = sa->e->now;
	if (n == 1)
		send_one(sa, p);
	for (size_t i = 0; n > 1 && i < n; i++) {
		struct packet piece = *p;

		piece.octets = cut(sa->e, p, i, at);
		send_one(sa, &piece);
	}
}
