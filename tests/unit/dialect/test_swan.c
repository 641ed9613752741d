/* test_swan.c - swanctl.conf and ipsec.conf to records */
#include "tests/unit/dialect/sketch_says.h"

#define CONN(more)                                                                         \
	"# a comment\nconnections {\n  hub { # another }\n    version = 1\n"               \
	"    local_addrs = 192.0.2.2\n    remote_addrs = 192.0.2.1, 192.0.2.9\n"           \
	"    proposals = aes256-sha256-modp2048, 3des-md5-modp1024\n    rekey_time = 1h\n" \
	"    over_time = 10m\n    dpd_delay = 30s\n    dpd_timeout = 60s\n" more           \
	"    children {\n      net {\n        local_ts = 10.2.0.0/24\n"                    \
	"        remote_ts = 10.1.0.0/24, 10.9.0.0/24\n"                                   \
	"        esp_proposals = aes128gcm16-modp2048,aes256-sha256\n"                     \
	"        life_time = 1800\n        start_action = trap|start\n      }\n    }\n  }\n}\n"

static void a_connection_of_swanctl(void **state)
{
	struct sketch d =
		read_text("swanctl", CONN("    local {\n auth = psk\n }\n    remote {\n auth = "
					  "psk\n }\n") "secrets {\n  ike-1 {\n    secret = \"a # b "
						       "} key\"\n  }\n}\n");

	(void)state;
	says(&d, K_PEER, "hub",
	     "{\"local_address\":\"192.0.2.2\",\"remote_address\":\"192.0.2.1\",\"psk\":\"hub\","
	     "\"ike_proposals\":[\"aes256-sha256-modp2048-4200\",\"3des-md5-modp1024-4200\"],"
	     "\"dpd\":\"dpd-30-60\",\"fragmentation\":true}");
	says(&d, K_SECRET, "hub", "{\"type\":\"psk\",\"value\":\"a # b } key\"}");
	says(&d, K_IKE_PROPOSAL, "aes256-sha256-modp2048-4200",
	     "{\"number\":1000,\"encryption_algorithm\":\"aes-cbc\",\"key_length\":256,"
	     "\"integrity_algorithm\":\"sha256\",\"dh_group\":\"modp2048\","
	     "\"lifetime_seconds\":4200}");
	says(&d, K_IPSEC_PROPOSAL, "esp-aes128gcm16-modp2048",
	     "{\"encryption_algorithm\":\"aes-gcm\",\"key_length\":128,"
	     "\"integrity_algorithm\":\"none\",\"pfs_group\":\"modp2048\"}");
	says(&d, K_TUNNEL, "net",
	     "{\"peer\":\"hub\",\"local_ts\":[\"10.2.0.0/24\"],"
	     "\"remote_ts\":[\"10.1.0.0/24\",\"10.9.0.0/24\"],"
	     "\"ipsec_proposals\":[\"esp-aes128gcm16-modp2048\",\"esp-aes256-sha256\"],"
	     "\"lifetime_seconds\":1800,\"start_action\":\"start\"}");
	says(&d, K_DPD_PROFILE, "dpd-30-60",
	     "{\"mode\":\"periodic\",\"interval_seconds\":30,\"max_failures\":6}");
	assert_true(notes(&d, 6, "192.0.2.9 is left out"));
	assert_true(notes(&d, 7, "weak"));
	assert_int_equal(d.at[0]->rec->kind, K_SECRET);
	sketch_done(&d);
}

static void keys_go_to_whom_they_are_meant_for(void **state)
{
	struct sketch d = read_text(
		"swanctl",
		"connections {\n a { version=1\n remote_addrs = 192.0.2.1\n }\n"
		" b { version=1\n aggressive = yes\n remote { id = @b.example }\n }\n"
		" c { version = 1\n remote { id = nobody@x }\n }\n d { version = 2\n }\n e { }\n}\n"
		"secrets {\n ike-1 { id = 192.0.2.1\n secret = 0x414243\n }\n"
		" ike-2 { id-x = fqdn:b.example\n secret = 0sYWJjZA==\n }\n"
		" ike-3 { id = x\n secret = 0xzz\n }\n eap { secret = HUSH }\n}\n");

	(void)state;
	says(&d, K_SECRET, "a", "{\"type\":\"psk\",\"value\":\"ABC\"}");
	says(&d, K_SECRET, "b", "{\"type\":\"psk\",\"value\":\"abcd\"}");
	says(&d, K_SECRET, "c", "{\"type\":\"psk\"}");
	assert_true(notes(&d, 9, "no key for peer c"));
	assert_true(notes(&d, 12, "does not ask for IKE version 1"));
	assert_true(notes(&d, 14, "does not ask for IKE version 1"));
	assert_true(notes(&d, 24, "encoded key"));
	assert_true(notes(&d, 5, "anybody can guess"));
	assert_null(sketch_find(&d, K_PEER, "d"));
	assert_false(leaks(&d, "HUSH"));
	sketch_done(&d);
}

static void what_swanctl_says_and_we_cannot(void **state)
{
	struct sketch d = read_text(
		"swanctl",
		"include x/*.conf\nconnections {\n a : base {\n  version = 1\n"
		"  vips = 0.0.0.0\n  colour = blue\n  proposals = aes128-aes256-sha1-modp2048, "
		"aes128gcm16-prfsha256-modp2048, aes128-sha1, "
		"chacha20poly1305-prfsha256-x25519, default\n  children {\n   t {\n"
		"    remote_ts = 10.0.0.0/8\n    ah_proposals = sha1\n   }\n  }\n }\n}\n}\n {");

	(void)state;
	assert_true(notes(&d, 1, "included are not read"));
	assert_true(notes(&d, 3, "other sections"));
	assert_true(notes(&d, 5, "not asked for"));
	assert_true(notes(&d, 6, "not known here"));
	assert_true(notes(&d, 7, "one algorithm of each sort"));
	assert_true(notes(&d, 7, "chacha20poly1305"));
	assert_true(notes(&d, 7, "encryption_algorithm must be one of"));
	assert_true(notes(&d, 7, "names no group"));
	assert_null(sketch_find(&d, K_IKE_PROPOSAL, "aes128gcm16-prfsha256-modp2048"));
	assert_true(notes(&d, 11, "AH"));
	assert_true(notes(&d, 9, "defaults of the other product"));
	assert_true(notes(&d, 16, "no section to end"));
	assert_true(notes(&d, 17, "1 sections do not end"));
	sketch_done(&d);
}

static void conns_of_ipsec_conf(void **state)
{
	struct sketch d = read_text(
		"ipsec.conf",
		"config setup\n\tuniqueids=yes\n\nconn "
		"%default\n\tkeyexchange=ikev1\n\tike=aes128-sha1-modp1536!\n"
		"\nconn "
		"base\n\tleft=%defaultroute\n\tright=192.0.2.1\n\trightid=@hub\n\tauthby=secret\n"
		"conn one\n\talso=base\n\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n"
		"\tesp=aes_gcm256-null;modp2048\n\tauto=start # now\n"
		"conn two\n\talso=base\n\tleftsubnets={10.2.0.0/24 , "
		"10.3.0.0/24}\n\trightsubnet=10.4.0.0/24\n"
		"\tphase2alg=aes256-sha2_256\n\tpfs=yes\n\tsha2-truncbug=yes\n\tauto="
		"ondemand\n\tleftcert=x\n"
		"conn new\n\tikev2=insist\n\tkeyexchange=ike\n\tright=192.0.2.7\n\talso=nothing\n");

	(void)state;
	says(&d, K_PEER, "one",
	     "{\"remote_address\":\"192.0.2.1\",\"remote_id\":{\"type\":\"fqdn\",\"value\":\"hub\"}"
	     ","
	     "\"psk\":\"one\",\"ike_proposals\":[\"aes128-sha1-modp1536\"],\"fragmentation\":"
	     "true}");
	says(&d, K_TUNNEL, "one",
	     "{\"peer\":\"one\",\"local_ts\":[\"10.2.0.0/24\"],\"remote_ts\":[\"10.1.0.0/24\"],"
	     "\"ipsec_proposals\":[\"esp-aes_gcm256-null-modp2048\"],\"start_action\":\"start\"}");
	says(&d, K_TUNNEL, "two",
	     "{\"peer\":\"one\",\"local_ts\":[\"10.2.0.0/24\",\"10.3.0.0/24\"],"
	     "\"remote_ts\":[\"10.4.0.0/24\"],\"ipsec_proposals\":[\"esp-aes256-sha2_256\"],"
	     "\"start_action\":\"trap\",\"sha2_256_truncation_96\":true}");
	says(&d, K_IPSEC_PROPOSAL, "esp-aes_gcm256-null-modp2048",
	     "{\"encryption_algorithm\":\"aes-gcm\",\"key_length\":256,"
	     "\"integrity_algorithm\":\"none\",\"pfs_group\":\"modp2048\"}");
	assert_null(sketch_find(&d, K_PEER, "base"));
	assert_null(sketch_find(&d, K_PEER, "two"));
	assert_true(notes(&d, 23, "PFS without a group"));
	assert_true(notes(&d, 27, "files of their own"));
	assert_true(notes(&d, 28, "does not ask for IKE version 1"));
	assert_true(notes(&d, 28, "no conn nothing"));
	assert_true(notes(&d, 13, "ipsec.secrets"));
	sketch_done(&d);
}

#define COMWARE                                                                                 \
	"ike local-name center\nacl number 3000\n rule permit ip source 10.1.0.0 0.0.255.255 "  \
	"destination 10.2.0.0 0.0.255.255\nike proposal 5\n encryption-algorithm aes-cbc 256\n" \
	" authentication-algorithm sha256\n dh group14\n sa duration 7200\n"                    \
	"ike peer branch\n exchange-mode aggressive\n id-type name\n remote-name b@c\n"         \
	" remote-address 2.2.2.2\n local-address 1.1.1.1\n nat traversal\n proposal 5\n"        \
	"ipsec proposal p1\n esp encryption-algorithm aes 256\n"                                \
	" esp authentication-algorithm sha1\nipsec policy m 1 isakmp\n security acl 3000\n"     \
	" ike-peer branch\n proposal p1\n pfs dh-group2\n"

/* What we write for the other end is, read again, the other end. */
static void what_is_generated_can_be_read(void **state)
{
	static const char *const languages[] = { "swanctl", "ipsec.conf" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(languages); i++) {
		struct sketch d = read_text("comware", COMWARE), n, back;
		bool ctl = i == 0;
		struct text t;

		text_init(&t, 0);
		sketch_init(&n);
		assert_true(
			dialect_other_side(dialect_find(languages[i]), &d, "branch", NULL, &t, &n));
		back = read_text(languages[i], t.at);
		says(&back, K_PEER, ctl ? "gateway" : "m-1",
		     ctl ? "{\"exchange_mode\":\"aggressive\",\"local_address\":\"2.2.2.2\","
			   "\"local_id\":{\"type\":\"user_fqdn\",\"value\":\"b@c\"},"
			   "\"remote_address\":\"1.1.1.1\",\"remote_id\":{\"type\":\"fqdn\","
			   "\"value\":\"center\"},\"psk\":\"gateway\",\"ike_proposals\":"
			   "[\"aes256-sha256-modp2048-7200\"]}"
			 : "{\"exchange_mode\":\"aggressive\",\"local_address\":\"2.2.2.2\","
			   "\"local_id\":{\"type\":\"user_fqdn\",\"value\":\"b@c\"},"
			   "\"remote_address\":\"1.1.1.1\",\"remote_id\":{\"type\":\"fqdn\","
			   "\"value\":\"center\"},\"psk\":\"m-1\",\"ike_proposals\":"
			   "[\"aes256-sha256-modp2048-7200\"]}");
		says(&back, K_TUNNEL, "m-1",
		     ctl ? "{\"peer\":\"gateway\",\"local_ts\":[\"10.2.0.0/16\"],"
			   "\"remote_ts\":[\"10.1.0.0/16\"],\"ipsec_proposals\":"
			   "[\"esp-aes256-sha1-modp1024\"],\"lifetime_seconds\":3600,"
			   "\"lifetime_kilobytes\":1843200,\"start_action\":\"trap\"}"
			 : "{\"peer\":\"m-1\",\"local_ts\":[\"10.2.0.0/16\"],"
			   "\"remote_ts\":[\"10.1.0.0/16\"],\"ipsec_proposals\":"
			   "[\"esp-aes256-sha1-modp1024\"],\"lifetime_seconds\":3600,"
			   "\"start_action\":\"trap\"}");
		assert_null(sketch_find(&back, K_SECRET, ctl ? "gateway" : "m-1")->secret);
		text_done(&t);
		sketch_done(&d);
		sketch_done(&n);
		sketch_done(&back);
	}
}

static void hostile_texts_end(void **state)
{
	static const char *const languages[] = { "swanctl", "ipsec.conf" };
	static const char *const pieces[] = {
		"{",        "}",
		"a{",       "connections { x {\nversion=1\n} }\n",
		"conn x\n", "\tkeyexchange=ikev1\n",
		"=",        "\"",
		"#\n",      "secrets { ike { id = a\n secret = b\n } }\n"
	};

	(void)state;
	for (size_t l = 0; l < COUNT_OF(languages); l++) {
		for (size_t i = 0; i < COUNT_OF(pieces); i++) {
			size_t p = strlen(pieces[i]), n = 50000 * p;
			char *all = malloc(n);
			struct sketch d;

			for (size_t k = 0; k < n; k += p)
				memcpy(all + k, pieces[i], p);
			sketch_init(&d);
			dialect_find(languages[l])->read(slice(all, n), &d);
			assert_true(d.notes_n <= SKETCH_NOTES);
			sketch_done(&d);
			free(all);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_of_swanctl),
		cmocka_unit_test(keys_go_to_whom_they_are_meant_for),
		cmocka_unit_test(what_swanctl_says_and_we_cannot),
		cmocka_unit_test(conns_of_ipsec_conf),
		cmocka_unit_test(what_is_generated_can_be_read),
		cmocka_unit_test(hostile_texts_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
