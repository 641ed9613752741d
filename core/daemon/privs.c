/* privs.c - keep what is needed, drop the rest
 *
 * Raw capset and prctl: no library is worth it for ten lines. A process that has no
 * capabilities (an ordinary user) has nothing to drop, and that is fine.
 *
 * Called by: main, once, before the API starts its threads.
 */
#include "core/daemon/privs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEEP = 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW | 1u << CAP_NET_BIND_SERVICE };

enum reason privs_drop(struct fault *f)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(f, R_SYSTEM, "cannot give up privileges: %s", strerror(errno));
	if (syscall(SYS_capget, &head, caps) < 0)
		return fail(f, R_SYSTEM, "cannot read capabilities: %s", strerror(errno));
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (c > 31 || !(KEEP & 1u << c))
			prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	caps[0].permitted &= KEEP;
	caps[0].effective = caps[0].permitted;
	caps[0].inheritable = 0;
	caps[1] = (struct __user_cap_data_struct){ 0 };
	if (syscall(SYS_capset, &head, caps) < 0)
		return fail(f, R_SYSTEM, "cannot drop capabilities: %s", strerror(errno));
	return R_OK;
}

uint32_t privs_group(const char *name)
{
	struct group *g = *name ? getgrnam(name) : NULL;

	return g ? g->gr_gid : getgid();
}
