/* parcel.h - the file of a backup: a database, and maybe the key of its secrets under a passphrase
 *
 *	"ikeeper backup\n" 0    what it is
 *	version 1, flags        1: a passphrase opens the secrets; two octets 0
 *	length                  of the database, 8 octets, network order
 *	salt                    16 octets: scrypt (N 32768, r 8, p 3, RFC 7914) of the passphrase
 *	wrapped key             64 octets: nonce, key id and sealing key, tag (AES-256-GCM); its
 *	                        additional data are all octets before it and SHA-256 of the database
 *	database                sqlite
 *	SHA-256                 of all before
 *
 * Without a passphrase salt and key are zeros. Any thread; slow with a passphrase (0.3 s).
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/crypto/secret.h"

struct parcel {
	bool locked; /* by a passphrase */
	struct slice head; /* what goes with the wrapped key */
	const uint8_t *salt, *wrapped;
	struct slice copy; /* the database */
};

/* `passphrase` "": the file has no key in it. */
enum reason parcel_write(struct keyring *k, const char *passphrase, struct slice copy,
			 struct bytes **ret, struct fault *f);
/* Whole and ours? `ret` looks into the file. R_BACKUP_FOREIGN, R_BACKUP_DAMAGED. */
enum reason parcel_read(struct slice file, struct parcel *ret, struct fault *f);
/* The ring that opens its secrets; NULL: R_BACKUP_LOCKED. */
struct keyring *parcel_ring(const struct parcel *p, const char *passphrase, struct fault *f);
