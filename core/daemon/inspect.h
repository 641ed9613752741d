/* inspect.h - what certificates and keys say is written into their records
 *
 * The model cannot look into a certificate and nobody stores what one says: the facts are
 * filled in here, for each record that is accepted or loaded, while it is nobody else's.
 */
#pragma once

#include "core/crypto/secret.h"
#include "core/model/config.h"

/* Fills the facts of an authority, certificate or private key; others are left alone. What does
 * not parse is a fault of its rule and field. */
void inspect_record(struct record *r, struct keyring *k, struct faults *errors);
/* All records of a configuration that was just loaded and is not shared yet. */
void inspect_config(const struct config *c, struct keyring *k);
