/* flooder.c - callers for the bench "flood": strangers by the thousand, and honest newcomers
 *
 *   flooder spoof FROM TO RATE SECONDS      first messages from random sources of FROM/9
 *   flooder honest FROM TO RATE SECONDS SALT   newcomers, each from an address of its own in FROM/16
 *   flooder crowd FROM TO BEFORE TRIES      one address: BEFORE first messages, then TRIES honest ones
 *   flooder once FROM TO SECONDS            one first message; what comes back, and how often
 *
 * The message is the same everywhere: main mode, one proposal (AES-128, SHA-256, a pre-shared key,
 * group 14), 96 octets of UDP, another cookie each time. A newcomer waits half a second for the second
 * message and tries three times; it is measured from its first try. FROM must be local here (a
 * route of type local) but for spoof, which needs a raw socket. Prints one JSON line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT = 500,
	COOKIE = 8,
	FIRST = 88,
	UDP_HEADER = 8,
	BATCH = 64,
	TRIES = 3,
	WAIT_MS = 500,
	AT_ONCE = 4096, /* newcomers waiting */
	NEWCOMERS = 1 << 16
};

/* RFC 2408 sections 3.1 to 3.6; the cookie is written over. */
/* clang-format off */
static const uint8_t first[FIRST] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* cookies */
	1, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, FIRST, /* SA next; version 1.0; main mode */
	0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 1, /* IPsec DOI, identity only */
	0, 0, 0, 48, 1, 1, 0, 1, /* proposal 1: ISAKMP, one transform */
	0, 0, 0, 40, 1, 1, 0, 0, /* transform 1: KEY_IKE */
	0x80, 1, 0, 7, 0x80, 14, 0, 128, 0x80, 2, 0, 4, 0x80, 3, 0, 1, 0x80, 4, 0, 14,
	0x80, 11, 0, 1, 0, 12, 0, 4, 0, 0, 0x70, 0x80, /* 28,800 s */
};
/* clang-format on */

static uint64_t chance = 88172645463325252u;

/* xorshift64: forged cookies need no secrecy, only difference. */
static uint64_t draw(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	return chance ^= chance << 17;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t address(const char *text)
{
	struct in_addr a = { 0 };

	inet_pton(AF_INET, text, &a);
	return ntohl(a.s_addr);
}

static struct sockaddr_in at(uint32_t a, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(a) };
}

static int die(const char *what)
{
	perror(what);
	return 1;
}

static void write_first(uint8_t *m)
{
	uint64_t cookie = draw();

	memcpy(m, first, FIRST);
	memcpy(m, &cookie, COOKIE);
}

/* --- strangers --- */

struct forged {
	struct ip ip;
	struct udphdr udp;
	uint8_t octets[FIRST];
};

static void forge(struct forged *p, uint32_t from, uint32_t to)
{
	memset(p, 0, sizeof(*p));
	p->ip.ip_v = 4;
	p->ip.ip_hl = 5;
	p->ip.ip_len = htons(sizeof(*p));
	p->ip.ip_ttl = 64;
	p->ip.ip_p = IPPROTO_UDP;
	p->ip.ip_src.s_addr = htonl(from | (uint32_t)(draw() & 0x7fffff));
	p->ip.ip_dst.s_addr = htonl(to);
	p->udp.uh_sport = htons(PORT);
	p->udp.uh_dport = htons(PORT);
	p->udp.uh_ulen = htons(UDP_HEADER + FIRST); /* no checksum: RFC 768 allows it */
	write_first(p->octets);
}

static unsigned send_forged(int s, uint32_t from, uint32_t to, unsigned n)
{
	static struct forged p[BATCH];
	struct sockaddr_in dst = at(to, 0);
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];

	memset(m, 0, sizeof(m));
	for (unsigned i = 0; i < n; i++) {
		forge(&p[i], from, to);
		iov[i] = (struct iovec){ &p[i], sizeof(p[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &dst,
						.msg_namelen = sizeof(dst),
						.msg_iov = &iov[i],
						.msg_iovlen = 1 };
	}
	int done = sendmmsg(s, m, n, 0);

	return done < 0 ? 0 : (unsigned)done;
}

static int spoof(uint32_t from, uint32_t to, double rate, double seconds)
{
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	double begun = now_ms();
	unsigned long sent = 0, due = 0, most = (unsigned long)(rate * seconds);

	if (s < 0)
		return die("raw socket");
	while (due < most) {
		unsigned long want = (unsigned long)((now_ms() - begun) * rate / 1e3);

		if (want > most)
			want = most;
		if (want > due) {
			unsigned n = (unsigned)(want - due > BATCH ? BATCH : want - due);

			sent += send_forged(s, from, to, n);
			due += n;
		} else {
			usleep(500);
		}
	}
	printf("{\"sent\": %lu, \"seconds\": %.2f}\n", sent, (now_ms() - begun) / 1e3);
	return 0;
}

/* --- newcomers --- */

struct newcomer {
	int s;
	unsigned tries;
	double begun, deadline;
	uint8_t octets[FIRST];
};

static struct newcomer waiting[AT_ONCE];
static unsigned waiting_n;
static double took[NEWCOMERS];
static unsigned answered, first_try;

static int open_at(uint32_t from, uint32_t to)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in here = at(from, PORT), there = at(to, PORT);

	if (s < 0 || bind(s, (void *)&here, sizeof(here)) < 0 ||
	    connect(s, (void *)&there, sizeof(there)) < 0) {
		perror("newcomer");
		exit(1);
	}
	return s;
}

static void try_once(struct newcomer *n)
{
	n->tries++;
	n->deadline = now_ms() + WAIT_MS;
	if (send(n->s, n->octets, FIRST, 0) < 0 && errno != EAGAIN)
		recv(n->s, &(uint8_t){ 0 }, 1, 0); /* an old ICMP error is in the way */
}

static void arrive(uint32_t from, uint32_t to)
{
	struct newcomer *n = &waiting[waiting_n++];

	*n = (struct newcomer){ .s = open_at(from, to), .begun = now_ms() };
	write_first(n->octets);
	try_once(n);
}

/* A second message of main mode for our cookie: nothing else counts. */
static bool is_answer(const uint8_t *m, ssize_t n, const uint8_t *cookie)
{
	static const uint8_t none[COOKIE];

	return n > 28 && memcmp(m, cookie, COOKIE) == 0 && memcmp(m + COOKIE, none, COOKIE) != 0 &&
	       m[16] == 1 && m[18] == 2;
}

static bool heard(struct newcomer *n)
{
	uint8_t m[2048];
	ssize_t got;

	while ((got = recv(n->s, m, sizeof(m), 0)) > 0)
		if (is_answer(m, got, n->octets))
			return true;
	return false;
}

static void leave(unsigned i)
{
	close(waiting[i].s);
	waiting[i] = waiting[--waiting_n];
}

static void listen_for(int ms)
{
	static struct pollfd p[AT_ONCE];

	for (unsigned i = 0; i < waiting_n; i++)
		p[i] = (struct pollfd){ .fd = waiting[i].s, .events = POLLIN };
	poll(p, waiting_n, ms);
	for (unsigned i = waiting_n; i-- > 0;) {
		struct newcomer *n = &waiting[i];

		if (p[i].revents && heard(n)) {
			first_try += n->tries == 1;
			took[answered++] = now_ms() - n->begun;
			leave(i);
		} else if (now_ms() >= n->deadline) {
			if (n->tries < TRIES)
				try_once(n);
			else
				leave(i);
		}
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double share(double of)
{
	unsigned i = (unsigned)(of * answered);

	return answered ? took[i < answered ? i : answered - 1] : 0;
}

static void report(unsigned tried)
{
	qsort(took, answered, sizeof(*took), by_size);
	printf("{\"tried\": %u, \"answered\": %u, \"at_once\": %u, \"median_ms\": %.2f, "
	       "\"p99_ms\": %.2f, \"worst_ms\": %.2f}\n",
	       tried, answered, first_try, share(0.5), share(0.99), share(1));
}

/* Neighbours do not call together: the third octet changes with each. */
static uint32_t address_of(uint32_t base, unsigned i)
{
	return base + ((i % 256) << 8) + (i / 256) % 254 + 1;
}

static int honest(const char *const *words)
{
	uint32_t from = address(words[0]), to = address(words[1]);
	double rate = atof(words[2]), begun = now_ms();
	unsigned most = (unsigned)(rate * atof(words[3])), salt = (unsigned)atoi(words[4]), n = 0;

	if (most > NEWCOMERS)
		most = NEWCOMERS;
	while (n < most || waiting_n) {
		while (n < most && waiting_n < AT_ONCE && now_ms() >= begun + n * 1e3 / rate)
			arrive(address_of(from, salt + n++), to);
		listen_for(1);
	}
	report(most);
	return 0;
}

/* --- one address --- */

static int crowd(uint32_t from, uint32_t to, unsigned before, unsigned tries)
{
	int s = open_at(from, to);
	uint8_t m[FIRST];

	for (unsigned i = 0; i < before; i++) {
		write_first(m);
		send(s, m, FIRST, 0);
		usleep(20000);
	}
	close(s);
	for (unsigned i = 0; i < tries; i++) {
		arrive(from, to);
		while (waiting_n)
			listen_for(5);
	}
	report(tries);
	return 0;
}

static int once(uint32_t from, uint32_t to, double seconds)
{
	int s = open_at(from, to);
	uint8_t m[FIRST], in[2048];
	unsigned packets = 0;
	size_t octets = 0;
	double end = now_ms() + seconds * 1e3, last = 0, begun = now_ms();

	write_first(m);
	send(s, m, FIRST, 0);
	while (now_ms() < end) {
		struct pollfd p = { .fd = s, .events = POLLIN };

		poll(&p, 1, 100);
		for (ssize_t n; (n = recv(s, in, sizeof(in), 0)) >= 0; packets++) {
			octets += (size_t)n + UDP_HEADER;
			last = now_ms() - begun;
		}
	}
	printf("{\"sent_octets\": %d, \"packets_back\": %u, \"octets_back\": %zu, "
	       "\"last_ms\": %.0f, \"listened_s\": %.0f}\n",
	       FIRST + UDP_HEADER, packets, octets, last, seconds);
	return 0;
}

int main(int n, char **words)
{
	const char *verb = n > 3 ? words[1] : "";

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance) || !chance)
		return die("getrandom");
	if (n == 6 && strcmp(verb, "spoof") == 0)
		return spoof(address(words[2]), address(words[3]), atof(words[4]), atof(words[5]));
	if (n == 7 && strcmp(verb, "honest") == 0)
		return honest((const char *const *)words + 2);
	if (n == 6 && strcmp(verb, "crowd") == 0)
		return crowd(address(words[2]), address(words[3]), (unsigned)atoi(words[4]),
			     (unsigned)atoi(words[5]));
	if (n == 5 && strcmp(verb, "once") == 0)
		return once(address(words[2]), address(words[3]), atof(words[4]));
	fprintf(stderr, "usage: see the head of flooder.c\n");
	return 64;
}
