// imports.mjs - a pasted configuration as a change set, and ours in another product's language
import { fill, revision } from "./samples.mjs";
import { tokens } from "./lib.mjs";

const KEY = "never-to-be-seen-again-77";
const text = (number = 20, peer = "branch") => `sysname HUB
ike proposal ${number}
 encryption-algorithm aes-cbc 256
 dh group14
 authentication-algorithm sha
ike peer ${peer}
 exchange-mode main
 pre-shared-key simple ${KEY}
 remote-address 192.0.2.77
 proposal ${number}
 nonsense of ours
ipsec proposal e10
 esp encryption-algorithm aes 256
 esp authentication-algorithm sha1
acl number 3101
 rule 0 permit ip source 10.1.0.0 0.0.0.255 destination 10.9.0.0 0.0.0.255
ipsec policy map1 10 isakmp
 security acl 3101
 ike-peer ${peer}
 proposal e10
interface GigabitEthernet0/1
 ipsec policy map1
`;
const SWAN = `connections {
 swan {
  version = 1
  remote_addrs = 192.0.2.78
  proposals = aes256-sha256-modp2048
  local { auth = psk }
  remote { auth = psk id = 192.0.2.78 }
  children { net { local_ts = 10.1.0.0/24 remote_ts = 10.8.0.0/24 esp_proposals = aes256-sha256 } }
 }
}
secrets { ike-1 { id = 192.0.2.78 secret = "${KEY}" } }
`;

export async function suite(t) {
	const all = await tokens(t.daemon);
	const o = { token: all.admin.token };
	await fill(t.daemon, o);
	await dry(t, o);
	await languages(t, o);
	await guarded(t, all);
	await faults(t, o);
	await staged(t, o);
	await generated(t, all);
	await silent(t, o);
}

const paste = async (t, o, body, query = "") => {
	const a = await t.daemon.api("POST", `/imports${query}`, { ...o, body });
	t.check(!a.text.includes(KEY), `the key came back: ${String(JSON.stringify(body)).slice(0, 80)}`);
	return a;
};

async function dry(t, o) {
	const before = await revision(t.daemon);
	const a = await paste(t, o, { from: "comware", text: text() });
	t.is(a.status, 200, `a text is read: ${a.text.slice(0, 300)}`);
	t.is(a.json.valid, true, `and would be taken: ${JSON.stringify(a.json.errors)}`);
	t.is(a.json.edits.map((e) => `${e.op} ${e.path} ${e.line}`).join(", "),
		"merge /secrets/branch 8, replace /ike-proposals/ike-20 2, replace /ipsec-proposals/e10 12, replace /peers/branch 6, replace /tunnels/map1-10 17",
		"what it says, in order");
	const secret = a.json.edits[0];
	t.is(secret.key, true, "the key was taken");
	t.check(!("value" in secret.value), "and is not shown");
	const left = a.json.notes.find((n) => n.sort === "left_out");
	t.is(left?.line, 11, `what has no counterpart, with its line: ${JSON.stringify(a.json.notes)}`);
	t.check(a.json.notes.some((n) => n.sort === "mind" && /sha1/.test(n.text)), "weak algorithms are noted");
	t.check(a.json.warnings.some((w) => w.pointer === "/2/integrity_algorithm"), "warnings name the line");
	t.is(a.json.records.length, 5, "records that differ");
	t.is(a.json.changeset, null, "nothing is kept");
	t.is(await revision(t.daemon), before, "nor changed");
	t.is((await t.daemon.api("GET", "/changesets", o)).json.items.length, 0, "no change set");
	// a rule against it is said with the line of the text
	const taken = await paste(t, o, { from: "comware", text: text(10) });
	t.is(taken.json.valid, false, "a number that is taken");
	t.check(taken.json.errors.some((e) => e.pointer === "/2/number" && e.rule === "ike_proposal.number_unique"),
		JSON.stringify(taken.json.errors));
}

async function languages(t, o) {
	const a = await paste(t, o, { from: "swanctl", text: SWAN });
	t.is(a.status, 200, `swanctl.conf: ${a.text.slice(0, 300)}`);
	t.check(a.json.edits.some((e) => e.path.startsWith("/peers/")), `its peer: ${a.text.slice(0, 400)}`);
	t.is(a.json.from, "swanctl", "its language");
	const none = await paste(t, o, { from: "ipsec.conf", text: "hello\n" });
	t.is(none.json.valid, false, "a text about nothing");
	t.is(none.json.errors[0].rule, "import.nothing", "says so");
	t.is(none.json.edits.length, 0, "and has no edits");
}

// Keys and settings are an admin's: an editor gets the rest, and is told.
async function guarded(t, all) {
	const a = await paste(t, { token: all.editor.token }, { from: "comware", text: text() });
	t.is(a.status, 200, "an editor may paste");
	t.check(!a.json.edits.some((e) => e.path.startsWith("/secrets/")), "but gets no secret in");
	t.check(a.json.notes.some((n) => n.line === 8 && /admin's to write/.test(n.text)), "and reads why");
	t.check(a.json.errors.some((e) => e.pointer === "/6/psk" && e.rule === "ref.exists"), "and what follows from it");
	for (const role of ["viewer", "operator"])
		t.problem(await paste(t, { token: all[role].token }, { from: "comware", text: text() }), 403, role);
}

async function faults(t, o) {
	const wrong = [
		[{ from: "klingon", text: "x" }, "/from"],
		[{ from: "ios", text: "x" }, "/from"],
		[{ from: "comware", text: "" }, "/text"],
		[{ from: "comware" }, ""],
		[{ from: "comware", text: 7 }, ""],
		[{ from: "comware", text: "x", extra: 1 }, ""],
		[{ from: "comware", text: "x", comment: "x".repeat(128) }, "/comment"],
		[[], ""],
		[undefined, ""],
	];
	for (const [body, pointer] of wrong) {
		const a = await paste(t, o, body);
		t.check(a.status === 422 || a.status === 400, `${JSON.stringify(body)}: ${a.status}`);
		t.is(a.json.errors[0].pointer, pointer, `pointer of ${JSON.stringify(body)}`);
	}
	t.problem(await paste(t, o, { from: "comware", text: text() }, "?stage=perhaps"), 400, "stage=perhaps");
	t.problem(await paste(t, o, { from: "comware", text: text() }, "?dry_run=true"), 400, "a query it does not know");
	for (const hostile of ["\u2028\u202e", "ike peer ".repeat(20000), "{".repeat(50000), "ike peer <img src=x>\n pre-shared-key\n", `ike peer a\n pre-shared-key ${KEY} ${KEY}\n ${"x".repeat(3000)} ${KEY}\n`])
		for (const from of ["comware", "swanctl", "ipsec.conf"])
			t.is((await paste(t, o, { from, text: hostile })).status, 200, `${from}: ${hostile.slice(0, 20)}`);
}

async function staged(t, o) {
	const d = t.daemon;
	const a = await paste(t, o, { from: "comware", text: text(), comment: "from the old box" }, "?stage=true");
	t.is(a.status, 201, `staged: ${a.text.slice(0, 200)}`);
	const where = `/changesets/${a.json.changeset}`;
	t.is(a.headers.location, `/api/v1${where}`, "Location");
	const set = await d.api("GET", where, o);
	t.is(set.json.records.length, 5, "what it holds");
	t.is(set.json.comment, "from the old box", "why");
	t.check(!set.text.includes(KEY), "no key in the set");
	const nothing = await paste(t, o, { from: "comware", text: "hello" }, "?stage=true");
	t.is(nothing.json.changeset, null, "nothing is not staged");
	const before = await revision(d);
	const done = await d.api("POST", `${where}/apply`, { ...o, body: {} });
	t.is(done.status, 200, `applied: ${done.text.slice(0, 300)}`);
	t.is(await revision(d), before + 1, "as one revision");
	const secret = (await d.api("GET", "/secrets/branch", o)).json;
	t.is(secret.value_set, true, "with its key");
	t.is((await d.api("GET", "/tunnels/map1-10", o)).json.peer, "branch", "and its tunnel");
	const again = await paste(t, o, { from: "comware", text: text() });
	t.is(again.json.records.filter((r) => r.kind !== "secrets").length, 0, "the same again is nothing new");
	// a rule is against it: it is kept all the same, to be mended
	const bad = await paste(t, o, { from: "comware", text: text(10, "other") }, "?stage=true");
	t.is(bad.json.valid, false, "not valid");
	t.problem(await d.api("POST", `/changesets/${bad.json.changeset}/apply`, { ...o, body: {} }), 422, "and not applied");
	const refused = (await d.api("GET", `/changesets/${bad.json.changeset}/impact`, o)).json;
	t.is(refused.errors[0]?.pointer, "/number", "a set tells no line of a text that is gone");
	await d.api("DELETE", `/changesets/${bad.json.changeset}`, o);
	// there are 64 at most
	const ids = [];
	let last;
	while ((last = await paste(t, o, { from: "comware", text: text() }, "?stage=true")).status === 201 && ids.length < 70)
		ids.push(last.json.changeset);
	t.problem(last, 503, "too many change sets");
	for (const id of ids)
		await d.api("DELETE", `/changesets/${id}`, o);
}

async function generated(t, all) {
	const d = t.daemon, o = { token: all.viewer.token };
	const said = { comware: "remote-address 198.51.100.1", swanctl: "remote_addrs = 198.51.100.1", "ipsec.conf": "198.51.100.1",
		routeros: "198.51.100.1", fortios: "198.51.100.1", ios: "198.51.100.1" };
	for (const [language, words] of Object.entries(said)) {
		const a = await d.api("GET", `/peers/branch/generate?for=${language}&remote=198.51.100.1`, o);
		t.is(a.status, 200, `for ${language}: ${a.text.slice(0, 200)}`);
		t.check(a.headers["content-type"].startsWith("text/plain"), "plain text");
		t.check(a.text.includes(words), `${language}: ${a.text}`);
		t.check(a.text.includes("PUT-THE-PRE-SHARED-KEY-HERE"), `${language}: words for the key`);
		t.check(!a.text.includes(KEY) && !a.text.includes("192.0.2.2\n"), `${language}: no key, no other peer`);
	}
	// what is generated is read again as the other side
	const back = await paste(t, { token: all.admin.token }, { from: "comware",
		text: (await d.api("GET", "/peers/branch/generate?for=comware&remote=198.51.100.1", o)).text });
	const peer = back.json.edits.find((e) => e.path.startsWith("/peers/"));
	t.is(peer?.value.remote_address, "198.51.100.1", "its peer is us");
	const tunnel = back.json.edits.find((e) => e.path.startsWith("/tunnels/"));
	t.is(`${tunnel?.value.local_ts} ${tunnel?.value.remote_ts}`, "10.9.0.0/24 10.1.0.0/24", "its networks are turned round");
	t.check(!back.json.edits.some((e) => e.key), "the words for a key are none");
	const whole = await d.api("GET", "/config/export?for=comware", o);
	t.is(whole.status, 200, "the whole configuration");
	t.check(whole.text.includes("ike peer branch") && whole.text.includes("ike peer p1"), "every peer");
	t.check(!whole.text.includes(KEY) && !whole.text.includes("correct horse"), "no key");
	for (const query of ["", "?for=klingon", "?for=ios&for=ios", "?for=ios&remote=a%20b", `?for=ios&remote=${"a".repeat(254)}`, "?for=ios&remote=", "?for=ios&x=1"])
		t.problem(await d.api("GET", `/peers/branch/generate${query}`, o), 400, `generate${query.slice(0, 30)}`);
	t.problem(await d.api("GET", "/peers/nobody/generate?for=ios", o), 404, "no such peer");
	for (const query of ["", "?for=swanctl", "?for=comware&remote=192.0.2.1"])
		t.problem(await d.api("GET", `/config/export${query}`, o), 400, `export${query}`);
}

// Nor does it stand in what can be read afterwards.
async function silent(t, o) {
	for (const path of ["/events?limit=1000", "/history?limit=1000", "/commits?limit=100", "/changesets", "/config", "/operations", "/secrets"])
		t.check(!(await t.daemon.api("GET", path, o)).text.includes(KEY), `the key stands in ${path}`);
}
