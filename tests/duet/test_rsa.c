/* test_rsa.c - RSA signatures in both modes: up with what is good, refused by name with what is not
 *
 * The certificates are those of make-pki. What is changed is always B's, so A is who refuses: as
 * initiator when it starts, as responder when B does.
 */
#include "tests/duet/play.h"

#include "core/wire/header.h"

static const char *const modes[] = { "rsa", "rsa aggressive" };
static const uint8_t exchange_of[] = { XCHG_MAIN, XCHG_AGGRESSIVE };

static void both_modes_come_up(void **state)
{
	static const char *const more[] = { "", " aes-cbc-256/sha384/modp2048", " pfs ecp256",
					    " aes-cbc-128/sha1/ecp256" };

	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < COUNT_OF(more); i++)
			for (enum side s = A; s <= B; s++) {
				char words[96];

				snprintf(words, sizeof(words), "%s%s", modes[m], more[i]);
				own(duet) d = duet_new(words);
				duet_initiate(d, s, "t1");
				duet_run_s(d, 5);
				assert_up(d);
				assert_int_equal(duet_ike_sas(d, A), 1);
			}
}

static void names_of_every_kind(void **state)
{
	static const struct {
		const char *b, *a; /* how B says who it is, and what A expects */
	} kinds[] = {
		{ "local_id.type=fqdn local_id.value=bob.example",
		  "remote_id.type=fqdn remote_id.value=bob.example" },
		{ "local_id.type=dn", "remote_id.type=dn remote_id.value=CN=b,O=Duet" },
		{ "local_id.type=dn", "remote_id.type=dn" },
	};

	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			for (enum side s = A; s <= B; s++) {
				own(duet) d = duet_new(modes[m]);
				char edit[128];

				snprintf(edit, sizeof(edit), "peers p %s", kinds[i].b);
				duet_edit(d, B, edit);
				snprintf(edit, sizeof(edit), "peers p %s", kinds[i].a);
				duet_edit(d, A, edit);
				duet_initiate(d, s, "t1");
				duet_run_s(d, 5);
				assert_up(d);
			}
}

struct refusal {
	const char *b, *a; /* edits */
	enum reason reason;
	const char *field;
};

static const struct refusal refusals[] = {
	{ "certificates own pem=@b-stranger", "", R_UNTRUSTED, "certificate_domain" },
	{ "certificates own pem=@b-expired", "", R_CERT_EXPIRED, "certificate_domain" },
	{ "certificates own pem=@b-early", "", R_CERT_EXPIRED, "certificate_domain" },
	{ "certificates own pem=@b-revoked", "authorities ca crl=@crl", R_CERT_REVOKED,
	  "certificate_domain" },
	{ "certificates own pem=@b-other-name", "", R_CERT_ID, "remote_id" },
	{ "private-keys pk value=@a-key", "", R_BAD_SIGNATURE, "certificate" },
	{ "", "authorities ca domain=elsewhere; peers p certificate_domain=here", R_UNTRUSTED,
	  "certificate_domain" },
	{ "", "peers p remote_id.type=dn remote_id.value=CN=somebody", R_BAD_ID, "remote_id" },
	{ "peers p local_id.type=dn", "peers p remote_id.type=dn remote_id.value=CN=somebody",
	  R_CERT_ID, "remote_id.value" },
};

/* Who calls in aggressive mode is looked for by name, before any certificate. */
static struct play_want want_of(const struct refusal *r, bool by_name)
{
	if (by_name && r->reason == R_CERT_ID && strstr(r->a, "remote_id"))
		return (struct play_want){ R_BAD_ID, SIDE_LOCAL, "remote_id" };
	return (struct play_want){ r->reason, SIDE_LOCAL, r->field };
}

static void what_is_not_good_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < COUNT_OF(refusals); i++)
			for (enum side s = A; s <= B; s++) {
				own(duet) d = duet_new(modes[m]);

				duet_edit(d, B, refusals[i].b);
				duet_edit(d, A, refusals[i].a);
				duet_initiate(d, s, "t1");
				duet_run_s(d, 90);
				assert_int_equal(duet_pairs(d, A), 0);
				assert_int_equal(duet_pairs(d, B), 0);
				play_verdict(d, A, exchange_of[m],
					     want_of(&refusals[i], m == 1 && s == B));
				duet_run_s(d, 200);
				assert_int_equal(duet_ike_sas(d, A), 0);
			}
}

/* The end whose proof was refused is told, and not about pre-shared keys. */
static void who_is_refused_hears_why(void **state)
{
	static const char *const bad[] = { "b-stranger", "b-expired", "b-revoked", "b-leaf" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		own(duet) d = duet_new("rsa");
		char edit[64];
		struct story s;

		snprintf(edit, sizeof(edit), "certificates own pem=@%s", bad[i]);
		duet_edit(d, B, edit);
		duet_edit(d, A, "authorities ca crl=@crl");
		duet_initiate(d, B, "t1");
		duet_run_s(d, 90);
		assert_verdict(d, B, XCHG_MAIN, R_UNTRUSTED, SIDE_REMOTE, "certificate");
		assert_true(duet_story(d, B, XCHG_MAIN, &s));
		assert_null(strstr(s.text, "pre-shared"));
		assert_null(strstr(s.hint, "pre-shared"));
	}
}

/* Whoever has a certificate is no authority because of that. In aggressive mode two certificates are
 * too long for an answer. */
static void a_leaf_signs_nobody(void **state)
{
	(void)state;
	for (enum side s = A; s <= B; s++) {
		own(duet) d = duet_new("rsa");

		duet_edit(d, B, "certificates own pem=@b-leaf");
		duet_initiate(d, s, "t1");
		duet_run_s(d, 90);
		assert_verdict(d, A, XCHG_MAIN, R_UNTRUSTED, SIDE_LOCAL, "certificate_domain");
	}
}

static void a_revocation_list_spares_the_others(void **state)
{
	(void)state;
	own(duet) d = duet_new("rsa");

	duet_edit_both(d, "authorities ca crl=@crl");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
}

static void what_an_sa_was_proven_with_makes_it_stale(void **state)
{
	static const struct {
		const char *edit;
		size_t touched; /* IKE SA and its pair, or nothing */
	} edits[] = {
		{ "authorities ca crl=@crl", 2 },         { "authorities ca description=x", 0 },
		{ "authorities other pem=@stranger", 0 }, { "certificates own pem=@b", 2 },
		{ "private-keys pk value=@b-key", 2 },    { "private-keys pk description=x", 0 },
	};

	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < COUNT_OF(edits); i++) {
			own(duet) d = play_up(modes[m]);
			struct touched *t;
			uint32_t spared;
			size_t n = duet_weigh(d, A, edits[i].edit, &t, &spared);

			free(t);
			if (n != edits[i].touched)
				duet_complain(d, "%s touches %zu", edits[i].edit, n);
		}
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (enum way w = A_TO_B; w <= B_TO_A; w++)
			for (unsigned nth = 1; nth <= 3; nth++)
				for (int twice = 0; twice < 2; twice++) {
					own(duet) d = duet_new(modes[m]);

					if (twice)
						line_double(d, w, nth);
					else
						line_lose(d, w, nth);
					duet_initiate(d, A, "t1");
					for (unsigned s = 0; s < 60; s++) {
						duet_run_s(d, 1);
						duet_traffic(d, 1);
					}
					assert_up(d);
				}
}

/* Anybody can answer the first message of aggressive mode; only the peer's answer counts. */
static void a_forged_answer_is_waited_out(void **state)
{
	uint64_t refused = 0;

	(void)state;
	for (size_t at = 100; at < 1000; at += 130) {
		own(duet) d = duet_new("rsa aggressive");

		line_flip(d, B_TO_A, 1, at, 0x01);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 30);
		assert_up(d);
		assert_int_equal(duet_ike_sas(d, A), 1);
		refused += duet_counters(d, A).dropped_unauthenticated;
	}
	assert_true(refused >= 3); /* of the seven, those that parse and do not verify */
}

/* P-30 */
static void no_answer_is_three_times_as_long(void **state)
{
	(void)state;
	own(duet) d = play_up("rsa aggressive aes-cbc-256/sha512/modp2048");

	assert_true(d->line.log[1].octets->n <= 3 * d->line.log[0].octets->n);
}

static void bad_weather(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(40); seed <= times; seed++) {
		own(duet) d = duet_new_seeded(modes[seed % 2], seed);

		line_weather(d, 20, 10, 20, 1);
		duet_edit(d, A, "tunnels t1 start_action=start");
		for (unsigned s = 0; s < 120; s++) {
			duet_run_s(d, 1);
			duet_traffic(d, 1);
		}
		line_weather(d, 0, 0, 0, 0);
		for (unsigned s = 0; s < 180; s++) {
			duet_run_s(d, 1);
			duet_traffic(d, 1);
		}
		assert_up(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_modes_come_up),
		cmocka_unit_test(names_of_every_kind),
		cmocka_unit_test(what_is_not_good_is_refused_by_name),
		cmocka_unit_test(who_is_refused_hears_why),
		cmocka_unit_test(a_leaf_signs_nobody),
		cmocka_unit_test(a_revocation_list_spares_the_others),
		cmocka_unit_test(what_an_sa_was_proven_with_makes_it_stale),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(a_forged_answer_is_waited_out),
		cmocka_unit_test(no_answer_is_three_times_as_long),
		cmocka_unit_test(bad_weather),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
