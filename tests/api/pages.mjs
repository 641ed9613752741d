// pages.mjs - the web UI's files: headers, caching, and nothing beyond the folder
import zlib from "node:zlib";

// The contract as a page: complete, linked within itself, nothing from elsewhere.
async function docs(t) {
	const d = t.daemon;
	const a = await d.request("GET", "/docs");
	t.is(a.status, 200, "/docs");
	t.check(/^text\/html/.test(a.headers["content-type"]), "is html");
	t.check(/script-src 'self'/.test(a.headers["content-security-policy"]), "under the pages' policy");
	t.check(!/<script|<style| style=| on\w+="|src=/.test(a.text), "no script, no style, nothing fetched");
	t.check(!/href="(?!#|\/)/.test(a.text), "no way elsewhere");
	t.is((await d.request("GET", "/docs/")).text, a.text, "/docs/");
	t.is((await d.request("GET", "/docs", { headers: { "If-None-Match": a.headers.etag } })).status, 304, "304");
	const doc = (await d.local("GET", "/openapi.json")).json;
	const ids = [...a.text.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]);
	t.is(new Set(ids).size, ids.length, "ids are there once");
	for (const [path, item] of Object.entries(doc.paths))
		for (const op of Object.values(item))
			t.check(ids.includes(op.operationId) && a.text.includes(`<code>${path}</code>`), `${op.operationId} is told`);
	for (const name of Object.keys(doc.components.schemas))
		t.check(ids.includes(`shape-${name}`), `${name} is told`);
	for (const m of a.text.matchAll(/href="#([^"]+)"/g))
		if (!ids.includes(m[1]) && !t.check(false, `#${m[1]} leads nowhere`))
			break;
	t.is((await d.request("GET", "/docs.css")).status, 200, "its look");
	t.problem(await d.request("POST", "/docs", { body: {} }), 405, "POST /docs");
	t.problem(await d.request("GET", "/docs/x"), 404, "/docs/x");
	const problems = (await d.local("GET", "/capabilities")).json.problems;
	t.check(problems.length > 30, "problems");
	for (const slug of problems) {
		t.check(a.text.includes(`href="/problems/${slug}"`), `${slug} is linked`);
		t.is((await d.request("GET", `/problems/${slug}`)).status, 200, `/problems/${slug}`);
	}
}

export async function suite(t) {
	const d = t.daemon;
	await docs(t);
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
