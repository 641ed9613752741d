/* test_config.c - the configuration: look-ups, changes, loading, sharing */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/config.h"

enum { MANY = 10000 };

/* ---- small helpers ---- */

static struct record *named(enum kind k, const char *name)
{
	struct record *r = record_new(k);

	assert_non_null(r);
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static struct edit put(struct record *r)
{
	struct edit e = { .op = EDIT_PUT, .kind = r->kind, .rec = r };

	snprintf(e.name, sizeof(e.name), "%s", r->name);
	return e;
}

static struct edit delete (enum kind k, const char *name)
{
	struct edit e = { .op = EDIT_DELETE, .kind = k };

	snprintf(e.name, sizeof(e.name), "%s", name);
	return e;
}

/* The next config; the one before and the edit's record are let go. */
static struct config *next(struct config *c, struct edit e)
{
	struct fault f = { 0 };
	struct config *after = config_with(c, &e, 1, "alice", 1000, &f);

	if (!after)
		print_error("%s\n", f.text);
	assert_non_null(after);
	record_unref(e.rec);
	config_unref(c);
	return after;
}

static void refused(const struct config *c, struct edit e, enum reason want)
{
	struct fault f = { 0 };

	assert_null(config_with(c, &e, 1, "alice", 1000, &f));
	assert_int_equal(f.reason, want);
	assert_true(strlen(f.text) > 0);
	record_unref(e.rec);
}

static struct record *tunnel(const char *name, const char *peer, uint32_t sequence)
{
	struct tunnel *t = (void *)named(K_TUNNEL, name);

	strcpy(t->peer, peer);
	t->sequence = sequence;
	return &t->r;
}

static struct record *proposal(const char *name, uint32_t number)
{
	struct ike_proposal *p = (void *)named(K_IKE_PROPOSAL, name);

	p->number = number;
	return &p->r;
}

/* ---- what is always there ---- */

static void a_new_config_has_settings_and_the_default_proposal(void **state)
{
	own(config) c = config_new();
	const struct ike_proposal *p = config_ike_proposal(c, "default");

	(void)state;
	assert_int_equal(config_revision(c), 0);
	for (int k = 0; k < K_COUNT; k++) {
		bool single = kind_row((enum kind)k)->single;

		assert_int_equal(config_count(c, (enum kind)k), single || k == K_IKE_PROPOSAL);
		if (single) {
			assert_ptr_equal(config_find(c, (enum kind)k, "whatever"),
					 config_at(c, (enum kind)k, 0));
			assert_int_equal(config_at(c, (enum kind)k, 0)->index, 1);
		}
		assert_null(config_at(c, (enum kind)k, 1));
	}
	assert_ptr_equal(config_at(c, K_IKE_PROPOSAL, 0), p);
	assert_true(p->builtin);
	assert_int_equal(p->number, BUILTIN_NUMBER);
	assert_int_equal(p->encryption_algorithm, ENCR_AES_CBC);
	assert_int_equal(p->key_length, 256);
	assert_int_equal(p->integrity_algorithm, INTEG_SHA256);
	assert_int_equal(p->dh_group, GROUP_MODP2048);
	assert_int_equal(p->lifetime_seconds, 86400);
	assert_int_equal(p->authentication_method, AUTH_PSK);
	assert_true(p->system);
	assert_false(p->allow_weak);
}

static void the_default_proposal_follows_its_setting(void **state)
{
	struct config *c = config_new();
	const struct record *modern = config_find(c, K_IKE_PROPOSAL, "default");
	struct settings_ike *s = (void *)record_copy(&config_ike(c)->r);
	const struct ike_proposal *p;

	(void)state;
	record_ref(modern);
	s->comware_default_proposal = true;
	c = next(c, put(&s->r));
	p = config_ike_proposal(c, "default");
	assert_ptr_not_equal(p, modern);
	assert_true(p->builtin && p->system && p->allow_weak);
	assert_int_equal(p->number, BUILTIN_NUMBER);
	assert_int_equal(p->encryption_algorithm, ENCR_DES);
	assert_int_equal(p->integrity_algorithm, INTEG_SHA1);
	assert_int_equal(p->dh_group, GROUP_MODP768);
	assert_int_equal(p->lifetime_seconds, 86400);
	assert_int_equal(p->r.revision, 1);
	assert_int_equal(ike_proposal_suite(p).key_bits, 64);

	c = next(c, put(named(K_PEER, "other"))); /* stays through other changes */
	assert_ptr_equal(config_ike_proposal(c, "default"), p);
	s = (void *)record_copy(&config_ike(c)->r);
	s->comware_default_proposal = false;
	c = next(c, put(&s->r));
	assert_int_equal(config_ike_proposal(c, "default")->encryption_algorithm, ENCR_AES_CBC);
	assert_int_equal(config_count(c, K_IKE_PROPOSAL), 1);
	record_unref(modern);
	config_unref(c);
}

static void a_loaded_config_has_the_default_proposal_its_settings_want(void **state)
{
	struct settings_ike *s = (void *)record_new(K_SETTINGS_IKE);
	struct record *list[] = { &s->r, proposal("default", 3) };
	struct fault f = { 0 };

	(void)state;
	s->comware_default_proposal = true;
	own(config) c = config_of_records(list, COUNT_OF(list), 12, &f);
	assert_non_null(c);
	assert_int_equal(config_revision(c), 12);
	assert_int_equal(config_count(c, K_IKE_PROPOSAL), 1); /* a kept one does not count */
	assert_int_equal(config_ike_proposal(c, "default")->dh_group, GROUP_MODP768);
	assert_int_equal(config_ike_proposal(c, "default")->number, BUILTIN_NUMBER);
	assert_int_equal(config_count(c, K_SETTINGS_SNMP), 1);
}

static void the_built_in_and_the_single_cannot_be_taken_away(void **state)
{
	own(config) c = config_new();

	(void)state;
	refused(c, put(proposal("default", 4)), R_INVALID);
	refused(c, delete (K_IKE_PROPOSAL, "default"), R_INVALID);
	refused(c, delete (K_SETTINGS_IKE, "ike"), R_INVALID);
}

/* ---- changes ---- */

static void a_change_makes_the_next_revision_and_leaves_the_last_alone(void **state)
{
	struct config *a = config_new();
	struct edit e = put(named(K_PEER, "hub"));
	struct config *b = config_with(a, &e, 1, "alice", 1234, NULL);
	const struct record *r = config_find(b, K_PEER, "hub");

	(void)state;
	assert_int_equal(config_revision(b), 1);
	assert_null(config_peer(a, "hub"));
	assert_ptr_not_equal(r, e.rec); /* a copy: the edit keeps its own */
	assert_int_equal(r->revision, 1);
	assert_int_equal(r->index, 1);
	assert_int_equal(r->created_s, 1234);
	assert_int_equal(r->changed_s, 1234);
	assert_string_equal(r->changed_by, "alice");
	assert_ptr_equal(config_at(a, K_SETTINGS_IKE, 0), config_at(b, K_SETTINGS_IKE, 0));
	record_unref(e.rec);

	struct peer *p = (void *)record_copy(r);
	p->enabled = false;
	e = put(&p->r);
	struct config *c = config_with(b, &e, 1, "bob", 2000, NULL);
	const struct record *s = config_find(c, K_PEER, "hub");
	assert_int_equal(s->revision, 2);
	assert_int_equal(s->index, 1);
	assert_int_equal(s->created_s, 1234);
	assert_int_equal(s->changed_s, 2000);
	assert_string_equal(s->changed_by, "bob");
	assert_true(config_peer(b, "hub")->enabled);
	assert_false(config_peer(c, "hub")->enabled);
	record_unref(e.rec);
	config_unref(a);
	config_unref(b);
	config_unref(c);
}

static void several_edits_are_one_revision_or_nothing(void **state)
{
	own(config) a = config_new();
	struct edit e[] = { put(named(K_PEER, "one")), put(tunnel("t", "one", 1)),
			    delete (K_PEER, "nobody") };
	struct fault f = { 0 };

	(void)state;
	assert_null(config_with(a, e, 3, "alice", 1, &f));
	assert_int_equal(f.reason, R_NOT_FOUND);
	assert_null(config_with(a, e, 3, "alice", 1, NULL)); /* the sentence is optional */
	own(config) b = config_with(a, e, 2, "alice", 1, &f);
	assert_int_equal(config_revision(b), 1);
	assert_non_null(config_peer(b, "one"));
	assert_non_null(config_tunnel(b, "t"));
	record_unref(e[0].rec);
	record_unref(e[1].rec);
}

static void preconditions_are_checked(void **state)
{
	struct config *c = config_new();
	struct edit e;

	(void)state;
	c = next(c, put(named(K_PEER, "hub"))); /* revision 1 */
	c = next(c, put(named(K_PEER, "other"))); /* revision 2 */

	e = put(named(K_PEER, "hub"));
	e.must_be_new = true;
	refused(c, e, R_NAME_TAKEN);
	e = put(named(K_PEER, "hub"));
	e.if_match = 2;
	refused(c, e, R_STALE);
	e = put(named(K_PEER, "gone"));
	e.if_match = 1;
	refused(c, e, R_STALE);
	e = delete (K_PEER, "hub");
	e.if_match = 2;
	refused(c, e, R_STALE);
	refused(c, delete (K_PEER, "gone"), R_NOT_FOUND);
	e = put(named(K_PEER, "hub"));
	strcpy(e.name, "hob");
	refused(c, e, R_INVALID);
	refused(c, put(named(K_PEER, "")), R_INVALID);
	e = put(named(K_PEER, "hub"));
	e.kind = K_TUNNEL;
	refused(c, e, R_INTERNAL);
	e = delete (K_PEER, "hub");
	e.op = EDIT_PUT;
	refused(c, e, R_INTERNAL);
	e = delete (K_PEER, "hub");
	e.kind = K_COUNT;
	refused(c, e, R_INTERNAL);

	e = put(named(K_PEER, "hub"));
	e.if_match = 1;
	c = next(c, e);
	e = delete (K_PEER, "hub");
	e.if_match = 3;
	c = next(c, e);
	assert_null(config_peer(c, "hub"));
	assert_non_null(config_peer(c, "other"));
	config_unref(c);
}

static void settings_are_changed_whatever_the_edit_calls_them(void **state)
{
	struct config *c = config_new();
	struct settings_ipsec *s = (void *)record_copy(&config_ipsec(c)->r);
	struct edit e;

	(void)state;
	s->lifetime_seconds = 180;
	e = put(&s->r);
	*e.name = '\0';
	c = next(c, e);
	assert_int_equal(config_ipsec(c)->lifetime_seconds, 180);
	assert_string_equal(config_ipsec(c)->r.name, "ipsec");
	assert_int_equal(config_ipsec(c)->r.revision, 1);
	assert_int_equal(config_ipsec(c)->r.index, 1);
	assert_int_equal(config_count(c, K_SETTINGS_IPSEC), 1);
	config_unref(c);
}

static void index_numbers_are_never_given_twice(void **state)
{
	struct config *c = config_new();

	(void)state;
	c = next(c, put(named(K_PEER, "a")));
	c = next(c, put(named(K_PEER, "b")));
	assert_int_equal(config_find(c, K_PEER, "b")->index, 2);
	c = next(c, delete (K_PEER, "b"));
	c = next(c, put(named(K_PEER, "b")));
	assert_int_equal(config_find(c, K_PEER, "b")->index, 3);
	c = next(c, delete (K_PEER, "a"));
	c = next(c, delete (K_PEER, "b"));
	c = next(c, put(tunnel("t", "x", 1))); /* each kind counts for itself */
	assert_int_equal(config_find(c, K_TUNNEL, "t")->index, 1);
	c = next(c, put(named(K_PEER, "a")));
	assert_int_equal(config_find(c, K_PEER, "a")->index, 4);
	config_unref(c);

	struct record *list[] = { named(K_PEER, "y"), named(K_PEER, "x"), named(K_PEER, "z") };
	list[1]->index = 41;
	c = config_of_records(list, COUNT_OF(list), 5, NULL);
	assert_int_equal(config_find(c, K_PEER, "x")->index, 41);
	c = next(c, put(named(K_PEER, "w")));
	assert_int_equal(config_find(c, K_PEER, "y")->index, 42); /* it had none */
	assert_int_equal(config_find(c, K_PEER, "z")->index, 43);
	assert_int_equal(config_find(c, K_PEER, "w")->index, 44);
	config_unref(c);
}

/* ---- listings ---- */

static void names_are(const struct config *c, enum kind k, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < config_count(c, k); i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 config_at(c, k, i)->name);
	assert_string_equal(got, want);
}

static void records_stand_by_name(void **state)
{
	struct config *c = config_new();

	(void)state;
	for (const char *n = "dbace"; *n; n++)
		c = next(c, put(named(K_PEER, (char[]){ *n, '\0' })));
	names_are(c, K_PEER, "a b c d e");
	assert_int_equal(config_after(c, K_PEER, ""), 0);
	assert_int_equal(config_after(c, K_PEER, "a"), 1);
	assert_int_equal(config_after(c, K_PEER, "bb"), 2);
	assert_int_equal(config_after(c, K_PEER, "e"), 5);
	c = next(c, delete (K_PEER, "c"));
	names_are(c, K_PEER, "a b d e");
	assert_int_equal(config_after(c, K_PEER, "c"), 2); /* a cursor outlives its record */
	config_unref(c);
}

static void proposals_stand_by_number_with_the_default_last(void **state)
{
	struct config *c = config_new();

	(void)state;
	c = next(c, put(proposal("a", 65535)));
	c = next(c, put(proposal("b", 10)));
	c = next(c, put(proposal("c", 1)));
	names_are(c, K_IKE_PROPOSAL, "c b a default");
	assert_int_equal(config_after(c, K_IKE_PROPOSAL, ""), 0);
	assert_int_equal(config_after(c, K_IKE_PROPOSAL, "b"), 2);
	assert_int_equal(config_after(c, K_IKE_PROPOSAL, "default"), 4);
	assert_int_equal(config_after(c, K_IKE_PROPOSAL, "gone"), 4);
	c = next(c, put(proposal("c", 100))); /* moves */
	names_are(c, K_IKE_PROPOSAL, "b c a default");
	c = next(c, put(proposal("z", 100))); /* no rule of this floor: names decide */
	names_are(c, K_IKE_PROPOSAL, "b c z a default");
	c = next(c, delete (K_IKE_PROPOSAL, "c"));
	names_are(c, K_IKE_PROPOSAL, "b z a default");
	config_unref(c);
}

static void tunnels_of_a_peer_stand_by_sequence(void **state)
{
	struct config *c = config_new();
	const struct tunnel *got[8];

	(void)state;
	c = next(c, put(tunnel("t1", "hub", 30)));
	c = next(c, put(tunnel("t2", "hub", 10)));
	c = next(c, put(tunnel("t3", "hu", 5)));
	c = next(c, put(tunnel("t4", "hub", 20)));
	c = next(c, put(tunnel("t5", "hub2", 1)));
	assert_int_equal(config_tunnels_of(c, "hub", got, 8), 3);
	assert_string_equal(got[0]->r.name, "t2");
	assert_string_equal(got[1]->r.name, "t4");
	assert_string_equal(got[2]->r.name, "t1");
	assert_int_equal(config_tunnels_of(c, "hub", got, 2), 2);
	assert_int_equal(config_tunnels_of(c, "nobody", got, 8), 0);
	assert_int_equal(config_tunnels_of(c, "hub2", got, 8), 1);
	c = next(c, put(tunnel("t4", "hub2", 20))); /* goes to another peer */
	c = next(c, put(tunnel("t1", "hub", 1)));
	assert_int_equal(config_tunnels_of(c, "hub", got, 8), 2);
	assert_string_equal(got[0]->r.name, "t1");
	assert_int_equal(config_tunnels_of(c, "hub2", got, 8), 2);
	assert_string_equal(got[1]->r.name, "t4");
	c = next(c, delete (K_TUNNEL, "t1"));
	assert_int_equal(config_tunnels_of(c, "hub", got, 8), 1);
	config_unref(c);
}

static void note_name(void *arg, const struct record *r)
{
	char *all = arg;

	snprintf(all + strlen(all), 128 - strlen(all), "%s/%s ", kind_row(r->kind)->path, r->name);
}

static void referrers_are_found_once_each(void **state)
{
	struct config *c = config_new();
	struct peer *p = (void *)named(K_PEER, "hub");
	struct settings_snmp *s = (void *)record_copy(&config_snmp(c)->r);
	char all[128] = "";

	(void)state;
	strcpy(p->psk, "k");
	strcpy(p->ike_proposals[0], "one");
	strcpy(p->ike_proposals[1], "two");
	p->ike_proposals_n = 2;
	strcpy(s->auth_secret, "k");
	strcpy(s->priv_secret, "k");
	c = next(c, put(&p->r));
	c = next(c, put(&s->r));
	c = next(c, put(tunnel("t2", "hub", 2)));
	c = next(c, put(tunnel("t1", "hub", 1)));
	c = next(c, put(tunnel("t3", "hub3", 1)));
	c = next(c, put(named(K_PEER, "k"))); /* a name alike is no reference */

	config_referrers(c, K_SECRET, "k", note_name, all);
	assert_string_equal(all, "settings/snmp/snmp peers/hub ");
	*all = '\0';
	config_referrers(c, K_IKE_PROPOSAL, "two", note_name, all);
	assert_string_equal(all, "peers/hub ");
	*all = '\0';
	config_referrers(c, K_PEER, "hub", note_name, all);
	assert_string_equal(all, "tunnels/t1 tunnels/t2 ");
	*all = '\0';
	*all = '\0';
	config_referrers(c, K_PEER, "k", note_name, all);
	config_referrers(c, K_TUNNEL, "t1", note_name, all);
	config_referrers(c, K_SECRET, "", note_name, all);
	assert_string_equal(all, ""); /* an empty reference refers to nobody */
	config_unref(c);
}

/* ---- loading and size ---- */

static void a_store_with_doubles_is_damaged(void **state)
{
	struct record *doubles[] = { named(K_PEER, "a"), named(K_PEER, "b"), named(K_PEER, "a") };
	struct record *singles[] = { record_new(K_SETTINGS_IKE), record_new(K_SETTINGS_IKE) };
	struct record *strange[] = { named(K_PEER, "a"), NULL };
	struct fault f = { 0 };

	(void)state;
	assert_null(config_of_records(doubles, COUNT_OF(doubles), 1, &f));
	assert_int_equal(f.reason, R_STORE_DAMAGED);
	assert_null(doubles[1]); /* taken all the same */
	f = (struct fault){ 0 };
	assert_null(config_of_records(singles, COUNT_OF(singles), 1, &f));
	assert_int_equal(f.reason, R_STORE_DAMAGED);
	own(config) c = config_of_records(strange, COUNT_OF(strange), 1, &f);
	assert_int_equal(config_count(c, K_PEER), 1);
	own(config) none = config_of_records(NULL, 0, 3, &f);
	assert_int_equal(config_revision(none), 3);
	assert_int_equal(config_count(none, K_SETTINGS_IKE), 1);
}

static struct config *many(void)
{
	struct record **list = calloc(2 * MANY, sizeof(*list));
	struct fault f = { 0 };
	struct config *c;
	char name[NAME_SIZE], peer[NAME_SIZE];

	assert_non_null(list);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned mixed = i * 7919u % MANY; /* not sorted */

		snprintf(peer, sizeof(peer), "p%05u", mixed);
		snprintf(name, sizeof(name), "t%05u", mixed);
		list[2 * i] = named(K_PEER, peer);
		list[2 * i + 1] = tunnel(name, peer, mixed % 65535 + 1);
	}
	c = config_of_records(list, 2 * MANY, 1, &f);
	assert_non_null(c);
	free(list);
	return c;
}

static void a_change_of_one_among_many_shares_the_others(void **state)
{
	struct config *a = many();
	struct peer *p = (void *)record_copy(&config_peer(a, "p05000")->r);
	size_t shared = 0;

	(void)state;
	assert_int_equal(config_count(a, K_PEER), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		const struct tunnel *of[2];
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "p%05u", i);
		assert_string_equal(config_at(a, K_PEER, i)->name, name);
		assert_ptr_equal(config_find(a, K_PEER, name), config_at(a, K_PEER, i));
		assert_int_equal(config_after(a, K_PEER, name), i + 1);
		assert_int_equal(config_tunnels_of(a, name, of, 2), 1);
		assert_int_equal(strcmp(of[0]->r.name + 1, name + 1), 0);
	}
	config_ref(a);
	p->initial_contact = false;
	struct config *b = next(a, put(&p->r));
	for (unsigned i = 0; i < MANY; i++)
		shared += config_at(a, K_PEER, i) == config_at(b, K_PEER, i);
	assert_int_equal(shared, MANY - 1);
	assert_ptr_equal(config_at(a, K_TUNNEL, 9), config_at(b, K_TUNNEL, 9));
	assert_true(config_peer(a, "p05000")->initial_contact);
	assert_false(config_peer(b, "p05000")->initial_contact);
	config_unref(a);
	config_unref(b);
}

static void many_edits_in_one_change(void **state)
{
	struct config *c = config_new();
	struct edit *e = calloc(MANY, sizeof(*e));
	char name[NAME_SIZE];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%05u", i * 7919u % MANY);
		e[i] = put(named(K_PEER, name));
	}
	struct config *d = config_with(c, e, MANY, "import", 1, NULL);
	assert_int_equal(config_count(d, K_PEER), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		record_unref(e[i].rec);
		e[i].rec = NULL;
		e[i].op = EDIT_DELETE;
	}
	struct config *none = config_with(d, e, MANY - 1, "import", 1, NULL);
	assert_int_equal(config_count(none, K_PEER), 1);
	assert_string_equal(config_at(none, K_PEER, 0)->name, e[MANY - 1].name);
	free(e);
	config_unref(c);
	config_unref(d);
	config_unref(none);
}

/* Adds, changes and removes by chance, beside a plain list that says what must be there. */
static void chance_finds_no_difference_to_a_plain_list(void **state)
{
	struct config *c = config_new();
	bool there[64] = { false };
	uint32_t sequence[64] = { 0 };
	uint32_t seed = 20240229;

	(void)state;
	for (int turn = 0; turn < 3000; turn++) {
		seed = seed * 1664525u + 1013904223u;
		unsigned i = seed >> 16 & 63, act = seed >> 24 & 3;
		char name[NAME_SIZE], peer[NAME_SIZE];
		size_t n = 0;

		snprintf(name, sizeof(name), "t%02u", i);
		snprintf(peer, sizeof(peer), "p%u", seed >> 27);
		if (act == 0 && there[i]) {
			c = next(c, delete (K_TUNNEL, name));
			there[i] = false;
		} else {
			sequence[i] = seed >> 10 & 0xff;
			c = next(c, put(tunnel(name, peer, sequence[i])));
			there[i] = true;
		}
		for (unsigned k = 0; k < 64; k++) {
			snprintf(name, sizeof(name), "t%02u", k);
			const struct tunnel *t = config_tunnel(c, name);

			assert_int_equal(t != NULL, there[k]);
			if (!t)
				continue;
			assert_int_equal(t->sequence, sequence[k]);
			assert_ptr_equal(config_at(c, K_TUNNEL, n++), t);
		}
		assert_int_equal(config_count(c, K_TUNNEL), n);
		for (unsigned k = 0; k < 32; k++) {
			const struct tunnel *of[64];

			snprintf(peer, sizeof(peer), "p%u", k);
			size_t m = config_tunnels_of(c, peer, of, 64);
			for (size_t x = 0; x < m; x++) {
				assert_string_equal(of[x]->peer, peer);
				if (x)
					assert_true(of[x - 1]->sequence <= of[x]->sequence);
			}
			n -= m;
		}
		assert_int_equal(n, 0); /* every tunnel stands with its peer */
	}
	config_unref(c);
}

static void *look_around(void *arg)
{
	const struct config *c = arg;

	for (int i = 0; i < 20000; i++) {
		config_ref(c);
		assert_non_null(config_peer(c, "hub"));
		const struct record *r = record_ref(config_find(c, K_PEER, "hub"));
		config_unref(c);
		record_unref(r);
	}
	return NULL;
}

static void a_config_may_be_held_on_any_thread(void **state)
{
	struct config *c = next(config_new(), put(named(K_PEER, "hub")));
	pthread_t threads[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_around, c), 0);
	config_ref(c);
	struct config *d = c;
	for (int i = 0; i < 200; i++)
		d = next(d, put(named(K_PEER, "hub")));
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(config_revision(d), 201);
	config_unref(c);
	config_unref(d);
	config_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_config_has_settings_and_the_default_proposal),
		cmocka_unit_test(the_default_proposal_follows_its_setting),
		cmocka_unit_test(a_loaded_config_has_the_default_proposal_its_settings_want),
		cmocka_unit_test(the_built_in_and_the_single_cannot_be_taken_away),
		cmocka_unit_test(a_change_makes_the_next_revision_and_leaves_the_last_alone),
		cmocka_unit_test(several_edits_are_one_revision_or_nothing),
		cmocka_unit_test(preconditions_are_checked),
		cmocka_unit_test(settings_are_changed_whatever_the_edit_calls_them),
		cmocka_unit_test(index_numbers_are_never_given_twice),
		cmocka_unit_test(records_stand_by_name),
		cmocka_unit_test(proposals_stand_by_number_with_the_default_last),
		cmocka_unit_test(tunnels_of_a_peer_stand_by_sequence),
		cmocka_unit_test(referrers_are_found_once_each),
		cmocka_unit_test(a_store_with_doubles_is_damaged),
		cmocka_unit_test(a_change_of_one_among_many_shares_the_others),
		cmocka_unit_test(many_edits_in_one_change),
		cmocka_unit_test(chance_finds_no_difference_to_a_plain_list),
		cmocka_unit_test(a_config_may_be_held_on_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
