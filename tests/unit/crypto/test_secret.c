/* test_secret.c - sealing, the key file, fingerprints, passwords and tokens */
#include "tests/unit/crypto/vectors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto/secret.h"

static const uint8_t key_a[32] = { 1, 2, 3 }, key_b[32] = { 9, 8, 7 };

static void sealed_secrets_open_again(void **state)
{
	own(keyring) k = keyring_of(key_a);
	own(bytes) sealed = NULL;
	own(bytes) again = NULL;
	own(bytes) plain = NULL;

	(void)state;
	assert_non_null(k);
	for (size_t n = 0; n < 300; n += 23) {
		own(bytes) text = bytes_new(n);
		own(bytes) s = NULL;
		own(bytes) p = NULL;

		assert_int_equal(secret_seal(k, "psk:branch-12", slice_of(text), &s, NULL), R_OK);
		assert_int_equal(s->n, 1 + 4 + 12 + n + 16);
		assert_int_equal(s->at[0], 1);
		assert_int_equal(secret_open(k, "psk:branch-12", slice_of(s), &p, NULL), R_OK);
		assert_true(slice_equal(slice_of(p), slice_of(text)));
	}
	assert_int_equal(secret_seal(k, "a", slice_str("hello"), &sealed, NULL), R_OK);
	assert_int_equal(secret_seal(k, "a", slice_str("hello"), &again, NULL), R_OK);
	assert_false(slice_equal(slice_of(sealed), slice_of(again))); /* another nonce */
	assert_int_equal(secret_open(k, "a", slice_of(again), &plain, NULL), R_OK);
	assert_true(slice_equal(slice_of(plain), slice_str("hello")));
}

static void a_sealed_secret_belongs_to_its_record_and_its_key(void **state)
{
	own(keyring) a = keyring_of(key_a);
	own(keyring) b = keyring_of(key_b);
	own(bytes) sealed = NULL;
	own(bytes) plain = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(secret_seal(a, "psk:x", slice_str("hello"), &sealed, NULL), R_OK);
	assert_int_equal(secret_open(a, "psk:y", slice_of(sealed), &plain, &f), R_STORE_DAMAGED);
	assert_non_null(strstr(f.text, "psk:y"));
	assert_int_equal(secret_open(a, "", slice_of(sealed), &plain, NULL), R_STORE_DAMAGED);
	assert_int_equal(secret_open(b, "psk:x", slice_of(sealed), &plain, &f), R_STORE_DAMAGED);
	assert_non_null(strstr(f.text, "another key file"));
	assert_null(plain);
}

static void every_altered_or_cut_secret_is_refused(void **state)
{
	own(keyring) k = keyring_of(key_a);
	own(bytes) sealed = NULL;
	own(bytes) plain = NULL;

	(void)state;
	assert_int_equal(secret_seal(k, "x", slice_str("hello"), &sealed, NULL), R_OK);
	for (size_t bit = 0; bit < 8 * sealed->n; bit++) {
		own(bytes) bad = bytes_dup(sealed);

		bad->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(secret_open(k, "x", slice_of(bad), &plain, NULL), R_STORE_DAMAGED);
	}
	for (size_t n = 0; n < sealed->n; n++) {
		own(bytes) bad = bytes_of(sealed->at, n);

		assert_int_equal(secret_open(k, "x", slice_of(bad), &plain, NULL), R_STORE_DAMAGED);
	}
	assert_null(plain);
}

static void fingerprints_tell_drift_and_need_the_key(void **state)
{
	own(keyring) a = keyring_of(key_a);
	own(keyring) same = keyring_of(key_a);
	own(keyring) b = keyring_of(key_b);
	char one[FINGERPRINT_TEXT], two[FINGERPRINT_TEXT];

	(void)state;
	secret_fingerprint(a, slice_str("hello"), one);
	assert_int_equal(strlen(one), 16);
	secret_fingerprint(same, slice_str("hello"), two);
	assert_string_equal(one, two);
	secret_fingerprint(a, slice_str("hellp"), two);
	assert_string_not_equal(one, two);
	secret_fingerprint(b, slice_str("hello"), two);
	assert_string_not_equal(one, two);
}

/* --- the key file --- */

struct place {
	char dir[64], path[96];
};

static struct place place_new(void)
{
	struct place p = { .dir = "/tmp/ikeeper-key-XXXXXX" };

	assert_non_null(mkdtemp(p.dir));
	snprintf(p.path, sizeof(p.path), "%s/machine.key", p.dir);
	return p;
}

static void place_done(const struct place *p)
{
	unlink(p->path);
	rmdir(p->dir);
}

static void put(const struct place *p, const void *at, size_t n, mode_t mode)
{
	unlink(p->path);
	int fd = open(p->path, O_CREAT | O_WRONLY | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void refuse_file(const struct place *p, const char *word)
{
	struct fault f = { 0 };

	assert_null(keyring_open(p->path, &f));
	assert_int_equal(f.reason, R_SYSTEM);
	assert_non_null(strstr(f.text, p->path));
	if (!strstr(f.text, word))
		fail_msg("\"%s\" does not say \"%s\"", f.text, word);
}

static void the_key_file_is_made_once_and_found_again(void **state)
{
	struct place p = place_new();
	own(bytes) sealed = NULL;
	own(bytes) plain = NULL;
	struct fault f = { 0 };
	struct stat st;

	(void)state;
	own(keyring) first = keyring_open(p.path, &f);
	assert_non_null(first);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(secret_seal(first, "x", slice_str("hello"), &sealed, NULL), R_OK);
	own(keyring) second = keyring_open(p.path, &f);
	assert_non_null(second);
	assert_int_equal(secret_open(second, "x", slice_of(sealed), &plain, NULL), R_OK);
	place_done(&p);
	own(keyring) other = keyring_open(p.path, &f); /* the directory is gone too */
	assert_null(other);
	assert_non_null(strstr(f.text, p.path));
}

static void two_new_key_files_differ(void **state)
{
	struct place p = place_new(), q = place_new();
	own(keyring) a = keyring_open(p.path, NULL);
	own(keyring) b = keyring_open(q.path, NULL);
	char one[FINGERPRINT_TEXT], two[FINGERPRINT_TEXT];

	(void)state;
	secret_fingerprint(a, slice_str("hello"), one);
	secret_fingerprint(b, slice_str("hello"), two);
	assert_string_not_equal(one, two);
	place_done(&p);
	place_done(&q);
}

static void a_key_may_be_raw_or_hex(void **state)
{
	struct place p = place_new();
	char digits[66], one[FINGERPRINT_TEXT], two[FINGERPRINT_TEXT];
	own(keyring) want = keyring_of(key_a);

	(void)state;
	secret_fingerprint(want, slice_str("hello"), one);
	hex_of(slice(key_a, 32), digits, sizeof(digits));
	digits[64] = '\n';
	for (int form = 0; form < 3; form++) {
		put(&p, form ? (const void *)digits : key_a, form ? 63u + (unsigned)form : 32,
		    0400);
		own(keyring) k = keyring_open(p.path, NULL);
		assert_non_null(k);
		secret_fingerprint(k, slice_str("hello"), two);
		assert_string_equal(one, two);
	}
	place_done(&p);
}

static void a_key_file_others_may_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0440, 0404, 0640, 0604, 0620, 0410 };
	struct place p = place_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		put(&p, key_a, 32, modes[i]);
		refuse_file(&p, "others");
	}
	place_done(&p);
}

static void a_damaged_key_file_is_refused_and_kept(void **state)
{
	struct place p = place_new();
	struct stat st;

	(void)state;
	put(&p, "", 0, 0400);
	refuse_file(&p, "no key");
	put(&p, key_a, 31, 0400);
	refuse_file(&p, "no key");
	put(&p, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 64, 0400);
	refuse_file(&p, "no key");
	put(&p, "00000000000000000000000000000000000000000000000000000000000000000", 65, 0400);
	refuse_file(&p, "no key");
	assert_int_equal(stat(p.path, &st), 0);
	unlink(p.path);
	assert_int_equal(symlink("/dev/zero", p.path), 0);
	refuse_file(&p, "cannot be opened");
	unlink(p.path);
	assert_int_equal(mkdir(p.path, 0700), 0);
	refuse_file(&p, "not a regular file");
	rmdir(p.path);
	place_done(&p);
}

/* --- passwords and tokens --- */

static void passwords_are_checked(void **state)
{
	char phc[PASSWORD_TEXT], again[PASSWORD_TEXT];

	(void)state;
	assert_int_equal(password_hash("correct horse", phc, NULL), R_OK);
	assert_memory_equal(phc, "$scrypt$ln=15,r=8,p=3$", 22);
	assert_int_equal(strlen(phc), 22 + 22 + 1 + 43);
	assert_true(password_check("correct horse", phc));
	assert_false(password_check("correct horsf", phc));
	assert_false(password_check("", phc));
	assert_false(password_check("correct horse", NULL));
	assert_int_equal(password_hash("correct horse", again, NULL), R_OK);
	assert_string_not_equal(phc, again); /* another salt */
}

/* Made with Python's hashlib.scrypt; other costs than ours, as an older release may have used. */
static void a_hash_made_elsewhere_is_understood(void **state)
{
	static const char phc[] = "$scrypt$ln=10,r=8,p=2$U29kaXVtQ2hsb3JpZGVYWA$+"
				  "uu1Mbr4pOVjhXwwwi/6Cyx4MS0gdZi6PFGq5qmP3AM";

	(void)state;
	assert_true(password_check("pleaseletmein", phc));
	assert_false(password_check("pleaseletmeout", phc));
}

static void damaged_hashes_let_nobody_in(void **state)
{
	static const char *const bad[] = {
		"",
		"$scrypt$",
		"$scrypt$ln=15,r=8,p=3$",
		"$scrypt$ln=15,r=8,p=3$$",
		"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
		"$scrypt$ln=40,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=1,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
		"$scrypt$ln=1,r=1,p=1$AAAAAAAAAAAAAAAAAAAAA*$"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(password_check("", bad[i]));
}

static void tokens_are_random_and_their_hash_is_sha256(void **state)
{
	char one[64], two[64], small[10];
	uint8_t got[32];
	own(bytes) want = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

	(void)state;
	token_random(one, sizeof(one), 32);
	token_random(two, sizeof(two), 32);
	assert_int_equal(strlen(one), 43);
	assert_string_not_equal(one, two);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_"),
			 43);
	token_random(small, sizeof(small), 32); /* does not fit: none, rather than half of one */
	assert_string_equal(small, "");
	token_hash("abc", got);
	assert_memory_equal(got, want->at, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_secrets_open_again),
		cmocka_unit_test(a_sealed_secret_belongs_to_its_record_and_its_key),
		cmocka_unit_test(every_altered_or_cut_secret_is_refused),
		cmocka_unit_test(fingerprints_tell_drift_and_need_the_key),
		cmocka_unit_test(the_key_file_is_made_once_and_found_again),
		cmocka_unit_test(two_new_key_files_differ),
		cmocka_unit_test(a_key_may_be_raw_or_hex),
		cmocka_unit_test(a_key_file_others_may_read_is_refused),
		cmocka_unit_test(a_damaged_key_file_is_refused_and_kept),
		cmocka_unit_test(passwords_are_checked),
		cmocka_unit_test(a_hash_made_elsewhere_is_understood),
		cmocka_unit_test(damaged_hashes_let_nobody_in),
		cmocka_unit_test(tokens_are_random_and_their_hash_is_sha256),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
