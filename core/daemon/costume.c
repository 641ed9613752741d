/* costume.c - certificates for the ends of a play that prove themselves by RSA signatures
 *
 * Nobody has the other end's private key, and ours is not taken out for a play. So each end that signs gets
 * a throwaway key and a certificate with the names of the given one, or with the identity that its record
 * says where none was given, and the other end trusts its authority. What is played is then everything but
 * the trust in the real authority and the dates of the real certificate, and a note says so.
 *
 * Called by: simulate.c.  Thread: any, on a crew thread as a rule.  Owns: nothing.
 */
#include "core/daemon/costume.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/crypto/throwaway.h"
#include "core/daemon/play.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/model/simulation.h"

enum { EDITS_MOST = 3 };
static const char throwaway_name[] = "throwaway";

struct wardrobe {
	struct edit at[EDITS_MOST];
	size_t n;
};

static void *hang(struct wardrobe *w, struct record *rec, const char *name)
{
	if (!rec)
		return NULL;
	text_copy(rec->name, sizeof(rec->name), name);
	w->at[w->n] = (struct edit){ .op = EDIT_PUT, .kind = rec->kind, .rec = rec };
	text_copy(w->at[w->n].name, sizeof(w->at[0].name), name);
	w->n++;
	return rec;
}

/* The configuration with these records in the place of the one before. */
static enum reason wear(const struct config **at, struct wardrobe *w, bool complete,
			struct fault *f)
{
	struct config *next = complete ? config_with(*at, w->at, w->n, "the play", 0, f) : NULL;

	for (size_t i = 0; i < w->n; i++)
		record_unref(w->at[i].rec);
	if (!next)
		return complete ? f->reason : fail(f, R_NO_MEMORY, "no memory for the play");
	config_unref(*at);
	*at = next;
	return R_OK;
}

static enum reason dress_holder(const struct config **at, const char *name,
				const struct throwaway *t, struct fault *f)
{
	const struct peer *peer = config_peer(*at, name);
	struct wardrobe w = { .n = 0 };
	struct certificate *c = hang(&w, record_new(K_CERTIFICATE), throwaway_name);
	struct private_key *k = hang(&w, record_new(K_PRIVATE_KEY), throwaway_name);
	struct peer *p = hang(&w, record_copy(&peer->r), peer->r.name);
	bool complete = c && k && p && t->key->n <= sizeof(k->key.at);

	if (complete) {
		complete = text_copy(c->pem, sizeof(c->pem), (const char *)t->certificate->at);
		text_copy(c->private_key, sizeof(c->private_key), throwaway_name);
		memcpy(k->key.at, t->key->at, t->key->n);
		k->key.n = (uint16_t)t->key->n;
		text_copy(p->certificate, sizeof(p->certificate), throwaway_name);
	}
	return wear(at, &w, complete, f);
}

static enum reason dress_judge(const struct config **at, const char *name,
			       const struct throwaway *t, struct fault *f)
{
	const struct peer *peer = config_peer(*at, name);
	struct wardrobe w = { .n = 0 };
	struct authority *a = hang(&w, record_new(K_AUTHORITY), throwaway_name);
	bool complete = a != NULL;

	if (complete) {
		complete = text_copy(a->pem, sizeof(a->pem), (const char *)t->authority->at);
		text_copy(a->domain, sizeof(a->domain), peer->certificate_domain);
	}
	return wear(at, &w, complete, f);
}

/* Whom this end says to be. */
static enum reason make(const struct play *p, int i, struct throwaway *ret, struct fault *f)
{
	const struct peer *peer = config_peer(p->config[i], p->peer[i]);
	const struct certificate *real =
		(const void *)config_find(p->config[i], K_CERTIFICATE, peer->certificate);
	struct throwaway_ask ask = { .like = real ? real->pem : "",
				     .name = peer->local_id_value,
				     .dn = "",
				     .now_s = play_began_s() };
	char addr[ADDR_TEXT];

	if (peer->local_id_type == IDK_DN) {
		ask.dn = peer->local_id_value;
		ask.name = "";
	} else if (peer->local_id_type == IDK_ADDRESS && !*peer->local_id_value) {
		ask.name = addr_text(&p->addr[i], addr);
	}
	return throwaway_make(&ask, ret, f);
}

static enum reason dress(struct play *p, int i, struct fault *f)
{
	struct throwaway t;

	if (make(p, i, &t, f) != R_OK)
		return f->reason;
	if (dress_holder(&p->config[i], p->peer[i], &t, f) == R_OK)
		dress_judge(&p->config[!i], p->peer[!i], &t, f);
	throwaway_done(&t);
	return f->reason;
}

enum reason costume_dress(struct play *p, struct simulation *ret, struct fault *f)
{
	bool any = false;

	for (int i = 0; i < 2; i++) {
		if (config_peer(p->config[i], p->peer[i])->auth_local != PEER_AUTH_RSA)
			continue;
		if (dress(p, i, f) != R_OK)
			return f->reason;
		any = true;
	}
	if (any && ret->notes_n < SIMULATION_NOTES)
		text_copy(
			ret->note[ret->notes_n++], sizeof(ret->note[0]),
			"certificates of the play have the names of those that are given, or the "
			"identities of the records, and were made for it: that each end trusts the "
			"other's real authority, and the dates of the real ones, is not played");
	return R_OK;
}
