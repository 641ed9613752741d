/* setup.h - the small steps of starting, so that main stays a table of contents */
#pragma once

#include "core/base/bytes.h"
#include "core/daemon/options.h"
#include "core/ipsec/plane.h"
#include "core/model/config.h"
#include "core/net/udp.h"

/* Fork the spawner when there is an agent to spawn; -1 when there is none. */
int setup_spawner(const struct options *o, struct fault *f);
/* State, run, TLS and key directories, made with 0700 (run: 0755) when absent. */
enum reason setup_directories(const struct options *o, struct fault *f);
enum reason setup_listen(const struct options *o, struct udp_want *ret, struct fault *f);
/* The command line's choice, or that of the settings. */
enum reason setup_plane(const struct options *o, const struct config *c, enum plane_choice *ret,
			struct fault *f);
unsigned setup_crew_threads(const struct options *o);
/* Read certificate and key, or make them on first start. */
enum reason setup_tls(const struct options *o, const char *host_name, struct bytes **ret_cert,
		      struct bytes **ret_key, struct fault *f);
void setup_host_name(char *ret, size_t cap);

/* Where everything is, for a person at a terminal. */
struct setup_facts {
	const char *api_address;
	uint16_t api_port;
	const char *link; /* one-time set-up, "" none */
	const char *snmp;
	const struct plane *plane;
};
void setup_announce(const struct options *o, const struct setup_facts *facts);
