/* duet.c - the two actors, and time that only we move
 *
 * Each actor has an engine, a recording plane, a seeded rng, a list of events it told and a crew
 * of no threads: a job is done when its virtual time has come. A turn of the play is: everything
 * that is due happens, then time jumps to the next thing that will be. Nothing here reads a clock,
 * so a play repeats itself octet for octet (but for Diffie-Hellman keys, which are OpenSSL's).
 */
#include "tests/duet/duet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/crypto/suite.h"
#include "core/ike/v1/v1.h"
#include "core/ipsec/choose.h"
#include "core/model/pki.h"

enum { START_MS = 1000000, TURNS_MOST = 200000 };
static const int64_t wall_at_zero = 1750000000000;

static void alarm_and_abort(const char *text)
{
	fprintf(stderr, "duet: %s\n", text);
	abort();
}

void (*duet_alarm)(const char *text) = alarm_and_abort;

void duet_complain(const struct duet *d, const char *fmt, ...)
{
	char text[1024], all[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(all, sizeof(all), "%s%s%s (at %.3f s)", d->title ? d->title : "",
		 d->title ? ": " : "", text, (double)(d->now - START_MS) / 1000);
	duet_alarm(all);
}

/* --- ports --------------------------------------------------------------------------- */

static void port_send(void *ctx, const struct packet *p)
{
	struct actor *a = ctx;

	line_put(a->d, a->side, p);
}

static void port_nat_keepalive(void *ctx, const struct packet *p)
{
	struct actor *a = ctx;

	line_awake(a->d, a->side, p);
}

static enum reason port_crunch(void *ctx, struct job *take_j)
{
	struct actor *a = ctx;
	struct errand **end = &a->errands, *e;

	if (a->refuse > 0) {
		a->refuse--;
		return R_BUSY;
	}
	if (!(e = calloc(1, sizeof(*e))))
		return R_BUSY;
	*e = (struct errand){ .job = take_j, .at = a->d->now + a->crunch_ms };
	while (*end)
		end = &(*end)->next;
	*end = e;
	if (++a->errands_n > a->errands_most)
		a->errands_most = a->errands_n;
	return R_OK;
}

static msec port_now(void *ctx)
{
	return ((struct actor *)ctx)->d->now;
}

static int64_t port_wall_ms(void *ctx)
{
	struct actor *a = ctx;

	return wall_at_zero + a->d->now + a->wall_skew_ms;
}

/* Sealed values of the stage are their own plain text. */
static enum reason port_secret(void *ctx, const struct secret *s, struct bytes **ret,
			       struct fault *f)
{
	(void)ctx;
	if (s->value.n == 0)
		return fail(f, R_NO_SECRET, "the secret %s has no value yet", s->r.name);
	*ret = bytes_of(s->value.at, s->value.n);
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory");
}

static enum reason port_private_key(void *ctx, const struct private_key *k, struct bytes **ret,
				    struct fault *f)
{
	(void)ctx;
	if (k->key.n == 0)
		return fail(f, R_NO_CERTIFICATE, "the key %s has no value yet", k->r.name);
	*ret = bytes_of(k->key.at, k->key.n);
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory");
}

static bool port_source_for(void *ctx, const struct addr *remote, struct addr *ret)
{
	struct actor *a = ctx;

	*ret = a->addr;
	return remote->family == a->addr.family;
}

static enum reason port_resolve(void *ctx, const char *name, unsigned family, struct addr *ret,
				struct fault *f)
{
	struct actor *a = ctx;

	(void)family;
	a->asked++;
	if (a->host && addr_read(a->host, ret))
		return R_OK;
	return fail_field(f, R_NO_ADDRESS, "remote_address", "%s has no address", name);
}

static void on_event(struct listener *l, const struct event *e)
{
	struct actor *a = owner_of(l, struct actor, ear);

	if (strstr(e->text, STAGE_SECRET))
		duet_complain(a->d, "an event tells the secret: %s", e->text);
	a->heard[a->heard_n++ % DUET_HEARD] = *e;
}

/* --- life ---------------------------------------------------------------------------- */

static bool actor_init(struct duet *d, enum side side, uint64_t seed)
{
	static const struct version *const versions[] = { &version1, NULL };
	static const char *const where[2][2] = { { "192.0.2.1", "2001:db8:a::1" },
						 { "198.51.100.2", "2001:db8:b::2" } };
	struct actor *a = &d->side[side];

	a->d = d;
	a->side = side;
	a->crunch_ms = 3;
	a->rng = rng_seeded(seed * 2 + side + 1);
	events_init(&a->events);
	a->ear.hear = on_event;
	events_listen(&a->events, &a->ear);
	if (!addr_read(where[side][d->v6], &a->addr) || !(a->plane = plane_recording()))
		return false;
	recording_spi_from(a->plane, side == A ? 0xa0000001 : 0xb0000001);
	a->ports = (struct ports){
		.ctx = a,
		.send = port_send,
		.nat_keepalive = port_nat_keepalive,
		.crunch = port_crunch,
		.now = port_now,
		.wall_ms = port_wall_ms,
		.secret = port_secret,
		.private_key = port_private_key,
		.source_for = port_source_for,
		.resolve = port_resolve,
		.plane = a->plane,
		.rng = &a->rng,
		.events = &a->events,
		.port = 500,
		.nat_port = 4500,
	};
	text_copy(a->ports.host_name, sizeof(a->ports.host_name), side == A ? "alice" : "bob");
	a->engine = engine_new(&a->ports, versions, a->config, d->now);
	return a->engine != NULL;
}

static void actor_done(struct actor *a)
{
	struct errand *e;

	while ((e = a->errands)) { /* as crew_free: they come back undone */
		a->errands = e->next;
		e->job->done(e->job, true);
		free(e);
	}
	engine_free(a->engine);
	while ((e = a->errands)) {
		a->errands = e->next;
		e->job->done(e->job, true);
		free(e);
	}
	if (a->plane)
		plane_free(a->plane);
	config_unref(a->config);
}

struct duet *duet_new_seeded(const char *words, uint64_t seed)
{
	struct duet *d = calloc(1, sizeof(*d));
	struct fault f = { 0 };

	if (!d || crypto_open(&f) != R_OK)
		abort();
	d->now = START_MS;
	d->title = words;
	line_init(&d->line, seed);
	if (!stage_set(d, words, &f))
		duet_complain(d, "no such stage: %s", f.text);
	for (enum side s = A; s <= B; s++)
		if (!actor_init(d, s, seed))
			duet_complain(d, "%c cannot start", "AB"[s]);
	return d;
}

struct duet *duet_new(const char *words)
{
	return duet_new_seeded(words, 1);
}

void duet_free(struct duet *d)
{
	if (!d)
		return;
	actor_done(&d->side[A]);
	actor_done(&d->side[B]);
	line_done(&d->line);
	free(d);
}

/* --- time ---------------------------------------------------------------------------- */

static bool errand_due(struct duet *d, struct actor *a)
{
	struct errand *e = a->errands;

	if (!e || a->hold || e->at > d->now)
		return false;
	a->errands = e->next;
	a->errands_n--;
	a->crunched++;
	e->job->work(e->job);
	e->job->done(e->job, false);
	free(e);
	return true;
}

static void look(struct duet *d)
{
	if (d->after)
		d->after(d, d->arg);
}

static bool earlier(msec *best, msec at)
{
	if (at < 0 || (*best >= 0 && *best <= at))
		return false;
	*best = at;
	return true;
}

/* Everything that is due now; returns when the next thing is, -1 never. */
static msec turn(struct duet *d)
{
	for (unsigned i = 0; i < TURNS_MOST; i++) {
		msec next = line_next(d);
		bool busy = line_deliver(d);

		if (busy)
			look(d);
		for (enum side s = A; s <= B; s++) {
			struct actor *a = &d->side[s];

			if (a->suspended)
				continue;
			if (errand_due(d, a)) {
				busy = true;
				look(d);
			}
			msec in = engine_tick(a->engine, d->now);

			look(d);
			busy |= in == 0;
			earlier(&next, in < 0 ? -1 : d->now + in);
			if (a->errands && !a->hold)
				earlier(&next, a->errands->at);
		}
		earlier(&next, line_next(d));
		if (!busy && (next < 0 || next > d->now))
			return next;
	}
	duet_complain(d, "time stands still");
	return -1;
}

void duet_settle(struct duet *d)
{
	turn(d);
}

void duet_run_ms(struct duet *d, msec ms)
{
	msec end = d->now + ms;

	for (;;) {
		msec next = turn(d);

		if (next < 0 || next > end)
			break;
		d->now = next;
	}
	d->now = end;
	turn(d);
}

void duet_run_s(struct duet *d, unsigned s)
{
	duet_run_ms(d, (msec)s * 1000);
}

bool duet_until(struct duet *d, bool (*is_so)(struct duet *d), unsigned s)
{
	for (unsigned i = 0; i < s * 20; i++) {
		if (is_so(d))
			return true;
		duet_run_ms(d, 50);
	}
	return is_so(d);
}

/* --- asking -------------------------------------------------------------------------- */

enum reason duet_try(struct duet *d, enum side who, const char *tunnel, uint64_t *ret_id,
		     struct fault *f)
{
	return engine_initiate(d->side[who].engine, d->now, tunnel, "duet", ret_id, f);
}

uint64_t duet_initiate(struct duet *d, enum side who, const char *tunnel)
{
	struct fault f = { 0 };
	uint64_t id = 0;

	if (duet_try(d, who, tunnel, &id, &f) != R_OK)
		duet_complain(d, "%c cannot initiate %s: %s", "AB"[who], tunnel, f.text);
	return id;
}

void duet_inject(struct duet *d, enum side to, const struct addr *from, struct slice octets)
{
	struct actor *a = &d->side[to];
	struct packet p = { .local = addr_with_port(a->addr, a->ports.port),
			    .remote = *from,
			    .octets = octets };

	engine_packet(a->engine, d->now, &p);
	look(d);
}

void duet_release(struct duet *d, enum side who)
{
	d->side[who].hold = false;
	for (struct errand *e = d->side[who].errands; e; e = e->next)
		e->at = d->now;
	turn(d);
}

struct answer {
	struct reset_report report;
	struct touched *at;
	size_t cap;
	bool came;
};

static void on_reset(void *arg, const struct reset_report *r, const struct fault *f)
{
	struct answer *w = arg;

	(void)f;
	w->came = true;
	if (!r)
		return;
	w->report = *r;
	if (w->at && r->n)
		memcpy(w->at, r->at, MIN_OF(w->cap, r->n) * sizeof(*r->at));
	w->report.at = w->at;
}

struct reset_report duet_reset(struct duet *d, enum side who, const struct reset_ask *ask,
			       struct touched *ret, size_t cap)
{
	struct answer w = { .at = ret, .cap = cap };

	engine_reset(d->side[who].engine, d->now, ask, on_reset, &w);
	if (!w.came)
		duet_complain(d, "a reset was not answered at once");
	look(d);
	return w.report;
}
