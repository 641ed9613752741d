/* manual_keys.c - IPsec SAs whose SPIs and keys are configured at both ends
 *
 * A flow of such a tunnel is started as any other, by the book: when its configuration is taken up,
 * after a reset, after a failure. Instead of a negotiation the keys are opened and installed.
 *
 * Called by: book_start.c, child.c, reset.c, stale.c.  Thread: loop.  Owns: nothing; an opened
 * secret is wiped at once.
 */
#include "core/ike/manual_keys.h"

#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/ports.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"

bool manual_is(const struct tunnel *t)
{
	return t->keying == KEYING_MANUAL;
}

/* --- the keys --- */

static const char *after_0x(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
}

/* The octets that the secret's text means. NULL with a sentence that tells lengths, never a key. */
static struct bytes *open_key(struct child *c, bool inbound, struct fault *f)
{
	struct engine *e = c->e;
	const char *name = inbound ? c->tunnel->manual_key_in : c->tunnel->manual_key_out;
	const char *member = inbound ? "manual.key_in" : "manual.key_out";
	const struct secret *s = config_secret(e->config, name);
	unsigned due = esp_suite_key_octets(&c->suite);
	struct bytes *plain = NULL, *text;
	char suite[SUITE_TEXT];

	if (!s) {
		fail_field(f, R_NO_SECRET, member, "the tunnel %s names no key", c->tunnel->r.name);
		return NULL;
	}
	if (e->ports.secret(e->ports.ctx, s, &plain, f) != R_OK)
		return NULL;
	own(bytes) hex = plain;
	text = bytes_new(hex->n + 1);
	if (!text) {
		fail(f, R_NO_MEMORY, "no memory for a key");
		return NULL;
	}
	own(bytes) terminated = text;
	memcpy(terminated->at, hex->at, hex->n);
	terminated->at[hex->n] = '\0';
	struct bytes *key = bytes_of_hex(after_0x((const char *)terminated->at));
	if (key && key->n == due) {
		c->keys[inbound] = s;
		record_ref(&s->r);
		return key;
	}
	fail_field(
		f, R_INVALID, member,
		"the secret %s %s, where %s takes %u octets: the encryption key and behind it the "
		"integrity key",
		s->r.name, key ? "has another length" : "is not written in hexadecimal",
		esp_suite_text(&c->suite, GROUP_NONE, suite), due);
	bytes_free(key);
	return NULL;
}

static enum reason install(struct child *c, bool inbound, struct fault *f)
{
	own(bytes) key = open_key(c, inbound, f);

	if (!key)
		return f->reason;
	return inbound ? child_install_in(c, slice_of(key), f)
		       : child_install_out(c, slice_of(key), f);
}

/* --- beginning --- */

static enum reason find_path(const struct peer_run *p, struct addr *local, struct addr *remote,
			     struct fault *f)
{
	const struct engine *e = p->e;
	char text[ADDR_TEXT];

	if (!book_remote(p, remote, f))
		return f->reason;
	if (!remote->family)
		return fail_field(f, R_INVALID, "remote_address",
				  "the address of %s is not known yet", p->peer->r.name);
	if (addr_read(p->peer->local_address, local) ||
	    e->ports.source_for(e->ports.ctx, remote, local))
		return R_OK;
	return fail_field(f, R_SYSTEM, "local_address", "there is no route to %s",
			  addr_text(remote, text));
}

static enum reason build(struct child *c, struct fault *f)
{
	const struct tunnel *t = c->tunnel;
	const struct ipsec_proposal *p =
		t->ipsec_proposals_n ? config_ipsec_proposal(c->e->config, t->ipsec_proposals[0])
				     : NULL;

	if (!p || !t->manual_spi_in || !t->manual_spi_out)
		return fail_field(f, R_INVALID, "keying",
				  "the tunnel %s lacks an SPI or a proposal", t->r.name);
	c->proposal = p;
	record_ref(&p->r);
	c->suite = ipsec_proposal_suite(p, t->sha2_256_truncation_96);
	c->transport = t->mode == TUNNEL_TRANSPORT;
	if (child_of_spi_in(c->e, t->manual_spi_in))
		return fail_field(f, R_PLANE, "manual.spi_in", "another IPsec SA has the SPI %08x",
				  (unsigned)t->manual_spi_in);
	c->spi_in = t->manual_spi_in;
	c->spi_out = t->manual_spi_out;
	if (registry_child(c->e->registry, c, f) != R_OK)
		return f->reason;
	return install(c, true, f) == R_OK ? install(c, false, f) : f->reason;
}

enum reason manual_start(struct flow *fl, const char *who, struct fault *f)
{
	struct addr local = { 0 }, remote = { 0 };
	struct peer_run *p = fl->run->peer_run;
	struct child *c;

	if (find_path(p, &local, &remote, f) != R_OK) {
		book_failed(p, fl->run, 0, f);
		book_sa_failed(p, f);
		return f->reason;
	}
	c = child_by_hand(p->peer, fl, f);
	if (!c)
		return f->reason;
	text_copy(c->who, sizeof(c->who), who);
	c->local = addr_with_port(local, 0);
	c->remote = addr_with_port(remote, 0);
	if (build(c, f) == R_OK) {
		child_up(c);
		return R_OK;
	}
	engine_tell(c->e, EVT_MANUAL_FAILED, NULL, c, f->reason, "%s has no IPsec SAs: %s",
		    c->tunnel->r.name, f->text);
	child_fail(c, f);
	return f->reason;
}

/* --- older than the configuration? --- */

static void say(struct text *t, const char *member)
{
	if (!t)
		return;
	text_add_str(t, t->n ? ", " : "");
	text_add_str(t, member);
}

enum impact manual_stale(const struct child *c, const struct config *cfg, struct text *ret)
{
	static const char *const names[] = { "manual.key_out", "manual.key_in" };
	const struct peer *now = config_peer(cfg, c->peer->r.name);
	enum impact i = IMPACT_NONE;

	for (int in = 1; in >= 0; in--) {
		const struct record *was = c->keys[in] ? &c->keys[in]->r : NULL;
		const struct record *is = was ? config_find(cfg, K_SECRET, was->name) : NULL;

		if (!was || (is && record_diff(was, is, NULL) < IMPACT_CHILD))
			continue;
		say(ret, names[in]);
		i = IMPACT_CHILD;
	}
	if (strcmp(now->remote_address, c->peer->remote_address) != 0) {
		say(ret, "peer.remote_address");
		i = IMPACT_CHILD;
	}
	if (strcmp(now->local_address, c->peer->local_address) != 0) {
		say(ret, "peer.local_address");
		i = IMPACT_CHILD;
	}
	return i;
}
