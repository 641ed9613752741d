/* espload.c - traffic through a tunnel, for the bench "esp"
 *
 *   espload hear tcp|udp ADDRESS                  until told to end; says octets and packets
 *   espload say tcp|udp FROM TO SECONDS [SIZE]    as fast as it goes; udp: datagrams of SIZE
 *
 * The hearer prints one JSON line: {"octets": N, "packets": N, "seconds": S}.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5002, ROOM = 1 << 18, BATCH = 64 };

static volatile sig_atomic_t ended;
static char room[ROOM];

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in at(const char *address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &a.sin_addr);
	return a;
}

static int die(const char *what)
{
	perror(what);
	return 1;
}

static int socket_at(int type, const char *address, uint16_t port)
{
	struct sockaddr_in a = at(address, port);
	int one = 1, size = 8 << 20, s = socket(AF_INET, type, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM)
		setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 ? -1 : s;
}

static int hear(int type, const char *address)
{
	uint64_t octets = 0, packets = 0;
	double first = 0, last = 0;
	int s = socket_at(type, address, PORT);

	if (s < 0)
		return die("bind");
	puts("ready");
	fflush(stdout);
	if (type == SOCK_STREAM) {
		listen(s, 1);
		s = accept(s, NULL, NULL);
	}
	while (!ended) {
		ssize_t n = recv(s, room, sizeof(room), 0);

		if (n <= 0)
			break;
		last = now();
		if (!first)
			first = last;
		octets += (uint64_t)n;
		packets++;
	}
	printf("{\"octets\": %llu, \"packets\": %llu, \"seconds\": %.3f}\n",
	       (unsigned long long)octets, (unsigned long long)packets, last - first);
	return 0;
}

static void flood(int s, size_t size)
{
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec iov = { room, size };

	for (int i = 0; i < BATCH; i++) {
		m[i].msg_hdr.msg_iov = &iov;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	sendmmsg(s, m, BATCH, 0);
}

static int say(int type, char **arg, size_t size)
{
	struct sockaddr_in to = at(arg[1], PORT);
	double until = now() + atof(arg[2]);
	int s = socket_at(type, arg[0], 0);

	if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) < 0)
		return die("connect");
	while (now() < until && !ended) {
		if (type == SOCK_DGRAM)
			flood(s, size);
		else if (send(s, room, sizeof(room), MSG_NOSIGNAL) < 0)
			return die("send");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction a = { .sa_handler = end };

	sigaction(SIGTERM, &a, NULL);
	if (argc < 4)
		return 2;
	int type = strcmp(argv[2], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;

	if (strcmp(argv[1], "hear") == 0)
		return hear(type, argv[3]);
	if (argc < 6)
		return 2;
	return say(type, argv + 3, argc > 6 ? (size_t)atoi(argv[6]) : 1300);
}
