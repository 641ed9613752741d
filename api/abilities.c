/* abilities.c - GET /capabilities: what this build can do, for programs that ask before they write
 *
 * Out of the registers: algorithms with their verdict, every word a member may hold, roles, events,
 * problems, limits. It is the same for the whole life of the daemon, so it is made once.
 *
 * Called by: router.c.  Thread: http.  Owns: the text, for ever.
 */
#include <pthread.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/model/peer.h"
#include "api/doors.h"
#include "api/leaf.h"
#include "api/auth.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *whole;
static char plane[16];

static void add_tiered(json_t *list, const char *name, enum tier tier)
{
	json_array_append_new(list, json_pack("{ss,ss}", "name", name, "verdict", tier_word(tier)));
}

static json_t *algorithms(void)
{
	json_t *encr = json_array(), *integ = json_array(), *groups = json_array();

#define ENCR(code, ...) add_tiered(encr, alg_encr(ENCR_##code)->name, alg_encr(ENCR_##code)->tier);
#define INTEG(code, ...) \
	add_tiered(integ, alg_integ(INTEG_##code)->name, alg_integ(INTEG_##code)->tier);
#define GROUP(code, ...) \
	add_tiered(groups, alg_group(GROUP_##code)->name, alg_group(GROUP_##code)->tier);
#include "core/model/alg.def"
#undef ENCR
#undef INTEG
#undef GROUP
	return json_pack("{so,so,so}", "encryption", encr, "integrity", integ, "dh_groups", groups);
}

static json_t *words_of(const struct field *f)
{
	json_t *list = json_array();

	for (const struct name *n = f->names; n && n->word; n++)
		json_array_append_new(list, json_string(n->word));
	return list;
}

static json_t *choices(void)
{
	json_t *all = json_object();

	for (int k = 0; k < K_COUNT; k++) {
		json_t *members = json_object();

		for (const struct field *f = kind_row((enum kind)k)->fields; f->name; f++)
			if (f->kind == F_CHOICE)
				json_object_set_new(members, f->name, words_of(f));
		json_object_set_new(all, kind_row((enum kind)k)->path, members);
	}
	return all;
}

static json_t *roles(void)
{
	json_t *list = json_array();

	for (int r = ROLE_VIEWER; r <= ROLE_ADMIN; r++)
		json_array_append_new(list, json_string(name_of(role_names, r)));
	return list;
}

static json_t *events(void)
{
	json_t *list = json_array();

	for (int e = 0; e < EVT_COUNT; e++)
		json_array_append_new(list, json_string(event_row((enum event_id)e)->name));
	return list;
}

static json_t *problems(void)
{
	json_t *list = json_array();

	for (int r = R_OK + 1; r < R_COUNT; r++)
		json_array_append_new(list, json_string(reason_slug((enum reason)r)));
	return list;
}

static json_t *limits(void)
{
	return json_pack("{si,si,si,si}", "body_octets", BODY_MOST, "page_rows", LEAF_MOST,
			 "secret_octets", SECRET_MAX, "proposals_of_a_peer", PEER_PROPOSALS);
}

static void make(void)
{
	json_t *all = json_pack("{ss,s[i],ss,so,so,so,so,so,so}", "version", IKEEPER_VERSION,
				"ike_versions", 1, "data_plane", plane, "algorithms", algorithms(),
				"choices", choices(), "roles", roles(), "events", events(),
				"problems", problems(), "limits", limits());

	whole = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
}

void system_capabilities(struct request *r)
{
	static const uint8_t key[16];
	struct text t;

	if (!request_query_ok(r, NULL))
		return;
	const struct view *v = board_look(r->control->board);
	text_copy(plane, sizeof(plane), v->data_plane);
	view_unref(v);
	pthread_once(&once, make);
	text_init(&t, 0);
	text_add_str(&t, whole ? whole : "{}");
	request_etag(r, hash_keyed(slice(t.at, t.n), key));
	request_text(r, 200, "application/json", &t);
}
