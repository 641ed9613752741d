/* hash.c - a map keyed by bytes
 *
 * Cookies, SPIs and addresses are chosen by strangers, so the places are drawn by
 * SipHash-2-4 under a key nobody outside knows: nobody can make all keys collide. Entries
 * hang in chains and never move, the table doubles when there are as many entries as
 * chains and never shrinks, so a visitor may remove what it stands on.
 *
 * Called by core/model, core/ike, core/daemon.  Thread: its owner's.
 * Owns: entries and copies of the keys; the values are the caller's.
 * Not here: order; whoever needs it keeps a list.
 */
#include "core/base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"

enum { FIRST_CHAINS = 16 };

struct entry {
	struct entry *next;
	uint64_t sum;
	void *value;
	size_t n;
	uint8_t key[];
};

struct hash {
	struct entry **chains;
	size_t size; /* a power of two, 0 before the first entry */
	size_t count;
	uint8_t key[16];
};

static uint64_t rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static uint64_t load_le(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i > 0; i--)
		v = v << 8 | at[i - 1];
	return v;
}

static void sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), section 2. */
uint64_t hash_keyed(struct slice data, const uint8_t key[16])
{
	uint64_t k0 = load_le(key, 8), k1 = load_le(&key[8], 8);
	uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
			  k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
	size_t i = 0;

	for (; data.n - i >= 8; i += 8) {
		uint64_t m = load_le(&data.at[i], 8);

		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}

	uint64_t last = (uint64_t)data.n << 56;
	if (i < data.n)
		last |= load_le(&data.at[i], data.n - i);
	v[3] ^= last;
	sip_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct hash *hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (h) {
		struct rng r = rng_system();

		rng_fill(&r, h->key, sizeof(h->key));
	}
	return h;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->size; i++) {
		for (struct entry *e = h->chains[i], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(h->chains);
	free(h);
}

/* Where the pointer to the entry with this key is, or would be; NULL before the first. */
static struct entry **place_of(const struct hash *h, struct slice key, uint64_t sum)
{
	struct entry **at = h->size ? &h->chains[sum & (h->size - 1)] : NULL;

	while (at && *at && !((*at)->sum == sum && slice_equal(slice((*at)->key, (*at)->n), key)))
		at = &(*at)->next;
	return at;
}

void *hash_find(const struct hash *h, struct slice key)
{
	struct entry **at = place_of(h, key, hash_keyed(key, h->key));

	return at && *at ? (*at)->value : NULL;
}

/* Longer chains are slower but right, so running out of memory here is no failure. */
static void grow(struct hash *h)
{
	size_t size = h->size ? 2 * h->size : FIRST_CHAINS;
	struct entry **chains = calloc(size, sizeof(struct entry *));

	if (!chains)
		return;
	for (size_t i = 0; i < h->size; i++) {
		for (struct entry *e = h->chains[i], *next; e; e = next) {
			struct entry **head = &chains[e->sum & (size - 1)];

			next = e->next;
			e->next = *head;
			*head = e;
		}
	}
	free(h->chains);
	h->chains = chains;
	h->size = size;
}

void *hash_put(struct hash *h, struct slice key, void *value, bool *ret_ok)
{
	uint64_t sum = hash_keyed(key, h->key);
	struct entry **at = place_of(h, key, sum);

	if (ret_ok)
		*ret_ok = true;
	if (at && *at) {
		void *old = (*at)->value;

		(*at)->value = value;
		return old;
	}
	if (h->count >= h->size)
		grow(h);

	struct entry *e = h->size ? calloc(1, sizeof(*e) + key.n) : NULL;
	if (!e) {
		if (ret_ok)
			*ret_ok = false;
		return NULL;
	}
	e->sum = sum;
	e->value = value;
	e->n = key.n;
	if (key.n)
		memcpy(e->key, key.at, key.n);
	e->next = h->chains[sum & (h->size - 1)];
	h->chains[sum & (h->size - 1)] = e;
	h->count++;
	return NULL;
}

void *hash_remove(struct hash *h, struct slice key)
{
	struct entry **at = place_of(h, key, hash_keyed(key, h->key));

	if (!at || !*at)
		return NULL;

	struct entry *e = *at;
	void *value = e->value;
	*at = e->next;
	free(e);
	h->count--;
	return value;
}

size_t hash_count(const struct hash *h)
{
	return h->count;
}

void hash_each(struct hash *h, void (*visit)(void *arg, struct slice key, void *value), void *arg)
{
	for (size_t i = 0; i < h->size; i++) {
		for (struct entry *e = h->chains[i], *next; e; e = next) {
			next = e->next;
			visit(arg, slice(e->key, e->n), e->value);
		}
	}
}
