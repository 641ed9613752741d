/* xfrm_look.c - the kernel's states and policies as rows, whoever made them
 *
 * An answer of a dump is read with bounds. Keys stand in it, behind the names of the algorithms: names and
 * lengths are read, the keys are not.
 *
 * Called by: xfrm.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/xfrm_look.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/xfrm.h>

#include "core/base/text.h"
#include "core/base/timers.h"

enum { REQID_MASK = 0x00ffffff, NAME_OCTETS = 64 };

/* ---- algorithms ---- */

struct algorithm {
	char name[NAME_OCTETS + 1];
	unsigned bits; /* of the key */
};

/* All three structs begin with a name of 64 octets and the length of the key in bits. */
static bool read_algorithm(struct slice body, uint16_t type, struct algorithm *ret)
{
	struct {
		char name[NAME_OCTETS];
		uint32_t bits;
	} head;

	if (!netlink_copy(netlink_find(body, sizeof(struct xfrm_usersa_info), type), &head,
			  sizeof(head)))
		return false;
	memcpy(ret->name, head.name, NAME_OCTETS);
	ret->name[NAME_OCTETS] = '\0';
	ret->bits = head.bits;
	return true;
}

static void add_cipher(struct text *t, const struct algorithm *a)
{
	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		if (strcmp(row->kernel, a->name) != 0)
			continue;
		text_add_str(t, row->name);
		if (row->variable && a->bits > row->salt * 8u)
			text_add(t, "-%u", a->bits - row->salt * 8u);
		return;
	}
	text_add_clean(t, slice_str(a->name));
}

static void add_hash(struct text *t, const struct algorithm *a)
{
	for (int i = 1; i < INTEG_COUNT; i++) {
		const struct integ_row *row = alg_integ((enum integ)i);

		if (strcmp(row->kernel, a->name) == 0) {
			text_add(t, "/%s", row->name);
			return;
		}
	}
	text_add_str(t, "/");
	text_add_clean(t, slice_str(a->name));
}

static void read_suite(struct slice body, char *ret, size_t cap)
{
	struct text t = { .at = ret, .cap = cap, .limit = cap - 1 };
	struct algorithm a;

	*ret = '\0';
	if (read_algorithm(body, XFRMA_ALG_AEAD, &a)) {
		add_cipher(&t, &a);
		return;
	}
	if (read_algorithm(body, XFRMA_ALG_CRYPT, &a))
		add_cipher(&t, &a);
	if (read_algorithm(body, XFRMA_ALG_AUTH_TRUNC, &a) ||
	    read_algorithm(body, XFRMA_ALG_AUTH, &a))
		add_hash(&t, &a);
}

/* ---- states ---- */

static struct plane_count read_count(struct slice body, const struct xfrm_usersa_info *i)
{
	struct plane_count c = { .packets = i->curlft.packets,
				 .bytes = i->curlft.bytes,
				 .replayed = i->stats.replay + i->stats.replay_window,
				 .bad_icv = i->stats.integrity_failed };
	uint64_t used = 0;

	netlink_copy(netlink_find(body, sizeof(*i), XFRMA_LASTUSED), &used, sizeof(used));
	if (used) /* seconds of the wall clock */
		c.last_ms = (uint64_t)(clock_now() - (clock_wall_ms() - (int64_t)used * 1000));
	return c;
}

bool xfrm_look_state(struct slice body, struct plane_state *ret, struct xfrm_name *ret_name)
{
	struct xfrm_replay_state_esn esn;
	struct xfrm_usersa_info i;

	if (!netlink_copy(body, &i, sizeof(i)))
		return false;
	*ret_name = (struct xfrm_name){ xfrm_build_addr(&i.id.daddr, i.family), ntohl(i.id.spi) };
	*ret = (struct plane_state){
		.protocol = i.id.proto,
		.transport = i.mode == XFRM_MODE_TRANSPORT,
		.udp_encap = netlink_find(body, sizeof(i), XFRMA_ENCAP).n > 0,
		.from = xfrm_build_addr(&i.saddr, i.family),
		.to = ret_name->to,
		.spi = ret_name->spi,
		.reqid = i.reqid,
		.replay_window = i.replay_window,
		.count = read_count(body, &i),
	};
	if (netlink_copy(netlink_find(body, sizeof(i), XFRMA_REPLAY_ESN_VAL), &esn, sizeof(esn)))
		ret->replay_window = esn.replay_window;
	ret->ours = xfrm_build_is_our_sa(body, ret_name);
	if (ret->ours)
		ret->reqid &= REQID_MASK;
	read_suite(body, ret->suite, sizeof(ret->suite));
	return *ret->suite ||
	       ret->protocol != IPPROTO_ESP; /* a reserved SPI has no algorithm yet */
}

/* ---- policies ---- */

static struct selector selector_of(const struct prefix *p, uint8_t protocol, uint16_t port)
{
	return (struct selector){ prefix_range(p), protocol, port };
}

static enum plane_way way_of(unsigned dir)
{
	return dir == XFRM_POLICY_OUT  ? PLANE_OUT
	       : dir == XFRM_POLICY_IN ? PLANE_IN
				       : PLANE_FORWARD;
}

static void read_template(struct slice body, struct plane_rule *ret)
{
	struct xfrm_user_tmpl t;

	if (!netlink_copy(netlink_find(body, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL), &t,
			  sizeof(t)))
		return;
	ret->protects = !ret->blocks;
	ret->transport = t.mode == XFRM_MODE_TRANSPORT;
	ret->reqid = ret->ours ? t.reqid & REQID_MASK : t.reqid;
	ret->from = xfrm_build_addr(&t.saddr, t.family);
	ret->to = xfrm_build_addr(&t.id.daddr, t.family);
	if (addr_is_any(&ret->from))
		ret->from = (struct addr){ 0 };
	if (addr_is_any(&ret->to))
		ret->to = (struct addr){ 0 };
}

bool xfrm_look_rule(struct slice body, struct plane_rule *ret, struct xfrm_pair *ret_pair)
{
	struct xfrm_userpolicy_info i;
	struct xfrm_pair p;

	if (!netlink_copy(body, &i, sizeof(i)) || i.dir > XFRM_POLICY_FWD)
		return false;
	p = xfrm_build_pair(&i.sel); /* local is where the packets come from */
	*ret = (struct plane_rule){
		.ours = xfrm_build_is_our_policy(body),
		.way = way_of(i.dir),
		.number = i.index,
		.priority = i.priority,
		.blocks = i.action == XFRM_POLICY_BLOCK,
		.from_ts = selector_of(&p.local, p.protocol, p.local_port),
		.to_ts = selector_of(&p.remote, p.protocol, p.remote_port),
	};
	read_template(body, ret);
	*ret_pair = p;
	if (ret->way != PLANE_OUT)
		*ret_pair = (struct xfrm_pair){ p.remote, p.local, p.protocol, p.remote_port,
						p.local_port };
	return true;
}
