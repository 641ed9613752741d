// bulk.mjs - POST /bulk: many records, one a line, in one change
import { collections, fill, revision } from "./samples.mjs";
import { tokens } from "./lib.mjs";

const MANY = 10000;

export async function suite(t) {
	const all = await tokens(t.daemon);
	const o = { token: all.admin.token };
	await fill(t.daemon, o);
	await whole(t, o);
	await faults(t, o);
	await forms(t, o);
	await roles(t, all);
	await types(t, o);
	await limit(t, o);
	await many(t, o);
}

const ndjson = (lines) => lines.map((l) => (typeof l === "string" ? l : JSON.stringify(l))).join("\n");
const post = (t, o, lines, query = "", headers = {}) => t.daemon.api("POST", `/bulk${query}`,
	{ ...o, body: ndjson(lines), headers: { "Content-Type": "application/x-ndjson", ...headers }, timeout: 120000 });
const peer = (i) => ({ kind: "peers", name: `b${i}`, remote_address: `10.${200 + (i >> 14)}.${(i >> 7) & 127}.${i & 127}`, psk: "s1" });
const tunnel = (i) => ({ kind: "tunnels", name: `b${i}`, peer: `b${i}`, local_ts: ["10.0.0.0/24"],
	remote_ts: [`172.${16 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) * 16}/28`], ipsec_proposals: ["e1"] });

async function whole(t, o) {
	const d = t.daemon, before = await revision(d);
	const dry = await post(t, o, [peer(0), tunnel(0)], "?dry_run=true");
	t.is(dry.status, 200, `a dry run: ${dry.text.slice(0, 300)}`);
	t.is(dry.json.valid, true, "is fine");
	t.is(dry.json.tally.peers.created, 1, "it counts");
	t.is(await revision(d), before, "and changes nothing");
	const a = await post(t, o, [peer(0), "", "  ", tunnel(0)], "?comment=import");
	t.is(a.status, 200, `an import: ${a.text.slice(0, 300)}`);
	t.is(a.json.revision, before + 1, "one revision for all");
	t.is(a.headers.etag, `"${before + 1}"`, "its ETag");
	t.is((await d.api("GET", "/tunnels/b0", o)).json?.peer, "b0", "the records are there");
	const again = await post(t, o, [peer(0), tunnel(0)]);
	t.is(again.json.tally.tunnels.unchanged, 1, "the same again is nothing");
	t.is(again.json.revision, before + 1, "and no revision");
}

// What is wrong is said with its line; nothing is taken.
async function faults(t, o) {
	const before = await revision(t.daemon);
	const wrong = [
		[[peer(1), { ...peer(2), nonsense: 1 }], 422, "/2/nonsense", "member.unknown"],
		[[peer(1), "", { ...peer(2), remote_address: 7 }], 422, "/3/remote_address", "member.type"],
		[[peer(1), "{\"kind\":"], 400, "/2", "line.json"],
		[[peer(1), "{\"kind\":\"peers\",\"kind\":\"peers\"}"], 400, "/2", "line.json"],
		[[peer(1), "[]"], 422, "/2", "body.object"],
		[[peer(1), { name: "x" }], 422, "/2/kind", "member.required"],
		[[{ kind: "nothing", name: "x" }], 422, "/1/kind", "line.kind"],
		[[{ kind: "peers" }], 422, "/1/name", "member.required"],
		[[peer(1), peer(1)], 422, "/2/name", "record.twice"],
		[[{ ...peer(1), op: "jump" }], 422, "/1/op", "member.value"],
		[[{ kind: "peers", op: "create", record: { name: "p1", remote_address: "192.0.2.1", psk: "s1" } }], 409, "/1/name", "record.exists"],
		[[{ kind: "peers", op: "delete", name: "nobody" }], 404, "/1/name", "record.missing"],
		[[{ kind: "peers", record: { name: "x" }, name: "x" }], 422, "/1", "member.unknown"],
		// the rules see the whole, and still name the line
		[[peer(1), tunnel(1), { ...tunnel(2), peer: "nobody" }], 422, "/3/peer", "ref.exists"],
		[[peer(1), peer(0), { ...peer(2), remote_address: "0.0.0.0/0", exchange_mode: "main" }], 422, "/3/exchange_mode", "peer.dynamic_needs_aggressive"],
		[[{ kind: "settings/keepalive", interval_seconds: -1 }], 422, "/1/interval_seconds", "member.value"],
	];
	for (const [lines, status, pointer, rule] of wrong) {
		const a = await post(t, o, lines);
		t.problem(a, status, ndjson(lines).slice(-80));
		t.check(a.json.errors.some((e) => e.pointer === pointer && e.rule === rule), `${pointer} ${rule}: ${JSON.stringify(a.json.errors)}`);
	}
	const dry = await post(t, o, [peer(1), { ...peer(2), nonsense: 1 }], "?dry_run=true");
	t.check(dry.status === 200 && dry.json.valid === false && dry.json.errors[0].pointer === "/2/nonsense", "a dry run says it, too");
	const lots = await post(t, o, Array.from({ length: 500 }, (_, i) => ({ ...peer(i), nonsense: i })));
	t.check(lots.json.errors.length > 10 && lots.json.errors.length < 100, "so many faults are enough");
	t.is(await revision(t.daemon), before, "nothing was taken");
}

async function forms(t, o) {
	const d = t.daemon;
	const a = await post(t, o, [
		{ kind: "peers", op: "merge", record: { name: "b0", description: "merged" } },
		{ kind: "tunnels", op: "delete", name: "b0" },
		{ kind: "dpd-profiles", op: "create", name: "bulk", interval_seconds: 30 },
		{ kind: "settings/keepalive", op: "merge", interval_seconds: 33 },
	].map((l) => `${JSON.stringify(l)}\r`));
	t.is(a.status, 200, `every op: ${a.text.slice(0, 300)}`);
	const now = (await d.api("GET", "/peers/b0", o)).json;
	t.is(now.description, "merged", "merge");
	t.is(now.psk, "s1", "keeps the others");
	t.is((await d.api("GET", "/tunnels/b0", o)).status, 404, "delete");
	t.is((await d.api("GET", "/settings/keepalive", o)).json.interval_seconds, 33, "settings");
	await post(t, o, [{ kind: "settings/keepalive", op: "merge", interval_seconds: 20 }]);
	const rev = await revision(d);
	t.problem(await post(t, o, [peer(3)], "", { "If-Match": `"${rev - 1}"` }), 412, "an old If-Match");
	t.is((await post(t, o, [peer(3)], "", { "If-Match": `"${rev}"` })).status, 200, "the right one");
	t.is((await post(t, o, [peer(3)], "?confirm=manual")).status, 200, "terms are those of every change");
	const key = { "Idempotency-Key": "bulk-1" };
	const one = await post(t, o, [peer(4)], "", key), two = await post(t, o, [peer(4)], "", key);
	t.is(two.headers["idempotency-replayed"], "true", "sent twice is done once");
	t.is(two.text, one.text, "with the same answer");
}

async function roles(t, all) {
	const secret = { kind: "secrets", name: "s9", type: "psk", value: "never seen by anybody" };
	const a = await post(t, { token: all.editor.token }, [secret]);
	t.problem(a, 403, "an editor writes no secret");
	t.is((await post(t, { token: all.admin.token }, [secret])).status, 200, "an admin does");
	t.problem(await post(t, { token: all.operator.token }, [peer(1)]), 403, "an operator nothing");
	t.check(!(await t.daemon.api("GET", "/config", { token: all.admin.token })).text.includes("never seen"), "and nobody reads it");
}

async function types(t, o) {
	const d = t.daemon, body = JSON.stringify(peer(1));
	for (const type of ["application/json", "text/plain", "application/x-ndjson; charset=latin1"])
		t.problem(await d.api("POST", "/bulk", { ...o, body, headers: { "Content-Type": type } }), 415, type);
	for (const type of ["application/jsonl", "application/x-ndjson; charset=utf-8"])
		t.is((await d.api("POST", "/bulk?dry_run=true", { ...o, body, headers: { "Content-Type": type } })).status, 200, type);
	t.problem(await d.api("POST", "/peers", { ...o, body, headers: { "Content-Type": "application/x-ndjson" } }), 415, "lines elsewhere");
	t.problem(await d.api("POST", "/bulk", { ...o, headers: { "Content-Type": "application/x-ndjson" } }), 400, "no body");
}

async function limit(t, o) {
	const d = t.daemon;
	await d.api("PATCH", "/settings/api", { ...o, body: { bulk_body_mebibytes: 1 }, headers: { "If-Match": "*" } });
	const big = [...Array.from({ length: 40 }, (_, i) => ({ ...peer(i), description: "x".repeat(100) })), " ".repeat(1100000)];
	t.problem(await post(t, o, big, "?dry_run=true"), 413, "too much");
	await d.api("PATCH", "/settings/api", { ...o, body: { bulk_body_mebibytes: 64 }, headers: { "If-Match": "*" } });
	t.is((await post(t, o, big, "?dry_run=true")).status, 200, "a setting allows it");
}

// Ten thousand: seconds, and every page of a list costs the same.
async function many(t, o) {
	const d = t.daemon, lines = [];
	for (let i = 10; i < MANY + 10; i++)
		lines.push(peer(i), tunnel(i));
	let start = Date.now();
	const a = await post(t, o, lines);
	t.is(a.status, 200, `${MANY} peers and tunnels: ${a.text.slice(0, 300)}`);
	t.is(a.json.tally.peers.created, MANY, "all of them");
	t.check(Date.now() - start < 60000, `in ${Date.now() - start} ms`);
	for (const path of ["/peers", "/tunnels", "/tunnel-status"]) {
		let cursor = "", n = 0, first = 0, last = 0;
		do {
			start = performance.now();
			const page = await d.api("GET", `${path}?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, o);
			last = performance.now() - start;
			first = first || last;
			n += page.json.items.length;
			cursor = page.json.next_cursor ?? "";
		} while (cursor);
		t.check(n >= MANY || path === "/tunnel-status", `${path}: ${n} rows in pages`);
		t.check(last < 10 * first + 200, `${path}: the last page took ${last} ms, the first ${first}`);
	}
	const gone = await post(t, o, lines.map((l) => ({ kind: l.kind, op: "delete", name: l.name })));
	t.is(gone.status, 200, `all gone again: ${gone.text.slice(0, 300)}`);
	t.is(gone.json.tally?.tunnels?.deleted, MANY, "every one");
	t.check(collections.length > 5, "kinds");
}
