/* wiretrace.c - a recording of IKE datagrams as JSON: what it is, not what is in it
 *
 * Called by: api, core/daemon.  Thread: any.  Owns: nothing.
 */
#include "core/model/wiretrace.h"

#include "core/model/moment.h"

static void put_moment(const char *key, int64_t wall_ms, struct text *t)
{
	text_add(t, ",\"%s\":", key);
	moment_json(wall_ms, t);
}

void wiretrace_json(const struct wiretrace *w, struct text *t)
{
	text_add(t, "{\"id\":%llu", (unsigned long long)w->id);
	text_add_member(t, "peer", w->peer);
	text_add(t, ",\"secrets\":%s,\"running\":%s", w->secrets ? "true" : "false",
		 w->running ? "true" : "false");
	text_add_member(t, "who", w->who);
	put_moment("started_at", w->started_ms, t);
	put_moment("until", w->until_ms, t);
	put_moment("forgotten_at", w->forgotten_ms, t);
	text_add(t, ",\"datagrams\":%u,\"dropped\":%u,\"octets\":%llu", w->datagrams, w->dropped,
		 (unsigned long long)w->octets);
	text_add(t, ",\"ike_keys\":%u,\"esp_keys\":%u}", w->ike_keys, w->esp_keys);
}
