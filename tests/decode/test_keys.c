/* test_keys.c - decryption and proofs: a recorded handshake, and our own over every group
 *
 * The recorded one is tests/vectors/transcripts/ikev1_main_psk.json: main and quick mode of two
 * other implementations with the pre-shared key and one private value known
 * (https://github.com/RUB-NDS/IPsec-StateMachineExtractor, Apache-2.0).
 */
#include "tests/decode/decoded.h"

#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/crypto/dh.h"
#include "core/crypto/suite.h"
#include "core/ike/v1/crypt1.h"

/* --- private values that a test knows ------------------------------------------------- */

static struct bytes *privates[1024];
static size_t privates_n;

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f);

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f)
{
	static struct rng rng;
	struct bytes *b = NULL;

	if (!rng.fill)
		rng = rng_seeded(99);
	b = rng_bytes(&rng, MIN_OF(alg_group(g)->octets / (g == GROUP_X25519 ? 1u : 2u), 64u));
	b->at[0] &= 0x0f; /* below any curve's order */
	assert_true(privates_n < COUNT_OF(privates));
	privates[privates_n++] = b;
	return dh_of_private(g, slice_of(b), ret, f);
}

static void forget_privates(void)
{
	while (privates_n > 0)
		bytes_free(privates[--privates_n]);
}

/* --- the recorded handshake ------------------------------------------------------------ */

static json_t *record(void)
{
	json_error_t e;
	json_t *all =
		json_load_file(SOURCE_DIR "/tests/vectors/transcripts/ikev1_main_psk.json", 0, &e);
	json_t *one = json_incref(json_object_get(all, "main_psk"));

	assert_non_null(one);
	json_decref(all);
	return one;
}

static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	assert_non_null(s);
	return s;
}

static struct text hex_lines(const json_t *o)
{
	const json_t *messages = json_object_get(o, "messages");
	struct text t;

	text_init(&t, 0);
	for (size_t i = 0; i < json_array_size(messages); i++)
		text_add(&t, "%s\n", member(json_array_get(messages, i), "hex"));
	return t;
}

static const char *const hashes[] = { "",       "",        "",        "",       "HASH_I",
				      "HASH_R", "HASH(1)", "HASH(2)", "HASH(3)" };

static void the_recorded_handshake_is_verified(void **state)
{
	json_t *o = record();
	struct text t = hex_lines(o);
	struct fault f = { 0 };
	own(bytes) private = bytes_of_hex(member(o, "initiator_dh_private"));
	own(bytes) psk = bytes_of(member(o, "psk"), strlen(member(o, "psk")));
	struct decode_want w = { .keys = { .psk = psk, .dh_private = private } };
	json_t *list = decoded(slice(t.at, t.n), &w, &f);

	(void)state;
	assert_int_equal(json_array_size(list), 9);
	for (size_t i = 0; i < 9; i++) {
		assert_string_equal(said(list, i, "hash"), hashes[i]);
		assert_int_equal(is_verified(list, i), i >= 4);
		assert_string_equal(said(list, i, "note"), "");
		assert_string_equal(said(list, i, "error"), "");
	}
	json_decref(list);
	text_done(&t);
	json_decref(o);
}

static void with_the_ciphers_key_alone(void **state)
{
	json_t *o = record(), *expect = json_object_get(o, "expect");
	struct text t = hex_lines(o);
	struct fault f = { 0 };
	own(bytes) key = bytes_of_hex(member(expect, "key"));
	own(bytes) skeyid_a = bytes_of_hex(member(expect, "skeyid_a"));

	(void)state;
	for (int with_a = 0; with_a < 2; with_a++) {
		struct decode_want w = { .keys = { .key = key,
						   .skeyid_a = with_a ? skeyid_a : NULL } };
		json_t *list = decoded(slice(t.at, t.n), &w, &f);

		assert_int_equal(json_array_size(list), 9);
		for (size_t i = 4; i < 9; i++) {
			const json_t *m = json_array_get(list, i);

			assert_true(json_is_true(json_object_get(m, "decrypted")));
			assert_int_equal(is_verified(list, i), with_a && i >= 6);
		}
		json_decref(list);
	}
	text_done(&t);
	json_decref(o);
}

/* A repeated message must not move the IV chain, and a damaged one must not either. */
static void repeated_and_damaged_messages_do_no_harm(void **state)
{
	json_t *o = record(), *messages = json_object_get(o, "messages");
	own(bytes) private = bytes_of_hex(member(o, "initiator_dh_private"));
	own(bytes) psk = bytes_of("AAAA", 4);
	struct decode_want w = { .keys = { .psk = psk, .dh_private = private } };
	struct fault f = { 0 };
	struct text t;

	(void)state;
	text_init(&t, 0);
	for (size_t i = 0; i < 9; i++) {
		const char *hex = member(json_array_get(messages, i), "hex");

		if (i >= 4) { /* a damaged one first: its last octet is another */
			size_t n = strlen(hex);

			text_add_n(&t, hex, n - 2);
			text_add(&t, "%s\n", strcmp(&hex[n - 2], "00") == 0 ? "11" : "00");
		}
		text_add(&t, "%s\n%s\n", hex, hex);
	}
	json_t *list = decoded(slice(t.at, t.n), &w, &f);
	size_t good = 0, twice = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		good += is_verified(list, i);
		twice += json_is_true(json_object_get(json_array_get(list, i), "duplicate"));
	}
	assert_int_equal(good, 10);
	assert_int_equal(twice, 9);
	json_decref(list);
	text_done(&t);
	json_decref(o);
}

static void wrong_keys_say_so(void **state)
{
	json_t *o = record();
	struct text t = hex_lines(o);
	struct fault f = { 0 };
	own(bytes) private = bytes_of_hex(member(o, "initiator_dh_private"));
	own(bytes) other = bytes_of_hex("0123456789abcdef");
	own(bytes) psk = bytes_of("BBBB", 4);
	struct decode_want wrong_psk = { .keys = { .psk = psk, .dh_private = private } };
	struct decode_want wrong_dh = { .keys = { .psk = psk, .dh_private = other } };
	struct decode_want no_psk = { .keys = { .dh_private = private } };
	struct decode_want nothing = { 0 };
	const struct decode_want *all[] = { &wrong_psk, &wrong_dh, &no_psk, &nothing };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(all); k++) {
		json_t *list = decoded(slice(t.at, t.n), all[k], &f);

		assert_int_equal(json_array_size(list), 9);
		for (size_t i = 4; i < 9; i++) {
			assert_false(is_verified(list, i));
			assert_true(*said(list, i, "note") ||
				    json_is_false(
					    json_object_get(json_array_get(list, i), "verified")));
		}
		json_decref(list);
	}
	text_done(&t);
	json_decref(o);
}

/* --- our own --------------------------------------------------------------------------- */

static struct text hex_of_log(const struct duet *d)
{
	struct text t;

	text_init(&t, 0);
	for (size_t i = 0; i < d->line.log_n; i++) {
		if (d->line.log[i].packet.natt)
			text_add_str(&t, "00000000");
		text_add_hex(&t, slice_of(d->line.log[i].octets));
		text_add_str(&t, "\n");
	}
	return t;
}

/* Which of the private values it was is not known: the pool may have made some beforehand. */
static void every_message_is_verified(struct duet *d, const char *psk_text)
{
	struct text t = hex_of_log(d);
	own(bytes) psk = bytes_of(psk_text, strlen(psk_text));
	size_t best = 0;

	for (size_t k = 0; k < privates_n && best < 1000; k++) {
		struct decode_want w = { .keys = { .psk = psk, .dh_private = privates[k] } };
		struct fault f = { 0 };
		json_t *list = decoded(slice(t.at, t.n), &w, &f);
		size_t good = 0, sealed = 0;

		assert_int_equal(f.reason, R_OK);
		for (size_t i = 0; i < json_array_size(list); i++) {
			sealed +=
				json_is_true(json_object_get(json_array_get(list, i), "encrypted"));
			good += is_verified(list, i);
		}
		best = MAX_OF(best, good * 1000 / (sealed ? sealed : 1));
		json_decref(list);
	}
	text_done(&t);
	if (best != 1000)
		duet_complain(d, "%zu of 1000 sealed messages were verified", best);
}

static void our_own_of_every_group(void **state)
{
	static const char *const ciphers[] = { "aes-cbc-128/sha256", "aes-cbc-256/sha512",
					       "3des-cbc/md5", "aes-cbc-192/sha1",
					       "des-cbc/sha384" };
	char words[120];

	(void)state;
	for (enum group g = GROUP_NONE + 1; g < GROUP_COUNT; g++) {
		snprintf(words, sizeof(words), "%s/%s pfs x25519 tunnels 2",
			 ciphers[g % COUNT_OF(ciphers)], alg_group(g)->name);
		own(duet) d = duet_new(words);
		struct reset_ask ask = { .scope = RESET_ALL,
					 .notify_peer = true,
					 .why = R_OPERATOR_RESET,
					 .reinitiate = REINITIATE_NEVER };

		line_double(d, A_TO_B, 4); /* repeats are answered again */
		line_lose(d, B_TO_A, 3);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 10);
		duet_initiate(d, B, "t2");
		duet_run_s(d, 3);
		assert_up(d);
		duet_reset(d, A, &ask, NULL, 0);
		duet_run_s(d, 1);
		every_message_is_verified(d, "correct-horse");
		forget_privates();
	}
}

static void our_own_behind_a_nat(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit_both(d, "peers p nat_traversal=force");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	every_message_is_verified(d, "correct-horse");
	forget_privates();
}

/* --- aggressive mode, which our engine does not speak: built from its parts ---------------- */

struct end {
	struct dh_key *key;
	uint8_t nonce[16], id[8];
};

static void aggressive(struct writer *w, uint8_t *at, size_t cap, const struct cookies *cky,
		       bool clear)
{
	struct header h = { .version = VERSION_1, .exchange = XCHG_AGGRESSIVE };

	memcpy(h.cky_i, cky->i, COOKIE_SIZE);
	memcpy(h.cky_r, cky->r, COOKIE_SIZE);
	h.flags = clear ? 0 : FLAG_ENCRYPTED;
	writer_start(w, at, cap, &h);
}

static void put_end(struct writer *w, struct slice sa, const struct end *e)
{
	wr_slice(writer_payload(w, PL_SA), sa);
	wr_slice(writer_payload(w, PL_KE), dh_public(e->key));
	wr_slice(writer_payload(w, PL_NONCE), slice(e->nonce, sizeof(e->nonce)));
	wr_slice(writer_payload(w, PL_ID), slice(e->id, sizeof(e->id)));
}

static void aggressive_mode_is_verified(void **state)
{
	own(bytes) sa = bytes_of_hex("00000001000000010000002c00010001000000240001000080010007"
				     "800e0080800200028004000280030001800b0001800c7080");
	own(bytes) psk = bytes_of("abc123", 6);
	uint8_t private_i[64] = { 3, 1 }, private_r[64] = { 4, 1 };
	own(bytes) known = bytes_of(private_r, sizeof(private_r));
	own(bytes) g_xy = NULL;
	struct end i = { .nonce = { 1 }, .id = { 1, 0, 0, 0, 192, 0, 2, 1 } };
	struct end r = { .nonce = { 2 }, .id = { 1, 0, 0, 0, 192, 0, 2, 2 } };
	struct cookies none = { .i = { 7, 7 } }, cky = { .i = { 7, 7 }, .r = { 9, 9 } };
	struct fault f = { 0 };
	struct keys1 k = { 0 };
	uint8_t at[1024], digest[DIGEST_MAX], iv[BLOCK_MAX];
	struct writer w;
	struct text t;

	(void)state;
	assert_int_equal(dh_of_private(GROUP_MODP1024, slice(private_i, 64), &i.key, &f), R_OK);
	assert_int_equal(dh_of_private(GROUP_MODP1024, slice(private_r, 64), &r.key, &f), R_OK);
	assert_int_equal(dh_shared(i.key, dh_public(r.key), &g_xy, &f), R_OK);
	keys1_skeyid_psk(&k, INTEG_SHA1, slice_of(psk), slice(i.nonce, 16), slice(r.nonce, 16));
	keys1_derive(&k, ENCR_AES_CBC, 128, slice_of(g_xy), &cky, dh_public(i.key),
		     dh_public(r.key));
	for (int sealed = 0; sealed < 2; sealed++) {
		text_init(&t, 0);
		aggressive(&w, at, sizeof(at), &none, true);
		put_end(&w, slice_of(sa), &i);
		text_add_hex(&t, writer_done(&w, 0));
		text_add_str(&t, "\n");
		aggressive(&w, at, sizeof(at), &cky, true);
		put_end(&w, slice_of(sa), &r);
		keys1_hash_r(&k, dh_public(i.key), dh_public(r.key), &cky, slice_of(sa),
			     slice(r.id, 8), digest);
		wr_slice(writer_payload(&w, PL_HASH), slice(digest, k.n));
		text_add_hex(&t, writer_done(&w, 0));
		text_add_str(&t, "\n");
		aggressive(&w, at, sizeof(at), &cky, !sealed);
		keys1_hash_i(&k, dh_public(i.key), dh_public(r.key), &cky, slice_of(sa),
			     slice(i.id, 8), digest);
		wr_slice(writer_payload(&w, PL_HASH), slice(digest, k.n));
		memcpy(iv, k.iv0, BLOCK_MAX);
		text_add_hex(&t, sealed ? crypt1_seal(&k, iv, at, &w) : writer_done(&w, 0));
		struct decode_want want = { .keys = { .psk = psk, .dh_private = known } };
		json_t *list = decoded(slice(t.at, t.n), &want, &f);
		assert_int_equal(json_array_size(list), 3);
		assert_string_equal(said(list, 1, "hash"), "HASH_R");
		assert_true(is_verified(list, 1));
		assert_string_equal(said(list, 2, "hash"), "HASH_I");
		assert_true(is_verified(list, 2));
		json_decref(list);
		text_done(&t);
	}
	dh_key_free(i.key);
	dh_key_free(r.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_handshake_is_verified),
		cmocka_unit_test(with_the_ciphers_key_alone),
		cmocka_unit_test(repeated_and_damaged_messages_do_no_harm),
		cmocka_unit_test(wrong_keys_say_so),
		cmocka_unit_test(our_own_of_every_group),
		cmocka_unit_test(our_own_behind_a_nat),
		cmocka_unit_test(aggressive_mode_is_verified),
	};
	struct fault f = { 0 };

	if (crypto_open(&f) != R_OK)
		return 1;
	return cmocka_run_group_tests(tests, play_start, NULL);
}
