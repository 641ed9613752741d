/* setup.c - the small steps of starting
 *
 * Directories, addresses, threads, the certificate of the HTTPS listener, and the lines that
 * tell a person at a terminal where everything is.
 *
 * Called by: main, once each. Owns: nothing.
 */
#include "core/daemon/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/crypto/cert.h"
#include "core/daemon/spawner.h"

enum { TLS_DAYS = 3650, TLS_FILE_MOST = 64 * 1024 };

/* The agent lies beside us while developing, under libexec when installed. */
static bool find_agent(const struct options *o, char *ret, size_t cap)
{
	char self[PATH_SIZE];

	if (*o->snmp_agent)
		return text_copy(ret, cap, o->snmp_agent) && access(ret, X_OK) == 0;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		snprintf(ret, cap, "%s/ikeeper-snmp", self);
		if (access(ret, X_OK) == 0)
			return true;
	}
	return text_copy(ret, cap, "/usr/libexec/ikeeper/ikeeper-snmp") && access(ret, X_OK) == 0;
}

int setup_spawner(const struct options *o, struct fault *f)
{
	char agent[PATH_SIZE + 16];

	return find_agent(o, agent, sizeof(agent)) ? spawner_fork(agent, f) : -1;
}

static enum reason make_directory(const char *path, mode_t mode, struct fault *f)
{
	char part[PATH_SIZE];

	text_copy(part, sizeof(part), path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return fail(f, R_SYSTEM, "cannot make %s: %s", part, strerror(errno));
		*p = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return fail(f, R_SYSTEM, "cannot make %s: %s", path, strerror(errno));
	return R_OK;
}

static enum reason make_parent(const char *file, struct fault *f)
{
	char dir[PATH_SIZE];

	text_copy(dir, sizeof(dir), file);
	char *slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return R_OK;
	*slash = '\0';
	return make_directory(dir, 0700, f);
}

enum reason setup_directories(const struct options *o, struct fault *f)
{
	mode_t old = umask(022);
	enum reason r = make_directory(o->run_dir, 0755, f);

	if (r == R_OK)
		r = make_parent(o->socket, f);
	umask(old);
	if (r == R_OK)
		r = make_directory(o->state_dir, 0700, f);
	if (r == R_OK)
		r = make_directory(o->tls_dir, 0700, f);
	return r == R_OK ? make_parent(o->key_file, f) : r;
}

static enum reason listen_one(const char *text, const char *option, struct addr *ret,
			      struct fault *f)
{
	if (strcmp(text, "none") == 0)
		return R_OK;
	if (!addr_read(text, ret))
		return fail(f, R_INVALID, "%s must be an address or none, not \"%s\"", option,
			    text);
	return R_OK;
}

enum reason setup_listen(const struct options *o, struct udp_want *ret, struct fault *f)
{
	if (listen_one(o->listen4, "listen4", &ret->local4, f) != R_OK ||
	    listen_one(o->listen6, "listen6", &ret->local6, f) != R_OK)
		return R_INVALID;
	if (ret->local6.family && access("/proc/net/if_inet6", F_OK) != 0)
		ret->local6.family = 0; /* this machine has no IPv6 */
	if (!ret->local4.family && !ret->local6.family)
		return fail(f, R_INVALID, "listen4 and listen6 leave no address to listen on");
	return R_OK;
}

enum reason setup_plane(const struct options *o, const struct config *c, enum plane_choice *ret,
			struct fault *f)
{
	static const struct name planes[] = { { PLANE_AUTO, "auto" },
					      { PLANE_XFRM, "xfrm" },
					      { PLANE_USERSPACE, "userspace" },
					      { PLANE_RECORDING, "recording" },
					      { 0, NULL } };
	int value = config_ipsec(c)->data_plane;

	if (*o->plane && !name_find(planes, o->plane, &value))
		return fail(f, R_INVALID,
			    "plane must be auto, xfrm, userspace or recording, not \"%s\"",
			    o->plane);
	*ret = (enum plane_choice)value;
	return R_OK;
}

unsigned setup_crew_threads(const struct options *o)
{
	if (o->crew_threads)
		return MIN_OF(o->crew_threads, 16);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : (unsigned)MIN_OF(cores, 4);
}

static struct bytes *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	own(bytes) b = fd < 0 ? NULL : bytes_new(TLS_FILE_MOST);
	ssize_t n = b ? read(fd, b->at, TLS_FILE_MOST - 1) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 ? give(b) : NULL;
}

static enum reason write_file(const char *path, struct slice s, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, s.at, s.n) != (ssize_t)s.n || fsync(fd) < 0 || close(fd) < 0)
		return fail(f, R_SYSTEM, "cannot write %s: %s", path, strerror(errno));
	return R_OK;
}

enum reason setup_tls(const struct options *o, const char *host_name, struct bytes **ret_cert,
		      struct bytes **ret_key, struct fault *f)
{
	const char *names[] = { "localhost", "127.0.0.1", "::1", host_name, NULL };
	char cert_path[PATH_SIZE + 16], key_path[PATH_SIZE + 16];

	snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", o->tls_dir);
	snprintf(key_path, sizeof(key_path), "%s/key.pem", o->tls_dir);
	*ret_cert = read_file(cert_path);
	*ret_key = read_file(key_path);
	if (*ret_cert && *ret_key)
		return R_OK;
	bytes_free(*ret_cert);
	bytes_free(*ret_key);
	*ret_cert = *ret_key = NULL;
	if (cert_self_signed(names, TLS_DAYS, ret_cert, ret_key, f) != R_OK)
		return f->reason;
	log_say(LOG_NOTE_, LOG_DAEMON, "made a certificate for HTTPS in %s", o->tls_dir);
	struct slice cert = slice_str((const char *)(*ret_cert)->at);
	struct slice key = slice_str((const char *)(*ret_key)->at);
	if (write_file(key_path, key, f) != R_OK)
		return f->reason;
	return write_file(cert_path, cert, f);
}

void setup_host_name(char *ret, size_t cap)
{
	if (gethostname(ret, cap - 1) < 0 || !*ret)
		text_copy(ret, cap, "gateway");
	ret[cap - 1] = '\0';
}

void setup_announce(const struct options *o, const struct setup_facts *facts)
{
	bool v6 = strchr(facts->api_address, ':') != NULL;
	char url[96];

	snprintf(url, sizeof(url), "https://%s%s%s:%u", v6 ? "[" : "", facts->api_address,
		 v6 ? "]" : "", facts->api_port);
	if (!o->announce)
		return;
	printf("web UI      %s/\n", url);
	if (*facts->link)
		printf("set-up link %s%s   (once, for 15 minutes)\n", url, facts->link);
	printf("REST socket %s\n", o->socket);
	printf("SNMP        %s\n", facts->snmp);
	printf("data plane  %s: %s\n", facts->plane->name, facts->plane->reason);
	printf("IKE ports   %u and %u\n", o->port, o->nat_port);
	fflush(stdout);
}
