// slow.mjs - clients that take their time, all at once so that the suite does not
//
// A request has to be whole within 30 seconds, whoever sends it octet by octet; a parked one is
// answered after 30 seconds at the latest; idle connections go too. Meanwhile others are served.
import fs from "node:fs";
import { sleep, tokens } from "./lib.mjs";
import { fill } from "./samples.mjs";

const LIMIT = 34000;

function watch(s) {
	const w = { got: "", closed: 0 };
	const start = Date.now();
	s.on("data", (b) => { w.got += b.toString("latin1"); });
	const end = () => { w.closed ||= Date.now() - start; };
	s.on("error", end);
	s.on("end", end);
	s.on("close", end);
	return w;
}

async function drip(t, name, octets, local) {
	const s = await t.daemon.connect(local);
	const w = watch(s);
	const start = Date.now();
	for (let i = 0; !w.closed && Date.now() - start < LIMIT; i++) {
		s.write(octets(i));
		await sleep(500);
	}
	t.check(w.closed > 0, `${name} is cut off within ${LIMIT / 1000} s`);
	t.check(w.closed > 20000 || w.got.startsWith("HTTP/1.1 4"), `${name} was given its time (${w.closed} ms, ${w.got.slice(0, 60)})`);
	s.destroy();
}

// Five hundred at once that send an octet now and then: every one is cut off, nobody else feels it.
async function swarm(t, o, head) {
	const d = t.daemon, all = [], took = [];
	const start = Date.now();
	const rss = () => (d.child ? Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${d.child.pid}/status`, "latin1"))?.[1] ?? 0) : 0);
	const before = rss();
	for (let i = 0; i < 500; i++) {
		const s = await d.connect();
		s.on("error", () => {});
		all.push([s, watch(s), Date.now()]);
	}
	for (let i = 0; Date.now() - start < LIMIT + 4000 && all.some(([, w]) => !w.closed); i++) {
		for (const [s, w] of all)
			if (!w.closed)
				s.write(head[i % head.length]);
		for (let k = 0; k < 10; k++) {
			const at = performance.now();
			t.is((await d.api("GET", "/health")).status, 200, "somebody else");
			took.push(performance.now() - at);
			await sleep(100);
		}
	}
	took.sort((a, b) => a - b);
	const p99 = took[Math.floor(took.length * 0.99)];
	console.log(`# 500 slow ones: others' p99 ${p99.toFixed(1)} ms, ${rss() - before} KiB more than before`);
	t.check(all.every(([, w]) => w.closed > 0), `${all.filter(([, w]) => !w.closed).length} of 500 are not cut off`);
	t.check(p99 < 2000, `others wait ${p99} ms`);
	all.forEach(([s]) => s.destroy());
}

async function idle(t) {
	const s = await t.daemon.connect();
	const w = watch(s);
	for (let i = 0; i < 68 && !w.closed; i++)
		await sleep(500);
	t.check(w.closed > 0, "an idle connection is closed");
	s.destroy();
}

async function parked(t, o) {
	const d = t.daemon;
	const start = Date.now();
	const a = await d.api("PUT", "/dpd-profiles/held1", { ...o, body: { interval_seconds: 30 }, headers: { "If-Match": "*" }, timeout: 40000 });
	t.is(a.status, 202, `a change nobody answers: ${a.text.slice(0, 200)}`);
	t.is(a.json?.state, "running", "a ticket");
	t.check(Number(a.headers["retry-after"]) > 0, "Retry-After");
	const took = Date.now() - start;
	t.check(took > 28000 && took < 33000, `after 30 s (${took} ms)`);
	await d.tell("release");
	await sleep(300);
	t.is((await d.api("GET", "/dpd-profiles/held1", o)).status, 200, "it was made all the same, later");
	const ended = await d.request("GET", a.headers.location, o);
	t.is(ended.json?.state, "succeeded", "the ticket knows");
	t.is(ended.json?.status, 201, "with the answer's status");
}

// A client that leaves while its request is parked takes nothing down.
async function departed(t, o) {
	const d = t.daemon;
	const body = JSON.stringify({ interval_seconds: 30 });
	for (let i = 0; i < 20; i++) {
		const s = await d.connect();
		s.on("error", () => {});
		s.write(`PUT /api/v1/dpd-profiles/heldgone${i} HTTP/1.1\r\nHost: localhost\r\nIf-Match: *\r\nAuthorization: Bearer ${o.token}\r\n` +
			`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		await sleep(30);
		s.destroy();
	}
	await sleep(200);
	t.check(Number(await d.tell("held")) >= 20, "they are held");
	await d.tell("release");
	await sleep(300);
	t.is((await d.api("GET", "/health")).status, 200, "it lives");
}

async function meanwhile(t, o) {
	const end = Date.now() + 28000;
	let worst = 0;
	while (Date.now() < end) {
		const start = Date.now();
		const a = await t.daemon.api("GET", "/status", o);
		t.is(a.status, 200, "a request meanwhile");
		worst = Math.max(worst, Date.now() - start);
		await sleep(500);
	}
	t.check(worst < 2000, `others are served at once (worst ${worst} ms)`);
}

async function crowd(t) {
	const d = t.daemon;
	const all = [];
	for (let i = 0; i < 200; i++)
		all.push(await d.connect());
	t.is((await d.api("GET", "/health", { agent: false })).status, 200, "two hundred idle connections, and one that asks");
	all.forEach((s) => s.destroy());
}

// A client that never reads: the answer is large, the daemon goes on.
async function deaf(t, o) {
	const d = t.daemon;
	await d.tell("sas 3000");
	const all = [];
	for (let i = 0; i < 10; i++) {
		const s = await d.connect();
		s.on("error", () => {});
		s.pause();
		s.write(`GET /api/v1/ike-sas?limit=1000 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${o.token}\r\n\r\n`.repeat(4));
		all.push(s);
	}
	await sleep(500);
	t.is((await d.api("GET", "/ike-sas?limit=1000", o)).json.items.length, 1000, "a good client beside ten deaf ones");
	all.forEach((s) => s.destroy());
}

// A client that goes away in the middle of its body.
async function cut(t) {
	const d = t.daemon;
	for (let i = 0; i < 30; i++) {
		const s = await d.connect(i % 2 === 0);
		s.on("error", () => {});
		s.write("POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"name\":");
		await sleep(5);
		s.destroy();
	}
	t.is((await d.api("GET", "/health")).status, 200, "it lives");
}

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	const head = `GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${"a".repeat(200)}`;
	const body = `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
	const chunked = `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;

	await fill(d, o);
	await crowd(t);
	await departed(t, o);
	await deaf(t, o);
	await cut(t);
	await Promise.all([
		drip(t, "a slow header", (i) => head[i % head.length], false),
		drip(t, "a slow header on the socket", (i) => head[i % head.length], true),
		drip(t, "a slow body", (i) => (i ? " " : body), false),
		drip(t, "slow chunks", (i) => (i ? "1\r\n \r\n" : chunked), false),
		drip(t, "an endless handshake", (i) => (i ? "" : "\x16"), true),
		idle(t), parked(t, o), meanwhile(t, o), swarm(t, o, head),
	]);
}
