/* test_offer_again.c - an offer of earlier against proposals of now, both phases */
#include "core/base/cursor.h"
#include "core/ike/offered.h"
#include "core/ike/select.h"
#include "core/model/config.h"
#include "core/model/replay.h"
#include "core/model/story.h"
#include "core/model/view.h"
#include "core/wire/sa1.h"
#include "tests/unit/ike/bare.h"

static struct record *ike(const char *name, uint32_t number, uint32_t bits, int group)
{
	struct ike_proposal *p = (struct ike_proposal *)bare_record(K_IKE_PROPOSAL, name);

	p->number = number;
	p->encryption_algorithm = ENCR_AES_CBC;
	p->key_length = bits;
	p->integrity_algorithm = INTEG_SHA256;
	p->dh_group = group;
	return &p->r;
}

static struct record *esp(const char *name, uint32_t bits, int pfs)
{
	struct ipsec_proposal *p = (struct ipsec_proposal *)bare_record(K_IPSEC_PROPOSAL, name);

	p->encryption_algorithm = ENCR_AES_CBC;
	p->key_length = bits;
	p->integrity_algorithm = INTEG_SHA256;
	p->pfs_group = pfs;
	return &p->r;
}

static const struct config *stage(uint32_t ike_bits, uint32_t esp_bits)
{
	struct peer *p = (struct peer *)bare_record(K_PEER, "hub");
	struct tunnel *t = (struct tunnel *)bare_record(K_TUNNEL, "lan");
	struct record *r[] = { ike("ten", 10, 192, GROUP_MODP3072),
			       ike("twenty", 20, ike_bits, GROUP_MODP2048),
			       esp("e", esp_bits, GROUP_MODP2048), &p->r, &t->r };

	strcpy(p->remote_address, "192.0.2.1");
	strcpy(t->peer, "hub");
	t->ipsec_proposals_n = 1;
	strcpy(t->ipsec_proposals[0], "e");
	return bare_config(r, 5);
}

static struct story call(int exchange, const struct sa1 *sa)
{
	struct story s = { .id = 7, .exchange = exchange, .role = ROLE_RESPONDER };
	struct wr w = wr_of(s.offer, sizeof(s.offer));

	strcpy(s.peer, "hub");
	sa1_write(&w, sa);
	assert_false(w.torn);
	s.offer_n = w.n;
	return s;
}

/* What a peer with this configuration would offer. */
static struct story first_message(const struct config *theirs)
{
	const struct ike_proposal *list[SELECT_MOST];
	size_t n = select_ike_accepted(theirs, NULL, list, SELECT_MOST);
	struct sa1 sa;

	select_ike_write(list, n - 1, &sa); /* without the built-in one */
	return call(2, &sa);
}

static void phase_1_names_proposal_and_transform(void **state)
{
	const struct config *theirs = stage(256, 256), *ours = stage(256, 256);
	struct story s = first_message(theirs);
	struct replay r;

	(void)state;
	replay_offer(&s, ours, &r);
	assert_true(r.knowable && r.matches);
	assert_string_equal(r.would_match, "ten");
	assert_int_equal(r.peer_transform, 1);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.row[1].peer_transform, 2);
	assert_string_equal(r.row[2].proposal, BUILTIN_NAME);
	assert_int_equal(r.row[2].peer_transform, 2); /* the same as twenty */
	config_unref(theirs);
	config_unref(ours);
}

static void it_says_in_what_each_differs(void **state)
{
	const struct config *theirs = stage(128, 256), *ours = stage(256, 256);
	const struct ike_proposal *twenty = config_ike_proposal(theirs, "twenty");
	struct sa1 sa;
	struct replay r;

	(void)state;
	select_ike_write(&twenty, 1, &sa);
	struct story s = call(4, &sa);
	replay_offer(&s, ours, &r);
	assert_true(r.knowable);
	assert_false(r.matches);
	assert_int_equal(r.reason, R_NO_PROPOSAL);
	assert_string_equal(r.field, "key_length");
	assert_string_equal(r.row[0].field, "key_length"); /* and the group: the first counts */
	assert_string_equal(r.row[1].field, "key_length");
	replay_offer(&s, theirs, &r);
	assert_true(r.matches);
	assert_int_equal(r.number, 20);
	assert_non_null(strstr(r.text, "proposal 20"));
	config_unref(theirs);
	config_unref(ours);
}

static void phase_2_of_its_tunnel_or_of_any(void **state)
{
	const struct config *theirs = stage(256, 128), *ours = stage(256, 256);
	const struct ipsec_proposal *e = config_ipsec_proposal(theirs, "e");
	struct esp_offer o = { .config = theirs,
			       .tunnel = config_tunnel(theirs, "lan"),
			       .list = &e,
			       .n = 1,
			       .spi_octets = { 1, 2, 3, 4 } };
	struct sa1 sa;
	struct replay r;

	(void)state;
	select_esp_write(&o, &sa);
	struct story s = call(32, &sa);
	replay_offer(&s, ours, &r);
	assert_int_equal(r.phase, 2);
	assert_false(r.matches);
	assert_string_equal(r.field, "key_length");
	replay_offer(&s, theirs, &r);
	assert_true(r.matches);
	assert_string_equal(r.tunnel, "lan");
	strcpy(s.tunnel, "gone");
	replay_offer(&s, theirs, &r);
	assert_false(r.matches);
	assert_int_equal(r.reason, R_NO_TUNNEL);
	config_unref(theirs);
	config_unref(ours);
}

static void what_cannot_be_known_is_said(void **state)
{
	const struct config *c = stage(256, 256);
	struct story s = first_message(c);
	struct replay r;

	(void)state;
	s.role = ROLE_INITIATOR;
	replay_offer(&s, c, &r);
	assert_false(r.knowable || r.matches);
	assert_non_null(strstr(r.text, "not knowable"));
	s.role = ROLE_RESPONDER;
	s.offer_n = 0;
	replay_offer(&s, c, &r);
	assert_false(r.knowable);
	s.offer_n = 9;
	replay_offer(&s, c, &r);
	assert_false(r.knowable);
	config_unref(c);
}

static void peers_come_and_go(void **state)
{
	const struct config *c = stage(256, 256);
	struct story s = first_message(c);
	struct replay r;

	(void)state;
	strcpy(s.peer, "");
	addr_read("192.0.2.1", &s.remote);
	replay_offer(&s, c, &r); /* a stranger then, a peer now */
	assert_true(r.matches);
	assert_string_equal(r.peer, "hub");
	addr_read("192.0.2.2", &s.remote);
	replay_offer(&s, c, &r);
	assert_int_equal(r.reason, R_NO_PEER);
	config_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phase_1_names_proposal_and_transform),
		cmocka_unit_test(it_says_in_what_each_differs),
		cmocka_unit_test(phase_2_of_its_tunnel_or_of_any),
		cmocka_unit_test(what_cannot_be_known_is_said),
		cmocka_unit_test(peers_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
