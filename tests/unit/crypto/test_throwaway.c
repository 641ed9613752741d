/* test_throwaway.c - a certificate for one play proves what it is to prove, and nothing else */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/crypto/rsa1.h"
#include "core/crypto/suite.h"
#include "core/crypto/throwaway.h"
#include "core/crypto/trust.h"

static const int64_t now_s = 1750001000;
static const uint8_t hash[32] = { 1, 2, 3 };

static int open_all(void **state)
{
	struct fault f = { 0 };

	(void)state;
	return crypto_open(&f) != R_OK;
}

static int close_all(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

/* What a peer makes of it that trusts `authority` and is told this identity. */
static enum reason judged(const struct throwaway *t, const struct bytes *authority,
			  unsigned id_type, struct slice id, int64_t at_s)
{
	struct bytes *der[TRUST_CHAIN] = { 0 }, *signature = NULL;
	struct trust_anchor anchor = { (const char *)authority->at, "" };
	struct fault f = { 0 };
	uint64_t used = 0;
	size_t n = 0;

	assert_int_equal(trust_read((const char *)t->certificate->at, der, &n, &f), R_OK);
	assert_int_equal(n, 1);
	assert_int_equal(rsa1_sign(slice_of(t->key), slice(hash, sizeof(hash)), &signature, &f),
			 R_OK);
	struct slice chain = slice_of(der[0]);
	struct trust_ask ask = { .anchors = &anchor,
				 .anchors_n = 1,
				 .chain = &chain,
				 .chain_n = 1,
				 .now_s = at_s,
				 .id_type = id_type,
				 .id = id,
				 .want_dn = "",
				 .hash = slice(hash, sizeof(hash)),
				 .signature = slice_of(signature) };
	enum reason r = trust_check(&ask, &used, &f);
	bytes_free(der[0]);
	bytes_free(signature);
	return r;
}

static void it_proves_its_identity_to_who_trusts_its_authority(void **state)
{
	const struct throwaway_ask ask = {
		.like = "", .name = "gw.example", .dn = "", .now_s = now_s
	};
	struct throwaway t, other;
	struct fault f = { 0 };
	struct slice fqdn = slice_str("gw.example");

	(void)state;
	assert_int_equal(throwaway_make(&ask, &t, &f), R_OK);
	assert_int_equal(judged(&t, t.authority, 2, fqdn, now_s), R_OK);
	assert_int_equal(judged(&t, t.authority, 2, slice_str("other.example"), now_s), R_CERT_ID);
	assert_int_equal(judged(&t, t.authority, 2, fqdn, now_s + 11 * 86400), R_CERT_EXPIRED);

	assert_int_equal(throwaway_make(&ask, &other, &f), R_OK);
	assert_int_not_equal(judged(&t, other.authority, 2, fqdn, now_s), R_OK);
	throwaway_done(&other);
	throwaway_done(&t);
}

static void it_is_like_a_real_one(void **state)
{
	struct throwaway_ask ask = {
		.like = "", .name = "192.0.2.7", .dn = "C=DE, O=Lab, CN=gw", .now_s = now_s
	};
	static const uint8_t address[] = { 192, 0, 2, 7 };
	struct throwaway real, t;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(throwaway_make(&ask, &real, &f), R_OK);
	ask = (struct throwaway_ask){ .like = (const char *)real.certificate->at,
				      .name = "ignored",
				      .dn = "",
				      .now_s = now_s };
	assert_int_equal(throwaway_make(&ask, &t, &f), R_OK);
	assert_int_equal(judged(&t, t.authority, 1, slice(address, 4), now_s), R_OK);

	struct bytes *subject = NULL;
	assert_int_equal(trust_subject((const char *)t.certificate->at, &subject, &f), R_OK);
	assert_true(trust_dn_is(slice_of(subject), "C=DE, O=Lab, CN=gw"));
	assert_int_equal(judged(&t, t.authority, 9, slice_of(subject), now_s), R_OK);
	bytes_free(subject);
	throwaway_done(&real);
	throwaway_done(&t);
}

static void nonsense_is_refused(void **state)
{
	static const struct throwaway_ask asks[] = {
		{ .like = "no PEM", .name = "", .dn = "" },
		{ .like = "", .name = "", .dn = "just words" },
		{ .like = "", .name = "", .dn = "NOSUCHTYPE=x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		struct throwaway t;
		struct fault f = { 0 };

		assert_int_equal(throwaway_make(&asks[i], &t, &f), R_INVALID);
		assert_null(t.key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_proves_its_identity_to_who_trusts_its_authority),
		cmocka_unit_test(it_is_like_a_real_one),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
