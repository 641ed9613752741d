/* test_transcript.c - a recorded handshake, reproduced octet for octet
 *
 * tests/vectors/transcripts/ikev1_main_psk.json holds main and quick mode of two other programs with
 * everything the initiator drew by chance (https://github.com/RUB-NDS/IPsec-StateMachineExtractor,
 * Apache-2.0). Two levels:
 *
 * - our engine plays the initiator against the recorded responder. The linker puts doubles in the
 *   place of dh_generate, rng_bytes and sa1_write, so that private value, nonces, cookie, message id
 *   and the order of attributes in the offer are the recorded ones. Messages 3, 5 and 7 must come out
 *   octet for octet; of message 1 the SA payload, since we say more vendor ids behind it. Message 8
 *   narrows the traffic selectors, as IKEv1 does not provide for, so that there is no message 9 of
 *   ours.
 * - the responder's private value was not recorded, so no engine can play that end. Its messages are
 *   built from their fields by the same functions that the engine uses: writer, keys1, crypt1.
 */
#include "tests/duet/play.h"

#include "core/base/rng.h"
#include "core/crypto/dh.h"
#include "core/crypto/suite.h"
#include "core/ike/v1/crypt1.h"
#include "core/wire/sa1.h"

enum { MESSAGES = 9, TEXT_MOST = 8192 };

/* --- the recording --------------------------------------------------------------------- */

static char file[TEXT_MOST];
static struct bytes *message[MESSAGES]; /* as they were sent */
static struct bytes *body[MESSAGES]; /* the chain in the clear */
static struct keys1 keys;

/* The string behind a name, from its n-th place on; enough for a file we know. */
static struct bytes *hex_of_member(const char *name, unsigned nth)
{
	char quoted[64];
	const char *at = file;
	static char hex[2048];

	snprintf(quoted, sizeof(quoted), "\"%s\": \"", name);
	for (unsigned i = 0; i <= nth; i++) {
		at = strstr(i ? at + 1 : at, quoted);
		assert_non_null(at);
	}
	at = &at[strlen(quoted)];
	size_t n = strcspn(at, "\"");
	assert_true(n < sizeof(hex));
	memcpy(hex, at, n);
	hex[n] = '\0';
	struct bytes *b = bytes_of_hex(hex);
	assert_non_null(b);
	return b;
}

static struct slice body_of(size_t i, enum payload kind, unsigned nth)
{
	struct header h;
	struct chain c;

	assert_int_equal(header_read(slice_of(message[i]), &h, NULL), R_OK);
	assert_int_equal(chain_read(slice_of(body[i]), h.next, &c, NULL), R_OK);
	const struct pl *p = chain_find(&c, kind);
	while (p && nth-- > 0)
		p = chain_next(&c, p);
	assert_non_null(p);
	return p->body;
}

static void derive(void)
{
	static const char psk[] = "AAAA";
	own(bytes) g_xy = hex_of_member("gxy", 0);
	struct cookies cky;

	memcpy(cky.i, message[1]->at, 8);
	memcpy(cky.r, &message[1]->at[8], 8);
	keys1_skeyid_psk(&keys, INTEG_SHA1, slice(psk, 4), body_of(2, PL_NONCE, 0),
			 body_of(3, PL_NONCE, 0));
	keys1_derive(&keys, ENCR_AES_CBC, 128, slice_of(g_xy), &cky, body_of(2, PL_KE, 0),
		     body_of(3, PL_KE, 0));
}

static int load(void **state)
{
	FILE *in = fopen(SOURCE_DIR "/tests/vectors/transcripts/ikev1_main_psk.json", "rb");
	uint8_t iv[BLOCK_MAX];

	play_start(state);
	assert_non_null(in);
	assert_true(fread(file, 1, sizeof(file) - 1, in) > 0);
	fclose(in);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct header h;
		struct fault f = { 0 };

		message[i] = hex_of_member("hex", (unsigned)i);
		assert_int_equal(header_read(slice_of(message[i]), &h, &f), R_OK);
		if (i < 4) {
			body[i] = bytes_of(&message[i]->at[HEADER_SIZE], h.length - HEADER_SIZE);
			continue;
		}
		if (i == 4) {
			struct fault none = { 0 };

			assert_int_equal(crypto_open(&none), R_OK);
			derive();
			memcpy(iv, keys.iv0, BLOCK_MAX);
		}
		if (i == 6) {
			uint8_t last[BLOCK_MAX];

			memcpy(last, iv, BLOCK_MAX);
			keys1_iv(&keys, last, h.message_id, iv);
		}
		assert_int_equal(crypt1_open(&keys, iv, &h, slice_of(message[i]), &body[i], iv, &f),
				 R_OK);
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		bytes_free(message[i]);
		bytes_free(body[i]);
	}
	return 0;
}

/* --- doubles --------------------------------------------------------------------------- */

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f);
struct bytes *__wrap_rng_bytes(struct rng *r, size_t n);
void __wrap_sa1_write(struct wr *w, const struct sa1 *sa);
void __real_sa1_write(struct wr *w, const struct sa1 *sa);

static unsigned nonces;

enum reason __wrap_dh_generate(enum group g, struct dh_key **ret, struct fault *f)
{
	own(bytes) private = hex_of_member("initiator_dh_private", 0);

	return dh_of_private(g, slice_of(private), ret, f);
}

/* Nonces of main and quick mode; the recorded ones have eight octets. */
struct bytes *__wrap_rng_bytes(struct rng *r, size_t n)
{
	struct slice s = body_of(nonces++ ? 6 : 2, PL_NONCE, 0);

	(void)r;
	(void)n;
	return bytes_of(s.at, s.n);
}

/* Attributes may stand in any order; theirs is another than ours. */
void __wrap_sa1_write(struct wr *w, const struct sa1 *sa)
{
	struct wr own_form = wr_of((uint8_t[512]){ 0 }, 512);
	struct slice recorded = body_of(sa->at[0].protocol == PROTO_ISAKMP ? 0 : 6, PL_SA, 0);
	struct sa1 *both = calloc(2, sizeof(*both));

	/* but it must be the same offer */
	__real_sa1_write(&own_form, sa);
	assert_non_null(both);
	assert_int_equal(sa1_read(recorded, &both[0], NULL), R_OK);
	assert_int_equal(sa1_read(wr_done(&own_form), &both[1], NULL), R_OK);
	assert_int_equal(both[0].n, both[1].n);
	assert_int_equal(both[0].transforms_n, both[1].transforms_n);
	both[1].transforms[0].a.life_kilobytes = 0; /* theirs knows none */
	assert_memory_equal(&both[0].transforms[0].a, &both[1].transforms[0].a,
			    sizeof(struct attrs1));
	assert_true(slice_equal(both[0].at[0].spi, both[1].at[0].spi));
	free(both);
	wr_slice(w, recorded);
}

/* The first draw of eight octets is the cookie; the next ones are the spread of a lifetime, where it
 * does not matter, and the message id. */
static void recorded_chance(struct rng *r, void *at, size_t n)
{
	struct header h;
	uint64_t number;

	memset(at, 0x5a, n);
	if (n != COOKIE_SIZE)
		return;
	assert_int_equal(header_read(slice_of(message[6]), &h, NULL), R_OK);
	number = h.message_id + (r->state[0] > 3 ? r->state[0] : 0);
	if (r->state[0]++ == 0)
		memcpy(at, message[0]->at, COOKIE_SIZE);
	else
		memcpy(at, &number, sizeof(number));
}

/* --- the engine as initiator ------------------------------------------------------------ */

static void answer_with(struct duet *d, size_t i)
{
	struct addr from;

	addr_read("10.0.3.10", &from);
	from.port = 500;
	duet_inject(d, A, &from, slice_of(message[i]));
	duet_run_ms(d, 20);
}

static void is_recorded(const struct duet *d, size_t logged, size_t i)
{
	assert_true(logged < d->line.log_n);
	const struct bytes *ours = d->line.log[logged].octets;

	if (slice_equal(slice_of(ours), slice_of(message[i])))
		return;
	size_t at = 0;
	while (at < MIN_OF(ours->n, message[i]->n) && ours->at[at] == message[i]->at[at])
		at++;
	print_error("message %zu differs from the recorded one at octet %zu (%zu octets, %zu)\n",
		    i + 1, at, ours->n, message[i]->n);
	_fail(__FILE__, __LINE__);
}

static void the_engine_says_what_was_recorded(void **state)
{
	own(duet) d = duet_new("aes-cbc-128/sha1/modp1024 esp aes-cbc-128/sha1 ike-life 28800 "
			       "child-life 3600");
	struct header h;
	struct chain c;

	(void)state;
	addr_read("10.0.3.1", &d->side[A].addr);
	addr_read("10.0.3.10", &d->side[B].addr);
	duet_edit(d, A,
		  "secrets k value=AAAA;"
		  "peers p remote_address=10.0.3.10 initial_contact=false;"
		  "tunnels t1 local_ts=0.0.0.0/0 remote_ts=0.0.0.0/0");
	line_mute(d, A_TO_B, 1000000);
	d->side[A].rng = (struct rng){ .fill = recorded_chance };
	recording_spi_from(d->side[A].plane, 0xb75ad16c);

	duet_initiate(d, A, "t1");
	duet_run_ms(d, 20);
	const struct bytes *first = d->line.log[0].octets;
	assert_memory_equal(first->at, message[0]->at, 16); /* cookies */
	assert_int_equal(header_read(slice_of(first), &h, NULL), R_OK);
	assert_int_equal(chain_read(slice(&first->at[HEADER_SIZE], first->n - HEADER_SIZE), h.next,
				    &c, NULL),
			 R_OK);
	assert_true(slice_equal(chain_find(&c, PL_SA)->body, body_of(0, PL_SA, 0)));
	answer_with(d, 1);
	is_recorded(d, 1, 2);
	answer_with(d, 3);
	is_recorded(d, 2, 4);
	answer_with(d, 5);
	is_recorded(d, 3, 6);
}

/* --- both ends by their parts ------------------------------------------------------------ */

/* Chain bodies of a message in order, written anew with our writer. */
static struct slice rebuild(size_t i, uint8_t *iv, uint8_t *at, size_t cap)
{
	struct header h;
	struct chain c;
	struct writer w;
	uint8_t digest[DIGEST_MAX];

	assert_int_equal(header_read(slice_of(message[i]), &h, NULL), R_OK);
	assert_int_equal(chain_read(slice_of(body[i]), h.next, &c, NULL), R_OK);
	writer_start(&w, at, cap, &h);
	for (size_t k = 0; k < c.n; k++) {
		struct wr *b = writer_payload(&w, c.at[k].kind);
		struct rd rest = rd_of(c.all);

		rd_take(&rest, c.at[0].whole.n);
		if (c.at[k].kind != PL_HASH) {
			wr_slice(b, c.at[k].body);
			continue;
		}
		/* proofs are computed, not copied */
		struct cookies cky;
		struct slice g_xi = body_of(2, PL_KE, 0), g_xr = body_of(3, PL_KE, 0);
		memcpy(cky.i, h.cky_i, COOKIE_SIZE);
		memcpy(cky.r, h.cky_r, COOKIE_SIZE);
		if (i == 4)
			keys1_hash_i(&keys, g_xi, g_xr, &cky, body_of(0, PL_SA, 0),
				     body_of(4, PL_ID, 0), digest);
		else if (i == 5)
			keys1_hash_r(&keys, g_xi, g_xr, &cky, body_of(0, PL_SA, 0),
				     body_of(5, PL_ID, 0), digest);
		else if (i == 6)
			keys1_hash_1(&keys, h.message_id, rd_rest(&rest), digest);
		else if (i == 7)
			keys1_hash_2(&keys, h.message_id, body_of(6, PL_NONCE, 0), rd_rest(&rest),
				     digest);
		else
			keys1_hash_3(&keys, h.message_id, body_of(6, PL_NONCE, 0),
				     body_of(7, PL_NONCE, 0), digest);
		wr_slice(b, slice(digest, keys.n));
	}
	return i < 4 ? writer_done(&w, 0) : crypt1_seal(&keys, iv, at, &w);
}

static void every_message_can_be_built_again(void **state)
{
	uint8_t at[1024], iv[BLOCK_MAX];

	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		struct header h;

		assert_int_equal(header_read(slice_of(message[i]), &h, NULL), R_OK);
		if (i == 4) {
			memcpy(iv, keys.iv0, BLOCK_MAX);
		} else if (i == 6) {
			uint8_t last[BLOCK_MAX];

			memcpy(last, iv, BLOCK_MAX);
			keys1_iv(&keys, last, h.message_id, iv);
		}
		struct slice built = rebuild(i, iv, at, sizeof(at));
		if (!slice_equal(built, slice_of(message[i])))
			print_error("message %zu is built otherwise\n", i + 1);
		assert_true(slice_equal(built, slice_of(message[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_can_be_built_again),
		cmocka_unit_test(the_engine_says_what_was_recorded),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
