/* lines.c - a stranger's text, line by line and word by word
 *
 * Words are parted by blanks; double quotes hold one together. A line with a NUL, with control
 * characters or longer than LINE_SIZE is no line of a configuration: it has no words then.
 *
 * Called by: the readers beside it.  Thread: any.  Owns: nothing; words live until the next line.
 */
#include "core/dialect/lines.h"

#include <string.h>

#include "core/base/text.h"

struct lines lines_of(struct slice text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; /* that some editors begin files with */

	if (text.n >= sizeof(mark) && memcmp(text.at, mark, sizeof(mark)) == 0)
		text = slice(text.at + sizeof(mark), text.n - sizeof(mark));
	return (struct lines){ .rest = text };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 127)
			return false;
	return is_utf8(s, n);
}

static void split(struct lines *l)
{
	char *s = l->split;

	memcpy(s, l->line, sizeof(l->split));
	while (*s && l->n < LINE_WORDS) {
		char end = ' ';

		while (is_blank(*s))
			s++;
		if (!*s)
			break;
		if (*s == '"' && strchr(s + 1, '"')) {
			end = '"';
			s++;
		}
		l->word[l->n++] = s;
		while (*s && (end == '"' ? *s != '"' : !is_blank(*s)))
			s++;
		if (*s)
			*s++ = '\0';
	}
	l->word[l->n] = NULL;
}

bool lines_next(struct lines *l)
{
	const char *at = (const char *)l->rest.at, *end;
	size_t n;

	l->n = 0;
	l->word[0] = NULL;
	l->line[0] = '\0';
	if (l->rest.n == 0)
		return false;
	end = memchr(at, '\n', l->rest.n);
	n = end ? (size_t)(end - at) : l->rest.n;
	size_t used = end ? n + 1 : n;
	l->rest = slice(l->rest.at + used, l->rest.n - used);
	l->no++;
	l->indented = n && (*at == ' ' || *at == '\t');
	while (n && is_blank(*at)) {
		at++;
		n--;
	}
	while (n && is_blank(at[n - 1]))
		n--;
	l->odd = n >= LINE_SIZE || !is_text(at, n);
	if (l->odd)
		return true;
	memcpy(l->line, at, n);
	l->line[n] = '\0';
	split(l);
	return true;
}
