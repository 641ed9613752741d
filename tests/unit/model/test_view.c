/* test_view.c - pictures, their rows and the board; the board test is also run under TSan */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/alg.h"
#include "core/model/config.h"
#include "core/model/view.h"

static struct view *sample(void)
{
	struct view *v = view_new(3, 2, 1, 4);

	assert_non_null(v);
	for (uint32_t i = 0; i < 3; i++)
		view_ike_sas(v)[i].id = 10 * (i + 1);
	for (uint32_t i = 0; i < 2; i++)
		view_children(v)[i].id = i + 1;
	view_tunnels(v)[0].index = 5;
	for (uint32_t i = 0; i < 4; i++)
		view_peers(v)[i].index = i + 7;
	return v;
}

static void rows_do_not_overlap(void **state)
{
	const struct view rows = {
		.ike_sas_n = 3, .children_n = 2, .tunnels_n = 1, .peers_n = 4, .failures_n = 2
	};
	struct view *v = view_new_as(&rows);

	(void)state;
	memset(view_ike_sas(v), 1, 3 * sizeof(struct ike_sa_row));
	memset(view_children(v), 2, 2 * sizeof(struct child_row));
	memset(view_tunnels(v), 3, sizeof(struct tunnel_row));
	memset(view_peers(v), 4, 4 * sizeof(struct peer_row));
	memset(view_failures(v), 5, 2 * sizeof(struct failure_row));
	assert_int_equal(view_ike_sas(v)[2].stale_reasons[159], 1);
	assert_int_equal(view_children(v)[0].id, 0x02020202);
	assert_int_equal(view_tunnels(v)[0].index, 0x03030303);
	assert_int_equal(view_peers(v)[0].index, 0x04040404);
	assert_int_equal(v->ike_sas_n, 3);
	assert_int_equal(view_failures(v)[0].index, 0x05050505);
	assert_int_equal(v->size, v->failures_at + 2 * sizeof(struct failure_row));
	view_unref(v);
	view_unref(NULL);
}

static void too_large_a_view_is_refused(void **state)
{
	(void)state;
	assert_null(view_new(UINT32_MAX, 0, 0, 0));
	assert_null(view_new(0, UINT32_MAX, UINT32_MAX, UINT32_MAX));
}

static void search_finds_the_next_row(void **state)
{
	struct view *v = sample();
	const struct ike_sa_row *rows = view_ike_sas(v);

	(void)state;
	assert_int_equal(view_after(rows, 3, sizeof(*rows), 0), 0);
	assert_int_equal(view_after(rows, 3, sizeof(*rows), 10), 1);
	assert_int_equal(view_after(rows, 3, sizeof(*rows), 15), 1);
	assert_int_equal(view_after(rows, 3, sizeof(*rows), 30), 3);
	assert_int_equal(view_after(rows, 0, sizeof(*rows), 0), 0);
	assert_ptr_equal(view_find(rows, 3, sizeof(*rows), 20), &rows[1]);
	assert_null(view_find(rows, 3, sizeof(*rows), 21));
	assert_null(view_find(rows, 3, sizeof(*rows), 0));
	assert_null(view_find(rows, 3, sizeof(*rows), UINT32_MAX));
	view_unref(v);
}

static void a_copy_is_sound(void **state)
{
	struct view *v = sample();
	struct view *copy = aligned_alloc(16, (v->size + 15) / 16 * 16);

	(void)state;
	memcpy(copy, v, v->size);
	assert_true(view_is_sound(copy, v->size));
	assert_int_equal(view_peers(copy)[3].index, 10);
	assert_false(view_is_sound(copy, v->size - 1));
	assert_false(view_is_sound(copy, 8));
	assert_false(view_is_sound(NULL, v->size));
	free(copy);
	view_unref(v);
}

static void a_spoilt_view_is_not_sound(void **state)
{
	struct view *v = sample(), good = *v;

	(void)state;
	v->size = 4;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->ike_sas_n = UINT32_MAX;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->peers_n++;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->failures_n = 1;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->children_at = UINT32_MAX - 15;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->tunnels_at = 0;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	v->tunnels_at += 8;
	assert_false(view_is_sound(v, good.size));
	*v = good;
	view_ike_sas(v)[2].id = 20;
	assert_false(view_is_sound(v, good.size));
	view_ike_sas(v)[2].id = 30;
	assert_true(view_is_sound(v, good.size));
	view_unref(v);
}

/* ---- the tables of members ---- */

struct table {
	const struct field *fields;
	size_t size;
	const char *must[12];
};

static const struct table tables[] = {
	{ ike_sa_row_fields,
	  sizeof(struct ike_sa_row),
	  { "id", "peer", "state", "flags_text", "nat.local", "role", "stale", "stale_reasons",
	    "config_generation", "local_address", "timeout_tagged" } },
	{ child_row_fields,
	  sizeof(struct child_row),
	  { "id", "tunnel", "state", "spi_in", "encap", "errors.integrity", "bytes_in", "bytes_out",
	    "stale", "rekey_in_seconds", "data_plane" } },
	{ tunnel_row_fields,
	  sizeof(struct tunnel_row),
	  { "index", "name", "peer", "state", "bytes_in", "last_failure", "stale" } },
	{ peer_row_fields,
	  sizeof(struct peer_row),
	  { "index", "name", "state", "up_count", "last_failure_reason", "stale" } },
	{ failure_row_fields,
	  sizeof(struct failure_row),
	  { "id", "peer", "exchange", "role", "reason", "side", "field", "text", "hint" } },
	{ counter_row_fields,
	  sizeof(struct counter_row),
	  { "half_open", "dropped_flood", "resends", "crew_queue", "loop_slow_turns" } },
};

static void assert_member(const struct field *fl, size_t size)
{
	assert_true(fl->flags & FF_READ_ONLY);
	assert_true(strlen(fl->help) >= 6);
	assert_true(fl->offset + fl->size <= size);
	switch (fl->kind) {
	case F_UINT:
		assert_true(fl->size == 4 || fl->size == 8);
		break;
	case F_CHOICE:
		assert_int_equal(fl->size, sizeof(int));
		assert_non_null(fl->names);
		break;
	case F_FLAG:
		assert_int_equal(fl->size, sizeof(bool));
		break;
	default:
		assert_int_equal(fl->kind, F_TEXT);
	}
}

/* Rows are made of members alone: what lies between two is at most padding. */
static void every_octet_of_a_row_has_a_name(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNT_OF(tables); t++) {
		size_t end = 0;

		for (const struct field *fl = tables[t].fields; fl->name; fl++) {
			assert_member(fl, tables[t].size);
			assert_true(fl->offset >= end);
			assert_true(fl->offset - end < 8);
			end = fl->offset + fl->size;
		}
		assert_true(tables[t].size - end < 8);
	}
}

static void names_are_those_of_the_contract(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNT_OF(tables); t++) {
		for (const char *const *m = tables[t].must; *m; m++)
			assert_non_null(field_find(tables[t].fields, *m));
		for (const struct field *fl = tables[t].fields; fl->name; fl++)
			assert_ptr_equal(field_find(tables[t].fields, fl->name), fl);
	}
	struct ike_sa_row sa = { .state = SA_UP, .role = ROLE_INITIATOR, .dh_group = GROUP_ECP256 };
	struct child_row ch = { .state = CS_UP, .encryption_algorithm = ENCR_AES_GCM };
	assert_string_equal(name_of(field_find(ike_sa_row_fields, "state")->names, sa.state),
			    "established");
	assert_string_equal(name_of(field_find(child_row_fields, "state")->names, ch.state),
			    "established");
	assert_string_equal(name_of(field_find(ike_sa_row_fields, "dh_group")->names, sa.dh_group),
			    "ecp256");
	assert_string_equal(name_of(field_find(child_row_fields, "encryption_algorithm")->names,
				    ch.encryption_algorithm),
			    "aes-gcm");
	assert_string_equal(name_of(field_find(tunnel_row_fields, "state")->names, TS_UP), "up");
	assert_string_equal(name_of(field_find(peer_row_fields, "state")->names, PS_BACKOFF),
			    "backoff");
}

/* ---- the board ---- */

static void a_board_always_shows_something(void **state)
{
	own(board) b = board_new();
	const struct view *v = board_look(b);
	const struct config *c = board_config(b);

	(void)state;
	assert_non_null(v);
	assert_int_equal(v->ike_sas_n, 0);
	assert_non_null(c);
	assert_int_equal(config_revision(c), 0);
	view_unref(v);
	config_unref(c);
}

static void a_looked_at_view_outlives_the_next(void **state)
{
	own(board) b = board_new();
	struct view *one = sample(), *two = view_new(0, 0, 0, 0);

	(void)state;
	one->number = 1;
	two->number = 2;
	board_post(b, one);
	const struct view *seen = board_look(b);
	board_post(b, two);
	assert_int_equal(seen->number, 1);
	assert_int_equal(view_ike_sas(seen)[2].id, 30);
	view_unref(seen);
	seen = board_look(b);
	assert_int_equal(seen->number, 2);
	view_unref(seen);
	board_post(b, NULL);
}

static void looking_is_noticed_once(void **state)
{
	own(board) b = board_new();

	(void)state;
	assert_false(board_was_looked_at(b));
	view_unref(board_look(b));
	assert_true(board_was_looked_at(b));
	assert_false(board_was_looked_at(b));
	config_unref(board_config(b));
	assert_false(board_was_looked_at(b));
}

enum { READERS = 4, POSTS = 2000 };

struct reader {
	struct board *board;
	uint64_t looks, torn;
	bool *stop;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint64_t last = 0;

	while (!__atomic_load_n(r->stop, __ATOMIC_ACQUIRE)) {
		const struct view *v = board_look(r->board);
		const struct config *c = board_config(r->board);
		uint64_t sum = 0;

		for (uint32_t i = 0; i < v->ike_sas_n; i++)
			sum += view_ike_sas(v)[i].bytes_in;
		if (sum != v->number * v->ike_sas_n || v->number < last || !c)
			r->torn++;
		last = v->number;
		r->looks++;
		config_unref(c);
		view_unref(v);
	}
	return NULL;
}

static void many_look_while_one_posts(void **state)
{
	own(board) b = board_new();
	bool stop = false;
	pthread_t threads[READERS];
	struct reader readers[READERS];

	(void)state;
	for (size_t i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .board = b, .stop = &stop };
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
	}
	for (uint64_t n = 1; n <= POSTS; n++) {
		struct view *v = view_new(8, 0, 0, 0);
		own(config) c = config_new();

		for (uint32_t i = 0; i < 8; i++)
			view_ike_sas(v)[i] = (struct ike_sa_row){ .id = i + 1, .bytes_in = n };
		v->number = n;
		board_post(b, v);
		board_post_config(b, c);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].torn, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_do_not_overlap),
		cmocka_unit_test(too_large_a_view_is_refused),
		cmocka_unit_test(search_finds_the_next_row),
		cmocka_unit_test(a_copy_is_sound),
		cmocka_unit_test(a_spoilt_view_is_not_sound),
		cmocka_unit_test(every_octet_of_a_row_has_a_name),
		cmocka_unit_test(names_are_those_of_the_contract),
		cmocka_unit_test(a_board_always_shows_something),
		cmocka_unit_test(a_looked_at_view_outlives_the_next),
		cmocka_unit_test(looking_is_noticed_once),
		cmocka_unit_test(many_look_while_one_posts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
