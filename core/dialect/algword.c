/* algword.c - a language's words of algorithms, and what every writer asks a sketch
 *
 * Called by: the writers beside it.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/algword.h"

#include <stdio.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/model/selector.h"

static bool is_cipher(enum algword_sort s)
{
	return s == SORT_ENCR || s == SORT_ESP_ENCR;
}

const char *algword_of(const struct algword *t, enum algword_sort s, int code, uint32_t bits)
{
	if (is_cipher(s) && !bits)
		bits = alg_encr((enum encr)code)->bits;
	for (; t->word; t++)
		if (t->sort == s && t->code == code && (!t->bits || t->bits == bits))
			return t->word;
	return NULL;
}

/* Code, length and our own name of what the record has of this sort. */
static int of_record(const struct record *r, enum algword_sort s, uint32_t *ret_bits,
		     const char **ret_name)
{
	const struct ike_proposal *ike = (const void *)r;
	const struct ipsec_proposal *esp = (const void *)r;
	bool is_ike = r->kind == K_IKE_PROPOSAL;
	int code;

	*ret_bits = 0;
	if (is_cipher(s)) {
		code = is_ike ? ike->encryption_algorithm : esp->encryption_algorithm;
		*ret_bits = is_ike ? ike->key_length : esp->key_length;
		*ret_name = alg_encr((enum encr)code)->name;
	} else if (s == SORT_GROUP) {
		code = is_ike ? ike->dh_group : esp->pfs_group;
		*ret_name = alg_group((enum group)code)->name;
	} else {
		code = is_ike ? ike->integrity_algorithm : esp->integrity_algorithm;
		*ret_name = alg_integ((enum integ)code)->name;
	}
	return code;
}

const char *algword_or_note(const struct algword *t, enum algword_sort s, const struct record *r,
			    struct sketch *notes, const char *language)
{
	const char *name;
	uint32_t bits;
	int code = of_record(r, s, &bits, &name);
	const char *word = algword_of(t, s, code, bits);

	if (!word && code)
		sketch_note(notes, NOTE_LEFT_OUT, 0, r->name,
			    "%s of the %s cannot be said in %s: choose another", name,
			    kind_row(r->kind)->word, language);
	return word ? word : "";
}

const struct record *algword_record(const struct sketch *d, enum kind k, const char *name)
{
	const struct entry *e = *name ? sketch_find(d, k, name) : NULL;

	return e ? e->rec : NULL;
}

const struct peer *algword_peer(const struct sketch *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->at[i]->rec->kind == K_PEER)
			return (const void *)d->at[i]->rec;
	return NULL;
}

const struct tunnel *algword_tunnel(const struct sketch *d, const char *peer, size_t *at)
{
	while (*at < d->n) {
		const struct tunnel *t = (const void *)d->at[(*at)++]->rec;

		if (t->r.kind == K_TUNNEL && strcmp(t->peer, peer) == 0 && t->enabled)
			return t;
	}
	return NULL;
}

const struct ike_proposal *algword_ike(const struct sketch *d, const struct peer *p, size_t i)
{
	return i < p->ike_proposals_n
		       ? (const void *)algword_record(d, K_IKE_PROPOSAL, p->ike_proposals[i])
		       : NULL;
}

const struct ipsec_proposal *algword_esp(const struct sketch *d, const struct tunnel *t, size_t i)
{
	return i < t->ipsec_proposals_n
		       ? (const void *)algword_record(d, K_IPSEC_PROPOSAL, t->ipsec_proposals[i])
		       : NULL;
}

const char *algword_their_id(const struct peer *p)
{
	return *p->remote_id_value ? p->remote_id_value : p->remote_name;
}

int algword_their_type(const struct peer *p)
{
	if (*p->remote_id_value || !*p->remote_name)
		return p->remote_id_type;
	return strchr(p->remote_name, '@') ? IDK_USER_FQDN : IDK_FQDN;
}

bool algword_mask(const char *selector, bool inverse, char address[16], char mask[16])
{
	struct selector s;
	struct prefix p;
	char text[ADDR_TEXT];

	if (!selector_read(selector, &s) || s.range.low.family != 4 || !range_prefix(&s.range, &p))
		return false;
	uint32_t bits = p.bits ? UINT32_MAX << (32 - p.bits) : 0;
	bits = inverse ? ~bits : bits;
	snprintf(mask, 16, "%u.%u.%u.%u", bits >> 24, bits >> 16 & 255, bits >> 8 & 255,
		 bits & 255);
	snprintf(address, 16, "%.15s", addr_text(&p.addr, text));
	return true;
}
