/* words.c - `reset` and `display` in the words of the manual
 *
 *	reset ike sa [CONNECTION-ID]
 *	reset ipsec sa [remote ADDRESS | tunnel NAME | policy NAME [SEQUENCE] |
 *	                parameters DESTINATION ah|esp SPI]
 *	display ike sa [verbose]
 *	display ike proposal | ike peer [NAME] | ike dpd [NAME]: manual.c
 *	display ipsec sa|policy|proposal [NAME]
 *	display ipsec session, reset ipsec session: flows.c
 *	display current-configuration
 *
 * A policy with its sequence is the tunnel an import makes of it, NAME-SEQUENCE.
 * The same requests as `reset --...` and `show`. As in the manual one word ends one kind of SA:
 * IPsec SAs first, then IKE SAs, or the peer cannot be told; the daemon's answer warns. Connection
 * ids count IKE SAs and pairs in one series, so `display ike sa` lists both, phase 1 and phase 2.
 *
 * Called by: ctl.c, act.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/noun.h"

#define LEGEND                                                                         \
	"RD--READY ST--STAYALIVE RL--REPLACED FD--FADING TO--TIMEOUT RK--REKEY NONE--" \
	"half done\n"

static bool is(const struct wants *w, int i, const char *word)
{
	return i < w->words_n && strcmp(w->words[i], word) == 0;
}

json_t *words_id(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	return *s < '0' || *s > '9' || *end ? NULL : json_integer((json_int_t)v);
}

static json_t *all(void)
{
	return json_pack("{sb}", "all", 1);
}

/* NULL: these are no words of the manual. */
static json_t *ike_scope(const struct wants *w)
{
	json_t *id = w->words_n == 4 ? words_id(w->words[3]) : NULL;

	if (w->words_n == 3)
		return all();
	return id ? json_pack("{so}", "connection", id) : NULL;
}

static json_t *policy_scope(const char *name, const char *sequence)
{
	struct text t;

	text_init(&t, 0);
	text_add(&t, "%s-%s", name, sequence);
	json_t *scope = json_pack("{ss}", "tunnel", t.at);
	text_done(&t);
	return scope;
}

static json_t *ipsec_scope(const struct wants *w)
{
	if (w->words_n == 3)
		return all();
	if (w->words_n == 5 && is(w, 3, "remote"))
		return json_pack("{ss}", "remote_address", w->words[4]);
	if (w->words_n == 5 && (is(w, 3, "tunnel") || is(w, 3, "policy")))
		return json_pack("{ss}", "tunnel", w->words[4]);
	if (w->words_n == 6 && is(w, 3, "policy"))
		return policy_scope(w->words[4], w->words[5]);
	if (w->words_n == 7 && is(w, 3, "parameters") && (is(w, 5, "ah") || is(w, 5, "esp")))
		return json_pack("{s{ss,ss,ss}}", "spi", "dst", w->words[4], "protocol",
				 w->words[5], "spi", w->words[6]);
	return NULL;
}

json_t *words_scope(const struct wants *w, const char **ret_level)
{
	if (is(w, 1, "ike") && is(w, 2, "sa")) {
		*ret_level = "ike";
		return ike_scope(w);
	}
	if (is(w, 1, "ipsec") && is(w, 2, "sa")) {
		*ret_level = "child";
		return ipsec_scope(w);
	}
	return NULL;
}

/* --- display --------------------------------------------------------------------------- */

static const struct column brief[] = {
	{ "CONNECTION-ID", "id", SHAPE_PLAIN },
	{ "PEER", "remote_address|remote.address", SHAPE_PLAIN },
	{ "FLAG", "flags_text", SHAPE_PLAIN },
	{ "PHASE", "phase", SHAPE_PLAIN },
	{ "DOI", "doi", SHAPE_PLAIN },
	{ "NAME", "name", SHAPE_LAST },
	{ 0 },
};

static int by_id(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t i = json_integer_value(json_object_get(x, "id")),
		   j = json_integer_value(json_object_get(y, "id"));

	return (i > j) - (i < j);
}

/* Of one list into `rows`, each told its phase and whose it is. */
static enum code take(struct ctl *c, const char *path, int phase, json_t *rows)
{
	struct answer a = { 0 };
	struct fault f = { 0 };
	enum code r = client_list(c->client, path, &a, &f);
	json_t *items;

	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(&a) != CODE_OK)
		r = complain_answer(c, &a);
	items = r == CODE_OK ? json_object_get(a.json, "items") : NULL;
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *row = json_array_get(items, i);
		json_t *name = json_object_get(row, phase == 1 ? "peer" : "tunnel");

		json_object_set(row, "name", name ? name : json_null());
		json_object_set_new(row, "phase", json_integer(phase));
		json_object_set_new(row, "doi", json_string("IPSEC"));
		json_array_append(rows, row);
	}
	answer_done(&a);
	return r;
}

static json_t *sorted(const json_t *rows)
{
	size_t n = json_array_size(rows);
	json_t **at = calloc(n + 1, sizeof(json_t *)), *ret = json_array();

	for (size_t i = 0; at && i < n; i++)
		at[i] = json_array_get(rows, i);
	if (at)
		qsort(at, n, sizeof(json_t *), by_id);
	for (size_t i = 0; at && i < n; i++)
		json_array_append(ret, at[i]);
	free(at);
	return ret;
}

static enum code ike_sas(struct ctl *c, bool verbose)
{
	json_t *rows = json_array(), *lines = NULL;
	enum code r = take(c, "/ike-sas", 1, rows);
	size_t phase1 = json_array_size(rows);

	if (r == CODE_OK)
		r = take(c, "/child-sas", 2, rows);
	if (r == CODE_OK)
		lines = sorted(rows);
	if (lines && c->paper.json) {
		json_t *whole =
			json_pack("{sI,sO}", "phase_1_sas", (json_int_t)phase1, "items", lines);

		paper_json(&c->paper, whole);
		json_decref(whole);
	} else if (lines) {
		text_add(&c->paper.text, "total phase-1 SAs: %zu\n", phase1);
		for (size_t i = 0; verbose && i < json_array_size(lines); i++) {
			text_add_str(&c->paper.text, "\n");
			table_object(&c->paper, json_array_get(lines, i));
		}
		if (!verbose)
			table_print(&c->paper, brief, lines);
		text_add_str(&c->paper.text, "\n" LEGEND);
	}
	json_decref(lines);
	json_decref(rows);
	return r;
}

/* What else is shown under another word here. */
static struct {
	const char *first, *second;
	char noun[16];
} displays[] = {
	{ "ipsec", "sa", "child-sa" },
	{ "ipsec", "policy", "tunnel" },
	{ "ipsec", "proposal", "ipsec-proposal" },
};

/* The words are put back: --watch comes by again. */
static enum code show_as(struct ctl *c, char *noun)
{
	struct wants before = c->want, *w = &c->want;

	w->words[1] = noun;
	w->words[2] = w->words[3];
	w->words_n--;
	enum code r = show_run(c);
	*w = before;
	return r;
}

static enum code current_configuration(struct ctl *c)
{
	struct wants before = c->want, *w = &c->want;

	w->to = "comware";
	w->words_n = 1;
	enum code r = export_run(c);
	*w = before;
	return r;
}

enum code words_display(struct ctl *c)
{
	struct wants *w = &c->want;
	bool verbose = w->words_n == 4 && is(w, 3, "verbose");

	if (is(w, 1, "ike") && is(w, 2, "sa") && (w->words_n == 3 || verbose))
		return ike_sas(c, verbose);
	if (is(w, 1, "ike") && is(w, 2, "proposal") && w->words_n == 3)
		return manual_display(c, w->words[2], NULL);
	if (is(w, 1, "ike") && (is(w, 2, "peer") || is(w, 2, "dpd")) && w->words_n <= 4)
		return manual_display(c, w->words[2], w->words_n == 4 ? w->words[3] : NULL);
	if (flows_statistics_meant(w))
		return flows_statistics(c);
	if (flows_meant(w))
		return flows_display(c);
	if (is(w, 1, "current-configuration") && w->words_n == 2)
		return current_configuration(c);
	for (size_t i = 0; i < COUNT_OF(displays); i++)
		if (is(w, 1, displays[i].first) && is(w, 2, displays[i].second) && w->words_n <= 4)
			return show_as(c, displays[i].noun);
	return complain_usage(
		"display what? ike sa [verbose], ike proposal, ike peer|dpd [NAME], ipsec "
		"sa|policy|proposal, ipsec session|statistics [tunnel-id ID], or "
		"current-configuration");
}
