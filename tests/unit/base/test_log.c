/* test_log.c - lines are whole, honest and not too many */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/log.h"
#include "core/base/own.h"
#include "core/base/text.h"
#include "core/base/timers.h"

/* A line is one write(2): with a socket that keeps messages apart, one read is one line. */
static int ends[2];
static char line[5000];

static const struct log_subject branch = {
	.topic = LOG_IKE, .sa = 17, .peer = "branch-12", .addr = "203.0.113.9"
};

static int open_ends(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends);
}

static int close_ends(void **state)
{
	(void)state;
	close(ends[0]);
	return close(ends[1]);
}

static int fresh(void **state)
{
	(void)state;
	log_open(ends[0], false, false);
	log_level(LOG_TOPICS, LOG_DEBUG_);
	return 0;
}

static const char *next_line(void)
{
	ssize_t n = read(ends[1], line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';
	return n > 0 ? line : NULL;
}

/* The line after its time, which must look like one. */
static const char *after_time(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	assert_non_null(s);
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == 'd')
			assert_in_range(s[i], '0', '9');
		else
			assert_int_equal(s[i], shape[i]);
	}
	return &s[sizeof(shape) - 1];
}

/* One flat object of strings and numbers and a newline: all our lines are. */
static bool is_json_line(const char *s)
{
	bool inside = false;
	size_t n = strlen(s), quotes = 0;

	if (n < 3 || s[0] != '{' || strcmp(&s[n - 2], "}\n") != 0 || !is_utf8(s, n))
		return false;
	for (size_t i = 1; i < n - 2; i++) {
		if ((unsigned char)s[i] < 0x20)
			return false;
		if (s[i] == '"') {
			inside = !inside;
			quotes++;
		} else if (s[i] == '\\') {
			if (!inside || !strchr("\"\\nrtu", s[i + 1]))
				return false;
			i++;
		} else if (!inside && !strchr(":,0123456789", s[i])) {
			return false;
		}
	}
	return !inside && quotes >= 14;
}

static void text_lines_start_with_their_subject(void **state)
{
	(void)state;
	log_line(LOG_NOTE_, &branch, "authenticated the %s", "peer");
	assert_string_equal(after_time(next_line()),
			    " note ike[17] branch-12 203.0.113.9: authenticated the peer\n");
	log_say(LOG_ERROR_, LOG_STORE, "no room: %d", 7);
	assert_string_equal(after_time(next_line()), " error store: no room: 7\n");
	log_line(LOG_WARN_,
		 &(struct log_subject){ .topic = LOG_API, .addr = "::1", .negotiation = 12 }, "x");
	assert_string_equal(after_time(next_line()), " warn api ::1: x (negotiation 12)\n");
}

static void journald_gets_a_priority_and_keeps_its_own_time(void **state)
{
	static const char *const want[] = { "<3>ike: m\n", "<4>ike: m\n", "<5>ike: m\n",
					    "<6>ike: m\n", "<7>ike: m\n" };

	(void)state;
	log_open(ends[0], false, true);
	for (int l = LOG_ERROR_; l <= LOG_DEBUG_; l++) {
		log_say((enum log_level)l, LOG_IKE, "m");
		assert_string_equal(next_line(), want[l]);
	}
	log_open(ends[0], true, true);
	log_say(LOG_WARN_, LOG_IKE, "m");
	assert_memory_equal(next_line(), "<4>{", 4);
	assert_true(is_json_line(&line[3]));
}

static void json_lines_have_members(void **state)
{
	char *rest;

	(void)state;
	log_open(ends[0], true, false);
	log_line(LOG_INFO_, &branch, "said \"%s\"", "no\nway");
	assert_non_null(next_line());
	assert_true(is_json_line(line));
	assert_memory_equal(line, "{\"time\":\"", 9);
	rest = (char *)after_time(&line[9]);
	assert_string_equal(rest, "\",\"level\":\"info\",\"topic\":\"ike\",\"sa\":17,"
				  "\"peer\":\"branch-12\",\"addr\":\"203.0.113.9\","
				  "\"msg\":\"said \\\"no\\nway\\\"\"}\n");
	log_line(LOG_INFO_, &(struct log_subject){ .topic = LOG_IKE, .negotiation = 12 }, "x");
	assert_non_null(next_line());
	assert_string_equal(
		after_time(&line[9]),
		"\",\"level\":\"info\",\"topic\":\"ike\",\"negotiation\":12,\"msg\":\"x\"}\n");
	log_say(LOG_INFO_, LOG_SNMP, "bare");
	assert_non_null(next_line());
	assert_string_equal(after_time(&line[9]),
			    "\",\"level\":\"info\",\"topic\":\"snmp\",\"msg\":\"bare\"}\n");
}

static void a_stranger_cannot_forge_a_line(void **state)
{
	struct log_subject s = { .topic = LOG_IKE, .peer = "evil\nerror ike: all lost" };

	(void)state;
	log_line(LOG_NOTE_, &s, "name %s", "a\r\n2026-11-24T15:00:01.123Z note x\x1b[2J\xff");
	assert_string_equal(after_time(next_line()),
			    " note ike evil\\x0aerror ike: all lost: name "
			    "a\\x0d\\x0a2026-11-24T15:00:01.123Z note x\\x1b[2J\\xff\n");
	assert_null(next_line());
}

static void long_lines_are_cut_whole(void **state)
{
	static const char *const pieces[] = { "a", "\n", "\xff", "\xe2\x82\xac", "\"\\", "\x01" };
	char big[6000], peer[3000];

	(void)state;
	memset(peer, '\x01', sizeof(peer) - 1); /* grows sixfold */
	peer[sizeof(peer) - 1] = '\0';
	for (int json = 0; json < 2; json++) {
		log_open(ends[0], json, false);
		for (size_t p = 0; p < COUNT_OF(pieces); p++) {
			struct log_subject s = branch;

			big[0] = '\0';
			for (size_t n = 0; n + 5 < sizeof(big); n += strlen(pieces[p]))
				strcpy(&big[n], pieces[p]);
			for (int with = 0; with < 2; with++) {
				s.peer = with ? peer : "branch-12";
				s.addr = with ? peer : "203.0.113.9";
				log_line(LOG_ERROR_, &s, "%s", big);
				assert_non_null(next_line());
				assert_in_range(strlen(line), 1500, 2000);
				assert_int_equal(line[strlen(line) - 1], '\n');
				assert_true(is_utf8(line, strlen(line)));
				if (json)
					assert_true(is_json_line(line));
			}
		}
	}
	assert_null(next_line());
}

static int formatted;

static const char *costly(void)
{
	formatted++;
	return "costly";
}

static void levels_are_by_topic_and_tested_first(void **state)
{
	(void)state;
	log_level(LOG_TOPICS, LOG_WARN_);
	log_level(LOG_IKE, LOG_INFO_);
	assert_true(log_wants(LOG_IKE, LOG_INFO_));
	assert_false(log_wants(LOG_IKE, LOG_DEBUG_));
	assert_false(log_wants(LOG_API, LOG_NOTE_));
	assert_true(log_wants(LOG_API, LOG_ERROR_));
	assert_false(log_wants(LOG_TOPICS, LOG_ERROR_));

	log_say(LOG_DEBUG_, LOG_IKE, "%s", costly());
	assert_int_equal(formatted, 0);
	assert_null(next_line());
	log_line(LOG_NOTE_, &(struct log_subject){ .topic = LOG_API }, "not asked for either");
	assert_null(next_line());
	log_say(LOG_INFO_, LOG_IKE, "%s", costly());
	assert_int_equal(formatted, 1);
	assert_non_null(next_line());
}

static void errno_survives_a_line(void **state)
{
	(void)state;
	errno = ENOENT;
	log_say(LOG_ERROR_, LOG_DAEMON, "open: %m");
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(next_line(), "open: No such file"));
	log_open(-1, false, false); /* nobody to hear it: no harm */
	log_say(LOG_ERROR_, LOG_DAEMON, "lost");
	assert_int_equal(errno, ENOENT);
}

static void *chatter(void *arg)
{
	for (int i = 0; i < 50; i++)
		log_say(LOG_ERROR_, LOG_API, "from %s, with a tail %060d", (const char *)arg, i);
	return NULL;
}

/* A memfd keeps no lock on its offset, as a file, pipe or socket would: hence O_APPEND. */
static int new_file(void)
{
	int fd = memfd_create("lines", 0);

	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	return fd;
}

static void lines_of_many_threads_never_mix(void **state)
{
	static char names[4][8] = { "one", "two", "three", "four" };
	pthread_t threads[4];
	int fd = new_file();
	FILE *in = fdopen(fd, "r");
	unsigned lines = 0;

	(void)state;
	log_open(fd, false, false);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	rewind(in);
	while (fgets(line, sizeof(line), in)) {
		char who[8];
		int tail, end = 0;

		assert_int_equal(sscanf(after_time(line),
					" error api: from %7[a-z], with a tail %d%n", who, &tail,
					&end),
				 2);
		assert_string_equal(&after_time(line)[end], "\n");
		lines++;
	}
	assert_int_equal(lines, 200);
	fclose(in);
}

/* To the start of a second, so that what follows is most likely inside it. */
static void wait_for_a_second(void)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	msec second = clock_now() / 1000;

	while (clock_now() / 1000 == second)
		nanosleep(&nap, NULL);
}

static void a_flood_is_swallowed_but_counted(void **state)
{
	int fd = new_file();
	FILE *in = fdopen(fd, "r");
	unsigned seen = 0, errors = 0;
	unsigned long confessed = 0, n;

	(void)state;
	wait_for_a_second();
	uint64_t before = log_swallowed();
	log_open(fd, false, true);
	msec second = clock_now() / 1000;
	for (int i = 0; i < 1000; i++)
		log_say(i % 2 ? LOG_WARN_ : LOG_DEBUG_, LOG_IKE, "flood");
	for (int i = 0; i < 10; i++)
		log_say(LOG_ERROR_, LOG_IKE, "error"); /* never swallowed */
	msec seconds = clock_now() / 1000 - second + 1;
	uint64_t swallowed = log_swallowed() - before;

	wait_for_a_second();
	log_say(LOG_NOTE_, LOG_IKE, "calm");
	rewind(in);
	while (fgets(line, sizeof(line), in)) {
		seen += strstr(line, "flood") != NULL;
		errors += strstr(line, "error") != NULL;
		if (sscanf(line, "<4>daemon: %lu lines were swallowed", &n) == 1)
			confessed += n;
	}
	assert_non_null(strstr(line, "calm")); /* the last one */
	assert_int_equal(errors, 10);
	assert_in_range(seen, 200, 200 * seconds);
	assert_int_equal(seen + swallowed, 1000);
	assert_int_equal(confessed, swallowed);
	fclose(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(text_lines_start_with_their_subject, fresh),
		cmocka_unit_test_setup(journald_gets_a_priority_and_keeps_its_own_time, fresh),
		cmocka_unit_test_setup(json_lines_have_members, fresh),
		cmocka_unit_test_setup(a_stranger_cannot_forge_a_line, fresh),
		cmocka_unit_test_setup(long_lines_are_cut_whole, fresh),
		cmocka_unit_test_setup(levels_are_by_topic_and_tested_first, fresh),
		cmocka_unit_test_setup(errno_survives_a_line, fresh),
		cmocka_unit_test_setup(lines_of_many_threads_never_mix, fresh),
		cmocka_unit_test_setup(a_flood_is_swallowed_but_counted, fresh),
	};

	return cmocka_run_group_tests(tests, open_ends, close_ends);
}
