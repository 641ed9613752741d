/* happened.c - the journal of events
 *
 * Events come in batches of about a second, one transaction each, and the oldest go once there
 * are too many: the journal can fill no disk. It is best effort; when the store cannot take a
 * batch it is dropped, and the next one is tried again.
 *
 * An event's number restarts with every life of the daemon. The journal's numbers go on: those
 * of this life stand above the last of the one before, and that is the `seq` it answers with.
 *
 * Called by: the daemon writes, the api reads, through struct repo.  Thread: loop.
 * Owns: nothing.
 */
#include <string.h>

#include "core/base/log.h"
#include "store/parts.h"

void happened_start(struct store *s)
{
	s->event_base = store_number(s, "SELECT max(id) FROM events");
	s->event_last = s->event_base;
	s->events_n = store_number(s, "SELECT count(*) FROM events");
}

static void bind_event(sqlite3_stmt *st, uint64_t id, const struct event *e, const char *remote)
{
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	sqlite3_bind_int64(st, 2, e->wall_ms);
	store_bind_text(st, 3, event_row(e->id)->name);
	store_bind_text(st, 4, reason_slug(e->reason));
	store_bind_text(st, 5, e->peer);
	store_bind_text(st, 6, e->tunnel);
	sqlite3_bind_int64(st, 7, e->peer_index);
	sqlite3_bind_int64(st, 8, e->ike_sa);
	sqlite3_bind_int64(st, 9, e->child_sa);
	sqlite3_bind_int64(st, 10, (sqlite3_int64)e->negotiation);
	store_bind_text(st, 11, remote);
	sqlite3_bind_int64(st, 12, e->remote.port);
	sqlite3_bind_int64(st, 13, (sqlite3_int64)e->revision);
	store_bind_text(st, 14, e->who);
	store_bind_text(st, 15, e->text);
}

static enum reason insert_all(struct store *s, const struct event *events, size_t n,
			      uint64_t *ret_last, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", f);
	uint64_t last = s->event_last;
	enum reason r = st ? R_OK : f->reason;

	for (size_t i = 0; i < n && r == R_OK; i++) {
		char remote[ADDR_TEXT] = "";

		if (events[i].remote.family)
			addr_text(&events[i].remote, remote);
		last = MAX_OF(last + 1, s->event_base + events[i].seq);
		bind_event(st, last, &events[i], remote);
		if (sqlite3_step(st) != SQLITE_DONE)
			r = store_fault(s, f, "journalling");
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	*ret_last = last;
	return r;
}

static enum reason drop_oldest(struct store *s, uint64_t n, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s, "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)", f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)n);
	return store_finish(s, st, f);
}

void happened_keep(void *ctx, const struct event *events, size_t n)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	uint64_t last = 0, drop = 0;
	enum reason r = store_begin(s, &f);

	if (n > EVENTS_KEPT) { /* older than all that would be kept */
		events += n - EVENTS_KEPT;
		n = EVENTS_KEPT;
	}
	if (s->events_n + n > EVENTS_KEPT + EVENTS_SLACK)
		drop = s->events_n + n - EVENTS_KEPT;
	if (r == R_OK) {
		r = insert_all(s, events, n, &last, &f);
		if (r == R_OK && drop)
			r = drop_oldest(s, drop, &f);
		r = store_end(s, r, &f);
	}
	if (r != R_OK) {
		log_say(LOG_WARN_, LOG_STORE, "%zu events were not journalled: %s", n, f.text);
		return;
	}
	s->event_last = last;
	s->events_n += n - drop;
}

static bool id_of_name(const char *name, enum event_id *ret)
{
	for (int i = 0; i < EVT_COUNT; i++) {
		if (strcmp(event_row((enum event_id)i)->name, name) == 0) {
			*ret = (enum event_id)i;
			return true;
		}
	}
	return false;
}

/* False for an event that a later release made and this one does not know. */
static bool read_event(sqlite3_stmt *st, struct event *e)
{
	enum reason reason = reason_of_slug(store_text(st, 3));

	*e = (struct event){ .seq = (uint64_t)sqlite3_column_int64(st, 0),
			     .wall_ms = sqlite3_column_int64(st, 1),
			     .reason = reason == R_COUNT ? R_INTERNAL : reason,
			     .peer_index = (uint32_t)sqlite3_column_int64(st, 6),
			     .ike_sa = (uint32_t)sqlite3_column_int64(st, 7),
			     .child_sa = (uint32_t)sqlite3_column_int64(st, 8),
			     .negotiation = (uint64_t)sqlite3_column_int64(st, 9),
			     .revision = (uint64_t)sqlite3_column_int64(st, 12) };
	if (addr_read(store_text(st, 10), &e->remote))
		e->remote.port = (uint16_t)sqlite3_column_int64(st, 11);
	text_copy(e->peer, sizeof(e->peer), store_text(st, 4));
	text_copy(e->tunnel, sizeof(e->tunnel), store_text(st, 5));
	text_copy(e->who, sizeof(e->who), store_text(st, 13));
	text_copy(e->text, sizeof(e->text), store_text(st, 14));
	return id_of_name(store_text(st, 2), &e->id);
}

void happened_read(void *ctx, uint64_t before, size_t most, event_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s, "SELECT * FROM events WHERE id < ? ORDER BY id DESC LIMIT ?", NULL);
	struct event e;

	if (st) {
		sqlite3_bind_int64(st, 1, before ? (sqlite3_int64)before : INT64_MAX);
		sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
	}
	while (st && sqlite3_step(st) == SQLITE_ROW)
		if (read_event(st, &e))
			each(arg, &e);
	sqlite3_finalize(st);
	each(arg, NULL);
}
