/* choose.c - probing the machine and opening a plane
 *
 * Auto takes the first plane that really works: the kernel's, then our own over TUN, then the
 * one that only writes down. Working means tried: a kernel without ESP still gives out SPIs
 * and takes policies, and refuses only the SA itself. Every refusal ends up in the reason, so
 * that `show system` answers "why is this slow" without a log.
 *
 * Called by core/daemon.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/choose.h"

#include <string.h>

#include "core/base/text.h"

/* The sentences of refusals may be cut: the reason is one line on a page. */
static void add_why(struct plane *p, const char *more)
{
	size_t n = strlen(p->reason);

	text_copy(p->reason + n, sizeof(p->reason) - n, more);
}

static void say_why(struct plane *p, const char *first, const struct fault *other)
{
	p->reason[0] = '\0';
	add_why(p, first);
	if (other) {
		add_why(p, ", since ");
		add_why(p, other->text);
	}
}

/* Nothing works: the machine can still be configured and negotiate. */
static struct plane *last_resort(const struct fault *kernel, const struct fault *tun)
{
	struct plane *p = plane_recording();

	if (!p)
		return NULL;
	say_why(p, "no packet can be moved", kernel);
	add_why(p, "; ");
	add_why(p, tun->text);
	return p;
}

static struct plane *choose_any(const struct plane_want *want)
{
	struct fault kernel = { 0 }, tun = { 0 };
	struct plane *p = plane_xfrm(want, &kernel);

	if (p) {
		say_why(p, "the kernel has ESP", NULL);
		return p;
	}
	p = plane_userspace(want, &tun);
	if (p) {
		say_why(p, "our own ESP over TUN", &kernel);
		return p;
	}
	return last_resort(&kernel, &tun);
}

enum reason plane_open(const struct plane_want *want, struct plane **ret, struct fault *f)
{
	struct plane *p;

	switch (want->choice) {
	case PLANE_XFRM:
		p = plane_xfrm(want, f);
		break;
	case PLANE_USERSPACE:
		p = plane_userspace(want, f);
		break;
	case PLANE_RECORDING:
		p = plane_recording();
		break;
	case PLANE_AUTO:
	default:
		p = choose_any(want);
		break;
	}
	if (!p && (want->choice == PLANE_XFRM || want->choice == PLANE_USERSPACE))
		return f ? f->reason : R_PLANE;
	if (!p)
		return fail(f, R_NO_MEMORY, "no memory for a data plane");
	if (want->choice != PLANE_AUTO && want->choice != PLANE_RECORDING)
		say_why(p, "asked for in the settings", NULL);
	*ret = p;
	return R_OK;
}

void plane_free(struct plane *p)
{
	if (p)
		p->close(p->ctx);
}
