/* ipsecconf_out.c - writing ipsec.conf, with the words that strongSwan and Libreswan share
 *
 * A conn for each pair of selectors, what they share in one that they name with also=. Two words
 * differ: a cipher with its own integrity is aes256gcm16 to the one and aes_gcm256 to the other,
 * and the lifetime of IPsec SAs is lifetime or salifetime. strongSwan's are written, Libreswan's
 * are told in comments. The key stands in ipsec.secrets, whose line comes as a comment.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/ipsecconf.h"

#include <stdio.h>
#include <string.h>

#include "core/dialect/swan.h"

struct out {
	const struct sketch *from;
	struct text *t;
	struct sketch *notes;
};

static void put(struct out *o, const char *key, const char *value)
{
	if (*value)
		text_add(o->t, "\t%s=%s\n", key, value);
}

static void put_number(struct out *o, const char *key, uint32_t n, const char *unit)
{
	if (n)
		text_add(o->t, "\t%s=%u%s\n", key, n, unit);
}

static void conn_name(char ret[80], const char *name, size_t i, size_t of)
{
	snprintf(ret, 80, of > 1 ? "%s-%zu" : "%s", name, i + 1);
}

/* An identity as both know it: a name has an @ before it, so that it is not looked up. */
static void identity(struct out *o, const char *key, int type, const char *value)
{
	if (!*value)
		return;
	text_add(o->t, "\t%s=%s%s\n", key,
		 type == IDK_FQDN        ? "@"
		 : type == IDK_USER_FQDN ? ""
		 : type == IDK_KEY_ID    ? "@#"
					 : "",
		 value);
}

static uint32_t ike_words(struct out *o, const struct peer *p)
{
	struct text all;

	text_init(&all, 0);
	uint32_t lifetime = swan_ike_list(o->from, p, ",", &all);
	if (all.n)
		put(o, "ike", all.at);
	text_done(&all);
	return lifetime;
}

static void shared(struct out *o, const struct peer *p, const char *name)
{
	const struct dpd_profile *dpd =
		(const void *)algword_record(o->from, K_DPD_PROFILE, p->dpd);
	bool any = !*p->remote_address || strcmp(p->remote_address, "any") == 0;

	text_add(o->t, "conn %s\n", name);
	put(o, "keyexchange", "ikev1");
	put(o, "aggressive", p->exchange_mode == MODE_AGGRESSIVE ? "yes" : "no");
	put(o, "authby", p->auth_local == PEER_AUTH_PSK ? "secret" : "rsasig");
	put(o, "left", *p->local_address ? p->local_address : "%defaultroute");
	identity(o, "leftid", p->local_id_type, p->local_id_value);
	put(o, "right", any ? "%any" : p->remote_address);
	identity(o, "rightid", algword_their_type(p), algword_their_id(p));
	put_number(o, "ikelifetime", ike_words(o, p), "s");
	put(o, "fragmentation", p->fragmentation ? "yes" : "no");
	if (p->nat_traversal == NATT_FORCE)
		text_add_str(o->t, "\tforceencaps=yes\n\t# Libreswan: encapsulation=yes\n");
	if (dpd) {
		put_number(o, "dpddelay", dpd->interval_seconds, "s");
		put_number(o, "dpdtimeout",
			   dpd->interval_seconds + dpd->retry_seconds * dpd->max_failures, "s");
		put(o, "dpdaction",
		    dpd->action == DPD_CLEAR  ? "clear"
		    : dpd->action == DPD_TRAP ? "hold"
					      : "restart");
	}
	text_add_str(o->t, "\n");
}

static void esp_words(struct out *o, const struct tunnel *t)
{
	struct text all;

	text_init(&all, 0);
	swan_esp_list(o->from, t, ",", &all);
	if (all.n)
		put(o, "esp", all.at);
	if (all.n && strstr(all.at, "gcm"))
		text_add_str(o->t, "\t# Libreswan: aes_gcm256 for aes256gcm16\n");
	text_done(&all);
}

static void pair(struct out *o, const struct tunnel *t, const char *also, size_t i, size_t k)
{
	char name[80];
	uint32_t s = t->lifetime_seconds;

	conn_name(name, t->r.name, i * t->remote_ts_n + k, (size_t)t->local_ts_n * t->remote_ts_n);
	if (strcmp(name, also) == 0)
		strcat(name, "-1");
	text_add(o->t, "conn %s\n", name);
	put(o, "also", also);
	put(o, "type", t->mode == TUNNEL_TUNNEL ? "tunnel" : "transport");
	put(o, "leftsubnet", t->local_ts[i]);
	put(o, "rightsubnet", t->remote_ts[k]);
	esp_words(o, t);
	if (s)
		text_add(o->t, "\tlifetime=%us\n\t# Libreswan: salifetime=%us\n", s, s);
	put(o, "auto",
	    t->start_action == START_TRAP  ? "route"
	    : t->start_action == START_NOW ? "start"
					   : "add");
	text_add_str(o->t, "\n");
}

static void peer_conns(struct out *o, const struct peer *p)
{
	shared(o, p, p->r.name);
	for (size_t n = 0; n < o->from->n; n++) {
		const struct tunnel *t = (const void *)o->from->at[n]->rec;

		if (t->r.kind != K_TUNNEL || strcmp(t->peer, p->r.name) != 0 || !t->enabled)
			continue;
		for (size_t i = 0; i < t->local_ts_n; i++)
			for (size_t k = 0; k < t->remote_ts_n; k++)
				pair(o, t, p->r.name, i, k);
	}
	if (p->auth_local != PEER_AUTH_PSK)
		return;
	const char *id = *algword_their_id(p) ? algword_their_id(p) : p->remote_address;
	text_add(o->t, "# ipsec.secrets:\n# %s%s : PSK \"%s\"\n",
		 algword_their_type(p) == IDK_FQDN && *algword_their_id(p) ? "@" : "", id,
		 SECRET_HERE);
	if (p->exchange_mode == MODE_AGGRESSIVE)
		sketch_note(o->notes, NOTE_MIND, 0, "",
			    "strongSwan answers aggressive mode with a shared key only with "
			    "i_dont_care_about_security_and_use_aggressive_mode_psk = yes in "
			    "strongswan.conf");
}

void ipsecconf_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	struct out o = { from, ret, ret_notes };

	text_add_str(ret, "# ipsec.conf\n");
	for (size_t i = 0; i < from->n; i++)
		if (from->at[i]->rec->kind == K_PEER)
			peer_conns(&o, (const void *)from->at[i]->rec);
}
