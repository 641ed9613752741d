/* hash.h - a map keyed by bytes
 *
 * Seeded (SipHash-2-4 with a key drawn at start), since strangers choose some of the
 * keys. Keys are copied. Values are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct hash;

struct hash *hash_new(void); /* NULL when memory has run out */
void hash_free(struct hash *h); /* values are not freed */
OWNABLE(hash)
void *hash_find(const struct hash *h, struct slice key);
/* Returns the value that was there before, NULL if none. Sets *ret_ok (may be NULL) to false
 * when memory has run out. */
void *hash_put(struct hash *h, struct slice key, void *value, bool *ret_ok);
void *hash_remove(struct hash *h, struct slice key); /* the value, NULL if none */
size_t hash_count(const struct hash *h);
/* Visit all; the visitor may remove the entry it stands on, and no other. */
void hash_each(struct hash *h, void (*visit)(void *arg, struct slice key, void *value), void *arg);
uint64_t hash_keyed(struct slice data, const uint8_t key[16]); /* SipHash-2-4 itself */
