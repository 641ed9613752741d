// run.mjs - the contract of /api/v1
//
//	node run.mjs --apid BUILD/apid --suite hostile
//	node run.mjs --url https://127.0.0.1:8443 --socket /run/ikeeper/api.sock --suite all
//
// With --apid each suite gets a daemon of its own, with doubles behind the doors, which can be
// steered; with --url and --socket a running daemon is asked, and what needs steering is left
// out by name. Exit code 0 all is well, 1 something is not, 77 nothing could be tried.
import { Daemon, Checks, Skip } from "./lib.mjs";

const SUITES = ["hostile", "roles", "access", "scope", "record", "document", "resources", "rotate", "exceptions", "changes", "bulk", "imports", "operations", "bodies", "json", "strings", "stream", "slow", "stop", "pages", "probes", "webhooks", "provider"];

function options(argv) {
	const o = { suite: "all", seed: 1 };
	for (let i = 0; i < argv.length; i += 2)
		o[argv[i].replace(/^--/, "")] = argv[i + 1];
	return o;
}

async function knock(o, name) {
	if (o.apid)
		return Daemon.spawn(o.apid, ...(name === "pages" && o.webui ? [o.webui] : []));
	const url = new URL(o.url);
	return new Daemon(url.hostname, Number(url.port), o.socket);
}

async function play(o, name) {
	const t = new Checks(name);
	t.options = o;
	t.seed = Number(o.seed);
	t.daemon = await knock(o, name);
	t.fresh = () => knock(o, name);
	let skipped = "";
	try {
		const { suite } = await import(`./${name}.mjs`);
		await suite(t);
	} catch (e) {
		if (e instanceof Skip)
			skipped = e.message;
		else
			t.check(false, e.stack);
	}
	const how = await t.daemon.stop();
	t.check(how.code === 0, `the daemon ended with ${how.code ?? how.signal}`);
	console.log(`${t.bad ? "not ok" : "ok"} - ${name}: ${t.good} checks passed, ${t.bad} failed` +
		(skipped ? ` # skipped the rest: ${skipped}` : ""));
	return t.bad;
}

const o = options(process.argv.slice(2));
if (!o.apid && !(o.url && o.socket)) {
	console.log("SKIPPED: give --apid, or --url and --socket");
	process.exit(77);
}
if (Number(process.versions.node.split(".")[0]) < 18) {
	console.log("SKIPPED: the contract runner needs node 18 or newer");
	process.exit(77);
}
let bad = 0;
for (const name of o.suite === "all" ? SUITES : o.suite.split(","))
	bad += await play(o, name);
process.exit(bad ? 1 : 0);
