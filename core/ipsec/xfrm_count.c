/* xfrm_count.c - the kernel's counters
 *
 * A state knows its packets, octets and refusals; what found no state at all is counted only
 * for the whole namespace.
 *
 * Called by: xfrm.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/xfrm_count.h"

#include <stdlib.h>
#include <string.h>

#include <linux/xfrm.h>

#include "core/base/timers.h"

struct seen {
	bool there;
	struct plane_count count;
};

static void read_state(void *arg, const struct netlink_in *m)
{
	struct seen *s = arg;
	struct xfrm_usersa_info i;
	uint64_t used = 0;

	if (m->type != XFRM_MSG_NEWSA || !netlink_copy(m->body, &i, sizeof(i)))
		return;
	s->there = true;
	s->count = (struct plane_count){ .packets = i.curlft.packets,
					 .bytes = i.curlft.bytes,
					 .replayed = i.stats.replay + i.stats.replay_window,
					 .bad_icv = i.stats.integrity_failed };
	netlink_copy(netlink_find(m->body, sizeof(i), XFRMA_LASTUSED), &used, sizeof(used));
	if (used) /* seconds of the wall clock; ours for timers is another */
		s->count.last_ms =
			(uint64_t)(clock_now() - (clock_wall_ms() - (int64_t)used * 1000));
}

bool xfrm_count_sa(struct netlink *n, struct netlink_out *o, const struct xfrm_name *name,
		   struct plane_count *ret)
{
	struct seen s = { 0 };

	netlink_begin(o);
	xfrm_build_get(o, name);
	if (netlink_ask(n, o, "cannot count", read_state, &s, NULL) != R_OK || !s.there)
		return false;
	*ret = s.count;
	return true;
}

/* "XfrmInNoStates  \t12": what the kernel dropped, of all programs of this namespace. */
static uint64_t stat_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

struct plane_totals xfrm_count_drops(int fd)
{
	char text[2048];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return (struct plane_totals){
		.no_sa = stat_of(text, "XfrmInNoStates"),
		.no_policy = stat_of(text, "XfrmInTmplMismatch") + stat_of(text, "XfrmInNoPols") +
			     stat_of(text, "XfrmInPolBlock"),
		.errors = stat_of(text, "XfrmInError") + stat_of(text, "XfrmInBufferError") +
			  stat_of(text, "XfrmInHdrError") + stat_of(text, "XfrmOutError"),
	};
}
