/* verbs.h - everything the command can do: one function a verb, all alike */
#pragma once

#include "api/ctl/ctl.h"

/* One request whose refusal is said at once. CODE_OK: the answer is ret's, own it; otherwise
 * there is none. */
enum code verbs_ask(struct ctl *c, const struct ask *a, struct answer *ret);
enum code verbs_get(struct ctl *c, const char *path, struct answer *ret);

enum code overview_run(struct ctl *c); /* status */
enum code show_run(struct ctl *c);
enum code show_policies(struct ctl *c); /* policies */
enum code show_kernel_sas(struct ctl *c); /* kernel-sas */
enum code alter_set(struct ctl *c);
enum code alter_delete(struct ctl *c);
enum code edit_run(struct ctl *c);
enum code alter_unstage(struct ctl *c);
/* What a dry run answered: faults, warnings, members, SAs. */
enum code alter_preview(struct ctl *c, const json_t *answer);
enum code persons_secret(struct ctl *c);
enum code persons_user(struct ctl *c);
enum code words_display(struct ctl *c);
/* `display ike proposal|peer|dpd`, `what` being the last word; `name` NULL: all of them. */
enum code manual_display(struct ctl *c, const char *what, const char *name);
bool flows_meant(const struct wants *w); /* ... ipsec session ... */
enum code flows_display(struct ctl *c);
enum code flows_reset(struct ctl *c);
bool flows_statistics_meant(const struct wants *w); /* ... ipsec statistics ... */
enum code flows_statistics(struct ctl *c);
/* The scope of `reset ike sa ...` or `reset ipsec sa ...` and the kind it ends; NULL: no such words.
 * Own it. */
json_t *words_scope(const struct wants *w, const char **ret_level);
json_t *words_id(const char *s); /* a number alone, else NULL; own it */
enum code act_reset(struct ctl *c);
enum code act_initiate(struct ctl *c);
enum code act_rekey(struct ctl *c);
enum code act_test(struct ctl *c); /* test trap */
enum code act_audit(struct ctl *c); /* audit verify: CODE_FAILED when the chain is broken */
enum code explain_run(struct ctl *c);
/* The sentence of a replay beside a dry run; nothing when there is none. */
void whatif_line(struct paper *p, const json_t *replay);
enum code whatif_replay(struct ctl *c);
enum code whatif_simulate(struct ctl *c);
/* A whole file, or standard input for "-"; own it. NULL: it cannot be read, is empty or too long. */
struct bytes *import_read(const char *name);
enum code import_run(struct ctl *c);
bool import_says_yes(void); /* asked on a terminal; elsewhere no */
enum code load_run(struct ctl *c); /* import --from ndjson */
struct sketch;
void import_notes(struct text *t, const struct sketch *d); /* one line each */
json_t *import_notes_json(const struct sketch *d);
enum code backup_run(struct ctl *c);
enum code backup_restore(struct ctl *c);
/* A new file of 0600, beside its place, then into it: whoever looks sees the old file or the whole new
 * one. False: errno says why. */
bool backup_keep(const char *name, const struct text *body);
enum code wire_trace(struct ctl *c); /* trace */
/* One line of standard input without its end, without echo on a terminal; false: there is none, or
 * it is too long. The caller wipes it. */
/* A question on a terminal; elsewhere the answer is no. */
bool persons_say_yes(const char *question);
bool persons_line(const char *prompt, char *ret, size_t cap);
enum code export_run(struct ctl *c);
enum code export_generate(struct ctl *c); /* generate */
enum code raw_run(struct ctl *c); /* api */
long staged_seconds(const char *s); /* "120", "120s", "2m", "1h", "7d"; 0 is none of these */
enum code staged_stage(struct ctl *c);
enum code staged_diff(struct ctl *c);
enum code staged_impact(struct ctl *c);
enum code staged_apply(struct ctl *c);
enum code staged_discard(struct ctl *c);
enum code staged_history(struct ctl *c);
enum code staged_add(struct ctl *c, json_t *take_edits);
/* POST of the options of the command line; `reset` when none is given. */
enum code staged_post(struct ctl *c, struct text *path, const char *reset);
/* The options of a change as members of a body; NULL: said. Own it. */
json_t *staged_terms(const struct wants *w, const char *reset);
/* What came of them: records, warnings, SAs. */
enum code staged_preview(struct ctl *c, const json_t *answer);
enum code staged_applied(struct ctl *c, const json_t *answer);
/* The canary of the command line as a member of a body; false: said. */
bool canary_terms(const struct wants *w, json_t *body);
/* How it was cut, and what to do then. */
void canary_said(struct paper *p, const json_t *applied);
enum code canary_widen(struct ctl *c); /* widen */
/* The change set whose change is tried on a few peers first, 0 none. */
enum code canary_which(struct ctl *c, long long *ret);
/* "120", "120s", "2m", "1h"; 0 is none of these. */
long staged_seconds(const char *s);
enum code back_confirm(struct ctl *c);
enum code back_rollback(struct ctl *c);
/* Tells a tunnel's negotiation as it happens, from this story on. */
enum code follow_tunnel(struct ctl *c, const char *tunnel, long long id);
/* The story of one negotiation. */
void explain_story(struct paper *p, const json_t *story);
/* What a change or a reset did to SAs, out of the daemon's answers. */
void effect_impact(struct paper *p, const json_t *impact);
void effect_reset(struct paper *p, const json_t *reset);
