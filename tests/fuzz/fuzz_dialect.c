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
	sketch_done(&d);
	return 0;
}
