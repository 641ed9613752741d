/* listen.h - listening sockets of our own making */
#pragma once

#include <stdint.h>

#include "core/base/fault.h"

/* -1: see f. Port 0 takes any free one. */
int listen_tcp(const char *address, uint16_t port, uint16_t *ret_port, struct fault *f);
/* A listening TCP socket that somebody else made: ours from now on, unless it is refused. */
int listen_given(int fd, uint16_t *ret_port, struct fault *f);
/* 0660, of this group ((uint32_t)-1: as it is). A left-over socket nobody answers on is removed. */
int listen_unix(const char *path, uint32_t group, struct fault *f);
