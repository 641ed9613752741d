/* expiry.c - the watch over the end of certificates, authorities and exceptions
 *
 * At the start, after each change and every hour. Of each certificate the steps 30, 7 and 1 days
 * before its end and the end itself are told once; a start tells where it stands, since nobody
 * may have been there to hear it. What was told is kept by fingerprint, so a renewed certificate
 * begins anew and a renamed record does not repeat; of an exception by its name and end. What an
 * exception permitted stays as it is when it ends: the rule speaks again, and no SA goes by that.
 *
 * Called by: daemon.c.  Thread: loop.  Owns: the list of what was told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/daemon/inside.h"
#include "core/model/exception.h"
#include "core/model/pki.h"

enum { EVERY_MS = 3600 * 1000, DAY_S = 86400 };

struct told {
	struct told *next;
	char fingerprint[SHA256_TEXT];
	unsigned step;
	bool seen; /* in this round */
};

unsigned expiry_step(int64_t left_s)
{
	static const int64_t days[] = { 30, 7, 1, 0 };
	unsigned step = 0;

	while (step < COUNT_OF(days) && left_s <= days[step] * DAY_S)
		step++;
	return step;
}

static struct told *told_of(struct daemon *d, const char *fingerprint)
{
	struct told *t = d->told;

	while (t && strcmp(t->fingerprint, fingerprint) != 0)
		t = t->next;
	if (t || !(t = calloc(1, sizeof(*t))))
		return t;
	text_copy(t->fingerprint, sizeof(t->fingerprint), fingerprint);
	t->next = d->told;
	d->told = t;
	return t;
}

static void tell(struct daemon *d, const struct record *r, int64_t left_s)
{
	struct event e = { .id = left_s <= 0 ? EVT_CERT_EXPIRED : EVT_CERT_EXPIRING,
			   .revision = r->revision };
	long long hours = (left_s + 3599) / 3600;

	if (left_s <= 0)
		snprintf(e.text, sizeof(e.text), "%s %s has expired", kind_row(r->kind)->word,
			 r->name);
	else
		snprintf(e.text, sizeof(e.text), "%s %s expires in %lld %s",
			 kind_row(r->kind)->word, r->name, hours > 48 ? hours / 24 : hours,
			 hours > 48 ? "days" : "hours");
	events_tell(&d->events, &e);
}

/* Is a further step to be told? */
static bool steps_on(struct daemon *d, const char *fingerprint, int64_t left)
{
	struct told *t = told_of(d, fingerprint);
	bool news = t && expiry_step(left) > t->step;

	if (!t)
		return false;
	t->seen = true;
	t->step = expiry_step(left);
	return news;
}

static void look_at(struct daemon *d, const struct record *r, const char *fingerprint,
		    int64_t now_s)
{
	uint64_t end = pki_not_after_s(r);
	int64_t left = (int64_t)end - now_s;

	if (end && steps_on(d, fingerprint, left))
		tell(d, r, left);
}

static void tell_exception(struct daemon *d, const struct exception *x, bool is_over)
{
	struct event e = { .id = is_over ? EVT_EXCEPTION_ENDED : EVT_EXCEPTION_ENDS,
			   .revision = x->r.revision };
	const char *name;

	if (exception_object(x, &name) == K_PEER)
		text_copy(e.peer, sizeof(e.peer), name);
	snprintf(e.text, sizeof(e.text), "exception %s of %.50s%s%.70s %s at %s%s", x->r.name,
		 x->owner, *x->object ? " for " : "", x->object, is_over ? "ended" : "ends",
		 x->expires_at, is_over ? "; its rule speaks again" : "");
	events_tell(&d->events, &e);
}

/* The next end of one, when it is sooner than the next look. */
static msec look_at_exceptions(struct daemon *d, int64_t now_s)
{
	msec soon = EVERY_MS;

	for (size_t i = 0; i < config_count(d->config, K_EXCEPTION); i++) {
		const struct exception *x = (const void *)config_at(d->config, K_EXCEPTION, i);
		int64_t left = exception_end_s(x) - now_s;
		char mark[SHA256_TEXT];

		snprintf(mark, sizeof(mark), "exception %s %s", x->r.name, x->expires_at);
		if (steps_on(d, mark, left))
			tell_exception(d, x, left <= 0);
		if (left > 0 && left * 1000 < soon)
			soon = left * 1000;
	}
	return soon;
}

/* Of certificates that are gone nothing is remembered. */
static void forget(struct daemon *d, bool all)
{
	for (struct told **at = &d->told; *at;) {
		struct told *t = *at;

		if (t->seen && !all) {
			t->seen = false;
			at = &t->next;
		} else {
			*at = t->next;
			free(t);
		}
	}
}

void expiry_look(struct daemon *d)
{
	const struct config *c = d->config;
	int64_t now_s = clock_wall_ms() / 1000;

	for (size_t i = 0; i < config_count(c, K_CERTIFICATE); i++) {
		const struct certificate *x = (const void *)config_at(c, K_CERTIFICATE, i);

		look_at(d, &x->r, x->facts.fingerprint, now_s);
	}
	for (size_t i = 0; i < config_count(c, K_AUTHORITY); i++) {
		const struct authority *x = (const void *)config_at(c, K_AUTHORITY, i);

		look_at(d, &x->r, x->facts.fingerprint, now_s);
	}
	msec next = look_at_exceptions(d, now_s);
	forget(d, false);
	timer_arm(loop_timers(d->loop), &d->expiry_timer, clock_now() + next);
}

static void on_hour(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, expiry_timer);

	(void)now;
	loop_doing(d->loop, "looking at what ends");
	expiry_look(d);
}

void expiry_start(struct daemon *d)
{
	d->expiry_timer.fire = on_hour;
	timer_arm(loop_timers(d->loop), &d->expiry_timer, clock_now());
}

void expiry_stop(struct daemon *d)
{
	timer_stop(loop_timers(d->loop), &d->expiry_timer);
	forget(d, true);
}
