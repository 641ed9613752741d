/* peer.h - an IKE peer: who is at the other end, and how we prove it to each other */
#pragma once

#include "core/model/record.h"

enum exchange_mode { MODE_MAIN, MODE_AGGRESSIVE };
enum peer_version { PEER_V1 = 1, PEER_V2 = 2, PEER_AUTO = 3 };
enum id_kind { IDK_ADDRESS, IDK_FQDN, IDK_USER_FQDN, IDK_DN, IDK_KEY_ID };
enum peer_auth { PEER_AUTH_PSK, PEER_AUTH_RSA };
enum natt_mode { NATT_AUTO, NATT_OFF, NATT_FORCE };
enum unique_mode { UNIQUE_REPLACE, UNIQUE_KEEP, UNIQUE_NO };
enum subnet_type { SUBNET_SINGLE, SUBNET_MULTI };

enum { ID_VALUE_SIZE = 256, REMOTE_SIZE = 256, LABEL_SIZE = 65 };
enum { PEER_PROPOSALS = 6, PEER_LABELS = 8, PEER_EXCEPTIONS = 8 };

struct peer {
	struct record r;
	bool enabled;
	char description[128];
	int ike_version; /* enum peer_version */
	int exchange_mode; /* enum exchange_mode: how we start; as responder we follow */
	char local_address[64];
	int local_id_type; /* enum id_kind */
	char local_id_value[ID_VALUE_SIZE];
	char remote_address[REMOTE_SIZE];
	bool remote_dynamic; /* a host name is resolved for each negotiation */
	char remote_name[NAME_SIZE];
	int remote_id_type;
	char remote_id_value[ID_VALUE_SIZE];
	int auth_local, auth_remote; /* enum peer_auth */
	char psk[NAME_SIZE]; /* -> secret */
	bool allow_weak_key; /* in aggressive mode, below STRENGTH_ENOUGH */
	char certificate[NAME_SIZE];
	char certificate_domain[NAME_SIZE];
	uint8_t ike_proposals_n;
	char ike_proposals[PEER_PROPOSALS][NAME_SIZE];
	int nat_traversal; /* enum natt_mode */
	uint32_t nat_keepalive_seconds;
	char dpd[NAME_SIZE];
	uint32_t keepalive_interval_seconds, keepalive_timeout_seconds;
	bool initial_contact;
	bool fragmentation;
	int unique;
	int local_subnet_type, remote_subnet_type;
	char vpn_instance[NAME_SIZE];
	bool children_follow_delete; /* the peer's Delete of the IKE SA ends its IPsec SAs too */
	uint32_t rekey_seconds, reauth_seconds; /* 0: by the proposal's lifetime; never */
	int start_action; /* enum start_action */
	char ppk[NAME_SIZE]; /* -> secret */
	bool ppk_required;
	uint8_t exceptions_n, labels_n;
	char exceptions[PEER_EXCEPTIONS][NAME_SIZE];
	char labels[PEER_LABELS][LABEL_SIZE]; /* "key=value" */
};

extern const struct field peer_fields[];
