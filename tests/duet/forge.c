/* forge.c - what somebody on the path could send: unprotected messages with the right cookies
 *
 * Cookies are no secret to who can listen. Nothing that only shows them may move anything.
 */
#include "tests/duet/forge.h"

#include <string.h>

#include "core/base/rng.h"

bool forge_cookies(const struct duet *d, struct header *ret)
{
	for (size_t i = d->line.log_n; i-- > 0;)
		if (header_read(slice_of(d->line.log[i].octets), ret, NULL) == R_OK)
			return true;
	return false;
}

void forge_octets(struct duet *d, enum side to, struct slice octets)
{
	const struct actor *from = &d->side[!to];
	struct addr a = addr_with_port(from->addr, from->ports.port);

	duet_inject(d, to, &a, octets);
}

static void inform(struct duet *d, enum side to, enum payload kind, struct slice body)
{
	struct header h = { .version = VERSION_1, .exchange = XCHG_INFO, .message_id = 0x1234567 };
	struct header known;
	struct writer w;
	uint8_t at[512];

	if (!forge_cookies(d, &known))
		return;
	memcpy(h.cky_i, known.cky_i, COOKIE_SIZE);
	memcpy(h.cky_r, known.cky_r, COOKIE_SIZE);
	writer_start(&w, at, sizeof(at), &h);
	wr_slice(writer_payload(&w, kind), body);
	forge_octets(d, to, writer_done(&w, 0));
}

void forge_notify(struct duet *d, enum side to, uint8_t protocol, uint16_t type)
{
	uint8_t at[64], spi[16] = { 0 };
	struct header known;
	struct wr w = wr_of(at, sizeof(at));

	if (!forge_cookies(d, &known))
		return;
	memcpy(spi, known.cky_i, COOKIE_SIZE);
	memcpy(&spi[COOKIE_SIZE], known.cky_r, COOKIE_SIZE);
	notify_write(&w, &(struct notify){ .doi = 1,
					   .protocol = protocol,
					   .type = type,
					   .spi = slice(spi, protocol == 1 ? 16 : 4) });
	inform(d, to, PL_NTFY, wr_done(&w));
}

static void forge_delete(struct duet *d, enum side to, const struct delete_ *what)
{
	uint8_t at[64];
	struct wr w = wr_of(at, sizeof(at));

	delete_write(&w, what);
	inform(d, to, PL_DEL, wr_done(&w));
}

void forge_delete_ike(struct duet *d, enum side to)
{
	struct header known;
	uint8_t spi[16];

	if (!forge_cookies(d, &known))
		return;
	memcpy(spi, known.cky_i, COOKIE_SIZE);
	memcpy(&spi[COOKIE_SIZE], known.cky_r, COOKIE_SIZE);
	forge_delete(d, to,
		     &(struct delete_){ .doi = 1,
					.protocol = 1,
					.spi_size = 16,
					.n = 1,
					.spis = slice(spi, sizeof(spi)) });
}

void forge_delete_esp(struct duet *d, enum side to, uint32_t spi)
{
	uint8_t at[4];
	struct wr w = wr_of(at, sizeof(at));

	wr_u32(&w, spi);
	forge_delete(d, to,
		     &(struct delete_){
			     .doi = 1, .protocol = 3, .spi_size = 4, .n = 1, .spis = wr_done(&w) });
}

void forge_sealed(struct duet *d, enum side to, uint8_t exchange, uint32_t mid, size_t octets)
{
	struct rng rng = rng_seeded(mid);
	struct header known, h;
	uint8_t at[1024], noise[512];
	struct wr w = wr_of(at, sizeof(at));

	if (!forge_cookies(d, &known) || octets > sizeof(noise))
		return;
	h = known;
	h.next = payload_v1(PL_HASH);
	h.exchange = exchange;
	h.flags = FLAG_ENCRYPTED;
	h.message_id = mid;
	h.length = (uint32_t)(HEADER_SIZE + octets);
	rng_fill(&rng, noise, octets);
	header_write(&w, &h);
	wr_slice(&w, slice(noise, octets));
	forge_octets(d, to, wr_done(&w));
}
