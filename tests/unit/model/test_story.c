/* test_story.c - a negotiation's story as JSON, short and whole */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/story.h"
#include "core/model/view.h"

#define SHORT                                                                                    \
	"{\"id\":9,\"peer\":\"hub\",\"tunnel\":null,\"ike_sa\":2,\"child_sa\":null,"             \
	"\"exchange\":\"main\",\"role\":\"responder\",\"local_address\":\"192.0.2.1\","          \
	"\"local_port\":500,\"remote_address\":\"2001:db8::1\",\"remote_port\":4500,"            \
	"\"started_at\":\"2023-11-14T22:13:20.000Z\",\"ended_at\":\"2023-11-14T22:13:21.005Z\"," \
	"\"verdict\":\"failed\",\"reason\":\"no-proposal-chosen\",\"side\":\"remote\","          \
	"\"field\":\"key_length\",\"text\":\"nothing fits\",\"hint\":\"offer more\","            \
	"\"chosen\":null,\"revision\":3,\"local_id\":null,\"remote_id\":\"FQDN hub\""

static struct story sample(void)
{
	struct story s = { .id = 9,
			   .ike_sa = 2,
			   .exchange = 2,
			   .role = ROLE_RESPONDER,
			   .started_ms = 1700000000000,
			   .ended_ms = 1700000001005,
			   .verdict = VERDICT_FAILED,
			   .reason = R_NO_PROPOSAL,
			   .side = SIDE_REMOTE,
			   .revision = 3,
			   .steps_n = 2 };

	addr_read("192.0.2.1", &s.local);
	s.local.port = 500;
	addr_read("2001:db8::1", &s.remote);
	s.remote.port = 4500;
	strcpy(s.peer, "hub");
	strcpy(s.remote_id, "FQDN hub");
	strcpy(s.field, "key_length");
	strcpy(s.text, "nothing fits");
	strcpy(s.hint, "offer more");
	strcpy(s.ours, "aes-cbc-256/sha256\naes-cbc-128/sha256\n");
	strcpy(s.theirs, "3des-cbc/\"md5\"");
	s.steps[0] = (struct story_step){ 1700000000001, '<', "offer" };
	s.steps[1] = (struct story_step){ 1700000000002, ' ', "thinking" };
	return s;
}

static void assert_json(const struct story *s, bool whole, const char *wanted)
{
	struct text t;

	text_init(&t, 0);
	story_json(s, whole, &t);
	assert_string_equal(t.at, wanted);
	text_done(&t);
}

static void short_form_has_the_verdict(void **state)
{
	struct story s = sample();

	(void)state;
	assert_json(&s, false, SHORT "}");
}

static void whole_form_adds_offers_and_steps(void **state)
{
	struct story s = sample();

	(void)state;
	assert_json(&s, true,
		    SHORT ",\"ours\":[\"aes-cbc-256/sha256\",\"aes-cbc-128/sha256\"],"
			  "\"theirs\":[\"3des-cbc/\\\"md5\\\"\"],\"steps\":["
			  "{\"at\":\"2023-11-14T22:13:20.001Z\",\"direction\":\"received\","
			  "\"text\":\"offer\"},"
			  "{\"at\":\"2023-11-14T22:13:20.002Z\",\"direction\":\"within\","
			  "\"text\":\"thinking\"}]}");
}

static void more_steps_than_fit_are_not_read(void **state)
{
	struct story *s = test_calloc(1, sizeof(*s));
	struct text t;

	(void)state;
	*s = sample();
	s->steps_n = STORY_STEPS + 50;
	text_init(&t, 0);
	story_json(s, true, &t);
	assert_non_null(strstr(t.at, "\"steps\":["));
	text_done(&t);
	test_free(s);
}

static void words_of_the_verdict(void **state)
{
	struct story s = { .exchange = 32, .role = ROLE_INITIATOR };
	const char *words[] = {
		"\"verdict\":\"running\",\"reason\":null,\"side\":\"none\"",
		"\"verdict\":\"up\",\"reason\":null,\"side\":\"local\"",
		"\"verdict\":\"failed\",\"reason\":\"no-answer\",\"side\":\"remote\""
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct text t;

		s.verdict = (enum story_verdict)i;
		s.side = (enum story_side)i;
		s.reason = i == 2 ? R_NO_ANSWER : R_OK;
		text_init(&t, 0);
		story_json(&s, false, &t);
		assert_non_null(strstr(t.at, words[i]));
		assert_non_null(strstr(t.at, "\"exchange\":\"quick\",\"role\":\"initiator\""));
		assert_non_null(strstr(t.at, "\"ended_at\":null"));
		text_done(&t);
	}
}

/* The same in the picture; what a long id loses it loses above 31 bits. */
static void a_failure_becomes_a_row(void **state)
{
	struct story s = sample();
	struct failure_row r;

	(void)state;
	s.id = 0x180000009;
	failure_row_of(&s, &r);
	assert_int_equal(r.index, 9);
	assert_int_equal(r.negotiation, 0x180000009);
	assert_int_equal(r.started_at, 1700000000);
	assert_int_equal(r.ended_at, 1700000001);
	assert_string_equal(r.remote_address, "2001:db8::1");
	assert_int_equal(r.remote_port, 4500);
	assert_string_equal(r.remote_id, "FQDN hub");
	assert_string_equal(r.local_id, "");
	assert_string_equal(r.field, "key_length");
	assert_string_equal(r.hint, "offer more");
	assert_int_equal(r.revision, 3);
	s = (struct story){ .id = 0x80000000 };
	failure_row_of(&s, &r);
	assert_int_equal(r.index, 1); /* no row 0 in SNMP */
	assert_string_equal(r.reason, "");
	assert_string_equal(r.local_address, "");
	assert_int_equal(r.ended_at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_form_has_the_verdict),
		cmocka_unit_test(whole_form_adds_offers_and_steps),
		cmocka_unit_test(more_steps_than_fit_are_not_read),
		cmocka_unit_test(words_of_the_verdict),
		cmocka_unit_test(a_failure_becomes_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
