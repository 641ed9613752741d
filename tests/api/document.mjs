// document.mjs - /openapi.json says what is done: every answer fits it, and the copy in the tree
// is the one that is served
//
// Run with --write FILE to write the copy anew after a change of the contract.
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { tokens } from "./lib.mjs";
import { Validator } from "./schema.mjs";
import { at, collections, fill, samples } from "./samples.mjs";

const COPY = fileURLToPath(new URL("../../api/openapi.json", import.meta.url));

const sorted = (v) => (Array.isArray(v) ? v.map(sorted) : v && typeof v === "object"
	? Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])])) : v);

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const admin = all.admin.token;
	const a = await d.api("GET", "/openapi.json", { token: admin });
	t.is(a.status, 200, "GET /openapi.json");
	const doc = a.json;
	if (t.options.write)
		fs.writeFileSync(t.options.write, `${JSON.stringify(doc, null, "\t")}\n`);
	const copy = JSON.parse(fs.readFileSync(COPY, "utf8"));
	t.check(JSON.stringify(sorted(copy)) === JSON.stringify(sorted(doc)),
		`api/openapi.json is not what is served; node tests/api/run.mjs --apid APID --suite document --write api/openapi.json writes it`);
	const again = await d.api("GET", "/openapi.json", { token: admin, headers: { "If-None-Match": a.headers.etag } });
	t.is(again.status, 304, "the same document again");
	references(t, doc);
	await impacts(t, doc, admin);
	await answers(t, doc, admin);
}

// Every $ref leads somewhere, every operation has a way to refuse, ids are unique.
function references(t, doc) {
	const v = new Validator(doc);
	const ids = new Set();
	const walk = (x) => {
		if (!x || typeof x !== "object")
			return;
		if (typeof x.$ref === "string")
			t.check(v.resolve(x.$ref) !== undefined, x.$ref);
		Object.values(x).forEach(walk);
	};
	walk(doc);
	for (const [path, item] of Object.entries(doc.paths)) {
		for (const [method, op] of Object.entries(item)) {
			t.check(!ids.has(op.operationId), `${op.operationId} is there twice`);
			ids.add(op.operationId);
			t.check(Object.keys(op.responses).some((s) => /^2/.test(s)), `${method} ${path} never succeeds`);
			t.check("default" in op.responses, `${method} ${path} has no default`);
			t.check(doc.tags.some((g) => g.name === op.tags[0]), `${method} ${path}: tag ${op.tags[0]}`);
		}
	}
}

// Each member that can be written says what a new value takes, as /schema does.
async function impacts(t, doc, token) {
	const schema = (await t.daemon.api("GET", "/schema", { token })).json;
	const find = (s, name) => name.split(".").reduce((x, w) => x?.properties?.[w], s);
	for (const [path, kind] of Object.entries(schema.kinds)) {
		const op = doc.paths[kind.single ? `/${path}` : `/${path}/{name}`].patch;
		const ref = op.requestBody.content["application/json"].schema.$ref;
		const s = doc.components.schemas[ref.split("/").pop()];
		for (const m of kind.members) {
			if (m.kind === "secret" && m.flags.includes("read_only"))
				continue; // neither written nor read
			const member = find(s, m.name);
			if (t.check(member, `${path}: ${m.name} is not in the document`) && !m.flags.includes("read_only"))
				t.is(member["x-impact"], m.impact, `${path}: impact of ${m.name}`);
		}
	}
}

async function answers(t, doc, token) {
	const d = t.daemon;
	const v = new Validator(doc);
	const o = { token };
	const seen = new Set();

	async function ask(method, path, template, more = {}) {
		const a = await d.api(method, path, { ...o, ...more });
		const op = doc.paths[template][method.toLowerCase()];
		const what = `${method} ${path}`;
		seen.add(`${method} ${template}`);
		let r = op.responses[a.status] ?? op.responses.default;
		if (a.status < 400)
			t.check(op.responses[a.status], `${what}: ${a.status} is not in the document: ${a.text.slice(0, 200)}`);
		if (r?.$ref)
			r = v.resolve(r.$ref);
		const type = (a.headers["content-type"] ?? "").split(";")[0];
		if (a.status === 204 || a.status === 304 || !r?.content)
			return a;
		const schema = r.content[type]?.schema;
		if (!t.check(schema, `${what}: ${type} is not in the document`) || !type.endsWith("json"))
			return a;
		const bad = v.check(schema, a.json);
		t.check(bad.length === 0, `${what} (${a.status}): ${bad.slice(0, 5).join("; ")}`);
		if (!schema.anyOf) {
			const strange = v.strangers(schema, a.json);
			t.check(strange.length === 0, `${what}: members that no schema names: ${strange.slice(0, 5)}`);
		}
		const taken = op.requestBody?.content["application/json"];
		if (more.body !== undefined && a.status < 400 && taken) {
			const given = v.check(taken.schema, more.body);
			t.check(given.length === 0, `${what}: a body that was taken does not fit: ${given.slice(0, 3).join("; ")}`);
		}
		return a;
	}

	await d.tell("sas 3");
	await d.tell("tell 3");
	await fill(d, o);
	for (const path of ["/health", "/livez", "/readyz", "/metrics", "/capabilities", "/version", "/schema", "/counters", "/status",
		"/session", "/users", "/api-tokens", "/audit", "/audit/verify",
		"/settings", "/history", "/config", "/changesets", "/commits", "/confirming", "/ike-sas", "/child-sas", "/kernel-sas", "/policies", "/ipsec-sessions", "/tunnel-status", "/peer-status", "/negotiations", "/events"])
		await ask("GET", path, path);
	await ask("GET", "/audit?limit=1&action=create&object=peers", "/audit");
	await ask("GET", "/audit?action=nonsense", "/audit");
	await ask("GET", "/audit?limit=1", "/audit", { headers: { Accept: "application/x-ndjson" } });
	for (const name of ["ike", "keepalive", "ipsec", "api", "snmp", "logging"]) {
		await ask("GET", `/settings/${name}`, `/settings/${name}`);
		await ask("PATCH", `/settings/${name}?dry_run=true`, `/settings/${name}`, { body: {} });
		await ask("PATCH", `/settings/${name}`, `/settings/${name}`, { body: {}, headers: { "If-Match": "*" } });
		await ask("PATCH", `/settings/${name}`, `/settings/${name}`, { body: { nonsense: 1 }, headers: { "If-Match": "*" } });
	}
	const snmp = "/settings/snmp", test = `${snmp}/test-trap`;
	t.is((await ask("POST", test, test, { body: {} })).status, 422, "no test trap while SNMP is off");
	for (const body of [{ mode: "agentx" }, { trap_targets: ["192.0.2.7"] }, { trap_informs: true }]) {
		await ask("PATCH", snmp, snmp, { body, headers: { "If-Match": "*" } });
		t.is((await ask("POST", test, test, { body: {} })).status, 202, "a test trap");
	}
	await ask("PATCH", snmp, snmp, { body: { mode: "off", trap_targets: [], trap_informs: false }, headers: { "If-Match": "*" } });
	for (const path of collections) {
		const { name } = samples[path];
		await ask("GET", `/${path}`, `/${path}`);
		await ask("GET", `/${path}?limit=1&count=true`, `/${path}`);
		await ask("GET", `/${path}/${name}`, `/${path}/{name}`);
		await ask("GET", `/${path}/none`, `/${path}/{name}`);
		await ask("PUT", `/${path}/${name}`, `/${path}/{name}`, { body: samples[path], headers: { "If-Match": "*" } });
		await ask("PUT", `/${path}/${name}?dry_run=true`, `/${path}/{name}`, { body: samples[path], headers: { "If-Match": "*" } });
		await ask("PUT", `/${path}/${name}`, `/${path}/{name}`, { body: samples[path] });
		await ask("PATCH", `/${path}/${name}?reset=affected`, `/${path}/{name}`, { body: {}, headers: { "If-Match": "*" } });
		await ask("POST", `/${path}`, `/${path}`, { body: samples[path] });
		await ask("POST", `/${path}?dry_run=true`, `/${path}`, { body: { ...samples[path], name: "other", ...(path === "ike-proposals" ? { number: 999 } : {}) } });
		await ask("DELETE", `/${path}/${name}?dry_run=true`, `/${path}/{name}`);
		await ask("DELETE", `/${path}/${name}`, `/${path}/{name}`, { headers: { "If-Match": '"999999"' } });
		const back = await d.api("GET", `/${path}/${name}`, o);
		const whole = await ask("PUT", `/${path}/${name}`, `/${path}/{name}`, { body: back.json, headers: { "If-Match": "*" } });
		t.is(whole.status, 200, `what was read of /${path} is taken back`);
	}
	await ask("PATCH", "/peers/p1", "/peers/{name}", { body: at("remote_id.type", "nonsense"), headers: { "If-Match": "*" } });
	const ike = (await d.api("GET", "/ike-sas", o)).json.items;
	await ask("GET", `/ike-sas/${ike[0].id}`, "/ike-sas/{id}");
	await ask("GET", "/ike-sas/4000000000", "/ike-sas/{id}");
	await ask("GET", `/child-sas/${ike[0].id}`, "/child-sas/{id}");
	await ask("POST", `/child-sas/${ike[0].id}/rekey`, "/child-sas/{id}/rekey", { body: {} });
	for (const act of ["rekey", "reauth", "dpd-check"])
		await ask("POST", `/ike-sas/${ike[0].id}/${act}`, `/ike-sas/{id}/${act}`);
	await ask("POST", "/ike-sas/4000000000/rekey", "/ike-sas/{id}/rekey");
	await ask("GET", "/ipsec-sessions?limit=1&child_sa=1", "/ipsec-sessions");
	await ask("DELETE", "/ipsec-sessions?child_sa=4000000000", "/ipsec-sessions");
	await ask("DELETE", "/ipsec-sessions", "/ipsec-sessions");
	await ask("DELETE", `/child-sas/${ike[0].id}`, "/child-sas/{id}");
	await ask("DELETE", `/ike-sas/${ike[1].id}?force=true`, "/ike-sas/{id}");
	await ask("GET", "/tunnels/t1/status", "/tunnels/{name}/status");
	await ask("GET", "/peers/p1/status", "/peers/{name}/status");
	await ask("POST", "/resets", "/resets", { body: { scope: { all: true }, dry_run: true, level: "both", comment: "a test" } });
	await ask("POST", "/resets", "/resets", { body: { scope: { stale: true } } });
	await operations(d, ask);
	const turned = await ask("POST", "/secrets/s1/rotate?dry_run=true", "/secrets/{name}/rotate", { body: { value: "another key altogether" } });
	t.is(turned.status, 200, "a rotation's preview");
	await ask("POST", "/secrets/s1/rotate", "/secrets/{name}/rotate", { body: { value: "another key altogether", overlap_seconds: 600 } });
	await ask("POST", "/secrets/s1/finish-rotation", "/secrets/{name}/finish-rotation", { body: {} });
	const started = await ask("POST", "/tunnels/t1/initiate", "/tunnels/{name}/initiate", { body: {} });
	await ask("POST", "/peers/p1/initiate", "/peers/{name}/initiate");
	await ask("GET", `/negotiations/${started.json.negotiation}`, "/negotiations/{id}");
	const trace = await ask("POST", "/traces", "/traces", { body: { peer: "p1", seconds: 60, secrets: true } });
	const of = (more) => `/traces/${trace.json.id}${more}`;
	await ask("POST", "/traces", "/traces", { body: { seconds: 9999 } });
	await ask("GET", "/traces", "/traces");
	await ask("GET", of(""), "/traces/{id}");
	for (const form of ["pcapng", "ikev1_decryption_table", "esp_sa"])
		await ask("GET", of(`/${form}`), `/traces/{id}/${form}`);
	await ask("POST", of("/stop"), "/traces/{id}/stop");
	await ask("DELETE", of(""), "/traces/{id}");
	await ask("GET", of(""), "/traces/{id}");
	await ask("POST", `/peers/p1/simulate`, "/peers/{name}/simulate", { body: { from: "swanctl", text: "connections {}" } });
	await ask("GET", "/negotiations", "/negotiations");
	await d.api("PUT", "/webhooks/w1", { ...o, body: { url: "http://127.0.0.1:1/" }, headers: { "If-Match": "*" } });
	await ask("GET", "/webhooks/w1/status", "/webhooks/{name}/status");
	await ask("POST", "/webhooks/w1/test", "/webhooks/{name}/test", { body: {} });
	await ask("POST", "/webhooks/none/test", "/webhooks/{name}/test", { body: {} });
	await ask("POST", `/negotiations/${started.json.negotiation}/replay`, "/negotiations/{id}/replay", { body: {} });
	await manyAtOnce(ask);
	await ask("POST", "/users", "/users", { body: { name: "ann", role: "viewer", password: "a long enough one" } });
	await ask("GET", "/users/ann", "/users/{name}");
	await ask("PATCH", "/users/ann", "/users/{name}", { body: { role: "operator" } });
	await ask("DELETE", "/users/ann", "/users/{name}");
	const made = await ask("POST", "/api-tokens", "/api-tokens", { body: { name: "x", role: "viewer", expires_in_days: 1 } });
	await ask("DELETE", `/api-tokens/${made.json.id}`, "/api-tokens/{id}");
	await ask("POST", "/login", "/login", { body: { name: "nobody", password: "nothing of the kind" } });
	for (const path of [...collections].reverse())
		await ask("DELETE", `/${path}/${samples[path].name}`, `/${path}/{name}`, { headers: { "If-Match": "*" } });
	for (const [path, item] of Object.entries(doc.paths))
		for (const method of Object.keys(item))
			t.check(seen.has(`${method.toUpperCase()} ${path}`) || UNTRIED.has(path), `${method} ${path} was never asked for`);
}

// What outlasts its caller, and what is waited for.
async function operations(d, ask) {
	const prefer = (p) => ({ headers: { Prefer: p } });
	await d.tell("linger");
	const a = await ask("POST", "/tunnels/t1/initiate", "/tunnels/{name}/initiate", { body: {}, ...prefer("respond-async") });
	await ask("POST", "/resets", "/resets", { body: { scope: { all: true }, reinitiate: "always" }, ...prefer("wait=0") });
	await ask("GET", "/operations", "/operations");
	await ask("GET", a.headers.location.replace("/api/v1", ""), "/operations/{id}");
	await ask("GET", "/operations/4000000000", "/operations/{id}");
	await d.tell("end 1");
	await d.tell("sas 3");
	await ask("POST", "/peers/p1/initiate", "/peers/{name}/initiate", prefer("wait=5"));
	await ask("POST", "/resets", "/resets", { body: { scope: { all: true }, reinitiate: "always" }, ...prefer("wait=5") });
	await ask("GET", a.headers.location.replace("/api/v1", ""), "/operations/{id}");
	await d.tell("sas 3");
}

// Changes of many records: sets, the whole document, going back, confirming.
async function manyAtOnce(ask) {
	const edits = [{ op: "merge", path: "/peers/p1", value: { description: "staged" } },
		{ op: "add", path: "/dpd-profiles/d9", value: { interval_seconds: 40 } }];
	const set = await ask("POST", "/changesets", "/changesets", { body: { edits, comment: "a test" } });
	const path = `/changesets/${set.json.id}`;
	const text = "ike peer pasted\n pre-shared-key simple never-to-be-seen-again\n remote-address 192.0.2.77\n nonsense\n";
	await ask("POST", "/imports", "/imports", { body: { from: "comware", text } });
	const pasted = await ask("POST", "/imports?stage=true", "/imports", { body: { from: "comware", text, comment: "pasted" } });
	await ask("DELETE", `/changesets/${pasted.json.changeset}`, "/changesets/{id}");
	await ask("POST", "/imports", "/imports", { body: { from: "comware", text: "nothing" } });
	await ask("POST", "/imports", "/imports", { body: { from: "klingon", text } });
	for (const language of ["comware", "swanctl", "ipsec.conf", "routeros", "fortios", "ios"])
		await ask("GET", `/peers/p1/generate?for=${language}&remote=198.51.100.1`, "/peers/{name}/generate");
	await ask("GET", "/peers/none/generate?for=ios", "/peers/{name}/generate");
	await ask("GET", "/config/export?for=comware", "/config/export");
	await ask("GET", "/config/export?for=ios", "/config/export");
	await ask("GET", "/changesets", "/changesets");
	await ask("GET", path, "/changesets/{id}");
	await ask("GET", "/changesets/4000000000", "/changesets/{id}");
	await ask("PATCH", path, "/changesets/{id}", { body: { edits: [{ op: "replace", path: "/peers/p1/description", value: "again" }] } });
	await ask("PATCH", path, "/changesets/{id}", { body: { edits: [{ op: "remove", path: "/peers/none" }] } });
	await ask("GET", `${path}/impact`, "/changesets/{id}/impact");
	const done = await ask("POST", `${path}/apply`, "/changesets/{id}/apply",
		{ body: { reset: "affected", reinitiate: "auto", comment: "a test", confirm: { mode: "manual", timeout_seconds: 60 } } });
	await ask("GET", "/confirming", "/confirming");
	const n = done.json.revision;
	await ask("GET", `/commits/${n}`, "/commits/{id}");
	await ask("POST", `/commits/${n}/confirm`, "/commits/{id}/confirm", { body: {} });
	await ask("POST", `/commits/${n}/confirm`, "/commits/{id}/confirm");
	await ask("GET", "/commits?limit=2", "/commits");
	await ask("GET", `/commits/${n - 1}/diff?to=${n}`, "/commits/{id}/diff");
	await ask("POST", `/commits/${n - 1}/rollback?dry_run=true`, "/commits/{id}/rollback");
	await ask("POST", `/commits/${n - 1}/rollback`, "/commits/{id}/rollback", { body: { reset: "none" } });
	const other = await ask("POST", "/changesets", "/changesets", { body: {} });
	await ask("POST", `/changesets/${other.json.id}/widen`, "/changesets/{id}/widen", { body: {} });
	await ask("POST", `/changesets/${other.json.id}/rollback`, "/changesets/{id}/rollback", { body: {} });
	await ask("DELETE", `/changesets/${other.json.id}`, "/changesets/{id}");
	const lines = { headers: { "Content-Type": "application/x-ndjson" }, body: `${JSON.stringify({ kind: "dpd-profiles", name: "d8" })}\n` };
	await ask("POST", "/bulk?dry_run=true", "/bulk", lines);
	await ask("POST", "/bulk", "/bulk", lines);
	await ask("POST", "/bulk", "/bulk", { ...lines, body: "{}" });
	await ask("POST", "/backups", "/backups", { body: { passphrase: "short" } });
	await ask("POST", "/backups", "/backups", { body: { passphrase: "long enough for that" } });
	await ask("POST", "/backups", "/backups");
	await ask("POST", "/restore?dry_run=true", "/restore", { body: {} });
	await ask("POST", "/restore", "/restore", { body: { file: "AAAA" } });
	const doc = (await ask("GET", "/config", "/config")).json;
	await ask("PUT", "/config?dry_run=true", "/config", { body: { ...doc, tunnels: [] } });
	await ask("PUT", "/config", "/config", { body: doc, headers: { "If-Match": "*" } });
	await ask("PUT", "/config", "/config", { body: doc });
}

// Tried elsewhere: access.mjs, stream.mjs, and this very document.
const UNTRIED = new Set(["/openapi.json", "/setup", "/logout", "/events/stream"]);
