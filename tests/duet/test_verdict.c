/* test_verdict.c - when two ends do not agree, both stories say why, whose fault, and where to look */
#include "tests/duet/play.h"

#include "core/wire/header.h"
#include "tests/duet/forge.h"

struct mismatch {
	const char *words; /* of both ends */
	const char *a, *b; /* edits of one end */
	int exchange;
	enum reason reason;
	const char *field; /* that B's story names */
	const char *field_a; /* A's, which asked B after the refusal; "": B cannot say */
};

static const struct mismatch mismatches[] = {
	{ "", NULL, "ike-proposals i1 encryption_algorithm=3des-cbc key_length=0", 2, R_NO_PROPOSAL,
	  "encryption_algorithm", "encryption_algorithm" },
	{ "", NULL, "ike-proposals i1 key_length=256", 2, R_NO_PROPOSAL, "key_length",
	  "key_length" },
	{ "", NULL, "ike-proposals i1 integrity_algorithm=sha512", 2, R_NO_PROPOSAL,
	  "integrity_algorithm", "integrity_algorithm" },
	{ "", NULL, "ike-proposals i1 dh_group=ecp384", 2, R_NO_PROPOSAL, "dh_group", "dh_group" },
	{ "", "secrets k value=another", NULL, 2, R_AUTH_FAILED, "psk", "" },
	{ "", NULL, "peers p remote_id.value=192.0.2.99", 2, R_BAD_ID, "remote_id", "" },
	{ "", NULL, "ipsec-proposals e1 encryption_algorithm=3des-cbc key_length=0", 32,
	  R_NO_PROPOSAL, "encryption_algorithm", "encryption_algorithm" },
	{ "", NULL, "ipsec-proposals e1 key_length=256", 32, R_NO_PROPOSAL, "key_length",
	  "key_length" },
	{ "", NULL, "ipsec-proposals e1 integrity_algorithm=sha512", 32, R_NO_PROPOSAL,
	  "integrity_algorithm", "integrity_algorithm" },
	{ "", NULL, "ipsec-proposals e1 encryption_algorithm=aes-gcm integrity_algorithm=none", 32,
	  R_NO_PROPOSAL, "encryption_algorithm", "encryption_algorithm" },
	{ "", NULL, "ipsec-proposals e1 pfs_group=x25519", 32, R_NO_PROPOSAL, "pfs_group",
	  "pfs_group" },
	{ "pfs x25519", NULL, "ipsec-proposals e1 pfs_group=none", 32, R_NO_PROPOSAL, "pfs_group",
	  "pfs_group" },
	{ "pfs x25519", NULL, "ipsec-proposals e1 pfs_group=ecp256", 32, R_NO_PROPOSAL, "pfs_group",
	  "pfs_group" },
	{ "", NULL, "tunnels t1 mode=transport", 32, R_NO_PROPOSAL, "mode", "mode" },
	{ "", "tunnels t1 local_ts=10.77.0.0/24", NULL, 32, R_NO_TUNNEL, "ts", "" },
	{ "", "tunnels t1 remote_ts=10.77.0.0/24", NULL, 32, R_NO_TUNNEL, "ts", "" },
	{ "", "tunnels t1 remote_ts=10.0.0.0/8", NULL, 32, R_NO_TUNNEL, "ts", "" },
	{ "", NULL, "tunnels t1 enabled=false", 32, R_NO_TUNNEL, "enabled", "" },
};

static void play_mismatch(const struct mismatch *m, char *say, size_t cap)
{
	own(duet) d = duet_new(m->words);
	struct story s;

	snprintf(say, cap, "A: %s B: %s", m->a ? m->a : "", m->b ? m->b : "");
	d->title = say;
	if (m->a)
		duet_edit(d, A, m->a);
	if (m->b)
		duet_edit(d, B, m->b);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 0);
	assert_no_pair(d);
	assert_verdict(d, B, m->exchange, m->reason, SIDE_LOCAL, m->field);
	assert_true(duet_story(d, B, m->exchange, &s));
	assert_true(*s.text);
	assert_true(*s.hint);
	if (m->reason == R_NO_PROPOSAL) {
		assert_true(*s.ours);
		assert_true(*s.theirs);
	}
	/* the initiator hears of it, or at least that nobody answered */
	assert_true(duet_story(d, A, m->exchange, &s));
	assert_int_equal(s.verdict, VERDICT_FAILED);
	assert_int_equal(s.side, SIDE_REMOTE);
	if (!strstr(s.field, m->field_a))
		duet_complain(d, "A names '%s': %s", s.field, s.text);
	assert_true(*s.text);
	assert_true(*s.hint);
	if (s.reason != m->reason && s.reason != R_NO_ANSWER && s.reason != R_PEER_REFUSED &&
	    s.reason != R_BAD_ID)
		duet_complain(d, "A says %s: %s", reason_slug(s.reason), s.text);
	if (m->reason == R_NO_PROPOSAL && s.reason != R_NO_PROPOSAL)
		duet_complain(d, "A does not know: %s: %s", reason_slug(s.reason), s.text);
	assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 1);
	assert_true(duet_heard(d, B, EVT_NEGO_FAILED) >= 1);
}

static void every_mismatch_is_named(void **state)
{
	char say[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(mismatches); i++)
		play_mismatch(&mismatches[i], say, sizeof(say));
}

static void a_wrong_key_is_told_once(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "secrets k value=another");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_no_pair(d);
	assert_int_equal(duet_heard(d, B, EVT_AUTH_FAILED), 1);
	assert_int_equal(duet_ike_sas(d, A) + duet_ike_sas(d, B), 0);
	/* it was put right: no grudge is held */
	duet_edit(d, A, "secrets k value=correct-horse");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
}

static void the_responder_is_somebody_else(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "peers p remote_id.value=198.51.100.99");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_int_equal(duet_pairs(d, A) + duet_pairs(d, B), 0);
	assert_verdict(d, A, 2, R_BAD_ID, SIDE_LOCAL, "remote_id");
	assert_int_equal(duet_ike_sas(d, A), 0);
	assert_int_equal(duet_ike_sas(d, B), 0);
}

static void nobody_knows_the_caller(void **state)
{
	own(duet) d = duet_new("");
	struct counter_row c;

	(void)state;
	duet_edit(d, B, "peers p remote_address=203.0.113.77");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
	c = duet_counters(d, B);
	assert_true(c.dropped_no_peer >= 1);
	assert_verdict(d, B, 2, R_NO_PEER, SIDE_LOCAL, "");
}

static void a_disabled_peer_is_nobody(void **state)
{
	own(duet) d = duet_new("");
	struct fault f = { 0 };
	uint64_t id = 0;

	(void)state;
	duet_edit(d, B, "peers p enabled=false");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
	assert_verdict(d, B, 2, R_NO_PEER, SIDE_LOCAL, "enabled");
	assert_int_not_equal(duet_try(d, B, "t1", &id, &f), R_OK);
	assert_true(*f.text);
}

static void a_secret_without_value(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new("");
		struct fault f = { 0 };
		uint64_t id = 0;

		duet_edit(d, who, "secrets none description=x; peers p psk=none");
		if (duet_try(d, A, "t1", &id, &f) == R_OK)
			duet_run_s(d, 120);
		assert_clean(d);
		if (f.reason == R_OK)
			assert_verdict(d, who, 2, R_NO_SECRET, SIDE_LOCAL, "psk");
	}
}

static void a_tunnel_nobody_has(void **state)
{
	own(duet) d = duet_new("");
	struct fault f = { 0 };
	uint64_t id = 0;

	(void)state;
	assert_int_equal(duet_try(d, A, "t9", &id, &f), R_NOT_FOUND);
	duet_edit(d, A, "tunnels t1 enabled=false");
	assert_int_not_equal(duet_try(d, A, "t1", &id, &f), R_OK);
	duet_edit(d, A, "tunnels t1 enabled=true; peers p remote_address=198.51.100.0/24");
	assert_int_not_equal(duet_try(d, A, "t1", &id, &f), R_OK);
	assert_true(*f.text);
}

/* One that initiates may ask for less than the responder has: it gets what it asked for. */
static void a_narrower_caller_is_served(void **state)
{
	own(duet) d = duet_new("");
	struct child_row c;

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.16/28");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_child(d, B, 0, &c));
	assert_string_equal(c.remote_ts, "10.1.1.16/28");
}

/* What fits in phase 1 but not in phase 2 leaves the IKE SA in peace. */
static void phase_1_outlives_a_bad_phase_2(void **state)
{
	own(duet) d = duet_new("tunnels 2");

	(void)state;
	duet_edit(d, B, "ipsec-proposals e2 key_length=256; tunnels t2 ipsec_proposals=e2");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	duet_initiate(d, A, "t2");
	duet_run_s(d, 30);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_verdict(d, A, 32, R_NO_PROPOSAL, SIDE_REMOTE, "");
}

/* Not asked after a refusal: what is said then, and what is inferred from the peer's last call. */
#define NOT_ASKED "settings/ike ike ask_after_refusal=false"

static void a_peer_that_called_is_compared(void **state)
{
	static const struct {
		const char *edit;
		int exchange;
		enum reason reason;
		const char *cold, *warm;
	} cases[] = {
		{ "ike-proposals i1 key_length=256", 2, R_NO_PROPOSAL, "ike_proposals",
		  "key_length" },
		{ "ipsec-proposals e1 integrity_algorithm=sha512", 32, R_NO_PROPOSAL,
		  "ipsec_proposals", "integrity_algorithm" },
		{ "tunnels t1 local_ts=10.99.0.0/24", 32, R_BAD_ID, "remote_ts", "remote_ts" },
		{ "tunnels t1 remote_ts=10.99.0.0/24", 32, R_BAD_ID, "remote_ts", "local_ts" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		own(duet) d = duet_new("");
		struct story s;

		duet_edit(d, A, NOT_ASKED);
		duet_edit(d, B, NOT_ASKED);
		duet_edit(d, B, cases[i].edit);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 120);
		assert_verdict(d, A, cases[i].exchange, cases[i].reason, SIDE_REMOTE,
			       cases[i].cold);
		assert_true(duet_story(d, A, cases[i].exchange, &s));
		assert_non_null(strstr(s.text, "does not say which"));
		duet_initiate(d, B, "t1");
		duet_run_s(d, 120);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 120);
		assert_verdict(d, A, cases[i].exchange, cases[i].reason, SIDE_REMOTE,
			       cases[i].warm);
		assert_true(duet_story(d, A, cases[i].exchange, &s));
		assert_non_null(strstr(s.text, "inferred"));
		if (strstr(cases[i].warm, "_ts"))
			assert_non_null(strstr(s.text, "10.99.0.0/24"));
	}
}

/* --- asked after a refusal --- */

/* The words of both ends are in the verdict, and it is no call: nothing of it is ever up. */
static void asking_brings_nothing_up(void **state)
{
	static const struct {
		const char *edit;
		int exchange;
		const char *theirs;
	} cases[] = {
		{ "ike-proposals i1 dh_group=modp2048", 2, "modp2048" },
		{ "ike-proposals i1 encryption_algorithm=3des-cbc key_length=0 dh_group=modp1024",
		  2, "3des-cbc" },
		{ "ipsec-proposals e1 key_length=256", 32, "aes-cbc-256" },
		{ "ipsec-proposals e1 pfs_group=modp3072", 32, "modp3072" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		own(duet) d = duet_new("");
		struct story s;

		duet_edit(d, B, cases[i].edit);
		duet_initiate(d, A, "t1");
		for (unsigned ms = 0; ms < 20000; ms += 10) {
			duet_run_ms(d, 10);
			assert_int_equal(duet_pairs(d, A), 0);
			assert_true(duet_ike_sas(d, A) <= (cases[i].exchange == 32));
		}
		assert_int_equal(duet_heard(d, B, EVT_AUTH_FAILED), 0);
		assert_true(duet_story(d, A, cases[i].exchange, &s));
		assert_non_null(strstr(s.text, cases[i].theirs));
		assert_non_null(strstr(s.text, "we offered"));
		/* B's newest story is still about what it refused */
		assert_verdict(d, B, cases[i].exchange, R_NO_PROPOSAL, SIDE_LOCAL, "");
		duet_run_s(d, 90);
		assert_int_equal(duet_pairs(d, B), 0);
		assert_int_equal(duet_counters(d, B).half_open, 0);
		/* put right, it works */
		duet_edit(d, A, cases[i].edit);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 10);
		assert_up(d);
	}
}

static unsigned datagrams(const struct duet *d, enum side who)
{
	return (unsigned)duet_counters((struct duet *)d, who).datagrams_out;
}

static void asking_is_bounded_and_can_be_turned_off(void **state)
{
	unsigned asked[2];

	(void)state;
	for (int off = 0; off < 2; off++) {
		own(duet) d = duet_new("");

		if (off)
			duet_edit(d, A, NOT_ASKED);
		duet_edit(d, B,
			  "-ike-proposals i1; peers p ike_proposals=i2; ike-proposals i2 "
			  "number=10 encryption_algorithm=aes-cbc key_length=192 "
			  "integrity_algorithm=sha384 dh_group=ecp521");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 90);
		asked[off] = datagrams(d, A);
		assert_verdict(d, A, 2, R_NO_PROPOSAL, SIDE_REMOTE,
			       off ? "ike_proposals" : "key_length");
	}
	assert_int_equal(asked[1], 3);
	/* close to ours, then the usual; one more since B hurries no errors */
	assert_in_range(asked[0], 5, 6);
}

/* The other end is one of us: it tells of the failure once, and of all the questions once. */
static void questions_are_told_once(void **state)
{
	static const char *const wrong[] = {
		"ike-proposals i1 key_length=256",
		"ike-proposals i1 key_length=256 integrity_algorithm=sha512 dh_group=ecp384",
		"ipsec-proposals e1 key_length=256",
		"ipsec-proposals e1 pfs_group=ecp384",
		"ipsec-proposals e1 key_length=256 pfs_group=modp4096",
		"tunnels t1 mode=transport",
		"tunnels t1 remote_ts=10.77.0.0/24",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		own(duet) d = duet_new("");

		d->title = (char *)wrong[i];
		duet_edit(d, B, wrong[i]);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 50);
		if (duet_heard(d, B, EVT_NEGO_FAILED) != 1 ||
		    duet_heard(d, B, EVT_PEER_ASKS) != 1 || duet_heard(d, A, EVT_NEGO_FAILED) != 1)
			duet_complain(d,
				      "B tells of %u failures and %u questions, A of %u failures",
				      (unsigned)duet_heard(d, B, EVT_NEGO_FAILED),
				      (unsigned)duet_heard(d, B, EVT_PEER_ASKS),
				      (unsigned)duet_heard(d, A, EVT_NEGO_FAILED));
	}
}

/* An answer of phase 2 holds for ten minutes: until then nothing is asked again. */
static void an_answer_holds_for_a_while(void **state)
{
	own(duet) d = duet_new("");
	static const unsigned wait_s[] = { 0, 60, 700 };
	static const char *const says[] = { "asked for", "what it answered before", "asked for" };
	unsigned sent[3];

	(void)state;
	duet_edit(d, B, "ipsec-proposals e1 pfs_group=modp3072");
	duet_initiate(d, A, "t1"); /* and the IKE SA is up */
	duet_run_s(d, 5);
	duet_run_s(d, 700);
	for (size_t i = 0; i < COUNT_OF(says); i++) {
		struct story s;
		unsigned before;

		duet_run_s(d, wait_s[i]);
		before = datagrams(d, A);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		sent[i] = datagrams(d, A) - before;
		assert_verdict(d, A, 32, R_NO_PROPOSAL, SIDE_REMOTE, "pfs_group");
		assert_true(duet_story(d, A, 32, &s));
		assert_non_null(strstr(s.text, says[i]));
		assert_non_null(strstr(s.text, "modp3072"));
	}
	assert_int_equal(sent[1], 1);
	assert_true(sent[0] > 2 && sent[2] > 2);
}

/* A question that nobody answers, and one whose answer cannot be read: the refusal stands. */
static void a_question_without_answer_changes_nothing(void **state)
{
	(void)state;
	for (int phase = 1; phase <= 2; phase++) {
		own(duet) d = duet_new("");

		duet_edit(d, B,
			  phase == 1 ? "ike-proposals i1 key_length=256"
				     : "ipsec-proposals e1 key_length=256");
		for (unsigned n = 4; n < 40; n++)
			line_lose(d, B_TO_A, phase == 1 ? n : n + 1);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 60);
		assert_verdict(d, A, phase == 1 ? 2 : 32, R_NO_PROPOSAL, SIDE_REMOTE,
			       phase == 1 ? "ike_proposals" : "ipsec_proposals");
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 1);
	}
}

/* Refused whatever is offered: then IKEv2 is tried, and what is not even that does not know us. */
static void another_version_is_asked_for(void **state)
{
	static const struct {
		uint8_t next, type;
		const char *field;
		enum reason reason;
	} answers[] = {
		{ 33, 0, "ike_version", R_BAD_VERSION },
		{ 41, 17, "ike_version", R_BAD_VERSION },
		{ 41, 14, "local_address", R_NO_PROPOSAL },
		{ 0, 0, "local_address", R_NO_PROPOSAL }, /* none */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		own(duet) d = duet_new("");
		uint8_t at[HEADER_SIZE + 8] = { 0 };
		struct header h = { 0 };
		struct story s;

		line_mute(d, B_TO_A, 60000);
		line_mute(d, A_TO_B, 60000);
		duet_initiate(d, A, "t1");
		for (unsigned tenths = 0; h.version != VERSION_2 && tenths < 200; tenths++) {
			unsigned before = datagrams(d, A);

			duet_run_ms(d, 100);
			if (datagrams(d, A) != before || tenths == 0)
				forge_notify(d, A, 1, 14); /* NO-PROPOSAL-CHOSEN */
			forge_cookies(d, &h);
		}
		assert_int_equal(h.version, VERSION_2);
		assert_int_equal(h.exchange, XCHG_IKE_SA_INIT);
		h.next = answers[i].next;
		h.flags = 0x20;
		h.length = sizeof(at);
		struct wr w = wr_of(at, HEADER_SIZE);

		header_write(&w, &h);
		at[HEADER_SIZE + 7] = answers[i].type;
		if (answers[i].next)
			forge_octets(d, A, slice(at, sizeof(at)));
		duet_run_s(d, answers[i].next ? 1 : 10);
		assert_verdict(d, A, 2, answers[i].reason, SIDE_REMOTE, answers[i].field);
		assert_true(duet_story(d, A, 2, &s));
		assert_non_null(strstr(s.text, answers[i].type == 14 || !answers[i].next
						       ? "192.0.2.1"
						       : "version 2"));
		assert_int_equal(duet_ike_sas(d, A), 0);
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 1);
	}
}

/* It called in the other mode: that explains why it refuses us. */
static void another_mode_is_inferred_from_its_call(void **state)
{
	own(duet) d = duet_new("");
	struct story s;

	(void)state;
	duet_initiate(d, B, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	struct reset_ask all = { .scope = RESET_ALL,
				 .level = LEVEL_BOTH,
				 .reinitiate = REINITIATE_NEVER };
	duet_reset(d, A, &all, NULL, 0);
	duet_reset(d, B, &all, NULL, 0);
	duet_edit(d, A, "peers p exchange_mode=aggressive allow_weak_key=true");
	line_mute(d, B_TO_A, 20000);
	duet_initiate(d, A, "t1");
	for (int i = 0; i < 3; i++) {
		duet_run_ms(d, i == 0 ? 500 : i == 1 ? 2500 : 4000);
		forge_notify(d, A, 1, 24); /* AUTHENTICATION-FAILED, as strongSwan says */
	}
	duet_run_s(d, 60);
	assert_verdict(d, A, 4, R_AUTH_FAILED, SIDE_REMOTE, "exchange_mode");
	assert_true(duet_story(d, A, 4, &s));
	assert_non_null(strstr(s.text, "it uses main mode, we call in aggressive mode"));
}

/* IKEv2 from a peer we know is a story; from a stranger it is a counter. */
static void another_version_is_told_of_known_peers(void **state)
{
	static const uint8_t hello[28] = { 1, 2, 3, 4,    5,  6,    7, 8, 0, 0, 0, 0, 0, 0,
					   0, 0, 0, 0x20, 34, 0x08, 0, 0, 0, 0, 0, 0, 0, 28 };

	(void)state;
	for (int known = 0; known < 2; known++) {
		own(duet) d = duet_new("");
		struct story s;

		if (!known)
			duet_edit(d, A, "peers p remote_address=203.0.113.9");
		for (int i = 0; i < 5; i++)
			forge_octets(d, A, slice(hello, sizeof(hello)));
		assert_int_equal(duet_counters(d, A).dropped_version, 5);
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), known);
		if (!known)
			continue;
		assert_verdict(d, A, 34, R_BAD_VERSION, SIDE_LOCAL, "ike_version");
		assert_true(duet_story(d, A, 34, &s));
		assert_non_null(strstr(s.text, "version 2"));
		duet_run_s(d, 11);
		forge_octets(d, A, slice(hello, sizeof(hello)));
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 2);
	}
}

/* An IKE SA that its initiator ends before any quick mode: strongSwan says no more than that when it
 * does not accept who we are. After a quick mode a Delete is just a Delete. */
static void ended_at_once_is_about_our_identity(void **state)
{
	struct reset_ask all = { .scope = RESET_ALL, .level = LEVEL_BOTH, .notify_peer = true };
	struct story s;

	(void)state;
	for (int content = 0; content < 2; content++) {
		own(duet) d = duet_new("");

		if (!content) /* A's quick mode */
			line_lose(d, A_TO_B, 4);
		duet_initiate(d, A, "t1");
		duet_run_ms(d, 500);
		assert_int_equal(duet_ike_sas(d, B), 1);
		duet_reset(d, A, &all, NULL, 0);
		duet_run_s(d, 1);
		assert_true(duet_story(d, B, 2, &s));
		if (content) {
			assert_int_equal(s.verdict, VERDICT_UP);
			continue;
		}
		assert_verdict(d, B, 2, R_AUTH_FAILED, SIDE_REMOTE, "local_id");
		assert_non_null(strstr(s.text, "inferred"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mismatch_is_named),
		cmocka_unit_test(ended_at_once_is_about_our_identity),
		cmocka_unit_test(a_wrong_key_is_told_once),
		cmocka_unit_test(a_peer_that_called_is_compared),
		cmocka_unit_test(asking_brings_nothing_up),
		cmocka_unit_test(asking_is_bounded_and_can_be_turned_off),
		cmocka_unit_test(a_question_without_answer_changes_nothing),
		cmocka_unit_test(an_answer_holds_for_a_while),
		cmocka_unit_test(questions_are_told_once),
		cmocka_unit_test(another_version_is_asked_for),
		cmocka_unit_test(another_mode_is_inferred_from_its_call),
		cmocka_unit_test(another_version_is_told_of_known_peers),
		cmocka_unit_test(the_responder_is_somebody_else),
		cmocka_unit_test(nobody_knows_the_caller),
		cmocka_unit_test(a_disabled_peer_is_nobody),
		cmocka_unit_test(a_secret_without_value),
		cmocka_unit_test(a_tunnel_nobody_has),
		cmocka_unit_test(a_narrower_caller_is_served),
		cmocka_unit_test(phase_1_outlives_a_bad_phase_2),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
