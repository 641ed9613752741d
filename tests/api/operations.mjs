// operations.mjs - Prefer: who waits hears how it ended, who does not has a ticket
import { fill } from "./samples.mjs";
import { sleep, tokens } from "./lib.mjs";

export async function suite(t) {
	const all = await tokens(t.daemon);
	const o = { token: all.admin.token };
	await fill(t.daemon, o);
	await asEver(t, o);
	await waited(t, o);
	await phases(t, o);
	await ticket(t, o);
	await async_(t, o);
	await late(t, o);
	await refused(t, o);
	await strange(t, o);
	await repeated(t, o);
	await many(t, o, all);
}

const api = (t, o) => (method, path, body, prefer, headers) => t.daemon.api(method, path,
	{ ...o, body, headers: { ...(prefer ? { Prefer: prefer } : {}), ...headers } });
const look = (t, o, a) => t.daemon.request("GET", a.headers.location, o);
const ALL = { scope: { all: true }, reinitiate: "always" };

async function until(t, o, a) {
	for (let i = 0; i < 50; i++) {
		const now = await look(t, o, a);
		if (now.json?.state !== "running")
			return now.json;
		await sleep(100);
	}
	return null;
}

// Without Prefer nothing is new.
async function asEver(t, o) {
	const ask = api(t, o);
	const a = await ask("POST", "/tunnels/t1/initiate", {});
	t.is(a.status, 202, "initiate");
	t.check(/^\/api\/v1\/negotiations\//.test(a.headers.location), a.headers.location);
	t.check(!("preference-applied" in a.headers), "nothing was preferred");
	await t.daemon.tell("sas 2");
	const b = await ask("POST", "/resets", ALL);
	t.is(b.status, 200, "a reset");
	t.is(b.json.results.filter((x) => x.result === "reestablished").length, 2, "started again, no more is said");
	t.is((await ask("GET", "/operations")).json.items.length, 0, "no operation was made");
}

// The answer comes when the negotiations have ended, and says how.
async function waited(t, o) {
	const ask = api(t, o), d = t.daemon;
	for (const up of [true, false]) {
		await d.tell("sas 2");
		await d.tell("linger");
		let done = false;
		const reset = ask("POST", "/resets", ALL, "wait=20").then((a) => { done = true; return a; });
		const start = ask("POST", "/tunnels/t1/initiate", {}, "wait=20");
		const peer = ask("POST", "/peers/p1/initiate", undefined, "wait=20");
		await sleep(700);
		t.check(!done, "it waits");
		t.is((await ask("GET", "/operations")).json.items.length, 0, "what is waited for is no ticket");
		await d.tell(`end ${up ? 1 : 0}`);
		const a = await reset;
		t.is(a.status, 200, "the reset");
		t.is(a.headers["preference-applied"], "wait=20", "it says that it waited");
		const children = a.json.results.filter((x) => x.type === "child_sa");
		t.is(children.length, 2, "both children");
		for (const c of children) {
			t.is(c.result, up ? "reestablished" : "failed", "what became of one");
			t.check(c.negotiation > 0, "its negotiation");
			if (!up)
				t.is(c.reason, "nobody answers in a test", "why");
		}
		t.is(a.json.results.find((x) => x.type === "ike_sa").result, "deleted", "its IKE SA");
		const s = await start;
		t.is(s.status, 200, "initiate is done, not begun");
		t.is(s.json.verdict, up ? "up" : "failed", "and how");
		const p = await peer;
		t.is(p.json.tunnels[0].verdict, up ? "up" : "failed", "each tunnel of a peer");
	}
	t.is((await ask("GET", "/operations")).json.items.length, 0, "nothing is left of them");
}

// An IKE SA that is up is no tunnel: its own negotiation is waited for, too.
async function phases(t, o) {
	const ask = api(t, o), d = t.daemon;
	for (const up of [true, false]) {
		await d.tell("sas 1");
		await d.tell("linger 1");
		let done = false;
		const start = ask("POST", "/tunnels/t1/initiate", {}, "wait=20").then((a) => { done = true; return a; });
		await sleep(300);
		await d.tell("end 1");
		await sleep(600);
		t.check(!done, "phase 1 is not enough");
		await d.tell(`end ${up ? 1 : 0}`);
		t.is((await start).json.verdict, up ? "up" : "failed", "the tunnel counts");
	}
}

async function ticket(t, o) {
	const ask = api(t, o), d = t.daemon;
	await d.tell("sas 2");
	await d.tell("linger");
	const start = Date.now();
	const a = await ask("POST", "/resets", ALL, "wait=1");
	t.is(a.status, 202, `too long: ${a.text.slice(0, 200)}`);
	t.check(Date.now() - start >= 900 && Date.now() - start < 4000, "after the wait");
	t.is(a.headers.location, `/api/v1/operations/${a.json?.id}`, "Location");
	t.check(Number(a.headers["retry-after"]) > 0, "Retry-After");
	t.is(a.json?.state, "running", "state");
	t.is(a.json?.negotiations_running, 2, "what it waits for");
	t.is(a.json?.method, "POST", "method");
	t.is(a.json?.path, "/api/v1/resets", "path");
	const list = await ask("GET", "/operations");
	t.is(list.json.items[0]?.id, a.json?.id, "it is listed");
	await d.tell("end 0");
	const now = await until(t, o, a);
	t.is(now?.state, "failed", "a negotiation failed");
	t.is(now?.status, 200, "the reset itself did not");
	t.is(now?.result.results.filter((x) => x.result === "failed").length, 2, "every SA says so");
	t.check(now?.ended_at >= now?.started_at, "times");
}

async function async_(t, o) {
	const ask = api(t, o), d = t.daemon;
	await d.tell("linger");
	const start = Date.now();
	const a = await ask("POST", "/tunnels/t1/initiate", {}, "respond-async");
	t.is(a.status, 202, "at once");
	t.check(Date.now() - start < 1000, "at once indeed");
	t.check(/operations/.test(a.headers.location), a.headers.location);
	t.is(a.headers["preference-applied"], "respond-async", "it says so");
	await d.tell("end 1");
	const now = await until(t, o, a);
	t.is(now?.state, "succeeded", "it came up");
	t.is(now?.result.verdict, "up", "verdict");
}

// A change that takes long itself; a client that is gone; a stop comes elsewhere (stop.mjs).
async function late(t, o) {
	const ask = api(t, o), d = t.daemon;
	const a = await ask("PUT", "/dpd-profiles/heldx", { interval_seconds: 30 }, "wait=1", { "If-Match": "*" });
	t.is(a.status, 202, "a change that is not answered");
	t.is(a.json?.status, null, "there is no answer yet");
	t.is(a.json?.result, null, "none at all");
	await d.tell("release");
	const now = await until(t, o, a);
	t.is(now?.status, 201, "made");
	t.is(now?.result.name, "heldx", "the record");
	const b = await ask("DELETE", "/dpd-profiles/heldx", undefined, "respond-async", { "If-Match": "*" });
	t.check(b.status === 202 || b.status === 204, `${b.status}`);
	await d.tell("release");
	if (b.status === 202)
		t.is((await until(t, o, b))?.status, 204, "an answer without a body");
}

// What is wrong is said at once, as ever.
async function refused(t, o) {
	const ask = api(t, o);
	t.problem(await ask("POST", "/resets", { scope: { peer: "none" } }, "respond-async"), 422, "a reset of nobody");
	t.problem(await ask("PUT", "/dpd-profiles/d7", { nonsense: 1 }, "wait=5", { "If-Match": "*" }), 422, "a bad record");
	t.problem(await ask("GET", "/operations/999999"), 404, "no such operation");
	t.problem(await ask("GET", "/operations/x"), 404, "no number");
	t.is((await ask("GET", "/status", undefined, "respond-async")).status, 200, "a GET has no ticket");
}

// RFC 7240: what is not understood is no preference.
async function strange(t, o) {
	const ask = api(t, o);
	for (const p of ["", ",", "wait", "wait=", "wait=-1", "wait=x", "wait=1x", "wait=123456", "return=minimal", "wait =3",
		"x".repeat(3000), "respond-asynchronously", ";;;,=,"]) {
		const a = await ask("PATCH", "/dpd-profiles/d1", {}, p, { "If-Match": "*" });
		t.is(a.status, 200, `Prefer: ${p.slice(0, 30)}`);
		t.check(!("preference-applied" in a.headers), `Prefer: ${p.slice(0, 30)} is none`);
	}
	for (const [p, said] of [["respond-async, wait=7", "wait=7"], ["foo;bar, WAIT=3", "wait=3"], ["wait=99999", "wait=300"]]) {
		const a = await ask("PATCH", "/dpd-profiles/d1", {}, p, { "If-Match": "*" });
		t.is(a.headers["preference-applied"], said, p);
	}
}

// A POST that is sent twice has one ticket.
async function repeated(t, o) {
	const ask = api(t, o), d = t.daemon;
	await d.tell("linger");
	const key = { "Idempotency-Key": "once-only" };
	const a = await ask("POST", "/tunnels/t1/initiate", {}, "respond-async", key);
	const b = await ask("POST", "/tunnels/t1/initiate", {}, "respond-async", key);
	t.is(b.headers.location, a.headers.location, "the same ticket");
	t.is(b.headers["idempotency-replayed"], "true", "and it says so");
	await d.tell("end 1");
	await until(t, o, a);
}

// More tickets than there are places; those that ended make room, and clients that left do no harm.
async function many(t, o, all) {
	const ask = api(t, o), d = t.daemon;
	for (let i = 0; i < 300; i++) {
		await d.tell("linger");
		const a = await ask("POST", "/tunnels/t1/initiate", {}, "respond-async");
		if (a.status !== 202 && !t.check(false, `ticket ${i}: ${a.status}`))
			break;
		await d.tell("end 1");
		if (i % 50 === 49)
			await until(t, o, a);
	}
	const list = await ask("GET", "/operations?limit=1000");
	t.check(list.json.items.length <= 256 && list.json.items.length > 200, `${list.json.items.length} are kept`);
	const page = await ask("GET", "/operations?limit=2");
	const next = await ask("GET", `/operations?limit=2&cursor=${page.json.next_cursor}`);
	t.check(next.json.items[0].id < page.json.items[1].id, "pages go on");
	await d.tell("linger");
	for (let i = 0; i < 10; i++) {
		const s = await d.connect();
		s.on("error", () => {});
		s.write(`POST /api/v1/tunnels/t1/initiate HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=30\r\nAuthorization: Bearer ${all.operator.token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
		await sleep(20);
		s.destroy();
	}
	await d.tell("end 1");
	await sleep(600);
	t.is((await ask("GET", "/health")).status, 200, "it lives");
	await d.tell("linger"); // and one is held when the daemon stops
	ask("POST", "/tunnels/t1/initiate", {}, "wait=30").catch(() => {});
	await sleep(200);
}
