/* registry.c - finding an SA by cookies, SPI or handle, and which peer an unknown caller is
 *
 * Every look-up of a packet is one keyed hash, since strangers choose cookies and SPIs. SAs are
 * named across time by slot and generation: a slot is used again, its generation rises, so an old
 * handle finds nothing. Addresses have places: the peers configured with exactly that address,
 * and how many SAs that are up end there. Peers with a range, a prefix or any address stand in a
 * short list, the narrowest first.
 *
 * Called by: the engine and the IKE versions.  Thread: loop.  Owns: slots and places; SAs,
 * children and runs are their makers'.
 */
#include "core/ike/registry.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/model/peer.h"
#include "core/ike/ends.h"

struct place {
	struct addr addr;
	struct link peers; /* struct peer_run by at_link */
	unsigned sas; /* that are up */
};

/* SAs with the same peer and identity. */
struct crowd {
	struct link sas; /* struct ike_sa by twin_link */
	struct bytes *key;
};

struct slot {
	struct ike_sa *sa; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index + 1 */
	struct place *place; /* where it is up */
	struct crowd *crowd;
	struct cookies cky; /* under which it is known */
	bool by_both, by_initiator;
};

struct registry {
	struct slot *slots;
	uint32_t n, cap, free; /* free: index + 1 of the first free one */
	struct hash *both, *initiator, *ids, *spis, *child_ids, *places, *crowds;
	struct link wide; /* struct peer_run by at_link: no single address */
};

struct registry *registry_new(void)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	list_init(&r->wide);
	r->both = hash_new();
	r->initiator = hash_new();
	r->ids = hash_new();
	r->spis = hash_new();
	r->child_ids = hash_new();
	r->places = hash_new();
	r->crowds = hash_new();
	if (r->both && r->initiator && r->ids && r->spis && r->child_ids && r->places && r->crowds)
		return r;
	registry_free(r);
	return NULL;
}

static void free_place(void *arg, struct slice key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	if (r->places)
		hash_each(r->places, free_place, NULL);
	hash_free(r->both);
	hash_free(r->initiator);
	hash_free(r->ids);
	hash_free(r->spis);
	hash_free(r->child_ids);
	hash_free(r->places);
	hash_free(r->crowds);
	free(r->slots);
	free(r);
}

static struct slice key_of(const uint32_t *v)
{
	return slice(v, sizeof(*v));
}

static bool put(struct hash *h, struct slice key, void *value)
{
	bool ok = true;

	hash_put(h, key, value, &ok);
	return ok;
}

/* --- SAs --- */

static bool grow(struct registry *r)
{
	uint32_t cap = r->cap ? 2 * r->cap : 64;
	struct slot *more = realloc(r->slots, cap * sizeof(*more));

	if (!more)
		return false;
	memset(more + r->cap, 0, (cap - r->cap) * sizeof(*more));
	r->slots = more;
	r->cap = cap;
	return true;
}

enum reason registry_add(struct registry *r, struct ike_sa *sa, struct fault *f)
{
	uint32_t at = r->free ? r->free - 1 : r->n;

	if ((at == r->cap && !grow(r)) || !put(r->ids, key_of(&sa->id), sa))
		return fail(f, R_NO_MEMORY, "no memory to register an IKE SA");

	struct slot *s = &r->slots[at];
	if (r->free)
		r->free = s->next_free;
	else
		r->n++;
	*s = (struct slot){ .sa = sa, .generation = s->generation + 1 };
	if (s->generation == 0)
		s->generation = 1; /* 0 is nobody's */
	sa->ref = (struct sa_ref){ at, s->generation };
	return R_OK;
}

static struct slot *slot_of(const struct registry *r, struct sa_ref ref)
{
	struct slot *s = ref.slot < r->n ? &r->slots[ref.slot] : NULL;

	return s && s->sa && s->generation == ref.generation ? s : NULL;
}

struct ike_sa *registry_of_ref(const struct registry *r, struct sa_ref ref)
{
	struct slot *s = slot_of(r, ref);

	return s ? s->sa : NULL;
}

static struct slice both_of(const struct cookies *c)
{
	return slice(c, sizeof(*c));
}

static struct slice initiator_of(const struct cookies *c)
{
	return slice(c->i, sizeof(c->i));
}

static bool is_zero(const uint8_t cookie[8])
{
	static const uint8_t none[8];

	return memcmp(cookie, none, sizeof(none)) == 0;
}

static void forget_cookies(struct registry *r, struct slot *s)
{
	if (s->by_both)
		hash_remove(r->both, both_of(&s->cky));
	if (s->by_initiator)
		hash_remove(r->initiator, initiator_of(&s->cky));
	s->by_both = s->by_initiator = false;
}

enum reason registry_cookies(struct registry *r, struct ike_sa *sa, struct fault *f)
{
	struct slot *s = slot_of(r, sa->ref);
	const struct ike_sa *other = hash_find(r->both, both_of(&sa->cky));

	if (!s)
		return fail(f, R_INTERNAL, "an IKE SA without a handle");
	if (other && other != sa)
		return fail(f, R_BUSY, "another IKE SA has these cookies");
	forget_cookies(r, s);
	s->cky = sa->cky;
	if (is_zero(sa->cky.r))
		s->by_initiator = put(r->initiator, initiator_of(&s->cky), sa);
	else
		s->by_both = put(r->both, both_of(&s->cky), sa);
	return s->by_both || s->by_initiator
		       ? R_OK
		       : fail(f, R_NO_MEMORY, "no memory to register an IKE SA");
}

struct ike_sa *registry_find(const struct registry *r, const struct cookies *cky)
{
	struct ike_sa *sa = hash_find(r->both, both_of(cky));

	return sa ? sa : hash_find(r->initiator, initiator_of(cky));
}

struct ike_sa *registry_of_id(const struct registry *r, uint32_t id)
{
	return hash_find(r->ids, key_of(&id));
}

/* --- twins --- */

static void crowd_free(struct crowd *c)
{
	if (c)
		bytes_free(c->key);
	free(c);
}

static struct crowd *crowd_at(struct registry *r, const struct ike_sa *sa)
{
	const struct slice parts[] = { slice(sa->peer->r.name, sizeof(sa->peer->r.name)),
				       slice_of(sa->remote_id_body) };
	own(bytes) key = bytes_join(parts, COUNT_OF(parts));
	struct crowd *c = key ? hash_find(r->crowds, slice_of(key)) : NULL;

	if (c || !key)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	list_init(&c->sas);
	c->key = give(key);
	if (put(r->crowds, slice_of(c->key), c))
		return c;
	crowd_free(c);
	return NULL;
}

enum reason registry_up(struct registry *r, struct ike_sa *sa, struct fault *f)
{
	struct slot *s = slot_of(r, sa->ref);

	if (!s || s->crowd)
		return R_OK;
	s->crowd = crowd_at(r, sa);
	if (!s->crowd)
		return fail(f, R_NO_MEMORY, "no memory to register an identity");
	list_push(&s->crowd->sas, &sa->twin_link);
	registry_moved(r, sa);
	return R_OK;
}

struct link *registry_twins(const struct registry *r, const struct ike_sa *sa)
{
	struct slot *s = slot_of(r, sa->ref);

	return s && s->crowd ? &s->crowd->sas : NULL;
}

static void leave_crowd(struct registry *r, struct slot *s)
{
	struct crowd *c = s->crowd;

	if (!c)
		return;
	list_remove(&s->sa->twin_link);
	s->crowd = NULL;
	if (!list_is_empty(&c->sas))
		return;
	hash_remove(r->crowds, slice_of(c->key));
	crowd_free(c);
}

/* --- children --- */

enum reason registry_child(struct registry *r, struct child *c, struct fault *f)
{
	if (!put(r->child_ids, key_of(&c->id), c))
		return fail(f, R_NO_MEMORY, "no memory to register an IPsec SA");
	if (c->spi_in && !put(r->spis, key_of(&c->spi_in), c)) {
		hash_remove(r->child_ids, key_of(&c->id));
		return fail(f, R_NO_MEMORY, "no memory to register an IPsec SA");
	}
	return R_OK;
}

void registry_child_remove(struct registry *r, struct child *c)
{
	if (hash_find(r->child_ids, key_of(&c->id)) == c)
		hash_remove(r->child_ids, key_of(&c->id));
	if (c->spi_in && hash_find(r->spis, key_of(&c->spi_in)) == c)
		hash_remove(r->spis, key_of(&c->spi_in));
}

struct child *registry_child_of_spi(const struct registry *r, uint32_t spi_in)
{
	return hash_find(r->spis, key_of(&spi_in));
}

struct child *registry_child_of_id(const struct registry *r, uint32_t id)
{
	return hash_find(r->child_ids, key_of(&id));
}

/* --- addresses --- */

static struct slice place_key(const struct addr *a)
{
	return addr_slice(a); /* 4 or 16 octets: families never meet */
}

static struct place *place_find(const struct registry *r, const struct addr *a)
{
	return hash_find(r->places, place_key(a));
}

static struct place *place_at(struct registry *r, const struct addr *a)
{
	struct place *p = place_find(r, a);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->addr = addr_with_port(*a, 0);
	list_init(&p->peers);
	if (put(r->places, place_key(a), p))
		return p;
	free(p);
	return NULL;
}

static void place_leave(struct registry *r, struct place *p)
{
	if (p->sas || !list_is_empty(&p->peers))
		return;
	hash_remove(r->places, place_key(&p->addr));
	free(p);
}

static void leave(struct registry *r, struct slot *s)
{
	struct place *p = s->place;

	if (!p)
		return;
	s->place = NULL;
	p->sas--;
	place_leave(r, p);
}

void registry_moved(struct registry *r, struct ike_sa *sa)
{
	struct slot *s = slot_of(r, sa->ref);

	if (!s || !sa->authenticated || (s->place && addr_equal(&s->place->addr, &sa->remote)))
		return;
	leave(r, s);
	s->place = place_at(r, &sa->remote);
	if (s->place)
		s->place->sas++;
}

void registry_remove(struct registry *r, struct ike_sa *sa)
{
	struct slot *s = slot_of(r, sa->ref);

	if (!s)
		return;
	forget_cookies(r, s);
	leave(r, s);
	leave_crowd(r, s);
	hash_remove(r->ids, key_of(&sa->id));
	s->sa = NULL;
	s->next_free = r->free;
	r->free = sa->ref.slot + 1;
}

bool registry_is_known(const struct registry *r, const struct addr *remote)
{
	return place_find(r, remote) != NULL;
}

/* --- peers --- */

static void insert_wide(struct registry *r, struct peer_run *p)
{
	list_each (l, &r->wide) {
		if (ends_narrowness(owner_of(l, struct peer_run, at_link)) < ends_narrowness(p)) {
			list_push(l, &p->at_link); /* before the first that is wider */
			return;
		}
	}
	list_push(&r->wide, &p->at_link);
}

enum reason registry_peer(struct registry *r, struct peer_run *p, struct fault *f)
{
	if (!p->peer->enabled || !ends_read(p))
		return R_OK;
	if (!ends_is_host(p)) {
		insert_wide(r, p);
		return R_OK;
	}
	p->place = place_at(r, &p->callers.low);
	if (!p->place)
		return fail(f, R_NO_MEMORY, "no memory for a peer's address");
	list_push(&p->place->peers, &p->at_link);
	return R_OK;
}

void registry_peer_remove(struct registry *r, struct peer_run *p)
{
	list_remove(&p->at_link);
	if (p->place)
		place_leave(r, p->place);
	p->place = NULL;
}

static struct peer_run *first_wide(const struct registry *r, const struct addr *local,
				   const struct addr *remote, bool aggressive)
{
	list_each (l, (struct link *)&r->wide) {
		struct peer_run *p = owner_of(l, struct peer_run, at_link);

		if (ends_fit(p, local, remote) &&
		    (!aggressive || p->peer->exchange_mode == MODE_AGGRESSIVE))
			return p;
	}
	return NULL;
}

struct peer_run *registry_first_wide(const struct registry *r, const struct addr *local,
				     const struct addr *remote)
{
	return first_wide(r, local, remote, true);
}

struct peer_run *registry_caller(const struct registry *r, const struct addr *local,
				 const struct addr *remote, struct fault *f)
{
	struct place *at = place_find(r, remote);
	char text[ADDR_TEXT], ours[ADDR_TEXT];

	if (at) {
		list_each (l, &at->peers) {
			struct peer_run *p = owner_of(l, struct peer_run, at_link);

			if (ends_fit(p, local, remote))
				return p;
		}
	}
	struct peer_run *wide = first_wide(r, local, remote, false);
	if (wide)
		return wide;
	fail_field(f, R_NO_PEER, "remote_address",
		   "no enabled peer has the address %s that called %s", addr_text(remote, text),
		   addr_text(local, ours));
	return NULL;
}
