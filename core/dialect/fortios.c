/* fortios.c - writing the other end for Fortinet FortiOS
 *
 * Phase 1 on an interface, a phase 2 for each pair of selectors. Names of phase 1 have 15
 * characters, and "gateway" fits.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/others.h"

#include <string.h>

#include "core/base/addr.h"
#include "core/dialect/algword.h"
#include "core/model/selector.h"

#define LANGUAGE "FortiOS"

/* clang-format off */
static const struct algword words[] = {
	{ "aes128",    SORT_ENCR,      ENCR_AES_CBC,  128 }, { "aes192", SORT_ENCR,     ENCR_AES_CBC, 192 },
	{ "aes256",    SORT_ENCR,      ENCR_AES_CBC,  256 }, { "3des",   SORT_ENCR,     ENCR_TDES,    0 },
	{ "des",       SORT_ENCR,      ENCR_DES,      0 },
	{ "aes128",    SORT_ESP_ENCR,  ENCR_AES_CBC,  128 }, { "aes192", SORT_ESP_ENCR, ENCR_AES_CBC, 192 },
	{ "aes256",    SORT_ESP_ENCR,  ENCR_AES_CBC,  256 }, { "3des",   SORT_ESP_ENCR, ENCR_TDES,    0 },
	{ "aes128gcm", SORT_ESP_ENCR,  ENCR_AES_GCM,  128 }, { "aes256gcm", SORT_ESP_ENCR, ENCR_AES_GCM, 256 },
	{ "des",       SORT_ESP_ENCR,  ENCR_DES,      0 },   { "null",   SORT_ESP_ENCR, ENCR_NULL,    0 },
	{ "md5",       SORT_INTEG,     INTEG_MD5,     0 },   { "sha1",   SORT_INTEG,    INTEG_SHA1,   0 },
	{ "sha256",    SORT_INTEG,     INTEG_SHA256,  0 },   { "sha384", SORT_INTEG,    INTEG_SHA384, 0 },
	{ "sha512",    SORT_INTEG,     INTEG_SHA512,  0 },
	{ "1",  SORT_GROUP, GROUP_MODP768,  0 }, { "2",  SORT_GROUP, GROUP_MODP1024, 0 }, { "5",  SORT_GROUP, GROUP_MODP1536, 0 },
	{ "14", SORT_GROUP, GROUP_MODP2048, 0 }, { "15", SORT_GROUP, GROUP_MODP3072, 0 }, { "16", SORT_GROUP, GROUP_MODP4096, 0 },
	{ "19", SORT_GROUP, GROUP_ECP256,   0 }, { "20", SORT_GROUP, GROUP_ECP384,   0 }, { "21", SORT_GROUP, GROUP_ECP521,   0 },
	{ "31", SORT_GROUP, GROUP_X25519,   0 },
	{ 0 },
};
/* clang-format on */

static void set(struct text *t, const char *key, const char *value)
{
	if (*value)
		text_add(t, "        set %s %s\n", key, value);
}

static void add_word(struct text *t, const char *word)
{
	if (*word && !(t->n && strstr(t->at, word)))
		text_add(t, "%s%s", t->n ? " " : "", word);
}

static void phase1_words(struct text *t, const struct sketch *from, const struct peer *p,
			 struct sketch *notes)
{
	struct text suites, groups;
	uint32_t lifetime = 0;

	text_init(&suites, 0);
	text_init(&groups, 0);
	for (size_t i = 0; i < p->ike_proposals_n; i++) {
		const struct ike_proposal *ike = algword_ike(from, p, i);

		if (!ike)
			continue;
		const char *e = algword_or_note(words, SORT_ENCR, &ike->r, notes, LANGUAGE);
		const char *h = algword_or_note(words, SORT_INTEG, &ike->r, notes, LANGUAGE);

		if (*e && *h)
			text_add(&suites, "%s%s-%s", suites.n ? " " : "", e, h);
		add_word(&groups, algword_or_note(words, SORT_GROUP, &ike->r, notes, LANGUAGE));
		lifetime = MAX_OF(lifetime, ike->lifetime_seconds);
	}
	set(t, "proposal", suites.at ? suites.at : "");
	set(t, "dhgrp", groups.at ? groups.at : "");
	if (lifetime)
		text_add(t, "        set keylife %u\n", lifetime);
	text_done(&suites);
	text_done(&groups);
}

static void identities(struct text *t, const struct peer *p)
{
	static const struct name kinds[] = {
		{ IDK_FQDN, "fqdn" },       { IDK_USER_FQDN, "user-fqdn" }, { IDK_KEY_ID, "keyid" },
		{ IDK_ADDRESS, "address" }, { IDK_DN, "asn1dn" },           { 0, NULL },
	};

	if (*p->local_id_value) {
		text_add(t, "        set localid \"%s\"\n", p->local_id_value);
		set(t, "localid-type", name_of(kinds, p->local_id_type));
	}
	if (*algword_their_id(p) && algword_their_type(p) != IDK_ADDRESS) {
		set(t, "peertype", "one");
		text_add(t, "        set peerid \"%s\"\n", algword_their_id(p));
	} else {
		set(t, "peertype", "any");
	}
}

static void watching(struct text *t, const struct sketch *from, const struct peer *p)
{
	const struct dpd_profile *dpd = (const void *)algword_record(from, K_DPD_PROFILE, p->dpd);

	if (!dpd) {
		set(t, "dpd", "disable");
		return;
	}
	set(t, "dpd", dpd->mode == DPD_PERIODIC ? "on-idle" : "on-demand");
	text_add(t, "        set dpd-retrycount %u\n        set dpd-retryinterval %u\n",
		 dpd->max_failures, dpd->interval_seconds);
}

static void phase1(struct text *t, const struct sketch *from, const struct peer *p,
		   struct sketch *notes)
{
	bool any = !*p->remote_address || strcmp(p->remote_address, "any") == 0;
	struct addr a;

	text_add(t, "config vpn ipsec phase1-interface\n    edit \"%s\"\n", p->r.name);
	if (any)
		set(t, "type", "dynamic");
	else if (!addr_read(p->remote_address, &a))
		set(t, "type", "ddns");
	set(t, "interface", "\"wan1\"");
	set(t, "ike-version", "1");
	set(t, "mode", p->exchange_mode == MODE_MAIN ? "main" : "aggressive");
	if (*p->local_address)
		set(t, "local-gw", p->local_address);
	if (!any)
		set(t, addr_read(p->remote_address, &a) ? "remote-gw" : "remotegw-ddns",
		    p->remote_address);
	identities(t, p);
	phase1_words(t, from, p, notes);
	watching(t, from, p);
	set(t, "nattraversal",
	    p->nat_traversal == NATT_OFF    ? "disable"
	    : p->nat_traversal == NATT_AUTO ? "enable"
					    : "forced");
	if (p->auth_local == PEER_AUTH_PSK)
		set(t, "psksecret", SECRET_HERE);
	else
		set(t, "authmethod", "signature");
	text_add_str(t, "    next\nend\n");
}

static void side(struct text *t, const char *which, const char *value, struct sketch *notes)
{
	char address[16], mask[16];
	struct selector s;

	if (!selector_read(value, &s) || !algword_mask(value, false, address, mask)) {
		sketch_note(notes, NOTE_LEFT_OUT, 0, value,
			    "a range or an IPv6 network is written by hand in FortiOS");
		return;
	}
	text_add(t, "        set %s-subnet %s %s\n", which, address, mask);
	if (s.port)
		text_add(t, "        set %s-port %u\n", which, s.port);
	if (s.protocol && *which == 's')
		text_add(t, "        set protocol %u\n", s.protocol);
}

static void phase2_words(struct text *t, const struct sketch *from, const struct tunnel *tn,
			 struct sketch *notes)
{
	struct text suites;
	const char *group = "";

	text_init(&suites, 0);
	for (size_t i = 0; i < tn->ipsec_proposals_n; i++) {
		const struct ipsec_proposal *esp = algword_esp(from, tn, i);

		if (!esp)
			continue;
		const char *e = algword_or_note(words, SORT_ESP_ENCR, &esp->r, notes, LANGUAGE);
		const char *h = algword_or_note(words, SORT_INTEG, &esp->r, notes, LANGUAGE);

		if (*e)
			text_add(&suites, "%s%s%s%s", suites.n ? " " : "", e, *h ? "-" : "", h);
		if (!*group)
			group = algword_or_note(words, SORT_GROUP, &esp->r, notes, LANGUAGE);
	}
	set(t, "proposal", suites.at ? suites.at : "");
	set(t, "pfs", *group ? "enable" : "disable");
	set(t, "dhgrp", group);
	text_done(&suites);
}

static void phase2(struct text *t, const struct sketch *from, const struct tunnel *tn,
		   struct sketch *notes)
{
	size_t of = (size_t)tn->local_ts_n * tn->remote_ts_n;

	for (size_t n = 0; n < of; n++) {
		text_add(t, of > 1 ? "    edit \"%s-%zu\"\n" : "    edit \"%s\"\n", tn->r.name,
			 n + 1);
		text_add(t, "        set phase1name \"%s\"\n", tn->peer);
		phase2_words(t, from, tn, notes);
		set(t, "encapsulation", tn->mode == TUNNEL_TUNNEL ? "" : "transport-mode");
		text_add(t, "        set keylife-type both\n        set keylifeseconds %u\n",
			 tn->lifetime_seconds);
		text_add(t, "        set keylifekbs %u\n", tn->lifetime_kilobytes);
		side(t, "src", tn->local_ts[n / tn->remote_ts_n], notes);
		side(t, "dst", tn->remote_ts[n % tn->remote_ts_n], notes);
		text_add_str(t, "    next\n");
	}
}

void fortios_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	const struct peer *p = algword_peer(from);
	size_t at = 0;

	if (!p)
		return;
	phase1(ret, from, p, ret_notes);
	text_add_str(ret, "config vpn ipsec phase2-interface\n");
	for (const struct tunnel *t; (t = algword_tunnel(from, p->r.name, &at));)
		phase2(ret, from, t, ret_notes);
	text_add_str(ret, "end\n");
	sketch_note(
		ret_notes, NOTE_MIND, 0, "",
		"put the outer interface where wan1 stands; routes into the tunnel and firewall "
		"policies for it are made by hand");
}
