/* settings.h - the system view and the services: one record each */
#pragma once

#include "core/model/record.h"

struct settings_ike {
	struct record r;
	char local_name[NAME_SIZE]; /* "" is the host name */
	bool next_payload_check;
	bool comware_default_proposal;
	uint32_t nat_keepalive_seconds;
	uint32_t exchange_timeout_seconds; /* an exchange not done by then is given up */
	uint32_t retransmit_seconds; /* first wait; each further is 1.8 times longer */
	uint32_t retransmit_tries;
	uint32_t half_open_limit;
	uint32_t half_open_per_address;
	uint32_t fragment_octets;
	bool ask_after_refusal; /* what the peer would have taken: core/ike/v1/ask1.c */
};

struct settings_keepalive {
	struct record r;
	uint32_t interval_seconds, timeout_seconds; /* 0: off */
	bool tag_first; /* two steps, as the manual */
	uint32_t notify_type;
};

enum plane_choice { PLANE_AUTO, PLANE_XFRM, PLANE_USERSPACE, PLANE_RECORDING };

struct settings_ipsec {
	struct record r;
	uint32_t lifetime_seconds, lifetime_kilobytes;
	bool anti_replay;
	uint32_t anti_replay_window; /* packets */
	uint32_t session_idle_seconds, sa_idle_seconds;
	bool decrypt_check;
	bool invalid_spi_recovery;
	int data_plane; /* enum plane_choice */
};

struct settings_api {
	struct record r;
	char listen_address[64];
	uint32_t port;
	uint8_t hosts_n;
	char hosts[8][128]; /* further Host names that are ours */
	uint32_t session_idle_seconds, session_limit_seconds;
	uint32_t bulk_body_mebibytes; /* of POST /bulk and PUT /config */
};

enum snmp_mode { SNMP_OFF, SNMP_STANDALONE, SNMP_AGENTX };

struct settings_snmp {
	struct record r;
	int mode;
	char listen_address[64];
	uint32_t port;
	char agentx_socket[108];
	char user[NAME_SIZE]; /* v3 user, SHA-256 and AES */
	char auth_secret[NAME_SIZE]; /* -> secret */
	char priv_secret[NAME_SIZE]; /* -> secret */
	uint8_t trap_targets_n;
	char trap_targets[4][72];
	bool trap_informs; /* sent as informs: again until the target answers */
	uint32_t notify; /* mask of notifications, by number in the MIB */
	bool hh3c_ike, hh3c_ipsec, hh3c_ipsec_v2,
		cisco_flow; /* other vendors' modules that are served too */
	/* and whose notifications are sent, masks by number in the module */
	uint32_t hh3c_ike_notify, hh3c_ipsec_notify, hh3c_ipsec_v2_notify, cisco_flow_notify;
};

enum log_format { LOGF_TEXT, LOGF_JSON };

struct settings_logging {
	struct record r;
	int level; /* enum log_level */
	int ike_level;
	int format;
	/* what the store keeps at most, and for how long */
	uint32_t negotiations_kept, strangers_kept, negotiations_days;
	uint32_t replaced_kept, replaced_days; /* records that were, replaced secrets among them */
};

extern const struct field settings_ike_fields[];
extern const struct field settings_keepalive_fields[];
extern const struct field settings_ipsec_fields[];
extern const struct field settings_api_fields[];
extern const struct field settings_snmp_fields[];
extern const struct field settings_logging_fields[];

enum secret_type {
	SECRET_PSK,
	SECRET_PASSPHRASE,
	SECRET_PPK,
	SECRET_XAUTH,
	SECRET_EAP,
	SECRET_KEY_PASSPHRASE,
	SECRET_IPSEC_KEYS /* hexadecimal, of one direction: tunnel manual.key_in */
};

struct secret {
	struct record r;
	char description[128];
	int type;
	struct sealed value; /* F_SECRET "value" */
	struct sealed previous; /* what the value was before it was rotated; counts until: */
	uint64_t previous_until_s; /* wall clock, 0: nothing is being rotated */
	uint32_t strength_bits; /* of the value, see strength.h; 0: not known */
};

extern const struct field secret_fields[];
/* How long both keys may count when a pre-shared key is rotated. */
enum { OVERLAP_LEAST_S = 60, OVERLAP_MOST_S = 30 * 86400, OVERLAP_PRESET_S = 86400 };
/* Is it being rotated: do both its values count at this moment (wall clock)? */
bool secret_overlaps(const struct secret *s, int64_t now_s);
/* The secret as it was: `ret` has the previous value for value. */
void secret_before(const struct secret *s, struct secret *ret);
/* From now on only the value counts. */
void secret_finish(struct secret *s);
/* The same secret is sealed in both? By fingerprints, else by octets; two that are not set are. */
bool sealed_equal(const struct sealed *a, const struct sealed *b);
enum { SECRET_ABOUT = 64 };
/* What is sealed is bound to this text: "secrets/NAME". ret holds SECRET_ABOUT. Returns ret. */
char *secret_about(const char *name, char *ret);
