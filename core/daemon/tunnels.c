/* tunnels.c - tunnels by name, one a line: how many are up, and starting them
 *
 * Called by: confirm.c, canary.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/daemon/inside.h"

/* The next name, or false at the end. */
static bool next(const char **at, char ret[NAME_SIZE])
{
	size_t n = *at ? strcspn(*at, "\n") : 0;

	if (!n)
		return false;
	snprintf(ret, NAME_SIZE, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == '\n');
	return true;
}

static bool is_up(const struct view *v, const char *tunnel)
{
	const struct child_row *c = view_children((struct view *)(uintptr_t)v);

	for (uint32_t i = 0; i < v->children_n; i++)
		if (c[i].state == CS_UP && !c[i].stale && strcmp(c[i].tunnel, tunnel) == 0)
			return true;
	return false;
}

bool tunnels_is_wanted(const struct config *c, const char *name)
{
	const struct tunnel *t = config_tunnel(c, name);
	const struct peer *p = t ? config_peer(c, t->peer) : NULL;

	return p && t->enabled && p->enabled;
}

void tunnels_count(struct daemon *d, const char *names, uint32_t *ret, uint32_t *ret_up)
{
	const struct view *v;
	char name[NAME_SIZE];

	publish_fresh(d);
	v = board_look(d->board);
	*ret = *ret_up = 0;
	while (next(&names, name)) {
		if (!tunnels_is_wanted(d->config, name))
			continue;
		++*ret;
		*ret_up += v && is_up(v, name);
	}
	view_unref(v);
}

void tunnels_start(struct daemon *d, const char *names, const char *who)
{
	char name[NAME_SIZE];

	while (next(&names, name)) {
		struct fault f = { 0 };
		uint64_t id = 0;

		if (tunnels_is_wanted(d->config, name) &&
		    engine_initiate(d->engine, clock_now(), name, who, &id, &f) != R_OK)
			log_say(LOG_WARN_, LOG_DAEMON, "tunnel %s is not started: %s", name,
				f.text);
	}
}
