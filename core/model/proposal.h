/* proposal.h - IKE proposals, IPsec proposals, DPD detectors */
#pragma once

#include "core/model/alg.h"
#include "core/model/record.h"

enum ike_proposal_version { PROPOSAL_V1 = 1, PROPOSAL_V2 = 2, PROPOSAL_AUTO = 3 };
enum { FURTHER_EXCHANGES = 7, GROUP_NAME_SIZE = 16 }; /* RFC 9370 section 2.1 */
enum { BUILTIN_NUMBER = 65536 }; /* after every number a person can give: lowest preference */
#define BUILTIN_NAME "default"

struct ike_proposal {
	struct record r;
	uint32_t number; /* 1-65535, unique: the priority, smaller is higher */
	char description[128];
	int authentication_method; /* enum auth_method */
	int encryption_algorithm; /* enum encr */
	uint32_t key_length; /* bits, 0: the algorithm's own */
	int integrity_algorithm; /* enum integ */
	int dh_group; /* enum group */
	uint32_t lifetime_seconds;
	bool system; /* in the list a responder matches against */
	bool allow_weak;
	bool builtin; /* read-only: the default proposal */
	int ike_version; /* enum ike_proposal_version */
	int prf_algorithm; /* enum integ whose HMAC it is, 0: the integrity algorithm's */
	uint8_t additional_key_exchanges_n;
	char additional_key_exchanges[FURTHER_EXCHANGES][GROUP_NAME_SIZE]; /* words of alg.def */
};

struct ipsec_proposal {
	struct record r;
	char description[128];
	int protocol; /* enum ipsec_protocol */
	int encryption_algorithm;
	uint32_t key_length;
	int integrity_algorithm; /* 0: none */
	int pfs_group; /* 0: none */
	bool esn;
	uint32_t lifetime_seconds, lifetime_kilobytes; /* 0: the global setting */
	bool allow_weak;
};

enum ipsec_protocol { IPSEC_ESP, IPSEC_AH, IPSEC_AH_ESP };
enum dpd_mode { DPD_ON_DEMAND, DPD_PERIODIC };
enum dpd_action { DPD_CLEAR, DPD_TRAP, DPD_RESTART };

struct dpd_profile {
	struct record r;
	int mode;
	uint32_t interval_seconds, retry_seconds, max_failures;
	int action;
};

extern const struct field ike_proposal_fields[];
extern const struct field ipsec_proposal_fields[];
extern const struct field dpd_profile_fields[];

struct ike_suite ike_proposal_suite(const struct ike_proposal *p); /* key length resolved */
struct esp_suite ipsec_proposal_suite(const struct ipsec_proposal *p, bool truncate_96);
