/* callers.c - who a caller is that says its name: aggressive mode
 *
 * Identities are compared byte for byte, type included (comware.md 2.1 rules 7 and 8). What a peer
 * must show is remote_id with its value; else remote_name, which is a user_fqdn when it contains
 * '@'; else the address it calls from, which behind a NAT is any. Several peers may stand
 * under one identity when their addresses differ; the first whose addresses fit is meant, one
 * with an address of its own before those that call from anywhere.
 *
 * Called by: book_adopt.c, the IKE versions.  Thread: loop.  Owns: plates, and the list of peers
 * without a name; runs are the book's.
 */
#include "core/ike/callers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/crypto/trust.h"
#include "core/ike/book.h"
#include "core/ike/ends.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/ident.h"

enum { NAME_KEY_MAX = 1 + ID_VALUE_SIZE };

/* Peers with one identity. */
struct plate {
	struct link peers; /* struct peer_run by name_link */
	struct bytes *key;
};

struct callers {
	struct hash *plates; /* by type and octets */
	struct link unnamed; /* struct peer_run by name_link: any address will do */
	struct link subjects; /* likewise: known by what their certificates call them */
};

struct callers *callers_new(void)
{
	struct callers *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	list_init(&c->unnamed);
	list_init(&c->subjects);
	c->plates = hash_new();
	if (c->plates)
		return c;
	callers_free(c);
	return NULL;
}

void callers_free(struct callers *c)
{
	if (!c)
		return;
	hash_free(c->plates);
	free(c);
}

/* --- what a peer must show --- */

const char *callers_name(const struct peer *p, uint8_t *ret_type)
{
	static const uint8_t wire_type[] = {
		[IDK_FQDN] = ID_FQDN,
		[IDK_USER_FQDN] = ID_USER_FQDN,
		[IDK_DN] = ID_DER_DN,
		[IDK_KEY_ID] = ID_KEY_ID,
	};

	if (p->remote_id_type != IDK_ADDRESS) {
		*ret_type = wire_type[p->remote_id_type];
		return *p->remote_id_value ? p->remote_id_value : p->remote_name;
	}
	if (*p->remote_id_value)
		return "";
	*ret_type = strchr(p->remote_name, '@') ? ID_USER_FQDN : ID_FQDN;
	return p->remote_name;
}

/* It need not show more than the address it calls from; with one of its own a name is a choice. */
static bool any_address(const struct peer_run *run)
{
	const struct peer *p = run->peer;

	return p->remote_id_type == IDK_ADDRESS && !*p->remote_id_value &&
	       (run->place || !*p->remote_name);
}

static bool is_address(const struct ident *id)
{
	return id->type == ID_IPV4_ADDR || id->type == ID_IPV6_ADDR;
}

/* A subject is written as text and comes as DER, so it is no key. */
static bool is_subject(const struct peer *p)
{
	return p->remote_id_type == IDK_DN && p->auth_remote == PEER_AUTH_RSA;
}

/* Type and octets in a row; empty when it does not fit, which no peer's identity does. */
static struct slice key_of(uint8_t type, struct slice data, uint8_t room[NAME_KEY_MAX])
{
	if (data.n == 0 || data.n >= NAME_KEY_MAX)
		return slice(NULL, 0);
	room[0] = type;
	memcpy(&room[1], data.at, data.n);
	return slice(room, 1 + data.n);
}

static struct slice key_of_peer(const struct peer *p, uint8_t room[NAME_KEY_MAX])
{
	struct addr a;
	uint8_t type = 0;

	if (p->remote_id_type == IDK_ADDRESS && *p->remote_id_value) {
		if (!addr_read(p->remote_id_value, &a))
			return slice(NULL, 0);
		return key_of(a.family == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR, addr_slice(&a), room);
	}
	const char *name = callers_name(p, &type);
	return key_of(type, slice_str(name), room);
}

/* --- taking up peers --- */

static struct plate *plate_at(struct callers *c, struct slice key)
{
	struct plate *p = hash_find(c->plates, key);
	bool ok = true;

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	list_init(&p->peers);
	p->key = bytes_of(key.at, key.n);
	if (p->key)
		hash_put(c->plates, slice_of(p->key), p, &ok);
	if (p->key && ok)
		return p;
	bytes_free(p->key);
	free(p);
	return NULL;
}

enum reason callers_add(struct engine *e, struct peer_run *p, struct fault *f)
{
	uint8_t room[NAME_KEY_MAX];
	struct slice key = key_of_peer(p->peer, room);

	if (!p->peer->enabled)
		return R_OK;
	if (is_subject(p->peer)) {
		list_push(&e->callers->subjects, &p->name_link);
		return R_OK;
	}
	if (key.n == 0) {
		list_push(&e->callers->unnamed, &p->name_link);
		return R_OK;
	}
	p->plate = plate_at(e->callers, key);
	if (!p->plate)
		return fail(f, R_NO_MEMORY, "no memory for a peer's identity");
	list_push(&p->plate->peers, &p->name_link);
	return R_OK;
}

void callers_remove(struct engine *e, struct peer_run *p)
{
	struct plate *plate = p->plate;

	list_remove(&p->name_link);
	p->plate = NULL;
	if (!plate || !list_is_empty(&plate->peers))
		return;
	hash_remove(e->callers->plates, slice_of(plate->key));
	bytes_free(plate->key);
	free(plate);
}

/* --- finding --- */

/* In this mode: with its own address always, from anywhere only when its record says so. */
static bool may_call(const struct peer_run *p, const struct caller_ends *at)
{
	return (p->place || p->peer->exchange_mode == MODE_AGGRESSIVE) &&
	       ends_fit(p, &at->local, &at->remote);
}

/* dn: the subject that they must be called, empty for peers that are no matter of it. */
static struct peer_run *first_of(struct link *list, const struct caller_ends *at, struct slice dn)
{
	struct peer_run *found = NULL;

	list_each (l, list) {
		struct peer_run *p = owner_of(l, struct peer_run, name_link);

		if (!may_call(p, at) || (dn.n && !trust_dn_is(dn, p->peer->remote_id_value)))
			continue;
		if (p->place)
			return p;
		if (!found)
			found = p;
	}
	return found;
}

static struct peer_run *by_name(struct engine *e, const struct caller_ends *at,
				const struct ident *id)
{
	uint8_t room[NAME_KEY_MAX];
	struct slice key = key_of(id->type, id->data, room);
	struct plate *plate = key.n ? hash_find(e->callers->plates, key) : NULL;

	return plate ? first_of(&plate->peers, at, slice(NULL, 0)) : NULL;
}

void callers_ident_text(const struct ident *id, char *ret, size_t cap)
{
	char dn[96] = "";

	if (id->type == ID_DER_DN)
		trust_dn_text(id->data, dn, sizeof(dn));
	if (*dn)
		snprintf(ret, cap, "%s %s", ident_type_word(id->type), dn);
	else
		ident_text(id, ret, cap);
}

static enum reason not_known(const struct peer_run *face, const struct caller_ends *at,
			     const struct ident *id, struct fault *f)
{
	char text[160], addr[ADDR_TEXT], want[NAME_KEY_MAX + 32] = "an address";
	uint8_t type;

	callers_ident_text(id, text, sizeof(text));
	if (!face)
		return fail_field(f, R_MODE_REFUSED, "exchange_mode",
				  "%s calls in aggressive mode as %s, which no enabled peer uses",
				  addr_text(&at->remote, addr), text);
	if (!face->place)
		return fail_field(f, R_BAD_ID, "remote_id",
				  "no enabled peer that may call from %s is %s",
				  addr_text(&at->remote, addr), text);
	if (*face->peer->remote_id_value || *face->peer->remote_name)
		snprintf(want, sizeof(want), "%s",
			 *face->peer->remote_id_value ? face->peer->remote_id_value
						      : callers_name(face->peer, &type));
	return fail_field(f, R_BAD_ID, "remote_id", "the peer says it is %s, we expect %.200s",
			  text, want);
}

static struct peer_run *known(struct engine *e, const struct caller_ends *at,
			      const struct ident *id, struct peer_run *here)
{
	struct peer_run *named = by_name(e, at, id);

	if (!named && id->type == ID_DER_DN && id->data.n)
		named = first_of(&e->callers->subjects, at, id->data);
	if (named || !is_address(id))
		return named;
	return here && any_address(here) ? here
					 : first_of(&e->callers->unnamed, at, slice(NULL, 0));
}

struct peer_run *callers_find(struct engine *e, const struct caller_ends *at, struct slice id_body,
			      struct peer_run **ret_face, struct fault *f)
{
	struct peer_run *here = registry_caller(e->registry, &at->local, &at->remote, NULL), *found;
	struct ident id;

	*ret_face = NULL;
	if (ident_read(id_body, &id, f) != R_OK)
		return NULL;
	if (here && !may_call(here, at))
		here = NULL;
	found = known(e, at, &id, here);
	if (found)
		return found;
	/* the same one for every stranger from there, or names could be told apart */
	*ret_face = here ? here : registry_first_wide(e->registry, &at->local, &at->remote);
	not_known(*ret_face, at, &id, f);
	return NULL;
}
