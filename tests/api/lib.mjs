// lib.mjs - what the suites of the contract share: a daemon, requests over both doors, checks
//
// No packages: node's own http, https, net and tls. A suite is `export async function suite(t)`;
// t.daemon is where to knock, t.check counts.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import readline from "node:readline";

export class Skip extends Error {}

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// A daemon under test: our own double, or one that runs already.
export class Daemon {
	constructor(host, port, socket) {
		this.host = host;
		this.port = port;
		this.socket = socket;
		this.agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
	}

	static async spawn(program, ...args) {
		const dir = fs.mkdtempSync(path.join(os.tmpdir(), "apid-"));
		const socket = path.join(dir, "api.sock");
		const child = spawn(program, [socket, ...args], { stdio: ["pipe", "pipe", "inherit"] });
		const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
		const first = await lines.next();
		if (first.done)
			throw new Error("apid did not start");
		const hello = JSON.parse(first.value);
		const d = new Daemon("127.0.0.1", hello.port, hello.unix);
		Object.assign(d, { child, lines, hello, dir });
		d.ended = new Promise((r) => child.on("exit", (code, signal) => r({ code, signal })));
		return d;
	}

	// Steer the double; the answer is its line.
	async tell(command) {
		if (!this.child)
			throw new Skip("only the test daemon can be steered");
		this.child.stdin.write(`${command}\n`);
		const answer = await this.lines.next();
		return answer.value;
	}

	async stop() {
		this.agent.destroy();
		if (!this.child)
			return { code: 0 };
		this.child.stdin.end();
		const how = await Promise.race([this.ended, sleep(20000).then(() => null)]);
		if (!how)
			this.child.kill("SIGKILL");
		fs.rmSync(this.dir, { recursive: true, force: true });
		return how ?? { code: -1, signal: "hung" };
	}

	// One request. `o`: body (object or string), headers, token, session, local, agent.
	request(method, url, o = {}) {
		const headers = { ...o.headers };
		let body = o.body;

		if (body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body))
			body = JSON.stringify(body);
		if (body !== undefined && !("Content-Type" in headers))
			headers["Content-Type"] = "application/json";
		if (body !== undefined && !("Transfer-Encoding" in headers))
			headers["Content-Length"] = Buffer.byteLength(body);
		if (o.token)
			headers.Authorization = `Bearer ${o.token}`;
		if (o.session) {
			headers.Cookie = o.session.cookie;
			if (!("Origin" in headers))
				headers.Origin = `https://${this.host}:${this.port}`;
			if (!("X-CSRF-Token" in headers))
				headers["X-CSRF-Token"] = o.session.csrf;
		}
		for (const k of Object.keys(headers))
			if (headers[k] === null)
				delete headers[k];
		const where = o.local
			? { socketPath: this.socket, headers: { Host: "localhost", ...headers } }
			: { host: this.host, port: this.port, headers, rejectUnauthorized: false,
			    agent: o.agent ?? this.agent };
		return new Promise((resolve, reject) => {
			const q = (o.local ? http : https).request({ method, path: url, ...where }, (a) => {
				const parts = [];
				a.on("data", (b) => parts.push(b));
				a.on("error", reject);
				a.on("end", () => resolve(new Answer(a, Buffer.concat(parts))));
			});
			q.on("error", reject);
			q.setTimeout(o.timeout ?? 40000, () => q.destroy(new Error("no answer in time")));
			q.end(body);
		});
	}

	api(method, url, o) {
		return this.request(method, `/api/v1${url}`, o);
	}

	local(method, url, o) {
		return this.api(method, url, { ...o, local: true });
	}

	// A connection for octets of one's own choice.
	connect(local = false) {
		return new Promise((resolve, reject) => {
			const s = local ? net.connect(this.socket)
				: tls.connect({ host: this.host, port: this.port, rejectUnauthorized: false });
			s.once(local ? "connect" : "secureConnect", () => resolve(s));
			s.once("error", reject);
		});
	}

	// Send octets, collect what comes until the end or the time is over.
	async raw(octets, { local = false, wait = 1500, quiet = 150 } = {}) {
		const s = await this.connect(local);
		let got = "";
		let last = Date.now();
		let closed = false;
		s.on("data", (b) => { got += b.toString("latin1"); last = Date.now(); });
		s.on("error", () => { closed = true; });
		s.on("close", () => { closed = true; });
		s.on("end", () => { closed = true; });
		s.write(Buffer.from(octets, "latin1"));
		const start = Date.now();
		while (!closed && Date.now() - start < wait && !(got && Date.now() - last > quiet))
			await sleep(10);
		s.destroy();
		const m = /^HTTP\/1\.[01] (\d+)/.exec(got);
		return { status: m ? Number(m[1]) : 0, text: got, closed,
			 answers: (got.match(/HTTP\/1\.1 \d+ /g) ?? []).length };
	}

	// A stream of events, as an object that collects them.
	async stream(url, o = {}) {
		return Stream.open(this, url, o);
	}
}

export class Answer {
	constructor(message, body) {
		this.status = message.statusCode;
		this.headers = message.headers;
		this.body = body;
	}
	get text() {
		return this.body.toString("utf8");
	}
	get json() {
		return JSON.parse(this.text);
	}
	get isProblem() {
		if (!/^application\/problem\+json/.test(this.headers["content-type"] ?? ""))
			return false;
		const p = this.json;
		return typeof p.type === "string" && typeof p.title === "string" &&
			p.status === this.status && typeof p.detail === "string" &&
			p.request_id === this.headers["x-request-id"];
	}
}

export class Stream {
	static open(daemon, url, o) {
		const st = new Stream();
		Object.assign(st, { events: [], comments: 0, retry: 0, ended: false, rest: "" });
		const headers = { ...o.headers };
		if (o.token)
			headers.Authorization = `Bearer ${o.token}`;
		if (o.session)
			headers.Cookie = o.session.cookie;
		const where = o.local ? { socketPath: daemon.socket, headers: { Host: "localhost", ...headers } }
			: { host: daemon.host, port: daemon.port, headers, rejectUnauthorized: false, agent: false };
		return new Promise((resolve, reject) => {
			st.q = (o.local ? http : https).request({ method: "GET", path: `/api/v1${url}`, ...where }, (a) => {
				st.status = a.statusCode;
				st.headers = a.headers;
				a.setEncoding("utf8");
				a.on("data", (s) => st.take(s));
				a.on("end", () => { st.ended = true; });
				a.on("error", () => { st.ended = true; });
				a.on("close", () => { st.ended = true; });
				resolve(st);
			});
			st.q.on("error", (e) => { st.ended = true; reject(e); });
			st.q.end();
		});
	}
	take(s) {
		this.rest += s;
		let at;
		while ((at = this.rest.indexOf("\n\n")) >= 0) {
			const e = {};
			for (const line of this.rest.slice(0, at).split("\n")) {
				const m = /^(\w*): ?(.*)$/.exec(line);
				if (m && m[1] === "")
					this.comments++;
				else if (m && m[1] === "retry")
					this.retry = Number(m[2]);
				else if (m)
					e[m[1]] = m[2];
			}
			this.rest = this.rest.slice(at + 2);
			if (e.event)
				this.events.push(e);
		}
	}
	named(name) {
		return this.events.filter((e) => e.event === name);
	}
	async until(what, ms = 5000) {
		const start = Date.now();
		while (!what(this) && Date.now() - start < ms && !(this.ended && ms > 0))
			await sleep(20);
		return what(this);
	}
	close() {
		this.q.destroy();
	}
}

// Counts, and says what was wrong.
export class Checks {
	constructor(name) {
		this.name = name;
		this.good = 0;
		this.bad = 0;
	}
	check(ok, what) {
		if (ok) {
			this.good++;
		} else {
			this.bad++;
			if (this.bad <= 40)
				console.log(`not ok - ${this.name}: ${what}`);
		}
		return ok;
	}
	is(got, want, what) {
		return this.check(Object.is(got, want), `${what}: ${JSON.stringify(got)} where ${JSON.stringify(want)} is due`);
	}
	problem(a, status, what) {
		this.is(a.status, status, what);
		const errors = a.json?.errors;
		this.check(Array.isArray(errors) && errors.length && errors.every((e) => typeof e.pointer === "string" && e.rule && e.message),
			`${what}: every refusal lists what is wrong: ${a.text.slice(0, 200)}`);
		return this.check(a.isProblem, `${what}: no problem+json: ${a.headers["content-type"]} ${a.text.slice(0, 200)}`);
	}
}

// A small seeded generator (mulberry32), so that a failure can be had again.
export function seeded(seed) {
	let a = seed >>> 0;
	const next = () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = a;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return {
		real: next,
		below: (n) => Math.floor(next() * n),
		of: (list) => list[Math.floor(next() * list.length)],
		text: (n) => Array.from({ length: n }, () => String.fromCharCode(32 + Math.floor(next() * 95))).join(""),
	};
}

// Sign in; {cookie, csrf}.
export async function signIn(d, name, password) {
	const a = await d.api("POST", "/login", { body: { name, password } });
	if (a.status !== 200)
		throw new Error(`signing in as ${name}: ${a.status} ${a.text}`);
	return { cookie: a.headers["set-cookie"][0].split(";")[0], csrf: a.json.csrf_token, answer: a };
}

// A token per role, made over the Unix socket, where we are root or the daemon's own user.
export async function tokens(d) {
	const all = {};
	for (const role of ["viewer", "auditor", "operator", "editor", "admin"]) {
		const name = `contract-${role}-${Math.floor(Math.random() * 1e9)}`;
		const a = await d.local("POST", "/api-tokens", { body: { name, role, expires_in_days: 1 } });
		if (a.status !== 201)
			throw new Error(`making a token: ${a.status} ${a.text}`);
		all[role] = { token: a.json.token, id: a.json.id, name };
	}
	return all;
}
