/* rules_peer.c - rules of IKE peers: identities, addresses, keys
 *
 * Why main mode is so narrow with a pre-shared key: SKEYID is made of the key (RFC 2409 section
 * 5), so the responder has to choose it before it can decrypt who calls. All it has is the
 * address. That binds what we may claim to be and where the peer may come from; what the peer
 * claims is read once the key fits, so its identity may be of any type.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 */
#include "core/model/ruling.h"

#include <stdio.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/exception.h"
#include "core/model/peer.h"
#include "core/model/strength.h"
#include "core/model/view.h"

#define MEMBER(m) offsetof(struct peer, m)

static bool uses_psk(const struct peer *p)
{
	return p->auth_local == PEER_AUTH_PSK || p->auth_remote == PEER_AUTH_PSK;
}

static bool is_main_psk(const struct peer *p)
{
	return p->ike_version != PEER_V2 && p->exchange_mode == MODE_MAIN && uses_psk(p);
}

enum remote_sort rules_remote_sort(const struct peer *p)
{
	struct range range;
	struct prefix prefix;
	struct addr addr;

	if (!p->remote_address[0])
		return REMOTE_NONE;
	if (strcmp(p->remote_address, "any") == 0)
		return REMOTE_ANY;
	if (addr_read(p->remote_address, &addr))
		return REMOTE_HOST;
	if (prefix_read(p->remote_address, &prefix)) {
		if (prefix.bits == 0)
			return REMOTE_ANY;
		return prefix.bits == addr_size(&prefix.addr) * 8 ? REMOTE_HOST : REMOTE_SOME;
	}
	return range_read(p->remote_address, &range) ? REMOTE_SOME : REMOTE_NAME;
}

static const char *id_word(int type)
{
	static const struct name words[] = {
		{ IDK_ADDRESS, "address" },     { IDK_FQDN, "fqdn" },
		{ IDK_USER_FQDN, "user_fqdn" }, { IDK_DN, "dn" },
		{ IDK_KEY_ID, "key_id" },       { 0, NULL },
	};

	return name_of(words, type);
}

static void main_psk_id(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (is_main_psk(p) && p->local_id_type != IDK_ADDRESS)
		rules_break(r, RULE_MAIN_PSK_ID, rec, MEMBER(local_id_type),
			    "Use an address as identity, aggressive mode, or certificates",
			    "peer %s: main mode with a pre-shared key can only identify by IP "
			    "address; local_id is %s",
			    rec->name, id_word(p->local_id_type));
}

static void dynamic_aggr(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	enum remote_sort sort = rules_remote_sort(p);
	bool is_dynamic = sort == REMOTE_ANY || sort == REMOTE_NONE ||
			  (sort == REMOTE_NAME && p->remote_dynamic);

	if (is_dynamic && is_main_psk(p))
		rules_break(r, RULE_DYNAMIC_AGGR, rec, MEMBER(exchange_mode),
			    "Set exchange_mode to aggressive, or give the peer's address",
			    "peer %s: the remote address is %s and authentication is a pre-shared "
			    "key, so IKEv1 needs aggressive mode",
			    rec->name, sort == REMOTE_NONE ? "not known" : "dynamic");
}

/* What we call ourselves: the peer's own value, else the system view's local name. */
static const char *local_value(const struct ruling *r, const struct peer *p)
{
	bool is_name = p->local_id_type == IDK_FQDN || p->local_id_type == IDK_USER_FQDN;

	if (p->local_id_value[0] || !is_name)
		return p->local_id_value;
	return config_ike(r->after)->local_name;
}

static const char *remote_value(const struct peer *p)
{
	bool is_name = p->remote_id_type == IDK_FQDN || p->remote_id_type == IDK_USER_FQDN;

	return p->remote_id_value[0] || !is_name ? p->remote_id_value : p->remote_name;
}

/* One identity of two: the same rules bind both ends. */
struct identity {
	const char *which, *value;
	int type;
	size_t member;
};

static void both(const struct ruling *r, const struct peer *p, struct identity ret[2])
{
	ret[0] = (struct identity){ "local_id", local_value(r, p), p->local_id_type,
				    MEMBER(local_id_value) };
	ret[1] = (struct identity){ "remote_id", remote_value(p), p->remote_id_type,
				    MEMBER(remote_id_value) };
}

static void fqdn_no_at(struct ruling *r, const struct record *rec)
{
	struct identity ids[2];

	both(r, (const void *)rec, ids);
	for (size_t i = 0; i < 2; i++)
		if (ids[i].type == IDK_FQDN && strchr(ids[i].value, '@'))
			rules_break(
				r, RULE_FQDN_NO_AT, rec, ids[i].member,
				"With '@' the type is user_fqdn",
				"peer %s: %s is of type fqdn, so \"%.64s\" must not contain '@'",
				rec->name, ids[i].which, ids[i].value);
}

static void user_fqdn_at(struct ruling *r, const struct record *rec)
{
	struct identity ids[2];

	both(r, (const void *)rec, ids);
	for (size_t i = 0; i < 2; i++)
		if (ids[i].type == IDK_USER_FQDN && ids[i].value[0] && !strchr(ids[i].value, '@'))
			rules_break(
				r, RULE_USER_FQDN_AT, rec, ids[i].member,
				"Without '@' the type is fqdn",
				"peer %s: %s is of type user_fqdn, so \"%.64s\" must contain '@'",
				rec->name, ids[i].which, ids[i].value);
}

static void id_address(struct ruling *r, const struct record *rec)
{
	struct identity ids[2];
	struct addr addr;

	both(r, (const void *)rec, ids);
	for (size_t i = 0; i < 2; i++)
		if (ids[i].type == IDK_ADDRESS && ids[i].value[0] &&
		    !addr_read(ids[i].value, &addr))
			rules_break(r, RULE_ID_ADDRESS, rec, ids[i].member,
				    "Leave it empty to use the address itself",
				    "peer %s: %s is of type address, but \"%.64s\" is none",
				    rec->name, ids[i].which, ids[i].value);
}

/* A local fqdn without a value is the local name, and without that the host name. A dn may
 * come out of the certificate. */
static void id_value(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	struct identity ids[2];

	both(r, p, ids);
	for (size_t i = 0; i < 2; i++) {
		bool is_ours = i == 0;

		if (ids[i].type == IDK_ADDRESS || ids[i].value[0])
			continue;
		if (is_ours &&
		    (ids[i].type == IDK_FQDN || (ids[i].type == IDK_DN && p->certificate[0])))
			continue;
		rules_break(r, RULE_ID_VALUE, rec, ids[i].member,
			    is_ours ? "Give local_id a value, or the IKE settings a local_name"
				    : "Give remote_id a value, or the peer a remote_name",
			    "peer %s: %s is of type %s and has no value", rec->name, ids[i].which,
			    id_word(ids[i].type));
	}
}

static void remote_needed(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (!p->remote_address[0] && !p->remote_name[0])
		rules_break(
			r, RULE_REMOTE_NEEDED, rec, MEMBER(remote_address),
			"Give the address, a host name, or \"any\" for a peer that only calls us",
			"peer %s has neither remote_address nor remote_name: an initiator could "
			"not find it",
			rec->name);
}

static void range_responds(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	enum remote_sort sort = rules_remote_sort(p);

	if (sort == REMOTE_NONE && p->remote_name[0])
		rules_break(r, RULE_RANGE_RESPONDS, rec, MEMBER(remote_address),
			    "The peer has to start, or give its address",
			    "peer %s: with a remote name and no remote address there is nowhere to "
			    "send to, so this end can only respond",
			    rec->name);
	if (sort == REMOTE_SOME || sort == REMOTE_ANY)
		rules_break(r, RULE_RANGE_RESPONDS, rec, MEMBER(remote_address),
			    "The peer has to start",
			    "peer %s: with %.80s as remote address this end can only respond",
			    rec->name, p->remote_address);
}

static void psk_needed(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (uses_psk(p) && !p->psk[0] && !rules_only_manual(r->after, rec->name))
		rules_break(r, RULE_PSK_NEEDED, rec, MEMBER(psk),
			    "Make a secret and name it in psk",
			    "peer %s authenticates by pre-shared key, but psk names no secret",
			    rec->name);
}

static void secret_set(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	const struct secret *s = p->psk[0] ? config_secret(r->after, p->psk) : NULL;

	if (uses_psk(p) && s && s->value.n == 0)
		rules_break(r, RULE_SECRET_SET, rec, MEMBER(psk), "Set the secret's value",
			    "peer %s: secret %s has no value yet, so negotiations will fail",
			    rec->name, p->psk);
}

/* Labels of two keys that begin alike differ before the sign. */
static void label_once(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	for (size_t i = 1; i < p->labels_n; i++) {
		int key = (int)strcspn(p->labels[i], "=");

		for (size_t k = 0; k < i; k++)
			if (strncmp(p->labels[i], p->labels[k], (size_t)key + 1) == 0)
				rules_break(r, RULE_LABEL_ONCE, rec, MEMBER(labels),
					    "Leave one of them out",
					    "peer %s: the label %.*s is there twice", rec->name,
					    key, p->labels[i]);
	}
}

static bool is_aggressive_psk(const struct peer *p)
{
	return p->ike_version != PEER_V2 && p->exchange_mode == MODE_AGGRESSIVE && uses_psk(p);
}

/* What was measured when the value was written, else what its length allows. */
static unsigned bits_of(const struct secret *s)
{
	size_t octets = s->value.n > SEALED_AROUND ? s->value.n - SEALED_AROUND : 0;

	return s->strength_bits ? s->strength_bits : strength_of_length(octets);
}

static void aggr_weak_key(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	const struct secret *s = p->psk[0] ? config_secret(r->after, p->psk) : NULL;
	char falls[STRENGTH_TEXT];

	if (!is_aggressive_psk(p) || !s || s->value.n == 0 || p->allow_weak_key ||
	    bits_of(s) >= STRENGTH_ENOUGH ||
	    exception_for(r->after, rec, EXCEPTION_WEAK_KEY, r->now_s))
		return;
	rules_break(r, RULE_AGGR_WEAK_KEY, rec, MEMBER(psk),
		    "Let a generator make the key (22 letters and digits are 128 bits), or set "
		    "allow_weak_key, or make an exception",
		    "peer %s: secret %s is worth about %u bits, and aggressive mode lets anybody "
		    "guess it at home: it would fall %s at 10^9 guesses a second",
		    rec->name, p->psk, bits_of(s), strength_falls(bits_of(s), falls));
}

/* The exception that somebody stands for it with. */
static const struct exception *risk_taken(const struct config *c, const struct peer *p,
					  const struct secret *s)
{
	int64_t now_s = clock_wall_ms() / 1000;
	const struct exception *x = exception_for(c, &p->r, EXCEPTION_AGGRESSIVE_PSK, now_s);

	if (!x && bits_of(s) < STRENGTH_ENOUGH)
		x = exception_for(c, &p->r, EXCEPTION_WEAK_KEY, now_s);
	return x;
}

bool rules_key_at_risk(const struct config *c, const struct peer *p, char *ret, size_t cap)
{
	const struct secret *s = p->psk[0] ? config_secret(c, p->psk) : NULL;
	char falls[STRENGTH_TEXT], text[EXCEPTION_TEXT];

	*ret = '\0';
	if (!is_aggressive_psk(p) || !s || !s->value.n)
		return false;
	const struct exception *x = risk_taken(c, p, s);

	strength_falls(bits_of(s), falls);
	if (x)
		snprintf(ret, cap,
			 "secret %s would fall %s to whoever asks for its hash in aggressive mode: "
			 "%s",
			 p->psk, falls, exception_text(x, text));
	else
		snprintf(ret, cap,
			 "aggressive mode shows whoever asks a hash of the pre-shared key; secret "
			 "%s would fall %s at 10^9 guesses a second",
			 p->psk, falls);
	return true;
}

static void aggr_psk(struct ruling *r, const struct record *rec)
{
	char text[RISK_SIZE];

	if (rules_key_at_risk(r->after, (const void *)rec, text, sizeof(text)))
		rules_break(r, RULE_AGGR_PSK, rec, MEMBER(exchange_mode),
			    "Use main mode where the address is known, or certificates",
			    "peer %s: %s", rec->name, text);
}

/* What main mode can tell peers apart by, as one key; false when it does not apply. */
static bool key_of(const struct peer *p, char *ret, size_t cap)
{
	if (!p->enabled || !is_main_psk(p) || !p->remote_address[0])
		return false;
	return text_copy(ret, cap, p->remote_address) && strlen(ret) + 1 < cap &&
	       text_copy(ret + strlen(ret), cap - strlen(ret), "\n") &&
	       text_copy(ret + strlen(ret), cap - strlen(ret), p->local_address);
}

static void remote_not_unique(struct ruling *r)
{
	own(hash) seen = hash_new();
	char key[REMOTE_SIZE + 80];
	bool ok = seen != NULL;

	for (size_t i = 0; ok && i < config_count(r->after, K_PEER); i++) {
		const struct peer *p = (const void *)config_at(r->after, K_PEER, i), *other;

		if (!key_of(p, key, sizeof(key)))
			continue;
		other = hash_find(seen, slice_str(key));
		if (!other)
			hash_put(seen, slice_str(key), (void *)(uintptr_t)p, &ok);
		else if (rules_is_touched(r, &p->r) || rules_is_touched(r, &other->r))
			rules_break(
				r, RULE_SAME_REMOTE, &p->r, MEMBER(remote_address),
				"Give them different local addresses, disable one, or use "
				"aggressive mode",
				"peers %s and %s have the same remote address %.64s and the same "
				"local address: main mode cannot tell them apart",
				other->r.name, p->r.name, p->remote_address);
	}
	if (!ok)
		r->no_memory = true;
}

const struct check rules_of_peers[] = {
	{ RULE_MAIN_PSK_ID, K_PEER, 0, main_psk_id },
	{ RULE_DYNAMIC_AGGR, K_PEER, 0, dynamic_aggr },
	{ RULE_FQDN_NO_AT, K_PEER, ON(K_SETTINGS_IKE), fqdn_no_at },
	{ RULE_USER_FQDN_AT, K_PEER, ON(K_SETTINGS_IKE), user_fqdn_at },
	{ RULE_ID_ADDRESS, K_PEER, 0, id_address },
	{ RULE_ID_VALUE, K_PEER, ON(K_SETTINGS_IKE), id_value },
	{ RULE_REMOTE_NEEDED, K_PEER, 0, remote_needed },
	{ RULE_RANGE_RESPONDS, K_PEER, 0, range_responds },
	{ RULE_PSK_NEEDED, K_PEER, 0, psk_needed },
	{ RULE_SECRET_SET, K_PEER, ON(K_SECRET), secret_set },
	{ RULE_LABEL_ONCE, K_PEER, 0, label_once },
	{ RULE_AGGR_WEAK_KEY, K_PEER, ON(K_SECRET) | ON(K_EXCEPTION), aggr_weak_key },
	{ RULE_AGGR_PSK, K_PEER, ON(K_SECRET) | ON(K_EXCEPTION), aggr_psk },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_peers[] = {
	{ RULE_SAME_REMOTE, K_PEER, remote_not_unique },
	{ .all = NULL },
};
