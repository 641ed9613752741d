/* fuzz_esp.c - ESP packets, raw ones and ones whose ICV is good
 *
 * Random octets never get past the ICV, so the second way seals whatever text the input is: then
 * trailer, padding and the inner packet are what a peer with the keys could have sent.
 */
#include "tests/fuzz/fuzz.h"

#include "core/crypto/suite.h"
#include "core/ipsec/esp.h"

static const struct esp_suite suites[] = {
	{ .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 },
	{ .encr = ENCR_AES_GCM, .key_bits = 256 },
	{ .encr = ENCR_TDES, .key_bits = 192, .integ = INTEG_MD5 },
	{ .encr = ENCR_NULL, .integ = INTEG_SHA1 },
};
static struct shield *shields[COUNT_OF(suites)];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t keymat[128] = { 7, 9 };

	(void)argc;
	(void)argv;
	MUST(crypto_open(NULL) == R_OK);
	for (size_t i = 0; i < COUNT_OF(suites); i++)
		MUST((shields[i] = shield_new(
			      &suites[i], slice(keymat, esp_suite_key_octets(&suites[i])), NULL)));
	return 0;
}

static void look_inside(struct slice text, uint8_t next)
{
	uint8_t dressed[4096 + 64];
	struct esp_ends now, was;
	struct inner i;

	addr_read("192.0.2.1", &now.from);
	addr_read("192.0.2.2", &now.to);
	addr_read("10.64.0.2", &was.from);
	addr_read("2001:db8::2", &was.to);
	inner_read(text.at, text.n, &i);
	if (text.n <= 4096) {
		size_t n = esp_dress(text, next, &now, &was, dressed);

		MUST(n <= text.n + 40);
		if (n && inner_read(dressed, n, &i)) {
			uint8_t got;
			size_t left = n;

			esp_strip(dressed, &i, &left, &got);
			MUST(left <= n);
		}
	}
}

static void raw(struct shield *s, struct slice in)
{
	uint8_t *packet = malloc(in.n + 1);
	struct slice text;
	uint8_t next;

	MUST(packet);
	memcpy(packet, in.at, in.n);
	if (esp_open(s, packet, in.n, &text, &next) == R_OK)
		MUST(text.at >= packet && text.at + text.n <= packet + in.n);
	free(packet);
}

static void sealed(struct shield *s, struct slice in)
{
	size_t granule = shield_block(s), text_n = in.n / granule * granule;
	size_t n = 8 + shield_iv(s) + text_n + shield_icv(s);
	uint8_t *packet = calloc(1, n);
	struct slice text;
	uint8_t next;

	MUST(packet);
	memcpy(packet + 8 + shield_iv(s), in.at, text_n);
	if (text_n && shield_seal(s, packet, text_n, 1) == R_OK &&
	    esp_open(s, packet, n, &text, &next) == R_OK) {
		MUST(text.at >= packet && text.at + text.n <= packet + n);
		look_inside(text, next);
	}
	free(packet);
}

static void replay(struct slice in)
{
	struct rd r = rd_of(in);
	struct esp_replay w;

	esp_replay_init(&w, rd_u16(&r));
	while (rd_left(&r) >= 4) {
		uint32_t seq = rd_u32(&r);

		if (!esp_replay_may(&w, seq))
			continue;
		esp_replay_note(&w, seq);
		MUST(w.window == 0 || !esp_replay_may(&w, seq));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct rd r = rd_of(slice(at, n));
	unsigned how = rd_u8(&r);
	struct slice in = rd_rest(&r);
	struct shield *s = shields[how % COUNT_OF(shields)];

	if (in.n == 0)
		return 0;
	if (how & 0x80)
		replay(in);
	else if (how & 0x40)
		raw(s, in);
	else
		sealed(s, in);
	return 0;
}
