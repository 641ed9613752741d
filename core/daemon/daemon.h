/* daemon.h - the gateway: owns loop, crew, engine, plane and sockets together
 *
 * Fills the engine's ports with the real world, hands datagrams, time, finished sums and news
 * of the data plane to it, and publishes what came of it. Thread: loop.
 */
#pragma once

#include "core/base/crew.h"
#include "core/base/loop.h"
#include "core/base/own.h"
#include "core/crypto/secret.h"
#include "core/ipsec/plane.h"
#include "core/model/control.h"
#include "core/net/udp.h"

struct daemon;

struct daemon_want {
	struct loop *loop;
	struct crew *crew;
	struct udp *udp;
	struct plane *plane;
	struct keyring *keyring;
	struct repo *repo;
	const struct config *config; /* as loaded; a reference is taken */
	const char *host_name;
	uint16_t port, nat_port;
	int spawner; /* socket to the spawner of the snmp agent, -1 none */
};

struct daemon *daemon_new(const struct daemon_want *w, struct fault *f);
/* Tells every peer, then nothing is negotiated any more. Before the loop ends. */
void daemon_shutdown(struct daemon *d);
void daemon_free(struct daemon *d);
OWNABLE(daemon)
struct control *daemon_control(struct daemon *d);
/* "listens on 127.0.0.1:1161", "is off", ... */
const char *daemon_snmp_state(const struct daemon *d);
