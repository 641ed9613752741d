// usage.mjs - the command line itself: help, wrong words, nobody at home
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const WRONG = [
	[], ["frobnicate"], ["show"], ["show", "nothing"], ["show", "peer", "a", "b"],
	["show", "counters", "x"], ["status", "x"], ["set"], ["set", "peer"], ["set", "ike-sa", "1"],
	["set", "peer", "a", "--new", "--must-exist"], ["set", "peer", "a", "--reset", "maybe"],
	["delete", "settings", "ike"], ["delete", "peer"], ["delete", "peer", "a", "b"],
	["delete", "ike-sa", "1", "--dry-run"], ["secret", "get", "x"], ["secret", "set", "x"],
	["user", "add", "x"], ["reset"], ["reset", "hub"], ["reset", "ike"], ["reset", "ike", "sa", "x"], ["reset", "ipsec", "sa", "remote"],
	["reset", "ipsec", "sa", "parameters", "192.0.2.1", "tcp", "1"], ["reset", "ipsec", "session", "tunnel-id"], ["reset", "ipsec", "session", "tunnel-id", "x"], ["display", "ipsec", "session", "hub"], ["display"], ["display", "ike", "sa", "all"], ["display", "ike", "proposal", "x"], ["display", "ike", "dpd", "x", "y"], ["reset", "--all", "--stale"],
	["reset", "--ike-sa", "x"], ["reset", "--peer"], ["initiate", "ike-sa", "1"],
	["initiate", "tunnel"], ["explain"], ["explain", "0"], ["explain", "x"],
	["explain", "--last", "5"], ["replay"], ["simulate"], ["simulate", "peer", "hub"], ["simulate", "peer", "hub", "--against", "/nonexistent/file", "--from", "swanctl"], ["replay", "negotiation", "x"], ["replay", "peer", "1"], ["replay", "negotiation", "1", "--changeset", "x"], ["api"], ["api", "GET"], ["api", "FETCH", "/x"],
	["api", "GET", "x"], ["api", "POST", "/x", "{"], ["show", "peer", "--level", "ike"],
	["show", "peer", "--nothing"], ["show", "peer", "--watch=1"], ["show", "peer", "-x"],
	["show", "event", "--limit", "0"], ["show", "event", "--limit", "x"], ["help", "nothing"],
	["--timeout", "99999999999", "status"],
	["diff", "x"], ["diff", "1", "2", "3"], ["apply", "5"], ["impact", "5"], ["discard", "5"], ["confirm", "x"],
	["backup"], ["backup", "a", "b"], ["restore"], ["restore", "/nonexistent/file"], ["restore", "/dev/null"], ["backup", "a", "--apply"], ["rollback", "x"], ["rollback", "1", "2"], ["history", "1"], ["apply", "--set", "x"],
	["apply", "--set", "1", "--confirm", "soon"], ["apply", "--set", "1", "--hold", "5s"], ["apply", "--set", "1", "--canary", "a", "--hold", "soon"], ["widen", "x"], ["widen", "--set", "x"], ["apply", "--set", "1", "--confirm-on", "never"],
	["rollback", "1", "--confirm", "0"], ["stage", "a", "b"], ["unstage", "peer"], ["unstage", "event", "7"], ["stage", "/nonexistent/file"],
	["set", "peer", "a", "--set", "1"], ["set", "peer", "a", "--stage", "--dry-run"], ["delete", "ike-sa", "1", "--stage"],
];

export async function suite(t) {
	for (const args of WRONG) {
		const r = await t.ikeeper(args, { env: { IKEEPER_SOCKET: "/nonexistent/api.sock" } });
		t.is(r.code, 2, `ikeeper ${args.join(" ")}`);
		t.has(r.err, "ikeeper: ", `ikeeper ${args.join(" ")}`);
		t.is(r.out, "", `ikeeper ${args.join(" ")}: standard output`);
	}
	const help = await t.ikeeper(["help"]);
	t.is(help.code, 0, "help");
	for (const verb of ["status", "show", "set", "delete", "stage", "unstage", "diff", "impact", "apply", "widen", "discard", "confirm",
		"rollback", "history", "audit", "secret", "user", "reset", "display", "initiate", "explain", "replay", "backup", "restore", "api"]) {
		t.has(help.out, `  ${verb} `, "help");
		t.has((await t.ikeeper(["help", verb])).out, `usage: ikeeper ${verb}`, `help ${verb}`);
		t.has((await t.ikeeper([verb, "--help"])).out, `usage: ikeeper ${verb}`, `${verb} --help`);
	}
	t.has((await t.ikeeper(["--version"])).out, "ikeeper ", "--version");
	await unreachable(t);
}

async function unreachable(t) {
	const gone = await t.ikeeper(["--socket", "/nonexistent/api.sock", "status"]);
	t.is(gone.code, 7, "no socket");
	t.has(gone.err, "/nonexistent/api.sock", "no socket");
	t.has(gone.err, "Is ikeeperd running?", "no socket");
	const byEnv = await t.ikeeper(["status"], { env: { IKEEPER_SOCKET: "/nonexistent/other" } });
	t.has(byEnv.err, "/nonexistent/other", "IKEEPER_SOCKET");

	// somebody who hangs up, and somebody who says what is no HTTP
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "ctl-"));
	for (const words of ["", "220 mail ready\r\n"]) {
		const socket = path.join(dir, words ? "mail" : "mute");
		const s = net.createServer((c) => { c.on("error", () => {}); c.end(words); });
		await new Promise((r) => s.listen(socket, r));
		const r = await t.ikeeper(["--socket", socket, "--timeout", "5", "status"]);
		t.is(r.code, 7, `a daemon that says ${JSON.stringify(words)}`);
		s.close();
	}
	fs.rmSync(dir, { recursive: true });
	const slow = await t.puppet(() => null, ["--timeout", "1", "show", "peer"]);
	t.is(slow.code, 6, "a daemon that never answers");
	t.has(slow.err, "within 1 second", "a daemon that never answers");
}
