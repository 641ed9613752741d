/* assets.c - the web UI: baked in, or from a folder while working on it
 *
 * The files of webui/ lie in the program twice, as they are and as gzip made them, and a
 * look-up is a comparison of names: no file is ever opened from an address, but with
 * --webui-dir, and then only a plain name in that one folder. The ETag is a hash of the
 * content, so a browser asks again and is told 304. /problems/... is what the type of a problem
 * means, in words; /docs is the contract as a page.
 *
 * Called by: entry.c.  Thread: http.  Owns: nothing.
 */
#include "api/assets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "api/docs.h"
#include "api/problem.h"

enum { FILE_MOST = 4 * 1024 * 1024 };

static const struct {
	const char *end, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },   { ".svg", "image/svg+xml" },
	{ ".json", "application/json" },
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < COUNT_OF(types); i++)
		if (strcmp(dot, types[i].end) == 0)
			return types[i].type;
	return NULL;
}

/* "gzip" among the codings, and not with q=0. */
static bool takes_gzip(const struct call *c)
{
	const char *h = call_header(c, "Accept-Encoding");
	const char *at = h ? strcasestr(h, "gzip") : NULL;

	if (!at)
		return false;
	at += 4 + strspn(at + 4, " ");
	return strncmp(at, ";q=0", 4) != 0 || at[4] == '.';
}

static void tag(struct call *c, const void *at, size_t n)
{
	static const uint8_t key[16];

	snprintf(c->etag_text, sizeof(c->etag_text), "\"%016llx\"",
		 (unsigned long long)hash_keyed(slice(at, n), key));
}

static void not_found(struct call *c)
{
	struct fault f = { 0 };

	c->is_page = false;
	fail(&f, R_NOT_FOUND, "there is nothing at this path");
	request_fault(&c->r, &f);
}

static void answer(struct call *c, const char *name, struct MHD_Response *resp)
{
	if (!resp) {
		not_found(c);
		return;
	}
	MHD_add_response_header(resp, "Content-Type", type_of(name));
	request_header(&c->r, "Cache-Control", "no-cache");
	request_header(&c->r, "Vary", "Accept-Encoding");
	call_answer(c, 200, resp);
}

static void from_program(struct call *c, const char *name)
{
	const struct asset *a = assets_baked;
	bool packed = takes_gzip(c);

	while (a->name && strcmp(a->name, name) != 0)
		a++;
	if (!a->name) {
		not_found(c);
		return;
	}
	const uint8_t *at = packed ? a->packed : a->plain;
	size_t n = (size_t)((packed ? a->packed_end : a->plain_end) - at);
	tag(c, at, n);
	if (packed)
		request_header(&c->r, "Content-Encoding", "gzip");
	answer(c, name,
	       MHD_create_response_from_buffer(n, (void *)(uintptr_t)at, MHD_RESPMEM_PERSISTENT));
}

static char *read_whole(const char *dir, const char *name, size_t *ret_n)
{
	struct stat st;
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *at = NULL;

	if (folder >= 0)
		close(folder);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MOST)
		at = malloc((size_t)st.st_size + 1);
	ssize_t n = at ? read(fd, at, (size_t)st.st_size) : -1;
	close(fd);
	if (n < 0) {
		free(at);
		return NULL;
	}
	*ret_n = (size_t)n;
	return at;
}

static void from_folder(struct call *c, const char *name)
{
	size_t n = 0;
	char *at = read_whole(c->r.server->webui_dir, name, &n);

	if (!at) {
		not_found(c);
		return;
	}
	tag(c, at, n);
	answer(c, name, MHD_create_response_from_buffer(n, at, MHD_RESPMEM_MUST_FREE));
}

static void about_problem(struct call *c, const char *slug)
{
	struct text t;

	text_init(&t, 0);
	if (!problem_page(slug, &t)) {
		not_found(c);
		return;
	}
	tag(c, t.at, t.n);
	request_text(&c->r, 200, "text/plain; charset=utf-8", &t);
}

static void about_interface(struct call *c)
{
	const char *page = docs_page();
	struct text t;

	if (!page) {
		request_fault(&c->r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	text_init(&t, 0);
	text_add_str(&t, page);
	tag(c, t.at, t.n);
	request_header(&c->r, "Cache-Control", "no-cache");
	request_text(&c->r, 200, "text/html; charset=utf-8", &t);
}

void assets_answer(struct call *c)
{
	static const char problems[] = "/problems/";
	size_t n = strcspn(c->uri, "?");
	char name[64];

	if ((n == 5 || n == 6) && strncmp(c->uri, "/docs/", n) == 0) {
		about_interface(c);
		return;
	}
	if (strncmp(c->uri, problems, sizeof(problems) - 1) == 0) {
		about_problem(c, c->uri + sizeof(problems) - 1);
		return;
	}
	if (n >= sizeof(name)) {
		not_found(c);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(n - 1), c->uri + 1);
	if (!*name)
		text_copy(name, sizeof(name), "index.html");
	/* A plain name with an ending we serve: no slash, no dot in front, nothing escaped. */
	if (*name == '.' || !type_of(name) ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789._-")] != '\0')
		not_found(c);
	else if (*c->r.server->webui_dir)
		from_folder(c, name);
	else
		from_program(c, name);
}
