/* test_trust.c - chains of certificates that must not be believed, each for its own reason
 *
 * Chains of make-hostile. The signature is always good, so that it is the chain that is refused.
 */
#include "tests/unit/crypto/vectors.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto/rsa1.h"
#include "core/crypto/trust.h"

static const struct pem {
	const char *name, *text;
} pems[] = {
#include "tests/unit/crypto/hostile.inc"
};

enum { NOW = 1800000000, LINKS = 8, ANCHORS = 2 };

static const char *pem(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(pems); i++)
		if (strcmp(pems[i].name, name) == 0)
			return pems[i].text;
	print_error("no certificate %s\n", name);
	fail();
	return "";
}

struct one {
	const char *chain; /* what the peer sends, its own first */
	const char *anchors; /* ours; "root/list": with that revocation list */
	enum reason r;
	const char *says; /* a part of the sentence, NULL none */
	int64_t now_s; /* 0: NOW */
};

static const struct one all[] = {
	{ "leaf sub", "root", R_OK, NULL, 0 },
	{ "leaf sub root", "root stranger", R_OK, NULL, 0 },
	{ "signature sub", "root", R_OK, NULL, 0 },
	/* an authority is one because we say so: root is nobody's here */
	{ "leaf", "sub", R_OK, NULL, 0 },
	{ "leaf sub", "sub", R_OK, NULL, 0 },
	{ "leaf sub root", "sub", R_OK, NULL, 0 },
	{ "leaf-issued leaf", "sub", R_UNTRUSTED, "CN=leaf", 0 },
	{ "leaf", "sub", R_CERT_EXPIRED, "expired", 5000000000 },
	/* nobody of ours signed it; whoever should have is named */
	{ "leaf", "root", R_UNTRUSTED, "CN=leaf of the peer's chain was issued by CN=sub", 0 },
	{ "leaf sub", "stranger", R_UNTRUSTED, "CN=sub of the peer's chain was issued by CN=root",
	  0 },
	{ "leaf sub", "twin", R_UNTRUSTED, "CN=root", 0 },
	{ "leaf sub root", "stranger", R_UNTRUSTED, "CN=root", 0 },
	{ "leaf sub", "", R_UNTRUSTED, "CN=root, which is no authority here", 0 },
	/* basicConstraints, keyUsage (RFC 5280 section 4.2.1) */
	{ "path-leaf path1 path0", "root", R_UNTRUSTED, "path length", 0 },
	{ "path-leaf path1", "path0", R_UNTRUSTED, "path length", 0 },
	{ "no-constraints-leaf no-constraints", "root", R_UNTRUSTED, "CN=no-constraints of", 0 },
	{ "no-ca-leaf no-ca", "root", R_UNTRUSTED, "CN=no-ca of", 0 },
	{ "no-cert-sign-leaf no-cert-sign", "root", R_UNTRUSTED, "CN=no-cert-sign of", 0 },
	{ "no-signature sub", "root", R_UNTRUSTED, "key usage", 0 },
	{ "leaf-issued leaf sub", "root", R_UNTRUSTED, "CN=leaf of", 0 },
	{ "pose", "root", R_UNTRUSTED, "CN=pose of", 0 },
	{ "pose-leaf pose", "root", R_UNTRUSTED, "CN=pose of", 0 },
	{ "pose-leaf pose", "root pose", R_UNTRUSTED, "CN=pose of", 0 },
	/* nameConstraints, critical extensions */
	{ "bound-leaf bound", "root", R_OK, NULL, 0 },
	{ "beyond-leaf bound", "root", R_UNTRUSTED, "permitted subtree", 0 },
	{ "critical sub", "root", R_UNTRUSTED, "unhandled critical extension", 0 },
	{ "critical-sub-leaf critical-sub", "root", R_UNTRUSTED, "unhandled critical extension",
	  0 },
	/* time */
	{ "gone-leaf gone", "root", R_CERT_EXPIRED, "CN=gone of", 0 },
	{ "gone-leaf gone", "root", R_OK, NULL, 1600000000 },
	{ "leaf sub", "root", R_CERT_EXPIRED, "not yet valid", 1500000000 },
	/* hashes that can be forged */
	{ "md5 sub", "root", R_UNTRUSTED, "CN=md5 of the peer's chain: CA signature digest", 0 },
	{ "sha1-sub-leaf sha1-sub", "root", R_UNTRUSTED, "CN=sha1-sub of", 0 },
	/* round and round, and on and on */
	{ "loop-leaf loop-a2 loop-b", "root", R_UNTRUSTED, "loop", 0 },
	{ "long5-leaf long5 long4 long3 long2 long1", "root", R_OK, NULL, 0 },
	{ "long-leaf long6 long5 long4 long3 long2", "root", R_UNTRUSTED, "CN=long2 of", 0 },
	{ "long-leaf long6 long5 long4 long3 long2 long1", "root", R_UNTRUSTED, "more certificates",
	  0 },
	{ "long-leaf long6 long5 long4 long3 long2", "root long1", R_OK, NULL, 0 },
	/* keys */
	{ "small sub", "root", R_CERT_KEY, "1024 bits", 0 },
	{ "vast sub", "root", R_CERT_KEY, "16400 bits", 0 },
	{ "exponent1 sub", "root", R_CERT_KEY, "exponent", 0 },
	{ "exponent3 sub", "root", R_OK, NULL, 0 }, /* every octet of the block is compared */
	{ "leaf vast", "root", R_CERT_KEY, "16400 bits", 0 },
	/* lists of what was taken back */
	{ "minus5", "root/list", R_OK, NULL, 0 },
	{ "minus6", "root", R_OK, NULL, 0 },
	{ "minus6", "root/list", R_CERT_REVOKED, "revoked", 0 },
	{ "leaf sub", "root/list", R_OK, NULL, 0 },
	{ "leaf sub", "root/list sub", R_OK, NULL, 0 },
	{ "leaf sub", "root/list-old", R_CERT_EXPIRED, "CRL has expired", 0 },
	{ "leaf sub", "root/list-stranger", R_UNTRUSTED, "CN=root is another's", 0 },
	{ "minus5", "root/list-twin", R_UNTRUSTED, "CRL signature failure", 0 },
	{ "leaf sub", "root/leaf", R_UNTRUSTED, "cannot be read", 0 },
};

/* "a b/c": names, and what stands behind a stroke. */
static size_t words(char *text, char *ret[LINKS])
{
	size_t n = 0;

	for (char *w = strtok(text, " "); w && n < LINKS; w = strtok(NULL, " "))
		ret[n++] = w;
	return n;
}

static size_t read_chain(const char *names, struct bytes *ret[LINKS])
{
	char text[128], *name[LINKS];

	snprintf(text, sizeof(text), "%s", names);
	size_t n = words(text, name);
	for (size_t i = 0; i < n; i++) {
		struct bytes *one[TRUST_CHAIN];
		size_t one_n;

		assert_int_equal(trust_read(pem(name[i]), one, &one_n, NULL), R_OK);
		assert_int_equal(one_n, 1);
		ret[i] = one[0];
	}
	return n;
}

static size_t read_anchors(char *text, struct trust_anchor ret[ANCHORS])
{
	char *name[LINKS];
	size_t n = words(text, name);

	for (size_t i = 0; i < n; i++) {
		char *list = strchr(name[i], '/');

		if (list)
			*list++ = '\0';
		ret[i] = (struct trust_anchor){ pem(name[i]), list ? pem(list) : "" };
	}
	return n;
}

static enum reason ask(const struct one *o, uint64_t *ret_used, struct fault *f)
{
	const char *key = pem(strncmp(o->chain, "exponent3", 9) ? "leaf-key" : "three-key");
	struct slice hash = slice_str("twenty octets of it."), chain[LINKS];
	struct bytes *der[LINKS];
	struct trust_anchor anchors[ANCHORS];
	char text[128];
	own(bytes) sig = NULL;

	snprintf(text, sizeof(text), "%s", o->anchors);
	assert_int_equal(rsa1_sign(slice_str(key), hash, &sig, NULL), R_OK);
	struct trust_ask a = { .anchors = anchors,
			       .anchors_n = read_anchors(text, anchors),
			       .chain = chain,
			       .chain_n = read_chain(o->chain, der),
			       .now_s = o->now_s ? o->now_s : NOW,
			       .id_type = 2,
			       .id = slice_str("gw.example"),
			       .want_dn = "",
			       .hash = hash,
			       .signature = slice_of(sig) };

	for (size_t i = 0; i < a.chain_n; i++)
		chain[i] = slice_of(der[i]);
	enum reason r = trust_check(&a, ret_used, f);

	for (size_t i = 0; i < a.chain_n; i++)
		bytes_free(der[i]);
	return r;
}

static void each_is_refused_for_its_reason(void **state)
{
	bool well = true;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct fault f = { 0 };
		uint64_t used = 0;
		enum reason r = ask(&all[i], &used, &f);
		bool fits = r == all[i].r && (used != 0) == (r == R_OK) &&
			    (!all[i].says || strstr(f.text, all[i].says));

		well = well && fits;
		if (!fits)
			print_error("%s by %s: %s: %s\n", all[i].chain, all[i].anchors,
				    reason_title(r), f.text);
	}
	assert_true(well);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_refused_for_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
