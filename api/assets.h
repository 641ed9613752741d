/* assets.h - the web UI: baked in, or from a folder while working on it */
#pragma once

#include "api/doors.h"

struct asset {
	const char *name; /* "app.js" */
	const uint8_t *plain, *plain_end, *packed, *packed_end; /* packed: gzip */
};

/* Made by assets.cmake out of webui/; ends with a row without name. */
extern const struct asset assets_baked[];

/* Answers a GET or HEAD of "/", "/app.js", ... */
void assets_answer(struct call *c);
