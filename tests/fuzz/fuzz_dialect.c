/* fuzz_dialect.c - a configuration text of another product, in each language we read */
#include "tests/fuzz/fuzz.h"

#include "core/dialect/dialect.h"

static const struct dialect *one_of(uint8_t choice)
{
	size_t n = 0;

	for (const struct dialect *d = dialects; d->word; d++)
		n += d->read != NULL;
	choice = (uint8_t)(choice % n);
	for (const struct dialect *d = dialects; d->word; d++)
		if (d->read && choice-- == 0)
			return d;
	return NULL;
}

/* Every record can be said as JSON and has a path. */
static void can_be_said(const struct sketch *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct text t;

		text_init(&t, 0);
		entry_path(d->at[i], &t);
		entry_json(d->at[i], &t);
		MUST(t.n > 3 && t.at[0] == '/' && t.at[t.n - 1] == '}');
		MUST(is_utf8(t.at, t.n));
		MUST(sketch_find(d, d->at[i]->rec->kind, d->at[i]->rec->name) == d->at[i]);
		text_done(&t);
	}
	MUST(d->notes_n <= SKETCH_NOTES && d->n <= SKETCH_ENTRIES);
}

/* As the text of every product, and that of Comware again as records. */
static void comes_out(const struct sketch *d)
{
	for (const struct dialect *to = dialects; to->word; to++) {
		struct sketch notes, back;
		struct text t;

		sketch_init(&notes);
		sketch_init(&back);
		text_init(&t, 1 << 20);
		if (to->whole)
			to->write(d, &t, &notes);
		for (size_t i = 0; i < d->n; i++)
			if (d->at[i]->rec->kind == K_PEER && i < 20)
				MUST(dialect_other_side(to, d, d->at[i]->rec->name, NULL, &t,
							&notes));
		if (to->read)
			to->read(slice(t.at, t.n), &back);
		can_be_said(&back);
		text_done(&t);
		sketch_done(&notes);
		sketch_done(&back);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct sketch d;

	if (n == 0)
		return 0;
	sketch_init(&d);
	one_of(at[0])->read(slice(at + 1, n - 1), &d);
	can_be_said(&d);
	comes_out(&d);
	sketch_done(&d);
	return 0;
}
