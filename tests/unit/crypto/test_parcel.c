/* test_parcel.c - the file of a backup: whole or refused by name, and its key under a passphrase */
#include "tests/unit/crypto/vectors.h"

#include "core/base/base64.h"
#include "core/crypto/parcel.h"

static const uint8_t key_a[32] = { 1, 2, 3 }, key_b[32] = { 9, 8, 7 };

static struct bytes *written(struct keyring *k, const char *passphrase)
{
	struct bytes *file;

	assert_int_equal(parcel_write(k, passphrase, slice_str("a database"), &file, NULL), R_OK);
	return file;
}

static void what_was_written_is_read(void **state)
{
	own(keyring) k = keyring_of(key_a);
	own(bytes) file = written(k, "");
	struct parcel p;

	(void)state;
	assert_int_equal(parcel_read(slice_of(file), &p, NULL), R_OK);
	assert_false(p.locked);
	assert_true(slice_equal(p.copy, slice_str("a database")));
	for (size_t i = 0; i < KEYRING_WRAPPED; i++)
		assert_int_equal(p.wrapped[i], 0); /* no key travels unasked */
}

/* Each octet turned, each length cut: never read as something else. */
static void damage_has_a_name(void **state)
{
	own(keyring) k = keyring_of(key_a);
	own(bytes) file = written(k, "");
	struct parcel p;

	(void)state;
	for (size_t at = 0; at < file->n; at++) {
		file->at[at] ^= 4;
		assert_int_equal(parcel_read(slice_of(file), &p, NULL),
				 at <= 16 ? R_BACKUP_FOREIGN : R_BACKUP_DAMAGED);
		file->at[at] ^= 4;
		assert_int_equal(parcel_read(slice(file->at, at), &p, NULL),
				 at < 16 ? R_BACKUP_FOREIGN : R_BACKUP_DAMAGED);
	}
}

static void a_passphrase_opens_secrets_elsewhere(void **state)
{
	own(keyring) a = keyring_of(key_a);
	own(keyring) b = keyring_of(key_b);
	own(bytes) file = written(a, "correct horse");
	own(bytes) sealed = NULL;
	own(bytes) plain = NULL;
	struct fault f = { 0 };
	struct parcel p;

	(void)state;
	assert_int_equal(parcel_read(slice_of(file), &p, NULL), R_OK);
	assert_true(p.locked);
	own(keyring) ring = parcel_ring(&p, "correct horse", &f);
	assert_non_null(ring);
	assert_int_equal(secret_seal(a, "secrets/x", slice_str("psk"), &sealed, NULL), R_OK);
	assert_true(secret_is_ours(ring, slice_of(sealed)));
	assert_false(secret_is_ours(b, slice_of(sealed)));
	assert_int_equal(secret_open(ring, "secrets/x", slice_of(sealed), &plain, NULL), R_OK);
	assert_true(slice_equal(slice_of(plain), slice_str("psk")));
	assert_null(parcel_ring(&p, "correct house", &f));
	assert_int_equal(f.reason, R_BACKUP_LOCKED);
	/* bound to its database: with another one it opens nothing, whatever the sum says */
	p.copy = slice_str("a databasf");
	assert_null(parcel_ring(&p, "correct horse", &f));
	assert_int_equal(f.reason, R_BACKUP_LOCKED);
}

static void base64_is_strict(void **state)
{
	static const char *const pairs[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar",
						  "Zm9vYmFy" } }; /* RFC 4648 section 10 */
	static const char *const bad[] = { "Z",    "Zg",   "Zg=",    "Zh==", "Zm9=", "Zg==Zg==",
					   "====", "Z===", "Zm9v\n", "Zm_v", "Zm9 " };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		own(bytes) b = base64_read(pairs[i][1], strlen(pairs[i][1]));
		struct text t;

		assert_non_null(b);
		assert_true(slice_equal(slice_of(b), slice_str(pairs[i][0])));
		text_init(&t, 0);
		base64_add(&t, slice_str(pairs[i][0]));
		assert_string_equal(t.at ? t.at : "", pairs[i][1]);
		text_done(&t);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (base64_read(bad[i], strlen(bad[i])))
			fail_msg("%s was read", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(damage_has_a_name),
		cmocka_unit_test(a_passphrase_opens_secrets_elsewhere),
		cmocka_unit_test(base64_is_strict),
	};

	if (crypto_open(NULL) != R_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
