/* canaryfact.c - what a canary needs to go on or back after a SIGKILL, as a text of the store
 *
 * A line of numbers that ends with who made it; then "p PEER" and "t TUNNEL" lines.
 *
 * Called by: canary.c, canarycut.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/daemon/inside.h"

static void put_names(struct text *t, char mark, const char *names)
{
	for (const char *at = names; at && *at;) {
		size_t n = strcspn(at, "\n");

		text_add(t, "%c %.*s\n", mark, (int)n, at);
		at += n + (at[n] == '\n');
	}
}

char *canaryfact_write(const struct canary *c)
{
	struct text t;

	text_init(&t, CANARY_FACT_MOST - 1);
	text_add(&t, "%llu %llu %llu %u %d %d %d %d %d %s\n", (unsigned long long)c->is.revision,
		 (unsigned long long)c->is.back, (unsigned long long)c->is.changeset, c->hold_s,
		 (int)c->is.state, c->is.is_shared, c->is.manual, (int)c->reset, (int)c->reinitiate,
		 c->is.who);
	put_names(&t, 'p', c->peers);
	put_names(&t, 't', c->tunnels);
	if (!t.cut)
		return text_give(&t);
	text_done(&t);
	return NULL;
}

static char *take_names(const char *lines, char mark)
{
	struct text t;

	text_init(&t, CANARY_FACT_MOST);
	for (const char *at = lines; *at;) {
		size_t n = strcspn(at, "\n");

		if (n > 2 && *at == mark)
			text_add(&t, "%.*s\n", (int)(n - 2), at + 2);
		at += n + (at[n] == '\n');
	}
	return text_give(&t);
}

bool canaryfact_read(struct canary *c, const char *fact)
{
	unsigned long long revision, back, set;
	int state, shared, manual, reset, again, at = 0;

	if (sscanf(fact, "%llu %llu %llu %u %d %d %d %d %d %n", &revision, &back, &set, &c->hold_s,
		   &state, &shared, &manual, &reset, &again, &at) < 9 ||
	    !at || state < CANARY_WATCHED || state > CANARY_GOING_BACK)
		return false;
	c->is = (struct canarying){ .revision = revision,
				    .back = back,
				    .changeset = set,
				    .state = (enum canary_state)state,
				    .is_shared = shared,
				    .manual = manual };
	c->reset = (enum reset_choice)reset;
	c->reinitiate = (enum reinitiate)again;
	size_t n = strcspn(fact + at, "\n");
	snprintf(c->is.who, sizeof(c->is.who), "%.*s", (int)n, fact + at);
	c->peers = take_names(fact + at + n, 'p');
	c->tunnels = take_names(fact + at + n, 't');
	return c->peers && c->tunnels;
}
