/* natt_awake.c - keeping a NAT's mapping awake (RFC 3948 section 4)
 *
 * The end behind the NAT, and only that end, sends one octet over the path of an IKE SA when nothing
 * else left on it for the interval: no IKE message, no ESP in UDP. The octet proves nothing and
 * nobody answers, so neither DPD nor keepalives look at it. Of SAs with the same peer only the one
 * that carries on is served.
 *
 * Called by: sa.c, engine.c.  Thread: loop.  Owns: one timer of each SA.
 */
#include "core/ike/natt_awake.h"

#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/settings.h"

static const uint8_t awake[1] = { 0xff };

static msec interval_of(const struct ike_sa *sa)
{
	const struct peer *p = sa->run ? sa->run->peer : NULL;
	uint32_t s = p && p->nat_keepalive_seconds
			     ? p->nat_keepalive_seconds
			     : config_ike(sa->e->config)->nat_keepalive_seconds;

	return (msec)s * SECOND_MS;
}

/* When anything was last sent on the SA's path. */
static msec last_sent(struct ike_sa *sa)
{
	msec at = sa->last_out;

	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (!c->encap || !c->out_installed)
			continue;
		child_count(c);
		at = MAX_OF(at, (msec)c->seen_out.last_ms);
	}
	return at;
}

static void send_awake(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	struct packet p = { .local = sa->local,
			    .remote = sa->remote,
			    .natt = sa->natt,
			    .octets = slice(awake, sizeof(awake)) };

	sa->last_out = e->now;
	e->ports.nat_keepalive(e->ports.ctx, &p);
}

static void on_awake(struct timer *t, msec now)
{
	struct ike_sa *sa = owner_of(t, struct ike_sa, nat_awake);
	msec due = last_sent(sa) + interval_of(sa);

	if (due <= now) {
		send_awake(sa);
		due = now + interval_of(sa);
	}
	timer_arm(&sa->e->timers, t, due);
}

void natt_awake_arm(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	sa->nat_awake.fire = on_awake;
	if (!sa_is_usable(sa) || !sa_shares_ports(sa) || !sa->nat_local ||
	    !e->ports.nat_keepalive) {
		natt_awake_stop(sa);
		return;
	}
	/* what went out before counts: a changed interval takes effect from there */
	timer_arm(&e->timers, &sa->nat_awake, MAX_OF(sa->last_out + interval_of(sa), e->now));
}

void natt_awake_arm_all(struct engine *e)
{
	list_each (l, &e->sas)
		natt_awake_arm(owner_of(l, struct ike_sa, link));
}

void natt_awake_stop(struct ike_sa *sa)
{
	timer_stop(&sa->e->timers, &sa->nat_awake);
}
