/* webhook.h - where somebody wants to be told of events by HTTP POST
 *
 * The record alone; sending is the API's (api/hooks.h).
 */
#pragma once

#include "core/base/addr.h"
#include "core/model/record.h"

enum { WEBHOOK_EVENTS = 32, WEBHOOK_URL_SIZE = 512 };

struct webhook {
	struct record r;
	char description[128];
	bool enabled;
	char url[WEBHOOK_URL_SIZE]; /* https, or http to loopback */
	char secret[NAME_SIZE]; /* -> secret whose value signs, "" none */
	uint8_t events_n;
	char events[WEBHOOK_EVENTS][48]; /* names or topics; none: all that are journalled */
	bool allow_link_local;
};

extern const struct field webhook_fields[];

/* The host of a URL, without brackets and port; false: it is no http or https URL of ours (a name
 * or password in it is none). */
bool webhook_host(const char *url, char *ret, size_t cap, bool *ret_https);
/* Addresses nobody has a reason to send events to: link-local ones, where clouds keep credentials,
 * multicast and the unspecified one. Also within IPv6 (RFC 4291 section 2.5.5.2). */
bool webhook_forbids(const struct addr *a);
bool webhook_is_loopback(const struct addr *a);
/* Does it want this event? */
bool webhook_wants(const struct webhook *w, const char *event, const char *topic, bool journalled);
