/* test_xfrm_spd.c - our policies in a real kernel, in a network namespace of this test's own
 *
 * Policies need XFRM in the kernel but no ESP, so this runs nearly everywhere; without
 * namespaces it skips.
 */
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include <cmocka.h>

#include "core/ipsec/choose.h"
#include "core/ipsec/xfrm_spd.h"
#include "core/ipsec/xfrm_sweep.h"
#include "core/ipsec/xfrm_watch.h"

static struct netlink *nl;
static struct netlink_out out;
static bool lonely;

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_true(addr_read(text, &a));
	return a;
}

static struct plane_policy policy(uint32_t id, uint32_t priority, const char *remote_ts)
{
	struct plane_policy p = { .id = id,
				  .reqid = id + 100,
				  .priority = priority,
				  .local = addr_of("192.0.2.1"),
				  .remote = addr_of("192.0.2.2") };
	struct prefix l;

	assert_true(prefix_read("10.1.0.0/24", &l));
	p.local_ts.range = prefix_range(&l);
	if (!range_read(remote_ts, &p.remote_ts.range)) {
		assert_true(prefix_read(remote_ts, &l));
		p.remote_ts.range = prefix_range(&l);
	}
	return p;
}

struct census {
	int out, in, fwd, ours;
	uint32_t reqid, index; /* of the last outgoing one */
	struct xfrm_user_tmpl tmpl;
};

static void see(void *arg, const struct netlink_in *m)
{
	struct census *c = arg;
	struct xfrm_userpolicy_info i;

	if (m->type != XFRM_MSG_NEWPOLICY || !netlink_copy(m->body, &i, sizeof(i)))
		return;
	c->out += i.dir == XFRM_POLICY_OUT;
	c->in += i.dir == XFRM_POLICY_IN;
	c->fwd += i.dir == XFRM_POLICY_FWD;
	c->ours += xfrm_build_is_our_policy(m->body);
	if (i.dir != XFRM_POLICY_OUT)
		return;
	c->index = i.index;
	netlink_copy(netlink_find(m->body, sizeof(i), XFRMA_TMPL), &c->tmpl, sizeof(c->tmpl));
	c->reqid = c->tmpl.reqid & 0xffffff;
}

static struct census look(void)
{
	struct census c = { 0 };
	struct fault f = { 0 };

	netlink_begin(&out);
	xfrm_build_dump(&out, true);
	assert_int_equal(netlink_dump(nl, &out, "dump", see, &c, &f), R_OK);
	return c;
}

static void several_claims_to_one_place(void **state)
{
	struct plane_policy trap = policy(1, 2000, "10.2.0.0/24");
	struct plane_policy child = policy(2, 1000, "10.2.0.0/24");
	struct plane_policy newer = policy(3, 1000, "10.2.0.0/24");
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &trap, &f), R_OK);
	assert_int_equal(look().reqid, 101);
	assert_int_equal(xfrm_spd_add(d, &child, &f), R_OK);
	struct census c = look();
	assert_int_equal(c.reqid, 102);
	assert_int_equal(c.out + c.in + c.fwd, 3);
	assert_int_equal(c.ours, 3);
	uint32_t index = c.index;
	assert_int_equal(xfrm_spd_add(d, &newer, &f), R_OK);
	assert_int_equal(look().reqid, 103); /* the newest among equals */
	assert_int_equal(look().index, index); /* replaced, not added beside */
	xfrm_spd_del(d, 2); /* it does not stand: nothing changes */
	assert_int_equal(look().reqid, 103);
	xfrm_spd_del(d, 3);
	assert_int_equal(look().reqid, 101); /* the trap is back */
	assert_int_equal(look().ours, 3);
	xfrm_spd_del(d, 1);
	assert_int_equal(look().ours, 0);
	xfrm_spd_del(d, 1);
}

static void the_same_id_is_refused(void **state)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24");
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_OK);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_PLANE);
	assert_int_equal(look().ours, 3);
	xfrm_spd_free(give(d));
	assert_int_equal(look().ours, 0); /* closing takes them away */
}

static void ranges_become_prefixes(void **state)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.1-10.2.0.6"); /* .1 .2/31 .4/31 .6 */
	struct plane_policy wild = policy(2, 2000, "2001:db8::1-2001:db9:ffff::7:7776");
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_OK);
	assert_int_equal(look().out, 4);
	xfrm_spd_del(d, 1);
	assert_int_equal(look().out, 0);
	assert_int_equal(xfrm_spd_add(d, &wild, &f), R_PLANE);
	assert_int_equal(look().out, 0);
}

static void acquire_finds_the_one_that_stands(void **state)
{
	struct plane_policy a = policy(1, 2000, "10.2.0.0/24"), b = policy(2, 1000, "10.2.0.0/24");
	struct xfrm_pair pair = { 0 };
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_true(prefix_read("10.1.0.0/24", &pair.local));
	assert_true(prefix_read("10.2.0.0/24", &pair.remote));
	assert_null(xfrm_spd_find(d, &pair));
	assert_int_equal(xfrm_spd_add(d, &b, &f), R_OK);
	assert_int_equal(xfrm_spd_add(d, &a, &f), R_OK);
	assert_int_equal(xfrm_spd_find(d, &pair)->id, 2);
	pair.protocol = 6;
	assert_null(xfrm_spd_find(d, &pair));
}

static void a_moved_peer_is_found_at_its_new_place(void **state)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24");
	struct addr now = addr_of("203.0.113.9"), want;
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_OK);
	assert_int_equal(xfrm_spd_move(d, 101, &p.local, &now, &f), R_OK);
	struct census c = look();
	want = xfrm_build_addr(&c.tmpl.id.daddr, AF_INET);
	assert_true(addr_equal(&want, &now));
	assert_int_equal(c.out, 1);
}

/* A policy of another program: no sign of ours, the same selectors. */
static void put_stranger(bool add)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24");
	struct xfrm_pair pair = { 0 };
	struct fault f = { 0 };

	prefix_read("10.1.0.0/24", &pair.local);
	prefix_read("10.2.0.0/24", &pair.remote);
	netlink_begin(&out);
	if (!add)
		xfrm_build_policy_del(&out, &pair, XFRM_WAY_OUT);
	else
		xfrm_build_policy(&out, &p, &pair, XFRM_WAY_OUT, 1, false);
	struct nlmsghdr *h = (void *)out.at;
	struct xfrm_userpolicy_info *i = (void *)(h + 1);
	if (add)
		i->index = 0;
	assert_int_equal(netlink_ask(nl, &out, "stranger", NULL, NULL, &f), R_OK);
}

static void strangers_are_left_alone(void **state)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24"), q = policy(2, 2000, "10.3.0.0/24");
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	put_stranger(true);
	struct xfrm_spd *d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_PLANE);
	assert_non_null(strstr(f.text, "another program"));
	assert_int_equal(look().out, 1);
	assert_int_equal(look().ours, 0);

	/* a life that ended without a word, and the sweep of the next */
	assert_int_equal(xfrm_spd_add(d, &q, &f), R_OK);
	assert_int_equal(look().ours, 3);
	assert_int_equal(xfrm_sweep(nl, &out, &f), R_OK);
	assert_int_equal(look().ours, 0);
	assert_int_equal(look().out, 1);
	xfrm_spd_free(d);
	put_stranger(false);
	assert_int_equal(look().out, 0);
}

/* --- news that overflow --- */

struct ears {
	struct loop *loop;
	unsigned lost, expired;
};

static void on_expire(void *arg, const struct xfrm_name *name, bool hard)
{
	struct ears *e = arg;

	(void)name;
	(void)hard;
	e->expired++;
}

static void on_lost(void *arg)
{
	((struct ears *)arg)->lost++;
}

static void one_turn(void *arg, msec now)
{
	(void)now;
	loop_stop(arg);
}

/* The kernel tells everybody that a policy has aged, as often as it is asked to. */
static void age_policies(struct netlink_out *o, unsigned times)
{
	struct xfrm_user_polexpire e = { 0 };
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24");
	struct xfrm_pair pair = { 0 };
	struct fault f = { 0 };

	prefix_read("10.1.0.0/24", &pair.local);
	prefix_read("10.2.0.0/24", &pair.remote);
	netlink_begin(o);
	xfrm_build_policy(o, &p, &pair, XFRM_WAY_OUT, 1, false);
	memcpy(&e.pol, o->at + sizeof(struct nlmsghdr), sizeof(e.pol));
	e.pol.index = 0; /* by its selector */
	netlink_begin(o);
	for (unsigned i = 0; i < 60; i++)
		netlink_put(o, XFRM_MSG_POLEXPIRE, 0, slice(&e, sizeof(e)));
	for (unsigned i = 0; i < times; i += 60)
		assert_int_equal(netlink_ask(nl, o, "age", NULL, NULL, &f), R_OK);
}

/* A real kernel with a real queue that is full: we notice, each time, and hear what comes after. */
static void lost_news_are_noticed(void **state)
{
	struct plane_policy p = policy(1, 2000, "10.2.0.0/24");
	struct fault f = { 0 };
	struct ears ears = { 0 };
	struct xfrm_news news = { .arg = &ears, .expire = on_expire, .lost = on_lost };

	(void)state;
	if (!lonely)
		skip();
	own(xfrm_spd) d = xfrm_spd_new(nl);
	assert_int_equal(xfrm_spd_add(d, &p, &f), R_OK);
	struct loop *l = loop_new(&f);
	assert_non_null(l);
	loop_turn_end(l, one_turn, l);
	struct xfrm_watch *w = xfrm_watch_open(l, &news, &f);
	assert_non_null(w);
	for (unsigned round = 1; round <= 10; round++) {
		age_policies(&out, 60);
		for (unsigned i = 0; i < 3; i++) {
			loop_run(l);
			age_policies(&out, 60); /* something to wake up for */
		}
		assert_int_equal(ears.lost, round - 1);
		age_policies(&out, 20000);
		for (unsigned i = 0; i < 1000 && ears.lost < round; i++)
			loop_run(l);
		assert_int_equal(ears.lost, round);
		/* read to its end */
		for (unsigned i = 0; i < 500; i++) {
			age_policies(&out, 60);
			loop_run(l);
		}
	}
	xfrm_watch_free(w);
	loop_free(l);
}

/* A kernel with XFRM and without ESP takes SPIs and policies: only adding an SA tells. */
static void the_probe_is_not_fooled(void **state)
{
	struct plane_want want = { .choice = PLANE_XFRM };
	struct fault f = { 0 };

	(void)state;
	if (!lonely)
		skip();
	if (xfrm_sweep_probe(nl, &out, &f) == R_OK) {
		struct plane *p = plane_xfrm(&want, &f);

		assert_non_null(p);
		p->close(p->ctx);
		return;
	}
	assert_int_equal(f.reason, R_SYSTEM);
	assert_non_null(strstr(f.text, "takes no ESP state"));
	assert_null(plane_xfrm(&want, &f));
	assert_non_null(strstr(f.text, "takes no ESP state"));
}

int main(void)
{
	struct fault f = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_claims_to_one_place),
		cmocka_unit_test(the_same_id_is_refused),
		cmocka_unit_test(ranges_become_prefixes),
		cmocka_unit_test(acquire_finds_the_one_that_stands),
		cmocka_unit_test(a_moved_peer_is_found_at_its_new_place),
		cmocka_unit_test(strangers_are_left_alone),
		cmocka_unit_test(lost_news_are_noticed),
		cmocka_unit_test(the_probe_is_not_fooled),
	};

	lonely = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	nl = lonely ? netlink_open(NETLINK_XFRM, 0, &f) : NULL;
	lonely = nl != NULL;
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	netlink_free(nl);
	return r;
}
