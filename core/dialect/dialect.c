/* dialect.c - register: foreign configuration languages
 *
 * Called by: api/ctl, tests.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/dialect.h"

#include <string.h>

#include "core/dialect/comware.h"

/* clang-format off */
const struct dialect dialects[] = {
	{ "comware", "H3C and HP Comware V5", comware_read, comware_write, NULL },
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
