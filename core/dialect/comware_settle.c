/* comware_settle.c - what peers and proposals of Comware mean together, once all is read
 *
 * Called by: comware.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/comware_inside.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"

/* AH names its hash by words of its own; and DES by default needs no MD5 with AH alone. */
static void settle_transforms(struct reader *r)
{
	for (struct transform *t = r->transforms; t; t = t->next) {
		struct entry *e = sketch_find(r->d, K_IPSEC_PROPOSAL, t->name);
		const struct ipsec_proposal *p = e ? (const void *)e->rec : NULL;

		if (!p || p->protocol == IPSEC_ESP)
			continue;
		if (p->protocol == IPSEC_AH)
			sketch_set(r->d, e, "integrity_algorithm", *t->ah ? t->ah : "md5", t->line);
		sketch_note(r->d, NOTE_MIND, t->line, "transform",
			    "IPsec proposal %s uses AH, which is kept but not in use here",
			    t->name);
	}
}

static bool uses_certificates(const struct reader *r, const struct peer *p)
{
	for (size_t i = 0; i < p->ike_proposals_n; i++) {
		const struct entry *e = sketch_find(r->d, K_IKE_PROPOSAL, p->ike_proposals[i]);

		if (e &&
		    ((const struct ike_proposal *)(const void *)e->rec)->authentication_method ==
			    AUTH_RSA_SIG)
			return true;
	}
	return *p->certificate_domain && !*p->psk;
}

static void settle_auth(struct reader *r, struct entry *e)
{
	const struct peer *p = (const void *)e->rec;
	struct entry *s;

	if (uses_certificates(r, p)) {
		sketch_set(r->d, e, "auth.local", "rsa-sig", e->line);
		sketch_set(r->d, e, "auth.remote", "rsa-sig", e->line);
		sketch_note(
			r->d, NOTE_MIND, e->line, "",
			"peer %s signs with RSA: certificates are not in this text; add them and "
			"set its certificate",
			p->r.name);
		return;
	}
	if (!*p->psk && (s = sketch_add(r->d, K_SECRET, p->r.name, e->line))) {
		sketch_set(r->d, s, "type", "psk", e->line);
		sketch_set(r->d, e, "psk", p->r.name, e->line);
		sketch_note(r->d, NOTE_MIND, e->line, "",
			    "peer %s has no pre-shared-key; set it with: ikeeper secret set %s "
			    "--stdin",
			    p->r.name, p->r.name);
	}
}

static void settle_identity(struct reader *r, struct entry *e)
{
	const struct field *fl = field_find(peer_fields, "local_id.value");
	const struct peer *p = (const void *)e->rec;
	const struct entry *ike = sketch_find(r->d, K_SETTINGS_IKE, "");
	struct addr a;

	if (p->local_id_type == IDK_ADDRESS && *p->local_id_value &&
	    !addr_read(p->local_id_value, &a)) {
		sketch_note(r->d, NOTE_LEFT_OUT, e->line, "local-name",
			    "peer %s identifies by address, so its local-name is not in use",
			    p->r.name);
		field_clear(fl, e->rec);
	}
	if (p->local_id_type != IDK_ADDRESS && !*p->local_id_value && *r->sysname &&
	    !(ike && entry_has(ike, "local_name")) &&
	    sketch_set(r->d, e, "local_id.value", r->sysname, e->line))
		sketch_note(r->d, NOTE_MIND, e->line, "",
			    "peer %s has no local-name; Comware uses the sysname, so that is set",
			    p->r.name);
	if (!*p->remote_address && !*p->remote_name) {
		sketch_set(r->d, e, "remote_address", "any", e->line);
		sketch_note(r->d, NOTE_MIND, e->line, "",
			    "peer %s names no remote end; it is taken as any", p->r.name);
	}
}

/* Whoever names no proposal offers all of them, and with them the one built into the device. */
static void settle_builtin(struct reader *r, size_t unnamed, size_t proposals)
{
	struct entry *ike;

	if (!unnamed)
		return;
	if (proposals) {
		sketch_note(
			r->d, NOTE_MIND, 0, "",
			"%zu peers name no proposal, so Comware would offer them its built-in "
			"DES-CBC, SHA-1, 768 bits last; if a peer needs it: ikeeper set settings "
			"ike comware_default_proposal=true",
			unnamed);
		return;
	}
	ike = sketch_add(r->d, K_SETTINGS_IKE, "", 0);
	if (ike && sketch_set(r->d, ike, "comware_default_proposal", "true", 0))
		sketch_note(
			r->d, NOTE_MIND, 0, "",
			"there is no ike proposal, so only Comware's built-in one can have been "
			"in use: comware_default_proposal is set (DES-CBC and 768 bits can be "
			"broken)");
}

void comware_settle(struct reader *r)
{
	size_t unnamed = 0, proposals = 0, n = r->d->n; /* secrets may be added behind */

	settle_transforms(r);
	for (size_t i = 0; i < n; i++) {
		struct entry *e = r->d->at[i];
		const struct peer *p = (const void *)e->rec;

		proposals += e->rec->kind == K_IKE_PROPOSAL;
		if (e->rec->kind != K_PEER)
			continue;
		unnamed += p->ike_proposals_n == 0;
		settle_identity(r, e);
		settle_auth(r, e);
	}
	settle_builtin(r, unnamed, proposals);
}
