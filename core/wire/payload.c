/* payload.c - the register of payload types, and the walker of a chain
 *
 * RFC 2408 section 3.2: each payload names the type of the one after it, and its length
 * counts its own four octets. A length below four would make no progress, so it ends the
 * walk; every step therefore consumes at least four octets and the walk is short.
 *
 * Some peers leave a type in the last payload's Next Payload octet. When nothing or only the
 * zeros of a cipher's padding stand behind it, the walk ends there and says so in last_next;
 * the engine decides by its setting whether that is acceptable.
 *
 * Called by the engine, the decoder and dump.c.  Thread: any, values only.  Owns: nothing.
 * Not here: which payloads a message needs - the step tables of core/ike/v1 say that.
 */
#include "core/wire/payload.h"

enum { PADDING_MAX = 15, PRIVATE_FROM = 128 };

struct row {
	const char *name;
	uint8_t v1;
	uint16_t least;
	bool may_repeat;
};

static const struct row rows[PL_COUNT] = {
#define PAYLOAD(code, name_, v1_, v2_, least_, rep) \
	[PL_##code] = { .name = name_, .v1 = v1_, .least = least_, .may_repeat = rep },
#include "core/wire/payload.def"
#undef PAYLOAD
};

static enum payload kind_of(unsigned v1_type)
{
	for (int k = 0; v1_type && k < PL_COUNT; k++)
		if (rows[k].v1 == v1_type)
			return (enum payload)k;
	return PL_COUNT;
}

const char *payload_word(unsigned v1_type)
{
	enum payload k = kind_of(v1_type);

	return k < PL_COUNT ? rows[k].name : "?";
}

uint8_t payload_v1(enum payload p)
{
	return (unsigned)p < PL_COUNT ? rows[p].v1 : 0;
}

/* How a payload is called in a sentence. */
static const char *name_in(const struct pl *p)
{
	return p->kind < PL_COUNT ? rows[p->kind].name : "unknown";
}

/* read_one - the payload of the type given, and the type of the next one. */
static enum reason read_one(struct rd *r, uint8_t *type, struct pl *ret, struct fault *f)
{
	struct rd ahead = *r;
	struct pl p = { .kind = kind_of(*type), .type = *type };
	uint8_t next = rd_u8(&ahead);

	rd_u8(&ahead); /* reserved: must be zero says the RFC, must be ignored says experience */
	uint16_t len = rd_u16(&ahead);

	if (ahead.torn)
		return fail(f, R_MALFORMED,
			    "the message ends where a payload of type %u (%s) is due",
			    (unsigned)*type, name_in(&p));
	if (len < 4)
		return fail(f, R_MALFORMED,
			    "the %s payload claims %u octets, its header alone has four",
			    name_in(&p), (unsigned)len);
	if (len > rd_left(r))
		return fail(f, R_MALFORMED, "the %s payload claims %u octets, %zu are left",
			    name_in(&p), (unsigned)len, rd_left(r));
	p.whole = rd_slice(r, len);
	p.body = rd_slice(&ahead, len - 4u);
	if (p.kind < PL_COUNT && p.body.n < rows[p.kind].least)
		return fail(f, R_MALFORMED, "the %s payload has %zu octets, at least %u are needed",
			    name_in(&p), p.body.n, (unsigned)rows[p.kind].least);
	*type = next;
	*ret = p;
	return R_OK;
}

static enum reason keep(struct chain *c, const struct pl *p, struct fault *f)
{
	if (c->n == CHAIN_MAX)
		return fail(f, R_BAD_PAYLOAD, "more than %d payloads in one message", CHAIN_MAX);
	if (p->kind < PL_COUNT) {
		if (c->have & 1u << p->kind && !rows[p->kind].may_repeat)
			return fail(f, R_BAD_PAYLOAD, "two %s payloads in one message", name_in(p));
		c->have |= 1u << p->kind;
	} else if (p->type < PRIVATE_FROM) {
		c->has_unknown = true;
	}
	c->at[c->n++] = *p;
	return R_OK;
}

/* Nothing but what a cipher's padding leaves: a payload header could not be all zero. */
static bool is_over(const struct rd *r)
{
	struct rd rest = *r;

	if (rd_left(&rest) > PADDING_MAX)
		return false;
	while (rd_left(&rest) > 0)
		if (rd_u8(&rest) != 0)
			return false;
	return true;
}

enum reason chain_read(struct slice octets, uint8_t first, struct chain *ret, struct fault *f)
{
	struct rd r = rd_of(octets);
	struct rd whole = r;
	uint8_t type = first;

	*ret = (struct chain){ 0 };
	while (type != 0) {
		struct pl p;

		if (ret->n > 0 && is_over(&r)) {
			ret->last_next = type;
			break;
		}
		enum reason reason = read_one(&r, &type, &p, f);
		if (reason == R_OK)
			reason = keep(ret, &p, f);
		if (reason != R_OK)
			return reason;
	}
	ret->all = rd_slice(&whole, rd_left(&whole) - rd_left(&r));
	return R_OK;
}

const struct pl *chain_find(const struct chain *c, enum payload kind)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->at[i].kind == kind)
			return &c->at[i];
	return NULL;
}

const struct pl *chain_next(const struct chain *c, const struct pl *after)
{
	bool seen = false;

	for (size_t i = 0; i < c->n; i++) {
		if (seen && c->at[i].kind == after->kind)
			return &c->at[i];
		if (&c->at[i] == after)
			seen = true;
	}
	return NULL;
}
