/* router.c - which handler a method and a path mean
 *
 * Opens route.def once: rows with {kind} become one row per kind of record. Single records
 * (settings/ike) are only read and patched, so their rows are "/settings/ike" with GET and
 * PATCH. A path is matched segment by segment after each was decoded by itself, so "%2f" can
 * never make two segments out of one.
 *
 * Called by: server.c for every request, openapi.c. Thread: any. Owns: the opened table.
 */
#include "api/router.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { ROUTES_MOST = 320 };

struct written {
	enum method method;
	const char *path;
	enum role role;
	void (*handle)(struct request *r);
	const char *area, *summary;
};

#define ROLE_OF_NONE     ROLE_NONE
#define ROLE_OF_VIEWER   ROLE_VIEWER
#define ROLE_OF_AUDITOR  ROLE_AUDITOR
#define ROLE_OF_OPERATOR ROLE_OPERATOR
#define ROLE_OF_EDITOR   ROLE_EDITOR
#define ROLE_OF_ADMIN    ROLE_ADMIN

static const struct written written[] = {
#define ROUTE(m, p, ro, h, a, s) { M_##m, p, ROLE_OF_##ro, h, a, s },
#include "api/route.def"
#undef ROUTE
};

/* Six rows stand for every kind; what does not fit would be missing without a word. */
_Static_assert(COUNT_OF(written) + 6 * K_COUNT <= ROUTES_MOST, "there is room for every route");
static struct route routes[ROUTES_MOST];
static size_t routes_n;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const words[M_COUNT] = { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD" };

const char *method_word(enum method m)
{
	return m < M_COUNT ? words[m] : "?";
}

enum method method_of_word(const char *word)
{
	for (int m = 0; m < M_COUNT; m++)
		if (strcmp(word, words[m]) == 0)
			return (enum method)m;
	return M_COUNT;
}

/* Whoever writes tunnels need not hold the keys: secrets and the settings of the gateway itself
 * are an admin's to write. */
bool router_is_guarded(enum kind k)
{
	return k == K_SECRET || k == K_PRIVATE_KEY || k == K_WEBHOOK ||
	       (k < K_COUNT && kind_row(k)->single);
}

static enum role least_role(const struct written *w, enum kind k)
{
	return router_is_guarded(k) && w->method != M_GET ? ROLE_ADMIN : w->role;
}

static void add(const struct written *w, const char *path, enum kind k)
{
	struct route *r = &routes[routes_n];

	if (routes_n == ROUTES_MOST)
		return;
	*r = (struct route){ .method = w->method,
			     .role = least_role(w, k),
			     .handle = w->handle,
			     .area = w->area,
			     .summary = w->summary,
			     .kind = k };
	text_copy(r->path, sizeof(r->path), path);
	for (const char *at = path; *at == '/' && r->segments < ROUTE_SEGMENTS; r->segments++) {
		size_t n = strcspn(++at, "/");

		snprintf(r->segment[r->segments], sizeof(r->segment[0]), "%.*s", (int)n, at);
		at += n;
	}
	routes_n++;
}

static void open_kinds(const struct written *w, const char *rest)
{
	char path[64];

	for (int k = 0; k < K_COUNT; k++) {
		const struct kind_row *row = kind_row((enum kind)k);
		bool names = strcmp(rest, "/{name}") == 0;

		if (row->single && (!names || (w->method != M_GET && w->method != M_PATCH)))
			continue;
		snprintf(path, sizeof(path), "/%s%s", row->path, row->single ? "" : rest);
		add(w, path, (enum kind)k);
	}
}

static void open_table(void)
{
	static const char kind[] = "/{kind}";

	for (size_t i = 0; i < COUNT_OF(written); i++) {
		if (strncmp(written[i].path, kind, sizeof(kind) - 1) == 0)
			open_kinds(&written[i], written[i].path + sizeof(kind) - 1);
		else
			add(&written[i], written[i].path, K_COUNT);
	}
}

size_t router_count(void)
{
	pthread_once(&once, open_table);
	return routes_n;
}

const struct route *router_at(size_t i)
{
	return i < router_count() ? &routes[i] : NULL;
}

/* How well a path fits: a bit per literal segment, the first the heaviest; -1 not at all. */
static int fit(const struct route *r, const char (*segment)[256], size_t segments)
{
	int score = 0;

	if (r->segments != segments)
		return -1;
	for (size_t i = 0; i < segments; i++) {
		bool literal = r->segment[i][0] != '{';

		if (literal && strcmp(r->segment[i], segment[i]) != 0)
			return -1;
		score = score * 2 + literal;
	}
	return score;
}

const struct route *router_find(enum method m, const char (*segment)[256], size_t segments,
				unsigned *ret_allow)
{
	const struct route *best = NULL;
	int best_fit = -1;

	*ret_allow = 0;
	if (m == M_HEAD)
		m = M_GET;
	for (size_t i = 0; i < router_count(); i++) {
		int f = fit(&routes[i], segment, segments);

		if (f < 0)
			continue;
		*ret_allow |= 1u << routes[i].method;
		if (routes[i].method == M_GET)
			*ret_allow |= 1u << M_HEAD;
		if (routes[i].method == m && f > best_fit) {
			best = &routes[i];
			best_fit = f;
		}
	}
	return best;
}

void router_allow(unsigned bits, struct text *t)
{
	for (int m = 0; m < M_COUNT; m++)
		if (bits & 1u << m)
			text_add(t, "%s%s", t->n ? ", " : "", words[m]);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool router_decode(const char *raw, size_t n, char *ret, size_t cap)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)raw[i];

		if (c == '%') {
			int high = i + 2 < n ? digit(raw[i + 1]) : -1;
			int low = high >= 0 ? digit(raw[i + 2]) : -1;

			if (low < 0)
				return false;
			c = (unsigned char)(high * 16 + low);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f || out + 1 >= cap)
			return false;
		ret[out++] = (char)c;
	}
	ret[out] = '\0';
	return is_utf8(ret, out);
}
