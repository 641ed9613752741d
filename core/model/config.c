/* config.c - the whole configuration: its life, and looking into it
 *
 * A config is one shelf of records for each kind. The single records and the built-in default
 * proposal are always there; the latter is made here, since it follows a setting: where
 * comware_default_proposal is on it is the other one.
 *
 * Called by: everybody.  Thread: any; the count is atomic.  Owns: a reference to each shelf.
 * Not here: changes and loading (config_edit.c), whether records make sense together (rules.c).
 */
#include "core/model/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/config_inside.h"

static const struct ike_proposal *ike_proposal_of(const struct record *r)
{
	return (const struct ike_proposal *)(const void *)r;
}

static const struct tunnel *tunnel_of(const struct record *r)
{
	return (const struct tunnel *)(const void *)r;
}

/* ---- second orders ---- */

static int number_order(const struct record *a, const struct record *b)
{
	uint32_t x = ike_proposal_of(a)->number, y = ike_proposal_of(b)->number;

	return (x > y) - (x < y);
}

static int peer_order(const struct record *a, const struct record *b)
{
	const struct tunnel *x = tunnel_of(a), *y = tunnel_of(b);
	int c = strcmp(x->peer, y->peer);

	return c ? c : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static shelf_order *order_of(enum kind k)
{
	if (k == K_IKE_PROPOSAL)
		return number_order;
	return k == K_TUNNEL ? peer_order : NULL;
}

/* ---- life ---- */

/* The count is the only thing about a shared config that changes. */
static uint32_t *refs_of(const struct config *c)
{
	return &((struct config *)(uintptr_t)c)->refs;
}

const struct config *config_ref(const struct config *c)
{
	__atomic_fetch_add(refs_of(c), 1, __ATOMIC_RELAXED);
	return c;
}

void config_unref(const struct config *c)
{
	if (!c || __atomic_fetch_sub(refs_of(c), 1, __ATOMIC_ACQ_REL) != 1)
		return;
	for (int k = 0; k < K_COUNT; k++)
		shelf_unref(c->shelf[k]);
	free((void *)(uintptr_t)c);
}

struct config *config_bare(void)
{
	own(config) c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	for (int k = 0; k < K_COUNT; k++)
		if (!(c->shelf[k] = shelf_new(order_of((enum kind)k))))
			return NULL;
	return give(c);
}

/* What two gateways of today agree on, or the manual's own default when that is asked for. */
static struct ike_proposal *builtin_new(bool comware)
{
	struct ike_proposal *p = (void *)record_new(K_IKE_PROPOSAL);

	if (!p)
		return NULL;
	text_copy(p->r.name, sizeof(p->r.name), BUILTIN_NAME);
	p->number = BUILTIN_NUMBER;
	p->builtin = true;
	p->key_length = 256;
	text_copy(p->description, sizeof(p->description), "Built in, lowest in priority");
	if (comware) {
		p->encryption_algorithm = ENCR_DES;
		p->key_length = 0;
		p->integrity_algorithm = INTEG_SHA1;
		p->dh_group = GROUP_MODP768;
		p->allow_weak = true;
	}
	return p;
}

enum reason config_settle_builtin(struct config *c, struct fault *f)
{
	bool comware = config_ike(c)->comware_default_proposal;
	const struct ike_proposal *now = config_ike_proposal(c, BUILTIN_NAME);
	struct ike_proposal *p;

	if (now && (now->encryption_algorithm == ENCR_DES) == comware)
		return R_OK;
	p = builtin_new(comware);
	if (!p)
		return fail(f, R_NO_MEMORY, "no memory for the built-in proposal");
	p->r.revision = c->revision;
	return shelf_put(c->shelf[K_IKE_PROPOSAL], &p->r, f);
}

enum reason config_settle_singles(struct config *c, struct fault *f)
{
	for (int k = 0; k < K_COUNT; k++) {
		struct record *r;

		if (!kind_row((enum kind)k)->single || shelf_count(c->shelf[k]))
			continue;
		if (!(r = record_new((enum kind)k)))
			return fail(f, R_NO_MEMORY, "no memory for the settings");
		r->index = ++c->last_index[k];
		if (shelf_put(c->shelf[k], r, f) != R_OK)
			return R_NO_MEMORY;
	}
	return R_OK;
}

struct config *config_new(void)
{
	own(config) c = config_bare();

	if (!c || config_settle_singles(c, NULL) != R_OK || config_settle_builtin(c, NULL) != R_OK)
		return NULL;
	return give(c);
}

/* ---- looking ---- */

uint64_t config_revision(const struct config *c)
{
	return c->revision;
}

const struct record *config_find(const struct config *c, enum kind k, const char *name)
{
	if (kind_row(k)->single)
		return shelf_at(c->shelf[k], 0);
	return name ? shelf_find(c->shelf[k], name) : NULL;
}

size_t config_count(const struct config *c, enum kind k)
{
	return shelf_count(c->shelf[k]);
}

const struct record *config_at(const struct config *c, enum kind k, size_t i)
{
	return k == K_IKE_PROPOSAL ? shelf_at_order(c->shelf[k], i) : shelf_at(c->shelf[k], i);
}

static int where_number_after(const void *arg, const struct record *r)
{
	const struct record *last = arg;
	int c = number_order(r, last);

	return c < 0 || (c == 0 && strcmp(r->name, last->name) <= 0) ? -1 : 1;
}

size_t config_after(const struct config *c, enum kind k, const char *name)
{
	const struct record *last;

	if (k != K_IKE_PROPOSAL)
		return shelf_after(c->shelf[k], name);
	if (!*name)
		return 0;
	last = shelf_find(c->shelf[k], name);
	return last ? shelf_lower(c->shelf[k], where_number_after, last) : config_count(c, k);
}

/* clang-format off */
#define SHORTHAND(type, word, code)                                                   \
	const struct type *config_##word(const struct config *c, const char *name)     \
	{                                                                              \
		return (const struct type *)(const void *)config_find(c, code, name);  \
	}
#define SINGLE(type, word, code)                                                       \
	const struct type *config_##word(const struct config *c)                       \
	{                                                                              \
		return (const struct type *)(const void *)config_find(c, code, NULL);  \
	}
SHORTHAND(peer, peer, K_PEER)
SHORTHAND(tunnel, tunnel, K_TUNNEL)
SHORTHAND(ike_proposal, ike_proposal, K_IKE_PROPOSAL)
SHORTHAND(ipsec_proposal, ipsec_proposal, K_IPSEC_PROPOSAL)
SHORTHAND(dpd_profile, dpd, K_DPD_PROFILE)
SHORTHAND(secret, secret, K_SECRET)
SHORTHAND(authority, authority, K_AUTHORITY)
SHORTHAND(certificate, certificate, K_CERTIFICATE)
SHORTHAND(private_key, private_key, K_PRIVATE_KEY)
SHORTHAND(webhook, webhook, K_WEBHOOK)
SINGLE(settings_ike, ike, K_SETTINGS_IKE)
SINGLE(settings_keepalive, keepalive, K_SETTINGS_KEEPALIVE)
SINGLE(settings_ipsec, ipsec, K_SETTINGS_IPSEC)
SINGLE(settings_api, api, K_SETTINGS_API)
SINGLE(settings_snmp, snmp, K_SETTINGS_SNMP)
SINGLE(settings_logging, logging, K_SETTINGS_LOGGING)
/* clang-format on */

static int where_peer(const void *peer, const struct record *r)
{
	return strcmp(tunnel_of(r)->peer, peer);
}

size_t config_tunnels_of(const struct config *c, const char *peer, const struct tunnel **ret,
			 size_t cap)
{
	size_t at = shelf_lower(c->shelf[K_TUNNEL], where_peer, peer), n = 0;

	for (; n < cap; n++, at++) {
		const struct record *r = shelf_at_order(c->shelf[K_TUNNEL], at);

		if (!r || strcmp(tunnel_of(r)->peer, peer) != 0)
			break;
		ret[n] = tunnel_of(r);
	}
	return n;
}

static bool refers(const struct record *r, enum kind k, const char *name)
{
	for (const struct field *fl = kind_row(r->kind)->fields; fl->name; fl++) {
		if (fl->kind != F_REF || fl->ref != k)
			continue;
		for (size_t i = 0; i < field_count(fl, r); i++)
			if (strcmp(field_str(fl, r, i), name) == 0)
				return true;
	}
	return false;
}

static bool may_refer(enum kind from, enum kind to)
{
	for (const struct field *fl = kind_row(from)->fields; fl->name; fl++)
		if (fl->kind == F_REF && fl->ref == to)
			return true;
	return false;
}

/* Tunnels stand sorted by their peer; any other reference is looked for record by record. */
void config_referrers(const struct config *c, enum kind k, const char *name,
		      void (*visit)(void *arg, const struct record *referrer), void *arg)
{
	for (int from = 0; *name && from < K_COUNT; from++) {
		struct shelf *s = c->shelf[from];
		bool sorted = from == K_TUNNEL && k == K_PEER;
		size_t i = sorted ? shelf_lower(s, where_peer, name) : 0;

		if (!may_refer((enum kind)from, k))
			continue;
		for (; i < shelf_count(s); i++) {
			const struct record *r = sorted ? shelf_at_order(s, i) : shelf_at(s, i);

			if (refers(r, k, name))
				visit(arg, r);
			else if (sorted)
				break;
		}
	}
}
