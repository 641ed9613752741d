/* shelf.c - all records of one kind: found by name, listed in order
 *
 * Three arrays of pointers: the records by name, maybe once more in a second order, and an open
 * hash table over the names (linear probing, at most half full, SipHash under a key of its
 * own). All three are copied as they lie when a config changes, so a change of one record
 * among ten thousand costs three memcpy, the counting of references, and one place in each.
 * A map of core/base/hash.h would have to be built anew, entry by entry.
 *
 * Called by: config.c.  Thread: any once shared; the count is atomic.
 * Owns: one reference to each record.
 */
#include "core/model/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/rng.h"

enum { FIRST_ROOM = 8 };

struct slot {
	uint64_t sum;
	const struct record *rec; /* NULL: empty */
};

struct shelf {
	uint32_t refs; /* atomic */
	size_t n, room;
	const struct record **by_name;
	shelf_order *order;
	const struct record **by_order; /* NULL without an order */
	struct slot *slots; /* 2 * room rounded up to a power of two */
	size_t slots_n;
	uint8_t key[16];
};

static int name_order(const struct record *a, const struct record *b)
{
	return strcmp(a->name, b->name);
}

static int second_order(const struct shelf *s, const struct record *a, const struct record *b)
{
	int c = s->order(a, b);

	return c ? c : name_order(a, b);
}

static uint64_t sum_of(const struct shelf *s, const char *name)
{
	return hash_keyed(slice_str(name), s->key);
}

/* ---- the hash table ---- */

/* The place of this name, or the empty one where it would go. */
static struct slot *slot_of(const struct shelf *s, const char *name, uint64_t sum)
{
	size_t i = sum & (s->slots_n - 1);

	while (s->slots[i].rec &&
	       (s->slots[i].sum != sum || strcmp(s->slots[i].rec->name, name) != 0))
		i = (i + 1) & (s->slots_n - 1);
	return &s->slots[i];
}

static void slot_put(struct shelf *s, const struct record *r)
{
	uint64_t sum = sum_of(s, r->name);

	*slot_of(s, r->name, sum) = (struct slot){ sum, r };
}

/* Close the gap: entries behind it that are not at home there move up (Knuth 6.4, R). */
static void slot_remove(struct shelf *s, struct slot *gap)
{
	size_t mask = s->slots_n - 1, hole = (size_t)(gap - s->slots);

	for (size_t i = (hole + 1) & mask; s->slots[i].rec; i = (i + 1) & mask) {
		size_t home = s->slots[i].sum & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole].rec = NULL;
}

/* ---- life ---- */

static size_t slots_for(size_t room)
{
	size_t n = 2 * FIRST_ROOM;

	while (n < 2 * room)
		n *= 2;
	return n;
}

/* Room for `room` records; what is there moves along. */
static enum reason make_room(struct shelf *s, size_t room, struct fault *f)
{
	if (room <= s->room)
		return R_OK;

	size_t slots_n = slots_for(room);
	const struct record **by_name = calloc(room, sizeof(struct record *));
	const struct record **by_order = s->order ? calloc(room, sizeof(struct record *)) : NULL;
	struct slot *slots = calloc(slots_n, sizeof(*slots)), *old = s->slots;

	if (!by_name || (s->order && !by_order) || !slots) {
		free(by_name);
		free(by_order);
		free(slots);
		return fail(f, R_NO_MEMORY, "no memory for %zu records", room);
	}
	if (s->n)
		memcpy(by_name, s->by_name, s->n * sizeof(struct record *));
	if (s->n && s->order)
		memcpy(by_order, s->by_order, s->n * sizeof(struct record *));
	free(s->by_name);
	free(s->by_order);
	s->by_name = by_name;
	s->by_order = by_order;
	s->slots = slots;
	for (size_t i = 0; i < s->slots_n; i++)
		if (old[i].rec) {
			size_t at = old[i].sum & (slots_n - 1);

			while (slots[at].rec)
				at = (at + 1) & (slots_n - 1);
			slots[at] = old[i];
		}
	free(old);
	s->slots_n = slots_n;
	s->room = room;
	return R_OK;
}

struct shelf *shelf_new(shelf_order *order)
{
	struct shelf *s = calloc(1, sizeof(*s));
	struct rng rng = rng_system();

	if (!s)
		return NULL;
	s->refs = 1;
	s->order = order;
	rng_fill(&rng, s->key, sizeof(s->key));
	if (make_room(s, FIRST_ROOM, NULL) != R_OK) {
		shelf_unref(s);
		return NULL;
	}
	return s;
}

struct shelf *shelf_copy(const struct shelf *s)
{
	own(shelf) copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->refs = 1;
	copy->order = s->order;
	memcpy(copy->key, s->key, sizeof(copy->key));
	if (make_room(copy, s->room, NULL) != R_OK)
		return NULL;
	memcpy(copy->by_name, s->by_name, s->n * sizeof(struct record *));
	if (s->order)
		memcpy(copy->by_order, s->by_order, s->n * sizeof(struct record *));
	memcpy(copy->slots, s->slots, s->slots_n * sizeof(struct slot));
	copy->n = s->n;
	for (size_t i = 0; i < s->n; i++)
		record_ref(s->by_name[i]);
	return give(copy);
}

struct shelf *shelf_ref(struct shelf *s)
{
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void shelf_unref(struct shelf *s)
{
	if (!s || __atomic_fetch_sub(&s->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	for (size_t i = 0; i < s->n; i++)
		record_unref(s->by_name[i]);
	free(s->by_name);
	free(s->by_order);
	free(s->slots);
	free(s);
}

/* ---- the sorted arrays ---- */

/* First of a sorted list that does not stand before what is looked for. */
static size_t lower(const struct record *const *list, size_t n, shelf_where *where, const void *arg)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (where(arg, list[middle]) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int where_name(const void *name, const struct record *r)
{
	return strcmp(r->name, name);
}

static int where_above(const void *name, const struct record *r)
{
	return strcmp(r->name, name) <= 0 ? -1 : 1;
}

struct wanted {
	const struct shelf *s;
	const struct record *r;
};

static int where_second(const void *arg, const struct record *r)
{
	const struct wanted *w = arg;

	return second_order(w->s, r, w->r);
}

static size_t name_place(const struct shelf *s, const struct record *r)
{
	return lower(s->by_name, s->n, where_name, r->name);
}

static size_t order_place(const struct shelf *s, const struct record *r)
{
	return lower(s->by_order, s->n, where_second, &(struct wanted){ s, r });
}

static void insert_at(const struct record **list, size_t n, size_t i, const struct record *r)
{
	memmove(&list[i + 1], &list[i], (n - i) * sizeof(*list));
	list[i] = r;
}

static void cut_at(const struct record **list, size_t n, size_t i)
{
	memmove(&list[i], &list[i + 1], (n - i - 1) * sizeof(*list));
}

/* ---- changing ---- */

bool shelf_remove(struct shelf *s, const char *name)
{
	struct slot *slot = slot_of(s, name, sum_of(s, name));
	const struct record *old = slot->rec;

	if (!old)
		return false;
	cut_at(s->by_name, s->n, name_place(s, old));
	if (s->order)
		cut_at(s->by_order, s->n, order_place(s, old));
	slot_remove(s, slot);
	s->n--;
	record_unref(old);
	return true;
}

/* In its place when only the record changes: names stay, the second order may move. */
static void replace(struct shelf *s, struct slot *slot, const struct record *r)
{
	const struct record *old = slot->rec;

	s->by_name[name_place(s, old)] = r;
	if (s->order) {
		cut_at(s->by_order, s->n, order_place(s, old));
		s->n--;
		insert_at(s->by_order, s->n, order_place(s, r), r);
		s->n++;
	}
	slot->rec = r;
	record_unref(old);
}

enum reason shelf_put(struct shelf *s, const struct record *take_r, struct fault *f)
{
	struct slot *slot = slot_of(s, take_r->name, sum_of(s, take_r->name));

	if (slot->rec) {
		replace(s, slot, take_r);
		return R_OK;
	}
	if (s->n == s->room && make_room(s, s->room + s->room / 2, f) != R_OK) {
		record_unref(take_r);
		return R_NO_MEMORY;
	}
	insert_at(s->by_name, s->n, name_place(s, take_r), take_r);
	if (s->order)
		insert_at(s->by_order, s->n, order_place(s, take_r), take_r);
	slot_put(s, take_r);
	s->n++;
	return R_OK;
}

static int by_name(const void *a, const void *b)
{
	return name_order(*(const struct record *const *)a, *(const struct record *const *)b);
}

static int by_order(const void *a, const void *b, void *shelf)
{
	return second_order(shelf, *(const struct record *const *)a,
			    *(const struct record *const *)b);
}

enum reason shelf_fill(struct shelf *s, const struct record **take_list, size_t n, struct fault *f)
{
	if (n == 0)
		return R_OK;
	qsort(take_list, n, sizeof(*take_list), by_name);
	for (size_t i = 0; i < n; i++)
		if ((i && name_order(take_list[i - 1], take_list[i]) == 0) ||
		    shelf_find(s, take_list[i]->name))
			return fail(f, R_NAME_TAKEN, "%s is there twice", take_list[i]->name);
	if (make_room(s, s->n + n, f) != R_OK)
		return R_NO_MEMORY;
	memcpy(&s->by_name[s->n], take_list, n * sizeof(*take_list));
	if (s->order)
		memcpy(&s->by_order[s->n], take_list, n * sizeof(*take_list));
	for (size_t i = 0; i < n; i++)
		slot_put(s, take_list[i]);
	s->n += n;
	qsort(s->by_name, s->n, sizeof(*s->by_name), by_name);
	if (s->order)
		qsort_r(s->by_order, s->n, sizeof(*s->by_order), by_order, s);
	return R_OK;
}

/* ---- looking ---- */

const struct record *shelf_find(const struct shelf *s, const char *name)
{
	return slot_of(s, name, sum_of(s, name))->rec;
}

size_t shelf_count(const struct shelf *s)
{
	return s->n;
}

const struct record *shelf_at(const struct shelf *s, size_t i)
{
	return i < s->n ? s->by_name[i] : NULL;
}

const struct record *shelf_at_order(const struct shelf *s, size_t i)
{
	return i < s->n && s->order ? s->by_order[i] : NULL;
}

size_t shelf_after(const struct shelf *s, const char *name)
{
	return lower(s->by_name, s->n, where_above, name);
}

size_t shelf_lower(const struct shelf *s, shelf_where *where, const void *arg)
{
	return s->order ? lower(s->by_order, s->n, where, arg) : s->n;
}
