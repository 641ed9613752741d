/* test_repo.c - one body of tests for everything that stands behind repo.h
 *
 * What the daemon and the services rely on must hold for the double in memory as it does for
 * sqlite, or tests with the double show nothing. Each test runs once for each.
 */
#include "tests/unit/store/desk.h"

#include "core/model/changeset.h"
#include "tests/lib/memrepo.h"

struct maker {
	struct desk desk;
	struct memrepo *memory; /* NULL: sqlite */
};

static int make_memory(void **state)
{
	struct maker *m = calloc(1, sizeof(*m));

	m->memory = memrepo_new();
	m->desk.repo = memrepo_repo(m->memory);
	desk_load(&m->desk);
	*state = m;
	return 0;
}

static int make_sqlite(void **state)
{
	struct maker *m = calloc(1, sizeof(*m));

	desk_new(&m->desk);
	*state = m;
	return 0;
}

static int unmake(void **state)
{
	struct maker *m = *state;

	if (m->memory) {
		config_unref(m->desk.config);
		memrepo_free(m->memory);
	} else {
		desk_remove(&m->desk);
	}
	free(m);
	return 0;
}

/* ---- configuration ---- */

static void it_begins_with_presets(void **state)
{
	struct desk *d = *state;

	assert_int_equal(config_revision(d->config), 0);
	assert_int_equal(config_count(d->config, K_PEER), 0);
	assert_int_equal(config_count(d->config, K_IKE_PROPOSAL), 1);
	assert_int_equal(config_api(d->config)->port, 8443);
}

static void what_was_saved_is_loaded(void **state)
{
	struct desk *d = *state;
	struct peer *p = (void *)desk_record(K_PEER, "hub");

	strcpy(p->remote_address, "192.0.2.1");
	assert_int_equal(desk_put(d, &p->r), R_OK);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "gone")), R_OK);
	assert_int_equal(desk_delete(d, K_DPD_PROFILE, "gone"), R_OK);
	desk_load(d);
	assert_int_equal(config_revision(d->config), 3);
	assert_string_equal(config_peer(d->config, "hub")->remote_address, "192.0.2.1");
	assert_int_equal(config_peer(d->config, "hub")->r.revision, 1);
	assert_string_equal(config_peer(d->config, "hub")->r.changed_by, "ann");
	assert_null(config_dpd(d->config, "gone"));
}

static void many_records_are_one_change(void **state)
{
	struct desk *d = *state;
	struct edit e[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		e[i] = (struct edit){ .op = EDIT_PUT, .kind = K_DPD_PROFILE };
		snprintf(e[i].name, sizeof(e[i].name), "d%d", i);
		e[i].rec = desk_record(K_DPD_PROFILE, e[i].name);
	}
	assert_int_equal(desk_change(d, e, 3), R_OK);
	desk_load(d);
	assert_int_equal(config_revision(d->config), 1);
	assert_int_equal(config_count(d->config, K_DPD_PROFILE), 3);
	for (int i = 0; i < 3; i++)
		record_unref(e[i].rec);
}

static void a_change_of_another_revision_is_refused(void **state)
{
	struct desk *d = *state;

	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	const struct config *old = config_ref(d->config);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "b")), R_OK);
	config_unref(d->config);
	d->config = (struct config *)(uintptr_t)old;
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "c")), R_STALE);
	desk_load(d);
	assert_null(config_dpd(d->config, "c"));
	assert_int_equal(config_revision(d->config), 2);
}

/* ---- history and journal ---- */

struct past {
	uint64_t ids[64];
	char ops[64];
	size_t n;
	bool ended;
};

static void hear_change(void *arg, const struct history_row *h)
{
	struct past *p = arg;

	assert_false(p->ended);
	p->ended = !h;
	if (!h)
		return;
	assert_true(*h->kind && *h->name);
	assert_int_equal(*h->before == '\0', strcmp(h->op, "create") == 0);
	assert_int_equal(*h->after == '\0', strcmp(h->op, "delete") == 0);
	p->ops[p->n] = *h->op;
	p->ids[p->n++] = h->id;
}

static void hear_event(void *arg, const struct event *e)
{
	struct past *p = arg;

	assert_false(p->ended);
	p->ended = !e;
	if (e)
		p->ids[p->n++] = e->seq;
}

static void assert_falling(const struct past *p, uint64_t below)
{
	assert_true(p->ended);
	for (size_t i = 0; i < p->n; i++)
		assert_true(p->ids[i] < (i ? p->ids[i - 1] : below));
}

static void history_is_newest_first_and_paged(void **state)
{
	struct desk *d = *state;
	struct past one = { 0 }, two = { 0 }, by_name = { 0 };

	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	assert_int_equal(desk_put(d, desk_record(K_IPSEC_PROPOSAL, "b")), R_OK);
	assert_int_equal(desk_delete(d, K_DPD_PROFILE, "a"), R_OK);
	d->repo->history(d->repo->ctx, "", "", 0, 3, hear_change, &one);
	assert_falling(&one, UINT64_MAX);
	assert_int_equal(one.n, 3);
	assert_memory_equal(one.ops, "dcu", 3);
	d->repo->history(d->repo->ctx, "", "", one.ids[2], 3, hear_change, &two);
	assert_falling(&two, one.ids[2]);
	assert_int_equal(two.n, 1);
	d->repo->history(d->repo->ctx, "dpd-profiles", "a", 0, 9, hear_change, &by_name);
	assert_int_equal(by_name.n, 3);
}

static void the_journal_is_newest_first_and_paged(void **state)
{
	struct desk *d = *state;
	struct past one = { 0 }, two = { 0 };
	struct event e[10] = { 0 };

	for (size_t i = 0; i < 10; i++)
		e[i] = (struct event){ .seq = 3 * i + 1, .id = EVT_IKE_UP };
	d->repo->journal(d->repo->ctx, e, 6);
	d->repo->journal(d->repo->ctx, e + 6, 4);
	d->repo->journal(d->repo->ctx, NULL, 0);
	d->repo->events(d->repo->ctx, 0, 7, hear_event, &one);
	assert_int_equal(one.n, 7);
	assert_falling(&one, UINT64_MAX);
	d->repo->events(d->repo->ctx, one.ids[6], 7, hear_event, &two);
	assert_int_equal(two.n, 3);
	assert_falling(&two, one.ids[6]);
}

/* ---- people ---- */

struct crowd {
	struct user users[8];
	struct token tokens[8];
	size_t users_n, tokens_n, ends;
};

static void hear_user(void *arg, const struct user *u)
{
	struct crowd *c = arg;

	if (u)
		c->users[c->users_n++] = *u;
	else
		c->ends++;
}

static void hear_token(void *arg, const struct token *t)
{
	struct crowd *c = arg;

	if (t)
		c->tokens[c->tokens_n++] = *t;
	else
		c->ends++;
}

static struct crowd crowd(struct desk *d)
{
	struct crowd c = { 0 };

	d->repo->users(d->repo->ctx, hear_user, &c);
	d->repo->tokens(d->repo->ctx, hear_token, &c);
	assert_int_equal(c.ends, 2);
	return c;
}

static void users_come_stay_and_go(void **state)
{
	struct desk *d = *state;
	struct user u = { .name = "ann",
			  .role = ROLE_EDITOR,
			  .password = "$scrypt$x",
			  .created_s = 1700000000,
			  .last_in_s = 1700000001,
			  .disabled = true };

	d->repo->user_put(d->repo->ctx, &u, NULL, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	struct crowd c = crowd(d);
	assert_int_equal(c.users_n, 1);
	assert_string_equal(c.users[0].name, "ann");
	assert_string_equal(c.users[0].password, "$scrypt$x");
	assert_int_equal(c.users[0].role, ROLE_EDITOR);
	assert_int_equal(c.users[0].created_s, 1700000000);
	assert_int_equal(c.users[0].last_in_s, 1700000001);
	assert_true(c.users[0].disabled);
	u.role = ROLE_ADMIN;
	u.disabled = false;
	d->repo->user_put(d->repo->ctx, &u, NULL, desk_hear, d);
	strcpy(u.name, "bob");
	d->repo->user_put(d->repo->ctx, &u, NULL, desk_hear, d);
	assert_int_equal(crowd(d).users_n, 2);
	d->repo->user_delete(d->repo->ctx, "bob", NULL, desk_hear, d);
	c = crowd(d);
	assert_int_equal(c.users_n, 1);
	assert_int_equal(c.users[0].role, ROLE_ADMIN);
	assert_false(c.users[0].disabled);
}

static void tokens_come_stay_and_go(void **state)
{
	struct desk *d = *state;
	struct token t = { .id = "abc",
			   .name = "ci",
			   .owner = "ann",
			   .role = ROLE_OPERATOR,
			   .hash = { 1, 0, 255 },
			   .created_s = 1,
			   .expires_s = 2,
			   .last_used_s = 3 };

	d->repo->token_put(d->repo->ctx, &t, NULL, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	struct crowd c = crowd(d);
	assert_int_equal(c.tokens_n, 1);
	assert_string_equal(c.tokens[0].id, t.id);
	assert_string_equal(c.tokens[0].name, t.name);
	assert_string_equal(c.tokens[0].owner, t.owner);
	assert_int_equal(c.tokens[0].role, t.role);
	assert_memory_equal(c.tokens[0].hash, t.hash, sizeof(t.hash));
	assert_int_equal(c.tokens[0].created_s, t.created_s);
	assert_int_equal(c.tokens[0].expires_s, t.expires_s);
	assert_int_equal(c.tokens[0].last_used_s, t.last_used_s);
	t.last_used_s = 99;
	d->repo->token_put(d->repo->ctx, &t, NULL, desk_hear, d);
	strcpy(t.id, "abd");
	d->repo->token_put(d->repo->ctx, &t, NULL, desk_hear, d);
	assert_int_equal(crowd(d).tokens_n, 2);
	d->repo->token_delete(d->repo->ctx, "abd", NULL, desk_hear, d);
	c = crowd(d);
	assert_int_equal(c.tokens_n, 1);
	assert_int_equal(c.tokens[0].last_used_s, 99);
}

static void facts_are_kept(void **state)
{
	struct desk *d = *state;
	char value[20];

	assert_false(d->repo->fact_get(d->repo->ctx, "boots", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_int_equal(d->repo->fact_put(d->repo->ctx, "boots", "1", &d->fault), R_OK);
	assert_int_equal(d->repo->fact_put(d->repo->ctx, "boots", "2", &d->fault), R_OK);
	assert_true(d->repo->fact_get(d->repo->ctx, "boots", value, sizeof(value)));
	assert_string_equal(value, "2");
}

/* ---- negotiations ---- */

struct told {
	size_t n;
	struct story at[8];
	bool ended;
};

static void hear_story(void *arg, const struct story *s)
{
	struct told *t = arg;

	if (s)
		t->at[t->n++ % 8] = *s;
	else
		t->ended = true;
}

static void keep_story(struct desk *d, uint64_t id, const char *peer, const char *tunnel)
{
	struct story s = { .id = id,
			   .ike_sa = 3,
			   .child_sa = 4,
			   .exchange = 32,
			   .role = 2,
			   .started_ms = 1750000000000 + (int64_t)id,
			   .ended_ms = 1750000000500,
			   .verdict = VERDICT_FAILED,
			   .reason = R_NO_PROPOSAL,
			   .side = SIDE_REMOTE,
			   .revision = 7,
			   .offer = { 0, 0, 0, 1, 255 },
			   .offer_n = 5,
			   .steps_n = 2 };
	const struct story *one = &s;

	strcpy(s.peer, peer);
	strcpy(s.tunnel, tunnel);
	strcpy(s.ours, "a\nb");
	strcpy(s.remote_id, "FQDN hub");
	addr_read("2001:db8::1", &s.remote);
	s.remote.port = 4500;
	s.steps[0] = (struct story_step){ 1750000000001, '<', "a proposal came" };
	s.steps[1] = (struct story_step){ 1750000000002, ' ', "> thinking" };
	d->repo->stories_keep(d->repo->ctx, &one, 1);
}

static void negotiations_are_kept_whole(void **state)
{
	struct desk *d = *state;
	struct told t = { 0 };

	assert_int_equal(d->repo->stories_last(d->repo->ctx), 0);
	keep_story(d, 9, "wrong", "");
	keep_story(d, 9, "hub", "lan"); /* told again: it failed after all */
	d->repo->stories(d->repo->ctx, "", "", 0, 8, hear_story, &t);
	assert_true(t.ended);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.at[0].id, 9);
	assert_string_equal(t.at[0].peer, "hub");
	assert_string_equal(t.at[0].tunnel, "lan");
	assert_int_equal(t.at[0].exchange, 32);
	assert_int_equal(t.at[0].role, 2);
	assert_int_equal(t.at[0].child_sa, 4);
	assert_int_equal(t.at[0].verdict, VERDICT_FAILED);
	assert_int_equal(t.at[0].reason, R_NO_PROPOSAL);
	assert_int_equal(t.at[0].side, SIDE_REMOTE);
	assert_int_equal(t.at[0].remote.port, 4500);
	assert_int_equal(t.at[0].ended_ms, 1750000000500);
	assert_string_equal(t.at[0].ours, "a\nb");
	assert_string_equal(t.at[0].remote_id, "FQDN hub");
	assert_int_equal(t.at[0].offer_n, 5);
	assert_int_equal(t.at[0].offer[4], 255);
	assert_int_equal(t.at[0].steps_n, 2);
	assert_int_equal(t.at[0].steps[1].direction, ' ');
	assert_string_equal(t.at[0].steps[1].text, "> thinking");
	assert_int_equal(d->repo->stories_last(d->repo->ctx), 9);
}

static void negotiations_are_newest_first_and_paged(void **state)
{
	struct desk *d = *state;
	struct told t = { 0 };

	for (uint64_t id = 1; id <= 6; id++)
		keep_story(d, id, id % 2 ? "hub" : "spoke", id < 4 ? "one" : "two");
	d->repo->stories(d->repo->ctx, "", "", 0, 2, hear_story, &t);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.at[0].id, 6);
	assert_int_equal(t.at[1].id, 5);
	t = (struct told){ 0 };
	d->repo->stories(d->repo->ctx, "hub", "", 5, 8, hear_story, &t);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.at[0].id, 3);
	t = (struct told){ 0 };
	d->repo->stories(d->repo->ctx, "", "two", 0, 8, hear_story, &t);
	assert_int_equal(t.n, 3);
	t = (struct told){ 0 };
	d->repo->stories(d->repo->ctx, "hub", "two", 0, 8, hear_story, &t);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.at[0].id, 5);
}

/* ---- change sets ---- */

struct sets {
	size_t n, rows;
	bool ended;
	struct changeset last; /* its rows are gone */
	char before[2][64], after[2][64];
	uint64_t revision;
};

static const char *described(const struct record *r)
{
	return r ? ((const struct peer *)(const void *)r)->description : "none";
}

static void hear_set(void *arg, const struct changeset *s)
{
	struct sets *h = arg;

	h->ended = s == NULL;
	if (!s)
		return;
	h->n++;
	h->last = *s;
	h->rows = s->n;
	for (size_t i = 0; i < s->n && i < 2; i++) {
		text_copy(h->before[i], sizeof(h->before[i]), described(s->rows[i].before));
		text_copy(h->after[i], sizeof(h->after[i]), described(s->rows[i].after));
		h->revision = s->rows[i].before ? s->rows[i].before->revision : 0;
	}
}

static struct sets read_sets(struct desk *d, uint64_t id)
{
	struct sets h = { 0 };

	assert_int_equal(d->repo->changesets(d->repo->ctx, id, hear_set, &h, &d->fault), R_OK);
	assert_true(h.ended);
	return h;
}

static struct record *peer_that_says(const char *name, const char *text)
{
	struct peer *p = (void *)desk_record(K_PEER, name);

	text_copy(p->description, sizeof(p->description), text);
	return &p->r;
}

static void keep_set(struct desk *d, uint64_t id, const char *peer, const char *from,
		     const char *to)
{
	struct record *before = from ? peer_that_says(peer, from) : NULL;
	struct record *after = to ? peer_that_says(peer, to) : NULL;
	struct changeset_row row = { .kind = K_PEER, .before = before, .after = after };
	struct changeset s = { .id = id,
			       .created_s = 5,
			       .touched_s = 6,
			       .revision = 7,
			       .who = "ann",
			       .comment = "why not",
			       .rows = &row,
			       .n = 1 };

	text_copy(row.name, sizeof(row.name), peer);
	if (before)
		before->revision = 41;
	assert_int_equal(d->repo->changeset_put(d->repo->ctx, &s, NULL, &d->fault), R_OK);
	record_unref(before);
	record_unref(after);
}

static void change_sets_come_grow_and_go(void **state)
{
	struct desk *d = *state;

	assert_int_equal(d->repo->changesets_last(d->repo->ctx), 0);
	keep_set(d, 3, "a", "it was", "it is to be");
	keep_set(d, 3, "b", NULL, "new");
	keep_set(d, 3, "a", "it was", NULL); /* again: the row takes the place of the first */
	keep_set(d, 9, "c", NULL, "x");
	struct sets h = read_sets(d, 3);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.rows, 2);
	assert_int_equal(h.last.created_s, 5);
	assert_int_equal(h.last.revision, 7);
	assert_string_equal(h.last.who, "ann");
	assert_string_equal(h.before[0], "it was");
	assert_string_equal(h.after[0], "none");
	assert_string_equal(h.before[1], "none");
	assert_string_equal(h.after[1], "new");
	assert_int_equal(read_sets(d, 0).n, 2);
	assert_int_equal(read_sets(d, 4).n, 0);
	assert_int_equal(d->repo->changeset_drop(d->repo->ctx, 9, NULL, &d->fault), R_OK);
	assert_int_equal(d->repo->changeset_drop(d->repo->ctx, 9, NULL, &d->fault), R_OK);
	assert_int_equal(read_sets(d, 0).n, 1);
	assert_int_equal(d->repo->changesets_last(d->repo->ctx), 9); /* never given twice */
}

/* With the change or not at all. */
static void a_change_takes_its_set_along(void **state)
{
	struct desk *d = *state;
	struct edit e = { .op = EDIT_PUT,
			  .kind = K_DPD_PROFILE,
			  .name = "x",
			  .rec = desk_record(K_DPD_PROFILE, "x") };
	struct config *after = config_with(d->config, &e, 1, "ann", 1700000000, &d->fault);
	struct save s = { .edits = &e,
			  .n = 1,
			  .before = d->config,
			  .after = after,
			  .now_s = 1700000000,
			  .set = { .id = 1, .note = "it failed" } };

	keep_set(d, 1, "a", NULL, "x");
	keep_set(d, 2, "b", NULL, "y");
	d->repo->save(d->repo->ctx, &s, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	assert_string_equal(read_sets(d, 1).last.note, "it failed");
	s.set.note = NULL;
	d->repo->save(d->repo->ctx, &s, desk_hear, d); /* the revision is over */
	assert_int_equal(d->fault.reason, R_STALE);
	assert_int_equal(read_sets(d, 0).n, 2);
	config_unref(d->config);
	d->config = after;
	after = config_with(d->config, &e, 1, "ann", 1700000000, &d->fault);
	s.before = d->config;
	s.after = after;
	d->repo->save(d->repo->ctx, &s, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	assert_int_equal(read_sets(d, 1).n, 0);
	assert_int_equal(read_sets(d, 2).n, 1);
	record_unref(e.rec);
	config_unref(after);
}

#define BOTH(test)                                                  \
	cmocka_unit_test_setup_teardown(test, make_memory, unmake), \
		cmocka_unit_test_setup_teardown(test, make_sqlite, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(it_begins_with_presets),
		BOTH(what_was_saved_is_loaded),
		BOTH(many_records_are_one_change),
		BOTH(a_change_of_another_revision_is_refused),
		BOTH(history_is_newest_first_and_paged),
		BOTH(the_journal_is_newest_first_and_paged),
		BOTH(users_come_stay_and_go),
		BOTH(tokens_come_stay_and_go),
		BOTH(facts_are_kept),
		BOTH(negotiations_are_kept_whole),
		BOTH(negotiations_are_newest_first_and_paged),
		BOTH(change_sets_come_grow_and_go),
		BOTH(a_change_takes_its_set_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
