/* test_impact.c - the SAs a preview announces are the SAs that are reset, whatever the edits
 *
 * Random edits of random records onto one end of a play with living SAs: what engine_prepare says
 * of them before is, after they were adopted, what a reset of RESET_TOUCHED ends. Nothing else
 * ends, and nothing stale is left.
 */
#include "tests/duet/play.h"

enum { MOST = 32 };

static const char *const members[] = {
	"peers p description=x%u",
	"peers p enabled=false",
	"peers p nat_traversal=off",
	"peers p dpd=",
	"tunnels t1 description=x%u",
	"tunnels t1 enabled=false",
	"tunnels t2 enabled=false",
	"tunnels t3 remote_ts=10.99.%u.0/24",
	"-tunnels t2",
	"tunnels t1 sequence=%u",
	"ipsec-proposals e1 lifetime_seconds=36%02u",
	"ipsec-proposals e1 pfs_group=modp2048",
	"ipsec-proposals e1 key_length=256",
	"ike-proposals i1 lifetime_seconds=86%02u",
	"ike-proposals i1 dh_group=modp2048",
	"secrets k value=another-%u-key",
	"settings/ike ike retransmit_seconds=%u",
	"settings/keepalive keepalive interval_seconds=2%u",
};

static unsigned roll(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(*seed >> 33) % n;
}

/* One to three edits, none of them twice of one record in a way that contradicts. */
static void some_edits(uint64_t *seed, char *ret, size_t cap)
{
	size_t at = 0;

	*ret = '\0';
	for (unsigned n = 1 + roll(seed, 3); n > 0; n--) {
		const char *one = members[roll(seed, COUNT_OF(members))];
		size_t head = strcspn(one + strspn(one, "-"), " ") + 4;

		if (strstr(ret, one + (*one == '-')) || (*ret && strncmp(ret, one, head) == 0))
			continue;
		if (strstr(ret, "t2") && strstr(one, "t2"))
			continue; /* changed and removed */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		at += (size_t)snprintf(ret + at, cap - at, "%s", at ? "; " : "");
		at += (size_t)snprintf(ret + at, cap - at, one, 1 + roll(seed, 9));
#pragma GCC diagnostic pop
	}
}

static bool is_among(const struct touched *t, size_t n, bool child, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].is_child == child && t[i].id == id)
			return true;
	return false;
}

static bool lives(struct duet *d, bool child, uint32_t id)
{
	struct child_row c;
	struct ike_sa_row s;

	if (child) {
		for (size_t i = 0; duet_child(d, A, i, &c); i++)
			if (c.id == id)
				return true;
		return false;
	}
	for (size_t i = 0; duet_ike(d, A, i, &s); i++)
		if (s.id == id)
			return true;
	return false;
}

struct living {
	struct touched at[MOST];
	size_t n;
};

static void note(struct living *l, bool child, uint32_t id)
{
	assert_true(l->n < MOST);
	l->at[l->n].is_child = child;
	l->at[l->n++].id = id;
}

static void look(struct duet *d, struct living *l)
{
	struct child_row c;
	struct ike_sa_row s;

	*l = (struct living){ 0 };
	for (size_t i = 0; duet_child(d, A, i, &c); i++)
		note(l, true, c.id);
	for (size_t i = 0; duet_ike(d, A, i, &s); i++)
		note(l, false, s.id);
}

static void nothing_is_stale(struct duet *d, const char *edits)
{
	struct child_row c;
	struct ike_sa_row s;

	for (size_t i = 0; duet_child(d, A, i, &c); i++)
		if (c.stale)
			duet_complain(d, "%s: IPsec SA %u is stale: %s", edits, c.id,
				      c.stale_reasons);
	for (size_t i = 0; duet_ike(d, A, i, &s); i++)
		if (s.stale)
			duet_complain(d, "%s: IKE SA %u is stale: %s", edits, s.id,
				      s.stale_reasons);
}

/* Returns how many were announced. */
static size_t play_one(uint64_t seed)
{
	own(duet) d = play_up("tunnels 3");
	struct touched *said, done[MOST];
	struct living before;
	char edits[256];
	uint32_t rest = 0;

	duet_initiate(d, A, "t2");
	duet_initiate(d, B, "t3");
	duet_run_s(d, 3);
	some_edits(&seed, edits, sizeof(edits));
	look(d, &before);
	assert_int_equal(before.n, 4);
	size_t n = duet_weigh(d, A, edits, &said, &rest);
	duet_edit(d, A, edits);
	struct reset_ask ask = { .scope = RESET_TOUCHED,
				 .touched = said,
				 .touched_n = n,
				 .notify_peer = true,
				 .reinitiate = REINITIATE_NEVER,
				 .why = R_CONFIG_CHANGED };
	struct reset_report r = { 0 };

	if (n)
		r = duet_reset(d, A, &ask, done, MOST);
	if (r.n != n)
		duet_complain(d, "%s: %zu announced, %zu reset", edits, n, r.n);
	for (size_t i = 0; i < before.n; i++) {
		bool child = before.at[i].is_child, announced;
		uint32_t id = before.at[i].id;

		announced = is_among(said, n, child, id);
		if (announced != is_among(done, r.n, child, id) || announced == lives(d, child, id))
			duet_complain(d, "%s: %s %u: announced %d, lives %d", edits,
				      child ? "IPsec SA" : "IKE SA", id, announced,
				      lives(d, child, id));
	}
	nothing_is_stale(d, edits);
	free(said);
	return n;
}

static void the_announced_are_the_reset(void **state)
{
	size_t all = 0, none = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= play_times(150); seed++) {
		size_t n = play_one(seed * 0x9e3779b97f4a7c15ull);

		all += n;
		none += n == 0;
	}
	assert_true(all > 50 && none > 5); /* it is about something, and some edits touch nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_announced_are_the_reset),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}
