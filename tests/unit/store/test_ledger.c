/* test_ledger.c - who changed what: before and after, newest first, never a secret */
#include "tests/unit/store/desk.h"

struct line {
	uint64_t id, revision;
	char kind[32], name[NAME_SIZE], op[8], who[WHO_SIZE], channel[16], comment[128];
	char request_id[40], before[4000], after[4000];
};

struct lines {
	struct line at[40];
	size_t n;
	bool ended;
};

static void hear(void *arg, const struct history_row *h)
{
	struct lines *l = arg;

	assert_false(l->ended);
	if (!h) {
		l->ended = true;
		return;
	}
	struct line *i = &l->at[l->n++];
	assert_true(l->n <= COUNT_OF(l->at));
	i->id = h->id;
	i->revision = h->revision;
	assert_int_equal(h->at_s, 1700000000);
	text_copy(i->kind, sizeof(i->kind), h->kind);
	text_copy(i->name, sizeof(i->name), h->name);
	text_copy(i->op, sizeof(i->op), h->op);
	text_copy(i->who, sizeof(i->who), h->who);
	text_copy(i->channel, sizeof(i->channel), h->channel);
	text_copy(i->comment, sizeof(i->comment), h->comment);
	text_copy(i->request_id, sizeof(i->request_id), h->request_id);
	assert_true(text_copy(i->before, sizeof(i->before), h->before));
	assert_true(text_copy(i->after, sizeof(i->after), h->after));
}

static struct lines *history(struct desk *d, const char *kind, const char *name, uint64_t before,
			     size_t most)
{
	static struct lines l;

	memset(&l, 0, sizeof(l));
	d->repo->history(d->repo->ctx, kind, name, before, most, hear, &l);
	assert_true(l.ended);
	return &l;
}

static void a_change_leaves_both_sides(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	struct dpd_profile *p = (void *)desk_record(K_DPD_PROFILE, "d");
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	p = (void *)desk_record(K_DPD_PROFILE, "d");
	p->interval_seconds = 77;
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	assert_int_equal(desk_delete(&d, K_DPD_PROFILE, "d"), R_OK);
	struct lines *l = history(&d, "", "", 0, 10);
	assert_int_equal(l->n, 3);
	assert_string_equal(l->at[0].op, "delete");
	assert_string_equal(l->at[1].op, "update");
	assert_string_equal(l->at[2].op, "create");
	assert_string_equal(l->at[2].before, "");
	assert_string_equal(l->at[2].after,
			    "{\"name\":\"d\",\"mode\":\"on_demand\",\"interval_seconds\":10,"
			    "\"retry_seconds\":5,\"max_failures\":3,\"action\":\"clear\"}");
	assert_string_equal(l->at[1].before, l->at[2].after);
	assert_non_null(strstr(l->at[1].after, "\"interval_seconds\":77"));
	assert_string_equal(l->at[0].before, l->at[1].after);
	assert_string_equal(l->at[0].after, "");
	assert_int_equal(l->at[0].revision, 3);
	assert_string_equal(l->at[1].kind, "dpd-profiles");
	assert_string_equal(l->at[1].name, "d");
	assert_string_equal(l->at[1].who, "ann");
	assert_string_equal(l->at[1].channel, "rest");
	assert_string_equal(l->at[1].comment, "why not");
	assert_string_equal(l->at[1].request_id, "r-1");
	desk_remove(&d);
}

static void dotted_members_nest_and_lists_are_lists(void **state)
{
	struct peer *p = (void *)desk_record(K_PEER, "p");
	struct desk d;

	(void)state;
	desk_new(&d);
	strcpy(p->local_id_value, "a \"quoted\" name");
	strcpy(p->ike_proposals[0], "one");
	strcpy(p->ike_proposals[1], "two");
	p->ike_proposals_n = 2;
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	const char *json = history(&d, "", "", 0, 1)->at[0].after;
	assert_non_null(strstr(json, "\"local_id\":{\"type\":\"address\","
				     "\"value\":\"a \\\"quoted\\\" name\"},"));
	assert_non_null(
		strstr(json, "\"keepalive\":{\"interval_seconds\":0,\"timeout_seconds\":0},"));
	assert_non_null(strstr(json, "\"ike_proposals\":[\"one\",\"two\"],"));
	assert_non_null(strstr(json, "\"psk\":null,"));
	assert_non_null(strstr(json, "\"enabled\":true,"));
	desk_remove(&d);
}

/* Brackets and commas of every kind's JSON, with what nests first, last and in between. */
static void every_kinds_json_is_well_formed(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int k = 0; k < K_COUNT; k++) {
		bool single = kind_row((enum kind)k)->single;
		struct record *rec =
			single ? record_new((enum kind)k) : desk_record((enum kind)k, "x");
		int depth = 0;

		assert_int_equal(desk_put(&d, rec), R_OK);
		const char *json = history(&d, "", "", 0, 1)->at[0].after;
		for (const char *p = json; *p; p++) {
			depth += (*p == '{') - (*p == '}');
			if (strchr("{,", *p))
				assert_true(p[1] == '"');
			if (*p == '}' && p[1])
				assert_true(p[1] == '}' || p[1] == ',');
			assert_true(depth > 0 || !p[1]);
		}
		assert_int_equal(depth, 0);
	}
	desk_remove(&d);
}

static void secrets_are_words(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_SECRET, "s")), R_OK);
	assert_int_equal(desk_put(&d, desk_secret("s", "first", 60)), R_OK);
	assert_int_equal(desk_put(&d, desk_secret("s", "first", 60)), R_OK);
	assert_int_equal(desk_put(&d, desk_secret("s", "second", 60)), R_OK);
	assert_int_equal(desk_delete(&d, K_SECRET, "s"), R_OK);
	struct lines *l = history(&d, "secrets", "s", 0, 10);
	assert_int_equal(l->n, 5);
	assert_non_null(strstr(l->at[4].after, "\"value\":null"));
	assert_non_null(strstr(l->at[3].before, "\"value\":null"));
	assert_non_null(strstr(l->at[3].after, "\"value\":\"set\""));
	assert_non_null(strstr(l->at[2].after, "\"value\":\"set\""));
	assert_non_null(strstr(l->at[1].before, "\"value\":\"set\""));
	assert_non_null(strstr(l->at[1].after, "\"value\":\"changed\""));
	assert_non_null(strstr(l->at[0].before, "\"value\":\"set\""));
	for (size_t i = 0; i < l->n; i++) {
		assert_null(strstr(l->at[i].before, "first"));
		assert_null(strstr(l->at[i].after, "first"));
		assert_null(strstr(l->at[i].after, "second"));
		assert_null(strstr(l->at[i].after, "fingerprint"));
	}
	desk_remove(&d);
}

static void it_is_asked_for_by_record_and_by_pages(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, i % 2 ? "odd" : "even")),
				 R_OK);
		assert_int_equal(desk_put(&d, desk_record(K_IPSEC_PROPOSAL, "odd")), R_OK);
	}
	assert_int_equal(history(&d, "dpd-profiles", "", 0, 40)->n, 6);
	assert_int_equal(history(&d, "dpd-profiles", "odd", 0, 40)->n, 3);
	assert_int_equal(history(&d, "", "odd", 0, 40)->n, 9);
	assert_int_equal(history(&d, "peers", "", 0, 40)->n, 0);
	uint64_t before = 0;
	size_t seen = 0;
	for (size_t n = 1; n; seen += n) {
		struct lines *l = history(&d, "", "", before, 5);

		n = l->n;
		for (size_t i = 0; i < n; i++) {
			assert_true(!before || l->at[i].id < before);
			before = l->at[i].id;
		}
	}
	assert_int_equal(seen, 12);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_leaves_both_sides),
		cmocka_unit_test(dotted_members_nest_and_lists_are_lists),
		cmocka_unit_test(every_kinds_json_is_well_formed),
		cmocka_unit_test(secrets_are_words),
		cmocka_unit_test(it_is_asked_for_by_record_and_by_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
