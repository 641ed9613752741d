/* planepair.c - one end of a tunnel with fixed keys, to try a data plane without IKE
 *
 *   planepair PLANE SIDE LOCAL REMOTE LOCAL_TS REMOTE_TS SUITE WIRE MODE [trap]
 *     PLANE  userspace | xfrm      SIDE  a | b (they use each other's keys)
 *     SUITE  gcm | cbc | gcm256 | 3des | null      WIRE  esp | udp | zeros (UDP port 500, behind eight octets of
 *     zero)      MODE  tunnel | transport
 *     trap   the SAs are made when traffic asks for them
 *     ANY_INNER in the environment: what comes out need not fit the selectors
 *
 * Says "ready" when packets may flow, news as it comes, and counters when told to end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/ipsec/choose.h"

static struct loop *loop;

struct end {
	struct plane *plane;
	struct addr local, remote;
	struct selector local_ts, remote_ts;
	struct esp_suite suite;
	bool udp, zeros, transport, side_b, made;
};

/* Of the ends; raw ESP has none. */
static uint16_t port(const struct end *e)
{
	return e->zeros ? 500 : e->udp ? 4500 : 0;
}

enum { REQID = 7, POLICY = 42, SPI_A = 0x1001, SPI_B = 0x2002 };

static void die(const char *what, const struct fault *f)
{
	printf("failed: %s: %s\n", what, f ? f->text : "");
	exit(1);
}

static void stop(int sig)
{
	(void)sig;
	loop_stop(loop);
}

static bool read_suite(const char *name, struct esp_suite *ret)
{
	static const struct {
		const char *name;
		struct esp_suite suite;
	} all[] = {
		{ "gcm", { .encr = ENCR_AES_GCM, .key_bits = 128 } },
		{ "gcm256", { .encr = ENCR_AES_GCM, .key_bits = 256 } },
		{ "cbc", { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 } },
		{ "3des", { .encr = ENCR_TDES, .key_bits = 192, .integ = INTEG_SHA1 } },
		{ "null", { .encr = ENCR_NULL, .integ = INTEG_SHA512 } },
	};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		*ret = all[i].suite;
		if (strcmp(all[i].name, name) == 0)
			return true;
	}
	return false;
}

/* "10.0.0.0/24" or "10.0.0.1" */
static bool read_selector(const char *text, struct selector *ret)
{
	struct prefix p;

	*ret = (struct selector){ 0 };
	if (!prefix_read(text, &p))
		return false;
	ret->range = prefix_range(&p);
	return true;
}

static void add_sa(struct end *e, bool inbound)
{
	bool a_to_b = e->side_b == inbound;
	uint8_t key[128];
	struct fault f;
	struct plane_sa sa = {
		.spi = a_to_b ? SPI_B : SPI_A,
		.reqid = REQID,
		.inbound = inbound,
		.transport = e->transport,
		.udp_encap = e->udp,
		.zeros = e->zeros,
		.local = addr_with_port(e->local, port(e)),
		.remote = addr_with_port(e->remote, port(e)),
		.suite = e->suite,
		.keymat = slice(key, esp_suite_key_octets(&e->suite)),
		.replay_window = 64,
		.any_inner = inbound && getenv("ANY_INNER"),
		.local_ts = e->local_ts,
		.remote_ts = e->remote_ts,
	};

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + (a_to_b ? 1 : 101));
	if (e->plane->sa_add(e->plane->ctx, &sa, &f) != R_OK)
		die("sa_add", &f);
}

static void make(struct end *e)
{
	if (e->made)
		return;
	e->made = true;
	add_sa(e, true);
	add_sa(e, false);
	e->plane->sa_use(e->plane->ctx, REQID, e->side_b ? SPI_A : SPI_B);
}

static void acquire(void *arg, uint32_t id)
{
	printf("acquire %u\n", (unsigned)id);
	make(arg);
}

static void moved(void *arg, uint32_t spi, const struct addr *from)
{
	struct end *e = arg;
	char text[ADDR_TEXT];

	printf("moved %x %s\n", (unsigned)spi, addr_text_port(from, text));
	struct plane_move m = { .spi = e->side_b ? SPI_A : SPI_B,
				.udp_encap = e->udp,
				.local = addr_with_port(e->local, port(e)),
				.remote = addr_with_port(e->remote, port(e)),
				.new_local = addr_with_port(e->local, port(e)),
				.new_remote = *from };

	if (e->plane->sa_move && e->plane->sa_move(e->plane->ctx, &m, NULL) == R_OK)
		e->remote = *from;
}

static void unknown_spi(void *arg, uint32_t spi, const struct addr *from)
{
	char text[ADDR_TEXT];

	(void)arg;
	printf("unknown %x %s\n", (unsigned)spi, addr_text_port(from, text));
}

/* "session 1 10.1.0.1:0 10.2.0.1:0 matched 5", for each. */
static void report_sessions(struct end *e)
{
	static struct plane_session at[64];
	struct plane_session_ask ask = { .now = clock_now(), .most = COUNT_OF(at) };
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	if (!e->plane->sessions)
		return;
	size_t n = e->plane->sessions(e->plane->ctx, &ask, at);

	for (size_t i = 0; i < n; i++)
		printf("session %u %s %s matched %llu\n", at[i].protocol,
		       addr_text_port(&at[i].src, src), addr_text_port(&at[i].dst, dst),
		       (unsigned long long)at[i].matched);
}

static void report(struct end *e)
{
	struct plane_totals t = e->plane->totals(e->plane->ctx);
	struct plane_count in = { 0 }, out = { 0 };

	e->plane->sa_count(e->plane->ctx, e->side_b ? SPI_B : SPI_A, true, &e->local, &e->remote,
			   &in);
	e->plane->sa_count(e->plane->ctx, e->side_b ? SPI_A : SPI_B, false, &e->local, &e->remote,
			   &out);
	printf("in %llu packets %llu bytes, out %llu packets %llu bytes, replayed %llu, "
	       "bad_icv %llu, no_sa %llu, no_policy %llu, errors %llu\n",
	       (unsigned long long)in.packets, (unsigned long long)in.bytes,
	       (unsigned long long)out.packets, (unsigned long long)out.bytes,
	       (unsigned long long)t.replayed, (unsigned long long)t.bad_icv,
	       (unsigned long long)t.no_sa, (unsigned long long)t.no_policy,
	       (unsigned long long)t.errors);
	report_sessions(e);
}

static bool read_end(char **arg, struct end *e)
{
	e->side_b = strcmp(arg[2], "b") == 0;
	e->zeros = strcmp(arg[8], "zeros") == 0;
	e->udp = e->zeros || strcmp(arg[8], "udp") == 0;
	e->transport = strcmp(arg[9], "transport") == 0;
	return addr_read(arg[3], &e->local) && addr_read(arg[4], &e->remote) &&
	       read_selector(arg[5], &e->local_ts) && read_selector(arg[6], &e->remote_ts) &&
	       read_suite(arg[7], &e->suite);
}

static void protect(struct end *e, bool trap)
{
	struct plane_policy p = { .id = POLICY,
				  .reqid = REQID,
				  .priority = 1000,
				  .transport = e->transport,
				  .trap = trap,
				  .local = e->local,
				  .remote = e->remote,
				  .local_ts = e->local_ts,
				  .remote_ts = e->remote_ts };
	struct plane_news news = {
		.arg = e, .acquire = acquire, .moved = moved, .unknown_spi = unknown_spi
	};
	struct fault f;

	e->plane->listen(e->plane->ctx, &news);
	if (e->plane->policy_add(e->plane->ctx, &p, &f) != R_OK)
		die("policy_add", &f);
	if (!trap)
		make(e);
}

int main(int argc, char **argv)
{
	struct fault f = { 0 };
	struct end e = { 0 };
	struct udp_want ports = { .port = 500, .nat_port = 4500 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 10 || !read_end(argv, &e) || crypto_open(&f) != R_OK)
		die("usage: planepair PLANE SIDE LOCAL REMOTE LOCAL_TS REMOTE_TS SUITE WIRE MODE",
		    &f);
	addr_read("0.0.0.0", &ports.local4);
	addr_read("::", &ports.local6);
	loop = loop_new(&f);
	own(udp) udp = loop ? udp_open(loop, &ports, &f) : NULL;

	if (!udp)
		die("udp", &f);
	struct plane_want want = { .choice = strcmp(argv[1], "xfrm") ? PLANE_USERSPACE : PLANE_XFRM,
				   .loop = loop,
				   .udp = udp,
				   .tun_name = "ike%d",
				   .threads = getenv("THREADS") ? (unsigned)atoi(getenv("THREADS"))
								: 0 };

	if (plane_open(&want, &e.plane, &f) != R_OK)
		die("plane", &f);
	if (e.zeros && !e.plane->zeros)
		die("this plane carries no ESP on the IKE port", NULL);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	protect(&e, argc > 10);
	printf("ready: %s, %s\n", e.plane->name, e.plane->reason);
	loop_run(loop);
	report(&e);
	plane_free(e.plane);
	udp_free(give(udp));
	loop_free(loop);
	crypto_close();
	return 0;
}
