/* flows.c - `display ipsec session`, `reset ipsec session` and `display ipsec statistics` as the
 * manual has them
 *
 *	display ipsec session [tunnel-id ID]
 *	display ipsec statistics [tunnel-id ID]
 *	reset ipsec session [tunnel-id ID]
 *
 * The tunnel's id is that of its pair of IPsec SAs (`display ipsec sa`). The total duration is how
 * long a session may be idle, since that is what the manual's default of it is.
 *
 * Called by: words.c, act.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"

#define RULE "------------------------------------------------------------\n"

bool flows_meant(const struct wants *w)
{
	return w->words_n > 2 && strcmp(w->words[1], "ipsec") == 0 &&
	       strcmp(w->words[2], "session") == 0;
}

/* The path with its filter; false: these are no words of the manual. */
static bool path_of(const struct wants *w, char *ret, size_t cap)
{
	json_t *id = w->words_n == 5 ? words_id(w->words[4]) : NULL;
	bool good = w->words_n == 3 || (id && strcmp(w->words[3], "tunnel-id") == 0);

	if (id)
		snprintf(ret, cap, "/ipsec-sessions?child_sa=%s", w->words[4]);
	else
		snprintf(ret, cap, "/ipsec-sessions");
	json_decref(id);
	return good;
}

static json_int_t number(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

static void side(struct text *t, const char *head, const json_t *o, const char *address,
		 const char *port)
{
	const char *a = json_string_value(json_object_get(o, address));

	text_add(t, "    %s Addr : %-22s %s Port:%5lld  Protocol : %lld\n", head, a ? a : "", head,
		 (long long)number(o, port), (long long)number(o, "protocol"));
}

static void say(struct text *t, const json_t *list)
{
	const json_t *items = json_object_get(list, "items");
	const char *note = json_string_value(json_object_get(list, "note"));

	text_add(t, RULE " total sessions : %zu\n" RULE, json_array_size(items));
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *o = json_array_get(items, i);

		text_add(t,
			 "%s tunnel-id : %lld\n session idle time/total duration (sec) : "
			 "%lld/%lld\n\n",
			 i ? RULE : "", (long long)number(o, "child_sa"),
			 (long long)number(o, "idle_seconds"),
			 (long long)number(o, "idle_limit_seconds"));
		text_add(t, " session flow :      (%lld times matched)\n",
			 (long long)number(o, "matched"));
		side(t, "Sour", o, "source_address", "source_port");
		side(t, "Dest", o, "destination_address", "destination_port");
		text_add_str(t, "\n");
	}
	if (note)
		text_add(t, " %s\n", note);
}

enum code flows_display(struct ctl *c)
{
	char path[64];
	struct answer a = { 0 };
	struct fault f = { 0 };

	if (!path_of(&c->want, path, sizeof(path)))
		return complain_usage("display ipsec session [tunnel-id ID]");
	enum code r = client_list(c->client, path, &a, &f);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(&a) != CODE_OK)
		r = complain_answer(c, &a);
	else if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		say(&c->paper.text, a.json);
	answer_done(&a);
	return r;
}

enum code flows_reset(struct ctl *c)
{
	char path[64];
	struct answer a = { 0 };

	if (!path_of(&c->want, path, sizeof(path)))
		return complain_usage("reset ipsec session [tunnel-id ID]");
	enum code r = verbs_ask(c, &(struct ask){ "DELETE", path, NULL, NULL }, &a);
	if (r == CODE_OK)
		answer_done(&a);
	return r;
}

/* ---- statistics ---- */

bool flows_statistics_meant(const struct wants *w)
{
	return w->words_n > 2 && strcmp(w->words[1], "ipsec") == 0 &&
	       strcmp(w->words[2], "statistics") == 0;
}

static void pair(struct text *t, const char *head, json_int_t in, json_int_t out)
{
	text_add(t, "    %s: %lld/%lld\n", head, (long long)in, (long long)out);
}

static void reason(struct text *t, const char *head, json_int_t n)
{
	text_add(t, "      %s: %lld\n", head, (long long)n);
}

/* The manual's lines. What of its reasons is never one here is not said. */
static void say_all(struct text *t, const json_t *o)
{
	const char *const reasons[][2] = {
		{ "can't find SA", "plane_no_sa" },
		{ "authentication has failed", "plane_bad_icv" },
		{ "replay packet", "plane_replayed" },
		{ "no policy for it", "plane_no_policy" },
		{ "any other reason", "plane_errors" },
	};
	json_int_t dropped = 0;

	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		dropped += number(o, reasons[i][1]);
	text_add_str(t, "  the security packet statistics:\n");
	pair(t, "input/output security packets", number(o, "plane_packets_in"),
	     number(o, "plane_packets_out"));
	pair(t, "input/output security bytes", number(o, "plane_bytes_in"),
	     number(o, "plane_bytes_out"));
	text_add(t, "    dropped security packets: %lld\n    dropped security packet detail:\n",
		 (long long)dropped);
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		reason(t, reasons[i][0], number(o, reasons[i][1]));
}

static void say_one(struct text *t, const json_t *o)
{
	const json_t *errors = json_object_get(o, "errors");
	json_int_t integrity = number(errors, "integrity"), replay = number(errors, "replay"),
		   other = number(errors, "other");

	text_add(t, "  tunnel-id : %lld\n  the security packet statistics:\n",
		 (long long)number(o, "id"));
	pair(t, "input/output security packets", number(o, "packets_in"), number(o, "packets_out"));
	pair(t, "input/output security bytes", number(o, "bytes_in"), number(o, "bytes_out"));
	text_add(t, "    dropped security packets: %lld\n    dropped security packet detail:\n",
		 (long long)(integrity + replay + other));
	reason(t, "authentication has failed", integrity);
	reason(t, "replay packet", replay);
	reason(t, "any other reason", other);
}

enum code flows_statistics(struct ctl *c)
{
	const struct wants *w = &c->want;
	json_t *id = w->words_n == 5 && strcmp(w->words[3], "tunnel-id") == 0
			     ? words_id(w->words[4])
			     : NULL;
	bool one = id != NULL;
	char path[64] = "/counters";
	struct answer a = { 0 };

	if (one)
		snprintf(path, sizeof(path), "/child-sas/%s", w->words[4]);
	json_decref(id);
	if (!one && w->words_n != 3)
		return complain_usage("display ipsec statistics [tunnel-id ID]");
	enum code r = verbs_get(c, path, &a);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else if (one)
		say_one(&c->paper.text, a.json);
	else
		say_all(&c->paper.text, a.json);
	answer_done(&a);
	return CODE_OK;
}
