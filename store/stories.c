/* stories.c - how negotiations went, after they ended
 *
 * Stories come in batches of about a second, one transaction each. They are bounded in number and
 * age, and those of callers that nobody knows have a smaller share of their own, so that a flood of
 * strangers pushes out no story of a peer. Best effort, as the journal: what the store cannot take is
 * dropped.
 *
 * Called by: the daemon, through struct repo.  Thread: loop.  Owns: nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "store/parts.h"

#define COLUMNS                                                                           \
	"id, peer, tunnel, ike_sa, child_sa, exchange, role, local, local_port, remote, " \
	"remote_port, started_ms, ended_ms, verdict, reason, side, field, text, hint, "   \
	"ours, theirs, chosen, revision, local_id, remote_id, offer, steps"

enum { PRUNED_EACH = 256 }; /* stories between two looks at the bounds */

/* ---- writing ---- */

static void bind_addr(sqlite3_stmt *st, int at, const struct addr *a, char words[ADDR_TEXT])
{
	words[0] = '\0';
	if (a->family)
		addr_text(a, words);
	store_bind_text(st, at, words);
	sqlite3_bind_int64(st, at + 1, a->port);
}

/* One step a line: "1750000000000 > answered the proposal". */
static void put_steps(const struct story *s, struct text *t)
{
	text_init(t, 0);
	for (size_t i = 0; i < s->steps_n && i < STORY_STEPS; i++)
		text_add(t, "%" PRId64 " %c%s\n", s->steps[i].wall_ms, s->steps[i].direction,
			 s->steps[i].text);
}

static enum reason put_story(struct store *st, sqlite3_stmt *q, const struct story *s,
			     struct fault *f)
{
	const int64_t numbers[] = { s->ike_sa, s->child_sa, s->exchange, s->role };
	char local[ADDR_TEXT], remote[ADDR_TEXT];
	enum reason r = R_OK;
	struct text steps;

	put_steps(s, &steps);
	sqlite3_bind_int64(q, 1, (sqlite3_int64)s->id);
	store_bind_text(q, 2, s->peer);
	store_bind_text(q, 3, s->tunnel);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		sqlite3_bind_int64(q, 4 + (int)i, numbers[i]);
	bind_addr(q, 8, &s->local, local);
	bind_addr(q, 10, &s->remote, remote);
	sqlite3_bind_int64(q, 12, s->started_ms);
	sqlite3_bind_int64(q, 13, s->ended_ms);
	sqlite3_bind_int64(q, 14, s->verdict);
	store_bind_text(q, 15, reason_slug(s->reason));
	sqlite3_bind_int64(q, 16, s->side);
	store_bind_text(q, 17, s->field);
	store_bind_text(q, 18, s->text);
	store_bind_text(q, 19, s->hint);
	store_bind_text(q, 20, s->ours);
	store_bind_text(q, 21, s->theirs);
	store_bind_text(q, 22, s->chosen);
	sqlite3_bind_int64(q, 23, (sqlite3_int64)s->revision);
	store_bind_text(q, 24, s->local_id);
	store_bind_text(q, 25, s->remote_id);
	sqlite3_bind_blob(q, 26, s->offer_n ? s->offer : (const void *)"", (int)s->offer_n,
			  SQLITE_STATIC);
	store_bind_text(q, 27, steps.at ? steps.at : "");
	if (sqlite3_step(q) != SQLITE_DONE)
		r = store_fault(st, f, "keeping a negotiation");
	sqlite3_reset(q);
	text_done(&steps);
	return r;
}

static enum reason drop_beyond(struct store *s, bool strangers, uint64_t most, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s,
		strangers ? "DELETE FROM stories WHERE peer = '' AND id <= (SELECT id FROM stories "
			    "WHERE peer = '' ORDER BY id DESC LIMIT 1 OFFSET ?)"
			  : "DELETE FROM stories WHERE id <= (SELECT id FROM stories "
			    "ORDER BY id DESC LIMIT 1 OFFSET ?)",
		f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)most);
	return store_finish(s, st, f);
}

enum reason stories_shorten(struct store *s, int64_t now_ms, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "DELETE FROM stories WHERE started_ms < ?", f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, now_ms - s->stories_age_ms);
	if (store_finish(s, st, f) != R_OK || drop_beyond(s, true, s->strangers_most, f) != R_OK)
		return f->reason;
	return drop_beyond(s, false, s->stories_most, f);
}

void stories_keep(void *ctx, const struct story *const *stories, size_t n)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	sqlite3_stmt *st;
	enum reason r;

	if (!n || store_begin(s, &f) != R_OK)
		return;
	st = store_prepare(s,
			   "INSERT OR REPLACE INTO stories (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, "
			   "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			   &f);
	r = st ? R_OK : f.reason;
	for (size_t i = 0; i < n && r == R_OK; i++)
		r = put_story(s, st, stories[i], &f);
	sqlite3_finalize(st);
	s->stories_since_pruned += n;
	if (r == R_OK && s->stories_since_pruned >= PRUNED_EACH) {
		s->stories_since_pruned = 0;
		r = stories_shorten(s, stories[n - 1]->started_ms, &f);
	}
	if (store_end(s, r, &f) != R_OK)
		log_say(LOG_WARN_, LOG_STORE, "%zu negotiations were not kept: %s", n, f.text);
}

/* ---- reading ---- */

static void read_addr(sqlite3_stmt *st, int at, struct addr *ret)
{
	if (addr_read(store_text(st, at), ret))
		ret->port = (uint16_t)sqlite3_column_int64(st, at + 1);
}

static void read_steps(const char *lines, struct story *s)
{
	while (*lines && s->steps_n < STORY_STEPS) {
		struct story_step *p = &s->steps[s->steps_n];
		size_t n = strcspn(lines, "\n");
		char *end;

		p->wall_ms = strtoll(lines, &end, 10);
		if (*end == ' ' && end + 2 <= lines + n) {
			p->direction = end[1];
			snprintf(p->text, sizeof(p->text), "%.*s", (int)(lines + n - end - 2),
				 end + 2);
			s->steps_n++;
		}
		lines += n + (lines[n] == '\n');
	}
}

static void read_words(sqlite3_stmt *st, struct story *s)
{
	text_copy(s->peer, sizeof(s->peer), store_text(st, 1));
	text_copy(s->tunnel, sizeof(s->tunnel), store_text(st, 2));
	text_copy(s->field, sizeof(s->field), store_text(st, 16));
	text_copy(s->text, sizeof(s->text), store_text(st, 17));
	text_copy(s->hint, sizeof(s->hint), store_text(st, 18));
	text_copy(s->ours, sizeof(s->ours), store_text(st, 19));
	text_copy(s->theirs, sizeof(s->theirs), store_text(st, 20));
	text_copy(s->chosen, sizeof(s->chosen), store_text(st, 21));
	text_copy(s->local_id, sizeof(s->local_id), store_text(st, 23));
	text_copy(s->remote_id, sizeof(s->remote_id), store_text(st, 24));
}

static void read_story(sqlite3_stmt *st, struct story *s)
{
	enum reason reason = reason_of_slug(store_text(st, 14));
	int offer_n = sqlite3_column_bytes(st, 25);

	*s = (struct story){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.ike_sa = (uint32_t)sqlite3_column_int64(st, 3),
		.child_sa = (uint32_t)sqlite3_column_int64(st, 4),
		.exchange = sqlite3_column_int(st, 5),
		.role = sqlite3_column_int(st, 6),
		.started_ms = sqlite3_column_int64(st, 11),
		.ended_ms = sqlite3_column_int64(st, 12),
		.verdict = sqlite3_column_int(st, 13) == VERDICT_UP ? VERDICT_UP : VERDICT_FAILED,
		.reason = reason == R_COUNT ? R_INTERNAL : reason,
		.side = (enum story_side)(sqlite3_column_int(st, 15) & 3),
		.revision = (uint64_t)sqlite3_column_int64(st, 22),
	};
	read_addr(st, 7, &s->local);
	read_addr(st, 9, &s->remote);
	read_words(st, s);
	if (offer_n > 0 && offer_n <= STORY_OFFER) {
		memcpy(s->offer, sqlite3_column_blob(st, 25), (size_t)offer_n);
		s->offer_n = (size_t)offer_n;
	}
	read_steps(store_text(st, 26), s);
}

/* Each has an index of its own; with OR in one statement sqlite would use none. */
static sqlite3_stmt *asked(struct store *s, const char *peer, const char *tunnel)
{
	const char *sql = *peer ? "SELECT " COLUMNS " FROM stories WHERE id < ?1 AND peer = ?2 AND "
				  "(?3 = '' OR tunnel = ?3) ORDER BY id DESC LIMIT ?4"
			  : *tunnel ? "SELECT " COLUMNS
				      " FROM stories WHERE id < ?1 AND tunnel = ?3 "
				      "ORDER BY id DESC LIMIT ?4"
				    : "SELECT " COLUMNS
				      " FROM stories WHERE id < ?1 ORDER BY id DESC LIMIT ?4";

	return store_prepare(s, sql, NULL);
}

void stories_read(void *ctx, const char *peer, const char *tunnel, uint64_t before, size_t most,
		  story_each *each, void *arg)
{
	struct store *s = ctx;
	struct story *one = malloc(sizeof(*one));
	sqlite3_stmt *st = one ? asked(s, peer, tunnel) : NULL;

	if (st) {
		sqlite3_bind_int64(st, 1, before ? (sqlite3_int64)before : INT64_MAX);
		if (*peer)
			store_bind_text(st, 2, peer);
		if (*peer || *tunnel)
			store_bind_text(st, 3, tunnel);
		sqlite3_bind_int64(st, 4, (sqlite3_int64)most);
	}
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		read_story(st, one);
		each(arg, one);
	}
	sqlite3_finalize(st);
	free(one);
	each(arg, NULL);
}

uint64_t stories_last(void *ctx)
{
	return store_number(ctx, "SELECT max(id) FROM stories");
}
