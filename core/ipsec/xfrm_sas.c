/* xfrm_sas.c - what we know of the states of ours in the kernel
 *
 * A table by the name a state has in the kernel: where it ends, and its SPI. When the kernel's news
 * overflowed, every one of them may be wrong, so kernel and table are compared.
 *
 * Called by xfrm.c.  Thread: loop.  Owns: nothing; the table is the caller's.
 */
#include "core/ipsec/xfrm_sas.h"

#include <stdlib.h>

#include "core/base/cursor.h"
#include "core/ipsec/xfrm_sweep.h"

enum { NAME_KEY = 22, TRIES = 3 };

static struct slice key_of(const struct xfrm_name *n, uint8_t ret[NAME_KEY])
{
	struct wr w = wr_of(ret, NAME_KEY);

	wr_u8(&w, n->to.family);
	wr_slice(&w, slice(n->to.ip, 16));
	wr_u32(&w, n->spi);
	return wr_done(&w);
}

struct kernel_sa *xfrm_sas_find(const struct hash *sas, const struct xfrm_name *n)
{
	uint8_t key[NAME_KEY];

	return hash_find(sas, key_of(n, key));
}

struct kernel_sa *xfrm_sas_note(struct hash *sas, const struct kernel_sa *sa, struct fault *f)
{
	struct kernel_sa *e = malloc(sizeof(*e));
	uint8_t key[NAME_KEY];
	bool ok = e != NULL;

	if (ok) {
		*e = *sa;
		hash_put(sas, key_of(&e->name, key), e, &ok);
	}
	if (ok)
		return e;
	free(e);
	fail(f, R_NO_MEMORY, "no memory for an SA");
	return NULL;
}

void xfrm_sas_forget(struct hash *sas, struct kernel_sa *e)
{
	uint8_t key[NAME_KEY];

	hash_remove(sas, key_of(&e->name, key));
	free(e);
}

/* --- looking at all of them --- */

/* News that were lost, as they should have been told. */
struct missed {
	struct {
		uint32_t spi;
		bool hard;
	} * at;
	size_t n;
};

static void not_yet_shown(void *arg, struct slice key, void *value)
{
	struct kernel_sa *e = value;

	(void)arg;
	(void)key;
	e->shown = e->worn = false;
}

static bool shown(void *arg, const struct xfrm_name *state, bool worn)
{
	struct kernel_sa *e = xfrm_sas_find(arg, state);

	if (!e)
		return false;
	e->shown = true;
	e->worn = worn;
	return true;
}

static void note_missed(void *arg, struct slice key, void *value)
{
	struct missed *m = arg;
	const struct kernel_sa *e = value;

	(void)key;
	if (e->shown && !e->worn)
		return;
	m->at[m->n].spi = e->name.spi;
	m->at[m->n++].hard = !e->shown;
}

void xfrm_sas_look(struct hash *sas, struct netlink *n, struct netlink_out *o,
		   const struct plane_news *news)
{
	struct missed m = { .at = calloc(hash_count(sas) + 1, sizeof(*m.at)) };
	enum reason r = m.at ? R_PLANE : R_NO_MEMORY;

	for (int i = 0; i < TRIES && r != R_OK && m.at; i++) {
		hash_each(sas, not_yet_shown, NULL);
		r = xfrm_sweep_states(n, o, shown, sas, NULL);
	}
	if (r == R_OK)
		hash_each(sas, note_missed, &m);
	/* who hears it takes SAs out of the table, so it is not walked here */
	for (size_t i = 0; i < m.n && news->bytes_limit; i++)
		news->bytes_limit(news->arg, m.at[i].spi, m.at[i].hard);
	free(m.at);
}
