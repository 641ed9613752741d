/* viewmap.c - the newest picture of the gateway, mapped read-only
 *
 * The daemon sends a picture as a memory file whose seals promise that it neither shrinks nor
 * changes, so it may be mapped without a copy and read without a lock. A file that is not
 * sealed, too small or not a sound view is put away, and the older picture stays.
 *
 * Called by: agent.c.  Thread: the agent's only one.  Owns: the mapping and a waiting file.
 */
#include "snmp/viewmap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void viewmap_init(struct viewmap *p)
{
	*p = (struct viewmap){ .waiting_fd = -1 };
}

void viewmap_done(struct viewmap *p)
{
	if (p->view)
		munmap((void *)(uintptr_t)p->view, p->size);
	if (p->waiting_fd >= 0)
		close(p->waiting_fd);
	viewmap_init(p);
}

void viewmap_put(struct viewmap *p, int take_fd, uint32_t size)
{
	if (p->waiting_fd >= 0)
		close(p->waiting_fd);
	p->waiting_fd = take_fd;
	p->waiting_size = size;
}

/* Without these seals a read could end in SIGBUS, or see a value change. */
static bool is_sealed(int fd, uint32_t size)
{
	const int need = F_SEAL_SHRINK | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat s;

	return seals >= 0 && (seals & need) == need && fstat(fd, &s) == 0 &&
	       s.st_size >= (off_t)size;
}

static const struct view *map(int fd, uint32_t size)
{
	if (!size || !is_sealed(fd, size))
		return NULL;
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	if (view_is_sound(at, size))
		return at;
	munmap(at, size);
	return NULL;
}

void viewmap_turn(struct viewmap *p, msec now)
{
	if (p->waiting_fd < 0)
		return;
	const struct view *v = map(p->waiting_fd, p->waiting_size);
	close(p->waiting_fd);
	p->waiting_fd = -1;
	if (!v)
		return;
	if (p->view)
		munmap((void *)(uintptr_t)p->view, p->size);
	p->view = v;
	p->size = p->waiting_size;
	p->taken_at = now;
}
