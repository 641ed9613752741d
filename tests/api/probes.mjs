// probes.mjs - for programs that look after daemons: /livez, /readyz, /metrics, /capabilities
import { tokens } from "./lib.mjs";

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"/y;

// Text format 0.0.4, strictly: { name: { type, samples: Map of "label=value,..." to number } }
function parse(t, text) {
	const all = {};
	let now = null;
	t.check(text.endsWith("\n"), "the last line ends");
	for (const line of text.split("\n").slice(0, -1)) {
		const head = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
		if (head?.[1] === "HELP") {
			t.check(!(head[2] in all), `${head[2]} stands together`);
			all[head[2]] = now = { name: head[2], type: "", samples: new Map() };
			t.check(NAME.test(head[2]) && head[3].length > 0, line);
		} else if (head) {
			t.check(head[2] === now?.name && /^(counter|gauge)$/.test(head[3]), line);
			now.type = head[3];
		} else {
			sample(t, line, now);
		}
	}
	return all;
}

function sample(t, line, now) {
	const m = /^([^\s{]+)(?:\{(.*)\})? (-?[0-9.]+)$/.exec(line);
	if (!t.check(m && m[1] === now?.name && now.type, `a line of no metric: ${line}`))
		return;
	const labels = m[2] ?? "", said = [];
	for (LABEL.lastIndex = 0; LABEL.lastIndex < labels.length; LABEL.lastIndex++) {
		const l = LABEL.exec(labels);
		if (!t.check(l, `labels of ${line}`))
			return;
		said.push(`${l[1]}=${l[2]}`);
	}
	t.check(!now.samples.has(said.join()), `twice: ${line}`);
	now.samples.set(said.join(), Number(m[3]));
}

async function metrics(t, token) {
	const d = t.daemon;
	const a = await d.api("GET", "/metrics", { token });
	t.is(a.status, 200, "/metrics");
	t.check(/^text\/plain; version=0\.0\.4/.test(a.headers["content-type"]), a.headers["content-type"]);
	const all = parse(t, a.text);
	for (const [name, m] of Object.entries(all)) {
		t.is(name.endsWith("_total"), m.type === "counter", `${name} is a ${m.type}`);
		t.check(!/octets|_ms\b|kilobytes/.test(name), `${name} is in base units`);
	}
	return all;
}

const value = (all, name, labels = "") => all[name]?.samples.get(labels);

async function samePlaces(t, admin) {
	const d = t.daemon;
	for (const path of ["/livez", "/readyz", "/metrics"]) {
		const a = await d.request("GET", path, { token: admin });
		t.is(a.status, 200, path);
		t.problem(await d.request("POST", path, { token: admin, body: {} }), 405, `POST ${path}`);
		t.problem(await d.request("GET", `${path}?nonsense=1`, { token: admin }), 400, `${path}?nonsense=1`);
		t.check([400, 404].includes((await d.request("GET", `${path}/`, { token: admin })).status), `${path}/`);
	}
	t.is((await d.request("GET", "/livez")).json.status, "alive", "livez for anybody");
	t.is((await d.request("GET", "/readyz")).json.status, "ready", "readyz for anybody");
	t.problem(await d.request("GET", "/metrics"), 401, "metrics for nobody");
}

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	await samePlaces(t, o.token);
	await d.api("PUT", "/secrets/m", { ...o, body: { type: "psk", value: "a-rather-long-secret-of-ours" } });
	await d.api("PUT", "/peers/quiet", { ...o, body: { remote_address: "192.0.2.77", psk: "m" } });
	await d.tell("sas 3");
	const before = await metrics(t, all.viewer.token);
	const c = (await d.api("GET", "/counters", o)).json;
	t.is(value(before, "ikeeper_ike_sas"), c.ike_sas, "the counters are the counters");
	t.is(value(before, "ikeeper_bytes_in_total"), c.octets_in, "octets are bytes");
	const peers = (await d.api("GET", "/peer-status?limit=1000", o)).json.items;
	t.check(peers.length > 0, "there are peers");
	for (const p of peers) {
		t.is(value(before, "ikeeper_peer_up", `peer=${p.name}`), p.state === "up" ? 1 : 0, `${p.name} is ${p.state}`);
		t.is(value(before, "ikeeper_peer_bytes_in_total", `peer=${p.name}`), p.bytes_in, `${p.name}: bytes_in`);
	}
	for (const n of (await d.api("GET", "/tunnel-status?limit=1000", o)).json.items)
		t.is(value(before, "ikeeper_tunnel_up", `tunnel=${n.name},peer=${n.peer}`), n.state === "up" ? 1 : 0, n.name);
	const few = parse(t, (await d.api("GET", "/metrics?series=1", o)).text);
	t.is(few.ikeeper_peer_up.samples.size, Math.min(1, peers.length), "one peer");
	t.check(value(few, "ikeeper_rows_left_out") > 0 || peers.length < 2, "and the rest is counted");
	for (const bad of ["", "-1", "1x", "100001", "99999999999999999999"])
		t.problem(await d.api("GET", `/metrics?series=${bad}`, o), 400, `series=${bad}`);
	await capabilities(t, o);
}

async function capabilities(t, o) {
	const d = t.daemon;
	const a = await d.api("GET", "/capabilities", o);
	t.is(a.status, 200, "/capabilities");
	const schema = (await d.api("GET", "/schema", o)).json;
	for (const [path, k] of Object.entries(schema.kinds))
		for (const m of k.members.filter((x) => x.kind === "choice"))
			t.is(a.json.choices[path][m.name].join(), m.choices.map((x) => x.value).join(), `${path} ${m.name}`);
	t.is(a.json.algorithms.encryption.find((x) => x.name === "des-cbc")?.verdict, "broken", "DES is broken");
	t.is(a.json.algorithms.dh_groups.find((x) => x.name === "x25519")?.verdict, "current", "X25519 is not");
	const again = await d.api("GET", "/capabilities", { ...o, headers: { "If-None-Match": a.headers.etag } });
	t.is(again.status, 304, "304 for what is known");
}
