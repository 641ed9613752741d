/* dialect.c - register: foreign configuration languages
 *
 * Called by: api, api/ctl, core/daemon, tests.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/dialect.h"

#include <string.h>

#include "core/dialect/comware.h"
#include "core/dialect/ipsecconf.h"
#include "core/dialect/mirror.h"
#include "core/dialect/others.h"
#include "core/dialect/swan.h"

/* clang-format off */
const struct dialect dialects[] = {
	{ "comware",    "H3C and HP Comware V5",      comware_read, comware_write, true,  '#', false },
	{ "swanctl",    "strongSwan's swanctl.conf",  swanctl_read, swanctl_write, false, '#', true },
	{ "ipsec.conf", "ipsec.conf of strongSwan and Libreswan", ipsecconf_read, ipsecconf_write, false, '#', true },
	{ "routeros",   "MikroTik RouterOS",          NULL,         routeros_write, false, '#', false },
	{ "fortios",    "Fortinet FortiOS",           NULL,         fortios_write, false, '#', false },
	{ "ios",        "Cisco IOS",                  NULL,         ios_write,     false, '!', false },
	{ 0 },
};
/* clang-format on */

const struct dialect *dialect_find(const char *word)
{
	for (const struct dialect *d = dialects; d->word; d++)
		if (strcmp(d->word, word) == 0)
			return d;
	return NULL;
}

bool dialect_other_side(const struct dialect *d, const struct sketch *from, const char *peer,
			const char *address, struct text *ret, struct sketch *ret_notes)
{
	struct sketch mirrored;

	sketch_init(&mirrored);
	bool ok = mirror_of(from, peer, address, &mirrored, ret_notes);
	if (ok)
		d->write(&mirrored, ret, ret_notes);
	sketch_done(&mirrored);
	return ok;
}
