/* fuzz_ident.c - identities and traffic selectors, on the wire and as text */
#include "tests/fuzz/fuzz.h"

#include "core/base/text.h"
#include "core/model/selector.h"
#include "core/wire/ident.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void on_the_wire(struct slice s)
{
	uint8_t at[2048];
	struct wr w = wr_of(at, sizeof(at));
	struct ident id, again;
	struct range r;
	char text[300];

	if (ident_read(s, &id, NULL) != R_OK)
		return;
	ident_text(&id, text, sizeof(text));
	MUST(is_utf8(text, strlen(text)));
	if (!ident_range(&id, &r))
		return;
	MUST(addr_compare(&r.low, &r.high) <= 0);
	ident_write_range(&w, &r, id.protocol, id.port);
	MUST(ident_read(wr_done(&w), &again, NULL) == R_OK);
	struct range same;
	MUST(ident_range(&again, &same));
	MUST(addr_equal(&same.low, &r.low) && addr_equal(&same.high, &r.high));
}

static void as_text(struct slice s)
{
	char text[200], canonical[SELECTOR_TEXT], twice[SELECTOR_TEXT];
	struct selector sel, again;

	if (s.n >= sizeof(text))
		return;
	memcpy(text, s.at, s.n);
	text[s.n] = '\0';
	if (!selector_read(text, &sel))
		return;
	selector_text(&sel, canonical, sizeof(canonical));
	MUST(selector_read(canonical, &again));
	MUST(selector_equal(&sel, &again));
	MUST(strcmp(selector_text(&again, twice, sizeof(twice)), canonical) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	on_the_wire(slice(at, n));
	as_text(slice(at, n));
	return 0;
}
