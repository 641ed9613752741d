/* test_natt.c - noticing a NAT, moving to the NAT-T port, following the peer */
#include "tests/unit/ike/bare.h"

#include "core/crypto/prf.h"
#include "core/crypto/suite.h"
#include "core/ike/natt.h"
#include "core/model/peer.h"

struct play {
	struct bare *b;
	struct peer peer;
	struct ike_sa sa;
};

static void start(struct play *p, enum sa_role role)
{
	*p = (struct play){ .b = bare_new(config_new()) };
	p->peer.nat_traversal = NATT_AUTO;
	p->sa = (struct ike_sa){ .e = &p->b->e,
				 .peer = &p->peer,
				 .role = role,
				 .local = bare_addr("198.51.100.1", 500),
				 .remote = bare_addr("192.0.2.1", 500),
				 .natt_able = true };
	p->sa.suite.hash = INTEG_SHA1;
	memset(&p->sa.cky, 3, sizeof(p->sa.cky));
	list_init(&p->sa.children);
	list_init(&p->sa.twin_link);
	p->sa.id = 1;
	assert_int_equal(registry_add(p->b->e.registry, &p->sa, NULL), R_OK);
}

static void end(struct play *p)
{
	registry_remove(p->b->e.registry, &p->sa);
	bare_free(p->b);
}

/* HASH(CKY-I | CKY-R | IP | Port), put together by hand. */
static void the_digest_is_that_of_the_rfc(void **state)
{
	struct play p;
	uint8_t plain[22], want[DIGEST_MAX], got[DIGEST_MAX];
	struct addr a = bare_addr("192.0.2.1", 4500);

	(void)state;
	start(&p, ROLE_INITIATOR);
	memset(plain, 3, 16);
	memcpy(plain + 16, (uint8_t[]){ 192, 0, 2, 1, 0x11, 0x94 }, 6);
	const struct slice part = slice(plain, sizeof(plain));
	assert_int_equal(prf_hash(INTEG_SHA1, &part, 1, want), R_OK);
	assert_int_equal(natt_digest(INTEG_SHA1, &p.sa.cky, &a, got), 20);
	assert_memory_equal(got, want, 20);
	end(&p);
}

struct hashes {
	uint8_t at[3][DIGEST_MAX];
	struct chain chain;
};

/* What a peer sends that sees us as `us` and itself as `itself` (and maybe as `also`). */
static void peer_says(const struct play *p, struct hashes *h, const char *us, const char *itself,
		      const char *also)
{
	const char *who[] = { us, itself, also };

	h->chain = (struct chain){ .have = P(NATD) };
	for (size_t i = 0; i < 3 && who[i]; i++) {
		struct addr a = bare_addr(who[i], 500);
		size_t n = natt_digest(INTEG_SHA1, &p->sa.cky, &a, h->at[i]);

		h->chain.at[h->chain.n++] =
			(struct pl){ .kind = PL_NATD, .type = 20, .body = slice(h->at[i], n) };
	}
}

static void judged(struct play *p, const char *us, const char *itself, bool nat_local,
		   bool nat_remote)
{
	struct hashes h;

	peer_says(p, &h, us, itself, NULL);
	natt_judge(&p->sa, &h.chain);
	assert_int_equal(p->sa.nat_local, nat_local);
	assert_int_equal(p->sa.nat_remote, nat_remote);
	assert_int_equal(p->sa.encap, nat_local || nat_remote);
}

static void a_nat_is_noticed(void **state)
{
	struct play p;
	struct hashes h;

	(void)state;
	start(&p, ROLE_INITIATOR);
	judged(&p, "198.51.100.1", "192.0.2.1", false, false);
	judged(&p, "203.0.113.7", "192.0.2.1", true, false);
	judged(&p, "198.51.100.1", "10.0.0.5", false, true);
	judged(&p, "203.0.113.7", "10.0.0.5", true, true);
	peer_says(&p, &h, "198.51.100.1", "10.0.0.5", "192.0.2.1"); /* several of its own */
	natt_judge(&p.sa, &h.chain);
	assert_false(p.sa.nat_remote);
	end(&p);
}

static void who_forces_lies(void **state)
{
	struct play p;
	uint8_t remote[DIGEST_MAX], local[DIGEST_MAX], honest[DIGEST_MAX];
	struct hashes h;
	size_t n;

	(void)state;
	start(&p, ROLE_INITIATOR);
	natt_digest(INTEG_SHA1, &p.sa.cky, &p.sa.local, honest);
	assert_int_equal(natt_ours(&p.sa, remote, local, &n), R_OK);
	assert_memory_equal(local, honest, n);
	p.peer.nat_traversal = NATT_FORCE;
	assert_int_equal(natt_ours(&p.sa, remote, local, &n), R_OK);
	assert_memory_not_equal(local, honest, n);
	peer_says(&p, &h, "198.51.100.1", "192.0.2.1", NULL);
	natt_judge(&p.sa, &h.chain);
	assert_true(p.sa.encap && !p.sa.nat_local && !p.sa.nat_remote);
	end(&p);
}

static void allowed_and_forced(void **state)
{
	struct play p;

	(void)state;
	start(&p, ROLE_INITIATOR);
	assert_true(natt_allowed(&p.peer));
	assert_false(natt_forced(&p.b->e, &p.peer));
	p.b->plane.always_encap = true;
	assert_true(natt_forced(&p.b->e, &p.peer));
	p.peer.nat_traversal = NATT_OFF;
	assert_false(natt_allowed(&p.peer));
	assert_false(natt_forced(&p.b->e, &p.peer));
	end(&p);
}

static void the_initiator_floats_once(void **state)
{
	struct play p;

	(void)state;
	start(&p, ROLE_INITIATOR);
	natt_float(&p.sa);
	assert_true(p.sa.natt);
	assert_int_equal(p.sa.local.port, 4500);
	assert_int_equal(p.sa.remote.port, 4500);
	p.sa.remote.port = 1024; /* a NAT's */
	natt_float(&p.sa);
	assert_int_equal(p.sa.remote.port, 1024);
	end(&p);
}

static struct packet from(const char *remote, uint16_t port, bool natt)
{
	return (struct packet){ .local = bare_addr("198.51.100.1", natt ? 4500 : 500),
				.remote = bare_addr(remote, port),
				.natt = natt };
}

static void the_responder_follows_the_float(void **state)
{
	struct play p;
	struct packet there = from("192.0.2.1", 40000, true);

	(void)state;
	start(&p, ROLE_RESPONDER);
	natt_follow(&p.sa, &there);
	assert_true(p.sa.natt && p.sa.encap);
	assert_int_equal(p.sa.remote.port, 40000);
	assert_int_equal(p.sa.local.port, 4500);
	end(&p);
}

/* A damaged hash made us see a NAT that the initiator does not see: it decides. */
static void the_initiator_decides(void **state)
{
	struct play p;
	struct packet there = from("192.0.2.1", 500, false);

	(void)state;
	start(&p, ROLE_RESPONDER);
	p.sa.encap = p.sa.nat_remote = true;
	natt_follow(&p.sa, &there);
	assert_false(p.sa.encap || p.sa.natt);
	p.sa.authenticated = p.sa.encap = true; /* later messages decide nothing any more */
	natt_follow(&p.sa, &there);
	assert_true(p.sa.encap);
	end(&p);
}

static void only_behind_a_nat_addresses_move(void **state)
{
	struct play p;
	struct packet there = from("192.0.2.99", 40001, true);

	(void)state;
	start(&p, ROLE_RESPONDER);
	p.sa.authenticated = p.sa.natt = true;
	natt_follow(&p.sa, &there);
	assert_int_equal(p.sa.remote.port, 500);
	p.sa.nat_remote = true;
	natt_follow(&p.sa, &there);
	assert_int_equal(p.sa.remote.port, 40001);
	assert_true(addr_equal(&p.sa.remote, &there.remote));
	assert_true(registry_is_known(p.b->e.registry, &there.remote));
	there = from("192.0.2.98", 500, false); /* never away from the NAT-T port */
	natt_follow(&p.sa, &there);
	assert_int_equal(p.sa.remote.port, 40001);
	end(&p);
}

static int open_crypto(void **state)
{
	(void)state;
	return crypto_open(NULL) == R_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_digest_is_that_of_the_rfc),
		cmocka_unit_test(a_nat_is_noticed),
		cmocka_unit_test(who_forces_lies),
		cmocka_unit_test(allowed_and_forced),
		cmocka_unit_test(the_initiator_floats_once),
		cmocka_unit_test(the_responder_follows_the_float),
		cmocka_unit_test(the_initiator_decides),
		cmocka_unit_test(only_behind_a_nat_addresses_move),
	};

	return cmocka_run_group_tests(tests, open_crypto, NULL);
}
