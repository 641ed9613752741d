/* engine_picture.c - what is going on, as flat rows
 *
 * Every IKE SA, every IPsec SA pair, and every tunnel and peer of the configuration whether up or
 * not. Each list is walked once; runs are kept sorted by index, SAs stand by rising id. The data
 * plane is asked for the counters of a pair at most every few seconds when there are many.
 *
 * Called by: core/daemon through engine_picture.  Thread: loop.  Owns: nothing; the view is given
 * away.
 * Not here: totals of the crew, the loop and the data plane - the daemon completes them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/ends.h"
#include "core/ike/engine.h"
#include "core/ike/exchange.h"
#include "core/ike/halfopen.h"
#include "core/ike/liveness.h"
#include "core/ike/sa.h"
#include "core/ike/stale.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/proposal.h"
#include "core/model/rules.h"

enum { FEW = 256, COUNTED_MS = 5000 };

static uint32_t seconds_to(const struct engine *e, msec at)
{
	return at > e->now ? (uint32_t)((at - e->now + SECOND_MS - 1) / SECOND_MS) : 0;
}

static uint32_t seconds_since(const struct engine *e, msec at)
{
	return at && e->now > at ? (uint32_t)((e->now - at) / SECOND_MS) : 0;
}

static uint64_t wall_s_of(const struct engine *e, uint64_t clock_ms)
{
	if (!clock_ms)
		return 0;
	return (uint64_t)(engine_wall_ms(e) - (e->now - (int64_t)clock_ms)) / SECOND_MS;
}

static void put_ends(const struct addr *local, const struct addr *remote, char *ret_local,
		     char *ret_remote)
{
	addr_text(local, ret_local);
	addr_text(remote, ret_remote);
}

static const char *slug(enum reason r)
{
	return r == R_OK ? "" : reason_slug(r);
}

static struct text over(char *at, size_t cap)
{
	*at = '\0';
	return (struct text){ .at = at, .cap = cap, .limit = cap - 1 };
}

/* NONE: half done, as Comware shows it, whatever else is true of it. */
static void put_flags(uint32_t flags, char *ret, size_t cap)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = { { SAF_RD, "RD" }, { SAF_ST, "ST" }, { SAF_RL, "RL" },
		      { SAF_FD, "FD" }, { SAF_TO, "TO" }, { SAF_RK, "RK" } };
	struct text t = over(ret, cap);

	if (!(flags & SAF_RD))
		text_add_str(&t, "NONE");
	for (size_t i = 0; i < COUNT_OF(words) && flags & SAF_RD; i++)
		if (flags & words[i].bit)
			text_add(&t, "%s%s", t.n ? "|" : "", words[i].word);
}

static void put_suite(const struct ike_sa *sa, struct ike_sa_row *r)
{
	if (!sa->proposal)
		return;
	ike_suite_text(&sa->suite, r->proposal);
	text_copy(r->proposal_name, sizeof(r->proposal_name), sa->proposal->r.name);
	r->encryption_algorithm = (int)sa->suite.encr;
	r->integrity_algorithm = (int)sa->suite.hash;
	r->dh_group = (int)sa->suite.group;
	r->authentication_method = (int)sa->suite.auth;
	r->key_length = sa->suite.key_bits;
}

static void put_psk(const struct ike_sa *sa, struct ike_sa_row *r)
{
	const struct sealed *key = sa->authenticated ? sa_psk(sa) : NULL;

	if (!key)
		return;
	r->psk = sa_psk_word(sa, sa->e->config);
	text_copy(r->psk_fingerprint, sizeof(r->psk_fingerprint), key->fingerprint);
}

static void put_times(const struct ike_sa *sa, struct ike_sa_row *r)
{
	const struct engine *e = sa->e;
	bool ours = !sa->replaced && !sa->rekeying;

	r->created_at = (uint64_t)sa->born_s;
	r->established_at = (uint64_t)sa->up_s;
	r->age_seconds = seconds_since(e, sa->up_at);
	r->lifetime_seconds = sa->lifetime_s;
	r->rekey_in_seconds = ours ? seconds_to(e, sa->soft_at) : 0;
	r->expires_in_seconds = seconds_to(e, sa->hard_at);
	r->last_inbound_at = (uint64_t)sa->last_in_s;
	r->timeout_tagged = sa->timeout_tagged;
}

static void put_dpd(const struct ike_sa *sa, struct ike_sa_row *r)
{
	const struct peer *p = sa->run ? sa->run->peer : NULL;
	const struct dpd_profile *d = p && *p->dpd ? config_dpd(sa->e->config, p->dpd) : NULL;

	if (!d)
		return;
	r->dpd_interval_seconds = d->interval_seconds;
	r->dpd_retry_seconds = d->retry_seconds;
}

/* A timer that runs is due in a second at least: 0 says that it does not. */
static uint32_t due_in(const struct engine *e, msec at)
{
	return at ? MAX_OF(seconds_to(e, at), 1u) : 0;
}

static void put_liveness(const struct ike_sa *sa, struct ike_sa_row *r)
{
	struct liveness_next n;

	liveness_next(sa, &n);
	r->dpd_due_in_seconds = due_in(sa->e, n.dpd_at);
	r->dpd_unanswered = n.unanswered;
	r->dpd_ends_in_seconds = due_in(sa->e, n.dpd_end_at);
	r->keepalive_due_in_seconds = due_in(sa->e, n.beat_at);
	r->keepalive_silence_in_seconds = due_in(sa->e, n.silence_at);
	r->keepalive_timeout_seconds = sa->alive.timeout_s;
	r->nat_keepalive_due_in_seconds = due_in(sa->e, sa->nat_awake.slot ? sa->nat_awake.at : 0);
}

static void put_traffic(const struct ike_sa *sa, struct ike_sa_row *r)
{
	r->children = sa->children_n;
	r->packets_in = sa->packets_in;
	r->packets_out = sa->packets_out;
	r->bytes_in = sa->bytes_in;
	r->bytes_out = sa->bytes_out;
	r->retransmits = sa->retransmits;
	r->tally = sa->tally;
}

static void put_ike_sa(const struct ike_sa *sa, struct ike_sa_row *r)
{
	struct text reasons = over(r->stale_reasons, sizeof(r->stale_reasons));

	r->id = sa->id;
	r->peer_index = sa->peer->r.index;
	text_copy(r->peer, sizeof(r->peer), sa->peer->r.name);
	text_copy(r->instance, sizeof(r->instance), sa->instance);
	r->ike_version = sa->version->major;
	r->exchange_mode = sa->exchange_mode;
	r->role = (int)sa->role;
	r->state = (int)sa->state;
	r->flags = sa_flags(sa);
	put_flags(r->flags, r->flags_text, sizeof(r->flags_text));
	put_ends(&sa->local, &sa->remote, r->local_address, r->remote_address);
	r->local_port = sa->local.port;
	r->remote_port = sa->remote.port;
	r->local_id_type = sa->local_id_type;
	r->remote_id_type = sa->remote_id_type;
	text_copy(r->local_id, sizeof(r->local_id), sa->local_id);
	text_copy(r->remote_id, sizeof(r->remote_id), sa->remote_id);
	r->nat_local = sa->nat_local;
	r->nat_remote = sa->nat_remote;
	hex_of(slice(sa->cky.i, sizeof(sa->cky.i)), r->initiator_spi, sizeof(r->initiator_spi));
	hex_of(slice(sa->cky.r, sizeof(sa->cky.r)), r->responder_spi, sizeof(r->responder_spi));
	put_suite(sa, r);
	put_psk(sa, r);
	put_times(sa, r);
	put_dpd(sa, r);
	put_liveness(sa, r);
	put_traffic(sa, r);
	r->config_generation = sa->revision;
	r->stale = stale_ike(sa, sa->e->config, &reasons, NULL) >= IMPACT_IKE;
	r->negotiation = sa->negotiation;
}

static void count_if_due(struct child *c, bool many)
{
	const struct engine *e = c->e;

	if (c->in_installed && (!many || e->now - c->counted_at >= COUNTED_MS))
		child_count(c);
}

static void put_child_path(const struct child *c, struct child_row *r)
{
	r->encap = c->encap;
	put_ends(&c->local, &c->remote, r->local_address, r->remote_address);
	r->local_port = c->encap ? c->local.port : 0;
	r->remote_port = c->encap ? c->remote.port : 0;
	selector_text(&c->local_ts, r->local_ts, sizeof(r->local_ts));
	selector_text(&c->remote_ts, r->remote_ts, sizeof(r->remote_ts));
	text_copy(r->data_plane, sizeof(r->data_plane), c->e->ports.plane->name);
}

static void put_child_suite(const struct child *c, struct child_row *r)
{
	if (!c->proposal)
		return;
	esp_suite_text(&c->suite, c->pfs, r->proposal);
	text_copy(r->proposal_name, sizeof(r->proposal_name), c->proposal->r.name);
	r->encryption_algorithm = (int)c->suite.encr;
	r->integrity_algorithm = (int)c->suite.integ;
	r->dh_group = (int)c->pfs;
	r->key_length = c->suite.key_bits;
	r->lifetime_seconds = c->lifetime_s;
	r->lifetime_kilobytes = c->lifetime_kb;
	r->replay_window = c->replay_window;
}

static uint32_t kilobytes_left(const struct child *c)
{
	uint64_t used = MAX_OF(c->seen_in.bytes, c->seen_out.bytes) / 1024;

	return used < c->lifetime_kb ? (uint32_t)(c->lifetime_kb - used) : 0;
}

static void put_child_counts(const struct child *c, struct child_row *r)
{
	const struct engine *e = c->e;

	r->established_at = (uint64_t)c->up_s;
	r->age_seconds = seconds_since(e, c->up_at);
	r->rekey_in_seconds = c->replaced ? 0 : seconds_to(e, c->soft_at);
	r->expires_in_seconds = seconds_to(e, c->hard_at);
	r->remaining_kilobytes = kilobytes_left(c);
	r->bytes_in = c->seen_in.bytes;
	r->bytes_out = c->seen_out.bytes;
	r->packets_in = c->seen_in.packets;
	r->packets_out = c->seen_out.packets;
	r->last_in_at = wall_s_of(e, c->seen_in.last_ms);
	r->last_out_at = wall_s_of(e, c->seen_out.last_ms);
	r->errors_replay = c->seen_in.replayed;
	r->errors_integrity = c->seen_in.bad_icv;
	r->errors_other = c->seen_in.other_errors + c->seen_out.other_errors;
	r->bytes_last_minute = c->minute_bytes;
}

static void put_child(struct child *c, struct child_row *r)
{
	struct text reasons = over(r->stale_reasons, sizeof(r->stale_reasons));

	r->id = c->id;
	r->ike_sa = c->sa ? c->sa->id : 0;
	r->peer_index = c->peer->r.index;
	r->tunnel_index = c->tunnel->r.index;
	text_copy(r->peer, sizeof(r->peer), c->peer->r.name);
	text_copy(r->tunnel, sizeof(r->tunnel), c->tunnel->r.name);
	r->state = (int)c->state;
	r->mode = c->transport ? TUNNEL_TRANSPORT : TUNNEL_TUNNEL;
	r->keying = c->tunnel->keying;
	r->role = (int)c->role;
	r->flags = child_flags(c);
	put_flags(r->flags, r->flags_text, sizeof(r->flags_text));
	text_copy(r->protocol, sizeof(r->protocol), "esp");
	r->spi_in = c->spi_in;
	r->spi_out = c->spi_out;
	put_child_path(c, r);
	put_child_suite(c, r);
	put_child_counts(c, r);
	r->config_generation = c->revision;
	r->stale = stale_child(c, c->e->config, &reasons, NULL) >= IMPACT_CHILD;
	r->negotiation = c->negotiation;
}

static void put_tunnel_sums(const struct tunnel_run *t, struct tunnel_row *r)
{
	r->bytes_in = t->bytes_in;
	r->bytes_out = t->bytes_out;
	r->packets_in = t->packets_in;
	r->packets_out = t->packets_out;
	r->up_count = t->up_count;
	r->down_count = t->down_count;
	r->rekeys = t->rekeys;
	text_copy(r->last_down_reason, sizeof(r->last_down_reason), slug(t->last_down));
	r->last_failure_at = (uint64_t)t->failed_at_s;
	text_copy(r->last_failure_reason, sizeof(r->last_failure_reason), slug(t->failed.reason));
	text_copy(r->last_failure, sizeof(r->last_failure), t->failed.text);
	r->last_negotiation = t->last_negotiation;
}

static void put_tunnel(const struct tunnel_run *t, struct tunnel_row *r)
{
	const struct tunnel *rec = t->tunnel;

	r->index = rec->r.index;
	r->peer_index = t->peer_run ? t->peer_run->peer->r.index : 0;
	text_copy(r->name, sizeof(r->name), rec->r.name);
	text_copy(r->peer, sizeof(r->peer), rec->peer);
	r->enabled = rec->enabled;
	r->state = (int)t->state;
	r->state_since = (uint64_t)t->state_since_s;
	r->children = t->children_n;
	put_tunnel_sums(t, r);
	r->config_generation = rec->r.revision;
}

static void put_peer_record(const struct peer_run *p, struct peer_row *r)
{
	const struct peer *rec = p->peer;
	const struct dpd_profile *d = *rec->dpd ? config_dpd(p->e->config, rec->dpd) : NULL;
	struct addr one;

	r->index = rec->r.index;
	text_copy(r->name, sizeof(r->name), rec->r.name);
	r->enabled = rec->enabled;
	r->exchange_mode = rec->exchange_mode;
	r->ike_version = rec->ike_version;
	r->role = addr_read(rec->remote_address, &one) || ends_is_name(rec) ? PEER_ROLE_BOTH
									    : PEER_ROLE_RESPONDER;
	text_copy(r->remote_name, sizeof(r->remote_name), rec->remote_name);
	r->nat_traversal = rec->nat_traversal;
	r->dpd_interval_seconds = d ? d->interval_seconds : 0;
	r->keepalive_interval_seconds = liveness_interval_s(p->e, rec);
	r->keepalive_timeout_seconds = liveness_timeout_s(p->e, rec);
}

static void put_peer(struct peer_run *p, struct peer_row *r)
{
	const struct peer *rec = p->peer;
	const struct link *last = list_is_empty(&p->sas) ? NULL : p->sas.prev;
	const struct ike_sa *sa = last ? owner_of(last, const struct ike_sa, run_link) : NULL;
	char text[ADDR_TEXT];

	if (p->state == PS_BACKOFF)
		book_look_peer(p); /* time alone ends it */
	put_peer_record(p, r);
	r->state = (int)p->state;
	r->state_since = (uint64_t)p->state_since_s;
	text_copy(r->remote_address, sizeof(r->remote_address),
		  sa ? addr_text(&sa->remote, text) : rec->remote_address);
	r->remote_port = sa ? sa->remote.port : 0;
	text_copy(r->local_address, sizeof(r->local_address),
		  sa ? addr_text(&sa->local, text) : rec->local_address);
	r->ike_sas = p->sas_n;
	r->children = p->children_n;
	r->tunnels = p->tunnels_n;
	r->bytes_in = p->bytes_in;
	r->bytes_out = p->bytes_out;
	r->packets_in = p->packets_in;
	r->packets_out = p->packets_out;
	r->up_count = p->up_count;
	r->down_count = p->down_count;
	r->last_failure_at = (uint64_t)p->failed_at_s;
	text_copy(r->last_failure_reason, sizeof(r->last_failure_reason), slug(p->failed.reason));
	text_copy(r->last_failure, sizeof(r->last_failure), p->failed.text);
	r->last_negotiation = p->last_negotiation;
	rules_key_at_risk(p->e->config, rec, r->warning, sizeof(r->warning));
}

/* --- the whole --- */

static void put_ike_sas(struct engine *e, struct view *v)
{
	struct ike_sa_row *r = view_ike_sas(v);
	size_t i = 0;

	list_each (l, &e->sas) {
		const struct ike_sa *sa = owner_of(l, struct ike_sa, link);

		if (i == v->ike_sas_n)
			break;
		if (sa->nobody)
			continue;
		put_ike_sa(sa, &r[i]);
		v->stale_ike_sas += r[i++].stale;
	}
	v->ike_sas_n = (uint32_t)i;
}

static void put_children(struct engine *e, struct view *v)
{
	struct child_row *r = view_children(v);
	size_t i = 0;

	list_each (l, &e->children) {
		struct child *c = owner_of(l, struct child, link);

		if (i == v->children_n)
			return;
		count_if_due(c, v->children_n > FEW);
		put_child(c, &r[i]);
		v->stale_children += r[i++].stale;
	}
}

/* What makes an SA stale shows at its tunnel and its peer too. */
static void spread_stale(struct view *v)
{
	struct child_row *c = view_children(v);
	struct ike_sa_row *s = view_ike_sas(v);

	for (size_t i = 0; i < v->children_n; i++) {
		struct tunnel_row *t = (struct tunnel_row *)(uintptr_t)view_find(
			view_tunnels(v), v->tunnels_n, sizeof(*t), c[i].tunnel_index);

		if (!t || !c[i].stale || t->stale)
			continue;
		t->stale = true;
		text_copy(t->stale_reasons, sizeof(t->stale_reasons), c[i].stale_reasons);
	}
	for (size_t i = 0; i < v->ike_sas_n; i++) {
		struct peer_row *p = (struct peer_row *)(uintptr_t)view_find(
			view_peers(v), v->peers_n, sizeof(*p), s[i].peer_index);

		if (p && s[i].stale)
			p->stale = true;
	}
}

static void put_runs(struct engine *e, struct view *v)
{
	size_t tunnels, peers;
	struct tunnel_run *const *t = book_tunnels(e, &tunnels);
	struct peer_run *const *p = book_peers(e, &peers);

	for (size_t i = 0; i < v->tunnels_n && i < tunnels; i++) {
		put_tunnel(t[i], &view_tunnels(v)[i]);
		v->tunnels_up += t[i]->state == TS_UP;
	}
	for (size_t i = 0; i < v->peers_n && i < peers; i++) {
		put_peer(p[i], &view_peers(v)[i]);
		v->peers_up += p[i]->state == PS_UP;
	}
}

/* Rows stand by id; ids rise, until after two thousand million SAs they begin again. */
static int by_first_word(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void sort(void *rows, size_t n, size_t size)
{
	for (size_t i = 1; i < n; i++) {
		const char *at = rows;

		if (by_first_word(at + (i - 1) * size, at + i * size) > 0) {
			qsort(rows, n, size, by_first_word);
			return;
		}
	}
}

struct view *engine_picture(struct engine *e, msec now)
{
	size_t tunnels, peers;

	e->now = now;
	book_tunnels(e, &tunnels);
	book_peers(e, &peers);
	const struct view rows = { .ike_sas_n = (uint32_t)e->counters.ike_sas,
				   .children_n = (uint32_t)e->counters.child_sas,
				   .tunnels_n = (uint32_t)tunnels,
				   .peers_n = (uint32_t)peers,
				   .failures_n = trace_failures(e, NULL) };
	struct view *v = view_new_as(&rows);
	if (!v)
		return NULL;
	trace_failures(e, view_failures(v));
	put_ike_sas(e, v);
	put_children(e, v);
	put_runs(e, v);
	sort(view_ike_sas(v), v->ike_sas_n, sizeof(struct ike_sa_row));
	sort(view_children(v), v->children_n, sizeof(struct child_row));
	sort(view_failures(v), v->failures_n, sizeof(struct failure_row));
	spread_stale(v);
	v->counters = e->counters;
	v->counters.half_open = halfopens_count(e);
	e->changed = false;
	return v;
}
