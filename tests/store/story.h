/* story.h - one change after another, each with content of its own, and what a store says of it
 *
 * Included by tests of the store only. Change n makes secret and proposal "s" and peer n % 7 say n and
 * removes another peer, so that a store that mixes two changes is caught by one look.
 */
#pragma once

#include "tests/unit/store/desk.h"

#include <sqlite3.h>

enum { STORY_SLOTS = 7, STORY_EDITS = 4 };

static inline size_t story_edits(const struct desk *d, uint64_t n, struct edit ret[STORY_EDITS])
{
	char name[16], gone[16];
	size_t count = 3;

	snprintf(name, sizeof(name), "p%u", (unsigned)(n % STORY_SLOTS));
	snprintf(gone, sizeof(gone), "p%u", (unsigned)((n + 3) % STORY_SLOTS));
	struct secret *s = (void *)desk_secret("s", "sealed", 100);
	struct ipsec_proposal *e = (void *)desk_record(K_IPSEC_PROPOSAL, "s");
	struct peer *p = (void *)desk_record(K_PEER, name);

	snprintf(s->description, sizeof(s->description), "%llu", (unsigned long long)n);
	snprintf(s->value.fingerprint, sizeof(s->value.fingerprint), "%016llx",
		 (unsigned long long)n);
	snprintf(e->description, sizeof(e->description), "%llu", (unsigned long long)n);
	snprintf(p->description, sizeof(p->description), "%llu", (unsigned long long)n);
	strcpy(p->psk, "s");
	ret[0] = (struct edit){ .op = EDIT_PUT, .kind = K_SECRET, .name = "s", .rec = &s->r };
	ret[1] = (struct edit){
		.op = EDIT_PUT, .kind = K_IPSEC_PROPOSAL, .name = "s", .rec = &e->r
	};
	ret[2] = (struct edit){ .op = EDIT_PUT, .kind = K_PEER, .rec = &p->r };
	memcpy(ret[2].name, name, sizeof(name));
	if (config_peer(d->config, gone)) {
		ret[3] = (struct edit){ .op = EDIT_DELETE, .kind = K_PEER };
		memcpy(ret[3].name, gone, sizeof(gone));
		count = 4;
	}
	return count;
}

/* Makes the next change; its revision is the one after the configuration's. */
static inline enum reason story_go_on(struct desk *d)
{
	struct edit e[STORY_EDITS];
	size_t n = story_edits(d, config_revision(d->config) + 1, e);
	enum reason r = desk_change(d, e, n);

	for (size_t i = 0; i < 3; i++)
		record_unref(e[i].rec);
	return r;
}

/* A number over everything a configuration says. */
static inline uint64_t story_picture(const struct config *c)
{
	uint64_t h = 0xcbf29ce484222325 ^ config_revision(c);
	struct text t;

	text_init(&t, 0);
	for (int k = 0; k < K_COUNT; k++) {
		for (size_t i = 0; i < config_count(c, (enum kind)k); i++) {
			const struct record *rec = config_at(c, (enum kind)k, i);

			text_add(&t, "%d %s %s %u %llu %s|", k, rec->name, rec->scope, rec->index,
				 (unsigned long long)rec->revision, rec->changed_by);
			for (const struct field *fl = kind_row((enum kind)k)->fields; fl->name;
			     fl++) {
				field_text(fl, rec, &t);
				if (fl->kind == F_SECRET)
					text_add_str(&t, field_sealed(fl, rec)->fingerprint);
				text_add_str(&t, "|");
			}
		}
	}
	assert_false(t.cut);
	for (size_t i = 0; i < t.n; i++)
		h = (h ^ (uint8_t)t.at[i]) * 0x100000001b3;
	text_done(&t);
	return h;
}

/* sqlite itself finds no fault. */
static inline void story_whole(const struct desk *d)
{
	char path[128], said[200] = "";
	sqlite3_stmt *st;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/ikeeper.db", d->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(said, sizeof(said), "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	assert_string_equal(said, "ok");
}

static inline unsigned story_times(const char *name, unsigned few)
{
	const char *many = getenv(name);

	return many ? (unsigned)strtoul(many, NULL, 10) : few;
}

/* ---- files of a directory, kept aside ---- */

struct kept_file {
	char name[24];
	uint8_t *octets;
	size_t n;
};

enum { KEPT_FILES = 8 };

struct kept_files {
	struct kept_file at[KEPT_FILES];
	size_t n;
};

/* Without the index of the log, which whoever opens first throws away. */
static inline void kept_take(struct kept_files *k, const char *dir)
{
	DIR *in = opendir(dir);

	k->n = 0;
	assert_non_null(in);
	for (struct dirent *e = readdir(in); e; e = readdir(in)) {
		struct stat st;
		int fd = openat(dirfd(in), e->d_name, O_RDONLY);

		assert_true(fd >= 0 && fstat(fd, &st) == 0);
		if (S_ISREG(st.st_mode) && !strstr(e->d_name, "-shm")) {
			struct kept_file *f = &k->at[k->n++];

			assert_true(k->n <= KEPT_FILES);
			text_copy(f->name, sizeof(f->name), e->d_name);
			f->n = (size_t)st.st_size;
			f->octets = malloc(f->n + 1);
			assert_int_equal(read(fd, f->octets, f->n), f->n);
		}
		close(fd);
	}
	closedir(in);
}

static inline void kept_free(struct kept_files *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->at[i].octets);
	k->n = 0;
}

static inline void kept_clear(const char *dir)
{
	DIR *in = opendir(dir);

	assert_non_null(in);
	for (struct dirent *e = readdir(in); e; e = readdir(in))
		unlinkat(dirfd(in), e->d_name, 0);
	closedir(in);
}

static inline void kept_put(const struct kept_files *k, const char *dir)
{
	kept_clear(dir);
	for (size_t i = 0; i < k->n; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", dir, k->at[i].name);
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, k->at[i].octets, k->at[i].n), k->at[i].n);
		close(fd);
	}
}
