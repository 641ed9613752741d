/* fuzz_chain.c - header, payload chain and the printer of a message */
#include "tests/fuzz/fuzz.h"

#include "core/wire/dump.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* Payloads lie within the chain, one behind the other. */
static void is_sound(const struct chain *c, struct slice octets)
{
	const uint8_t *at = octets.at;

	MUST(c->n <= CHAIN_MAX);
	MUST(c->all.n <= octets.n);
	for (size_t i = 0; i < c->n; i++) {
		MUST(c->at[i].whole.at == at);
		MUST(c->at[i].whole.n >= 4 && c->at[i].body.n == c->at[i].whole.n - 4);
		at += c->at[i].whole.n;
		MUST(at <= octets.at + octets.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct slice s = slice(at, n);
	struct header h;
	struct chain c;
	struct text t;

	if (header_read(s, &h, NULL) == R_OK) {
		struct rd r = rd_of(s);

		MUST(h.length >= HEADER_SIZE && h.length <= n);
		rd_take(&r, HEADER_SIZE);
		struct slice body = rd_slice(&r, h.length - HEADER_SIZE);
		if (chain_read(body, h.next, &c, NULL) == R_OK)
			is_sound(&c, body);
	}
	text_init(&t, 0);
	dump_message(&t, s, slice(NULL, 0));
	text_done(&t);
	return 0;
}
