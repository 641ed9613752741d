/* apid.c - the http doors with nothing behind them
 *
 * Opens server.h over the in-memory doubles and tells on its first line where. The runner
 * (run.mjs) steers it by lines on standard input:
 *
 *	sas N        a picture with N made-up IKE SAs
 *	tell N       N events
 *	fail N       the next N calls to the store fail
 *	release      answer the changes of records called "held..."
 *	linger N     negotiations run from now on, of an IKE SA first (1) or not (0), until:
 *	end N        they end, up (1) or failed (0)
 *	held         print how many of those wait
 *	stop         stop the server, print "stopped", end
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/crew.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/crypto/cert.h"
#include "core/crypto/suite.h"
#include "api/router.h"
#include "api/server.h"
#include "tests/lib/fakecontrol.h"
#include "tests/lib/memrepo.h"

static struct loop *loop;
static struct crew *crew;
static struct memrepo *repo;
static struct fakecontrol *fake;
static struct server *server;
static char line[4096];
static size_t line_n;

static void tell(unsigned n)
{
	struct control *c = fakecontrol_control(fake);

	for (unsigned i = 0; i < n; i++) {
		struct event e = { .id = i % 2 ? EVT_CHILD_UP : EVT_NEGO_STEP };

		snprintf(e.text, sizeof(e.text), "event %u", i);
		events_tell(c->events, &e);
	}
}

static void obey(const char *word, unsigned n)
{
	if (strcmp(word, "sas") == 0)
		fakecontrol_sas(fake, n);
	else if (strcmp(word, "tell") == 0)
		tell(n);
	else if (strcmp(word, "fail") == 0)
		memrepo_fail(repo, R_STORE, n);
	else if (strcmp(word, "audit-fails") == 0 || strcmp(word, "audit-works") == 0)
		memrepo_audit_fails(repo, word[6] == 'f');
	else if (strcmp(word, "release") == 0)
		fakecontrol_release(fake);
	else if (strcmp(word, "linger") == 0)
		fakecontrol_linger(fake, n);
	else if (strcmp(word, "end") == 0)
		fakecontrol_end(fake, n);
	else if (strcmp(word, "stop") == 0)
		loop_stop(loop);
	if (strcmp(word, "held") == 0)
		printf("%zu\n", fakecontrol_held(fake));
	else
		printf("ok\n");
	fflush(stdout);
}

static void hear(struct watch *w, uint32_t events)
{
	ssize_t n = read(w->fd, line + line_n, sizeof(line) - 1 - line_n);
	char *end, word[16];
	unsigned number;

	(void)events;
	if (n <= 0) {
		loop_unwatch(loop, w);
		loop_stop(loop);
		return;
	}
	line_n += (size_t)n;
	line[line_n] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		number = 0;
		if (sscanf(line, "%15s %u", word, &number) >= 1)
			obey(word, number);
		line_n -= (size_t)(end + 1 - line);
		memmove(line, end + 1, line_n + 1);
	}
}

static void flush(void *arg, msec now)
{
	(void)now;
	crew_flush(arg);
}

static void die(const struct fault *f)
{
	fprintf(stderr, "apid: %s\n", f->text);
	exit(1);
}

static void introduce(const char *unix_path)
{
	static const char *const roles[] = { "none",     "viewer", "auditor",
					     "operator", "editor", "admin" };
	char link[128];

	server_setup_link(server, link, sizeof(link));
	printf("{\"port\":%u,\"unix\":\"%s\",\"setup\":\"%s\",\"routes\":[", server_port(server),
	       unix_path, link);
	for (size_t i = 0; i < router_count(); i++) {
		const struct route *r = router_at(i);

		printf("%s{\"method\":\"%s\",\"path\":\"%s\",\"role\":\"%s\"}", i ? "," : "",
		       method_word(r->method), r->path, roles[r->role]);
	}
	printf("]}\n");
	fflush(stdout);
}

static struct server *open_doors(const char *unix_path, const char *webui, struct keyring *keys)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };
	struct fault f = { 0 };
	own(bytes) cert = NULL;
	own(bytes) key = NULL;

	if (cert_self_signed(names, 2, &cert, &key, &f) != R_OK)
		die(&f);
	struct server_want want = { .loop = loop,
				    .control = fakecontrol_control(fake),
				    .keyring = keys,
				    .listen_address = "127.0.0.1",
				    .unix_path = unix_path,
				    .tls_cert = (const char *)cert->at,
				    .tls_key = (const char *)key->at,
				    .webui_dir = webui,
				    .unix_group = (uint32_t)-1 };
	struct server *s = server_start(&want, &f);

	if (!s)
		die(&f);
	return s;
}

int main(int argc, char **argv)
{
	static const uint8_t key[32] = "a key for tests and nothing else";
	struct watch in = { .fd = 0, .ready = hear };
	struct keyring *keys;
	struct fault f = { 0 };

	if (argc < 2) {
		fprintf(stderr, "usage: apid UNIX_PATH [WEBUI_DIR]\n");
		return 2;
	}
	log_open(2, false, false);
	log_level(LOG_TOPICS, getenv("APID_LOUD") ? LOG_DEBUG_ : LOG_ERROR_);
	if (crypto_open(&f) != R_OK)
		die(&f);
	keys = keyring_of(key);
	loop = loop_new(&f);
	crew = loop ? crew_new(loop, 1, 256, &f) : NULL;
	if (!crew)
		die(&f);
	repo = memrepo_new();
	fake = fakecontrol_new(memrepo_repo(repo), crew);
	server = open_doors(argv[1], argc > 2 ? argv[2] : NULL, keys);
	loop_turn_end(loop, flush, crew);
	loop_watch(loop, &in, EPOLLIN, &f);
	introduce(argv[1]);
	loop_run(loop);
	server_stop(server);
	server_free(server);
	fakecontrol_free(fake); /* changes still held are answered now, to nobody */
	crew_free(crew);
	loop_free(loop);
	memrepo_free(repo);
	keyring_free(keys);
	printf("stopped\n");
	return 0;
}
