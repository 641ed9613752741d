/* swanctl_out.c - writing swanctl.conf of strongSwan
 *
 * One connection a peer. strongSwan takes one pair of selectors a child with IKEv1, so every pair
 * is a child of its own. Proposals come with everything said, since its defaults change.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/swan.h"

#include <stdio.h>
#include <string.h>

struct out {
	const struct sketch *from;
	struct text *t;
	struct sketch *notes;
};

static void put(struct out *o, int depth, const char *key, const char *value)
{
	if (*value)
		text_add(o->t, "%*s%s = %s\n", depth * 4, "", key, value);
}

static void open_section(struct out *o, int depth, const char *name)
{
	text_add(o->t, "%*s%s {\n", depth * 4, "", name);
}

static void close_section(struct out *o, int depth)
{
	text_add(o->t, "%*s}\n", depth * 4, "");
}

/* A section's name has no dots: they part names there. */
static void section_name(char ret[80], const char *name, size_t i, size_t of)
{
	snprintf(ret, 80, of > 1 ? "%s-%zu" : "%s", name, i + 1);
	for (char *s = ret; *s; s++)
		*s = *s == '.' ? '-' : *s;
}

static void proposals(struct out *o, const struct peer *p)
{
	struct text all;

	text_init(&all, 0);
	uint32_t lifetime = swan_ike_list(o->from, p, ", ", &all);
	if (all.n)
		put(o, 2, "proposals", all.at);
	if (lifetime) { /* it is renewed at nine tenths, and ends when ours does */
		text_add(o->t, "        rekey_time = %us\n        over_time = %us\n",
			 lifetime - lifetime / 10, lifetime / 10);
		text_add_str(o->t, "        rand_time = 0s\n");
	}
	text_done(&all);
}

static void watching(struct out *o, const struct peer *p)
{
	const struct dpd_profile *dpd =
		(const void *)algword_record(o->from, K_DPD_PROFILE, p->dpd);

	if (!dpd)
		return;
	text_add(o->t, "        dpd_delay = %us\n        dpd_timeout = %us\n",
		 dpd->interval_seconds,
		 dpd->interval_seconds + dpd->retry_seconds * dpd->max_failures);
}

static void side(struct out *o, const char *which, int auth, int type, const char *value)
{
	struct text id;

	open_section(o, 2, which);
	put(o, 3, "auth", auth == PEER_AUTH_PSK ? "psk" : "pubkey");
	text_init(&id, 0);
	swan_identity(&id, type, value);
	if (id.n)
		put(o, 3, "id", id.at);
	text_done(&id);
	close_section(o, 2);
}

static void esp(struct out *o, const struct tunnel *t)
{
	struct text all;

	text_init(&all, 0);
	swan_esp_list(o->from, t, ", ", &all);
	if (all.n)
		put(o, 4, "esp_proposals", all.at);
	text_done(&all);
}

static void child(struct out *o, const struct tunnel *t, size_t i, size_t k)
{
	char name[80];
	uint32_t s = t->lifetime_seconds;

	section_name(name, t->r.name, i * t->remote_ts_n + k,
		     (size_t)t->local_ts_n * t->remote_ts_n);
	open_section(o, 3, name);
	put(o, 4, "local_ts", t->local_ts[i]);
	put(o, 4, "remote_ts", t->remote_ts[k]);
	esp(o, t);
	put(o, 4, "mode", t->mode == TUNNEL_TUNNEL ? "tunnel" : "transport");
	put(o, 4, "start_action",
	    t->start_action == START_TRAP  ? "trap"
	    : t->start_action == START_NOW ? "start"
					   : "none");
	if (s)
		text_add(o->t,
			 "                life_time = %us\n                rekey_time = %us\n", s,
			 s - s / 10);
	if (t->lifetime_kilobytes)
		text_add(o->t,
			 "                life_bytes = %llu\n                rekey_bytes = %llu\n",
			 t->lifetime_kilobytes * 1024ull,
			 (t->lifetime_kilobytes - t->lifetime_kilobytes / 10) * 1024ull);
	close_section(o, 3);
}

static void children(struct out *o, const struct peer *p)
{
	open_section(o, 2, "children");
	for (size_t n = 0; n < o->from->n; n++) {
		const struct tunnel *t = (const void *)o->from->at[n]->rec;

		if (t->r.kind != K_TUNNEL || strcmp(t->peer, p->r.name) != 0 || !t->enabled)
			continue;
		for (size_t i = 0; i < t->local_ts_n; i++)
			for (size_t k = 0; k < t->remote_ts_n; k++)
				child(o, t, i, k);
	}
	close_section(o, 2);
}

static void connection(struct out *o, const struct peer *p)
{
	char name[80];

	section_name(name, p->r.name, 0, 1);
	open_section(o, 1, name);
	put(o, 2, "version", "1");
	put(o, 2, "aggressive", p->exchange_mode == MODE_AGGRESSIVE ? "yes" : "no");
	put(o, 2, "local_addrs", p->local_address);
	put(o, 2, "remote_addrs", strcmp(p->remote_address, "any") == 0 ? "" : p->remote_address);
	put(o, 2, "encap", p->nat_traversal == NATT_FORCE ? "yes" : "");
	put(o, 2, "fragmentation", p->fragmentation ? "yes" : "no");
	put(o, 2, "mobike", "no");
	proposals(o, p);
	watching(o, p);
	side(o, "local", p->auth_local, p->local_id_type, p->local_id_value);
	side(o, "remote", p->auth_remote, p->remote_id_type,
	     *p->remote_id_value ? p->remote_id_value : p->remote_name);
	children(o, p);
	close_section(o, 1);
	if (p->exchange_mode == MODE_AGGRESSIVE && p->auth_local == PEER_AUTH_PSK)
		sketch_note(o->notes, NOTE_MIND, 0, "",
			    "strongSwan answers aggressive mode with a shared key only with "
			    "i_dont_care_about_security_and_use_aggressive_mode_psk = yes in "
			    "strongswan.conf");
	if (p->nat_traversal == NATT_OFF)
		sketch_note(o->notes, NOTE_MIND, 0, "",
			    "strongSwan always looks for a NAT; here that is switched off, so a "
			    "tunnel through one does not come up");
}

static void secret(struct out *o, const struct peer *p)
{
	struct text id;
	char name[80];

	if (p->auth_local != PEER_AUTH_PSK)
		return;
	section_name(name, p->r.name, 0, 1);
	text_add(o->t, "    ike-%s {\n", name);
	text_init(&id, 0);
	swan_identity(&id, p->remote_id_type,
		      *p->remote_id_value ? p->remote_id_value : p->remote_name);
	if (!id.n && strcmp(p->remote_address, "any") != 0)
		text_add_str(&id, p->remote_address);
	if (id.n)
		put(o, 2, "id-1", id.at);
	text_done(&id);
	text_add(o->t, "        secret = \"%s\"\n    }\n", SECRET_HERE);
}

void swanctl_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	struct out o = { from, ret, ret_notes };

	text_add_str(ret, "# swanctl.conf\nconnections {\n");
	for (size_t i = 0; i < from->n; i++)
		if (from->at[i]->rec->kind == K_PEER)
			connection(&o, (const void *)from->at[i]->rec);
	text_add_str(ret, "}\nsecrets {\n");
	for (size_t i = 0; i < from->n; i++)
		if (from->at[i]->rec->kind == K_PEER)
			secret(&o, (const void *)from->at[i]->rec);
	text_add_str(ret, "}\n");
}
