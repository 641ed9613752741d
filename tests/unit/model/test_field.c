/* test_field.c - the register walker, over a table made for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/field.h"

struct sample {
	char name[33];
	char note[16];
	uint32_t port;
	uint64_t octets;
	int mode;
	bool on;
	char host[64];
	char ref[33];
	uint8_t list_n;
	char list[3][33];
	uint8_t nets_n;
	char nets[4][96];
	struct sealed value;
	uint32_t after; /* nobody may write here */
};

static const struct name modes[] = { { 3, "main" }, { 1, "aggressive" }, { 0, NULL } };

static const struct field fields[] = {
	FIELD(sample, name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = 32,
	      .flags = FF_KEY),
	FIELD(sample, note, "note", .kind = F_TEXT, .max = 15, .preset = "none yet"),
	FIELD(sample, port, "at.port", .kind = F_UINT, .min = 20, .max = 28800, .preset = "500",
	      .flags = FF_ZERO, .impact = IMPACT_NEXT),
	FIELD(sample, octets, "octets", .kind = F_UINT, .flags = FF_HEX),
	FIELD(sample, mode, "mode", .kind = F_CHOICE, .names = modes, .preset = "main",
	      .impact = IMPACT_CHILD),
	FIELD(sample, on, "on", .kind = F_FLAG, .preset = "true", .impact = IMPACT_IKE),
	FIELD(sample, host, "at.host", .kind = F_ADDRESS, .syntax = SYN_HOST),
	FIELD(sample, ref, "ref", .kind = F_REF, .ref = K_SECRET, .max = 32),
	LIST(sample, list, list_n, "list", .kind = F_REF, .ref = K_PEER, .impact = IMPACT_IKE),
	LIST(sample, nets, nets_n, "nets", .kind = F_ADDRESS, .syntax = SYN_SELECTOR,
	     .preset = "0.0.0.0/0"),
	FIELD(sample, value, "value", .kind = F_SECRET, .impact = IMPACT_IKE),
	{ 0 },
};

static const struct field *by(const char *name)
{
	const struct field *fl = field_find(fields, name);

	assert_non_null(fl);
	return fl;
}

static struct sample fresh(void)
{
	struct sample s;

	memset(&s, 0x5a, sizeof(s));
	s.after = 0xabcd1234;
	field_preset(fields, &s);
	assert_int_equal(s.after, 0xabcd1234);
	return s;
}

static enum reason set(struct sample *s, const char *name, const char *value)
{
	struct fault f = { 0 };
	enum reason r = field_set_text(by(name), s, 0, value, &f);

	if (r != R_OK) {
		assert_int_equal(r, R_INVALID);
		assert_int_equal(f.reason, R_INVALID);
		assert_int_equal(f.field[0], '/');
		assert_true(strlen(f.text) > 0);
	}
	return r;
}

static void text_is(const struct sample *s, const char *name, const char *want)
{
	struct text t;

	text_init(&t, 0);
	field_text(by(name), s, &t);
	assert_string_equal(t.at ? t.at : "", want);
	text_done(&t);
}

static void presets_fill_a_record_whatever_was_there(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_string_equal(s.name, "");
	assert_string_equal(s.note, "none yet");
	assert_int_equal(s.port, 500);
	assert_int_equal(s.octets, 0);
	assert_int_equal(s.mode, 3);
	assert_true(s.on);
	assert_string_equal(s.host, "");
	assert_int_equal(s.list_n, 0);
	assert_int_equal(s.nets_n, 1);
	assert_string_equal(s.nets[0], "0.0.0.0/0");
	assert_int_equal(s.value.n, 0);
	for (const struct field *fl = fields; fl->name; fl++)
		assert_true(field_is_preset(fl, &s));
}

static void members_are_found_by_their_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(field_find(fields, "at.port"), &fields[2]);
	assert_null(field_find(fields, "at"));
	assert_null(field_find(fields, "port"));
	assert_null(field_find(fields, ""));
	assert_null(field_find(fields, NULL));
}

static void numbers_keep_to_their_range(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(set(&s, "at.port", "19"), R_INVALID);
	assert_int_equal(s.port, 500);
	assert_int_equal(set(&s, "at.port", "20"), R_OK);
	assert_int_equal(s.port, 20);
	assert_int_equal(set(&s, "at.port", "28800"), R_OK);
	assert_int_equal(set(&s, "at.port", "28801"), R_INVALID);
	assert_int_equal(s.port, 28800);
	assert_int_equal(set(&s, "at.port", "0"), R_OK);
	assert_int_equal(s.port, 0);
	assert_int_equal(set(&s, "at.port", "4294967316"), R_INVALID); /* 20 once cut to 32 bits */
	assert_int_equal(set(&s, "at.port", ""), R_INVALID);
	assert_int_equal(set(&s, "at.port", "-20"), R_INVALID);
	assert_int_equal(set(&s, "at.port", "20 "), R_INVALID);
	assert_int_equal(field_set_uint(by("at.port"), &s, 19, NULL), R_INVALID);
	assert_int_equal(field_set_uint(by("at.port"), &s, 300, NULL), R_OK);
	assert_int_equal(field_uint(by("at.port"), &s), 300);
}

static void wide_numbers_and_hex(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(set(&s, "octets", "18446744073709551615"), R_OK);
	assert_true(s.octets == UINT64_MAX);
	assert_int_equal(set(&s, "octets", "0xDeadBeef"), R_OK);
	assert_true(s.octets == 0xdeadbeef);
	text_is(&s, "octets", "0xdeadbeef");
	assert_int_equal(set(&s, "octets", "0x"), R_INVALID);
	assert_int_equal(set(&s, "octets", "0xg"), R_INVALID);
	assert_int_equal(set(&s, "octets", "0x\x11"), R_INVALID); /* '1' once | 0x20 */
	assert_int_equal(set(&s, "octets", "0x12345678123456789"), R_INVALID);
	assert_true(s.octets == 0xdeadbeef);
}

static void choices_know_their_words(void **state)
{
	struct sample s = fresh();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(set(&s, "mode", "aggressive"), R_OK);
	assert_int_equal(s.mode, 1);
	assert_int_equal(field_set_text(by("mode"), &s, 0, "Main", &f), R_INVALID);
	assert_string_equal(f.field, "/mode");
	assert_non_null(strstr(f.text, "main, aggressive"));
	assert_int_equal(field_set_uint(by("mode"), &s, 3, NULL), R_OK);
	assert_int_equal(field_set_uint(by("mode"), &s, 2, NULL), R_INVALID);
	assert_int_equal(field_set_uint(by("mode"), &s, UINT64_MAX, NULL), R_INVALID);
	text_is(&s, "mode", "main");
}

static void flags_are_true_or_false(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(set(&s, "on", "false"), R_OK);
	assert_false(s.on);
	assert_int_equal(set(&s, "on", "yes"), R_INVALID);
	assert_int_equal(set(&s, "on", ""), R_INVALID);
	assert_int_equal(field_set_uint(by("on"), &s, 1, NULL), R_OK);
	assert_int_equal(field_set_uint(by("on"), &s, 2, NULL), R_INVALID);
	assert_true(s.on);
	assert_int_equal(field_set_flag(by("mode"), &s, true, NULL), R_INVALID);
	assert_int_equal(field_set_uint(by("note"), &s, 1, NULL), R_INVALID);
	text_is(&s, "on", "true");
}

static void texts_keep_to_their_length_and_are_plain(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(set(&s, "note", "fifteen octets!"), R_OK);
	assert_int_equal(set(&s, "note", "sixteen octets!!"), R_INVALID);
	assert_string_equal(s.note, "fifteen octets!");
	assert_int_equal(set(&s, "note", "gr\xc3\xbc\xc3\x9f dich"), R_OK);
	assert_int_equal(set(&s, "note", "bad \xc3"), R_INVALID);
	assert_int_equal(set(&s, "note", "tab\there"), R_INVALID);
	assert_int_equal(set(&s, "note", "c1 \xc2\x85"), R_INVALID);
	assert_int_equal(set(&s, "note", "nbsp \xc2\xa0"), R_OK);
	assert_int_equal(set(&s, "note", "del\x7f"), R_INVALID);
	assert_int_equal(set(&s, "note", ""), R_OK);
	assert_string_equal(s.note, "");
	assert_int_equal(set(&s, "name", ""), R_INVALID);
	assert_int_equal(set(&s, "name", "a b"), R_INVALID);
	assert_int_equal(set(&s, "name", "abcdefghijklmnopqrstuvwxyz012345"), R_OK);
	assert_int_equal(set(&s, "name", "abcdefghijklmnopqrstuvwxyz0123456"), R_INVALID);
	assert_int_equal(set(&s, "ref", "no/name"), R_INVALID);
	assert_int_equal(set(&s, "ref", "psk-1"), R_OK);
	assert_int_equal(set(&s, "ref", ""), R_OK);
}

static void a_shorter_text_leaves_nothing_of_the_longer(void **state)
{
	struct sample a = fresh(), b = fresh();

	(void)state;
	set(&a, "note", "a longer text");
	set(&a, "note", "short");
	set(&b, "note", "short");
	assert_memory_equal(a.note, b.note, sizeof(a.note));
}

static void addresses_become_canonical(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(set(&s, "at.host", "2001:DB8::0001"), R_OK);
	assert_string_equal(s.host, "2001:db8::1");
	assert_int_equal(set(&s, "at.host", "gw.example"), R_INVALID);
	assert_int_equal(set(&s, "at.host", ""), R_OK);
	assert_string_equal(field_str(by("at.host"), &s, 0), "");
}

static void lists_grow_one_by_one(void **state)
{
	struct sample s = fresh();
	struct fault f = { 0 };
	const struct field *fl = by("list");

	(void)state;
	assert_int_equal(field_set_text(fl, &s, 1, "too-far", &f), R_INVALID);
	assert_int_equal(field_set_text(fl, &s, 0, "a", &f), R_OK);
	assert_int_equal(field_set_text(fl, &s, 1, "b", &f), R_OK);
	assert_int_equal(field_set_text(fl, &s, 2, "a", &f), R_INVALID);
	assert_string_equal(f.field, "/list/2");
	assert_int_equal(field_set_text(fl, &s, 2, "", &f), R_INVALID);
	assert_int_equal(field_set_text(fl, &s, 2, "c", &f), R_OK);
	assert_int_equal(field_set_text(fl, &s, 3, "d", &f), R_INVALID);
	assert_int_equal(field_count(fl, &s), 3);
	assert_int_equal(field_set_text(fl, &s, 0, "a", &f), R_OK); /* itself is no double */
	assert_int_equal(field_set_text(fl, &s, 0, "z", &f), R_OK);
	text_is(&s, "list", "z, b, c");
	assert_string_equal(field_str(fl, &s, 2), "c");
	assert_string_equal(field_str(fl, &s, 3), "");
	field_clear(fl, &s);
	assert_int_equal(s.list_n, 0);
	assert_string_equal(s.list[1], "");
}

static void doubles_are_seen_through_their_spelling(void **state)
{
	struct sample s = fresh();

	(void)state;
	assert_int_equal(field_set_text(by("nets"), &s, 0, "10.0.0.0/24", NULL), R_OK);
	assert_int_equal(field_set_text(by("nets"), &s, 1, "10.0.0.7/24", NULL), R_INVALID);
	assert_int_equal(s.nets_n, 1);
}

static void clearing_goes_back_to_the_preset(void **state)
{
	struct sample s = fresh();

	(void)state;
	set(&s, "at.port", "20");
	field_set_text(by("nets"), &s, 0, "10.0.0.0/24", NULL);
	field_set_text(by("nets"), &s, 1, "10.0.1.0/24", NULL);
	assert_false(field_is_preset(by("at.port"), &s));
	assert_false(field_is_preset(by("nets"), &s));
	field_clear(by("at.port"), &s);
	field_clear(by("nets"), &s);
	assert_int_equal(s.port, 500);
	assert_int_equal(s.nets_n, 1);
	assert_true(field_is_preset(by("nets"), &s));
}

static void secrets_are_never_set_from_text_nor_shown(void **state)
{
	struct sample s = fresh();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(field_set_text(by("value"), &s, 0, "hunter2", &f), R_INVALID);
	assert_null(strstr(f.text, "hunter2"));
	text_is(&s, "value", "");
	s.value.n = 3;
	text_is(&s, "value", "set");
	assert_ptr_equal(field_sealed(by("value"), &s), &s.value);
	assert_false(field_is_preset(by("value"), &s));
	field_clear(by("value"), &s);
	assert_int_equal(s.value.n, 0);
}

static void the_same_secret_sealed_twice_is_equal(void **state)
{
	struct sample a = fresh(), b = fresh();
	const struct field *fl = by("value");

	(void)state;
	assert_true(field_equal(fl, &a, &b));
	a.value = (struct sealed){ .n = 2, .fingerprint = "0011", .at = { 1, 2 } };
	assert_false(field_equal(fl, &a, &b));
	b.value = (struct sealed){ .n = 3, .fingerprint = "0011", .at = { 9, 9, 9 } };
	assert_true(field_equal(fl, &a, &b));
	strcpy(b.value.fingerprint, "0012");
	assert_false(field_equal(fl, &a, &b));
	*a.value.fingerprint = *b.value.fingerprint = '\0';
	assert_false(field_equal(fl, &a, &b));
	b.value = a.value;
	assert_true(field_equal(fl, &a, &b));
}

static void differences_name_their_strongest_impact(void **state)
{
	struct sample a = fresh(), b = fresh();
	struct text t;

	(void)state;
	text_init(&t, 0);
	assert_int_equal(field_diff(fields, &a, &b, &t), IMPACT_NONE);
	set(&b, "note", "other");
	assert_int_equal(field_diff(fields, &a, &b, &t), IMPACT_NONE);
	assert_int_equal(t.n, 0);
	set(&b, "at.port", "20");
	assert_int_equal(field_diff(fields, &a, &b, NULL), IMPACT_NEXT);
	set(&b, "mode", "aggressive");
	assert_int_equal(field_diff(fields, &a, &b, NULL), IMPACT_CHILD);
	field_set_text(by("list"), &b, 0, "x", NULL);
	assert_int_equal(field_diff(fields, &a, &b, &t), IMPACT_IKE);
	assert_string_equal(t.at, "at.port, mode, list");
	assert_int_equal(field_diff(fields, &b, &b, NULL), IMPACT_NONE);
	text_done(&t);
}

static void impacts_have_words(void **state)
{
	(void)state;
	assert_string_equal(impact_word(IMPACT_NONE), "none");
	assert_string_equal(impact_word(IMPACT_NEXT), "next_negotiation");
	assert_string_equal(impact_word(IMPACT_CHILD), "reset_child");
	assert_string_equal(impact_word(IMPACT_IKE), "reset_ike");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_fill_a_record_whatever_was_there),
		cmocka_unit_test(members_are_found_by_their_whole_name),
		cmocka_unit_test(numbers_keep_to_their_range),
		cmocka_unit_test(wide_numbers_and_hex),
		cmocka_unit_test(choices_know_their_words),
		cmocka_unit_test(flags_are_true_or_false),
		cmocka_unit_test(texts_keep_to_their_length_and_are_plain),
		cmocka_unit_test(a_shorter_text_leaves_nothing_of_the_longer),
		cmocka_unit_test(addresses_become_canonical),
		cmocka_unit_test(lists_grow_one_by_one),
		cmocka_unit_test(doubles_are_seen_through_their_spelling),
		cmocka_unit_test(clearing_goes_back_to_the_preset),
		cmocka_unit_test(secrets_are_never_set_from_text_nor_shown),
		cmocka_unit_test(the_same_secret_sealed_twice_is_equal),
		cmocka_unit_test(differences_name_their_strongest_impact),
		cmocka_unit_test(impacts_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
