/* match.c - comparing transforms trait by trait, and remembering the pair that came nearest
 *
 * Called by: select.c, select_esp.c.  Thread: any, values only.  Owns: nothing.
 */
#include "core/ike/match.h"

enum { TEXT = 100 };

struct match match_start(const char *const *names, size_t n, uint8_t protocol)
{
	return (struct match){ .names = names, .n = n, .protocol = protocol, .best = -1 };
}

bool match_pair(struct match *m, const struct traits *theirs, const struct traits *ours)
{
	const char *first = NULL;
	int equal = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (theirs->v[i] == ours->v[i])
			equal++;
		else if (!first)
			first = m->names[i];
	}
	if (!first)
		return true;
	if (equal > m->best) {
		m->best = equal;
		m->field = first;
		m->their_protocol = 0; /* match_texts fills them in */
	}
	return false;
}

void match_texts(struct match *m, uint8_t protocol, const struct transform1 *theirs,
		 const struct transform1 *ours)
{
	if (m->best < 0 || m->their_protocol != 0)
		return; /* another pair is nearer */
	m->their_protocol = protocol;
	m->theirs = *theirs;
	m->ours = *ours;
	m->theirs.a.life_seconds = m->theirs.a.life_kilobytes = 0;
	m->ours.a.life_seconds = m->ours.a.life_kilobytes = 0;
}

enum reason match_none(const struct match *m, const char *said, const char *accepted,
		       struct fault *f)
{
	char theirs[TEXT], ours[TEXT];

	if (m->best < 0)
		return fail(f, R_NO_PROPOSAL, "%s nothing that could be compared", said);
	return fail_field(f, R_NO_PROPOSAL, m->field, "%s %s; %s %s", said,
			  transform1_text(&m->theirs, m->their_protocol, theirs, sizeof(theirs)),
			  accepted, transform1_text(&m->ours, m->protocol, ours, sizeof(ours)));
}
