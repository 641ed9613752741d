// bodies.mjs - generated bad bodies for every kind and member: 4xx, problem+json, nothing changed
//
// What is bad about a value follows from /schema: another type, another word, outside of its
// limits, text that is no address. What is random comes from a seed that is printed.
import { seeded, tokens } from "./lib.mjs";
import { at, collections, fill, revision, samples } from "./samples.mjs";

const any = { "If-Match": "*" };
const long = "x".repeat(5000);

// Values that are never right for this member.
function badValues(m, rnd) {
	const bad = [{}, { a: 1 }, 1.5, -1, -9007199254740991, [[]], [{}], [null], 1e300];

	if (m.many) {
		bad.push("", "x", 1, true, [1], [true], Array(m.many + 1).fill("x"), [long], [""]);
		return bad;
	}
	bad.push([]);
	if (m.kind === "number") {
		bad.push("1", "", true, 18446744073709551615n, 4294967296);
		if (m.max)
			bad.push(m.max + 1);
		if (m.min > 1)
			bad.push(m.min - 1);
		if (m.min === 1 && !m.flags.includes("zero_is_off"))
			bad.push(0);
	} else if (m.kind === "flag") {
		bad.push("true", "false", 0, 1, "");
	} else {
		bad.push(true, false, 0, 1, "x".repeat(Math.max(long.length, (m.max ?? 0) + 1)));
	}
	if (m.kind === "choice")
		bad.push(...["", "nonsense", `${m.choices[0].value} `, m.choices[0].value.toUpperCase(), rnd.text(8)]
			.filter((w) => !m.choices.some((c) => c.value === w)));
	if (m.kind === "address")
		bad.push("999.1.1.1", "10.0.0.0/33", "::g", "[", "a b", "10.0.0.1-", "\u0001", "10.0.0.9-10.0.0.1");
	if (m.kind === "reference")
		bad.push("no-such-record", "../peers", "a b", "\u00e9");
	if (m.kind === "text" && m.max)
		bad.push("x".repeat(m.max + 1));
	if (m.flags.includes("key"))
		bad.push("", "a b", "a/b", "\u00e9", ".".repeat(40), "x".repeat(33));
	return bad;
}

// JSON.stringify knows no big integers.
const text = (v) => JSON.stringify(v, (_, x) => (typeof x === "bigint" ? `big${x}` : x)).replace(/"big(\d+)"/g, "$1");

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	const rnd = seeded(t.seed);

	await fill(d, o);
	const kinds = (await d.api("GET", "/schema", o)).json.kinds;
	const before = await revision(d);
	t.check(Object.keys(kinds).length >= 12, "there are kinds");
	for (const [path, kind] of Object.entries(kinds)) {
		for (const m of kind.members)
			await tryMember(t, o, path, kind, m, rnd);
		await tryWhole(t, o, path, kind);
		t.is(await revision(d), before, `the revision after bad bodies of /${path}`);
	}
	await later(t, o);
	await random(t, o, kinds, rnd);
	await accounts(t, { token: all.admin.token });
	t.is(await revision(d), before, `the revision in the end (seed ${t.seed})`);
}

function refused(t, a, what) {
	t.check(a.status >= 400 && a.status < 500, `${what}: ${a.status} ${a.text.slice(0, 200)}`);
	if (a.status >= 400)
		t.check(a.isProblem, `${what}: no problem+json: ${a.text.slice(0, 200)}`);
	return a;
}

async function tryMember(t, o, path, kind, m, rnd) {
	const d = t.daemon;
	const url = kind.single ? `/${path}` : `/${path}/${samples[path].name}`;

	if (m.flags.includes("read_only"))
		return;
	for (const v of badValues(m, rnd)) {
		const body = text(at(m.name, v));
		const what = `PATCH ${url} ${body.slice(0, 90)}`;
		const a = refused(t, await d.api("PATCH", url, { ...o, body, headers: any }), what);
		if (a.status === 422)
			t.check(a.json.errors.some((e) => e.pointer.startsWith(`/${m.name.replace(/\./g, "/")}`) || e.rule?.includes(".")),
				`${what}: the fault names the member: ${JSON.stringify(a.json.errors)}`);
		if (kind.single)
			continue;
		const whole = text({ ...samples[path], name: "fresh", ...at(m.name, v) });
		refused(t, await d.api("POST", `/${path}`, { ...o, body: whole }), `POST /${path} ${text(at(m.name, v)).slice(0, 90)}`);
	}
	if (m.flags.includes("required") || m.flags.includes("key")) {
		const { [m.name]: gone, ...rest } = samples[path];
		refused(t, await d.api("POST", `/${path}`, { ...o, body: rest }), `POST /${path} without ${m.name} (${gone})`);
	}
}

async function tryWhole(t, o, path, kind) {
	const d = t.daemon;
	const url = kind.single ? `/${path}` : `/${path}/${samples[path].name}`;
	const first = kind.members.find((m) => !m.flags.includes("key") && !m.name.includes("."));
	const bodies = [
		"", " ", "{", "}", "[]", "null", "1", '"x"', "{}{}", "{},", '{"a":1}', '{"":1}', '{"__proto__":{}}', '{"name.x":1}',
		`{"${first.name}":null,"${first.name}":null}`, '{"name":"a","n\\u0061me":"a"}', `{"${long}":1}`, `{"x":"${long}"}`,
		'{"index":77}', '{"revision":77}', '{"changed_by":"me"}', '{"created_at":"2020-01-01T00:00:00Z"}', '{"scope":"all"}', '{"kind":3}', '{"refs":1}',
		`${"[".repeat(40)}${"]".repeat(40)}`, `{"a":${"{\"b\":".repeat(40)}1${"}".repeat(40)}}`, '{"a":"\\ud800"}', '{"a":"\\u0000"}',
		'{"name":"\\u0000x"}', "\ufeff{}", '{"a":NaN}', '{"a":01}', "{'a':1}", '{"a":1,}', '// {}', '{"a":1e999}', '{"a":"\u0001"}',
	];
	for (const body of bodies)
		refused(t, await d.api("PATCH", url, { ...o, body, headers: any }), `PATCH ${url} ${body.slice(0, 60)}`);
	for (const body of [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from("{\"a\":\"\xc3(\"}", "latin1"), Buffer.alloc(64)])
		refused(t, await d.api("PATCH", url, { ...o, body, headers: any }), `PATCH ${url} octets`);
	const big = `{"x":"${"y".repeat(300 * 1024)}"}`;
	t.problem(await d.api("PATCH", url, { ...o, body: big, headers: any }), 413, `PATCH ${url} with 300 KiB`);
}

// Members of coming releases are kept and warned about; what they may hold is checked all the same.
async function later(t, o) {
	const d = t.daemon;
	const dry = async (path, body) => (await d.api("PATCH", `/${path}?dry_run=true`, { ...o, body })).json;
	for (const [path, body] of [
		["peers/p1", { rekey_seconds: 3600, reauth_seconds: 7200, start_action: "trap", ppk: "s1", ppk_required: true }],
		["tunnels/t1", { ts_expand: false, close_action: "start", dpd_action: "restart", rekey_seconds: 600, rekey_kilobytes: 2560, if_id: 7, mark: "0x00000010", data_plane: "userspace", reverse_route: true }],
		["ike-proposals/i1", { ike_version: "2", prf_algorithm: "sha512", additional_key_exchanges: ["x25519", "ecp384"] }],
		["secrets/s1", { type: "key_passphrase" }]]) {
		const a = await dry(path, body);
		t.is(a.valid, true, `PATCH /${path}: ${JSON.stringify(a.errors)}`);
		for (const [name, value] of Object.entries(body)) {
			t.is(JSON.stringify(a.record[name]), JSON.stringify(value), `${path} ${name}`);
			t.check(a.warnings.some((w) => w.rule === "release.no_effect_yet" && w.pointer === `/${name}`), `${path} ${name} warns`);
		}
	}
	for (const [path, body, pointer, rule] of [
		["peers/p1", { labels: ["berlin"] }, "/labels/0", "member.value"], ["peers/p1", { labels: ["a=1", "a=2"] }, "/labels", "peer.label_once"],
		["peers/p1", { labels: Array.from({ length: 9 }, (_, i) => `k${i}=v`) }, "/labels", "member.value"], ["peers/p1", { ppk: "nobody" }, "/ppk", "ref.exists"],
		["peers/p1", { rekey_seconds: 59 }, "/rekey_seconds", "member.value"], ["tunnels/t1", { close_action: "restart" }, "/close_action", "member.value"],
		["ike-proposals/i1", { additional_key_exchanges: ["modp1"] }, "/additional_key_exchanges/0", "member.value"],
		["settings/ipsec", { anti_replay_window: 96 }, "/anti_replay_window", "ipsec.replay_window"],
		["settings/ipsec", { anti_replay_window: 2048 }, "/anti_replay_window", "member.value"],
		["settings/ipsec", { anti_replay_window: "64" }, "/anti_replay_window", "member.type"]]) {
		const a = await dry(path, body);
		t.is(a.valid, false, `PATCH /${path} ${JSON.stringify(body)}`);
		t.check(a.errors.some((e) => e.pointer === pointer && e.rule === rule), `${JSON.stringify(body)}: ${JSON.stringify(a.errors)}`);
	}
	t.is((await dry("settings/ipsec", { anti_replay_window: 1024 })).record.anti_replay_window, 1024, "a window of 1024 packets");
	t.is((await d.api("GET", "/settings/ipsec", o)).json.anti_replay_window, 32, "the window is a number");
}

// Whatever a seed draws out of our own words: it may be right by chance, so only dry runs.
async function random(t, o, kinds, rnd) {
	const d = t.daemon;
	const words = ["", "x", "any", "main", "10.0.0.1", "::1", "0.0.0.0/0", "s1", "p1", null, true, false, 0, 1, 65535, 4294967295, [], {}, ["x"], "a".repeat(300), 1.5];
	const draw = (depth) => {
		const k = rnd.below(depth > 2 ? 21 : 24);
		if (k < 21)
			return words[k];
		return k === 21 ? Array.from({ length: rnd.below(5) }, () => draw(depth + 1)) : { [rnd.text(4)]: draw(depth + 1) };
	};
	for (let n = 0; n < 600; n++) {
		const path = rnd.of(Object.keys(kinds));
		const kind = kinds[path];
		const body = {};
		for (let i = rnd.below(6); i >= 0; i--)
			Object.assign(body, at(rnd.real() < 0.9 ? rnd.of(kind.members).name : rnd.text(6), draw(0)));
		const url = kind.single ? `/${path}` : `/${path}/${samples[path].name}`;
		const a = await d.api("PATCH", `${url}?dry_run=true`, { ...o, body });
		t.check(a.status === 200 || (a.status >= 400 && a.status < 500), `seed ${t.seed}: PATCH ${url} ${JSON.stringify(body)}: ${a.status}`);
		if (a.status === 200)
			t.check(typeof a.json.valid === "boolean" && (a.json.valid || a.json.errors.length > 0), `seed ${t.seed}: ${JSON.stringify(body)}`);
	}
}

async function accounts(t, o) {
	const d = t.daemon;
	const good = { name: "someone", role: "viewer", password: "long enough it is" };
	for (const bad of [{}, [], { ...good, x: 1 }, { ...good, role: "king" }, { ...good, role: "none" }, { ...good, role: 1 }, { ...good, password: "short" },
		{ ...good, password: 1 }, { ...good, password: null }, { ...good, password: "x".repeat(300) }, { ...good, name: "a b" }, { ...good, name: "" },
		{ ...good, name: "x".repeat(40) }, { ...good, disabled: "yes" }, { role: "viewer" }, { name: "a", role: "viewer" }])
		refused(t, await d.api("POST", "/users", { ...o, body: bad }), `POST /users ${JSON.stringify(bad).slice(0, 80)}`);
	for (const bad of [{}, [], { name: "x" }, { role: "viewer" }, { name: "x", role: "king" }, { name: "x", role: "viewer", expires_in_days: 0 },
		{ name: "x", role: "viewer", expires_in_days: 4000 }, { name: "x", role: "viewer", expires_in_days: "1" }, { name: "x", role: "viewer", y: 1 }, { name: "a b", role: "viewer" }])
		refused(t, await d.api("POST", "/api-tokens", { ...o, body: bad }), `POST /api-tokens ${JSON.stringify(bad)}`);
	for (const bad of [{}, [], { name: "a" }, { name: "a", password: 1 }, { name: 1, password: "x" }, { name: "a", password: "b", c: "d" }])
		refused(t, await d.api("POST", "/login", { body: bad }), `POST /login ${JSON.stringify(bad)}`);
	t.is((await d.api("GET", "/users", o)).json.items.length, 0, "nobody was made");
	t.check(collections.length > 0, "samples");
}
