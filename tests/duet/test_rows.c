/* test_rows.c - the manual's scenarios about modes, proposals, identities and templates, by their names
 *
 * A1 .. A9, F6 and G1 .. G3 of the manual's list. What is refused when a record is saved (A6, A8, G1, G3)
 * is a rule: tests/unit/model/test_rules.c provokes each, and here the same words are asked of
 * the rules.
 */
#include "tests/duet/play.h"

#include "core/model/rules.h"
#include "core/wire/writer.h"

/* The rule that refuses (or, with `warned`, remarks on) these edits of A. */
static bool is_refused(struct duet *d, const char *rule, bool warned, const char *edits)
{
	const struct config *before = config_ref(d->side[A].config);
	struct faults errors = { 0 }, warnings = { 0 };
	bool said = false;

	duet_edit(d, A, edits);
	struct edit list[8] = { 0 };
	size_t n = 0;
	for (enum kind k = 0; k < K_COUNT; k++) {
		for (size_t i = 0; i < config_count(d->side[A].config, k) && n < 8; i++) {
			const struct record *rec = config_at(d->side[A].config, k, i);

			if (config_find(before, k, rec->name) == rec)
				continue;
			list[n] = (struct edit){ .op = EDIT_PUT,
						 .kind = k,
						 .rec = (struct record *)(uintptr_t)rec };
			memcpy(list[n++].name, rec->name, sizeof(rec->name));
		}
	}
	rules_check(before, d->side[A].config, list, n, &errors, &warnings);
	const struct faults *all = warned ? &warnings : &errors;
	for (size_t i = 0; i < all->n; i++)
		said |= strcmp(all->at[i].rule, rule) == 0;
	config_unref(before);
	return said;
}

static void suite_is(struct duet *d, const char *proposal, const char *text, uint32_t lifetime)
{
	for (enum side s = A; s <= B; s++) {
		struct ike_sa_row row;

		assert_true(duet_ike(d, s, 0, &row));
		if (s == A)
			assert_string_equal(row.proposal_name, proposal);
		if (!strstr(row.proposal, text))
			assert_string_equal(row.proposal, text);
		if (lifetime)
			assert_int_equal(row.lifetime_seconds, lifetime);
	}
}

/* The manual's first example: A has a proposal of its own with MD5, B none; both have the default. */
static void row_a1(void **state)
{
	own(duet) d = duet_new("main psk esp des-cbc/sha1 tunnel");
	struct ike_sa_row a, b;

	(void)state;
	duet_edit_both(d, "settings/ike ike comware_default_proposal=true");
	duet_edit(d, A,
		  "peers p ike_proposals=;ike-proposals i1 integrity_algorithm=md5 "
		  "encryption_algorithm=des-cbc key_length=0 dh_group=modp768 "
		  "lifetime_seconds=5000");
	duet_edit(d, B, "peers p ike_proposals=;-ike-proposals i1");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	suite_is(d, "default", "des-cbc/sha1/modp768", 86400);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_string_equal(a.flags_text, "RD|ST");
	assert_string_equal(b.flags_text, "RD");
	assert_int_equal(duet_ike_sas(d, A), 1);
	assert_int_equal(duet_pairs(d, A), 1);
}

#define TWENTY                                                                 \
	"encryption_algorithm=3des-cbc key_length=0 integrity_algorithm=sha1 " \
	"dh_group=modp1024 allow_weak=true"

static void row_a2(void **state)
{
	own(duet) d = duet_new("");
	struct ike_sa_row b;

	(void)state;
	duet_edit(d, A,
		  "peers p ike_proposals=;ike-proposals i1 integrity_algorithm=md5;"
		  "ike-proposals i20 number=20 lifetime_seconds=5000 " TWENTY);
	duet_edit(d, B,
		  "peers p ike_proposals=;-ike-proposals i1;"
		  "ike-proposals i5 number=5 lifetime_seconds=86400 " TWENTY);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	suite_is(d, "i20", "3des-cbc/sha1/modp1024", 5000);
	assert_true(duet_ike(d, B, 0, &b));
	assert_string_equal(b.proposal_name, "i5");
}

/* A's peer lists only 10, but both of A's are in its system view; B knows only 20. */
static struct duet *only_ten(void)
{
	struct duet *d = duet_new("");

	duet_edit(d, A, "peers p ike_proposals=i1;ike-proposals i20 number=20 " TWENTY);
	duet_edit(
		d, B,
		"-ike-proposals i1;peers p ike_proposals=i20;ike-proposals i20 number=20 " TWENTY);
	return d;
}

static void row_a3(void **state)
{
	own(duet) d = only_ten();

	(void)state;
	duet_initiate(d, B, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	suite_is(d, "i20", "3des-cbc/sha1/modp1024", 0);
}

static void row_a4(void **state)
{
	own(duet) d = only_ten();

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 90); /* what it is asked afterwards is half open at B for a while */
	assert_clean(d);
	assert_verdict(d, A, 2, R_NO_PROPOSAL, SIDE_REMOTE, "encryption_algorithm");
	assert_verdict(d, B, 2, R_NO_PROPOSAL, SIDE_LOCAL, "");
	assert_true(duet_counters(d, A).no_proposal_failures >= 1);
	assert_true(duet_counters(d, B).no_proposal_failures >= 1);
}

/* The responder takes whatever mode the initiator uses. */
static void row_a5(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new("");
		struct ike_sa_row row;

		duet_edit(d, B, "peers p exchange_mode=aggressive");
		duet_initiate(d, who, "t1");
		duet_run_s(d, 10);
		assert_up(d);
		for (enum side s = A; s <= B; s++) {
			assert_true(duet_ike(d, s, 0, &row));
			assert_int_equal(row.exchange_mode, who == A ? MODE_MAIN : MODE_AGGRESSIVE);
		}
	}
}

static void row_a6(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	assert_true(is_refused(d, "peer.main_mode_psk_id", false,
			       "peers p local_id.type=fqdn local_id.value=branch"));
}

static void row_a7(void **state)
{
	own(duet) d = duet_new("aggressive");

	(void)state;
	duet_edit(d, A, "peers p local_id.type=fqdn local_id.value=Branch");
	duet_edit(d, B, "peers p remote_id.type=fqdn remote_name=branch");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 60);
	assert_clean(d);
	assert_verdict(d, B, 4, R_BAD_ID, SIDE_LOCAL, "remote_id");
	assert_true(duet_counters(d, B).id_failures >= 1);
	duet_edit(d, A, "peers p local_id.value=branch");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 60);
	assert_up(d);
}

static void row_a8(void **state)
{
	(void)state;
	own(duet) d = duet_new("aggressive");
	assert_true(is_refused(d, "peer.fqdn_no_at", false,
			       "peers p local_id.type=fqdn local_id.value=me@branch"));
	own(duet) e = duet_new("aggressive");
	assert_true(is_refused(e, "peer.user_fqdn_needs_at", false,
			       "peers p local_id.type=user_fqdn local_id.value=branch"));
}

/* The manual's second example: a branch behind a NAT calls the centre, which knows its name alone. */
static struct duet *branch_and_centre(void)
{
	struct duet *d = duet_new("aggressive");

	line_nat(d, A, "203.0.113.7");
	duet_edit(d, A,
		  "peers p local_id.type=fqdn local_id.value=branch remote_id.type=fqdn "
		  "remote_name=center");
	duet_edit(d, B,
		  "peers p local_id.type=fqdn local_id.value=center remote_id.type=fqdn "
		  "remote_name=branch remote_address=");
	return d;
}

static void row_a9(void **state)
{
	own(duet) d = branch_and_centre();
	struct ike_sa_row a, b;
	struct child_row c;
	struct fault f = { 0 };
	uint64_t id;

	(void)state;
	/* only the branch can start */
	assert_int_not_equal(duet_try(d, B, "t1", &id, &f), R_OK);
	assert_string_equal(f.field, "/remote_address");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_int_equal(a.remote_port, 4500);
	assert_int_equal(b.local_port, 4500);
	assert_true(a.nat_local && !a.nat_remote);
	assert_true(b.nat_remote && !b.nat_local);
	assert_string_equal(b.instance, "p@203.0.113.7");
	for (enum side s = A; s <= B; s++) {
		assert_true(duet_child(d, s, 0, &c));
		assert_true(c.encap);
	}
	assert_int_equal(duet_traffic(d, 10), 20);
}

/* A caller of a peer that stands for several is reset alone, by its name. */
static void row_a9_each_instance_is_reset_alone(void **state)
{
	own(duet) d = duet_new("aggressive tunnels 2");
	struct reset_ask ask = { .scope = RESET_PEER,
				 .level = LEVEL_BOTH,
				 .reinitiate = REINITIATE_NEVER,
				 .notify_peer = true,
				 .why = R_OPERATOR_RESET };
	struct ike_sa_row row[2];

	(void)state;
	/* A is two branches, which differ in name; B's peers are known by them */
	duet_edit(d, A,
		  "peers p local_id.type=key_id local_id.value=one;"
		  "peers q remote_address=198.51.100.2 psk=k exchange_mode=aggressive "
		  "ike_proposals=i1 local_id.type=key_id local_id.value=two;tunnels t2 peer=q");
	duet_edit(d, B,
		  "peers p remote_address=any remote_id.type=key_id remote_id.value=one;"
		  "peers q remote_address=any remote_id.type=key_id remote_id.value=two psk=k "
		  "exchange_mode=aggressive;tunnels t2 peer=q");
	duet_initiate(d, A, "t1");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_ike_sas(d, B), 2);
	assert_true(duet_ike(d, B, 0, &row[0]) && duet_ike(d, B, 1, &row[1]));
	assert_string_not_equal(row[0].instance, row[1].instance);
	snprintf(ask.name, sizeof(ask.name), "%s", row[1].instance);
	assert_int_equal(duet_reset(d, B, &ask, NULL, 0).n, 2);
	duet_run_s(d, 5);
	assert_int_equal(duet_ike_sas(d, B), 1);
	assert_int_equal(duet_ike_sas(d, A), 1);
	assert_true(duet_ike(d, B, 0, &row[1]));
	assert_string_equal(row[0].instance, row[1].instance);
}

/* NAT traversal at one end alone: no encapsulation, and the end that can see it says what is wrong. */
static void row_a10(void **state)
{
	(void)state;
	for (enum side without = A; without <= B; without++) {
		own(duet) d = branch_and_centre();
		own(duet) direct = duet_new("");
		const char *edit = "peers p nat_traversal=off";

		duet_edit(d, without, edit);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_non_null(strstr(duet_last_heard(d, B, EVT_IKE_UP)->text,
				       "NAT traversal is not on at both ends"));
		assert_false(recording_at(d->side[A].plane, 0)->sa.udp_encap);
		/* nothing of the kind without a NAT */
		duet_edit(direct, without, edit);
		duet_initiate(direct, A, "t1");
		duet_run_s(direct, 5);
		assert_up(direct);
		for (enum side s = A; s <= B; s++)
			assert_null(strstr(duet_last_heard(direct, s, EVT_IKE_UP)->text, "NAT"));
	}
}

/* Warned of when saved, and no error. */
static void row_b3_b4(void **state)
{
	static const char *const rules[] = { "keepalive.timeout_over_interval",
					     "keepalive.peer_must_send" };
	static const char edit[] =
		"settings/keepalive keepalive interval_seconds=60 timeout_seconds=60";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		own(duet) d = duet_new("");
		own(duet) e = duet_new("");

		assert_true(is_refused(d, rules[i], true, edit));
		assert_false(is_refused(e, rules[i], false, edit));
	}
	own(duet) quiet = duet_new("");
	assert_false(is_refused(quiet, rules[0], true,
				"settings/keepalive keepalive interval_seconds=20 "
				"timeout_seconds=60"));
}

static void row_g1(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	assert_true(is_refused(d, "tunnel.template_last", false,
			       "tunnels t0 peer=p sequence=1 from_template=true start_action=none "
			       "local_ts=10.1.0.0/16 remote_ts=10.2.0.0/16 ipsec_proposals=e1"));
}

#define TEMPLATE                                                               \
	"tunnels t9 peer=p sequence=900 from_template=true start_action=trap " \
	"local_ts=10.2.0.0/16 remote_ts=10.1.0.0/16 ipsec_proposals=e1"

/* Neither traffic nor a person nor a lost pair makes a template start. */
static void row_g2(void **state)
{
	own(duet) d = duet_new("aggressive");
	struct tunnel_row t;
	struct fault f = { 0 };
	uint64_t id;

	(void)state;
	duet_edit(d, B, "-tunnels t1;" TEMPLATE);
	for (uint32_t flow = 1; flow < 20; flow++)
		engine_acquire(d->side[B].engine, d->now, flow);
	duet_run_s(d, 10);
	assert_int_equal(d->line.sent[B_TO_A], 0);
	assert_int_equal(duet_try(d, B, "t9", &id, &f), R_INVALID);
	assert_string_equal(f.field, "/from_template");
	assert_true(duet_tunnel(d, B, "t9", &t));
	duet_run_s(d, 100);
	assert_int_equal(d->line.sent[B_TO_A], 0);
}

/* Callers of a template get what they ask for, as far as it lies within; two side by side. */
static void row_g2_callers_narrow_a_template(void **state)
{
	own(duet) d = duet_new("aggressive tunnels 2");
	struct child_row c[2];

	(void)state;
	duet_edit(d, B, "-tunnels t1;-tunnels t2;" TEMPLATE);
	duet_initiate(d, A, "t1");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_pairs(d, B), 2);
	assert_true(duet_child(d, B, 0, &c[0]) && duet_child(d, B, 1, &c[1]));
	assert_string_equal(c[0].tunnel, "t9");
	assert_string_equal(c[1].tunnel, "t9");
	assert_string_not_equal(c[0].remote_ts, c[1].remote_ts);
	assert_int_equal(duet_traffic(d, 5), 2 * 5 * 2);
	/* what lies outside is refused */
	duet_edit(d, A,
		  "tunnels t3 peer=p sequence=30 local_ts=10.77.0.0/24 remote_ts=10.2.3.0/24 "
		  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, A, "t3");
	duet_run_s(d, 10);
	assert_verdict(d, B, 32, R_NO_TUNNEL, SIDE_LOCAL, "");
	assert_int_equal(duet_pairs(d, B), 2);
}

/* A template comes after the direct tunnels of its peer: the direct one has its caller. */
static void row_g2_a_direct_tunnel_comes_first(void **state)
{
	own(duet) d = duet_new("aggressive");
	struct child_row c;

	(void)state;
	duet_edit(d, B, TEMPLATE);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_child(d, B, 0, &c));
	assert_string_equal(c.tunnel, "t1");
}

/* What the manual calls a policy's mode: how its keys are made, and whether it is from a template. */
static void row_g3(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	assert_true(is_refused(d, "tunnel.template_never_starts", false,
			       "tunnels t1 from_template=true start_action=start"));
	assert_true(is_refused(d, "tunnel.keying_fixed", false, "tunnels t1 keying=manual"));
}

static bool names_one_more; /* in the last payload of phase 2 */

struct slice __wrap_writer_chain(struct writer *w, size_t offset);
struct slice __real_writer_chain(struct writer *w, size_t offset);

struct slice __wrap_writer_chain(struct writer *w, size_t offset)
{
	if (names_one_more)
		wr_patch_u8(&w->wr, w->next_at, 13);
	return __real_writer_chain(w, offset);
}

/* The last payload of an IPsec negotiation names a further one that is not there. */
static void row_f6(void **state)
{
	(void)state;
	for (int check = 0; check <= 1; check++) {
		own(duet) d = duet_new("");

		if (!check)
			duet_edit_both(d, "settings/ike ike next_payload_check=false");
		names_one_more = true;
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		names_one_more = false;
		assert_int_equal(duet_ike_sas(d, B), 1); /* phase 1 is as it should be */
		if (!check) {
			assert_up(d);
			continue;
		}
		assert_int_equal(duet_pairs(d, B), 0);
		duet_run_s(d, 200);
		assert_int_equal(duet_pairs(d, A), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_a1),
		cmocka_unit_test(row_a2),
		cmocka_unit_test(row_a3),
		cmocka_unit_test(row_a4),
		cmocka_unit_test(row_a5),
		cmocka_unit_test(row_a6),
		cmocka_unit_test(row_a7),
		cmocka_unit_test(row_a8),
		cmocka_unit_test(row_a9),
		cmocka_unit_test(row_a9_each_instance_is_reset_alone),
		cmocka_unit_test(row_f6),
		cmocka_unit_test(row_a10),
		cmocka_unit_test(row_b3_b4),
		cmocka_unit_test(row_g1),
		cmocka_unit_test(row_g2),
		cmocka_unit_test(row_g2_callers_narrow_a_template),
		cmocka_unit_test(row_g2_a_direct_tunnel_comes_first),
		cmocka_unit_test(row_g3),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
