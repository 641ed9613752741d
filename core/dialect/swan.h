/* swan.h - what swanctl.conf and ipsec.conf have in common: words of algorithms, identities */
#pragma once

#include "core/dialect/sketch.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

/* "aes256-sha256-modp2048"; false: there is no word for one of them. */
bool swan_ike_words(const struct ike_proposal *p, struct text *t);
/* "aes256gcm16-modp2048"; the group only with PFS. */
bool swan_esp_words(const struct ipsec_proposal *p, bool truncate_96, struct text *t);
/* The words of one proposal onto the members of a record; the odd word is noted. False: it
 * cannot be taken. */
bool swan_read_words(struct sketch *d, struct entry *e, const char *words, unsigned line);
/* "fqdn:branch", "192.0.2.1"; "" for an address that is not said. */
void swan_identity(struct text *t, int type, const char *value);
/* The other way round, onto local_id or remote_id (`which`). */
void swan_read_identity(struct sketch *d, struct entry *e, const char *which, const char *value,
			unsigned line);
/* Record of a reference, NULL none. */
const struct record *swan_find(const struct sketch *d, enum kind k, const char *name);

void swanctl_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
