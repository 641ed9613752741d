/* log.h - one line, one subject
 *
 * A line has a subject, always first and always alike, so that one peer's life is
 * one grep: `ike[17] branch-12 203.0.113.9: authenticated the peer`. Text for
 * people or JSON for collectors. Strangers' octets never reach it unescaped.
 * Only core/daemon, core/ike and the services log; base, crypto and wire never do.
 * Thread safe: a line is one write(2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR_, LOG_WARN_, LOG_NOTE_, LOG_INFO_, LOG_DEBUG_ };
enum log_topic { LOG_DAEMON, LOG_IKE, LOG_PLANE, LOG_STORE, LOG_API, LOG_SNMP, LOG_TOPICS };

struct log_subject {
	enum log_topic topic;
	uint32_t sa; /* IKE SA id, 0 none */
	const char *peer; /* NULL none */
	const char *addr; /* NULL none */
	uint64_t negotiation; /* whose story has more, 0 none; stands at the end of a plain line */
};

void log_open(int fd, bool json, bool journald_priorities);
void log_level(enum log_topic t, enum log_level lowest); /* LOG_TOPICS: all */
bool log_wants(enum log_topic t, enum log_level l);
void log_line(enum log_level l, const struct log_subject *s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Lines swallowed by the rate limit since start (200 a second for warnings and below). */
uint64_t log_swallowed(void);

/* The level is tested before anything is formatted. */
#define log_say(level, subject_topic, ...)                                                   \
	do {                                                                                 \
		if (log_wants((subject_topic), (level)))                                     \
			log_line((level), &(struct log_subject){ .topic = (subject_topic) }, \
				 __VA_ARGS__);                                               \
	} while (0)
