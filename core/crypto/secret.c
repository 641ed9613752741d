/* secret.c - sealing keys at rest, and fingerprints
 *
 * The key file holds 32 random octets as hex. Two keys are derived from it, one to seal with
 * and one for fingerprints, so neither says anything about the other. AES-256-GCM with a
 * random 96-bit nonce per secret: fit for some four thousand million of them.
 *
 * The additional data are the sealed form's own head and the record's name, so a sealed value
 * neither opens in another record nor under another version.
 *
 * Called by the daemon and the api.  Thread: any; a keyring never changes.
 * Owns: the keys.  Not here: passwords and tokens - password.c has that half of secret.h.
 */
#include "core/crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "core/crypto/fetched.h"
#include "core/crypto/prf.h"

enum {
	KEY = 32,
	ID = 4,
	VERSION = 1,
	HEAD = 1 + ID, /* version and key id */
	AROUND = HEAD + GCM_NONCE + GCM_TAG,
	PLAIN_MAX = 1 << 20,
};

struct keyring {
	uint8_t id[ID];
	uint8_t seal[KEY], print[KEY];
};

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	wipe(k, sizeof(*k));
	free(k);
}

static bool derive(const uint8_t *key, const char *label, uint8_t *ret, size_t n)
{
	const struct slice part = slice_str(label);
	uint8_t full[DIGEST_MAX];
	bool ok = prf_hmac(INTEG_SHA256, slice(key, KEY), &part, 1, full) == R_OK;

	if (ok)
		memcpy(ret, full, n);
	wipe(full, sizeof(full));
	return ok;
}

struct keyring *keyring_of(const uint8_t key[32])
{
	own(keyring) k = calloc(1, sizeof(*k));

	if (!k || !derive(key, "ikeeper key id", k->id, ID) ||
	    !derive(key, "ikeeper sealing", k->seal, KEY) ||
	    !derive(key, "ikeeper fingerprint", k->print, KEY))
		return NULL;
	return give(k);
}

static bool write_all(int fd, const char *at, size_t n)
{
	while (n) {
		ssize_t got = write(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* The directory entry of a new file is safe only when its directory was synced. */
static bool sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096] = ".";
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= sizeof(dir))
		return false;
	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", n ? (int)n : 1, path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A new key in a new file. Returns EEXIST if somebody was quicker, or another errno. */
static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	struct rng r = rng_system();
	uint8_t key[KEY];
	char text[2 * KEY + 2];

	if (fd < 0)
		return errno;
	rng_fill(&r, key, sizeof(key));
	hex_of(slice(key, KEY), text, sizeof(text));
	text[2 * KEY] = '\n';
	bool ok = write_all(fd, text, 2 * KEY + 1) && fsync(fd) == 0;
	int why = ok ? 0 : errno;
	wipe(key, sizeof(key));
	wipe(text, sizeof(text));
	close(fd);
	if (ok && !sync_directory(path)) {
		why = errno;
		ok = false;
	}
	if (!ok)
		unlink(path);
	return why;
}

/* Read at most cap octets; -1 with errno when it cannot be read. */
static ssize_t read_all(int fd, uint8_t *at, size_t cap)
{
	size_t n = 0;

	while (n < cap) {
		ssize_t got = read(fd, at + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* 32 octets as they are, or as 64 hex digits with or without an end of line. */
static bool key_of_text(const uint8_t *text, size_t n, uint8_t key[KEY])
{
	char digits[2 * KEY + 1] = "";

	if (n == KEY) {
		memcpy(key, text, KEY);
		return true;
	}
	if (n != 2 * KEY && !(n == 2 * KEY + 1 && text[2 * KEY] == '\n'))
		return false;
	memcpy(digits, text, 2 * KEY);
	own(bytes) b = bytes_of_hex(digits);
	wipe(digits, sizeof(digits));
	if (!b || b->n != KEY)
		return false;
	memcpy(key, b->at, KEY);
	return true;
}

static enum reason read_file(int fd, const char *path, uint8_t key[KEY], struct fault *f)
{
	uint8_t text[2 * KEY + 2];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail(f, R_SYSTEM, "key file %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(f, R_SYSTEM, "key file %s is not a regular file", path);
	if (st.st_mode & 077)
		return fail(f, R_SYSTEM,
			    "key file %s may be read by others than its owner; chmod 0400", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(f, R_SYSTEM, "key file %s belongs to another user", path);

	ssize_t n = read_all(fd, text, sizeof(text));
	if (n < 0)
		return fail(f, R_SYSTEM, "key file %s: %s", path, strerror(errno));
	bool ok = key_of_text(text, (size_t)n, key);
	wipe(text, sizeof(text));
	if (!ok)
		return fail(f, R_SYSTEM,
			    "key file %s holds no key of 32 octets, raw or as 64 hex digits", path);
	return R_OK;
}

struct keyring *keyring_open(const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t key[KEY];

	if (fd < 0 && errno == ENOENT) {
		int why = make_file(path);

		if (why && why != EEXIST) {
			fail(f, R_SYSTEM, "key file %s cannot be made: %s", path, strerror(why));
			return NULL;
		}
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0) {
		fail(f, R_SYSTEM, "key file %s cannot be opened: %s", path, strerror(errno));
		return NULL;
	}
	enum reason r = read_file(fd, path, key, f);
	close(fd);
	if (r != R_OK)
		return NULL;

	struct keyring *k = keyring_of(key);
	wipe(key, sizeof(key));
	if (!k)
		fetched_fail(f, R_CRYPTO, "no keyring could be made");
	return k;
}

static struct gcm gcm_of(const struct keyring *k, const char *about, const uint8_t *head)
{
	return (struct gcm){ scratch_cipher(ENCR_AES_GCM, 256),
			     k->seal,
			     head + HEAD,
			     { slice(head, HEAD), slice_str(about) } };
}

enum reason secret_seal(struct keyring *k, const char *about, struct slice plain,
			struct bytes **ret, struct fault *f)
{
	struct rng r = rng_system();

	if (plain.n > PLAIN_MAX)
		return fail(f, R_TOO_LARGE, "the secret of %s is too large to be sealed", about);
	own(bytes) b = bytes_new(AROUND + plain.n);
	if (!b)
		return fail(f, R_NO_MEMORY, "no memory to seal the secret of %s", about);
	b->at[0] = VERSION;
	memcpy(b->at + 1, k->id, ID);
	rng_fill(&r, b->at + HEAD, GCM_NONCE);

	uint8_t *text = b->at + HEAD + GCM_NONCE;
	if (plain.n)
		memcpy(text, plain.at, plain.n);
	struct gcm g = gcm_of(k, about, b->at);
	if (gcm_seal(&g, text, plain.n, text + plain.n) != R_OK)
		return fail(f, R_CRYPTO, "the secret of %s cannot be sealed", about);
	*ret = give(b);
	return R_OK;
}

enum reason secret_open(struct keyring *k, const char *about, struct slice sealed,
			struct bytes **ret, struct fault *f)
{
	if (sealed.n < AROUND || sealed.n > AROUND + PLAIN_MAX)
		return fail(f, R_STORE_DAMAGED, "the sealed secret of %s has an impossible length",
			    about);
	if (sealed.at[0] != VERSION)
		return fail(f, R_STORE_DAMAGED, "the secret of %s is sealed in an unknown form %u",
			    about, sealed.at[0]);
	if (memcmp(sealed.at + 1, k->id, ID) != 0)
		return fail(f, R_STORE_DAMAGED, "the secret of %s was sealed with another key file",
			    about);

	own(bytes) plain = bytes_of(sealed.at + HEAD + GCM_NONCE, sealed.n - AROUND);
	if (!plain)
		return fail(f, R_NO_MEMORY, "no memory to open the secret of %s", about);
	struct gcm g = gcm_of(k, about, sealed.at);
	enum reason r = gcm_open(&g, plain->at, plain->n, sealed.at + sealed.n - GCM_TAG);
	if (r == R_BAD_HASH)
		return fail(f, R_STORE_DAMAGED,
			    "the secret of %s was altered or belongs to another record", about);
	if (r != R_OK)
		return fail(f, R_CRYPTO, "the secret of %s cannot be opened", about);
	*ret = give(plain);
	return R_OK;
}

void secret_fingerprint(struct keyring *k, struct slice plain, char *ret)
{
	uint8_t full[DIGEST_MAX];

	ret[0] = '\0';
	if (prf_hmac(INTEG_SHA256, slice(k->print, KEY), &plain, 1, full) == R_OK)
		hex_of(slice(full, 8), ret, FINGERPRINT_TEXT);
	wipe(full, sizeof(full));
}

bool secret_is_ours(struct keyring *k, struct slice sealed)
{
	return sealed.n >= HEAD && sealed.at[0] == VERSION &&
	       slice_equal(slice(sealed.at + 1, ID), slice(k->id, ID));
}

/* Nonce, then the key's id and the sealing key, then the tag. */
enum reason keyring_wrap(struct keyring *k, const uint8_t key[32], struct slice about,
			 uint8_t ret[KEYRING_WRAPPED], struct fault *f)
{
	uint8_t *text = ret + GCM_NONCE;
	struct rng r = rng_system();
	struct gcm g = { scratch_cipher(ENCR_AES_GCM, 256), key, ret, { about } };

	rng_fill(&r, ret, GCM_NONCE);
	memcpy(text, k->id, ID);
	memcpy(text + ID, k->seal, KEY);
	if (gcm_seal(&g, text, ID + KEY, text + ID + KEY) == R_OK)
		return R_OK;
	wipe(ret, KEYRING_WRAPPED);
	return fail(f, R_CRYPTO, "the sealing key cannot be wrapped");
}

struct keyring *keyring_unwrap(const uint8_t key[32], struct slice about,
			       const uint8_t wrapped[KEYRING_WRAPPED], struct fault *f)
{
	struct gcm g = { scratch_cipher(ENCR_AES_GCM, 256), key, wrapped, { about } };
	own(keyring) k = calloc(1, sizeof(*k));
	uint8_t text[ID + KEY];

	if (!k) {
		fail(f, R_NO_MEMORY, "no memory for a keyring");
		return NULL;
	}
	memcpy(text, wrapped + GCM_NONCE, sizeof(text));
	if (gcm_open(&g, text, sizeof(text), wrapped + GCM_NONCE + sizeof(text)) != R_OK) {
		fail(f, R_AUTH_FAILED, "the key does not open this keyring");
		return NULL;
	}
	memcpy(k->id, text, ID);
	memcpy(k->seal, text + ID, KEY);
	wipe(text, sizeof(text));
	return give(k);
}
