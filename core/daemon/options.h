/* options.h - what must be known before the store opens: command line and INI file
 *
 * Long options on the command line, `name = value` in the file; the command line wins.
 * Unknown names are errors with their line. Everything else is configured over REST.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/fault.h"

enum { PATH_SIZE = 256 };

struct options {
	char config_file[PATH_SIZE];
	char state_dir[PATH_SIZE]; /* database */
	char run_dir[PATH_SIZE]; /* local socket */
	char key_file[PATH_SIZE]; /* seals secrets; outside the state directory */
	char tls_dir[PATH_SIZE]; /* certificate and key of the HTTPS listener */
	char listen4[64], listen6[64]; /* IKE addresses; "none" closes a family */
	uint16_t port, nat_port;
	char plane[16]; /* "" as the settings say */
	char api_address[64]; /* "" as the settings say */
	int api_port; /* -1 as the settings say */
	int api_fd; /* listening socket that came with the process; -1: make one */
	char socket[PATH_SIZE];
	char socket_group[32];
	char webui_dir[PATH_SIZE];
	char snmp_agent[PATH_SIZE]; /* the agent's executable */
	char tun_name[16];
	char log[8]; /* "text" or "json" */
	char log_level[8];
	unsigned crew_threads;
	bool journald;
	bool announce; /* say on stdout where everything is, for people at a terminal */
	bool check; /* read everything, say whether it would start, leave */
	bool help, version;
};

/* R_INVALID with a sentence that names the option or the file and line. */
enum reason options_read(int argc, char **argv, struct options *ret, struct fault *f);
void options_help(const char *program);
