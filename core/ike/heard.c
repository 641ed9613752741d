/* heard.c - what a peer asked for when it last called, and what that tells when it refuses us
 *
 * Bodies are kept as they came and read again when they are needed, since refusals are rare. The
 * comparison is the responder's own, turned round: its offer against ours.
 *
 * Called by: first1.c, greet1.c, quick_resp1.c (keeping), info1.c (asking), book_adopt.c.
 * Thread: loop.  Owns: the kept bodies, through struct peer_run.
 */
#include "core/ike/heard.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/registry.h"
#include "core/ike/sa.h"
#include "core/ike/select.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/selector.h"
#include "core/model/settings.h"
#include "core/model/story.h"
#include "core/model/tunnel.h"
#include "core/wire/header.h"
#include "core/wire/sa1.h"

enum { OFFER = 96, UNSPOKEN_APART_MS = 10000, ASKS_APART_MS = 60000, ANSWER_HOLDS_MS = 600000 };

static void keep(struct bytes **at, struct slice body)
{
	struct bytes *b = bytes_of(body.at, body.n);

	if (!b)
		return;
	bytes_free(*at);
	*at = b;
}

void heard_ike(struct peer_run *p, int mode, struct slice body)
{
	p->heard.mode = mode;
	keep(&p->heard.ike, body);
}

void heard_esp(struct peer_run *p, struct slice body)
{
	keep(&p->heard.esp, body);
	p->heard.esp_asked = 0;
}

void heard_flow(struct peer_run *p, const struct selector *local, const struct selector *remote)
{
	struct selector all;

	/* all traffic is what we ask with too, and says nothing of what is wanted */
	if (selector_read(local->range.low.family == 6 ? "::/0" : "0.0.0.0/0", &all) &&
	    selector_equal(local, &all) && selector_equal(remote, &all))
		return;
	p->heard.local = *local;
	p->heard.remote = *remote;
	p->heard.flow = true;
	p->heard.flow_asked = 0;
}

void heard_answer_esp(const struct ike_sa *sa, struct slice body)
{
	if (!sa->run)
		return;
	keep(&sa->run->heard.esp, body);
	sa->run->heard.esp_asked = sa->e->now;
}

void heard_answer_flow(const struct ike_sa *sa, const struct selector *local,
		       const struct selector *remote)
{
	if (!sa->run)
		return;
	heard_flow(sa->run, local, remote);
	sa->run->heard.flow_asked = sa->e->now;
}

void heard_asked(const struct ike_sa *sa, const char *about, const struct fault *g,
		 struct fault *verdict)
{
	fail_field(verdict, verdict->reason, g->field, "%s refused, not why; asked for %s, %s",
		   sa->peer->r.name, about, g->text);
	snprintf(verdict->hint, sizeof(verdict->hint), "Make %s equal at both ends",
		 g->field + (*g->field == '/'));
}

/* What was asked for long ago may have been put right since. */
static bool is_fresh(const struct ike_sa *sa, msec asked)
{
	return asked == 0 || sa->e->now - asked < ANSWER_HOLDS_MS;
}

void heard_forget(struct peer_run *p)
{
	bytes_free(p->heard.ike);
	bytes_free(p->heard.esp);
	p->heard.ike = p->heard.esp = NULL;
	p->heard.flow = false;
}

void heard_asks(struct engine *e, struct peer_run *p)
{
	if (e->now < p->heard.asks_until)
		return;
	p->heard.asks_until = e->now + ASKS_APART_MS;
	engine_tell(e, EVT_PEER_ASKS, NULL, NULL, R_OK,
		    "%s asks what would be accepted, since it was refused", p->peer->r.name);
}

void heard_unspoken(struct engine *e, const struct packet *p, const struct header *h)
{
	static const uint8_t none[COOKIE_SIZE];
	struct peer_run *run = registry_caller(e->registry, &p->local, &p->remote, NULL);
	struct fault f = { 0 };

	if (!run || memcmp(h->cky_r, none, sizeof(none)) != 0 || e->now < run->heard.unspoken_until)
		return;
	run->heard.unspoken_until = e->now + UNSPOKEN_APART_MS;
	struct trace_start s = {
		.exchange = h->exchange,
		.role = ROLE_RESPONDER,
		.peer = run->peer->r.name,
		.tunnel = "",
		.local = p->local,
		.remote = p->remote,
	};
	uint64_t id = trace_begin(e, &s);

	fail_field(&f, R_BAD_VERSION, "ike_version",
		   "%s calls with IKE version %u; IKE version 1 is spoken with it here",
		   run->peer->r.name, h->version >> 4u);
	snprintf(f.hint, sizeof(f.hint), "Have the peer use IKE version 1");
	trace_fail(e, id, SIDE_LOCAL, &f);
}

/* What was inferred from an earlier call: g says what each end has. */
static void inferred(const char *words, bool asked, const struct fault *g, struct fault *f)
{
	fail_field(f, f->reason, g->field, "%s, not why; inferred from %s: %s", words,
		   asked ? "what it answered before" : "its last call", g->text);
	snprintf(f->hint, sizeof(f->hint),
		 "Make %s equal at both ends, if the peer has not changed since",
		 g->field + (*g->field == '/'));
}

bool heard_other_mode(const struct ike_sa *sa, const char *words, struct fault *f)
{
	const struct peer_run *p = sa->run;

	if (!p || !p->heard.ike || p->heard.mode == sa->exchange_mode)
		return false;
	bool main = sa->exchange_mode == MODE_MAIN;
	fail_field(f, f->reason, "exchange_mode",
		   "%s, not why; inferred from its last call: it uses %s mode, we call in %s mode",
		   words, main ? "aggressive" : "main", main ? "main" : "aggressive");
	snprintf(f->hint, sizeof(f->hint),
		 "Set exchange_mode to what the peer uses, if it has not changed since");
	return true;
}

/* The first line of an offer, and that there are more. */
static void first_line(char *lines)
{
	for (char *c = lines; *c; c++) {
		if (*c == '\n') {
			snprintf(c, OFFER, "%s", " and others");
			return;
		}
	}
}

bool heard_refused_ike(const struct ike_sa *sa, const char *words, struct fault *f)
{
	const struct ike_proposal *offered[SELECT_MOST];
	size_t n = select_ike_offered(sa->e->config, sa->peer, offered, SELECT_MOST);
	const struct bytes *body = sa->run ? sa->run->heard.ike : NULL;
	char text[STORY_OFFERS + OFFER];
	struct ike_choice choice;
	struct sa1 theirs;
	struct fault g = { 0 };

	if (f->reason != R_NO_PROPOSAL)
		return true;
	if (body && sa1_read(slice_of(body), &theirs, NULL) == R_OK &&
	    select_ike(&theirs, offered, n, &choice, &g) == R_NO_PROPOSAL && *g.field) {
		inferred(words, false, &g, f);
		return true;
	}
	select_ike_text(offered, n, text, STORY_OFFERS);
	first_line(text);
	fail_field(f, R_NO_PROPOSAL, "ike_proposals",
		   "%s and does not say which member; we offered %s in %s mode", words, text,
		   sa->exchange_mode == MODE_AGGRESSIVE ? "aggressive" : "main");
	snprintf(f->hint, sizeof(f->hint),
		 "Compare encryption_algorithm, key_length, integrity_algorithm, dh_group, "
		 "authentication_method, exchange_mode, ike_version, and our address there");
	return false;
}

static bool esp_differs(const struct bytes *body, const struct esp_offer *ours, struct fault *g)
{
	struct esp_choice choice;
	struct sa1 theirs;

	return body && sa1_read(slice_of(body), &theirs, NULL) == R_OK &&
	       select_esp_offer(&theirs, ours, &choice, g) == R_NO_PROPOSAL && *g->field;
}

/* Their remote is our local. */
static bool flow_differs(const struct ike_sa *sa, const struct child *c, struct fault *g)
{
	char l[SELECTOR_TEXT], r[SELECTOR_TEXT];
	bool local, remote;

	if (!sa->run || !sa->run->heard.flow || !is_fresh(sa, sa->run->heard.flow_asked))
		return false;
	local = !selector_equal(&sa->run->heard.local, &c->local_ts);
	remote = !selector_equal(&sa->run->heard.remote, &c->remote_ts);
	if (local && remote)
		return false; /* another tunnel */
	if (local)
		fail_field(g, R_BAD_ID, "local_ts", "it has %s, we %s",
			   selector_text(&sa->run->heard.local, r, sizeof(r)),
			   selector_text(&c->local_ts, l, sizeof(l)));
	else if (remote)
		fail_field(g, R_BAD_ID, "remote_ts", "it has %s, we %s",
			   selector_text(&sa->run->heard.remote, r, sizeof(r)),
			   selector_text(&c->remote_ts, l, sizeof(l)));
	return local || remote;
}

static void esp_unknown(const struct child *c, const char *words, const char *offer,
			struct fault *f)
{
	char l[SELECTOR_TEXT], r[SELECTOR_TEXT];

	if (f->reason == R_NO_PROPOSAL) {
		fail_field(f, f->reason, "ipsec_proposals",
			   "%s and does not say which member; we offered %s", words, offer);
		snprintf(f->hint, sizeof(f->hint),
			 "Compare encryption_algorithm, key_length, integrity_algorithm, "
			 "pfs_group, mode, "
			 "protocol with the peer's");
		return;
	}
	fail_field(f, f->reason, "remote_ts",
		   "%s and does not say which; we asked for %s to %s in %s mode", words,
		   selector_text(&c->local_ts, l, sizeof(l)),
		   selector_text(&c->remote_ts, r, sizeof(r)),
		   c->tunnel->mode == TUNNEL_TRANSPORT ? "transport" : "tunnel");
	snprintf(f->hint, sizeof(f->hint),
		 "Compare remote_ts, local_ts and mode: the peer must have the mirror of both");
}

bool heard_refused_esp(const struct ike_sa *sa, const struct child *c, const char *words,
		       struct fault *f)
{
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer ours = {
		.config = sa->e->config,
		.tunnel = c->tunnel,
		.list = list,
		.encap = sa->encap,
		.draft = sa->natt_draft,
	};
	char text[STORY_OFFERS + OFFER];
	struct fault g = { 0 };

	if (f->reason != R_NO_PROPOSAL && f->reason != R_BAD_ID && f->reason != R_NO_TUNNEL)
		return true;
	ours.n = select_esp(sa->e->config, c->tunnel, list, SELECT_MOST);
	/* other selectors leave no proposal to judge; a mode can be refused in either word */
	if (f->reason != R_NO_PROPOSAL && flow_differs(sa, c, &g)) {
		inferred(words, sa->run->heard.flow_asked != 0, &g, f);
		return true;
	}
	if (sa->run && is_fresh(sa, sa->run->heard.esp_asked) &&
	    esp_differs(sa->run->heard.esp, &ours, &g)) {
		inferred(words, sa->run->heard.esp_asked != 0, &g, f);
		return true;
	}
	select_esp_text(&ours, text, STORY_OFFERS);
	first_line(text);
	esp_unknown(c, words, text, f);
	return false;
}

bool heard_called(const struct ike_sa *sa)
{
	return sa->run && sa->run->heard.ike && sa->run->heard.mode == sa->exchange_mode;
}

bool heard_may_ask(const struct engine *e)
{
	return config_ike(e->config)->ask_after_refusal;
}

bool heard_failure(const struct ike_sa *sa, struct fault *ret)
{
	if (!sa->run || sa->run->failed.reason == R_OK)
		return false;
	*ret = sa->run->failed;
	return true;
}
