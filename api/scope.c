/* scope.c - callers who are limited to the peers that carry their labels
 *
 * Which routes such a caller may use at all, and of whom they may speak, is scope.def. Lists,
 * journals and streams ask here row by row. A peer that does not carry the labels and one that
 * does not exist are refused in the same words.
 *
 * Called by: auth.c and the handlers.  Thread: any.  Owns: nothing.
 */
#include "api/scope.h"

#include <stdio.h>
#include <string.h>

#include "api/router.h"
#include "core/base/addr.h"
#include "core/model/syntax.h"
#include "core/model/view.h"

enum { WORD_TEXT = 128 };
enum how { OPEN, PEER, TUNNEL, IKE_SA, CHILD_SA, ROWS };

static const struct {
	enum method method;
	const char *path;
	enum how how;
} rows[] = {
#define SCOPED(m, p, h) { M_##m, p, h },
#include "api/scope.def"
#undef SCOPED
};

/* ---- the labels ---- */

static bool carries(const struct peer *p, const char *label, size_t n)
{
	for (size_t i = 0; i < p->labels_n; i++)
		if (strlen(p->labels[i]) == n && strncmp(p->labels[i], label, n) == 0)
			return true;
	return false;
}

bool scope_holds(const struct request *r, const struct config *c, const char *peer)
{
	const struct peer *p;

	if (!*r->scope)
		return true;
	p = *peer ? config_peer(c, peer) : NULL;
	for (const char *at = r->scope; p && *at;) {
		size_t n = strcspn(at, ",");

		if (n && !carries(p, at, n))
			return false;
		at += n;
		at += *at == ',';
	}
	return p != NULL;
}

bool scope_holds_now(const struct request *r, const char *peer)
{
	if (!*r->scope)
		return true;
	const struct config *c = board_config(r->control->board);
	bool holds = c && scope_holds(r, c, peer);

	config_unref(c);
	return holds;
}

/* ---- whose it is ---- */

static const char *peer_of_tunnel(const struct config *c, const char *name)
{
	const struct record *rec = config_find(c, K_TUNNEL, name);

	return rec ? ((const struct tunnel *)rec)->peer : "";
}

static const char *peer_of_sa(const struct view *v, enum how how, uint64_t id)
{
	const struct ike_sa_row *ike;
	const struct child_row *child;

	if (id == 0 || id > UINT32_MAX)
		return "";
	if (how == IKE_SA) {
		ike = view_find(view_ike_sas(v), v->ike_sas_n, sizeof(*ike), (uint32_t)id);
		return ike ? ike->peer : "";
	}
	child = view_find(view_children(v), v->children_n, sizeof(*child), (uint32_t)id);
	return child ? child->peer : "";
}

static bool holds(const struct request *r, enum how how, const char *name, uint64_t id)
{
	const struct config *c = board_config(r->control->board);
	const struct view *v = board_look(r->control->board);
	char whole[INSTANCE_SIZE];

	/* "hub@203.0.113.7" is an instance of hub. */
	snprintf(whole, sizeof(whole), "%.*s", (int)strcspn(name, "@"), name);
	const char *peer = how == PEER     ? whole
			   : how == TUNNEL ? peer_of_tunnel(c, name)
					   : peer_of_sa(v, how, id);
	bool ok = c && scope_holds(r, c, peer);

	view_unref(v);
	config_unref(c);
	return ok;
}

static enum reason refuse(const struct request *r, struct fault *f)
{
	return fail(f, R_FORBIDDEN, "%s is limited to peers labelled %s, and this is not about one",
		    r->who, r->scope);
}

enum reason scope_admit(const struct request *r, struct fault *f)
{
	if (!*r->scope)
		return R_OK;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].method != r->route->method || strcmp(rows[i].path, r->route->path) != 0)
			continue;
		if (rows[i].how == OPEN || rows[i].how == ROWS ||
		    holds(r, rows[i].how, r->name ? r->name : "", r->id))
			return R_OK;
		break;
	}
	return refuse(r, f);
}

enum reason scope_of_reset(const struct request *r, const struct reset_ask *ask, struct fault *f)
{
	enum how how = OPEN;

	if (!*r->scope)
		return R_OK;
	if (ask->scope == RESET_PEER)
		how = PEER;
	else if (ask->scope == RESET_TUNNEL)
		how = TUNNEL;
	else if (ask->scope == RESET_IKE_SA)
		how = IKE_SA;
	else if (ask->scope == RESET_CHILD_SA)
		how = CHILD_SA;
	return how != OPEN && holds(r, how, ask->name, ask->id) ? R_OK : refuse(r, f);
}

/* ---- lists of words ---- */

static bool read_label(const char *s, char ret[WORD_TEXT])
{
	struct fault f = { 0 };

	return syntax_check(SYN_LABEL, s, ret, WORD_TEXT, &f) == R_OK;
}

static bool read_prefix(const char *s, char ret[WORD_TEXT])
{
	struct prefix p;

	if (!prefix_read(s, &p))
		return false;
	prefix_text(&p, ret);
	return true;
}

static void read_words(const json_t *list, const char *member, const char *what,
		       bool (*read)(const char *s, char *ret), char ret[LIST_TEXT],
		       struct faults *errors)
{
	char word[WORD_TEXT];
	size_t n = 0;

	*ret = '\0';
	if (!list || json_is_null(list))
		return;
	if (!json_is_array(list) || json_array_size(list) > SCOPE_WORDS) {
		faults_add(errors, R_INVALID, "member.type", member,
			   "is a list of at most %d words", SCOPE_WORDS);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s || !read(s, word))
			faults_add(errors, R_INVALID, "member.syntax", member,
				   "\"%.60s\" is not %s", s ? s : "", what);
		else if (n + strlen(word) + 2 > LIST_TEXT)
			faults_add(errors, R_INVALID, "member.length", member,
				   "all of it is too long");
		else
			n += (size_t)snprintf(ret + n, LIST_TEXT - n, "%s%s", n ? "," : "", word);
	}
}

void scope_read_labels(const json_t *list, char ret[LIST_TEXT], struct faults *errors)
{
	read_words(list, "scope", "a label as site=berlin", read_label, ret, errors);
}

void scope_read_prefixes(const json_t *list, char ret[LIST_TEXT], struct faults *errors)
{
	read_words(list, "sources", "an address or a prefix", read_prefix, ret, errors);
}

const char scope_role_rule[] = "scope.role";
const char scope_role_text[] = "a scope goes with the roles viewer and operator";

bool scope_fits_role(const char *scope, enum role role)
{
	return !*scope || role == ROLE_VIEWER || role == ROLE_OPERATOR;
}

json_t *scope_list(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t n = strcspn(text, ",");

		if (n)
			json_array_append_new(list, json_stringn(text, n));
		text += n;
		text += *text == ',';
	}
	return list;
}

bool scope_has_source(const char *prefixes, const char *remote)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 2.5.5.2 */
	char word[PREFIX_TEXT];
	struct prefix p;
	struct addr a;

	if (!*prefixes)
		return true;
	if (!addr_read(remote, &a))
		return false; /* the local socket is no address */
	if (a.family == 6 && memcmp(a.ip, mapped, sizeof(mapped)) == 0)
		addr_of_slice(slice(a.ip + sizeof(mapped), 4), &a);
	for (const char *at = prefixes; *at;) {
		size_t n = strcspn(at, ",");

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (n < sizeof(word) && prefix_read(word, &p) && prefix_has(&p, &a))
			return true;
		at += n;
		at += *at == ',';
	}
	return false;
}
