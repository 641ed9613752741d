/* record.c - what every configuration record begins with
 *
 * A record is made, filled and put into a config by one owner; from then on it never changes
 * and is counted, since configs share it and SAs keep the ones they were built from. The last
 * to let go frees it, and wipes all of it: asking which members are secret costs more than
 * the wiping does.
 *
 * Called by: config.c, api, store, core/ike.  Thread: any; the count is atomic.
 * Owns: nothing; a record belongs to whoever holds a reference.
 */
#include "core/model/record.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/exception.h"
#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"
#include "core/model/webhook.h"

static const struct kind_row rows[K_COUNT] = {
#define KIND(code, path_, word_, single_, type, fields_) \
	[K_##code] = { .path = path_,                    \
		       .word = word_,                    \
		       .single = single_,                \
		       .size = sizeof(struct type),      \
		       .fields = fields_ },
#include "core/model/kind.def"
#undef KIND
};

/* A number that is no kind can only come from us. */
const struct kind_row *kind_row(enum kind k)
{
	return &rows[(unsigned)k < K_COUNT ? k : 0];
}

enum kind kind_of_path(const char *path)
{
	unsigned k = 0;

	while (k < K_COUNT && (!path || strcmp(rows[k].path, path) != 0))
		k++;
	return (enum kind)k;
}

/* A single record is named by what follows the slash of its path: "ike". */
static const char *single_name(const struct kind_row *row)
{
	const char *slash = strchr(row->path, '/');

	return slash ? slash + 1 : row->path;
}

struct record *record_new(enum kind k)
{
	const struct kind_row *row = kind_row(k);
	struct record *r = calloc(1, row->size);

	if (!r)
		return NULL;
	field_preset(row->fields, r);
	r->kind = k;
	r->refs = 1;
	text_copy(r->scope, sizeof(r->scope), "this");
	if (row->single)
		text_copy(r->name, sizeof(r->name), single_name(row));
	return r;
}

struct record *record_copy(const struct record *r)
{
	size_t size = kind_row(r->kind)->size;
	size_t after = offsetof(struct record, index);
	struct record *copy = calloc(1, size);

	/* all but the count, which others may be changing */
	if (copy) {
		copy->kind = r->kind;
		copy->refs = 1;
		memcpy((char *)copy + after, (const char *)r + after, size - after);
	}
	return copy;
}

/* The count is the only thing about a shared record that changes. */
static uint32_t *refs_of(const struct record *r)
{
	return &((struct record *)(uintptr_t)r)->refs;
}

const struct record *record_ref(const struct record *r)
{
	__atomic_fetch_add(refs_of(r), 1, __ATOMIC_RELAXED);
	return r;
}

void record_unref(const struct record *r)
{
	if (!r || __atomic_fetch_sub(refs_of(r), 1, __ATOMIC_ACQ_REL) != 1)
		return;
	void *mine = (void *)(uintptr_t)r;
	wipe(mine, kind_row(r->kind)->size);
	free(mine);
}

enum impact record_diff(const struct record *a, const struct record *b, struct text *ret_members)
{
	return field_diff(kind_row(a->kind)->fields, a, b, ret_members);
}
