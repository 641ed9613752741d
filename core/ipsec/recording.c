/* recording.c - the plane that only writes down what it was told
 *
 * For tests, and for machines without means: IKE then comes up and no packet moves. SAs and
 * policies stand in two plain arrays; keys are copied and wiped. It refuses what a real plane
 * would refuse too (an SA twice, an SPI nobody has), so that the engine's mistakes show.
 *
 * Called through plane.h; tests look in by recording.h.  Thread: loop.  Owns: the lists.
 */
#include "core/ipsec/recording.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/ipsec/choose.h"
#include "core/ipsec/session.h"

/* A script: the n-th next call refuses. */
struct scripted {
	unsigned in; /* calls to go, 0 none */
	enum reason r;
};

struct used {
	uint32_t reqid, spi;
	uint64_t epoch; /* of its IPsec sessions */
};

struct recording {
	struct plane plane;
	struct rng rng;
	uint32_t next_spi; /* 0: by chance */
	struct recording_sa *sas;
	struct plane_policy *policies;
	struct used *used;
	uint32_t *spis;
	size_t sas_n, policies_n, used_n, spis_n;
	struct scripted bad_sa, bad_policy, bad_spi;
	struct recording_calls calls;
	struct plane_news news;
	struct session_rule rule;
	struct session_table *sessions; /* NULL until a packet was sent */
	uint64_t edition, epochs;
};

/* Room for one more; counts grow by one, tests and idle machines have few. */
static bool grow(void *array, size_t n, size_t size)
{
	void *at, *more;

	memcpy(&at, array, sizeof(at));
	if (n & (n - 1) || (n && n < 8)) /* capacity: 8, then powers of two */
		return true;
	more = realloc(at, (n ? n * 2 : 8) * size);
	if (more)
		memcpy(array, &more, sizeof(more));
	return more != NULL;
}

static bool refuses(struct scripted *s)
{
	return s->in && --s->in == 0;
}

static struct recording_sa *find(const struct recording *r, uint32_t spi, bool inbound)
{
	for (size_t i = 0; i < r->sas_n; i++)
		if (r->sas[i].sa.spi == spi && r->sas[i].sa.inbound == inbound)
			return &r->sas[i];
	return NULL;
}

static bool drop_spi(struct recording *r, uint32_t spi)
{
	for (size_t i = 0; i < r->spis_n; i++) {
		if (r->spis[i] != spi)
			continue;
		r->spis[i] = r->spis[--r->spis_n];
		return true;
	}
	return false;
}

static bool is_taken(const struct recording *r, uint32_t spi)
{
	for (size_t i = 0; i < r->spis_n; i++)
		if (r->spis[i] == spi)
			return true;
	return spi < 256 || find(r, spi, true);
}

static enum reason spi_new(void *ctx, const struct addr *local, const struct addr *remote,
			   uint32_t *ret, struct fault *f)
{
	struct recording *r = ctx;
	uint32_t spi;

	(void)local;
	(void)remote;
	r->calls.spi_new++;
	if (refuses(&r->bad_spi))
		return fail(f, r->bad_spi.r, "the script refuses an SPI");
	if (!grow(&r->spis, r->spis_n, sizeof(*r->spis)))
		return fail(f, R_NO_MEMORY, "no memory for an SPI");
	do {
		spi = r->next_spi ? r->next_spi++ : rng_u32(&r->rng);
	} while (is_taken(r, spi));
	r->spis[r->spis_n++] = *ret = spi;
	return R_OK;
}

static void spi_drop(void *ctx, uint32_t spi, const struct addr *local, const struct addr *remote)
{
	struct recording *r = ctx;

	(void)local;
	(void)remote;
	r->calls.spi_drop++;
	drop_spi(r, spi);
}

static enum reason sa_add(void *ctx, const struct plane_sa *sa, struct fault *f)
{
	struct recording *r = ctx;

	r->calls.sa_add++;
	if (refuses(&r->bad_sa))
		return fail(f, r->bad_sa.r, "the script refuses this SA");
	if (find(r, sa->spi, sa->inbound))
		return fail(f, R_PLANE, "SPI %08x is in use", (unsigned)sa->spi);
	if (sa->keymat.n != esp_suite_key_octets(&sa->suite))
		return fail(f, R_PLANE, "key material of %zu octets where %u are due", sa->keymat.n,
			    esp_suite_key_octets(&sa->suite));
	own(bytes) keymat = bytes_of(sa->keymat.at, sa->keymat.n);

	if (!keymat || !grow(&r->sas, r->sas_n, sizeof(*r->sas)))
		return fail(f, R_NO_MEMORY, "no memory for an SA");
	struct recording_sa *e = &r->sas[r->sas_n++];

	*e = (struct recording_sa){ .sa = *sa, .keymat = give(keymat) };
	e->sa.keymat = slice_of(e->keymat);
	if (sa->inbound)
		drop_spi(r, sa->spi);
	return R_OK;
}

static void forget_use(struct recording *r, uint32_t spi)
{
	for (size_t i = 0; i < r->used_n;) {
		if (r->used[i].spi == spi)
			r->used[i] = r->used[--r->used_n];
		else
			i++;
	}
}

static void sa_del(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		   const struct addr *remote)
{
	struct recording *r = ctx;
	struct recording_sa *e = find(r, spi, inbound);

	(void)local;
	(void)remote;
	r->calls.sa_del++;
	if (!e)
		return;
	if (!inbound)
		forget_use(r, spi);
	bytes_free(e->keymat);
	*e = r->sas[--r->sas_n];
}

static void sa_use(void *ctx, uint32_t reqid, uint32_t spi)
{
	struct recording *r = ctx;
	struct recording_sa *e = find(r, spi, false);

	r->calls.sa_use++;
	if (e)
		e->used = true;
	for (size_t i = 0; i < r->used_n; i++) {
		if (r->used[i].reqid == reqid) {
			r->used[i].spi = spi;
			return;
		}
	}
	if (grow(&r->used, r->used_n, sizeof(*r->used)))
		r->used[r->used_n++] = (struct used){ reqid, spi, ++r->epochs };
}

static enum reason sa_move(void *ctx, const struct plane_move *m, struct fault *f)
{
	struct recording *r = ctx;
	struct recording_sa *e = find(r, m->spi, m->inbound);

	r->calls.sa_move++;
	if (!e)
		return fail(f, R_PLANE, "there is no SA with SPI %08x", (unsigned)m->spi);
	e->sa.local = m->new_local;
	e->sa.remote = m->new_remote;
	e->sa.udp_encap = m->udp_encap;
	return R_OK;
}

static enum reason policy_add(void *ctx, const struct plane_policy *p, struct fault *f)
{
	struct recording *r = ctx;

	r->calls.policy_add++;
	if (refuses(&r->bad_policy))
		return fail(f, r->bad_policy.r, "the script refuses this policy");
	for (size_t i = 0; i < r->policies_n; i++)
		if (r->policies[i].id == p->id)
			return fail(f, R_PLANE, "policy %u is there already", (unsigned)p->id);
	if (!grow(&r->policies, r->policies_n, sizeof(*r->policies)))
		return fail(f, R_NO_MEMORY, "no memory for a policy");
	r->policies[r->policies_n++] = *p;
	r->edition++;
	return R_OK;
}

static void policy_del(void *ctx, uint32_t policy_id)
{
	struct recording *r = ctx;

	r->calls.policy_del++;
	for (size_t i = 0; i < r->policies_n; i++) {
		if (r->policies[i].id != policy_id)
			continue;
		r->policies[i] = r->policies[--r->policies_n];
		r->edition++;
		return;
	}
}

static bool sa_count(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		     const struct addr *remote, struct plane_count *ret)
{
	const struct recording_sa *e = find(ctx, spi, inbound);

	(void)local;
	(void)remote;
	if (e)
		*ret = e->count;
	return e != NULL;
}

static struct plane_totals totals(void *ctx)
{
	const struct recording *r = ctx;
	struct plane_totals t = { 0 };

	for (size_t i = 0; i < r->sas_n; i++) {
		const struct plane_count *c = &r->sas[i].count;

		*(r->sas[i].sa.inbound ? &t.packets_in : &t.packets_out) += c->packets;
		*(r->sas[i].sa.inbound ? &t.bytes_in : &t.bytes_out) += c->bytes;
		t.replayed += c->replayed;
		t.bad_icv += c->bad_icv;
		t.errors += c->other_errors;
	}
	return t;
}

static struct used *used_of(const struct recording *r, uint32_t reqid)
{
	for (size_t i = 0; i < r->used_n; i++)
		if (r->used[i].reqid == reqid)
			return &r->used[i];
	return NULL;
}

static uint32_t tunnel_of(void *arg, const struct session_seen *e)
{
	const struct recording *r = arg;
	const struct used *u = used_of(r, (uint32_t)(uintptr_t)e->where);

	return e->edition == r->edition && u && u->epoch == e->epoch ? u->reqid : 0;
}

static size_t sessions(void *ctx, const struct plane_session_ask *ask, struct plane_session *ret)
{
	struct recording *r = ctx;
	const struct session_source from = { &r->sessions, 1, tunnel_of, r };

	return session_list(&from, ask, ret);
}

static void sessions_end(void *ctx, uint32_t reqid)
{
	struct recording *r = ctx;

	for (size_t i = 0; i < r->used_n; i++)
		if (!reqid || r->used[i].reqid == reqid)
			r->used[i].epoch = ++r->epochs;
}

static void sessions_idle(void *ctx, uint32_t seconds)
{
	struct recording *r = ctx;

	session_rule_idle(&r->rule, seconds);
}

static void listen_news(void *ctx, const struct plane_news *news)
{
	struct recording *r = ctx;

	r->news = *news;
}

static enum reason states(void *ctx, plane_state_each *each, void *arg, struct fault *f)
{
	const struct recording *r = ctx;

	(void)f;
	for (size_t i = 0; i < r->sas_n; i++) {
		struct plane_state s = plane_state_of(&r->sas[i].sa, &r->sas[i].count);

		each(arg, &s);
	}
	return R_OK;
}

static enum reason rules(void *ctx, plane_rule_each *each, void *arg, struct fault *f)
{
	const struct recording *r = ctx;

	(void)f;
	for (size_t i = 0; i < r->policies_n; i++) {
		struct plane_rule rule = plane_rule_of(&r->policies[i]);
		each(arg, &rule);
	}
	return R_OK;
}

static void close_recording(void *ctx)
{
	struct recording *r = ctx;

	for (size_t i = 0; i < r->sas_n; i++)
		bytes_free(r->sas[i].keymat);
	free(r->sas);
	free(r->policies);
	free(r->used);
	free(r->spis);
	session_table_free(r->sessions);
	free(r);
}

struct plane *plane_recording(void)
{
	struct recording *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->rng = rng_system();
	r->edition = 1;
	session_rule_init(&r->rule);
	r->plane = (struct plane){ .name = "recording",
				   .zeros = true,
				   .ctx = r,
				   .spi_new = spi_new,
				   .spi_drop = spi_drop,
				   .sa_add = sa_add,
				   .sa_del = sa_del,
				   .sa_use = sa_use,
				   .sa_move = sa_move,
				   .policy_add = policy_add,
				   .policy_del = policy_del,
				   .sa_count = sa_count,
				   .totals = totals,
				   .sessions = sessions,
				   .sessions_end = sessions_end,
				   .sessions_idle = sessions_idle,
				   .states = states,
				   .rules = rules,
				   .listen = listen_news,
				   .close = close_recording };
	text_copy(r->plane.reason, sizeof(r->plane.reason),
		  "asked for: it writes down what it is told and moves no packet");
	return &r->plane;
}

/* --- for tests ----------------------------------------------------------------------- */

size_t recording_sas(const struct plane *p)
{
	return ((const struct recording *)p->ctx)->sas_n;
}

size_t recording_policies(const struct plane *p)
{
	return ((const struct recording *)p->ctx)->policies_n;
}

size_t recording_spis(const struct plane *p)
{
	return ((const struct recording *)p->ctx)->spis_n;
}

struct recording_calls recording_calls(const struct plane *p)
{
	return ((const struct recording *)p->ctx)->calls;
}

const struct recording_sa *recording_find(const struct plane *p, uint32_t spi, bool inbound)
{
	return find(p->ctx, spi, inbound);
}

const struct recording_sa *recording_at(const struct plane *p, size_t i)
{
	const struct recording *r = p->ctx;

	return i < r->sas_n ? &r->sas[i] : NULL;
}

const struct plane_policy *recording_policy(const struct plane *p, size_t i)
{
	const struct recording *r = p->ctx;

	return i < r->policies_n ? &r->policies[i] : NULL;
}

uint32_t recording_used(const struct plane *p, uint32_t reqid)
{
	const struct used *u = used_of(p->ctx, reqid);

	return u ? u->spi : 0;
}

bool recording_send(struct plane *p, msec now, uint8_t protocol, const struct addr *src,
		    const struct addr *dst)
{
	struct recording *r = p->ctx;
	struct inner i = { .family = src->family,
			   .protocol = protocol,
			   .sport = src->port,
			   .dport = dst->port,
			   .src = addr_with_port(*src, 0),
			   .dst = addr_with_port(*dst, 0) };
	const struct plane_policy *best = NULL;
	bool known;

	if (!r->sessions)
		r->sessions = session_table_new(&r->rule);
	for (size_t n = 0; n < r->policies_n; n++) {
		const struct plane_policy *one = &r->policies[n];

		if (inner_fits(&i, &one->local_ts, &one->remote_ts) &&
		    (!best || one->priority < best->priority))
			best = one;
	}
	const struct used *u = best ? used_of(r, best->reqid) : NULL;

	if (!r->sessions || !u)
		return false;
	struct session *s = session_look(r->sessions, &i, r->edition, &known);

	session_point(s, (void *)(uintptr_t)best->reqid);
	session_hit(r->sessions, s, u->epoch, now);
	return true;
}

void recording_fail_sa_add(struct plane *p, unsigned nth, enum reason r)
{
	((struct recording *)p->ctx)->bad_sa = (struct scripted){ nth, r };
}

void recording_fail_policy_add(struct plane *p, unsigned nth, enum reason r)
{
	((struct recording *)p->ctx)->bad_policy = (struct scripted){ nth, r };
}

void recording_fail_spi_new(struct plane *p, unsigned nth, enum reason r)
{
	((struct recording *)p->ctx)->bad_spi = (struct scripted){ nth, r };
}

bool recording_count(struct plane *p, uint32_t spi, bool inbound, const struct plane_count *c)
{
	struct recording_sa *e = find(p->ctx, spi, inbound);

	if (e)
		e->count = *c;
	return e != NULL;
}

void recording_spi_from(struct plane *p, uint32_t first)
{
	((struct recording *)p->ctx)->next_spi = first;
}

const struct plane_news *recording_news(const struct plane *p)
{
	return &((const struct recording *)p->ctx)->news;
}
