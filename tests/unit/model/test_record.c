/* test_record.c - records: made, copied, counted, compared */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/record.h"
#include "core/model/settings.h"

static void kinds_lead_back_to_their_paths(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);

		assert_int_equal(kind_of_path(row->path), k);
		assert_true(row->size > sizeof(struct record));
		assert_true(strlen(row->word) > 0);
		assert_non_null(row->fields->name);
		assert_int_equal(row->single, strncmp(row->path, "settings/", 9) == 0);
	}
	assert_int_equal(kind_of_path("peer"), K_COUNT);
	assert_int_equal(kind_of_path(""), K_COUNT);
	assert_int_equal(kind_of_path(NULL), K_COUNT);
}

static void a_new_record_has_its_presets(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		own(record) r = record_new((enum kind)k);
		const struct kind_row *row = kind_row((enum kind)k);

		assert_non_null(r);
		assert_int_equal(r->kind, k);
		assert_int_equal(r->refs, 1);
		assert_int_equal(r->revision, 0);
		assert_int_equal(r->index, 0);
		assert_string_equal(r->scope, "this");
		assert_string_equal(r->name, row->single ? strchr(row->path, '/') + 1 : "");
		for (const struct field *fl = row->fields; fl->name; fl++)
			if (!field_is_preset(fl, r))
				fail_msg("%s.%s", row->path, fl->name);
	}
}

static void a_copy_is_equal_and_apart(void **state)
{
	own(record) r = record_new(K_PEER);
	struct peer *p = (void *)r;

	(void)state;
	strcpy(r->name, "hub");
	r->index = 7;
	r->revision = 9;
	strcpy(r->changed_by, "alice");
	strcpy(p->psk, "k");
	p->children_follow_delete = true;
	record_ref(r);

	own(record) c = record_copy(r);
	const struct peer *q = (void *)c;
	record_unref(r);
	assert_int_equal(c->refs, 1);
	assert_int_equal(c->kind, K_PEER);
	assert_int_equal(c->index, 7);
	assert_int_equal(c->revision, 9);
	assert_string_equal(c->name, "hub");
	assert_string_equal(c->changed_by, "alice");
	assert_string_equal(q->psk, "k");
	assert_true(q->children_follow_delete);
	strcpy(p->psk, "other");
	assert_string_equal(q->psk, "k");
}

static void references_are_counted(void **state)
{
	struct record *r = record_new(K_SECRET);

	(void)state;
	assert_ptr_equal(record_ref(r), r);
	assert_int_equal(r->refs, 2);
	record_unref(r);
	assert_int_equal(r->refs, 1);
	record_unref(r);
	record_unref(NULL);
}

enum { TURNS = 20000 };

static void *take_and_give(void *arg)
{
	struct record *r = arg;

	for (int i = 0; i < TURNS; i++) {
		record_ref(r);
		record_unref(record_copy(r));
		record_unref(r);
	}
	return NULL;
}

static void references_may_be_taken_on_any_thread(void **state)
{
	struct record *r = record_new(K_SECRET);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, r), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(r->refs, 1);
	record_unref(r);
}

static void records_differ_by_their_members(void **state)
{
	own(record) a = record_new(K_IKE_PROPOSAL);
	own(record) b = record_copy(a);
	struct ike_proposal *p = (void *)b;
	struct text t;

	(void)state;
	text_init(&t, 0);
	b->revision = 5; /* of no interest */
	assert_int_equal(record_diff(a, b, &t), IMPACT_NONE);
	strcpy(p->description, "new");
	assert_int_equal(record_diff(a, b, &t), IMPACT_NONE);
	p->system = false;
	assert_int_equal(record_diff(a, b, NULL), IMPACT_NEXT);
	p->dh_group = GROUP_ECP256;
	assert_int_equal(record_diff(a, b, &t), IMPACT_IKE);
	assert_string_equal(t.at, "dh_group, system");
	text_done(&t);
}

static void secrets_are_bound_to_their_name(void **state)
{
	char about[SECRET_ABOUT];

	(void)state;
	assert_string_equal(secret_about("demo", about), "secrets/demo");
	assert_string_equal(secret_about("abcdefghijklmnopqrstuvwxyz012345", about),
			    "secrets/abcdefghijklmnopqrstuvwxyz012345");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_lead_back_to_their_paths),
		cmocka_unit_test(a_new_record_has_its_presets),
		cmocka_unit_test(a_copy_is_equal_and_apart),
		cmocka_unit_test(references_are_counted),
		cmocka_unit_test(references_may_be_taken_on_any_thread),
		cmocka_unit_test(records_differ_by_their_members),
		cmocka_unit_test(secrets_are_bound_to_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
