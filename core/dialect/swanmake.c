/* swanmake.c - connections as swanctl.conf and ipsec.conf say them, as records
 *
 * A proposal is named by its words, so that two connections with the same share one record; its
 * number counts up from FIRST_NUMBER. The lifetime of an IKE SA stands in its proposal here, so a
 * second lifetime makes a second proposal.
 *
 * Called by: swanctl.c, ipsecconf.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/swanmake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dialect/swan.h"
#include "core/model/strength.h"

enum { FIRST_NUMBER = 1000, PART = 256 };

void swan_said_done(struct swan_said *s)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		free(s->value[i]);
	*s = (struct swan_said){ 0 };
}

const char *swan_value(const struct swan_said *s, enum swan_slot slot)
{
	return s->value[slot] ? s->value[slot] : "";
}

/* ---- keys ---- */

struct key {
	enum swan_file file;
	enum swan_place place;
	const char *word, *why; /* why: it is left out */
	int slot; /* -1: idle or left out */
};

/* clang-format off */
#define KEY(file, place, word, slot) { FILE_##file, PLACE_##place, word, NULL, SLOT_##slot },
#define IDLE(file, word) { FILE_##file, PLACE_CONN, word, NULL, -1 },
#define LACK(file, word, why) { FILE_##file, PLACE_CONN, word, why, -1 },
static const struct key keys[] = {
#include "core/dialect/swankey.def"
};
#undef KEY
#undef IDLE
#undef LACK
/* clang-format on */

static const struct key *key_find(enum swan_file file, enum swan_place place, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (keys[i].file == file && (keys[i].place == place || keys[i].slot < 0) &&
		    strcmp(keys[i].word, word) == 0)
			return &keys[i];
	return NULL;
}

void swan_say(struct sketch *d, struct swan_said *s, enum swan_file file, enum swan_place place,
	      const char *pair[2], unsigned line)
{
	const struct key *k = key_find(file, place, pair[0]);

	if (!k) {
		sketch_note(d, NOTE_LEFT_OUT, line, pair[0], "this key is not known here");
	} else if (k->why) {
		sketch_note(d, NOTE_LEFT_OUT, line, pair[0], "%s", k->why);
	} else if (k->slot >= 0) {
		free(s->value[k->slot]);
		s->value[k->slot] = strdup(pair[1]);
		s->at[k->slot] = line;
		d->no_memory |= !s->value[k->slot];
	}
}

/* ---- values ---- */

static bool is_yes(const char *s)
{
	return strcmp(s, "yes") == 0 || strcmp(s, "true") == 0 || strcmp(s, "1") == 0 ||
	       strcmp(s, "enabled") == 0;
}

/* "3600", "3600s", "60m", "1h", "1d"; 0: it is none, or none is said. */
static uint32_t seconds_of(const char *s)
{
	static const struct name units[] = { { 1, "" },     { 1, "s" },     { 60, "m" },
					     { 3600, "h" }, { 86400, "d" }, { 0, NULL } };
	size_t n = strspn(s, "0123456789");
	char digits[12];
	uint64_t v;
	int unit;

	if (n == 0 || n >= sizeof(digits) || !name_find(units, s + n, &unit))
		return 0;
	snprintf(digits, sizeof(digits), "%.*s", (int)n, s);
	v = strtoull(digits, NULL, 10) * (uint64_t)unit;
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* The next part of a list, without blanks; false: there are no more. */
static bool next_part(const char **at, char ret[PART])
{
	while (**at && strchr(" \t,{}!", **at))
		++*at;
	size_t n = strcspn(*at, ",{}!");

	if (n == 0)
		return false;
	size_t keep = n;
	while (keep && strchr(" \t", (*at)[keep - 1]))
		keep--;
	snprintf(ret, PART, "%.*s", (int)MIN_OF(keep, (size_t)PART - 1), *at);
	*at += n;
	return true;
}

/* Letters, digits, dots, lines and hyphens, at most as long as a name may be. */
static void name_of_words(char ret[NAME_SIZE], const char *words)
{
	size_t n = 0;

	for (; *words && n < NAME_MAX_; words++) {
		bool fine = strchr("._-", *words) || (*words >= '0' && *words <= '9') ||
			    ((*words | 32) >= 'a' && (*words | 32) <= 'z');

		ret[n++] = fine ? *words : '-';
	}
	ret[n] = '\0';
}

static void set(struct sketch *d, struct entry *e, const char *member, const char *value,
		unsigned line)
{
	if (e && *value)
		sketch_set(d, e, member, value, line);
}

static void set_number(struct sketch *d, struct entry *e, const char *member, uint64_t n,
		       unsigned line)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	set(d, e, member, n ? digits : "", line);
}

/* ---- peers ---- */

static uint32_t ike_lifetime(const struct swan_said *c)
{
	uint32_t rekey = seconds_of(swan_value(c, SLOT_IKE_REKEY));
	uint32_t reauth = seconds_of(swan_value(c, SLOT_IKE_REAUTH));
	uint32_t over = seconds_of(swan_value(c, SLOT_IKE_OVER));
	uint32_t life = seconds_of(swan_value(c, SLOT_IKE_LIFE));

	rekey = rekey ? rekey : reauth;
	if (life || !rekey)
		return life;
	return rekey + (over ? over : rekey / 10);
}

static uint32_t next_number(const struct sketch *d)
{
	uint32_t n = FIRST_NUMBER;

	for (size_t i = 0; i < d->n; i++)
		n += d->at[i]->rec->kind == K_IKE_PROPOSAL;
	return n;
}

/* The proposal of these words and this lifetime; "" when it could not be read. */
static void ike_proposal(struct sketch *d, const char *words, uint32_t lifetime, unsigned line,
			 char ret[NAME_SIZE])
{
	char full[PART + 16];
	struct entry *e;

	snprintf(full, sizeof(full), lifetime ? "%.200s-%u" : "%.200s", words, lifetime);
	name_of_words(ret, strlen(full) > NAME_MAX_ ? words : full);
	e = sketch_find(d, K_IKE_PROPOSAL, ret);
	if (e)
		return;
	e = entry_new(K_IKE_PROPOSAL, line);
	if (!e || !swan_read_words(d, e, words, line)) {
		entry_free(e);
		*ret = '\0';
		return;
	}
	set_number(d, e, "number", next_number(d), line);
	set_number(d, e, "lifetime_seconds", lifetime, line);
	if (!sketch_take(d, e, ret))
		*ret = '\0';
}

static void ike_proposals(struct sketch *d, struct entry *peer, const struct swan_said *c)
{
	const char *at = swan_value(c, SLOT_PROPOSALS);
	unsigned line = c->at[SLOT_PROPOSALS];
	char words[PART], name[NAME_SIZE];

	if (!*at || strcmp(at, "default") == 0)
		sketch_note(d, NOTE_MIND, c->line, c->name,
			    "it names no proposals, and the defaults of the other product are not "
			    "known here: ours are offered");
	while (next_part(&at, words)) {
		if (strcmp(words, "default") == 0)
			continue;
		ike_proposal(d, words, ike_lifetime(c), line, name);
		set(d, peer, "ike_proposals", name, line);
	}
}

static void addresses(struct sketch *d, struct entry *peer, const struct swan_said *c)
{
	const char *local = swan_value(c, SLOT_LOCAL), *remote = swan_value(c, SLOT_REMOTE);
	char one[PART];

	if (next_part(&local, one) && *one != '%')
		set(d, peer, "local_address", one, c->at[SLOT_LOCAL]);
	if (!next_part(&remote, one) || *one == '%')
		text_copy(one, sizeof(one), "any");
	set(d, peer, "remote_address", one, c->at[SLOT_REMOTE] ? c->at[SLOT_REMOTE] : c->line);
	if (next_part(&remote, one))
		sketch_note(d, NOTE_LEFT_OUT, c->at[SLOT_REMOTE], c->name,
			    "a peer has one remote address; %.100s is left out", one);
}

static void auth(struct sketch *d, struct entry *peer, const struct swan_said *c)
{
	const char *l = swan_value(c, SLOT_LOCAL_AUTH);
	struct entry *s;

	if (strcmp(l, "pubkey") == 0 || strncmp(l, "rsa", 3) == 0) {
		set(d, peer, "auth.local", "rsa-sig", c->at[SLOT_LOCAL_AUTH]);
		set(d, peer, "auth.remote", "rsa-sig", c->at[SLOT_LOCAL_AUTH]);
		return;
	}
	if (*l && strcmp(l, "psk") != 0 && strcmp(l, "secret") != 0)
		sketch_note(d, NOTE_LEFT_OUT, c->at[SLOT_LOCAL_AUTH], c->name,
			    "authentication by %.40s is not supported; a pre-shared key is taken",
			    l);
	s = sketch_add(d, K_SECRET, peer->rec->name, c->line);
	set(d, s, "type", "psk", c->line);
	set(d, peer, "psk", s ? peer->rec->name : "", c->line);
}

static void watching(struct sketch *d, struct entry *peer, const struct swan_said *c)
{
	uint32_t delay = seconds_of(swan_value(c, SLOT_DPD_DELAY));
	uint32_t timeout = seconds_of(swan_value(c, SLOT_DPD_TIMEOUT));
	unsigned line = c->at[SLOT_DPD_DELAY];
	char name[NAME_SIZE];
	struct entry *e;

	if (!delay)
		return;
	snprintf(name, sizeof(name), timeout ? "dpd-%u-%u" : "dpd-%u", delay, timeout);
	e = sketch_find(d, K_DPD_PROFILE, name);
	if (!e && (e = sketch_add(d, K_DPD_PROFILE, name, line))) {
		set(d, e, "mode", "periodic", line);
		set_number(d, e, "interval_seconds", MIN_OF(delay, 300u), line);
		/* as many questions as the rest of the time takes, five seconds apart */
		if (timeout > delay)
			set_number(d, e, "max_failures",
				   MIN_OF(MAX_OF((timeout - delay) / 5, 1u), 20u), line);
		if (delay > 300)
			sketch_note(d, NOTE_MIND, line, "", "a peer is asked every 300 s at least");
	}
	set(d, peer, "dpd", e ? name : "", line);
}

static bool speaks_v1(const struct swan_said *c)
{
	const char *v = swan_value(c, SLOT_VERSION), *no = swan_value(c, SLOT_IKEV2);

	if (strcmp(v, "1") == 0 || strcmp(v, "ikev1") == 0)
		return true;
	return strcmp(no, "no") == 0 || strcmp(no, "never") == 0;
}

struct entry *swan_peer(struct sketch *d, const struct swan_said *c)
{
	char name[NAME_SIZE];
	struct entry *peer;
	const char *frag = swan_value(c, SLOT_FRAGMENTATION), *unique = swan_value(c, SLOT_UNIQUE);

	if (!speaks_v1(c)) {
		sketch_note(d, NOTE_LEFT_OUT, c->line, c->name,
			    "it does not ask for IKE version 1, and nothing else is spoken here");
		return NULL;
	}
	name_of_words(name, c->name);
	peer = sketch_add(d, K_PEER, name, c->line);
	if (!peer || peer->given)
		return NULL;
	addresses(d, peer, c);
	if (is_yes(swan_value(c, SLOT_AGGRESSIVE)))
		set(d, peer, "exchange_mode", "aggressive", c->at[SLOT_AGGRESSIVE]);
	if (is_yes(swan_value(c, SLOT_ENCAP)))
		set(d, peer, "nat_traversal", "force", c->at[SLOT_ENCAP]);
	if (strcmp(frag, "no") != 0) /* both products take fragments by default */
		set(d, peer, "fragmentation", "true", c->line);
	if (strcmp(unique, "keep") == 0)
		set(d, peer, "unique", "keep", c->at[SLOT_UNIQUE]);
	else if (*unique && strcmp(unique, "replace") != 0)
		set(d, peer, "unique", "no", c->at[SLOT_UNIQUE]);
	swan_read_identity(d, peer, "local_id", swan_value(c, SLOT_LOCAL_ID), c->at[SLOT_LOCAL_ID]);
	swan_read_identity(d, peer, "remote_id", swan_value(c, SLOT_REMOTE_ID),
			   c->at[SLOT_REMOTE_ID]);
	auth(d, peer, c);
	ike_proposals(d, peer, c);
	watching(d, peer, c);
	return peer;
}

/* ---- tunnels ---- */

static void esp_proposals(struct sketch *d, struct entry *t, const struct swan_said *c)
{
	const char *at = swan_value(c, SLOT_ESP);
	unsigned line = c->at[SLOT_ESP] ? c->at[SLOT_ESP] : c->line;
	char words[PART], name[NAME_SIZE];

	if (!*at || strcmp(at, "default") == 0) {
		at = "aes256-sha256, aes128-sha256";
		sketch_note(d, NOTE_MIND, line, c->name,
			    "it names no ESP proposals, and the defaults of the other product are "
			    "not known here: %s are offered",
			    at);
	}
	while (next_part(&at, words)) {
		char full[PART + 8];
		struct entry *e;

		if (strcmp(words, "default") == 0)
			continue;
		snprintf(full, sizeof(full), "esp-%s", words);
		name_of_words(name, full);
		e = sketch_find(d, K_IPSEC_PROPOSAL, name);
		if (!e) {
			e = entry_new(K_IPSEC_PROPOSAL, line);
			if (!e || !swan_read_words(d, e, words, line)) {
				entry_free(e);
				continue;
			}
			if (!sketch_take(d, e, name))
				continue;
		}
		set(d, t, "ipsec_proposals", name, line);
		if (!entry_has(e, "pfs_group") && is_yes(swan_value(c, SLOT_PFS)))
			sketch_note(d, NOTE_MIND, line, c->name,
				    "PFS without a group is that of IKE to Libreswan and none "
				    "here: set pfs_group of %s",
				    name);
		if (strstr(words, "sha256_96") || is_yes(swan_value(c, SLOT_SHA96)))
			set(d, t, "sha2_256_truncation_96", "true", line);
	}
}

static void selectors(struct sketch *d, struct entry *t, const char *member, const char *list,
		      unsigned line)
{
	char one[PART];

	while (next_part(&list, one)) {
		if (strcmp(one, "dynamic") == 0)
			sketch_note(d, NOTE_LEFT_OUT, line, t->rec->name,
				    "a selector is addresses here; dynamic has none before the "
				    "tunnel is up");
		else
			set(d, t, member, one, line);
	}
}

static const char *start_of(const char *s)
{
	if (strstr(s, "start"))
		return "start";
	if (strstr(s, "trap") || strcmp(s, "route") == 0 || strcmp(s, "ondemand") == 0)
		return "trap";
	return "none";
}

void swan_tunnel(struct sketch *d, const struct entry *peer, const struct swan_said *c)
{
	uint32_t life = seconds_of(swan_value(c, SLOT_LIFE));
	uint32_t rekey = seconds_of(swan_value(c, SLOT_REKEY));
	uint64_t kb = strtoull(swan_value(c, SLOT_LIFE_BYTES), NULL, 10) / 1024;
	const char *local = swan_value(c, SLOT_LOCAL_TS), *remote = swan_value(c, SLOT_REMOTE_TS);
	char name[NAME_SIZE];
	struct entry *t;

	name_of_words(name, c->name);
	t = sketch_add(d, K_TUNNEL, name, c->line);
	if (!t || t->given)
		return;
	set(d, t, "peer", peer->rec->name, c->line);
	/* nothing said is the end itself */
	const struct peer *p = (const void *)peer->rec;
	selectors(d, t, "local_ts", *local ? local : p->local_address,
		  *local ? c->at[SLOT_LOCAL_TS] : c->line);
	selectors(d, t, "remote_ts", *remote ? remote : p->remote_address,
		  *remote ? c->at[SLOT_REMOTE_TS] : c->line);
	esp_proposals(d, t, c);
	if (strcmp(swan_value(c, SLOT_MODE), "transport") == 0)
		set(d, t, "mode", "transport", c->at[SLOT_MODE]);
	set(d, t, "start_action", start_of(swan_value(c, SLOT_START)), c->line);
	life = life ? life : rekey + rekey / 10;
	set_number(d, t, "lifetime_seconds", life, c->line);
	set_number(d, t, "lifetime_kilobytes", kb, c->line);
}
