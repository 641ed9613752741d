/* comware_inside.h - what the files of the Comware dialect share */
#pragma once

#include "core/dialect/sketch.h"
#include "core/dialect/lines.h"
#include "core/model/selector.h"
#include "core/model/tunnel.h"

enum view {
	VIEW_SYSTEM,
	VIEW_PROPOSAL,
	VIEW_DPD,
	VIEW_PEER,
	VIEW_ESP,
	VIEW_POLICY,
	VIEW_ACL,
	VIEW_INTERFACE,
	VIEW_LEFT,
	VIEW_OTHER
};
enum way { WAY_IN, WAY_BOTH };

struct reader;
struct comware_row {
	enum view view;
	enum way way;
	const char *words;
	enum kind kind; /* of the record that is set; K_COUNT: the view's own */
	const char *sets; /* or */
	void (*call)(struct reader *r); /* or */
	const char *why;
};
extern const struct comware_row comware_rows[]; /* ended by one without words */

enum { POLICY_NAME = 64, LIST_MOST = 10000, RULES_MOST = 2000 }; /* of any list; of one ACL */

struct acl_rule {
	struct acl_rule *next;
	unsigned id, line;
	bool deny;
	char from[SELECTOR_TEXT], to[SELECTOR_TEXT];
};

struct acl {
	struct acl *next;
	unsigned rules_n;
	bool used; /* by a policy that became a tunnel */
	char number[16], name[POLICY_NAME];
	struct acl_rule *rules, **last;
};

/* One policy, or one entry of a policy template. */
struct policy {
	struct policy *next;
	bool is_template; /* an entry of one */
	char name[POLICY_NAME], template[POLICY_NAME]; /* made from that template, "" not */
	char label[POLICY_NAME]; /* connection-name */
	char acl[POLICY_NAME]; /* its number or name as text, "" none */
	char pfs[16]; /* word of a group, "" none */
	uint32_t sequence;
	struct entry *tunnel; /* owned until it goes into the sketch */
};

/* What an IPsec proposal says that belongs elsewhere here. */
struct transform {
	struct transform *next;
	char name[NAME_SIZE], ah[16];
	bool transport, used;
	char pfs[16]; /* of the first policy that uses it */
	unsigned line;
};

struct applied {
	struct applied *next;
	char policy[POLICY_NAME];
};

struct reader {
	struct sketch *d;
	struct lines lines;
	enum view view;
	bool indents; /* commands of a view are indented in this text */
	char *got[8]; /* the captured words of the line */
	int got_n;
	int rest; /* first word that ... stands for */
	struct entry *own; /* the view's record, NULL none */
	struct policy *policy, *policies, **policies_last;
	struct acl *acl, *acls;
	struct transform *transform, *transforms;
	struct applied *applied;
	bool any_interface;
	unsigned policies_n, acls_n, transforms_n, applied_n, others;
	char sysname[POLICY_NAME];
};

/* The first word or two of the line, for a note: those behind may be a key. */
const char *comware_words(const struct reader *r, char ret[NOTE_WORDS]);
/* Policies with their lists and interfaces to tunnels, once all is read. */
void comware_tunnels(struct reader *r);
/* What peers and proposals mean together, once all is read. */
void comware_settle(struct reader *r);
void comware_free(struct reader *r);
struct transform *comware_transform(const struct reader *r, const char *name);

/* Words of the groups after pfs. */
extern const struct name comware_pfs[];

/* What the register calls. */
void comware_sysname(struct reader *r);
void comware_enter_proposal(struct reader *r);
void comware_enter_peer(struct reader *r);
void comware_enter_dpd(struct reader *r);
void comware_enter_esp(struct reader *r);
void comware_enter_policy(struct reader *r);
void comware_enter_template(struct reader *r);
void comware_enter_acl(struct reader *r);
void comware_enter_interface(struct reader *r);
void comware_peer_key(struct reader *r);
void comware_peer_remote(struct reader *r);
void comware_peer_proposals(struct reader *r);
void comware_esp_ah(struct reader *r);
void comware_esp_mode(struct reader *r);
void comware_policy_acl(struct reader *r);
void comware_policy_proposals(struct reader *r);
void comware_policy_pfs(struct reader *r);
void comware_policy_name(struct reader *r);
void comware_acl_rule(struct reader *r);
void comware_interface_policy(struct reader *r);
