/* mirror.c - the gateway at the other end, as records
 *
 * Its peer is us: our identity is the one it expects, our address the one it calls. Where we offer
 * every proposal of the system it is told all of them, the built-in one too, since another product
 * has none of ours. What we only answer it has to start.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/mirror.h"

#include <stdio.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"

#define OUR_NAME "gateway"
enum { BUILTIN_AS = 65535 };

struct mirror {
	const struct sketch *from;
	const struct peer *p;
	struct sketch *ret, *notes;
	struct entry *us; /* the peer of the other end */
};

static const struct record *find(const struct mirror *m, enum kind k, const char *name)
{
	const struct entry *e = sketch_find(m->from, k, name);

	return e ? e->rec : NULL;
}

static void set(struct mirror *m, struct entry *e, const char *member, const char *value)
{
	if (e && *value)
		sketch_set(m->ret, e, member, value, 0);
}

static void set_number(struct mirror *m, struct entry *e, const char *member, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	set(m, e, member, value ? text : "");
}

/* Every member that can be written, as it is. */
static struct entry *copy(struct mirror *m, const struct record *r)
{
	struct entry *e = r ? sketch_add(m->ret, r->kind, r->name, 0) : NULL;
	const struct field *fields = r ? kind_row(r->kind)->fields : NULL;

	if (!e || e->given)
		return e;
	for (const struct field *fl = fields; fl->name; fl++) {
		if (fl->flags & (FF_KEY | FF_READ_ONLY) || fl->kind == F_SECRET)
			continue;
		if (fl->many) {
			for (size_t i = 0; i < field_count(fl, r); i++)
				set(m, e, fl->name, field_str(fl, r, i));
			continue;
		}
		struct text value;

		text_init(&value, 0);
		field_text(fl, r, &value);
		set(m, e, fl->name, value.at ? value.at : "");
		text_done(&value);
	}
	return e;
}

static void clear(struct entry *e, const char *member)
{
	field_clear(field_find(kind_row(e->rec->kind)->fields, member), e->rec);
}

/* ---- who is who ---- */

static const char *id_word(int type)
{
	return type == IDK_FQDN        ? "fqdn"
	       : type == IDK_USER_FQDN ? "user_fqdn"
	       : type == IDK_DN        ? "dn"
	       : type == IDK_KEY_ID    ? "key_id"
				       : "address";
}

static void identities(struct mirror *m)
{
	const struct settings_ike *ike = (const void *)find(m, K_SETTINGS_IKE, "");
	const struct peer *p = m->p;
	const char *ours = p->local_id_value, *theirs = p->remote_id_value;
	int type = p->remote_id_type;
	bool named = type == IDK_FQDN || type == IDK_USER_FQDN;

	if (!*ours && p->local_id_type == IDK_FQDN)
		ours = ike && *ike->local_name ? ike->local_name : "";
	if (!*theirs && *p->remote_name && (named || type == IDK_ADDRESS)) {
		theirs = p->remote_name;
		type = strchr(theirs, '@') ? IDK_USER_FQDN : IDK_FQDN;
	}
	set(m, m->us, "local_id.type", id_word(type));
	set(m, m->us, "local_id.value", theirs);
	set(m, m->us, "remote_id.type", id_word(p->local_id_type));
	set(m, m->us, "remote_id.value", ours);
	if (!*ours && p->local_id_type != IDK_ADDRESS)
		sketch_note(m->notes, NOTE_MIND, 0, "",
			    "this gateway presents its host name, which is not written in its "
			    "configuration: put it where the other end names us");
}

static bool is_one_address(const char *s)
{
	struct addr a;

	return addr_read(s, &a);
}

static void addresses(struct mirror *m, const char *address)
{
	const struct peer *p = m->p;
	const char *us = *p->local_address ? p->local_address : address;

	set(m, m->us, "remote_address", us ? us : OUR_ADDRESS_HERE);
	if (!us)
		sketch_note(m->notes, NOTE_MIND, 0, "",
			    "peer %s has no local_address: put the address of this gateway where "
			    "%s stands, or say --remote ADDRESS",
			    p->r.name, OUR_ADDRESS_HERE);
	if (is_one_address(p->remote_address))
		set(m, m->us, "local_address", p->remote_address);
}

static void keys(struct mirror *m)
{
	struct entry *s;

	if (m->p->auth_local != PEER_AUTH_PSK) {
		sketch_note(
			m->notes, NOTE_MIND, 0, "",
			"both ends sign with RSA: certificates and authorities are installed by "
			"hand");
		return;
	}
	s = sketch_add(m->ret, K_SECRET, OUR_NAME, 0);
	set(m, s, "type", "psk");
	set(m, m->us, "psk", OUR_NAME);
}

/* ---- proposals ---- */

static void offer(struct mirror *m, const struct record *r)
{
	const struct ike_proposal *p = (const void *)r;
	struct entry *e = copy(m, r);

	if (!e)
		return;
	if (p->builtin)
		set_number(m, e, "number", BUILTIN_AS);
	if (!((const struct peer *)(const void *)m->us->rec)->ike_proposals_n ||
	    ((const struct peer *)(const void *)m->us->rec)->ike_proposals_n < PEER_PROPOSALS)
		set(m, m->us, "ike_proposals", r->name);
}

/* The built-in one comes last, and its number is none that a record could be given. */
static uint32_t place_of(const struct ike_proposal *p)
{
	return p->builtin ? UINT32_MAX : p->number;
}

/* The best of the system's by number: a peer of ours that names none offers all. */
static void offer_system(struct mirror *m)
{
	uint32_t last = 0;

	for (size_t n = 0; n < PEER_PROPOSALS; n++) {
		const struct ike_proposal *best = NULL;

		for (size_t i = 0; i < m->from->n; i++) {
			const struct ike_proposal *p = (const void *)m->from->at[i]->rec;

			if (p->r.kind == K_IKE_PROPOSAL && (p->system || p->builtin) &&
			    place_of(p) > last && (!best || place_of(p) < place_of(best)))
				best = p;
		}
		if (!best)
			return;
		last = place_of(best);
		offer(m, &best->r);
	}
}

static void proposals(struct mirror *m)
{
	for (size_t i = 0; i < m->p->ike_proposals_n; i++) {
		const struct record *r = find(m, K_IKE_PROPOSAL, m->p->ike_proposals[i]);

		if (r)
			offer(m, r);
	}
	if (!m->p->ike_proposals_n)
		offer_system(m);
}

/* ---- tunnels ---- */

static void lifetimes(struct mirror *m, struct entry *e, const struct tunnel *t)
{
	const struct settings_ipsec *all = (const void *)find(m, K_SETTINGS_IPSEC, "");
	const struct ipsec_proposal *esp =
		t->ipsec_proposals_n
			? (const void *)find(m, K_IPSEC_PROPOSAL, t->ipsec_proposals[0])
			: NULL;

	uint32_t s = t->lifetime_seconds, kb = t->lifetime_kilobytes;
	s = s ? s : esp ? esp->lifetime_seconds : 0;
	kb = kb ? kb : esp ? esp->lifetime_kilobytes : 0;
	set_number(m, e, "lifetime_seconds", s ? s : all ? all->lifetime_seconds : 3600);
	set_number(m, e, "lifetime_kilobytes", kb ? kb : all ? all->lifetime_kilobytes : 1843200);
}

static void tunnel(struct mirror *m, const struct tunnel *t)
{
	struct entry *e = copy(m, &t->r);

	if (!e)
		return;
	set(m, e, "peer", OUR_NAME);
	clear(e, "local_ts");
	clear(e, "remote_ts");
	for (size_t i = 0; i < t->remote_ts_n; i++)
		set(m, e, "local_ts", t->remote_ts[i]);
	for (size_t i = 0; i < t->local_ts_n; i++)
		set(m, e, "remote_ts", t->local_ts[i]);
	clear(e, "from_template");
	clear(e, "interface");
	set(m, e, "start_action", "trap");
	for (size_t i = 0; i < t->ipsec_proposals_n; i++)
		copy(m, find(m, K_IPSEC_PROPOSAL, t->ipsec_proposals[i]));
	lifetimes(m, e, t);
}

static void tunnels(struct mirror *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->from->n; i++) {
		const struct tunnel *t = (const void *)m->from->at[i]->rec;

		if (t->r.kind != K_TUNNEL || strcmp(t->peer, m->p->r.name) != 0 || !t->enabled)
			continue;
		tunnel(m, t);
		n++;
	}
	if (!n)
		sketch_note(m->notes, NOTE_MIND, 0, "",
			    "peer %s has no enabled tunnel, so there is nothing to protect",
			    m->p->r.name);
}

/* ---- the whole ---- */

/* Our keepalives are its timeout, and what we wait for is what it has to send. */
static void keepalives(struct mirror *m)
{
	const struct settings_keepalive *all = (const void *)find(m, K_SETTINGS_KEEPALIVE, "");
	uint32_t interval = m->p->keepalive_interval_seconds;
	uint32_t timeout = m->p->keepalive_timeout_seconds;
	struct entry *e;

	interval = interval ? interval : all ? all->interval_seconds : 0;
	timeout = timeout ? timeout : all ? all->timeout_seconds : 0;
	e = interval || timeout ? sketch_add(m->ret, K_SETTINGS_KEEPALIVE, "", 0) : NULL;
	set_number(m, e, "interval_seconds", timeout ? MAX_OF(timeout / 3, 20u) : 0);
	set_number(m, e, "timeout_seconds", MIN_OF(interval * 3, 28800u));
}

bool mirror_of(const struct sketch *from, const char *name, const char *address, struct sketch *ret,
	       struct sketch *notes)
{
	const struct entry *e = sketch_find(from, K_PEER, name);
	struct mirror m = { .from = from, .ret = ret, .notes = notes };

	if (!e || !(m.us = sketch_add(ret, K_PEER, OUR_NAME, 0)))
		return false;
	m.p = (const void *)e->rec;
	set(&m, m.us, "exchange_mode", m.p->exchange_mode == MODE_MAIN ? "main" : "aggressive");
	set(&m, m.us, "nat_traversal",
	    m.p->nat_traversal == NATT_OFF    ? "off"
	    : m.p->nat_traversal == NATT_AUTO ? "auto"
					      : "force");
	set(&m, m.us, "fragmentation", m.p->fragmentation ? "true" : "");
	set(&m, m.us, "auth.local", m.p->auth_remote == PEER_AUTH_PSK ? "psk" : "rsa-sig");
	set(&m, m.us, "auth.remote", m.p->auth_local == PEER_AUTH_PSK ? "psk" : "rsa-sig");
	identities(&m);
	addresses(&m, address);
	keys(&m);
	proposals(&m);
	if (copy(&m, find(&m, K_DPD_PROFILE, m.p->dpd)))
		set(&m, m.us, "dpd", m.p->dpd);
	keepalives(&m);
	tunnels(&m);
	sketch_order(ret);
	return !ret->no_memory;
}
