/* userspace.c - our own plane: ESP over TUN (being built) */
#include "core/ipsec/choose.h"

struct plane *plane_userspace(const struct plane_want *want, struct fault *f)
{
	(void)want;
	fail(f, R_NOT_IMPLEMENTED, "ESP over TUN is not part of this build");
	return NULL;
}
