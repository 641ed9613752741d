/* comware.c - reading Comware V5: which row of the register a line is, and the simple views
 *
 * A configuration is a list of lines; some open a view, and those below it stand in it, indented
 * by one blank when the device printed them. A line that is in no row of its view is looked for in
 * the system view, which leaves the other. What is about anything but IKE and IPsec is counted.
 *
 * Records begin with the defaults of Comware, which are not ours: a proposal that says nothing is
 * DES-CBC, SHA-1 and the 768-bit group.
 *
 * Called by: dialect.c.  Thread: any.  Owns: what is gathered until the end of the text.
 * Not here: policies, access lists, interfaces - comware_flow.c; writing - comware_out.c.
 */
#include "core/dialect/comware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dialect/comware_inside.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"

/* clang-format off */
#define K_OWN K_COUNT
#define SETS(view, way, words, kind, sets) { VIEW_##view, WAY_##way, words, K_##kind, sets, NULL, NULL },
#define CALL(view, words, function) { VIEW_##view, WAY_IN, words, K_COUNT, NULL, comware_##function, NULL },
#define LEFT(view, words, why) { VIEW_##view, WAY_IN, words, K_COUNT, NULL, NULL, why },
const struct comware_row comware_rows[] = {
#include "core/dialect/comware.def"
	{ 0 },
};
#undef SETS
#undef CALL
#undef LEFT
/* clang-format on */

const char *comware_words(const struct reader *r, char ret[NOTE_WORDS])
{
	static const char *const telling[] = { "ike", "ipsec", "undo", "rule", "security" };
	const char *a = r->lines.n > 0 ? r->lines.word[0] : "", *b = "";

	for (size_t i = 0; i < COUNT_OF(telling); i++)
		if (r->lines.n > 1 && strcmp(a, telling[i]) == 0)
			b = r->lines.word[1];
	snprintf(ret, NOTE_WORDS, "%.36s%s%.36s%s", a, *b ? " " : "", b,
		 r->lines.n > (*b ? 2 : 1) ? " ..." : "");
	return ret;
}

/* ---- which row it is ---- */

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 11;
}

/* Does the next piece of the pattern, up to the blank or its end, stand for this word? */
static bool fits(struct reader *r, const char *piece, size_t n, char *word)
{
	bool captures = n == 1 && (*piece == '#' || *piece == '$');

	if (captures && *piece == '#' && !is_number(word))
		return false;
	if (captures && r->got_n < (int)COUNT_OF(r->got))
		r->got[r->got_n++] = word;
	return captures || (strlen(word) == n && strncmp(word, piece, n) == 0);
}

static bool matches(struct reader *r, const char *words)
{
	int i = 0;

	r->got_n = 0;
	r->rest = r->lines.n;
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == 3 && strncmp(words, "...", 3) == 0) {
			r->rest = i;
			return true;
		}
		if (i == r->lines.n || !fits(r, words, n, r->lines.word[i]))
			return false;
		i++;
		words += n;
		words += *words == ' ';
	}
	return i == r->lines.n;
}

static const struct comware_row *row_find(struct reader *r, enum view v)
{
	for (const struct comware_row *row = comware_rows; row->words; row++)
		if (row->view == v && matches(r, row->words))
			return row;
	return NULL;
}

static void set_all(struct reader *r, struct entry *e, const char *sets)
{
	char member[40], value[LINE_SIZE];

	while (e && *sets) {
		size_t n = strcspn(sets, " "), name = strcspn(sets, "=");

		snprintf(member, sizeof(member), "%.*s", (int)name, sets);
		snprintf(value, sizeof(value), "%.*s", (int)(n - name - 1), sets + name + 1);
		sketch_set(r->d, e, member, strcmp(value, "$") == 0 ? r->got[0] : value,
			   r->lines.no);
		sets += n;
		sets += *sets == ' ';
	}
}

static void obey(struct reader *r, const struct comware_row *row)
{
	char words[NOTE_WORDS];

	if (row->call)
		row->call(r);
	else if (row->why)
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, comware_words(r, words), "%s",
			    row->why);
	else if (row->kind != K_COUNT)
		set_all(r, sketch_add(r->d, row->kind, "", r->lines.no), row->sets);
	else
		set_all(r, r->own, row->sets);
	/* a view that was left out is left out with its lines */
	if (row->why && row->view == VIEW_SYSTEM)
		r->view = VIEW_LEFT;
}

/* ---- lines ---- */

static bool is_ours(const struct reader *r)
{
	const char *w = r->lines.word[0];

	if (strcmp(w, "undo") == 0 && r->lines.n > 1)
		w = r->lines.word[1];
	return strcmp(w, "ike") == 0 || strcmp(w, "ipsec") == 0;
}

static void unknown(struct reader *r)
{
	bool inside = r->view != VIEW_SYSTEM && (r->lines.indented || !r->indents);
	char words[NOTE_WORDS];

	if (r->view == VIEW_LEFT && inside && !is_ours(r))
		return;
	if (is_ours(r) || (inside && r->view != VIEW_OTHER && r->view != VIEW_INTERFACE)) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, comware_words(r, words),
			    "these words are not known here");
		return;
	}
	r->others++;
	if (!inside)
		r->view = VIEW_OTHER;
}

static void take_line(struct reader *r)
{
	const struct comware_row *row;

	if (r->lines.odd) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, "",
			    "the line is no text, or longer than %d octets", LINE_SIZE - 1);
		return;
	}
	if (r->lines.n == 0)
		return;
	const char *first = r->lines.word[0];
	if (*first == '#' || strcmp(first, "quit") == 0 || strcmp(first, "return") == 0) {
		r->view = VIEW_SYSTEM;
		return;
	}
	row = row_find(r, r->view);
	if (!row && r->view != VIEW_SYSTEM && (row = row_find(r, VIEW_SYSTEM)))
		r->view = VIEW_SYSTEM;
	if (row)
		obey(r, row);
	else
		unknown(r);
}

static bool has_indents(struct slice text)
{
	static const char mark[] = "\n ";

	return text.n && memmem(text.at, text.n, mark, 2) != NULL;
}

void comware_read(struct slice text, struct sketch *ret)
{
	struct reader *r = calloc(1, sizeof(*r));

	ret->no_memory |= !r;
	if (!r)
		return;
	r->d = ret;
	r->lines = lines_of(text);
	r->policies_last = &r->policies;
	r->indents = has_indents(text);
	while (!ret->no_memory && lines_next(&r->lines))
		take_line(r);
	comware_tunnels(r);
	comware_settle(r);
	sketch_allow_weak(ret);
	sketch_allow_weak_keys(ret);
	sketch_order(ret);
	if (r->others)
		sketch_note(ret, NOTE_MIND, 0, "", "%u lines about other things were passed over",
			    r->others);
	comware_free(r);
}

/* ---- views ---- */

void comware_sysname(struct reader *r)
{
	text_copy(r->sysname, sizeof(r->sysname), r->got[0]);
}

static void enter(struct reader *r, enum view v, enum kind k, const char *name)
{
	r->own = sketch_add(r->d, k, name, r->lines.no);
	r->view = r->own ? v : VIEW_LEFT;
}

/* Presets of Comware that are not ours; only for a record that was not there. */
static void preset(struct reader *r, const char *sets)
{
	if (r->own && r->own->given == 0)
		set_all(r, r->own, sets);
}

void comware_enter_proposal(struct reader *r)
{
	char name[32];

	snprintf(name, sizeof(name), "ike-%s", r->got[0]);
	enter(r, VIEW_PROPOSAL, K_IKE_PROPOSAL, name);
	preset(r,
	       "number=$ encryption_algorithm=des-cbc integrity_algorithm=sha1 dh_group=modp768");
}

void comware_enter_peer(struct reader *r)
{
	enter(r, VIEW_PEER, K_PEER, r->got[0]);
	preset(r, "nat_traversal=off");
}

void comware_enter_dpd(struct reader *r)
{
	enter(r, VIEW_DPD, K_DPD_PROFILE, r->got[0]);
	preset(r, "mode=on_demand max_failures=3");
}

void comware_enter_esp(struct reader *r)
{
	struct transform *t = comware_transform(r, r->got[0]);

	enter(r, VIEW_ESP, K_IPSEC_PROPOSAL, r->got[0]);
	preset(r, "encryption_algorithm=des-cbc integrity_algorithm=md5");
	if (!t && r->own && r->transforms_n < LIST_MOST && (t = calloc(1, sizeof(*t)))) {
		r->transforms_n++;
		t->next = r->transforms;
		t->line = r->lines.no;
		r->transforms = t;
		text_copy(t->name, sizeof(t->name), r->own->rec->name);
	}
	r->transform = t;
	if (!t)
		r->view = VIEW_LEFT;
}

struct transform *comware_transform(const struct reader *r, const char *name)
{
	struct transform *t = r->transforms;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

void comware_esp_ah(struct reader *r)
{
	text_copy(r->transform->ah, sizeof(r->transform->ah), r->got[0]);
}

void comware_esp_mode(struct reader *r)
{
	bool transport = strcmp(r->got[0], "transport") == 0;

	if (!transport && strcmp(r->got[0], "tunnel") != 0)
		unknown(r);
	else
		r->transform->transport = transport;
}

/* ---- peers ---- */

/* pre-shared-key [simple|cipher] KEY; the key goes nowhere but into the secret. */
void comware_peer_key(struct reader *r)
{
	const char *first = r->lines.n > 1 ? r->lines.word[1] : "";
	bool cipher = strcmp(first, "cipher") == 0;
	bool typed = cipher || strcmp(first, "simple") == 0;
	const char *name = r->own->rec->name;
	struct entry *s;

	if (r->lines.n != 2 + typed) {
		sketch_note(r->d, NOTE_LEFT_OUT, r->lines.no, "pre-shared-key",
			    "one word is due as key, with simple or cipher before it");
		return;
	}
	s = sketch_add(r->d, K_SECRET, name, r->lines.no);
	if (!s || !sketch_set(r->d, s, "type", "psk", r->lines.no))
		return;
	sketch_set(r->d, r->own, "psk", name, r->lines.no);
	if (cipher)
		sketch_note(
			r->d, NOTE_LEFT_OUT, r->lines.no, "pre-shared-key cipher",
			"only the device that wrote it can read an enciphered key; set it with: "
			"ikeeper secret set %s --stdin",
			name);
	else
		sketch_set(r->d, s, "value", r->lines.word[r->lines.n - 1], r->lines.no);
}

/* remote-address ADDRESS [HIGH] | HOST [dynamic] */
void comware_peer_remote(struct reader *r)
{
	char range[LINE_SIZE];
	const char *a = r->lines.n > 1 ? r->lines.word[1] : "";
	const char *b = r->lines.n > 2 ? r->lines.word[2] : "";
	bool dynamic = strcmp(b, "dynamic") == 0;

	if (r->lines.n < 2 || r->lines.n > 3) {
		unknown(r);
		return;
	}
	if (*b && !dynamic)
		snprintf(range, sizeof(range), "%.400s-%.400s", a, b);
	else
		text_copy(range, sizeof(range), a);
	sketch_set(r->d, r->own, "remote_address", range, r->lines.no);
	sketch_set(r->d, r->own, "remote_dynamic", dynamic ? "true" : "false", r->lines.no);
}

void comware_peer_proposals(struct reader *r)
{
	const struct field *fl = field_find(peer_fields, "ike_proposals");
	char name[32];

	field_clear(fl, r->own->rec);
	for (int i = 1; i < r->lines.n; i++) {
		if (!is_number(r->lines.word[i])) {
			unknown(r);
			return;
		}
		snprintf(name, sizeof(name), "ike-%.10s", r->lines.word[i]);
		sketch_set(r->d, r->own, "ike_proposals", name, r->lines.no);
	}
}
