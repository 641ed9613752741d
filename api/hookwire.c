/* hookwire.c - one POST of an event to a webhook: libcurl, and nothing else knows it
 *
 * A URL is somebody's word for where a request of ours goes, so it goes nowhere else: no
 * redirects, no proxy out of the environment, http only to this machine, and whatever a name
 * stands for is looked at when the socket is made: link-local addresses, where clouds hand out
 * credentials, are refused then. What comes back is not kept.
 *
 * Called by: hooks.c.  Thread: its own.  Owns: nothing beyond one request.
 */
#include "api/hookwire.h"

#include <curl/curl.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/addr.h"
#include "core/base/text.h"

enum { ANSWER_MOST = 64 * 1024 };

struct sending {
	const struct hook_post *post;
	struct hook_answer *ret;
	bool https;
	size_t taken;
	char error[CURL_ERROR_SIZE];
};

void hookwire_open(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- where to ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sending *s = arg;
	char text[ADDR_TEXT];
	struct addr a;

	(void)purpose;
	if (!addr_of_sockaddr(&to->addr, &a))
		return CURL_SOCKET_BAD;
	addr_text(&a, text);
	if (webhook_forbids(&a) && !s->post->to->allow_link_local)
		snprintf(s->ret->error, sizeof(s->ret->error),
			 "its name stands for %s: events are not sent there", text);
	else if (!s->https && !webhook_is_loopback(&a))
		snprintf(s->ret->error, sizeof(s->ret->error),
			 "%s is not this machine, and over http events go nowhere else", text);
	else
		return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	return CURL_SOCKET_BAD;
}

/* ---- there and back ---- */

static size_t throw_away(char *at, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;

	(void)at;
	s->taken += size * n;
	return s->taken > ANSWER_MOST ? 0 : size * n;
}

static int look(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sending *s = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(s->post->stop);
}

static struct curl_slist *add(struct curl_slist *l, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s: %s", name, value);
	return curl_slist_append(l, line);
}

static struct curl_slist *headers_of(const struct hook_post *p)
{
	struct curl_slist *l = add(NULL, "Content-Type", "application/json");
	uint8_t sum[32];
	struct text t;

	l = add(l, "User-Agent", "ikeeper/" IKEEPER_VERSION);
	l = add(l, "X-Ikeeper-Event", p->event);
	l = add(l, "X-Ikeeper-Delivery", p->delivery);
	l = curl_slist_append(l, "Expect:");
	if (!p->key.n || gnutls_hmac_fast(GNUTLS_MAC_SHA256, p->key.at, p->key.n, p->body.at,
					  p->body.n, sum) != 0)
		return l;
	text_init(&t, 0);
	text_add_str(&t, "sha256=");
	text_add_hex(&t, slice(sum, sizeof(sum)));
	l = add(l, "X-Ikeeper-Signature", t.at ? t.at : "");
	text_done(&t);
	return l;
}

static void set_up(CURL *c, struct sending *s, struct curl_slist *headers)
{
	const struct hook_post *p = s->post;

	curl_easy_setopt(c, CURLOPT_URL, p->to->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)HOOK_SECONDS);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 5L);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, throw_away);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body.at);
}

void hookwire_send(const struct hook_post *p, struct hook_answer *ret)
{
	struct sending s = { .post = p, .ret = ret };
	CURL *c = curl_easy_init();
	curl_off_t us = 0;
	char host[256];

	*ret = (struct hook_answer){ 0 };
	if (!c || !webhook_host(p->to->url, host, sizeof(host), &s.https)) {
		snprintf(ret->error, sizeof(ret->error), "it cannot be sent to");
		curl_easy_cleanup(c);
		return;
	}
	struct curl_slist *headers = headers_of(p);
	set_up(c, &s, headers);
	CURLcode r = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(c, CURLINFO_TOTAL_TIME_T, &us);
	ret->took_ms = (long)(us / 1000);
	if (r != CURLE_OK && !ret->status && !*ret->error)
		snprintf(ret->error, sizeof(ret->error), "%.150s",
			 *s.error ? s.error : curl_easy_strerror(r));
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
}
