/* server.h - the HTTP doors: TLS on TCP, plain on a Unix socket
 *
 * Two libmicrohttpd daemons with their own epoll threads share one handler table. Handlers
 * read pictures, or park the request and post a closure to the loop. They never touch the
 * engine, the store or another request.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/loop.h"
#include "core/base/own.h"
#include "core/crypto/secret.h"
#include "core/model/control.h"

struct server;

struct server_want {
	struct loop *loop;
	struct control *control;
	struct keyring *keyring;
	const char *listen_address; /* "127.0.0.1" */
	uint16_t port; /* 0: any free one */
	int listen_fd; /* above 2: a listening socket made by whoever started us, instead of those two */
	const char *unix_path; /* "" none */
	const char *tls_cert, *tls_key; /* PEM texts; NULL: no TCP listener */
	const char *webui_dir; /* serve the UI from disk while working on it; NULL: baked in */
	uint32_t unix_group; /* gid that may use the Unix socket beside root and our own uid */
};

struct server *server_start(const struct server_want *w, struct fault *f);
uint16_t server_port(const struct server *s);
/* A one-time link path for the first user ("/setup#token=..."), "" when users exist. Asked on the
 * loop thread after the store is loaded. Valid 15 minutes. ret holds 128. */
void server_setup_link(struct server *s, char *ret, size_t cap);
/* Stop accepting; resume parked requests; then stop the daemons. Loop thread. */
void server_stop(struct server *s);
void server_free(struct server *s);
OWNABLE(server)
