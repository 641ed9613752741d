/* test_select.c - which proposals are offered and met, and what is said when none is */
#include "core/base/cursor.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"
#include "core/wire/sa1.h"
#include "tests/unit/ike/bare.h"

#include "core/ike/select.h"

static struct record *ike(const char *name, uint32_t number, int encr, uint32_t bits, int hash,
			  int group)
{
	struct ike_proposal *p = (struct ike_proposal *)bare_record(K_IKE_PROPOSAL, name);

	p->number = number;
	p->encryption_algorithm = encr;
	p->key_length = bits;
	p->integrity_algorithm = hash;
	p->dh_group = group;
	p->allow_weak = true;
	return &p->r;
}

static struct record *esp(const char *name, int encr, uint32_t bits, int integ, int pfs)
{
	struct ipsec_proposal *p = (struct ipsec_proposal *)bare_record(K_IPSEC_PROPOSAL, name);

	p->encryption_algorithm = encr;
	p->key_length = bits;
	p->integrity_algorithm = integ;
	p->pfs_group = pfs;
	p->allow_weak = true;
	return &p->r;
}

static const struct config *three(void)
{
	struct record *r[] = {
		ike("second", 20, ENCR_AES_CBC, 256, INTEG_SHA256, GROUP_MODP2048),
		ike("first", 10, ENCR_AES_CBC, 128, INTEG_SHA1, GROUP_MODP1024),
		ike("private", 5, ENCR_TDES, 0, INTEG_SHA1, GROUP_MODP1536),
	};

	((struct ike_proposal *)r[2])->system = false;
	((struct ike_proposal *)r[1])->lifetime_seconds = 7200;
	return bare_config(r, 3);
}

static void the_responder_knows_the_system_list(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *list[SELECT_MOST];

	(void)state;
	assert_int_equal(select_ike_accepted(c, NULL, list, SELECT_MOST), 3);
	assert_string_equal(list[0]->r.name, "first");
	assert_string_equal(list[1]->r.name, "second");
	assert_string_equal(list[2]->r.name, BUILTIN_NAME);
	assert_int_equal(select_ike_accepted(c, NULL, list, 2), 2);
	config_unref(c);
}

static void the_peers_own_list_is_offered_alone(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *list[SELECT_MOST];
	struct peer p = { .ike_proposals_n = 3, .ike_proposals = { "private", "gone", "second" } };

	(void)state;
	assert_int_equal(select_ike_offered(c, &p, list, SELECT_MOST), 2);
	assert_string_equal(list[0]->r.name, "private");
	assert_string_equal(list[1]->r.name, "second");
	p.ike_proposals_n = 0;
	assert_int_equal(select_ike_offered(c, &p, list, SELECT_MOST), 3);
	assert_string_equal(list[2]->r.name, BUILTIN_NAME);
	config_unref(c);
}

/* What we would write to the wire is what we read from it. */
static struct sa1 over_the_wire(const struct sa1 *sa, uint8_t *at, size_t cap)
{
	struct wr w = wr_of(at, cap);
	struct sa1 ret;

	sa1_write(&w, sa);
	assert_false(w.torn);
	assert_int_equal(sa1_read(wr_done(&w), &ret, NULL), R_OK);
	return ret;
}

static void our_order_decides_and_the_smaller_lifetime(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *mine[SELECT_MOST], *theirs[2];
	size_t n = select_ike_accepted(c, NULL, mine, SELECT_MOST);
	struct ike_choice choice;
	struct sa1 offer, read;
	uint8_t at[1024];

	(void)state;
	theirs[0] = config_ike_proposal(c, "second");
	theirs[1] = config_ike_proposal(c, "first");
	select_ike_write(theirs, 2, &offer);
	read = over_the_wire(&offer, at, sizeof(at));
	assert_int_equal(read.transforms[0].number, 1);
	assert_int_equal(read.transforms[1].number, 2);
	assert_int_equal(select_ike(&read, mine, n, &choice, NULL), R_OK);
	assert_string_equal(choice.proposal->r.name, "first");
	assert_int_equal(choice.transform, 1);
	assert_int_equal(choice.suite.group, GROUP_MODP1024);
	assert_int_equal(choice.lifetime_s, 7200);
	read.transforms[1].a.life_seconds = 600;
	assert_int_equal(select_ike(&read, mine, n, &choice, NULL), R_OK);
	assert_int_equal(choice.lifetime_s, 600);
	read.transforms[1].a.life_seconds = 0; /* not said */
	assert_int_equal(select_ike(&read, mine, n, &choice, NULL), R_OK);
	assert_int_equal(choice.lifetime_s, 7200);
	config_unref(c);
}

static void differs_in(const char *field, struct sa1 *offer, const struct config *c)
{
	const struct ike_proposal *mine[SELECT_MOST];
	size_t n = select_ike_accepted(c, NULL, mine, SELECT_MOST);
	struct ike_choice choice;
	struct fault f = { 0 };
	char want[64];

	snprintf(want, sizeof(want), "/%s", field);
	assert_int_equal(select_ike(offer, mine, n, &choice, &f), R_NO_PROPOSAL);
	assert_string_equal(f.field, want);
	assert_non_null(strstr(f.text, "the peer offers "));
	assert_non_null(strstr(f.text, "; we accept "));
}

static void the_nearest_pair_is_named(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *one = config_ike_proposal(c, "second");
	struct sa1 good, offer;

	(void)state;
	select_ike_write(&one, 1, &good);
	offer = good;
	offer.transforms[0].a.encr = alg_encr(ENCR_TDES)->v1_ike;
	offer.transforms[0].a.key_bits = 0;
	differs_in("encryption_algorithm", &offer, c);
	offer = good;
	offer.transforms[0].a.key_bits = 192;
	differs_in("key_length", &offer, c);
	offer.transforms[0].a.key_bits = 0; /* a cipher of several lengths must say which */
	differs_in("key_length", &offer, c);
	offer = good;
	offer.transforms[0].a.hash = alg_integ(INTEG_MD5)->v1_hash;
	differs_in("integrity_algorithm", &offer, c);
	offer = good;
	offer.transforms[0].a.group = alg_group(GROUP_ECP384)->number;
	differs_in("dh_group", &offer, c);
	offer = good;
	offer.transforms[0].a.auth_method = AUTH_RSA_SIG;
	differs_in("authentication_method", &offer, c);
	offer = good;
	offer.transforms[0].a.odd = true;
	differs_in("encryption_algorithm", &offer, c);
	config_unref(c);
}

static void one_length_may_be_said_or_not(void **state)
{
	struct record *r[] = { ike("des3", 10, ENCR_TDES, 0, INTEG_SHA1, GROUP_MODP1024) };
	const struct config *c = bare_config(r, 1);
	const struct ike_proposal *one = config_ike_proposal(c, "des3");
	struct ike_choice choice;
	struct sa1 offer;

	(void)state;
	select_ike_write(&one, 1, &offer);
	assert_int_equal(offer.transforms[0].a.key_bits, 0);
	assert_int_equal(select_ike(&offer, &one, 1, &choice, NULL), R_OK);
	offer.transforms[0].a.key_bits = alg_encr(ENCR_TDES)->bits;
	assert_int_equal(select_ike(&offer, &one, 1, &choice, NULL), R_OK);
	config_unref(c);
}

static void an_answer_is_one_of_ours(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *list[] = { config_ike_proposal(c, "first"),
					      config_ike_proposal(c, "second") };
	struct ike_choice choice;
	struct fault f = { 0 };
	struct sa1 answer;

	(void)state;
	select_ike_write(list, 2, &answer);
	assert_int_equal(select_ike_answer(&answer, list, 2, &choice, &f), R_NO_PROPOSAL);
	select_ike_write(&list[1], 1, &answer);
	assert_int_equal(select_ike_answer(&answer, list, 2, &choice, NULL), R_OK);
	assert_ptr_equal(choice.proposal, list[1]);
	answer.transforms[0].a.group = alg_group(GROUP_X25519)->number;
	assert_int_equal(select_ike_answer(&answer, list, 2, &choice, &f), R_NO_PROPOSAL);
	assert_non_null(strstr(f.text, "the peer chose "));
	config_unref(c);
}

/* --- phase 2 --- */

static const struct config *with_esp(struct tunnel *t)
{
	struct record *r[] = {
		esp("cbc", ENCR_AES_CBC, 256, INTEG_SHA256, GROUP_MODP2048),
		esp("gcm", ENCR_AES_GCM, 128, INTEG_NONE, GROUP_MODP2048),
	};
	const struct config *c;

	((struct ipsec_proposal *)r[1])->lifetime_seconds = 900;
	c = bare_config(r, 2);
	*t = (struct tunnel){ .mode = TUNNEL_TUNNEL,
			      .ipsec_proposals_n = 3,
			      .ipsec_proposals = { "gcm", "gone", "cbc" } };
	return c;
}

static struct esp_offer offer_of(const struct config *c, const struct tunnel *t,
				 const struct ipsec_proposal **list, uint8_t spi)
{
	struct esp_offer o = { .config = c, .tunnel = t, .list = list };

	o.n = select_esp(c, t, list, SELECT_MOST);
	memset(o.spi_octets, spi, sizeof(o.spi_octets));
	return o;
}

static void lifetimes_fall_back(void **state)
{
	struct tunnel t;
	const struct config *c = with_esp(&t);
	const struct ipsec_proposal *cbc = config_ipsec_proposal(c, "cbc"),
				    *gcm = config_ipsec_proposal(c, "gcm");

	(void)state;
	assert_int_equal(select_lifetime_s(c, &t, cbc), 3600);
	assert_int_equal(select_lifetime_s(c, &t, gcm), 900);
	t.lifetime_seconds = 600;
	assert_int_equal(select_lifetime_s(c, &t, gcm), 600);
	assert_int_equal(select_lifetime_kb(c, &t, cbc), 1843200);
	config_unref(c);
}

static void the_tunnels_order_decides(void **state)
{
	struct tunnel t, reversed;
	const struct config *c = with_esp(&t);
	const struct ipsec_proposal *mine[SELECT_MOST], *theirs[SELECT_MOST];
	struct esp_offer o = offer_of(c, &t, mine, 1), back;
	struct esp_choice choice;
	struct sa1 sent, read;
	uint8_t at[1024];

	(void)state;
	assert_int_equal(o.n, 2);
	reversed = t;
	memcpy(reversed.ipsec_proposals[0], "cbc", 4);
	memcpy(reversed.ipsec_proposals[2], "gcm", 4);
	back = offer_of(c, &reversed, theirs, 2);
	select_esp_write(&back, &sent);
	sent.transforms[1].a.life_kilobytes = 4000;
	read = over_the_wire(&sent, at, sizeof(at));
	assert_int_equal(select_esp_offer(&read, &o, &choice, NULL), R_OK);
	assert_string_equal(choice.proposal->r.name, "gcm");
	assert_int_equal(choice.transform, 1);
	assert_int_equal(choice.spi, 0x02020202);
	assert_int_equal(choice.suite.integ, INTEG_NONE);
	assert_int_equal(choice.pfs, GROUP_MODP2048);
	assert_int_equal(choice.lifetime_s, 900);
	assert_int_equal(choice.lifetime_kb, 4000);
	assert_false(choice.transport);
	config_unref(c);
}

static void esp_differs_in(const char *field, const struct sa1 *offer, const struct esp_offer *o)
{
	struct esp_choice choice;
	struct fault f = { 0 };
	char want[64];

	snprintf(want, sizeof(want), "/%s", field);
	assert_int_equal(select_esp_offer(offer, o, &choice, &f), R_NO_PROPOSAL);
	assert_string_equal(f.field, want);
}

static void the_nearest_pair_of_phase_2_is_named(void **state)
{
	struct tunnel t;
	const struct config *c = with_esp(&t);
	const struct ipsec_proposal *list[SELECT_MOST];
	struct sa1 good, offer;

	(void)state;
	t.ipsec_proposals_n = 1;
	memcpy(t.ipsec_proposals[0], "cbc", 4);
	struct esp_offer o = offer_of(c, &t, list, 1);
	select_esp_write(&o, &good);
	offer = good;
	offer.transforms[0].a.encap = ENCAP_UDP_TUNNEL;
	esp_differs_in("mode", &offer, &o);
	offer.transforms[0].a.encap = ENCAP_TRANSPORT;
	esp_differs_in("mode", &offer, &o);
	offer = good;
	offer.transforms[0].a.group = 0;
	esp_differs_in("pfs_group", &offer, &o);
	offer = good;
	offer.transforms[0].a.auth_alg = alg_integ(INTEG_SHA1)->v1_auth;
	esp_differs_in("integrity_algorithm", &offer, &o);
	offer = good;
	offer.transforms[0].a.key_bits = 128;
	esp_differs_in("key_length", &offer, &o);
	offer = good; /* AH and ESP together */
	offer.n = 2;
	offer.at[1] = offer.at[0];
	offer.at[1].protocol = PROTO_AH;
	esp_differs_in("protocol", &offer, &o);
	offer.at[1].number = 2; /* AH or ESP */
	struct esp_choice choice;
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_OK);
	config_unref(c);
}

static void modes_have_several_numbers(void **state)
{
	struct tunnel t;
	const struct config *c = with_esp(&t);
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer o = offer_of(c, &t, list, 1);
	struct esp_choice choice;
	struct sa1 offer;

	(void)state;
	o.encap = true;
	t.mode = TUNNEL_TRANSPORT;
	select_esp_write(&o, &offer);
	assert_int_equal(offer.transforms[0].a.encap, ENCAP_UDP_TRANSPORT);
	for (size_t i = 0; i < offer.transforms_n; i++)
		offer.transforms[i].a.encap = ENCAP_UDP_TRANSPORT_DRAFT;
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_OK);
	assert_true(choice.transport && choice.encap);
	for (size_t i = 0; i < offer.transforms_n; i++)
		offer.transforms[i].a.encap = 0; /* left to us */
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_OK);
	config_unref(c);
}

static void an_spi_must_be_one(void **state)
{
	static const uint8_t low[4] = { 0, 0, 0, 255 }, long_one[8] = { 1 };
	struct tunnel t;
	const struct config *c = with_esp(&t);
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer o = offer_of(c, &t, list, 1);
	struct esp_choice choice;
	struct sa1 offer;

	(void)state;
	select_esp_write(&o, &offer);
	offer.at[0].spi = slice(low, 4);
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_BAD_SPI);
	offer.at[0].spi = slice(long_one, 8);
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_BAD_SPI);
	offer.at[0].spi = slice(NULL, 0);
	assert_int_equal(select_esp_offer(&offer, &o, &choice, NULL), R_BAD_SPI);
	config_unref(c);
}

static void offers_are_lines(void **state)
{
	const struct config *c = three();
	const struct ike_proposal *list[SELECT_MOST];
	size_t n = select_ike_accepted(c, NULL, list, SELECT_MOST);
	char text[STORY_OFFERS], small[20];

	(void)state;
	select_ike_text(list, n, text, sizeof(text));
	assert_non_null(strstr(text, "aes-cbc-128/sha1/modp1024/psk 7200 s\naes-cbc-256/"));
	select_ike_text(list, n, small, sizeof(small));
	assert_true(strlen(small) < sizeof(small));
	config_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responder_knows_the_system_list),
		cmocka_unit_test(the_peers_own_list_is_offered_alone),
		cmocka_unit_test(our_order_decides_and_the_smaller_lifetime),
		cmocka_unit_test(the_nearest_pair_is_named),
		cmocka_unit_test(one_length_may_be_said_or_not),
		cmocka_unit_test(an_answer_is_one_of_ours),
		cmocka_unit_test(lifetimes_fall_back),
		cmocka_unit_test(the_tunnels_order_decides),
		cmocka_unit_test(the_nearest_pair_of_phase_2_is_named),
		cmocka_unit_test(modes_have_several_numbers),
		cmocka_unit_test(an_spi_must_be_one),
		cmocka_unit_test(offers_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
