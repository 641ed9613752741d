/* comware_out.c - writing Comware V5: records by the same register that reads them
 *
 * A row marked BOTH is written when the record has all the values it sets. A member that has a
 * value and no row that says it becomes a note: Comware has no word for it.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 * Not here: tunnels - comware_policies.c.
 */
#include "core/dialect/comware_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dialect/comware.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"

#define LANGUAGE "Comware V5"

/* Does the record have every value the row sets? ret_value is the one that is captured. */
static bool row_says(const struct comware_row *row, const struct entry *e, struct text *ret_value,
		     uint64_t *ret_said)
{
	char member[40];
	struct text now = { 0 };
	bool says = true;

	*ret_said = 0;
	for (const char *at = row->sets; *at && says;) {
		size_t n = strcspn(at, " "), name = strcspn(at, "=");

		snprintf(member, sizeof(member), "%.*s", (int)name, at);
		const char *value = entry_text(e, member, &now);
		if (strncmp(at + name, "=$", 2) == 0 && name + 2 == n) {
			says = *value && strcmp(value, "0") != 0;
			entry_text(e, member, ret_value);
		} else {
			says = strlen(value) == n - name - 1 &&
			       strncmp(value, at + name + 1, n - name - 1) == 0;
		}
		*ret_said |= entry_bit(e, member);
		at += n;
		at += *at == ' ';
	}
	text_done(&now);
	return says;
}

void comware_word(struct text *t, const char *word)
{
	bool quote = !*word || strpbrk(word, " \t#") != NULL;

	text_add(t, quote ? "\"%s\"" : "%s", word);
}

static void write_row(struct comware_out *o, const struct comware_row *row, const char *value)
{
	text_add_str(o->t, row->view == VIEW_SYSTEM ? "" : " ");
	for (const char *at = row->words; *at; at++) {
		if (*at == '#' || *at == '$')
			comware_word(o->t, value);
		else
			text_add_n(o->t, at, 1);
	}
	text_add_str(o->t, "\n");
}

uint64_t comware_write_rows(struct comware_out *o, const struct entry *e, enum view v)
{
	bool single = kind_row(e->rec->kind)->single;
	uint64_t said = 0, now;

	for (const struct comware_row *row = comware_rows; row->words; row++) {
		struct text value = { 0 };

		if (row->view == v && row->way == WAY_BOTH &&
		    row->kind == (single ? e->rec->kind : K_COUNT) &&
		    row_says(row, e, &value, &now)) {
			/* of settings only what differs from what the device does anyway */
			if (!single || (now & o->differs))
				write_row(o, row, value.at ? value.at : "");
			said |= now;
		}
		text_done(&value);
	}
	return said;
}

static void write_settings(struct comware_out *o, const struct entry *e)
{
	const struct field *fields = kind_row(e->rec->kind)->fields;

	o->differs = 0;
	for (const struct field *fl = fields; fl->name; fl++)
		if (!field_is_preset(fl, e->rec))
			o->differs |= 1ull << (fl - fields);
	comware_write_rows(o, e, VIEW_SYSTEM);
}

/* A copy in which the length of an AES key is said. */
static struct entry with_length(const struct entry *e, struct record **ret_copy)
{
	struct entry copy = *e;
	const struct ike_proposal *ike = (const void *)e->rec;
	const struct ipsec_proposal *esp = (const void *)e->rec;
	bool is_ike = e->rec->kind == K_IKE_PROPOSAL;
	enum encr encr =
		(enum encr)(is_ike ? ike->encryption_algorithm : esp->encryption_algorithm);
	const struct field *fl = field_find(kind_row(e->rec->kind)->fields, "key_length");

	*ret_copy = copy.rec = record_copy(e->rec);
	if (copy.rec && alg_encr(encr)->variable && field_uint(fl, copy.rec) == 0)
		field_set_uint(fl, copy.rec, alg_encr(encr)->bits, NULL);
	return copy;
}

static void write_proposal(struct comware_out *o, const struct entry *e)
{
	const struct ike_proposal *p = (const void *)e->rec;
	own(record) copy = NULL;
	struct entry full = with_length(e, &copy);

	if (!full.rec)
		return;
	text_add(o->t, "ike proposal %u\n", p->number);
	sketch_unsaid(o->notes, &full, comware_write_rows(o, &full, VIEW_PROPOSAL), LANGUAGE);
	text_add_str(o->t, "#\n");
	if (!p->system)
		sketch_note(o->notes, NOTE_MIND, 0, p->r.name,
			    "Comware offers every ike proposal to every caller; this one was only "
			    "for peers that name it");
}

static void write_dpd(struct comware_out *o, const struct entry *e)
{
	text_add(o->t, "ike dpd %s\n", e->rec->name);
	sketch_unsaid(o->notes, e, comware_write_rows(o, e, VIEW_DPD), LANGUAGE);
	text_add_str(o->t, "#\n");
}

static void write_key(struct comware_out *o, const struct peer *p)
{
	const struct entry *s = sketch_find(o->from, K_SECRET, p->psk);
	char key[SECRET_MAX + 1] = SECRET_HERE;

	if (p->auth_local != PEER_AUTH_PSK)
		return;
	if (s && s->secret && s->secret->n < sizeof(key)) {
		memcpy(key, s->secret->at, s->secret->n);
		key[s->secret->n] = '\0';
	}
	text_add_str(o->t, " pre-shared-key simple ");
	comware_word(o->t, key);
	text_add_str(o->t, "\n");
	wipe(key, sizeof(key));
}

static void write_remote(struct comware_out *o, const struct peer *p)
{
	const char *range = strchr(p->remote_address, '-');
	struct range r;
	char low[ADDR_TEXT], high[ADDR_TEXT];
	struct prefix prefix;

	if (!*p->remote_address || strcmp(p->remote_address, "any") == 0)
		return;
	if (strchr(p->remote_address, '/') && prefix_read(p->remote_address, &prefix))
		r = prefix_range(&prefix);
	else if (!range || !range_read(p->remote_address, &r)) {
		text_add(o->t, " remote-address %s%s\n", p->remote_address,
			 p->remote_dynamic ? " dynamic" : "");
		return;
	}
	text_add(o->t, " remote-address %s %s\n", addr_text(&r.low, low), addr_text(&r.high, high));
}

/* Names this end does not say, and the one the peer says, where Comware has them. */
static struct record *as_comware(const struct peer *from)
{
	struct record *r = record_copy(&from->r);
	struct peer *p = (void *)r;

	if (!r)
		return NULL;
	if (p->local_id_type == IDK_ADDRESS)
		*p->local_id_value = '\0';
	if ((p->remote_id_type == IDK_FQDN || p->remote_id_type == IDK_USER_FQDN) &&
	    *p->remote_id_value && strlen(p->remote_id_value) <= NAME_MAX_) {
		text_copy(p->remote_name, sizeof(p->remote_name), p->remote_id_value);
		*p->remote_id_value = '\0';
	}
	if (p->remote_id_type == IDK_FQDN || p->remote_id_type == IDK_USER_FQDN)
		p->remote_id_type = IDK_ADDRESS;
	return r;
}

static void write_named(struct comware_out *o, const struct peer *p)
{
	const char *before = " proposal ";

	for (size_t i = 0; i < p->ike_proposals_n; i++) {
		const struct entry *e = sketch_find(o->from, K_IKE_PROPOSAL, p->ike_proposals[i]);
		const struct ike_proposal *ike = e ? (const void *)e->rec : NULL;

		if (!ike || ike->builtin)
			continue;
		text_add(o->t, "%s%u", before, ike->number);
		before = " ";
	}
	if (*before == ' ' && before[1] == '\0')
		text_add_str(o->t, "\n");
}

static void write_peer(struct comware_out *o, const struct entry *e)
{
	static const char *const else_where[] = {
		"remote_address", "remote_dynamic", "psk",
		"ike_proposals",  "auth.local",     "auth.remote"
	};
	const struct peer *p = (const void *)e->rec;
	own(record) copy = as_comware(p);
	struct entry shown = { .rec = copy, .given = e->given };

	if (!copy)
		return;
	text_add(o->t, "ike peer %s\n", p->r.name);
	uint64_t said = comware_write_rows(o, &shown, VIEW_PEER);
	if (p->nat_traversal == NATT_OFF) /* by saying nothing */
		said |= entry_bit(e, "nat_traversal");
	write_named(o, p);
	write_key(o, p);
	write_remote(o, p);
	for (size_t i = 0; i < COUNT_OF(else_where); i++)
		said |= entry_bit(e, else_where[i]);
	sketch_unsaid(o->notes, &shown, said, LANGUAGE);
	text_add_str(o->t, "#\n");
}

static void write_esp(struct comware_out *o, const struct entry *e)
{
	const struct ipsec_proposal *p = (const void *)e->rec;
	own(record) copy = NULL;
	struct entry full = with_length(e, &copy);
	uint64_t said;

	if (!full.rec)
		return;
	text_add(o->t, "ipsec proposal %s\n", p->r.name);
	said = comware_write_rows(o, &full, VIEW_ESP);
	if (p->protocol != IPSEC_ESP && p->integrity_algorithm)
		text_add(o->t, " ah authentication-algorithm %s\n",
			 alg_integ((enum integ)p->integrity_algorithm)->name);
	if (comware_is_transport(o, e->rec->name))
		text_add_str(o->t, " encapsulation-mode transport\n");
	/* these three stand with the policies */
	said |= entry_bit(e, "pfs_group") | entry_bit(e, "lifetime_seconds") |
		entry_bit(e, "lifetime_kilobytes");
	sketch_unsaid(o->notes, &full, said, LANGUAGE);
	text_add_str(o->t, "#\n");
}

static void write_all(struct comware_out *o, enum kind k)
{
	for (size_t i = 0; i < o->from->n; i++) {
		const struct entry *e = o->from->at[i];
		const struct ike_proposal *p = (const void *)e->rec;

		if (e->rec->kind != k)
			continue;
		if (k == K_IKE_PROPOSAL && !p->builtin)
			write_proposal(o, e);
		else if (k == K_DPD_PROFILE)
			write_dpd(o, e);
		else if (k == K_PEER)
			write_peer(o, e);
		else if (k == K_IPSEC_PROPOSAL)
			write_esp(o, e);
		else if (kind_row(k)->single)
			write_settings(o, e);
	}
}

void comware_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	struct comware_out o = { .from = from, .t = ret, .notes = ret_notes };

	text_add_str(ret, "#\n");
	write_all(&o, K_SETTINGS_IKE);
	write_all(&o, K_SETTINGS_KEEPALIVE);
	write_all(&o, K_SETTINGS_IPSEC);
	text_add_str(ret, "#\n");
	write_all(&o, K_IKE_PROPOSAL);
	write_all(&o, K_DPD_PROFILE);
	write_all(&o, K_PEER);
	write_all(&o, K_IPSEC_PROPOSAL);
	comware_write_policies(&o);
	text_add_str(ret, "return\n");
}
