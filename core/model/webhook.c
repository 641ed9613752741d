/* webhook.c - register: members of webhooks; which URLs and addresses are fit for one
 *
 * Called by: record.c through kind.def, rules_service.c, api/hooks.c.  Thread: any.
 * Owns: nothing.
 */
#include "core/model/webhook.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct field webhook_fields[] = {
	FIELD(webhook, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the webhook"),
	FIELD(webhook, description, "description", .kind = F_TEXT, .max = 127, .help = "Who listens there, for people"),
	FIELD(webhook, enabled, "enabled", .kind = F_FLAG, .preset = "true", .help = "Whether events are sent"),
	FIELD(webhook, url, "url", .kind = F_TEXT, .min = 1, .max = WEBHOOK_URL_SIZE - 1, .flags = FF_REQUIRED,
	      .help = "Where events are posted to: https, or http to this machine"),
	FIELD(webhook, secret, "secret", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_,
	      .help = "Secret whose value signs each body (HMAC-SHA256 in X-Ikeeper-Signature)"),
	LIST(webhook, events, events_n, "events", .kind = F_TEXT, .min = 1, .max = 47,
	     .help = "Names or topics of events that are sent; none: every one that is journalled"),
	FIELD(webhook, allow_link_local, "allow_link_local", .kind = F_FLAG, .preset = "false",
	      .help = "Send to link-local addresses too, where clouds keep what a machine may do"),
	{ 0 },
};
/* clang-format on */

bool webhook_host(const char *url, char *ret, size_t cap, bool *ret_https)
{
	static const char https[] = "https://", http[] = "http://";
	const char *at = url;

	*ret_https = strncmp(at, https, sizeof(https) - 1) == 0;
	if (!*ret_https && strncmp(at, http, sizeof(http) - 1) != 0)
		return false;
	at += *ret_https ? sizeof(https) - 1 : sizeof(http) - 1;
	for (const char *p = at; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '\\' || *p == '#')
			return false;
	size_t n = strcspn(at, "/?");
	if (memchr(at, '@', n))
		return false;
	if (*at == '[') {
		const char *close = memchr(at, ']', n);

		if (!close || (close[1] != '\0' && !strchr(":/?", close[1])))
			return false;
		at++;
		n = (size_t)(close - at);
	} else {
		n = strcspn(at, ":/?");
	}
	return n && (size_t)snprintf(ret, cap, "%.*s", (int)n, at) < cap;
}

/* An IPv4 address within an IPv6 one counts as what it is. */
static struct addr inner(const struct addr *a)
{
	char text[ADDR_TEXT];
	struct addr in;

	addr_text(a, text);
	if (strncmp(text, "::ffff:", 7) == 0 && addr_read(text + 7, &in))
		return in;
	return *a;
}

static bool is_within(const struct addr *a, const char *prefix)
{
	struct prefix p;

	return prefix_read(prefix, &p) && prefix_has(&p, a);
}

bool webhook_forbids(const struct addr *a)
{
	static const char *const no[] = { "169.254.0.0/16", "0.0.0.0/8",
					  "224.0.0.0/3",    "100.100.100.200/32",
					  "fe80::/10",      "ff00::/8",
					  "::/128",         "fd00:ec2::254/128" };
	struct addr in = inner(a);

	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (is_within(&in, no[i]))
			return true;
	return false;
}

bool webhook_is_loopback(const struct addr *a)
{
	struct addr in = inner(a);

	return is_within(&in, "127.0.0.0/8") || is_within(&in, "::1/128");
}

bool webhook_wants(const struct webhook *w, const char *event, const char *topic, bool journalled)
{
	for (size_t i = 0; i < w->events_n; i++)
		if (strcmp(w->events[i], event) == 0 || strcmp(w->events[i], topic) == 0)
			return true;
	return w->events_n == 0 && journalled;
}
