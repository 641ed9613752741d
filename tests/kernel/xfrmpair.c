/* xfrmpair.c - the kernel's plane, both ends in one process, in a guest that has ESP
 *
 * Two network namespaces with a wire between them and a plane in each, one loop. What a shell
 * cannot see is tried here: SPIs, counters, limits, acquire, mappings, moves, rekeys, what a
 * killed life leaves behind. Must be root in a machine that may be thrown away.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include <cmocka.h>

#include "core/base/loop.h"
#include "core/ipsec/choose.h"
#include "core/ipsec/xfrm_build.h"
#include "core/net/netlink.h"

enum { A, B, SIDES, PORT = 5003, REQID = 7, POLICY = 42, SPI_AB = 0x2002, SPI_BA = 0x1001 };

struct side {
	int ns;
	struct udp *udp;
	struct plane *plane;
	struct addr outer, inner;
	int acquires, limits[2], moves;
	uint32_t acquired, limited;
	struct addr from;
};

static struct loop *loop;
static struct side sides[SIDES];
static struct timer bell;

/* --- means ------------------------------------------------------------------------------ */

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (system(line) != 0)
		fail_msg("%s", line);
}

/* How many lines the command prints. */
static int lines_of(const char *fmt, ...)
{
	char line[512];
	va_list args;
	int n = 0, c;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	FILE *p = popen(line, "r");
	assert_non_null(p);
	while ((c = fgetc(p)) != EOF)
		n += c == '\n';
	pclose(p);
	return n;
}

static void enter(int side)
{
	assert_int_equal(setns(sides[side].ns, CLONE_NEWNET), 0);
}

static void ring(struct timer *t, msec now)
{
	(void)t;
	(void)now;
	loop_stop(loop);
}

static void run_ms(int ms)
{
	bell.fire = ring;
	timer_arm(loop_timers(loop), &bell, clock_now() + ms);
	loop_run(loop);
}

/* Sends n datagrams of `size` octets; returns how many arrived at the other side. */
static int traffic(int from, int n, size_t size)
{
	static char body[1400];
	struct sockaddr_storage a, b;
	struct timeval patience = { .tv_usec = 200000 };
	int arrived = 0;

	enter(!from);
	int in = socket(sides[!from].inner.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	struct addr at = addr_with_port(sides[!from].inner, PORT);
	socklen_t len = addr_to_sockaddr(&at, &b);
	assert_int_equal(bind(in, (struct sockaddr *)&b, len), 0);
	setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	enter(from);
	int out = socket(sides[from].inner.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	addr_to_sockaddr(&sides[from].inner, &a);
	assert_int_equal(bind(out, (struct sockaddr *)&a, len), 0);
	for (int i = 0; i < n; i++) {
		sendto(out, body, size, 0, (struct sockaddr *)&b, len);
		while (recv(in, body, sizeof(body), i + 1 < n ? MSG_DONTWAIT : 0) > 0)
			arrived++;
	}
	close(out);
	close(in);
	run_ms(20);
	return arrived;
}

/* --- news ------------------------------------------------------------------------------- */

static void acquire(void *arg, uint32_t id)
{
	struct side *s = arg;

	s->acquires++;
	s->acquired = id;
}

static void limit(void *arg, uint32_t spi, bool hard)
{
	struct side *s = arg;

	s->limits[hard]++;
	s->limited = spi;
}

static void moved(void *arg, uint32_t spi, const struct addr *from)
{
	struct side *s = arg;

	(void)spi;
	s->moves++;
	s->from = *from;
}

/* --- the wire --------------------------------------------------------------------------- */

static void open_side(int i)
{
	struct udp_want ports = { .port = 500, .nat_port = 4500 };
	struct side *s = &sides[i];
	struct fault f = { 0 };

	enter(i);
	addr_read("0.0.0.0", &ports.local4);
	addr_read("::", &ports.local6);
	s->udp = udp_open(loop, &ports, &f);
	if (!s->udp)
		fail_msg("%s", f.text);
	struct plane_want want = { .choice = PLANE_XFRM, .loop = loop, .udp = s->udp };
	if (plane_open(&want, &s->plane, &f) != R_OK)
		fail_msg("%s", f.text);
	struct plane_news news = {
		.arg = s, .acquire = acquire, .bytes_limit = limit, .moved = moved
	};
	s->plane->listen(s->plane->ctx, &news);
}

static void close_side(int i)
{
	enter(i);
	plane_free(sides[i].plane);
	udp_free(sides[i].udp);
	sides[i].plane = NULL;
	sides[i].udp = NULL;
}

static int begin(void **state)
{
	(void)state;
	for (int i = 0; i < SIDES; i++) {
		int ns = sides[i].ns;

		shell("ip -n xp%d xfrm state flush", i); /* what the last test asked for in vain */
		sides[i] = (struct side){ .ns = ns };
		addr_read(i == A ? "192.0.2.1" : "192.0.2.2", &sides[i].outer);
		addr_read(i == A ? "10.1.0.1" : "10.2.0.1", &sides[i].inner);
		open_side(i);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < SIDES; i++) {
		close_side(i);
		/* what traffic asked for in vain (spi 0) is the kernel's own and lapses by itself */
		assert_int_equal(lines_of("ip xfrm state | grep spi | grep -v 0x00000000; "
					  "ip xfrm policy | grep tmpl"),
				 0);
	}
	return 0;
}

static int wire(void **state)
{
	struct fault f = { 0 };

	(void)state;
	for (int i = 0; i < SIDES; i++) {
		char path[64];

		shell("ip netns add xp%d", i);
		snprintf(path, sizeof(path), "/var/run/netns/xp%d", i);
		sides[i].ns = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(sides[i].ns >= 0);
	}
	shell("ip link add w netns xp0 type veth peer name w netns xp1");
	for (int i = 0; i < SIDES; i++) {
		shell("ip netns exec xp%d sysctl -qw net.ipv6.conf.default.accept_dad=0 "
		      "net.ipv6.conf.all.accept_dad=0",
		      i);
		shell("ip -n xp%d link set lo up; ip -n xp%d link set w up", i, i);
		shell("ip -n xp%d addr add 192.0.2.%d/24 dev w", i, i + 1);
		shell("ip -n xp%d addr add 2001:db8::%d/64 dev w nodad", i, i + 1);
		shell("ip -n xp%d addr add 10.%d.0.1/32 dev lo", i, i + 1);
		shell("ip -n xp%d addr add fd00:%d::1/128 dev lo nodad", i, i + 1);
		shell("ip -n xp%d route add default via 192.0.2.%d", i, 2 - i);
		shell("ip -n xp%d -6 route add default via 2001:db8::%d", i, 2 - i);
	}
	loop = loop_new(&f);
	return loop ? 0 : -1;
}

/* --- building blocks -------------------------------------------------------------------- */

static struct selector selector(const struct addr *a)
{
	return (struct selector){ .range = { *a, *a } };
}

/* The SA from one side to the other, as this side sees it. */
static struct plane_sa sa_from(int from, int side, uint32_t spi)
{
	static const uint8_t key[20] = "twenty octets of key";
	const struct side *me = &sides[side], *it = &sides[!side];

	return (struct plane_sa){ .spi = spi,
				  .reqid = REQID,
				  .inbound = from != side,
				  .local = addr_with_port(me->outer, 4500),
				  .remote = addr_with_port(it->outer, 4500),
				  .suite = { .encr = ENCR_AES_GCM, .key_bits = 128 },
				  .keymat = slice(key, sizeof(key)),
				  .replay_window = 64,
				  .local_ts = selector(&me->inner),
				  .remote_ts = selector(&it->inner) };
}

static void add(int side, const struct plane_sa *sa)
{
	struct fault f = { 0 };

	if (sides[side].plane->sa_add(sides[side].plane->ctx, sa, &f) != R_OK)
		fail_msg("%s", f.text);
}

static void add_pair(int side, bool udp)
{
	for (int from = 0; from < SIDES; from++) {
		struct plane_sa sa = sa_from(from, side, from == A ? SPI_AB : SPI_BA);

		sa.udp_encap = udp;
		add(side, &sa);
	}
}

static void protect(int side, bool trap)
{
	const struct side *me = &sides[side], *it = &sides[!side];
	struct fault f = { 0 };
	struct plane_policy p = { .id = POLICY,
				  .reqid = REQID,
				  .priority = 1000,
				  .trap = trap,
				  .local = me->outer,
				  .remote = it->outer,
				  .local_ts = selector(&me->inner),
				  .remote_ts = selector(&it->inner) };

	if (me->plane->policy_add(me->plane->ctx, &p, &f) != R_OK)
		fail_msg("%s", f.text);
}

static void whole_tunnel(bool udp)
{
	for (int i = 0; i < SIDES; i++) {
		add_pair(i, udp);
		protect(i, false);
	}
}

static bool count(int side, uint32_t spi, bool inbound, struct plane_count *ret)
{
	const struct side *s = &sides[side];

	return s->plane->sa_count(s->plane->ctx, spi, inbound, &s->outer, &sides[!side].outer, ret);
}

/* --- what is tried ---------------------------------------------------------------------- */

static void spis_are_reserved(void **state)
{
	struct plane *p = sides[A].plane;
	struct fault f = { 0 };
	uint32_t first, second;

	(void)state;
	enter(A);
	assert_int_equal(p->spi_new(p->ctx, &sides[A].outer, &sides[B].outer, &first, &f), R_OK);
	assert_int_equal(p->spi_new(p->ctx, &sides[A].outer, &sides[B].outer, &second, &f), R_OK);
	assert_true(first >= 256 && second >= 256 && first != second);
	struct plane_sa sa = sa_from(B, A, first);
	add(A, &sa); /* the reservation becomes the SA */
	assert_int_equal(p->sa_add(p->ctx, &sa, &f), R_PLANE);
	p->spi_drop(p->ctx, second, &sides[A].outer, &sides[B].outer);
	assert_int_equal(lines_of("ip xfrm state | grep spi"), 1);
	p->sa_del(p->ctx, first, true, &sides[A].outer, &sides[B].outer);
	p->sa_del(p->ctx, first, true, &sides[A].outer, &sides[B].outer);
	assert_int_equal(lines_of("ip xfrm state | grep spi"), 0);
}

static void packets_are_counted(void **state)
{
	struct plane_count out, in;

	(void)state;
	whole_tunnel(true);
	assert_int_equal(traffic(A, 10, 100), 10);
	assert_int_equal(traffic(B, 3, 100), 3);
	assert_true(count(A, SPI_AB, false, &out));
	assert_true(count(B, SPI_AB, true, &in));
	assert_int_equal(out.packets, 10);
	assert_int_equal(in.packets, 10);
	assert_int_equal(out.bytes, 10 * 128);
	assert_int_equal(in.bytes, 10 * 128);
	assert_true((msec)in.last_ms > clock_now() - 5000 && (msec)in.last_ms <= clock_now());
	uint64_t last = in.last_ms;
	run_ms(50);
	assert_true(count(B, SPI_AB, true, &in));
	assert_int_equal(in.last_ms, last); /* looking is no traffic */
	assert_int_equal(in.replayed + in.bad_icv, 0);
	assert_true(count(A, SPI_BA, true, &in));
	struct plane_totals t = sides[A].plane->totals(sides[A].plane->ctx);
	assert_true(t.packets_out == 10 && t.packets_in == 3 && t.bytes_out == 1280);
	/* what an SA carried stays in the sums when it goes */
	assert_int_equal(traffic(A, 5, 100), 5);
	sides[A].plane->sa_del(sides[A].plane->ctx, SPI_AB, false, &sides[A].outer,
			       &sides[B].outer);
	t = sides[A].plane->totals(sides[A].plane->ctx);
	assert_int_equal(t.packets_out, 15);
	assert_false(count(A, SPI_AB, false, &out));
}

static void forged_packets_are_dropped(void **state)
{
	static const uint8_t other[20] = "another key of twen";
	struct plane_sa sa = sa_from(A, B, SPI_AB);
	struct plane_count in;

	(void)state;
	add_pair(A, false);
	protect(A, false);
	protect(B, false);
	sa.keymat = slice(other, sizeof(other));
	add(B, &sa);
	assert_int_equal(traffic(A, 4, 100), 0);
	assert_true(count(B, SPI_AB, true, &in));
	assert_int_equal(in.bad_icv, 4);
	assert_int_equal(in.packets, 0);
	assert_int_equal(sides[B].plane->totals(sides[B].plane->ctx).bad_icv, 4);
}

static void clear_packets_are_dropped(void **state)
{
	(void)state;
	assert_int_equal(traffic(A, 2, 100), 2); /* nothing is protected yet */
	protect(B, false);
	assert_int_equal(traffic(A, 2, 100), 0);
	assert_int_equal(sides[B].plane->totals(sides[B].plane->ctx).no_policy, 2);
	add_pair(A, false);
	protect(A, false);
	assert_int_equal(traffic(A, 2, 100), 0);
	assert_int_equal(sides[B].plane->totals(sides[B].plane->ctx).no_sa, 2);
}

static void limits_are_told(void **state)
{
	struct plane_sa sa = sa_from(A, A, SPI_AB);
	struct plane_count c;

	(void)state;
	add_pair(B, false);
	protect(B, false);
	protect(A, false);
	sa.soft_bytes = 500;
	sa.hard_bytes = 1500;
	add(A, &sa);
	traffic(A, 2, 100);
	assert_int_equal(sides[A].limits[0], 0);
	traffic(A, 5, 100);
	assert_int_equal(sides[A].limits[0], 1);
	assert_int_equal(sides[A].limited, SPI_AB);
	assert_int_equal(sides[A].limits[1], 0);
	traffic(A, 20, 100);
	assert_int_equal(sides[A].limits[1], 1);
	assert_false(count(A, SPI_AB, false, &c)); /* the kernel has taken it away */
	sides[A].plane->sa_del(sides[A].plane->ctx, SPI_AB, false, &sides[A].outer,
			       &sides[B].outer);
	assert_int_equal(sides[B].limits[0] + sides[B].limits[1], 0);
}

static void traffic_asks_for_an_sa(void **state)
{
	(void)state;
	add_pair(B, true);
	protect(B, false);
	protect(A, true);
	assert_int_equal(traffic(A, 3, 100), 0);
	assert_int_equal(sides[A].acquires, 1); /* asked once */
	assert_int_equal(sides[A].acquired, POLICY);
	add_pair(A, true);
	assert_int_equal(traffic(A, 3, 100), 3);
	assert_int_equal(sides[A].acquires, 1);
	assert_int_equal(sides[B].acquires, 0);
}

static void without_trap_nobody_asks(void **state)
{
	(void)state;
	protect(A, false);
	assert_int_equal(traffic(A, 3, 100), 0);
	assert_int_equal(sides[A].acquires, 0);
}

static void the_newest_sa_is_used(void **state)
{
	struct plane_count old, young;

	(void)state;
	whole_tunnel(false);
	assert_int_equal(traffic(A, 3, 100), 3);
	for (int side = 0; side < SIDES; side++) {
		struct plane_sa sa = sa_from(A, side, 0x3003);

		add(side, &sa);
	}
	sides[A].plane->sa_use(sides[A].plane->ctx, REQID, 0x3003);
	assert_int_equal(traffic(A, 5, 100), 5);
	assert_true(count(A, SPI_AB, false, &old));
	assert_true(count(A, 0x3003, false, &young));
	assert_int_equal(old.packets, 3);
	assert_int_equal(young.packets, 5);
	sides[A].plane->sa_del(sides[A].plane->ctx, 0x3003, false, &sides[A].outer,
			       &sides[B].outer);
	assert_int_equal(traffic(A, 2, 100), 2); /* the old one is still good */
}

/* A's packets come from another port: B hears of it, moves, and goes on. */
static void a_mapping_is_followed(void **state)
{
	struct addr a = addr_with_port(sides[A].outer, 4500),
		    b = addr_with_port(sides[B].outer, 4500);
	struct addr now = addr_with_port(sides[A].outer, 4501);
	struct plane_move m = { .spi = SPI_AB,
				.udp_encap = true,
				.local = a,
				.remote = b,
				.new_local = now,
				.new_remote = b };
	struct plane *pa = sides[A].plane, *pb = sides[B].plane;
	struct plane_count in, out;
	struct fault f = { 0 };

	(void)state;
	whole_tunnel(true);
	assert_int_equal(traffic(A, 4, 100), 4);
	assert_int_equal(pa->sa_move(pa->ctx, &m, &f), R_OK);
	assert_int_equal(traffic(A, 4, 100), 4);
	assert_int_equal(sides[B].moves, 1); /* told once, not four times */
	assert_true(addr_equal_port(&sides[B].from, &now));
	m = (struct plane_move){ .spi = SPI_AB,
				 .inbound = true,
				 .udp_encap = true,
				 .local = b,
				 .remote = a,
				 .new_local = b,
				 .new_remote = now };
	assert_int_equal(pb->sa_move(pb->ctx, &m, &f), R_OK);
	m.spi = SPI_BA;
	m.inbound = false;
	assert_int_equal(pb->sa_move(pb->ctx, &m, &f), R_OK);
	assert_int_equal(traffic(A, 4, 100), 4);
	assert_int_equal(sides[B].moves, 1); /* it fits now */
	assert_true(count(B, SPI_AB, true, &in));
	assert_int_equal(in.packets, 12); /* counters went with it */
	assert_true(count(A, SPI_AB, false, &out));
	assert_int_equal(out.packets, 12);
	assert_int_equal(in.replayed, 0);
	assert_int_equal(lines_of("ip netns exec xp1 ip xfrm state | grep 'dport 4501'"), 1);
	m.spi = 0x9999;
	assert_int_equal(pb->sa_move(pb->ctx, &m, &f), R_PLANE);
}

/* The window moves along: a packet from before the move is still a replay. */
static void a_moved_window_remembers(void **state)
{
	struct addr a = sides[A].outer, b = sides[B].outer, c = a;
	struct plane *pb = sides[B].plane;
	struct plane_count in;
	struct fault f = { 0 };

	(void)state;
	c.ip[3] = 77;
	whole_tunnel(false);
	assert_int_equal(traffic(A, 4, 100), 4);
	struct plane_move m = { .spi = SPI_AB,
				.inbound = true,
				.local = b,
				.remote = a,
				.new_local = b,
				.new_remote = c };
	assert_int_equal(pb->sa_move(pb->ctx, &m, &f), R_OK);
	/* A starts its numbers again: B has seen the first four */
	struct plane_sa again = sa_from(A, A, SPI_AB);
	sides[A].plane->sa_del(sides[A].plane->ctx, SPI_AB, false, &a, &b);
	add(A, &again);
	assert_int_equal(traffic(A, 6, 100), 2);
	assert_true(pb->sa_count(pb->ctx, SPI_AB, true, &b, &c, &in));
	assert_int_equal(in.replayed, 4);
}

static void a_killed_life_is_swept_away(void **state)
{
	(void)state;
	close_side(A);
	enter(A);
	shell("ip xfrm state add src 192.0.2.9 dst 192.0.2.1 proto esp spi 0x77 mode tunnel "
	      "reqid 5 aead 'rfc4106(gcm(aes))' 0x%040d 128",
	      1);
	shell("ip xfrm policy add src 10.9.0.0/24 dst 10.8.0.0/24 dir out priority 5 "
	      "tmpl src 192.0.2.1 dst 192.0.2.9 proto esp reqid 5 mode tunnel");
	pid_t child = fork();
	if (child == 0) {
		open_side(A);
		add_pair(A, false);
		protect(A, false);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	assert_int_equal(lines_of("ip xfrm state | grep spi"), 3);
	assert_int_equal(lines_of("ip xfrm policy | grep tmpl"), 4);
	open_side(A);
	assert_int_equal(lines_of("ip xfrm state | grep spi"), 1);
	assert_int_equal(lines_of("ip xfrm state | grep 'reqid 5 '"), 1);
	assert_int_equal(lines_of("ip xfrm policy | grep tmpl"), 1);
	assert_int_equal(lines_of("ip xfrm policy | grep 10.9.0.0"), 1);
	shell("ip xfrm state flush; ip xfrm policy flush");
}

/* The kernel tells everybody that A's policy has aged, until the listeners' queues are full. */
static void overflow(struct netlink *nl)
{
	static struct netlink_out o;
	const struct side *me = &sides[A], *it = &sides[B];
	struct plane_policy p = { .id = POLICY,
				  .reqid = REQID,
				  .priority = 1000,
				  .local = me->outer,
				  .remote = it->outer,
				  .local_ts = selector(&me->inner),
				  .remote_ts = selector(&it->inner) };
	struct xfrm_user_polexpire e = { 0 };
	struct xfrm_pair pair = { 0 };
	struct fault f = { 0 };

	assert_true(prefix_read("10.1.0.1/32", &pair.local));
	assert_true(prefix_read("10.2.0.1/32", &pair.remote));
	netlink_begin(&o);
	xfrm_build_policy(&o, &p, &pair, XFRM_WAY_OUT, 1, false);
	memcpy(&e.pol, o.at + sizeof(struct nlmsghdr), sizeof(e.pol));
	e.pol.index = 0; /* by its selector */
	netlink_begin(&o);
	for (unsigned i = 0; i < 60; i++)
		netlink_put(&o, XFRM_MSG_POLEXPIRE, 0, slice(&e, sizeof(e)));
	for (unsigned i = 0; i < 20000; i += 60)
		if (netlink_ask(nl, &o, "age", NULL, NULL, &f) != R_OK)
			fail_msg("%s", f.text);
}

/* P-43: a state goes behind our back and the news overflow, IKEEPER_OVERFLOWS times: we know before long
 * that it is gone, know the other, and so does the kernel. (Two seconds at full speed; this kernel
 * is a process among others.) */
static void lost_news_are_made_up_for(void **state)
{
	const char *many = getenv("IKEEPER_OVERFLOWS");
	int rounds = many ? atoi(many) : 4;
	struct plane *p = sides[A].plane;
	struct plane_count c;
	struct fault f = { 0 };
	msec slowest = 0;

	(void)state;
	enter(A);
	struct netlink *nl = netlink_open(NETLINK_XFRM, 0, &f);
	assert_non_null(nl);
	protect(A, false);
	for (int round = 1; round <= rounds; round++) {
		bool in = round % 2;
		uint32_t gone = in ? SPI_BA : SPI_AB, stays = in ? SPI_AB : SPI_BA;

		add_pair(A, false);
		shell("ip -n xp0 xfrm state delete src 192.0.2.%d dst 192.0.2.%d proto esp spi "
		      "0x%x",
		      in ? 2 : 1, in ? 1 : 2, gone);
		overflow(nl);
		msec began = clock_now(), until = began + 20000;
		while (sides[A].limits[1] < round && clock_now() < until)
			run_ms(20);
		slowest = MAX_OF(slowest, clock_now() - began);
		assert_int_equal(sides[A].limits[1], round);
		assert_int_equal(sides[A].limited, gone);
		assert_false(count(A, gone, in, &c));
		assert_true(count(A, stays, !in, &c));
		if (round % 10 == 0)
			assert_int_equal(lines_of("ip -n xp0 xfrm state | grep spi"), 1);
		p->sa_del(p->ctx, gone, in, &sides[A].outer, &sides[B].outer);
		p->sa_del(p->ctx, stays, !in, &sides[A].outer, &sides[B].outer);
	}
	assert_int_equal(lines_of("ip -n xp0 xfrm state | grep spi"), 0);
	print_message("%d overflows, noticed after %d ms at most\n", rounds, (int)slowest);
	netlink_free(nl);
}

static void flushed_by_hand(void **state)
{
	struct plane_count c;

	(void)state;
	whole_tunnel(false);
	shell("ip -n xp0 xfrm state flush");
	assert_false(count(A, SPI_AB, false, &c));
	sides[A].plane->sa_del(sides[A].plane->ctx, SPI_AB, false, &sides[A].outer,
			       &sides[B].outer);
	struct plane_sa sa = sa_from(A, A, SPI_AB);
	add(A, &sa);
	assert_int_equal(traffic(A, 3, 100), 3);
}

static void six_over_six(void **state)
{
	struct plane_count in;

	(void)state;
	for (int i = 0; i < SIDES; i++) {
		addr_read(i == A ? "2001:db8::1" : "2001:db8::2", &sides[i].outer);
		addr_read(i == A ? "fd00:1::1" : "fd00:2::1", &sides[i].inner);
	}
	whole_tunnel(true);
	assert_int_equal(traffic(A, 5, 100), 5);
	assert_true(count(B, SPI_AB, true, &in));
	assert_int_equal(in.packets, 5);
}

static void refusals_have_a_sentence(void **state)
{
	struct plane_sa sa = sa_from(A, A, SPI_AB);
	struct fault f = { 0 };

	(void)state;
	sa.keymat.n--;
	assert_int_equal(sides[A].plane->sa_add(sides[A].plane->ctx, &sa, &f), R_PLANE);
	shell("ip -n xp0 xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x%x mode tunnel "
	      "aead 'rfc4106(gcm(aes))' 0x%040d 128",
	      SPI_AB, 1);
	sa.keymat.n++;
	assert_int_equal(sides[A].plane->sa_add(sides[A].plane->ctx, &sa, &f), R_PLANE);
	assert_int_equal(f.reason, R_PLANE);
	assert_non_null(strstr(f.text, "cannot add an SA: "));
	assert_non_null(strstr(f.text, "File exists"));
	shell("ip -n xp0 xfrm state flush");
}

#define TRY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRY(spis_are_reserved),
		TRY(packets_are_counted),
		TRY(forged_packets_are_dropped),
		TRY(clear_packets_are_dropped),
		TRY(limits_are_told),
		TRY(traffic_asks_for_an_sa),
		TRY(without_trap_nobody_asks),
		TRY(the_newest_sa_is_used),
		TRY(a_mapping_is_followed),
		TRY(a_moved_window_remembers),
		TRY(a_killed_life_is_swept_away),
		TRY(lost_news_are_made_up_for),
		TRY(flushed_by_hand),
		TRY(six_over_six),
		TRY(refusals_have_a_sentence),
	};

	return cmocka_run_group_tests(tests, wire, NULL);
}
