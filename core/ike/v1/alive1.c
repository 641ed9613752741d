/* alive1.c - keepalives and DPD on the wire: informationals that say or ask whether somebody is there
 *
 * Keepalives have the form of core/wire/heartbeat.c, questions and answers that of RFC 3706 section 5:
 * a notification about this SA, named by its cookies, with a number.
 *
 * Called by info1.c with what is proven, by liveness.c through struct version. Thread: loop.
 * Owns: nothing.
 */
#include "core/ike/v1/alive1.h"

#include "core/base/cursor.h"
#include "core/ike/liveness.h"
#include "core/ike/recovery.h"
#include "core/ike/sa.h"
#include "core/ike/v1/build1.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/settings.h"
#include "core/wire/heartbeat.h"
#include "core/wire/sa1.h"

static unsigned beat_type(const struct ike_sa *sa)
{
	return config_keepalive(sa->e->config)->notify_type;
}

bool alive1_say(struct ike_sa *sa, uint32_t number)
{
	uint8_t body[HEARTBEAT_MAX];
	struct wr w = wr_of(body, sizeof(body));
	struct heartbeat h = {
		.type = (uint16_t)beat_type(sa),
		.cookies = slice(&sa->cky, sizeof(sa->cky)),
		.number = number,
	};

	heartbeat_write(&w, &h);
	sa->e->counters.notifies_out++;
	sa->tally.notifies_out++;
	return build1_inform(sa, PL_NTFY, wr_done(&w));
}

bool alive1_ask(struct ike_sa *sa, uint32_t number)
{
	uint8_t data[4];
	struct wr w = wr_of(data, sizeof(data));
	struct notify n = {
		.doi = SA1_DOI_IPSEC,
		.protocol = PROTO_ISAKMP,
		.type = NTFY_R_U_THERE,
		.spi = slice(&sa->cky, sizeof(sa->cky)),
	};

	wr_u32(&w, number);
	n.data = wr_done(&w);
	return build1_notify(sa, &n);
}

/* RFC 2408 section 3.14.1 leaves open where the SPI stands: in its field, and again as data. */
bool alive1_spi_unknown(struct ike_sa *sa, uint32_t spi)
{
	uint8_t octets[4];
	struct wr w = wr_of(octets, sizeof(octets));
	struct notify n = {
		.doi = SA1_DOI_IPSEC,
		.protocol = PROTO_ESP,
		.type = NTFY_INVALID_SPI,
	};

	wr_u32(&w, spi);
	n.spi = n.data = wr_done(&w);
	return build1_notify(sa, &n);
}

bool alive1_take_spi(struct ike_sa *sa, const struct notify *n)
{
	struct rd r = rd_of(n->spi.n == 4 ? n->spi : n->data);
	uint32_t spi = rd_u32(&r);

	return n->type == NTFY_INVALID_SPI && !r.torn && recovery_disowned(sa, spi);
}

/* RFC 3706: the question and its answer name this SA by its cookies and carry a number. */
static bool r_u_there_read(const struct ike_sa *sa, const struct notify *n, uint32_t *ret)
{
	struct rd r = rd_of(n->data);

	*ret = rd_u32(&r);
	return !r.torn && rd_left(&r) == 0 &&
	       (n->spi.n == 0 || slice_equal(n->spi, slice(&sa->cky, sizeof(sa->cky))));
}

static void take_r_u_there(struct ike_sa *sa, const struct notify *n)
{
	struct notify ack = *n;
	uint32_t number;

	if (!r_u_there_read(sa, n, &number)) {
		sa->e->counters.dropped_malformed++;
	} else if (n->type == NTFY_R_U_THERE_ACK) {
		if (!liveness_answered(sa, number))
			sa->e->counters.dropped_unexpected++;
	} else if (liveness_asked(sa, number)) {
		ack.type = NTFY_R_U_THERE_ACK;
		build1_notify(sa, &ack);
	} else {
		sa->e->counters.dropped_replayed++;
	}
}

static void take_heartbeat(struct ike_sa *sa, const struct notify *n)
{
	struct heartbeat h;

	if (heartbeat_read(n, slice(&sa->cky, sizeof(sa->cky)), &h, NULL) != R_OK)
		sa->e->counters.dropped_malformed++;
	else if (!liveness_beat(sa, h.number))
		sa->e->counters.dropped_replayed++;
}

void alive1_take(struct ike_sa *sa, const struct notify *n)
{
	if (n->type == NTFY_R_U_THERE || n->type == NTFY_R_U_THERE_ACK)
		take_r_u_there(sa, n);
	else if (n->type == beat_type(sa))
		take_heartbeat(sa, n);
}
