// pages.mjs - the web UI's files: headers, caching, and nothing beyond the folder
import zlib from "node:zlib";

export async function suite(t) {
	const d = t.daemon;
	const a = await d.request("GET", "/");
	t.is(a.status, 200, "/");
	t.check(/^text\/html/.test(a.headers["content-type"]), "is html");
	const csp = a.headers["content-security-policy"] ?? "";
	for (const word of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
		t.check(csp.includes(word), `the policy has ${word}`);
	t.check(!/unsafe/.test(csp), "and nothing unsafe");
	t.is(a.headers["x-content-type-options"], "nosniff", "nosniff");
	t.is(a.headers["x-frame-options"], "DENY", "no frames");
	t.is((await d.request("GET", "/index.html")).text, a.text, "/index.html is the same");
	const again = await d.request("GET", "/", { headers: { "If-None-Match": a.headers.etag } });
	t.is(again.status, 304, "304 for what is known");
	const packed = await d.request("GET", "/", { headers: { "Accept-Encoding": "gzip" } });
	if (packed.headers["content-encoding"] === "gzip")
		t.is(zlib.gunzipSync(packed.body).toString(), a.text, "gzip is the same");
	t.is((await d.request("HEAD", "/")).body.length, 0, "HEAD");
	const post = await d.request("POST", "/", { body: {} });
	t.problem(post, 405, "POST");
	const problem = await d.request("GET", post.json.type);
	t.is(problem.status, 200, `${post.json.type} is a page`);
	t.check(/^text\/plain/.test(problem.headers["content-type"]) && problem.text.includes("405"), "and says what it means");
	t.check((await d.request("GET", "/problems/validation")).text.includes("peer.main_mode_psk_id"), "rules are told");
	for (const path of ["/problems/", "/problems/ok", "/problems/nothing", "/problems/validation/x"])
		t.problem(await d.request("GET", path), 404, path);
	const linked = [...a.text.matchAll(/(?:src|href)="\/?([\w.-]+)"/g)].map((m) => m[1]).filter((x) => !x.startsWith("data:"));
	for (const name of linked)
		t.is((await d.request("GET", `/${name}`)).status, 200, `/${name}`);
	for (const path of ["/nothing.js", "/../etc/passwd", "/..%2fetc%2fpasswd", "/%2e%2e/x.js", "/.htaccess", "/a/b.js", "/index.html/", "//index.html", "/api", "/api/v2/health",
		"/index", "/CMakeLists.txt", `/${"a".repeat(300)}.js`, "/app.js%00", "/index.html%20"])
		t.check([400, 404].includes((await d.request("GET", path)).status), `GET ${path}`);
	for (const m of a.text.matchAll(/<script[^>]*>([^<]*)/g))
		t.is(m[1].trim(), "", "no script within the page");
	t.check(!/ style="| on\w+="/.test(a.text), "no style or handler within the page");
}
