/* comware_acl.c - access lists of Comware as traffic selectors
 *
 * A permit rule is one pair of selectors. A wildcard mask is taken when it is a prefix turned
 * round; what a selector cannot say (several ports, a time of day, gaps in a mask) leaves the
 * rule out, since taking a part of it would protect something else.
 *
 * Called by: comware.c through the register.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/comware_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/addr.h"

static const struct name protocols[] = {
	{ 0, "ip" },   { 1, "icmp" }, { 2, "igmp" },  { 4, "ipinip" }, { 6, "tcp" },
	{ 17, "udp" }, { 47, "gre" }, { 89, "ospf" }, { 0, NULL },
};

static struct acl *acl_find(const struct reader *r, const char *number)
{
	struct acl *a = r->acls;

	while (a && strcmp(a->number, number) != 0)
		a = a->next;
	return a;
}

/* acl number N [name NAME] [match-order ...] */
void comware_enter_acl(struct reader *r)
{
	struct acl *a = acl_find(r, r->got[0]);

	if (!a && r->acls_n < LIST_MOST && (a = calloc(1, sizeof(*a)))) {
		text_copy(a->number, sizeof(a->number), r->got[0]);
		a->last = &a->rules;
		a->next = r->acls;
		r->acls = a;
		r->acls_n++;
	}
	for (int i = r->rest; a && i + 1 < r->lines.n; i++)
		if (strcmp(r->lines.word[i], "name") == 0)
			text_copy(a->name, sizeof(a->name), r->lines.word[i + 1]);
	r->acl = a;
	r->own = NULL;
	r->view = a ? VIEW_ACL : VIEW_LEFT;
}

/* Leading ones of the mask that this wildcard is the inverse of; false when it has gaps. */
static bool wildcard_bits(const char *word, uint8_t *ret)
{
	struct addr a;
	uint32_t mask = 0;

	if (strcmp(word, "0") == 0) {
		*ret = 32;
		return true;
	}
	if (!addr_read(word, &a) || a.family != 4)
		return false;
	for (int i = 0; i < 4; i++)
		mask = mask << 8 | (uint8_t)~a.ip[i];
	for (*ret = 0; *ret < 32 && mask & 0x80000000u; mask <<= 1)
		++*ret;
	return mask == 0;
}

/* "any", or an address and its wildcard; how many words it took, 0: it is none. */
static int read_side(char *const *word, struct range *ret)
{
	struct prefix p = { .addr.family = 4 };

	if (!word[0])
		return 0;
	if (strcmp(word[0], "any") == 0) {
		*ret = prefix_range(&p);
		return 1;
	}
	if (!word[1] || !addr_read(word[0], &p.addr) || p.addr.family != 4 ||
	    !wildcard_bits(word[1], &p.bits))
		return 0;
	p.addr = addr_masked(&p.addr, p.bits);
	*ret = prefix_range(&p);
	return 2;
}

/* "eq 80"; how many words it took. */
static int read_port(char *const *word, uint16_t *ret)
{
	uint64_t n;

	if (!word[0] || !word[1] || strcmp(word[0], "eq") != 0 ||
	    !syntax_number(word[1], UINT16_MAX, &n))
		return 0;
	*ret = (uint16_t)n;
	return 2;
}

static bool read_protocol(const char *word, uint8_t *ret)
{
	uint64_t n;
	int known;

	if (name_find(protocols, word, &known))
		*ret = (uint8_t)known;
	else if (syntax_number(word, UINT8_MAX, &n))
		*ret = (uint8_t)n;
	else
		return false;
	return true;
}

/* From the protocol on; the word that cannot be said, NULL when all could. */
static const char *read_flow(char *const *word, struct selector *from, struct selector *to)
{
	struct prefix all = { .addr.family = 4 };

	from->range = to->range = prefix_range(&all);
	if (!word[0] || !read_protocol(word[0], &from->protocol))
		return word[0] ? word[0] : "the end of the line";
	to->protocol = from->protocol;
	for (word++; *word;) {
		int took = 0;

		if (strcmp(*word, "source") == 0)
			took = read_side(word + 1, &from->range);
		else if (strcmp(*word, "destination") == 0)
			took = read_side(word + 1, &to->range);
		else if (strcmp(*word, "source-port") == 0)
			took = read_port(word + 1, &from->port);
		else if (strcmp(*word, "destination-port") == 0)
			took = read_port(word + 1, &to->port);
		else if (strcmp(*word, "logging") == 0 || strcmp(*word, "counting") == 0)
			took = -1; /* says nothing about the flow */
		if (took == 0)
			return *word;
		word += took < 0 ? 1 : took + 1;
	}
	return NULL;
}

static unsigned next_id(const struct acl *a)
{
	unsigned most = 0;

	for (const struct acl_rule *x = a->rules; x; x = x->next)
		most = MAX_OF(most, x->id + 5);
	return a->rules ? most / 5 * 5 : 0;
}

/* rule [N] permit|deny PROTOCOL ... */
void comware_acl_rule(struct reader *r)
{
	bool numbered =
		strcmp(r->lines.word[1], "permit") != 0 && strcmp(r->lines.word[1], "deny") != 0;
	struct selector from = { 0 }, to = { 0 };
	const char *odd = read_flow(&r->lines.word[2 + numbered], &from, &to);
	struct acl_rule *x;
	char words[NOTE_WORDS];

	if (odd) {
		sketch_note(
			r->d, NOTE_LEFT_OUT, r->lines.no, comware_words(r, words),
			"a traffic selector is addresses with a prefix, maybe a protocol and one "
			"port: \"%.40s\" cannot be said",
			odd);
		return;
	}
	if (r->acl->rules_n == RULES_MOST || !(x = calloc(1, sizeof(*x)))) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, comware_words(r, words),
			    "more than %d rules in one list are not taken", RULES_MOST);
		return;
	}
	x->id = numbered ? (unsigned)strtoul(r->lines.word[1], NULL, 10) : next_id(r->acl);
	x->deny = strcmp(r->lines.word[1 + numbered], "deny") == 0;
	x->line = r->lines.no;
	selector_text(&from, x->from, sizeof(x->from));
	selector_text(&to, x->to, sizeof(x->to));
	*r->acl->last = x;
	r->acl->last = &x->next;
	r->acl->rules_n++;
}
