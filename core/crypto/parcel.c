/* parcel.c - the file of a backup: a database, and maybe the key of its secrets under a passphrase
 *
 * The sum at the end is against accidents. The wrapped key is bound to the database, so that with
 * a passphrase an altered file opens no secret either.
 *
 * Called by: the api.  Thread: any.  Owns: nothing.
 */
#include "core/crypto/parcel.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/rng.h"
#include "core/crypto/prf.h"

static const char magic[16] = "ikeeper backup\n";

enum {
	VERSION = 1,
	LOCKED = 1,
	SUM = 32,
	HEAD = sizeof(magic) + 4 + 8 + PASSPHRASE_SALT,
	FRONT = HEAD + KEYRING_WRAPPED,
};

static bool sum_of(struct slice s, uint8_t ret[SUM])
{
	uint8_t full[DIGEST_MAX];
	bool good = prf_hash(INTEG_SHA256, &s, 1, full) == R_OK;

	memcpy(ret, full, SUM);
	return good;
}

/* What the wrapped key is bound to. */
static bool about(struct slice head, struct slice copy, uint8_t ret[HEAD + SUM])
{
	memcpy(ret, head.at, HEAD);
	return sum_of(copy, ret + HEAD);
}

static enum reason lock(struct keyring *k, const char *passphrase, struct bytes *b,
			struct slice copy, struct fault *f)
{
	uint8_t *salt = b->at + HEAD - PASSPHRASE_SALT;
	struct rng r = rng_system();
	uint8_t key[32], bound[HEAD + SUM];

	rng_fill(&r, salt, PASSPHRASE_SALT);
	if (!about(slice(b->at, HEAD), copy, bound))
		return fail(f, R_CRYPTO, "the backup cannot be summed up");
	enum reason why = passphrase_key(passphrase, salt, key, f);
	if (why == R_OK)
		why = keyring_wrap(k, key, slice(bound, sizeof(bound)), b->at + HEAD, f);
	wipe(key, sizeof(key));
	return why;
}

enum reason parcel_write(struct keyring *k, const char *passphrase, struct slice copy,
			 struct bytes **ret, struct fault *f)
{
	own(bytes) b = bytes_new(FRONT + copy.n + SUM);

	*ret = NULL;
	if (!b)
		return fail(f, R_NO_MEMORY, "no memory for a backup");
	memcpy(b->at, magic, sizeof(magic));
	b->at[sizeof(magic)] = VERSION;
	b->at[sizeof(magic) + 1] = *passphrase ? LOCKED : 0;
	for (size_t i = 0; i < 8; i++)
		b->at[sizeof(magic) + 4 + i] = (uint8_t)((uint64_t)copy.n >> (56 - 8 * i));
	memcpy(b->at + FRONT, copy.at, copy.n);
	if (*passphrase && lock(k, passphrase, b, copy, f) != R_OK)
		return f->reason;
	if (!sum_of(slice(b->at, FRONT + copy.n), b->at + FRONT + copy.n))
		return fail(f, R_CRYPTO, "the backup cannot be summed up");
	*ret = give(b);
	return R_OK;
}

enum reason parcel_read(struct slice file, struct parcel *ret, struct fault *f)
{
	struct rd r = rd_of(file);
	const uint8_t *begins = rd_take(&r, sizeof(magic));
	uint8_t version = rd_u8(&r), flags = rd_u8(&r), sum[SUM];

	if (!begins || !slice_equal(slice(begins, sizeof(magic)), slice(magic, sizeof(magic))))
		return fail(f, R_BACKUP_FOREIGN, "this is no backup that ikeeper made");
	if (!r.torn && version != VERSION)
		return fail(f, R_BACKUP_FOREIGN,
			    "the backup is of form %u, this ikeeper reads form %d", version,
			    VERSION);
	rd_take(&r, 2);
	uint64_t n = rd_u64(&r);
	ret->head = slice(file.at, HEAD);
	ret->salt = rd_take(&r, PASSPHRASE_SALT);
	ret->wrapped = rd_take(&r, KEYRING_WRAPPED);
	ret->locked = flags & LOCKED;
	if (r.torn || rd_left(&r) < SUM || rd_left(&r) - SUM != n)
		return fail(f, R_BACKUP_DAMAGED,
			    "the backup is cut short, or something follows it");
	ret->copy = rd_slice(&r, rd_left(&r) - SUM);
	if (!sum_of(slice(file.at, file.n - SUM), sum))
		return fail(f, R_CRYPTO, "the backup cannot be summed up");
	if (!slice_equal(slice(sum, SUM), rd_rest(&r)))
		return fail(f, R_BACKUP_DAMAGED,
			    "the backup is not what was written: its sum differs");
	return R_OK;
}

struct keyring *parcel_ring(const struct parcel *p, const char *passphrase, struct fault *f)
{
	uint8_t key[32], bound[HEAD + SUM];
	struct keyring *k = NULL;

	if (!about(p->head, p->copy, bound))
		fail(f, R_CRYPTO, "the backup cannot be summed up");
	else if (passphrase_key(passphrase, p->salt, key, f) == R_OK)
		k = keyring_unwrap(key, slice(bound, sizeof(bound)), p->wrapped, f);
	wipe(key, sizeof(key));
	if (!k && f->reason == R_AUTH_FAILED)
		fail(f, R_BACKUP_LOCKED, "this is not the passphrase the backup was made with");
	return k;
}
