/* sigs.c - signatures and chains of certificates as jobs
 *
 * A job holds copies of what came and references to the records of authorities, which never change;
 * our private key is opened for the one job that signs with it and wiped with it.
 *
 * Called by: the IKE versions.  Thread: loop; work() runs on the crew.  Owns: its jobs.
 */
#include "core/ike/sigs.h"

#include <stdlib.h>
#include <string.h>

#include "core/crypto/rsa1.h"
#include "core/ike/away.h"
#include "core/ike/exchange.h"
#include "core/ike/keypool.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/pki.h"

enum { ANCHORS_MOST = 64 };

struct sig {
	struct away away;
	struct sa_ref sa;
	uint64_t exchange;
	enum xevent on;
	struct bytes *key, *hash, *signature, *id;
	struct bytes *chain[TRUST_CHAIN];
	size_t chain_n;
	const struct authority *anchors[ANCHORS_MOST];
	size_t anchors_n;
	unsigned id_type;
	int64_t now_s;
	char want_dn[ID_VALUE_SIZE];
	uint64_t used; /* a bit for each anchor the chain rests on */
	struct fault fault; /* R_OK when it went well */
};

static void sig_free(struct sig *s)
{
	list_remove(&s->away.link);
	bytes_free(s->key);
	bytes_free(s->hash);
	bytes_free(s->signature);
	bytes_free(s->id);
	for (size_t i = 0; i < s->chain_n; i++)
		bytes_free(s->chain[i]);
	for (size_t i = 0; i < s->anchors_n; i++)
		record_unref(&s->anchors[i]->r);
	free(s);
}

/* --- on the crew: only the job's own values --- */

static void work_sign(struct job *j)
{
	struct sig *s = owner_of(j, struct sig, away.job);

	s->fault.reason = rsa1_sign(slice_of(s->key), slice_of(s->hash), &s->signature, &s->fault);
}

static void work_verify(struct job *j)
{
	struct sig *s = owner_of(j, struct sig, away.job);
	struct trust_anchor anchors[ANCHORS_MOST];
	struct slice chain[TRUST_CHAIN];

	for (size_t i = 0; i < s->anchors_n; i++)
		anchors[i] = (struct trust_anchor){ s->anchors[i]->pem, s->anchors[i]->crl };
	for (size_t i = 0; i < s->chain_n; i++)
		chain[i] = slice_of(s->chain[i]);

	struct trust_ask ask = {
		.anchors = anchors,
		.anchors_n = s->anchors_n,
		.chain = chain,
		.chain_n = s->chain_n,
		.now_s = s->now_s,
		.id_type = s->id_type,
		.id = slice_of(s->id),
		.want_dn = s->want_dn,
		.hash = slice_of(s->hash),
		.signature = slice_of(s->signature),
	};
	s->fault.reason = trust_check(&ask, &s->used, &s->fault);
}

/* --- back on the loop --- */

static void done(struct job *j, bool cancelled)
{
	struct sig *s = owner_of(j, struct sig, away.job);
	struct engine *e = s->away.e;
	struct exchange *x = NULL;

	if (e) {
		struct ike_sa *sa = cancelled ? NULL : registry_of_ref(e->registry, s->sa);

		e->now = e->ports.now(e->ports.ctx);
		e->sums_open--;
		x = sa ? exchange_of_number(sa, s->exchange) : NULL;
	}
	if (!x) {
		sig_free(s);
		return;
	}
	x->summing = false;
	if (s->on == EV_SIGNED) {
		bytes_free(x->signature);
		x->signature = give(s->signature);
	}
	for (size_t i = 0; i < s->anchors_n; i++)
		if (s->used & 1ull << i)
			sa_rests_on(x->sa, &s->anchors[i]->r);

	struct fault f = s->fault;
	enum xevent on = s->on;
	sig_free(s);
	x->sa->version->sum(x, on, &f);
}

static struct sig *sig_new(struct exchange *x, enum xevent on, struct slice hash)
{
	struct sig *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->away.job.work = on == EV_SIGNED ? work_sign : work_verify;
	s->away.job.done = done;
	s->sa = x->sa->ref;
	s->exchange = x->number;
	s->on = on;
	s->hash = bytes_of(hash.at, hash.n);
	keypool_send(x->e, &s->away);
	if (s->hash)
		return s;
	sig_free(s);
	return NULL;
}

static enum reason send_away(struct exchange *x, struct sig *s, struct fault *f)
{
	if (x->e->ports.crunch(x->e->ports.ctx, &s->away.job) != R_OK) {
		sig_free(s);
		return fail(f, R_BUSY, "too many sums are under way");
	}
	x->summing = true;
	x->e->sums_open++;
	return R_OK;
}

enum reason sigs_sign(struct exchange *x, struct slice hash, struct fault *f)
{
	struct engine *e = x->e;
	const char *name = x->sa->peer->certificate;
	const struct certificate *c = (const void *)config_find(e->config, K_CERTIFICATE, name);
	const struct private_key *k =
		c ? (const void *)config_find(e->config, K_PRIVATE_KEY, c->private_key) : NULL;
	struct bytes *key = NULL;

	if (!k || !e->ports.private_key)
		return fail_field(f, R_NO_CERTIFICATE, "certificate",
				  "the peer %s names no certificate with a private key",
				  x->sa->peer->r.name);
	if (e->ports.private_key(e->ports.ctx, k, &key, f) != R_OK)
		return f->reason;
	struct sig *s = sig_new(x, EV_SIGNED, hash);
	if (!s) {
		bytes_free(key);
		return fail(f, R_NO_MEMORY, "no memory for a signature");
	}
	s->key = key;
	sa_rests_on(x->sa, &c->r);
	sa_rests_on(x->sa, &k->r);
	return send_away(x, s, f);
}

static void take_anchors(struct sig *s, const struct config *c, const char *domain)
{
	for (size_t i = 0; i < config_count(c, K_AUTHORITY) && s->anchors_n < ANCHORS_MOST; i++) {
		const struct authority *a = (const void *)config_at(c, K_AUTHORITY, i);

		if (!authority_serves(a, domain))
			continue;
		record_ref(&a->r);
		s->anchors[s->anchors_n++] = a;
	}
}

static bool take_chain(struct sig *s, const struct sigs_proof *p)
{
	for (size_t i = 0; i < p->chain_n && i < TRUST_CHAIN; i++) {
		s->chain[i] = bytes_of(p->chain[i].at, p->chain[i].n);
		if (!s->chain[i])
			return false;
		s->chain_n++;
	}
	return true;
}

enum reason sigs_verify(struct exchange *x, const struct sigs_proof *p, struct fault *f)
{
	const struct peer *peer = x->sa->peer;
	struct sig *s = sig_new(x, EV_VERIFIED, p->hash);

	if (!s)
		return fail(f, R_NO_MEMORY, "no memory for a signature");
	s->signature = bytes_of(p->signature.at, p->signature.n);
	s->id = bytes_of(p->id.at, p->id.n);
	s->id_type = p->id_type;
	s->now_s = engine_wall_s(x->e);
	if (peer->remote_id_type == IDK_DN)
		memcpy(s->want_dn, peer->remote_id_value, sizeof(s->want_dn));
	take_anchors(s, x->e->config, peer->certificate_domain);
	if (!s->signature || !s->id || !take_chain(s, p)) {
		sig_free(s);
		return fail(f, R_NO_MEMORY, "no memory for a signature");
	}
	return send_away(x, s, f);
}
