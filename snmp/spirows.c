/* spirows.c - IPsec SAs one by one, as a table of our own module
 *
 * Put together once a picture, and only when somebody asks. Pairs stand by rising id, in before
 * out, so the rows are sorted as they are made.
 *
 * Called by: column.c.  Thread: the agent's only one.
 * Owns: the rows of the newest picture that was asked for.
 */
#include "snmp/spirows.h"

#include <stdlib.h>
#include <string.h>

static struct {
	const struct view *view;
	uint64_t number; /* of the picture they are of */
	struct spi_row *at;
	size_t n;
} made;

static void put(const struct child_row *c, uint32_t side, struct spi_row *ret)
{
	bool in = side == 1, active = c->state == CS_UP && !(c->flags & (SAF_RL | SAF_FD));

	*ret = (struct spi_row){
		.pair = c->id,
		.side = side,
		.spi = in ? c->spi_in : c->spi_out,
		.state = active ? SPI_ACTIVE : SPI_EXPIRING,
		.age_seconds = c->age_seconds,
		.octets = in ? c->bytes_in : c->bytes_out,
		.packets = in ? c->packets_in : c->packets_out,
		.last_at = in ? c->last_in_at : c->last_out_at,
	};
	_Static_assert(sizeof(ret->protocol) == sizeof(c->protocol), "the same text");
	memcpy(ret->protocol, c->protocol, sizeof(ret->protocol));
}

/* Under way an SPI may be ours already, but there is no SA behind it yet. */
static size_t put_all(const struct view *v, struct spi_row *ret)
{
	const struct child_row *c = view_children(v);
	size_t n = 0;

	for (size_t i = 0; i < v->children_n; i++) {
		if (c[i].state == CS_NEGOTIATING)
			continue;
		if (c[i].spi_in)
			put(&c[i], 1, &ret[n++]);
		if (c[i].spi_out)
			put(&c[i], 2, &ret[n++]);
	}
	return n;
}

const struct spi_row *spi_rows(const struct view *v, size_t *ret_n)
{
	*ret_n = 0;
	if (!v)
		return NULL;
	if (made.view != v || made.number != v->number) {
		free(made.at);
		made.at =
			v->children_n ? calloc(2 * (size_t)v->children_n, sizeof(*made.at)) : NULL;
		made.n = made.at ? put_all(v, made.at) : 0;
		made.view = v;
		made.number = v->number;
	}
	*ret_n = made.n;
	return made.at;
}
