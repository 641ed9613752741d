/* test_rules.c - every rule of rule.def provoked, and its honest neighbour accepted
 *
 * A case is a few edits as text: "peers hub exchange_mode=main; -peers old". The last test
 * fails while a rule of the register has no case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/rules.h"

enum { EDITS = 8 };

static const char *const basis =
	"secrets k value=16; secrets long value=12; secrets short value=7; secrets unset;"
	"ike-proposals p1 number=10; ipsec-proposals esp; ipsec-proposals gcm pfs_group=ecp256 "
	"encryption_algorithm=aes-gcm integrity_algorithm=none; ipsec-proposals spare;"
	"dpd-profiles d";
static const char *const basis_peers =
	"peers hub remote_address=192.0.2.1 psk=k ike_proposals=p1 dpd=d;"
	"peers wide remote_address=198.51.100.0/24 psk=k;"
	"tunnels net peer=hub local_ts=10.1.0.0/24 remote_ts=10.2.0.0/24 ipsec_proposals=esp "
	"sequence=10;"
	"tunnels tpl peer=hub local_ts=10.1.0.0/24 remote_ts=0.0.0.0/0 ipsec_proposals=esp "
	"sequence=100 from_template=true start_action=none";

struct one {
	enum rule rule;
	const char *before; /* further records that are there already */
	const char *bad, *field; /* what provokes it, and the member it must name */
	const char *good; /* nearly the same, and fine */
};

#define BY_HAND                                                                                    \
	"tunnels m keying=manual sequence=11 peer=hub local_ts=10.1.9.0/24 remote_ts=10.3.9.0/24 " \
	"ipsec_proposals=esp "                                                                     \
	"manual.spi_out=0x300 manual.key_in=k manual.key_out=long "
#define WAIVER   "exceptions x owner=netops reason=partner expires_at=2099-01-31"
#define OURS     "private-keys key public_key_sha256=AA; certificates ours private_key=key "
#define BOTH_RSA "peers hub auth.local=rsa-sig auth.remote=rsa-sig"
static const struct one cases[] = {
	{ RULE_KEY_MATCHES, "private-keys key public_key_sha256=AA",
	  "certificates c private_key=key public_key_sha256=BB", "/private_key",
	  "certificates c private_key=key public_key_sha256=AA" },
	{ RULE_KEY_MATCHES, OURS "public_key_sha256=AA", "private-keys key public_key_sha256=CC",
	  "/private_key", "private-keys key description=other" },
	{ RULE_PKI_EXPIRED, "", "certificates c not_after=1700000000", "/pem",
	  "certificates c not_after=1800000000" },
	{ RULE_PKI_EXPIRED, "", "authorities a not_after=1699999999", "/pem",
	  "authorities a not_after=1800000000" },
	{ RULE_PKI_EXPIRES, "", "certificates c not_after=1702591999", "/pem",
	  "certificates c not_after=1702592000" },
	{ RULE_AUTH_ALIKE, OURS, "peers hub auth.local=rsa-sig certificate=ours", "/auth/remote",
	  "peers hub certificate=ours" },
	{ RULE_CERTIFICATE_NEEDED, "authorities a", BOTH_RSA, "/certificate",
	  "peers hub auth.local=psk" },
	{ RULE_CERTIFICATE_NEEDED, "authorities a; certificates bare", BOTH_RSA " certificate=bare",
	  "/certificate", "peers hub certificate=bare" },
	{ RULE_CERTIFICATE_NEEDED, "authorities a; " OURS "; " BOTH_RSA " certificate=ours",
	  "certificates ours private_key=", "/certificate", "certificates ours description=x" },
	{ RULE_REF_IN_USE, OURS "; peers hub certificate=ours", "-certificates ours", "",
	  "peers hub certificate=; -certificates ours" },
	{ RULE_AUTHORITY_NEEDED, "authorities a domain=x; " OURS,
	  BOTH_RSA " certificate=ours certificate_domain=y", "/certificate_domain",
	  BOTH_RSA " certificate=ours certificate_domain=x" },
	{ RULE_AUTHORITY_NEEDED,
	  "authorities a; authorities b domain=z; " OURS "; " BOTH_RSA " certificate=ours",
	  "-authorities a; -authorities b", "/certificate_domain", "-authorities a" },
	{ RULE_RSA_PROPOSAL, "authorities a; " OURS, BOTH_RSA " certificate=ours", "/ike_proposals",
	  BOTH_RSA " certificate=ours ike_proposals=; ike-proposals sig number=20 "
		   "authentication_method=rsa-sig" },
	/* one that is its own and not the system's calls, and cannot be called */
	{ RULE_RSA_PROPOSAL,
	  "authorities a; " OURS "; ike-proposals sig number=20 system=false "
	  "authentication_method=rsa-sig",
	  BOTH_RSA " certificate=ours ike_proposals=sig", "/ike_proposals",
	  BOTH_RSA " certificate=ours ike_proposals=sig; ike-proposals sig system=true" },
	/* the last one of the system goes */
	{ RULE_RSA_PROPOSAL,
	  "authorities a; " OURS "; ike-proposals sig number=20 "
	  "authentication_method=rsa-sig; " BOTH_RSA " certificate=ours ike_proposals=",
	  "-ike-proposals sig", "/ike_proposals", "ike-proposals sig number=21" },
	{ RULE_WEBHOOK_URL, "", "webhooks w url=http://192.0.2.1/", "/url",
	  "webhooks w url=http://127.0.0.1/" },
	{ RULE_WEBHOOK_URL, "", "webhooks w url=https://169.254.169.254/", "/url",
	  "webhooks w url=https://169.254.169.254/ allow_link_local=true" },
	{ RULE_WEBHOOK_EVENTS, "", "webhooks w url=https://x/ events=nothing", "/events",
	  "webhooks w url=https://x/ events=config,peer.up" },
	{ RULE_EXCEPTION_OBJECT, "", WAIVER " object=peers/hub", "/object",
	  WAIVER " object=ike-proposals/p1" },
	{ RULE_EXCEPTION_OBJECT, "", WAIVER, "/object", WAIVER " kind=weak_key" },
	{ RULE_EXCEPTION_OBJECT, "", WAIVER " object=nothing", "/object",
	  WAIVER " object=ipsec-proposals/esp" },
	{ RULE_EXCEPTION_OBJECT, "", WAIVER " kind=weak_key object=ike-proposals/p1", "/object",
	  WAIVER " kind=weak_key object=peers/hub" },
	{ RULE_EXCEPTION_NOBODY, "", WAIVER " object=ike-proposals/p9", "/object",
	  WAIVER " object=ike-proposals/p1" },
	{ RULE_EXCEPTION_EXPIRED, "", WAIVER " object=ike-proposals/p1 expires_at=2020-01-31",
	  "/expires_at", WAIVER " object=ike-proposals/p1" },
	{ RULE_EXCEPTION_ENDS, "", WAIVER " object=ike-proposals/p1 expires_at=2023-12-13",
	  "/expires_at", WAIVER " object=ike-proposals/p1 expires_at=2023-12-15" },
	/* a permission by itself, which cannot go before what rests on it is mended */
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 dh_group=modp1024", "/dh_group",
	  WAIVER " object=ike-proposals/p1; ike-proposals p1 dh_group=modp1024" },
	{ RULE_PROPOSAL_WEAK, "",
	  WAIVER " object=ike-proposals/p1 expires_at=2020-01-31; "
		 "ike-proposals p1 dh_group=modp1024",
	  "/dh_group", WAIVER " object=ike-proposals/p1; ike-proposals p1 dh_group=modp1024" },
	{ RULE_PROPOSAL_WEAK, WAIVER " object=ike-proposals/p1; ike-proposals p1 dh_group=modp1024",
	  "-exceptions x", "/dh_group", "-exceptions x; ike-proposals p1 dh_group=modp2048" },
	{ RULE_PROPOSAL_WEAK, WAIVER " object=ike-proposals/p1; ike-proposals p1 dh_group=modp1024",
	  "exceptions x object=ike-proposals/p2", "/dh_group", "exceptions x owner=other" },
	{ RULE_PROPOSAL_WEAK_USED, "",
	  WAIVER " object=ike-proposals/p1; ike-proposals p1 dh_group=modp1024", "/dh_group",
	  WAIVER " object=ike-proposals/p1" },
	{ RULE_IPSEC_WEAK, "",
	  WAIVER " object=ike-proposals/esp; ipsec-proposals esp integrity_algorithm=sha1",
	  "/integrity_algorithm",
	  WAIVER " object=ipsec-proposals/esp; ipsec-proposals esp integrity_algorithm=sha1" },
	{ RULE_REF_EXISTS, "", "peers hub exceptions=nobody", "/exceptions/0",
	  WAIVER " kind=weak_key; peers hub exceptions=x" },
	{ RULE_REF_EXISTS, "", "peers hub psk=nobody", "/psk", "peers hub psk=long" },
	{ RULE_REF_EXISTS, "", "peers hub ike_proposals=p1,p9", "/ike_proposals/1",
	  "peers hub ike_proposals=p1,default" },
	{ RULE_REF_IN_USE, "", "-secrets k", "", "-secrets long" },
	{ RULE_REF_IN_USE, "", "-ipsec-proposals esp", "", "-ipsec-proposals spare" },
	{ RULE_REF_IN_USE, "", "-peers hub; -tunnels net", "",
	  "-peers hub; -tunnels net; -tunnels tpl" },
	{ RULE_PROPOSAL_NUMBER, "", "ike-proposals p2 number=10", "/number",
	  "ike-proposals p2 number=11" },
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 integrity_algorithm=sha1",
	  "/integrity_algorithm", "ike-proposals p1 integrity_algorithm=sha1 allow_weak=true" },
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 encryption_algorithm=3des-cbc key_length=0",
	  "/encryption_algorithm", "ike-proposals p1 encryption_algorithm=aes-cbc" },
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 dh_group=modp768", "/dh_group",
	  "ike-proposals p1 dh_group=x25519" },
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 prf_algorithm=md5", "/prf_algorithm",
	  "ike-proposals p1 prf_algorithm=sha512" },
	{ RULE_PROPOSAL_WEAK, "", "ike-proposals p1 additional_key_exchanges=x25519,modp1024",
	  "/additional_key_exchanges", "ike-proposals p1 additional_key_exchanges=x25519,ecp384" },
	{ RULE_PROPOSAL_KEY, "", "ike-proposals p1 key_length=200", "/key_length",
	  "ike-proposals p1 key_length=192" },
	{ RULE_PROPOSAL_WEAK_USED, "", "ike-proposals p1 dh_group=modp1024 allow_weak=true",
	  "/dh_group", "ike-proposals p1 dh_group=modp3072 allow_weak=true" },
	{ RULE_PROPOSAL_WEAK_USED, "", "settings/ike ike comware_default_proposal=true",
	  "/comware_default_proposal", "settings/ike ike comware_default_proposal=false" },
	{ RULE_PROPOSAL_SHORT, "", "ike-proposals p1 lifetime_seconds=599", "/lifetime_seconds",
	  "ike-proposals p1 lifetime_seconds=600" },
	{ RULE_IPSEC_WEAK, "", "ipsec-proposals esp integrity_algorithm=md5",
	  "/integrity_algorithm", "ipsec-proposals esp integrity_algorithm=sha512" },
	{ RULE_IPSEC_WEAK, "", "ipsec-proposals esp pfs_group=modp1024", "/pfs_group",
	  "ipsec-proposals esp pfs_group=modp2048" },
	{ RULE_IPSEC_WEAK, "", "ipsec-proposals esp encryption_algorithm=null key_length=0",
	  "/encryption_algorithm",
	  "ipsec-proposals esp encryption_algorithm=null key_length=0 allow_weak=true" },
	{ RULE_IPSEC_KEY, "", "ipsec-proposals esp key_length=129", "/key_length",
	  "ipsec-proposals esp key_length=256" },
	{ RULE_IPSEC_AEAD, "", "ipsec-proposals gcm integrity_algorithm=sha256",
	  "/integrity_algorithm", "ipsec-proposals gcm integrity_algorithm=none" },
	{ RULE_IPSEC_AEAD, "", "ipsec-proposals esp integrity_algorithm=none",
	  "/integrity_algorithm", "ipsec-proposals esp integrity_algorithm=sha384" },
	{ RULE_IPSEC_WEAK_USED, "", "ipsec-proposals esp integrity_algorithm=sha1 allow_weak=true",
	  "/integrity_algorithm", "ipsec-proposals esp allow_weak=true" },
	{ RULE_MAIN_PSK_ID, "", "peers hub local_id.type=fqdn local_id.value=a.example",
	  "/local_id/type",
	  "peers hub local_id.type=fqdn local_id.value=a.example exchange_mode=aggressive" },
	{ RULE_MAIN_PSK_ID, "", "peers hub local_id.type=key_id local_id.value=x", "/local_id/type",
	  "peers hub remote_id.type=fqdn remote_id.value=b.example" },
	{ RULE_DYNAMIC_AGGR, "", "peers hub remote_address=any", "/exchange_mode",
	  "peers hub remote_address=any exchange_mode=aggressive" },
	{ RULE_DYNAMIC_AGGR, "", "peers hub remote_address= remote_name=b.example",
	  "/exchange_mode", "peers hub remote_address=203.0.113.0/24" },
	{ RULE_DYNAMIC_AGGR, "", "peers hub remote_address=b.example remote_dynamic=true",
	  "/exchange_mode", "peers hub remote_address=b.example" },
	{ RULE_FQDN_NO_AT, "", "peers hub remote_id.type=fqdn remote_id.value=a@b.example",
	  "/remote_id/value", "peers hub remote_id.type=user_fqdn remote_id.value=a@b.example" },
	{ RULE_FQDN_NO_AT, "peers hub local_id.type=fqdn exchange_mode=aggressive",
	  "settings/ike ike local_name=gw@a.example", "/local_id/value",
	  "settings/ike ike local_name=gw.a.example" },
	{ RULE_USER_FQDN_AT, "", "peers hub remote_id.type=user_fqdn remote_id.value=b.example",
	  "/remote_id/value", "peers hub remote_id.type=fqdn remote_id.value=b.example" },
	{ RULE_ID_ADDRESS, "", "peers hub remote_id.value=b.example", "/remote_id/value",
	  "peers hub remote_id.value=192.0.2.9" },
	{ RULE_ID_VALUE, "", "peers hub remote_id.type=fqdn", "/remote_id/value",
	  "peers hub remote_id.type=fqdn remote_name=b.example" },
	{ RULE_ID_VALUE, "", "peers hub local_id.type=user_fqdn exchange_mode=aggressive",
	  "/local_id/value", "peers hub local_id.type=fqdn exchange_mode=aggressive" },
	{ RULE_REMOTE_NEEDED, "", "peers hub remote_address=", "/remote_address",
	  "peers hub remote_address= remote_name=b.example exchange_mode=aggressive" },
	{ RULE_RANGE_RESPONDS, "", "peers hub remote_address=203.0.113.1-203.0.113.9",
	  "/remote_address", "peers hub remote_address=203.0.113.1" },
	{ RULE_RANGE_RESPONDS, "", "peers hub remote_address=203.0.113.0/29", "/remote_address",
	  "peers hub remote_address=203.0.113.1" },
	{ RULE_RANGE_RESPONDS, "",
	  "peers hub remote_address= remote_name=b.example exchange_mode=aggressive",
	  "/remote_address", "peers hub remote_name=b.example exchange_mode=aggressive" },
	{ RULE_PSK_NEEDED, "", "peers hub psk=", "/psk", "peers hub psk=long" },
	{ RULE_PSK_NEEDED,
	  "peers bare remote_address=192.0.2.9; " BY_HAND "manual.spi_in=0x100 peer=bare",
	  "tunnels t peer=bare local_ts=10.1.4.0/24 remote_ts=10.3.4.0/24 ipsec_proposals=esp",
	  "/peer", "peers bare psk=k" },
	{ RULE_PSK_NEEDED, "", "peers bare remote_address=192.0.2.9", "/psk",
	  "peers bare remote_address=192.0.2.9; " BY_HAND "manual.spi_in=0x100 peer=bare" },
	{ RULE_SECRET_SET, "", "peers hub psk=unset", "/psk", "peers hub psk=short" },
	{ RULE_SECRET_SET, "", "secrets k value=0", "/psk", "secrets k value=20" },
	{ RULE_LABEL_ONCE, "", "peers hub labels=site=a,tier=1,site=b", "/labels",
	  "peers hub labels=site=a,tier=1,sites=b" },
	{ RULE_REPLAY_WINDOW, "", "settings/ipsec ipsec anti_replay_window=96",
	  "/anti_replay_window", "settings/ipsec ipsec anti_replay_window=1024" },
	{ RULE_REPLAY_WINDOW, "", "settings/ipsec ipsec anti_replay_window=33",
	  "/anti_replay_window", "settings/ipsec ipsec anti_replay_window=32" },
	{ RULE_AGGR_WEAK_KEY, "", "peers hub exchange_mode=aggressive psk=short", "/psk",
	  "peers hub exchange_mode=aggressive psk=short allow_weak_key=true" },
	{ RULE_AGGR_WEAK_KEY, "peers hub exchange_mode=aggressive psk=k",
	  "secrets k strength_bits=79", "/psk", "secrets k strength_bits=80" },
	{ RULE_AGGR_WEAK_KEY, "", "peers hub exchange_mode=aggressive psk=short", "/psk",
	  WAIVER " kind=weak_key object=peers/hub; peers hub exchange_mode=aggressive psk=short" },
	{ RULE_AGGR_WEAK_KEY, "",
	  WAIVER " kind=weak_key; peers hub exchange_mode=aggressive psk=short", "/psk",
	  WAIVER " kind=weak_key; peers hub exchange_mode=aggressive psk=short exceptions=x" },
	{ RULE_AGGR_WEAK_KEY,
	  WAIVER " kind=weak_key; peers hub exchange_mode=aggressive psk=short exceptions=x",
	  "exceptions x kind=aggressive_psk", "/psk", "exceptions x owner=other" },
	{ RULE_AGGR_WEAK_KEY,
	  WAIVER " kind=weak_key object=peers/hub; "
		 "peers hub exchange_mode=aggressive psk=short",
	  "exceptions x expires_at=2023-11-14", "/psk", "exceptions x expires_at=2023-11-15" },
	{ RULE_AGGR_PSK, "", "peers hub exchange_mode=aggressive", "/exchange_mode",
	  "peers hub exchange_mode=main" },
	{ RULE_SAME_REMOTE, "", "peers other remote_address=192.0.2.1 psk=k", "/remote_address",
	  "peers other remote_address=192.0.2.1 local_address=192.0.2.8 psk=k" },
	{ RULE_SAME_REMOTE, "peers other remote_address=192.0.2.1 psk=k enabled=false",
	  "peers other enabled=true", "/remote_address",
	  "peers other enabled=true exchange_mode=aggressive" },
	{ RULE_KEEPALIVE_TIMEOUT, "",
	  "settings/keepalive keepalive interval_seconds=30 timeout_seconds=60", "/timeout_seconds",
	  "settings/keepalive keepalive interval_seconds=20 timeout_seconds=60" },
	{ RULE_KEEPALIVE_TIMEOUT, "peers hub keepalive.timeout_seconds=60",
	  "settings/keepalive keepalive interval_seconds=30", "/keepalive/timeout_seconds",
	  "settings/keepalive keepalive interval_seconds=20" },
	{ RULE_KEEPALIVE_ALONE, "", "settings/keepalive keepalive timeout_seconds=60",
	  "/timeout_seconds", "settings/keepalive keepalive interval_seconds=60" },
	{ RULE_KEEPALIVE_ALONE, "", "peers hub keepalive.timeout_seconds=60",
	  "/keepalive/timeout_seconds", "peers hub keepalive.interval_seconds=60" },
	{ RULE_KEEPALIVE_TYPE, "", "settings/keepalive keepalive notify_type=36136", "/notify_type",
	  "settings/keepalive keepalive notify_type=36138" },
	{ RULE_KEEPALIVE_TYPE, "", "settings/keepalive keepalive notify_type=36137", "/notify_type",
	  "settings/keepalive keepalive notify_type=36135" },
	{ RULE_DPD_RETRY, "", "dpd-profiles d interval_seconds=5 retry_seconds=5",
	  "/interval_seconds", "dpd-profiles d interval_seconds=6 retry_seconds=5" },
	{ RULE_TUNNEL_TS, "",
	  "tunnels t peer=hub local_ts=10.9.0.0/24 ipsec_proposals=esp sequence=11", "/remote_ts",
	  "tunnels t peer=hub local_ts=10.9.0.0/24 remote_ts=10.8.0.0/24 ipsec_proposals=esp "
	  "sequence=11" },
	{ RULE_TUNNEL_FAMILY, "", "tunnels net remote_ts=2001:db8::/32", "/remote_ts",
	  "tunnels net remote_ts=10.3.0.0/24" },
	{ RULE_TUNNEL_PROPOSALS, "", "tunnels net ipsec_proposals=", "/ipsec_proposals",
	  "tunnels net ipsec_proposals=gcm" },
	{ RULE_TUNNEL_PFS, "", "tunnels net ipsec_proposals=esp,gcm", "/ipsec_proposals",
	  "tunnels net ipsec_proposals=esp,spare" },
	{ RULE_TUNNEL_PFS, "tunnels net ipsec_proposals=esp,spare",
	  "ipsec-proposals spare pfs_group=ecp256", "/ipsec_proposals",
	  "ipsec-proposals spare description=x" },
	{ RULE_TUNNEL_SEQUENCE, "", "tunnels tpl sequence=10", "/sequence",
	  "tunnels tpl sequence=11" },
	{ RULE_TUNNEL_SEQUENCE, "", "tunnels net sequence=200", "/sequence",
	  "tunnels net sequence=99" },
	{ RULE_TUNNEL_START, "", "tunnels tpl start_action=start", "/start_action",
	  "tunnels net start_action=start" },
	{ RULE_TUNNEL_CANNOT_START, "", "tunnels net peer=wide", "/start_action",
	  "tunnels net peer=wide start_action=none" },
	{ RULE_TUNNEL_CANNOT_START, "", "peers hub remote_address=203.0.113.0/29", "/start_action",
	  "peers hub remote_address=203.0.113.1" },
	{ RULE_TUNNEL_OVERLAP, "",
	  "tunnels t peer=hub local_ts=10.1.0.128/25 remote_ts=10.2.0.0/16 ipsec_proposals=esp "
	  "sequence=11",
	  "/remote_ts",
	  "tunnels t peer=hub local_ts=10.1.1.128/25 remote_ts=10.2.0.0/16 ipsec_proposals=esp "
	  "sequence=11" },
	{ RULE_TUNNEL_OVERLAP,
	  "tunnels all peer=hub local_ts=10.5.0.0/16 remote_ts=0.0.0.0/0 ipsec_proposals=esp "
	  "sequence=12;"
	  "tunnels far peer=hub local_ts=10.7.0.0/16 remote_ts=10.1.0.0/16 ipsec_proposals=esp "
	  "sequence=13",
	  "tunnels t peer=hub local_ts=10.5.1.0/24 remote_ts=172.16.0.0/12 ipsec_proposals=esp "
	  "sequence=11",
	  "/remote_ts",
	  "tunnels t peer=hub local_ts=10.5.1.0/24 remote_ts=172.16.0.0/12 ipsec_proposals=esp "
	  "sequence=11 "
	  "enabled=false" },
	{ RULE_TUNNEL_OVERLAP, "tunnels net local_ts=10.1.0.0/24[tcp/80]",
	  "tunnels t peer=hub local_ts=10.1.0.0/24[tcp] remote_ts=10.2.0.7 ipsec_proposals=esp "
	  "sequence=11",
	  "/remote_ts",
	  "tunnels t peer=hub local_ts=10.1.0.0/24[udp] remote_ts=10.2.0.7 ipsec_proposals=esp "
	  "sequence=11" },
	{ RULE_TRANSPORT_HOSTS, "", "tunnels net mode=transport", "/local_ts",
	  "tunnels net mode=transport local_ts=192.0.2.8 remote_ts=192.0.2.1" },
	{ RULE_TRANSPORT_HOSTS, "tunnels net mode=transport local_ts=192.0.2.8 remote_ts=192.0.2.1",
	  "peers hub local_address=192.0.2.9", "/local_ts", "peers hub local_address=192.0.2.8" },
	{ RULE_KEYING_FIXED, BY_HAND "manual.spi_in=0x100", "tunnels m keying=isakmp", "/keying",
	  "tunnels m manual.spi_in=0x101" },
	{ RULE_MANUAL_NEEDS, "", BY_HAND, "/manual/spi_in", BY_HAND "manual.spi_in=0x100" },
	{ RULE_MANUAL_NEEDS, "", BY_HAND "manual.spi_in=0x100 manual.key_in=", "/manual/key_in",
	  BY_HAND "manual.spi_in=0x100" },
	{ RULE_MANUAL_NEEDS, "", BY_HAND "manual.spi_in=0x100 local_ts=10.1.8.0/24,10.1.9.0/24",
	  "/local_ts",
	  BY_HAND "manual.spi_in=0x100 local_ts=10.1.8.0/24,10.1.9.0/24 aggregation=true" },
	{ RULE_MANUAL_NEEDS, "", BY_HAND "manual.spi_in=0x100 ipsec_proposals=esp,spare",
	  "/ipsec_proposals", BY_HAND "manual.spi_in=0x100 ipsec_proposals=spare" },
	{ RULE_MANUAL_NEEDS, "", BY_HAND "manual.spi_in=0x100 peer=wide", "/peer",
	  BY_HAND "manual.spi_in=0x100" },
	{ RULE_MANUAL_AEAD, "", BY_HAND "manual.spi_in=0x100 ipsec_proposals=gcm",
	  "/ipsec_proposals", BY_HAND "manual.spi_in=0x100" },
	{ RULE_MANUAL_SPI, BY_HAND "manual.spi_in=0x100",
	  BY_HAND
	  "manual.spi_in=0x101; tunnels other keying=manual sequence=12 peer=hub "
	  "local_ts=10.1.7.0/24 "
	  "remote_ts=10.3.7.0/24 ipsec_proposals=esp manual.spi_in=0x101 manual.spi_out=0x300 "
	  "manual.key_in=k manual.key_out=k",
	  "/manual/spi_in", "tunnels m manual.spi_in=0x102" },
	{ RULE_SNMP_USER, "", "settings/snmp snmp mode=standalone user=u auth_secret=long",
	  "/priv_secret",
	  "settings/snmp snmp mode=standalone user=u auth_secret=long priv_secret=k" },
	{ RULE_SNMP_USER, "",
	  "settings/snmp snmp mode=standalone user=u auth_secret=short priv_secret=k",
	  "/auth_secret", "settings/snmp snmp mode=agentx" },
	{ RULE_SNMP_USER,
	  "settings/snmp snmp mode=standalone user=u auth_secret=long priv_secret=k",
	  "secrets long value=3", "/auth_secret", "secrets long value=8" },
	{ RULE_API_OPEN, "", "settings/api api listen_address=0.0.0.0", "/listen_address",
	  "settings/api api listen_address=127.0.0.2" },
	{ RULE_NO_EFFECT_YET, "", "ipsec-proposals esp esn=true", "/esn",
	  "ipsec-proposals esp esn=false" },
	{ RULE_NO_EFFECT_YET, "", "tunnels net mark=0x10", "/mark", "tunnels net mark=0" },
	{ RULE_NO_EFFECT_YET, "", "peers wide reauth_seconds=7200", "/reauth_seconds",
	  "peers wide reauth_seconds=" },
	{ RULE_NO_EFFECT_YET, "", "peers wide ppk=long", "/ppk", "peers wide ppk=" },
	{ RULE_NO_EFFECT_YET, "", "secrets k type=ppk", "/type", "secrets k type=passphrase" },
};

/* ---- edits from text ---- */

static struct record *copy_of(const struct config *c, enum kind k, const char *name)
{
	const struct record *old =
		kind_row(k)->single ? config_at(c, k, 0) : config_find(c, k, name);

	return old ? record_copy(old) : record_new(k);
}

static void set_list(const struct field *fl, void *rec, char *values)
{
	struct fault f = { 0 };
	char *save = NULL;
	size_t i = 0;

	field_clear(fl, rec);
	for (char *v = strtok_r(values, ",", &save); v; v = strtok_r(NULL, ",", &save))
		if (field_set_text(fl, rec, i++, v, &f) != R_OK)
			fail_msg("%s=%s: %s", fl->name, v, f.text);
}

static void set_member(struct record *rec, char *word)
{
	struct fault f = { 0 };
	char *value = strchr(word, '=');

	assert_non_null(value);
	*value++ = '\0';
	const struct field *fl = field_find(kind_row(rec->kind)->fields, word);
	if (!fl)
		fail_msg("%s has no member %s", kind_row(rec->kind)->path, word);
	if (fl->kind == F_SECRET) {
		struct sealed *s = (void *)((char *)rec + fl->offset);

		s->n = (uint16_t)(atoi(value) ? atoi(value) + SEALED_AROUND : 0);
	} else if (fl->many) {
		set_list(fl, rec, value);
	} else if (!*value) {
		field_clear(fl, rec);
	} else if (field_set_text(fl, rec, 0, value, &f) != R_OK) {
		fail_msg("%s=%s: %s", fl->name, value, f.text);
	}
}

static void read_edit(const struct config *c, char *line, struct edit *ret)
{
	char *save = NULL;
	char *kind = strtok_r(line, " ", &save);
	bool deletes = *kind == '-';

	memset(ret, 0, sizeof(*ret));
	ret->op = deletes ? EDIT_DELETE : EDIT_PUT;
	ret->kind = kind_of_path(kind + deletes);
	if (ret->kind == K_COUNT)
		fail_msg("no kind %s", kind);
	text_copy(ret->name, sizeof(ret->name), strtok_r(NULL, " ", &save));
	if (deletes)
		return;
	ret->rec = copy_of(c, ret->kind, ret->name);
	text_copy(ret->rec->name, sizeof(ret->rec->name), ret->name);
	for (char *w = strtok_r(NULL, " ", &save); w; w = strtok_r(NULL, " ", &save))
		set_member(ret->rec, w);
}

struct result {
	enum reason reason;
	struct faults errors, warnings;
	struct config *after;
};

/* Apply the edits of a text to a configuration and check the rules. */
static void change(const struct config *c, const char *text, struct result *ret)
{
	struct edit edits[EDITS + 8] = { 0 };
	struct fault f = { 0 };
	char *words = strdup(text), *save = NULL;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	for (char *l = strtok_r(words, ";", &save); l; l = strtok_r(NULL, ";", &save))
		read_edit(c, l + strspn(l, " "), &edits[n++]);
	ret->after = config_with(c, edits, n, "test", 1700000000, &f);
	if (!ret->after)
		fail_msg("%s: %s", text, f.text);
	ret->reason = rules_check(c, ret->after, edits, n, &ret->errors, &ret->warnings);
	for (size_t i = 0; i < n; i++)
		record_unref(edits[i].rec);
	free(words);
}

static struct config *config_of(const struct config *from, const char *text)
{
	struct result r;

	change(from, text, &r);
	if (r.reason != R_OK)
		fail_msg("%s: %s: %s", text, r.errors.at[0].rule, r.errors.at[0].text);
	return r.after;
}

static struct config *starting_point(const char *more)
{
	own(config) empty = config_new();
	own(config) first = config_of(empty, basis);
	struct config *c = config_of(first, basis_peers);

	if (*more) {
		own(config) old = c;
		c = config_of(old, more);
	}
	return c;
}

static const struct fault *find_fault(const struct faults *l, enum rule rule, const char *field)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i].rule, rule_row(rule)->name) == 0 &&
		    (!field || strcmp(l->at[i].field, field) == 0))
			return &l->at[i];
	return NULL;
}

/* ---- tests ---- */

static void provoke(const struct one *o)
{
	bool is_error = rule_row(o->rule)->severity == RULE_ERROR;
	own(config) c = starting_point(o->before);
	struct result r;

	change(c, o->bad, &r);
	const struct fault *f = find_fault(is_error ? &r.errors : &r.warnings, o->rule, o->field);
	if (!f)
		fail_msg("%s was not provoked at %s by %s (%zu errors: %s, %zu warnings: %s)",
			 rule_row(o->rule)->name, o->field, o->bad, r.errors.n, r.errors.at[0].text,
			 r.warnings.n, r.warnings.at[0].text);
	assert_true(strlen(f->text) > 20);
	if (o->rule != RULE_NO_EFFECT_YET)
		assert_true(strlen(f->hint) > 5);
	assert_int_equal(is_error, r.reason != R_OK);
	assert_int_equal(r.reason == R_IN_USE, o->rule == RULE_REF_IN_USE);
	config_unref(r.after);
}

static void welcome(const struct one *o)
{
	own(config) c = starting_point(o->before);
	struct result r;

	change(c, o->good, &r);
	if (r.reason != R_OK)
		fail_msg("%s refused: %s: %s", o->good, r.errors.at[0].rule, r.errors.at[0].text);
	if (find_fault(&r.errors, o->rule, NULL) || find_fault(&r.warnings, o->rule, NULL))
		fail_msg("%s breaks %s", o->good, rule_row(o->rule)->name);
	config_unref(r.after);
}

static void every_case_breaks_its_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		provoke(&cases[i]);
}

static void every_neighbour_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		welcome(&cases[i]);
}

static void every_rule_has_a_case(void **state)
{
	(void)state;
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		/* what only the text itself can break is judged where it is read */
		bool found = rule == RULE_PEM_PARSES || rule == RULE_AUTHORITY_CA ||
			     rule == RULE_CERTIFICATE_RSA || rule == RULE_KEY_NEEDED ||
			     rule == RULE_KEY_RSA;

		for (size_t i = 0; i < COUNT_OF(cases) && !found; i++)
			found = cases[i].rule == (enum rule)rule;
		if (!found)
			fail_msg("rule %s has no case", rule_row((enum rule)rule)->name);
		for (int other = 0; other < rule; other++)
			assert_string_not_equal(rule_row((enum rule)rule)->name,
						rule_row((enum rule)other)->name);
	}
}

static void the_basis_breaks_no_rule(void **state)
{
	own(config) empty = config_new();
	own(config) first = config_of(empty, basis);
	struct result r;

	(void)state;
	change(first, basis_peers, &r);
	assert_int_equal(r.reason, R_OK);
	for (size_t i = 0; i < r.warnings.n; i++)
		if (strcmp(r.warnings.at[i].rule, rule_row(RULE_NO_EFFECT_YET)->name) != 0 &&
		    strcmp(r.warnings.at[i].rule, rule_row(RULE_RANGE_RESPONDS)->name) != 0)
			fail_msg("%s: %s", r.warnings.at[i].rule, r.warnings.at[i].text);
	config_unref(r.after);
}

static void all_faults_are_said_at_once(void **state)
{
	own(config) c = starting_point("");
	struct result r;

	(void)state;
	change(c,
	       "peers hub psk=nobody remote_address=any remote_id.value=x;"
	       "ike-proposals p1 dh_group=modp768 key_length=200; -secrets k",
	       &r);
	assert_int_equal(r.reason, R_INVALID);
	assert_non_null(find_fault(&r.errors, RULE_REF_EXISTS, "/psk"));
	assert_non_null(find_fault(&r.errors, RULE_DYNAMIC_AGGR, NULL));
	assert_non_null(find_fault(&r.errors, RULE_ID_ADDRESS, NULL));
	assert_non_null(find_fault(&r.errors, RULE_PROPOSAL_WEAK, NULL));
	assert_non_null(find_fault(&r.errors, RULE_PROPOSAL_KEY, NULL));
	const struct fault *f = find_fault(&r.errors, RULE_REF_IN_USE, NULL);
	assert_non_null(f);
	assert_non_null(strstr(f->text, "peer wide"));
	config_unref(r.after);
}

static void a_fault_is_said_once(void **state)
{
	own(config) c = starting_point("tunnels net ipsec_proposals=esp,spare");
	struct result r;
	size_t n = 0;

	(void)state;
	change(c, "ipsec-proposals spare pfs_group=ecp384; ipsec-proposals esp description=x", &r);
	for (size_t i = 0; i < r.errors.n; i++)
		n += strcmp(r.errors.at[i].rule, rule_row(RULE_TUNNEL_PFS)->name) == 0;
	assert_int_equal(n, 1);
	config_unref(r.after);
}

static void untouched_records_are_left_alone(void **state)
{
	own(config) c = starting_point("");
	struct result r;

	(void)state;
	change(c, "dpd-profiles d2", &r);
	assert_int_equal(r.reason, R_OK);
	assert_int_equal(r.warnings.n, 0);
	config_unref(r.after);
}

/* Ten thousand tunnels written by one change: nothing may be quadratic. */
static void many_tunnels_are_checked_quickly(void **state)
{
	enum { MANY = 10000 };
	own(config) c = starting_point("");
	struct edit *edits = calloc(MANY, sizeof(*edits));
	struct faults errors = { 0 }, warnings = { 0 };
	struct fault f = { 0 };

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		struct tunnel *t = (void *)copy_of(c, K_TUNNEL, "net");

		snprintf(t->r.name, sizeof(t->r.name), "t%u", i);
		snprintf(t->local_ts[0], sizeof(t->local_ts[0]), "172.%u.%u.0/24", 16 + i / 256,
			 i % 256);
		snprintf(t->remote_ts[0], sizeof(t->remote_ts[0]), "0.0.0.0/0");
		edits[i] = (struct edit){ .op = EDIT_PUT, .kind = K_TUNNEL, .rec = &t->r };
		memcpy(edits[i].name, t->r.name, NAME_SIZE);
	}
	own(config) after = config_with(c, edits, MANY, "test", 1700000000, &f);
	assert_non_null(after);
	int64_t from = clock_now();
	assert_int_equal(rules_check(c, after, edits, MANY, &errors, &warnings), R_OK);
	int64_t took = clock_now() - from;
	if (took > 3000)
		fail_msg("%lld ms for %d tunnels", (long long)took, MANY);
	for (unsigned i = 0; i < MANY; i++)
		record_unref(edits[i].rec);
	free(edits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_a_case),
		cmocka_unit_test(the_basis_breaks_no_rule),
		cmocka_unit_test(every_case_breaks_its_rule),
		cmocka_unit_test(every_neighbour_is_accepted),
		cmocka_unit_test(all_faults_are_said_at_once),
		cmocka_unit_test(a_fault_is_said_once),
		cmocka_unit_test(untouched_records_are_left_alone),
		cmocka_unit_test(many_tunnels_are_checked_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
