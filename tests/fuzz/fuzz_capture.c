/* fuzz_capture.c - the decoder: capture files of strangers, with keys that fit and keys that do not */
#include "tests/fuzz/fuzz.h"

#include "core/crypto/suite.h"
#include "core/daemon/decode.h"

static struct decode_want want[3];
static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(crypto_open(NULL) == R_OK);
	MUST((nowhere = fopen("/dev/null", "w")));
	want[1].keys.key = bytes_of_hex("6c40f4ee0189ebbfcdb7a4630732e95d");
	want[1].keys.skeyid_a = bytes_of_hex("108f30c54bf3820059c902e7a5044011467645d8");
	want[2].keys.psk = bytes_of("AAAA", 4);
	want[2].keys.dh_private = bytes_of_hex(
		"6f583ca64176389ae033076d036ea24bbe93f0d66a2c64a5eca5e8f38a521cc5f040cee069794c6d"
		"cb69165795060d4df4c6cc7a6c64806de7fa9852151816151e6099533761316fc040476793cf4c2b"
		"3a3bb0a96b324549b8fb6519ce22e6f110fc32eb304a155f703effe2d9a7082e910a3f3167f26a5c"
		"4a166d1a133cb07f");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct fault f = { 0 };

	if (n == 0)
		return 0;
	/* a shared secret takes its time: seldom */
	decode_octets(slice(at + 1, n - 1), &want[at[0] % 16 == 2 ? 2 : at[0] & 1], nowhere, &f);
	return 0;
}
