/* cage.c - what the agent gives up before it reads the first datagram
 *
 * The socket is bound, or the AgentX master reached, as whoever the daemon runs as; then a
 * process of root becomes the user ikeeper-snmp when there is one, else nobody, and every
 * process drops all capabilities and the right to gain any. What parses strangers' datagrams
 * is then a process that may open no more than anybody.
 *
 * Raw capset: no library is worth it for ten lines, and the kernel's header is not for this
 * room; the three structs below are its whole interface.
 *
 * Called by: agent.c, twice.  Thread: the agent's only one.  Owns: nothing.
 */
#include "snmp/cage.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITY_VERSION = 0x20080522, CAPABILITY_MOST = 63, NOBODY = 65534 };

struct cap_head {
	uint32_t version;
	int pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

void cage_prepare(void)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_NAME, "ikeeper-snmp");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
}

/* While it still may: so that no program it could start would gain any. */
static void drop_bounds(void)
{
	for (int c = 0; c <= CAPABILITY_MOST; c++)
		prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static enum reason leave_root(struct fault *f)
{
	struct passwd *p = getpwnam("ikeeper-snmp");
	uid_t uid = p ? p->pw_uid : NOBODY;
	gid_t gid = p ? p->pw_gid : NOBODY;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail(f, R_SYSTEM, "cannot leave root: %s", strerror(errno));
	return R_OK;
}

static enum reason drop_capabilities(struct fault *f)
{
	struct cap_head head = { .version = CAPABILITY_VERSION };
	struct cap_data none[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capset, &head, none) < 0)
		return fail(f, R_SYSTEM, "cannot drop capabilities: %s", strerror(errno));
	return R_OK;
}

enum reason cage_enter(struct fault *f)
{
	drop_bounds();
	if (geteuid() == 0 && leave_root(f) != R_OK)
		return f->reason;
	if (drop_capabilities(f) != R_OK)
		return f->reason;
	/* Changing the user forgot who is to be followed into the grave. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(f, R_SYSTEM, "cannot give up privileges: %s", strerror(errno));
	return R_OK;
}
