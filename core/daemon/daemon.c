/* daemon.c - the gateway put together
 *
 * Fills ports.h with the real world: UDP sockets, crew, keyring, data plane, clock. Every
 * entry into the engine is followed by re-arming its next deadline; what changed is
 * published at the end of the turn.
 *
 * Called by: main. Thread: loop. Owns: engine, board, agent link; borrows the rest.
 */
#include "core/daemon/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/daemon/inside.h"
#include "core/daemon/inspect.h"
#include "core/ike/v1/v1.h"
#include "core/net/lookup.h"
#include "core/model/pki.h"

static void arm(struct daemon *d)
{
	msec now = clock_now();
	msec next = engine_tick(d->engine, now);

	if (next < 0)
		timer_stop(loop_timers(d->loop), &d->engine_timer);
	else
		timer_arm(loop_timers(d->loop), &d->engine_timer, now + next);
}

static void on_deadline(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, engine_timer);

	(void)now;
	loop_doing(d->loop, "engine deadlines");
	arm(d);
}

static void on_datagram(void *arg, const struct datagram *dg)
{
	struct daemon *d = arg;
	struct packet p = {
		.local = dg->local, .remote = dg->remote, .natt = dg->natt, .octets = dg->octets
	};

	loop_doing(d->loop, "a datagram");
	wiretap_came(d, &p);
	engine_packet(d->engine, clock_now(), &p);
	wiretap_looked(d, &p);
}

static void port_send(void *ctx, const struct packet *p)
{
	struct daemon *d = ctx;
	struct datagram dg = {
		.local = p->local, .remote = p->remote, .natt = p->natt, .octets = p->octets
	};
	struct fault f = { 0 };

	wiretap_sent(d, p);
	if (udp_send(d->want.udp, &dg, &f) != R_OK)
		log_say(LOG_WARN_, LOG_IKE, "a datagram could not be sent: %s", f.text);
}

static void port_nat_keepalive(void *ctx, const struct packet *p)
{
	struct daemon *d = ctx;
	struct datagram dg = {
		.local = p->local, .remote = p->remote, .natt = p->natt, .octets = p->octets
	};
	struct fault f = { 0 };

	if (udp_send_bare(d->want.udp, &dg, &f) != R_OK)
		log_say(LOG_WARN_, LOG_IKE, "a NAT keepalive could not be sent: %s", f.text);
}

/* The kernel's SAs show to root by `ip xfrm state`; those of our own plane nowhere else. */
static void port_esp_keyed(void *ctx, const char *peer, const struct plane_sa *sa)
{
	struct daemon *d = ctx;

	if (strcmp(d->want.plane->name, "userspace") == 0)
		wiretap_esp(d, peer, sa);
}

static enum reason port_crunch(void *ctx, struct job *take_j)
{
	struct daemon *d = ctx;

	return crew_ask(d->want.crew, take_j);
}

static msec port_now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static int64_t port_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

static enum reason port_secret(void *ctx, const struct secret *s, struct bytes **ret,
			       struct fault *f)
{
	struct daemon *d = ctx;
	char about[64];

	if (s->value.n == 0)
		return fail(f, R_NO_SECRET, "the secret %s has no value yet", s->r.name);
	return secret_open(d->want.keyring, secret_about(s->r.name, about),
			   slice(s->value.at, s->value.n), ret, f);
}

static enum reason port_private_key(void *ctx, const struct private_key *k, struct bytes **ret,
				    struct fault *f)
{
	struct daemon *d = ctx;
	char about[PRIVATE_KEY_ABOUT];

	if (k->key.n == 0)
		return fail(f, R_NO_CERTIFICATE, "the private key %s has no value yet", k->r.name);
	return secret_open(d->want.keyring, private_key_about(k->r.name, about),
			   slice(k->key.at, k->key.n), ret, f);
}

static bool port_source_for(void *ctx, const struct addr *remote, struct addr *ret)
{
	(void)ctx;
	return udp_source_for(remote, ret);
}

static enum reason port_resolve(void *ctx, const char *name, unsigned family, struct addr *ret,
				struct fault *f)
{
	(void)ctx;
	return lookup_host(name, family, ret, f);
}

static void news_acquire(void *arg, uint32_t policy)
{
	struct daemon *d = arg;

	engine_acquire(d->engine, clock_now(), policy);
}

static void news_bytes(void *arg, uint32_t spi, bool hard)
{
	struct daemon *d = arg;

	engine_bytes_limit(d->engine, clock_now(), spi, hard);
}

static void news_moved(void *arg, uint32_t spi, const struct addr *from)
{
	struct daemon *d = arg;

	engine_moved(d->engine, clock_now(), spi, from);
}

static void news_unknown(void *arg, uint32_t spi, const struct addr *from)
{
	struct daemon *d = arg;

	engine_unknown_spi(d->engine, clock_now(), spi, from);
}

static void on_slow(void *arg, msec took, const char *doing)
{
	struct daemon *d = arg;
	struct event e = { .id = EVT_SLOW_TURN };

	snprintf(e.text, sizeof(e.text), "a turn of %lld ms, busy with %s", (long long)took, doing);
	events_tell(&d->events, &e);
}

static void turn_end(void *arg, msec now)
{
	struct daemon *d = arg;

	crew_flush(d->want.crew);
	arm(d);
	publish_turn_end(d, now);
}

static enum log_level word_level(int level)
{
	return (enum log_level)level;
}

void daemon_config_adopted(struct daemon *d)
{
	const struct settings_logging *l = config_logging(d->config);

	log_level(LOG_TOPICS, word_level(l->level));
	log_level(LOG_IKE, word_level(l->ike_level));
	board_post_config(d->board, d->config);
	if (d->agent)
		agentlink_adopt(d->agent, d->config);
}

static void fill_ports(struct daemon *d)
{
	d->ports = (struct ports){
		.ctx = d,
		.send = port_send,
		.nat_keepalive = port_nat_keepalive,
		.crunch = port_crunch,
		.now = port_now,
		.wall_ms = port_wall_ms,
		.secret = port_secret,
		.private_key = port_private_key,
		.source_for = port_source_for,
		.resolve = port_resolve,
		.esp_keyed = port_esp_keyed,
		.plane = d->want.plane,
		.rng = &d->rng,
		.events = &d->events,
		.port = d->want.port,
		.nat_port = d->want.nat_port,
	};
	text_copy(d->ports.host_name, sizeof(d->ports.host_name), d->want.host_name);
}

static enum reason start_agent(struct daemon *d, struct fault *f)
{
	struct agentlink_want w = {
		.loop = d->loop,
		.control = &d->control,
		.spawner = d->want.spawner,
		.host_name = d->want.host_name,
		.secret = port_secret,
		.arg = d,
	};

	d->agent = agentlink_new(&w, f);
	return d->agent ? R_OK : f->reason;
}

static void tell_started(struct daemon *d)
{
	struct event e = { .id = EVT_STARTED, .revision = config_revision(d->config) };

	snprintf(e.text, sizeof(e.text), "ikeeperd %s, data plane %s: %.150s", IKEEPER_VERSION,
		 d->want.plane->name, d->want.plane->reason);
	events_tell(&d->events, &e);
}

/* Once for each peer at the start; a change says it again when it touches one. */
static void log_keys_at_risk(const struct config *c)
{
	char text[RISK_SIZE];

	for (size_t i = 0; i < config_count(c, K_PEER); i++) {
		const struct peer *p = (const void *)config_at(c, K_PEER, i);

		if (rules_key_at_risk(c, p, text, sizeof(text)))
			log_say(LOG_WARN_, LOG_DAEMON, "peer %s: %s", p->r.name, text);
	}
}

struct daemon *daemon_new(const struct daemon_want *w, struct fault *f)
{
	static const struct version *const versions[] = { &version1, NULL };
	own(daemon) d = calloc(1, sizeof(*d));

	if (!d || !(d->board = board_new())) {
		fail(f, R_NO_MEMORY, "no memory for the daemon");
		return NULL;
	}
	d->want = *w;
	d->loop = w->loop;
	d->config = config_ref(w->config);
	inspect_config(d->config, w->keyring);
	d->rng = rng_system();
	d->engine_timer.fire = on_deadline;
	events_init(&d->events);
	list_init(&d->wiretaps);
	fill_ports(d);
	control_fill(d);
	journal_start(d);
	if (!chronicle_start(d)) {
		fail(f, R_NO_MEMORY, "no memory for the daemon");
		return NULL;
	}
	d->engine = engine_new(&d->ports, versions, d->config, clock_now());
	if (!d->engine) {
		fail(f, R_NO_MEMORY, "no memory for the engine");
		return NULL;
	}
	chronicle_resume(d);
	publish_start(d);
	daemon_config_adopted(d);
	log_keys_at_risk(d->config);
	if (start_agent(d, f) != R_OK)
		return NULL;

	struct plane_news news = { d, news_acquire, news_bytes, news_moved, news_unknown };
	w->plane->listen(w->plane->ctx, &news);
	udp_on_datagram(w->udp, on_datagram, d);
	loop_turn_end(d->loop, turn_end, d);
	loop_on_slow(d->loop, on_slow, d);
	tell_started(d);
	expiry_start(d);
	overlap_look(d);
	limits_start(d);
	confirm_start(d);
	canary_start(d);
	return give(d);
}

void daemon_shutdown(struct daemon *d)
{
	struct event e = { .id = EVT_STOPPING };

	d->stopping = true;
	snprintf(e.text, sizeof(e.text), "telling the peers, then leaving");
	events_tell(&d->events, &e);
	engine_shutdown(d->engine, clock_now());
	wiretap_stop(d);
	change_drop_all(d);
}

void daemon_free(struct daemon *d)
{
	if (!d)
		return;
	loop_turn_end(d->loop, NULL, NULL);
	loop_on_slow(d->loop, NULL, NULL);
	timer_stop(loop_timers(d->loop), &d->engine_timer);
	timer_stop(loop_timers(d->loop), &d->publish_timer);
	expiry_stop(d);
	overlap_stop(d);
	timer_stop(loop_timers(d->loop), &d->limits_timer);
	confirm_stop(d);
	wiretap_stop(d);
	canary_stop(d);
	agentlink_free(d->agent);
	chronicle_stop(d);
	engine_free(d->engine);
	journal_stop(d);
	board_free(d->board);
	config_unref(d->config);
	free(d);
}

struct control *daemon_control(struct daemon *d)
{
	return &d->control;
}

const char *daemon_snmp_state(const struct daemon *d)
{
	return d->agent ? agentlink_state(d->agent) : "is off";
}
