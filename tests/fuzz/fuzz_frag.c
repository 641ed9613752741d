/* fuzz_frag.c - fragments of strangers for two owners, and an honest message after them
 *
 * The input is a row of records: owner, id, number, flags, length, octets; what a fragment's payload
 * holds is read from them as from the wire. Limits hold after each, and whatever came before, an honest
 * message that is sent twice comes out.
 */
#include "tests/fuzz/fuzz.h"

#include "core/ike/pieces.h"
#include "core/ike/within.h"
#include "core/wire/frag1.h"

enum { OWNERS = 2, HONEST = 5 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static bool put(struct engine *e, struct pieces **slot, const struct frag1 *f)
{
	struct piece p = {
		.id = f->id, .exchange = 2, .number = f->number, .last = f->last, .data = f->data
	};
	struct bytes *whole = NULL;
	bool is_whole;

	pieces_put(e, slot, &p, &whole, NULL);
	is_whole = whole != NULL;
	MUST(!is_whole || (whole->n >= f->data.n && whole->n <= PIECES_EACH && !*slot));
	MUST(e->pieces.octets <= PIECES_ALL);
	bytes_free(whole);
	return is_whole;
}

static void honest(struct engine *e, struct pieces **slot)
{
	bool is_whole = false;

	for (unsigned i = 0; i < 2 * HONEST; i++) {
		struct frag1 f = { .id = 1,
				   .number = (uint8_t)(i % HONEST + 1),
				   .last = i % HONEST + 1 == HONEST,
				   .data = slice("honest", 6) };

		is_whole |= put(e, slot, &f);
	}
	MUST(is_whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	static struct engine e;
	struct pieces *slots[OWNERS] = { NULL };
	struct rd r = rd_of(slice(at, n));

	list_init(&e.pieces.oldest);
	while (rd_left(&r) && !r.torn) {
		uint8_t owner = rd_u8(&r) % OWNERS;
		uint8_t length = rd_u8(&r);
		uint8_t wire[HEADER_SIZE + 256] = { 0 };
		size_t room = MIN_OF((size_t)length, rd_left(&r));
		struct header h = { .length = (uint32_t)(HEADER_SIZE + room) };
		const uint8_t *body = rd_take(&r, room);
		struct frag1 f;

		if (room)
			memcpy(&wire[HEADER_SIZE], body, room);
		if (frag1_read(slice(wire, HEADER_SIZE + room), &h, &f, NULL) == R_OK)
			put(&e, &slots[owner], &f);
	}
	for (size_t i = 0; i < OWNERS; i++)
		honest(&e, &slots[i]);
	for (size_t i = 0; i < OWNERS; i++)
		pieces_drop(&slots[i]);
	MUST(e.pieces.octets == 0);
	return 0;
}
