/* fuzz_json.c - a body of a request onto a record of each kind */
#include "tests/fuzz/fuzz.h"

#include "api/json.h"
#include "core/crypto/suite.h"

static struct keyring *keyring;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t key[32] = { 1 };

	(void)argc;
	(void)argv;
	MUST(crypto_open(NULL) == R_OK);
	MUST((keyring = keyring_of(key)));
	return 0;
}

/* What was taken can be shown, and taken again without a change. */
static void comes_back(struct record *r, enum kind k)
{
	json_t *shown = json_of_record(r);
	struct record *copy = record_copy(r);
	struct text t;

	MUST(shown && copy);
	text_init(&t, 0);
	json_record(&t, r, NULL);
	text_done(&t);
	MUST(record_diff(r, copy, NULL) == IMPACT_NONE);
	(void)k;
	json_decref(shown);
	record_unref(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct faults *errors = calloc(1, sizeof(*errors));
	struct fault f = { 0 };
	json_t *body = NULL;

	if (!errors || n == 0)
		goto out;
	enum kind k = (enum kind)(at[0] % K_COUNT);
	bool whole = at[0] & 0x80;

	if (json_parse((const char *)at + 1, n - 1, &body, &f) != R_OK)
		goto out;
	struct record *r = record_new(k);
	if (r && json_merge(r, body, whole, keyring, errors) == R_OK) {
		MUST(errors->n == 0);
		comes_back(r, k);
	}
	record_unref(r);
out:
	json_decref(body);
	free(errors);
	return 0;
}
