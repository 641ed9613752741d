/* test_chain.c - the audit log: what is written, and that a hand in it is told by its number */
#include <sqlite3.h>

#include "core/model/deed.h"
#include "tests/unit/store/desk.h"

struct seen {
	struct audit_row at[40];
	char before[40][400], after[40][400];
	size_t n;
	bool ended;
};

static void hear(void *arg, const struct audit_row *row)
{
	struct seen *l = arg;

	assert_false(l->ended);
	if (!row) {
		l->ended = true;
		return;
	}
	assert_true(l->n < COUNT_OF(l->at));
	l->at[l->n] = *row;
	text_copy(l->before[l->n], sizeof(l->before[0]), row->before);
	text_copy(l->after[l->n++], sizeof(l->after[0]), row->after);
}

static struct seen *ask(struct desk *d, struct audit_ask ask)
{
	static struct seen l;

	memset(&l, 0, sizeof(l));
	ask.who = ask.who ? ask.who : "";
	ask.action = ask.action ? ask.action : "";
	ask.object = ask.object ? ask.object : "";
	ask.most = ask.most ? ask.most : 40;
	d->repo->audits(d->repo->ctx, &ask, hear, &l);
	assert_true(l.ended);
	return &l;
}

static struct audit_check look(struct desk *d, size_t step)
{
	struct audit_check c = { 0 };

	for (int i = 0; !c.is_over; i++) {
		assert_true(i < 1000);
		d->repo->audit_check(d->repo->ctx, &c, step);
	}
	return c;
}

static void put(struct desk *d, const char *who, enum deed a, const char *object)
{
	struct audit_row row = { .at_s = 1700000001, .after = "{}" };

	text_copy(row.who, sizeof(row.who), who);
	text_copy(row.channel, sizeof(row.channel), "web");
	text_copy(row.action, sizeof(row.action), deed_word(a));
	text_copy(row.object, sizeof(row.object), object);
	assert_int_equal(d->repo->audit(d->repo->ctx, &row, &d->fault), R_OK);
}

/* What somebody does who has the file. */
static void by_hand(struct desk *d, const char *sql)
{
	char path[128];
	sqlite3 *db;

	desk_close(d);
	snprintf(path, sizeof(path), "%s/ikeeper.db", d->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(db) > 0);
	sqlite3_close(db);
	if (!desk_open(d))
		fail_msg("%s", d->fault.text);
}

/* Six rows: three changes, a sign-in, a reset, a change. */
static void fill(struct desk *d)
{
	desk_new(d);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "d")), R_OK);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "d")), R_OK);
	assert_int_equal(desk_put(d, desk_secret("s", "sealed", 60)), R_OK);
	put(d, "bob", DEED_SIGN_IN, "users/bob");
	put(d, "bob", DEED_RESET, "peers/hub");
	assert_int_equal(desk_delete(d, K_DPD_PROFILE, "d"), R_OK);
}

static void a_change_is_on_record(void **state)
{
	struct desk d;

	(void)state;
	fill(&d);
	struct seen *l = ask(&d, (struct audit_ask){ 0 });
	static const char *const actions[] = { "delete", "reset",  "sign_in",
					       "create", "update", "create" };

	assert_int_equal(l->n, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(l->at[i].number, 6 - i);
		assert_string_equal(l->at[i].action, actions[i]);
	}
	assert_string_equal(l->at[5].who, "ann");
	assert_string_equal(l->at[5].channel, "rest");
	assert_string_equal(l->at[5].request_id, "r-1");
	assert_string_equal(l->at[5].object, "dpd-profiles/d");
	assert_int_equal(l->at[5].at_s, 1700000000);
	assert_string_equal(l->before[5], "");
	assert_string_equal(l->after[5], l->before[4]);
	assert_string_equal(l->after[0], "");
	assert_non_null(strstr(l->after[3], "\"value\":\"set\""));
	assert_null(strstr(l->after[3], "sealed"));
	desk_remove(&d);
}

static void a_change_that_failed_is_not(void **state)
{
	struct desk d;

	(void)state;
	fill(&d);
	struct config *old = d.config;
	d.config = config_new(); /* revision 0: the store is further */
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "e")), R_STALE);
	config_unref(d.config);
	d.config = old;
	assert_int_equal(ask(&d, (struct audit_ask){ 0 })->n, 6);
	assert_int_equal(look(&d, 100).broken, 0);
	desk_remove(&d);
}

static void it_is_asked_for_by_who_what_and_page(void **state)
{
	struct desk d;

	(void)state;
	fill(&d);
	assert_int_equal(ask(&d, (struct audit_ask){ .who = "bob" })->n, 2);
	assert_int_equal(ask(&d, (struct audit_ask){ .action = "create" })->n, 2);
	assert_int_equal(ask(&d, (struct audit_ask){ .object = "dpd-profiles/d" })->n, 3);
	assert_int_equal(ask(&d, (struct audit_ask){ .object = "dpd-profiles" })->n, 3);
	assert_int_equal(ask(&d, (struct audit_ask){ .object = "dpd-profile" })->n, 0);
	struct seen *l = ask(&d, (struct audit_ask){ .before = 4, .most = 2 });
	assert_int_equal(l->n, 2);
	assert_int_equal(l->at[0].number, 3);
	assert_int_equal(l->at[1].number, 2);
	desk_remove(&d);
}

static void an_untouched_chain_is_whole(void **state)
{
	struct audit_check c;
	struct desk d;

	(void)state;
	desk_new(&d);
	c = look(&d, 3);
	assert_int_equal(c.broken, 0);
	assert_int_equal(c.rows, 0);
	desk_remove(&d);
	fill(&d);
	desk_close(&d);
	assert_true(desk_open(&d)); /* it goes on across restarts */
	put(&d, "eve", DEED_TEST, "webhooks/w");
	for (size_t step = 1; step < 10; step++) {
		c = look(&d, step);
		assert_int_equal(c.broken, 0);
		assert_null(c.why);
		assert_int_equal(c.rows, 7);
	}
	desk_remove(&d);
}

static void hands_are_told_by_number(void **state)
{
	static const struct {
		const char *sql;
		uint64_t number;
	} hands[] = {
		{ "UPDATE audit SET who = 'eve' WHERE number = 2", 2 },
		{ "UPDATE audit SET at_s = at_s + 1 WHERE number = 3", 3 },
		{ "UPDATE audit SET after = '' WHERE number = 6 OR number = 5", 5 },
		{ "UPDATE audit SET who = '', channel = who || channel WHERE number = 4", 4 },
		{ "UPDATE audit SET object = object || printf('%300s', '') WHERE number = 4", 4 },
		{ "UPDATE audit SET hash = zeroblob(32) WHERE number = 1", 1 },
		{ "UPDATE audit SET hash = x'' WHERE number = 6", 6 },
		{ "DELETE FROM audit WHERE number = 3", 3 },
		{ "DELETE FROM audit WHERE number = 1", 1 },
		{ "DELETE FROM audit WHERE number > 4", 5 },
		{ "DELETE FROM audit", 1 },
		{ "DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 1 "
		  "WHERE number > 3",
		  3 },
		{ "INSERT INTO audit SELECT 7, at_s, who, channel, request_id, action, object, "
		  "before, after, hash FROM audit WHERE number = 6",
		  7 },
		{ "DELETE FROM audit WHERE number = 6; UPDATE audit_head SET number = 5", 6 },
		{ "DELETE FROM audit_head", 1 },
	};
	struct desk d;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hands); i++) {
		fill(&d);
		by_hand(&d, hands[i].sql);
		for (size_t step = 1; step < 8; step += 3) {
			struct audit_check c = look(&d, step);

			if (c.broken != hands[i].number)
				fail_msg("%s: said %llu", hands[i].sql,
					 (unsigned long long)c.broken);
			assert_non_null(c.why);
		}
		/* It is told, and holds nobody up: changes go on being written. */
		assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "x")), R_OK);
		assert_int_not_equal(look(&d, 100).broken, 0);
		desk_remove(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_on_record),
		cmocka_unit_test(a_change_that_failed_is_not),
		cmocka_unit_test(it_is_asked_for_by_who_what_and_page),
		cmocka_unit_test(an_untouched_chain_is_whole),
		cmocka_unit_test(hands_are_told_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
