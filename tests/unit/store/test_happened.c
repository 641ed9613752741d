/* test_happened.c - the journal of events: as they were, across lives, and bounded */
#include "tests/unit/store/desk.h"

#include "store/parts.h"

struct heard {
	struct event at[64];
	size_t n, all;
};

static void hear(void *arg, const struct event *e)
{
	struct heard *h = arg;

	if (e && h->n < COUNT_OF(h->at))
		h->at[h->n++] = *e;
	h->all += e != NULL;
}

static struct heard *journal(struct desk *d, uint64_t before, size_t most)
{
	static struct heard h;

	memset(&h, 0, sizeof(h));
	d->repo->events(d->repo->ctx, before, most, hear, &h);
	return &h;
}

static void keep(struct desk *d, uint64_t seq)
{
	struct event e = { .seq = seq,
			   .wall_ms = 1700000000000 + (int64_t)seq,
			   .id = EVT_CHILD_UP };

	d->repo->journal(d->repo->ctx, &e, 1);
}

static void an_event_comes_back_as_it_was(void **state)
{
	struct event e = { .seq = 5,
			   .wall_ms = 1700000000123,
			   .id = EVT_NEGO_FAILED,
			   .reason = R_NO_PROPOSAL,
			   .peer = "hub",
			   .tunnel = "net",
			   .peer_index = 3,
			   .ike_sa = 0xfffffffe,
			   .child_sa = 4,
			   .negotiation = 1ull << 40,
			   .revision = 6,
			   .who = "ann",
			   .text = "it's \"so\"" };
	struct desk d;

	(void)state;
	assert_true(addr_read("2001:db8::7", &e.remote));
	e.remote.port = 4500;
	desk_new(&d);
	d.repo->journal(d.repo->ctx, &e, 1);
	struct heard *h = journal(&d, 0, 10);
	assert_int_equal(h->n, 1);
	assert_memory_equal(&h->at[0], &e, sizeof(e));
	desk_remove(&d);
}

static void numbers_go_on_across_lives(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, 1);
	keep(&d, 4); /* others are not journalled */
	desk_close(&d);
	assert_true(desk_open(&d));
	keep(&d, 1);
	keep(&d, 1); /* not even a number that came twice takes a place */
	struct heard *h = journal(&d, 0, 10);
	assert_int_equal(h->n, 4);
	for (size_t i = 1; i < h->n; i++)
		assert_true(h->at[i].seq < h->at[i - 1].seq);
	assert_int_equal(h->at[1].seq, 5);
	assert_int_equal(h->at[2].seq, 4);
	h = journal(&d, 5, 1);
	assert_int_equal(h->n, 1);
	assert_int_equal(h->at[0].seq, 4);
	desk_remove(&d);
}

static void an_event_of_a_later_release_is_left_out(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, 1);
	keep(&d, 2);
	assert_int_equal(
		store_run(d.store, "UPDATE events SET event = 'moon.landed' WHERE id = 1", NULL),
		R_OK);
	assert_int_equal(journal(&d, 0, 10)->n, 1);
	desk_remove(&d);
}

static void the_oldest_go(void **state)
{
	enum { BATCH = 4000 };
	struct event *batch = test_calloc(BATCH, sizeof(*batch));
	struct desk d;
	uint64_t seq = 0;

	(void)state;
	desk_new(&d);
	for (int round = 0; round < 27; round++) {
		for (size_t i = 0; i < BATCH; i++)
			batch[i] = (struct event){ .seq = ++seq, .id = EVT_CHILD_UP };
		d.repo->journal(d.repo->ctx, batch, BATCH);
	}
	struct heard *h = journal(&d, 0, 1000000);
	assert_true(h->all >= EVENTS_KEPT && h->all <= EVENTS_KEPT + EVENTS_SLACK);
	assert_int_equal(h->all, d.store->events_n);
	assert_int_equal(h->at[0].seq, seq);
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_int_equal(h->all, d.store->events_n);
	test_free(batch);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_comes_back_as_it_was),
		cmocka_unit_test(numbers_go_on_across_lives),
		cmocka_unit_test(an_event_of_a_later_release_is_left_out),
		cmocka_unit_test(the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
