/* comware_out.h - what the two files that write Comware share */
#pragma once

#include "core/dialect/comware_inside.h"

struct comware_out {
	const struct sketch *from;
	struct text *t;
	struct sketch *notes;
	uint64_t differs; /* members of the settings being written that are not the preset */
};

/* Every row of the view that the record says; the bits of the members that were said. */
uint64_t comware_write_rows(struct comware_out *o, const struct entry *e, enum view v);
void comware_word(struct text *t, const char *word); /* in quotes where it needs them */
bool comware_is_transport(const struct comware_out *o, const char *proposal);
void comware_write_policies(struct comware_out *o); /* access lists, templates, policies */
