/* shim.c - a file system under sqlite that counts, kills, tears, refuses and remembers
 *
 * Wraps the unix one: a file of ours is a head of ours and theirs behind it. What is not a deed
 * (reading, locks, the shared index of the log) goes through; that index is thrown away by whoever
 * opens a database first, so a crash leaves nothing of it.
 */
#include "tests/store/shim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

struct file {
	sqlite3_file base;
	char name[24];
	sqlite3_file *real; /* behind us in the same memory */
};

static sqlite3_vfs *unix_vfs, vfs;
static struct shim_plan plan;
static unsigned count;
static struct shim_note *notes;
static size_t notes_n, notes_cap;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static const char *last_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static void note(enum shim_deed deed, const char *name, int64_t at, const void *octets, size_t n)
{
	struct shim_note *o;

	if (!plan.record)
		return;
	if (notes_n == notes_cap) {
		notes_cap = notes_cap ? 2 * notes_cap : 1024;
		notes = realloc(notes, notes_cap * sizeof(*notes));
	}
	o = &notes[notes_n++];
	*o = (struct shim_note){ .deed = deed, .at = at, .n = n };
	strncpy(o->name, name, sizeof(o->name) - 1);
	o->octets = n ? malloc(n) : NULL;
	if (n)
		memcpy(o->octets, octets, n);
}

static bool is_now(void)
{
	count++;
	return plan.at && (count == plan.at || (plan.from_there_on && count > plan.at));
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static int do_write(sqlite3_file *f, const void *octets, int n, sqlite3_int64 at)
{
	if (is_now()) {
		if (plan.tear)
			real_of(f)->pMethods->xWrite(real_of(f), octets, n / 2, at);
		if (plan.kill)
			die();
		if (plan.refuse)
			return plan.refuse;
	}
	note(SHIM_WRITE, ((struct file *)f)->name, at, octets, (size_t)n);
	return real_of(f)->pMethods->xWrite(real_of(f), octets, n, at);
}

static int may(int otherwise)
{
	if (!is_now())
		return SQLITE_OK;
	if (plan.kill)
		die();
	return plan.refuse == SQLITE_FULL ? otherwise : plan.refuse;
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = may(SQLITE_IOERR);

	if (rc != SQLITE_OK)
		return rc;
	note(SHIM_CUT, ((struct file *)f)->name, size, NULL, 0);
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int do_sync(sqlite3_file *f, int flags)
{
	int rc = may(SQLITE_FULL);

	if (rc != SQLITE_OK)
		return rc;
	note(SHIM_SYNC, ((struct file *)f)->name, 0, NULL, 0);
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int do_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}
static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}
static int do_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret);
}
static int do_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int do_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int do_is_reserved(sqlite3_file *f, int *ret)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}
static int do_control(sqlite3_file *f, int what, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), what, arg);
}
static int do_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}
/* No promise about a torn or overtaken write: sqlite must not count on any. */
static int do_promises(sqlite3_file *f)
{
	(void)f;
	return 0;
}
static int do_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret);
}
static int do_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}
static void do_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int do_shm_unmap(sqlite3_file *f, int remove)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = do_close,
	.xRead = do_read,
	.xWrite = do_write,
	.xTruncate = do_truncate,
	.xSync = do_sync,
	.xFileSize = do_size,
	.xLock = do_lock,
	.xUnlock = do_unlock,
	.xCheckReservedLock = do_is_reserved,
	.xFileControl = do_control,
	.xSectorSize = do_sector,
	.xDeviceCharacteristics = do_promises,
	.xShmMap = do_shm_map,
	.xShmLock = do_shm_lock,
	.xShmBarrier = do_shm_barrier,
	.xShmUnmap = do_shm_unmap,
};

static int open_file(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *ret_flags)
{
	struct file *mine = (struct file *)f;
	bool makes = flags & SQLITE_OPEN_CREATE && path && access(path, F_OK) != 0;
	int rc = makes ? may(SQLITE_CANTOPEN) : SQLITE_OK;

	(void)v;
	mine->real = (sqlite3_file *)(mine + 1);
	mine->base.pMethods = NULL;
	strncpy(mine->name, last_of(path), sizeof(mine->name) - 1);
	if (rc == SQLITE_OK)
		rc = unix_vfs->xOpen(unix_vfs, path, mine->real, flags, ret_flags);
	if (rc != SQLITE_OK)
		return rc;
	mine->base.pMethods = &methods;
	if (makes)
		note(SHIM_MAKE, mine->name, 0, NULL, 0);
	return SQLITE_OK;
}

static int remove_file(sqlite3_vfs *v, const char *path, int sync_dir)
{
	int rc = may(SQLITE_IOERR_DELETE);

	(void)v;
	if (rc != SQLITE_OK)
		return rc;
	note(SHIM_REMOVE, last_of(path), sync_dir, NULL, 0);
	return unix_vfs->xDelete(unix_vfs, path, sync_dir);
}

int __wrap_fsync(int fd)
{
	if (may(SQLITE_FULL) != SQLITE_OK) {
		errno = EIO;
		return -1;
	}
	note(SHIM_SYNC, ".", 0, NULL, 0);
	return __real_fsync(fd);
}

void shim_install(void)
{
	unix_vfs = sqlite3_vfs_find(NULL);
	vfs = *unix_vfs;
	vfs.zName = "shim";
	vfs.szOsFile = (int)sizeof(struct file) + unix_vfs->szOsFile;
	vfs.xOpen = open_file;
	vfs.xDelete = remove_file;
	sqlite3_vfs_register(&vfs, 1);
}

void shim_set(const struct shim_plan *p)
{
	plan = *p;
	count = 0;
}

unsigned shim_count(void)
{
	return count;
}

const struct shim_note *shim_notes(size_t *ret_n)
{
	*ret_n = notes_n;
	return notes;
}

void shim_forget(void)
{
	for (size_t i = 0; i < notes_n; i++)
		free(notes[i].octets);
	free(notes);
	notes = NULL;
	notes_n = notes_cap = 0;
}
