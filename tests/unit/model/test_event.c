/* test_event.c - the register of events, who hears them, and what they look like */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/event.h"

struct ear {
	struct listener l;
	struct events *e;
	char heard[200];
	bool leaves, answers;
};

static void hear(struct listener *l, const struct event *e)
{
	struct ear *ear = owner_of(l, struct ear, l);
	size_t n = strlen(ear->heard);

	snprintf(ear->heard + n, sizeof(ear->heard) - n, "%llu:%s ", (unsigned long long)e->seq,
		 event_row(e->id)->name);
	if (ear->leaves)
		events_unlisten(l);
	if (ear->answers) {
		struct event again = { .id = EVT_CONFIG };

		ear->answers = false;
		events_tell(ear->e, &again);
	}
}

static void rows_are_complete_and_unlike(void **state)
{
	(void)state;
	for (int i = 0; i < EVT_COUNT; i++) {
		const struct event_row *row = event_row((enum event_id)i);

		assert_non_null(row->name);
		assert_true(strlen(row->title) > 5);
		assert_true(strcmp(row->topic, "sa") == 0 || strcmp(row->topic, "config") == 0 ||
			    strcmp(row->topic, "trace") == 0 || strcmp(row->topic, "system") == 0);
		for (int j = 0; j < i; j++) {
			const struct event_row *other = event_row((enum event_id)j);

			assert_string_not_equal(row->name, other->name);
			/* the end of a certificate is told as its approach is */
			if (row->trap && row->trap != TRAP_FOREIGN && i != EVT_CERT_EXPIRED)
				assert_int_not_equal(row->trap, other->trap);
		}
	}
	assert_string_equal(event_row(EVT_COUNT)->name, "unknown");
	assert_int_equal(event_row(EVT_NEGO_FAILED)->level, LOG_WARN_);
}

static void all_hear_in_order(void **state)
{
	struct events e;
	struct ear a = { .l.hear = hear }, b = { .l.hear = hear };
	struct event up = { .id = EVT_IKE_UP }, down = { .id = EVT_IKE_DOWN };

	(void)state;
	events_init(&e);
	events_listen(&e, &a.l);
	events_tell(&e, &up);
	events_listen(&e, &b.l);
	events_tell(&e, &down);
	assert_string_equal(a.heard, "1:ike_sa.up 2:ike_sa.down ");
	assert_string_equal(b.heard, "2:ike_sa.down ");
	assert_int_equal(down.seq, 2);
	assert_true(down.wall_ms > 1600000000000);
}

static void a_listener_may_leave_while_it_hears(void **state)
{
	struct events e;
	struct ear a = { .l.hear = hear, .leaves = true }, b = { .l.hear = hear };
	struct event up = { .id = EVT_IKE_UP }, down = { .id = EVT_IKE_DOWN };

	(void)state;
	events_init(&e);
	events_listen(&e, &a.l);
	events_listen(&e, &b.l);
	events_tell(&e, &up);
	events_tell(&e, &down);
	assert_string_equal(a.heard, "1:ike_sa.up ");
	assert_string_equal(b.heard, "1:ike_sa.up 2:ike_sa.down ");
}

static void a_listener_may_tell(void **state)
{
	struct events e;
	struct ear a = { .l.hear = hear, .answers = true, .e = &e };
	struct event up = { .id = EVT_IKE_UP };

	(void)state;
	events_init(&e);
	events_listen(&e, &a.l);
	events_tell(&e, &up);
	assert_string_equal(a.heard, "1:ike_sa.up 2:config.changed ");
}

static char *json_of(const struct event *e, char *ret, size_t cap)
{
	struct text t;

	text_init(&t, 0);
	event_json(e, &t);
	assert_false(t.cut);
	assert_true(text_copy(ret, cap, t.at));
	text_done(&t);
	return ret;
}

static void json_has_every_member(void **state)
{
	char got[2000];
	struct event e = { .seq = 7,
			   .wall_ms = 1700000000123,
			   .id = EVT_NEGO_FAILED,
			   .reason = R_NO_PROPOSAL,
			   .ike_sa = 3,
			   .child_sa = 4,
			   .negotiation = 5,
			   .revision = 6 };

	(void)state;
	strcpy(e.peer, "hub");
	strcpy(e.tunnel, "net");
	strcpy(e.who, "ann");
	strcpy(e.text, "they \"offer\" little");
	assert_true(addr_read("192.0.2.7", &e.remote));
	assert_string_equal(
		json_of(&e, got, sizeof(got)),
		"{\"seq\":7,\"event\":\"negotiation.failed\",\"topic\":\"trace\",\"level\":"
		"\"warning\","
		"\"time\":\"2023-11-14T22:13:20.123Z\",\"title\":\"Negotiation failed\","
		"\"reason\":\"no-proposal-chosen\",\"peer\":\"hub\",\"tunnel\":\"net\",\"ike_sa\":"
		"3,"
		"\"child_sa\":4,\"negotiation\":5,\"remote_address\":\"192.0.2.7\",\"revision\":6,"
		"\"who\":\"ann\",\"text\":\"they \\\"offer\\\" little\"}");
}

static void what_is_not_there_is_null(void **state)
{
	char got[2000];
	struct event e = { .id = EVT_STARTED };

	(void)state;
	assert_string_equal(json_of(&e, got, sizeof(got)),
			    "{\"seq\":0,\"event\":\"system.started\",\"topic\":\"system\","
			    "\"level\":\"notice\",\"time\":null,\"title\":\"Gateway started\","
			    "\"reason\":null,\"peer\":null,\"tunnel\":null,\"ike_sa\":null,"
			    "\"child_sa\":null,\"negotiation\":null,\"remote_address\":null,"
			    "\"revision\":null,\"who\":null,\"text\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete_and_unlike),
		cmocka_unit_test(all_hear_in_order),
		cmocka_unit_test(a_listener_may_leave_while_it_hears),
		cmocka_unit_test(a_listener_may_tell),
		cmocka_unit_test(json_has_every_member),
		cmocka_unit_test(what_is_not_there_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
