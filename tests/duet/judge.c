/* judge.c - what came of a play
 *
 * An ending is judged from outside: from what both recording planes hold and from the pictures both
 * engines publish, never from an engine's own structs. "Up" therefore means that packets would
 * pass, both ways, with equal keys, through equal selectors.
 */
#include "tests/duet/duet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/dump.h"

struct verdict {
	char *why;
	size_t cap;
};

static bool stuck(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool stuck(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (v->cap)
		vsnprintf(v->why, v->cap, fmt, ap);
	va_end(ap);
	return false;
}

/* --- pictures ------------------------------------------------------------------------ */

static const struct view *look(struct duet *d, enum side who)
{
	const struct view *v = engine_picture(d->side[who].engine, d->now);

	if (!v)
		duet_complain(d, "%c has no picture", "AB"[who]);
	return v;
}

struct counter_row duet_counters(struct duet *d, enum side who)
{
	const struct view *v = look(d, who);
	struct counter_row c = v->counters;

	view_unref(v);
	return c;
}

bool duet_child(struct duet *d, enum side who, size_t i, struct child_row *ret)
{
	const struct view *v = look(d, who);
	bool there = i < v->children_n;

	if (there)
		*ret = view_children(v)[i];
	view_unref(v);
	return there;
}

bool duet_ike(struct duet *d, enum side who, size_t i, struct ike_sa_row *ret)
{
	const struct view *v = look(d, who);
	bool there = i < v->ike_sas_n;

	if (there)
		*ret = view_ike_sas(v)[i];
	view_unref(v);
	return there;
}

bool duet_tunnel(struct duet *d, enum side who, const char *name, struct tunnel_row *ret)
{
	const struct view *v = look(d, who);
	bool there = false;

	for (uint32_t i = 0; i < v->tunnels_n && !there; i++)
		if ((there = strcmp(view_tunnels(v)[i].name, name) == 0))
			*ret = view_tunnels(v)[i];
	view_unref(v);
	return there;
}

bool duet_peer(struct duet *d, enum side who, const char *name, struct peer_row *ret)
{
	const struct view *v = look(d, who);
	bool there = false;

	for (uint32_t i = 0; i < v->peers_n && !there; i++)
		if ((there = strcmp(view_peers(v)[i].name, name) == 0))
			*ret = view_peers(v)[i];
	view_unref(v);
	return there;
}

size_t duet_pairs(struct duet *d, enum side who)
{
	const struct plane *p = d->side[who].plane;
	size_t n = 0;

	for (size_t i = 0; i < recording_sas(p); i++)
		n += recording_at(p, i)->sa.inbound;
	return n;
}

static bool is_usable(const struct ike_sa_row *r)
{
	return r->state == SA_UP || r->state == SA_REKEYING;
}

size_t duet_ike_sas(struct duet *d, enum side who)
{
	const struct view *v = look(d, who);
	size_t n = 0;

	for (uint32_t i = 0; i < v->ike_sas_n; i++)
		n += is_usable(&view_ike_sas(v)[i]);
	view_unref(v);
	return n;
}

/* --- endings ------------------------------------------------------------------------- */

static bool knows_ike(const struct view *v, const struct ike_sa_row *r)
{
	for (uint32_t i = 0; i < v->ike_sas_n; i++) {
		const struct ike_sa_row *o = &view_ike_sas(v)[i];

		if (strcmp(o->initiator_spi, r->initiator_spi) == 0 &&
		    strcmp(o->responder_spi, r->responder_spi) == 0)
			return is_usable(o);
	}
	return false;
}

/* Every IKE SA of v is up and known to o. */
static bool same_ike(const struct view *v, const struct view *o, char who, struct verdict *say)
{
	for (uint32_t i = 0; i < v->ike_sas_n; i++) {
		const struct ike_sa_row *r = &view_ike_sas(v)[i];

		if (!is_usable(r))
			return stuck(say, "%c has an IKE SA in state %d", who, r->state);
		if (!knows_ike(o, r))
			return stuck(say, "IKE SA %s of %c is not known at the other end",
				     r->initiator_spi, who);
	}
	if (v->counters.half_open)
		return stuck(say, "%c has %u half open", who, (unsigned)v->counters.half_open);
	return true;
}

static bool same_suite(const struct esp_suite *a, const struct esp_suite *b)
{
	return a->encr == b->encr && a->key_bits == b->key_bits && a->integ == b->integ &&
	       a->truncate_96 == b->truncate_96;
}

/* One address of which the NAT gives each end another. */
static bool same_host(const struct selector *a, const struct selector *b)
{
	return a->protocol == b->protocol && a->port == b->port &&
	       addr_equal(&a->range.low, &a->range.high) &&
	       addr_equal(&b->range.low, &b->range.high);
}

static bool mirrored(const struct plane_sa *a, const struct plane_sa *b)
{
	if (a->transport && a->udp_encap && b->udp_encap)
		return same_host(&a->local_ts, &b->remote_ts) &&
		       same_host(&a->remote_ts, &b->local_ts);
	return selector_equal(&a->local_ts, &b->remote_ts) &&
	       selector_equal(&a->remote_ts, &b->local_ts);
}

/* Every SA of this end has its other half over there, with the same key and meaning. */
static bool same_sas(struct duet *d, enum side me, struct verdict *say)
{
	const struct plane *p = d->side[me].plane, *q = d->side[!me].plane;

	for (size_t i = 0; i < recording_sas(p); i++) {
		const struct recording_sa *s = recording_at(p, i);
		const struct recording_sa *o = recording_find(q, s->sa.spi, !s->sa.inbound);
		unsigned spi = s->sa.spi;

		if (!o)
			return stuck(say, "%08x is %sbound at %c and unknown at the other end", spi,
				     s->sa.inbound ? "in" : "out", "AB"[me]);
		if (!slice_equal(slice_of(s->keymat), slice_of(o->keymat)))
			return stuck(say, "the keys of %08x differ", spi);
		if (!same_suite(&s->sa.suite, &o->sa.suite))
			return stuck(say, "the suites of %08x differ", spi);
		if (s->sa.transport != o->sa.transport || s->sa.udp_encap != o->sa.udp_encap)
			return stuck(say, "mode or encapsulation of %08x differ", spi);
		if (!mirrored(&s->sa, &o->sa))
			return stuck(say, "the selectors of %08x differ", spi);
		if (s->sa.inbound && s->sa.replay_window == 0)
			return stuck(say, "%08x has no replay window", spi);
	}
	if (recording_spis(p))
		return stuck(say, "%c keeps %zu SPIs reserved", "AB"[me], recording_spis(p));
	return true;
}

/* Each outbound reqid of this end uses an SA that the other end still takes in. */
static bool is_sending(struct duet *d, enum side me, struct verdict *say)
{
	const struct plane *p = d->side[me].plane, *q = d->side[!me].plane;
	size_t out = 0;

	for (size_t i = 0; i < recording_sas(p); i++) {
		const struct plane_sa *s = &recording_at(p, i)->sa;

		if (s->inbound)
			continue;
		uint32_t used = recording_used(p, s->reqid);

		out++;
		if (!used || !recording_find(p, used, false))
			return stuck(say, "%c sends into nothing for %u", "AB"[me],
				     (unsigned)s -> reqid);
		if (!recording_find(q, used, true))
			return stuck(say, "%c sends into %08x, which the other end has not",
				     "AB"[me], (unsigned)used);
	}
	return out > 0 || stuck(say, "%c sends nothing", "AB"[me]);
}

static bool rows_match(const struct view *v, size_t pairs, char who, struct verdict *say)
{
	for (uint32_t i = 0; i < v->children_n; i++)
		if (view_children(v)[i].state != CS_UP && view_children(v)[i].state != CS_REKEYING)
			return stuck(say, "%c has a child in state %d", who,
				     view_children(v)[i].state);
	if (v->children_n != pairs)
		return stuck(say, "%c shows %u children, its plane has %zu", who,
			     (unsigned)v->children_n, pairs);
	return true;
}

enum ending duet_ending(struct duet *d, char *ret_why, size_t cap)
{
	const struct view *v[2] = { look(d, A), look(d, B) };
	struct verdict say = { ret_why, cap };
	enum ending end = ENDED_STUCK;
	bool sane = true;

	if (cap)
		*ret_why = '\0';
	for (enum side s = A; s <= B && sane; s++)
		sane = same_ike(v[s], v[!s], "AB"[s], &say) && same_sas(d, s, &say) &&
		       rows_match(v[s], duet_pairs(d, s), "AB"[s], &say);
	if (sane && duet_pairs(d, A) + duet_pairs(d, B) == 0)
		end = ENDED_CLEAN;
	else if (sane && is_sending(d, A, &say) && is_sending(d, B, &say))
		end = ENDED_UP;
	view_unref(v[A]);
	view_unref(v[B]);
	return end;
}

bool duet_is_up(struct duet *d)
{
	return duet_ending(d, NULL, 0) == ENDED_UP;
}

bool duet_is_clean(struct duet *d)
{
	const struct view *v[2] = { look(d, A), look(d, B) };
	bool clean = duet_ending(d, NULL, 0) == ENDED_CLEAN && v[A]->ike_sas_n == 0 &&
		     v[B]->ike_sas_n == 0 && v[A]->children_n == 0 && v[B]->children_n == 0;

	view_unref(v[A]);
	view_unref(v[B]);
	return clean;
}

bool duet_has_pair(struct duet *d)
{
	struct verdict say = { 0 };

	return is_sending(d, A, &say) && is_sending(d, B, &say);
}

static bool count(struct duet *d, enum side who, uint32_t spi, bool inbound, uint64_t packets)
{
	struct plane *p = d->side[who].plane;
	const struct recording_sa *s = recording_find(p, spi, inbound);
	struct plane_count c;

	if (!s)
		return false;
	c = s->count;
	c.packets += packets;
	c.bytes += packets * 100;
	c.last_ms = (uint64_t)d->now;
	return recording_count(p, spi, inbound, &c);
}

uint64_t duet_traffic(struct duet *d, uint64_t packets)
{
	uint64_t arrived = 0;

	for (enum side s = A; s <= B; s++) {
		const struct plane *p = d->side[s].plane;

		for (size_t i = 0; i < recording_sas(p); i++) {
			const struct plane_sa *sa = &recording_at(p, i)->sa;

			if (sa->inbound || recording_used(p, sa->reqid) != sa->spi)
				continue;
			count(d, s, sa->spi, false, packets);
			arrived += count(d, !s, sa->spi, true, packets) ? packets : 0;
		}
	}
	return arrived;
}

/* --- stories and events -------------------------------------------------------------- */

struct wanted {
	int exchange;
	struct story *ret;
	bool found;
};

static void on_story(void *arg, const struct story *s)
{
	struct wanted *w = arg;

	if (!s || w->found || (w->exchange && s->exchange != w->exchange))
		return;
	*w->ret = *s;
	w->found = true;
}

bool duet_story(struct duet *d, enum side who, int exchange, struct story *ret)
{
	struct wanted w = { .exchange = exchange, .ret = ret };

	engine_stories(d->side[who].engine, "", "", 0, 512, on_story, &w);
	return w.found;
}

unsigned duet_heard(const struct duet *d, enum side who, enum event_id id)
{
	const struct actor *a = &d->side[who];
	unsigned n = 0;

	for (size_t i = 0; i < MIN_OF(a->heard_n, (size_t)DUET_HEARD); i++)
		n += a->heard[i].id == id;
	return n;
}

const struct event *duet_last_heard(const struct duet *d, enum side who, enum event_id id)
{
	const struct actor *a = &d->side[who];

	for (size_t i = a->heard_n; i-- > 0 && i + DUET_HEARD >= a->heard_n;)
		if (a->heard[i % DUET_HEARD].id == id)
			return &a->heard[i % DUET_HEARD];
	return NULL;
}

static void show_story(void *arg, const struct story *s)
{
	(void)arg;
	if (!s)
		return;
	fprintf(stderr, "   story %llu: exchange %d role %d verdict %d %s side %d field '%s': %s\n",
		(unsigned long long)s->id, s->exchange, s->role, s->verdict, reason_slug(s->reason),
		s->side, s->field, s->text);
	for (size_t i = 0; i < s->steps_n; i++)
		fprintf(stderr, "      %c %s\n", s->steps[i].direction, s->steps[i].text);
}

void duet_show(struct duet *d)
{
	for (size_t i = 0; i < d->line.log_n; i++) {
		const struct sent *s = &d->line.log[i];

		fprintf(stderr, "%9.3f %s %2u %3zu octets, exchange %u flags %u\n",
			(double)s->at / 1000, s->way == A_TO_B ? "A->B" : "B->A", s->nth,
			s->octets->n, s->octets->n > 18 ? s->octets->at[18] : 0,
			s->octets->n > 19 ? s->octets->at[19] : 0);
	}
	for (enum side w = A; w <= B; w++) {
		const struct actor *a = &d->side[w];

		fprintf(stderr, "%c: %zu SAs, %zu SPIs, %zu IKE SAs\n", "AB"[w],
			recording_sas(a->plane), recording_spis(a->plane), duet_ike_sas(d, w));
		engine_stories(a->engine, "", "", 0, 20, show_story, NULL);
		for (size_t i = a->heard_n > 60 ? a->heard_n - 60 : 0; i < a->heard_n; i++) {
			const struct event *e = &a->heard[i % DUET_HEARD];

			fprintf(stderr, "   %s %s: %s\n", event_row(e->id)->name,
				reason_slug(e->reason), e->text);
		}
	}
}
