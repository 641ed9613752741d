/* pulse.c - what the answers of system.c need to have heard
 *
 * A listener on the loop thread: how many negotiations failed in each of the last 60 minutes,
 * and the last word about the SNMP agent. Neither is in the published picture.
 *
 * Called by: server.c, system.c.  Thread: loop, readers any.  Owns: its counts.
 */
#include "api/pulse.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/doors.h"

enum { MINUTES = 60, MINUTE_MS = 60 * 1000 };

struct pulse {
	struct listener listener;
	pthread_mutex_t lock;
	uint32_t failed[MINUTES];
	msec minute[MINUTES]; /* which minute a count belongs to */
	char snmp[128];
	bool stopped;
};

static void hear(struct listener *l, const struct event *e)
{
	struct pulse *p = owner_of(l, struct pulse, listener);
	msec minute = clock_now() / MINUTE_MS;
	size_t i = (size_t)(minute % MINUTES);

	if (e->id != EVT_NEGO_FAILED && e->id != EVT_SNMP_STATE)
		return;
	pthread_mutex_lock(&p->lock);
	if (e->id == EVT_SNMP_STATE) {
		text_copy(p->snmp, sizeof(p->snmp), e->text);
	} else {
		if (p->minute[i] != minute)
			p->failed[i] = 0;
		p->minute[i] = minute;
		p->failed[i]++;
	}
	pthread_mutex_unlock(&p->lock);
}

struct pulse *pulse_new(struct server *s)
{
	struct pulse *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->listener.hear = hear;
	events_listen(s->control->events, &p->listener);
	return p;
}

void pulse_stop(struct pulse *p)
{
	if (!p->stopped)
		events_unlisten(&p->listener);
	p->stopped = true;
}

void pulse_free(struct pulse *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

uint64_t pulse_failed_last_hour(struct pulse *p)
{
	msec minute = clock_now() / MINUTE_MS;
	uint64_t n = 0;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < MINUTES; i++)
		if (minute - p->minute[i] < MINUTES)
			n += p->failed[i];
	pthread_mutex_unlock(&p->lock);
	return n;
}

void pulse_snmp(struct pulse *p, char *ret, size_t cap)
{
	pthread_mutex_lock(&p->lock);
	text_copy(ret, cap, p->snmp);
	pthread_mutex_unlock(&p->lock);
}
