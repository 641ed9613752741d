/* options.c - what must be known before the store opens
 *
 * One table of options serves the command line, the INI file and --help. The file is read
 * first, so that the command line wins. Called by: main, once. Owns: nothing.
 */
#include "core/daemon/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/own.h"
#include "core/base/text.h"

enum option_kind { OPT_TEXT, OPT_NUMBER, OPT_PORT, OPT_FLAG };

struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset, size;
	const char *preset, *help;
};

#define OPT(member, name, kind, preset, help)                               \
	{                                                                   \
		name, kind, offsetof(struct options, member),               \
			sizeof(((struct options *)0)->member), preset, help \
	}

/* clang-format off */
static const struct option_row rows[] = {
	OPT(config_file,  "config",       OPT_TEXT,   "",                        "INI file with these same names"),
	OPT(state_dir,    "state-dir",    OPT_TEXT,   "/var/lib/ikeeper",        "directory of the database"),
	OPT(run_dir,      "run-dir",      OPT_TEXT,   "/run/ikeeper",            "directory of sockets"),
	OPT(key_file,     "key-file",     OPT_TEXT,   "",                        "file of the key that seals secrets [/etc/ikeeper/seal.key]"),
	OPT(tls_dir,      "tls-dir",      OPT_TEXT,   "",                        "directory of the HTTPS certificate and key [STATE-DIR/tls]"),
	OPT(listen4,      "listen4",      OPT_TEXT,   "0.0.0.0",                 "IPv4 address of the IKE ports, or none"),
	OPT(listen6,      "listen6",      OPT_TEXT,   "::",                      "IPv6 address of the IKE ports, or none"),
	OPT(port,         "port",         OPT_PORT,   "500",                     "IKE port"),
	OPT(nat_port,     "nat-port",     OPT_PORT,   "4500",                    "IKE NAT traversal port"),
	OPT(plane,        "plane",        OPT_TEXT,   "",                        "data plane: auto, xfrm, userspace, recording [as the settings say]"),
	OPT(api_address,  "api-address",  OPT_TEXT,   "",                        "address of the HTTPS listener [as the settings say]"),
	OPT(api_port,     "api-port",     OPT_NUMBER, "-1",                      "port of the HTTPS listener, 0 any [as the settings say]"),
	OPT(api_fd,       "api-fd",       OPT_NUMBER, "-1",                      "descriptor of a listening socket to serve HTTPS on instead; -1: none"),
	OPT(socket,       "socket",       OPT_TEXT,   "",                        "local API socket [RUN-DIR/api.sock]"),
	OPT(socket_group, "socket-group", OPT_TEXT,   "ikeeper",                 "group that may use the local socket"),
	OPT(webui_dir,    "webui-dir",    OPT_TEXT,   "",                        "serve the web UI from this directory instead of the built-in one"),
	OPT(snmp_agent,   "snmp-agent",   OPT_TEXT,   "",                        "executable of the SNMP agent [beside ikeeperd, or /usr/libexec/ikeeper]"),
	OPT(tun_name,     "tun-name",     OPT_TEXT,   "ike%d",                   "name of the TUN device of the userspace plane"),
	OPT(log,          "log",          OPT_TEXT,   "text",                    "log lines as text or json"),
	OPT(log_level,    "log-level",    OPT_TEXT,   "",                        "error, warn, note, info or debug [as the settings say]"),
	OPT(crew_threads, "crew-threads", OPT_NUMBER, "0",                       "worker threads for sums, 0: one per core, at most 4"),
	OPT(journald,     "journald",     OPT_FLAG,   "",                        "log with journald priorities instead of times"),
	OPT(announce,     "announce",     OPT_FLAG,   "",                        "say on standard output where everything is"),
	OPT(check,        "check",        OPT_FLAG,   "",                        "say whether it would start, and leave"),
	OPT(help,         "help",         OPT_FLAG,   "",                        "this text"),
	OPT(version,      "version",      OPT_FLAG,   "",                        "version"),
};
/* clang-format on */

static const struct option_row *row_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
			return &rows[i];
	return NULL;
}

static enum reason set_number(const struct option_row *r, void *at, const char *value,
			      struct fault *f)
{
	char *end;

	errno = 0;
	long v = strtol(value, &end, 10);
	if (errno || end == value || *end || v < -1 || v > 65535 || (r->kind == OPT_PORT && v < 1))
		return fail(f, R_INVALID, "%s must be a number up to 65535, not \"%s\"", r->name,
			    value);
	if (r->kind == OPT_PORT)
		*(uint16_t *)at = (uint16_t)v;
	else
		*(int *)at = (int)v;
	return R_OK;
}

static enum reason set(const struct option_row *r, struct options *o, const char *value,
		       struct fault *f)
{
	void *at = (char *)o + r->offset;

	switch (r->kind) {
	case OPT_TEXT:
		if (!text_copy(at, r->size, value))
			return fail(f, R_INVALID, "%s is longer than %zu octets", r->name,
				    r->size - 1);
		return R_OK;
	case OPT_FLAG:
		if (*value && strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return fail(f, R_INVALID, "%s is yes or no, not \"%s\"", r->name, value);
		*(bool *)at = strcmp(value, "no") != 0;
		return R_OK;
	case OPT_NUMBER:
	case OPT_PORT:
		return set_number(r, at, value, f);
	}
	return R_OK;
}

static char *trimmed(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static enum reason read_line(char *line, const char *path, int number, struct options *o,
			     struct fault *f)
{
	char *name = trimmed(line);
	char *equals = strchr(name, '=');
	struct fault inner = { 0 };

	if (!*name || *name == '#' || *name == ';' || *name == '[')
		return R_OK;
	if (!equals)
		return fail(f, R_INVALID, "%s line %d: expected name = value", path, number);
	*equals = '\0';
	name = trimmed(name);

	const struct option_row *r = row_find(name, strlen(name));
	if (!r || r->kind == OPT_FLAG + 1 || strcmp(r->name, "config") == 0)
		return fail(f, R_INVALID, "%s line %d: there is no option \"%s\"", path, number,
			    name);
	if (set(r, o, trimmed(equals + 1), &inner) != R_OK)
		return fail(f, R_INVALID, "%s line %d: %s", path, number, inner.text);
	return R_OK;
}

static enum reason read_file(const char *path, struct options *o, struct fault *f)
{
	FILE *in = fopen(path, "re");
	char line[512];
	enum reason r = R_OK;

	if (!in)
		return fail(f, R_INVALID, "cannot read %s: %s", path, strerror(errno));
	for (int n = 1; r == R_OK && fgets(line, sizeof(line), in); n++)
		r = read_line(line, path, n, o, f);
	fclose(in);
	return r;
}

static enum reason read_arguments(int argc, char **argv, struct options *o, const char *only,
				  struct fault *f)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		if (strncmp(a, "--", 2) != 0)
			return fail(f, R_INVALID, "\"%s\" is not an option; see --help", a);
		a += 2;
		const char *equals = strchr(a, '=');
		const struct option_row *r = row_find(a, equals ? (size_t)(equals - a) : strlen(a));
		if (!r)
			return fail(f, R_INVALID, "there is no option --%s; see --help", a);

		const char *value = equals ? equals + 1 : "";
		if (!equals && r->kind != OPT_FLAG) {
			if (++i == argc)
				return fail(f, R_INVALID, "--%s needs a value", r->name);
			value = argv[i];
		}
		if (only && strcmp(r->name, only) != 0)
			continue;
		if (set(r, o, value, f) != R_OK)
			return R_INVALID;
	}
	return R_OK;
}

static void complete(struct options *o)
{
	if (!*o->key_file)
		text_copy(o->key_file, sizeof(o->key_file), "/etc/ikeeper/seal.key");
	if (!*o->tls_dir)
		snprintf(o->tls_dir, sizeof(o->tls_dir), "%.240s/tls", o->state_dir);
	if (!*o->socket)
		snprintf(o->socket, sizeof(o->socket), "%.240s/api.sock", o->run_dir);
}

enum reason options_read(int argc, char **argv, struct options *ret, struct fault *f)
{
	struct options o = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (*rows[i].preset && set(&rows[i], &o, rows[i].preset, f) != R_OK)
			return R_INTERNAL;
	if (read_arguments(argc, argv, &o, "config", f) != R_OK)
		return R_INVALID;
	if (*o.config_file && read_file(o.config_file, &o, f) != R_OK)
		return R_INVALID;
	if (read_arguments(argc, argv, &o, NULL, f) != R_OK)
		return R_INVALID;
	complete(&o);
	*ret = o;
	return R_OK;
}

void options_help(const char *program)
{
	printf("usage: %s [--option value ...]\n"
	       "       %s decode FILE|- [options]    print captured IKE messages as JSON\n\n"
	       "An IKE/IPsec gateway with a REST API, an SNMP agent and a web UI.\n\n",
	       program, program);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		printf("  --%-14s %s%s%s%s\n", rows[i].name, rows[i].help,
		       *rows[i].preset ? " [" : "", rows[i].preset, *rows[i].preset ? "]" : "");
}
