/* inside.h - what the files of this room share, and nobody else sees */
#pragma once

#include "core/base/rng.h"
#include "core/daemon/agentlink.h"
#include "core/daemon/daemon.h"
#include "core/ike/engine.h"

struct pending;
struct told;

struct daemon {
	struct daemon_want want;
	struct loop *loop;
	struct engine *engine;
	const struct config *config;
	struct rng rng;
	struct events events;
	struct board *board;
	struct control control;
	struct ports ports;
	struct timer engine_timer; /* the engine's next deadline */
	bool stopping;

	/* change.c: one change after another */
	struct pending *first, *last;
	bool saving;

	/* publish.c */
	msec published_at;
	bool publish_now;
	struct timer publish_timer;

	/* journal.c */
	struct listener log_listener, journal_listener;
	struct event *batch;
	size_t batch_n, batch_cap;
	struct timer journal_timer;

	/* expiry.c */
	struct timer expiry_timer;
	struct told *told;

	struct agentlink *agent;
};

void daemon_config_adopted(struct daemon *d); /* logging levels and such take effect */

void change_ask(void *ctx, struct change *take_c, change_done *done, void *arg);
void change_drop_all(struct daemon *d);

void control_fill(struct daemon *d);

void publish_start(struct daemon *d);
void publish_turn_end(struct daemon *d, msec now);
void publish_fresh(struct daemon *d);

void expiry_start(struct daemon *d);
void expiry_stop(struct daemon *d);
void expiry_look(struct daemon *d);
/* How many of 30, 7, 1 and 0 days before the end were passed with so many seconds left. */
unsigned expiry_step(int64_t left_s);

void journal_start(struct daemon *d);
void journal_flush(struct daemon *d);
void journal_stop(struct daemon *d);
