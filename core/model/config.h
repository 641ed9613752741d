/* config.h - the whole configuration: immutable, counted, revisioned
 *
 * A change makes a new config that shares every record it did not touch. Look-ups are
 * hashed; listings are sorted by name (IKE proposals by number). The built-in default
 * proposal and the single records always exist. Any thread may read a config it holds.
 */
#pragma once

#include "core/base/fault.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/record.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"

struct config;
struct webhook; /* core/model/webhook.h */
struct authority; /* core/model/pki.h, these three */
struct certificate;
struct private_key;

enum edit_op { EDIT_PUT, EDIT_DELETE };
enum { MATCH_ANY = 0 };

/* One edit of a change. PUT carries the whole new record. */
struct edit {
	enum edit_op op;
	enum kind kind;
	char name[NAME_SIZE];
	struct record *rec; /* PUT: owned by the edit until taken */
	uint64_t if_match; /* revision the editor saw; MATCH_ANY: not checked */
	bool must_be_new; /* POST: R_NAME_TAKEN when it exists */
};

struct config *config_new(void); /* revision 0: presets and built-ins only */
const struct config *config_ref(const struct config *c);
void config_unref(const struct config *c);
static inline void config_free(struct config *c)
{
	config_unref(c);
}
OWNABLE(config)

uint64_t config_revision(const struct config *c);
const struct record *config_find(const struct config *c, enum kind k, const char *name);
size_t config_count(const struct config *c, enum kind k);
const struct record *config_at(const struct config *c, enum kind k, size_t i);
/* Index of the first record whose name is above `name` ("" is the first): for cursors. IKE
 * proposals stand by number: there it is the place behind the one of that name. */
size_t config_after(const struct config *c, enum kind k, const char *name);

/* Typed shorthands; NULL when there is none. */
const struct peer *config_peer(const struct config *c, const char *name);
const struct tunnel *config_tunnel(const struct config *c, const char *name);
const struct ike_proposal *config_ike_proposal(const struct config *c, const char *name);
const struct ipsec_proposal *config_ipsec_proposal(const struct config *c, const char *name);
const struct dpd_profile *config_dpd(const struct config *c, const char *name);
const struct secret *config_secret(const struct config *c, const char *name);
const struct webhook *config_webhook(const struct config *c, const char *name);
const struct authority *config_authority(const struct config *c, const char *name);
const struct certificate *config_certificate(const struct config *c, const char *name);
const struct private_key *config_private_key(const struct config *c, const char *name);
const struct settings_ike *config_ike(const struct config *c);
const struct settings_keepalive *config_keepalive(const struct config *c);
const struct settings_ipsec *config_ipsec(const struct config *c);
const struct settings_api *config_api(const struct config *c);
const struct settings_snmp *config_snmp(const struct config *c);
const struct settings_logging *config_logging(const struct config *c);

/* A copy with these edits, at revision + 1. Each put record is copied in with its revision,
 * times, who and (when new) its index set. Refuses: R_STALE, R_NAME_TAKEN, R_NOT_FOUND,
 * R_INVALID for built-ins. References and rules are rules_check's matter. */
struct config *config_with(const struct config *c, const struct edit *edits, size_t n,
			   const char *who, int64_t now_s, struct fault *f);
/* A config straight from the store: records are taken as they are, also when it fails; the array
 * stays the caller's. Two of one name: R_STORE_DAMAGED. */
struct config *config_of_records(struct record **take_records, size_t n, uint64_t revision,
				 struct fault *f);
/* While it is nobody else's: the numbers up to this one were given before, some maybe to records
 * that are gone, and are not given again. */
void config_spend_index(struct config *c, enum kind k, uint32_t last);
/* The edits that make `to` out of `from`, by what records hold; both NULL-free. The list is the
 * caller's (edits_free). False: no memory. What is ours to say (read-only members) is no difference,
 * nor is the built-in proposal. */
bool config_edits(const struct config *from, const struct config *to, struct edit **ret,
		  size_t *ret_n);
bool record_same(const struct record *a, const struct record *b); /* members people can write */
void edits_free(struct edit *edits, size_t n);
/* Visit every record that refers to this one. */
void config_referrers(const struct config *c, enum kind k, const char *name,
		      void (*visit)(void *arg, const struct record *referrer), void *arg);
/* Tunnels of a peer, by sequence: how many were put into ret, at most cap. */
size_t config_tunnels_of(const struct config *c, const char *peer, const struct tunnel **ret,
			 size_t cap);
