/* comware_flow.c - policies, templates and interfaces of Comware as tunnels
 *
 * A policy is a tunnel of the name POLICY-NUMBER, or of its connection-name. Its access list gives
 * the selectors: one tunnel when the permit rules are every pair of some local and some remote
 * selectors, else one tunnel a rule, POLICY-NUMBER.ruleN. A policy from a template is a tunnel an
 * entry of the template, which only answers.
 *
 * Two things stand elsewhere here: the group of PFS in the IPsec proposal, of which a second one
 * is made for a policy with another group, and the encapsulation mode in the tunnel.
 *
 * Called by: comware.c.  Thread: any.  Owns: what is gathered.
 */
#include "core/dialect/comware_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/alg.h"
#include "core/model/proposal.h"

const struct name comware_pfs[] = {
	{ GROUP_MODP768, "dh-group1" },
	{ GROUP_MODP1024, "dh-group2" },
	{ GROUP_MODP1536, "dh-group5" },
	{ GROUP_MODP2048, "dh-group14" },
	{ GROUP_ECP256, "dh-group19" },
	{ GROUP_ECP384, "dh-group20" },
	{ 0, NULL },
};

/* ---- what the lines say ---- */

static struct policy *policy_find(struct reader *r, const char *name, uint32_t seq,
				  bool is_template)
{
	for (struct policy *p = r->policies; p; p = p->next)
		if (p->sequence == seq && p->is_template == is_template &&
		    strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void enter(struct reader *r, bool is_template)
{
	uint32_t seq = (uint32_t)strtoul(r->got[1], NULL, 10);
	struct policy *p = policy_find(r, r->got[0], seq, is_template);

	r->view = VIEW_LEFT;
	r->policy = NULL;
	r->own = NULL;
	if (!p && r->policies_n < LIST_MOST && (p = calloc(1, sizeof(*p)))) {
		*r->policies_last = p;
		r->policies_last = &p->next;
		r->policies_n++;
		p->is_template = is_template;
		p->sequence = seq;
		text_copy(p->name, sizeof(p->name), r->got[0]);
		p->tunnel = entry_new(K_TUNNEL, r->lines.no);
		if (!p->tunnel ||
		    !sketch_set(r->d, p->tunnel, "sequence", r->got[1], r->lines.no)) {
			entry_free(p->tunnel);
			p->tunnel = NULL;
		}
	}
	if (!p || !p->tunnel)
		return;
	r->policy = p;
	r->own = p->tunnel;
	r->view = VIEW_POLICY;
}

void comware_enter_policy(struct reader *r)
{
	char template[POLICY_NAME] = "";

	if (r->got_n > 2)
		text_copy(template, sizeof(template), r->got[2]);
	enter(r, false);
	if (r->policy && *template)
		text_copy(r->policy->template, sizeof(r->policy->template), template);
}

void comware_enter_template(struct reader *r)
{
	enter(r, true);
}

void comware_enter_interface(struct reader *r)
{
	r->any_interface = true;
	r->own = NULL;
	r->view = VIEW_INTERFACE;
}

void comware_interface_policy(struct reader *r)
{
	struct applied *a = r->applied_n < LIST_MOST ? calloc(1, sizeof(*a)) : NULL;

	if (!a)
		return;
	text_copy(a->policy, sizeof(a->policy), r->got[0]);
	a->next = r->applied;
	r->applied = a;
	r->applied_n++;
}

/* security acl N|name NAME [aggregation|per-host] */
void comware_policy_acl(struct reader *r)
{
	int i = 2 + (r->lines.n > 3 && strcmp(r->lines.word[2], "name") == 0);
	const char *mode = i + 1 < r->lines.n ? r->lines.word[i + 1] : "";

	if (i >= r->lines.n || strcmp(r->lines.word[2], "ipv6") == 0) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, "security acl",
			    "IPv6 lists are not read; give the tunnel its selectors by hand");
		return;
	}
	text_copy(r->policy->acl, sizeof(r->policy->acl), r->lines.word[i]);
	if (strcmp(mode, "aggregation") == 0)
		sketch_set(r->d, r->own, "aggregation", "true", r->lines.no);
	else if (*mode)
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, "security acl ... per-host",
			    "a tunnel for each pair of hosts is not supported");
}

void comware_policy_proposals(struct reader *r)
{
	field_clear(field_find(tunnel_fields, "ipsec_proposals"), r->own->rec);
	for (int i = 1; i < r->lines.n; i++)
		sketch_set(r->d, r->own, "ipsec_proposals", r->lines.word[i], r->lines.no);
}

void comware_policy_pfs(struct reader *r)
{
	int group;

	if (name_find(comware_pfs, r->got[0], &group))
		text_copy(r->policy->pfs, sizeof(r->policy->pfs),
			  alg_group((enum group)group)->name);
	else
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, "pfs", "%.40s is no group known here",
			    r->got[0]);
}

void comware_policy_name(struct reader *r)
{
	text_copy(r->policy->label, sizeof(r->policy->label), r->got[0]);
}

/* ---- proposals ---- */

/* The proposal with this group: itself, or a second one beside it. "" when there is no room. */
static void proposal_with(struct reader *r, const char *name, const char *pfs, char ret[NAME_SIZE])
{
	struct entry *e = sketch_find(r->d, K_IPSEC_PROPOSAL, name), *twin;
	struct transform *t = comware_transform(r, name);
	char second[POLICY_NAME];

	text_copy(ret, NAME_SIZE, name);
	if (!e || !t || (t->used && strcmp(t->pfs, pfs) == 0))
		return;
	if (!t->used) {
		t->used = true;
		text_copy(t->pfs, sizeof(t->pfs), pfs);
		if (*pfs)
			sketch_set(r->d, e, "pfs_group", pfs, e->line);
		return;
	}
	snprintf(second, sizeof(second), "%s-%s", name, *pfs ? pfs : "nopfs");
	if (sketch_find(r->d, K_IPSEC_PROPOSAL, second)) {
		text_copy(ret, NAME_SIZE, second);
		return;
	}
	twin = sketch_add(r->d, K_IPSEC_PROPOSAL, second, e->line);
	if (!twin)
		return;
	for (const struct field *fl = ipsec_proposal_fields; fl->name; fl++) {
		struct text value = { 0 };

		if (!(fl->flags & FF_KEY) && entry_has(e, fl->name) &&
		    strcmp(fl->name, "pfs_group") != 0)
			sketch_set(r->d, twin, fl->name, entry_text(e, fl->name, &value), e->line);
		text_done(&value);
	}
	if (*pfs)
		sketch_set(r->d, twin, "pfs_group", pfs, e->line);
	text_copy(ret, NAME_SIZE, second);
	sketch_note(r->d, NOTE_MIND, e->line, "",
		    "policies use IPsec proposal %s with different groups for PFS, which belong to "
		    "the proposal here: %s stands beside it",
		    name, second);
}

static void settle_proposals(struct reader *r, struct entry *e, const char *pfs)
{
	const struct field *fl = field_find(tunnel_fields, "ipsec_proposals");
	char names[TUNNEL_PROPOSALS][NAME_SIZE];
	size_t n = field_count(fl, e->rec);
	const struct transform *t = n ? comware_transform(r, field_str(fl, e->rec, 0)) : NULL;

	for (size_t i = 0; i < n; i++)
		proposal_with(r, field_str(fl, e->rec, i), pfs, names[i]);
	field_clear(fl, e->rec);
	for (size_t i = 0; i < n; i++)
		sketch_set(r->d, e, fl->name, names[i], e->line);
	if (t && t->transport)
		sketch_set(r->d, e, "mode", "transport", e->line);
}

/* ---- selectors ---- */

struct sides {
	const char *from[TUNNEL_TS], *to[TUNNEL_TS];
	size_t from_n, to_n;
	bool full; /* more than fit one tunnel */
};

static void add_side(const char **at, size_t *n, const char *s, bool *full)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(at[i], s) == 0)
			return;
	if (*n == TUNNEL_TS)
		*full = true;
	else
		at[(*n)++] = s;
}

static bool has_pair(const struct acl *a, const char *from, const char *to)
{
	for (const struct acl_rule *x = a->rules; x; x = x->next)
		if (!x->deny && strcmp(x->from, from) == 0 && strcmp(x->to, to) == 0)
			return true;
	return false;
}

/* Are the permit rules every pair of these sides? */
static bool is_product(const struct acl *a, struct sides *s)
{
	*s = (struct sides){ 0 };
	for (const struct acl_rule *x = a->rules; x && !s->full; x = x->next) {
		if (x->deny)
			continue;
		add_side(s->from, &s->from_n, x->from, &s->full);
		add_side(s->to, &s->to_n, x->to, &s->full);
	}
	for (size_t i = 0; i < s->from_n && !s->full; i++)
		for (size_t k = 0; k < s->to_n; k++)
			if (!has_pair(a, s->from[i], s->to[k]))
				return false;
	return !s->full;
}

static struct acl *acl_of(const struct reader *r, const char *word)
{
	struct acl *a = r->acls;

	while (a && strcmp(a->number, word) != 0 && (!*a->name || strcmp(a->name, word) != 0))
		a = a->next;
	return a;
}

static struct entry *twin_of(const struct entry *e)
{
	struct entry *twin = calloc(1, sizeof(*twin));

	if (!twin)
		return NULL;
	*twin = (struct entry){ .rec = record_copy(e->rec), .given = e->given, .line = e->line };
	return twin;
}

static void one_tunnel(struct reader *r, const struct entry *e, const struct sides *s,
		       const char *name)
{
	struct entry *t = twin_of(e);

	r->d->no_memory |= !t || !t->rec;
	if (r->d->no_memory) {
		entry_free(t);
		return;
	}
	for (size_t i = 0; i < s->from_n; i++)
		sketch_set(r->d, t, "local_ts", s->from[i], e->line);
	for (size_t i = 0; i < s->to_n; i++)
		sketch_set(r->d, t, "remote_ts", s->to[i], e->line);
	sketch_take(r->d, t, name);
}

static void note_denies(struct reader *r, const struct acl *a)
{
	for (const struct acl_rule *x = a->rules; x; x = x->next)
		if (x->deny)
			sketch_note(r->d, NOTE_LEFT_OUT, x->line, "rule ... deny",
				    "selectors name what is protected and cannot leave a part out: "
				    "traffic from %s to %s is protected when a permit rule of list "
				    "%s has it",
				    x->from, x->to, a->number);
}

/* ---- tunnels ---- */

static void tunnels_of(struct reader *r, const struct entry *e, const char *acl, const char *name)
{
	struct acl *a = *acl ? acl_of(r, acl) : NULL;
	struct sides s = { .from = { "0.0.0.0/0" }, .to = { "0.0.0.0/0" }, .from_n = 1, .to_n = 1 };
	char each[4 * POLICY_NAME];

	if (a)
		a->used = true;
	if (a && !is_product(a, &s)) {
		for (const struct acl_rule *x = a->rules; x && !r->d->no_memory; x = x->next) {
			s = (struct sides){
				.from = { x->from }, .to = { x->to }, .from_n = 1, .to_n = 1
			};
			snprintf(each, sizeof(each), "%s.rule%u", name, x->id);
			if (!x->deny)
				one_tunnel(r, e, &s, each);
		}
	} else {
		one_tunnel(r, e, &s, name);
	}
}

static bool is_applied(const struct reader *r, const char *policy)
{
	for (const struct applied *a = r->applied; a; a = a->next)
		if (strcmp(a->policy, policy) == 0)
			return true;
	return false;
}

/* What is missing for it to protect anything; NULL: nothing. */
static const char *missing(const struct reader *r, const struct policy *p)
{
	const struct acl *a = *p->acl ? acl_of(r, p->acl) : NULL;

	if (*p->acl && !a)
		return "its access list is not in this text";
	if (a && !a->rules)
		return "no rule of its access list could be taken";
	if (!*p->acl && !p->is_template)
		return "it names no access list, so it protects nothing";
	return NULL;
}

/* `shown` is the policy the name comes from: itself, or the one made from the template. */
static void finish(struct reader *r, const struct policy *shown, struct policy *p, bool one_of_many)
{
	char name[3 * POLICY_NAME], plain[2 * POLICY_NAME], seq[16];
	const char *why = missing(r, p);
	struct entry *e = p->tunnel ? twin_of(p->tunnel) : NULL;

	snprintf(plain, sizeof(plain), "%s-%u", shown->name, shown->sequence);
	snprintf(name, sizeof(name), one_of_many ? "%s.t%u" : "%s", plain, p->sequence);
	if (!why && !*((const struct tunnel *)(const void *)p->tunnel->rec)->peer)
		why = "it names no IKE peer";
	if (!e || why) {
		sketch_note(r->d, NOTE_LEFT_OUT, p->tunnel ? p->tunnel->line : 0, plain, "%s",
			    why ? why : "no memory");
		entry_free(e);
		return;
	}
	if (p->is_template) {
		snprintf(seq, sizeof(seq), "%u", shown->sequence);
		sketch_set(r->d, e, "sequence", seq, e->line);
		sketch_set(r->d, e, "from_template", "true", e->line);
		sketch_set(r->d, e, "start_action", "none", e->line);
	}
	if (r->any_interface && !is_applied(r, shown->name)) {
		sketch_set(r->d, e, "enabled", "false", e->line);
		sketch_note(r->d, NOTE_MIND, e->line, plain,
			    "no interface of this text applies the policy, so its tunnel is "
			    "disabled");
	}
	settle_proposals(r, e, p->pfs);
	tunnels_of(r, e, p->acl, *p->label ? p->label : name);
	entry_free(e);
}

static void from_template(struct reader *r, struct policy *p)
{
	size_t n = 0;

	for (struct policy *t = r->policies; t; t = t->next)
		n += t->is_template && strcmp(t->name, p->template) == 0;
	for (struct policy *t = r->policies; t && n; t = t->next)
		if (t->is_template && t->tunnel && strcmp(t->name, p->template) == 0)
			finish(r, p, t, n > 1);
	if (!n)
		sketch_note(r->d, NOTE_LEFT_OUT, p->tunnel ? p->tunnel->line : 0, p->name,
			    "the policy template %s is not in this text", p->template);
}

void comware_tunnels(struct reader *r)
{
	for (struct policy *p = r->policies; p && !r->d->no_memory; p = p->next) {
		if (p->is_template || !p->tunnel)
			continue;
		if (*p->template)
			from_template(r, p);
		else
			finish(r, p, p, false);
	}
	for (const struct acl *a = r->acls; a; a = a->next)
		if (a->used)
			note_denies(r, a);
	if (r->policies && !r->any_interface)
		sketch_note(r->d, NOTE_MIND, 0, "",
			    "there is no interface in this text; every tunnel is taken as in use");
}

/* Lists whose elements begin with their link. */
static void free_list(void *first)
{
	while (first) {
		void *next = *(void **)first;

		free(first);
		first = next;
	}
}

void comware_free(struct reader *r)
{
	for (struct policy *p = r->policies, *next; p; p = next) {
		next = p->next;
		entry_free(p->tunnel);
		free(p);
	}
	for (struct acl *a = r->acls, *next; a; a = next) {
		next = a->next;
		free_list(a->rules);

		free(a);
	}
	free_list(r->transforms);
	free_list(r->applied);
	wipe(&r->lines, sizeof(r->lines));
	free(r);
}
