/* ios.c - writing the other end for Cisco IOS: a crypto map
 *
 * Called by: dialect.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/others.h"

#include <string.h>

#include "core/dialect/algword.h"
#include "core/model/selector.h"

#define LANGUAGE "IOS"

/* clang-format off */
static const struct algword words[] = {
	{ "aes",             SORT_ENCR,      ENCR_AES_CBC,  128 }, { "aes 192",     SORT_ENCR,      ENCR_AES_CBC, 192 },
	{ "aes 256",         SORT_ENCR,      ENCR_AES_CBC,  256 }, { "3des",        SORT_ENCR,      ENCR_TDES,    0 },
	{ "des",             SORT_ENCR,      ENCR_DES,      0 },
	{ "md5",             SORT_INTEG,     INTEG_MD5,     0 },   { "sha",         SORT_INTEG,     INTEG_SHA1,   0 },
	{ "sha256",          SORT_INTEG,     INTEG_SHA256,  0 },   { "sha384",      SORT_INTEG,     INTEG_SHA384, 0 },
	{ "sha512",          SORT_INTEG,     INTEG_SHA512,  0 },
	{ "1",  SORT_GROUP, GROUP_MODP768,  0 }, { "2",  SORT_GROUP, GROUP_MODP1024, 0 }, { "5",  SORT_GROUP, GROUP_MODP1536, 0 },
	{ "14", SORT_GROUP, GROUP_MODP2048, 0 }, { "15", SORT_GROUP, GROUP_MODP3072, 0 }, { "16", SORT_GROUP, GROUP_MODP4096, 0 },
	{ "19", SORT_GROUP, GROUP_ECP256,   0 }, { "20", SORT_GROUP, GROUP_ECP384,   0 }, { "21", SORT_GROUP, GROUP_ECP521,   0 },
	{ "esp-aes",         SORT_ESP_ENCR,  ENCR_AES_CBC,  128 }, { "esp-aes 192", SORT_ESP_ENCR,  ENCR_AES_CBC, 192 },
	{ "esp-aes 256",     SORT_ESP_ENCR,  ENCR_AES_CBC,  256 }, { "esp-gcm 128", SORT_ESP_ENCR,  ENCR_AES_GCM, 128 },
	{ "esp-gcm 192",     SORT_ESP_ENCR,  ENCR_AES_GCM,  192 }, { "esp-gcm 256", SORT_ESP_ENCR,  ENCR_AES_GCM, 256 },
	{ "esp-3des",        SORT_ESP_ENCR,  ENCR_TDES,     0 },   { "esp-des",     SORT_ESP_ENCR,  ENCR_DES,     0 },
	{ "esp-null",        SORT_ESP_ENCR,  ENCR_NULL,     0 },
	{ "esp-md5-hmac",    SORT_ESP_INTEG, INTEG_MD5,     0 },   { "esp-sha-hmac", SORT_ESP_INTEG, INTEG_SHA1,  0 },
	{ "esp-sha256-hmac", SORT_ESP_INTEG, INTEG_SHA256,  0 },   { "esp-sha384-hmac", SORT_ESP_INTEG, INTEG_SHA384, 0 },
	{ "esp-sha512-hmac", SORT_ESP_INTEG, INTEG_SHA512,  0 },
	{ 0 },
};
/* clang-format on */

static void policies(struct text *t, const struct sketch *from, const struct peer *p,
		     struct sketch *notes)
{
	for (size_t i = 0; i < p->ike_proposals_n; i++) {
		const struct ike_proposal *ike = algword_ike(from, p, i);

		if (!ike)
			continue;
		text_add(t, "crypto isakmp policy %zu\n", (i + 1) * 10);
		text_add(t, " encryption %s\n",
			 algword_or_note(words, SORT_ENCR, &ike->r, notes, LANGUAGE));
		text_add(t, " hash %s\n",
			 algword_or_note(words, SORT_INTEG, &ike->r, notes, LANGUAGE));
		text_add(t, " authentication %s\n",
			 p->auth_local == PEER_AUTH_PSK ? "pre-share" : "rsa-sig");
		text_add(t, " group %s\n",
			 algword_or_note(words, SORT_GROUP, &ike->r, notes, LANGUAGE));
		text_add(t, " lifetime %u\n!\n", ike->lifetime_seconds);
	}
}

static void keys(struct text *t, const struct sketch *from, const struct peer *p,
		 struct sketch *notes)
{
	const struct dpd_profile *dpd = (const void *)algword_record(from, K_DPD_PROFILE, p->dpd);
	bool named = *p->local_id_value && p->local_id_type != IDK_ADDRESS;

	if (p->auth_local == PEER_AUTH_PSK && p->exchange_mode == MODE_AGGRESSIVE) {
		text_add(t, "crypto isakmp peer address %s\n", p->remote_address);
		text_add(t, " set aggressive-mode password %s\n", SECRET_HERE);
		if (named)
			text_add(t, " set aggressive-mode client-endpoint %s %s\n",
				 p->local_id_type == IDK_USER_FQDN ? "user-fqdn" : "fqdn",
				 p->local_id_value);
	} else if (p->auth_local == PEER_AUTH_PSK) {
		text_add(t, "crypto isakmp key %s address %s\n", SECRET_HERE, p->remote_address);
	}
	if (named && p->exchange_mode == MODE_MAIN)
		sketch_note(notes, NOTE_MIND, 0, "",
			    "IOS identifies for all peers alike: crypto isakmp identity hostname");
	if (dpd)
		text_add(t, "crypto isakmp keepalive %u %u %s\n",
			 MAX_OF(dpd->interval_seconds, 10u), MAX_OF(dpd->retry_seconds, 2u),
			 dpd->mode == DPD_PERIODIC ? "periodic" : "on-demand");
	if (p->nat_traversal == NATT_OFF)
		sketch_note(
			notes, NOTE_MIND, 0, "",
			"NAT traversal is off for this peer; IOS switches it for all: no crypto "
			"ipsec nat-transparency udp-encapsulation");
	text_add_str(t, "!\n");
}

static void transform_set(struct text *t, const struct ipsec_proposal *esp, const struct tunnel *tn,
			  struct sketch *notes)
{
	const char *h = algword_or_note(words, SORT_ESP_INTEG, &esp->r, notes, LANGUAGE);

	text_add(t, "crypto ipsec transform-set %s-%s %s%s%s\n mode %s\n!\n", tn->r.name,
		 esp->r.name, algword_or_note(words, SORT_ESP_ENCR, &esp->r, notes, LANGUAGE),
		 *h ? " " : "", h, tn->mode == TUNNEL_TUNNEL ? "tunnel" : "transport");
}

static void list_side(struct text *t, const char *value, const struct selector *s)
{
	char address[16], mask[16];

	if (algword_mask(value, true, address, mask))
		text_add(t, " %s %s", address, mask);
	if (s->port)
		text_add(t, " eq %u", s->port);
}

static void list(struct text *t, const struct tunnel *tn, struct sketch *notes)
{
	char address[16], mask[16];

	text_add(t, "ip access-list extended %s\n", tn->r.name);
	for (size_t i = 0; i < tn->local_ts_n; i++) {
		for (size_t k = 0; k < tn->remote_ts_n; k++) {
			struct selector l, r;

			if (!algword_mask(tn->local_ts[i], true, address, mask) ||
			    !algword_mask(tn->remote_ts[k], true, address, mask) ||
			    !selector_read(tn->local_ts[i], &l) ||
			    !selector_read(tn->remote_ts[k], &r)) {
				sketch_note(notes, NOTE_LEFT_OUT, 0, tn->r.name,
					    "%s to %s cannot be said in an access list",
					    tn->local_ts[i], tn->remote_ts[k]);
				continue;
			}
			unsigned protocol = l.protocol ? l.protocol : r.protocol;
			text_add(t,
				 protocol == 0    ? " permit ip"
				 : protocol == 6  ? " permit tcp"
				 : protocol == 17 ? " permit udp"
						  : " permit %u",
				 protocol);
			list_side(t, tn->local_ts[i], &l);
			list_side(t, tn->remote_ts[k], &r);
			text_add_str(t, "\n");
		}
	}
	text_add_str(t, "!\n");
}

static void map(struct text *t, const struct sketch *from, const struct tunnel *tn, unsigned number,
		const struct peer *p)
{
	const struct ipsec_proposal *first = algword_esp(from, tn, 0);

	text_add(t, "crypto map %s %u ipsec-isakmp\n set peer %s\n set transform-set", p->r.name,
		 number, p->remote_address);
	for (size_t i = 0; i < tn->ipsec_proposals_n; i++)
		text_add(t, " %s-%s", tn->r.name, tn->ipsec_proposals[i]);
	text_add_str(t, "\n");
	if (first && first->pfs_group)
		text_add(t, " set pfs group%s\n",
			 algword_of(words, SORT_GROUP, first->pfs_group, 0)
				 ? algword_of(words, SORT_GROUP, first->pfs_group, 0)
				 : "14");
	text_add(t, " set security-association lifetime seconds %u\n", tn->lifetime_seconds);
	text_add(t, " set security-association lifetime kilobytes %u\n", tn->lifetime_kilobytes);
	text_add(t, " match address %s\n!\n", tn->r.name);
}

void ios_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes)
{
	const struct peer *p = algword_peer(from);
	unsigned number = 0;
	size_t at = 0;

	if (!p)
		return;
	policies(ret, from, p, ret_notes);
	keys(ret, from, p, ret_notes);
	for (const struct tunnel *t; (t = algword_tunnel(from, p->r.name, &at));) {
		for (size_t i = 0; i < t->ipsec_proposals_n; i++)
			if (algword_esp(from, t, i))
				transform_set(ret, algword_esp(from, t, i), t, ret_notes);
		list(ret, t, ret_notes);
		map(ret, from, t, number += 10, p);
	}
	sketch_note(ret_notes, NOTE_MIND, 0, "", "apply it to the outer interface: crypto map %s",
		    p->r.name);
}
