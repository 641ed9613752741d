// scope.mjs - callers who are limited: to peers with a label, to addresses, to the audit log
import { signIn } from "./lib.mjs";

const PASSWORD = "correct horse battery";

export async function suite(t) {
	const d = t.daemon;
	await peers(t);
	await d.tell("sas 6");
	await limits(t);
	await lists(t);
	await acts(t);
	await closed(t);
	await owner(t);
	await sources(t);
	await auditor(t);
}

const token = async (t, body) => {
	const a = await t.daemon.local("POST", "/api-tokens", { body });
	t.is(a.status, 201, `a token: ${a.text}`);
	return a.json;
};

async function peers(t) {
	const esp = { name: "esp" };
	const made = await t.daemon.local("POST", "/ipsec-proposals", { body: esp });
	t.is(made.status, 201, `an IPsec proposal: ${made.text}`);
	let n = 0;
	for (const [name, labels] of [["peer-1", ["site=berlin", "env=prod"]], ["peer-2", ["site=berlin"]], ["peer-3", ["site=rome"]]]) {
		const psk = { name: `k-${name}`, type: "psk", value: `a long enough key of ${name}` };
		t.is((await t.daemon.local("POST", "/secrets", { body: psk })).status, 201, "a secret");
		const a = await t.daemon.local("POST", "/peers", { body: { name, labels, remote_address: `192.0.2.${++n}`, psk: psk.name } });
		t.is(a.status, 201, `a peer: ${a.text}`);
		const b = await t.daemon.local("POST", "/tunnels", { body: { name: name.replace("peer", "tunnel"), peer: name, ipsec_proposals: ["esp"], local_ts: ["10.0.0.0/24"], remote_ts: [`10.${n}.0.0/24`] } });
		t.is(b.status, 201, `a tunnel: ${b.text}`);
	}
}

// What a scope may be, and with what it goes.
async function limits(t) {
	const d = t.daemon;
	const ask = (body) => d.local("POST", "/api-tokens", { body: { name: "x", role: "viewer", ...body } });
	t.problem(await ask({ scope: "site=berlin" }), 422, "no list");
	t.problem(await ask({ scope: ["berlin"] }), 422, "no label");
	t.problem(await ask({ scope: Array(9).fill("a=b") }), 422, "too many");
	t.problem(await ask({ scope: ["site=berlin"], role: "editor" }), 422, "an editor reaches further");
	t.problem(await ask({ sources: ["10.0.0.0/99"] }), 422, "no prefix");
	t.problem(await d.local("POST", "/users", { body: { name: "e", role: "admin", password: PASSWORD, scope: ["a=b"] } }), 422, "nor an admin");
}

async function lists(t) {
	const d = t.daemon;
	const one = await token(t, { name: "berlin", role: "operator", scope: ["site=berlin"] });
	t.is(one.scope.join(), "site=berlin", "it is told");
	const get = (path, o) => d.api("GET", path, { token: one.token, ...o });
	const names = (a) => a.json.items.map((x) => x.name).sort().join();
	t.is(names(await get("/peers")), "peer-1,peer-2", "peers");
	t.is(names(await get("/peers?sort=-name&count=true")), "peer-1,peer-2", "sorted");
	t.is((await get("/peers?count=true")).json.total, 2, "counted");
	t.is(names(await get("/peers?limit=1")), "peer-1", "a page");
	t.is(names(await get("/tunnels")), "tunnel-1,tunnel-2", "tunnels");
	t.is((await get("/peers/peer-1")).status, 200, "one of them");
	t.problem(await get("/peers/peer-3"), 403, "one of another");
	t.is((await get("/peers/nobody")).text.replace(/"request_id":"[^"]*"/, "").replaceAll("nobody", "peer-3"), (await get("/peers/peer-3")).text.replace(/"request_id":"[^"]*"/, ""), "what does not exist looks the same");
	t.problem(await get("/tunnels/tunnel-3"), 403, "a tunnel of another");
	t.is((await get("/session")).json.scope.join(), "site=berlin", "who am I");
	const both = await token(t, { name: "both", role: "viewer", scope: ["site=berlin", "env=prod"] });
	t.is(names(await d.api("GET", "/peers", { token: both.token })), "peer-1", "every label counts");
	for (const path of ["/peer-status", "/tunnel-status", "/ike-sas", "/child-sas", "/negotiations", "/events"]) {
		const a = await get(path);
		t.is(a.status, 200, path);
		t.check(!/"(peer-3|tunnel-3)"/.test(a.text), `${path} tells of Rome`);
		for (const x of a.json.items)
			t.check(["peer-1", "peer-2"].includes(x.peer ?? x.name), `${path}: ${JSON.stringify(x).slice(0, 200)}`);
	}
	for (const path of ["/ike-sas", "/child-sas"]) {
		const all = (await d.local("GET", path)).json.items;
		t.check(all.length > 0, `${path} is not empty`);
		for (const sa of all)
			t.is((await get(`${path}/${sa.id}`)).status, ["peer-1", "peer-2"].includes(sa.peer) ? 200 : 403, `${path}/${sa.id} of ${sa.peer}`);
	}
}

async function acts(t) {
	const d = t.daemon;
	const one = await token(t, { name: "acts", role: "operator", scope: ["site=berlin"] });
	const post = (path, body) => d.api("POST", path, { token: one.token, body });
	t.check((await post("/tunnels/tunnel-1/initiate")).status < 300, "a tunnel of ours");
	t.problem(await post("/tunnels/tunnel-3/initiate"), 403, "of another");
	t.is((await post("/resets", { scope: { peer: "peer-1" } })).status, 200, "a reset of ours");
	for (const scope of [{ peer: "peer-3" }, { peer: "peer-3@192.0.2.9" }, { tunnel: "tunnel-3" }, { all: true }, { stale: true }, { remote_address: "192.0.2.3" }, { spi: "0x1001" }, { peer: "nobody" }])
		t.problem(await post("/resets", { scope }), 403, `a reset of ${JSON.stringify(scope)}`);
	t.problem(await d.api("POST", "/resets?dry_run=true", { token: one.token, body: { scope: { all: true } } }), 403, "nor to look");
}

// Whatever is not in scope.def is closed: all routes are tried.
async function closed(t) {
	const d = t.daemon;
	const one = await token(t, { name: "closed", role: "operator", scope: ["site=nowhere"] });
	const open = ["/health", "/livez", "/readyz", "/capabilities", "/version", "/openapi.json", "/schema", "/login", "/logout", "/session", "/status", "/setup",
		"/ike-proposals", "/ipsec-proposals", "/dpd-profiles", "/peers", "/tunnels", "/peer-status", "/tunnel-status", "/ike-sas", "/child-sas", "/negotiations",
		"/events", "/events/stream"];
	for (const r of d.hello.routes) {
		if (r.method === "GET" && open.includes(r.path) || ["/login", "/logout", "/setup"].includes(r.path))
			continue;
		if (/^.(ike|ipsec)-proposals.|^.dpd-profiles.|^.negotiations.\{id\}$/.test(r.path) && r.method === "GET")
			continue; // nobody's in particular; a negotiation is not found instead
		const path = r.path.replace("{name}", "peer-1").replace("{id}", "1");
		const body = ["POST", "PUT", "PATCH"].includes(r.method) ? (r.path === "/resets" ? { scope: { all: true } } : {}) : undefined;
		const headers = { "If-Match": '"999999999"', ...(r.path === "/bulk" ? { "Content-Type": "application/x-ndjson" } : {}) };
		t.problem(await d.api(r.method, path, { token: one.token, body, headers }), 403, `${r.method} ${r.path}`);
	}
}

// A token has its owner's limits as well, and follows them.
async function owner(t) {
	const d = t.daemon;
	const ann = { name: "ann", role: "admin", password: PASSWORD };
	t.is((await d.local("POST", "/users", { body: ann })).status, 201, "a user");
	t.is((await d.local("POST", "/users", { body: { ...ann, name: "rest" } })).status, 201, "another admin");
	const session = await signIn(d, "ann", PASSWORD);
	const made = await d.api("POST", "/api-tokens", { session, body: { name: "anns", role: "operator" } });
	const count = async () => (await d.api("GET", "/peers?count=true", { token: made.json.token })).json.total;
	t.is(await count(), 3, "all of them");
	const stream = await d.stream("/events/stream", { token: made.json.token });
	t.is((await d.local("PATCH", "/users/ann", { body: { role: "operator", scope: ["site=rome"] } })).status, 200, "limited");
	t.is(await count(), 1, "and so is her token");
	t.is((await d.api("GET", "/peers?count=true", { session: await signIn(d, "ann", PASSWORD) })).json.total, 1, "and herself");
	t.is((await d.local("PATCH", "/users/ann", { body: { scope: null } })).json.scope.length, 0, "no limit any more");
	t.is(await count(), 3, "all of them again");
	stream.close();
}

async function sources(t) {
	const d = t.daemon;
	const near = await token(t, { name: "near", role: "viewer", sources: ["127.0.0.0/8", "2001:db8::1"] });
	t.is(near.sources.join(), "127.0.0.0/8,2001:db8::1/128", "as they are kept");
	t.is((await d.api("GET", "/status", { token: near.token })).status, 200, "from here");
	t.problem(await d.local("GET", "/status", { token: near.token }), 403, "the socket is no address");
	const far = await token(t, { name: "far", role: "viewer", sources: ["192.0.2.0/24"] });
	t.problem(await d.api("GET", "/status", { token: far.token }), 403, "from elsewhere");
}

async function auditor(t) {
	const d = t.daemon;
	const eve = await token(t, { name: "eve", role: "auditor" });
	t.is((await d.api("GET", "/audit", { token: eve.token })).status, 200, "reads the audit log");
	t.is((await d.api("GET", "/peers", { token: eve.token })).status, 200, "and the configuration");
	t.problem(await d.api("POST", "/resets", { token: eve.token, body: { scope: { all: true } } }), 403, "and does nothing");
	t.is((await d.api("GET", "/session", { token: eve.token })).json.may.join(), "viewer,auditor", "may");
	const op = await token(t, { name: "op", role: "operator" });
	t.problem(await d.api("GET", "/audit", { token: op.token }), 403, "an operator does not");
	t.is((await d.api("GET", "/session", { token: op.token })).json.may.join(), "viewer,operator", "nor may");
}
