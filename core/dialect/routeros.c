/* routeros.c - writing the other end for MikroTik RouterOS
 *
 * A profile is phase 1 and takes lists of ciphers and groups but one hash, so what it can say of
 * several proposals is the first and those like it.
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/others.h"

#include <string.h>

#include "core/dialect/algword.h"

#define LANGUAGE "RouterOS"

/* clang-format off */
static const struct algword words[] = {
	{ "aes-128",     SORT_ENCR,      ENCR_AES_CBC,  128 }, { "aes-192", SORT_ENCR,  ENCR_AES_CBC, 192 },
	{ "aes-256",     SORT_ENCR,      ENCR_AES_CBC,  256 }, { "3des",    SORT_ENCR,  ENCR_TDES,    0 },
	{ "des",         SORT_ENCR,      ENCR_DES,      0 },
	{ "md5",         SORT_INTEG,     INTEG_MD5,     0 },   { "sha1",    SORT_INTEG, INTEG_SHA1,   0 },
	{ "sha256",      SORT_INTEG,     INTEG_SHA256,  0 },   { "sha384",  SORT_INTEG, INTEG_SHA384, 0 },
	{ "sha512",      SORT_INTEG,     INTEG_SHA512,  0 },
	{ "modp768",     SORT_GROUP,     GROUP_MODP768, 0 },   { "modp1024", SORT_GROUP, GROUP_MODP1024, 0 },
	{ "modp1536",    SORT_GROUP,     GROUP_MODP1536, 0 },  { "modp2048", SORT_GROUP, GROUP_MODP2048, 0 },
	{ "modp3072",    SORT_GROUP,     GROUP_MODP3072, 0 },  { "modp4096", SORT_GROUP, GROUP_MODP4096, 0 },
	{ "ecp256",      SORT_GROUP,     GROUP_ECP256,  0 },   { "ecp384",  SORT_GROUP, GROUP_ECP384, 0 },
	{ "ecp521",      SORT_GROUP,     GROUP_ECP521,  0 },   { "x25519",  SORT_GROUP, GROUP_X25519, 0 },
	{ "aes-128-cbc", SORT_ESP_ENCR,  ENCR_AES_CBC,  128 }, { "aes-192-cbc", SORT_ESP_ENCR, ENCR_AES_CBC, 192 },
	{ "aes-256-cbc", SORT_ESP_ENCR,  ENCR_AES_CBC,  256 }, { "aes-128-gcm", SORT_ESP_ENCR, ENCR_AES_GCM, 128 },
	{ "aes-192-gcm", SORT_ESP_ENCR,  ENCR_AES_GCM,  192 }, { "aes-256-gcm", SORT_ESP_ENCR, ENCR_AES_GCM, 256 },
	{ "3des",        SORT_ESP_ENCR,  ENCR_TDES,     0 },   { "des",     SORT_ESP_ENCR, ENCR_DES,  0 },
	{ "null",        SORT_ESP_ENCR,  ENCR_NULL,     0 },
	{ "md5",         SORT_ESP_INTEG, INTEG_MD5,     0 },   { "sha1",    SORT_ESP_INTEG, INTEG_SHA1, 0 },
	{ "sha256",      SORT_ESP_INTEG, INTEG_SHA256,  0 },   { "sha512",  SORT_ESP_INTEG, INTEG_SHA512, 0 },
	{ 0 },
};
/* clang-format on */

static void identity(struct text *t, const char *key, int type, const char *value)
{
	static const struct name kinds[] = {
		{ IDK_FQDN, "fqdn:" }, { IDK_USER_FQDN, "user-fqdn:" }, { IDK_KEY_ID, "key-id:" },
		{ IDK_DN, "dn:" },     { IDK_ADDRESS, "address:" },     { 0, NULL },
	};

	if (*value)
		text_add(t, " %s=%s%s", key, name_of(kinds, type), value);
}

static void profile(struct text *t, const struct sketch *from, const struct peer *p,
		    struct sketch *notes)
{
	const struct ike_proposal *ike = algword_ike(from, p, 0);
	const struct dpd_profile *dpd = (const void *)algword_record(from, K_DPD_PROFILE, p->dpd);

	text_add(t, "/ip ipsec profile add name=%s", p->r.name);
	if (ike) {
		const char *e = algword_or_note(words, SORT_ENCR, &ike->r, notes, LANGUAGE);
		const char *h = algword_or_note(words, SORT_INTEG, &ike->r, notes, LANGUAGE);
		const char *g = algword_or_note(words, SORT_GROUP, &ike->r, notes, LANGUAGE);

		text_add(t, " enc-algorithm=%s hash-algorithm=%s dh-group=%s lifetime=%us", e, h, g,
			 ike->lifetime_seconds);
	}
	if (p->ike_proposals_n > 1)
		sketch_note(notes, NOTE_MIND, 0, p->r.name,
			    "a profile of RouterOS says one proposal; the first of %u is written",
			    p->ike_proposals_n);
	text_add(t, " nat-traversal=%s", p->nat_traversal == NATT_OFF ? "no" : "yes");
	if (dpd)
		text_add(t, " dpd-interval=%us dpd-maximum-failures=%u", dpd->interval_seconds,
			 dpd->max_failures);
	else
		text_add_str(t, " dpd-interval=disable-dpd");
	text_add_str(t, "\n");
}

static void who(struct text *t, const struct peer *p)
{
	bool any = !*p->remote_address || strcmp(p->remote_address, "any") == 0;

	text_add(t, "/ip ipsec peer add name=%s exchange-mode=%s profile=%s", p->r.name,
		 p->exchange_mode == MODE_MAIN ? "main" : "aggressive", p->r.name);
	text_add(t, any ? " passive=yes" : " address=%s", p->remote_address);
	if (*p->local_address)
		text_add(t, " local-address=%s", p->local_address);
	text_add(t, "\n/ip ipsec identity add peer=%s", p->r.name);
	if (p->auth_local == PEER_AUTH_PSK)
		text_add(t, " auth-method=pre-shared-key secret=\"%s\"", SECRET_HERE);
	else
		text_add_str(t, " auth-method=digital-signature");
	identity(t, "my-id", p->local_id_type, p->local_id_value);
	identity(t, "remote-id", algword_their_type(p), algword_their_id(p));
	text_add_str(t, " generate-policy=no\n");
}

static void selector(struct text *t, const char *key, const char *value)
{
	size_t n = strcspn(value, "[");
	const char *port = strchr(value, '/') ? strrchr(value, '/') : NULL;

	text_add(t, " %s-address=%.*s", key, (int)n, value);
	if (value[n] && port && port > value + n)
		text_add(t, " %s-port=%.*s", key, (int)strcspn(port + 1, "]"), port + 1);
}

static void protocol(struct text *t, const char *local, const char *remote)
{
	const char *at = strchr(local, '[') ? strchr(local, '[') : strchr(remote, '[');

	if (at)
		text_add(t, " protocol=%.*s", (int)strcspn(at + 1, "]/"), at + 1);
}

static void policies(struct text *t, const struct peer *p, const struct tunnel *tn)
{
	for (size_t i = 0; i < tn->local_ts_n; i++) {
		for (size_t k = 0; k < tn->remote_ts_n; k++) {
			text_add(t, "/ip ipsec policy add peer=%s tunnel=%s", p->r.name,
				 tn->mode == TUNNEL_TUNNEL ? "yes" : "no");
			selector(t, "src", tn->local_ts[i]);
			selector(t, "dst", tn->remote_ts[k]);
			protocol(t, tn->local_ts[i], tn->remote_ts[k]);
			text_add(t, " action=encrypt level=unique proposal=%s\n", tn->r.name);
		}
	}
}

static void tunnel(struct text *t, const struct sketch *from, const struct peer *p,
		   const struct tunnel *tn, struct sketch *notes)
{
	const struct ipsec_proposal *esp = algword_esp(from, tn, 0);

	if (!esp)
		return;
	const char *e = algword_or_note(words, SORT_ESP_ENCR, &esp->r, notes, LANGUAGE);
	const char *h = algword_or_note(words, SORT_ESP_INTEG, &esp->r, notes, LANGUAGE);
	const char *g = algword_or_note(words, SORT_GROUP, &esp->r, notes, LANGUAGE);

	text_add(t, "/ip ipsec proposal add name=%s enc-algorithms=%s auth-algorithms=%s",
		 tn->r.name, e, *h ? h : "null");
	text_add(t, " pfs-group=%s lifetime=%us\n", *g ? g : "none", tn->lifetime_seconds);
	policies(t, p, tn);
}

void routeros_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	const struct peer *p = algword_peer(from);
	size_t at = 0;

	if (!p)
		return;
	profile(ret, from, p, ret_notes);
	who(ret, p);
	for (const struct tunnel *t; (t = algword_tunnel(from, p->r.name, &at));)
		tunnel(ret, from, p, t, ret_notes);
	sketch_note(ret_notes, NOTE_MIND, 0, "",
		    "where RouterOS masquerades, traffic of the tunnel needs a rule before it: /ip "
		    "firewall nat add chain=srcnat action=accept with the same addresses");
}
