/* halfopen.c - callers that sent a first message and nothing more
 *
 * One small record each, oldest first, found by both cookies or, when the first message comes again,
 * by address, port and the caller's cookie. What strangers may take is bounded three ways: the
 * whole table, one address, one network. Configured peers and ends of living SAs are exempt
 * from the last two: a flood from forged addresses cannot lock them out, since when the table
 * is full its oldest record goes.
 *
 * Called by: the IKE versions, engine.c.  Thread: loop.  Owns: the records.
 */
#include "core/ike/halfopen.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/rng.h"
#include "core/ike/pieces.h"
#include "core/ike/registry.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"

enum {
	LIFE_MS = 30000,
	TABLE_MOST = 32768,
	NETWORK_MOST = 64,
	HEAVY_MOST = 256,
	HEAVY_KNOWN_MOST = 1024,
	SUMS_A_SECOND = 50,
	MINUTE_MS = 60000,
	ANSWERS_APART_MS = 100
};

/* A caller that is an IKE SA already. */
struct heavy {
	struct link link; /* oldest first */
	struct ike_sa *sa;
	struct addr remote;
	bool is_known; /* its address is configured, or that of an SA */
};

struct halfopens {
	struct link all; /* oldest first */
	size_t n;
	struct hash *by_cookies, *by_caller;
	struct hash *addresses, *networks; /* how many from there */
	struct link strangers, known; /* struct heavy, oldest first */
	size_t strangers_n, known_n;
	msec second; /* in which these sums were: */
	unsigned sums, first_sums;
};

struct halfopens *halfopens_new(struct engine *e, struct fault *f)
{
	struct halfopens *h = calloc(1, sizeof(*h));

	(void)e;
	if (h) {
		list_init(&h->all);
		list_init(&h->strangers);
		list_init(&h->known);
		h->by_cookies = hash_new();
		h->by_caller = hash_new();
		h->addresses = hash_new();
		h->networks = hash_new();
		if (h->by_cookies && h->by_caller && h->addresses && h->networks)
			return h;
	}
	halfopens_free(h);
	fail(f, R_NO_MEMORY, "no memory for callers");
	return NULL;
}

static void free_record(struct halfopen *ho)
{
	record_unref(ho->peer ? &ho->peer->r : NULL);
	record_unref(ho->proposal ? &ho->proposal->r : NULL);
	bytes_free(ho->sa_body);
	pieces_drop(&ho->pieces);
	free(ho);
}

void halfopens_free(struct halfopens *h)
{
	if (!h)
		return;
	list_each (l, &h->all) {
		free_record(owner_of(l, struct halfopen, link));
	}
	hash_free(h->by_cookies);
	hash_free(h->by_caller);
	hash_free(h->addresses);
	hash_free(h->networks);
	free(h);
}

/* Address, port and cookie of a caller in one key. */
struct caller_key {
	uint8_t ip[16], cky_i[8], port[2], minute[8];
};

static struct caller_key key_of(const struct addr *remote, const uint8_t *cky_i, uint64_t minute)
{
	struct caller_key k = { 0 };

	memcpy(k.ip, remote->ip, sizeof(k.ip));
	memcpy(k.cky_i, cky_i, sizeof(k.cky_i));
	memcpy(k.port, &remote->port, sizeof(k.port));
	memcpy(k.minute, &minute, sizeof(k.minute));
	return k;
}

void halfopen_cookie(struct engine *e, const struct packet *p, const uint8_t *cky_i, bool before,
		     uint8_t ret[8])
{
	uint64_t minute = (uint64_t)(e->now / MINUTE_MS) + 1 - before;
	struct caller_key k = key_of(&p->remote, cky_i, minute);
	uint64_t sum = hash_keyed(slice(&k, sizeof(k)), e->key);

	if (sum == 0)
		sum = 1; /* a cookie of zeros means none */
	memcpy(ret, &sum, sizeof(sum));
}

void halfopen_cookie_new(struct engine *e, const struct packet *p, struct cookies *cky)
{
	for (int before = 0; before < 2; before++) {
		halfopen_cookie(e, p, cky->i, before, cky->r);
		if (!registry_find(e->registry, cky))
			return;
	}
	do
		rng_fill(e->ports.rng, cky->r, sizeof(cky->r));
	while (registry_find(e->registry, cky));
}

/* The /24 or /48 an address lies in. */
static struct addr network_of(const struct addr *a)
{
	return addr_with_port(addr_masked(a, a->family == 4 ? 24 : 48), 0);
}

static uintptr_t count_at(const struct hash *h, const struct addr *a)
{
	return (uintptr_t)hash_find(h, addr_slice(a));
}

static void count_add(struct hash *h, const struct addr *a, intptr_t by)
{
	uintptr_t n = count_at(h, a) + (uintptr_t)by;

	if (n)
		hash_put(h, addr_slice(a), (void *)n, NULL);
	else
		hash_remove(h, addr_slice(a));
}

enum reason halfopen_admit(struct engine *e, const struct addr *remote, struct fault *f)
{
	const struct halfopens *h = e->halfopens;
	struct addr network = network_of(remote);
	uint32_t most = config_ike(e->config)->half_open_per_address;
	char text[ADDR_TEXT];

	if (registry_is_known(e->registry, remote))
		return R_OK;
	if (count_at(h->addresses, remote) < most && count_at(h->networks, &network) < NETWORK_MOST)
		return R_OK;
	e->counters.dropped_flood++;
	return fail(f, R_BUSY, "too many callers from %s have not gone on",
		    addr_text(remote, text));
}

static struct slice cookies_key(const struct halfopen *ho)
{
	return slice(&ho->cky, sizeof(ho->cky));
}

static void count_both(struct halfopens *h, const struct addr *remote, intptr_t by)
{
	struct addr network = network_of(remote);

	count_add(h->addresses, remote, by);
	count_add(h->networks, &network, by);
}

void halfopen_drop(struct engine *e, struct halfopen *ho)
{
	struct halfopens *h = e->halfopens;
	struct caller_key k = key_of(&ho->remote, ho->cky.i, 0);

	list_remove(&ho->link);
	if (hash_find(h->by_cookies, cookies_key(ho)) == ho)
		hash_remove(h->by_cookies, cookies_key(ho));
	if (hash_find(h->by_caller, slice(&k, sizeof(k))) == ho)
		hash_remove(h->by_caller, slice(&k, sizeof(k)));
	count_both(h, &ho->remote, -1);
	h->n--;
	free_record(ho);
}

enum reason halfopen_put(struct engine *e, const struct halfopen *take_h, struct fault *f)
{
	struct halfopens *h = e->halfopens;
	size_t most = MIN_OF(config_ike(e->config)->half_open_limit, (uint32_t)TABLE_MOST);
	struct halfopen *ho = malloc(sizeof(*ho));
	struct caller_key k = key_of(&take_h->remote, take_h->cky.i, 0);
	bool ok = true, ok2 = true;

	if (!ho) {
		bytes_free(take_h->sa_body);
		return fail(f, R_NO_MEMORY, "no memory for a caller");
	}
	while (h->n >= most) {
		e->counters.dropped_flood++;
		halfopen_drop(e, owner_of(list_first(&h->all), struct halfopen, link));
	}
	*ho = *take_h;
	ho->answered_at = e->now;
	record_ref(&ho->peer->r);
	record_ref(&ho->proposal->r);
	list_push(&h->all, &ho->link);
	h->n++;
	count_both(h, &ho->remote, 1);
	hash_put(h->by_cookies, cookies_key(ho), ho, &ok);
	hash_put(h->by_caller, slice(&k, sizeof(k)), ho, &ok2);
	if (ok && ok2)
		return R_OK;
	halfopen_drop(e, ho);
	return fail(f, R_NO_MEMORY, "no memory for a caller");
}

struct halfopen *halfopen_find(struct engine *e, const struct cookies *cky)
{
	return hash_find(e->halfopens->by_cookies, slice(cky, sizeof(*cky)));
}

struct halfopen *halfopen_again(struct engine *e, const struct packet *p, const uint8_t *cky_i)
{
	struct caller_key k = key_of(&p->remote, cky_i, 0);

	return hash_find(e->halfopens->by_caller, slice(&k, sizeof(k)));
}

bool halfopen_may_answer(struct engine *e, struct halfopen *h)
{
	if (e->now - h->answered_at < ANSWERS_APART_MS)
		return false;
	h->answered_at = e->now;
	return true;
}

/* --- aggressive mode --- */

void halfopen_leave(struct engine *e, struct heavy *h)
{
	struct halfopens *all = e->halfopens;

	if (!h)
		return;
	list_remove(&h->link);
	--*(h->is_known ? &all->known_n : &all->strangers_n);
	count_both(all, &h->remote, -1);
	free(h);
}

/* Known ones have room of their own: strangers cannot push them out. Ending an SA lets it leave. */
static void make_room(struct engine *e, bool is_known)
{
	struct halfopens *h = e->halfopens;
	struct link *list = is_known ? &h->known : &h->strangers;
	const size_t *n = is_known ? &h->known_n : &h->strangers_n;
	size_t most = is_known ? HEAVY_KNOWN_MOST : HEAVY_MOST;
	struct sa_end end = { .reason = R_BUSY, .text = "too many callers have not gone on" };

	while (*n >= most) {
		e->counters.dropped_flood++;
		sa_end(owner_of(list_first(list), struct heavy, link)->sa, &end);
	}
}

struct heavy *halfopen_enter(struct ike_sa *sa, struct fault *f)
{
	struct engine *e = sa->e;
	struct halfopens *all = e->halfopens;
	struct heavy *h;

	if (halfopen_admit(e, &sa->remote, f) != R_OK)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h) {
		fail(f, R_NO_MEMORY, "no memory for a caller");
		return NULL;
	}
	h->sa = sa;
	h->remote = sa->remote;
	h->is_known = registry_is_known(e->registry, &sa->remote);
	make_room(e, h->is_known);
	list_push(h->is_known ? &all->known : &all->strangers, &h->link);
	++*(h->is_known ? &all->known_n : &all->strangers_n);
	count_both(all, &h->remote, 1);
	return h;
}

enum reason halfopen_may_sum(struct engine *e, const struct addr *remote, bool first,
			     struct fault *f)
{
	struct halfopens *h = e->halfopens;

	if (registry_is_known(e->registry, remote))
		return R_OK;
	if (e->now - h->second >= SECOND_MS) {
		h->second = e->now;
		h->sums = h->first_sums = 0;
	}
	if (h->sums >= SUMS_A_SECOND || (first && h->first_sums >= SUMS_A_SECOND / 2)) {
		e->counters.dropped_flood++;
		return fail(f, R_BUSY, "too many strangers want sums");
	}
	h->sums++;
	h->first_sums += first;
	return R_OK;
}

msec halfopens_tick(struct engine *e)
{
	struct halfopens *h = e->halfopens;

	while (h->n) {
		struct halfopen *oldest = owner_of(list_first(&h->all), struct halfopen, link);
		msec left = oldest->born + LIFE_MS - e->now;

		if (left > 0)
			return left;
		halfopen_drop(e, oldest);
	}
	return -1;
}

size_t halfopens_count(const struct engine *e)
{
	return e->halfopens->n + e->halfopens->strangers_n + e->halfopens->known_n;
}
