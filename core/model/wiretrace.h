/* wiretrace.h - a recording of IKE datagrams: asked for, bounded in time and size, read, forgotten
 *
 * It lives in memory alone: never in the store, a backup or the log. With secrets, the keys that the
 * datagrams are enciphered with are kept beside them, for as long as the trace is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/text.h"
#include "core/model/record.h"

enum {
	WIRETRACES_MOST = 4, /* at once, those that ended and are kept among them */
	WIRETRACE_SECONDS_PRESET = 300,
	WIRETRACE_SECONDS_MOST = 3600,
	WIRETRACE_KEPT_S = 15 * 60, /* after its end; then it is wiped and forgotten */
	WIRETRACE_DATAGRAMS = 4096,
	WIRETRACE_OCTETS = 4 * 1024 * 1024,
	WIRETRACE_KEYS = 512, /* of IKE SAs, and as many of ESP SAs */
};

struct wiretrace_ask {
	const char *peer; /* "" every one */
	uint32_t seconds;
	bool secrets;
	const char *who;
};

struct wiretrace {
	uint64_t id;
	char peer[NAME_SIZE]; /* "" every one */
	bool secrets, running;
	char who[WHO_SIZE];
	int64_t started_ms,
		until_ms; /* wall clock; until: the end of the time box, or when it ended */
	int64_t forgotten_ms; /* when it is wiped */
	uint32_t datagrams, dropped; /* dropped: it was full */
	uint64_t octets;
	uint32_t ike_keys, esp_keys;
};

enum wiretrace_form {
	WIRETRACE_JSON, /* in words; no secret, and nothing a key could be guessed from */
	WIRETRACE_PCAPNG,
	WIRETRACE_IKEV1_TABLE, /* a file of Wireshark's: ikev1_decryption_table */
	WIRETRACE_ESP_TABLE, /* another: esp_sa */
};

typedef void wiretrace_each(void *arg, const struct wiretrace *w);

void wiretrace_json(const struct wiretrace *w, struct text *t);
