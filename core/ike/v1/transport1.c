/* transport1.c - transport mode through a NAT: selectors and original addresses
 *
 * Transport mode keeps the header that the NAT rewrites, so both ends know the traffic by different
 * addresses, each by what it sees itself. Identities with the address of one host are therefore taken
 * for the ends of the SA (as strongSwan and Libreswan do). TCP and UDP make their checksums with the
 * addresses of the header as it left; NAT-OA payloads tell them, so that the data plane can put the
 * checksums right.
 *
 * Called by quick_init1.c and quick_resp1.c. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/quick1.h"

#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/sa.h"
#include "core/ike/select.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/within.h"
#include "core/model/tunnel.h"
#include "core/wire/ident.h"
#include "core/wire/natoa.h"

static enum payload kind_of(const struct ike_sa *sa)
{
	return sa->natt_draft ? PL_NATOA_D : PL_NATOA;
}

/* --- original addresses --- */

static bool is_host(const struct range *r)
{
	return addr_equal(&r->low, &r->high);
}

/* What stands in the headers of this child: its selectors where they are single addresses. */
static const struct addr *end_of(const struct selector *s, const struct addr *outer)
{
	return is_host(&s->range) ? &s->range.low : outer;
}

void transport1_put(struct build *b, const struct exchange *x)
{
	const struct child *c = x->child;
	const struct addr *ours = end_of(&c->local_ts, &x->sa->local);
	const struct addr *theirs = end_of(&c->remote_ts, &x->sa->remote);
	bool first = x->role == ROLE_INITIATOR;

	if (!x->sa->encap || c->tunnel->mode != TUNNEL_TRANSPORT)
		return;
	natoa_write(writer_payload(&b->w, kind_of(x->sa)), first ? ours : theirs);
	natoa_write(writer_payload(&b->w, kind_of(x->sa)), first ? theirs : ours);
}

/* Zeros in place of an address say nothing. */
static struct addr told(const struct addr *a)
{
	static const struct addr none;

	for (size_t i = 0; i < addr_size(a); i++)
		if (a->ip[i])
			return *a;
	return none;
}

static void take_both(struct exchange *x, const struct addr *i, const struct addr *r)
{
	bool from_initiator = x->role == ROLE_RESPONDER;
	struct child *c = x->child;
	char own[ADDR_TEXT], ours[ADDR_TEXT];

	c->original_remote = told(from_initiator ? i : r);
	c->original_local = told(from_initiator ? r : i);
	trace_step(x->e, x->negotiation, '<', "the peer calls itself %s and us %s",
		   addr_text(from_initiator ? i : r, own), addr_text(from_initiator ? r : i, ours));
}

/* Draft 02 knows the sender's own alone, and libreswan sends none as responder. The plane does without. */
static void take_fewer(struct exchange *x, const struct addr *own)
{
	char text[ADDR_TEXT];

	if (!own) {
		trace_step(
			x->e, x->negotiation, '<',
			"the peer tells no original addresses (NAT-OA): checksums are made anew");
		return;
	}
	x->child->original_remote = told(own);
	trace_step(x->e, x->negotiation, '<', "the peer calls itself %s and us nothing",
		   addr_text(own, text));
}

enum reason transport1_take(struct exchange *x, const struct chain *c,
			    const struct esp_choice *choice, struct fault *f)
{
	const enum payload kind = kind_of(x->sa);
	struct addr a[2];
	size_t n = 0;

	if (!choice->transport || !x->sa->encap)
		return R_OK;
	for (const struct pl *p = chain_find(c, kind); p; p = chain_next(c, p)) {
		if (n == COUNT_OF(a))
			return fail(f, R_BAD_NATOA,
				    "more than two original addresses (NAT-OA) came");
		if (natoa_read(p->body, &a[n++], f) != R_OK)
			return f->reason;
	}
	if (n == 2)
		take_both(x, &a[0], &a[1]);
	else
		take_fewer(x, n ? &a[0] : NULL);
	return R_OK;
}

/* --- selectors --- */

static bool is_transport_in_udp(uint16_t encap)
{
	return encap == ENCAP_UDP_TRANSPORT || encap == ENCAP_UDP_TRANSPORT_DRAFT;
}

static bool offers_transport(const struct sa1 *offer)
{
	for (size_t i = 0; i < offer->transforms_n; i++)
		if (is_transport_in_udp(offer->transforms[i].a.encap))
			return true;
	return false;
}

static struct selector seen_as(const struct selector *said, const struct addr *as)
{
	struct selector ret = *said;

	if (is_host(&said->range))
		ret.range.low = ret.range.high = addr_with_port(*as, 0);
	return ret;
}

/* `seen`: a tunnel that would fit, were it one of transport mode; NULL none. */
static struct flow *as_it_came(struct exchange *x, const struct flow *seen,
			       const struct selector *local, const struct selector *remote,
			       struct fault *f)
{
	struct flow *fl = book_match(x->sa->run, local, remote, f);

	if (!fl && seen)
		fail_field(f, R_NO_PROPOSAL, "mode",
			   "the peer offers transport mode; the tunnel %s, which fits, has tunnel "
			   "mode",
			   seen->run->tunnel->r.name);
	return fl;
}

struct flow *transport1_match(struct exchange *x, const struct sa1 *offer, struct selector *local,
			      struct selector *remote, struct fault *f)
{
	const struct ike_sa *sa = x->sa;
	struct selector l = seen_as(local, &sa->local), r = seen_as(remote, &sa->remote);
	char ours[SELECTOR_TEXT], theirs[SELECTOR_TEXT];

	if (!sa->encap || !offers_transport(offer) ||
	    (selector_equal(&l, local) && selector_equal(&r, remote)))
		return book_match(sa->run, local, remote, f);

	struct flow *fl = book_match(sa->run, &l, &r, NULL);

	if (!fl || fl->run->tunnel->mode != TUNNEL_TRANSPORT)
		return as_it_came(x, fl, local, remote, f);
	trace_step(x->e, x->negotiation, ' ', "behind the NAT that is %s to %s here",
		   selector_text(&r, theirs, sizeof(theirs)),
		   selector_text(&l, ours, sizeof(ours)));
	*local = l;
	*remote = r;
	return fl;
}

bool transport1_same_id(const struct exchange *x, const struct esp_choice *choice,
			struct slice sent, struct slice came)
{
	struct ident ours, theirs;
	struct range r;

	if (slice_equal(sent, came))
		return true;
	return x->sa->encap && choice->transport && ident_read(sent, &ours, NULL) == R_OK &&
	       ident_read(came, &theirs, NULL) == R_OK && ours.protocol == theirs.protocol &&
	       ours.port == theirs.port && ident_range(&ours, &r) && is_host(&r) &&
	       ident_range(&theirs, &r) && is_host(&r);
}
