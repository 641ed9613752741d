/* swan.h - what swanctl.conf and ipsec.conf have in common: words of algorithms, identities */
#pragma once

#include "core/dialect/algword.h"

/* "aes256-sha256-modp2048" of each IKE proposal that has words, `between` between them. The least of
 * their lifetimes in seconds, 0 none. */
uint32_t swan_ike_list(const struct sketch *from, const struct peer *p, const char *between,
		       struct text *t);
/* "aes256gcm16-modp2048" likewise of a tunnel; the group only with PFS. */
void swan_esp_list(const struct sketch *from, const struct tunnel *tunnel, const char *between,
		   struct text *t);
/* The words of one proposal onto the members of a record. False: it cannot be taken, and there is
 * a note. */
bool swan_read_words(struct sketch *d, struct entry *e, const char *words, unsigned line);
/* "fqdn:branch", "192.0.2.1"; "" for an address that is not said. */
void swan_identity(struct text *t, int type, const char *value);
/* The other way round, onto local_id or remote_id (`which`). */
void swan_read_identity(struct sketch *d, struct entry *e, const char *which, const char *value,
			unsigned line);
void swanctl_read(struct slice text, struct sketch *ret);
void swanctl_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
