/* natt.c - noticing a NAT and moving to the NAT-T port
 *
 * Each end hashes the addresses it believes in (RFC 3947 section 3.2). A hash that does not match
 * means something rewrote the packet on the way. The initiator then floats to the NAT-T port with
 * its next message, the responder follows. A peer that forces encapsulation lies about its
 * own address, so that the other end sees a NAT where none is.
 *
 * Called by: the IKE versions, engine.c.  Thread: loop.  Owns: nothing.
 * Not here: NAT keepalives - natt_awake.c.
 */
#include "core/ike/natt.h"

#include <string.h>

#include "core/crypto/prf.h"
#include "core/ike/child.h"
#include "core/ike/natt_awake.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/peer.h"

enum { IKE_PORT = 500 };

bool natt_allowed(const struct peer *p)
{
	return p->nat_traversal != NATT_OFF;
}

bool natt_forced(const struct engine *e, const struct peer *p)
{
	return p->nat_traversal == NATT_FORCE || (natt_allowed(p) && e->ports.plane->always_encap);
}

size_t natt_digest(enum integ hash, const struct cookies *cky, const struct addr *a, uint8_t *ret)
{
	const uint8_t port[2] = { (uint8_t)(a->port >> 8), (uint8_t)a->port };
	const struct slice parts[] = { slice(cky->i, sizeof(cky->i)), slice(cky->r, sizeof(cky->r)),
				       addr_slice(a), slice(port, sizeof(port)) };

	if (prf_hash(hash, parts, COUNT_OF(parts), ret) != R_OK)
		return 0;
	return alg_integ(hash)->digest;
}

enum reason natt_ours(const struct ike_sa *sa, uint8_t ret_remote[DIGEST_MAX],
		      uint8_t ret_local[DIGEST_MAX], size_t *ret_n)
{
	size_t n = natt_digest(sa->suite.hash, &sa->cky, &sa->remote, ret_remote);

	if (n == 0 || natt_digest(sa->suite.hash, &sa->cky, &sa->local, ret_local) != n)
		return R_CRYPTO;
	if (natt_forced(sa->e, sa->peer))
		ret_local[0] ^= 0xff;
	*ret_n = n;
	return R_OK;
}

enum payload natt_payload(const struct ike_sa *sa)
{
	return sa->natt_draft ? PL_NATD_D : PL_NATD;
}

void natt_judge(struct ike_sa *sa, const struct chain *c)
{
	const struct pl *of_us = chain_find(c, natt_payload(sa));
	uint8_t local[DIGEST_MAX], remote[DIGEST_MAX];
	size_t n = natt_digest(sa->suite.hash, &sa->cky, &sa->local, local);

	if (!of_us || n == 0 || natt_digest(sa->suite.hash, &sa->cky, &sa->remote, remote) != n)
		return;
	sa->nat_local = !slice_equal(of_us->body, slice(local, n));
	sa->nat_remote = true;
	for (const struct pl *p = chain_next(c, of_us); p; p = chain_next(c, p))
		if (slice_equal(p->body, slice(remote, n)))
			sa->nat_remote = false;
	sa->encap = sa->nat_local || sa->nat_remote || natt_forced(sa->e, sa->peer);
}

bool natt_is_missed(const struct ike_sa *sa)
{
	struct addr id;

	if (sa->natt_able)
		return false;
	if (sa->remote.port != IKE_PORT && sa->remote.port != sa->e->ports.port)
		return true;
	return sa->remote_id_type == IDK_ADDRESS && addr_read(sa->remote_id, &id) &&
	       !addr_equal(&id, &sa->remote);
}

void natt_float(struct ike_sa *sa)
{
	if (sa->natt_oldest)
		return;
	if (sa->natt)
		return; /* a successor starts where its predecessor was: behind the NAT's mapping */
	sa->natt = true;
	sa->local.port = sa->e->ports.nat_port;
	sa->remote.port = sa->e->ports.nat_port;
}

/* What the NAT-D payloads of phase 1 said was in the clear and may have been damaged on the way. The
 * initiator decides by what it does: it floats when it wants encapsulation, or it does not. By the
 * oldest drafts nobody floats; then quick mode shows that the two do not agree. */
static void agree_with_initiator(struct ike_sa *sa, const struct packet *p)
{
	if (sa->role != ROLE_RESPONDER || sa->authenticated || sa->natt_oldest)
		return;
	if (!p->natt)
		sa->encap = false;
	else if (!sa->natt)
		sa->encap = true;
}

void natt_follow(struct ike_sa *sa, const struct packet *p)
{
	agree_with_initiator(sa, p);
	if (addr_equal_port(&sa->remote, &p->remote) && addr_equal_port(&sa->local, &p->local))
		return;

	bool floats = sa->natt_able && p->natt && !sa->natt &&
		      (sa->nat_remote || addr_equal(&sa->remote, &p->remote));
	bool rebinds = sa_shares_ports(sa) && p->natt == sa->natt && sa->nat_remote;
	if (!floats && !rebinds)
		return;
	sa->natt = p->natt;
	sa->local = p->local;
	sa->remote = p->remote;
	sa->e->changed = true;
	registry_moved(sa->e->registry, sa);
	natt_awake_arm(sa);
	if (rebinds)
		child_follow(sa);
}
