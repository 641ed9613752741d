/* swan.c - what swanctl.conf and ipsec.conf have in common: words of algorithms, identities
 *
 * Called by: the readers and writers of both.  Thread: any.  Owns: nothing.
 */
#include "core/dialect/swan.h"

#include <stdio.h>
#include <string.h>

#include "core/base/addr.h"

/* clang-format off */
static const struct algword known[] = {
#define WORD(word, sort, code, bits) { word, SORT_##sort, sort##_##code, bits },
#include "core/dialect/swan.def"
#undef WORD
	{ 0 },
};
/* clang-format on */

static const char *word_of(enum algword_sort s, int code, unsigned bits)
{
	return algword_of(known, s, code, bits);
}

static bool add(struct text *t, const char *word)
{
	if (word)
		text_add(t, "%s%s", t->n ? "-" : "", word);
	return word != NULL;
}

static bool ike_words(const struct ike_proposal *p, struct text *t)
{
	int e = p->encryption_algorithm;

	return add(t, word_of(SORT_ENCR, e, p->key_length)) &&
	       add(t, word_of(SORT_INTEG, p->integrity_algorithm, 0)) &&
	       add(t, word_of(SORT_GROUP, p->dh_group, 0));
}

static bool esp_words(const struct ipsec_proposal *p, bool truncate_96, struct text *t)
{
	bool cut = truncate_96 && p->integrity_algorithm == INTEG_SHA256;
	int e = p->encryption_algorithm;

	return add(t, word_of(SORT_ENCR, e, p->key_length)) &&
	       (!p->integrity_algorithm ||
		add(t, cut ? "sha256_96" : word_of(SORT_INTEG, p->integrity_algorithm, 0))) &&
	       (!p->pfs_group || add(t, word_of(SORT_GROUP, p->pfs_group, 0)));
}

uint32_t swan_ike_list(const struct sketch *from, const struct peer *p, const char *between,
		       struct text *t)
{
	uint32_t least = 0;

	for (size_t i = 0; i < p->ike_proposals_n; i++) {
		const struct ike_proposal *ike =
			(const void *)algword_record(from, K_IKE_PROPOSAL, p->ike_proposals[i]);
		struct text one;

		text_init(&one, 0);
		if (ike && ike_words(ike, &one)) {
			text_add(t, "%s%s", t->n ? between : "", one.at);
			least = least ? MIN_OF(least, ike->lifetime_seconds)
				      : ike->lifetime_seconds;
		}
		text_done(&one);
	}
	return least;
}

void swan_esp_list(const struct sketch *from, const struct tunnel *tunnel, const char *between,
		   struct text *t)
{
	for (size_t i = 0; i < tunnel->ipsec_proposals_n; i++) {
		const struct ipsec_proposal *p = (const void *)algword_record(
			from, K_IPSEC_PROPOSAL, tunnel->ipsec_proposals[i]);
		struct text one;

		text_init(&one, 0);
		if (p && esp_words(p, tunnel->sha2_256_truncation_96, &one))
			text_add(t, "%s%s", t->n ? between : "", one.at);
		text_done(&one);
	}
}

/* ---- the other way ---- */

static const struct algword *word_find(const char *s, size_t n)
{
	for (size_t i = 0; known[i].word; i++)
		if (strlen(known[i].word) == n && strncasecmp(known[i].word, s, n) == 0)
			return &known[i];
	return NULL;
}

static const char *member_of(const struct entry *e, const struct algword *w)
{
	if (w->sort == SORT_ENCR)
		return "encryption_algorithm";
	if (w->sort == SORT_INTEG)
		return "integrity_algorithm";
	return e->rec->kind == K_IKE_PROPOSAL ? "dh_group" : "pfs_group";
}

/* False: the record cannot have it, or has one of the sort already (which only is noted). */
static bool take(struct sketch *d, struct entry *e, const struct algword *w, unsigned line)
{
	const struct ipsec_proposal *esp = (const void *)e->rec;
	bool is_esp = e->rec->kind == K_IPSEC_PROPOSAL;
	bool own = is_esp && esp->encryption_algorithm == ENCR_AES_GCM;
	const char *name = w->sort == SORT_ENCR    ? alg_encr((enum encr)w->code)->name
			   : w->sort == SORT_INTEG ? alg_integ((enum integ)w->code)->name
						   : alg_group((enum group)w->code)->name;
	char bits[8];

	if (own && w->sort == SORT_INTEG)
		return true; /* it brings its own */
	if (entry_has(e, member_of(e, w))) {
		sketch_note(d, NOTE_LEFT_OUT, line, "",
			    "a proposal names one algorithm of each sort; %s is left out", w->word);
		return true;
	}
	if (!sketch_set(d, e, member_of(e, w), name, line))
		return false;
	snprintf(bits, sizeof(bits), "%u", w->bits);
	if (w->bits)
		sketch_set(d, e, "key_length", bits, line);
	if (w->sort == SORT_ENCR && w->code == ENCR_AES_GCM)
		sketch_set(d, e, "integrity_algorithm", "none", line);
	return true;
}

/* One word of a proposal; false: the proposal cannot be taken. */
static bool read_word(struct sketch *d, struct entry *e, const char *at, size_t n, unsigned line)
{
	const struct algword *w = word_find(at, n);
	bool null = n == 4 && strncasecmp(at, "null", 4) == 0;
	bool none = n == 4 && strncasecmp(at, "none", 4) == 0;
	bool prf = n > 3 && strncasecmp(at, "prf", 3) == 0;

	/* a PRF of its own, no integrity beside a cipher that has it, no group */
	if (n == 0 || none || prf || (null && entry_has(e, "encryption_algorithm")))
		return true;
	if (w)
		return take(d, e, w, line);
	sketch_note(d, NOTE_LEFT_OUT, line, "",
		    "\"%.*s\" is no algorithm known here, so its proposal is not taken",
		    (int)MIN_OF(n, (size_t)40), at);
	return false;
}

/* What is not said is the default of the other product, which is not known here. */
static bool is_whole(struct sketch *d, const struct entry *e, const char *words, unsigned line)
{
	bool is_ike = e->rec->kind == K_IKE_PROPOSAL;
	const char *lacks = !entry_has(e, "encryption_algorithm")  ? "cipher"
			    : !entry_has(e, "integrity_algorithm") ? "integrity"
			    : is_ike && !entry_has(e, "dh_group")  ? "group"
								   : NULL;

	if (lacks)
		sketch_note(d, NOTE_LEFT_OUT, line, "",
			    "the proposal %.60s names no %s, and what the other product would take "
			    "is not known here",
			    words, lacks);
	return !lacks;
}

bool swan_read_words(struct sketch *d, struct entry *e, const char *words, unsigned line)
{
	for (const char *at = words; *at;) {
		size_t n = strcspn(at, "-;+!");

		if (!read_word(d, e, at, n, line))
			return false;
		at += n;
		at += *at != '\0';
	}
	return is_whole(d, e, words, line);
}

void swan_identity(struct text *t, int type, const char *value)
{
	static const struct name kinds[] = {
		{ IDK_FQDN, "fqdn:" },
		{ IDK_USER_FQDN, "userfqdn:" },
		{ IDK_KEY_ID, "keyid:" },
		{ 0, NULL },
	};

	if (!*value)
		return;
	if (name_of(kinds, type)[0] != '?')
		text_add_str(t, name_of(kinds, type));
	text_add_str(t, value);
}

void swan_read_identity(struct sketch *d, struct entry *e, const char *which, const char *value,
			unsigned line)
{
	static const struct {
		const char *mark, *type;
	} kinds[] = { { "fqdn:", "fqdn" },       { "userfqdn:", "user_fqdn" },
		      { "email:", "user_fqdn" }, { "rfc822:", "user_fqdn" },
		      { "keyid:", "key_id" },    { "asn1dn:", "dn" } };
	const char *type = NULL;
	char member[32];
	struct addr a;

	for (size_t i = 0; i < COUNT_OF(kinds) && !type; i++) {
		if (strncmp(value, kinds[i].mark, strlen(kinds[i].mark)) != 0)
			continue;
		type = kinds[i].type;
		value += strlen(kinds[i].mark);
	}
	if (!type && addr_read(value, &a))
		type = "address";
	else if (!type && *value == '@')
		type = "fqdn", value++;
	else if (!type)
		type = strchr(value, '@') ? "user_fqdn" : strchr(value, '=') ? "dn" : "fqdn";
	if (!*value || strcmp(value, "%any") == 0)
		return;
	snprintf(member, sizeof(member), "%s.type", which);
	sketch_set(d, e, member, type, line);
	snprintf(member, sizeof(member), "%s.value", which);
	sketch_set(d, e, member, value, line);
}
