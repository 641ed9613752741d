/* main.c - the door: knows everyone, decides nothing
 *
 * A table of contents: read options, fork the spawner while nothing is known yet, open log,
 * keys, store, sockets, data plane and crew; put the daemon together; start the API; run;
 * then undo in reverse.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/server.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/crypto/suite.h"
#include "core/daemon/daemon.h"
#include "core/daemon/decode.h"
#include "core/daemon/options.h"
#include "core/daemon/privs.h"
#include "core/daemon/setup.h"
#include "core/daemon/spawner.h"
#include "core/ipsec/choose.h"
#include "store/store.h"

/* Everything that lives as long as the process, in the order it is opened. */
struct house {
	struct options opt;
	int spawner;
	struct loop *loop;
	struct keyring *keyring;
	struct store *store;
	struct config *config;
	struct udp *udp;
	struct plane *plane;
	struct crew *crew;
	struct daemon *daemon;
	struct bytes *tls_cert, *tls_key;
	struct server *server;
	struct watch signals;
	char host_name[64];
};

static void on_signal(struct watch *w, uint32_t events)
{
	struct house *h = owner_of(w, struct house, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		daemon_shutdown(h->daemon);
		loop_stop(h->loop);
	}
}

/* Blocked before any thread exists, so that every thread inherits the mask. */
static enum reason open_signals(struct house *h, struct fault *f)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigdelset(&set, SIGHUP);
	h->signals = (struct watch){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
				     .ready = on_signal };
	if (h->signals.fd < 0)
		return fail(f, R_SYSTEM, "no signal descriptor: %s", strerror(errno));
	return loop_watch(h->loop, &h->signals, EPOLLIN, f);
}

static void take_config(void *arg, struct config *take_c, const struct fault *f)
{
	struct house *h = arg;

	if (f && f->reason != R_OK)
		log_say(LOG_ERROR_, LOG_STORE, "%s", f->text);
	h->config = take_c;
}

static enum reason open_store(struct house *h, struct fault *f)
{
	if (!(h->keyring = keyring_open(h->opt.key_file, f)) ||
	    !(h->store = store_open(h->opt.state_dir, f)))
		return f->reason;
	struct repo *repo = store_repo(h->store);
	repo->load(repo->ctx, take_config, h);
	return h->config ? R_OK : fail(f, R_STORE, "the configuration could not be loaded");
}

static enum reason open_plane(struct house *h, struct fault *f)
{
	struct udp_want u = { .port = h->opt.port, .nat_port = h->opt.nat_port };

	if (setup_listen(&h->opt, &u, f) != R_OK || !(h->udp = udp_open(h->loop, &u, f)))
		return f->reason;

	struct plane_want p = { .loop = h->loop, .udp = h->udp, .tun_name = h->opt.tun_name };
	if (setup_plane(&h->opt, h->config, &p.choice, f) != R_OK)
		return f->reason;
	return plane_open(&p, &h->plane, f);
}

static enum reason open_daemon(struct house *h, struct fault *f)
{
	struct daemon_want w = {
		.loop = h->loop,
		.udp = h->udp,
		.plane = h->plane,
		.keyring = h->keyring,
		.repo = store_repo(h->store),
		.config = h->config,
		.host_name = h->host_name,
		.port = h->opt.port,
		.nat_port = h->opt.nat_port,
		.spawner = h->spawner,
	};

	if (!(h->crew = crew_new(h->loop, setup_crew_threads(&h->opt), 256, f)))
		return f->reason;
	w.crew = h->crew;
	h->daemon = daemon_new(&w, f);
	return h->daemon ? R_OK : f->reason;
}

static enum reason open_api(struct house *h, struct fault *f)
{
	const struct settings_api *s = config_api(h->config);
	struct server_want w = {
		.loop = h->loop,
		.control = daemon_control(h->daemon),
		.keyring = h->keyring,
		.listen_address = *h->opt.api_address ? h->opt.api_address : s->listen_address,
		.port = (uint16_t)(h->opt.api_port >= 0 ? h->opt.api_port : (int)s->port),
		.listen_fd = h->opt.api_fd,
		.unix_path = h->opt.socket,
		.webui_dir = *h->opt.webui_dir ? h->opt.webui_dir : NULL,
		.unix_group = privs_group(h->opt.socket_group),
	};

	if (setup_tls(&h->opt, h->host_name, &h->tls_cert, &h->tls_key, f) != R_OK)
		return f->reason;
	w.tls_cert = (const char *)h->tls_cert->at;
	w.tls_key = (const char *)h->tls_key->at;
	h->server = server_start(&w, f);
	return h->server ? R_OK : f->reason;
}

static void announce(struct house *h)
{
	char link[128];
	struct setup_facts facts = {
		.api_address = *h->opt.api_address ? h->opt.api_address
						   : config_api(h->config)->listen_address,
		.api_port = server_port(h->server),
		.link = link,
		.snmp = daemon_snmp_state(h->daemon),
		.plane = h->plane,
	};

	server_setup_link(h->server, link, sizeof(link));
	setup_announce(&h->opt, &facts);
}

static enum reason open_house(struct house *h, struct fault *f)
{
	if (crypto_open(f) != R_OK || !(h->loop = loop_new(f)) || open_signals(h, f) != R_OK ||
	    setup_directories(&h->opt, f) != R_OK || open_store(h, f) != R_OK ||
	    open_plane(h, f) != R_OK || open_daemon(h, f) != R_OK || privs_drop(f) != R_OK ||
	    open_api(h, f) != R_OK)
		return f->reason;
	return R_OK;
}

/* The order of opening in reverse; each is fine with NULL. */
static void close_house(struct house *h)
{
	if (h->server)
		server_stop(h->server);
	crew_free(h->crew);
	server_free(h->server);
	daemon_free(h->daemon);
	plane_free(h->plane);
	udp_free(h->udp);
	config_unref(h->config);
	store_free(h->store);
	keyring_free(h->keyring);
	loop_free(h->loop);
	bytes_free(h->tls_cert);
	bytes_free(h->tls_key);
	if (h->spawner >= 0)
		close(h->spawner);
	crypto_close();
}

static int run(struct house *h)
{
	struct fault f = { 0 };
	int status = 0;

	if (open_house(h, &f) != R_OK) {
		log_say(LOG_ERROR_, LOG_DAEMON, "cannot start: %s", f.text);
		status = 1;
	} else if (!h->opt.check) {
		announce(h);
		loop_run(h->loop);
	}
	close_house(h);
	return status;
}

int main(int argc, char **argv)
{
	struct house h = { .spawner = -1 };
	struct fault f = { 0 };

	if (argc > 1 && strcmp(argv[1], "decode") == 0)
		return decode_main(argc - 1, argv + 1);
	if (options_read(argc, argv, &h.opt, &f) != R_OK) {
		fprintf(stderr, "ikeeperd: %s\n", f.text);
		return 2;
	}
	if (h.opt.help) {
		options_help("ikeeperd");
		return 0;
	}
	if (h.opt.version) {
		printf("ikeeperd %s\n", IKEEPER_VERSION);
		return 0;
	}
	umask(077);
	h.spawner = setup_spawner(&h.opt, &f);
	log_open(STDERR_FILENO, strcmp(h.opt.log, "json") == 0, h.opt.journald);
	setup_host_name(h.host_name, sizeof(h.host_name));
	return run(&h);
}
