// secrets.mjs - what goes in comes out nowhere: planted secrets are looked for everywhere
//
// Keys, passwords, tokens and a private key are planted, used, replaced, thrown away and mistyped;
// then every GET of the contract, the event stream, answers to mistakes, the log at its loudest, the
// command line, the environment, a backup and every octet of the database, its free pages too, are
// searched for them, plain and in the codings a text may come in.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { sleep } from "./gateways.mjs";

export const spokes = 1;

// Each is the name of what was planted and the words that would show it.
const planted = new Map();
const plant = (name, text) => {
	const b = Buffer.from(text);
	planted.set(name, [text, b.toString("hex"), b.toString("base64").replace(/=+$/, ""), encodeURIComponent(text)].filter((w, i, all) => all.indexOf(w) === i));
	return text;
};

function look(t, where, octets) {
	const text = Buffer.isBuffer(octets) ? octets.toString("latin1") : octets;
	for (const [name, words] of planted)
		for (const w of words)
			t.check(!text.includes(w), `${where} shows the ${name}: ...${text.slice(Math.max(0, text.indexOf(w) - 60), text.indexOf(w) + 12)}`);
}

function* files(dir) {
	for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
		const at = path.join(dir, e.name);
		if (e.isDirectory())
			yield* files(at);
		else if (e.isFile())
			yield at;
	}
}

// The stream from its beginning, for as long as the test lasts.
function listen(g) {
	const heard = { text: "" };
	heard.q = http.get({ socketPath: g.socket, path: "/api/v1/events/stream", agent: false }, (a) => a.on("data", (b) => { heard.text += b; }));
	heard.q.on("error", () => {});
	return heard;
}

async function use(t, lab, said) {
	const g = lab.hub;
	const send = async (method, where, body, type) => {
		const a = await g.ask(method, where, body, type);
		said.push([`${method} ${where}`, a.text]);
		return a;
	};
	await send("PATCH", "/settings/logging", { level: "trace", ike_level: "trace" });
	if ((await g.good("GET", "/settings/logging")).level !== "trace")
		await send("PATCH", "/settings/logging", { level: "debug", ike_level: "debug" });
	plant("key of the tunnel", "between hub and s0");
	await lab.settle();
	await send("PATCH", "/secrets/s0", { value: plant("key that was replaced", "canary~first*7Qw") });
	await send("POST", "/secrets/s0/rotate", { value: plant("key that is rotated", "canary~second*9Rt") });
	await send("POST", "/resets", { scope: { peer: "s0" }, reinitiate: "always" }); // fails: the spoke has another
	await sleep(1500);
	const set = (await send("POST", "/changesets", { edits: [{ op: "add", path: "/secrets/staged", value: { type: "psk", value: plant("key that is staged", "canary~staged*4Kp") } }] })).json;
	const gone = (await send("POST", "/changesets", { edits: [{ op: "add", path: "/secrets/gone", value: { type: "psk", value: plant("key that was thrown away", "canary~gone*5Lm") } }] })).json;
	t.check(set.id && gone.id, "two change sets wait");
	await send("DELETE", `/changesets/${gone.id}`);
	await send("POST", "/secrets", { name: "left", type: "psk", value: plant("key that was deleted", "canary~left*6Nn") });
	await send("DELETE", "/secrets/left");
	const pem = execFileSync("openssl", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], { stdio: ["ignore", "pipe", "ignore"] }).toString();
	for (const [i, line] of pem.split("\n").slice(1, -2).entries())
		if (line.length > 40)
			planted.set(`private key, line ${i}`, [line]);
	t.is((await send("POST", "/private-keys", { name: "own", value: pem })).status, 201, "a private key");
	const password = plant("password", "canary~password*8Bv");
	t.is((await send("POST", "/users", { name: "ann", role: "admin", password })).status, 201, "a user");
	const token = await g.ask("POST", "/api-tokens", { name: "robot", role: "viewer" }); // shown this once
	plant("token", token.json.token.slice(-43));
	await send("POST", "/login", { name: "ann", password: plant("wrong password", "canary~wrong*1Xc") });
	// Mistakes with a key in them: in the wrong member, of the wrong type, no JSON at all.
	const typo = plant("key in a mistake", "canary~typo*2Ds");
	await send("POST", "/secrets", { name: "x", type: "psk", valeu: typo });
	await send("POST", "/secrets", { name: "x", type: "psk", value: [typo] });
	await send("POST", "/secrets", { name: "x", type: "nonsense", value: typo });
	await send("POST", "/secrets", `{"name":"x","type":"psk","value":"${typo}",}`);
	await send("POST", "/bulk", `{"kind":"secrets","name":"y","type":"psk","value":"${typo}","no":1}\n`, "application/x-ndjson");
	const comware = `ike peer other\n pre-shared-key simple ${plant("key in a pasted text", "canary~pasted*3Fg")}\n remote-address 192.0.2.9\n#\n`;
	await send("POST", "/imports", { from: "comware", text: comware });
	await send("POST", "/imports?stage=true", { from: "comware", text: comware });
	await send("POST", "/peers/s0/simulate", { from: "comware", text: comware });
	await send("PUT", "/config?dry_run=true", await g.good("GET", "/config"));
}

// Every GET of the contract, with the names and ids there are.
async function everyGet(t, g) {
	const doc = await g.good("GET", "/openapi.json");
	let n = 0;
	for (const [where, ops] of Object.entries(doc.paths)) {
		const at = where.replace(/^\/api\/v1/, "");
		if (!ops.get || at === "/events/stream")
			continue;
		const fills = [at];
		if (/\{(name|id)\}/.test(at)) {
			const list = await g.ask("GET", at.slice(0, at.indexOf("/{")) || "/");
			fills.length = 0;
			for (const item of (list.json?.items ?? list.json?.settings ?? []).slice(0, 12))
				fills.push(at.replace(/\{(name|id)\}/, item.id ?? item.name ?? item.revision));
		}
		for (const url of fills) {
			const query = url === "/config/export" || /generate$/.test(url) ? "?for=comware" : "";
			look(t, `GET ${url}`, (await g.ask("GET", `${url}${query}`)).text);
			n++;
		}
	}
	t.check(n > 60, `${n} are few`);
	for (const more of ["/audit?limit=1000", "/events?limit=1000", "/history?limit=1000"])
		look(t, `GET ${more}`, (await g.ask("GET", more)).text);
}

export async function play(t, lab) {
	const g = lab.hub, heard = listen(g), said = [];
	await use(t, lab, said);
	for (const [what, text] of said)
		look(t, `the answer to ${what}`, text);
	await everyGet(t, g);
	await sleep(300);
	t.check(heard.text.length > 500, "the stream was heard");
	look(t, "the event stream", heard.text);
	heard.q.destroy();
	const pid = g.process.pid;
	look(t, "the command line", fs.readFileSync(`/proc/${pid}/cmdline`));
	look(t, "the environment", fs.readFileSync(`/proc/${pid}/environ`));
	t.check(/Max core file size +0 +0/.test(fs.readFileSync(`/proc/${pid}/limits`, "latin1")), "it may leave no core file");
	const backup = await g.ask("POST", "/backups", {});
	t.is(backup.status, 200, "a backup");
	look(t, "a backup without passphrase", backup.text);
	const saved = path.join(lab.dir, "saved");
	execFileSync("curl", ["-s", "--unix-socket", g.socket, "-X", "POST", "-H", "Content-Type: application/json", "-d", "{}", "-o", saved, "http://localhost/api/v1/backups"]);
	t.check(fs.statSync(saved).size > 4096, "a backup as a file");
	look(t, "a backup as a file", fs.readFileSync(saved));
	let n = 0;
	for (const at of files(path.join(g.dir, "db"))) {
		look(t, `${path.basename(at)} while it runs`, fs.readFileSync(at));
		n++;
	}
	t.check(n > 0, "there is a database");
	t.check(g.log.length > 2000, "the log was loud");
	look(t, "the log", g.log);
	g.process.kill("SIGQUIT"); // whose default is a core file
	await g.gone;
	for (const at of files(lab.dir))
		if (!/seal\.key$/.test(at))
			look(t, `${path.relative(lab.dir, at)} after its end`, fs.readFileSync(at));
	look(t, "the log", g.log);
	await g.start();
}
