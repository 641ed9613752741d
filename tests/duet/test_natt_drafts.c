/* test_natt_drafts.c - the drafts of RFC 3947: 02 and 03 by their own numbers,
 * 00 and 01 on the port of IKE where the plane carries that */
#include "tests/duet/play.h"

#include "core/base/cursor.h"
#include "core/wire/header.h"
#include "core/wire/payload.h"

static struct duet *behind_nat(const char *words)
{
	struct duet *d = duet_new(words);

	line_nat(d, A, "203.0.113.7");
	duet_edit(d, B, "peers p remote_address=203.0.113.7 remote_id.value=192.0.2.1");
	return d;
}

static void is_encapsulated(struct duet *d)
{
	assert_up(d);
	for (enum side s = A; s <= B; s++)
		for (size_t i = 0; i < recording_sas(d->side[s].plane); i++)
			assert_true(recording_at(d->side[s].plane, i)->sa.udp_encap);
}

/* Where this vendor id stands in A's first message. */
static size_t place_of(const char *hex, const struct duet *d)
{
	struct slice all = slice_of(d->line.log[0].octets);
	own(bytes) id = bytes_of_hex(hex);

	for (size_t i = 0; i + id->n <= all.n; i++)
		if (memcmp(all.at + i, id->at, id->n) == 0)
			return i;
	_fail(__FILE__, __LINE__);
	return 0;
}

static bool has_payload(const struct duet *d, size_t i, enum payload kind)
{
	struct rd r = rd_of(slice_of(d->line.log[i].octets));
	struct header h;
	struct chain c;

	assert_int_equal(header_read(slice_of(d->line.log[i].octets), &h, NULL), R_OK);
	rd_take(&r, HEADER_SIZE);
	assert_int_equal(chain_read(rd_rest(&r), h.next, &c, NULL), R_OK);
	return chain_find(&c, kind) != NULL;
}

/* B hears only of drafts, since the newer vendor ids of A arrive spoiled. */
static void the_drafts_work_with_their_own_numbers(void **state)
{
	static const char *const newer[] = { "4a131c81070358455c5728f20e95452f",
					     "7d9419a65310ca6f2c179d9215529d56",
					     "90cb80913ebb696e086381b5ec427b1f" };
	static const char oldest[] = "cd60464335df21f87cfdb2fc68b6a448";
	own(duet) same = behind_nat("");

	(void)state;
	duet_initiate(same, A, "t1");
	duet_run_s(same, 5);
	assert_true(has_payload(same, 2, PL_NATD) && has_payload(same, 3, PL_NATD));
	assert_false(has_payload(same, 2, PL_NATD_D) || has_payload(same, 3, PL_NATD_D));
	for (size_t n = 1; n <= COUNT_OF(newer); n++) {
		own(duet) d = behind_nat("pfs x25519");
		own(bytes) next = bytes_of_hex(n < COUNT_OF(newer) ? newer[n] : oldest);
		struct ike_sa_row a, b;

		for (size_t i = 0; i < n; i++)
			line_flip(d, A_TO_B, 1, place_of(newer[i], same), 0xff);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		is_encapsulated(d);
		struct slice answer = slice_of(d->line.log[1].octets); /* names the newest left */
		assert_non_null(memmem(answer.at, answer.n, next->at, next->n));
		assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
		assert_true(a.nat_local && b.nat_remote);
		assert_int_equal(a.remote_port, 4500);
		for (size_t i = 2; i <= 3; i++) { /* both key exchanges */
			assert_true(has_payload(d, i, PL_NATD_D));
			assert_false(has_payload(d, i, PL_NATD));
		}
		duet_run_s(d, 4000); /* and a rekey */
		is_encapsulated(d);
	}
}

/* In this message of A's or B's every NAT-T vendor id newer than `hex` becomes that of `hex`, once. */
static void age(struct duet *d, const struct duet *like, enum way w, const char *hex)
{
	static const char *const newer[] = {
		"4a131c81070358455c5728f20e95452f", "7d9419a65310ca6f2c179d9215529d56",
		"90cb80913ebb696e086381b5ec427b1f", "cd60464335df21f87cfdb2fc68b6a448",
		"16f6ca16e4a4066d83821a0f0aeaa862", "4485152d18b6bbcd0be8a8469579ddcc"
	};
	struct slice all = slice_of(like->line.log[w].octets); /* A's first, B's first */
	own(bytes) old = bytes_of_hex(hex);
	unsigned found = 0;

	for (size_t k = 0; k < COUNT_OF(newer); k++) {
		own(bytes) id = bytes_of_hex(newer[k]);

		for (size_t i = 0; i + id->n <= all.n; i++) {
			if (memcmp(all.at + i, id->at, id->n) != 0)
				continue;
			/* the first one becomes the old one, the others nothing */
			for (size_t o = 0; o < (found ? 1 : id->n); o++)
				line_flip(d, w, 1, i + o, found ? 0xff : id->at[o] ^ old->at[o]);
			found++;
		}
	}
	assert_true(found > 0);
}

static const char *const oldest[] = { "4485152d18b6bbcd0be8a8469579ddcc",
				      "16f6ca16e4a4066d83821a0f0aeaa862" };

/* Row n: which draft, who is old, in which mode. */
static struct duet *with_old_peer(unsigned n, const char *more, bool a_can, bool b_can)
{
	char words[64];
	enum way w = n & 2 ? B_TO_A : A_TO_B;

	snprintf(words, sizeof(words), "%s %s", n & 1 ? "aggressive" : "", more);
	own(duet) like = behind_nat(words);
	struct duet *d = behind_nat(words);

	like->side[A].plane->zeros = d->side[A].plane->zeros = a_can;
	like->side[B].plane->zeros = d->side[B].plane->zeros = b_can;
	duet_initiate(like, A, "t1");
	duet_run_s(like, 5);
	age(d, like, w, oldest[n >> 2]);
	return d;
}

static void stays_on_the_ike_port(struct duet *d)
{
	for (size_t i = 0; i < d->line.log_n; i++) {
		const struct packet *p = &d->line.log[i].packet;

		assert_false(p->natt);
		assert_int_equal(p->local.port == 4500 || p->remote.port == 4500, 0);
	}
}

static void carries_behind_zeros(struct duet *d)
{
	is_encapsulated(d);
	for (enum side s = A; s <= B; s++)
		for (size_t i = 0; i < recording_sas(d->side[s].plane); i++) {
			const struct plane_sa *sa = &recording_at(d->side[s].plane, i)->sa;

			assert_true(sa->zeros);
			assert_int_not_equal(sa->local.port, 4500);
			assert_int_not_equal(sa->remote.port, 4500);
			assert_int_not_equal(sa->remote.port, 0);
		}
}

/* A peer that knows draft 00 or 01 alone: nobody floats, ESP has eight octets of zero in front. */
static void the_oldest_drafts_stay_on_the_ike_port(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 4;
	     k++) { /* A's message grown old is enough: B names what both know */
		unsigned n = (k & 1) | (k & 2) << 1;
		own(duet) d = with_old_peer(n, "pfs x25519", true, true);
		struct ike_sa_row a, b;

		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		carries_behind_zeros(d);
		assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
		assert_true(a.nat_local && !a.nat_remote && b.nat_remote && !b.nat_local);
		assert_int_equal(a.remote_port, 500);
		assert_story(d, A, n & 1 ? XCHG_AGGRESSIVE : XCHG_MAIN,
			     "ESP goes over the port of IKE");
		assert_true(d->line.awake[A] == 0 && d->line.awake[B] == 0);
		duet_run_s(d, 60); /* the end behind the NAT keeps it awake, on that port */
		assert_true(d->line.awake[A] > 0 && d->line.awake[B] == 0);
		duet_run_s(d, 4000); /* and a rekey */
		carries_behind_zeros(d);
		stays_on_the_ike_port(d);
	}
}

/* The NAT gives another port: what is authenticated moves both, IKE SA and children. */
static void the_oldest_drafts_follow_a_nat(void **state)
{
	own(duet) d = with_old_peer(0, "", true, true);
	struct ike_sa_row was, is;

	(void)state;
	duet_edit(d, A, "settings/keepalive keepalive interval_seconds=20");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_true(duet_ike(d, B, 0, &was));
	line_nat_rebind(d, A);
	duet_run_s(d, 60);
	assert_true(duet_ike(d, B, 0, &is));
	assert_int_not_equal(was.remote_port, is.remote_port);
	carries_behind_zeros(d);
	for (size_t i = 0; i < recording_sas(d->side[B].plane); i++)
		assert_int_equal(recording_at(d->side[B].plane, i)->sa.remote.port, is.remote_port);
	stays_on_the_ike_port(d);
}

/* No NAT and nobody who forces it: the vendor id changes nothing. */
static void the_oldest_drafts_need_a_nat(void **state)
{
	own(duet) like = duet_new("");
	own(duet) d = duet_new("");

	(void)state;
	duet_initiate(like, A, "t1");
	duet_run_s(like, 5);
	age(d, like, A_TO_B, oldest[0]);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	for (enum side s = A; s <= B; s++)
		assert_false(recording_at(d->side[s].plane, 0)->sa.udp_encap);
}

/* A plane that cannot carry it: as if there were no NAT traversal, and the story says why. */
static void the_oldest_drafts_need_a_plane(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		enum side hears = n & 2 ? A : B;
		own(duet) d = with_old_peer(n, "", false, false);

		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
		assert_false(recording_at(d->side[hears].plane, 0)->sa.udp_encap);
		assert_story(d, hears, n & 1 ? XCHG_AGGRESSIVE : XCHG_MAIN,
			     "the data plane recording cannot carry");
		/* and we never name them: what stands there is what the line put in */
		for (size_t i = 2; i < d->line.log_n; i++)
			for (size_t k = 0; k < COUNT_OF(oldest); k++) {
				own(bytes) id = bytes_of_hex(oldest[k]);
				struct slice all = slice_of(d->line.log[i].octets);

				assert_null(memmem(all.at, all.n, id->at, id->n));
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_drafts_work_with_their_own_numbers),
		cmocka_unit_test(the_oldest_drafts_stay_on_the_ike_port),
		cmocka_unit_test(the_oldest_drafts_follow_a_nat),
		cmocka_unit_test(the_oldest_drafts_need_a_nat),
		cmocka_unit_test(the_oldest_drafts_need_a_plane),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
