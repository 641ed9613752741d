/* recovery.c - an end that lost its IPsec SAs says so, and the other one stops sending into nothing
 *
 * Anybody can send ESP with a made-up SPI and a forged source, so this is off by default, and when on
 * it costs at most one message a second and IKE SA: only a peer with whom an authenticated IKE SA
 * is up hears of it, and none is made for the purpose. What the peer says is believed only under
 * the keys of such an SA, and only about pairs with that peer.
 *
 * Called by: engine.c (news of the data plane), the IKE versions.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/recovery.h"

#include "core/ike/child.h"
#include "core/ike/exchange.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/settings.h"

enum { A_SECOND = 1000 };

/* ESP in UDP comes from the port IKE floated to, and peers behind one NAT differ in nothing else. */
static bool is_from(const struct ike_sa *sa, const struct addr *from)
{
	if (from->port && sa_shares_ports(sa))
		return addr_equal_port(&sa->remote, from);
	return addr_equal(&sa->remote, from);
}

void recovery_unknown(struct engine *e, uint32_t spi, const struct addr *from)
{
	/* one that is being negotiated may be used by the peer a moment before we are ready */
	if (e->stopping || !config_ipsec(e->config)->invalid_spi_recovery ||
	    child_of_spi_in(e, spi))
		return;
	list_each (l, &e->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, link);

		if (!sa_is_usable(sa) || !sa->authenticated || !is_from(sa, from) ||
		    !sa->version->tell_spi_unknown)
			continue;
		if (sa->spi_told && e->now - sa->spi_told < A_SECOND)
			return;
		sa->spi_told = e->now ? e->now : 1;
		sa->version->tell_spi_unknown(sa, spi);
		return;
	}
}

bool recovery_disowned(struct ike_sa *sa, uint32_t spi)
{
	struct child *c = child_of_spi_out(sa, spi);

	if (!c || (c->state != CS_UP && c->state != CS_REKEYING))
		return false;
	child_end(c, R_SPI_UNKNOWN, true, NULL);
	return true;
}
