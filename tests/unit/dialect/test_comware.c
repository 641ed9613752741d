/* test_comware.c - Comware V5 text to records: the manual's examples, and what is nasty */
#include "tests/unit/dialect/sketch_says.h"

/* Main mode with a pre-shared key: gateway A has a proposal of its own. */
#define EXAMPLE_A                                                                                  \
	"#\n version 5.20, Release 3721\n#\n sysname GatewayA\n#\n"                                \
	"acl number 3101\n"                                                                        \
	" rule 0 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255\n#\n"          \
	"ike proposal 10\n authentication-algorithm md5\n sa duration 5000\n#\n"                   \
	"ike peer peer\n pre-shared-key simple abcde\n remote-address 2.2.2.2\n#\n"                \
	"ipsec proposal tran1\n esp authentication-algorithm sha1\n#\n"                            \
	"ipsec policy map1 10 isakmp\n security acl 3101\n ike-peer peer\n proposal tran1\n#\n"    \
	"interface GigabitEthernet0/1\n ip address 1.1.1.1 255.255.255.0\n ipsec policy map1\n#\n" \
	"return\n"

static void main_mode_of_the_manual(void **state)
{
	struct sketch d = read_text("comware", EXAMPLE_A);

	(void)state;
	says(&d, K_IKE_PROPOSAL, "ike-10",
	     "{\"number\":10,\"encryption_algorithm\":\"des-cbc\",\"integrity_algorithm\":\"md5\","
	     "\"dh_group\":\"modp768\",\"lifetime_seconds\":5000,\"allow_weak\":true}");
	says(&d, K_SECRET, "peer", "{\"type\":\"psk\",\"value\":\"abcde\"}");
	says(&d, K_PEER, "peer",
	     "{\"remote_address\":\"2.2.2.2\",\"remote_dynamic\":false,\"psk\":\"peer\","
	     "\"nat_traversal\":\"off\"}");
	says(&d, K_IPSEC_PROPOSAL, "tran1",
	     "{\"encryption_algorithm\":\"des-cbc\",\"integrity_algorithm\":\"sha1\","
	     "\"allow_weak\":true}");
	says(&d, K_TUNNEL, "map1-10",
	     "{\"sequence\":10,\"peer\":\"peer\",\"local_ts\":[\"10.1.1.0/24\"],"
	     "\"remote_ts\":[\"10.1.2.0/24\"],\"ipsec_proposals\":[\"tran1\"]}");
	assert_int_equal(d.n, 5);
	/* what is needed comes before who needs it */
	assert_int_equal(d.at[0]->rec->kind, K_SECRET);
	assert_int_equal(d.at[4]->rec->kind, K_TUNNEL);
	assert_true(notes(&d, 0, "1 peers name no proposal"));
	assert_true(notes(&d, 9, "broken"));
	assert_false(leaks(&d, "abcde"));
	sketch_done(&d);
}

static void the_built_in_proposal_alone(void **state)
{
	struct sketch d = read_text("comware", "ike peer p\n pre-shared-key abcde\n"
					       " remote-address 1.1.1.1\n");

	(void)state;
	says(&d, K_SETTINGS_IKE, "", "{\"comware_default_proposal\":true}");
	assert_true(notes(&d, 0, "can be broken"));
	sketch_done(&d);
}

/* Aggressive mode and names, the centre behind a template. */
static void names_and_nat_of_the_manual(void **state)
{
	struct sketch d = read_text(
		"comware",
		"ike local-name center\n"
		"acl number 3000\n rule permit ip source 192.168.1.0 0.0.0.255 destination "
		"10.1.0.0 0.0.255.255\n"
		"ike peer branch\n exchange-mode aggressive\n pre-shared-key simple 12345\n"
		" id-type name\n remote-name branch\n nat traversal\n"
		"ipsec transform-set p1\n esp authentication-algorithm sha1\n"
		" esp encryption-algorithm aes 256\n"
		"ipsec policy-template t1 1\n security acl 3000\n ike-peer branch\n transform-set "
		"p1\n"
		" pfs dh-group14\n sa duration time-based 1800\n"
		"ipsec policy center 100 isakmp template t1\n");

	(void)state;
	says(&d, K_SETTINGS_IKE, "",
	     "{\"local_name\":\"center\",\"comware_default_proposal\":true}");
	says(&d, K_PEER, "branch",
	     "{\"exchange_mode\":\"aggressive\",\"local_id\":{\"type\":\"fqdn\"},"
	     "\"remote_name\":\"branch\",\"psk\":\"branch\",\"allow_weak_key\":true,"
	     "\"nat_traversal\":\"auto\"}");
	says(&d, K_IPSEC_PROPOSAL, "p1",
	     "{\"encryption_algorithm\":\"aes-cbc\",\"key_length\":256,"
	     "\"integrity_algorithm\":\"sha1\",\"pfs_group\":\"modp2048\",\"allow_weak\":true}");
	says(&d, K_TUNNEL, "center-100",
	     "{\"sequence\":100,\"peer\":\"branch\",\"local_ts\":[\"192.168.1.0/24\"],"
	     "\"remote_ts\":[\"10.1.0.0/16\"],\"ipsec_proposals\":[\"p1\"],"
	     "\"lifetime_seconds\":1800,\"start_action\":\"none\",\"from_template\":true}");
	assert_true(notes(&d, 0, "no interface"));
	sketch_done(&d);
}

static void the_branch_of_the_manual(void **state)
{
	struct sketch d =
		read_text("comware",
			  "sysname Router\nike dpd 1\n interval-time 30\n time-out 3\n"
			  "ike peer center\n exchange-mode aggressive\n pre-shared-key simple "
			  "x7Kq2mZp9Rt4Wb8Nc3Vj6L\n id-type name\n local-name branch\n"
			  " remote-name center\n remote-address 3.3.3.3\n nat traversal\n dpd 1\n");

	(void)state;
	says(&d, K_DPD_PROFILE, "1",
	     "{\"mode\":\"on_demand\",\"interval_seconds\":30,\"retry_seconds\":3,"
	     "\"max_failures\":3}");
	says(&d, K_PEER, "center",
	     "{\"exchange_mode\":\"aggressive\",\"local_id\":{\"type\":\"fqdn\",\"value\":"
	     "\"branch\"},"
	     "\"remote_address\":\"3.3.3.3\",\"remote_dynamic\":false,\"remote_name\":\"center\","
	     "\"psk\":\"center\",\"nat_traversal\":\"auto\",\"dpd\":\"1\"}");
	sketch_done(&d);
}

static void settings_of_the_system_view(void **state)
{
	struct sketch d =
		read_text("comware",
			  "ike sa keepalive-timer interval 20\nike sa keepalive-timer timeout 60\n"
			  "ike sa nat-keepalive-timer interval 5\nike next-payload check disabled\n"
			  "ipsec sa global-duration time-based 7200\n"
			  "ipsec sa global-duration traffic-based 10000\n"
			  "ipsec anti-replay window 64\nundo ipsec decrypt check\n"
			  "ipsec invalid-spi-recovery enable\nipsec cpu-backup enable\n"
			  "ike sa keepalive-timer interval 5\n");

	(void)state;
	says(&d, K_SETTINGS_KEEPALIVE, "", "{\"interval_seconds\":20,\"timeout_seconds\":60}");
	says(&d, K_SETTINGS_IKE, "", "{\"next_payload_check\":false,\"nat_keepalive_seconds\":5}");
	says(&d, K_SETTINGS_IPSEC, "",
	     "{\"lifetime_seconds\":7200,\"lifetime_kilobytes\":10000,\"anti_replay_window\":64,"
	     "\"decrypt_check\":false,\"invalid_spi_recovery\":true}");
	assert_true(notes(&d, 10, "encryption card"));
	assert_true(notes(&d, 11, "interval_seconds must be 20 to 28800"));
	sketch_done(&d);
}

static void what_cannot_be_said_is_noted_without_secrets(void **state)
{
	struct sketch d = read_text(
		"comware", "ipsec policy m 1 manual\n sa string-key inbound esp HUSHHUSH\n"
			   "ike peer a\n pre-shared-key cipher HUSHHUSH==\n remote-address 1.1.1.1 "
			   "1.1.1.9\n colour HUSHHUSH blue\n certificate domain d\n"
			   "ike peer b\n pre-shared-key simple HUSHHUSH HUSHHUSH\n"
			   "ike keychain k\n pre-shared-key address 1.1.1.1 key simple HUSHHUSH\n"
			   "ike frobnicate HUSHHUSH\n"
			   "ike peer c/d\n pre-shared-key simple HUSHHUSH\n"
			   "snmp-agent community read HUSHHUSH\n");

	(void)state;
	assert_false(leaks(&d, "HUSH"));
	assert_true(notes(&d, 1, "keys of a manual policy"));
	assert_true(notes(&d, 4, "only the device that wrote it"));
	assert_true(notes(&d, 6, "not known"));
	assert_true(notes(&d, 9, "one word is due"));
	assert_true(notes(&d, 10, "Comware V7"));
	assert_true(notes(&d, 12, "not known"));
	assert_true(notes(&d, 13, "cannot have this name"));
	says(&d, K_SECRET, "a", "{\"type\":\"psk\"}");
	assert_null(sketch_find(&d, K_TUNNEL, "m-1"));
	assert_null(sketch_find(&d, K_PEER, "c/d"));
	sketch_done(&d);
}

#define PEERS "ike peer p\n pre-shared-key abcde\n remote-address 1.1.1.1\nipsec proposal t\n"

static void lists_become_selectors(void **state)
{
	struct sketch d = read_text(
		"comware", PEERS
		"acl number 3001 name vpn\n"
		" rule 0 permit tcp source 10.0.0.1 0 destination any destination-port eq 80\n"
		" rule 5 deny ip source 10.0.0.9 0\n"
		" rule 10 permit tcp source 10.0.0.1 0 destination any destination-port range 1 9\n"
		" rule 15 permit ip source 10.0.0.1 0.0.255.0\n"
		" description for the branch\n"
		"ipsec policy m 1 isakmp\n security acl name vpn aggregation\n ike-peer p\n"
		" proposal t\n"
		"ipsec policy m 2 isakmp\n ike-peer p\n proposal t\n"
		"ipsec policy m 3 isakmp\n ike-peer p\n proposal t\n security acl 3999\n");

	(void)state;
	says(&d, K_TUNNEL, "m-1",
	     "{\"sequence\":1,\"peer\":\"p\",\"local_ts\":[\"10.0.0.1[tcp]\"],"
	     "\"remote_ts\":[\"0.0.0.0/0[tcp/80]\"],\"aggregation\":true,"
	     "\"ipsec_proposals\":[\"t\"]}");
	assert_true(notes(&d, 7, "cannot leave a part out"));
	assert_true(notes(&d, 8, "\"destination-port\" cannot be said"));
	assert_true(notes(&d, 9, "\"source\" cannot be said"));
	assert_true(notes(&d, 15, "names no access list"));
	assert_true(notes(&d, 18, "not in this text"));
	sketch_done(&d);
}

static void pairs_that_are_no_product_are_tunnels_of_their_own(void **state)
{
	struct sketch d = read_text(
		"comware", PEERS
		"acl number 3001\n"
		" rule 0 permit ip source 10.1.0.0 0.0.255.255 destination 10.3.0.0 0.0.255.255\n"
		" rule 7 permit ip source 10.2.0.0 0.0.255.255 destination 10.4.0.0 0.0.255.255\n"
		"acl number 3002\n"
		" rule permit ip source 10.1.0.0 0.0.255.255 destination 10.3.0.0 0.0.255.255\n"
		" rule permit ip source 10.2.0.0 0.0.255.255 destination 10.3.0.0 0.0.255.255\n"
		"ipsec policy m 1 isakmp\n security acl 3001\n ike-peer p\n proposal t\n"
		" pfs dh-group2\n"
		"ipsec policy m 2 isakmp\n security acl 3002\n ike-peer p\n proposal t\n"
		" connection-name to-p\n"
		"interface e0\n ipsec policy other\n");

	(void)state;
	says(&d, K_TUNNEL, "m-1.rule0",
	     "{\"enabled\":false,\"sequence\":1,\"peer\":\"p\",\"local_ts\":[\"10.1.0.0/16\"],"
	     "\"remote_ts\":[\"10.3.0.0/16\"],\"ipsec_proposals\":[\"t\"]}");
	assert_non_null(sketch_find(&d, K_TUNNEL, "m-1.rule7"));
	assert_null(sketch_find(&d, K_TUNNEL, "m-1"));
	says(&d, K_TUNNEL, "to-p",
	     "{\"enabled\":false,\"sequence\":2,\"peer\":\"p\","
	     "\"local_ts\":[\"10.1.0.0/16\",\"10.2.0.0/16\"],\"remote_ts\":[\"10.3.0.0/16\"],"
	     "\"ipsec_proposals\":[\"t-nopfs\"]}");
	says(&d, K_IPSEC_PROPOSAL, "t",
	     "{\"encryption_algorithm\":\"des-cbc\",\"integrity_algorithm\":\"md5\","
	     "\"pfs_group\":\"modp1024\",\"allow_weak\":true}");
	assert_true(notes(&d, 4, "different groups"));
	sketch_done(&d);
}

/* The same text twice, or typed without indentation, is the same. */
static void indentation_does_not_matter(void **state)
{
	char flat[4096], *to = flat;
	static const char text[] = EXAMPLE_A;
	struct sketch a = read_text("comware", text);

	(void)state;
	for (const char *s = text; *s; s++)
		if (*s != ' ' || (s > text && s[-1] != '\n'))
			*to++ = *s;
	*to = '\0';
	struct sketch b = read_text("comware", flat);
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		assert_true(record_diff(a.at[i]->rec, b.at[i]->rec, NULL) == IMPACT_NONE);
	sketch_done(&a);
	sketch_done(&b);
}

static char *repeat(const char *head, const char *piece, size_t n, size_t *ret_n)
{
	size_t h = strlen(head), p = strlen(piece);
	char *all = malloc(h + n * p + 1);

	memcpy(all, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(all + h + i * p, piece, p);
	*ret_n = h + n * p;
	return all;
}

static void hostile_texts_end(void **state)
{
	static const char *const pieces[] = {
		"ike peer x ", "\n", "rule permit ip\n",
		"\"",          "#",  "ipsec policy a 1 isakmp\n security acl 3000\n"
	};
	static const uint8_t nul[] = "ike peer a\0b\n\xff\xfe\n ike \x01 peer";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct sketch d;
		size_t n;
		char *all = repeat("acl number 3000\n", pieces[i], 100000, &n);

		sketch_init(&d);
		dialect_find("comware")->read(slice(all, n), &d);
		assert_true(d.notes_n <= SKETCH_NOTES);
		sketch_done(&d);
		free(all);
	}
	struct sketch d;
	sketch_init(&d);
	dialect_find("comware")->read(slice(nul, sizeof(nul) - 1), &d);
	assert_int_equal(d.n, 0);
	assert_true(notes(&d, 1, "no text"));
	sketch_done(&d);
	sketch_init(&d);
	dialect_find("comware")->read(slice(NULL, 0), &d);
	assert_int_equal(d.n, 0);
	sketch_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_mode_of_the_manual),
		cmocka_unit_test(the_built_in_proposal_alone),
		cmocka_unit_test(names_and_nat_of_the_manual),
		cmocka_unit_test(the_branch_of_the_manual),
		cmocka_unit_test(settings_of_the_system_view),
		cmocka_unit_test(what_cannot_be_said_is_noted_without_secrets),
		cmocka_unit_test(lists_become_selectors),
		cmocka_unit_test(pairs_that_are_no_product_are_tunnels_of_their_own),
		cmocka_unit_test(indentation_does_not_matter),
		cmocka_unit_test(hostile_texts_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
