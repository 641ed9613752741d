/* test_canaryplan.c - which edits of a change are the canary's, and who shares what they change */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/canaryplan.h"

enum { MOST = 16 };

struct play {
	struct config *now, *after;
	struct edit edits[MOST];
	size_t n;
	struct canary_plan plan;
	struct fault fault;
};

static struct config *with(const struct config *c, struct edit *edits, size_t n)
{
	struct fault f = { 0 };
	struct config *next = config_with(c, edits, n, "ann", 1, &f);

	if (!next)
		fail_msg("%s", f.text);
	return next;
}

/* "MEMBER=VALUE" onto a record as it is, or a new one. */
static struct record *changed(const struct config *c, enum kind k, const char *name,
			      const char *what)
{
	const struct record *old = c ? config_find(c, k, name) : NULL;
	struct record *rec = old ? record_copy(old) : record_new(k);
	struct fault f = { 0 };
	char member[64];

	text_copy(rec->name, sizeof(rec->name), name);
	for (const char *at = what; *at;) {
		size_t n = strcspn(at, "=");
		const char *value = at + n + 1;
		size_t len = strcspn(value, ";");
		char text[128];

		snprintf(member, sizeof(member), "%.*s", (int)n, at);
		snprintf(text, sizeof(text), "%.*s", (int)len, value);
		const struct field *fl = field_find(kind_row(k)->fields, member);
		assert_non_null(fl);
		enum reason r = fl->kind == F_UINT
					? field_set_uint(fl, rec, strtoull(text, NULL, 10), &f)
				: fl->kind == F_FLAG ? field_set_flag(fl, rec, *text == 't', &f)
						     : field_set_text(fl, rec, 0, text, &f);
		if (r != R_OK)
			fail_msg("%s: %s", member, f.text);
		at = value + len + (value[len] == ';');
	}
	return rec;
}

static void edit(struct play *p, enum kind k, const char *name, const char *what)
{
	struct edit *e = &p->edits[p->n++];

	*e = (struct edit){ .op = what ? EDIT_PUT : EDIT_DELETE, .kind = k };
	text_copy(e->name, sizeof(e->name), name);
	e->rec = what ? changed(p->now, k, name, what) : NULL;
}

/* Peers a and b with a tunnel each; both use the proposal esp and the system's list, each its own
 * secret. */
static void begin(struct play *p)
{
	*p = (struct play){ .now = config_new() };
	edit(p, K_SECRET, "sa", "");
	edit(p, K_SECRET, "sb", "");
	edit(p, K_IPSEC_PROPOSAL, "esp", "");
	edit(p, K_IPSEC_PROPOSAL, "own", "");
	edit(p, K_PEER, "a", "psk=sa;labels=stage=pilot");
	edit(p, K_PEER, "b", "psk=sb");
	edit(p, K_TUNNEL, "ta", "peer=a;ipsec_proposals=esp");
	edit(p, K_TUNNEL, "tb", "peer=b;ipsec_proposals=esp");
	edit(p, K_TUNNEL, "ta2", "peer=a;ipsec_proposals=own");
	struct config *next = with(p->now, p->edits, p->n);
	for (size_t i = 0; i < p->n; i++)
		record_unref(p->edits[i].rec);
	config_unref(p->now);
	p->now = next;
	p->n = 0;
}

static enum reason cut(struct play *p, const char *peer, const char *label)
{
	struct canary_ask ask = { .peers_n = peer != NULL };

	if (peer)
		text_copy(ask.peers[0], sizeof(ask.peers[0]), peer);
	if (label)
		text_copy(ask.label, sizeof(ask.label), label);
	p->after = with(p->now, p->edits, p->n);
	return canary_plan_make(p->now, p->after, p->edits, p->n, &ask, &p->plan, &p->fault);
}

static void end(struct play *p)
{
	for (size_t i = 0; i < p->n; i++)
		record_unref(p->edits[i].rec);
	config_unref(p->now);
	config_unref(p->after);
	canary_plan_done(&p->plan);
}

static void each_its_own(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_PEER, "b", "description=x");
	edit(&p, K_SECRET, "sa", "description=x");
	edit(&p, K_SECRET, "sb", "description=x");
	edit(&p, K_TUNNEL, "ta", "description=x");
	edit(&p, K_SETTINGS_IKE, "ike", "retransmit_seconds=9");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_string_equal(p.plan.peers, "a\n");
	assert_int_equal(p.plan.first_n, 2);
	assert_false(p.plan.is_shared);
	assert_string_equal(p.edits[0].name, "sa");
	assert_string_equal(p.edits[1].name, "ta");
	assert_string_equal(p.edits[2].name, "b"); /* the others in their order */
	assert_string_equal(p.edits[3].name, "sb");
	end(&p);
}

static void what_both_use_is_shared(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_IPSEC_PROPOSAL, "esp", "lifetime_seconds=3601");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 1);
	assert_true(p.plan.is_shared);
	end(&p);
	begin(&p);
	edit(&p, K_IPSEC_PROPOSAL, "own", "lifetime_seconds=3601");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_false(p.plan.is_shared);
	end(&p);
}

static void a_new_record_comes_with_whom_it_is_for(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_IKE_PROPOSAL, "new", "number=7;system=false");
	edit(&p, K_IKE_PROPOSAL, "other", "number=8;system=false");
	edit(&p, K_PEER, "a", "ike_proposals=new");
	edit(&p, K_PEER, "b", "ike_proposals=other");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 2);
	assert_false(p.plan.is_shared);
	end(&p);
	begin(&p); /* both are to use it: it comes first, and who waits does not use it yet */
	edit(&p, K_IKE_PROPOSAL, "new", "number=7;system=false");
	edit(&p, K_PEER, "a", "ike_proposals=new");
	edit(&p, K_PEER, "b", "ike_proposals=new");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 2);
	assert_false(p.plan.is_shared);
	end(&p);
}

/* Peers that name no proposal use the system's list, also what comes into it. */
static void the_system_list_is_everybodys(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_IKE_PROPOSAL, "new", "number=7;system=true");
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 1);
	assert_true(p.plan.is_shared);
	end(&p);
}

static void what_goes_goes_when_nobody_needs_it(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_TUNNEL, "ta2", NULL);
	edit(&p, K_IPSEC_PROPOSAL, "own", NULL);
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 2);
	assert_false(p.plan.is_shared);
	end(&p);
	begin(&p);
	edit(&p, K_TUNNEL, "ta", "ipsec_proposals=own");
	edit(&p, K_TUNNEL, "tb", "ipsec_proposals=own");
	edit(&p, K_IPSEC_PROPOSAL, "esp", NULL);
	assert_int_equal(cut(&p, "a", NULL), R_OK);
	assert_int_equal(p.plan.first_n, 1);
	assert_string_equal(p.edits[0].name, "ta");
	assert_false(p.plan.is_shared);
	end(&p);
}

static void who_it_is(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	edit(&p, K_PEER, "a", "description=x");
	edit(&p, K_PEER, "b", "labels=stage=late");
	assert_int_equal(cut(&p, NULL, "stage=pilot"), R_OK);
	assert_string_equal(p.plan.peers, "a\n");
	end(&p);
	begin(&p); /* a label that the change itself gives */
	edit(&p, K_PEER, "b", "labels=stage=late");
	assert_int_equal(cut(&p, NULL, "stage=late"), R_OK);
	assert_string_equal(p.plan.peers, "b\n");
	end(&p);
	begin(&p);
	edit(&p, K_PEER, "b", "description=x");
	assert_int_equal(cut(&p, NULL, "stage=none"), R_INVALID);
	assert_string_equal(p.fault.field, "/canary/label");
	canary_plan_done(&p.plan);
	config_unref(p.after);
	assert_int_equal(cut(&p, "c", NULL), R_INVALID);
	assert_string_equal(p.fault.field, "/canary/peers");
	canary_plan_done(&p.plan);
	config_unref(p.after);
	assert_int_equal(cut(&p, "a", NULL), R_INVALID);
	assert_string_equal(p.fault.field, "/canary");
	end(&p);
}

static void names_are_whole_lines(void **state)
{
	(void)state;
	assert_true(canary_names("a\nbb\n", "bb"));
	assert_false(canary_names("a\nbb\n", "b"));
	assert_false(canary_names("", "a"));
	assert_false(canary_names(NULL, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_its_own),
		cmocka_unit_test(what_both_use_is_shared),
		cmocka_unit_test(a_new_record_comes_with_whom_it_is_for),
		cmocka_unit_test(the_system_list_is_everybodys),
		cmocka_unit_test(what_goes_goes_when_nobody_needs_it),
		cmocka_unit_test(who_it_is),
		cmocka_unit_test(names_are_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
