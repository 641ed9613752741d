/* fuzz_datagram.c - whole datagrams of strangers into a live engine, at each moment of its life
 *
 * An input is a moment (how many datagrams of a handshake passed), an end, and then datagrams: two
 * octets of length, one that says whose cookies to put in, the octets. Afterwards the handshake may
 * go on, and nothing may be left half.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/duet/duet.h"
#include "tests/duet/forge.h"

enum { MOMENTS = 10, DATAGRAMS_MOST = 8, OCTETS_MOST = 2048 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void one_datagram(struct duet *d, enum side to, struct rd *r)
{
	uint8_t octets[OCTETS_MOST];
	size_t n = rd_u16(r) % OCTETS_MOST;
	unsigned how = rd_u8(r);
	struct header known;

	n = MIN_OF(n, rd_left(r));
	struct slice s = rd_slice(r, n);
	if (r->torn || n == 0)
		return;
	memcpy(octets, s.at, n);
	if (n >= HEADER_SIZE && (how & 1) && forge_cookies(d, &known)) {
		memcpy(octets, known.cky_i, COOKIE_SIZE);
		if (how & 2)
			memcpy(&octets[COOKIE_SIZE], known.cky_r, COOKIE_SIZE);
	}
	if (n >= HEADER_SIZE && (how & 4)) { /* a length that fits */
		struct wr w = wr_of(&octets[24], 4);

		wr_u32(&w, (uint32_t)n);
	}
	forge_octets(d, to, slice(octets, n));
	duet_run_ms(d, how & 8 ? 2500 : 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct rd r = rd_of(slice(at, n));
	unsigned moment = rd_u8(&r) % MOMENTS;
	enum side to = rd_u8(&r) & 1 ? A : B;
	own(duet) d = duet_new("");

	d->line.latency = 1;
	d->side[A].hold = d->side[B].hold = true; /* no key pairs for later: quicker */
	if (moment)
		duet_initiate(d, A, "t1");
	for (unsigned i = 0; i < 100 && d->line.sent[A] + d->line.sent[B] < moment; i++)
		duet_run_ms(d, 1);
	for (unsigned i = 0; i < DATAGRAMS_MOST && rd_left(&r) > 0; i++)
		one_datagram(d, to, &r);
	duet_run_ms(d, 5000);
	duet_is_up(d);
	return 0;
}
