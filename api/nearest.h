/* nearest.h - the known name nearest to a mistyped one */
#pragma once

#include <stddef.h>

struct nearest {
	const char *given, *name; /* name: "" while none comes near */
	size_t away;
};

struct nearest nearest_to(const char *given);
void nearest_try(struct nearest *n, const char *name);
