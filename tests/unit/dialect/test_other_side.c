/* test_other_side.c - the other end of a peer, in every language */
#include "tests/unit/dialect/sketch_says.h"

#define NAMES                                                                                    \
	"ike local-name center\nike sa keepalive-timer timeout 90\n"                             \
	"acl number 3000\n rule permit ip source 10.1.0.0 0.0.255.255 destination 10.2.0.0 "     \
	"0.0.255.255\n rule permit tcp source 10.1.0.0 0.0.255.255 destination 10.3.0.1 0 "      \
	"destination-port eq 80\nike proposal 5\n encryption-algorithm aes-cbc 256\n"            \
	" authentication-algorithm sha256\n dh group14\n sa duration 7200\nike dpd d\n"          \
	" interval-time 30\nike peer branch\n exchange-mode aggressive\n"                        \
	" pre-shared-key simple HUSH\n id-type name\n remote-name b@c\n nat traversal\n dpd d\n" \
	" proposal 5\nipsec proposal p1\n esp encryption-algorithm aes 256\n"                    \
	" esp authentication-algorithm sha1\nipsec policy-template t 1\n security acl 3000\n"    \
	" ike-peer branch\n proposal p1\n pfs dh-group2\n"                                       \
	"ipsec policy c 1 isakmp template t\n"

#define MAIN                                                                                 \
	"acl number 3000\n rule permit ip source 10.1.0.0 0.0.255.255 destination 10.2.0.0 " \
	"0.0.255.255\nike proposal 5\n encryption-algorithm aes-cbc 128\n"                   \
	" authentication-algorithm sha256\n dh group14\nike peer hub\n"                      \
	" pre-shared-key simple HUSH\n remote-address 2.2.2.2\n local-address 1.1.1.1\n"     \
	"ipsec proposal p1\n esp encryption-algorithm gcm-256\n"                             \
	"ipsec policy m 1 isakmp\n security acl 3000\n ike-peer hub\n proposal p1\n"         \
	" sa duration time-based 1800\n"

static char *other_side(const char *language, const char *text, const char *peer,
			struct sketch *ret_notes)
{
	struct sketch d = read_text("comware", text);
	struct text t;

	text_init(&t, 0);
	sketch_init(ret_notes);
	assert_true(dialect_other_side(dialect_find(language), &d, peer, NULL, &t, ret_notes));
	assert_false(ret_notes->no_memory);
	assert_null(strstr(t.at, "HUSH")); /* no key is ever in it */
	assert_non_null(strstr(t.at, SECRET_HERE));
	sketch_done(&d);
	return text_give(&t);
}

static void is(const char *language, const char *expected)
{
	struct sketch n;
	char *out = other_side(language, MAIN, "hub", &n);

	assert_string_equal(out, expected);
	free(out);
	sketch_done(&n);
}

static void has(const char *out, const char *line)
{
	if (!strstr(out, line))
		fail_msg("there is no \"%s\" in\n%s", line, out);
}

static void comware(void **state)
{
	(void)state;
	is("comware",
	   "#\n#\nike proposal 5\n authentication-method pre-share\n authentication-algorithm "
	   "sha256\n"
	   " encryption-algorithm aes-cbc 128\n dh group14\n sa duration 86400\n#\nike peer "
	   "gateway\n"
	   " exchange-mode main\n id-type ip\n local-address 2.2.2.2\n proposal 5\n"
	   " pre-shared-key simple PUT-THE-PRE-SHARED-KEY-HERE\n remote-address 1.1.1.1\n#\n"
	   "ipsec proposal p1\n transform esp\n esp encryption-algorithm gcm-256\n"
	   " undo esp authentication-algorithm\n#\nacl number 3000\n"
	   " rule 0 permit ip source 10.2.0.0 0.0.255.255 destination 10.1.0.0 0.0.255.255\n#\n"
	   "ipsec policy m 1 isakmp\n security acl 3000\n ike-peer gateway\n"
	   " sa duration time-based 1800\n sa duration traffic-based 1843200\n proposal p1\n#\n"
	   "return\n");
}

static void swanctl(void **state)
{
	(void)state;
	is("swanctl",
	   "# swanctl.conf\nconnections {\n    gateway {\n        version = 1\n"
	   "        aggressive = no\n        local_addrs = 2.2.2.2\n        remote_addrs = "
	   "1.1.1.1\n"
	   "        fragmentation = no\n        mobike = no\n"
	   "        proposals = aes128-sha256-modp2048\n        rekey_time = 77760s\n"
	   "        over_time = 8640s\n        rand_time = 0s\n        local {\n"
	   "            auth = psk\n        }\n        remote {\n            auth = psk\n        "
	   "}\n"
	   "        children {\n            m-1 {\n                local_ts = 10.2.0.0/16\n"
	   "                remote_ts = 10.1.0.0/16\n                esp_proposals = aes256gcm16\n"
	   "                mode = tunnel\n                start_action = trap\n"
	   "                life_time = 1800s\n                rekey_time = 1620s\n"
	   "                life_bytes = 1887436800\n                rekey_bytes = 1698693120\n"
	   "            }\n        }\n    }\n}\nsecrets {\n    ike-gateway {\n"
	   "        id-1 = 1.1.1.1\n        secret = \"PUT-THE-PRE-SHARED-KEY-HERE\"\n    }\n}\n");
}

static void ipsec_conf(void **state)
{
	(void)state;
	is("ipsec.conf",
	   "# ipsec.conf\nconn gateway\n\tkeyexchange=ikev1\n\taggressive=no\n\tauthby=secret\n"
	   "\tleft=2.2.2.2\n\tright=1.1.1.1\n\tike=aes128-sha256-modp2048\n\tikelifetime=86400s\n"
	   "\tfragmentation=no\n\nconn m-1\n\talso=gateway\n\ttype=tunnel\n"
	   "\tleftsubnet=10.2.0.0/16\n\trightsubnet=10.1.0.0/16\n\tesp=aes256gcm16\n"
	   "\t# Libreswan: aes_gcm256 for aes256gcm16\n\tlifetime=1800s\n"
	   "\t# Libreswan: salifetime=1800s\n\tauto=route\n\n"
	   "# ipsec.secrets:\n# 1.1.1.1 : PSK \"PUT-THE-PRE-SHARED-KEY-HERE\"\n");
}

static void routeros(void **state)
{
	(void)state;
	is("routeros",
	   "/ip ipsec profile add name=gateway enc-algorithm=aes-128 hash-algorithm=sha256 "
	   "dh-group=modp2048 lifetime=86400s nat-traversal=no dpd-interval=disable-dpd\n"
	   "/ip ipsec peer add name=gateway exchange-mode=main profile=gateway address=1.1.1.1 "
	   "local-address=2.2.2.2\n/ip ipsec identity add peer=gateway "
	   "auth-method=pre-shared-key secret=\"PUT-THE-PRE-SHARED-KEY-HERE\" generate-policy=no\n"
	   "/ip ipsec proposal add name=m-1 enc-algorithms=aes-256-gcm auth-algorithms=null "
	   "pfs-group=none lifetime=1800s\n/ip ipsec policy add peer=gateway tunnel=yes "
	   "src-address=10.2.0.0/16 dst-address=10.1.0.0/16 action=encrypt level=unique "
	   "proposal=m-1\n");
}

static void fortios(void **state)
{
	(void)state;
	is("fortios",
	   "config vpn ipsec phase1-interface\n    edit \"gateway\"\n        set interface "
	   "\"wan1\"\n"
	   "        set ike-version 1\n        set mode main\n        set local-gw 2.2.2.2\n"
	   "        set remote-gw 1.1.1.1\n        set peertype any\n"
	   "        set proposal aes128-sha256\n        set dhgrp 14\n        set keylife 86400\n"
	   "        set dpd disable\n        set nattraversal disable\n"
	   "        set psksecret PUT-THE-PRE-SHARED-KEY-HERE\n    next\nend\n"
	   "config vpn ipsec phase2-interface\n    edit \"m-1\"\n"
	   "        set phase1name \"gateway\"\n        set proposal aes256gcm\n"
	   "        set pfs disable\n        set keylife-type both\n"
	   "        set keylifeseconds 1800\n        set keylifekbs 1843200\n"
	   "        set src-subnet 10.2.0.0 255.255.0.0\n"
	   "        set dst-subnet 10.1.0.0 255.255.0.0\n    next\nend\n");
}

static void ios(void **state)
{
	(void)state;
	is("ios",
	   "crypto isakmp policy 10\n encryption aes\n hash sha256\n"
	   " authentication pre-share\n group 14\n lifetime 86400\n!\n"
	   "crypto isakmp key PUT-THE-PRE-SHARED-KEY-HERE address 1.1.1.1\n"
	   "!\n"
	   "crypto ipsec transform-set m-1-p1 esp-gcm 256\n mode tunnel\n!\n"
	   "ip access-list extended m-1\n permit ip 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255\n"
	   "!\ncrypto map gateway 10 ipsec-isakmp\n set peer 1.1.1.1\n"
	   " set transform-set m-1-p1\n set security-association lifetime seconds 1800\n"
	   " set security-association lifetime kilobytes 1843200\n match address m-1\n!\n");
}

/* We only answer; it starts, presents the name we know and expects ours. */
static void names_change_sides(void **state)
{
	static const struct {
		const char *language, *line;
	} lines[] = {
		{ "comware", " id-type user-fqdn\n local-name b@c\n remote-name center\n" },
		{ "comware", "ike sa keepalive-timer interval 30\n" },
		{ "comware", " nat traversal\n dpd d\n" },
		{ "comware", " remote-address put-our-address-here\n" },
		{ "comware", "destination 10.1.0.0 0.0.255.255" },
		{ "comware", " rule 5 permit tcp source 10.3.0.1 0 source-port eq 80" },
		{ "comware", " pfs dh-group2\n" },
		{ "swanctl", "            id = userfqdn:b@c\n" },
		{ "swanctl", "            id = fqdn:center\n" },
		{ "swanctl", "        aggressive = yes\n" },
		{ "swanctl", "        dpd_delay = 30s\n        dpd_timeout = 45s\n" },
		{ "swanctl", "                local_ts = 10.3.0.1[tcp/80]\n" },
		{ "swanctl", "esp_proposals = aes256-sha1-modp1024\n" },
		{ "ipsec.conf", "\tleftid=b@c\n" },
		{ "ipsec.conf", "\trightid=@center\n" },
		{ "ipsec.conf", "# @center : PSK" },
		{ "routeros", " my-id=user-fqdn:b@c remote-id=fqdn:center" },
		{ "routeros",
		  " src-address=10.3.0.1 src-port=80 dst-address=10.1.0.0/16 protocol=tcp" },
		{ "fortios", "        set localid \"b@c\"\n        set localid-type user-fqdn\n"
			     "        set peertype one\n        set peerid \"center\"\n" },
		{ "fortios", "        set src-port 80\n        set protocol 6\n" },
		{ "fortios", "        set nattraversal enable\n" },
		{ "ios", " set aggressive-mode client-endpoint user-fqdn b@c\n" },
		{ "ios", " permit tcp 10.3.0.1 0.0.0.0 eq 80 10.1.0.0 0.0.255.255\n" },
		{ "ios", " set pfs group2\n" },
		{ "ios", "crypto isakmp keepalive 30 5 on-demand\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct sketch n;
		char *out = other_side(lines[i].language, NAMES, "branch", &n);

		has(out, lines[i].line);
		assert_true(notes(&n, 0, "put the address of this gateway"));
		free(out);
		sketch_done(&n);
	}
}

static void what_a_product_lacks_is_noted(void **state)
{
	struct sketch d = read_text("comware", MAIN), n;
	struct text t;

	(void)state;
	assert_true(
		sketch_set(&d, sketch_find(&d, K_IKE_PROPOSAL, "ike-5"), "dh_group", "x25519", 0));
	text_init(&t, 0);
	sketch_init(&n);
	assert_true(dialect_other_side(dialect_find("ios"), &d, "hub", NULL, &t, &n));
	assert_true(notes(&n, 0, "x25519 of the IKE proposal cannot be said in IOS"));
	assert_false(dialect_other_side(dialect_find("ios"), &d, "nobody", NULL, &t, &n));
	text_done(&t);
	sketch_done(&n);
	sketch_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comware),
		cmocka_unit_test(swanctl),
		cmocka_unit_test(ipsec_conf),
		cmocka_unit_test(routeros),
		cmocka_unit_test(fortios),
		cmocka_unit_test(ios),
		cmocka_unit_test(names_change_sides),
		cmocka_unit_test(what_a_product_lacks_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
