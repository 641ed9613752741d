/* holder.c - who holds a port, for the sentence of a failed bind
 *
 * /proc/net/udp names the socket's inode and user, /proc/PID/fd says which process has that
 * inode open. An ordinary user may look only at his own processes; then the user id must do.
 *
 * Called by socket.c when a bind failed.  Thread: any.  Owns: nothing.
 */
#include "core/net/holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct holder {
	unsigned long inode;
	unsigned uid;
};

/* One of /proc/net/udp and udp6: both have the same columns. */
static bool find_inode(const char *file, uint16_t port, struct holder *ret)
{
	char line[256];
	bool found = false;
	FILE *in = fopen(file, "re");

	if (!in)
		return false;
	while (!found && fgets(line, sizeof(line), in)) {
		unsigned at = 0;

		found = sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %u %*u %lu", &at,
			       &ret->uid, &ret->inode) == 3 &&
			at == port;
	}
	fclose(in);
	return found;
}

static bool has_inode(const char *pid, unsigned long inode)
{
	char path[64], want[48], link[64];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	DIR *d = opendir(path);

	if (!d)
		return false;
	for (struct dirent *e = readdir(d); e && !found; e = readdir(d)) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		found = strcmp(link, want) == 0;
	}
	closedir(d);
	return found;
}

static void name_of_process(const char *pid, char *ret, size_t cap)
{
	char path[64], name[32] = "";
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	in = fopen(path, "re");
	if (in && fgets(name, sizeof(name), in))
		name[strcspn(name, "\n")] = '\0';
	if (in)
		fclose(in);
	snprintf(ret, cap, "%s (process %.20s)", name[0] ? name : "a program", pid);
}

char *holder_of_udp(uint16_t port, char *ret, size_t cap)
{
	struct holder h = { 0 };
	bool found = false;

	snprintf(ret, cap, "another program");
	if (!find_inode("/proc/net/udp", port, &h) && !find_inode("/proc/net/udp6", port, &h))
		return ret;
	snprintf(ret, cap, "a program of user %u", h.uid);
	DIR *d = opendir("/proc");

	for (struct dirent *e = d ? readdir(d) : NULL; e && !found; e = readdir(d)) {
		found = e->d_name[0] >= '1' && e->d_name[0] <= '9' && has_inode(e->d_name, h.inode);
		if (found)
			name_of_process(e->d_name, ret, cap);
	}
	if (d)
		closedir(d);
	return ret;
}
