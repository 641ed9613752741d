/* ctl.c - `ikeeper VERB NOUN ...`: the verbs, their options, and help
 *
 * The command line of the gateway: a client of the REST API over the local socket and nothing
 * else, so whatever it can do, curl can. Tables for people, --json for scripts, exit codes
 * that stay (code.h).
 *
 * Called by: main.c.  Thread: the only one.  Owns: the client and the paper.
 */
#include "api/ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/ctl/complain.h"
#include "api/ctl/noun.h"
#include "api/ctl/verbs.h"

struct verb {
	const char *word;
	enum code (*run)(struct ctl *c);
	const char *options; /* beside the ones every verb has */
	const char *usage, *help;
};

/* clang-format off */
static const struct verb verbs[] = {
	{ "status", overview_run, " watch interval ", "status",
	  "Everything on one screen: peers, tunnels, what is down and why" },
	{ "show", show_run, " stale limit watch interval peer tunnel ",
	  "show NOUN [NAME|ID] [--stale] [--limit N] [--peer N] [--tunnel N]",
	  "A list, or one with all its members" },
	{ "policies", show_policies, " watch interval peer tunnel ", "policies [--peer N] [--tunnel N]",
	  "The policies that the data plane really has, and whose each is" },
	{ "kernel-sas", show_kernel_sas, " watch interval peer tunnel ",
	  "kernel-sas [--peer N] [--tunnel N]",
	  "The SAs that it really has: known, orphans, other people's, and those that are missing" },
	{ "set", alter_set, " dry-run reset must-exist new comment stage set ",
	  "set NOUN NAME [MEMBER=VALUE ...] [--dry-run] [--reset affected|none]\n"
	  "          [--must-exist|--new] [--comment TEXT] [--stage [--set ID]]",
	  "Change members of a record, or make it; lists are written a,b,c" },
	{ "delete", alter_delete, " dry-run reset comment stage set ",
	  "delete NOUN NAME|ID [--dry-run] [--reset affected|none] [--comment TEXT]\n"
	  "          [--stage [--set ID]]",
	  "Delete a record, or an SA" },
	{ "edit", edit_run, " dry-run reset comment apply ",
	  "edit [NOUN NAME] [--dry-run|--apply] [--reset affected|none] [--comment TEXT]",
	  "A record, or the whole configuration, in $VISUAL or $EDITOR: what changes, which SAs it\n"
	  "touches; applied with --apply, or a yes on a terminal" },
	{ "stage", staged_stage, " set ", "stage [FILE|-] [--set ID]",
	  "Put a JSON list of edits into a change set: [{\"op\", \"path\", \"value\"}, ...]" },
	{ "unstage", alter_unstage, " set ", "unstage NOUN NAME [--set ID]",
	  "Take a record's edits out of the change set again" },
	{ "diff", staged_diff, " set ", "diff [--set ID] | diff REVISION [REVISION]",
	  "What is staged, or what differs between a revision and another or now" },
	{ "impact", staged_impact, " set reset canary ",
	  "impact [--set ID] [--reset affected|none|peers] [--canary PEER[,PEER]|label=KEY=VALUE]",
	  "What the rules say to what is staged, and the SAs it would touch" },
	{ "apply", staged_apply,
	  " set dry-run reset reinitiate confirm confirm-on comment canary hold widen ",
	  "apply [--set ID] [--dry-run] [--reset affected|none|peers]\n"
	  "          [--reinitiate auto|always|never] [--comment TEXT]\n"
	  "          [--confirm TIME] [--confirm-on established|manual]\n"
	  "          [--canary PEER[,PEER]|label=KEY=VALUE [--hold TIME] [--widen auto|manual]]",
	  "Make what is staged one change; with --confirm it goes back unless confirmed, with\n"
	  "--canary it is tried on these peers first" },
	{ "widen", canary_widen, " set ", "widen [--set ID]",
	  "What is tried on a few peers first is for all from now on; `rollback` takes it back" },
	{ "discard", staged_discard, " set ", "discard [--set ID]", "Forget what is staged" },
	{ "confirm", back_confirm, "", "confirm [REVISION]",
	  "A change that waits to be confirmed stays" },
	{ "rollback", back_rollback, " dry-run reset reinitiate confirm confirm-on comment ",
	  "rollback [REVISION] [--dry-run] [--reset affected|none|peers]\n"
	  "          [--reinitiate auto|always|never] [--comment TEXT]\n"
	  "          [--confirm TIME] [--confirm-on established|manual]",
	  "Go back to what was in a revision, else before the last change" },
	{ "history", staged_history, " limit ", "history [--limit N]",
	  "Changes newest first, one a line" },
	{ "audit", act_audit, "", "audit verify",
	  "Is the audit log what was written, or where does its chain break; `show audit` lists it" },
	{ "secret", persons_secret, " stdin type comment overlap dry-run reset ",
	  "secret set NAME --stdin [--type psk|passphrase]\n"
	  "       ikeeper secret rotate NAME --stdin [--overlap TIME] [--dry-run]\n"
	  "       ikeeper secret finish NAME [--dry-run] [--reset affected|none|peers]\n"
	  "       ikeeper secret fingerprint NAME",
	  "Set a secret to one line of standard input; or rotate a pre-shared key: for a while (24h)\n"
	  "  peers may prove the old one as well, unless that is finished before" },
	{ "user", persons_user, " role scope stdin ",
	  "user add NAME --role viewer|auditor|operator|editor|admin [--scope LABEL,...]",
	  "Add a person; the password is one line of standard input" },
	{ "reset", act_reset,
	  " all peer tunnel ike-sa child-sa remote spi stale level dry-run no-notify reinitiate wait ",
	  "reset --all|--peer N|--tunnel N|--ike-sa ID|--child-sa ID|--remote ADDRESS|\n"
	  "          --spi SPI|--spi DST/PROTO/SPI|--stale [--level child|ike|both]\n"
	  "          [--dry-run] [--no-notify] [--reinitiate auto|always|never] [--wait SECONDS]\n"
	  "       ikeeper reset ike sa [CONNECTION-ID]\n"
	  "       ikeeper reset ipsec sa [remote ADDRESS | tunnel NAME | policy NAME [SEQUENCE] |\n"
	  "          parameters DESTINATION ah|esp SPI]\n"
	  "       ikeeper reset ipsec session [tunnel-id ID]",
	  "Delete SAs, children first, and tell the peers" },
	{ "display", words_display, " watch interval ", "display ike sa [verbose] | display ike proposal | ike peer|dpd [NAME]\n"
	  "       ikeeper display ipsec sa|policy|proposal [NAME] | ipsec session|statistics [tunnel-id ID]\n"
	  "       ikeeper display current-configuration",
	  "What there is, in the words of the manual: both phases with connection ids and flags" },
	{ "initiate", act_initiate, " follow ", "initiate peer|tunnel NAME [--follow]",
	  "Start a tunnel, or all tunnels of a peer" },
	{ "rekey", act_rekey, "", "rekey ike-sa|child-sa ID", "New keys for an SA before they are due" },
	{ "test", act_test, "", "test trap", "Send a test notification to every trap target" },
	{ "explain", explain_run, " last ", "explain peer NAME|tunnel NAME|ID|--last",
	  "Why a negotiation went as it did" },
	{ "replay", whatif_replay, " changeset ", "replay negotiation ID [--changeset ID]",
	  "What the peer offered then, against what is set now or in a change set" },
	{ "trace", wire_trace, " seconds secrets ",
	  "trace start [PEER] [--seconds N] [--secrets] | trace list\n"
	  "       ikeeper trace stop|delete ID | trace export ID DIRECTORY",
	  "Record IKE datagrams for a while, with --secrets the keys too; export them for Wireshark" },
	{ "simulate", whatif_simulate, " against from ",
	  "simulate peer NAME --against FILE|- --from comware|swanctl|ipsec.conf|ikeeper",
	  "Play a negotiation with the other end's configuration in memory; nothing is sent or kept" },
	{ "import", import_run, " from apply stage comment reset ",
	  "import --from comware|swanctl|ipsec.conf|ndjson FILE|- [--apply|--stage]\n"
	  "          [--comment TEXT] [--reset affected|none|peers]",
	  "The configuration text of another product as one change: what it becomes, what cannot,\n"
	  "what would happen to SAs; applied with --apply, or a yes on a terminal" },
	{ "backup", backup_run, " passphrase-stdin ", "backup FILE [--passphrase-stdin]",
	  "The configuration as one file; with a passphrase another machine can restore its secrets" },
	{ "restore", backup_restore,
	  " passphrase-stdin apply reset reinitiate confirm confirm-on comment ",
	  "restore FILE [--passphrase-stdin] [--apply] [--reset affected|none|peers]\n"
	  "          [--reinitiate auto|always|never] [--comment TEXT]\n"
	  "          [--confirm TIME] [--confirm-on established|manual]",
	  "What a backup would change and which SAs it touches; with --apply it is one change" },
	{ "export", export_run, " to ", "export --to comware",
	  "The configuration as the text of another product, without keys" },
	{ "generate", export_generate, " for remote ",
	  "generate peer NAME --for comware|swanctl|ipsec.conf|routeros|fortios|ios\n"
	  "          [--remote OUR-ADDRESS]",
	  "What the other end of a peer has to be configured with, with words where the key goes" },
	{ "api", raw_run, "", "api METHOD PATH [BODY|-]",
	  "Any request: ikeeper api GET /ike-sas" },
};
/* clang-format on */

static const struct verb *verb_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

static void help_verb(const struct verb *v)
{
	struct text nouns;

	printf("usage: ikeeper %s\n\n%s.\n", v->usage, v->help);
	text_init(&nouns, 0);
	if (v->run == show_run)
		noun_words(&nouns, 0);
	else if (v->run == alter_set || v->run == edit_run)
		noun_words(&nouns, NOUN_SET);
	else if (v->run == alter_delete)
		noun_words(&nouns, NOUN_DELETE);
	if (nouns.n)
		printf("NOUN is one of: %s\n", nouns.at);
	text_done(&nouns);
}

static enum code help_all(void)
{
	puts("usage: ikeeper [--socket PATH] [--timeout SECONDS] [--json|--yaml] VERB ...\n");
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		printf("  %-10s %s\n", verbs[i].word, verbs[i].help);
	puts("  help      This text; help VERB says more\n\n"
	     "--json prints what the daemon said, --yaml the same as YAML; status and show take\n"
	     "--watch [--interval S].\n"
	     "Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a rule, 4 not found,\n"
	     "5 conflict, 6 no answer in time, 7 the daemon cannot be reached.");
	return CODE_OK;
}

static enum code help(const struct wants *w)
{
	const struct verb *v = w->words_n > 1 ? verb_find(w->words[1]) : NULL;

	if (w->words_n < 2)
		return help_all();
	if (!v)
		return complain_usage("there is no verb %s", w->words[1]);
	help_verb(v);
	return CODE_OK;
}

enum code verbs_ask(struct ctl *c, const struct ask *a, struct answer *ret)
{
	struct fault f = { 0 };
	enum code r = client_ask(c->client, a, ret, &f);

	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(ret) == CODE_OK)
		return CODE_OK;
	r = complain_answer(c, ret);
	answer_done(ret);
	return r;
}

enum code verbs_get(struct ctl *c, const char *path, struct answer *ret)
{
	return verbs_ask(c, &(struct ask){ .method = "GET", .path = path }, ret);
}

static enum code run(struct ctl *c, const struct verb *v)
{
	enum code r;

	paper_init(&c->paper, c->want.json || c->want.yaml, c->want.watch);
	c->paper.yaml = c->want.yaml;
	do {
		if (c->want.watch)
			paper_clear(&c->paper);
		r = v->run(c);
		paper_flush(&c->paper);
		if (c->want.watch && !ferror(stdout))
			nanosleep(&(struct timespec){ .tv_sec = c->want.interval_s }, NULL);
	} while (c->want.watch && r == CODE_OK && !ferror(stdout));
	paper_done(&c->paper);
	return ferror(stdout) ? CODE_FAILED : r;
}

/* Whoever waits for an end waits for the answer, too. */
static unsigned patience(const struct wants *w)
{
	return w->wait_s ? MAX_OF(w->timeout_s, w->wait_s + 5) : w->timeout_s;
}

enum code ctl_main(int argc, char **argv)
{
	struct ctl c = { 0 };
	struct fault f = { 0 };

	if (wants_read(argc, argv, &c.want, &f) != R_OK)
		return complain_usage("%s", f.text);
	if (c.want.version) {
		printf("ikeeper %s\n", IKEEPER_VERSION);
		return CODE_OK;
	}
	if (c.want.words_n == 0)
		return c.want.help ? help_all() : complain_usage("a verb is needed");
	if (strcmp(c.want.words[0], "help") == 0)
		return help(&c.want);
	const struct verb *v = verb_find(c.want.words[0]);
	if (!v)
		return complain_usage("there is no verb %s", c.want.words[0]);
	if (c.want.help) {
		help_verb(v);
		return CODE_OK;
	}
	const char *odd = wants_odd_one(&c.want, v->options);
	if (odd)
		return complain_usage("%s does not take --%s", v->word, odd);
	own(client) client = client_new(c.want.socket, patience(&c.want));
	if (!client)
		return complain_usage("out of memory");
	c.client = client;
	return run(&c, v);
}
