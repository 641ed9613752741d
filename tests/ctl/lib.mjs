// lib.mjs - a puppet daemon on a Unix socket, and the command run against it
import http from "node:http";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";

// Answers what a test says: `answer(method, path, body, headers)` gives {status, json | text},
// or null to never answer.
export class Puppet {
	static start(answer) {
		const p = new Puppet();
		p.dir = fs.mkdtempSync(path.join(os.tmpdir(), "ctl-"));
		p.socket = path.join(p.dir, "api.sock");
		p.asked = [];
		p.server = http.createServer((q, a) => {
			const parts = [];
			q.on("data", (b) => parts.push(b));
			q.on("end", () => {
				const text = Buffer.concat(parts).toString();
				const url = q.url.replace(/^\/api\/v1/, "");
				const one = { method: q.method, path: url, text, headers: q.headers,
					      body: text ? JSON.parse(text) : undefined };
				p.asked.push(one);
				const say = answer(one.method, one.path, one.body, one.headers);
				if (!say)
					return;
				a.writeHead(say.status ?? 200, { "Content-Type": "application/json" });
				a.end(say.text ?? (say.json === undefined ? "" : JSON.stringify(say.json)));
			});
		});
		return new Promise((r) => p.server.listen(p.socket, () => r(p)));
	}
	stop() {
		this.server.closeAllConnections?.();
		this.server.close();
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

// Runs the command; {code, out, err, json}.
export function run(program, args, { input, env, socket, kill } = {}) {
	const all = socket ? ["--socket", socket, ...args] : args;
	return new Promise((resolve) => {
		const c = spawn(program, all, { env: { ...process.env, ...env } });
		let out = "", err = "";
		c.stdout.on("data", (b) => { out += b; });
		c.stderr.on("data", (b) => { err += b; });
		c.on("close", (code, signal) => resolve({
			code: code ?? signal, out, err,
			get json() { return JSON.parse(out); },
		}));
		c.stdin.on("error", () => {});
		c.stdin.end(input ?? "");
		if (kill)
			setTimeout(() => c.kill("SIGTERM"), kill);
	});
}

export const problem = (status, more) => ({
	status,
	json: { type: "/problems/x", title: "x", status, detail: "the detail", request_id: "r", ...more },
});
