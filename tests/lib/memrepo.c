/* memrepo.c - what must be remembered, in memory: the store's double
 *
 * Finishes every call before it returns, as sqlite's store does. History shows only names:
 * what a record looked like is the real store's matter.
 *
 * Called by: tests.  Thread: loop.  Owns: its rows.
 */
#include "tests/lib/memrepo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/changeset.h"

enum { MOST = 4096, MOST_SETS = 80, MOST_ROWS = 4096 };

struct fact {
	char name[64], value[4096];
};

struct kept_history {
	struct history_row row;
	char after[128];
};

struct kept_audit {
	struct audit_row row;
	char before[400], after[400];
};

struct kept_set {
	struct changeset set; /* id 0: free */
	struct changeset_row rows[MOST_ROWS];
};

struct memrepo {
	struct kept_set sets[MOST_SETS];
	uint64_t sets_last;
	struct kept_audit audit[MOST];
	size_t audit_n;
	struct story *stories[MOST]; /* by id */
	uint64_t stories_last;
	struct repo repo;
	struct user users[1024];
	struct token tokens[1024];
	size_t users_n, tokens_n;
	struct kept_history history[MOST];
	size_t history_n;
	struct event events[MOST];
	size_t events_n;
	struct fact facts[64];
	size_t facts_n;
	enum reason fail_with;
	size_t fail_n, saves;
	bool audit_fails;
	const struct config *kept; /* as of the last save */
	const struct config *past[MOST]; /* by revision, what was before */
};

static bool fails_with_row(struct memrepo *m, const struct audit_row *row, struct fault *f)
{
	if (!row || !m->audit_fails)
		return false;
	fail(f, R_STORE_FULL, "the double takes no row");
	return true;
}

static bool fails(struct memrepo *m, const struct audit_row *row, save_done *done, void *arg)
{
	struct fault f = { 0 };

	if (fails_with_row(m, row, &f)) {
		done(arg, f.reason, &f);
		return true;
	}
	if (!m->fail_n)
		return false;
	m->fail_n--;
	fail(&f, m->fail_with, "the double was told to fail");
	done(arg, f.reason, &f);
	return true;
}

static void good(save_done *done, void *arg)
{
	struct fault f = { .reason = R_OK };

	done(arg, R_OK, &f);
}

static void load(void *ctx, load_done *done, void *arg)
{
	struct memrepo *m = ctx;
	struct fault f = { 0 };

	if (m->kept)
		done(arg, (struct config *)(uintptr_t)config_ref(m->kept), &f);
	else
		done(arg, config_new(), &f);
}

static enum reason audit(void *ctx, const struct audit_row *row, struct fault *f)
{
	struct memrepo *m = ctx;
	struct kept_audit *k = &m->audit[m->audit_n % MOST];

	if (m->audit_fails)
		return fail(f, R_STORE_FULL, "the double takes no row");
	k->row = *row;
	k->row.number = ++m->audit_n;
	memset(k->row.hash, (int)m->audit_n, sizeof(k->row.hash));
	text_copy(k->before, sizeof(k->before), row->before ? row->before : "");
	text_copy(k->after, sizeof(k->after), row->after ? row->after : "");
	k->row.before = k->before;
	k->row.after = k->after;
	return R_OK;
}

static bool is_asked_for(const struct audit_ask *a, const struct audit_row *row)
{
	size_t n = strlen(a->object);

	return (!*a->who || strcmp(a->who, row->who) == 0) &&
	       (!*a->action || strcmp(a->action, row->action) == 0) &&
	       (!n || (strncmp(a->object, row->object, n) == 0 &&
		       (!row->object[n] || row->object[n] == '/')));
}

static void audits(void *ctx, const struct audit_ask *ask, audit_each *each, void *arg)
{
	struct memrepo *m = ctx;
	uint64_t id = ask->before && ask->before <= m->audit_n ? ask->before - 1 : m->audit_n;
	size_t most = ask->most;

	for (; id && id + MOST > m->audit_n && most; id--) {
		const struct audit_row *row = &m->audit[(id - 1) % MOST].row;

		if (!is_asked_for(ask, row))
			continue;
		each(arg, row);
		most--;
	}
	each(arg, NULL);
}

static void audit_check(void *ctx, struct audit_check *c, size_t most)
{
	struct memrepo *m = ctx;

	c->rows = m->audit_n - c->rows > most ? c->rows + most : m->audit_n;
	c->is_over = c->rows == m->audit_n;
}

static void record(struct memrepo *m, const struct save *s, const struct history_row *h)
{
	bool single = strncmp(h->kind, "settings/", 9) == 0;
	struct audit_row row = { .at_s = s->now_s, .before = h->before, .after = h->after };

	text_copy(row.who, sizeof(row.who), h->who);
	text_copy(row.channel, sizeof(row.channel), h->channel);
	text_copy(row.request_id, sizeof(row.request_id), h->request_id);
	text_copy(row.action, sizeof(row.action), h->op);
	snprintf(row.object, sizeof(row.object), "%s%s%s", h->kind, single ? "" : "/",
		 single ? "" : h->name);
	audit(m, &row, NULL);
}

static void note(struct memrepo *m, const struct save *s, const struct edit *e)
{
	struct kept_history *k = &m->history[m->history_n % MOST];
	const struct record *old = config_find(s->before, e->kind, e->name);

	*k = (struct kept_history){ 0 };
	k->row.id = ++m->history_n;
	k->row.revision = config_revision(s->after);
	k->row.at_s = s->now_s;
	text_copy(k->row.who, sizeof(k->row.who), s->who);
	text_copy(k->row.channel, sizeof(k->row.channel), s->channel);
	text_copy(k->row.comment, sizeof(k->row.comment), s->comment);
	text_copy(k->row.request_id, sizeof(k->row.request_id), s->request_id);
	text_copy(k->row.kind, sizeof(k->row.kind), kind_row(e->kind)->path);
	text_copy(k->row.name, sizeof(k->row.name), e->name);
	text_copy(k->row.op, sizeof(k->row.op),
		  e->op == EDIT_DELETE ? "delete" : (old ? "update" : "create"));
	snprintf(k->after, sizeof(k->after), "{\"name\":\"%s\"}", e->name);
	k->row.before = old ? "{}" : "";
	k->row.after = e->op == EDIT_DELETE ? "" : k->after;
	record(m, s, &k->row);
}

static void remember(struct memrepo *m, const struct config *c)
{
	const struct config **at = &m->past[config_revision(c) % MOST];

	config_unref(*at);
	*at = config_ref(c);
}

static void past(void *ctx, uint64_t revision, load_done *done, void *arg)
{
	struct memrepo *m = ctx;
	const struct config *c = m->kept && config_revision(m->kept) == revision
					 ? m->kept
					 : m->past[revision % MOST];
	struct fault f = { 0 };

	if (!c || config_revision(c) != revision) {
		fail(&f, R_NOT_FOUND, "there is no revision %llu", (unsigned long long)revision);
		done(arg, NULL, &f);
		return;
	}
	done(arg, (struct config *)(uintptr_t)config_ref(c), &f);
}

/* A copy says nothing but its revision, and comes back as what was then. It takes three steps. */
struct copying {
	uint64_t revision;
	int steps;
};

static enum reason copy_begin(void *ctx, struct copying **ret, struct fault *f)
{
	struct memrepo *m = ctx;

	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return fail(f, R_NO_MEMORY, "no memory for a copy");
	(*ret)->revision = m->kept ? config_revision(m->kept) : 0;
	return R_OK;
}

static bool copy_step(struct copying *c, size_t pages)
{
	(void)pages;
	return ++c->steps == 3;
}

static enum reason copy_finish(struct copying *c, struct bytes **ret, struct fault *f)
{
	if (c->steps != 3)
		return fail(f, R_INTERNAL, "the copy is not over");
	*ret = bytes_of(&c->revision, sizeof(c->revision));
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory for a copy");
}

static void copy_end(struct copying *c)
{
	free(c);
}

static void copied(void *ctx, struct slice copy, load_done *done, void *arg)
{
	uint64_t revision = UINT64_MAX;

	if (copy.n == sizeof(revision))
		memcpy(&revision, copy.at, sizeof(revision));
	past(ctx, revision, done, arg);
}

static enum reason fact_put(void *ctx, const char *name, const char *value, struct fault *f);

/* ---- change sets ---- */

static struct kept_set *set_of(struct memrepo *m, uint64_t id)
{
	for (size_t i = 0; i < MOST_SETS; i++)
		if (m->sets[i].set.id == id)
			return &m->sets[i];
	return NULL;
}

static void take_row(struct kept_set *k, const struct changeset_row *row)
{
	size_t i = 0;

	while (i < k->set.n &&
	       (k->rows[i].kind != row->kind || strcmp(k->rows[i].name, row->name) != 0))
		i++;
	if (i == MOST_ROWS)
		abort();
	if (i == k->set.n)
		k->set.n++;
	record_unref(k->rows[i].before);
	record_unref(k->rows[i].after);
	k->rows[i] = *row;
	k->rows[i].before = row->before ? record_copy(row->before) : NULL;
	k->rows[i].after = row->after ? record_copy(row->after) : NULL;
}

static enum reason changeset_put(void *ctx, const struct changeset *s, const struct audit_row *row,
				 struct fault *f)
{
	struct memrepo *m = ctx;
	struct kept_set *k = set_of(m, s->id);
	size_t n = k ? k->set.n : 0;

	if (fails_with_row(m, row, f))
		return f->reason;
	if (m->fail_n) {
		m->fail_n--;
		return fail(f, m->fail_with, "the double was told to fail");
	}
	if (!k && !(k = set_of(m, 0)))
		return fail(f, R_STORE_FULL, "the double keeps %d change sets", MOST_SETS);
	k->set = *s;
	k->set.n = n;
	k->set.rows = k->rows;
	for (size_t i = 0; i < s->n; i++)
		take_row(k, &s->rows[i]);
	if (s->id > m->sets_last)
		m->sets_last = s->id;
	if (row)
		audit(m, row, NULL);
	return R_OK;
}

static enum reason changeset_drop(void *ctx, uint64_t id, const struct audit_row *row,
				  struct fault *f)
{
	struct kept_set *k = id ? set_of(ctx, id) : NULL;

	(void)f;
	for (size_t i = 0; k && i < k->set.n; i++) {
		record_unref(k->rows[i].before);
		record_unref(k->rows[i].after);
	}
	if (k)
		memset(k, 0, sizeof(*k));
	if (row)
		audit(ctx, row, NULL);
	return R_OK;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct changeset *const *)a)->id;
	uint64_t y = (*(const struct changeset *const *)b)->id;

	return (x > y) - (x < y);
}

static enum reason changesets(void *ctx, uint64_t id, changeset_each *each, void *arg,
			      struct fault *f)
{
	struct memrepo *m = ctx;
	const struct changeset *all[MOST_SETS];
	size_t n = 0;

	(void)f;
	for (size_t i = 0; i < MOST_SETS; i++)
		if (m->sets[i].set.id && (!id || m->sets[i].set.id == id))
			all[n++] = &m->sets[i].set;
	qsort(all, n, sizeof(all[0]), by_id);
	for (size_t i = 0; i < n; i++)
		each(arg, all[i]);
	each(arg, NULL);
	return R_OK;
}

static uint64_t changesets_last(void *ctx)
{
	return ((struct memrepo *)ctx)->sets_last;
}

static void save_set(struct memrepo *m, const struct save *s)
{
	struct kept_set *k = s->set.id ? set_of(m, s->set.id) : NULL;

	if (k && s->set.note)
		text_copy(k->set.note, sizeof(k->set.note), s->set.note);
	else if (k)
		changeset_drop(m, s->set.id, NULL, NULL);
}

static void save(void *ctx, const struct save *s, save_done *done, void *arg)
{
	struct memrepo *m = ctx;

	if (fails(m, NULL, done, arg))
		return;
	if (m->kept && config_revision(m->kept) != config_revision(s->before)) {
		struct fault f = { 0 };

		fail(&f, R_STALE, "the double is at another revision");
		done(arg, f.reason, &f);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		note(m, s, &s->edits[i]);
	if (s->fact.name)
		fact_put(m, s->fact.name, s->fact.value, NULL);
	save_set(m, s);
	remember(m, s->before);
	config_unref(m->kept);
	m->kept = config_ref(s->after);
	m->saves++;
	good(done, arg);
}

static void history(void *ctx, const char *kind, const char *name, uint64_t before, size_t most,
		    history_each *each, void *arg)
{
	struct memrepo *m = ctx;

	for (size_t i = m->history_n; i-- > 0 && most;) {
		const struct history_row *h = &m->history[i % MOST].row;

		if (m->history_n - i > MOST)
			break;
		if ((before && h->id >= before) || (*kind && strcmp(kind, h->kind) != 0) ||
		    (*name && strcmp(name, h->name) != 0))
			continue;
		each(arg, h);
		most--;
	}
	each(arg, NULL);
}

static void commit(void *ctx, uint64_t revision, history_each *each, void *arg)
{
	struct memrepo *m = ctx;

	for (size_t i = m->history_n > MOST ? m->history_n - MOST : 0; i < m->history_n; i++)
		if (m->history[i % MOST].row.revision == revision)
			each(arg, &m->history[i % MOST].row);
	each(arg, NULL);
}

static void commits(void *ctx, uint64_t before, size_t most, commit_each *each, void *arg)
{
	struct memrepo *m = ctx;
	struct commit c = { 0 };

	for (size_t i = m->history_n; i-- > 0 && most;) {
		const struct history_row *h = &m->history[i % MOST].row;

		if (m->history_n - i > MOST)
			break;
		if (before && h->revision >= before)
			continue;
		c.records++;
		if (i && m->history[(i - 1) % MOST].row.revision == h->revision)
			continue;
		c.revision = h->revision;
		c.at_s = h->at_s;
		text_copy(c.who, sizeof(c.who), h->who);
		text_copy(c.channel, sizeof(c.channel), h->channel);
		text_copy(c.comment, sizeof(c.comment), h->comment);
		text_copy(c.request_id, sizeof(c.request_id), h->request_id);
		each(arg, &c);
		c = (struct commit){ 0 };
		most--;
	}
	each(arg, NULL);
}

static void journal(void *ctx, const struct event *events, size_t n)
{
	struct memrepo *m = ctx;

	for (size_t i = 0; i < n; i++)
		m->events[m->events_n++ % MOST] = events[i];
}

static void events(void *ctx, uint64_t before, size_t most, event_each *each, void *arg)
{
	struct memrepo *m = ctx;

	for (size_t i = m->events_n; i-- > 0 && most;) {
		const struct event *e = &m->events[i % MOST];

		if (m->events_n - i > MOST)
			break;
		if (before && e->seq >= before)
			continue;
		each(arg, e);
		most--;
	}
	each(arg, NULL);
}

static void users(void *ctx, user_each *each, void *arg)
{
	struct memrepo *m = ctx;

	for (size_t i = 0; i < m->users_n; i++)
		each(arg, &m->users[i]);
	each(arg, NULL);
}

static void user_put(void *ctx, const struct user *u, const struct audit_row *row, save_done *done,
		     void *arg)
{
	struct memrepo *m = ctx;
	size_t i = 0;

	if (fails(m, row, done, arg))
		return;
	while (i < m->users_n && strcmp(m->users[i].name, u->name) != 0)
		i++;
	if (i == m->users_n)
		m->users_n++;
	m->users[i] = *u;
	if (row)
		audit(m, row, NULL);
	good(done, arg);
}

static void user_delete(void *ctx, const char *name, const struct audit_row *row, save_done *done,
			void *arg)
{
	struct memrepo *m = ctx;

	if (fails(m, row, done, arg))
		return;
	for (size_t i = 0; i < m->users_n; i++)
		if (strcmp(m->users[i].name, name) == 0)
			m->users[i--] = m->users[--m->users_n];
	if (row)
		audit(m, row, NULL);
	good(done, arg);
}

static void tokens(void *ctx, token_each *each, void *arg)
{
	struct memrepo *m = ctx;

	for (size_t i = 0; i < m->tokens_n; i++)
		each(arg, &m->tokens[i]);
	each(arg, NULL);
}

static void token_put(void *ctx, const struct token *t, const struct audit_row *row,
		      save_done *done, void *arg)
{
	struct memrepo *m = ctx;
	size_t i = 0;

	if (fails(m, row, done, arg))
		return;
	while (i < m->tokens_n && strcmp(m->tokens[i].id, t->id) != 0)
		i++;
	if (i == m->tokens_n)
		m->tokens_n++;
	m->tokens[i] = *t;
	if (row)
		audit(m, row, NULL);
	good(done, arg);
}

static void token_delete(void *ctx, const char *id, const struct audit_row *row, save_done *done,
			 void *arg)
{
	struct memrepo *m = ctx;

	if (fails(m, row, done, arg))
		return;
	for (size_t i = 0; i < m->tokens_n; i++)
		if (strcmp(m->tokens[i].id, id) == 0)
			m->tokens[i--] = m->tokens[--m->tokens_n];
	if (row)
		audit(m, row, NULL);
	good(done, arg);
}

static bool fact_get(void *ctx, const char *name, char *ret, size_t cap)
{
	struct memrepo *m = ctx;

	for (size_t i = 0; i < m->facts_n; i++)
		if (strcmp(m->facts[i].name, name) == 0)
			return text_copy(ret, cap, m->facts[i].value);
	text_copy(ret, cap, "");
	return false;
}

static enum reason fact_put(void *ctx, const char *name, const char *value, struct fault *f)
{
	struct memrepo *m = ctx;
	size_t i = 0;

	while (i < m->facts_n && strcmp(m->facts[i].name, name) != 0)
		i++;
	if (i == sizeof(m->facts) / sizeof(m->facts[0]))
		return fail(f, R_STORE_FULL, "the double keeps 64 facts");
	if (i == m->facts_n)
		m->facts_n++;
	text_copy(m->facts[i].name, sizeof(m->facts[i].name), name);
	text_copy(m->facts[i].value, sizeof(m->facts[i].value), value);
	return R_OK;
}

static void stories_keep(void *ctx, const struct story *const *stories, size_t n)
{
	struct memrepo *m = ctx;

	for (size_t i = 0; i < n; i++) {
		struct story **at = &m->stories[stories[i]->id % MOST];

		if (!*at && !(*at = malloc(sizeof(**at))))
			abort();
		**at = *stories[i];
		if (stories[i]->id > m->stories_last)
			m->stories_last = stories[i]->id;
	}
}

static void stories(void *ctx, const char *peer, const char *tunnel, uint64_t before, size_t most,
		    story_each *each, void *arg)
{
	struct memrepo *m = ctx;
	uint64_t id = before && before <= m->stories_last ? before - 1 : m->stories_last;

	for (; id && most; id--) {
		const struct story *s = m->stories[id % MOST];

		if (!s || s->id != id || (*peer && strcmp(peer, s->peer) != 0) ||
		    (*tunnel && strcmp(tunnel, s->tunnel) != 0))
			continue;
		each(arg, s);
		most--;
	}
	each(arg, NULL);
}

static uint64_t stories_last(void *ctx)
{
	return ((struct memrepo *)ctx)->stories_last;
}

struct memrepo *memrepo_new(void)
{
	struct memrepo *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->repo = (struct repo){
		.ctx = m,
		.load = load,
		.save = save,
		.history = history,
		.commits = commits,
		.commit = commit,
		.past = past,
		.changeset_put = changeset_put,
		.changeset_drop = changeset_drop,
		.changesets = changesets,
		.changesets_last = changesets_last,
		.audit = audit,
		.audits = audits,
		.audit_check = audit_check,
		.copy_begin = copy_begin,
		.copy_step = copy_step,
		.copy_finish = copy_finish,
		.copy_end = copy_end,
		.copied = copied,
		.journal = journal,
		.events = events,
		.stories_keep = stories_keep,
		.stories = stories,
		.stories_last = stories_last,
		.users = users,
		.user_put = user_put,
		.user_delete = user_delete,
		.tokens = tokens,
		.token_put = token_put,
		.token_delete = token_delete,
		.fact_get = fact_get,
		.fact_put = fact_put,
	};
	return m;
}

void memrepo_free(struct memrepo *m)
{
	for (size_t i = 0; m && i < MOST; i++) {
		config_unref(m->past[i]);
		free(m->stories[i]);
	}
	for (size_t i = 0; m && i < MOST_SETS; i++)
		if (m->sets[i].set.id)
			changeset_drop(m, m->sets[i].set.id, NULL, NULL);
	if (m)
		config_unref(m->kept);
	free(m);
}

struct repo *memrepo_repo(struct memrepo *m)
{
	return &m->repo;
}

void memrepo_fail(struct memrepo *m, enum reason r, size_t n)
{
	m->fail_with = r;
	m->fail_n = n;
}

void memrepo_audit_fails(struct memrepo *m, bool yes)
{
	m->audit_fails = yes;
}

size_t memrepo_saves(const struct memrepo *m)
{
	return m->saves;
}
