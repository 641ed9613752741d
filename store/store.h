/* store.h - sqlite behind repo.h
 *
 * WAL, synchronous FULL, STRICT tables, migrations, files of the owner only. Loop thread.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/model/repo.h"

struct store;

/* Opens or makes DIR/ikeeper.db (DIR is made with 0700 when absent) and migrates it. R_STORE_*
 * with a sentence that names the file. */
struct store *store_open(const char *dir, struct fault *f);
void store_close(struct store *s); /* checkpoints */
static inline void store_free(struct store *s)
{
	store_close(s);
}
OWNABLE(store)
struct repo *store_repo(struct store *s);
