/* xfrm.c - the kernel's plane (being built) */
#include "core/ipsec/choose.h"

struct plane *plane_xfrm(const struct plane_want *want, struct fault *f)
{
	(void)want;
	fail(f, R_NOT_IMPLEMENTED, "the kernel plane is not part of this build");
	return NULL;
}
