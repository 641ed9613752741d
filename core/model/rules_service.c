/* rules_service.c - rules of the system view: keepalive, DPD, SNMP, the API
 *
 * A keepalive timeout counts what the other end sends, and its interval is set over there. We
 * can only compare with our own, which both ends usually share, and say so.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 */
#include "core/model/ruling.h"

#include <string.h>

#include "core/base/addr.h"
#include "core/model/event.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "core/model/webhook.h"

enum {
	PASSPHRASE_MIN = 8, /* RFC 3414 section 11.2 */
	R_U_THERE = 36136, /* RFC 3706 section 5.2 */
	R_U_THERE_ACK = 36137,
	LOSSES = 3, /* more than three keepalives in a row are rarely lost */
};

static void keepalive_timeout(struct ruling *r, const struct record *rec)
{
	const struct settings_keepalive *k = (const void *)rec;

	if (k->timeout_seconds && k->timeout_seconds < LOSSES * k->interval_seconds)
		rules_break(r, RULE_KEEPALIVE_TIMEOUT, rec,
			    offsetof(struct settings_keepalive, timeout_seconds),
			    "Three times the interval is recommended",
			    "the keepalive timeout of %u s must be longer than the other end's "
			    "interval; "
			    "ours is %u s",
			    k->timeout_seconds, k->interval_seconds);
}

static void keepalive_alone(struct ruling *r, const struct record *rec)
{
	const struct settings_keepalive *k = (const void *)rec;

	if (k->timeout_seconds)
		rules_break(r, RULE_KEEPALIVE_ALONE, rec,
			    offsetof(struct settings_keepalive, timeout_seconds),
			    "Set an interval at the other end, or use DPD instead",
			    "tunnels are deleted after two timeouts of %u s unless the peer sends "
			    "keepalives; strongSwan and Libreswan send none",
			    k->timeout_seconds);
}

/* A peer's own timers go before the system view's; 0 is the system view's. */
static void peer_keepalive_timeout(struct ruling *r, const struct record *rec)
{
	const struct settings_keepalive *k = config_keepalive(r->after);
	const struct peer *p = (const void *)rec;
	uint32_t interval =
		p->keepalive_interval_seconds ? p->keepalive_interval_seconds : k->interval_seconds;

	if (p->keepalive_timeout_seconds && p->keepalive_timeout_seconds < LOSSES * interval)
		rules_break(r, RULE_KEEPALIVE_TIMEOUT, rec,
			    offsetof(struct peer, keepalive_timeout_seconds),
			    "Three times the interval is recommended",
			    "peer %s: the keepalive timeout of %u s must be longer than the other "
			    "end's interval; ours is %u s",
			    rec->name, p->keepalive_timeout_seconds, interval);
}

static void peer_keepalive_alone(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (p->keepalive_timeout_seconds)
		rules_break(r, RULE_KEEPALIVE_ALONE, rec,
			    offsetof(struct peer, keepalive_timeout_seconds),
			    "Set an interval at the other end, or use DPD instead",
			    "peer %s: its tunnels are deleted after two timeouts of %u s unless it "
			    "sends keepalives; strongSwan and Libreswan send none",
			    rec->name, p->keepalive_timeout_seconds);
}

static void keepalive_type(struct ruling *r, const struct record *rec)
{
	const struct settings_keepalive *k = (const void *)rec;

	if (k->notify_type == R_U_THERE || k->notify_type == R_U_THERE_ACK)
		rules_break(r, RULE_KEEPALIVE_TYPE, rec,
			    offsetof(struct settings_keepalive, notify_type), "40503 is the preset",
			    "a keepalive cannot be told from DPD with the notify number %u",
			    k->notify_type);
}

static void dpd_retry(struct ruling *r, const struct record *rec)
{
	const struct dpd_profile *d = (const void *)rec;

	if (d->interval_seconds <= d->retry_seconds)
		rules_break(r, RULE_DPD_RETRY, rec, offsetof(struct dpd_profile, interval_seconds),
			    "Raise interval_seconds or lower retry_seconds",
			    "DPD profile %s: the interval of %u s should be longer than the retry "
			    "interval of %u s",
			    rec->name, d->interval_seconds, d->retry_seconds);
}

/* A name that leads nowhere is ref.exists' matter. */
static void snmp_secret(struct ruling *r, const struct record *rec, const char *name, size_t member)
{
	const struct secret *s = *name ? config_secret(r->after, name) : NULL;
	const char *hint = "Make a secret of type passphrase with 8 characters or more";

	if (!*name)
		rules_break(r, RULE_SNMP_USER, rec, member, hint,
			    "standalone SNMP needs an authentication and a privacy secret");
	else if (s && s->value.n < SEALED_AROUND + PASSPHRASE_MIN)
		rules_break(r, RULE_SNMP_USER, rec, member, hint,
			    "secret %s is not set or shorter than %d characters: too short for an "
			    "SNMP v3 user",
			    name, PASSPHRASE_MIN);
}

static void snmp_user(struct ruling *r, const struct record *rec)
{
	const struct settings_snmp *s = (const void *)rec;

	if (s->mode != SNMP_STANDALONE)
		return;
	if (!s->user[0])
		rules_break(r, RULE_SNMP_USER, rec, offsetof(struct settings_snmp, user),
			    "Give the user a name", "standalone SNMP needs a v3 user");
	snmp_secret(r, rec, s->auth_secret, offsetof(struct settings_snmp, auth_secret));
	snmp_secret(r, rec, s->priv_secret, offsetof(struct settings_snmp, priv_secret));
}

/* The range is the field's own matter. */
static void replay_window(struct ruling *r, const struct record *rec)
{
	uint32_t n = ((const struct settings_ipsec *)(const void *)rec)->anti_replay_window;

	if (n & (n - 1))
		rules_break(r, RULE_REPLAY_WINDOW, rec,
			    offsetof(struct settings_ipsec, anti_replay_window),
			    "32, 64, 128, 256, 512 or 1024",
			    "the anti-replay window cannot have %u packets", n);
}

/* Kept, and ready for the release that asks for them. */
static void secret_later(struct ruling *r, const struct record *rec)
{
	const struct secret *s = (const void *)rec;

	if (s->type != SECRET_PSK && s->type != SECRET_PASSPHRASE && s->type != SECRET_IPSEC_KEYS)
		rules_break(r, RULE_NO_EFFECT_YET, rec, offsetof(struct secret, type), "",
			    "secret %s: nothing asks for a secret of its type in this release",
			    rec->name);
}

/* Whether a name stands for such an address is seen when it is sent to (api/hookwire.c). */
static void webhook_url(struct ruling *r, const struct record *rec)
{
	const struct webhook *w = (const void *)rec;
	const char *why = NULL;
	struct addr a;
	char host[256];
	bool https;

	if (!webhook_host(w->url, host, sizeof(host), &https))
		why = "its URL must be https://HOST/PATH, without name and password";
	else if (addr_read(host, &a) && webhook_forbids(&a) && !w->allow_link_local)
		why = "events are not sent to a link-local address";
	else if (!https && strcmp(host, "localhost") != 0 &&
		 !(addr_read(host, &a) && webhook_is_loopback(&a)))
		why = "over http events go to this machine only";
	if (why)
		rules_break(r, RULE_WEBHOOK_URL, rec, offsetof(struct webhook, url),
			    "For example https://hooks.example.com/ikeeper", "webhook %s: %s",
			    rec->name, why);
}

static void webhook_events(struct ruling *r, const struct record *rec)
{
	const struct webhook *w = (const void *)rec;

	for (size_t i = 0; i < w->events_n; i++) {
		bool known = false;

		for (int e = 0; e < EVT_COUNT; e++)
			known |= strcmp(w->events[i], event_row((enum event_id)e)->name) == 0 ||
				 strcmp(w->events[i], event_row((enum event_id)e)->topic) == 0;
		if (!known)
			rules_break(r, RULE_WEBHOOK_EVENTS, rec, offsetof(struct webhook, events),
				    "GET /capabilities lists them; topics are sa, config, trace, "
				    "system",
				    "webhook %s: there is no event or topic %s", rec->name,
				    w->events[i]);
	}
}

static void api_open(struct ruling *r, const struct record *rec)
{
	const struct settings_api *s = (const void *)rec;
	struct prefix loopback4 = { 0 };
	struct addr addr, loopback6 = { 0 };

	prefix_read("127.0.0.0/8", &loopback4);
	addr_read("::1", &loopback6);
	if (addr_read(s->listen_address, &addr) &&
	    (prefix_has(&loopback4, &addr) || addr_equal(&addr, &loopback6)))
		return;
	rules_break(r, RULE_API_OPEN, rec, offsetof(struct settings_api, listen_address),
		    "Use strong passwords, and watch who can reach it",
		    "the API will listen on %s, beyond loopback",
		    s->listen_address[0] ? s->listen_address : "every address");
}

const struct check rules_of_services[] = {
	{ RULE_KEEPALIVE_TIMEOUT, K_SETTINGS_KEEPALIVE, 0, keepalive_timeout },
	{ RULE_KEEPALIVE_ALONE, K_SETTINGS_KEEPALIVE, 0, keepalive_alone },
	{ RULE_KEEPALIVE_TYPE, K_SETTINGS_KEEPALIVE, 0, keepalive_type },
	{ RULE_KEEPALIVE_TIMEOUT, K_PEER, ON(K_SETTINGS_KEEPALIVE), peer_keepalive_timeout },
	{ RULE_KEEPALIVE_ALONE, K_PEER, 0, peer_keepalive_alone },
	{ RULE_DPD_RETRY, K_DPD_PROFILE, 0, dpd_retry },
	{ RULE_SNMP_USER, K_SETTINGS_SNMP, ON(K_SECRET), snmp_user },
	{ RULE_REPLAY_WINDOW, K_SETTINGS_IPSEC, 0, replay_window },
	{ RULE_NO_EFFECT_YET, K_SECRET, 0, secret_later },
	{ RULE_API_OPEN, K_SETTINGS_API, 0, api_open },
	{ RULE_WEBHOOK_URL, K_WEBHOOK, 0, webhook_url },
	{ RULE_WEBHOOK_EVENTS, K_WEBHOOK, 0, webhook_events },
	{ .record = NULL },
};
