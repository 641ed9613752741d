// access.mjs - the first user, signing in and out, sessions, people, tokens
import { signIn, sleep, tokens } from "./lib.mjs";

const PASSWORD = "correct horse battery";

export async function suite(t) {
	const d = t.daemon;
	await first(t);
	const root = await signIn(d, "root", PASSWORD);
	await sessions(t, root);
	await csrf(t, root);
	await people(t, root);
	await owners(t);
	await throttle(t);
	await record(t, root);
}

// Who came and who was made is on record, without passwords or tokens.
async function record(t, s) {
	const a = await t.daemon.local("GET", "/audit?limit=1000");
	const on = (action, object) => a.json.items.filter((x) => x.action === action && x.object === object);
	t.check(on("create", "users/root").length === 1, "the first user");
	t.check(on("sign_in", "users/root")[0]?.actor === "root" && on("sign_in", "users/root")[0].after.from, "a sign-in, and from where");
	t.check(on("sign_in_failed", "users/nobody").length > 0, "a refused one");
	const users = a.json.items.filter((x) => x.object.startsWith("users/"));
	t.check(users.some((x) => x.action === "update" && x.after.password === "changed"), "a password was changed");
	t.check(users.some((x) => x.action === "delete" && x.before.role), "a user was removed");
	const tokens = a.json.items.filter((x) => x.object.startsWith("api-tokens/"));
	t.check(tokens.some((x) => x.action === "create" && x.after.owner), "a token was made");
	t.check(tokens.some((x) => x.action === "delete"), "a token was revoked");
	t.check(!/scrypt|ik_[A-Za-z0-9]+_|wrong wrong/.test(a.text) && !a.text.includes(PASSWORD), "no secret in it");
	t.is((await t.daemon.local("GET", "/audit/verify")).json.whole, true, "whole");
}

async function first(t) {
	const d = t.daemon;
	const token = /#setup=(.+)$/.exec(d.hello?.setup ?? "")?.[1];
	if (!t.check(token, "a set-up link while there are no users"))
		return;
	const ask = (body) => d.local("POST", "/setup", { body }); // tries count per source: TLS keeps its five
	t.problem(await ask({ token: "x".repeat(43), name: "root", password: PASSWORD }), 403, "another token");
	t.problem(await ask({ token, name: "root", password: "short" }), 422, "a short password");
	t.problem(await ask({ token, name: "ro ot", password: PASSWORD }), 422, "a name that is none");
	t.problem(await ask({ token, name: "root" }), 422, "no password");
	const a = await ask({ token, name: "root", password: PASSWORD });
	t.is(a.status, 201, `the first user: ${a.text}`);
	t.is(a.json.role, "admin", "is an admin");
	const cookie = a.headers["set-cookie"]?.[0] ?? "";
	t.check(/^__Host-ikeeper=/.test(cookie) && /; Secure/.test(cookie) && /; HttpOnly/.test(cookie) && /; SameSite=Strict/.test(cookie) && /; Path=\//.test(cookie), `the cookie: ${cookie}`);
	t.problem(await ask({ token, name: "second", password: PASSWORD }), 403, "the link counts once");
}

async function sessions(t, s) {
	const d = t.daemon;
	const me = await d.api("GET", "/session", { session: s });
	t.is(me.json.user, "root", "who am I");
	t.is(me.json.csrf_token, s.csrf, "the session's CSRF token");
	t.is(me.json.channel, "web", "by the browser");
	t.check(!s.answer.text.includes(s.cookie.split("=")[1]), "the cookie is not in the body");
	const at = [performance.now()];
	const wrong = await d.api("POST", "/login", { body: { name: "root", password: "wrong wrong" } });
	at.push(performance.now());
	const nobody = await d.api("POST", "/login", { body: { name: "nobody", password: "wrong wrong" } });
	at.push(performance.now());
	const [known, unknown] = [at[1] - at[0], at[2] - at[1]];
	console.log(`# a wrong password ${known.toFixed(0)} ms, an unknown name ${unknown.toFixed(0)} ms`);
	t.check(unknown > known / 3, "an unknown name costs the slow hash as well"); // without it: a hundredth
	t.problem(wrong, 401, "a wrong password");
	t.is(wrong.json.detail, nobody.json.detail, "the same words for a wrong password and an unknown name");
	for (const cookie of ["__Host-ikeeper=", "__Host-ikeeper=x", `${s.cookie}x`, s.cookie.slice(0, -1), `${s.cookie.slice(0, -2)}AA`])
		t.problem(await d.api("GET", "/status", { headers: { Cookie: cookie } }), 401, `the cookie ${cookie.slice(0, 30)}`);
	const other = await signIn(d, "root", PASSWORD);
	t.check(other.cookie !== s.cookie && other.csrf !== s.csrf, "each session has tokens of its own");
	t.is((await d.api("POST", "/logout", { session: other })).status, 204, "signing out");
	t.problem(await d.api("GET", "/status", { session: other }), 401, "ends the session");
	t.is((await d.api("GET", "/status", { session: s })).status, 200, "and no other");
	t.is((await d.local("GET", "/session")).json.channel, "cli", "the Unix socket needs no proof");
	t.is((await d.local("GET", "/session", { headers: { "X-Forwarded-For": "1.2.3.4" } })).status, 401, "but a proxy's requests do");
}

async function csrf(t, s) {
	const d = t.daemon;
	const body = { description: "x" };
	const patch = (headers) => d.api("PATCH", "/settings/ike", { session: s, body: {}, headers: { "If-Match": "*", ...headers } });
	t.is((await patch({})).status, 200, "with token and origin");
	t.problem(await patch({ "X-CSRF-Token": null }), 403, "without the token");
	t.problem(await patch({ "X-CSRF-Token": "x".repeat(43) }), 403, "with another token");
	t.problem(await patch({ Origin: "https://evil.example" }), 403, "from another origin");
	t.problem(await patch({ Origin: null }), 403, "without an origin");
	t.problem(await patch({ Origin: "null" }), 403, "from a page without an origin");
	t.problem(await patch({ Origin: null, "Sec-Fetch-Site": "cross-site" }), 403, "from another site");
	t.problem(await patch({ Origin: null, "Sec-Fetch-Site": "same-site" }), 403, "from a neighbour's site");
	t.is((await patch({ Origin: null, "Sec-Fetch-Site": "same-origin" })).status, 200, "from our own page");
	t.problem(await d.api("POST", "/login", { body: { name: "root", password: PASSWORD }, headers: { Origin: "https://evil.example" } }), 403, "a stranger's page may not sign in");
	t.is((await d.api("PATCH", "/settings/ike", { session: s, body: "a=b", headers: { "If-Match": "*", "Content-Type": "text/plain" } })).status, 415, "no form");
	t.check(body.description === "x", "unused");
}

async function people(t, root) {
	const d = t.daemon;
	const o = { session: root };
	const made = await d.api("POST", "/users", { ...o, body: { name: "ann", role: "operator", password: PASSWORD } });
	t.is(made.status, 201, "a second user");
	t.is(made.headers.location, "/api/v1/users/ann", "Location");
	t.check(!/scrypt|\$/.test(made.text), "no hash in the answer");
	t.problem(await d.api("POST", "/users", { ...o, body: { name: "ann", role: "viewer", password: PASSWORD } }), 409, "the name is taken");
	const ann = await signIn(d, "ann", PASSWORD);
	t.problem(await d.api("GET", "/users", { session: ann }), 403, "an operator sees no users");
	t.problem(await d.api("POST", "/dpd-profiles?dry_run=true", { session: ann, body: { name: "of-ann" } }), 403, "nor edits");
	t.is((await d.api("PATCH", "/users/ann", { ...o, body: { role: "editor" } })).status, 200, "promoted");
	t.is((await d.api("POST", "/dpd-profiles?dry_run=true", { session: ann, body: { name: "of-ann" } })).status, 200, "it counts at once");
	for (const body of [{ role: "viewer" }, { disabled: true }])
		t.problem(await d.api("PATCH", "/users/root", { ...o, body }), 422, "the last admin stays one");
	t.problem(await d.api("DELETE", "/users/root", o), 422, "and stays");
	const st = await d.stream("/events/stream", { session: ann });
	t.is(st.status, 200, "ann listens");
	t.is((await d.api("PATCH", "/users/ann", { ...o, body: { password: "another long one" } })).status, 200, "a new password");
	t.problem(await d.api("GET", "/status", { session: ann }), 401, "ends the sessions of the old one");
	t.problem(await d.api("POST", "/login", { body: { name: "ann", password: PASSWORD } }), 401, "the old password");
	const again = await signIn(d, "ann", "another long one");
	t.is((await d.api("PATCH", "/users/ann", { ...o, body: { disabled: true } })).status, 200, "disabled");
	t.problem(await d.api("GET", "/status", { session: again }), 401, "at once");
	t.check(await st.until((x) => x.ended, 20000), "and her stream ends");
	t.problem(await d.api("POST", "/login", { body: { name: "ann", password: "another long one" } }), 401, "may not sign in");
	t.is((await d.api("DELETE", "/users/ann", o)).status, 204, "removed");
	t.problem(await d.api("GET", "/users/ann", o), 404, "gone");
	t.problem(await d.api("DELETE", "/users/ann", o), 404, "twice");
	const list = await d.api("GET", "/users", o);
	t.is(list.json.items.length, 1, "one is left");
	t.check(!/scrypt|password/.test(list.text), "no hash in the list");
}

// A token never may more than its owner does now.
async function owners(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const admin = { token: all.admin.token };
	await d.api("POST", "/users", { ...admin, body: { name: "bob", role: "admin", password: PASSWORD } });
	const bob = await signIn(d, "bob", PASSWORD);
	const made = await d.api("POST", "/api-tokens", { session: bob, body: { name: "bobs", role: "admin" } });
	t.is(made.status, 201, "bob makes a token");
	const o = { token: made.json.token };
	t.is(made.json.owner, "bob", "it is his");
	t.is((await d.api("GET", "/users", o)).status, 200, "it may what he may");
	await d.api("PATCH", "/users/bob", { ...admin, body: { role: "viewer" } });
	t.problem(await d.api("GET", "/users", o), 403, "less when he may less");
	t.is((await d.api("GET", "/status", o)).status, 200, "but that");
	await d.api("DELETE", "/users/bob", admin);
	t.problem(await d.api("GET", "/status", o), 401, "nothing when he is gone");
	t.problem(await d.api("POST", "/api-tokens", { ...admin, body: { name: all.viewer.name, role: "viewer" } }), 409, "a token's name is taken");
	await guards(t, all.editor.token);
	const weak = await d.api("GET", "/session", { token: all.editor.token });
	t.is(weak.json.role, "editor", "the role of a token");
	t.is(JSON.stringify(weak.json.may), '["viewer","operator","editor"]', "what it may");
}

// Whoever may write tunnels holds neither the keys nor the gateway itself.
async function guards(t, token) {
	const d = t.daemon;
	const headers = { "If-Match": "*" };
	const secret = { name: "mine", type: "psk", value: "a key of an editor" };
	t.problem(await d.api("POST", "/secrets", { token, body: secret }), 403, "an editor makes no secret");
	t.problem(await d.api("PATCH", "/settings/api", { token, headers, body: { port: 9 } }), 403, "an editor changes no setting");
	t.is((await d.api("GET", "/settings/api", { token })).status, 200, "but reads them");
	const proposal = { name: "of-an-editor", number: 60001 };
	t.is((await d.api("POST", "/ike-proposals", { token, body: proposal })).status, 201, "an editor makes proposals");
	t.is((await d.api("DELETE", "/ike-proposals/of-an-editor", { token, headers })).status, 204, "and removes them");
}

async function throttle(t) {
	const d = t.daemon;
	let last;
	for (let i = 0; i < 8; i++) {
		last = await d.api("POST", "/login", { body: { name: "root", password: `guess number ${i}` } });
		if (last.status === 429)
			break;
	}
	t.problem(last, 429, "guessing is slowed down");
	t.check(Number(last.headers["retry-after"]) > 0, `Retry-After: ${last.headers["retry-after"]}`);
	t.problem(await d.api("POST", "/login", { body: { name: "root", password: PASSWORD } }), 429, "the right one has to wait too");
	const many = await Promise.all(Array.from({ length: 20 }, (_, i) => d.local("POST", "/login", { body: { name: `n${i}`, password: "whatever it may be" } })));
	t.check(many.every((a) => [401, 429].includes(a.status)), `twenty at once: ${many.map((a) => a.status)}`);
	await sleep(10);
	t.is((await d.api("GET", "/health")).status, 200, "it lives");
}
