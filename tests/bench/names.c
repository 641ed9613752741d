/* names.c - does the time of an answer tell a stranger which names we know?
 *
 *	names [TRIES]     (1000; a build without sanitizers)
 *
 * Aggressive mode answers known and unknown identities alike. First messages of both kinds reach a real
 * engine in turns, each with a cookie and an address of its own, and the time until the answer leaves is
 * taken, by the processor's clock and by the one on the wall. One JSON line: medians in microseconds,
 * Welch's t of what is left without the slowest tenth, and both sizes, which must be equal. The
 * processor's time is finer than anything a network shows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/wire/header.h"
#include "tests/duet/duet.h"

enum { TRIES = 1000, KINDS = 2, KEPT_TENTHS = 9, WARM_UP = 50 };

enum { CPU, WALL, CLOCKS };

struct stopwatch {
	double begun[CLOCKS], took[CLOCKS]; /* microseconds */
	unsigned answers;
	size_t octets;
};

static void look(double ret[CLOCKS])
{
	static const clockid_t id[] = { CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC };
	struct timespec t;

	for (int c = CPU; c < CLOCKS; c++) {
		clock_gettime(id[c], &t);
		ret[c] = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
	}
}

static void answered(void *arg, enum side from, const struct packet *p)
{
	struct stopwatch *s = arg;

	if (from != B)
		return;
	look(s->took);
	for (int c = CPU; c < CLOCKS; c++)
		s->took[c] -= s->begun[c];
	s->answers++;
	s->octets = p->octets.n;
}

static struct duet *stage(const char *name)
{
	struct duet *d = duet_new("aggressive aes-cbc-128/sha256/modp2048");
	char edit[160];

	snprintf(edit, sizeof(edit),
		 "peers p local_id.type=fqdn local_id.value=%s remote_id.type=fqdn "
		 "remote_name=center",
		 name);
	duet_edit(d, A, edit);
	duet_edit(d, B,
		  "peers p local_id.type=fqdn local_id.value=center remote_id.type=fqdn "
		  "remote_name=branch remote_address=any");
	return d;
}

static struct bytes *first_message(const char *name)
{
	own(duet) d = stage(name);

	duet_initiate(d, A, "t1");
	duet_run_ms(d, 50);
	return bytes_dup(d->line.log[0].octets);
}

/* One answer, timed; ends the process when there is none. */
static void try_once(struct duet *d, struct stopwatch *s, struct bytes *first, unsigned i)
{
	char text[40];
	struct addr from;

	snprintf(text, sizeof(text), "10.%u.%u.9", i / 200 % 200, i % 200);
	addr_read(text, &from);
	from.port = 500;
	memcpy(first->at, &i, sizeof(i));
	first->at[7] = 1;
	s->answers = 0;
	look(s->begun);
	duet_inject(d, B, &from, slice_of(first));
	duet_run_ms(d, 10);
	if (s->answers != 1) {
		fprintf(stderr, "names: %u answers to try %u\n", s->answers, i);
		exit(1);
	}
	duet_run_s(d, 1);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct figures {
	double median, mean, variance;
	size_t n;
};

static struct figures figures_of(double *at, size_t n)
{
	struct figures f = { .n = n * KEPT_TENTHS / 10 };

	qsort(at, n, sizeof(*at), by_size);
	f.median = at[n / 2];
	for (size_t i = 0; i < f.n; i++)
		f.mean += at[i] / (double)f.n;
	for (size_t i = 0; i < f.n; i++)
		f.variance += (at[i] - f.mean) * (at[i] - f.mean) / (double)(f.n - 1);
	return f;
}

/* Without libm. */
static double root(double v)
{
	double r = v > 1 ? v : 1;

	for (int i = 0; i < 60; i++)
		r = (r + v / r) / 2;
	return r;
}

static double t_of(const struct figures *a, const struct figures *b)
{
	return (a->mean - b->mean) / root(a->variance / (double)a->n + b->variance / (double)b->n);
}

/* Pairs of one known and one unknown name, by chance in this order or the other: nothing else that happens
 * every so often may fall on one of them. */
static void all_tries(size_t tries, double *took[CLOCKS][KINDS], size_t octets[KINDS])
{
	struct bytes *first[KINDS] = { first_message("branch"), first_message("franch") };
	own(duet) d = stage("branch");
	struct stopwatch s = { 0 };
	struct rng rng = rng_seeded(27);
	unsigned k = 0;

	d->line.stray = answered;
	d->line.arg = &s;
	for (unsigned i = 0; i < WARM_UP; i++)
		try_once(d, &s, first[i % KINDS], 1000000 + i);
	for (unsigned i = 0; i < KINDS * tries; i++) {
		k = i % KINDS ? !k : rng_below(&rng, KINDS);
		try_once(d, &s, first[k], i);
		octets[k] = s.octets;
		for (int c = CPU; c < CLOCKS; c++)
			took[c][k][i / KINDS] = s.took[c];
	}
	bytes_free(first[0]);
	bytes_free(first[1]);
}

int main(int argc, char **argv)
{
	static const char *const clock[CLOCKS] = { "cpu", "wall" };
	size_t tries = argc > 1 ? (size_t)atoi(argv[1]) : TRIES, octets[KINDS] = { 0 };
	double *took[CLOCKS][KINDS];

	for (int c = CPU; c < CLOCKS; c++)
		for (int k = 0; k < KINDS; k++)
			took[c][k] = calloc(tries, sizeof(double));
	all_tries(tries, took, octets);
	printf("{\"bench\": \"names\", \"tries\": %zu, ", tries);
	for (int c = CPU; c < CLOCKS; c++) {
		struct figures known = figures_of(took[c][0], tries),
			       unknown = figures_of(took[c][1], tries);

		printf("\"known_%s_us\": %.1f, \"unknown_%s_us\": %.1f, \"%s_t\": %.2f, ", clock[c],
		       known.median, clock[c], unknown.median, clock[c], t_of(&known, &unknown));
		free(took[c][0]);
		free(took[c][1]);
	}
	printf("\"known_octets\": %zu, \"unknown_octets\": %zu}\n", octets[0], octets[1]);
	return octets[0] != octets[1];
}
