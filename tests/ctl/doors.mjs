// doors.mjs - the command against the real API: a daemon with doubles behind the doors
import { Daemon, Skip } from "../api/lib.mjs";

export async function suite(t) {
	if (!t.options.apid)
		throw new Skip("the API is not built");
	const d = await Daemon.spawn(t.options.apid);
	const ik = (args, more) => t.ikeeper(args, { socket: d.socket, ...more });
	const well = async (args, more) => {
		const r = await ik(args, more);
		t.is(r.code, 0, `ikeeper ${args.join(" ")}: ${r.err}`);
		return r;
	};
	try {
		await foreign(t, ik, well);
		await records(t, d, ik, well);
		await manyAtOnce(t, d, ik, well);
		await lines(t, ik, well);
		await edited(t, d, ik, well);
		await waited(t, d, ik);
		await states(t, d, ik, well);
	} finally {
		const how = await d.stop();
		t.is(how.code, 0, "the daemon's end");
	}
}

// Records of our own, one a line.
async function lines(t, ik, well) {
	const input = ["l1", "l2"].map((name) => JSON.stringify({ kind: "dpd-profiles", name, interval_seconds: 30 })).join("\n");
	const look = await well(["import", "--from", "ndjson", "-"], { input });
	t.has(look.out, "dpd-profiles, 2 created", "what it would do");
	t.is((await ik(["show", "dpd", "l1"])).code, 4, "a look makes nothing");
	const done = await well(["import", "--from", "ndjson", "-", "--apply", "--comment", "by lines"], { input });
	t.has(done.out, "Applied as one change", "applied");
	t.is((await well(["show", "dpd", "l2", "--json"])).json.interval_seconds, 30, "it is there");
	const bad = await ik(["import", "--from", "ndjson", "-", "--apply"], { input: `${input}\n{"kind":"dpd-profiles","name":"l3","nonsense":1}` });
	t.is(bad.code, 3, "a bad line");
	t.has(bad.out + bad.err, "/3/nonsense", "is named");
	const broken = await ik(["import", "--from", "ndjson", "-", "--apply"], { input: `${input}\n{"kind"` });
	t.is(broken.code, 1, "what is no JSON");
	t.has(broken.err, "/3: ", "has its line, too");
	t.is((await ik(["import", "--from", "ndjson", "-"], { input: "" })).code, 2, "nothing at all");
	t.is((await ik(["import", "--from", "ndjson", "/nowhere"])).code, 2, "no file");
	const j = await well(["import", "--from", "ndjson", "-", "--apply", "--json"], { input });
	t.is(j.json.tally["dpd-profiles"].unchanged, 2, "--json");
}

// A record and the whole configuration in an editor, which here is sed.
async function edited(t, d, ik, well) {
	const by = (script) => ({ env: { VISUAL: "", EDITOR: `sed -i -e "${script}"` } });
	await well(["set", "dpd", "e1", "interval_seconds=30"]);
	const look = await well(["edit", "dpd", "e1"], by("s/: 30,/: 40,/"));
	t.has(look.out, "interval_seconds", "what would change");
	t.is((await well(["show", "dpd", "e1", "--json"])).json.interval_seconds, 30, "no terminal, no yes");
	const done = await well(["edit", "dpd", "e1", "--apply", "--comment", "by hand"], by("s/: 30,/: 40,/"));
	t.has(done.out, "Applied as one change", "applied");
	t.is((await well(["show", "dpd", "e1", "--json"])).json.interval_seconds, 40, "it is there");
	t.has((await well(["history", "--json"])).out, "by hand", "with its comment");
	t.has((await well(["edit", "dpd", "e1", "--apply"], by("s/a/a/"))).out, "Nothing was changed", "nothing");
	const broken = await ik(["edit", "dpd", "e1", "--apply"], by("s/{/[/"));
	t.is(broken.code, 2, "no JSON");
	t.has(broken.err, "line ", "and where");
	const refused = await ik(["edit", "dpd", "e1", "--apply"], by("s/: 40,/: 4000000,/"));
	t.is(refused.code, 3, "against a rule");
	t.has(refused.out + refused.err, "interval_seconds", "which names the member");
	t.is((await ik(["edit", "dpd", "e1"], { env: { VISUAL: "false" } })).code, 1, "an editor that fails");
	t.is((await ik(["edit", "dpd", "nobody"])).code, 4, "what is not there");
	t.is((await ik(["edit", "nonsense", "x"])).code, 2, "no such noun");
	const meanwhile = `sh -c 'sed -i "s/: 40,/: 50,/" "$1"; "${t.options.ikeeper}" set dpd e1 interval_seconds=45 >/dev/null' sh`;
	t.is((await ik(["edit", "dpd", "e1", "--apply"], { env: { VISUAL: meanwhile, IKEEPER_SOCKET: d.socket } })).code, 5, "somebody was faster");
	const whole = await well(["edit", "--apply"], by("s/: 45,/: 46,/"));
	t.has(whole.out, "Applied as one change", "the whole configuration");
	t.is((await well(["show", "dpd", "e1", "--json"])).json.interval_seconds, 46, "has the change");
	const yaml = await well(["show", "dpd", "e1", "--yaml"]);
	t.has(yaml.out, "\ninterval_seconds: 46\n", "as YAML");
	t.has(yaml.out, "name: e1\n", "words are plain");
	t.has((await well(["show", "dpd", "--yaml"])).out, "items:\n  -\n    name:", "lists are blocks");
	await well(["delete", "dpd", "e1"]);
	const sums = await well(["display", "ipsec", "statistics"]);
	for (const line of ["input/output security packets: ", "input/output security bytes: ", "dropped security packets: ", "replay packet: "])
		t.has(sums.out, line, "display ipsec statistics");
	await d.tell("sas 1");
	const id = (await well(["show", "child-sa", "--json"])).json.items[0].id;
	t.has((await well(["display", "ipsec", "statistics", "tunnel-id", `${id}`])).out, `tunnel-id : ${id}\n`, "of one pair");
	t.is((await ik(["display", "ipsec", "statistics", "nonsense"])).code, 2, "no words of the manual");
	t.is((await ik(["display", "ipsec", "statistics", "tunnel-id", "4000000"])).code, 4, "no such pair");
	await d.tell("sas 0");
}

// --wait: how what was started again ended, or that nobody knows yet.
async function waited(t, d, ik) {
	const args = ["reset", "--all", "--reinitiate", "always", "--wait", "1"];
	await d.tell("sas 1");
	await d.tell("linger");
	const late = await ik(args);
	t.is(late.code, 6, `not done in time: ${late.err}`);
	t.has(late.err, "/operations/", "where one hears of it");
	await d.tell("end 0");
	await d.tell("sas 1");
	const failed = await ik(args);
	t.is(failed.code, 1, `it failed: ${failed.err}`);
	t.has(failed.out, "nobody answers in a test", "and why");
	await d.tell("sas 0");
}

async function records(t, d, ik, well) {
	await well(["secret", "set", "k", "--stdin"], { input: "a shared key\n" });
	await well(["set", "proposal", "p1", "number=10", "encryption_algorithm=aes-cbc", "key_length=256",
		"integrity_algorithm=sha256", "dh_group=modp2048"]);
	await well(["set", "ipsec-proposal", "e1", "encryption_algorithm=aes-gcm", "key_length=256",
		"integrity_algorithm=none"]);
	await well(["set", "peer", "hub", "remote_address=192.0.2.9", "psk=k", "ike_proposals=p1"]);
	await well(["set", "tunnel", "net", "peer=hub", "local_ts=10.1.0.0/24", "remote_ts=10.2.0.0/24",
		"ipsec_proposals=e1"]);
	const again = await well(["set", "peer", "hub", "description=the other end", "--json"]);
	t.is(again.json.description, "the other end", "one member changed");
	t.is(again.json.psk, "k", "the others stay");

	const refused = await ik(["set", "peer", "hub", "exchange_mode=sideways", "nosuch=1"]);
	t.is(refused.code, 3, "a word that is none");
	t.has(refused.err, "member.unknown", "the rule is named");
	t.is((await ik(["set", "peer", "hub", "--new"])).code, 5, "--new of one that is there");
	t.is((await ik(["set", "peer", "nobody", "--must-exist"])).code, 4, "--must-exist of one that is not");
	const used = await ik(["delete", "peer", "hub"]);
	t.is(used.code, 5, "delete what is referred to");
	t.has(used.err, "used by tunnels/net", "who refers to it");
	const dry = await well(["set", "peer", "hub", "exchange_mode=aggressive",
		"allow_weak_key=true", "--dry-run"]);
	t.has(dry.out, "Would be accepted", "a dry run");
	t.is((await well(["show", "peer", "hub", "--json"])).json.record.exchange_mode, "main", "a dry run changes nothing");
	await well(["set", "settings", "ike", "retransmit_tries=4"]);
	t.has((await well(["show", "settings"])).out, "retransmit_tries", "settings");
	const shown = await well(["show", "secret"]);
	t.check(!shown.out.includes("a shared key"), "a secret is not shown");
	for (const noun of ["peer", "tunnel", "proposal", "ipsec-proposal", "dpd", "history", "audit", "user", "token", "event",
		"counters", "version"])
		await well(["show", noun]);
	t.has((await well(["show", "tunnel"])).out, "net", "the tunnel with its state");
	for (const noun of ["ike-proposals", "ipsec-proposals", "dpd-profiles", "child-sas"])
		t.is((await well(["show", noun])).code, 0, `the API's own word ${noun}`);
	await well(["user", "add", "ada", "--role", "admin"], { input: "a long enough password\n" });
	await well(["user", "add", "eva", "--role", "viewer"], { input: "correct horse battery\n" });
	t.has((await well(["show", "user"])).out, "eva", "the new person");
	await well(["delete", "user", "eva"]);
	t.has((await well(["show", "audit"])).out, "users/eva", "who was removed is on record");
	t.has((await well(["audit", "verify"])).out, "is whole", "the audit log");
	t.is((await well(["audit", "verify", "--json"])).json.whole, true, "as JSON");
	t.is((await ik(["audit"])).code, 2, "audit alone says nothing");
	t.is((await ik(["delete", "user", "ada"])).code, 3, "the last admin stays");
}

async function manyAtOnce(t, d, ik, well) {
	t.is((await ik(["diff"])).code, 4, "nothing is staged");
	t.is((await ik(["apply"])).code, 4, "nor to be applied");
	await well(["set", "peer", "hub", "description=staged", "--stage"]);
	await well(["set", "peer", "new", "remote_address=192.0.2.77", "psk=k", "--stage", "--new"]);
	await well(["stage"], { input: JSON.stringify([{ op: "replace", path: "/tunnels/net/description", value: "by file" }]) });
	await well(["set", "settings", "ike", "retransmit_seconds=7", "--stage"]);
	t.has((await well(["diff"])).out, "retransmit_seconds", "staged, too");
	t.has((await well(["unstage", "settings", "ike"])).out, "3 records differ", "and taken out again");
	t.is((await ik(["unstage", "settings", "ike"])).code, 4, "nothing of it is staged");
	const diff = await well(["diff"]);
	t.check(!diff.out.includes("retransmit_seconds"), "it is out");
	for (const word of ["staged", "create", "192.0.2.77", "by file"])
		t.has(diff.out, word, "diff");
	t.has((await well(["impact"])).out, "Would be accepted", "impact");
	t.has((await well(["apply", "--dry-run", "--reset", "affected"])).out, "Would be accepted", "a dry run");
	t.is((await ik(["apply", "--canary", "nobody"])).code, 3, "nobody is the canary");
	const few = await well(["impact", "--canary", "hub"]);
	t.has(few.out, "First: hub; 1 records and 0 SAs wait", "what a canary would cut");
	t.is((await ik(["widen"])).code, 4, "nothing is tried on a few peers");
	const done = await well(["apply", "--reset", "affected", "--comment", "three of them", "--confirm", "2m"]);
	t.has(done.out, "ikeeper confirm", "it says what to do");
	t.is((await ik(["set", "peer", "hub", "description=other"])).code, 5, "another change meanwhile");
	t.has((await well(["confirm"])).out, "stays", "confirm");
	t.is((await ik(["confirm"])).code, 4, "nothing waits any more");
	t.has((await well(["history"])).out, "three of them", "history");
	t.is((await well(["history", "--json", "--limit", "1"])).json.items.length, 1, "history as JSON");
	await well(["delete", "peer", "new", "--stage"]);
	await well(["discard"]);
	t.has((await well(["rollback", "--dry-run"])).out, "delete", "rollback, dry");
	await well(["rollback"]);
	t.is((await ik(["show", "peer", "new"])).code, 4, "what it had made is gone");
	const n = (await well(["history", "--json", "--limit", "1"])).json.items[0].revision;
	t.has((await well(["diff", String(n - 1), String(n)])).out, "delete", "two revisions compared");
	await well(["set", "peer", "hub", "description=x", "--stage"]);
	await well(["apply", "--confirm-on", "established", "--confirm", "60s"]);
	await well(["rollback"]);
	t.is((await well(["show", "peer", "hub", "--json"])).json.record.description, "the other end", "back to before the change that waited");
	const bad = await ik(["set", "peer", "hub", "exchange_mode=sideways", "--stage"]);
	t.is(bad.code, 3, "a bad edit is not staged");
	t.is((await ik(["rollback", "999999"])).code, 4, "no such revision");
}

async function states(t, d, ik, well) {
	await d.tell("sas 8");
	const sas = await well(["show", "ike-sa", "--json"]);
	t.is(sas.json.items.length, 8, "IKE SAs");
	t.is((await well(["show", "ike-sa", "--stale", "--json"])).json.items.length, 1, "--stale");
	await well(["show", "child-sa"]);
	const one = sas.json.items[0];
	await well(["show", "ike-sa", String(one.id)]);
	t.has((await well(["status"])).out, "8 IKE SAs", "status");
	t.has((await well(["reset", "--peer", one.peer, "--dry-run"])).out, "would_delete", "reset, dry");
	t.has((await well(["reset", "--peer", one.peer])).out, "deleted", "reset");
	await well(["reset", "--stale"]);
	t.is((await ik(["reset", "--ike-sa", "99999"])).code, 4, "reset of one that is not there");
	await well(["delete", "ike-sa", String(sas.json.items[1].id)]);
	await well(["reset", "--all", "--level", "both"]);
	t.is((await well(["show", "ike-sa", "--json"])).json.items.length, 0, "all are gone");
	const start = await ik(["initiate", "tunnel", "net", "--follow"]);
	t.is(start.code, 1, "a negotiation that fails");
	t.has(start.out, "nobody answers in a test", "why it fails");
	t.is((await ik(["initiate", "tunnel", "nosuch"])).code, 4, "initiate what is not there");
	t.has((await well(["explain", "--last"])).out, "nobody answers in a test", "explain");
	await well(["explain", "peer", "hub"]);
	await well(["show", "negotiation"]);
	await well(["delete", "tunnel", "net"]);
	await well(["delete", "peer", "hub", "--reset", "affected"]);
}

const COMWARE = `acl number 3101
 rule 0 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
ike proposal 7
 authentication-algorithm md5
 sa duration 5000
ike peer peer
 pre-shared-key simple abcde
 remote-address 192.0.2.177
ipsec proposal tran1
 esp authentication-algorithm sha1
ipsec policy map1 10 isakmp
 security acl 3101
 ike-peer peer
 proposal tran1
`;

// The manual's example in, out, and in again.
async function foreign(t, ik, well) {
	const look = await ik(["import", "--from", "comware", "-"], { input: COMWARE });
	t.is(look.code, 0, `a look: ${look.err}${look.out}`);
	t.has(look.out, "Would be accepted", "a look");
	t.is((await ik(["show", "peer", "peer"])).code, 4, "a look changes nothing");
	const done = await well(["import", "--from", "comware", "-", "--apply", "--comment", "from the old box"], { input: COMWARE });
	t.has(done.out, "Applied as one change.", "applied");
	const tunnel = await well(["show", "tunnel", "map1-10", "--json"]);
	t.is(tunnel.json.record.remote_ts.join(), "10.1.2.0/24", "the tunnel");
	t.is((await well(["show", "secret", "peer", "--json"])).json.record?.value_set ??
		(await well(["show", "secret", "peer", "--json"])).json.value_set, true, "its key");
	const out = await well(["export", "--to", "comware"]);
	t.has(out.out, "ipsec policy map1 10 isakmp", "the policy");
	t.check(!out.out.includes("abcde"), "no key");
	const again = await ik(["import", "--from", "comware", "-", "--json"], { input: out.out });
	t.is(again.code, 0, `again: ${again.err}${again.out}`);
	t.is(JSON.stringify(again.json.impact.records), "[]", "and nothing would change");
	t.is((await ik(["import", "--from", "comware", "-", "--apply"], { input: COMWARE +
		"ike peer other\n remote-address 192.0.2.178\n id-type name\n local-name x\n" })).code, 3, "what a rule refuses");
	t.is((await ik(["show", "peer", "other"])).code, 4, "is not there, not even in parts");
	const g = await well(["generate", "peer", "peer", "--for", "swanctl"]);
	t.has(g.out, "remote_ts = 10.1.1.0/24", "the other end");
}
