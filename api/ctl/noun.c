/* noun.c - what one can say after show, set and delete: noun.def and its columns
 *
 * Called by: the verbs.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/noun.h"

#include <string.h>

#include "core/base/own.h"

/* clang-format off */
static const struct column peer_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "STATE", "state", SHAPE_STATE },
	{ "MODE", "exchange_mode", SHAPE_PLAIN }, { "REMOTE", "remote_address", SHAPE_PLAIN },
	{ "TUNNELS", "tunnels", SHAPE_PLAIN }, { "IKE", "ike_sas", SHAPE_PLAIN },
	{ "CHILD", "child_sas|children", SHAPE_PLAIN }, { "IN", "bytes_in", SHAPE_BYTES },
	{ "OUT", "bytes_out", SHAPE_BYTES }, { "", "stale", SHAPE_MARK },
	{ "LAST FAILURE", "last_failure_reason", SHAPE_LAST }, { 0 },
};
static const struct column tunnel_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "PEER", "peer", SHAPE_PLAIN },
	{ "STATE", "state", SHAPE_STATE }, { "CHILD", "child_sas|children", SHAPE_PLAIN },
	{ "IN", "bytes_in", SHAPE_BYTES }, { "OUT", "bytes_out", SHAPE_BYTES },
	{ "REKEYS", "rekeys", SHAPE_PLAIN }, { "", "stale", SHAPE_MARK },
	{ "LAST FAILURE", "last_failure_reason", SHAPE_LAST }, { 0 },
};
static const struct column ike_sa_columns[] = {
	{ "ID", "id", SHAPE_PLAIN }, { "PEER", "peer", SHAPE_PLAIN },
	{ "STATE", "state", SHAPE_STATE }, { "FLAGS", "flags_text|flags", SHAPE_PLAIN },
	{ "ROLE", "role", SHAPE_PLAIN }, { "MODE", "exchange_mode", SHAPE_PLAIN },
	{ "REMOTE", "remote_address|remote.address", SHAPE_PLAIN },
	{ "PORT", "remote_port|remote.port", SHAPE_PLAIN },
	{ "PROPOSAL", "proposal", SHAPE_PLAIN }, { "AGE", "age_seconds", SHAPE_SECONDS },
	{ "REKEY IN", "rekey_in_seconds", SHAPE_SECONDS }, { "CHILD", "children", SHAPE_PLAIN },
	{ "", "stale", SHAPE_MARK }, { 0 },
};
static const struct column child_sa_columns[] = {
	{ "ID", "id", SHAPE_PLAIN }, { "IKE", "ike_sa", SHAPE_PLAIN },
	{ "TUNNEL", "tunnel", SHAPE_PLAIN }, { "STATE", "state", SHAPE_STATE },
	{ "SPI IN", "spi_in", SHAPE_PLAIN }, { "SPI OUT", "spi_out", SHAPE_PLAIN },
	{ "LOCAL", "local_ts", SHAPE_PLAIN }, { "REMOTE", "remote_ts", SHAPE_PLAIN },
	{ "PROPOSAL", "proposal", SHAPE_PLAIN }, { "IN", "bytes_in", SHAPE_BYTES },
	{ "OUT", "bytes_out", SHAPE_BYTES }, { "AGE", "age_seconds", SHAPE_SECONDS },
	{ "REKEY IN", "rekey_in_seconds", SHAPE_SECONDS }, { "", "stale", SHAPE_MARK }, { 0 },
};
static const struct column kernel_sa_columns[] = {
	{ "STANDING", "standing", SHAPE_STATE }, { "WAY", "direction", SHAPE_PLAIN },
	{ "SPI", "spi", SHAPE_PLAIN }, { "SOURCE", "source_address", SHAPE_PLAIN },
	{ "DESTINATION", "destination_address", SHAPE_PLAIN }, { "MODE", "mode", SHAPE_PLAIN },
	{ "PROPOSAL", "proposal", SHAPE_PLAIN }, { "PACKETS", "packets", SHAPE_PLAIN },
	{ "BYTES", "bytes", SHAPE_BYTES }, { "CHILD", "child_sa", SHAPE_PLAIN },
	{ "TUNNEL", "tunnel", SHAPE_LAST }, { 0 },
};
static const struct column policy_columns[] = {
	{ "STANDING", "standing", SHAPE_STATE }, { "WAY", "direction", SHAPE_PLAIN },
	{ "ACTION", "action", SHAPE_PLAIN }, { "PRIORITY", "priority", SHAPE_PLAIN },
	{ "FROM", "source_ts", SHAPE_PLAIN }, { "TO", "destination_ts", SHAPE_PLAIN },
	{ "SAS", "sas", SHAPE_PLAIN }, { "BYTES", "bytes", SHAPE_BYTES },
	{ "", "trap", SHAPE_MARK }, { "TUNNEL", "tunnel", SHAPE_LAST }, { 0 },
};
static const struct column proposal_columns[] = {
	{ "NUMBER", "number", SHAPE_PLAIN }, { "NAME", "name", SHAPE_PLAIN },
	{ "ENCRYPTION", "encryption_algorithm", SHAPE_PLAIN }, { "KEY", "key_length", SHAPE_PLAIN },
	{ "INTEGRITY", "integrity_algorithm", SHAPE_PLAIN }, { "GROUP", "dh_group", SHAPE_PLAIN },
	{ "AUTHENTICATION", "authentication_method", SHAPE_PLAIN },
	{ "LIFETIME", "lifetime_seconds", SHAPE_SECONDS }, { "", "allow_weak", SHAPE_MARK }, { 0 },
};
static const struct column ipsec_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "PROTOCOL", "protocol", SHAPE_PLAIN },
	{ "ENCRYPTION", "encryption_algorithm", SHAPE_PLAIN }, { "KEY", "key_length", SHAPE_PLAIN },
	{ "INTEGRITY", "integrity_algorithm", SHAPE_PLAIN }, { "PFS", "pfs_group", SHAPE_PLAIN },
	{ "LIFETIME", "lifetime_seconds", SHAPE_SECONDS },
	{ "KILOBYTES", "lifetime_kilobytes", SHAPE_PLAIN }, { "", "allow_weak", SHAPE_MARK }, { 0 },
};
static const struct column dpd_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "MODE", "mode", SHAPE_PLAIN },
	{ "INTERVAL", "interval_seconds", SHAPE_SECONDS }, { "RETRY", "retry_seconds", SHAPE_SECONDS },
	{ "FAILURES", "max_failures", SHAPE_PLAIN }, { "ACTION", "action", SHAPE_LAST }, { 0 },
};
static const struct column secret_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "TYPE", "type", SHAPE_PLAIN },
	{ "SET", "value_set", SHAPE_PLAIN }, { "FINGERPRINT", "fingerprint", SHAPE_PLAIN },
	{ "PREVIOUS UNTIL", "previous.until", SHAPE_PLAIN },
	{ "CHANGED", "changed_at", SHAPE_PLAIN }, { "BY", "changed_by", SHAPE_LAST }, { 0 },
};
static const struct column certificate_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "SUBJECT", "subject", SHAPE_PLAIN },
	{ "BITS", "bits", SHAPE_PLAIN }, { "EXPIRES", "not_after", SHAPE_PLAIN },
	{ "KEY", "private_key", SHAPE_LAST }, { 0 },
};
static const struct column authority_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "DOMAIN", "domain", SHAPE_PLAIN },
	{ "EXPIRES", "not_after", SHAPE_PLAIN }, { "SUBJECT", "subject", SHAPE_LAST }, { 0 },
};
static const struct column webhook_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "ENABLED", "enabled", SHAPE_PLAIN },
	{ "URL", "url", SHAPE_PLAIN }, { "EVENTS", "events", SHAPE_LAST }, { 0 },
};
static const struct column exception_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "KIND", "kind", SHAPE_PLAIN },
	{ "OBJECT", "object", SHAPE_PLAIN }, { "EXPIRES", "expires_at", SHAPE_PLAIN },
	{ "OWNER", "owner", SHAPE_PLAIN }, { "REASON", "reason", SHAPE_LAST }, { 0 },
};
static const struct column private_key_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "BITS", "bits", SHAPE_PLAIN },
	{ "SET", "value_set", SHAPE_PLAIN }, { "FINGERPRINT", "fingerprint", SHAPE_PLAIN },
	{ "CHANGED", "changed_at", SHAPE_LAST }, { 0 },
};
static const struct column negotiation_columns[] = {
	{ "ID", "id", SHAPE_PLAIN }, { "STARTED", "started_at", SHAPE_PLAIN },
	{ "PEER", "peer", SHAPE_PLAIN }, { "TUNNEL", "tunnel", SHAPE_PLAIN },
	{ "EXCHANGE", "exchange", SHAPE_PLAIN }, { "ROLE", "role", SHAPE_PLAIN },
	{ "VERDICT", "verdict", SHAPE_STATE }, { "WHY", "text", SHAPE_LAST }, { 0 },
};
static const struct column event_columns[] = {
	{ "TIME", "time", SHAPE_PLAIN }, { "EVENT", "event", SHAPE_PLAIN },
	{ "PEER", "peer", SHAPE_PLAIN }, { "TUNNEL", "tunnel", SHAPE_PLAIN },
	{ "WHO", "who", SHAPE_PLAIN }, { "WHAT", "text", SHAPE_LAST }, { 0 },
};
static const struct column history_columns[] = {
	{ "REVISION", "revision", SHAPE_PLAIN }, { "TIME", "time|changed_at|at", SHAPE_PLAIN },
	{ "WHO", "who", SHAPE_PLAIN }, { "BY", "channel", SHAPE_PLAIN },
	{ "WHAT", "operation|op", SHAPE_PLAIN }, { "KIND", "kind", SHAPE_PLAIN },
	{ "NAME", "name", SHAPE_PLAIN }, { "COMMENT", "comment", SHAPE_LAST }, { 0 },
};
static const struct column audit_columns[] = {
	{ "NUMBER", "number", SHAPE_PLAIN }, { "TIME", "time", SHAPE_PLAIN },
	{ "WHO", "actor", SHAPE_PLAIN }, { "BY", "channel", SHAPE_PLAIN },
	{ "ACTION", "action", SHAPE_PLAIN }, { "OBJECT", "object", SHAPE_PLAIN },
	{ "REQUEST", "request_id", SHAPE_LAST }, { 0 },
};
static const struct column user_columns[] = {
	{ "NAME", "name", SHAPE_PLAIN }, { "ROLE", "role", SHAPE_PLAIN },
	{ "", "disabled", SHAPE_MARK }, { "CREATED", "created_at", SHAPE_PLAIN },
	{ "LAST SEEN", "last_in_at", SHAPE_LAST }, { 0 },
};
static const struct column token_columns[] = {
	{ "ID", "id", SHAPE_PLAIN }, { "NAME", "name", SHAPE_PLAIN },
	{ "ROLE", "role", SHAPE_PLAIN }, { "OWNER", "owner", SHAPE_PLAIN },
	{ "EXPIRES", "expires_at", SHAPE_PLAIN }, { "LAST USED", "last_used_at", SHAPE_LAST }, { 0 },
};

#define CONFIG NOUN_CONFIG
#define SET    NOUN_SET
#define DELETE NOUN_DELETE
#define NEWEST NOUN_NEWEST
#define OBJECT NOUN_OBJECT
#define SHORT  NOUN_SHORT
static const struct noun nouns[] = {
#define NOUN(word, alias, list, one, status, columns, uses) \
	{ word, alias, list, one, status, columns, uses },
#include "api/ctl/noun.def"
#undef NOUN
};
/* clang-format on */

/* One of them or several: "ike-sa" is also said "ike-sas", as the API does. */
static bool is_said(const char *word, const char *said)
{
	size_t n = strlen(word);

	return strncmp(word, said, n) == 0 && (!said[n] || strcmp(said + n, "s") == 0);
}

const struct noun *noun_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(nouns); i++)
		if (is_said(nouns[i].word, word) || is_said(nouns[i].alias, word))
			return &nouns[i];
	return NULL;
}

void noun_words(struct text *t, unsigned uses)
{
	const char *comma = "";

	for (size_t i = 0; i < COUNT_OF(nouns); i++) {
		if ((nouns[i].uses & uses) != uses)
			continue;
		text_add(t, "%s%s", comma, nouns[i].word);
		comma = ", ";
	}
}
