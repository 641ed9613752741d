/* deed.h - what is put on record in the audit log, by name
 *
 * Any thread. The rows themselves are in repo.h.
 */
#pragma once

#include <stdbool.h>

enum deed {
#define DEED(code, ...) DEED_##code,
#include "core/model/deed.def"
#undef DEED
	DEED_COUNT
};

const char *deed_word(enum deed d); /* "create" */
bool deed_is_word(const char *word);
