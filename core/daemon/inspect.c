/* inspect.c - what certificates and keys say is written into their records
 *
 * A text that cannot be read is refused at the door with the field it stood in. Of a loaded
 * configuration it is logged: the record stays, without facts, and whoever needs it fails.
 *
 * Called by: change.c, daemon.c.  Thread: loop.  Owns: nothing; keys are opened and wiped.
 */
#include "core/daemon/inspect.h"

#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/crypto/facts.h"
#include "core/model/alg.h"
#include "core/model/pki.h"
#include "core/model/rules.h"

static void refuse(struct faults *errors, enum rule rule, const char *field, const char *text,
		   const char *hint)
{
	struct fault *f = faults_add(errors, R_INVALID, rule_row(rule)->name, field, "%s", text);

	if (f)
		text_copy(f->hint, sizeof(f->hint), hint);
}

static void copy_facts(struct certificate_facts *to, const struct cert_facts *from)
{
	*to = (struct certificate_facts){ .bits = from->bits };
	text_copy(to->subject, sizeof(to->subject), from->subject);
	text_copy(to->issuer, sizeof(to->issuer), from->issuer);
	text_copy(to->serial, sizeof(to->serial), from->serial);
	text_copy(to->fingerprint, sizeof(to->fingerprint), from->fingerprint);
	text_copy(to->public_key, sizeof(to->public_key), from->public_key);
	to->not_before_s = from->not_before_s > 0 ? (uint64_t)from->not_before_s : 0;
	to->not_after_s = from->not_after_s > 0 ? (uint64_t)from->not_after_s : 0;
	for (size_t i = 0; i < from->names_n && i < ALT_NAMES; i++)
		text_copy(to->alt_names[to->alt_names_n++], ALT_NAME_SIZE, from->names[i]);
}

static bool is_rsa_size(unsigned bits)
{
	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
}

static void refuse_size(struct faults *errors, enum rule rule, const char *field,
			const char *algorithm, unsigned bits)
{
	char text[200], found[48];

	if (bits)
		snprintf(found, sizeof(found), "RSA with %u bits", bits);
	else
		snprintf(found, sizeof(found), "%s", *algorithm ? algorithm : "none");
	snprintf(text, sizeof(text), "%s: the key must be RSA with %d to %d bits, this one is %s",
		 field, RSA_BITS_MIN, RSA_BITS_MAX, found);
	refuse(errors, rule, field, text, "Have a new one made with an RSA key of that size");
}

static void inspect_authority(struct authority *a, struct faults *errors)
{
	struct cert_facts facts;
	struct fault f = { 0 };

	if (facts_of_cert(a->pem, &facts, &f) != R_OK)
		refuse(errors, RULE_PEM_PARSES, "pem", f.text,
		       "Give the text between BEGIN CERTIFICATE and END CERTIFICATE, with both");
	else if (facts.count != 1)
		refuse(errors, RULE_PEM_PARSES, "pem", "an authority has one certificate",
		       "Make a record for each authority");
	else if (!facts.ca)
		refuse(errors, RULE_AUTHORITY_CA, "pem",
		       "pem: this certificate may not sign others: it is no authority's",
		       "Give the certificate of who signed the peer's");
	copy_facts(&a->facts, &facts);
	if (a->crl[0] && facts_of_crl(a->crl, &f) != R_OK)
		refuse(errors, RULE_PEM_PARSES, "crl", f.text,
		       "Give the text from BEGIN X509 CRL to END X509 CRL, or leave it empty");
}

static void inspect_certificate(struct certificate *c, struct faults *errors)
{
	struct cert_facts facts;
	struct fault f = { 0 };

	if (facts_of_cert(c->pem, &facts, &f) != R_OK)
		refuse(errors, RULE_PEM_PARSES, "pem", f.text,
		       "Give our certificate first, then intermediate ones, all as PEM");
	else if (!is_rsa_size(facts.bits))
		refuse_size(errors, RULE_CERTIFICATE_RSA, "pem", facts.algorithm, facts.bits);
	copy_facts(&c->facts, &facts);
}

static void inspect_key(struct private_key *p, struct keyring *k, struct faults *errors)
{
	own(bytes) plain = NULL;
	struct key_facts facts = { 0 };
	struct fault f = { 0 };
	char about[PRIVATE_KEY_ABOUT];

	p->bits = 0;
	memset(p->public_key, 0, sizeof(p->public_key));
	if (p->key.n == 0) {
		refuse(errors, RULE_KEY_NEEDED, "value", "value is required",
		       "Give the private key as PEM text");
		return;
	}
	if (secret_open(k, private_key_about(p->r.name, about), slice(p->key.at, p->key.n), &plain,
			&f) != R_OK ||
	    facts_of_key(slice_of(plain), &facts, &f) != R_OK)
		refuse(errors, RULE_PEM_PARSES, "value", f.text,
		       "Take the passphrase off with openssl pkey, and give the whole text");
	else if (!is_rsa_size(facts.bits))
		refuse_size(errors, RULE_KEY_RSA, "value", facts.algorithm, facts.bits);
	p->bits = facts.bits;
	text_copy(p->public_key, sizeof(p->public_key), facts.public_key);
	if (plain)
		wipe(plain->at, plain->n);
}

void inspect_record(struct record *r, struct keyring *k, struct faults *errors)
{
	if (r->kind == K_AUTHORITY)
		inspect_authority((struct authority *)(void *)r, errors);
	else if (r->kind == K_CERTIFICATE)
		inspect_certificate((struct certificate *)(void *)r, errors);
	else if (r->kind == K_PRIVATE_KEY)
		inspect_key((struct private_key *)(void *)r, k, errors);
}

void inspect_config(const struct config *c, struct keyring *k)
{
	static const enum kind kinds[] = { K_PRIVATE_KEY, K_CERTIFICATE, K_AUTHORITY };

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		for (size_t n = 0; n < config_count(c, kinds[i]); n++) {
			const struct record *r = config_at(c, kinds[i], n);
			struct faults errors = { 0 };

			inspect_record((struct record *)(uintptr_t)r, k, &errors);
			if (errors.n)
				log_say(LOG_WARN_, LOG_IKE, "%s %s: %s", kind_row(r->kind)->word,
					r->name, errors.at[0].text);
		}
}
