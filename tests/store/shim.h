/* shim.h - a file system under sqlite that counts, kills, tears, refuses and remembers
 *
 * Everything a store does to its disk passes here: writes, cuts, syncs, the making and removing of
 * files, each with a number from 1. It becomes sqlite's default once and for all; without a plan
 * it only counts. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shim_deed { SHIM_WRITE, SHIM_CUT, SHIM_SYNC, SHIM_MAKE, SHIM_REMOVE, SHIM_DEEDS };

struct shim_plan {
	unsigned at; /* the number of the deed; 0: never */
	bool kill; /* SIGKILL ourselves before it; with `tear` after half of it was written */
	bool tear;
	int refuse; /* this sqlite code instead of doing it */
	bool from_there_on; /* refuse all that follow as well */
	bool record; /* remember every deed with its octets */
};

/* One deed as it was done. */
struct shim_note {
	enum shim_deed deed;
	char name[24]; /* of the file, without its directory */
	int64_t at; /* offset; size of a cut; whether a removal was made to last */
	uint8_t *octets;
	size_t n;
};

void shim_install(void);
void shim_set(const struct shim_plan *plan); /* and count from 0 again */
unsigned shim_count(void); /* deeds since shim_set */
const struct shim_note *shim_notes(size_t *ret_n); /* since the shim_set that asked for them */
void shim_forget(void);
/* The store's own fsync of its directory: linked in its place by --wrap. */
int __wrap_fsync(int fd);
int __real_fsync(int fd);
