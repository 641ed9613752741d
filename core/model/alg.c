/* alg.c - look-ups over alg.def
 *
 * The three tables are the register itself, expanded once with a row 0 for "none", so a value
 * outside of them is answered with that row and callers never meet NULL. Numbers of 0 in a
 * row mean "not on the wire there" and are therefore never found.
 *
 * Called by every room above base.  Thread: any.  Owns: nothing.
 * Not here: what OpenSSL calls its objects for - core/crypto/suite.c fetches them by row.
 */
#include "core/model/alg.h"

#include <stdio.h>
#include <string.h>

static const struct encr_row encr_rows[ENCR_COUNT] = {
	[ENCR_NONE] = { .name = "none", .kernel = "", .openssl = "", .block = 4 },
#define ENCR(code, name_, ike, esp, v2_, kernel_, openssl_, bits_, var, block_, iv_, salt_, icv_, \
	     tier_)                                                                               \
	[ENCR_##code] = { .name = name_,                                                          \
			  .v1_ike = ike,                                                          \
			  .v1_esp = esp,                                                          \
			  .v2 = v2_,                                                              \
			  .kernel = kernel_,                                                      \
			  .openssl = openssl_,                                                    \
			  .bits = bits_,                                                          \
			  .variable = var,                                                        \
			  .block = block_,                                                        \
			  .iv = iv_,                                                              \
			  .salt = salt_,                                                          \
			  .icv = icv_,                                                            \
			  .tier = TIER_##tier_ },
#include "core/model/alg.def"
#undef ENCR
};

static const struct integ_row integ_rows[INTEG_COUNT] = {
	[INTEG_NONE] = { .name = "none", .kernel = "", .openssl = "" },
#define INTEG(code, name_, hash, auth, prf, integ, kernel_, openssl_, digest_, icv_, tier_) \
	[INTEG_##code] = { .name = name_,                                                   \
			   .v1_hash = hash,                                                 \
			   .v1_auth = auth,                                                 \
			   .v2_prf = prf,                                                   \
			   .v2_integ = integ,                                               \
			   .kernel = kernel_,                                               \
			   .openssl = openssl_,                                             \
			   .digest = digest_,                                               \
			   .icv = icv_,                                                     \
			   .tier = TIER_##tier_ },
#include "core/model/alg.def"
#undef INTEG
};

static const struct group_row group_rows[GROUP_COUNT] = {
	[GROUP_NONE] = { .name = "none", .openssl = "" },
#define GROUP(code, name_, number_, bits_, octets_, kind_, openssl_, tier_) \
	[GROUP_##code] = { .name = name_,                                   \
			   .number = number_,                               \
			   .bits = bits_,                                   \
			   .octets = octets_,                               \
			   .kind = GROUP_KIND_##kind_,                      \
			   .openssl = openssl_,                             \
			   .tier = TIER_##tier_ },
#include "core/model/alg.def"
#undef GROUP
};

const struct encr_row *alg_encr(enum encr e)
{
	return &encr_rows[(unsigned)e < ENCR_COUNT ? e : ENCR_NONE];
}

const struct integ_row *alg_integ(enum integ i)
{
	return &integ_rows[(unsigned)i < INTEG_COUNT ? i : INTEG_NONE];
}

const struct group_row *alg_group(enum group g)
{
	return &group_rows[(unsigned)g < GROUP_COUNT ? g : GROUP_NONE];
}

enum encr alg_encr_of_name(const char *name)
{
	for (int e = 1; name && e < ENCR_COUNT; e++)
		if (strcmp(encr_rows[e].name, name) == 0)
			return (enum encr)e;
	return ENCR_NONE;
}

enum integ alg_integ_of_name(const char *name)
{
	for (int i = 1; name && i < INTEG_COUNT; i++)
		if (strcmp(integ_rows[i].name, name) == 0)
			return (enum integ)i;
	return INTEG_NONE;
}

enum group alg_group_of_name(const char *name)
{
	for (int g = 1; name && g < GROUP_COUNT; g++)
		if (strcmp(group_rows[g].name, name) == 0)
			return (enum group)g;
	return GROUP_NONE;
}

enum encr alg_encr_of_v1_ike(unsigned number)
{
	for (int e = 1; number && e < ENCR_COUNT; e++)
		if (encr_rows[e].v1_ike == number)
			return (enum encr)e;
	return ENCR_NONE;
}

enum encr alg_encr_of_v1_esp(unsigned number)
{
	for (int e = 1; number && e < ENCR_COUNT; e++)
		if (encr_rows[e].v1_esp == number)
			return (enum encr)e;
	return ENCR_NONE;
}

enum integ alg_integ_of_v1_hash(unsigned number)
{
	for (int i = 1; number && i < INTEG_COUNT; i++)
		if (integ_rows[i].v1_hash == number)
			return (enum integ)i;
	return INTEG_NONE;
}

enum integ alg_integ_of_v1_auth(unsigned number)
{
	for (int i = 1; number && i < INTEG_COUNT; i++)
		if (integ_rows[i].v1_auth == number)
			return (enum integ)i;
	return INTEG_NONE;
}

enum group alg_group_of_number(unsigned number)
{
	for (int g = 1; number && g < GROUP_COUNT; g++)
		if (group_rows[g].number == number)
			return (enum group)g;
	return GROUP_NONE;
}

/* alg_key_bits_fit - 0 stands for "not said" and fits every cipher. */
bool alg_key_bits_fit(enum encr e, unsigned bits)
{
	const struct encr_row *row = alg_encr(e);

	if (bits == 0)
		return true;
	if (row->variable)
		return bits == 128 || bits == 192 || bits == 256;
	return bits == row->bits;
}

unsigned alg_key_octets(enum encr e, unsigned bits)
{
	const struct encr_row *row = alg_encr(e);

	if (!row->variable || bits == 0)
		return row->bits / 8u;
	return alg_key_bits_fit(e, bits) ? bits / 8u : 0;
}

const char *tier_word(enum tier t)
{
	switch (t) {
	case TIER_CURRENT:
		return "current";
	case TIER_WEAK:
		return "weak";
	case TIER_BROKEN:
		return "broken";
	}
	return "?";
}

unsigned esp_suite_key_octets(const struct esp_suite *s)
{
	return alg_key_octets(s->encr, s->key_bits) + alg_encr(s->encr)->salt +
	       alg_integ(s->integ)->digest;
}

unsigned esp_suite_icv(const struct esp_suite *s)
{
	if (s->integ == INTEG_NONE)
		return alg_encr(s->encr)->icv;
	if (s->integ == INTEG_SHA256 && s->truncate_96)
		return 12;
	return alg_integ(s->integ)->icv;
}

/* The cipher's name, with the key length where there is a choice. */
static size_t encr_text(enum encr e, unsigned bits, char *ret)
{
	const struct encr_row *row = alg_encr(e);
	int n;

	if (row->variable)
		n = snprintf(ret, SUITE_TEXT, "%s-%u", row->name, alg_key_octets(e, bits) * 8);
	else
		n = snprintf(ret, SUITE_TEXT, "%s", row->name);
	return (size_t)n;
}

char *ike_suite_text(const struct ike_suite *s, char *ret)
{
	const char *auth = "none";
	size_t n = encr_text(s->encr, s->key_bits, ret);

	if (s->auth == AUTH_PSK)
		auth = "psk";
	else if (s->auth == AUTH_RSA_SIG)
		auth = "rsa-sig";
	snprintf(ret + n, SUITE_TEXT - n, "/%s/%s/%s", alg_integ(s->hash)->name,
		 alg_group(s->group)->name, auth);
	return ret;
}

char *esp_suite_text(const struct esp_suite *s, enum group pfs, char *ret)
{
	size_t n = encr_text(s->encr, s->key_bits, ret);

	if (s->integ != INTEG_NONE)
		n += (size_t)snprintf(ret + n, SUITE_TEXT - n, "/%s%s", alg_integ(s->integ)->name,
				      s->integ == INTEG_SHA256 && s->truncate_96 ? "-96" : "");
	if (pfs != GROUP_NONE)
		snprintf(ret + n, SUITE_TEXT - n, "/%s", alg_group(pfs)->name);
	return ret;
}
