/* wiretap_inside.h - what the two halves of the datagram trace share: recording and writing */
#pragma once

#include "core/daemon/inside.h"
#include "core/ipsec/plane.h"
#include "core/model/wiretrace.h"

struct seen {
	struct link link;
	int64_t wall_ms;
	bool inbound, natt;
	struct addr local, remote;
	char peer[NAME_SIZE];
	uint32_t ike_sa;
	uint64_t negotiation;
	size_t n;
	uint8_t octets[];
};

struct ike_key {
	uint8_t initiator_spi[8];
	uint8_t key[KEY_MAX];
	size_t n;
};

enum { ESP_KEYMAT = 128 }; /* more than any suite has */

struct esp_key {
	struct addr from, to;
	uint32_t spi;
	struct esp_suite suite;
	uint8_t keymat[ESP_KEYMAT];
	size_t n;
};

struct recorded {
	struct link link;
	struct daemon *d;
	struct wiretrace row;
	struct timer timer; /* its end, then its being forgotten */
	struct link seen; /* oldest first */
	struct seen *
		doubted; /* being looked at by the engine: whose it is shows afterwards; NULL none */
	struct ike_key *ike; /* WIRETRACE_KEYS of each, NULL without secrets */
	struct esp_key *esp;
};

/* wiretap_out.c */
void wiretap_write_json(const struct recorded *r, struct text *t);
/* These three hold secrets: the room for the whole is made at once, so that nothing stays behind in
 * memory that was given back. False: no memory. The caller wipes the text. */
bool wiretap_write_pcapng(const struct recorded *r, struct text *t);
bool wiretap_write_ikev1_table(const struct recorded *r, struct text *t);
bool wiretap_write_esp_table(const struct recorded *r, struct text *t);
