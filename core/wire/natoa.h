/* natoa.h - the original address of an end, before a NAT changed it
 *
 * NAT-OA payloads of quick mode (RFC 3947 section 5.2; the drafts 02 and 03 differ in the payload's
 * number alone): type of address, three reserved octets, the address.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/cursor.h"
#include "core/base/fault.h"

/* The body. R_BAD_NATOA: neither an IPv4 nor an IPv6 address, or another length than its type has. */
enum reason natoa_read(struct slice body, struct addr *ret, struct fault *f);
void natoa_write(struct wr *w, const struct addr *a);
