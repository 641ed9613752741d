/* lookup.c - the address of a host name
 *
 * Called by core/daemon for the engine.  Thread: the crew's.  Owns: nothing.
 */
#include "core/net/lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool take(const struct addrinfo *info, struct addr *ret)
{
	const struct sockaddr_in *v4 = (const void *)info->ai_addr;
	const struct sockaddr_in6 *v6 = (const void *)info->ai_addr;

	if (info->ai_family == AF_INET)
		return addr_of_slice(slice(&v4->sin_addr, 4), ret);
	return info->ai_family == AF_INET6 && addr_of_slice(slice(&v6->sin6_addr, 16), ret);
}

enum reason lookup_host(const char *name, unsigned family, struct addr *ret, struct fault *f)
{
	struct addrinfo want = { .ai_family = family == 4   ? AF_INET
					      : family == 6 ? AF_INET6
							    : AF_UNSPEC,
				 .ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	int error = getaddrinfo(name, NULL, &want, &list);
	bool found = false;

	for (const struct addrinfo *i = error ? NULL : list; i && !found; i = i->ai_next)
		found = take(i, ret);
	if (list)
		freeaddrinfo(list);
	if (found)
		return R_OK;
	return fail_field(f, R_NO_ADDRESS, "remote_address", "%s has no address: %s", name,
			  error ? gai_strerror(error) : "none of this family");
}
