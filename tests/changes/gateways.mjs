// gateways.mjs - real gateways on loopback with the recording data plane, and what a test asks them
import http from "node:http";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import dgram from "node:dgram";
import { spawn } from "node:child_process";

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

export async function until(what, ms, f) {
	const end = Date.now() + ms;
	for (;;) {
		const got = await f();
		if (got)
			return got;
		if (Date.now() > end)
			throw new Error(`not in ${ms} ms: ${what}`);
		await sleep(50);
	}
}

async function freePort() {
	const s = dgram.createSocket("udp4");
	await new Promise((r) => s.bind(0, "0.0.0.0", r));
	const { port } = s.address();
	await new Promise((r) => s.close(r));
	return port;
}

export class Gateway {
	constructor(lab, name, address) {
		Object.assign(this, { lab, name, address, dir: path.join(lab.dir, name) });
		this.socket = path.join(this.dir, "api.sock");
		this.log = "";
		fs.mkdirSync(this.dir);
	}
	async start() {
		const o = ["--state-dir", "db", "--run-dir", "run", "--key-file", "etc/seal.key"];
		const args = o.map((x) => (x.startsWith("--") ? x : path.join(this.dir, x)));
		fs.rmSync(this.socket, { force: true });
		this.process = spawn(this.lab.program, [...args, "--socket", this.socket, "--announce", "--api-port", "0",
			"--plane", "recording", "--listen4", this.address, "--listen6", "none",
			"--port", `${this.lab.port}`, "--nat-port", `${this.lab.nat}`, "--crew-threads", "1"]);
		let told = "";
		this.process.stdout.on("data", (b) => { told += b; });
		this.process.stderr.on("data", (b) => { this.log += b; });
		this.gone = new Promise((r) => this.process.on("exit", (code, signal) => r(signal ?? code)));
		await until(`${this.name} starts\n${this.log.slice(-2000)}`, 20000, () => told !== "");
	}
	async stop(signal = "SIGTERM") {
		this.process.kill(signal);
		const how = await this.gone;
		if (/(Address|Leak)Sanitizer|runtime error:/.test(this.log))
			throw new Error(`${this.name}: a sanitizer reported\n${this.log.slice(-4000)}`);
		if (signal === "SIGTERM" && how !== 0)
			throw new Error(`${this.name} ended with ${how}\n${this.log.slice(-2000)}`);
	}
	ask(method, where, body, type = "application/json") {
		return new Promise((resolve, reject) => {
			const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
			const q = http.request({ socketPath: this.socket, method, path: `/api/v1${where}`, agent: false,
				headers: { "If-Match": "*", ...(text ? { "Content-Type": type, "Content-Length": Buffer.byteLength(text) } : {}) } }, (a) => {
				let out = "";
				a.on("data", (b) => { out += b; });
				a.on("error", reject);
				a.on("end", () => resolve({ status: a.statusCode, text: out, json: out && /json/.test(a.headers["content-type"]) ? JSON.parse(out) : null }));
			});
			q.on("error", reject);
			q.setTimeout(40000, () => q.destroy(new Error(`${method} ${where}: no answer`)));
			q.end(text);
		});
	}
	async good(method, where, body) {
		const a = await this.ask(method, where, body);
		if (a.status >= 300)
			throw new Error(`${this.name}: ${method} ${where}: ${a.status} ${a.text}`);
		return a.json;
	}
	async sas() {
		const [ike, child] = [await this.good("GET", "/ike-sas?limit=1000"), await this.good("GET", "/child-sas?limit=1000")];
		return { ike: ike.items, child: child.items };
	}
	async revision() { return (await this.good("GET", "/health")).revision; }
}

export class Lab {
	static async make(program, n) {
		const lab = new Lab();
		lab.program = program;
		lab.dir = fs.mkdtempSync(path.join(os.tmpdir(), "ikc-"));
		[lab.port, lab.nat] = [await freePort(), await freePort()];
		lab.hub = new Gateway(lab, "hub", "127.0.0.1");
		lab.spokes = Array.from({ length: n }, (_, i) => new Gateway(lab, `s${i}`, `127.0.0.${i + 2}`));
		for (const g of lab.all())
			await g.start();
		for (const [i, s] of lab.spokes.entries())
			await lab.join(s, i);
		return lab;
	}
	all() { return [this.hub, ...this.spokes]; }

	// Two tunnels to each spoke; the hub starts them.
	async join(spoke, i) {
		const sets = [[this.hub, spoke.name, spoke.address, "10.0", `10.${i + 1}`, "start"], [spoke, "hub", "127.0.0.1", `10.${i + 1}`, "10.0", "none"]];
		for (const [g, peer, at, here, there] of sets) {
			const edits = [
				{ op: "add", path: `/secrets/${peer}`, value: { type: "psk", value: `between hub and ${spoke.name}` } },
				{ op: "add", path: `/peers/${peer}`, value: { remote_address: at, psk: peer } },
				...[0, 1].map((k) => ({ op: "add", path: `/tunnels/${peer}-${k}`, value: {
					peer, local_ts: [`${here}.${k}.0/24`], remote_ts: [`${there}.${k}.0/24`], ipsec_proposals: ["esp"],
					start_action: "none" } })),
			];
			if ((await g.ask("GET", "/ipsec-proposals/esp")).status === 404)
				edits.unshift({ op: "add", path: "/ipsec-proposals/esp", value: { encryption_algorithm: "aes-cbc", key_length: 128, integrity_algorithm: "sha256" } });
			const set = await g.good("POST", "/changesets", { edits });
			await g.good("POST", `/changesets/${set.id}/apply`, {});
		}
	}
	tunnels() { return this.spokes.flatMap((s) => [0, 1].map((k) => `${s.name}-${k}`)); }
	// Every tunnel up and none stale; what there is then.
	async settle(names = this.tunnels(), ms = 20000) {
		let last;
		for (const name of names)
			await this.hub.ask("POST", `/tunnels/${name}/initiate`);
		return until(`${names} are up; last ${JSON.stringify(last?.child.map((c) => [c.tunnel, c.state, c.stale]))}`, ms, async () => {
			last = await this.hub.sas();
			const up = (name) => last.child.some((c) => c.tunnel === name && c.state === "established" && !c.stale);
			return names.every(up) && last.ike.every((s) => !s.stale && s.state === "established") ? last : null;
		});
	}
	async end() {
		for (const g of this.all())
			await g.stop();
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}
