/* test_registry.c - finding SAs, children and callers */
#include "core/model/peer.h"
#include "tests/unit/ike/bare.h"

#include "core/ike/child.h"

static struct ike_sa sa_at(uint32_t id, const char *remote)
{
	struct ike_sa sa = { .id = id, .remote = bare_addr(remote, 500) };

	list_init(&sa.twin_link);
	return sa;
}

static void handles_grow_old(void **state)
{
	struct registry *r = registry_new();
	struct ike_sa a = sa_at(1, "192.0.2.1"), b = sa_at(2, "192.0.2.2");

	(void)state;
	assert_int_equal(registry_add(r, &a, NULL), R_OK);
	struct sa_ref old = a.ref;
	assert_ptr_equal(registry_of_ref(r, old), &a);
	assert_ptr_equal(registry_of_id(r, 1), &a);
	registry_remove(r, &a);
	assert_null(registry_of_ref(r, old));
	assert_null(registry_of_id(r, 1));
	assert_int_equal(registry_add(r, &b, NULL), R_OK);
	assert_int_equal(b.ref.slot, old.slot); /* used again, but not by this handle */
	assert_null(registry_of_ref(r, old));
	assert_null(registry_of_ref(r, (struct sa_ref){ 0, 0 }));
	assert_null(registry_of_ref(r, (struct sa_ref){ 4000000000u, 1 }));
	registry_free(r);
}

static void cookies_find(void **state)
{
	struct registry *r = registry_new();
	struct ike_sa a = sa_at(1, "192.0.2.1");
	struct cookies answer;

	(void)state;
	assert_int_equal(registry_add(r, &a, NULL), R_OK);
	memset(a.cky.i, 1, 8);
	assert_int_equal(registry_cookies(r, &a, NULL), R_OK);
	answer = a.cky;
	memset(answer.r, 9, 8);
	assert_ptr_equal(registry_find(r, &answer), &a); /* by the initiator's alone */
	a.cky = answer;
	assert_int_equal(registry_cookies(r, &a, NULL), R_OK);
	assert_ptr_equal(registry_find(r, &answer), &a);
	memset(answer.r, 8, 8);
	assert_null(registry_find(r, &answer)); /* no longer */
	registry_remove(r, &a);
	assert_null(registry_find(r, &a.cky));
	registry_free(r);
}

static void children_find(void **state)
{
	struct registry *r = registry_new();
	struct child a = { .id = 7 }, b = { .id = 8, .spi_in = 0x1234 };

	(void)state;
	assert_int_equal(registry_child(r, &a, NULL), R_OK);
	assert_ptr_equal(registry_child_of_id(r, 7), &a);
	assert_null(registry_child_of_spi(r, 0));
	a.spi_in = 0x9999;
	assert_int_equal(registry_child(r, &a, NULL), R_OK);
	assert_int_equal(registry_child(r, &b, NULL), R_OK);
	assert_ptr_equal(registry_child_of_spi(r, 0x9999), &a);
	assert_ptr_equal(registry_child_of_spi(r, 0x1234), &b);
	registry_child_remove(r, &a);
	assert_null(registry_child_of_spi(r, 0x9999));
	assert_null(registry_child_of_id(r, 7));
	assert_ptr_equal(registry_child_of_id(r, 8), &b);
	registry_child_remove(r, &b);
	registry_free(r);
}

struct known {
	struct peer peer;
	struct peer_run run;
};

static void configure(struct registry *r, struct known *k, const char *name, const char *remote,
		      const char *local)
{
	memset(k, 0, sizeof(*k));
	snprintf(k->peer.r.name, sizeof(k->peer.r.name), "%s", name);
	snprintf(k->peer.remote_address, sizeof(k->peer.remote_address), "%s", remote);
	snprintf(k->peer.local_address, sizeof(k->peer.local_address), "%s", local);
	k->peer.enabled = true;
	k->run.peer = &k->peer;
	list_init(&k->run.at_link);
	assert_int_equal(registry_peer(r, &k->run, NULL), R_OK);
}

static const char *caller(struct registry *r, const char *local, const char *remote)
{
	struct addr l = bare_addr(local, 500), m = bare_addr(remote, 4500);
	struct fault f = { 0 };
	struct peer_run *p = registry_caller(r, &l, &m, &f);

	if (p)
		return p->peer->r.name;
	assert_int_equal(f.reason, R_NO_PEER);
	assert_non_null(strstr(f.text, remote));
	return "";
}

static void callers_are_told_apart(void **state)
{
	struct registry *r = registry_new();
	struct known any, wide, narrow, range, exact, here, there, v6;

	(void)state;
	configure(r, &any, "any", "any", "198.51.100.9");
	configure(r, &wide, "wide", "203.0.113.0/24", "");
	configure(r, &narrow, "narrow", "203.0.113.128/25", "");
	configure(r, &range, "range", "192.0.2.10-192.0.2.20", "");
	configure(r, &exact, "exact", "203.0.113.200", "");
	configure(r, &here, "here", "192.0.2.1", "198.51.100.1");
	configure(r, &there, "there", "192.0.2.1", "198.51.100.2");
	configure(r, &v6, "v6", "2001:db8::/32", "");
	assert_string_equal(caller(r, "198.51.100.1", "203.0.113.200"), "exact");
	assert_string_equal(caller(r, "198.51.100.1", "203.0.113.201"), "narrow");
	assert_string_equal(caller(r, "198.51.100.1", "203.0.113.1"), "wide");
	assert_string_equal(caller(r, "198.51.100.1", "192.0.2.15"), "range");
	assert_string_equal(caller(r, "198.51.100.1", "192.0.2.21"), "");
	assert_string_equal(caller(r, "198.51.100.1", "192.0.2.1"), "here");
	assert_string_equal(caller(r, "198.51.100.2", "192.0.2.1"), "there");
	assert_string_equal(caller(r, "198.51.100.3", "192.0.2.1"), "");
	assert_string_equal(caller(r, "198.51.100.9", "8.8.8.8"), "any");
	assert_string_equal(caller(r, "2001:db8::1", "2001:db8::2"), "v6");
	registry_peer_remove(r, &exact.run);
	assert_string_equal(caller(r, "198.51.100.1", "203.0.113.200"), "narrow");
	registry_peer_remove(r, &narrow.run);
	assert_string_equal(caller(r, "198.51.100.1", "203.0.113.200"), "wide");
	registry_free(r);
}

static void the_disabled_are_nobody(void **state)
{
	struct registry *r = registry_new();
	struct known k = { 0 };

	(void)state;
	snprintf(k.peer.remote_address, sizeof(k.peer.remote_address), "192.0.2.1");
	k.run.peer = &k.peer;
	list_init(&k.run.at_link);
	assert_int_equal(registry_peer(r, &k.run, NULL), R_OK);
	assert_string_equal(caller(r, "198.51.100.1", "192.0.2.1"), "");
	registry_peer_remove(r, &k.run);
	registry_free(r);
}

static void the_known_are_exempt(void **state)
{
	struct registry *r = registry_new();
	struct known k;
	struct peer p = { 0 };
	struct ike_sa a = sa_at(1, "192.0.2.50");
	struct addr peer = bare_addr("192.0.2.1", 1234), sa = bare_addr("192.0.2.50", 0),
		    moved = bare_addr("192.0.2.51", 0);

	(void)state;
	configure(r, &k, "k", "192.0.2.1", "");
	assert_true(registry_is_known(r, &peer));
	assert_false(registry_is_known(r, &sa));
	a.peer = &p;
	assert_int_equal(registry_add(r, &a, NULL), R_OK);
	registry_moved(r, &a);
	assert_false(registry_is_known(r, &sa)); /* it proved nothing yet */
	a.authenticated = true;
	assert_int_equal(registry_up(r, &a, NULL), R_OK);
	assert_true(registry_is_known(r, &sa));
	a.remote = bare_addr("192.0.2.51", 500);
	registry_moved(r, &a);
	assert_false(registry_is_known(r, &sa));
	assert_true(registry_is_known(r, &moved));
	registry_remove(r, &a);
	assert_false(registry_is_known(r, &moved));
	registry_peer_remove(r, &k.run);
	assert_false(registry_is_known(r, &peer));
	registry_free(r);
}

static size_t twins(struct registry *r, const struct ike_sa *sa)
{
	struct link *l = registry_twins(r, sa);
	size_t n = 0;

	if (l)
		list_each (i, l)
			n++;
	return n;
}

static void twins_share_peer_and_identity(void **state)
{
	struct registry *r = registry_new();
	struct peer p = { .r.name = "p" }, q = { .r.name = "q" };
	struct ike_sa sas[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		sas[i] = sa_at(i + 1, "192.0.2.1");
		sas[i].authenticated = true;
		sas[i].peer = i == 3 ? &q : &p;
		sas[i].remote_id_body = bytes_of(i == 2 ? "bob" : "eve", 3);
		assert_int_equal(registry_add(r, &sas[i], NULL), R_OK);
	}
	assert_null(registry_twins(r, &sas[0]));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(registry_up(r, &sas[i], NULL), R_OK);
	assert_int_equal(twins(r, &sas[0]), 2);
	assert_ptr_equal(registry_twins(r, &sas[0]), registry_twins(r, &sas[1]));
	assert_int_equal(twins(r, &sas[2]), 1);
	assert_int_equal(twins(r, &sas[3]), 1);
	registry_remove(r, &sas[0]);
	assert_int_equal(twins(r, &sas[1]), 1);
	for (size_t i = 1; i < 4; i++)
		registry_remove(r, &sas[i]);
	for (size_t i = 0; i < 4; i++)
		bytes_free(sas[i].remote_id_body);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles_grow_old),
		cmocka_unit_test(cookies_find),
		cmocka_unit_test(children_find),
		cmocka_unit_test(callers_are_told_apart),
		cmocka_unit_test(the_disabled_are_nobody),
		cmocka_unit_test(the_known_are_exempt),
		cmocka_unit_test(twins_share_peer_and_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
