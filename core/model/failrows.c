/* failrows.c - register: members of a row about a negotiation that failed
 *
 * A row is the end of a story that fits into the picture, so that a poller sees the failures of the
 * last minutes; members are called as in a story's JSON.
 *
 * Called by: core/ike, which keeps the last ones; snmp, by the table alone.  Thread: any.
 * Owns: nothing.
 */
#include "core/model/story.h"
#include "core/model/storywords.h"
#include "core/model/view.h"

/* clang-format off */
#define RO FF_READ_ONLY

const struct field failure_row_fields[] = {
	FIELD(failure_row, index, "index", .kind = F_UINT, .flags = RO,
	      .help = "Lower 31 bits of the number: its row in SNMP"),
	FIELD(failure_row, peer_index, "peer_index", .kind = F_UINT, .flags = RO,
	      .help = "Index of the peer, 0 none"),
	FIELD(failure_row, negotiation, "id", .kind = F_UINT, .flags = RO,
	      .help = "Number of the negotiation"),
	FIELD(failure_row, peer, "peer", .kind = F_TEXT, .flags = RO,
	      .help = "Peer it was about, as far as that was known"),
	FIELD(failure_row, tunnel, "tunnel", .kind = F_TEXT, .flags = RO,
	      .help = "Tunnel it was about"),
	FIELD(failure_row, ike_sa, "ike_sa", .kind = F_UINT, .flags = RO,
	      .help = "IKE SA it was to make, or that carried it; 0 none"),
	FIELD(failure_row, child_sa, "child_sa", .kind = F_UINT, .flags = RO,
	      .help = "Pair of IPsec SAs it was to make, 0 none"),
	FIELD(failure_row, exchange, "exchange", .kind = F_CHOICE, .names = story_exchanges, .flags = RO,
	      .help = "Kind of exchange"),
	FIELD(failure_row, role, "role", .kind = F_CHOICE, .names = story_roles, .flags = RO,
	      .help = "Who started it: we are the initiator or the responder"),
	FIELD(failure_row, side, "side", .kind = F_CHOICE, .names = story_sides, .flags = RO,
	      .help = "Who refused"),
	FIELD(failure_row, local_address, "local_address", .kind = F_TEXT, .flags = RO,
	      .help = "Our address"),
	FIELD(failure_row, remote_address, "remote_address", .kind = F_TEXT, .flags = RO,
	      .help = "The other end's address"),
	FIELD(failure_row, local_port, "local_port", .kind = F_UINT, .flags = RO,
	      .help = "Our UDP port"),
	FIELD(failure_row, remote_port, "remote_port", .kind = F_UINT, .flags = RO,
	      .help = "The other end's UDP port"),
	FIELD(failure_row, local_id, "local_id", .kind = F_TEXT, .flags = RO,
	      .help = "Our identity, if it came to that"),
	FIELD(failure_row, remote_id, "remote_id", .kind = F_TEXT, .flags = RO,
	      .help = "Identity that the other end claimed"),
	FIELD(failure_row, started_at, "started_at", .kind = F_UINT, .flags = RO | FF_TIME,
	      .help = "When it began"),
	FIELD(failure_row, ended_at, "ended_at", .kind = F_UINT, .flags = RO | FF_TIME,
	      .help = "When it failed"),
	FIELD(failure_row, reason, "reason", .kind = F_TEXT, .flags = RO,
	      .help = "Why, a word for programs"),
	FIELD(failure_row, field, "field", .kind = F_TEXT, .flags = RO,
	      .help = "Member of the configuration to look at, on the side that refused"),
	FIELD(failure_row, text, "text", .kind = F_TEXT, .flags = RO,
	      .help = "Why, a sentence for people"),
	FIELD(failure_row, hint, "hint", .kind = F_TEXT, .flags = RO,
	      .help = "What to do about it"),
	FIELD(failure_row, revision, "revision", .kind = F_UINT, .flags = RO,
	      .help = "Revision of the configuration it was judged by"),
	{ 0 },
};
/* clang-format on */

static uint64_t seconds(int64_t wall_ms)
{
	return wall_ms > 0 ? (uint64_t)wall_ms / 1000 : 0;
}

static void put_end(const struct addr *a, char *ret, size_t cap, uint32_t *ret_port)
{
	char words[ADDR_TEXT];

	text_copy(ret, cap, a->family ? addr_text(a, words) : "");
	*ret_port = a->port;
}

void failure_row_of(const struct story *s, struct failure_row *ret)
{
	uint32_t index = (uint32_t)(s->id & 0x7fffffff);

	*ret = (struct failure_row){
		.index = index ? index : 1,
		.negotiation = s->id,
		.ike_sa = s->ike_sa,
		.child_sa = s->child_sa,
		.exchange = s->exchange,
		.role = s->role,
		.side = (int)s->side,
		.started_at = seconds(s->started_ms),
		.ended_at = seconds(s->ended_ms),
		.revision = s->revision,
	};
	text_copy(ret->peer, sizeof(ret->peer), s->peer);
	text_copy(ret->tunnel, sizeof(ret->tunnel), s->tunnel);
	put_end(&s->local, ret->local_address, sizeof(ret->local_address), &ret->local_port);
	put_end(&s->remote, ret->remote_address, sizeof(ret->remote_address), &ret->remote_port);
	text_copy(ret->local_id, sizeof(ret->local_id), s->local_id);
	text_copy(ret->remote_id, sizeof(ret->remote_id), s->remote_id);
	text_copy(ret->reason, sizeof(ret->reason),
		  s->reason == R_OK ? "" : reason_slug(s->reason));
	text_copy(ret->field, sizeof(ret->field), s->field);
	text_copy(ret->text, sizeof(ret->text), s->text);
	text_copy(ret->hint, sizeof(ret->hint), s->hint);
}
