/* pair.h - what the daemon and the snmp process say to each other
 *
 * One SOCK_SEQPACKET pair, one struct a message, the first member its kind. Pictures travel as
 * sealed read-only memory files (SCM_RIGHTS), one for each WANT, which the agent says at most
 * once a second and only while somebody polls; events as they are. Both ends are one build of
 * one version, so structs go as they lie.
 *
 *	daemon -> agent   SETUP first, then PICTURE (with descriptor), EVENT, STOP
 *	agent -> daemon   STATE once it listens or fails, WANT when it is polled, LOG lines
 */
#pragma once

#include <stdint.h>

#include "core/model/event.h"
#include "core/model/settings.h"

enum pair_kind {
	PAIR_SETUP = 1,
	PAIR_PICTURE,
	PAIR_EVENT,
	PAIR_STOP,
	PAIR_WANT,
	PAIR_STATE,
	PAIR_LOG
};

enum { PAIR_AGENT_FD = 3 }; /* the agent's end in a new agent */

enum { PAIR_TARGETS = 4 };

struct pair_setup {
	uint32_t kind;
	int mode; /* enum snmp_mode */
	char listen_address[64];
	uint32_t port;
	char agentx_socket[108];
	char user[NAME_SIZE];
	char auth[132], priv[132]; /* passphrases of the v3 user: the only secrets it ever holds */
	uint32_t engine_boots; /* already raised and kept by the daemon */
	uint8_t engine_id[32];
	uint32_t engine_id_n;
	char trap_targets[PAIR_TARGETS][72];
	uint32_t trap_targets_n;
	uint32_t trap_informs;
	uint32_t notify; /* mask by notification number */
	bool hh3c_ike, hh3c_ipsec, hh3c_ipsec_v2, cisco_flow; /* of settings_snmp */
	uint32_t hh3c_ike_notify, hh3c_ipsec_notify, hh3c_ipsec_v2_notify, cisco_flow_notify;
	char host_name[64];
};

struct pair_picture {
	uint32_t kind;
	uint32_t size;
};

struct pair_event {
	uint32_t kind;
	struct event event;
};

struct pair_state {
	uint32_t kind;
	int up;
	char text[200]; /* "listens on 127.0.0.1:1161", or why not */
};

/* The agent has no log of its own: the daemon writes its lines in the form it was told. */
struct pair_log {
	uint32_t kind;
	int level; /* enum log_level */
	char text[240];
};

struct pair_plain {
	uint32_t kind; /* STOP, WANT */
};
