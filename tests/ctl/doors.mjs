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
		await records(t, d, ik, well);
		await states(t, d, ik, well);
	} finally {
		const how = await d.stop();
		t.is(how.code, 0, "the daemon's end");
	}
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
	for (const noun of ["peer", "tunnel", "proposal", "ipsec-proposal", "dpd", "history", "user", "token", "event",
		"counters", "version"])
		await well(["show", noun]);
	t.has((await well(["show", "tunnel"])).out, "net", "the tunnel with its state");
	for (const noun of ["ike-proposals", "ipsec-proposals", "dpd-profiles", "child-sas"])
		t.is((await well(["show", noun])).code, 0, `the API's own word ${noun}`);
	await well(["user", "add", "ada", "--role", "admin"], { input: "a long enough password\n" });
	await well(["user", "add", "eva", "--role", "viewer"], { input: "correct horse battery\n" });
	t.has((await well(["show", "user"])).out, "eva", "the new person");
	await well(["delete", "user", "eva"]);
	t.is((await ik(["delete", "user", "ada"])).code, 3, "the last admin stays");
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
