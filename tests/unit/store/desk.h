/* desk.h - a store in a directory of its own, and one change after another into it */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "store/store.h"

struct desk {
	char dir[64];
	struct store *store;
	struct repo *repo;
	struct config *config;
	struct fault fault; /* of the last call */
};

static inline void desk_hear(void *arg, enum reason r, const struct fault *f)
{
	struct desk *d = arg;

	d->fault = *f;
	d->fault.reason = r;
}

static inline void desk_take(void *arg, struct config *take_c, const struct fault *f)
{
	struct desk *d = arg;

	d->fault = *f;
	d->config = take_c;
}

static inline void desk_load(struct desk *d)
{
	config_unref(d->config);
	d->config = NULL;
	d->repo->load(d->repo->ctx, desk_take, d);
}

static inline bool desk_open(struct desk *d)
{
	d->fault = (struct fault){ 0 };
	d->store = store_open(d->dir, &d->fault);
	if (!d->store)
		return false;
	d->repo = store_repo(d->store);
	desk_load(d);
	return d->config != NULL;
}

static inline void desk_close(struct desk *d)
{
	config_unref(d->config);
	d->config = NULL;
	store_close(d->store);
	d->store = NULL;
}

static inline void desk_new(struct desk *d)
{
	*d = (struct desk){ .dir = "/tmp/ikeeper-store-XXXXXX" };
	assert_non_null(mkdtemp(d->dir));
	if (!desk_open(d))
		fail_msg("%s", d->fault.text);
}

static inline void desk_remove(struct desk *d)
{
	DIR *dir;

	desk_close(d);
	dir = opendir(d->dir);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(d->dir);
}

static inline enum reason desk_change(struct desk *d, const struct edit *edits, size_t n)
{
	struct config *after = config_with(d->config, edits, n, "ann", 1700000000, &d->fault);

	if (!after)
		return d->fault.reason;
	struct save s = { .edits = edits,
			  .n = n,
			  .before = d->config,
			  .after = after,
			  .who = "ann",
			  .channel = "rest",
			  .comment = "why not",
			  .request_id = "r-1",
			  .now_s = 1700000000 };

	d->fault.reason = R_INTERNAL; /* unless it is heard */
	d->repo->save(d->repo->ctx, &s, desk_hear, d);
	if (d->fault.reason == R_OK) {
		config_unref(d->config);
		d->config = after;
	} else {
		config_unref(after);
	}
	return d->fault.reason;
}

static inline enum reason desk_put(struct desk *d, struct record *take_rec)
{
	struct edit e = { .op = EDIT_PUT, .kind = take_rec->kind, .rec = take_rec };
	enum reason r;

	memcpy(e.name, take_rec->name, sizeof(e.name));
	r = desk_change(d, &e, 1);
	record_unref(take_rec);
	return r;
}

static inline enum reason desk_delete(struct desk *d, enum kind k, const char *name)
{
	struct edit e = { .op = EDIT_DELETE, .kind = k };

	text_copy(e.name, sizeof(e.name), name);
	return desk_change(d, &e, 1);
}

static inline struct record *desk_record(enum kind k, const char *name)
{
	struct record *r = record_new(k);

	assert_non_null(r);
	text_copy(r->name, sizeof(r->name), name);
	return r;
}

/* A secret whose sealed value is `n` octets that begin with this. */
static inline struct record *desk_secret(const char *name, const char *sealed, size_t n)
{
	struct secret *s = (void *)desk_record(K_SECRET, name);

	s->value.n = (uint16_t)n;
	memset(s->value.at, 0xa5, n);
	memcpy(s->value.at, sealed, MIN_OF(strlen(sealed), n));
	snprintf(s->value.fingerprint, sizeof(s->value.fingerprint), "%016zx",
		 (size_t)sealed[0] * 1000 + n);
	return &s->r;
}

/* A whole copy, in steps of so many pages; NULL: refused, with the fault. */
static inline struct bytes *desk_copy(struct desk *d, size_t pages)
{
	struct copying *c;
	struct bytes *copy = NULL;

	d->fault = (struct fault){ 0 };
	if (d->repo->copy_begin(d->repo->ctx, &c, &d->fault) != R_OK)
		return NULL;
	while (!d->repo->copy_step(c, pages))
		;
	d->repo->copy_finish(c, &copy, &d->fault);
	d->repo->copy_end(c);
	return copy;
}

/* How many files of the directory hold these octets. */
static inline size_t desk_files_with(const struct desk *d, const char *octets)
{
	DIR *dir = opendir(d->dir);
	size_t found = 0;

	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct stat st;
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY);

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size) {
			char *all = malloc((size_t)st.st_size);

			assert_int_equal(read(fd, all, (size_t)st.st_size), st.st_size);
			found += memmem(all, (size_t)st.st_size, octets, strlen(octets)) != NULL;
			free(all);
		}
		if (fd >= 0)
			close(fd);
	}
	closedir(dir);
	return found;
}
