// record.mjs - every route that does something is on record: one row of the audit log, by its request
//
// The list of routes is the register's own (/openapi.json): a new one that changes, starts or ends
// something fails here until it has a row in `acts`, and a row in the log.
import { samples, fill, collections } from "./samples.mjs";
import { signIn } from "./lib.mjs";

const PASSWORD = "correct horse battery staple";
const MUTATING = ["post", "put", "patch", "delete"];

// Why a route has none.
const none = {
	"post /negotiations/{id}/replay": "asks what would match; nothing is done",
};
// Tried on real gateways: the double tries nothing on a few peers first (tests/changes/canary.mjs).
// The end of a trace is the daemon's to put on record, also when its time is over (tests/interop/cases/wiretrace).
const elsewhere = ["post /changesets/{id}/widen", "post /changesets/{id}/rollback", "post /traces/{id}/stop", "delete /traces/{id}"];

// What to do, and the row that is due: [action, object]. `x` asks with the id that is counted, `p` prepares.
const acts = {
	"post /login": [async ({ x }) => x("POST", "/login", { body: { name: "root", password: PASSWORD }, door: "api" }), "sign_in", "users/root"],
	"post /logout": [async ({ x, d }) => x("POST", "/logout", { session: await signIn(d, "root", PASSWORD), door: "api" }), "sign_out", "users/root"],
	"post /users": [({ x }) => x("POST", "/users", { body: { name: "ann", password: PASSWORD, role: "viewer" } }), "create", "users/ann"],
	"patch /users/{name}": [({ x }) => x("PATCH", "/users/ann", { body: { role: "operator" } }), "update", "users/ann"],
	"delete /users/{name}": [({ x }) => x("DELETE", "/users/ann"), "delete", "users/ann"],
	"post /api-tokens": [({ x }) => x("POST", "/api-tokens", { body: { name: "robot", role: "viewer" } }), "create", /^api-tokens\//],
	"delete /api-tokens/{id}": [async ({ x, p }) => x("DELETE", `/api-tokens/${(await p("POST", "/api-tokens", { body: { name: "robot2", role: "viewer" } })).json.id}`), "delete", /^api-tokens\//],
	"post /settings/snmp/test-trap": [async ({ x, p }) => {
		await p("PATCH", "/settings/snmp", { body: { mode: "agentx" } });
		return x("POST", "/settings/snmp/test-trap", { body: {} });
	}, "test", "settings/snmp"],
	"put /config": [async ({ x, p }) => {
		const body = (await p("GET", "/config")).json;
		body.peers.find((r) => r.name === "p1").description = "by the document";
		return x("PUT", "/config", { body });
	}, "update", "peers/p1"],
	"post /backups": [({ x }) => x("POST", "/backups", { body: {} }), "backup", "config"],
	"post /restore": [async ({ x, p }) => {
		const file = (await p("POST", "/backups", { body: {} })).body.toString("base64");
		return x("POST", "/restore", { body: { file } });
	}, "restore", "config"],
	"post /bulk": [({ x }) => x("POST", "/bulk", { body: `${JSON.stringify({ kind: "dpd-profiles", op: "merge", name: "d1", interval_seconds: 31 })}\n`, headers: { "Content-Type": "application/x-ndjson" } }), "update", "dpd-profiles/d1"],
	"post /imports": [({ x }) => x("POST", "/imports?stage=true", { body: { from: "comware", text: "ike peer staged\n remote-address 192.0.2.44\n#\n" } }), "create", /^changesets\//],
	"post /changesets": [({ x }) => x("POST", "/changesets", { body: {} }), "create", /^changesets\//],
	"patch /changesets/{id}": [async ({ x, p }) => x("PATCH", `/changesets/${await staged(p, [])}`, { body: { edits: [edit("y")] } }), "update", /^changesets\//],
	"delete /changesets/{id}": [async ({ x, p }) => x("DELETE", `/changesets/${await staged(p, [])}`), "delete", /^changesets\//],
	"post /changesets/{id}/apply": [async ({ x, p }) => x("POST", `/changesets/${await staged(p, [edit("z")])}/apply`, { body: {} }), "update", "peers/p1"],
	"post /commits/{id}/rollback": [async ({ x, p }) => {
		await p("PATCH", "/peers/p1", { body: { description: "to go back from" } });
		return x("POST", `/commits/${(await p("GET", "/health")).json.revision - 1}/rollback`, { body: {} });
	}, "update", "peers/p1"],
	"post /commits/{id}/confirm": [async ({ x, p }) => {
		await p("PATCH", "/peers/p1?confirm=manual&confirm_timeout_seconds=120", { body: { description: "on trial" } });
		return x("POST", `/commits/${(await p("GET", "/health")).json.revision}/confirm`, { body: {} });
	}, "confirm", /^commits\//],
	"delete /ike-sas/{id}": [async ({ x, d, id }) => x("DELETE", `/ike-sas/${await id(d)}`), "reset", /^ike-sas\//],
	"post /ike-sas/{id}/rekey": [async ({ x, id, d }) => x("POST", `/ike-sas/${await id(d)}/rekey`), "rekey", /^ike-sas\//],
	"post /ike-sas/{id}/reauth": [async ({ x, id, d }) => x("POST", `/ike-sas/${await id(d)}/reauth`), "rekey", /^ike-sas\//],
	"post /ike-sas/{id}/dpd-check": [async ({ x, id, d }) => x("POST", `/ike-sas/${await id(d)}/dpd-check`), "check", /^ike-sas\//],
	"delete /child-sas/{id}": [async ({ x, id, d }) => x("DELETE", `/child-sas/${await id(d)}`), "reset", /^child-sas\//],
	"post /child-sas/{id}/rekey": [async ({ x, id, d }) => x("POST", `/child-sas/${await id(d)}/rekey`), "rekey", /^child-sas\//],
	"post /tunnels/{name}/initiate": [({ x }) => x("POST", "/tunnels/t1/initiate"), "initiate", "tunnels/t1"],
	"post /peers/{name}/initiate": [({ x }) => x("POST", "/peers/p1/initiate"), "initiate", "peers/p1"],
	"post /webhooks/{name}/test": [async ({ x, p }) => {
		await p("PATCH", "/webhooks/w1", { body: { url: "http://127.0.0.1:9/x", enabled: true } });
		return x("POST", "/webhooks/w1/test", { body: {}, refused: true }); // nobody listens there
	}, "test", "webhooks/w1"],
	"post /peers/{name}/simulate": [({ x }) => x("POST", "/peers/p1/simulate", { body: { from: "swanctl", text: "connections { a { } }" } }), "simulate", "peers/p1"],
	"post /resets": [({ x }) => x("POST", "/resets", { body: { scope: { peer: "p1" } } }), "reset", "peers/p1"],
	"post /secrets/{name}/rotate": [({ x }) => x("POST", "/secrets/s1/rotate", { body: { value: "another long enough value 77", overlap_seconds: 600 } }), "update", "secrets/s1"],
	"post /secrets/{name}/finish-rotation": [async ({ x, p }) => {
		await p("POST", "/secrets/s1/rotate", { body: { value: "a third long enough value 88", overlap_seconds: 600 } });
		return x("POST", "/secrets/s1/finish-rotation", { body: {} });
	}, "update", "secrets/s1"],
	"post /traces": [({ x }) => x("POST", "/traces", { body: { seconds: 60 } }), "trace_start", /^traces\//],
	"delete /ipsec-sessions": [({ x }) => x("DELETE", "/ipsec-sessions"), "reset", "ipsec-sessions"],
	"get /config/export": [({ x }) => x("GET", "/config/export?for=comware"), "export", "config"],
};

const edit = (text) => ({ op: "merge", path: "/peers/p1", value: { description: text } });
const staged = async (p, edits) => (await p("POST", "/changesets", { body: { edits } })).json.id;

// Collections are one handler each: every kind is tried by every method.
function kindAct(method, path) {
	const [, kind, name] = path.split("/");
	const body = samples[kind];
	if (kind === "settings")
		return [async ({ x }) => x("PATCH", path, { body: name === "logging" ? { format: "json" } : SETTING[name] }), "update", `settings/${name}`];
	if (!body)
		return null;
	if (method === "post")
		return [({ x }) => x("POST", `/${kind}`, { body: again(kind, "by-post") }), "create", `${kind}/by-post`];
	const at = `/${kind}/by-put`;
	if (method === "put")
		return [({ x }) => x("PUT", at, { body: again(kind, "by-put") }), "create", at.slice(1)];
	if (method === "patch")
		return [({ x }) => x("PATCH", at, { body: kind === "dpd-profiles" ? { interval_seconds: 99 } : kind === "exceptions" ? { reason: "patched" } : { description: "patched" } }), "update", at.slice(1)];
	return [({ x }) => x("DELETE", at), "delete", at.slice(1)];
}
const again = (kind, name) => ({ ...samples[kind], name, ...(kind === "ike-proposals" ? { number: name === "by-put" ? 21 : 22 } : {}), ...(kind === "tunnels" ? { local_ts: [name === "by-put" ? "10.3.0.0/24" : "10.4.0.0/24"] } : {}), ...(kind === "authorities" ? { domain: name } : {}), ...(kind === "peers" ? { remote_address: name === "by-put" ? "192.0.2.3" : "192.0.2.4" } : {}) });
const SETTING = {
	ike: { retransmit_seconds: 7 }, keepalive: { interval_seconds: 21 }, ipsec: { anti_replay_window: 128 },
	api: { session_idle_seconds: 901 }, snmp: { port: 1162 },
};

export async function suite(t) {
	const d = t.daemon;
	const link = /#setup=(.+)$/.exec(d.hello?.setup ?? "")?.[1];
	let n = 0;

	const tryOne = async (key, [act, action, object]) => {
		const mark = `record-${String(++n).padStart(4, "0")}`;
		const x = async (method, url, o = {}) => {
			const a = await d[o.door ?? "local"](method, url, { ...o, headers: { "If-Match": "*", ...o.headers, "X-Request-Id": mark } });
			t.check(o.refused || a.status < 300, `${key}: ${a.status} ${a.text.slice(0, 300)}`);
			return a;
		};
		const p = async (method, url, o = {}) => {
			const a = await d.local(method, url, { ...o, headers: { "If-Match": "*", ...o.headers } });
			t.check(a.status < 300, `${key}, before it: ${method} ${url}: ${a.status} ${a.text.slice(0, 300)}`);
			return a;
		};
		const id = async (of) => {
			await of.tell("sas 8");
			return (await of.local("GET", "/ike-sas?limit=1")).json.items[0].id;
		};
		await act({ x, p, d, id });
		const all = (await d.local("GET", "/audit?limit=1000")).json.items.filter((r) => r.request_id === mark);
		// The number of a negotiation is known after the act: a row of its own.
		const begun = all.filter((r) => r.action === "negotiate");
		const rows = all.filter((r) => r.action !== "negotiate");
		t.check(begun.every((r) => /^negotiations\/\d+$/.test(r.object)), `${key}: ${JSON.stringify(begun)}`);
		t.is(begun.length > 0, /initiate|rekey|reauth/.test(key), `${key}: is a negotiation on record`);
		t.is(rows.length, 1, `${key}: rows on record (${rows.map((r) => `${r.action} ${r.object}`).join(", ")})`);
		t.is(rows[0]?.action, action, `${key}: what was done`);
		t.check(object instanceof RegExp ? object.test(rows[0]?.object) : rows[0]?.object === object, `${key}: to what: ${rows[0]?.object}`);
		t.check(!JSON.stringify(rows).includes(PASSWORD), `${key}: no secret is in it`);
	};

	await tryOne("post /setup", [({ x }) => x("POST", "/setup", { body: { token: link, name: "root", password: PASSWORD } }), "create", "users/root"]);
	await fill(d, { local: true });
	const paths = (await d.local("GET", "/openapi.json")).json.paths;
	const routes = Object.entries(paths).flatMap(([path, ops]) => MUTATING.filter((m) => ops[m]).map((m) => [m, path.replace(/^\/api\/v1/, "")]));
	t.check(routes.length > 60, `${routes.length} routes are few`);
	const order = (m) => ["post", "put", "patch", "delete"].indexOf(m);
	const isKind = (path) => collections.includes(path.split("/")[1]) && path.split("/").length <= 3 && !(`post ${path}` in acts);
	for (const [m, path] of routes.sort((a, b) => order(a[0]) - order(b[0])).concat([["get", "/config/export"]])) {
		const key = `${m} ${path}`;
		if (key in none || elsewhere.includes(key) || path === "/setup")
			continue;
		const act = acts[key] ?? (isKind(path) || path.startsWith("/settings/") ? kindAct(m, path) : null);
		if (t.check(act, `${key} is new: say what is put on record of it`))
			await tryOne(key, act);
	}
	for (const key of Object.keys(acts))
		t.check(key.startsWith("get ") || routes.some(([m, path]) => `${m} ${path}` === key), `${key} is no route any more`);
	t.is((await d.local("GET", "/audit/verify")).json.whole, true, "whole");
	await notDone(t, d);
}

// What cannot be put on record is not done.
async function notDone(t, d) {
	const before = (await d.local("GET", "/ike-sas?count=true")).json.total;
	await d.tell("audit-fails");
	for (const [method, url, body] of [["POST", "/resets", { scope: "all" }], ["POST", "/tunnels/t1/initiate"], ["POST", "/backups", {}],
		["POST", "/users", { name: "eve", password: PASSWORD, role: "admin" }], ["POST", "/changesets", {}]])
		t.check((await d.local(method, url, { body })).status >= 500, `${method} ${url} is refused`);
	await d.tell("audit-works");
	t.is((await d.local("GET", "/ike-sas?count=true")).json.total, before, "no SA was touched");
	t.is((await d.local("GET", "/users/eve")).status, 404, "nobody was made");
}
