/* memrepo.h - what must be remembered, in memory: the store's double */
#pragma once

#include "core/model/repo.h"

struct memrepo;

struct memrepo *memrepo_new(void);
void memrepo_free(struct memrepo *m);
struct repo *memrepo_repo(struct memrepo *m);
/* The next `n` calls that keep something fail with this. */
void memrepo_fail(struct memrepo *m, enum reason r, size_t n);
void memrepo_audit_fails(struct memrepo *m, bool yes); /* and with a row what it belongs to */
size_t memrepo_saves(const struct memrepo *m);
