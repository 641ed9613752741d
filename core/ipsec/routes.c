/* routes.c - sending protected traffic into our TUN device
 *
 * For each policy: remote prefixes are routed to the device in a table of our own, and rules
 * send packets from its local prefixes there, unless they carry our mark (our own ESP and IKE).
 * Local prefixes are also thrown back out of the table, so that a tunnel to everywhere does not
 * swallow the local network. Packets that the gateway itself sends have no source yet when they
 * are routed: if it owns an address inside the selector, a second table gives them that one
 * (IPv4; IPv6 chooses by itself and then asks the rule).
 *
 * Called by userspace.c.  Thread: loop.  Owns: rules and routes with protocol 0x49.
 */
#include "core/ipsec/routes.h"

#include <stdlib.h>
#include <string.h>

#include "core/ipsec/route_table.h"

enum { SPLIT_MAX = 254 };

struct entry {
	struct route_item item;
	unsigned users;
};

/* One call of routes_add, so that routes_del takes back what it gave. */
struct claim {
	struct selector local, remote;
	struct addr source; /* family 0: the gateway owned no address inside */
};

struct routes {
	struct netlink *n;
	int index;
	struct entry *entries;
	struct claim *claims;
	size_t entries_n, claims_n;
};

/* --- ranges -------------------------------------------------------------------------- */

static bool bit_at(const uint8_t *ip, unsigned bit)
{
	return ip[bit / 8] >> (7 - bit % 8) & 1;
}

/* Last address of the prefix that starts at `low` with these bits. */
static struct addr last_of(const struct addr *low, unsigned bits)
{
	struct addr a = *low;

	for (unsigned i = bits; i < (low->family == 4 ? 32u : 128u); i++)
		a.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return a;
}

static bool next_address(struct addr *a)
{
	for (int i = (int)addr_size(a) - 1; i >= 0; i--)
		if (++a->ip[i])
			return true;
	return false;
}

size_t routes_split(const struct range *range, struct prefix *ret, size_t cap)
{
	struct addr at = addr_with_port(range->low, 0);
	unsigned width = at.family == 4 ? 32 : 128;
	size_t n = 0;

	if (at.family != range->high.family || addr_compare(&at, &range->high) > 0)
		return 0;
	for (;;) {
		unsigned bits = width;

		/* as short as the start allows and the end permits */
		while (bits && !bit_at(at.ip, bits - 1)) {
			struct addr last = last_of(&at, bits - 1);

			if (memcmp(last.ip, range->high.ip, 16) > 0)
				break;
			bits--;
		}
		struct addr last = last_of(&at, bits);

		if (n < cap)
			ret[n] = (struct prefix){ at, (uint8_t)bits };
		n++;
		if (memcmp(last.ip, range->high.ip, 16) >= 0 || !next_address(&last))
			return n;
		at = last;
	}
}

/* --- what is in the kernel ----------------------------------------------------------- */

static bool is_same(const struct route_item *a, const struct route_item *b)
{
	return a->kind == b->kind && prefix_equal(&a->prefix, &b->prefix);
}

static struct entry *find(struct routes *r, const struct route_item *item)
{
	for (size_t i = 0; i < r->entries_n; i++)
		if (is_same(&r->entries[i].item, item))
			return &r->entries[i];
	return NULL;
}

/* Room for one more, doubling. */
static bool grow(void *array, size_t n, size_t size)
{
	void *at, *more;

	memcpy(&at, array, sizeof(at));
	if (n & (n - 1))
		return true;
	more = realloc(at, (n ? n * 2 : 1) * size);
	if (more)
		memcpy(array, &more, sizeof(more));
	return more != NULL;
}

static enum reason take(struct routes *r, const struct route_item *item, struct fault *f)
{
	struct entry *e = find(r, item);

	if (e) {
		e->users++;
		return R_OK;
	}
	if (!grow(&r->entries, r->entries_n, sizeof(*r->entries)))
		return fail(f, R_NO_MEMORY, "no memory for a route");
	enum reason got = route_table_put(r->n, item, r->index, f);

	if (got == R_OK)
		r->entries[r->entries_n++] = (struct entry){ *item, 1 };
	return got;
}

static void drop(struct routes *r, const struct route_item *item)
{
	struct entry *e = find(r, item);

	if (!e || --e->users)
		return;
	route_table_take(r->n, &e->item, r->index);
	*e = r->entries[--r->entries_n];
}

/* --- what a policy needs ------------------------------------------------------------- */

static size_t add_items(const struct range *range, enum route_kind kind, const struct addr *source,
			struct route_item *ret, size_t cap)
{
	struct prefix p[SPLIT_MAX];
	size_t n = MIN_OF(routes_split(range, p, SPLIT_MAX), MIN_OF(cap, (size_t)SPLIT_MAX));

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct route_item){ kind, p[i], source ? *source : (struct addr){ 0 } };
	return n;
}

/* Everything this claim wants in the kernel; ret holds 4 * SPLIT_MAX + 1. */
static size_t items_of(const struct claim *c, struct route_item *ret)
{
	const struct range *local = &c->local.range, *remote = &c->remote.range;
	struct prefix all = { .addr = { .family = local->low.family } };
	size_t n = add_items(remote, ROUTE_REMOTE, NULL, ret, SPLIT_MAX);
	struct prefix whole;

	if (!range_prefix(local, &whole) || whole.bits)
		n += add_items(local, ROUTE_THROW, NULL, ret + n, SPLIT_MAX);
	if (c->source.family) {
		n += add_items(remote, ROUTE_OWN, &c->source, ret + n, SPLIT_MAX);
		ret[n++] = (struct route_item){ .kind = ROUTE_OWN_RULE, .prefix = all };
	}
	return n + add_items(local, ROUTE_RULE, NULL, ret + n, SPLIT_MAX);
}

/* IPv6 chooses a source by its own rules, and only then looks at "from". */
static void find_source(struct routes *r, struct claim *c)
{
	struct prefix whole;
	bool any = range_prefix(&c->local.range, &whole) && whole.bits == 0;

	if (!any && c->local.range.low.family == 4)
		route_table_own(r->n, &c->local.range, &c->source);
}

enum reason routes_add(struct routes *r, const struct selector *local,
		       const struct selector *remote, struct fault *f)
{
	struct route_item items[4 * SPLIT_MAX + 1];
	struct claim c = { .local = *local, .remote = *remote };
	enum reason got = R_OK;
	size_t n, i;

	if (!grow(&r->claims, r->claims_n, sizeof(*r->claims)))
		return fail(f, R_NO_MEMORY, "no memory for a route");
	find_source(r, &c);
	n = items_of(&c, items);
	for (i = 0; i < n && got == R_OK; i++)
		got = take(r, &items[i], f);
	if (got == R_OK) {
		r->claims[r->claims_n++] = c;
		return R_OK;
	}
	while (i-- > 1)
		drop(r, &items[i - 1]);
	return got;
}

void routes_del(struct routes *r, const struct selector *local, const struct selector *remote)
{
	struct route_item items[4 * SPLIT_MAX + 1];

	for (size_t c = 0; c < r->claims_n; c++) {
		if (!selector_equal(&r->claims[c].local, local) ||
		    !selector_equal(&r->claims[c].remote, remote))
			continue;
		size_t n = items_of(&r->claims[c], items);

		r->claims[c] = r->claims[--r->claims_n];
		while (n-- > 0)
			drop(r, &items[n]);
		return;
	}
}

struct routes *routes_open(int index, struct fault *f)
{
	own(routes) r = calloc(1, sizeof(*r));

	if (!r) {
		fail(f, R_NO_MEMORY, "no memory for routes");
		return NULL;
	}
	r->index = index;
	r->n = netlink_open(0, 0, f);
	if (!r->n)
		return NULL;
	route_table_purge(r->n);
	return give(r);
}

void routes_free(struct routes *r)
{
	if (!r)
		return;
	while (r->n && r->entries_n)
		route_table_take(r->n, &r->entries[--r->entries_n].item, r->index);
	netlink_free(r->n);
	free(r->entries);
	free(r->claims);
	free(r);
}
