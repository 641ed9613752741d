/* test_rows.c - every member of every kind goes into the store and comes back */
#include "core/base/text.h"
#include "core/model/alg.h"
#include "tests/unit/store/desk.h"

/* A value unlike the preset and unlike its neighbours, fit for the member. */
static void fill_text(const struct field *fl, struct record *rec, size_t i)
{
	struct fault f = { 0 };
	char value[200];

	switch (fl->syntax) {
	case SYN_HOST:
	case SYN_REMOTE:
	case SYN_ENDPOINT:
		snprintf(value, sizeof(value), "192.0.2.%zu", 10 + i);
		break;
	case SYN_SELECTOR:
		snprintf(value, sizeof(value), "10.%zu.0.0/16[tcp/80]", i);
		break;
	case SYN_LABEL:
		snprintf(value, sizeof(value), "site%zu=berlin", i);
		break;
	case SYN_MOMENT:
		snprintf(value, sizeof(value), "20%02zu-01-31T00:00:00Z", 10 + i);
		break;
	case SYN_GROUP:
		snprintf(value, sizeof(value), "%s", alg_group((enum group)(1 + i))->name);
		break;
	default:
		snprintf(value, sizeof(value), fl->many ? "e%zu'\"x" : "it's \"%zu\"", i);
		if (fl->kind == F_REF || fl->syntax == SYN_NAME)
			snprintf(value, sizeof(value), "r%zu", i);
	}
	if (field_set_text(fl, rec, i, value, &f) != R_OK)
		fail_msg("%s: %s", fl->name, f.text);
}

/* The room of a private key, filled to its last octet. */
static const uint8_t longest[SEALED_LONG_MAX] = { 1, 0, 2, [SEALED_LONG_MAX - 1] = 9 };

static bool k_is_long(const struct field *fl)
{
	return fl->size == sizeof(struct sealed_long);
}

static void fill_member(const struct field *fl, struct record *rec)
{
	struct fault f = { 0 };
	const struct name *n = fl->names;
	uint64_t number = fl->max ? fl->max : 4000000000u;

	switch (fl->kind) {
	case F_UINT:
		if (fl->preset && strtoull(fl->preset, NULL, 10) == number)
			number = fl->min + 1;
		assert_int_equal(field_set_uint(fl, rec, number, &f), R_OK);
		break;
	case F_FLAG:
		field_set_flag(fl, rec, !field_uint(fl, rec), &f);
		break;
	case F_CHOICE:
		while (n[1].word)
			n++;
		if ((uint64_t)n->value == field_uint(fl, rec))
			n--;
		assert_int_equal(field_set_uint(fl, rec, (uint64_t)n->value, &f), R_OK);
		break;
	case F_SECRET:
		if (k_is_long(fl))
			assert_int_equal(field_set_sealed(fl, rec, slice(longest, sizeof(longest)),
							  "0123456789abcdef", &f),
					 R_OK);
		break;
	default:
		field_clear(fl, rec);
		for (size_t i = 0; i < MAX_OF(fl->many, 1); i++)
			fill_text(fl, rec, i);
	}
}

/* A record of this kind called r0, with every member set. */
static struct record *full(enum kind k)
{
	struct record *rec =
		k == K_SECRET ? desk_secret("r0", "sealed\0with\0nuls", SEALED_MAX) : record_new(k);

	if (!kind_row(k)->single)
		text_copy(rec->name, sizeof(rec->name), "r0");
	for (const struct field *fl = kind_row(k)->fields; fl->name; fl++)
		if (!(fl->flags & (FF_KEY | FF_READ_ONLY)))
			fill_member(fl, rec);
	return rec;
}

static void assert_same_record(const struct record *a, const struct record *b)
{
	assert_int_equal(a->index, b->index);
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->created_s, b->created_s);
	assert_int_equal(a->changed_s, b->changed_s);
	assert_string_equal(a->changed_by, b->changed_by);
	assert_string_equal(a->scope, b->scope);
	assert_string_equal(a->name, b->name);
	for (const struct field *fl = kind_row(a->kind)->fields; fl->name; fl++)
		if (!field_equal(fl, a, b))
			fail_msg("%s.%s did not come back", kind_row(a->kind)->path, fl->name);
}

static void put_all(struct desk *d)
{
	struct edit edits[K_COUNT] = { 0 };

	for (int k = 0; k < K_COUNT; k++) {
		edits[k] = (struct edit){ .op = EDIT_PUT,
					  .kind = (enum kind)k,
					  .rec = full((enum kind)k) };
		memcpy(edits[k].name, edits[k].rec->name, NAME_SIZE);
	}
	if (desk_change(d, edits, K_COUNT) != R_OK)
		fail_msg("%s", d->fault.text);
	for (int k = 0; k < K_COUNT; k++)
		record_unref(edits[k].rec);
}

static void every_member_of_every_kind_comes_back(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	put_all(&d);
	const struct config *before = config_ref(d.config);
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_int_equal(config_revision(d.config), 1);
	for (int k = 0; k < K_COUNT; k++) {
		const struct record *a = config_find(before, (enum kind)k, "r0");
		const struct record *b = config_find(d.config, (enum kind)k, "r0");

		assert_non_null(b);
		assert_same_record(a, b);
		for (const struct field *fl = kind_row((enum kind)k)->fields; fl->name; fl++)
			if (!(fl->flags & (FF_KEY | FF_READ_ONLY)) && field_is_preset(fl, b))
				fail_msg("%s.%s is the preset", kind_row((enum kind)k)->path,
					 fl->name);
	}
	const struct secret *a = config_secret(before, "r0"), *b = config_secret(d.config, "r0");
	assert_int_equal(b->value.n, SEALED_MAX);
	assert_memory_equal(a->value.at, b->value.at, SEALED_MAX);
	config_unref(before);
	desk_remove(&d);
}

static void empty_members_stay_empty(void **state)
{
	struct settings_snmp *s = (void *)record_new(K_SETTINGS_SNMP);
	struct desk d;

	(void)state;
	desk_new(&d);
	put_all(&d);
	s->agentx_socket[0] = '\0'; /* though its preset is not */
	assert_int_equal(desk_put(&d, &s->r), R_OK);
	desk_load(&d);
	assert_string_equal(config_snmp(d.config)->agentx_socket, "");
	assert_string_equal(config_snmp(d.config)->auth_secret, "");
	assert_int_equal(config_snmp(d.config)->trap_targets_n, 0);
	desk_remove(&d);
}

static void a_change_rewrites_and_a_deletion_removes(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_IPSEC_PROPOSAL, "a")), R_OK);
	assert_int_equal(desk_put(&d, desk_record(K_IPSEC_PROPOSAL, "b")), R_OK);
	struct ipsec_proposal *p = (void *)desk_record(K_IPSEC_PROPOSAL, "a");
	p->key_length = 256;
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	assert_int_equal(desk_delete(&d, K_IPSEC_PROPOSAL, "b"), R_OK);
	desk_load(&d);
	assert_int_equal(config_revision(d.config), 4);
	assert_int_equal(config_count(d.config, K_IPSEC_PROPOSAL), 1);
	assert_int_equal(config_ipsec_proposal(d.config, "a")->key_length, 256);
	assert_int_equal(config_ipsec_proposal(d.config, "a")->r.revision, 3);
	assert_int_equal(config_ipsec_proposal(d.config, "a")->r.index, 1);
	desk_remove(&d);
}

static void the_index_of_a_deleted_record_is_not_given_again(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "b")), R_OK);
	assert_int_equal(desk_delete(&d, K_DPD_PROFILE, "b"), R_OK);
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "c")), R_OK);
	assert_int_equal(config_dpd(d.config, "c")->r.index, 3);
	desk_remove(&d);
}

static void a_change_for_another_revision_changes_nothing(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	const struct config *old = config_ref(d.config);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "b")), R_OK);
	config_unref(d.config);
	d.config = (struct config *)(uintptr_t)old; /* as another writer would have it */
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "c")), R_STALE);
	assert_non_null(strstr(d.fault.text, "revision 2"));
	desk_load(&d);
	assert_int_equal(config_revision(d.config), 2);
	assert_null(config_dpd(d.config, "c"));
	desk_remove(&d);
}

static void a_reference_that_leads_nowhere_changes_nothing(void **state)
{
	struct peer *p = (void *)desk_record(K_PEER, "p");
	struct desk d;

	(void)state;
	desk_new(&d);
	strcpy(p->psk, "nobody");
	assert_int_equal(desk_put(&d, &p->r), R_STORE);
	desk_load(&d);
	assert_int_equal(config_revision(d.config), 0);
	assert_int_equal(config_count(d.config, K_PEER), 0);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_of_every_kind_comes_back),
		cmocka_unit_test(empty_members_stay_empty),
		cmocka_unit_test(a_change_rewrites_and_a_deletion_removes),
		cmocka_unit_test(the_index_of_a_deleted_record_is_not_given_again),
		cmocka_unit_test(a_change_for_another_revision_changes_nothing),
		cmocka_unit_test(a_reference_that_leads_nowhere_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
