/* deed.c - the words of the audit log
 *
 * Called by: the store and the api.  Any thread.  Owns: nothing.
 */
#include "core/model/deed.h"

#include <string.h>

static const char *const words[DEED_COUNT] = {
#define DEED(code, word, help) word,
#include "core/model/deed.def"
#undef DEED
};

const char *deed_word(enum deed d)
{
	return d < DEED_COUNT ? words[d] : "";
}

bool deed_is_word(const char *word)
{
	for (int i = 0; i < DEED_COUNT; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}
