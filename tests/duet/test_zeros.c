/* test_zeros.c - public values and secrets of Diffie-Hellman that begin with a zero octet
 *
 * One in 256 does. Both are as long as the prime on the wire and in every hash and key made of them (RFC
 * 2409 section 5, RFC 2412 appendix E.1); an end that drops the zero fails now and then, and nobody
 * knows why. So private values are looked for, in order, until such a pair is there, and both ends
 * play with them. Known answers of such pairs are those of unit.dh (tests/vectors/dh/modp_own.json).
 */
#include "tests/duet/play.h"

#include "core/crypto/dh.h"
#include "core/crypto/suite.h"
#include "core/wire/header.h"
#include "core/wire/payload.h"

enum { OCTETS = 32, TRIES = 5000 };

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f);
enum reason __wrap_dh_shared(const struct dh_key *k, struct slice peer_public, struct bytes **ret,
			     struct fault *f);
enum reason __real_dh_shared(const struct dh_key *k, struct slice peer_public, struct bytes **ret,
			     struct fault *f);

static uint8_t private_value[OCTETS]; /* what both ends have, since pools take keys in any order */
static unsigned zero_secrets, zero_publics;

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f)
{
	return dh_of_private(g, slice(private_value, OCTETS), ret, f);
}

enum reason __wrap_dh_shared(const struct dh_key *k, struct slice peer_public, struct bytes **ret,
			     struct fault *f)
{
	enum reason r = __real_dh_shared(k, peer_public, ret, f);

	zero_secrets += r == R_OK && (*ret)->at[0] == 0;
	zero_publics += peer_public.at[0] == 0;
	return r;
}

static void fill(uint8_t *p, uint32_t n)
{
	memset(p, 0x5a, OCTETS);
	p[OCTETS - 1] = (uint8_t)n;
	p[OCTETS - 2] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)(n * 7);
}

/* True once the public value, or the secret of both, begins with zero. */
static bool found(enum group g, bool secret)
{
	struct fault f = { 0 };

	assert_int_equal(crypto_open(&f), R_OK);
	for (uint32_t n = 1; n < TRIES; n++) {
		own(dh_key) k = NULL;
		own(bytes) s = NULL;

		fill(private_value, n);
		assert_int_equal(dh_of_private(g, slice(private_value, OCTETS), &k, NULL), R_OK);
		if (!secret && dh_public(k).at[0] == 0)
			return true;
		if (!secret)
			continue;
		assert_int_equal(__real_dh_shared(k, dh_public(k), &s, NULL), R_OK);
		if (s->at[0] == 0)
			return true;
	}
	return false;
}

static void play(const char *mode, const char *hash, const char *group, bool secret)
{
	char words[96];

	snprintf(words, sizeof(words), "%s aes-cbc-128/%s/%s pfs %s", mode, hash, group, group);
	zero_secrets = zero_publics = 0;
	own(duet) d = play_up(words);
	/* both ends, phase 1 and PFS */
	assert_true((secret ? zero_secrets : zero_publics) >= 4);
	assert_int_equal(duet_traffic(d, 1), 2);
}

static void all_come_up(bool secret)
{
	static const struct {
		enum group g;
		const char *name;
	} groups[] = { { GROUP_MODP768, "modp768" },
		       { GROUP_MODP1024, "modp1024" },
		       { GROUP_MODP2048, "modp2048" },
		       { GROUP_ECP256, "ecp256" },
		       { GROUP_X25519, "x25519" } };
	static const char *const modes[] = { "", "aggressive", "rsa", "rsa aggressive" };
	static const char *const hashes[] = { "md5", "sha1", "sha256" };

	for (size_t g = 0; g < COUNT_OF(groups); g++) {
		assert_true(found(groups[g].g, secret));
		for (size_t m = 0; m < COUNT_OF(modes); m++)
			for (size_t h = 0; h < COUNT_OF(hashes); h++)
				play(modes[m], hashes[h], groups[g].name, secret);
	}
}

static void secrets_that_begin_with_zero(void **state)
{
	(void)state;
	all_come_up(true);
}

static void public_values_that_begin_with_zero(void **state)
{
	(void)state;
	all_come_up(false);
}

/* With signatures both nonces are the key of HMAC: together they stay within MD5's and SHA-1's block,
 * since libreswan 4.10 makes another MD5 of longer keys. */
static void nonces_fit_the_block_of_the_hash(void **state)
{
	static const char *const modes[] = { "rsa", "rsa aggressive" };

	(void)state;
	for (size_t m = 0; m < COUNT_OF(modes); m++) {
		size_t nonces = 0;

		assert_true(found(GROUP_MODP2048, true));
		own(duet) d = duet_new(m ? "rsa aggressive aes-cbc-128/md5/modp2048"
					 : "rsa aes-cbc-128/md5/modp2048");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
		for (size_t i = 0; i < d->line.log_n; i++) {
			struct header h;
			struct chain c;

			assert_int_equal(header_read(d->line.log[i].packet.octets, &h, NULL), R_OK);
			if (h.flags & FLAG_ENCRYPTED || h.exchange == XCHG_QUICK)
				continue;
			struct slice body = d->line.log[i].packet.octets;

			body.at += HEADER_SIZE;
			body.n -= HEADER_SIZE;
			if (chain_read(body, h.next, &c, NULL) != R_OK)
				continue;
			const struct pl *n = chain_find(&c, PL_NONCE);
			nonces += n ? n->body.n : 0;
		}
		assert_in_range(nonces, 16, 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_that_begin_with_zero),
		cmocka_unit_test(public_values_that_begin_with_zero),
		cmocka_unit_test(nonces_fit_the_block_of_the_hash),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
