/* line.c - the wire between two engines
 *
 * What is sent is written down, rewritten by a NAT when there is one, met by at most one mishap
 * that waits for it by number, then by the weather, and arrives later. The log keeps what was sent,
 * so that anything can be sent again at any time, or back.
 *
 * Addresses nobody plays are counted: a flood's answers must not be louder than the flood.
 */
#include "core/base/rng.h"
#include "tests/duet/duet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWAP_PATIENCE_MS = 4000, REBIND = 16 };

void line_init(struct line *l, uint64_t seed)
{
	list_init(&l->letters);
	l->latency = 10;
	l->weather = rng_seeded(seed ^ 0x6c696e65);
	l->nat[A].base = 31000;
	l->nat[B].base = 41000;
}

static void letter_free(struct letter *t)
{
	if (!t)
		return;
	bytes_free(t->octets);
	free(t);
}
OWNABLE(letter)

void line_done(struct line *l)
{
	list_each (i, &l->letters)
		letter_free(owner_of(i, struct letter, link));
	letter_free(l->waiting[A]);
	letter_free(l->waiting[B]);
	for (size_t i = 0; i < l->log_n; i++)
		bytes_free(l->log[i].octets);
	free(l->log);
}

/* --- addresses ----------------------------------------------------------------------- */

static unsigned port_index(const struct actor *a, uint16_t port)
{
	return port == a->ports.nat_port;
}

/* How the world sees this end's socket. */
static struct addr seen(const struct duet *d, enum side who, struct addr from)
{
	if (!d->line.nat[who].on)
		return from;
	if (d->line.nat[who].forwards)
		return addr_with_port(d->line.nat[who].outside, from.port);
	return addr_with_port(
		d->line.nat[who].outside,
		(uint16_t)(d->line.nat[who].base + port_index(&d->side[who], from.port)));
}

/* Whose socket this is, and its address at home; -1: nobody's. */
static int home(const struct duet *d, const struct addr *to, struct addr *ret)
{
	for (enum side s = A; s <= B; s++) {
		const struct actor *a = &d->side[s];
		unsigned off = (unsigned)to->port - d->line.nat[s].base;

		if (!d->line.nat[s].on) {
			*ret = *to;
			if (addr_equal(to, &a->addr) &&
			    (to->port == a->ports.port || to->port == a->ports.nat_port))
				return (int)s;
		} else if (addr_equal(to, &d->line.nat[s].outside) && d->line.nat[s].forwards) {
			*ret = addr_with_port(a->addr, to->port);
			return (int)s;
		} else if (addr_equal(to, &d->line.nat[s].outside) && off < 2) {
			*ret = addr_with_port(a->addr, off ? a->ports.nat_port : a->ports.port);
			return (int)s;
		}
	}
	return -1;
}

/* --- letters ------------------------------------------------------------------------- */

static struct letter *letter_new(int to, const struct packet *p)
{
	struct letter *t = calloc(1, sizeof(*t));

	if (!t || !(t->octets = bytes_of(p->octets.at, p->octets.n)))
		abort();
	t->to = to;
	t->packet = *p;
	t->packet.octets = slice_of(t->octets);
	list_init(&t->link);
	return t;
}

static void post(struct duet *d, struct letter *take_t, msec at)
{
	struct link *where = d->line.letters.next;

	take_t->at = at;
	while (where != &d->line.letters && owner_of(where, struct letter, link)->at <= at)
		where = where->next;
	list_push(where, &take_t->link); /* before `where` */
}

static void again(struct duet *d, const struct letter *t, msec at)
{
	post(d, letter_new(t->to, &t->packet), at);
}

static void flip(struct letter *t, size_t at, uint8_t bits)
{
	if (at < t->octets->n)
		t->octets->at[at] ^= bits;
}

/* The mishap that waits for this one; NULL: none. */
static struct impairment *mishap(struct line *l, enum way w, unsigned nth)
{
	for (size_t i = 0; i < l->impaired_n; i++)
		if (l->impaired[i].nth == nth && l->impaired[i].way == w)
			return &l->impaired[i];
	return NULL;
}

/* Several octets of one letter may be flipped; each is an impairment of its own. */
static void flip_others(struct line *l, struct letter *t, enum way w, unsigned nth)
{
	for (size_t i = 0; i < l->impaired_n; i++) {
		struct impairment *o = &l->impaired[i];

		if (o->nth != nth || o->way != w || o->what != MIS_FLIP)
			continue;
		o->nth = 0;
		flip(t, o->at, o->bits);
	}
}

static bool chance(struct line *l, unsigned percent)
{
	return percent && rng_below(&l->weather, 100) < percent;
}

/* What the weather makes of it. */
static void travel(struct duet *d, struct letter *take_t)
{
	struct line *l = &d->line;
	msec at = d->now + l->latency;
	own(letter) t = take_t;

	if (chance(l, l->lose))
		return;
	if (chance(l, l->twice))
		again(d, t, at + rng_below(&l->weather, 300));
	if (chance(l, l->late))
		at += 100 + rng_below(&l->weather, 3000);
	if (chance(l, l->damage))
		flip(t, rng_below(&l->weather, (uint32_t)t->octets->n),
		     (uint8_t)(1u << rng_below(&l->weather, 8)));
	post(d, give(t), at);
}

static void suffer(struct duet *d, struct letter *take_t, struct impairment *i)
{
	struct line *l = &d->line;
	own(letter) t = take_t;
	unsigned nth = i->nth;

	i->nth = 0;
	switch (i->what) {
	case MIS_LOSE:
		return;
	case MIS_DOUBLE:
		again(d, t, d->now + l->latency + 1);
		break;
	case MIS_SWAP:
		letter_free(l->waiting[i->way]);
		t->at = d->now + SWAP_PATIENCE_MS;
		l->waiting[i->way] = give(t);
		return;
	case MIS_DELAY:
		post(d, give(t), d->now + l->latency + i->ms);
		return;
	case MIS_FLIP:
		flip(t, i->at, i->bits);
		flip_others(l, t, i->way, nth);
		break;
	}
	post(d, give(t), d->now + l->latency);
}

static void write_down(struct duet *d, enum way w, const struct packet *p)
{
	struct line *l = &d->line;

	if (l->log_n == l->log_cap) {
		l->log_cap = l->log_cap ? l->log_cap * 2 : 64;
		if (!(l->log = realloc(l->log, l->log_cap * sizeof(*l->log))))
			abort();
	}
	struct sent *s = &l->log[l->log_n++];

	*s = (struct sent){ .at = d->now, .way = w, .nth = l->sent[w], .packet = *p };
	if (!(s->octets = bytes_of(p->octets.at, p->octets.n)))
		abort();
	s->packet.octets = slice_of(s->octets);
}

/* Something leaves: the mapping is used, or was given up and is another from now on. */
static void use_mapping(struct duet *d, enum side who)
{
	struct line *l = &d->line;

	if (l->nat[who].on && l->nat[who].forgets_ms && l->nat[who].used_at &&
	    d->now - l->nat[who].used_at >= l->nat[who].forgets_ms)
		line_nat_rebind(d, who);
	l->nat[who].used_at = d->now;
}

void line_awake(struct duet *d, enum side from, const struct packet *p)
{
	struct addr at_home;

	if (p->octets.n != 1 || p->octets.at[0] != 0xff ||
	    p->natt != (p->local.port == d->side[from].ports.nat_port) ||
	    home(d, &p->remote, &at_home) != (int)!from)
		duet_complain(d, "no NAT keepalive looks like this");
	use_mapping(d, from);
	d->line.awake[from]++;
	d->line.awake_at[from] = d->now;
}

/* Rewritten for its receiver. */
static int address(struct duet *d, enum side from, const struct packet *p, struct packet *ret)
{
	int to = home(d, &p->remote, &ret->local);

	ret->remote = seen(d, from, p->local);
	ret->octets = p->octets;
	ret->natt = p->natt;
	if (to < 0)
		ret->local = p->remote;
	else
		ret->natt = ret->local.port == d->side[to].ports.nat_port;
	return to;
}

void line_put(struct duet *d, enum side from, const struct packet *p)
{
	struct line *l = &d->line;
	enum way w = (enum way)from;
	struct packet out;
	int to;

	use_mapping(d, from);
	to = address(d, from, p, &out);
	if (to < 0 || to == (int)from) {
		l->strays++;
		l->strays_octets += p->octets.n;
		if (l->stray)
			l->stray(l->arg, from, p);
		return;
	}
	if (out.natt != p->natt)
		duet_complain(d, "%c sends to port %u with the marker %s", "AB"[from],
			      p -> remote.port, p->natt ? "on" : "off");
	l->sent[w]++;
	write_down(d, w, &out);
	if (d->now < l->mute_until[w])
		return;

	struct letter *t = letter_new(to, &out), *held = l->waiting[w];
	struct impairment *i = mishap(l, w, l->sent[w]);

	l->waiting[w] = NULL;
	if (i)
		suffer(d, t, i);
	else
		travel(d, t);
	if (held) /* overtaken */
		post(d, held, d->now + l->latency + 1);
}

/* --- time ---------------------------------------------------------------------------- */

msec line_next(const struct duet *d)
{
	const struct line *l = &d->line;
	const struct link *first = l->letters.next;
	msec at = first == &l->letters ? -1 : owner_of(first, struct letter, link)->at;

	for (enum side s = A; s <= B; s++)
		if (l->waiting[s] && (at < 0 || l->waiting[s]->at < at))
			at = l->waiting[s]->at;
	return at;
}

bool line_deliver(struct duet *d)
{
	struct line *l = &d->line;

	for (enum side s = A; s <= B; s++)
		if (l->waiting[s] && l->waiting[s]->at <= d->now)
			post(d, give(l->waiting[s]), d->now);

	struct link *first = list_first(&l->letters);

	if (!first || owner_of(first, struct letter, link)->at > d->now)
		return false;
	own(letter) t = owner_of(first, struct letter, link);

	list_remove(&t->link);
	if (!d->side[t->to].suspended)
		engine_packet(d->side[t->to].engine, d->now, &t->packet);
	return true;
}

/* --- impairments --------------------------------------------------------------------- */

static void impair(struct duet *d, struct impairment i)
{
	struct line *l = &d->line;

	for (size_t k = 0; k < l->impaired_n; k++) {
		if (l->impaired[k].nth == 0) {
			l->impaired[k] = i;
			return;
		}
	}
	if (l->impaired_n == DUET_IMPAIRMENTS)
		duet_complain(d, "too many impairments");
	else
		l->impaired[l->impaired_n++] = i;
}

void line_lose(struct duet *d, enum way w, unsigned nth)
{
	impair(d, (struct impairment){ .what = MIS_LOSE, .way = w, .nth = nth });
}

void line_double(struct duet *d, enum way w, unsigned nth)
{
	impair(d, (struct impairment){ .what = MIS_DOUBLE, .way = w, .nth = nth });
}

void line_swap(struct duet *d, enum way w, unsigned nth)
{
	impair(d, (struct impairment){ .what = MIS_SWAP, .way = w, .nth = nth });
}

void line_delay(struct duet *d, enum way w, unsigned nth, msec ms)
{
	impair(d, (struct impairment){ .what = MIS_DELAY, .way = w, .nth = nth, .ms = ms });
}

void line_flip(struct duet *d, enum way w, unsigned nth, size_t octet, uint8_t bits)
{
	impair(d, (struct impairment){
			  .what = MIS_FLIP, .way = w, .nth = nth, .at = octet, .bits = bits });
}

void line_mute(struct duet *d, enum way w, msec ms)
{
	d->line.mute_until[w] = d->now + ms;
}

void line_weather(struct duet *d, unsigned lose, unsigned twice, unsigned late, unsigned damage)
{
	d->line.lose = lose;
	d->line.twice = twice;
	d->line.late = late;
	d->line.damage = damage;
}

/* --- out of the log ------------------------------------------------------------------ */

void line_replay(struct duet *d, size_t i)
{
	const struct sent *s = &d->line.log[i];
	struct addr local;
	int to = home(d, &s->packet.local, &local);

	if (to < 0) /* behind a NAT: the log has the address at home */
		to = s->way == A_TO_B ? B : A;
	post(d, letter_new(to, &s->packet), d->now + d->line.latency);
}

void line_reflect(struct duet *d, size_t i)
{
	const struct sent *s = &d->line.log[i];
	struct packet p = s->packet, back = s->packet;
	int to = home(d, &p.remote, &back.local);

	if (to < 0)
		return;
	back.remote = p.local;
	back.natt = back.local.port == d->side[to].ports.nat_port;
	post(d, letter_new(to, &back), d->now + d->line.latency);
}

void line_nat(struct duet *d, enum side who, const char *outside)
{
	if (!addr_read(outside, &d->line.nat[who].outside))
		duet_complain(d, "%s is no address", outside);
	d->line.nat[who].on = true;
}

void line_nat_forwards(struct duet *d, enum side who)
{
	d->line.nat[who].forwards = true;
}

void line_nat_forgets(struct duet *d, enum side who, msec ms)
{
	d->line.nat[who].forgets_ms = ms;
}

void line_nat_rebind(struct duet *d, enum side who)
{
	d->line.nat[who].base = (uint16_t)(d->line.nat[who].base + REBIND);
}
