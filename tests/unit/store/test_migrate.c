/* test_migrate.c - tables follow the register of members, and lose nothing in silence */
#include "tests/unit/store/desk.h"

#include "store/parts.h"

static void run_sql(struct desk *d, const char *sql)
{
	struct fault f = { 0 };

	if (store_run(d->store, sql, &f) != R_OK)
		fail_msg("%s", f.text);
}

static char *table_text(struct desk *d, const char *table)
{
	static char text[16000];
	sqlite3_stmt *st = store_prepare(
		d->store, "SELECT sql FROM sqlite_schema WHERE name = ? AND type = 'table'", NULL);

	store_bind_text(st, 1, table);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_true(text_copy(text, sizeof(text), store_text(st, 0)));
	sqlite3_finalize(st);
	return text;
}

static void every_member_has_a_column(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int k = 0; k < K_COUNT; k++) {
		char table[NAME_SIZE];
		const char *sql = table_text(&d, columns_table((enum kind)k, table));

		assert_non_null(strstr(sql, ") STRICT"));
		for (const struct field *fl = kind_row((enum kind)k)->fields; fl->name; fl++) {
			struct text name;

			text_init(&name, 0);
			columns_name(fl, &name);
			if (columns_has(fl) && !strstr(sql, name.at))
				fail_msg("%s has no column %s", table, name.at);
			text_done(&name);
		}
	}
	assert_int_equal(store_number(d.store, "PRAGMA user_version"), 7);
	assert_int_equal(store_number(d.store, "PRAGMA application_id"), APPLICATION_ID);
	assert_int_equal(store_number(d.store, "PRAGMA synchronous"), 2);
	assert_int_equal(store_number(d.store, "PRAGMA foreign_keys"), 1);
	assert_int_equal(store_number(d.store, "PRAGMA secure_delete"), 1);
	desk_remove(&d);
}

static void the_database_checks_words_flags_and_references(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	assert_int_not_equal(store_run(d.store, "UPDATE peers SET exchange_mode = 'x'", NULL),
			     R_OK);
	assert_int_not_equal(store_run(d.store, "UPDATE peers SET enabled = 2", NULL), R_OK);
	assert_int_not_equal(store_run(d.store, "UPDATE peers SET psk = 'nobody'", NULL), R_OK);
	assert_int_not_equal(store_run(d.store, "UPDATE peers SET enabled = \"nope\"", NULL), R_OK);
	run_sql(&d, "UPDATE peers SET enabled = 0");
	desk_remove(&d);
}

/* As if the release before had not known the member yet. */
static void a_new_member_gets_its_preset(void **state)
{
	struct peer *p = (void *)desk_record(K_PEER, "p");
	struct desk d;
	char before[16000];

	(void)state;
	desk_new(&d);
	strcpy(p->description, "kept");
	strcpy(p->psk, "s");
	p->unique = UNIQUE_NO;
	assert_int_equal(desk_put(&d, desk_secret("s", "x", 60)), R_OK);
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	assert_true(text_copy(before, sizeof(before), table_text(&d, "peers")));
	run_sql(&d, "ALTER TABLE peers DROP COLUMN \"unique\"; ALTER TABLE peers DROP COLUMN dpd;"
		    "ALTER TABLE secrets DROP COLUMN value_fingerprint");
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_string_equal(table_text(&d, "peers"), before);
	assert_string_equal(config_peer(d.config, "p")->description, "kept");
	assert_string_equal(config_peer(d.config, "p")->psk, "s");
	assert_int_equal(config_peer(d.config, "p")->unique, UNIQUE_REPLACE);
	assert_int_equal(config_peer(d.config, "p")->r.index, 1);
	assert_int_equal(config_secret(d.config, "s")->value.n, 60);
	assert_int_equal(config_revision(d.config), 2);
	assert_int_not_equal(store_run(d.store, "UPDATE peers SET psk = 'nobody'", NULL), R_OK);
	desk_remove(&d);
}

/* The window was a word once; what was kept reads as the number it says. */
static void a_word_that_became_a_number_is_kept(void **state)
{
	const struct settings_ipsec *s;
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_SETTINGS_IPSEC, "ipsec")), R_OK);
	run_sql(&d, "ALTER TABLE settings_ipsec DROP COLUMN anti_replay_window;"
		    "ALTER TABLE settings_ipsec ADD COLUMN anti_replay_window TEXT NOT NULL "
		    "DEFAULT '32' CHECK (anti_replay_window IN ('32', '64', '1024'));"
		    "UPDATE settings_ipsec SET anti_replay_window = '1024'");
	desk_close(&d);
	assert_true(desk_open(&d));
	s = (const void *)config_at(d.config, K_SETTINGS_IPSEC, 0);
	assert_int_equal(s->anti_replay_window, 1024);
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM settings_ipsec WHERE "
					       "typeof(anti_replay_window) = 'integer'"),
			 1);
	desk_remove(&d);
}

static void a_new_kind_gets_its_table(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	run_sql(&d, "DROP TABLE tunnels");
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM tunnels"), 0);
	assert_non_null(config_peer(d.config, "p"));
	desk_remove(&d);
}

static void a_member_we_do_not_know_is_not_dropped(void **state)
{
	struct fault f = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	run_sql(&d, "ALTER TABLE peers ADD COLUMN moon TEXT DEFAULT 'full'");
	desk_close(&d);
	assert_null(store_open(d.dir, &f));
	assert_int_equal(f.reason, R_STORE);
	assert_non_null(strstr(f.text, "peers.moon"));
	assert_null(store_open(d.dir, &f)); /* and it stands there still */
	assert_non_null(strstr(f.text, "peers.moon"));
	desk_remove(&d);
}

static void a_dangling_reference_is_damage(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	run_sql(&d, "PRAGMA foreign_keys = OFF; UPDATE peers SET psk = 'gone'");
	desk_close(&d);
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE_DAMAGED);
	desk_remove(&d);
}

static void deletions_leave_a_tombstone(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "d")), R_OK);
	assert_int_equal(desk_delete(&d, K_DPD_PROFILE, "d"), R_OK);
	assert_int_equal(store_number(d.store,
				      "SELECT revision FROM tombstones WHERE name = 'd' AND "
				      "kind = 'dpd-profiles' AND scope = 'this' AND "
				      "who = 'ann' AND record_index = 1"),
			 2);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "d")), R_OK);
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM tombstones"), 0);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_a_column),
		cmocka_unit_test(the_database_checks_words_flags_and_references),
		cmocka_unit_test(a_new_member_gets_its_preset),
		cmocka_unit_test(a_word_that_became_a_number_is_kept),
		cmocka_unit_test(a_new_kind_gets_its_table),
		cmocka_unit_test(a_member_we_do_not_know_is_not_dropped),
		cmocka_unit_test(a_dangling_reference_is_damage),
		cmocka_unit_test(deletions_leave_a_tombstone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
