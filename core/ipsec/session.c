/* session.c - IPsec sessions: which five-tuple went into which tunnel, for one packet thread
 *
 * Sets of four places, chosen by a hash of the five-tuple. The writer never waits: what replaces a
 * session is written between two steps of its version, and a reader that saw the version odd or
 * changed leaves this place out. Every field is stored with release and loaded with acquire, so that
 * no fence is needed (gcc's thread sanitizer knows none). A hit on a session that lives writes only
 * the time and the count, which need no version: each is right by itself.
 *
 * Nothing is swept: who is idle for too long is not shown, and begins anew with its next packet.
 *
 * Called by egress.c, userspace.c and recording.c.  Thread: as session.h says.  Owns: the table.
 */
#include "core/ipsec/session.h"

#include <stdlib.h>
#include <string.h>

struct tuple {
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
	uint8_t family, protocol;
	uint16_t zero;
};

_Static_assert(sizeof(struct tuple) == SESSION_WORDS * sizeof(uint64_t), "keys are words");

static uint64_t get(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_acquire);
}

static void put(_Atomic uint64_t *p, uint64_t v)
{
	atomic_store_explicit(p, v, memory_order_release);
}

void session_rule_init(struct session_rule *r)
{
	session_rule_idle(r, SESSION_IDLE_S);
	put(&r->last_id, 0);
}

void session_rule_idle(struct session_rule *r, uint32_t seconds)
{
	put(&r->idle_ms, seconds * 1000ull);
}

struct session_table *session_table_new(struct session_rule *rule)
{
	struct session_table *s = aligned_alloc(_Alignof(struct session_table), sizeof(*s));

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->rule = rule;
	return s;
}

void session_table_free(struct session_table *s)
{
	free(s);
}

/* --- the writer ---------------------------------------------------------------------- */

static void change_begin(struct session *e)
{
	put(&e->version, get(&e->version) + 1);
}

static void change_end(struct session *e)
{
	put(&e->version, get(&e->version) + 1);
}

static bool has_key(const struct session *e, const uint64_t *key)
{
	uint64_t differs = 0;

	for (unsigned w = 0; w < SESSION_WORDS; w++)
		differs |= atomic_load_explicit(&e->words[w], memory_order_relaxed) ^ key[w];
	return !differs;
}

/* How little it would be missed: the smallest goes first. */
static uint64_t worth(const struct session *e, uint64_t edition)
{
	return get(&e->edition) == edition ? get(&e->last) + 1 : 0;
}

static void take_place(struct session *e, const uint64_t *key, uint64_t edition)
{
	change_begin(e);
	put(&e->id, 0);
	put(&e->last, 0);
	atomic_store_explicit(&e->where, NULL, memory_order_release);
	for (unsigned w = 0; w < SESSION_WORDS; w++)
		put(&e->words[w], key[w]);
	put(&e->edition, edition);
	change_end(e);
}

struct session *session_look(struct session_table *s, const struct inner *i, uint64_t edition,
			     bool *ret_known)
{
	struct tuple t = {
		.sport = i->sport, .dport = i->dport, .family = i->family, .protocol = i->protocol
	};
	uint64_t key[SESSION_WORDS], h = 0;

	memcpy(t.src, i->src.ip, sizeof(t.src));
	memcpy(t.dst, i->dst.ip, sizeof(t.dst));
	memcpy(key, &t, sizeof(key));
	for (unsigned w = 0; w < SESSION_WORDS; w++)
		h = (h ^ key[w]) * 0x9e3779b97f4a7c15ull;
	struct session *set = &s->at[(h >> 40) % SESSIONS_SETS * SESSIONS_WAYS], *least = set;

	for (struct session *e = set; e < set + SESSIONS_WAYS; e++) {
		if (has_key(e, key)) {
			*ret_known = get(&e->edition) == edition;
			if (!*ret_known)
				take_place(e, key, edition);
			return e;
		}
		if (worth(e, edition) < worth(least, edition))
			least = e;
	}
	*ret_known = false;
	take_place(least, key, edition);
	return least;
}

void session_point(struct session *e, void *where)
{
	atomic_store_explicit(&e->where, where, memory_order_release);
}

void session_hit(struct session_table *s, struct session *e, uint64_t epoch, msec now)
{
	uint64_t last = get(&e->last), t = (uint64_t)now;

	if (!get(&e->id) || get(&e->epoch) != epoch ||
	    t - last >= atomic_load_explicit(&s->rule->idle_ms, memory_order_relaxed)) {
		change_begin(e);
		put(&e->id, atomic_fetch_add(&s->rule->last_id, 1) + 1);
		put(&e->epoch, epoch);
		put(&e->began, t);
		put(&e->matched, 0);
		put(&e->last, t);
		change_end(e);
	} else if (last != t) {
		put(&e->last, t);
	}
	put(&e->matched, get(&e->matched) + 1);
}

/* --- the reader ---------------------------------------------------------------------- */

bool session_read(const struct session *e, struct session_seen *ret)
{
	uint64_t version = get(&e->version);

	if (version % 2)
		return false;
	for (unsigned w = 0; w < SESSION_WORDS; w++)
		ret->words[w] = get(&e->words[w]);
	ret->edition = get(&e->edition);
	ret->id = get(&e->id);
	ret->epoch = get(&e->epoch);
	ret->began = (msec)get(&e->began);
	ret->last = (msec)get(&e->last);
	ret->matched = get(&e->matched);
	ret->where = atomic_load_explicit(&e->where, memory_order_acquire);
	return ret->id && ret->edition && get(&e->version) == version;
}

bool session_is_idle(const struct session_rule *r, const struct session_seen *e, msec now)
{
	return now - e->last >= (msec)get(&r->idle_ms);
}

/* --- the list ------------------------------------------------------------------------ */

struct found {
	uint64_t words[SESSION_WORDS];
	struct plane_session s;
};

static void fill(struct found *f, const struct session_seen *e, uint32_t reqid)
{
	struct tuple t;

	memcpy(f->words, e->words, sizeof(f->words));
	memcpy(&t, e->words, sizeof(t));
	f->s = (struct plane_session){ .id = e->id,
				       .reqid = reqid,
				       .protocol = t.protocol,
				       .src = { .family = t.family, .port = t.sport },
				       .dst = { .family = t.family, .port = t.dport },
				       .began = e->began,
				       .last = e->last,
				       .matched = e->matched };
	memcpy(f->s.src.ip, t.src, sizeof(t.src));
	memcpy(f->s.dst.ip, t.dst, sizeof(t.dst));
}

static int by_key(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int r = memcmp(x->words, y->words, sizeof(x->words));

	return r ? r : (x->s.id > y->s.id) - (x->s.id < y->s.id);
}

static int newest_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->s.id < y->s.id) - (x->s.id > y->s.id);
}

/* Neighbours with one key are one session, as old as the older. */
static size_t merge(struct found *at, size_t n)
{
	size_t kept = 0;

	qsort(at, n, sizeof(*at), by_key);
	for (size_t i = 0; i < n; i++) {
		struct plane_session *before = kept ? &at[kept - 1].s : NULL;

		if (!before || memcmp(at[kept - 1].words, at[i].words, sizeof(at[i].words)) != 0) {
			at[kept++] = at[i];
			continue;
		}
		before->began = MIN_OF(before->began, at[i].s.began);
		before->last = MAX_OF(before->last, at[i].s.last);
		before->matched += at[i].s.matched;
	}
	return kept;
}

static size_t gather(const struct session_source *from, const struct plane_session_ask *ask,
		     const struct session_table *s, struct found *ret)
{
	struct session_seen e;
	size_t n = 0;

	for (size_t i = 0; i < SESSIONS_MOST; i++) {
		if (!session_read(&s->at[i], &e) || session_is_idle(s->rule, &e, ask->now))
			continue;
		uint32_t reqid = from->tunnel_of(from->arg, &e);

		if (reqid && (!ask->reqid || ask->reqid == reqid))
			fill(&ret[n++], &e, reqid);
	}
	return n;
}

size_t session_list(const struct session_source *from, const struct plane_session_ask *ask,
		    struct plane_session *ret)
{
	struct found *at = malloc(from->tables_n * SESSIONS_MOST * sizeof(*at));
	size_t n = 0, given = 0;

	if (!at)
		return 0;
	for (size_t i = 0; i < from->tables_n; i++)
		if (from->tables[i])
			n += gather(from, ask, from->tables[i], at + n);
	n = merge(at, n);
	qsort(at, n, sizeof(*at), newest_first);
	for (size_t i = 0; i < n && given < ask->most; i++)
		if (!ask->before || at[i].s.id < ask->before)
			ret[given++] = at[i].s;
	free(at);
	return given;
}
