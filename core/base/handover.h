/* handover.h - a descriptor that goes along with a message on a Unix socket */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Never blocks. True: the whole message went, and with it a copy of `fd`. */
bool handover_send(int to, const void *at, size_t n, int fd);
/* As recvmsg(2) with these flags; the descriptor that came along is the caller's, -1 none. */
ssize_t handover_receive(int from, void *at, size_t n, int flags, int *ret_fd);
