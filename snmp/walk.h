/* walk.h - GET, GETNEXT and GETBULK over sorted rows, once for all tables of the MIB */
#pragma once

#include "core/base/fault.h"
#include "snmp/column.h"

struct walk_source {
	/* The picture to answer from; NULL when none came yet. Asked once per call of the handler. */
	const struct view *(*look)(void *arg);
	void *arg;
	const struct trap_tally *tally;
	uint32_t trees; /* mask of the vendors' trees that are served, by enum foreign_tree */
};

/* Registers every grid that is served, and the vendors' trees that are asked for. The source must live as long as the library. */
enum reason walk_register(const struct walk_source *s, struct fault *f);
