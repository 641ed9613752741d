/* stage.c - configuration of both ends from words, and edits of it
 *
 * The words of duet_new, in any order, all with a default:
 *
 *	v1 main psk                 said for people
 *	aggressive                  both peers' exchange mode
 *	rsa                         signatures: authority "ca", certificate "own" with private key "pk"
 *	CIPHER/HASH/GROUP           phase 1: "aes-cbc-128/sha256/x25519"
 *	esp CIPHER[/HASH]           phase 2: "esp aes-gcm-256", "esp null/sha1"
 *	pfs GROUP|none   tunnel   transport   ipv6
 *	tunnels N                   t1 .. tN, 10.1.N.0/24 at A and 10.2.N.0/24 at B
 *	ike-life S   child-life S   lifetimes
 *
 * Every end knows one peer "p", one IKE proposal "i1", one IPsec proposal "e1", one secret "k", and
 * starts nothing by itself. Anything else is an edit: "kind name member=value ..." parted by ";",
 * "-kind name" deletes. Lists are parted by commas. A value "@name" is a text of pki.inc.
 */
#include "tests/duet/duet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { EDITS_MOST = 40, WORDS_MOST = 40 };

struct plan {
	char ike[64], esp[64], pfs[32];
	bool transport, aggressive, rsa;
	unsigned tunnels, ike_life, child_life;
};

/* --- edits --------------------------------------------------------------------------- */

static enum reason seal(struct sealed *s, const char *value, struct fault *f)
{
	uint64_t mark = 0xcbf29ce484222325; /* FNV-1a: equal values have equal marks */
	size_t n = strlen(value);

	if (n > sizeof(s->at))
		return fail(f, R_INVALID, "a secret of %zu octets", n);
	*s = (struct sealed){ .n = (uint16_t)n };
	memcpy(s->at, value, n);
	for (size_t i = 0; i < n; i++)
		mark = (mark ^ (uint8_t)value[i]) * 0x100000001b3;
	snprintf(s->fingerprint, sizeof(s->fingerprint), "%016llx", (unsigned long long)mark);
	return R_OK;
}

static enum reason seal_long(struct sealed_long *s, const char *value, struct fault *f)
{
	size_t n = strlen(value);

	if (n > sizeof(s->at))
		return fail(f, R_INVALID, "a secret of %zu octets", n);
	*s = (struct sealed_long){ .n = (uint16_t)n };
	memcpy(s->at, value, n);
	return R_OK;
}

static enum reason set_member(enum kind k, struct record *rec, char *word, struct fault *f)
{
	char *value = strchr(word, '=');

	if (!value)
		return fail(f, R_INVALID, "no '=' in %s", word);
	*value++ = '\0';

	const struct field *fl = field_find(kind_row(k)->fields, word);

	if (!fl)
		return fail(f, R_INVALID, "no member %s", word);
	if (*value == '@') {
		const char *pem = duet_pem(value + 1);

		if (!pem)
			return fail(f, R_INVALID, "no text %s", value);
		if (fl->kind == F_SECRET)
			return seal_long((struct sealed_long *)(void *)((char *)rec + fl->offset),
					 pem, f);
		return field_set_text(fl, rec, 0, pem, f);
	}
	if (fl->kind == F_SECRET)
		return seal((struct sealed *)(void *)((char *)rec + fl->offset), value, f);
	if (!fl->many)
		return field_set_text(fl, rec, 0, value, f);
	field_clear(fl, rec);
	char *rest = NULL;
	size_t i = 0;
	for (char *v = strtok_r(value, ",", &rest); v; v = strtok_r(NULL, ",", &rest))
		if (field_set_text(fl, rec, i++, v, f) != R_OK)
			return f->reason;
	return R_OK;
}

static enum reason read_edit(const struct config *c, char *text, struct edit *ret, struct fault *f)
{
	char *rest = NULL, *word = strtok_r(text, " ", &rest);
	bool gone = word && *word == '-';
	char *name = strtok_r(NULL, " ", &rest);

	if (!word || !name)
		return fail(f, R_INVALID, "an edit needs a kind and a name");
	*ret = (struct edit){ .op = gone ? EDIT_DELETE : EDIT_PUT,
			      .kind = kind_of_path(word + gone) };
	if (ret->kind == K_COUNT)
		return fail(f, R_INVALID, "no kind %s", word);
	text_copy(ret->name, sizeof(ret->name), name);
	if (gone)
		return R_OK;

	const struct record *before = config_find(c, ret->kind, name);

	ret->rec = before ? record_copy(before) : record_new(ret->kind);
	if (!ret->rec)
		return fail(f, R_NO_MEMORY, "no memory");
	if (!before)
		text_copy(ret->rec->name, sizeof(ret->rec->name), name);
	while ((word = strtok_r(NULL, " ", &rest)))
		if (set_member(ret->kind, ret->rec, word, f) != R_OK)
			return f->reason;
	return R_OK;
}

/* The configuration after these edits; NULL with a sentence. */
static struct config *edited(const struct config *c, const char *edits, struct fault *f)
{
	struct edit list[EDITS_MOST] = { 0 };
	char *copy = strdup(edits), *rest = NULL;
	struct config *next = NULL;
	size_t n = 0;

	for (char *e = strtok_r(copy, ";", &rest); e && n < EDITS_MOST;
	     e = strtok_r(NULL, ";", &rest))
		if (strspn(e, " ") != strlen(e) && read_edit(c, e, &list[n++], f) != R_OK)
			goto out;
	next = config_with(c, list, n, "duet", 1750000000, f);
out:
	for (size_t i = 0; i < n; i++)
		record_free(list[i].rec);
	free(copy);
	return next;
}

void duet_edit(struct duet *d, enum side who, const char *edits)
{
	struct actor *a = &d->side[who];
	struct fault f = { 0 };
	struct config *next = edited(a->config, edits, &f);

	if (!next) {
		duet_complain(d, "no such edit: %s", f.text);
		return;
	}
	engine_adopt(a->engine, d->now, next);
	config_unref(a->config);
	a->config = next;
}

void duet_edit_both(struct duet *d, const char *edits)
{
	duet_edit(d, A, edits);
	duet_edit(d, B, edits);
}

size_t duet_weigh(struct duet *d, enum side who, const char *edits, struct touched **ret,
		  uint32_t *ret_unaffected)
{
	struct fault f = { 0 };
	own(config) next = edited(d->side[who].config, edits, &f);
	size_t n = 0;

	*ret = NULL;
	if (next)
		engine_prepare(d->side[who].engine, next, ret, &n, ret_unaffected);
	else
		duet_complain(d, "no such edit: %s", f.text);
	return n;
}

/* --- words --------------------------------------------------------------------------- */

/* "aes-cbc-256" to "encryption_algorithm=aes-cbc key_length=256". */
static void cipher_words(const char *name, char *ret, size_t cap)
{
	const char *dash = strrchr(name, '-');
	bool sized = dash && dash[1] >= '1' && dash[1] <= '9';

	snprintf(ret, cap, "encryption_algorithm=%.*s key_length=%s",
		 (int)(sized ? dash - name : (ptrdiff_t)strlen(name)), name,
		 sized ? dash + 1 : "0");
}

/* "a/b/c" in place; parts that are not there are NULL. */
static size_t split(char *text, const char **ret, size_t cap)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, "/", &rest); w && n < cap; w = strtok_r(NULL, "/", &rest))
		ret[n++] = w;
	return n;
}

static void add_proposals(struct text *t, const struct plan *p)
{
	char ike[64], esp[64], words[96];
	const char *part[3] = { 0 };

	text_copy(ike, sizeof(ike), p->ike);
	split(ike, part, 3);
	cipher_words(part[0], words, sizeof(words));
	text_add(t,
		 "ike-proposals i1 number=10 allow_weak=true %s integrity_algorithm=%s dh_group=%s",
		 words, part[1], part[2]);
	if (p->rsa)
		text_add_str(t, " authentication_method=rsa-sig");
	if (p->ike_life)
		text_add(t, " lifetime_seconds=%u", p->ike_life);
	text_copy(esp, sizeof(esp), p->esp);
	size_t n = split(esp, part, 2);
	cipher_words(part[0], words, sizeof(words));
	text_add(t, ";ipsec-proposals e1 allow_weak=true %s integrity_algorithm=%s pfs_group=%s;",
		 words, n > 1 ? part[1] : "none", p->pfs);
}

static void add_tunnels(struct text *t, const struct plan *p, const struct duet *d, enum side me)
{
	static const char *const host[2][2] = { { "192.0.2.1/32", "2001:db8:a::1/128" },
						{ "198.51.100.2/32", "2001:db8:b::2/128" } };

	for (unsigned i = 1; i <= p->tunnels; i++) {
		text_add(t, "tunnels t%u peer=p sequence=%u ipsec_proposals=e1 start_action=none ",
			 i, i * 10);
		if (p->child_life)
			text_add(t, "lifetime_seconds=%u ", p->child_life);
		if (p->transport)
			text_add(t, "mode=transport local_ts=%s remote_ts=%s;", host[me][d->v6],
				 host[!me][d->v6]);
		else if (d->v6)
			text_add(t, "local_ts=2001:db8:%x:%x::/64 remote_ts=2001:db8:%x:%x::/64;",
				 me + 1, i, 2 - me, i);
		else
			text_add(t, "local_ts=10.%u.%u.0/24 remote_ts=10.%u.%u.0/24;", me + 1, i,
				 2 - me, i);
	}
}

static struct config *config_of(const struct plan *p, const struct duet *d, enum side me,
				struct fault *f)
{
	static const char *const where[2][2] = { { "192.0.2.1", "2001:db8:a::1" },
						 { "198.51.100.2", "2001:db8:b::2" } };
	own(config) empty = config_new();
	struct text t;

	text_init(&t, 0);
	add_proposals(&t, p);
	text_add_str(&t, "secrets k value=" STAGE_SECRET ";");
	text_add(&t, "peers p remote_address=%s psk=k ike_proposals=i1 exchange_mode=%s%s;",
		 where[!me][d->v6], p->aggressive ? "aggressive" : "main",
		 p->rsa ? " auth.local=rsa-sig auth.remote=rsa-sig certificate=own" : "");
	if (p->rsa)
		text_add(&t,
			 "authorities ca pem=@ca;private-keys pk value=@%c-key;"
			 "certificates own private_key=pk pem=@%c;",
			 "ab"[me], "ab"[me]);
	add_tunnels(&t, p, d, me);
	struct config *c = empty ? edited(empty, t.at, f) : NULL;
	text_done(&t);
	return c;
}

static bool take_word(struct plan *p, struct duet *d, char **word, struct fault *f)
{
	const char *w = *word, *value = word[1] ? word[1] : "";

	if (strcmp(w, "v1") == 0 || strcmp(w, "main") == 0 || strcmp(w, "psk") == 0)
		return true;
	if (strcmp(w, "aggressive") == 0)
		p->aggressive = true;
	else if (strcmp(w, "rsa") == 0)
		p->rsa = true;
	else if (strcmp(w, "tunnel") == 0 || strcmp(w, "transport") == 0)
		p->transport = w[1] == 'r';
	else if (strcmp(w, "ipv6") == 0)
		d->v6 = true;
	else if (strchr(w, '/'))
		return text_copy(p->ike, sizeof(p->ike), w);
	else
		word[1] = NULL; /* the value is taken */
	if (strcmp(w, "esp") == 0)
		return text_copy(p->esp, sizeof(p->esp), value);
	if (strcmp(w, "pfs") == 0)
		return text_copy(p->pfs, sizeof(p->pfs), value);
	if (strcmp(w, "tunnels") == 0)
		p->tunnels = (unsigned)atoi(value);
	else if (strcmp(w, "ike-life") == 0)
		p->ike_life = (unsigned)atoi(value);
	else if (strcmp(w, "child-life") == 0)
		p->child_life = (unsigned)atoi(value);
	else if (!word[1])
		return fail(f, R_INVALID, "no word %s", w) == R_OK;
	return true;
}

bool stage_set(struct duet *d, const char *words, struct fault *f)
{
	struct plan p = { .ike = "aes-cbc-128/sha256/x25519",
			  .esp = "aes-cbc-128/sha256",
			  .pfs = "none",
			  .tunnels = 1 };
	char copy[512], *list[WORDS_MOST + 1] = { 0 }, *rest = NULL;
	size_t n = 0;

	if (!text_copy(copy, sizeof(copy), words))
		return fail(f, R_INVALID, "too many words") == R_OK;
	for (char *w = strtok_r(copy, " ", &rest); w && n < WORDS_MOST;
	     w = strtok_r(NULL, " ", &rest))
		list[n++] = w;
	for (size_t i = 0; i < n; i++) {
		char *pair[3] = { list[i], i + 1 < n ? list[i + 1] : (char[]){ "" }, NULL };

		if (!take_word(&p, d, pair, f))
			return false;
		i += pair[1] == NULL;
	}
	for (enum side s = A; s <= B; s++)
		if (!(d->side[s].config = config_of(&p, d, s, f)))
			return false;
	return true;
}
