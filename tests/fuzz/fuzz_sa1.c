/* fuzz_sa1.c - the SA payload: read, written again, printed, and judged against proposals */
#include "tests/fuzz/fuzz.h"

#include "core/ike/select.h"
#include "core/model/config.h"
#include "core/model/proposal.h"
#include "core/wire/sa1.h"
#include "core/wire/dump.h"

static struct config *config;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	config = config_new();
	return 0;
}

static void judge(const struct sa1 *sa)
{
	const struct ike_proposal *ike[SELECT_MOST];
	size_t n = select_ike_accepted(config, NULL, ike, SELECT_MOST);
	struct ike_choice choice;
	struct fault f = { 0 };
	char text[2048];

	if (select_ike(sa, ike, n, &choice, &f) == R_OK) {
		MUST(choice.transform < sa->transforms_n);
		MUST(choice.suite.encr && choice.suite.hash && choice.suite.group);
	} else {
		MUST(f.reason != R_OK);
	}
	select_offer_text(sa, text, sizeof(text));

	struct record *r = record_new(K_IPSEC_PROPOSAL), *t = record_new(K_TUNNEL);
	const struct ipsec_proposal *esp[] = { (const struct ipsec_proposal *)r };
	struct esp_offer offer = {
		.config = config, .tunnel = (const struct tunnel *)t, .list = esp, .n = 1
	};
	struct esp_choice chosen;

	select_esp_offer(sa, &offer, &chosen, &f);
	select_esp_answer(sa, &offer, &chosen, &f);
	record_unref(r);
	record_unref(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	uint8_t again[65536];
	struct wr w = wr_of(again, sizeof(again));
	struct sa1 *sa = malloc(2 * sizeof(*sa));

	if (sa && sa1_read(slice(at, n), sa, NULL) == R_OK) {
		MUST(sa->n <= SA1_PROPOSALS && sa->transforms_n <= SA1_TRANSFORMS);
		judge(sa);
		sa1_write(&w, sa);
		/* what was read can be read again, and says the same */
		MUST(sa1_read(wr_done(&w), &sa[1], NULL) == R_OK || w.torn);
		MUST(w.torn || (sa[1].n == sa->n && sa[1].transforms_n == sa->transforms_n));
	}
	free(sa);
	return 0;
}
