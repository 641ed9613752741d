// backup.mjs - the configuration as one file, back on the same machine, and on one with another key file
import fs from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";

export const spokes = 1;

const PASS = "correct horse battery";

function ctl(t, g, args, input) {
	const program = path.join(path.dirname(t.o.ikeeperd), "ikeeper");
	const r = spawnSync(program, ["--socket", g.socket, ...args], { input, encoding: "utf8" });
	return { code: r.status, out: r.stdout, err: r.stderr };
}
const well = (t, g, args, input) => {
	const r = ctl(t, g, args, input);
	t.check(r.code === 0, `ikeeper ${args.join(" ")}: ${r.code} ${r.out}${r.err}`);
	return r.out;
};
const whole = async (g) => {
	const c = await g.good("GET", "/config");
	delete c.revision;
	return JSON.stringify(c);
};
const marks = async (g) => (await g.good("GET", "/secrets")).items.map((s) => s.fingerprint).join();

// One file of 0600 without a secret in it, whatever the history of the secret.
async function keeps(t, hub, file) {
	await hub.good("PUT", "/secrets/canary", { type: "psk", value: "canary-in-the-mine-1" });
	await hub.good("PUT", "/secrets/canary", { type: "psk", value: "canary-in-the-mine-2" });
	t.check(well(t, hub, ["backup", file]).includes("this machine's key file only"), "what it says");
	t.is(fs.statSync(file).mode & 0o777, 0o600, "mode");
	const octets = fs.readFileSync(file);
	const key = fs.readFileSync(path.join(hub.dir, "etc/seal.key"), "utf8").trim();
	for (const no of ["canary-in-the-mine", "between hub and", key, Buffer.from(key, "hex")])
		t.is(octets.indexOf(no), -1, "nothing of a secret in it");
	t.is(fs.readdirSync(path.dirname(file)).filter((n) => n.startsWith("backup.")).length, 0, "nothing beside it");
}

// On the same machine: a look changes nothing and names the SAs, then it is as it was.
async function comes_back(t, lab, file) {
	const { hub } = lab;
	const before = await whole(hub);
	const was = await lab.settle();

	t.check(well(t, hub, ["restore", file]).includes("Nothing differs"), "nothing differs");
	await hub.good("PUT", "/dpd-profiles/brisk", {});
	const [spoke] = lab.spokes;
	await spoke.good("PATCH", "/tunnels/hub-1", { local_ts: ["10.1.77.0/24"] });
	await hub.good("PATCH", "/tunnels/s0-1", { remote_ts: ["10.1.77.0/24"] });
	await lab.settle();
	await hub.good("PATCH", "/peers/s0", { description: "touched", dpd: "brisk" });
	await hub.good("PUT", "/secrets/s0", { type: "psk", value: "quite another key" });
	await hub.good("DELETE", "/secrets/canary");
	await hub.good("POST", "/secrets", { name: "later", type: "psk", value: "made after it" });
	const [revision, changed] = [await hub.revision(), await whole(hub)];
	const body = { file: fs.readFileSync(file).toString("base64") };
	const dry = await hub.good("POST", "/restore?dry_run=true", body);
	t.check(dry.valid, "it would be taken");
	t.is(dry.records.map((r) => `${r.op} ${r.kind}/${r.name}`).sort().join(),
		"create secrets/canary,delete dpd-profiles/brisk,delete secrets/later,update peers/s0,update secrets/s0,update tunnels/s0-1", "what would change");
	t.is(dry.impact.child_sas.map((s) => s.tunnel).join(), "s0-1", `the SAs it touches: ${JSON.stringify(dry.impact)}`);
	const look = well(t, hub, ["restore", file]);
	t.check(look.includes("nothing was changed") && look.includes("later"), look);
	t.is(await hub.revision(), revision, "a look makes no revision");
	t.is(await whole(hub), changed, "a look changes nothing");
	well(t, hub, ["restore", file, "--apply", "--comment", "undo all that"]);
	t.is(await whole(hub), before, "as it was");
	t.is(await hub.revision(), revision + 1, "one change");
	t.is((await hub.good("GET", "/commits?limit=1")).items[0].comment, "undo all that", "its comment");
	await spoke.good("PATCH", "/tunnels/hub-1", { local_ts: ["10.1.1.0/24"] });
	await lab.settle();
	t.check(was.ike.length > 0, "SAs there were");
}

// A machine that knows nothing: another key file, an empty store.
async function moves(t, lab, dir) {
	const [s] = lab.spokes;
	const [locked, plain] = ["locked", "plain"].map((n) => path.join(dir, n));
	const before = await whole(s);

	well(t, s, ["backup", locked, "--passphrase-stdin"], `${PASS}\n`);
	well(t, s, ["backup", plain]);
	t.is(fs.readFileSync(locked).indexOf(PASS), -1, "no passphrase in it");
	await s.stop();
	for (const n of ["db", "etc/seal.key"])
		fs.rmSync(path.join(s.dir, n), { recursive: true });
	await s.start();
	const empty = await whole(s);
	const refused = async (file, passphrase, reason, what) => {
		const a = await s.ask("POST", "/restore", { file: file.toString("base64"), ...(passphrase ? { passphrase } : {}) });
		t.is(`${a.status} ${a.json.type.split("/").pop()}`, `422 ${reason}`, `${what}: ${a.text}`);
		t.is(await whole(s), empty, `${what} changes nothing`);
	};
	const octets = fs.readFileSync(locked);
	await refused(octets, "", "backup-passphrase", "no passphrase");
	await refused(octets, "wrong horse battery", "backup-passphrase", "another passphrase");
	await refused(fs.readFileSync(plain), "", "backup-other-key", "another key file");
	await refused(octets.subarray(0, octets.length - 1), PASS, "backup-damaged", "one octet less");
	await refused(octets.subarray(0, 40), PASS, "backup-damaged", "its head only");
	await refused(Buffer.concat([octets, Buffer.from("x")]), PASS, "backup-damaged", "one octet more");
	for (const at of [20, 30, 50, 120, 5000, octets.length - 1]) {
		const torn = Buffer.from(octets);
		torn[at] ^= 1;
		await refused(torn, PASS, "backup-damaged", `octet ${at} turned`);
	}
	await refused(Buffer.from("SQLite format 3\0 and so on, or anything"), "", "backup-foreign", "a stranger");
	const wrong = ctl(t, s, ["restore", locked, "--passphrase-stdin", "--apply"], "wrong horse battery\n");
	t.is(wrong.code, 3, `exit code: ${wrong.err}`);
	t.check(/not the passphrase/.test(wrong.err + wrong.out), wrong.err + wrong.out);
	well(t, s, ["restore", locked, "--passphrase-stdin", "--apply"], `${PASS}\n`);
	const [after, mark] = [await whole(s), await marks(s)];
	const bare = (c) => c.replace(/"fingerprint":"[0-9a-f]*"/g, "");
	t.is(bare(after), bare(before), "all but the fingerprints, which are each machine's own");
	t.check(after !== before, "sealed under another key");
	await s.good("PUT", "/secrets/hub", { type: "psk", value: "between hub and s0" });
	t.is(await marks(s), mark, "the fingerprint is that of the same key written by hand");
	t.check(!s.log.includes(PASS) && !s.log.includes("wrong horse"), "no passphrase in the log");
	await s.stop();
	await s.start();
	await lab.hub.good("POST", "/resets", { scope: { all: true }, reinitiate: "never" });
	await lab.settle();
}

export async function play(t, lab) {
	const dir = path.join(lab.dir, "kept");
	fs.mkdirSync(dir);
	const file = path.join(dir, "backup");

	await lab.settle();
	await keeps(t, lab.hub, file);
	await comes_back(t, lab, file);
	await moves(t, lab, dir);
}
