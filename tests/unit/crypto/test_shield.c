/* test_shield.c - ESP packets: DPDK's, Wycheproof's, and every flipped bit of our own */
#include "tests/unit/crypto/vectors.h"

#include "core/base/cursor.h"
#include "core/crypto/fetched.h"
#include "core/crypto/shield.h"

static const struct esp_suite suites[] = {
	{ ENCR_AES_GCM, 128, INTEG_NONE, false },   { ENCR_AES_GCM, 192, INTEG_NONE, false },
	{ ENCR_AES_GCM, 256, INTEG_NONE, false },   { ENCR_AES_CBC, 128, INTEG_SHA1, false },
	{ ENCR_AES_CBC, 192, INTEG_SHA384, false }, { ENCR_AES_CBC, 256, INTEG_SHA256, false },
	{ ENCR_AES_CBC, 256, INTEG_SHA512, false }, { ENCR_AES_CBC, 128, INTEG_SHA256, true },
	{ ENCR_TDES, 0, INTEG_MD5, false },         { ENCR_DES, 0, INTEG_SHA1, false },
	{ ENCR_NULL, 0, INTEG_SHA256, false },
};

static struct shield *shield_of(const struct esp_suite *s, uint8_t seed)
{
	uint8_t keymat[128];

	for (size_t i = 0; i < sizeof(keymat); i++)
		keymat[i] = (uint8_t)(seed + 7 * i);
	struct shield *ret = shield_new(s, slice(keymat, esp_suite_key_octets(s)), NULL);
	assert_non_null(ret);
	return ret;
}

/* A sealed packet with n octets of text; returns its length. */
static size_t packet_of(struct shield *s, uint8_t *packet, size_t n, uint64_t counter)
{
	memcpy(packet, "\x11\x22\x33\x44\x00\x00\x00\x07", 8);
	for (size_t i = 0; i < n; i++)
		packet[8 + shield_iv(s) + i] = (uint8_t)(i * i + 1);
	assert_int_equal(shield_seal(s, packet, n, counter), R_OK);
	return 8 + shield_iv(s) + n + shield_icv(s);
}

static void sealed_packets_open_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		own(shield) out = shield_of(&suites[i], 1);
		own(shield) in = shield_of(&suites[i], 1);

		assert_true(shield_block(out) >= 4);
		assert_int_equal(shield_icv(out), esp_suite_icv(&suites[i]));
		for (size_t n = shield_block(out); n <= 1536; n += 12 * shield_block(out)) {
			uint8_t packet[1700];
			struct slice text;
			size_t all = packet_of(out, packet, n, n);

			assert_memory_equal(packet, "\x11\x22\x33\x44\x00\x00\x00\x07", 8);
			assert_int_equal(shield_open(in, packet, all, &text), R_OK);
			assert_int_equal(text.n, n);
			assert_ptr_equal(text.at, packet + 8 + shield_iv(in));
			for (size_t k = 0; k < n; k++)
				assert_int_equal(text.at[k], (uint8_t)(k * k + 1));
		}
	}
}

/* One object used both ways stays right, although it has to be keyed anew each time. */
static void one_shield_may_turn_round(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		own(shield) s = shield_of(&suites[i], 5);

		for (uint64_t k = 0; k < 4; k++) {
			uint8_t packet[300];
			struct slice text;
			size_t n = packet_of(s, packet, 48, k);

			assert_int_equal(shield_open(s, packet, n, &text), R_OK);
			assert_int_equal(text.at[3], 10);
		}
	}
}

static void every_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		own(shield) s = shield_of(&suites[i], 1);
		own(shield) in = shield_of(&suites[i], 1);
		uint8_t good[300], bad[300];
		size_t n = packet_of(s, good, 48, 1);
		struct slice text = { NULL, 0 };

		for (size_t bit = 0; bit < 8 * n; bit++) {
			memcpy(bad, good, n);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(shield_open(in, bad, n, &text), R_BAD_HASH);
			assert_null(text.at);
		}
		assert_int_equal(shield_open(in, good, n, &text), R_OK);
	}
}

/* With HMAC the text is as it came; with GCM, which decrypts on the way, it is gone. */
static void a_refused_packet_gives_no_plain_text(void **state)
{
	static const uint8_t zeros[48];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		own(shield) s = shield_of(&suites[i], 1);
		own(shield) in = shield_of(&suites[i], 1);
		uint8_t packet[300], before[300];
		size_t n = packet_of(s, packet, 48, 1);
		struct slice text = { NULL, 0 };

		packet[n - 1] ^= 1;
		memcpy(before, packet, n);
		assert_int_equal(shield_open(in, packet, n, &text), R_BAD_HASH);
		if (suites[i].integ == INTEG_NONE)
			assert_memory_equal(packet + 8 + shield_iv(in), zeros, 48);
		else
			assert_memory_equal(packet, before, n);
	}
}

/* RFC 4868 section 2.7.2.1, AUTH256-2: the text is what a packet of NULL encryption looks like. */
static void sha256_is_cut_where_it_is_said(void **state)
{
	static const uint8_t mac[16] = { 0x16, 0x7f, 0x92, 0x85, 0x88, 0xc5, 0xcc, 0x2e,
					 0xef, 0x8e, 0x30, 0x93, 0xca, 0xa0, 0xe8, 0x7c };

	(void)state;
	for (int cut = 0; cut <= 1; cut++) {
		struct esp_suite suite = { ENCR_NULL, 0, INTEG_SHA256, cut };
		own(shield) s =
			shield_new(&suite, slice("JefeJefeJefeJefeJefeJefeJefeJefe", 32), NULL);
		uint8_t packet[28 + 16 + 1] = "what do ya want for nothing?";
		size_t icv = cut ? 12 : 16;
		struct slice text;

		assert_non_null(s);
		assert_int_equal(shield_iv(s), 0);
		assert_int_equal(shield_icv(s), icv);
		packet[28 + icv] = 0xee;
		assert_int_equal(shield_seal(s, packet, 20, 1), R_OK);
		assert_memory_equal(&packet[28], mac, icv);
		assert_int_equal(packet[28 + icv], 0xee); /* and not an octet more */
		assert_int_equal(shield_open(s, packet, 28 + icv, &text), R_OK);
		assert_int_equal(shield_open(s, packet, 28 + (cut ? 16 : 12), &text), R_BAD_HASH);
	}
}

static void impossible_lengths_are_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		own(shield) s = shield_of(&suites[i], 1);
		size_t least = 8u + shield_iv(s) + shield_block(s) + shield_icv(s);
		struct slice text = { NULL, 0 };

		for (size_t n = 0; n < least + 2 * shield_block(s); n++) {
			own(bytes) b = bytes_new(n); /* so that a sanitizer sees every overrun */
			bool whole = n >= least && (n - least) % shield_block(s) == 0;

			assert_int_equal(shield_open(s, b->at, n, &text),
					 whole ? R_BAD_HASH : R_MALFORMED);
		}
		uint8_t packet[300] = { 0 };
		assert_int_equal(shield_seal(s, packet, 0, 1), R_INTERNAL);
		assert_int_equal(shield_seal(s, packet, shield_block(s) + 1, 1), R_INTERNAL);
		assert_int_equal(shield_seal(s, packet, 2, 1), R_INTERNAL);
	}
}

static void the_iv_of_gcm_is_the_counter(void **state)
{
	own(shield) s = shield_of(&suites[0], 1);
	uint8_t packet[100];

	(void)state;
	packet_of(s, packet, 8, 0x0102030405060708);
	assert_memory_equal(packet + 8, "\1\2\3\4\5\6\7\10", 8);
}

/* A packet sealed twice under one counter is the same; CBC takes another IV each time. */
static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The first half of each IV: a repeat among 10 million of 2^64 is a mistake, not chance. */
static void cbc_ivs_do_not_repeat(void **state)
{
	const char *many = getenv("IKEEPER_SEALED_PACKETS");
	size_t packets = many ? strtoull(many, NULL, 10) : 20000;
	own(shield) s = shield_of(&suites[3], 1);
	uint64_t *seen = calloc(packets, sizeof(*seen));
	uint8_t packet[100];

	(void)state;
	assert_non_null(seen);
	for (size_t i = 0; i < packets; i++) {
		packet_of(s, packet, 16, 1);
		memcpy(&seen[i], packet + 8, sizeof(*seen));
	}
	qsort(seen, packets, sizeof(*seen), by_value);
	for (size_t i = 1; i < packets; i++)
		assert_true(seen[i] != seen[i - 1]);
	free(seen);
}

static void suites_that_do_not_authenticate_once_are_refused(void **state)
{
	static const struct esp_suite bad[] = {
		{ ENCR_AES_CBC, 128, INTEG_NONE, false }, { ENCR_NULL, 0, INTEG_NONE, false },
		{ ENCR_AES_GCM, 128, INTEG_SHA1, false }, { ENCR_NONE, 0, INTEG_SHA1, false },
		{ ENCR_AES_CBC, 77, INTEG_SHA1, false },
	};
	uint8_t keymat[200] = { 0 };
	struct fault f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(shield_new(&bad[i], slice(keymat, esp_suite_key_octets(&bad[i])), &f));
		assert_int_equal(f.reason, R_INVALID);
	}
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		unsigned n = esp_suite_key_octets(&suites[i]);

		assert_null(shield_new(&suites[i], slice(keymat, n - 1), &f));
		assert_null(shield_new(&suites[i], slice(keymat, n + 1), &f));
		assert_null(shield_new(&suites[i], slice(NULL, 0), &f));
	}
}

/* --- DPDK's packets --- */

static enum integ integ_of(const json_t *c)
{
	const char *name = json_string_value(json_object_get(c, "auth"));

	if (!name)
		return INTEG_NONE;
	return strcmp(name, "MD5_HMAC") == 0      ? INTEG_MD5
	       : strcmp(name, "SHA256_HMAC") == 0 ? INTEG_SHA256
	       : strcmp(name, "SHA384_HMAC") == 0 ? INTEG_SHA384
	       : strcmp(name, "SHA512_HMAC") == 0 ? INTEG_SHA512
						  : INTEG_COUNT;
}

/* NULL for what is not wired (AES-CTR). */
static struct shield *dpdk_shield(const json_t *c)
{
	const char *aead = json_string_value(json_object_get(c, "aead"));
	const char *cipher = json_string_value(json_object_get(c, "cipher"));
	struct esp_suite s = { .integ = integ_of(c) };
	own(bytes) key = vector_hex(c, "key");
	own(bytes) more = vector_hex(c, aead ? "salt" : "auth_key");
	const struct slice parts[] = { slice_of(key), slice_of(more) };
	own(bytes) keymat = bytes_join(parts, 2);

	s.encr = aead                          ? ENCR_AES_GCM
		 : !strcmp(cipher, "AES_CBC")  ? ENCR_AES_CBC
		 : !strcmp(cipher, "3DES_CBC") ? ENCR_TDES
		 : !strcmp(cipher, "DES_CBC")  ? ENCR_DES
					       : ENCR_NONE;
	if (s.encr == ENCR_NONE)
		return NULL;
	s.key_bits = alg_encr(s.encr)->variable ? (uint16_t)(key->n * 8) : 0;
	struct shield *ret = shield_new(&s, slice_of(keymat), NULL);
	assert_non_null(ret);
	return ret;
}

/* Open what others sealed; seal the same under the same IV where we choose it. */
static void dpdks_packets_open_and_come_out_again(void **state)
{
	json_t *j = vector_file("esp/dpdk_esp_a.json"), *c;
	size_t i, opened = 0, sealed = 0;

	(void)state;
	json_array_foreach(j, i, c)
	{
		own(shield) s = dpdk_shield(c);
		own(bytes) packet = vector_hex(c, "output_text");
		own(bytes) inner = vector_hex(c, "input_text");
		size_t outer = packet->at[0] >> 4 == 6 ? 40 : 20;
		own(bytes) esp = bytes_of(packet->at + outer, packet->n - outer);
		struct slice text;

		if (!s)
			continue;
		assert_int_equal(shield_open(s, esp->at, esp->n, &text), R_OK);
		assert_true(text.n >= inner->n + 2);
		assert_memory_equal(text.at, inner->at, inner->n);
		opened++;

		bool gcm = shield_icv(s) == 16 && shield_iv(s) == 8 && shield_block(s) == 4;
		struct rd iv = rd_of(slice(esp->at + 8, 8));
		assert_int_equal(shield_seal(s, esp->at, text.n, rd_u64(&iv)), R_OK);
		if (gcm) {
			assert_memory_equal(esp->at, packet->at + outer, esp->n);
			sealed++;
		}
		assert_int_equal(shield_open(s, esp->at, esp->n, &text), R_OK);
		assert_memory_equal(text.at, inner->at, inner->n);
	}
	json_decref(j);
	assert_int_equal(opened, 8);
	assert_int_equal(sealed, 2);
}

/* --- Wycheproof, below ESP's format: nonces of 96 bits, any additional data, any length --- */

static void wycheproof_gcm_verdicts_agree(void **state)
{
	json_t *j = vector_file("wycheproof/aes_gcm_test.json"), *group, *t;
	size_t gi, ti, done = 0;

	(void)state;
	json_array_foreach(json_object_get(j, "testGroups"), gi, group)
	{
		unsigned bits = (unsigned)json_integer_value(json_object_get(group, "keySize"));

		if (json_integer_value(json_object_get(group, "ivSize")) != 8 * GCM_NONCE)
			continue;
		json_array_foreach(json_object_get(group, "tests"), ti, t)
		{
			own(bytes) key = vector_hex(t, "key");
			own(bytes) iv = vector_hex(t, "iv");
			own(bytes) aad = vector_hex(t, "aad");
			own(bytes) msg = vector_hex(t, "msg");
			own(bytes) ct = vector_hex(t, "ct");
			own(bytes) tag = vector_hex(t, "tag");
			own(bytes) text = bytes_dup(msg);
			uint8_t made[GCM_TAG];
			size_t half = aad->n / 2;
			struct gcm g = { scratch_cipher(ENCR_AES_GCM, bits),
					 key->at,
					 iv->at,
					 { slice(aad->at, half),
					   slice(aad->at + half, aad->n - half) } };
			bool valid = strcmp(vector_text(t, "result"), "valid") == 0;

			assert_int_equal(gcm_seal(&g, text->at, text->n, made), R_OK);
			assert_true(slice_equal(slice_of(text), slice_of(ct)));
			assert_int_equal(memcmp(made, tag->at, GCM_TAG) == 0, valid);
			assert_int_equal(gcm_open(&g, text->at, text->n, tag->at),
					 valid ? R_OK : R_BAD_HASH);
			if (valid)
				assert_true(slice_equal(slice_of(text), slice_of(msg)));
			done++;
		}
	}
	json_decref(j);
	assert_int_equal(done, 197);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_packets_open_again),
		cmocka_unit_test(one_shield_may_turn_round),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(a_refused_packet_gives_no_plain_text),
		cmocka_unit_test(sha256_is_cut_where_it_is_said),
		cmocka_unit_test(impossible_lengths_are_malformed),
		cmocka_unit_test(the_iv_of_gcm_is_the_counter),
		cmocka_unit_test(cbc_ivs_do_not_repeat),
		cmocka_unit_test(suites_that_do_not_authenticate_once_are_refused),
		cmocka_unit_test(dpdks_packets_open_and_come_out_again),
		cmocka_unit_test(wycheproof_gcm_verdicts_agree),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
