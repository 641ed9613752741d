/* test_session.c - IPsec sessions: made by the first packet, aged by the idle time, bounded */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/ipsec/session.h"

enum { S = 1000, EDITION = 7, EPOCH = 3, REQID = 42 };

struct fixture {
	struct session_rule rule;
	struct session_table *t, *other;
	uint64_t edition, epoch; /* what lives now */
};

static int begin(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .edition = EDITION, .epoch = EPOCH };
	session_rule_init(&f.rule);
	f.t = session_table_new(&f.rule);
	f.other = session_table_new(&f.rule);
	*state = &f;
	return f.t && f.other ? 0 : -1;
}

static int end(void **state)
{
	struct fixture *f = *state;

	session_table_free(f->t);
	session_table_free(f->other);
	return 0;
}

static struct inner packet(uint32_t n)
{
	struct inner i = { .family = 4, .protocol = INNER_TCP, .sport = (uint16_t)n, .dport = 443 };

	addr_read("10.1.0.1", &i.src);
	addr_read("10.2.0.1", &i.dst);
	i.dst.ip[2] = (uint8_t)(n >> 16);
	return i;
}

static void send_in(struct session_table *t, struct fixture *f, uint32_t n, msec now)
{
	struct inner i = packet(n);
	bool known;
	struct session *e = session_look(t, &i, f->edition, &known);

	if (!known)
		session_point(e, f);
	assert_ptr_equal(session_where(e), f);
	session_hit(t, e, f->epoch, now);
}

static uint32_t tunnel_of(void *arg, const struct session_seen *e)
{
	const struct fixture *f = arg;

	return e->edition == f->edition && e->epoch == f->epoch && e->where == f ? REQID : 0;
}

static size_t list(struct fixture *f, const struct plane_session_ask *ask,
		   struct plane_session *ret)
{
	struct session_table *tables[] = { f->t, NULL, f->other };
	struct session_source from = { tables, 3, tunnel_of, f };

	return session_list(&from, ask, ret);
}

static size_t count(struct fixture *f, msec now)
{
	static struct plane_session at[2 * SESSIONS_MOST];

	return list(f, &(struct plane_session_ask){ .now = now, .most = COUNT_OF(at) }, at);
}

static void it_ends_at_its_second(void **state)
{
	struct fixture *f = *state;
	struct plane_session s;
	struct plane_session_ask ask = { .now = 1 * S, .most = 1 };

	send_in(f->t, f, 1, 1 * S);
	send_in(f->t, f, 1, 100 * S);
	ask.now = 399 * S + 999;
	assert_int_equal(list(f, &ask, &s), 1);
	assert_int_equal(s.began, 1 * S);
	assert_int_equal(s.last, 100 * S);
	assert_int_equal(s.matched, 2);
	assert_int_equal(s.reqid, REQID);
	assert_int_equal(s.protocol, 6);
	assert_int_equal(s.src.port, 1);
	assert_int_equal(s.dst.port, 443);
	assert_int_equal(count(f, 400 * S), 0);
	send_in(f->t, f, 1, 400 * S); /* another one */
	ask.now = 400 * S;
	assert_int_equal(list(f, &ask, &s), 1);
	assert_int_equal(s.began, 400 * S);
	assert_int_equal(s.matched, 1);
	assert_int_equal(s.id, 2);
}

static void the_idle_time_is_what_was_said(void **state)
{
	struct fixture *f = *state;

	session_rule_idle(&f->rule, 60);
	send_in(f->t, f, 1, 0);
	assert_int_equal(count(f, 60 * S - 1), 1);
	assert_int_equal(count(f, 60 * S), 0);
	session_rule_idle(&f->rule, 3600);
	assert_int_equal(count(f, 3600 * S - 1), 1);
}

static void other_policies_or_a_new_tunnel_end_it(void **state)
{
	struct fixture *f = *state;
	struct inner i = packet(1);
	bool known;

	send_in(f->t, f, 1, 1);
	session_look(f->t, &i, EDITION, &known);
	assert_true(known);
	f->edition++;
	assert_int_equal(count(f, 2), 0);
	session_look(f->t, &i, f->edition, &known);
	assert_false(known); /* the policies are asked again */
	send_in(f->t, f, 2, 2);
	assert_int_equal(count(f, 2), 1);
	f->epoch++;
	assert_int_equal(count(f, 2), 0);
	send_in(f->t, f, 2, 3);
	assert_int_equal(count(f, 3), 1);
}

static void what_nothing_takes_is_no_session(void **state)
{
	struct fixture *f = *state;
	struct inner i = packet(1);
	bool known;

	session_point(session_look(f->t, &i, EDITION, &known), NULL);
	assert_int_equal(count(f, 1), 0);
	assert_null(session_where(session_look(f->t, &i, EDITION, &known)));
	assert_true(known); /* but no policy is searched again for it */
}

/* However many come, there is one bounded table; those in use stay in it. */
static void it_is_bounded_and_keeps_what_is_used(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 10 * SESSIONS_MOST; n++) {
		send_in(f->t, f, 100000 + n, 1 + n);
		send_in(f->t, f, 1, 1 + n);
	}
	static struct plane_session at[2 * SESSIONS_MOST];
	struct plane_session_ask ask = { .now = 1 + 10 * SESSIONS_MOST, .most = COUNT_OF(at) };
	size_t n = list(f, &ask, at);

	assert_in_range(n, SESSIONS_MOST * 9 / 10, SESSIONS_MOST);
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found |= at[i].matched == 10 * SESSIONS_MOST;
	assert_true(found);
}

static void pages_are_newest_first(void **state)
{
	struct fixture *f = *state;
	struct plane_session at[40];
	struct plane_session_ask ask = { .now = 10, .most = 7 };
	uint64_t last = UINT64_MAX;
	size_t n, all = 0;

	for (uint32_t i = 0; i < 40; i++)
		send_in(i % 2 ? f->t : f->other, f, i + 1, i / 10);
	while ((n = list(f, &ask, at))) {
		for (size_t i = 0; i < n; i++) {
			assert_true(at[i].id < last);
			last = at[i].id;
		}
		all += n;
		ask.before = last;
	}
	assert_int_equal(all, 40);
	ask = (struct plane_session_ask){ .now = 10, .most = 40, .reqid = REQID + 1 };
	assert_int_equal(list(f, &ask, at), 0);
}

/* What two threads carried of one five-tuple is one session. */
static void threads_are_added_up(void **state)
{
	struct fixture *f = *state;
	struct plane_session s;

	send_in(f->t, f, 1, 10);
	send_in(f->other, f, 1, 20);
	send_in(f->other, f, 1, 30);
	assert_int_equal(list(f, &(struct plane_session_ask){ .now = 40, .most = 1 }, &s), 1);
	assert_int_equal(s.id, 1);
	assert_int_equal(s.began, 10);
	assert_int_equal(s.last, 30);
	assert_int_equal(s.matched, 3);
}

/* The loop looks while a thread writes: what it gets is whole. */
static _Atomic bool written;

static void *writer(void *arg)
{
	struct fixture *f = arg;

	for (uint32_t n = 0; n < 200000; n++)
		send_in(f->t, f, (n * 2654435761u) & 0xfffff, n);
	atomic_store(&written, true);
	return NULL;
}

static void a_reader_sees_whole_sessions(void **state)
{
	struct fixture *f = *state;
	struct session_seen e;
	pthread_t id;
	uint64_t key[SESSION_WORDS], whole = 0;
	struct inner i = packet(1);
	bool known;

	memcpy(key, (const void *)session_look(f->other, &i, EDITION, &known)->words, sizeof(key));
	assert_int_equal(pthread_create(&id, NULL, writer, f), 0);
	while (!atomic_load(&written)) {
		for (size_t n = 0; n < SESSIONS_MOST; n++) {
			if (!session_read(&f->t->at[n], &e))
				continue;
			whole++;
			assert_int_equal(e.edition, EDITION);
			assert_int_equal(e.epoch, EPOCH);
			assert_ptr_equal(e.where, f);
			assert_true(e.began <= e.last);
			assert_memory_equal(e.words, key, 16); /* the source is always the same */
		}
	}
	pthread_join(id, NULL);
	assert_true(whole > 0);
}

#define TRY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRY(it_ends_at_its_second),
		TRY(the_idle_time_is_what_was_said),
		TRY(other_policies_or_a_new_tunnel_end_it),
		TRY(what_nothing_takes_is_no_session),
		TRY(it_is_bounded_and_keeps_what_is_used),
		TRY(pages_are_newest_first),
		TRY(threads_are_added_up),
		TRY(a_reader_sees_whole_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
