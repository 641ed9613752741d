/* picture.h - tables of the published picture, as lists and one by one */
#pragma once

#include "api/request.h"

struct picture_table {
	const struct field *fields;
	const char *key; /* unique, in whose order the rows lie: "id" or "index" */
	const char *order; /* member a list is sorted by when nothing is said, NULL: the key */
	const void *rows;
	size_t n, size;
};

enum picture_which { PICTURE_IKE_SAS, PICTURE_CHILDREN, PICTURE_TUNNELS, PICTURE_PEERS };

struct picture_table picture_table(const struct view *v, enum picture_which which);
/* GET of a list, whole: looks, lists, answers. */
void picture_list(struct request *r, enum picture_which which);
