/* test_tables.c - the registers of members: whole, sound, and with the values agreed on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/exception.h"
#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"
#include "core/model/webhook.h"
#include "core/model/view.h"

#ifndef __has_builtin
#define __has_builtin(x) 0
#endif

static const struct field *member(enum kind k, const char *name)
{
	const struct field *fl = field_find(kind_row(k)->fields, name);

	if (!fl)
		fail_msg("%s has no %s", kind_row(k)->path, name);
	return fl;
}

/* ---- every table ---- */

static void check_row(const struct kind_row *row, const struct field *fl)
{
	const char *where = fl->name;

	if (!fl->help || strlen(fl->help) < 8 || fl->help[strlen(fl->help) - 1] == '.')
		fail_msg("%s.%s: help is no sentence without a full stop", row->path, where);
	assert_in_range(fl->offset, sizeof(struct record) - sizeof(((struct record *)0)->name) - 8,
			row->size - 1);
	assert_true(fl->offset + (size_t)fl->size * MAX_OF(fl->many, 1) <= row->size);
	assert_int_equal(fl->names != NULL, fl->kind == F_CHOICE);
	assert_true(fl->kind != F_ADDRESS || fl->syntax != SYN_NONE);
	if (fl->kind == F_CHOICE)
		assert_int_equal(fl->size, sizeof(int));
	if (fl->kind == F_FLAG)
		assert_int_equal(fl->size, sizeof(bool));
	if (fl->kind == F_UINT)
		assert_true(fl->size == sizeof(uint32_t) || fl->flags & FF_TIME);
	if (fl->kind == F_SECRET)
		assert_true(fl->size == sizeof(struct sealed) ||
			    fl->size == sizeof(struct sealed_long));
	if (fl->kind == F_TEXT || fl->kind == F_REF)
		if (!fl->max || fl->max >= fl->size)
			fail_msg("%s.%s: at most %u octets in %u", row->path, where, fl->max,
				 fl->size);
	if (fl->kind == F_REF) {
		assert_int_equal(fl->size, NAME_SIZE);
		assert_false(kind_row(fl->ref)->single);
	}
	if (fl->many)
		assert_true(fl->kind == F_TEXT || fl->kind == F_ADDRESS || fl->kind == F_REF);
}

static void every_row_is_sound(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);
		size_t keys = 0;

		for (const struct field *fl = row->fields; fl->name; fl++) {
			check_row(row, fl);
			keys += (fl->flags & FF_KEY) != 0;
			assert_ptr_equal(field_find(row->fields, fl->name), fl); /* no doubles */
		}
		assert_int_equal(keys, !row->single);
		if (!row->single)
			assert_string_equal(row->fields->name, "name");
	}
}

static void every_preset_passes_its_own_check(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);
		own(record) r = record_new((enum kind)k);

		for (const struct field *fl = row->fields; fl->name; fl++) {
			struct fault f = { 0 };

			if (!field_is_preset(fl, r))
				fail_msg("%s.%s is not its preset", row->path, fl->name);
			if (fl->preset && field_set_text(fl, r, 0, fl->preset, &f) != R_OK)
				fail_msg("%s.%s: %s", row->path, fl->name, f.text);
			if (fl->kind == F_UINT && !fl->preset && !(fl->flags & FF_REQUIRED))
				if (field_set_uint(fl, r, 0, &f) != R_OK)
					fail_msg("%s.%s: %s", row->path, fl->name, f.text);
			if (!field_is_preset(fl, r)) /* canonical, so it reads back the same */
				fail_msg("%s.%s: the preset is not canonical", row->path, fl->name);
		}
	}
}

/* The flag of JSON members that share an object: they must stand side by side. */
static void members_of_one_object_stand_together(void **state)
{
	(void)state;
	for (int k = 0; k < K_COUNT; k++) {
		const struct field *t = kind_row((enum kind)k)->fields;

		for (size_t i = 0; t[i].name; i++) {
			size_t n = strcspn(t[i].name, ".");

			if (!t[i].name[n])
				continue;
			for (size_t j = i + 2; t[j].name; j++)
				if (!strncmp(t[i].name, t[j].name, n + 1) &&
				    strncmp(t[i].name, t[j - 1].name, n + 1) != 0)
					fail_msg("%s and %s", t[i].name, t[j].name);
		}
	}
}

static void mark(uint8_t *seen, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		assert_int_equal(seen[i]++, 0); /* no two rows over one octet */
}

/* Octets of the struct that no row covers; `solid` is 0xff where there is a member. */
static void check_cover(enum kind k, const uint8_t *solid)
{
	const struct kind_row *row = kind_row(k);
	uint8_t *seen = calloc(1, row->size);
	size_t gap = 0;

	assert_non_null(seen);
	mark(seen, 0, sizeof(struct record) - NAME_SIZE);
	for (const struct field *fl = row->fields; fl->name; fl++) {
		if (fl->flags & FF_KEY)
			continue;
		mark(seen, fl->offset, (size_t)fl->size * MAX_OF(fl->many, 1));
		if (fl->many)
			mark(seen, fl->count_at, 1);
	}
	for (size_t i = sizeof(struct record); i < row->size; i++) {
		gap = seen[i] ? 0 : gap + 1;
		if (gap > 7 || (gap && solid && solid[i]))
			fail_msg("%s: the octet at %zu is in no row", row->path, i);
	}
	free(seen);
}

#if __has_builtin(__builtin_clear_padding)
#define SOLID(type)                                        \
	static struct type solid_##type;                   \
	memset(&solid_##type, 0xff, sizeof(solid_##type)); \
	__builtin_clear_padding(&solid_##type);
#define SOLID_AT(type) (const uint8_t *)&solid_##type
#else
#define SOLID(type)
#define SOLID_AT(type) NULL
#endif

static void every_member_has_a_row(void **state)
{
	(void)state;
#define KIND(code, path, word, single, type, fields)   \
	{                                              \
		SOLID(type)                            \
		check_cover(K_##code, SOLID_AT(type)); \
	}
#include "core/model/kind.def"
#undef KIND
}

/* ---- the values agreed on ---- */

static void preset_is(enum kind k, const char *name, const char *want)
{
	own(record) r = record_new(k);
	struct text t;

	text_init(&t, 0);
	field_text(member(k, name), r, &t);
	if (strcmp(t.at ? t.at : "", want) != 0)
		fail_msg("%s.%s is %s, not %s", kind_row(k)->path, name, t.at, want);
	text_done(&t);
}

static void presets_are_those_of_the_manual_and_ours(void **state)
{
	(void)state;
	preset_is(K_PEER, "enabled", "true");
	preset_is(K_PEER, "ike_version", "1");
	preset_is(K_PEER, "exchange_mode", "main");
	preset_is(K_PEER, "local_id.type", "address");
	preset_is(K_PEER, "local_id.value", "");
	preset_is(K_PEER, "remote_id.type", "address");
	preset_is(K_PEER, "remote_address", "");
	preset_is(K_PEER, "auth.local", "psk");
	preset_is(K_PEER, "auth.remote", "psk");
	preset_is(K_PEER, "nat_traversal", "auto");
	preset_is(K_PEER, "ike_proposals", "");
	preset_is(K_PEER, "dpd", "");
	preset_is(K_PEER, "keepalive.interval_seconds", "0");
	preset_is(K_PEER, "keepalive.timeout_seconds", "0");
	preset_is(K_PEER, "initial_contact", "true");
	preset_is(K_PEER, "unique", "replace");
	preset_is(K_PEER, "local_subnet_type", "single");
	preset_is(K_PEER, "children_follow_delete", "false");
	preset_is(K_PEER, "rekey_seconds", "0");
	preset_is(K_PEER, "reauth_seconds", "0");
	preset_is(K_PEER, "start_action", "none");
	preset_is(K_PEER, "ppk", "");
	preset_is(K_PEER, "ppk_required", "false");
	preset_is(K_PEER, "exceptions", "");
	preset_is(K_PEER, "labels", "");
	preset_is(K_TUNNEL, "enabled", "true");
	preset_is(K_TUNNEL, "mode", "tunnel");
	preset_is(K_TUNNEL, "start_action", "trap");
	preset_is(K_TUNNEL, "aggregation", "false");
	preset_is(K_TUNNEL, "lifetime_seconds", "0");
	preset_is(K_TUNNEL, "ts_expand", "true");
	preset_is(K_TUNNEL, "close_action", "none");
	preset_is(K_TUNNEL, "dpd_action", "clear");
	preset_is(K_TUNNEL, "rekey_seconds", "0");
	preset_is(K_TUNNEL, "rekey_kilobytes", "0");
	preset_is(K_TUNNEL, "if_id", "0");
	preset_is(K_TUNNEL, "mark", "0x00000000");
	preset_is(K_TUNNEL, "data_plane", "auto");
	preset_is(K_TUNNEL, "reverse_route", "false");
	preset_is(K_IKE_PROPOSAL, "ike_version", "1");
	preset_is(K_IKE_PROPOSAL, "prf_algorithm", "auto");
	preset_is(K_IKE_PROPOSAL, "additional_key_exchanges", "");
	preset_is(K_IKE_PROPOSAL, "authentication_method", "psk");
	preset_is(K_IKE_PROPOSAL, "lifetime_seconds", "86400");
	preset_is(K_IKE_PROPOSAL, "key_length", "0");
	preset_is(K_IKE_PROPOSAL, "system", "true");
	preset_is(K_IKE_PROPOSAL, "allow_weak", "false");
	preset_is(K_IPSEC_PROPOSAL, "protocol", "esp");
	preset_is(K_IPSEC_PROPOSAL, "pfs_group", "none");
	preset_is(K_IPSEC_PROPOSAL, "lifetime_kilobytes", "0");
	preset_is(K_DPD_PROFILE, "interval_seconds", "10");
	preset_is(K_DPD_PROFILE, "retry_seconds", "5");
	preset_is(K_DPD_PROFILE, "max_failures", "3");
	preset_is(K_SETTINGS_IKE, "nat_keepalive_seconds", "20");
	preset_is(K_SETTINGS_IKE, "next_payload_check", "true");
	preset_is(K_SETTINGS_IKE, "comware_default_proposal", "false");
	preset_is(K_SETTINGS_IKE, "half_open_limit", "32768");
	preset_is(K_SETTINGS_IKE, "half_open_per_address", "8");
	preset_is(K_SETTINGS_KEEPALIVE, "interval_seconds", "0");
	preset_is(K_SETTINGS_KEEPALIVE, "timeout_seconds", "0");
	preset_is(K_SETTINGS_KEEPALIVE, "tag_first", "true");
	preset_is(K_SETTINGS_KEEPALIVE, "notify_type", "40503");
	preset_is(K_SETTINGS_IPSEC, "lifetime_seconds", "3600");
	preset_is(K_SETTINGS_IPSEC, "lifetime_kilobytes", "1843200");
	preset_is(K_SETTINGS_IPSEC, "anti_replay", "true");
	preset_is(K_SETTINGS_IPSEC, "anti_replay_window", "32");
	preset_is(K_SETTINGS_IPSEC, "session_idle_seconds", "300");
	preset_is(K_SETTINGS_IPSEC, "decrypt_check", "true");
	preset_is(K_SETTINGS_IPSEC, "invalid_spi_recovery", "false");
	preset_is(K_SETTINGS_IPSEC, "data_plane", "auto");
	preset_is(K_SETTINGS_API, "listen_address", "127.0.0.1");
	preset_is(K_SETTINGS_API, "port", "8443");
	preset_is(K_SETTINGS_SNMP, "mode", "off");
	preset_is(K_SETTINGS_SNMP, "listen_address", "127.0.0.1");
	preset_is(K_SETTINGS_SNMP, "port", "1161");
	preset_is(K_SECRET, "type", "psk");
}

static void edge(enum kind k, const char *name, uint64_t low, uint64_t high)
{
	const struct field *fl = member(k, name);
	own(record) r = record_new(k);

	if (field_set_uint(fl, r, low, NULL) != R_OK || field_set_uint(fl, r, high, NULL) != R_OK)
		fail_msg("%s.%s refuses %llu or %llu", kind_row(k)->path, name,
			 (unsigned long long)low, (unsigned long long)high);
	if (!(low == 1 && fl->flags & FF_ZERO) && field_set_uint(fl, r, low - 1, NULL) == R_OK)
		fail_msg("%s.%s takes %llu", kind_row(k)->path, name, (unsigned long long)low - 1);
	if (field_set_uint(fl, r, high + 1, NULL) == R_OK)
		fail_msg("%s.%s takes %llu", kind_row(k)->path, name, (unsigned long long)high + 1);
	assert_true(field_uint(fl, r) == high);
}

static void zero(enum kind k, const char *name, enum reason want)
{
	own(record) r = record_new(k);

	assert_int_equal(field_set_uint(member(k, name), r, 0, NULL), want);
}

static void ranges_end_where_the_manual_says(void **state)
{
	(void)state;
	edge(K_SETTINGS_KEEPALIVE, "interval_seconds", 20, 28800);
	edge(K_SETTINGS_KEEPALIVE, "timeout_seconds", 20, 28800);
	edge(K_SETTINGS_KEEPALIVE, "notify_type", 32768, 40959);
	edge(K_PEER, "keepalive.interval_seconds", 20, 28800);
	edge(K_PEER, "keepalive.timeout_seconds", 20, 28800);
	edge(K_PEER, "nat_keepalive_seconds", 5, 300);
	edge(K_PEER, "rekey_seconds", 60, 604800);
	edge(K_PEER, "reauth_seconds", 60, 604800);
	edge(K_TUNNEL, "rekey_seconds", 60, 604800);
	edge(K_TUNNEL, "rekey_kilobytes", 2560, 4294967295);
	edge(K_TUNNEL, "if_id", 1, 4294967295);
	edge(K_TUNNEL, "mark", 1, 4294967295);
	edge(K_SETTINGS_IPSEC, "anti_replay_window", 32, 1024);
	edge(K_SETTINGS_IKE, "nat_keepalive_seconds", 5, 300);
	edge(K_IKE_PROPOSAL, "number", 1, 65535);
	edge(K_IKE_PROPOSAL, "lifetime_seconds", 60, 604800);
	edge(K_IPSEC_PROPOSAL, "lifetime_seconds", 180, 604800);
	edge(K_IPSEC_PROPOSAL, "lifetime_kilobytes", 2560, 4294967295);
	edge(K_TUNNEL, "sequence", 1, 65535);
	edge(K_TUNNEL, "lifetime_seconds", 180, 604800);
	edge(K_TUNNEL, "lifetime_kilobytes", 2560, 4294967295);
	edge(K_SETTINGS_IPSEC, "lifetime_seconds", 180, 604800);
	edge(K_SETTINGS_IPSEC, "lifetime_kilobytes", 2560, 4294967295);
	edge(K_SETTINGS_IPSEC, "session_idle_seconds", 60, 3600);
	edge(K_DPD_PROFILE, "interval_seconds", 1, 300);
	edge(K_DPD_PROFILE, "retry_seconds", 1, 60);
	edge(K_SETTINGS_API, "port", 1, 65535);
	zero(K_SETTINGS_KEEPALIVE, "interval_seconds", R_OK);
	zero(K_SETTINGS_KEEPALIVE, "timeout_seconds", R_OK);
	zero(K_PEER, "nat_keepalive_seconds", R_OK);
	zero(K_PEER, "rekey_seconds", R_OK);
	zero(K_PEER, "reauth_seconds", R_OK);
	zero(K_TUNNEL, "rekey_seconds", R_OK);
	zero(K_TUNNEL, "rekey_kilobytes", R_OK);
	zero(K_TUNNEL, "if_id", R_OK);
	zero(K_TUNNEL, "mark", R_OK);
	zero(K_SETTINGS_IPSEC, "anti_replay_window", R_INVALID);
	zero(K_TUNNEL, "lifetime_seconds", R_OK);
	zero(K_TUNNEL, "lifetime_kilobytes", R_OK);
	zero(K_IPSEC_PROPOSAL, "lifetime_seconds", R_OK);
	zero(K_IPSEC_PROPOSAL, "key_length", R_OK);
	zero(K_IKE_PROPOSAL, "number", R_INVALID);
	zero(K_IKE_PROPOSAL, "lifetime_seconds", R_INVALID);
	zero(K_SETTINGS_IPSEC, "lifetime_seconds", R_INVALID);
	zero(K_SETTINGS_IKE, "nat_keepalive_seconds", R_INVALID);
	zero(K_DPD_PROFILE, "interval_seconds", R_INVALID);
}

static void lists_have_the_manuals_length(void **state)
{
	(void)state;
	assert_int_equal(member(K_PEER, "ike_proposals")->many, 6);
	assert_int_equal(member(K_TUNNEL, "ipsec_proposals")->many, 6);
	assert_int_equal(member(K_TUNNEL, "local_ts")->many, TUNNEL_TS);
	assert_int_equal(member(K_SETTINGS_SNMP, "trap_targets")->many, 4);
	assert_int_equal(member(K_PEER, "labels")->many, 8);
	assert_int_equal(member(K_PEER, "exceptions")->many, 8);
	assert_int_equal(member(K_IKE_PROPOSAL, "additional_key_exchanges")->many, 7);
}

static void impact_is(enum kind k, const char *name, enum impact want)
{
	if (member(k, name)->impact != want)
		fail_msg("%s.%s: %s", kind_row(k)->path, name,
			 impact_word(member(k, name)->impact));
}

static void impacts_are_as_agreed(void **state)
{
	static const char *const of_ike[] = {
		"enabled",        "exchange_mode",  "ike_version",
		"local_address",  "local_id.type",  "local_id.value",
		"remote_address", "remote_id.type", "remote_id.value",
		"auth.local",     "auth.remote",    "psk",
		"ike_proposals",  "nat_traversal",  "ppk",
		"ppk_required",
	};
	static const char *const of_child[] = {
		"enabled",     "peer",
		"mode",        "local_ts",
		"remote_ts",   "ipsec_proposals",
		"aggregation", "sha2_256_truncation_96",
		"ts_expand",   "if_id",
		"mark",        "data_plane",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_ike); i++)
		impact_is(K_PEER, of_ike[i], IMPACT_IKE);
	for (size_t i = 0; i < COUNT_OF(of_child); i++)
		impact_is(K_TUNNEL, of_child[i], IMPACT_CHILD);
	impact_is(K_PEER, "description", IMPACT_NONE);
	impact_is(K_PEER, "dpd", IMPACT_NONE);
	impact_is(K_PEER, "keepalive.timeout_seconds", IMPACT_NONE);
	impact_is(K_PEER, "initial_contact", IMPACT_NEXT);
	impact_is(K_PEER, "rekey_seconds", IMPACT_NEXT);
	impact_is(K_PEER, "reauth_seconds", IMPACT_NEXT);
	impact_is(K_PEER, "exceptions", IMPACT_NONE);
	impact_is(K_PEER, "start_action", IMPACT_NONE);
	impact_is(K_PEER, "labels", IMPACT_NONE);
	impact_is(K_TUNNEL, "rekey_seconds", IMPACT_NEXT);
	impact_is(K_TUNNEL, "rekey_kilobytes", IMPACT_NEXT);
	impact_is(K_TUNNEL, "close_action", IMPACT_NONE);
	impact_is(K_TUNNEL, "dpd_action", IMPACT_NONE);
	impact_is(K_TUNNEL, "reverse_route", IMPACT_NONE);
	impact_is(K_IKE_PROPOSAL, "ike_version", IMPACT_IKE);
	impact_is(K_IKE_PROPOSAL, "prf_algorithm", IMPACT_IKE);
	impact_is(K_IKE_PROPOSAL, "additional_key_exchanges", IMPACT_IKE);
	impact_is(K_TUNNEL, "lifetime_seconds", IMPACT_CHILD);
	impact_is(K_TUNNEL, "start_action", IMPACT_NONE);
	impact_is(K_IKE_PROPOSAL, "encryption_algorithm", IMPACT_IKE);
	impact_is(K_IKE_PROPOSAL, "dh_group", IMPACT_IKE);
	impact_is(K_IKE_PROPOSAL, "lifetime_seconds", IMPACT_IKE);
	impact_is(K_IPSEC_PROPOSAL, "lifetime_seconds", IMPACT_CHILD);
	impact_is(K_IPSEC_PROPOSAL, "lifetime_kilobytes", IMPACT_CHILD);
	impact_is(K_SETTINGS_IPSEC, "lifetime_seconds", IMPACT_NEXT);
	for (const struct field *fl = dpd_profile_fields; fl->name; fl++)
		assert_int_equal(fl->impact, IMPACT_NONE);
	for (const struct field *fl = settings_keepalive_fields; fl->name; fl++)
		assert_int_equal(fl->impact, IMPACT_NONE);
	impact_is(K_IPSEC_PROPOSAL, "integrity_algorithm", IMPACT_CHILD);
	impact_is(K_IPSEC_PROPOSAL, "pfs_group", IMPACT_CHILD);
	impact_is(K_SECRET, "value", IMPACT_IKE);
	impact_is(K_SECRET, "description", IMPACT_NONE);
	impact_is(K_SETTINGS_IPSEC, "anti_replay_window", IMPACT_NEXT);
	impact_is(K_SETTINGS_LOGGING, "level", IMPACT_NONE);
}

static void later_is(enum kind k, const char *name, bool want)
{
	if (((member(k, name)->flags & FF_LATER) != 0) != want)
		fail_msg("%s.%s", kind_row(k)->path, name);
}

/* Whoever makes one of these work takes its flag away, and its line here. */
static void what_has_no_effect_yet_says_so(void **state)
{
	static const char *const of_peers[] = {
		"ike_version",   "local_subnet_type", "remote_subnet_type", "vpn_instance",
		"rekey_seconds", "reauth_seconds",    "start_action",       "ppk",
		"ppk_required",
	};
	static const char *const of_tunnels[] = {
		"interface",       "ts_expand", "close_action", "dpd_action", "rekey_seconds",
		"rekey_kilobytes", "if_id",     "mark",         "data_plane", "reverse_route",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_peers); i++)
		later_is(K_PEER, of_peers[i], true);
	later_is(K_PEER, "psk", false);
	later_is(K_PEER, "exceptions", false);
	later_is(K_PEER, "exchange_mode", false);
	later_is(K_PEER, "auth.local", false);
	later_is(K_PEER, "auth.remote", false);
	later_is(K_PEER, "certificate", false);
	later_is(K_PEER, "certificate_domain", false);
	later_is(K_SETTINGS_IKE, "local_name", false);
	later_is(K_PEER, "nat_traversal", false);
	later_is(K_PEER, "unique", false);
	later_is(K_PEER, "fragmentation", false);
	later_is(K_PEER, "dpd", false);
	later_is(K_PEER, "nat_keepalive_seconds", false);
	later_is(K_PEER, "keepalive.timeout_seconds", false);
	for (size_t i = 0; i < COUNT_OF(of_tunnels); i++)
		later_is(K_TUNNEL, of_tunnels[i], true);
	later_is(K_TUNNEL, "from_template", false);
	later_is(K_TUNNEL, "aggregation", false);
	later_is(K_TUNNEL, "start_action", false);
	later_is(K_IKE_PROPOSAL, "authentication_method", false);
	later_is(K_IKE_PROPOSAL, "ike_version", true);
	later_is(K_IKE_PROPOSAL, "prf_algorithm", true);
	later_is(K_IKE_PROPOSAL, "additional_key_exchanges", true);
	later_is(K_IPSEC_PROPOSAL, "protocol", true);
	later_is(K_IPSEC_PROPOSAL, "esn", true);
	later_is(K_SETTINGS_IKE, "nat_keepalive_seconds", false);
	for (const struct field *fl = settings_keepalive_fields; fl->name; fl++)
		later_is(K_SETTINGS_KEEPALIVE, fl->name, false);
	later_is(K_SETTINGS_IPSEC, "invalid_spi_recovery", false);
	later_is(K_SETTINGS_IPSEC, "decrypt_check", false);
	later_is(K_SETTINGS_IPSEC, "session_idle_seconds", false);
	later_is(K_SETTINGS_IPSEC, "anti_replay_window", false);
	later_is(K_SETTINGS_IKE, "next_payload_check", false);
	for (const struct field *fl = dpd_profile_fields + 1; fl->name; fl++)
		later_is(K_DPD_PROFILE, fl->name, false);
}

/* ---- words ---- */

static void takes(enum kind k, const char *name, const char *words)
{
	struct text t;

	text_init(&t, 0);
	for (const struct name *n = member(k, name)->names; n->word; n++)
		text_add(&t, "%s%s", t.n ? "|" : "", n->word);
	assert_string_equal(t.at, words);
	text_done(&t);
}

static void choices_have_the_words_agreed_on(void **state)
{
	(void)state;
	takes(K_PEER, "start_action", "none|trap|start");
	takes(K_TUNNEL, "start_action", "none|trap|start");
	takes(K_TUNNEL, "close_action", "none|clear|trap|start");
	takes(K_TUNNEL, "dpd_action", "clear|trap|restart");
	takes(K_DPD_PROFILE, "action", "clear|trap|restart");
	takes(K_TUNNEL, "data_plane", "auto|xfrm|userspace");
	takes(K_PEER, "ike_version", "1|2|auto");
	takes(K_IKE_PROPOSAL, "ike_version", "1|2|auto");
	takes(K_SECRET, "type", "psk|passphrase|ppk|xauth|eap|key_passphrase|ipsec_keys");
}

static void words_fit(enum kind k, const char *name, const struct field *rows, const char *shown)
{
	const struct field *view = field_find(rows, shown);

	assert_non_null(view);
	for (const struct name *n = member(k, name)->names; n->word; n++)
		assert_string_equal(name_of(view->names, n->value), n->word);
}

static void records_and_the_picture_use_the_same_words(void **state)
{
	(void)state;
	words_fit(K_PEER, "exchange_mode", ike_sa_row_fields, "exchange_mode");
	words_fit(K_PEER, "local_id.type", ike_sa_row_fields, "local_id_type");
	words_fit(K_IKE_PROPOSAL, "encryption_algorithm", ike_sa_row_fields,
		  "encryption_algorithm");
	words_fit(K_IKE_PROPOSAL, "integrity_algorithm", ike_sa_row_fields, "integrity_algorithm");
	words_fit(K_IKE_PROPOSAL, "dh_group", ike_sa_row_fields, "dh_group");
	words_fit(K_IKE_PROPOSAL, "authentication_method", ike_sa_row_fields,
		  "authentication_method");
	words_fit(K_IPSEC_PROPOSAL, "encryption_algorithm", child_row_fields,
		  "encryption_algorithm");
	words_fit(K_IPSEC_PROPOSAL, "pfs_group", child_row_fields, "dh_group");
	words_fit(K_TUNNEL, "mode", child_row_fields, "mode");
}

static void ike_takes_exactly_the_ciphers_that_have_a_number_there(void **state)
{
	const struct name *ike = member(K_IKE_PROPOSAL, "encryption_algorithm")->names;
	const struct name *ipsec = member(K_IPSEC_PROPOSAL, "encryption_algorithm")->names;
	int value;

	(void)state;
	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		assert_int_equal(name_find(ike, row->name, &value), row->v1_ike != 0);
		assert_true(name_find(ipsec, row->name, &value) && value == e);
	}
	assert_false(name_find(ipsec, "none", &value));
	assert_false(name_find(member(K_IKE_PROPOSAL, "dh_group")->names, "none", &value));
}

/* ---- suites ---- */

static void suites_have_their_key_length_resolved(void **state)
{
	own(record) a = record_new(K_IKE_PROPOSAL);
	own(record) b = record_new(K_IPSEC_PROPOSAL);
	struct ike_proposal *p = (void *)a;
	struct ipsec_proposal *q = (void *)b;
	char text[SUITE_TEXT];

	(void)state;
	struct ike_suite s = ike_proposal_suite(p);
	assert_int_equal(s.key_bits, 128);
	assert_string_equal(ike_suite_text(&s, text), "aes-cbc-128/sha256/modp2048/psk");
	p->key_length = 256;
	p->integrity_algorithm = INTEG_SHA384;
	p->dh_group = GROUP_X25519;
	s = ike_proposal_suite(p);
	assert_int_equal(s.key_bits, 256);
	assert_string_equal(ike_suite_text(&s, text), "aes-cbc-256/sha384/x25519/psk");

	struct esp_suite e = ipsec_proposal_suite(q, true);
	assert_int_equal(e.key_bits, 128);
	assert_true(e.truncate_96);
	q->integrity_algorithm = INTEG_SHA512;
	assert_false(ipsec_proposal_suite(q, true).truncate_96); /* only SHA-256 was ever cut so */
	q->encryption_algorithm = ENCR_TDES;
	assert_int_equal(ipsec_proposal_suite(q, false).key_bits, 192);
	q->encryption_algorithm = ENCR_NULL;
	assert_int_equal(ipsec_proposal_suite(q, false).key_bits, 0);
	q->encryption_algorithm = ENCR_AES_GCM;
	q->key_length = 192;
	q->integrity_algorithm = INTEG_NONE;
	e = ipsec_proposal_suite(q, false);
	assert_int_equal(e.key_bits, 192);
	assert_int_equal(esp_suite_key_octets(&e), 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(every_preset_passes_its_own_check),
		cmocka_unit_test(members_of_one_object_stand_together),
		cmocka_unit_test(every_member_has_a_row),
		cmocka_unit_test(presets_are_those_of_the_manual_and_ours),
		cmocka_unit_test(ranges_end_where_the_manual_says),
		cmocka_unit_test(lists_have_the_manuals_length),
		cmocka_unit_test(impacts_are_as_agreed),
		cmocka_unit_test(what_has_no_effect_yet_says_so),
		cmocka_unit_test(choices_have_the_words_agreed_on),
		cmocka_unit_test(records_and_the_picture_use_the_same_words),
		cmocka_unit_test(ike_takes_exactly_the_ciphers_that_have_a_number_there),
		cmocka_unit_test(suites_have_their_key_length_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
