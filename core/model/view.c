/* view.c - one moment of the gateway in one piece of memory, and the board it hangs on
 *
 * A view is a head and five arrays of rows behind it, found by offsets, so it can be copied to
 * another process as it lies. It is filled by whoever made it, then posted; from then on nobody
 * writes it, and whoever looks holds it with a count.
 *
 * The board is the only lock between the engine and its readers. It covers a pointer and a
 * counter, never a row: a slow reader delays nobody.
 *
 * Called by: the daemon posts, api and snmp look.  Thread: any.
 * Owns: a board owns one reference to the newest view and one to the newest configuration.
 */
#include "core/model/view.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/model/config.h"

enum { ALIGN = 16 };

/* Where the next array starts, and the end after it. */
static uint32_t lay(uint64_t *end, uint32_t n, size_t row_size)
{
	uint64_t at = (*end + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);

	*end = at + (uint64_t)n * row_size;
	return (uint32_t)at;
}

struct view *view_new_as(const struct view *rows)
{
	uint64_t end = sizeof(struct view);
	struct view plan = { .refs = 1,
			     .ike_sas_n = rows->ike_sas_n,
			     .children_n = rows->children_n,
			     .tunnels_n = rows->tunnels_n,
			     .peers_n = rows->peers_n,
			     .failures_n = rows->failures_n };

	plan.ike_sas_at = lay(&end, plan.ike_sas_n, sizeof(struct ike_sa_row));
	plan.children_at = lay(&end, plan.children_n, sizeof(struct child_row));
	plan.tunnels_at = lay(&end, plan.tunnels_n, sizeof(struct tunnel_row));
	plan.peers_at = lay(&end, plan.peers_n, sizeof(struct peer_row));
	plan.failures_at = lay(&end, plan.failures_n, sizeof(struct failure_row));
	if (end > UINT32_MAX)
		return NULL;
	struct view *v = calloc(1, end);
	if (!v)
		return NULL;
	plan.size = (uint32_t)end;
	*v = plan;
	return v;
}

struct view *view_new(uint32_t ike_sas, uint32_t children, uint32_t tunnels, uint32_t peers)
{
	const struct view plan = {
		.ike_sas_n = ike_sas, .children_n = children, .tunnels_n = tunnels, .peers_n = peers
	};

	return view_new_as(&plan);
}

void view_unref(const struct view *v)
{
	struct view *mine = (struct view *)(uintptr_t)v;

	if (mine && __atomic_sub_fetch(&mine->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(mine);
}

static void *rows_at(const struct view *v, uint32_t at)
{
	return (char *)(uintptr_t)v + at;
}

struct ike_sa_row *view_ike_sas(const struct view *v)
{
	return rows_at(v, v->ike_sas_at);
}

struct child_row *view_children(const struct view *v)
{
	return rows_at(v, v->children_at);
}

struct tunnel_row *view_tunnels(const struct view *v)
{
	return rows_at(v, v->tunnels_at);
}

struct peer_row *view_peers(const struct view *v)
{
	return rows_at(v, v->peers_at);
}

struct failure_row *view_failures(const struct view *v)
{
	return rows_at(v, v->failures_at);
}

static uint32_t id_at(const void *rows, size_t row_size, size_t i)
{
	return *(const uint32_t *)(const void *)((const char *)rows + i * row_size);
}

/* An array lies within the memory, aligned, and its ids rise, so a binary search ends well. */
static bool array_is_sound(const struct view *v, uint32_t at, uint32_t n, size_t row_size)
{
	const void *rows = rows_at(v, at);

	if (at < sizeof(struct view) || at % ALIGN || at > v->size || n > (v->size - at) / row_size)
		return false;
	for (uint32_t i = 1; i < n; i++)
		if (id_at(rows, row_size, i) <= id_at(rows, row_size, i - 1))
			return false;
	return true;
}

bool view_is_sound(const void *at, size_t n)
{
	const struct view *v = at;

	if (!at || (uintptr_t)at % ALIGN || n < sizeof(*v) || v->size < sizeof(*v) || v->size > n)
		return false;
	return array_is_sound(v, v->ike_sas_at, v->ike_sas_n, sizeof(struct ike_sa_row)) &&
	       array_is_sound(v, v->children_at, v->children_n, sizeof(struct child_row)) &&
	       array_is_sound(v, v->tunnels_at, v->tunnels_n, sizeof(struct tunnel_row)) &&
	       array_is_sound(v, v->peers_at, v->peers_n, sizeof(struct peer_row)) &&
	       array_is_sound(v, v->failures_at, v->failures_n, sizeof(struct failure_row));
}

size_t view_after(const void *rows, size_t n, size_t row_size, uint32_t id)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (id_at(rows, row_size, middle) <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const void *view_find(const void *rows, size_t n, size_t row_size, uint32_t id)
{
	size_t i = id ? view_after(rows, n, row_size, id - 1) : 0;

	if (i >= n || id_at(rows, row_size, i) != id)
		return NULL;
	return (const char *)rows + i * row_size;
}

/* ---- the board ---- */

struct board {
	pthread_mutex_t lock;
	struct view *now;
	const struct config *config;
	bool looked_at;
};

struct board *board_new(void)
{
	struct board *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	b->now = view_new(0, 0, 0, 0);
	b->config = config_new();
	if (!b->now || !b->config) {
		board_free(b);
		return NULL;
	}
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	view_unref(b->now);
	config_unref(b->config);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

void board_post(struct board *b, struct view *take_v)
{
	struct view *old;

	if (!take_v)
		return;
	pthread_mutex_lock(&b->lock);
	old = b->now;
	b->now = take_v;
	pthread_mutex_unlock(&b->lock);
	view_unref(old);
}

const struct view *board_look(struct board *b)
{
	struct view *v;

	pthread_mutex_lock(&b->lock);
	v = b->now;
	__atomic_add_fetch(&v->refs, 1, __ATOMIC_RELAXED);
	b->looked_at = true;
	pthread_mutex_unlock(&b->lock);
	return v;
}

void board_post_config(struct board *b, const struct config *c)
{
	const struct config *mine = config_ref(c), *old;

	pthread_mutex_lock(&b->lock);
	old = b->config;
	b->config = mine;
	pthread_mutex_unlock(&b->lock);
	config_unref(old);
}

const struct config *board_config(struct board *b)
{
	const struct config *c;

	pthread_mutex_lock(&b->lock);
	c = config_ref(b->config);
	pthread_mutex_unlock(&b->lock);
	return c;
}

bool board_was_looked_at(struct board *b)
{
	bool looked;

	pthread_mutex_lock(&b->lock);
	looked = b->looked_at;
	b->looked_at = false;
	pthread_mutex_unlock(&b->lock);
	return looked;
}
