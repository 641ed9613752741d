/* test_xfrm_kernel.c - the kernel's plane over a kernel that refuses, forgets, and forgets to tell
 *
 * A double of the kernel's states stands in the place of netlink's requests (the linker puts it
 * there), so that this runs where no kernel has ESP. Its states are what was sent, octet by octet.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include <cmocka.h>

#include "core/base/loop.h"
#include "core/ipsec/choose.h"
#include "core/ipsec/xfrm_build.h"

#undef fail
#include "core/base/fault.h"

enum { STATES = 64, BODY = 1024, OVERFLOWS = 100 };

/* --- the double ----------------------------------------------------------------------- */

struct state {
	struct xfrm_usersa_info i; /* as the head of its body */
	size_t n; /* 0: free */
	uint8_t body[BODY];
};

static struct {
	struct state at[STATES];
	uint32_t next_spi;
	unsigned adds; /* of states, so far */
	unsigned refuse_add; /* the n-th from now */
	int with; /* this errno */
	unsigned bad_dumps;
	int last_errno;
	bool full; /* its queue was: news are lost */
	int fd;
} kernel;

static struct state *state_of(const xfrm_address_t *to, __be32 spi)
{
	for (size_t i = 0; i < STATES; i++) {
		struct state *s = &kernel.at[i];

		if (s->n && s->i.id.spi == spi && memcmp(&s->i.id.daddr, to, sizeof(*to)) == 0)
			return s;
	}
	return NULL;
}

static size_t states(void)
{
	size_t n = 0;

	for (size_t i = 0; i < STATES; i++)
		n += kernel.at[i].n > 0;
	return n;
}

static void keep(struct state *s, struct slice body)
{
	assert_true(body.n <= BODY && netlink_copy(body, &s->i, sizeof(s->i)));
	memcpy(s->body, body.at, body.n);
	s->n = body.n;
}

/* What the kernel counts shows in the body too. */
static void count(struct state *s, uint64_t bytes)
{
	s->i.curlft.bytes = bytes;
	memcpy(s->body, &s->i, sizeof(s->i));
}

static struct state *free_one(void)
{
	for (size_t i = 0; i < STATES; i++)
		if (!kernel.at[i].n)
			return &kernel.at[i];
	abort();
}

static int add(struct slice body, bool reserved)
{
	struct xfrm_usersa_info i;
	struct state *s;

	assert_true(netlink_copy(body, &i, sizeof(i)));
	s = state_of(&i.id.daddr, i.id.spi);
	if (kernel.refuse_add && --kernel.refuse_add == 0)
		return kernel.with;
	if (reserved != (s != NULL))
		return reserved ? ESRCH : EEXIST;
	keep(s ? s : free_one(), body);
	kernel.adds++;
	return 0;
}

typedef void hear_fn(void *arg, const struct netlink_in *m);

static void show(const struct state *s, hear_fn *hear, void *arg)
{
	hear(arg, &(struct netlink_in){ XFRM_MSG_NEWSA, slice(s->body, s->n) });
}

static int get_or_del(struct slice body, bool del, hear_fn *hear, void *arg)
{
	struct xfrm_usersa_id id;
	struct state *s;

	assert_true(netlink_copy(body, &id, sizeof(id)));
	s = state_of(&id.daddr, id.spi);
	if (!s)
		return ESRCH;
	if (del)
		s->n = 0;
	else if (hear)
		show(s, hear, arg);
	return 0;
}

static int reserve(struct slice body, hear_fn *hear, void *arg)
{
	struct xfrm_userspi_info u;
	struct state *s = free_one();

	assert_true(netlink_copy(body, &u, sizeof(u)));
	u.info.id.spi = htonl(kernel.next_spi++);
	keep(s, slice(&u.info, sizeof(u.info)));
	show(s, hear, arg);
	return 0;
}

static int one(const struct nlmsghdr *h, struct slice body, hear_fn *hear, void *arg)
{
	switch (h->nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		return add(body, h->nlmsg_type == XFRM_MSG_UPDSA);
	case XFRM_MSG_GETSA:
	case XFRM_MSG_DELSA:
		return get_or_del(body, h->nlmsg_type == XFRM_MSG_DELSA, hear, arg);
	case XFRM_MSG_ALLOCSPI:
		return reserve(body, hear, arg);
	default:
		return 0;
	}
}

enum reason __wrap_netlink_ask(struct netlink *n, struct netlink_out *o, const char *what,
			       hear_fn *hear, void *arg, struct fault *f);
enum reason __wrap_netlink_dump(struct netlink *n, struct netlink_out *o, const char *what,
				hear_fn *hear, void *arg, struct fault *f);
bool __wrap_netlink_hear(struct netlink *n, hear_fn *hear, void *arg);
int __wrap_netlink_fd(const struct netlink *n);
int __wrap_netlink_errno(const struct netlink *n);

enum reason __wrap_netlink_ask(struct netlink *n, struct netlink_out *o, const char *what,
			       hear_fn *hear, void *arg, struct fault *f)
{
	int bad = 0;

	(void)n;
	assert_false(o->torn);
	for (size_t at = 0; at < o->n;) {
		struct nlmsghdr h;

		memcpy(&h, o->at + at, sizeof(h));
		int e = one(&h, slice(o->at + at + sizeof(h), h.nlmsg_len - sizeof(h)), hear, arg);
		bad = bad ? bad : e;
		at += (h.nlmsg_len + 3u) & ~3u;
	}
	kernel.last_errno = bad;
	return bad ? fail(f, R_SYSTEM, "%s: %s", what, strerror(bad)) : R_OK;
}

enum reason __wrap_netlink_dump(struct netlink *n, struct netlink_out *o, const char *what,
				hear_fn *hear, void *arg, struct fault *f)
{
	struct nlmsghdr h;

	(void)n;
	memcpy(&h, o->at, sizeof(h));
	if (kernel.bad_dumps && kernel.bad_dumps--)
		return fail(f, R_SYSTEM, "%s: %s", what, strerror(ENOBUFS));
	for (size_t i = 0; i < STATES && h.nlmsg_type == XFRM_MSG_GETSA; i++)
		if (kernel.at[i].n)
			show(&kernel.at[i], hear, arg);
	return R_OK;
}

bool __wrap_netlink_hear(struct netlink *n, hear_fn *hear, void *arg)
{
	bool full = kernel.full;
	uint64_t v;

	(void)n;
	(void)hear;
	(void)arg;
	kernel.full = false;
	assert_int_equal(read(kernel.fd, &v, sizeof(v)), sizeof(v));
	return !full;
}

int __wrap_netlink_fd(const struct netlink *n)
{
	(void)n;
	return kernel.fd;
}

int __wrap_netlink_errno(const struct netlink *n)
{
	(void)n;
	return kernel.last_errno;
}

/* --- the stage ------------------------------------------------------------------------ */

struct told {
	uint32_t spi;
	bool hard;
};

static struct {
	struct plane *plane;
	struct loop *loop;
	struct told told[STATES];
	size_t told_n;
} gw;

static const uint8_t keys[64];

static struct plane_sa sa_of(uint32_t spi, bool inbound)
{
	struct plane_sa sa = {
		.spi = spi,
		.reqid = 7,
		.inbound = inbound,
		.suite = { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 },
		.keymat = slice(keys, 48),
		.soft_bytes = 1000,
		.hard_bytes = 2000
	};

	addr_read("192.0.2.1", &sa.local);
	addr_read("198.51.100.2", &sa.remote);
	return sa;
}

/* As the engine does: what has gone is deleted. */
static void on_limit(void *arg, uint32_t spi, bool hard)
{
	struct plane_sa sa = sa_of(spi, spi < 0x8000);

	(void)arg;
	gw.told[gw.told_n++] = (struct told){ spi, hard };
	if (hard)
		gw.plane->sa_del(gw.plane->ctx, spi, sa.inbound, &sa.local, &sa.remote);
}

static void one_turn(void *arg, msec now)
{
	(void)now;
	loop_stop(arg);
}

static void open_it(void)
{
	struct plane_news news = { .bytes_limit = on_limit };
	struct fault f = { 0 };

	gw.loop = loop_new(&f);
	assert_non_null(gw.loop);
	loop_turn_end(gw.loop, one_turn, gw.loop);
	gw.plane = plane_xfrm(&(struct plane_want){ .choice = PLANE_XFRM, .loop = gw.loop }, &f);
	assert_non_null(gw.plane);
	gw.plane->listen(gw.plane->ctx, &news);
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(&gw, 0, sizeof(gw));
	kernel.next_spi = 0x1000;
	kernel.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return kernel.fd < 0;
}

static void close_it(void)
{
	gw.plane->close(gw.plane->ctx);
	loop_free(gw.loop);
	gw.plane = NULL;
}

static int tear_down(void **state)
{
	(void)state;
	if (gw.plane)
		close_it();
	return close(kernel.fd);
}

static void put(struct plane_sa sa)
{
	struct fault f = { 0 };

	assert_int_equal(gw.plane->sa_add(gw.plane->ctx, &sa, &f), R_OK);
}

/* A state that was there before us, or is somebody else's. */
static struct state *foreign(uint32_t spi, bool ours)
{
	struct plane_sa sa = sa_of(spi, spi < 0x8000);
	struct netlink_out *o = calloc(1, sizeof(*o));
	struct state *s = free_one();

	assert_non_null(o);
	netlink_begin(o);
	xfrm_build_sa(o, &sa, false);
	keep(s, slice(o->at + sizeof(struct nlmsghdr), o->n - sizeof(struct nlmsghdr)));
	free(o);
	if (ours)
		return s;
	s->i.reqid = 7;
	count(s, 0);
	return s;
}

static void news_are_lost(void)
{
	kernel.full = true;
	assert_int_equal(write(kernel.fd, &(uint64_t){ 1 }, 8), 8);
	loop_run(gw.loop);
	assert_false(kernel.full);
}

/* --- the tests ------------------------------------------------------------------------ */

/* An earlier life was killed: its states go at the next start, a stranger's stay. */
static void an_earlier_life_is_swept_away(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		foreign(0x2000 + i, true);
	struct state *stranger = foreign(0x3000, false);

	open_it();
	assert_int_equal(states(), 1);
	assert_true(stranger->n > 0);
	close_it();
	assert_int_equal(states(), 1);
}

struct looked {
	struct plane_state at[8];
	size_t n;
};

static void keep_state(void *arg, const struct plane_state *s)
{
	struct looked *l = arg;

	assert_true(l->n < 8);
	l->at[l->n++] = *s;
}

static const struct plane_state *looked_at(const struct looked *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].spi == spi)
			return &l->at[i];
	return NULL;
}

/* What is there is told as it is: ours, an orphan with our marks, a stranger's; a reserved SPI is none. */
static void a_look_tells_whose_each_state_is(void **state)
{
	struct looked l = { .n = 0 };
	const struct plane_state *s;
	struct fault f = { 0 };
	struct addr local, remote;
	uint32_t spi;

	(void)state;
	open_it();
	put(sa_of(0x1001, true));
	put(sa_of(0x9001, false));
	foreign(0x1002, true);
	foreign(0x1003, false);
	addr_read("192.0.2.1", &local);
	addr_read("198.51.100.2", &remote);
	assert_int_equal(gw.plane->spi_new(gw.plane->ctx, &local, &remote, &spi, &f), R_OK);
	assert_int_equal(gw.plane->states(gw.plane->ctx, keep_state, &l, &f), R_OK);
	assert_int_equal(l.n, 4);
	assert_null(looked_at(&l, spi));

	s = looked_at(&l, 0x1001);
	assert_true(s && s->ours && s->way_known && s->inbound);
	assert_int_equal(s->reqid, 7);
	assert_int_equal(s->protocol, IPPROTO_ESP);
	assert_string_equal(s->suite, "aes-cbc-128/sha256");
	assert_true(addr_equal(&s->to, &local) && addr_equal(&s->from, &remote));
	s = looked_at(&l, 0x9001);
	assert_true(s && s->ours && s->way_known && !s->inbound);
	s = looked_at(&l, 0x1002);
	assert_true(s && s->ours && !s->way_known);
	s = looked_at(&l, 0x1003);
	assert_true(s && !s->ours && !s->way_known);

	kernel.bad_dumps = 1;
	assert_int_equal(gw.plane->states(gw.plane->ctx, keep_state, &l, &f), R_PLANE);
	assert_int_equal(f.reason, R_PLANE);
}

static void a_refusal_leaves_nothing(void **state)
{
	static const int errors[] = { EEXIST, ENOMEM, EPROTONOSUPPORT };

	(void)state;
	open_it();
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		for (int inbound = 0; inbound < 2; inbound++) {
			struct plane_sa sa = sa_of(0x9000, inbound);
			struct plane_count c;
			struct fault f = { 0 };
			size_t before = states();

			kernel.refuse_add = 1;
			kernel.with = errors[i];
			assert_int_equal(gw.plane->sa_add(gw.plane->ctx, &sa, &f), R_PLANE);
			assert_non_null(strstr(f.text, strerror(errors[i])));
			assert_int_equal(states(), before);
			assert_false(gw.plane->sa_count(gw.plane->ctx, sa.spi, inbound, &sa.local,
							&sa.remote, &c));
			/* and the next attempt is not in its own way */
			put(sa);
			gw.plane->sa_del(gw.plane->ctx, sa.spi, inbound, &sa.local, &sa.remote);
			assert_int_equal(states(), before);
		}
	}
}

static void an_spi_in_use_is_not_overwritten(void **state)
{
	struct plane_sa sa = sa_of(0x9000, false);
	struct fault f = { 0 };

	(void)state;
	open_it();
	put(sa);
	assert_int_equal(gw.plane->sa_add(gw.plane->ctx, &sa, &f), R_PLANE);
	assert_int_equal(states(), 1);
	/* nor is a stranger's */
	foreign(0x9100, false);
	sa = sa_of(0x9100, false);
	assert_int_equal(gw.plane->sa_add(gw.plane->ctx, &sa, &f), R_PLANE);
	assert_int_equal(states(), 2);
}

/* One expired, one is worn, one nobody knows, and of none of it came news. */
static void what_was_not_told_is_found(void **state)
{
	uint32_t reserved;
	struct fault f = { 0 };
	struct plane_sa sa = sa_of(1, true);

	(void)state;
	open_it();
	foreign(0x3000, false);
	assert_int_equal(gw.plane->spi_new(gw.plane->ctx, &sa.local, &sa.remote, &reserved, &f),
			 R_OK);
	for (uint32_t turn = 0; turn < OVERFLOWS; turn++) {
		struct plane_sa gone = sa_of(0x4000 + turn, true),
				worn = sa_of(0x9000 + turn, false),
				fine = sa_of(0xa000 + turn, false);

		put(gone);
		put(worn);
		put(fine);
		foreign(0x5000 + turn, true);
		for (size_t i = 0; i < STATES; i++) {
			struct state *s = &kernel.at[i];

			if (s->n && ntohl(s->i.id.spi) == worn.spi)
				count(s, 1500);
			if (s->n && ntohl(s->i.id.spi) == gone.spi)
				s->n = 0;
		}
		gw.told_n = 0;
		kernel.bad_dumps = turn % 3;
		news_are_lost();
		assert_int_equal(gw.told_n, 2);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(gw.told[i].spi, gw.told[i].hard ? gone.spi : worn.spi);
		assert_true(gw.told[0].hard != gw.told[1].hard);
		/* the stranger's, the reserved one, worn and fine */
		assert_int_equal(states(), 4);
		gw.plane->sa_del(gw.plane->ctx, worn.spi, false, &worn.local, &worn.remote);
		gw.plane->sa_del(gw.plane->ctx, fine.spi, false, &fine.local, &fine.remote);
	}
	assert_int_equal(states(), 2);
}

/* A kernel that cannot even be read takes nothing from us. */
static void an_unreadable_kernel_changes_nothing(void **state)
{
	(void)state;
	open_it();
	put(sa_of(0x9000, false));
	kernel.bad_dumps = 50;
	news_are_lost();
	assert_int_equal(gw.told_n, 0);
	kernel.bad_dumps = 0;
	assert_int_equal(states(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_earlier_life_is_swept_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_look_tells_whose_each_state_is, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_spi_in_use_is_not_overwritten, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_not_told_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unreadable_kernel_changes_nothing, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
