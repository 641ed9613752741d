/* nearest.c - the known name nearest to a mistyped one
 *
 * A form or a script that says "remote_adress" should hear "remote_address", not a list. Names
 * are short, so the plain distance of Levenshtein does; what is further away than half of the
 * word is no help and is not offered.
 *
 * Called by: jsonin.c, resets.c.  Thread: any.  Owns: nothing.
 */
#include "api/nearest.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/own.h"

enum { NAME_MOST = 64 };

/* With '.', '-' and '_' alike. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MOST + 1], n = strlen(b);

	if (n > NAME_MOST || strlen(a) > NAME_MOST)
		return NAME_MOST;
	for (size_t i = 0; i <= n; i++)
		row[i] = i;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < n; k++) {
			bool same = a[i] == b[k] || (strchr("._-", a[i]) && strchr("._-", b[k]));
			size_t best = MIN_OF(row[k], row[k + 1]) + 1;

			best = MIN_OF(best, diagonal + !same);
			diagonal = row[k + 1];
			row[k + 1] = best;
		}
	}
	return row[n];
}

struct nearest nearest_to(const char *given)
{
	return (struct nearest){ .given = given, .name = "", .away = strlen(given) / 2 + 2 };
}

void nearest_try(struct nearest *n, const char *name)
{
	size_t d = distance(n->given, name);

	if (d < n->away) {
		n->away = d;
		n->name = name;
	}
}
