/* comware_policies.c - writing tunnels as Comware's access lists, templates and policies
 *
 * A tunnel whose name is POLICY-SEQUENCE is that policy; any other stands in the policy OTHER and
 * has its name as connection-name. Tunnels that were made from one policy, NAME.ruleN or NAME.tN,
 * become one policy again as long as they are alike in all else. So what was read from Comware
 * comes out as it was, and is the same when it is read again.
 *
 * Called by: comware_out.c.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/comware_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/model/alg.h"
#include "core/model/proposal.h"

#define OTHER "ikeeper"
enum { PREFIX_MOST = 15, FIRST_LIST = 3000, LAST_LIST = 3999 };

/* What the name of a tunnel says about where it came from. */
struct origin {
	char base[NAME_SIZE]; /* without .ruleN and .tN */
	char prefix[PREFIX_MOST + 1]; /* of the policy, "" when it is none of a policy */
	unsigned rule, entry; /* N, UINT32_MAX: none */
};

struct plan {
	struct comware_out *o;
	const struct entry **at; /* the tunnels, in order */
	struct origin *origins;
	bool *done;
	size_t n;
	unsigned lists, templates;
	uint32_t next_other;
};

static unsigned number_after(const char *name, const char *mark, size_t *ret_base)
{
	const char *at = strrchr(name, '.');
	uint64_t n;

	if (!at || at == name || strncmp(at + 1, mark, strlen(mark)) != 0 ||
	    !syntax_number(at + 1 + strlen(mark), INT32_MAX, &n))
		return UINT32_MAX;
	*ret_base = (size_t)(at - name);
	return (unsigned)n;
}

static struct origin origin_of(const struct tunnel *t)
{
	struct origin o = { .rule = UINT32_MAX, .entry = UINT32_MAX };
	size_t base = strlen(t->r.name);
	char end[16];

	o.rule = number_after(t->r.name, "rule", &base);
	text_copy(o.base, sizeof(o.base), t->r.name);
	o.base[base] = '\0';
	if (t->from_template) {
		o.entry = number_after(o.base, "t", &base);
		o.base[base] = '\0';
	}
	int n = snprintf(end, sizeof(end), "-%u", t->sequence);
	size_t prefix = strcspn(o.base, "-.");
	if (prefix && prefix <= PREFIX_MOST && strcmp(o.base + prefix, end) == 0 && n > 0)
		memcpy(o.prefix, o.base, prefix);
	return o;
}

/* ---- access lists ---- */

static void write_side(struct text *t, const char *word, const struct selector *s)
{
	struct prefix p;
	char low[ADDR_TEXT], wild[ADDR_TEXT];

	if (!range_prefix(&s->range, &p) || p.bits == 0)
		return;
	uint32_t inverse = p.bits >= 32 ? 0 : UINT32_MAX >> p.bits;
	snprintf(wild, sizeof(wild), "%u.%u.%u.%u", inverse >> 24, inverse >> 16 & 255,
		 inverse >> 8 & 255, inverse & 255);
	text_add(t, " %s %s %s", word, addr_text(&p.addr, low), inverse ? wild : "0");
	if (s->port)
		text_add(t, " %s-port eq %u", word, s->port);
}

static void write_protocol(struct text *t, uint8_t protocol)
{
	if (protocol == 0)
		text_add_str(t, " ip");
	else if (protocol == 6 || protocol == 17)
		text_add_str(t, protocol == 6 ? " tcp" : " udp");
	else
		text_add(t, " %u", protocol);
}

/* Can the pair be a rule: IPv4 prefixes of one protocol? */
static bool read_pair(const char *from, const char *to, struct selector *f, struct selector *t)
{
	struct prefix p;

	return selector_read(from, f) && selector_read(to, t) && f->range.low.family == 4 &&
	       t->range.low.family == 4 && range_prefix(&f->range, &p) &&
	       range_prefix(&t->range, &p) &&
	       (f->protocol == t->protocol || !f->protocol || !t->protocol);
}

static void write_rules(struct plan *p, const struct tunnel *t, unsigned rule, unsigned *next)
{
	for (size_t i = 0; i < t->local_ts_n; i++) {
		for (size_t k = 0; k < t->remote_ts_n; k++) {
			struct selector from, to;

			if (!read_pair(t->local_ts[i], t->remote_ts[k], &from, &to)) {
				sketch_note(p->o->notes, NOTE_LEFT_OUT, 0, t->r.name,
					    "%s to %s cannot be said in an access list",
					    t->local_ts[i], t->remote_ts[k]);
				continue;
			}
			text_add(p->o->t, " rule %u permit", rule == UINT32_MAX ? *next : rule);
			write_protocol(p->o->t, from.protocol ? from.protocol : to.protocol);
			write_side(p->o->t, "source", &from);
			write_side(p->o->t, "destination", &to);
			text_add_str(p->o->t, "\n");
			*next += 5;
		}
	}
}

/* Of one policy and one entry of its template, alike in all but the selectors? */
static bool together(const struct plan *p, size_t a, size_t b)
{
	const struct origin *x = &p->origins[a], *y = &p->origins[b];

	if (x->rule == UINT32_MAX || y->rule == UINT32_MAX || strcmp(x->base, y->base) != 0 ||
	    x->entry != y->entry)
		return false;
	for (const struct field *fl = tunnel_fields; fl->name; fl++)
		if (!(fl->flags & FF_KEY) && strstr(fl->name, "_ts") == NULL &&
		    !field_equal(fl, p->at[a]->rec, p->at[b]->rec))
			return false;
	return true;
}

static bool is_everything(const struct tunnel *t)
{
	return t->local_ts_n == 1 && t->remote_ts_n == 1 &&
	       strcmp(t->local_ts[0], "0.0.0.0/0") == 0 &&
	       strcmp(t->remote_ts[0], "0.0.0.0/0") == 0;
}

/* The number of the list of the i-th tunnel and those together with it; 0: it needs none. */
static unsigned write_list(struct plan *p, size_t i)
{
	const struct tunnel *t = (const void *)p->at[i]->rec;
	unsigned next = 0;

	if (t->from_template && p->origins[i].rule == UINT32_MAX && is_everything(t))
		return 0;
	if (FIRST_LIST + p->lists > LAST_LIST) {
		sketch_note(p->o->notes, NOTE_LEFT_OUT, 0, t->r.name,
			    "there are no more than %d advanced access lists",
			    LAST_LIST - FIRST_LIST + 1);
		return 0;
	}
	unsigned number = FIRST_LIST + p->lists++;
	text_add(p->o->t, "acl number %u\n", number);
	for (size_t k = i; k < p->n; k++) {
		if (k != i && (p->done[k] || !together(p, i, k)))
			continue;
		write_rules(p, (const void *)p->at[k]->rec, p->origins[k].rule, &next);
		p->done[k] = true;
	}
	text_add_str(p->o->t, "#\n");
	return number;
}

/* ---- policies ---- */

static const struct ipsec_proposal *first_proposal(const struct plan *p, const struct tunnel *t)
{
	const struct entry *e = t->ipsec_proposals_n ? sketch_find(p->o->from, K_IPSEC_PROPOSAL,
								   t->ipsec_proposals[0])
						     : NULL;

	return e ? (const void *)e->rec : NULL;
}

/* What the proposal says here and the policy there. */
static void write_of_proposal(struct plan *p, const struct tunnel *t)
{
	const struct ipsec_proposal *esp = first_proposal(p, t);
	const char *pfs = esp ? name_of(comware_pfs, esp->pfs_group) : "?";

	if (!esp)
		return;
	if (esp->pfs_group && *pfs != '?')
		text_add(p->o->t, " pfs %s\n", pfs);
	else if (esp->pfs_group)
		sketch_note(p->o->notes, NOTE_LEFT_OUT, 0, t->r.name,
			    "PFS with %s cannot be said in Comware",
			    alg_group((enum group)esp->pfs_group)->name);
	if (!t->lifetime_seconds && esp->lifetime_seconds)
		text_add(p->o->t, " sa duration time-based %u\n", esp->lifetime_seconds);
	if (!t->lifetime_kilobytes && esp->lifetime_kilobytes)
		text_add(p->o->t, " sa duration traffic-based %u\n", esp->lifetime_kilobytes);
}

static void write_body(struct plan *p, size_t i, unsigned list)
{
	static const char *const elsewhere[] = { "sequence",     "mode",         "local_ts",
						 "remote_ts",    "aggregation",  "ipsec_proposals",
						 "start_action", "from_template" };
	const struct tunnel *t = (const void *)p->at[i]->rec;
	const struct origin *g = &p->origins[i];
	uint64_t said;

	if (list)
		text_add(p->o->t, " security acl %u%s\n", list,
			 t->aggregation ? " aggregation" : "");
	said = comware_write_rows(p->o, p->at[i], VIEW_POLICY);
	text_add_str(p->o->t, " proposal");
	for (size_t k = 0; k < t->ipsec_proposals_n; k++)
		text_add(p->o->t, " %s", t->ipsec_proposals[k]);
	text_add_str(p->o->t, "\n");
	write_of_proposal(p, t);
	if (!*g->prefix)
		text_add(p->o->t, " connection-name %s\n", g->base);
	for (size_t k = 0; k < COUNT_OF(elsewhere); k++)
		said |= entry_bit(p->at[i], elsewhere[k]);
	sketch_unsaid(p->o->notes, p->at[i], said, "Comware V5");
	if (t->start_action == START_NOW)
		sketch_note(p->o->notes, NOTE_MIND, 0, t->r.name,
			    "Comware starts with traffic only, never by itself");
}

/* A sequence of the policy OTHER that is not taken: tunnels come by sequence. */
static uint32_t other_sequence(struct plan *p, const struct tunnel *t)
{
	uint32_t now = MAX_OF(t->sequence, p->next_other);

	p->next_other = now + 1;
	if (now != t->sequence)
		sketch_note(p->o->notes, NOTE_MIND, 0, t->r.name,
			    "its sequence is taken by another tunnel; %u is written", now);
	return now;
}

static bool is_same_template(const struct plan *p, size_t a, size_t b)
{
	const struct tunnel *t = (const void *)p->at[b]->rec;

	return a == b || (t->from_template && p->origins[a].entry != UINT32_MAX &&
			  p->origins[b].entry != UINT32_MAX &&
			  strcmp(p->origins[a].base, p->origins[b].base) == 0);
}

static void write_template(struct plan *p, size_t i, const char *policy, uint32_t sequence)
{
	unsigned number = ++p->templates;

	for (size_t k = i; k < p->n; k++) {
		if (p->done[k] || !is_same_template(p, i, k))
			continue;
		unsigned entry = p->origins[k].entry;
		unsigned list = write_list(p, k);

		text_add(p->o->t, "ipsec policy-template t%u %u\n", number,
			 entry == UINT32_MAX ? 1 : entry);
		write_body(p, k, list);
		text_add_str(p->o->t, "#\n");
		p->done[k] = true;
	}
	text_add(p->o->t, "ipsec policy %s %u isakmp template t%u\n#\n", policy, sequence, number);
}

static void write_policy(struct plan *p, size_t i)
{
	const struct tunnel *t = (const void *)p->at[i]->rec;
	const char *policy = *p->origins[i].prefix ? p->origins[i].prefix : OTHER;
	uint32_t sequence = *p->origins[i].prefix ? t->sequence : other_sequence(p, t);

	if (t->from_template) {
		write_template(p, i, policy, sequence);
		return;
	}
	unsigned list = write_list(p, i);
	if (!list)
		return;
	text_add(p->o->t, "ipsec policy %s %u isakmp\n", policy, sequence);
	write_body(p, i, list);
	text_add_str(p->o->t, "#\n");
}

/* ---- in order ---- */

static int by_sequence(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a,
			   *y = *(const struct entry *const *)b;
	const struct tunnel *t = (const void *)x->rec, *u = (const void *)y->rec;

	if (t->sequence != u->sequence)
		return t->sequence < u->sequence ? -1 : 1;
	return x->line != y->line ? (x->line < y->line ? -1 : 1) : strcmp(t->r.name, u->r.name);
}

bool comware_is_transport(const struct comware_out *o, const char *proposal)
{
	for (size_t i = 0; i < o->from->n; i++) {
		const struct tunnel *t = (const void *)o->from->at[i]->rec;

		if (t->r.kind != K_TUNNEL)
			continue;
		for (size_t k = 0; k < t->ipsec_proposals_n; k++)
			if (strcmp(t->ipsec_proposals[k], proposal) == 0)
				return t->mode == TUNNEL_TRANSPORT;
	}
	return false;
}

static void check_modes(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct tunnel *t = (const void *)p->at[i]->rec;

		for (size_t k = 0; k < t->ipsec_proposals_n; k++)
			if (comware_is_transport(p->o, t->ipsec_proposals[k]) !=
			    (t->mode == TUNNEL_TRANSPORT))
				sketch_note(
					p->o->notes, NOTE_MIND, 0, t->r.name,
					"in Comware the encapsulation mode belongs to the "
					"proposal, and another tunnel uses %s in the other mode",
					t->ipsec_proposals[k]);
	}
}

void comware_write_policies(struct comware_out *o)
{
	struct plan p = { .o = o };
	size_t n = o->from->n;

	p.at = calloc(n + 1, sizeof(*p.at));
	p.origins = calloc(n + 1, sizeof(*p.origins));
	p.done = calloc(n + 1, sizeof(*p.done));
	for (size_t i = 0; p.at && p.origins && p.done && i < n; i++)
		if (o->from->at[i]->rec->kind == K_TUNNEL)
			p.at[p.n++] = o->from->at[i];
	if (p.n)
		qsort(p.at, p.n, sizeof(*p.at), by_sequence);
	for (size_t i = 0; i < p.n; i++)
		p.origins[i] = origin_of((const void *)p.at[i]->rec);
	check_modes(&p);
	for (size_t i = 0; i < p.n; i++)
		if (!p.done[i])
			write_policy(&p, i);
	if (p.n)
		sketch_note(o->notes, NOTE_MIND, 0, "",
			    "apply the policies to the interface towards the peers: ipsec policy "
			    "NAME in its view");
	o->notes->no_memory |= !p.at || !p.origins || !p.done;
	free(p.at);
	free(p.origins);
	free(p.done);
}
