/* bare.h - an engine with nothing in it but what one file needs
 *
 * Its members are set by hand, no version is spoken, what it sends is counted. Included by tests of
 * this room only, before anything else.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka's; ours is core/base/fault.h */

#include "core/base/rng.h"
#include "core/ike/book.h"
#include "core/ike/halfopen.h"
#include "core/ike/registry.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/event.h"

struct bare {
	struct engine e;
	struct rng rng;
	struct events events;
	struct listener ear;
	struct plane plane; /* no function in it: only looked at */
	unsigned sent, heard;
	struct event last;
};

static void bare_send(void *ctx, const struct packet *p)
{
	struct bare *b = ctx;

	(void)p;
	b->sent++;
}

static int64_t bare_wall_ms(void *ctx)
{
	struct bare *b = ctx;

	return 1700000000000 + b->e.now;
}

static void bare_hear(struct listener *l, const struct event *e)
{
	struct bare *b = owner_of(l, struct bare, ear);

	b->heard++;
	b->last = *e;
}

/* A configuration of these records, which are taken. */
static const struct config *bare_config(struct record **take, size_t n)
{
	struct edit edits[16] = { 0 };
	own(config) empty = config_new();
	struct fault f = { 0 };

	for (size_t i = 0; i < n; i++) {
		edits[i] = (struct edit){ .op = EDIT_PUT, .kind = take[i]->kind, .rec = take[i] };
		memcpy(edits[i].name, take[i]->name, sizeof(edits[i].name));
	}
	struct config *c = config_with(empty, edits, n, "test", 1700000000, &f);
	if (!c)
		print_error("%s\n", f.text);
	assert_non_null(c);
	for (size_t i = 0; i < n; i++)
		record_unref(take[i]);
	return c;
}

static struct record *bare_record(enum kind k, const char *name)
{
	struct record *r = record_new(k);

	assert_non_null(r);
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static struct bare *bare_new(const struct config *take_c)
{
	struct bare *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->rng = rng_seeded(7);
	b->plane.name = "none";
	events_init(&b->events);
	b->ear.hear = bare_hear;
	events_listen(&b->events, &b->ear);
	b->e.ports = (struct ports){ .ctx = b,
				     .send = bare_send,
				     .wall_ms = bare_wall_ms,
				     .rng = &b->rng,
				     .events = &b->events,
				     .plane = &b->plane,
				     .port = 500,
				     .nat_port = 4500 };
	b->e.config = take_c;
	b->e.now = 100000;
	timers_init(&b->e.timers);
	list_init(&b->e.sas);
	list_init(&b->e.children);
	rng_fill(&b->rng, b->e.key, sizeof(b->e.key));
	b->e.registry = registry_new();
	b->e.halfopens = halfopens_new(&b->e, NULL);
	b->e.traces = traces_new();
	return b;
}

static void bare_free(struct bare *b)
{
	events_unlisten(&b->ear);
	halfopens_free(b->e.halfopens);
	traces_free(b->e.traces);
	registry_free(b->e.registry);
	timers_done(&b->e.timers);
	config_unref(b->e.config);
	free(b);
}

static inline struct addr bare_addr(const char *text, uint16_t port)
{
	struct addr a;

	assert_true(addr_read(text, &a));
	return addr_with_port(a, port);
}
