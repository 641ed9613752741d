/* test_sessions.c - IPsec sessions of a gateway: begun by traffic, aged to the second, listed, ended */
#include "tests/duet/play.h"

#include "core/model/ipsec_session.h"

enum { S = 1000, ROWS = 64 };

struct page {
	struct session_row at[ROWS];
	size_t n;
	const char *note;
};

static void take(void *arg, const struct session_row *s)
{
	struct page *p = arg;

	if (s && p->n < ROWS)
		p->at[p->n++] = *s;
}

static struct page look(struct duet *d, struct session_ask ask)
{
	struct page p = { .n = 0 };

	if (!ask.most)
		ask.most = ROWS;
	p.note = engine_sessions(d->side[A].engine, d->now, &ask, take, &p);
	return p;
}

static size_t sessions(struct duet *d)
{
	return look(d, (struct session_ask){ 0 }).n;
}

/* A packet of A's network to B's. */
static bool packet(struct duet *d, unsigned tunnel, uint16_t port)
{
	struct addr src, dst;
	char text[32];

	snprintf(text, sizeof(text), "10.1.%u.5", tunnel);
	assert_true(addr_read(text, &src));
	snprintf(text, sizeof(text), "10.2.%u.5", tunnel);
	assert_true(addr_read(text, &dst));
	src.port = port;
	dst.port = 443;
	return recording_send(d->side[A].plane, d->now, 6, &src, &dst);
}

static struct duet *play(const char *edit)
{
	struct duet *d = play_up("tunnels 2 child-life 7200");

	duet_initiate(d, A, "t2");
	duet_run_s(d, 2);
	assert_up(d);
	duet_edit(d, A, edit);
	return d;
}

/* 300 s without a word of the configuration, else what it says. */
static void a_session_ends_at_its_second(void **state)
{
	static const struct {
		const char *edit;
		unsigned s;
	} of[] = { { "", 300 },
		   { "settings/ipsec ipsec session_idle_seconds=60", 60 },
		   { "settings/ipsec ipsec session_idle_seconds=3600", 3600 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of); i++) {
		own(duet) d = play(of[i].edit);

		assert_int_equal(sessions(d), 0);
		assert_true(packet(d, 1, 1000));
		duet_run_s(d, of[i].s - 1);
		assert_true(packet(d, 1, 1000)); /* in time */
		duet_run_ms(d, (msec)of[i].s * S - 1);
		struct page p = look(d, (struct session_ask){ 0 });

		assert_int_equal(p.n, 1);
		assert_null(p.note);
		assert_int_equal(p.at[0].matched, 2);
		assert_int_equal(p.at[0].idle_s, of[i].s - 1);
		assert_int_equal(p.at[0].age_s, 2 * of[i].s - 2);
		assert_int_equal(p.at[0].limit_s, of[i].s);
		assert_int_equal(p.at[0].protocol, 6);
		assert_int_equal(p.at[0].source.port, 1000);
		assert_int_equal(p.at[0].destination.port, 443);
		assert_string_equal(p.at[0].tunnel, "t1");
		duet_run_ms(d, 1);
		assert_int_equal(sessions(d), 0);
		assert_true(packet(d, 1, 1000)); /* and begins anew */
		assert_int_equal(look(d, (struct session_ask){ 0 }).at[0].matched, 1);
	}
}

static void a_new_idle_time_counts_at_once(void **state)
{
	(void)state;
	own(duet) d = play("");

	packet(d, 1, 1000);
	duet_run_s(d, 100);
	duet_edit(d, A, "settings/ipsec ipsec session_idle_seconds=60");
	assert_int_equal(sessions(d), 0);
	packet(d, 1, 1000);
	duet_run_s(d, 59);
	assert_int_equal(sessions(d), 1);
	duet_run_s(d, 1);
	assert_int_equal(sessions(d), 0);
}

static uint32_t pair_of(struct duet *d, const char *tunnel)
{
	struct child_row c;

	for (size_t i = 0; duet_child(d, A, i, &c); i++)
		if (strcmp(c.tunnel, tunnel) == 0 && !(c.flags & SAF_RL))
			return c.id;
	return 0;
}

static void they_are_listed_and_ended_by_tunnel(void **state)
{
	(void)state;
	own(duet) d = play("");
	uint32_t t1 = pair_of(d, "t1"), t2 = pair_of(d, "t2");
	struct fault f = { 0 };

	for (uint16_t port = 1; port <= 10; port++) {
		packet(d, 1, port);
		packet(d, 2, port);
	}
	assert_int_equal(sessions(d), 20);
	assert_int_equal(look(d, (struct session_ask){ .child_sa = t2 }).n, 10);
	assert_int_equal(look(d, (struct session_ask){ .child_sa = 99999 }).n, 0);
	struct page first = look(d, (struct session_ask){ .most = 7 });
	struct page next = look(d, (struct session_ask){ .most = 7, .before = first.at[6].id });

	assert_int_equal(first.n, 7);
	assert_int_equal(next.at[0].id, first.at[6].id - 1);
	assert_int_equal(engine_sessions_end(d->side[A].engine, t1, &f), R_OK);
	assert_int_equal(sessions(d), 10);
	assert_string_equal(look(d, (struct session_ask){ 0 }).at[0].tunnel, "t2");
	assert_int_equal(engine_sessions_end(d->side[A].engine, 99999, &f), R_NOT_FOUND);
	assert_int_equal(sessions(d), 10);
	assert_int_equal(engine_sessions_end(d->side[A].engine, 0, &f), R_OK);
	assert_int_equal(sessions(d), 0);
	assert_up(d); /* no SA went */
}

/* New keys are the same tunnel, under the new pair's id; a tunnel that ended takes its sessions along. */
static void a_renewed_pair_keeps_them_an_ended_one_does_not(void **state)
{
	struct renew_ask ask = { .is_child = true };
	struct fault f = { 0 };
	uint64_t id;

	(void)state;
	own(duet) d = play("");
	uint32_t before = pair_of(d, "t1");

	packet(d, 1, 1000);
	packet(d, 2, 1000);
	ask.id = before;
	assert_int_equal(engine_renew(d->side[A].engine, d->now, &ask, &id, &f), R_OK);
	duet_run_s(d, 60);
	uint32_t after = pair_of(d, "t1");

	assert_int_not_equal(after, before);
	struct page p = look(d, (struct session_ask){ .child_sa = after });
	assert_int_equal(p.n, 1);
	assert_int_equal(p.at[0].child_sa, after);
	assert_int_equal(p.at[0].matched, 1);
	duet_reset(d, A,
		   &(struct reset_ask){ .scope = RESET_TUNNEL,
					.level = LEVEL_CHILD,
					.name = "t1",
					.notify_peer = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	duet_run_s(d, 1);
	assert_int_equal(sessions(d), 1);
	assert_false(packet(d, 1, 1000)); /* nothing takes it */
	assert_int_equal(sessions(d), 1);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 2);
	assert_int_equal(sessions(d), 1);
	assert_true(packet(d, 1, 1000));
	assert_int_equal(sessions(d), 2);
}

static void other_policies_drop_the_cache(void **state)
{
	(void)state;
	own(duet) d = play("");

	packet(d, 1, 1000);
	packet(d, 2, 1000);
	assert_int_equal(sessions(d), 2);
	duet_edit(d, A, "tunnels t2 enabled=false");
	assert_int_equal(sessions(d), 0);
	assert_true(packet(d, 1, 1000));
	assert_int_equal(sessions(d), 1);
}

/* As in the kernel. */
static void a_plane_without_sessions_says_so(void **state)
{
	struct fault f = { 0 };

	(void)state;
	own(duet) d = play("");
	struct plane *p = d->side[A].plane;

	p->sessions = NULL;
	p->sessions_end = NULL;
	p->sessions_idle = NULL;
	duet_edit(d, A, "settings/ipsec ipsec session_idle_seconds=60");
	struct page none = look(d, (struct session_ask){ 0 });

	assert_int_equal(none.n, 0);
	assert_non_null(strstr(none.note, "keeps no IPsec sessions"));
	assert_int_equal(engine_sessions_end(d->side[A].engine, 0, &f), R_PLANE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_ends_at_its_second),
		cmocka_unit_test(a_new_idle_time_counts_at_once),
		cmocka_unit_test(they_are_listed_and_ended_by_tunnel),
		cmocka_unit_test(a_renewed_pair_keeps_them_an_ended_one_does_not),
		cmocka_unit_test(other_policies_drop_the_cache),
		cmocka_unit_test(a_plane_without_sessions_says_so),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
