/* stream.h - server-sent events: GET /events/stream */
#pragma once

#include "core/base/own.h"
#include "core/base/timers.h"

struct server;
struct stream;

enum { STREAM_RING = 4096, STREAMS_MOST = 100, STREAM_BEAT_MS = 15 * 1000 };

struct stream *stream_new(struct server *s); /* listens to the events; loop thread */
void stream_free(struct stream *t);
OWNABLE(stream)
void stream_tick(struct stream *t, msec now); /* heartbeats, pictures; loop thread */
void stream_stop(struct stream *t); /* ends every stream; loop thread */
