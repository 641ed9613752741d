// roles.mjs - no door without a lock: every route, every method, every role
//
// The list of routes is the daemon's own (apid prints it, /openapi.json tells it), so a route
// that is new here fails until somebody says what it may be asked with.
import { tokens } from "./lib.mjs";

const RANK = { none: 0, viewer: 1, auditor: 1.5, operator: 2, editor: 3, admin: 4 };
// Only auditors and admins read the audit log; operators and editors do not.
const admits = (role, least) => (least === "auditor" ? ["auditor", "admin"].includes(role) : RANK[role] >= RANK[least]);
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

// What stands for {name} and {id}: nothing that exists.
const filled = (path) => path.replace("{name}", "nobody-here").replace("{id}", "4000000000");

// Paths this file knows; others are new and have to be thought about.
const known = [
	"/health", "/livez", "/readyz", "/metrics", "/capabilities", "/version", "/openapi.json", "/schema", "/counters", "/status", "/setup", "/login",
	"/logout", "/session", "/users", "/users/{name}", "/api-tokens", "/api-tokens/{id}", "/audit", "/audit/verify",
	"/settings", "/settings/ike", "/settings/keepalive", "/settings/ipsec", "/settings/api",
	"/settings/snmp", "/settings/snmp/test-trap", "/settings/logging", "/secrets", "/secrets/{name}", "/secrets/{name}/rotate", "/secrets/{name}/finish-rotation",
	"/private-keys", "/private-keys/{name}", "/certificates", "/certificates/{name}",
	"/authorities", "/authorities/{name}", "/ike-proposals",
	"/ike-proposals/{name}", "/ipsec-proposals", "/ipsec-proposals/{name}", "/dpd-profiles",
	"/dpd-profiles/{name}", "/peers", "/peers/{name}", "/tunnels", "/tunnels/{name}", "/history",
	"/ike-sas", "/ike-sas/{id}", "/child-sas", "/child-sas/{id}", "/ipsec-sessions", "/ike-sas/{id}/rekey",
	"/ike-sas/{id}/reauth", "/ike-sas/{id}/dpd-check", "/child-sas/{id}/rekey", "/tunnels/{name}/status",
	"/peers/{name}/status", "/tunnel-status", "/peer-status", "/tunnels/{name}/initiate",
	"/peers/{name}/initiate", "/resets", "/negotiations", "/negotiations/{id}", "/negotiations/{id}/replay", "/kernel-sas", "/policies", "/traces", "/traces/{id}", "/traces/{id}/stop",
	"/traces/{id}/pcapng", "/traces/{id}/ikev1_decryption_table", "/traces/{id}/esp_sa", "/peers/{name}/simulate", "/events",
	"/events/stream", "/config", "/changesets", "/changesets/{id}", "/changesets/{id}/impact",
	"/changesets/{id}/apply", "/changesets/{id}/widen", "/changesets/{id}/rollback", "/commits", "/commits/{id}", "/commits/{id}/diff",
	"/commits/{id}/rollback", "/commits/{id}/confirm", "/confirming", "/bulk", "/backups", "/restore", "/imports", "/config/export", "/peers/{name}/generate", "/exceptions", "/exceptions/{name}", "/webhooks", "/webhooks/{name}", "/webhooks/{name}/status", "/webhooks/{name}/test", "/operations", "/operations/{id}",
];

async function routesOf(t, admin) {
	const a = await t.daemon.api("GET", "/openapi.json", { token: admin });
	t.is(a.status, 200, "/openapi.json");
	const listed = [];
	for (const [path, ops] of Object.entries(a.json.paths ?? {}))
		for (const [method, op] of Object.entries(ops))
			if (METHODS.includes(method.toUpperCase()))
				listed.push({ method: method.toUpperCase(), path: path.replace(/^\/api\/v1/, ""),
					      role: op["x-role"] });
	const ours = t.daemon.hello?.routes;
	if (!ours)
		return listed.filter((r) => r.role in RANK);
	const key = (r) => `${r.method} ${r.path}`;
	const inDocument = new Set(listed.map(key));
	for (const r of ours)
		t.check(inDocument.has(key(r)), `${key(r)} is not in /openapi.json`);
	t.is(listed.length, ours.length, "routes in /openapi.json");
	return ours;
}

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const routes = await routesOf(t, all.admin.token);
	t.check(routes.length > 60, `${routes.length} routes are few`);
	for (const r of routes)
		t.check(known.includes(r.path), `${r.path} is new: add it to the matrix`);
	for (const r of routes)
		await tryRoute(t, r, all);
	await otherMethods(t, routes, all.admin.token);
	await badTokens(t, all);
}

async function tryRoute(t, r, all) {
	const d = t.daemon;
	const stream = r.path === "/events/stream";
	const body = ["POST", "PUT", "PATCH"].includes(r.method) ? {} : undefined;
	const what = `${r.method} ${r.path}`;

	for (const role of ["none", "viewer", "auditor", "operator", "editor", "admin"]) {
		const token = role === "none" ? undefined : all[role].token;
		const may = admits(role, r.role);
		if (r.path === "/logout" && may)
			continue;
		if (stream && may) {
			const st = await d.stream(r.path, { token });
			t.is(st.status, 200, `${what} as ${role}`);
			st.close();
			continue;
		}
		// An impossible revision: what is allowed still changes nothing.
		const headers = { "If-Match": '"999999999"', ...(r.path === "/bulk" ? { "Content-Type": "application/x-ndjson" } : {}) };
		const a = await d.api(r.method, filled(r.path) + (r.path === "/resets" ? "?dry_run=true" : ""),
				      { token, body, headers });
		if (may) {
			t.check(a.status !== 401 || r.path === "/login", `${what} as ${role}: 401`);
			t.check(a.status !== 403 || r.path === "/setup", `${what} as ${role}: 403`);
		} else {
			t.problem(a, role === "none" ? 401 : 403, `${what} as ${role}`);
		}
		t.check(a.status < 500, `${what} as ${role}: ${a.status} ${a.text.slice(0, 200)}`);
	}
}

async function otherMethods(t, routes, token) {
	for (const path of new Set(routes.map((r) => r.path))) {
		const may = new Set(routes.filter((r) => r.path === path).map((r) => r.method));
		if (may.has("GET"))
			may.add("HEAD");
		for (const method of METHODS) {
			if (may.has(method))
				continue;
			const a = await t.daemon.api(method, filled(path), { token });
			t.is(a.status, 405, `${method} ${path}`);
			const allow = new Set((a.headers.allow ?? "").split(", "));
			t.check(allow.size === may.size && [...may].every((m) => allow.has(m)),
				`${method} ${path}: Allow: ${a.headers.allow}`);
		}
	}
}

async function badTokens(t, all) {
	const d = t.daemon;
	const good = all.viewer.token;
	const other = (c) => (c === "A" ? "B" : "A");
	const bad = [
		"", "x", "ik_", "ik__", `${good}x`, good.slice(0, -1), good.toUpperCase(), ` ${good}`,
		good.slice(0, -1) + other(good.slice(-1)), good.replace("ik_", "ik_z"),
		`ik_${"a".repeat(15)}_${"b".repeat(43)}`, `ik_${"a".repeat(500)}_${"b".repeat(43)}`,
		`ik_../../etc_${"b".repeat(43)}`, `ik_%00_${"b".repeat(43)}`,
	];
	for (const token of bad) {
		const a = await d.api("GET", "/status", { headers: { Authorization: `Bearer ${token}` } });
		t.problem(a, 401, `the token ${token.slice(0, 40)}`);
		t.check(/^Bearer/.test(a.headers["www-authenticate"] ?? ""), "WWW-Authenticate");
	}
	for (const h of ["Basic YTpi", "bearer", good, "Digest x"])
		t.problem(await d.api("GET", "/status", { headers: { Authorization: h } }), 401, `Authorization: ${h.slice(0, 20)}`);
	t.is((await d.api("GET", "/status", { headers: { Authorization: `bearer ${good}` } })).status, 200, "the scheme in small letters");
	t.is((await d.local("DELETE", `/api-tokens/${all.viewer.id}`)).status, 204, "revoking");
	t.problem(await d.api("GET", "/status", { token: good }), 401, "a revoked token");
	t.problem(await d.local("DELETE", `/api-tokens/${all.viewer.id}`), 404, "revoking twice");
	const list = await d.local("GET", "/api-tokens");
	for (const secret of Object.values(all).map((x) => x.token.slice(-43)))
		t.check(!list.text.includes(secret), "a listing shows no token");
}
