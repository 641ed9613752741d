/* exception.c - register: members of exceptions, and which one permits what
 *
 * A partner's old gateway may need a weak cipher, or a pre-shared key in aggressive mode. Who stands for
 * that, why, and until when is a record. A rule that would warn or refuse asks here first: it names the
 * exception while there is one, and speaks as ever when it has ended. Nothing is torn down by that.
 *
 * Called by: record.c through kind.def, the rules, core/daemon/expiry.c.  Thread: any.
 * Owns: nothing.
 */
#include "core/model/exception.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/moment.h"
#include "core/model/peer.h"

/* clang-format off */
static const struct name kinds[] = {
	{ EXCEPTION_WEAK_ALGORITHM, "weak_algorithm" }, { EXCEPTION_AGGRESSIVE_PSK, "aggressive_psk" },
	{ EXCEPTION_WEAK_KEY, "weak_key" }, { 0, NULL },
};

const struct field exception_fields[] = {
	FIELD(exception, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the exception"),
	FIELD(exception, kind, "kind", .kind = F_CHOICE, .names = kinds, .preset = "weak_algorithm",
	      .help = "What it permits: a weak algorithm of a proposal, a pre-shared key in aggressive mode, or one that can be guessed there"),
	FIELD(exception, object, "object", .kind = F_TEXT, .max = 95,
	      .help = "The record it is about, as peers/NAME, ike-proposals/NAME or ipsec-proposals/NAME; empty: peers that name it in exceptions"),
	FIELD(exception, owner, "owner", .kind = F_TEXT, .min = 1, .max = EXCEPTION_OWNER - 1, .flags = FF_REQUIRED,
	      .help = "Who stands for it"),
	FIELD(exception, reason, "reason", .kind = F_TEXT, .min = 1, .max = EXCEPTION_REASON - 1, .flags = FF_REQUIRED,
	      .help = "Why it is needed"),
	FIELD(exception, expires_at, "expires_at", .kind = F_TEXT, .syntax = SYN_MOMENT, .min = 10, .max = EXCEPTION_MOMENT - 1,
	      .flags = FF_REQUIRED, .help = "When it ends, in UTC: 2027-01-31 or 2027-01-31T18:00:00Z"),
	{ 0 },
};
/* clang-format on */

int64_t exception_end_s(const struct exception *x)
{
	int64_t s = 0;

	return moment_read(x->expires_at, &s) ? s : 0;
}

enum kind exception_object(const struct exception *x, const char **ret_name)
{
	const char *sign = strrchr(x->object, '/');
	char path[sizeof(x->object)];

	*ret_name = "";
	if (!sign || !sign[1])
		return K_COUNT;
	snprintf(path, sizeof(path), "%.*s", (int)(sign - x->object), x->object);
	*ret_name = sign + 1;
	return kind_of_path(path);
}

bool exception_fits(enum exception_kind k, enum kind of)
{
	if (k == EXCEPTION_WEAK_ALGORITHM)
		return of == K_IKE_PROPOSAL || of == K_IPSEC_PROPOSAL;
	return of == K_PEER;
}

static bool is_about(const struct exception *x, const struct record *rec)
{
	const char *name;

	return exception_object(x, &name) == rec->kind && strcmp(name, rec->name) == 0;
}

static const struct exception *longer(const struct exception *a, const struct exception *b)
{
	return a && exception_end_s(a) >= exception_end_s(b) ? a : b;
}

const struct exception *exception_for(const struct config *c, const struct record *rec,
				      enum exception_kind k, int64_t now_s)
{
	const struct peer *p = rec->kind == K_PEER ? (const void *)rec : NULL;
	const struct exception *best = NULL;

	for (size_t i = 0; i < config_count(c, K_EXCEPTION); i++) {
		const struct exception *x = (const void *)config_at(c, K_EXCEPTION, i);

		if (x->kind == (int)k && exception_end_s(x) > now_s && is_about(x, rec))
			best = longer(best, x);
	}
	for (size_t i = 0; p && i < p->exceptions_n; i++) {
		const struct exception *x =
			(const void *)config_find(c, K_EXCEPTION, p->exceptions[i]);

		if (x && x->kind == (int)k && !*x->object && exception_end_s(x) > now_s)
			best = longer(best, x);
	}
	return best;
}

char *exception_text(const struct exception *x, char ret[EXCEPTION_TEXT])
{
	snprintf(ret, EXCEPTION_TEXT, "exception %s of %.40s until %s", x->r.name, x->owner,
		 x->expires_at);
	return ret;
}
