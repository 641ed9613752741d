// tables.mjs - show, set and their like: what is asked, and what is printed
const schema = {
	kinds: {
		peers: { members: [
			{ name: "name", kind: "text" }, { name: "exchange_mode", kind: "choice" },
			{ name: "ike_proposals", kind: "reference", many: 6 }, { name: "enabled", kind: "flag" },
			{ name: "nat_keepalive_seconds", kind: "number" }, { name: "local_id.type", kind: "choice" },
			{ name: "local_id.value", kind: "text" }, { name: "psk", kind: "reference" },
		] },
		secrets: { members: [{ name: "value", kind: "secret" }] },
		"settings/ike": { members: [{ name: "retransmit_tries", kind: "number" }] },
	},
	rules: [],
};
const record = { name: "hub", revision: 42, exchange_mode: "main", local_id: { type: "fqdn", value: "a" } };
const sas = (from, n) => Array.from({ length: n }, (_, i) => ({
	id: from + i, peer: `p${from + i}`, state: i % 2 ? "established" : "rekeying", age_seconds: 3723,
	children: 1, stale: i === 0, role: "initiator", remote_address: "198.51.100.1", remote_port: 500,
}));

async function lists(t) {
	const paged = (m, p) => ({ json: p.includes("cursor=aa%20bb")
		? { items: sas(3, 1), next_cursor: null, generation: 7 }
		: { items: sas(1, 2), next_cursor: "aa bb", generation: 7 } });
	const r = await t.puppet(paged, ["show", "ike-sa", "--stale", "--peer", "a&b"]);
	t.is(r.code, 0, "a list of two pages");
	t.has(r.asked[0].path, "stale=true", "--stale");
	t.has(r.asked[0].path, "peer=a%26b", "--peer is escaped");
	t.is(r.asked.length, 2, "pages asked for");
	const lines = r.out.trimEnd().split("\n");
	t.is(lines.length, 4, "one line a row and a heading");
	t.check(/^ *ID  PEER/.test(lines[0]), `heading: ${lines[0]}`);
	t.has(lines[1], "1h02m", "seconds as people read them");
	t.check(lines[1].includes("stale") && !lines[2].includes("stale"), "the mark of a stale SA");
	t.check(!r.out.includes("\x1b"), "no colours without a terminal");
	t.is((await t.puppet(paged, ["--json", "show", "ike-sa"])).json.items.length, 3, "--json joins the pages");

	const newest = await t.puppet(() => ({ json: { items: [], next_cursor: "x" } }),
		["show", "event", "--limit", "7"]);
	t.is(newest.asked.length, 1, "a list without end is not read to its end");
	t.has(newest.asked[0].path, "limit=7", "--limit");

	const empty = await t.puppet(() => ({ json: { items: [], next_cursor: null } }), ["show", "tunnel"]);
	t.is(empty.asked[0].path, "/tunnel-status?limit=1000", "tunnels come with their state");
	t.is(empty.out.trimEnd().split("\n").length, 1, "an empty list is its heading");
}

async function single(t) {
	const answer = (m, p) => ({ json: p.endsWith("/status") ? { state: "up" } : record });
	const r = await t.puppet(answer, ["show", "peer", "a/b c"]);
	t.is(r.asked[0].path, "/peers/a%2Fb%20c", "a name is one segment");
	t.has(r.out, "local_id.type", "nested members are dotted");
	t.has(r.out, "state  up", "the state stands beside the record");
	const j = await t.puppet(answer, ["show", "peer", "hub", "--json"]);
	t.is(j.json.record.revision, 42, "--json: record");
	t.is(j.json.status.state, "up", "--json: status");
	const c = await t.puppet(() => ({ json: { half_open: 3 } }), ["show", "counters"]);
	t.has(c.out, "half_open  3", "counters");
	const child = await t.puppet(() => ({ json: { id: 1, child_sas: [{ id: 9, tunnel: "net" }] } }),
		["show", "ike-sa", "1"]);
	t.has(child.out, "TUNNEL", "an IKE SA with its children");
}

async function set(t) {
	let there = true;
	const answer = (m, p) => {
		if (p === "/schema")
			return { json: schema };
		if (m === "PATCH" && !there)
			return { status: 404, json: { detail: "no" } };
		return { status: m === "PUT" ? 201 : 200, json: record };
	};
	const words = ["exchange_mode=main", "ike_proposals=p1,p2", "enabled=no", "nat_keepalive_seconds=20",
		"local_id.type=fqdn", "local_id.value=x=y", "psk="];
	let r = await t.puppet(answer, ["set", "peer", "hub", ...words, "--reset", "affected", "--comment", "a b"]);
	t.is(r.code, 0, "set");
	const last = r.asked.at(-1);
	t.is(last.method, "PATCH", "set changes what is there");
	t.is(last.headers["if-match"], "*", "set merges onto what is there");
	t.is(last.path, "/peers/hub?reset=affected&comment=a%20b", "set");
	t.is(JSON.stringify(last.body), JSON.stringify({ exchange_mode: "main", ike_proposals: ["p1", "p2"],
		enabled: false, nat_keepalive_seconds: 20, local_id: { type: "fqdn", value: "x=y" }, psk: null }), "body");
	t.has(r.out, "peer hub is set, revision 42", "set");

	r = await t.puppet(answer, ["set", "peer", "hub", "enabled=maybe", "ike_proposals=", "nosuch=1"]);
	t.is(JSON.stringify(r.asked.at(-1).body), '{"enabled":"maybe","ike_proposals":[],"nosuch":"1"}',
		"what makes no sense is the daemon's to refuse");
	r = await t.puppet(answer, ["set", "settings", "ike", "retransmit_tries=3"]);
	t.is(r.asked.at(-1).path, "/settings/ike", "settings");
	t.is(r.asked.at(-1).body.retransmit_tries, 3, "settings have numbers, too");

	there = false;
	r = await t.puppet(answer, ["set", "peer", "hub"]);
	t.is(r.asked.at(-1).method, "PUT", "set makes what is not there");
	t.is(r.asked.at(-1).headers["if-none-match"], "*", "set makes what is not there, and nothing else");
	t.has(r.out, "was made", "set makes what is not there");
	r = await t.puppet(answer, ["set", "peer", "hub", "--must-exist"]);
	t.is(r.code, 4, "--must-exist");
	r = await t.puppet(answer, ["set", "peer", "hub", "--new"]);
	t.is(r.asked.length, 2, "--new asks once");
	r = await t.puppet(answer, ["set", "secret", "s", "value=hunter2"]);
	t.is(r.code, 2, "a secret on the command line");
	t.check(r.asked.every((a) => !a.text.includes("hunter2")), "a secret on the command line is not sent");
}

async function dryRun(t) {
	const impact = { ike_sas: [{ id: 4, peer: "hub", action: "reset", reason: "psk changed" }],
		child_sas: [{ id: 9, peer: "hub", tunnel: "net", action: "reset", reason: "psk changed",
			      bytes_last_minute: 184320 }], unaffected_ike_sas: 37 };
	const would = { valid: true, errors: [], warnings: [], impact,
		changes: [{ member: "psk", from: "a", to: "b", impact: "reset_ike" }] };
	const answer = (m, p) => ({ json: p === "/schema" ? schema : would });
	let r = await t.puppet(answer, ["set", "peer", "hub", "psk=b", "--dry-run"]);
	t.is(r.code, 0, "a dry run");
	t.has(r.asked.at(-1).path, "dry_run=true", "a dry run");
	t.has(r.out, "180.0 KiB", "traffic of the last minute");
	t.has(r.out, "37 other IKE SAs", "those that stay");
	t.check(r.out.indexOf("child_sa") < r.out.indexOf("ike_sa  "), "children come first");
	would.valid = false;
	would.errors = [{ pointer: "/psk", rule: "ref.exists", message: "no such secret", hint: null }];
	r = await t.puppet(answer, ["set", "peer", "hub", "psk=b", "--dry-run"]);
	t.is(r.code, 3, "a dry run that would be refused");
	t.has(r.out, "[ref.exists]", "a dry run that would be refused");
	t.is((await t.puppet(answer, ["--json", "set", "peer", "hub", "psk=b", "--dry-run"])).code, 3, "with --json");
}

async function secrets(t) {
	const answer = (m) => m === "GET" ? { status: 404, json: {} } : { status: 201, json: { name: "k" } };
	let r = await t.puppet(answer, ["secret", "set", "k", "--stdin"], { input: "s3cret word\nmore\n" });
	t.is(r.code, 0, "secret set");
	t.is(r.asked.at(-1).body.value, "s3cret word", "one line is the secret");
	t.is(r.asked.at(-1).method, "PUT", "a new secret");
	t.check(!(r.out + r.err).includes("s3cret"), "a secret is not printed");
	r = await t.puppet(() => ({ json: {} }), ["secret", "set", "k", "--stdin"], { input: "x" });
	t.is(r.asked.at(-1).method, "PATCH", "a secret that is there");
	t.is(r.asked.at(-1).body.type, undefined, "its type stays");
	t.is((await t.puppet(answer, ["secret", "set", "k", "--stdin"], { input: "\n" })).code, 2, "an empty line");
	t.is((await t.puppet(answer, ["secret", "set", "k", "--stdin"], { input: "x".repeat(600) })).code, 2, "too long");
	r = await t.puppet(() => ({ status: 201, json: {} }), ["user", "add", "eva", "--role", "viewer"],
		{ input: "correct horse\n" });
	t.is(JSON.stringify(r.asked[0].body), '{"name":"eva","role":"viewer","password":"correct horse"}', "user add");
}

async function others(t) {
	let r = await t.puppet(() => ({ status: 204 }), ["delete", "tunnel", "net"]);
	t.is(r.code, 0, "delete");
	t.has(r.out, "tunnel net is deleted", "delete");
	t.is((await t.puppet(() => ({ status: 204 }), ["--json", "delete", "tunnel", "net"])).json.deleted, "net",
		"delete --json");
	const report = { ike_sas: 1, child_sas: 1, notices: 2, warning: "beware", results: [
		{ type: "child_sa", id: 3, peer: "hub", tunnel: "net", result: "deleted", reason: null, negotiation: 5 },
		{ type: "ike_sa", id: 2, peer: "hub", result: "failed", reason: null, negotiation: null }] };
	r = await t.puppet(() => ({ json: report }), ["reset", "--peer", "hub", "--level", "both", "--dry-run"]);
	t.is(JSON.stringify(r.asked[0].body.scope), '{"peer":"hub"}', "reset --peer");
	t.is(r.asked[0].body.dry_run, true, "reset --dry-run");
	t.has(r.out, "1 IKE SAs and 1 IPsec SA pairs, 2 notices", "reset");
	t.has(r.out, "beware", "reset");
	r = await t.puppet(() => ({ json: report }), ["reset", "--ike-sa", "12"]);
	t.is(r.asked[0].body.scope.ike_sa, 12, "reset --ike-sa");
	r = await t.puppet(() => ({ json: report }), ["reset", "--spi", "c7a91b02", "--no-notify"]);
	t.is(r.asked[0].body.scope.spi, "0xc7a91b02", "reset --spi");
	t.is(r.asked[0].body.notify_peer, false, "reset --no-notify");
	for (const [word, dst, spi] of [["192.0.2.1/esp/c7a91b02", "192.0.2.1", "0xc7a91b02"], ["2001:db8::1/esp/0x1", "2001:db8::1", "0x1"]]) {
		r = await t.puppet(() => ({ json: report }), ["reset", "--spi", word]);
		t.is(JSON.stringify(r.asked[0].body.scope), JSON.stringify({ spi: { dst, protocol: "esp", spi } }), `reset --spi ${word}`);
	}
	r = await t.puppet(() => ({ json: report }), ["reset", "--spi", "192.0.2.1/c7a91b02"]);
	t.is(r.code, 2, "reset --spi with a destination and no protocol");
	r = await t.puppet((m, p, b) => ({ json: { got: b } }), ["api", "PATCH", "/peers/x", "-"], { input: '{"a":1}' });
	t.is(r.json.got.a, 1, "api with a body from standard input");
	t.is(r.asked[0].headers["if-match"], "*", "api writes");
	r = await t.puppet(() => ({ json: { items: [] } }), ["show", "peer", "--watch", "--interval", "1", "--json"],
		{ kill: 2500 });
	t.check(r.out.trim().split("\n").length >= 2, "--watch asks again and again");
}

// the manual's words: what is asked of the daemon, and both phases on one screen
async function words(t) {
	const asked = async (...args) => {
		const r = await t.puppet(() => ({ json: { ike_sas: 0, child_sas: 0, notices: 0, warning: null, results: [] } }),
			["reset", ...args]);
		t.is(r.code, 0, args.join(" "));
		return JSON.stringify([r.asked[0]?.body.scope, r.asked[0]?.body.level]);
	};
	t.is(await asked("ike", "sa"), '[{"all":true},"ike"]', "reset ike sa");
	t.is(await asked("ike", "sa", "2"), '[{"connection":2},"ike"]', "reset ike sa 2");
	t.is(await asked("ipsec", "sa"), '[{"all":true},"child"]', "reset ipsec sa");
	t.is(await asked("ipsec", "sa", "remote", "192.0.2.1"), '[{"remote_address":"192.0.2.1"},"child"]', "remote");
	t.is(await asked("ipsec", "sa", "tunnel", "net"), '[{"tunnel":"net"},"child"]', "tunnel");
	t.is(await asked("ipsec", "sa", "parameters", "192.0.2.1", "esp", "4000"),
		'[{"spi":{"dst":"192.0.2.1","protocol":"esp","spi":"4000"}},"child"]', "parameters, decimal");
	t.is(await asked("ipsec", "sa", "parameters", "192.0.2.1", "ah", "0xfa0"),
		'[{"spi":{"dst":"192.0.2.1","protocol":"ah","spi":"0xfa0"}},"child"]', "parameters, hex");
	let path = "";
	const session = (m, p) => {
		path = `${m} ${p}`;
		return m === "DELETE" ? { status: 204 } : { json: { next_cursor: null, note: null, items: [{ id: 1, child_sa: 3, protocol: 6,
			source_address: "10.1.0.1", source_port: 40000, destination_address: "10.2.0.1", destination_port: 443,
			age_seconds: 90, idle_seconds: 36, idle_limit_seconds: 300, matched: 8 }] } };
	};
	const flows = await t.puppet(session, ["display", "ipsec", "session", "tunnel-id", "3"]);
	t.has(path, "GET /ipsec-sessions?child_sa=3", "display ipsec session tunnel-id 3");
	for (const text of [" total sessions : 1\n", " tunnel-id : 3\n", "session idle time/total duration (sec) : 36/300\n",
		"(8 times matched)\n", "    Sour Addr : 10.1.0.1               Sour Port:40000  Protocol : 6\n",
		"    Dest Addr : 10.2.0.1               Dest Port:  443  Protocol : 6\n"])
		t.has(flows.out, text, "display ipsec session");
	t.is((await t.puppet(session, ["reset", "ipsec", "session"])).code, 0, "reset ipsec session");
	t.is(path, "DELETE /ipsec-sessions", "all sessions");
	await t.puppet(session, ["reset", "ipsec", "session", "tunnel-id", "3"]);
	t.is(path, "DELETE /ipsec-sessions?child_sa=3", "sessions of one tunnel");
	const none = () => ({ json: { next_cursor: null, note: "the kernel keeps none", items: [] } });
	t.has((await t.puppet(none, ["display", "ipsec", "session"])).out, " total sessions : 0\n", "no sessions");
	t.has((await t.puppet(none, ["display", "ipsec", "session"])).out, "the kernel keeps none", "and why");
	t.is(await asked("--spi", "4000"), '[{"spi":"4000"},null]', "reset --spi decimal");
	const lists = (m, p) => ({ json: { next_cursor: null, items: p.startsWith("/ike") ?
		[{ id: 1, peer: "hub", remote: { address: "192.0.2.9" }, flags_text: "RD|ST" }, { id: 3, peer: "far", flags_text: "NONE" }] :
		[{ id: 2, tunnel: "net", remote: { address: "192.0.2.9" }, flags_text: "RD|ST" }] } });
	const r = await t.puppet(lists, ["display", "ike", "sa"]);
	t.is(r.code, 0, "display ike sa");
	t.has(r.out, "total phase-1 SAs: 2", "counts phase 1 alone");
	const lines = r.out.split("\n").filter((l) => /^ +[0-9]/.test(l)).map((l) => l.trim().split(/ +/));
	t.is(JSON.stringify(lines), JSON.stringify([["1", "192.0.2.9", "RD|ST", "1", "IPSEC", "hub"],
		["2", "192.0.2.9", "RD|ST", "2", "IPSEC", "net"], ["3", "NONE", "1", "IPSEC", "far"]]), "both phases by id");
	t.has((await t.puppet(lists, ["display", "ike", "sa", "verbose"])).out, "remote.address  192.0.2.9", "verbose");
	t.has((await t.puppet(lists, ["display", "ipsec", "sa"])).out, "net", "display ipsec sa");
	t.is((await t.puppet(lists, ["--json", "display", "ike", "sa"])).json.phase_1_sas, 2, "--json");
}

// the manual's layout of what is configured
async function manual(t) {
	const records = {
		"/ike-proposals": [
			{ name: "default", number: 65535, builtin: true, authentication_method: "psk", integrity_algorithm: "sha1",
			  encryption_algorithm: "des-cbc", key_length: 0, dh_group: "modp768", lifetime_seconds: 86400 },
			{ name: "b", number: 20, authentication_method: "rsa-sig", integrity_algorithm: "md5",
			  encryption_algorithm: "aes-cbc", key_length: 256, dh_group: "modp2048", lifetime_seconds: 60 },
			{ name: "a", number: 3, authentication_method: "psk", integrity_algorithm: "sha256",
			  encryption_algorithm: "aes-cbc", key_length: 0, dh_group: "x25519", lifetime_seconds: 5000 }],
		"/dpd-profiles": [{ name: "often", interval_seconds: 10, retry_seconds: 5 },
			{ name: "never", interval_seconds: 300, retry_seconds: 60 }],
		"/peers": [{ name: "hub", exchange_mode: "aggressive", psk: "k-of-hub", local_id: { type: "fqdn" },
			remote_address: "192.0.2.9", local_address: "", remote_name: "center", nat_traversal: "auto", dpd: "often" },
			{ name: "far", exchange_mode: "main", psk: "", local_id: { type: "address" }, remote_address: "",
			  nat_traversal: "off", dpd: "often" }],
	};
	const from = (m, p) => ({ json: { next_cursor: null, items: records[p.split("?")[0]] } });
	const show = (...args) => t.puppet(from, ["display", "ike", ...args]);
	let r = await show("proposal");
	t.is(r.code, 0, "display ike proposal");
	const lines = r.out.split("\n").slice(1).filter((l) => l.trim()).map((l) => l.trim().split(/ +/).join(" "));
	t.is(JSON.stringify(lines), JSON.stringify(["3 PRE_SHARED SHA256 AES_CBC_128 X25519 5000",
		"20 RSA_SIG MD5 AES_CBC_256 MODP_2048 60", "default PRE_SHARED SHA DES_CBC MODP_768 86400"]),
		"by number, the default last");
	r = await show("dpd");
	for (const text of ["IKE dpd: often", "references: 2", "interval-time: 10", "time_out: 5", "IKE dpd: never", "references: 0"])
		t.has(r.out, text, "display ike dpd");
	t.check(!(await show("dpd", "never")).out.includes("often"), "display ike dpd NAME");
	r = await show("peer", "hub");
	for (const text of ["IKE Peer: hub", "exchange mode: aggressive on phase 1", "pre-shared-key: ******", "peer id type: fqdn",
		"peer ip address: 192.0.2.9", "peer name: center", "nat traversal: auto", "dpd: often"])
		t.has(r.out, text, "display ike peer");
	t.check(!r.out.includes("far") && !r.out.includes("k-of-hub"), "display ike peer NAME");
	t.has((await show("peer")).out, "peer ip address: 0.0.0.0 ~ 255.255.255.255", "display ike peer");
	t.is((await show("peer", "nobody")).code, 4, "display ike peer of no such name");
	t.is((await t.puppet(from, ["--json", "display", "ike", "dpd"])).json.items.length, 2, "--json");
}

export async function suite(t) {
	await words(t);
	await manual(t);
	await lists(t);
	await single(t);
	await set(t);
	await dryRun(t);
	await secrets(t);
	await others(t);
}
