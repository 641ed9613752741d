/* event.c - telling what happened, and writing it as JSON
 *
 * Every listener hears every event in the order in which they were told; it decides by the
 * event's row whether it cares. A listener may leave the list while it hears, and may tell an
 * event of its own: that one has the higher number and is heard by all before the first one
 * reaches the listeners further down.
 *
 * Called by: everybody who tells; the log, the stream, the journal and the trap sender hear.
 * Thread: loop (event_row and event_json: any).  Owns: nothing.
 */
#include "core/model/event.h"

#include <string.h>

#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/moment.h"

enum { FOREIGN = TRAP_FOREIGN }; /* the word of the register */

static const struct event_row rows[EVT_COUNT] = {
#define EVENT(code, name_, topic_, level_, journalled_, trap_, title_) \
	[EVT_##code] = { .name = name_,                                \
			 .topic = topic_,                              \
			 .level = LOG_##level_##_,                     \
			 .journalled = journalled_,                    \
			 .trap = trap_,                                \
			 .title = title_ },
#include "core/model/event.def"
#undef EVENT
};

static const struct name levels[] = {
	{ LOG_ERROR_, "error" }, { LOG_WARN_, "warning" }, { LOG_NOTE_, "notice" },
	{ LOG_INFO_, "info" },   { LOG_DEBUG_, "debug" },  { 0, NULL },
};

const struct event_row *event_row(enum event_id id)
{
	static const struct event_row unknown = {
		.name = "unknown", .topic = "system", .level = LOG_DEBUG_, .title = "Unknown event"
	};

	return (unsigned)id < EVT_COUNT ? &rows[id] : &unknown;
}

void events_init(struct events *e)
{
	list_init(&e->listeners);
	e->last_seq = 0;
}

void events_listen(struct events *e, struct listener *l)
{
	list_push(&e->listeners, &l->link);
}

void events_unlisten(struct listener *l)
{
	list_remove(&l->link);
}

void events_tell(struct events *e, struct event *ev)
{
	ev->seq = ++e->last_seq;
	ev->wall_ms = clock_wall_ms();
	list_each (i, &e->listeners) {
		struct listener *l = owner_of(i, struct listener, link);

		l->hear(l, ev);
	}
}

void event_json(const struct event *e, struct text *t)
{
	const struct event_row *row = event_row(e->id);
	char remote[ADDR_TEXT] = "";

	if (e->remote.family)
		addr_text(&e->remote, remote);
	text_add(t, "{\"seq\":%llu,\"event\":\"%s\",\"topic\":\"%s\",\"level\":\"%s\",\"time\":",
		 (unsigned long long)e->seq, row->name, row->topic, name_of(levels, row->level));
	moment_json(e->wall_ms, t);
	text_add_member(t, "title", row->title);
	text_add_member(t, "reason", e->reason == R_OK ? "" : reason_slug(e->reason));
	text_add_member(t, "peer", e->peer);
	text_add_member(t, "tunnel", e->tunnel);
	text_add_member_id(t, "ike_sa", e->ike_sa);
	text_add_member_id(t, "child_sa", e->child_sa);
	text_add_member_id(t, "negotiation", e->negotiation);
	text_add_member(t, "remote_address", remote);
	text_add_member_id(t, "revision", e->revision);
	text_add_member(t, "who", e->who);
	text_add_member(t, "text", e->text);
	text_add_str(t, "}");
}
