/* ident.c - identities and, in phase 2, traffic selectors
 *
 * RFC 2407 section 4.6.2. The shape of each type is checked while reading: an address has the
 * octets of an address, a range is not upside down, a name is not empty. Whoever gets a
 * struct ident may rely on that and needs no lengths of its own. A subnet's mask may have
 * holes on the wire; then it covers no range, and ident_range says so.
 *
 * Called by core/ike/v1 and dump.c.  Thread: any, values only.  Owns: nothing, data is borrowed.
 * Not here: whether an identity is the one a peer should have, or a selector a tunnel's.
 */
#include "core/wire/ident.h"

#include "core/base/own.h"
#include "core/base/text.h"
#include "core/wire/over.h"

struct row {
	const char *word;
	uint8_t parts, octets; /* so many addresses of so many octets; 0: any text but none */
};

static const struct row rows[] = {
	[ID_NONE] = { NULL, 0, 0 },
	[ID_IPV4_ADDR] = { "address", 1, 4 },
	[ID_FQDN] = { "fqdn", 0, 0 },
	[ID_USER_FQDN] = { "user_fqdn", 0, 0 },
	[ID_IPV4_SUBNET] = { "subnet", 2, 4 },
	[ID_IPV6_ADDR] = { "address", 1, 16 },
	[ID_IPV6_SUBNET] = { "subnet", 2, 16 },
	[ID_IPV4_RANGE] = { "range", 2, 4 },
	[ID_IPV6_RANGE] = { "range", 2, 16 },
	[ID_DER_DN] = { "dn", 0, 0 },
	[ID_DER_GN] = { "gn", 0, 0 },
	[ID_KEY_ID] = { "key_id", 0, 0 },
};

static const struct row *row_of(unsigned type)
{
	return type < COUNT_OF(rows) && rows[type].word ? &rows[type] : NULL;
}

static bool is_subnet(unsigned type)
{
	return type == ID_IPV4_SUBNET || type == ID_IPV6_SUBNET;
}

/* One or two addresses; a single one counts as both. */
static bool read_pair(const struct ident *id, struct addr *ret_a, struct addr *ret_b)
{
	const struct row *row = row_of(id->type);
	struct rd r = rd_of(id->data);

	if (!row || !row->parts || id->data.n != (size_t)row->parts * row->octets)
		return false;
	if (!addr_of_slice(rd_slice(&r, row->octets), ret_a))
		return false;
	*ret_b = *ret_a;
	return row->parts == 1 || addr_of_slice(rd_slice(&r, row->octets), ret_b);
}

static enum reason check_shape(const struct ident *id, struct fault *f)
{
	const struct row *row = row_of(id->type);
	struct addr low, high;

	if (!row)
		return fail(f, R_BAD_ID, "an identity of type %u is not known here",
			    (unsigned)id->type);
	if (!row->parts)
		return id->data.n
			       ? R_OK
			       : fail(f, R_MALFORMED, "an identity of type %s is empty", row->word);
	if (!read_pair(id, &low, &high))
		return fail(f, R_MALFORMED, "an identity of type %s (%u) has %zu octets, not %u",
			    row->word, (unsigned)id->type, id->data.n,
			    (unsigned)row->parts * row->octets);
	if (row->parts == 2 && !is_subnet(id->type) && addr_compare(&low, &high) > 0)
		return fail(f, R_MALFORMED, "a range ends before it starts");
	return R_OK;
}

enum reason ident_read(struct slice body, struct ident *ret, struct fault *f)
{
	struct rd r = rd_of(body);
	struct ident id = { .type = rd_u8(&r) };

	id.protocol = rd_u8(&r);
	id.port = rd_u16(&r);
	if (r.torn)
		return fail(f, R_MALFORMED, "an identity of %zu octets, four are the least",
			    body.n);
	id.data = rd_rest(&r);

	enum reason reason = check_shape(&id, f);

	if (reason == R_OK)
		*ret = id;
	return reason;
}

void ident_write(struct wr *w, const struct ident *id)
{
	wr_u8(w, id->type);
	wr_u8(w, id->protocol);
	wr_u16(w, id->port);
	wr_slice(w, id->data);
}

/* Leading ones of a mask; false when a one stands behind a zero. */
static bool mask_bits(const struct addr *mask, uint8_t *ret)
{
	struct rd r = rd_of(addr_slice(mask));
	uint8_t bits = 0;
	bool ended = false;

	while (rd_left(&r) > 0) {
		uint8_t octet = rd_u8(&r);

		for (unsigned bit = 0x80; bit; bit >>= 1) {
			if (!(octet & bit))
				ended = true;
			else if (ended)
				return false;
			else
				bits++;
		}
	}
	*ret = bits;
	return true;
}

bool ident_range(const struct ident *id, struct range *ret)
{
	struct addr a, b;

	if (!read_pair(id, &a, &b))
		return false;
	if (is_subnet(id->type)) {
		struct prefix p;

		if (!mask_bits(&b, &p.bits))
			return false;
		p.addr = addr_masked(&a, p.bits);
		*ret = prefix_range(&p);
		return true;
	}
	if (addr_compare(&a, &b) > 0)
		return false;
	*ret = (struct range){ a, b };
	return true;
}

static struct addr mask_of(const struct addr *like, uint8_t bits)
{
	struct addr ones = { .family = like->family };

	for (size_t i = 0; i < addr_size(like); i++)
		ones.ip[i] = 0xff;
	return addr_masked(&ones, bits);
}

void ident_write_range(struct wr *w, const struct range *r, uint8_t protocol, uint16_t port)
{
	bool is_6 = r->low.family == 6;
	struct addr second = r->high;
	struct prefix p;
	enum id_type type;

	if ((r->low.family != 4 && !is_6) || r->low.family != r->high.family) {
		w->torn = true;
		return;
	}
	if (addr_equal(&r->low, &r->high)) {
		type = is_6 ? ID_IPV6_ADDR : ID_IPV4_ADDR;
	} else if (range_prefix(r, &p)) {
		type = is_6 ? ID_IPV6_SUBNET : ID_IPV4_SUBNET;
		second = mask_of(&r->low, p.bits);
	} else {
		type = is_6 ? ID_IPV6_RANGE : ID_IPV4_RANGE;
	}
	wr_u8(w, (uint8_t)type);
	wr_u8(w, protocol);
	wr_u16(w, port);
	wr_slice(w, addr_slice(&r->low));
	if (rows[type].parts == 2)
		wr_slice(w, addr_slice(&second));
}

const char *ident_type_word(unsigned type)
{
	const struct row *row = row_of(type);

	return row ? row->word : "?";
}

/* " tcp/80", " udp", " 47"; nothing for any protocol and port. */
static void add_protocol(struct text *t, uint8_t protocol, uint16_t port)
{
	static const struct name protocols[] = {
		{ 1, "icmp" }, { 6, "tcp" }, { 17, "udp" }, { 58, "icmpv6" }, { 0, NULL },
	};
	const char *word = name_of(protocols, protocol);

	if (!protocol && !port)
		return;
	if (*word == '?')
		text_add(t, " %u", (unsigned)protocol);
	else
		text_add(t, " %s", word);
	if (port)
		text_add(t, "/%u", (unsigned)port);
}

static void add_addresses(struct text *t, const struct ident *id)
{
	char text[ADDR_TEXT];
	struct addr a, b;
	uint8_t bits;

	if (!read_pair(id, &a, &b)) {
		text_add_hex(t, id->data);
		return;
	}
	text_add_str(t, addr_text(&a, text));
	if (is_subnet(id->type) && mask_bits(&b, &bits))
		text_add(t, "/%u", (unsigned)bits);
	else if (rows[id->type].parts == 2)
		text_add(t, "%s%s", is_subnet(id->type) ? "/" : "-", addr_text(&b, text));
}

char *ident_text(const struct ident *id, char *ret, size_t cap)
{
	const struct row *row = row_of(id->type);
	struct text t;

	if (!text_over(&t, ret, cap))
		return ret;
	if (row)
		text_add(&t, "%s ", row->word);
	else
		text_add(&t, "type-%u ", (unsigned)id->type);

	if (row && row->parts)
		add_addresses(&t, id);
	else if (id->type == ID_FQDN || id->type == ID_USER_FQDN || id->type == ID_KEY_ID)
		text_add_clean(&t, id->data);
	else
		text_add_hex(&t, id->data);
	add_protocol(&t, id->protocol, id->port);
	return ret;
}
