/* xfrm_build.c - requests to the kernel's IPsec: pure functions from our values to octets
 *
 * Structures are the kernel's (linux/xfrm.h), filled and copied, since a netlink message gives
 * no alignment. Nothing is sent here, so every message can be compared by a test.
 *
 * What is ours. A daemon that was killed leaves states and policies behind, and others may
 * keep theirs beside ours; so each carries two signs, and only what shows both is ours:
 *
 *	state   reqid 0x69......, and an output mark 0x694b4550 under the mask 0, which the kernel
 *	        keeps and shows but which changes no packet's mark
 *	policy  reqid 0x69...... in its template, and an index 0x69......, which the kernel
 *	        gives out from the other end of the range
 *
 * One gateway per network namespace: two would sweep each other's away at their start.
 *
 * Called by: xfrm.c, xfrm_spd.c, xfrm_sweep.c.  Thread: any.  Owns: nothing.
 */
#include "core/ipsec/xfrm_build.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/udp.h>
#include <linux/xfrm.h>

enum { OURS = 0x69000000, OURS_MASK = 0x7f000000, NUMBER_MASK = 0x00ffffff, WINDOW_SMALL = 32 };
enum { LABEL = 0x694b4550, SPI_LOW = 0x1000, REPLAY_MAX = 4096 };

uint32_t xfrm_build_reqid(uint32_t reqid)
{
	return OURS | (reqid & NUMBER_MASK);
}

static bool is_ours(uint32_t number)
{
	return (number & ~(uint32_t)NUMBER_MASK) == OURS;
}

static uint16_t family_of(const struct addr *a)
{
	return a->family == 6 ? AF_INET6 : AF_INET;
}

static xfrm_address_t address(const struct addr *a)
{
	xfrm_address_t ret = { 0 };

	memcpy(&ret, a->ip, addr_size(a));
	return ret;
}

struct addr xfrm_build_addr(const void *kernel, uint16_t family)
{
	struct addr a = { .family = family == AF_INET6 ? 6 : 4 };

	memcpy(a.ip, kernel, addr_size(&a));
	return a;
}

static struct xfrm_lifetime_cfg no_limits(void)
{
	return (struct xfrm_lifetime_cfg){ .soft_byte_limit = XFRM_INF,
					   .hard_byte_limit = XFRM_INF,
					   .soft_packet_limit = XFRM_INF,
					   .hard_packet_limit = XFRM_INF };
}

/* --- selectors ------------------------------------------------------------------------ */

/* From local to remote, or the other way round for what comes in. */
static struct xfrm_selector selector(const struct xfrm_pair *p, bool outward)
{
	const struct prefix *from = outward ? &p->local : &p->remote;
	const struct prefix *to = outward ? &p->remote : &p->local;
	uint16_t from_port = outward ? p->local_port : p->remote_port;
	uint16_t to_port = outward ? p->remote_port : p->local_port;

	return (struct xfrm_selector){ .daddr = address(&to->addr),
				       .saddr = address(&from->addr),
				       .dport = htons(to_port),
				       .dport_mask = to_port ? 0xffff : 0,
				       .sport = htons(from_port),
				       .sport_mask = from_port ? 0xffff : 0,
				       .family = family_of(&to->addr),
				       .prefixlen_d = to->bits,
				       .prefixlen_s = from->bits,
				       .proto = p->protocol };
}

struct xfrm_pair xfrm_build_pair(const void *at)
{
	struct xfrm_selector s;

	memcpy(&s, at, sizeof(s));
	return (struct xfrm_pair){
		.local = { xfrm_build_addr(&s.saddr, s.family), s.prefixlen_s },
		.remote = { xfrm_build_addr(&s.daddr, s.family), s.prefixlen_d },
		.protocol = s.proto,
		.local_port = ntohs(s.sport),
		.remote_port = ntohs(s.dport),
	};
}

/* What may go through a state, when its selectors are prefixes; anything otherwise, and the
 * policy alone decides. */
static void put_state_selector(struct xfrm_usersa_info *i, const struct plane_sa *sa)
{
	struct xfrm_pair p = { .protocol = sa->local_ts.protocol ? sa->local_ts.protocol
								 : sa->remote_ts.protocol,
			       .local_port = sa->local_ts.port,
			       .remote_port = sa->remote_ts.port };

	if (range_prefix(&sa->local_ts.range, &p.local) &&
	    range_prefix(&sa->remote_ts.range, &p.remote))
		i->sel = selector(&p, !sa->inbound);
	else if (!sa->transport)
		i->flags |= XFRM_STATE_AF_UNSPEC; /* the inner family is anything */
}

/* --- states --------------------------------------------------------------------------- */

void xfrm_build_spi(struct netlink_out *o, const struct addr *local, const struct addr *remote)
{
	struct xfrm_userspi_info s = { .min = SPI_LOW, .max = UINT32_MAX };

	s.info.id.daddr = address(local);
	s.info.id.proto = IPPROTO_ESP;
	s.info.saddr = address(remote);
	s.info.family = family_of(local);
	s.info.mode = XFRM_MODE_TUNNEL;
	s.info.reqid = xfrm_build_reqid(0);
	netlink_put(o, XFRM_MSG_ALLOCSPI, 0, slice(&s, sizeof(s)));
}

static struct xfrm_usersa_info state_of(const struct plane_sa *sa)
{
	const struct addr *from = sa->inbound ? &sa->remote : &sa->local;
	const struct addr *to = sa->inbound ? &sa->local : &sa->remote;
	struct xfrm_usersa_info i = { .lft = no_limits() };

	i.id.daddr = address(to);
	i.id.spi = htonl(sa->spi);
	i.id.proto = IPPROTO_ESP;
	i.saddr = address(from);
	i.family = family_of(to);
	i.reqid = xfrm_build_reqid(sa->reqid);
	i.mode = sa->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
	if (sa->inbound && sa->replay_window <= WINDOW_SMALL)
		i.replay_window = (uint8_t)sa->replay_window;
	if (sa->soft_bytes)
		i.lft.soft_byte_limit = sa->soft_bytes;
	if (sa->hard_bytes)
		i.lft.hard_byte_limit = sa->hard_bytes;
	put_state_selector(&i, sa);
	return i;
}

/* The three kinds of algorithm attribute begin alike: name, key length, and one more number. */
static void put_alg(struct netlink_out *o, uint16_t type, const char *name, struct slice key,
		    uint32_t tag_octets)
{
	struct xfrm_algo_auth head;
	uint8_t room[sizeof(head) + 2 * KEY_MAX + 2 * DIGEST_MAX];
	size_t n = type == XFRMA_ALG_CRYPT ? sizeof(struct xfrm_algo) : sizeof(head);

	if (key.n > sizeof(room) - sizeof(head)) {
		o->torn = true;
		return;
	}
	memset(&head, 0, sizeof(head));
	memcpy(head.alg_name, name, MIN_OF(strlen(name), sizeof(head.alg_name) - 1));
	head.alg_key_len = (unsigned)key.n * 8;
	head.alg_trunc_len = tag_octets * 8; /* a cipher's key begins here instead */
	memcpy(room, &head, sizeof(head));
	if (key.n)
		memcpy(room + n, key.at, key.n);
	netlink_attr(o, type, slice(room, n + key.n));
	wipe(room, sizeof(room));
}

/* Key material is cipher key, salt, integrity key (RFC 2409 section 5.5, RFC 4106 section 8.1);
 * the kernel wants the salt behind the AEAD's key, too. */
static void put_algs(struct netlink_out *o, const struct plane_sa *sa)
{
	const struct encr_row *e = alg_encr(sa->suite.encr);
	const struct integ_row *i = alg_integ(sa->suite.integ);
	size_t cipher = alg_key_octets(sa->suite.encr, sa->suite.key_bits) + e->salt;

	if (cipher > sa->keymat.n) {
		o->torn = true;
		return;
	}
	if (e->icv) {
		put_alg(o, XFRMA_ALG_AEAD, e->kernel, slice(sa->keymat.at, cipher), e->icv);
		return;
	}
	put_alg(o, XFRMA_ALG_CRYPT, e->kernel, slice(sa->keymat.at, cipher), 0);
	put_alg(o, XFRMA_ALG_AUTH_TRUNC, i->kernel,
		slice(sa->keymat.at + cipher, sa->keymat.n - cipher), esp_suite_icv(&sa->suite));
}

/* `original`: of the peer. The kernel only keeps it for who asks: behind UDP encapsulation it takes
 * the checksums of transport mode for good, since their octets were authenticated. */
static void put_encap(struct netlink_out *o, uint16_t type, uint16_t from, uint16_t to,
		      const struct addr *original)
{
	struct xfrm_encap_tmpl e = { .encap_type = type,
				     .encap_sport = htons(from),
				     .encap_dport = htons(to),
				     .encap_oa = address(original) };

	netlink_attr(o, XFRMA_ENCAP, slice(&e, sizeof(e)));
}

/* A window beyond 32 packets needs the bitmap of the extended sequence numbers, without these. */
static void put_window(struct netlink_out *o, uint32_t packets)
{
	uint32_t window = MIN_OF(packets, (uint32_t)REPLAY_MAX);
	struct xfrm_replay_state_esn w = { .bmp_len = (window + 31) / 32, .replay_window = window };
	uint8_t room[sizeof(w) + REPLAY_MAX / 8] = { 0 };

	memcpy(room, &w, sizeof(w));
	netlink_attr(o, XFRMA_REPLAY_ESN_VAL, slice(room, sizeof(w) + w.bmp_len * 4));
}

static void put_label(struct netlink_out *o)
{
	netlink_attr_u32(o, XFRMA_SET_MARK, LABEL);
	netlink_attr_u32(o, XFRMA_SET_MARK_MASK, 0);
}

void xfrm_build_sa(struct netlink_out *o, const struct plane_sa *sa, bool reserved)
{
	struct xfrm_usersa_info i = state_of(sa);

	netlink_put(o, reserved ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA, 0, slice(&i, sizeof(i)));
	put_algs(o, sa);
	if (sa->udp_encap)
		put_encap(o, sa->zeros ? UDP_ENCAP_ESPINUDP_NON_IKE : UDP_ENCAP_ESPINUDP,
			  sa->inbound ? sa->remote.port : sa->local.port,
			  sa->inbound ? sa->local.port : sa->remote.port, &sa->original_remote);
	if (sa->inbound && sa->replay_window > WINDOW_SMALL)
		put_window(o, sa->replay_window);
	put_label(o);
}

static struct xfrm_usersa_id id_of(const struct xfrm_name *n)
{
	return (struct xfrm_usersa_id){ .daddr = address(&n->to),
					.spi = htonl(n->spi),
					.family = family_of(&n->to),
					.proto = IPPROTO_ESP };
}

void xfrm_build_get(struct netlink_out *o, const struct xfrm_name *n)
{
	struct xfrm_usersa_id id = id_of(n);

	netlink_put(o, XFRM_MSG_GETSA, 0, slice(&id, sizeof(id)));
}

void xfrm_build_del(struct netlink_out *o, const struct xfrm_name *n)
{
	struct xfrm_usersa_id id = id_of(n);

	netlink_put(o, XFRM_MSG_DELSA, 0, slice(&id, sizeof(id)));
}

/* Attributes a state keeps when it moves. Its name says everything of it but addresses. */
static const uint16_t kept[] = { XFRMA_ALG_AEAD,     XFRMA_ALG_CRYPT,      XFRMA_ALG_AUTH_TRUNC,
				 XFRMA_REPLAY_VAL,   XFRMA_REPLAY_ESN_VAL, XFRMA_SET_MARK,
				 XFRMA_SET_MARK_MASK };

static struct addr original_of(struct slice body, uint16_t *ret_type)
{
	struct xfrm_encap_tmpl e;
	struct xfrm_usersa_info i;
	struct addr none = { 0 };

	*ret_type = UDP_ENCAP_ESPINUDP;

	if (!netlink_copy(body, &i, sizeof(i)) ||
	    !netlink_copy(netlink_find(body, sizeof(i), XFRMA_ENCAP), &e, sizeof(e)))
		return none;
	*ret_type = e.encap_type;
	return xfrm_build_addr(&e.encap_oa, i.family);
}

bool xfrm_build_move(struct netlink_out *o, struct slice body, const struct plane_move *m)
{
	const struct addr *from = m->inbound ? &m->new_remote : &m->new_local;
	const struct addr *to = m->inbound ? &m->new_local : &m->new_remote;
	uint16_t type;
	const struct addr original = original_of(body, &type);
	struct xfrm_usersa_info i;

	if (!netlink_copy(body, &i, sizeof(i)))
		return false;
	struct xfrm_name was = { xfrm_build_addr(&i.id.daddr, i.family), m->spi };
	struct xfrm_lifetime_cur lived = i.curlft;

	xfrm_build_del(o, &was);
	i.id.daddr = address(to);
	i.saddr = address(from);
	i.family = family_of(to);
	netlink_put(o, XFRM_MSG_NEWSA, 0, slice(&i, sizeof(i)));
	for (size_t k = 0; k < COUNT_OF(kept); k++) {
		struct slice v = netlink_find(body, sizeof(i), kept[k]);

		if (v.at)
			netlink_attr(o, kept[k], v);
	}
	netlink_attr(o, XFRMA_LTIME_VAL, slice(&lived, sizeof(lived)));
	if (m->udp_encap)
		put_encap(o, type, from->port, to->port, &original);
	return true;
}

/* --- policies ------------------------------------------------------------------------- */

static uint8_t direction(enum xfrm_way way)
{
	return way == XFRM_WAY_OUT  ? XFRM_POLICY_OUT
	       : way == XFRM_WAY_IN ? XFRM_POLICY_IN
				    : XFRM_POLICY_FWD;
}

/* Outward the state is found by its addresses and reqid. Inward the reqid alone binds: where
 * the peer sends from may change behind a NAT. */
static struct xfrm_user_tmpl template(const struct plane_policy *p, enum xfrm_way way)
{
	struct xfrm_user_tmpl t = { .family = family_of(&p->remote),
				    .reqid = xfrm_build_reqid(p->reqid),
				    .mode = p->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL,
				    .aalgos = UINT32_MAX,
				    .ealgos = UINT32_MAX,
				    .calgos = UINT32_MAX };

	t.id.proto = IPPROTO_ESP;
	if (p->transport)
		return t;
	if (way == XFRM_WAY_OUT) {
		t.id.daddr = address(&p->remote);
		t.saddr = address(&p->local);
	} else {
		t.id.daddr = address(&p->local);
	}
	return t;
}

void xfrm_build_policy(struct netlink_out *o, const struct plane_policy *p,
		       const struct xfrm_pair *pair, enum xfrm_way way, uint32_t n, bool over)
{
	struct xfrm_user_tmpl t = template(p, way);
	struct xfrm_userpolicy_info i = {
		.sel = selector(pair, way == XFRM_WAY_OUT),
		.lft = no_limits(),
		.priority = p->priority,
		.index = OURS | (n << 3 & NUMBER_MASK) | direction(way),
		.dir = direction(way),
		.action = XFRM_POLICY_ALLOW,
	};

	netlink_put(o, over ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY, 0, slice(&i, sizeof(i)));
	netlink_attr(o, XFRMA_TMPL, slice(&t, sizeof(t)));
}

void xfrm_build_policy_del(struct netlink_out *o, const struct xfrm_pair *pair, enum xfrm_way way)
{
	struct xfrm_userpolicy_id id = { .sel = selector(pair, way == XFRM_WAY_OUT),
					 .dir = direction(way) };

	netlink_put(o, XFRM_MSG_DELPOLICY, 0, slice(&id, sizeof(id)));
}

/* --- what is there --------------------------------------------------------------------- */

void xfrm_build_dump(struct netlink_out *o, bool policies)
{
	/* a dump of theirs has no fixed part, only attributes */
	netlink_put(o, policies ? XFRM_MSG_GETPOLICY : XFRM_MSG_GETSA, 0x300 /* NLM_F_DUMP */,
		    slice(NULL, 0));
}

bool xfrm_build_is_our_sa(struct slice body, struct xfrm_name *ret)
{
	struct xfrm_usersa_info i;
	uint32_t label = 0, mask = 1;

	if (!netlink_copy(body, &i, sizeof(i)) || i.id.proto != IPPROTO_ESP || !is_ours(i.reqid))
		return false;
	netlink_copy(netlink_find(body, sizeof(i), XFRMA_SET_MARK), &label, sizeof(label));
	netlink_copy(netlink_find(body, sizeof(i), XFRMA_SET_MARK_MASK), &mask, sizeof(mask));
	*ret = (struct xfrm_name){ xfrm_build_addr(&i.id.daddr, i.family), ntohl(i.id.spi) };
	return label == LABEL && mask == 0;
}

bool xfrm_build_is_our_policy(struct slice body)
{
	struct xfrm_userpolicy_info i;
	struct xfrm_user_tmpl t;

	return netlink_copy(body, &i, sizeof(i)) &&
	       netlink_copy(netlink_find(body, sizeof(i), XFRMA_TMPL), &t, sizeof(t)) &&
	       is_ours(i.index) && is_ours(t.reqid);
}

void xfrm_build_policy_del_as(struct netlink_out *o, struct slice body)
{
	struct xfrm_userpolicy_info i;

	if (!netlink_copy(body, &i, sizeof(i)))
		return;
	struct xfrm_userpolicy_id id = { .sel = i.sel, .index = i.index, .dir = i.dir };
	netlink_put(o, XFRM_MSG_DELPOLICY, 0, slice(&id, sizeof(id)));
}
