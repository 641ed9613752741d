// webhooks.mjs - events posted to whoever wants them: signed, in order, again when nobody was
// there, never elsewhere; and nobody waits for a stranger
import http from "node:http";
import crypto from "node:crypto";
import { fill } from "./samples.mjs";
import { sleep, tokens } from "./lib.mjs";

const KEY = "a signing key of its own";

// A stranger that takes posts; `answer(n)` gives the status of the n-th.
function stranger(answer = () => 200) {
	const got = [];
	const server = http.createServer((q, a) => {
		const parts = [];
		q.on("data", (b) => parts.push(b));
		q.on("end", () => {
			const text = Buffer.concat(parts).toString();
			got.push({ path: q.url, headers: q.headers, text, json: JSON.parse(text) });
			const status = answer(got.length, got.at(-1));
			if (!status)
				return;
			a.writeHead(status, status === 302 ? { Location: "/elsewhere" } : {});
			a.end("never kept");
		});
	});
	return new Promise((r) => server.listen(0, "127.0.0.1", () => r({ got, port: server.address().port,
		url: `http://127.0.0.1:${server.address().port}/in?x=1`,
		stop: () => { server.closeAllConnections?.(); server.close(); } })));
}

async function until(what, ms = 8000) {
	for (const end = Date.now() + ms; Date.now() < end; await sleep(50))
		if (await what())
			return true;
	return false;
}

export async function suite(t) {
	const all = await tokens(t.daemon);
	const o = { token: all.admin.token };
	await fill(t.daemon, o);
	await t.daemon.api("PUT", "/secrets/hook", { ...o, body: { type: "passphrase", value: KEY }, headers: { "If-Match": "*" } });
	await addresses(t, o);
	await delivered(t, o);
	await again(t, o);
	await elsewhere(t, o);
	await trials(t, o, all);
	await full(t, o);
	const s = await stranger(() => 0); // one is being sent when the daemon stops
	await put(t, o, "last", { url: s.url });
	await t.daemon.tell("tell 4");
	await sleep(200);
	s.stop();
}

const put = (t, o, name, body) => t.daemon.api("PUT", `/webhooks/${name}`, { ...o, body, headers: { "If-Match": "*" } });
const drop = (t, o, name) => t.daemon.api("DELETE", `/webhooks/${name}`, { ...o, headers: { "If-Match": "*" } });
const status = async (t, o, name) => (await t.daemon.api("GET", `/webhooks/${name}/status`, o)).json;

async function addresses(t, o) {
	for (const url of ["http://hooks.example.com/", "ftp://x/", "https://", "https://a:b@x/", "https://x/ y", "x", "http://169.254.169.254/latest/meta-data/",
		"https://169.254.169.254/", "https://[fe80::1]/", "https://[::ffff:169.254.169.254]/", "http://10.0.0.1/", "https://0.0.0.0/", "file:///etc/passwd", "https://[::1", "http://localhost@10.0.0.1/"]) {
		const a = await put(t, o, "bad", { url });
		t.problem(a, 422, url);
		t.check(a.json.errors.some((e) => e.rule === "webhook.url" && e.pointer === "/url"), `${url}: ${a.text.slice(0, 200)}`);
	}
	for (const url of ["https://hooks.example.com:8443/a?b", "http://127.0.0.1:9/", "http://[::1]:9/x", "http://localhost/"])
		t.is((await t.daemon.api("PUT", "/webhooks/good?dry_run=true", { ...o, body: { url }, headers: { "If-Match": "*" } })).json.valid, true, url);
	t.is((await t.daemon.api("PUT", "/webhooks/good?dry_run=true", { ...o, body: { url: "https://169.254.1.1/", allow_link_local: true }, headers: { "If-Match": "*" } })).json.valid, true, "when it is allowed");
	const a = await put(t, o, "bad", { url: "https://x.example/", events: ["nothing.of_the_kind"] });
	t.check(a.status === 422 && a.json.errors[0].rule === "webhook.events", "an unknown event");
}

async function delivered(t, o) {
	const d = t.daemon, s = await stranger();
	t.is((await put(t, o, "in", { url: s.url, secret: "hook", events: ["child_sa.up"] })).status, 201, "a webhook");
	await d.tell("tell 20"); // every second one is child_sa.up
	t.check(await until(() => s.got.length >= 10), `they come: ${s.got.length}`);
	t.is(s.got.length, 10, "and only those");
	const first = s.got[0];
	t.is(first.path, "/in?x=1", "path");
	t.is(first.headers["x-ikeeper-event"], "child_sa.up", "its name");
	t.is(first.json.event.event, "child_sa.up", "in the body, too");
	t.is(first.headers["x-ikeeper-delivery"], first.json.delivery, "its number");
	t.is(new Set(s.got.map((g) => g.json.delivery)).size, 10, "a number each");
	t.check(s.got.every((g, i) => !i || g.json.event.seq > s.got[i - 1].json.event.seq), "in order");
	for (const g of s.got)
		t.is(g.headers["x-ikeeper-signature"], `sha256=${crypto.createHmac("sha256", KEY).update(g.text).digest("hex")}`, "signed");
	t.check(!s.got.some((g) => g.text.includes(KEY) || JSON.stringify(g.headers).includes(KEY)), "without the key");
	t.check(!("authorization" in first.headers) && !("cookie" in first.headers), "no credentials");
	const st = await status(t, o, "in");
	t.is(st.delivered, 10, "counted");
	t.is(st.queued, 0, "nothing waits");
	await d.api("PATCH", "/webhooks/in", { ...o, body: { enabled: false }, headers: { "If-Match": "*" } });
	await d.tell("tell 4");
	await sleep(300);
	t.is(s.got.length, 10, "disabled: none");
	await put(t, o, "in", { url: s.url, events: ["config"] });
	await put(t, o, "in", { url: s.url, events: ["config"], description: "changed" });
	t.check(await until(() => s.got.some((g) => g.json.event.event === "config.changed")) || !s.got.slice(10).length, "topics");
	t.check(s.got.slice(10).every((g) => !("x-ikeeper-signature" in g.headers)), "no secret, no signature");
	await drop(t, o, "in");
	s.stop();
}

// Not taken: again, later; the others do not wait for it; the same number comes twice.
async function again(t, o) {
	const d = t.daemon;
	const s = await stranger((n) => (n <= 2 ? 503 : 200)), other = await stranger(), refuses = await stranger(() => 410);
	await put(t, o, "flaky", { url: s.url, events: ["child_sa.up"] });
	await put(t, o, "dead", { url: "http://127.0.0.1:1/", events: ["child_sa.up"] });
	await put(t, o, "fine", { url: other.url, events: ["child_sa.up"] });
	await put(t, o, "no", { url: refuses.url, events: ["child_sa.up"] });
	const start = Date.now();
	await d.tell("tell 6");
	t.check(await until(() => other.got.length === 3, 3000), "who answers has them at once");
	t.check(await until(() => s.got.length >= 5), `who did not has them later: ${s.got.length}`);
	t.check(Date.now() - start > 2500, "after 1 and 2 seconds");
	t.is(s.got[0].json.delivery, s.got[2].json.delivery, "the same one again");
	t.is((await status(t, o, "flaky")).failed_attempts, 2, "attempts are counted");
	const dead = await status(t, o, "dead");
	t.check(dead.queued === 3 && dead.last_error && dead.next_attempt_at, `nobody there: ${JSON.stringify(dead)}`);
	t.check(await until(async () => (await status(t, o, "no")).dropped === 3), "refused for good is dropped");
	t.is((await d.api("GET", "/health")).status, 200, "nobody waits");
	for (const name of ["flaky", "dead", "fine", "no"])
		await drop(t, o, name);
	s.stop();
	other.stop();
	refuses.stop();
}

async function elsewhere(t, o) {
	const s = await stranger((n, g) => (g.path === "/elsewhere" ? 200 : 302));
	await put(t, o, "away", { url: s.url, events: ["child_sa.up"] });
	const a = await t.daemon.api("POST", "/webhooks/away/test", o);
	t.is(a.json?.status, 302, "a redirect is an answer");
	t.is(a.json?.delivered, false, "and no delivery");
	t.check(s.got.every((g) => g.path !== "/elsewhere"), "nobody follows it");
	await drop(t, o, "away");
	s.stop();
}

async function trials(t, o, all) {
	const d = t.daemon, s = await stranger();
	await put(t, o, "try", { url: s.url, secret: "hook", events: ["config"] });
	const a = await d.api("POST", "/webhooks/try/test", o);
	t.is(a.status, 200, `a trial: ${a.text.slice(0, 200)}`);
	t.is(a.json?.delivered, true, "taken");
	t.is(s.got[0]?.json.event.event, "webhook.test", "what it is");
	t.check(s.got[0]?.headers["x-ikeeper-signature"], "signed as all are");
	await put(t, o, "try", { url: "http://127.0.0.1:1/" });
	const b = await d.api("POST", "/webhooks/try/test", o);
	t.check(b.json?.delivered === false && b.json.status === null && b.json.error, `nobody there: ${b.text}`);
	t.problem(await d.api("POST", "/webhooks/nobody/test", o), 404, "of none");
	t.problem(await d.api("POST", "/webhooks/try/test", { ...o, body: { x: 1 } }), 422, "nothing is said");
	t.problem(await d.api("POST", "/webhooks/try/test", { token: all.editor.token }), 403, "an admin's");
	t.problem(await put(t, { token: all.editor.token }, "try", { url: "https://x.example/" }), 403, "as writing one is");
	await drop(t, o, "try");
	s.stop();
}

// More than fit are dropped and counted; the daemon goes on.
async function full(t, o) {
	const s = await stranger(() => 0);
	await put(t, o, "slow", { url: s.url, events: ["child_sa.up"] });
	await t.daemon.tell("tell 5000");
	const st = await status(t, o, "slow");
	t.is(st.queued, 1000, "so many wait");
	t.is(st.dropped, 1500, "the others are counted");
	const start = Date.now();
	t.is((await t.daemon.api("GET", "/status", o)).status, 200, "it answers");
	t.check(Date.now() - start < 1000, "at once");
	await drop(t, o, "slow");
	s.stop();
}
