/* proof1.c - identities and who proves them
 *
 * With a pre-shared key the keys themselves depend on it (SKEYID = prf(PSK, Ni_b | Nr_b), RFC
 * 2409 section 5.4), and HASH_I and HASH_R prove that both ends have the same. So another key
 * shows as a message that does not decipher or a hash that does not fit: both are told as
 * what they are. Which identity a peer must show is its record's matter (remote_id and
 * remote_name, or the address it is known by).
 *
 * Called by main1.c, aggr1.c. Thread: loop. Owns: nothing; the opened secret is wiped at once.
 */
#include "core/ike/v1/proof1.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto/trust.h"
#include "core/ike/callers.h"
#include "core/ike/trace.h"
#include "core/ike/v1/own1.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/wire/ident.h"

static const uint8_t wire_type[] = {
	[IDK_FQDN] = ID_FQDN,
	[IDK_USER_FQDN] = ID_USER_FQDN,
	[IDK_DN] = ID_DER_DN,
	[IDK_KEY_ID] = ID_KEY_ID,
};

/* Its value, or the one it had before while both count. */
static enum reason open_secret(const struct ike_sa *sa, const struct secret *s, struct bytes **ret,
			       struct fault *f)
{
	const struct ports *ports = &sa->e->ports;
	struct secret before;

	if (!sa->psk_previous)
		return ports->secret(ports->ctx, s, ret, f);
	secret_before(s, &before);
	return ports->secret(ports->ctx, &before, ret, f);
}

/* Nobody has the key that strangers are answered with; ours is opened all the same, so that both
 * answers take as long. */
enum reason proof1_skeyid(struct ike_sa *sa, struct fault *f)
{
	struct engine *e = sa->e;
	struct own1 *o = own1_of(sa);
	const struct secret *s = config_secret(e->config, sa->peer->psk);
	struct bytes *plain = NULL;

	if (!s)
		return fail_field(f, R_NO_SECRET, "psk", "the peer %s names no pre-shared key",
				  sa->peer->r.name);
	sa->psk_previous &= secret_overlaps(s, engine_wall_s(e));
	if (open_secret(sa, s, &plain, f) != R_OK)
		return f ? f->reason : R_NO_SECRET;
	own(bytes) psk = plain;
	struct slice key =
		sa->nobody ? slice(e->nobodys_psk, sizeof(e->nobodys_psk)) : slice_of(psk);

	enum reason r = keys1_skeyid_psk(&o->keys, sa->suite.hash, key, slice_of(o->ni_b),
					 slice_of(o->nr_b));
	if (r != R_OK)
		return fail(f, r, "the keys of the IKE SA could not be derived");
	record_ref(&s->r);
	record_unref(sa->psk ? &sa->psk->r : NULL);
	sa->psk = s;
	return R_OK;
}

enum reason proof1_skeyid_sig(struct ike_sa *sa, struct slice g_xy, struct fault *f)
{
	struct own1 *o = own1_of(sa);
	enum reason r = keys1_skeyid_sig(&o->keys, sa->suite.hash, slice_of(o->ni_b),
					 slice_of(o->nr_b), g_xy);

	return r == R_OK ? R_OK : fail(f, r, "the keys of the IKE SA could not be derived");
}

enum reason proof1_derive(struct ike_sa *sa, struct slice g_xy, struct fault *f)
{
	struct own1 *o = own1_of(sa);
	enum reason r = keys1_derive(&o->keys, sa->suite.encr, sa->suite.key_bits, g_xy, &sa->cky,
				     slice_of(o->g_xi), slice_of(o->g_xr));

	if (r != R_OK)
		return fail(f, r, "the keys of the IKE SA could not be derived");
	memcpy(o->iv, o->keys.iv0, sizeof(o->iv));
	o->keyed = true;
	return R_OK;
}

/* The name we go by when the identity is no address and has no value of its own. */
static const char *our_name(const struct ike_sa *sa)
{
	const struct settings_ike *s = config_ike(sa->e->config);

	if (*sa->peer->local_id_value)
		return sa->peer->local_id_value;
	return *s->local_name ? s->local_name : sa->e->ports.host_name;
}

static enum reason our_ident(struct ike_sa *sa, struct addr *room, struct ident *ret,
			     struct fault *f)
{
	const struct peer *p = sa->peer;

	if (p->local_id_type != IDK_ADDRESS) {
		*ret = (struct ident){ .type = wire_type[p->local_id_type],
				       .data = slice_str(our_name(sa)) };
		return R_OK;
	}
	*room = sa->local;
	if (*p->local_id_value && !addr_read(p->local_id_value, room))
		return fail_field(f, R_BAD_ID, "local_id.value", "%s is no address",
				  p->local_id_value);
	*ret = (struct ident){ .type = room->family == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR,
			       .data = addr_slice(room) };
	return R_OK;
}

/* With a certificate a distinguished name is its subject, whatever local_id says. */
static bool is_our_subject(const struct ike_sa *sa)
{
	return sa->peer->auth_local == PEER_AUTH_RSA && sa->peer->local_id_type == IDK_DN;
}

static enum reason our_subject(const struct ike_sa *sa, struct bytes **ret, struct fault *f)
{
	const struct certificate *c =
		(const void *)config_find(sa->e->config, K_CERTIFICATE, sa->peer->certificate);

	if (!c)
		return fail_field(f, R_NO_CERTIFICATE, "certificate",
				  "the peer %s names no certificate", sa->peer->r.name);
	return trust_subject(c->pem, ret, f);
}

enum reason proof1_our_id(struct ike_sa *sa, uint8_t ret[ID_BODY_MAX], size_t *ret_n,
			  struct fault *f)
{
	struct wr w = wr_of(ret, ID_BODY_MAX);
	own(bytes) subject = NULL;
	struct addr room;
	struct ident id;

	if (is_our_subject(sa)) {
		if (our_subject(sa, &subject, f) != R_OK)
			return f->reason;
		id = (struct ident){ .type = ID_DER_DN, .data = slice_of(subject) };
	} else if (our_ident(sa, &room, &id, f) != R_OK)
		return f->reason;
	ident_write(&w, &id);
	if (w.torn)
		return fail_field(f, R_BAD_ID, "local_id.value", "the identity is too long");
	sa->local_id_type = sa->peer->local_id_type;
	callers_ident_text(&id, sa->local_id, sizeof(sa->local_id));
	trace_ids(sa->e, sa->negotiation, sa->local_id, sa->remote_id);
	*ret_n = w.n;
	return R_OK;
}

enum reason proof1_hash(const struct ike_sa *sa, enum sa_role whose, struct slice id_body,
			uint8_t *ret, struct fault *f)
{
	const struct own1 *o = own1_of(sa);
	enum reason r = (whose == ROLE_INITIATOR ? keys1_hash_i : keys1_hash_r)(
		&o->keys, slice_of(o->g_xi), slice_of(o->g_xr), &sa->cky, slice_of(o->sai_b),
		id_body, ret);

	return r == R_OK ? R_OK : fail(f, r, "the hash could not be computed");
}

static int kind_of_wire(uint8_t type)
{
	switch (type) {
	case ID_FQDN:
		return IDK_FQDN;
	case ID_USER_FQDN:
		return IDK_USER_FQDN;
	case ID_DER_DN:
		return IDK_DN;
	case ID_KEY_ID:
		return IDK_KEY_ID;
	default:
		return IDK_ADDRESS;
	}
}

static enum reason not_expected(const struct ike_sa *sa, const char *expected, struct fault *f)
{
	enum reason r = fail_field(f, R_BAD_ID, "remote_id", "the peer says it is %s, we expect %s",
				   sa->remote_id, expected);

	if (f)
		snprintf(f->hint, sizeof(f->hint),
			 "Set remote_id of the peer %s to what it presents, or correct its own "
			 "identity",
			 sa->peer->r.name);
	return r;
}

/* An address without a value: the one the peer calls from. Behind a NAT that is not the one it
 * knows itself by; a pre-shared key has proven it already, a certificate only that it has one. */
static enum reason check_address(struct ike_sa *sa, const struct ident *id, struct fault *f)
{
	struct addr want = sa->remote, got;
	char text[ADDR_TEXT];

	if (*sa->peer->remote_id_value && !addr_read(sa->peer->remote_id_value, &want))
		return fail_field(f, R_BAD_ID, "remote_id.value", "%s is no address",
				  sa->peer->remote_id_value);
	bool is_address = id->type == ID_IPV4_ADDR || id->type == ID_IPV6_ADDR;
	bool proven = sa->peer->auth_remote == PEER_AUTH_PSK && !*sa->peer->remote_id_value;
	if (is_address && addr_of_slice(id->data, &got) &&
	    (addr_equal(&got, &want) || (proven && sa->nat_remote)))
		return R_OK;
	return not_expected(sa, addr_text(&want, text), f);
}

static enum reason check_ident(struct ike_sa *sa, const struct ident *id, struct fault *f)
{
	char text[ID_VALUE_SIZE + 32];
	uint8_t type = 0;
	const char *want = callers_name(sa->peer, &type);

	/* byte for byte, as the manual says; the type is part of it */
	if (*want && id->type == type && slice_equal(id->data, slice_str(want)))
		return R_OK;
	if (sa->peer->remote_id_type == IDK_ADDRESS)
		return check_address(sa, id, f);
	snprintf(text, sizeof(text), "%s %s", ident_type_word(type), want);
	return not_expected(sa, text, f);
}

/* In aggressive mode a peer that does not know our name answers with a key nobody has. */
static enum reason not_known_or_other_key(struct ike_sa *sa, struct fault *f)
{
	enum reason r = fail_field(f, R_AUTH_FAILED, "psk",
				   "the hash of %s does not verify: the pre-shared keys differ, or "
				   "it knows nobody called %s; no message shows what it has",
				   sa->peer->r.name, sa->local_id);

	if (f)
		snprintf(f->hint, sizeof(f->hint),
			 "Write the same pre-shared key at both ends (secret %s here), and our "
			 "local_id as the identity the peer expects",
			 sa->peer->psk);
	return r;
}

static enum reason other_key(struct ike_sa *sa, struct fault *f)
{
	if (sa->exchange_mode == MODE_AGGRESSIVE && sa->role == ROLE_INITIATOR)
		return not_known_or_other_key(sa, f);

	enum reason r = fail_field(f, R_AUTH_FAILED, "psk",
				   "the hash of %s does not verify: the pre-shared keys differ; no "
				   "message shows the peer's",
				   sa->peer->r.name);

	if (f)
		snprintf(f->hint, sizeof(f->hint),
			 "Write the same pre-shared key at both ends (secret %s here)",
			 sa->peer->psk);
	return r;
}

static void take_ident(struct ike_sa *sa, const struct ident *id, struct slice body)
{
	sa->remote_id_type = kind_of_wire(id->type);
	callers_ident_text(id, sa->remote_id, sizeof(sa->remote_id));
	trace_ids(sa->e, sa->negotiation, sa->local_id, sa->remote_id);
	bytes_free(sa->remote_id_body);
	sa->remote_id_body = bytes_of(body.at, body.n);
}

enum reason proof1_check(struct ike_sa *sa, struct slice id_body, struct slice hash,
			 struct fault *f)
{
	struct own1 *o = own1_of(sa);
	enum sa_role peer = sa->role == ROLE_INITIATOR ? ROLE_RESPONDER : ROLE_INITIATOR;
	uint8_t want[DIGEST_MAX];
	struct ident id;

	if (ident_read(id_body, &id, f) != R_OK || proof1_hash(sa, peer, id_body, want, f) != R_OK)
		return f->reason;
	if (!slice_equal_secret(hash, slice(want, o->keys.n)))
		return other_key(sa, f);
	o->proven = true;
	memcpy(o->iv, o->next_iv, sizeof(o->iv));
	take_ident(sa, &id, id_body);
	return check_ident(sa, &id, f);
}

enum reason proof1_their_hash(const struct ike_sa *sa, struct slice id_body, uint8_t *ret,
			      struct fault *f)
{
	enum sa_role peer = sa->role == ROLE_INITIATOR ? ROLE_RESPONDER : ROLE_INITIATOR;

	return proof1_hash(sa, peer, id_body, ret, f);
}

enum reason proof1_their_id(struct ike_sa *sa, struct slice id_body, unsigned *ret_type,
			    struct slice *ret, struct fault *f)
{
	struct ident id;

	if (ident_read(id_body, &id, f) != R_OK)
		return f->reason;
	take_ident(sa, &id, id_body);
	*ret_type = id.type;
	*ret = id.data;
	if (sa->peer->remote_id_type != IDK_DN)
		return check_ident(sa, &id, f);
	return id.type == ID_DER_DN ? R_OK : not_expected(sa, "a distinguished name", f);
}
