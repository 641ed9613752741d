/* book_pairs.c - which pairs of selectors a tunnel negotiates, and which its policies have
 *
 * Comware's standard mode negotiates each pair of a tunnel's selectors by itself. With aggregation one
 * SA pair carries all of them: what is negotiated is the smallest range around the local ones and
 * around the remote ones, which both ends compute alike, while each pair keeps a policy of its own,
 * so nothing else goes in. All policies of a flow have its id as reqid.
 *
 * Called by: book_adopt.c.  Thread: loop.  Owns: the parts of flows.
 */
#include <stdlib.h>

#include "core/ike/inner_book.h"
#include "core/ike/within.h"
#include "core/model/tunnel.h"

static bool read_pair(const struct tunnel *t, size_t local, size_t remote, struct ts_pair *ret)
{
	return selector_read(t->local_ts[local], &ret->local) &&
	       selector_read(t->remote_ts[remote], &ret->remote) &&
	       ret->local.range.low.family == ret->remote.range.low.family;
}

static void widen(struct selector *s, const struct selector *by)
{
	if (addr_compare(&by->range.low, &s->range.low) < 0)
		s->range.low = by->range.low;
	if (addr_compare(&by->range.high, &s->range.high) > 0)
		s->range.high = by->range.high;
	if (by->protocol != s->protocol || by->port != s->port)
		s->port = 0;
	if (by->protocol != s->protocol)
		s->protocol = 0;
}

/* Into the one of its family, which there may not be yet. */
static size_t gather(struct ts_pair *list, size_t n, const struct ts_pair *p)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].local.range.low.family == p->local.range.low.family) {
			widen(&list[i].local, &p->local);
			widen(&list[i].remote, &p->remote);
			return n;
		}
	list[n] = *p;
	return n + 1;
}

size_t book_pairs(const struct tunnel *t, bool negotiated, struct ts_pair ret[BOOK_PAIRS])
{
	struct ts_pair p;
	size_t n = 0;

	for (size_t i = 0; i < t->local_ts_n; i++)
		for (size_t k = 0; k < t->remote_ts_n; k++) {
			if (!read_pair(t, i, k, &p))
				continue;
			if (negotiated && t->aggregation)
				n = gather(ret, n, &p);
			else
				ret[n++] = p;
		}
	return n;
}

/* --- the parts of a flow --- */

void book_parts_free(struct book *b, struct flow *fl)
{
	for (size_t i = 1; i < fl->parts_n; i++)
		hash_remove(b->flows, book_id_key(&fl->parts[i].id));
	free(fl->parts);
	fl->parts = NULL;
	fl->parts_n = 0;
}

static bool is_part(const struct flow *fl, const struct ts_pair *p)
{
	return selector_has(&fl->local_ts, &p->local) && selector_has(&fl->remote_ts, &p->remote);
}

bool book_parts_make(struct book *b, struct flow *fl)
{
	struct ts_pair list[BOOK_PAIRS];
	size_t n = book_pairs(fl->run->tunnel, false, list);
	bool all = fl->run->tunnel->aggregation, ok = true;

	fl->parts = calloc(all ? n : 1, sizeof(*fl->parts));
	if (!fl->parts)
		return false;
	for (size_t i = 0; all && i < n && ok; i++) {
		struct flow_part *part = &fl->parts[fl->parts_n];

		if (!is_part(fl, &list[i]))
			continue;
		*part = (struct flow_part){ .id = fl->parts_n ? engine_id(fl->e) : fl->id,
					    .ts = list[i] };
		if (fl->parts_n++)
			hash_put(b->flows, book_id_key(&part->id), fl, &ok);
	}
	if (!all) {
		fl->parts[0] =
			(struct flow_part){ .id = fl->id, .ts = { fl->local_ts, fl->remote_ts } };
		fl->parts_n = 1;
	}
	return ok;
}
