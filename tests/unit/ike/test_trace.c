/* test_trace.c - stories: steps, verdicts, the ring, strangers */
#include "core/ike/engine.h"
#include "core/ike/hints.h"
#include "core/model/event.h"
#include "tests/unit/ike/bare.h"

static struct trace_start about(const char *peer)
{
	return (struct trace_start){ .exchange = 2,
				     .role = ROLE_RESPONDER,
				     .peer = peer,
				     .tunnel = "",
				     .remote = bare_addr("192.0.2.1", 500) };
}

static void a_story_is_told(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	uint64_t id = trace_begin(&b->e, &s);
	const struct story *st = trace_find(&b->e, id);

	(void)state;
	assert_int_equal(b->last.id, EVT_NEGOTIATION);
	assert_int_equal(b->e.counters.negotiations_answered, 1);
	trace_step(&b->e, id, '<', "a proposal of %d came", 3);
	assert_int_equal(b->last.id, EVT_NEGO_STEP);
	assert_string_equal(b->last.text, "a proposal of 3 came");
	trace_about(&b->e, id, "", "t1");
	trace_ours(&b->e, id, "one\ntwo");
	trace_theirs(&b->e, id, NULL);
	trace_chosen(&b->e, id, "aes");
	trace_sas(&b->e, id, 4, 5);
	trace_up(&b->e, id);
	assert_int_equal(b->last.id, EVT_NEGO_DONE);
	assert_string_equal(b->last.tunnel, "t1");
	assert_int_equal(b->last.child_sa, 5);
	assert_int_equal(st->verdict, VERDICT_UP);
	assert_string_equal(st->peer, "p");
	assert_string_equal(st->ours, "one\ntwo");
	assert_string_equal(st->theirs, "");
	assert_true(st->ended_ms >= st->started_ms);
	unsigned heard = b->heard;
	trace_fail(&b->e, id, SIDE_LOCAL, &(struct fault){ .reason = R_NO_ANSWER });
	trace_step(&b->e, id, ' ', "too late");
	assert_int_equal(st->verdict, VERDICT_UP); /* it stays as it is */
	assert_int_equal(st->steps_n, 1);
	assert_int_equal(b->heard, heard);
	bare_free(b);
}

static void a_failure_says_what_to_do(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	struct fault f = { 0 };
	uint64_t id = trace_begin(&b->e, &s);
	const struct story *st = trace_find(&b->e, id);

	(void)state;
	fail_field(&f, R_BAD_ID, "remote_id.value", "not him");
	trace_fail(&b->e, id, SIDE_LOCAL, &f);
	assert_int_equal(b->last.id, EVT_NEGO_FAILED);
	assert_int_equal(b->last.reason, R_BAD_ID);
	assert_string_equal(st->field, "remote_id.value"); /* as the field tables say it */
	assert_string_equal(st->text, "not him");
	assert_true(*st->hint);
	assert_int_equal(b->e.counters.negotiations_answered_failed, 1);
	assert_int_equal(b->e.counters.id_failures, 1);

	id = trace_begin(&b->e, &s);
	snprintf(f.hint, sizeof(f.hint), "ask him");
	trace_fail(&b->e, id, SIDE_LOCAL, &f);
	assert_string_equal(trace_find(&b->e, id)->hint, "ask him");

	id = trace_begin(&b->e, &s);
	trace_fail(&b->e, id, SIDE_LOCAL, &(struct fault){ .reason = R_NO_SECRET });
	assert_string_equal(trace_find(&b->e, id)->field, "psk");
	assert_string_equal(trace_find(&b->e, id)->text, reason_title(R_NO_SECRET));
	assert_int_equal(b->e.counters.auth_failures, 1);
	bare_free(b);
}

/* They are kept apart: any number of good stories pushes none of them out. */
static void failures_are_kept(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	struct failure_row rows[FAILURES_KEPT];
	const struct fault f = { .reason = R_NO_PROPOSAL, .text = "nothing fits" };
	uint64_t id = trace_begin(&b->e, &s);

	(void)state;
	assert_int_equal(trace_failures(&b->e, NULL), 0);
	trace_fail(&b->e, id, SIDE_LOCAL, &f);
	for (int i = 0; i < TRACE_KEPT; i++)
		trace_up(&b->e, trace_begin(&b->e, &s));
	assert_null(trace_find(&b->e, id));
	assert_int_equal(trace_failures(&b->e, rows), 1);
	assert_int_equal(rows[0].index, id);
	assert_int_equal(rows[0].negotiation, id);
	assert_int_equal(rows[0].side, SIDE_LOCAL);
	assert_string_equal(rows[0].peer, "p");
	assert_string_equal(rows[0].reason, "no-proposal-chosen");
	assert_string_equal(rows[0].text, "nothing fits");
	assert_string_equal(rows[0].remote_address, "192.0.2.1");
	assert_int_equal(rows[0].remote_port, 500);

	/* The newest take the places of the oldest. */
	for (int i = 0; i < FAILURES_KEPT; i++)
		trace_fail(&b->e, trace_begin(&b->e, &s), SIDE_REMOTE, &f);
	assert_int_equal(trace_failures(&b->e, rows), FAILURES_KEPT);
	for (int i = 0; i < FAILURES_KEPT; i++)
		assert_int_equal(rows[i].side, SIDE_REMOTE);
	bare_free(b);
}

static void ids_go_on_above_those_of_an_earlier_life(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	uint64_t id;

	(void)state;
	assert_int_equal(engine_stories_oldest(&b->e), 1);
	engine_stories_after(&b->e, 41);
	assert_int_equal(engine_stories_oldest(&b->e), 42);
	assert_int_equal(trace_begin(&b->e, &s), 42);
	for (int i = 0; i < TRACE_KEPT; i++)
		id = trace_begin(&b->e, &s);
	assert_int_equal(engine_stories_oldest(&b->e), id - TRACE_KEPT + 1);
	assert_non_null(trace_find(&b->e, engine_stories_oldest(&b->e)));
	assert_null(trace_find(&b->e, engine_stories_oldest(&b->e) - 1));
	bare_free(b);
}

static void what_the_peer_sent_is_kept(void **state)
{
	static const uint8_t big[STORY_OFFER + 1];
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	uint64_t id = trace_begin(&b->e, &s);
	const struct story *st = trace_find(&b->e, id);

	(void)state;
	trace_offer(&b->e, id, slice_str("offer"));
	trace_offer(&b->e, id, slice(big, sizeof(big))); /* cannot be kept: the one before stays */
	assert_int_equal(st->offer_n, 5);
	assert_memory_equal(st->offer, "offer", 5);
	trace_ids(&b->e, id, "FQDN here", "FQDN there");
	assert_string_equal(st->remote_id, "FQDN there");
	bare_free(b);
}

static void no_story_can_be_too_long(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	uint64_t id = trace_begin(&b->e, &s);
	const struct story *st = trace_find(&b->e, id);

	(void)state;
	for (int i = 0; i < 2 * STORY_STEPS; i++)
		trace_step(&b->e, id, ' ', "step %d", i);
	assert_int_equal(st->steps_n, STORY_STEPS);
	assert_string_equal(st->steps[0].text, "step 0");
	assert_string_equal(st->steps[STORY_STEPS - 1].text, "step 79");
	bare_free(b);
}

static void the_ring_forgets(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("p");
	uint64_t first = trace_begin(&b->e, &s), last = first;

	(void)state;
	for (int i = 1; i < TRACE_KEPT; i++)
		last = trace_begin(&b->e, &s);
	assert_non_null(trace_find(&b->e, first));
	trace_begin(&b->e, &s);
	assert_null(trace_find(&b->e, first));
	assert_non_null(trace_find(&b->e, last));
	trace_step(&b->e, first, ' ', "into nothing"); /* an old id is harmless */
	trace_up(&b->e, first);
	trace_up(&b->e, 0);
	bare_free(b);
}

static void strangers_write_little(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start s = about("");
	unsigned told = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		told += trace_begin(&b->e, &s) != 0;
	assert_int_equal(told, 10);
	assert_int_equal(b->e.counters.negotiations_answered, 100);
	s.peer = "known";
	assert_true(trace_begin(&b->e, &s) != 0);
	s.peer = "";
	b->e.now += 1000;
	assert_true(trace_begin(&b->e, &s) != 0);
	bare_free(b);
}

struct listed {
	uint64_t ids[8];
	size_t n;
	bool ended;
};

static void list(void *arg, const struct story *s)
{
	struct listed *l = arg;

	if (s)
		l->ids[l->n++] = s->id;
	else
		l->ended = true;
}

static void newest_first(void **state)
{
	struct bare *b = bare_new(config_new());
	struct trace_start p = about("p"), q = about("q");
	struct listed l = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		trace_begin(&b->e, &p);
		trace_begin(&b->e, &q);
	}
	engine_stories(&b->e, "", "", 0, 4, list, &l);
	assert_true(l.ended);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.ids[0], 6);
	assert_int_equal(l.ids[3], 3);
	l = (struct listed){ 0 };
	engine_stories(&b->e, "p", "", 5, 4, list, &l);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.ids[0], 3);
	assert_int_equal(l.ids[1], 1);
	l = (struct listed){ 0 };
	engine_stories(&b->e, "", "nobody", 0, 4, list, &l);
	assert_true(l.n == 0 && l.ended);
	assert_true(engine_story(&b->e, 3, list, &l));
	assert_int_equal(l.ids[0], 3);
	assert_false(engine_story(&b->e, 99, list, &l));
	bare_free(b);
}

/* Who signs has no pre-shared key to compare; under an IKE SA nobody proves himself any more. */
static void hints_speak_of_what_authenticates(void **state)
{
	static const enum reason both[] = { R_AUTH_FAILED, R_BAD_HASH };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(both); i++)
		for (enum story_side s = SIDE_LOCAL; s <= SIDE_REMOTE; s++) {
			struct hint_ask a = { both[i], s, false, false };

			assert_string_equal(hints_field(&a), "psk");
			assert_non_null(strstr(hints_for(&a), "pre-shared key"));
			a.rsa = true;
			assert_non_null(strstr(hints_field(&a), "certificate"));
			assert_non_null(strstr(hints_for(&a), "certificate"));
			assert_null(strstr(hints_for(&a), "pre-shared"));
			a.phase2 = true;
			assert_string_equal(hints_field(&a), "");
			assert_null(strstr(hints_for(&a), "pre-shared"));
			a.rsa = false;
			assert_null(strstr(hints_for(&a), "pre-shared"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_story_is_told),
		cmocka_unit_test(a_failure_says_what_to_do),
		cmocka_unit_test(failures_are_kept),
		cmocka_unit_test(hints_speak_of_what_authenticates),
		cmocka_unit_test(ids_go_on_above_those_of_an_earlier_life),
		cmocka_unit_test(what_the_peer_sent_is_kept),
		cmocka_unit_test(no_story_can_be_too_long),
		cmocka_unit_test(the_ring_forgets),
		cmocka_unit_test(strangers_write_little),
		cmocka_unit_test(newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
