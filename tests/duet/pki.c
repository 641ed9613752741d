/* pki.c - certificates of a play: what each end should have, and what only looks like it */
#include "tests/duet/duet.h"

#include <string.h>

static const struct {
	const char *name, *pem;
} texts[] = {
#include "tests/duet/pki.inc"
};

const char *duet_pem(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].pem;
	return NULL;
}
