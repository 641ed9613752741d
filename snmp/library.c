/* library.c - the life of net-snmp inside the agent
 *
 * The library is made for a program that reads files and listens everywhere; here it reads
 * none, keeps none and listens on what it was told. Standing alone it answers SNMPv3 with
 * authentication and privacy only, shows the system group and our module, and its engine id
 * and boots are the daemon's to keep. As an AgentX subagent it has neither users nor views:
 * those are the master's. Calls to the master are synchronous in the library, so its sessions
 * get a third of a second and no second try.
 *
 * Called by: agent.c.  Thread: the agent's only one.  Owns: the library's globals.
 */
#include "snmp/library.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
/* needs the one above */
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/base/text.h"
#include "snmp/column.h"
#include "snmp/foreign.h"

/* Exported by the library, in no header that is installed. */
void init_snmpEngine(void);
void init_snmpMPDStats(void);
void init_sysORTable(void);
void init_system_mib(void);
void init_usmStats(void);
void init_usmUser(void);
void init_vacm_vars(void);

#define APPLICATION "ikeeper"

/* PASSPHRASE_LEAST: RFC 3414 section 11.2; the library would go on without the user. */
enum { TRAP_PORT = 162, PING_S = 5, MASTER_WAIT_US = 333333, PASSPHRASE_LEAST = 8 };

static struct {
	struct pairend *log;
	char last_error[200];
	bool connected, orphan;
	netsnmp_large_fd_set fds;
	int ready;
} lib;

/* ---- what it says ---- */

/* Strangers' datagrams can make it complain, so nothing it says is an error of the daemon. */
static int on_log(int major, int minor, void *message, void *arg)
{
	const struct snmp_log_message *m = message;
	enum log_level level = LOG_DEBUG_;

	(void)major;
	(void)minor;
	(void)arg;
	if (m->priority <= LOG_ERR) {
		level = LOG_WARN_;
		text_copy(lib.last_error, sizeof(lib.last_error), m->msg);
		lib.last_error[strcspn(lib.last_error, "\n")] = '\0';
	} else if (m->priority <= LOG_WARNING) {
		level = LOG_INFO_;
	}
	pairend_log(lib.log, level, m->msg);
	return 0;
}

static enum reason refuse(struct fault *f, const char *what)
{
	return fail(f, R_SYSTEM, "%s%s%s", what, *lib.last_error ? ": " : "", lib.last_error);
}

/* ---- configuration, as lines, since it knows no other way ---- */

__attribute__((format(printf, 1, 2))) static void remember(const char *fmt, ...)
{
	char line[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	netsnmp_config_remember(line);
	wipe(line, sizeof(line));
}

/* In double quotes, where the library undoes a backslash before any character. */
static const char *quoted(const char *s, char *ret, size_t cap)
{
	size_t n = 0;

	ret[n++] = '"';
	for (; *s && n + 4 < cap; s++) {
		if (*s == '"' || *s == '\\')
			ret[n++] = '\\';
		ret[n++] = *s;
	}
	ret[n++] = '"';
	ret[n] = '\0';
	return ret;
}

/* Our engine id and boots; the library adds one to the boots it is told. Without the old engine
 * id, the same one, it would begin again at one. */
static void remember_engine(const struct pair_setup *s)
{
	char hex[2 * sizeof(s->engine_id) + 1];

	hex_of(slice(s->engine_id, MIN_OF(s->engine_id_n, sizeof(s->engine_id))), hex, sizeof(hex));
	remember("exactEngineID 0x%s", hex);
	remember("oldEngineID 0x%s", hex);
	remember("engineBoots %u", s->engine_boots ? s->engine_boots - 1 : 0);
}

static void remember_user(const struct pair_setup *s)
{
	char user[80], auth[280], priv[280];

	quoted(s->user, user, sizeof(user));
	remember("createUser %s SHA-256 %s AES %s", user, quoted(s->auth, auth, sizeof(auth)),
		 quoted(s->priv, priv, sizeof(priv)));
	wipe(auth, sizeof(auth));
	wipe(priv, sizeof(priv));
	remember("view " APPLICATION " included .1.3.6.1.2.1.1"); /* system */
	remember("view " APPLICATION " included .1.3.6.1.6.3.10.2.1"); /* snmpEngine */
	remember("view " APPLICATION " included " IKEEPER_MIB_TEXT);
	const struct foreign_root *root;
	for (size_t i = 0; (root = foreign_root_at(i)); i++)
		if (foreign_trees(s) & 1u << root->tree)
			remember("view " APPLICATION " included %s", root->text);
	remember("rouser %s priv -V " APPLICATION, user);
}

/* With sysName and its like said here, they cannot be written either. They are taken as they
 * are, without quotes, and may not be empty. */
static void remember_system(const struct pair_setup *s)
{
	remember("sysDescr ikeeper " IKEEPER_VERSION " IKE and IPsec gateway");
	remember("sysObjectID " IKEEPER_MIB_TEXT ".3.1");
	remember("sysName %s", *s->host_name ? s->host_name : "ikeeper");
	remember("sysContact not set");
	remember("sysLocation not set");
}

/* "192.0.2.1", "192.0.2.1:162", "2001:db8::1", "[2001:db8::1]:162": never a name, since the
 * library would wait for its look-up. */
static bool endpoint_read(const char *text, struct addr *ret)
{
	char host[72];
	const char *colon = strrchr(text, ':');

	if (addr_read(text, ret)) {
		ret->port = TRAP_PORT;
		return true;
	}
	if (!colon || !text_copy(host, sizeof(host), text))
		return false;
	host[colon - text] = '\0';
	char *bare = host;
	if (*bare == '[' && colon > text + 1 && colon[-1] == ']') {
		host[colon - text - 1] = '\0';
		bare++;
	}
	unsigned long port = strtoul(colon + 1, NULL, 10);
	if (port < 1 || port > 65535 || !addr_read(bare, ret))
		return false;
	ret->port = (uint16_t)port;
	return true;
}

static const char *transport_text(const struct addr *a, char *ret, size_t cap)
{
	char text[ADDR_TEXT + 8];

	snprintf(ret, cap, "%s:%s", a->family == 6 ? "udp6" : "udp", addr_text_port(a, text));
	return ret;
}

/* Of a trap ours is the authoritative engine, so nothing has to be asked first and the user that
 * reads is known already. Of an inform it is the receiver's (RFC 3414 section 1.5.1): its engine
 * id is asked for, and the keys are made from the passphrases for it. */
static void remember_target(const struct pair_setup *s, const struct addr *a)
{
	char user[80], auth[280], priv[280], at[96];

	quoted(s->user, user, sizeof(user));
	transport_text(a, at, sizeof(at));
	if (!s->trap_informs) {
		remember("trapsess -v3 -l authPriv -u %s %s", user, at);
		return;
	}
	quoted(s->auth, auth, sizeof(auth));
	quoted(s->priv, priv, sizeof(priv));
	remember("trapsess -Ci -v3 -r 3 -t 2 -l authPriv -u %s -a SHA-256 -A %s -x AES -X %s %s",
		 user, auth, priv, at);
	wipe(auth, sizeof(auth));
	wipe(priv, sizeof(priv));
}

static void remember_targets(const struct pair_setup *s)
{
	struct addr a;

	for (uint32_t i = 0; i < s->trap_targets_n && i < PAIR_TARGETS; i++) {
		if (endpoint_read(s->trap_targets[i], &a))
			remember_target(s, &a);
		else
			pairend_log(lib.log, LOG_WARN_, "a trap target is no address: left out");
	}
}

/* ---- its life ---- */

static int on_session(int major, int minor, void *session, void *arg)
{
	netsnmp_session *s = session;

	(void)major;
	(void)minor;
	(void)arg;
	s->timeout = MASTER_WAIT_US;
	s->retries = 0;
	return 0;
}

static int on_master(int major, int minor, void *session, void *arg)
{
	(void)major;
	(void)session;
	(void)arg;
	if (minor == SNMPD_CALLBACK_INDEX_START)
		lib.connected = true;
	else
		lib.orphan = true;
	return 0;
}

/* No file is read and none written: below a device there can be none. */
static void close_the_files(void)
{
	clearenv();
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "/dev/null/mibs", 1);
	setenv("SNMPCONFPATH", "/dev/null/snmp", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null/snmp", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_V1, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_V2c, 1);
}

static void open_subagent(const struct pair_setup *s)
{
	netsnmp_enable_subagent();
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET,
			      s->agentx_socket);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, on_session, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_master,
			       NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_master,
			       NULL);
}

enum reason library_open(const struct pair_setup *s, struct pairend *log, struct fault *f)
{
	lib.log = log;
	close_the_files();
	snmp_disable_log();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, NULL);
	if (s->mode == SNMP_AGENTX)
		open_subagent(s);
	/* SMUX would listen on TCP port 199 of every address. */
	add_to_init_list((char *)(uintptr_t) "-smux");
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
			       NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
	if (init_agent(APPLICATION) != 0)
		return refuse(f, "net-snmp does not start");
	if (s->mode == SNMP_AGENTX)
		return R_OK;
	init_vacm_vars();
	init_usmUser();
	init_system_mib();
	init_sysORTable();
	init_snmpEngine();
	init_usmStats();
	init_snmpMPDStats();
	return R_OK;
}

static enum reason start_alone(const struct pair_setup *s, struct fault *f)
{
	char at[96];
	struct addr a;

	if (!addr_read(s->listen_address, &a))
		return fail(f, R_INVALID, "\"%.60s\" is no address to listen on",
			    s->listen_address);
	if (strlen(s->auth) < PASSPHRASE_LEAST || strlen(s->priv) < PASSPHRASE_LEAST)
		return fail(f, R_INVALID, "the user's passphrases need %d characters",
			    PASSPHRASE_LEAST);
	a.port = (uint16_t)s->port;
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS,
			      transport_text(&a, at, sizeof(at)));
	remember_engine(s);
	remember_user(s);
	remember_system(s);
	remember_targets(s);
	init_snmp(APPLICATION);
	if (init_master_agent() != 0)
		return refuse(f, "cannot listen");
	return R_OK;
}

static enum reason start_below(const struct pair_setup *s, struct fault *f)
{
	remember("agentXPingInterval %d", PING_S);
	init_snmp(APPLICATION);
	if (!lib.connected || lib.orphan)
		return fail(f, R_SYSTEM, "no AgentX master answers at %s", s->agentx_socket);
	return R_OK;
}

enum reason library_start(const struct pair_setup *s, struct fault *f)
{
	enum reason r = s->mode == SNMP_AGENTX ? start_below(s, f) : start_alone(s, f);

	netsnmp_large_fd_set_init(&lib.fds, FD_SETSIZE);
	return r;
}

bool library_is_orphan(void)
{
	return lib.orphan;
}

/* ---- its turns ---- */

void library_wait(int pair_fd, int most_ms)
{
	struct timeval most = { most_ms / 1000, most_ms % 1000 * 1000 }, wait = most;
	int n = pair_fd + 1, block = 1;

	NETSNMP_LARGE_FD_ZERO(&lib.fds);
	snmp_select_info2(&n, &lib.fds, &wait, &block);
	if (block || timercmp(&wait, &most, >))
		wait = most;
	NETSNMP_LARGE_FD_SET(pair_fd, &lib.fds);
	lib.ready = netsnmp_large_fd_set_select(n, &lib.fds, NULL, NULL, &wait);
	NETSNMP_LARGE_FD_CLR(pair_fd, &lib.fds);
}

void library_serve(void)
{
	if (lib.ready > 0)
		snmp_read2(&lib.fds);
	else
		snmp_timeout();
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
}

void library_close(void)
{
	snmp_shutdown(APPLICATION);
	netsnmp_large_fd_set_cleanup(&lib.fds);
}
