/* sign1.c - main mode with RSA signatures, both ends (RFC 2409 section 5.1)
 *
 *	initiator                                       responder
 *	SA                                        -->
 *	                                          <--   SA
 *	KE, Ni, NAT-D, NAT-D                      -->
 *	                                          <--   KE, Nr, CR, NAT-D, NAT-D
 *	IDii, CERT, SIG_I, CR                     -->                        encrypted
 *	                                          <--   IDir, CERT, SIG_R    encrypted
 *
 * The first four messages are main1.c's. Signing and looking at the peer's proof are jobs; what a
 * message said is kept aside meanwhile, and its chain is taken over when it proved good.
 *
 * Called by v1.c through the step table.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/v1/phase1.h"

#include <string.h>

#include "core/ike/natt.h"
#include "core/ike/sigs.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/wire/sa1.h"

enum { X509_SIGNATURE = 4 };

bool sign1_wanted(const struct peer *p)
{
	return p->auth_local == PEER_AUTH_RSA || p->auth_remote == PEER_AUTH_RSA;
}

static const char *our_pem(const struct ike_sa *sa)
{
	const struct certificate *c =
		(const void *)config_find(sa->e->config, K_CERTIFICATE, sa->peer->certificate);

	return c ? c->pem : "";
}

static void put_x509(struct build *b, enum payload kind, struct slice body)
{
	struct wr *w = writer_payload(&b->w, kind);

	wr_u8(w, X509_SIGNATURE);
	wr_slice(w, body);
}

void sign1_put_request(struct build *b)
{
	put_x509(b, PL_CR, slice(NULL, 0));
}

/* Certificates of these authorities; of any when we have none. */
void sign1_put_requests(struct build *b, const struct ike_sa *sa)
{
	const struct config *c = sa->e->config;
	size_t asked = 0;

	if (!sign1_wanted(sa->peer))
		return;
	for (size_t i = 0; i < config_count(c, K_AUTHORITY) && asked < TRUST_CHAIN; i++) {
		const struct authority *a = (const void *)config_at(c, K_AUTHORITY, i);
		own(bytes) dn = NULL;

		if (!authority_serves(a, sa->peer->certificate_domain) ||
		    trust_subject(a->pem, &dn, NULL) != R_OK)
			continue;
		put_x509(b, PL_CR, slice_of(dn));
		asked++;
	}
	if (!asked)
		sign1_put_request(b);
}

void sign1_put_certificates(struct build *b, const struct ike_sa *sa)
{
	struct bytes *list[TRUST_CHAIN];
	size_t n = 0;

	trust_read(our_pem(sa), list, &n, NULL);
	for (size_t i = 0; i < n; i++) {
		put_x509(b, PL_CERT, slice_of(list[i]));
		bytes_free(list[i]);
	}
}

enum reason sign1_begin(struct exchange *x, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	uint8_t id[ID_BODY_MAX], digest[DIGEST_MAX];
	size_t n;

	if (proof1_our_id(sa, id, &n, f) != R_OK ||
	    proof1_hash(sa, sa->role, slice(id, n), digest, f) != R_OK)
		return f->reason;
	return sigs_sign(x, slice(digest, own1_of(sa)->keys.n), f);
}

static enum reason send_signed(struct exchange *x, bool wait, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	uint8_t id[ID_BODY_MAX];
	struct build b;
	size_t n;

	if (proof1_our_id(sa, id, &n, f) != R_OK)
		return f->reason;
	build1_start(&b, sa, XCHG_MAIN, true);
	build1_put(&b, PL_ID, slice(id, n));
	sign1_put_certificates(&b, sa);
	build1_put(&b, PL_SIG, slice_of(x->signature));
	if (sa->role == ROLE_INITIATOR) {
		sign1_put_requests(&b, sa);
		phase1_put_initial_contact(&b, sa);
	}
	if (own1_of(sa)->shorter)
		build1_lifetimes(&b, PROTO_ISAKMP, slice(&sa->cky, sizeof(sa->cky)), sa->lifetime_s,
				 0);
	return build1_send(&b, x, own1_of(sa)->iv, wait, f);
}

/* --- handlers --- */

enum reason ms_derive(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	if (proof1_skeyid_sig(x->sa, slice_of(x->secret), f) != R_OK)
		return f->reason;
	return proof1_derive(x->sa, slice_of(x->secret), f);
}

enum reason ms_sign(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (ms_derive(x, in, f) != R_OK)
		return f->reason;
	return sign1_begin(x, f);
}

enum reason ms_prove(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	phase1_float(x);
	return send_signed(x, true, f);
}

static void take_chain(const struct chain *c, struct sigs_proof *p)
{
	for (const struct pl *l = chain_find(c, PL_CERT); l; l = chain_next(c, l))
		if (l->body.n > 1 && l->body.at[0] == X509_SIGNATURE && p->chain_n < TRUST_CHAIN)
			p->chain[p->chain_n++] = slice(l->body.at + 1, l->body.n - 1);
}

enum reason sign1_verify(struct exchange *x, struct slice id_body, const struct chain *c,
			 struct fault *f)
{
	struct sigs_proof p = { .signature = chain_find(c, PL_SIG)->body };
	uint8_t digest[DIGEST_MAX];

	if (proof1_their_hash(x->sa, id_body, digest, f) != R_OK ||
	    proof1_their_id(x->sa, id_body, &p.id_type, &p.id, f) != R_OK)
		return f->reason;
	p.hash = slice(digest, own1_of(x->sa)->keys.n);
	take_chain(c, &p);
	return sigs_verify(x, &p, f);
}

enum reason ms_take_proof(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	uint32_t kilobytes = 0;

	o->contact = phase1_has_contact(in->chain);
	o->proof_packet = *in->packet;
	o->proof_packet.octets = slice(NULL, 0);
	read1_lifetimes(in->chain, PROTO_ISAKMP, &x->sa->lifetime_s, &kilobytes);
	return sign1_verify(x, chain_find(in->chain, PL_ID)->body, in->chain, f);
}

void sign1_believe(struct exchange *x)
{
	struct own1 *o = own1_of(x->sa);

	o->proven = true;
	memcpy(o->iv, o->next_iv, sizeof(o->iv));
}

void sign1_settle(struct exchange *x)
{
	bool contact = own1_of(x->sa)->contact;
	struct ike_sa *sa = x->sa;

	phase1_settle(x, NULL);
	if (contact)
		sa_initial_contact(sa);
}

enum reason ms_accept(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	(void)f;
	sign1_believe(x);
	resend_stop(x);
	sign1_settle(x);
	return R_OK;
}

enum reason ms_sign_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	sign1_believe(x);
	natt_follow(x->sa, &own1_of(x->sa)->proof_packet);
	return sign1_begin(x, f);
}

enum reason ms_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	if (send_signed(x, false, f) != R_OK)
		return f->reason;
	sign1_settle(x);
	return R_OK;
}
