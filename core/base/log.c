/* log.c - one line, one subject
 *
 * A line is put together on the stack, whatever strangers wrote in it is made visible,
 * and it leaves in one write(2) of at most 2,000 octets: lines of several threads never
 * mix, and a line needs neither memory nor a lock. Errors are always written; all else
 * shares 200 lines a second, and how many were swallowed is said when there is room.
 *
 * Called by core/daemon, core/ike and the services.  Thread: any.
 * Owns: nothing; the descriptor stays the door's.
 * Not here: traces of exchanges, events and the journal - those are values.
 */
#include "core/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/base/timers.h"

enum { LINE_BYTES = 2000, PEER_BYTES = 128, ADDR_BYTES = 64, LINES_PER_S = 200 };

struct level {
	const char *word;
	char priority; /* syslog's, for journald */
};

static const struct level levels[] = {
	[LOG_ERROR_] = { "error", '3' }, [LOG_WARN_] = { "warn", '4' },
	[LOG_NOTE_] = { "note", '5' },   [LOG_INFO_] = { "info", '6' },
	[LOG_DEBUG_] = { "debug", '7' },
};

static const char *const topics[LOG_TOPICS] = {
	[LOG_DAEMON] = "daemon", [LOG_IKE] = "ike", [LOG_PLANE] = "plane",
	[LOG_STORE] = "store",   [LOG_API] = "api", [LOG_SNMP] = "snmp",
};

static atomic_int out_fd = STDERR_FILENO;
static atomic_bool as_json, for_journald;
static atomic_int lowest_of[LOG_TOPICS] = { LOG_NOTE_, LOG_NOTE_, LOG_NOTE_,
					    LOG_NOTE_, LOG_NOTE_, LOG_NOTE_ };
/* The second and the lines in it in one word, so that both change together. */
static atomic_uint_fast64_t window;
static atomic_uint_fast64_t swallowed, confessed;

void log_open(int fd, bool json, bool journald_priorities)
{
	atomic_store(&out_fd, fd);
	atomic_store(&as_json, json);
	atomic_store(&for_journald, journald_priorities);
}

void log_level(enum log_topic t, enum log_level lowest)
{
	for (int i = 0; i < LOG_TOPICS; i++) {
		if (t == LOG_TOPICS || (int)t == i)
			atomic_store(&lowest_of[i], (int)lowest);
	}
}

bool log_wants(enum log_topic t, enum log_level l)
{
	return (unsigned)t < LOG_TOPICS &&
	       (int)l <= atomic_load_explicit(&lowest_of[t], memory_order_relaxed);
}

uint64_t log_swallowed(void)
{
	return atomic_load(&swallowed);
}

/* has_turn - one of this second's lines, if there is still one */
static bool has_turn(void)
{
	uint64_t second = (uint64_t)(clock_now() / 1000) << 16;
	uint64_t was = atomic_load(&window), next;

	do {
		next = (was & ~UINT64_C(0xffff)) == second ? was + 1 : second | 1;
		if ((next & 0xffff) > LINES_PER_S)
			return false;
	} while (!atomic_compare_exchange_weak(&window, &was, next));
	return true;
}

static void add_time(struct text *t)
{
	int64_t ms = clock_wall_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char day[32];

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	text_add(t, "%s.%03dZ", day, (int)(ms % 1000));
}

static size_t shorter(const char *s, size_t n)
{
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static struct slice bounded(const char *s, size_t max)
{
	size_t n = s ? strnlen(s, max + 1) : 0;

	return slice(s, n > max ? shorter(s, max) : n);
}

static void add_plain(struct text *t, enum log_level l, const struct log_subject *s,
		      struct slice msg)
{
	if (!atomic_load(&for_journald)) {
		add_time(t);
		text_add(t, " %s ", levels[l].word);
	}
	text_add_str(t, topics[s->topic]);
	if (s->sa)
		text_add(t, "[%" PRIu32 "]", s->sa);
	if (s->peer) {
		text_add_str(t, " ");
		text_add_clean(t, bounded(s->peer, PEER_BYTES));
	}
	if (s->addr) {
		text_add_str(t, " ");
		text_add_clean(t, bounded(s->addr, ADDR_BYTES));
	}
	text_add_str(t, ": ");
	text_add_clean(t, msg);
	if (s->negotiation)
		text_add(t, " (negotiation %" PRIu64 ")", s->negotiation);
}

static void add_member(struct text *t, const char *name, struct slice value)
{
	text_add(t, ",\"%s\":", name);
	text_add_json(t, (const char *)value.at, value.n);
}

static void add_json(struct text *t, enum log_level l, const struct log_subject *s,
		     struct slice msg)
{
	text_add_str(t, "{\"time\":\"");
	add_time(t);
	text_add_str(t, "\"");
	add_member(t, "level", slice_str(levels[l].word));
	add_member(t, "topic", slice_str(topics[s->topic]));
	if (s->sa)
		text_add(t, ",\"sa\":%" PRIu32, s->sa);
	if (s->peer)
		add_member(t, "peer", bounded(s->peer, PEER_BYTES));
	if (s->addr)
		add_member(t, "addr", bounded(s->addr, ADDR_BYTES));
	if (s->negotiation)
		text_add(t, ",\"negotiation\":%" PRIu64, s->negotiation);
	add_member(t, "msg", msg);
	text_add_str(t, "}");
}

/* send_line - put the line together and write it. What strangers wrote may grow sixfold when
 * escaped, so a message that does not fit is tried again shorter: a JSON line stays JSON. */
static void send_line(enum log_level l, const struct log_subject *s, struct slice msg)
{
	bool json = atomic_load(&as_json);
	char line[LINE_BYTES + 1];
	struct text t;

	for (;;) {
		t = (struct text){ .at = line, .cap = sizeof(line), .limit = LINE_BYTES - 1 };
		if (atomic_load(&for_journald))
			text_add(&t, "<%c>", levels[l].priority);
		if (json)
			add_json(&t, l, s, msg);
		else
			add_plain(&t, l, s, msg);
		if (!t.cut || !json || msg.n == 0)
			break;
		msg.n = shorter((const char *)msg.at, msg.n - (msg.n + 7) / 8);
	}
	line[t.n] = '\n';
	while (write(atomic_load(&out_fd), line, t.n + 1) < 0 && errno == EINTR)
		;
}

/* confess - say how many lines are missing, by whoever finds room first */
static void confess(void)
{
	uint64_t all = atomic_load(&swallowed);
	uint64_t missing = all - atomic_exchange(&confessed, all);
	char msg[80];

	if (missing == 0 || missing > all)
		return;
	snprintf(msg, sizeof(msg), "%" PRIu64 " lines were swallowed by the rate limit", missing);
	send_line(LOG_WARN_, &(struct log_subject){ .topic = LOG_DAEMON }, slice_str(msg));
}

void log_line(enum log_level l, const struct log_subject *s, const char *fmt, ...)
{
	char msg[LINE_BYTES + 1];
	va_list args;

	if (!log_wants(s->topic, l))
		return;
	if (l != LOG_ERROR_ && !has_turn()) {
		atomic_fetch_add(&swallowed, 1);
		return;
	}
	if (l != LOG_ERROR_)
		confess();

	int kept = errno; /* for %m, and for the caller */
	va_start(args, fmt);
	errno = kept;
	int n = vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	if (n >= 0)
		send_line(l, s, bounded(msg, LINE_BYTES - 1));
	errno = kept;
}
