// stop.mjs - an orderly end with requests parked, streams open, clients gone, hashes under way
import { sleep, tokens } from "./lib.mjs";

export async function suite(t) {
	for (const way of ["parked", "streams", "departed", "hashes", "again", "nothing"])
		await one(t, way);
}

const held = (d, o, i) => d.api("PUT", `/dpd-profiles/held${i}`, { ...o, body: { interval_seconds: 30 }, headers: { "If-Match": "*" }, agent: false });

async function one(t, way) {
	const d = await t.fresh();
	if (!d.child) {
		t.check(true, "only our own daemon is stopped");
		return;
	}
	const all = await tokens(d);
	const o = { token: all.editor.token };
	const waiting = [];
	const streams = [];

	if (way === "parked")
		for (let i = 0; i < 8; i++)
			waiting.push(held(d, o, i));
	if (way === "streams")
		for (let i = 0; i < 8; i++)
			streams.push(await d.stream("/events/stream", o));
	if (way === "departed") {
		for (let i = 0; i < 8; i++) {
			const s = await d.connect();
			s.on("error", () => {});
			s.write(`PUT /api/v1/dpd-profiles/held${i} HTTP/1.1\r\nHost: localhost\r\nIf-Match: *\r\nAuthorization: Bearer ${o.token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
			await sleep(20);
			s.destroy();
		}
	}
	if (way === "hashes")
		for (let i = 0; i < 6; i++)
			waiting.push(d.local("POST", "/login", { body: { name: `n${i}`, password: "some password or other" } }).catch(() => ({ status: 0 })));
	if (way === "again") // pictures asked for anew, many at once, right up to the end
		for (let i = 0; i < 40; i++)
			waiting.push(d.api("GET", "/ike-sas", { ...o, agent: false }).catch(() => ({ status: 0 })));
	await sleep(way === "again" ? 5 : 300);
	d.child.stdin.write("stop\n");
	const start = Date.now();
	const answers = await Promise.all(waiting.map((w) => w.catch((e) => ({ status: 0, text: e.message }))));
	if (way === "parked")
		for (const a of answers)
			t.is(a.status, 503, `${way}: a parked request hears that it stops: ${a.text?.slice(0, 100)}`);
	if (way === "hashes" || way === "again")
		t.check(answers.every((a) => [0, 200, 401, 429, 503].includes(a.status)), `${way}: ${answers.map((a) => a.status)}`);
	for (const st of streams)
		t.check(await st.until((x) => x.ended, 5000), `${way}: a stream ends`);
	const how = await Promise.race([d.ended, sleep(15000).then(() => null)]);
	t.check(how && how.code === 0, `${way}: it ends well: ${JSON.stringify(how)}`);
	t.check(Date.now() - start < 10000, `${way}: soon`);
	await d.stop();
}
