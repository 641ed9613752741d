/* stray.c - telling that something came which belongs to no SA, once a second at most
 *
 * Events for those who watch from afar: a device that answers for the modules of other vendors has
 * a notification for each of these. They are neither journalled nor logged above debug, since a
 * stranger can cause all but the last kind.
 *
 * Called by: engine.c (a datagram), the daemon (news of the data plane), child_path.c (counters).
 * Thread: loop.  Owns: nothing.
 */
#include "core/ike/stray.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/engine_tell.h"
#include "core/ike/recovery.h"
#include "core/ike/within.h"

static bool is_time(struct engine *e, msec *told_at)
{
	if (*told_at && e->now - *told_at < SECOND_MS)
		return false;
	*told_at = e->now ? e->now : 1;
	return true;
}

void stray_message(struct engine *e, const struct packet *p)
{
	struct event ev = {
		.id = EVT_IKE_STRAY, .reason = R_BAD_COOKIE, .local = p->local, .remote = p->remote
	};
	char from[ADDR_TEXT];

	if (!is_time(e, &e->stray_ike_at))
		return;
	snprintf(ev.text, sizeof(ev.text), "a message from %s belongs to no IKE SA of ours",
		 addr_text_port(&p->remote, from));
	events_tell(e->ports.events, &ev);
}

static void tell_esp(struct engine *e, uint32_t spi, const struct addr *from)
{
	struct event ev = {
		.id = EVT_CHILD_STRAY, .reason = R_BAD_SPI, .remote = *from, .spi = spi
	};
	char text[ADDR_TEXT];

	if (!is_time(e, &e->stray_esp_at))
		return;
	snprintf(ev.text, sizeof(ev.text),
		 "ESP from %s has the SPI 0x%08" PRIx32 ", which is of no SA of ours",
		 addr_text(from, text), spi);
	events_tell(e->ports.events, &ev);
}

void engine_unknown_spi(struct engine *e, msec now, uint32_t spi, const struct addr *from)
{
	e->now = now;
	/* one that is being negotiated may be used by the peer a moment before we are ready */
	if (!child_of_spi_in(e, spi))
		tell_esp(e, spi, from);
	recovery_unknown(e, spi, from);
}

static void tell_errors(struct child *c, enum reason r, uint64_t more, const char *what)
{
	if (more)
		engine_tell(c->e, EVT_CHILD_ERRORS, c->sa, c, r, "%" PRIu64 " packet%s %s", more,
			    more == 1 ? "" : "s", what);
}

static uint64_t more_of(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

void stray_errors(struct child *c, const struct plane_count *in, const struct plane_count *out)
{
	const struct plane_count *was_in = &c->seen_in, *was_out = &c->seen_out;

	tell_errors(c, R_BAD_HASH, more_of(in->bad_icv, was_in->bad_icv),
		    "came with a checksum that does not verify");
	tell_errors(c, R_REPLAYED, more_of(in->replayed, was_in->replayed),
		    "came again, or too late for the window");
	tell_errors(c, R_MALFORMED, more_of(in->other_errors, was_in->other_errors),
		    "could not be deciphered");
	tell_errors(c, R_PLANE, more_of(out->other_errors, was_out->other_errors),
		    "could not be enciphered");
}
