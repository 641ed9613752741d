// stream.mjs - server-sent events: order, resume, resync, topics, heartbeats, an end
import { sleep, tokens } from "./lib.mjs";

const data = (e) => JSON.parse(e.data);
const seq = (e) => Number(e.id.split("-").pop());

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.viewer.token };

	const st = await d.stream("/events/stream", o);
	t.is(st.status, 200, "a stream");
	t.is(st.headers["content-type"], "text/event-stream", "its type");
	t.is(st.headers["x-accel-buffering"], "no", "proxies are told");
	t.check(await st.until((x) => x.named("hello").length === 1), "hello");
	t.is(st.retry, 3000, "retry");
	await d.tell("tell 6");
	t.check(await st.until((x) => x.events.filter((e) => e.id).length >= 7), "events come");
	const got = st.events.filter((e) => e.id && e.event !== "hello");
	t.check(got.every((e, i) => !i || seq(e) === seq(got[i - 1]) + 1), "in order, none missing");
	t.check(got.every((e) => data(e).seq === seq(e) && data(e).event === e.event), "each is what its id says");
	await resume(t, o, got);
	await topics(t, o);
	await refusals(t, o);
	await pictures(t, o);
	await past(t, o, got[0].id);
	await beat(t, st);
	await ending(t, all);
	st.close();
}

async function resume(t, o, got) {
	const d = t.daemon;
	const from = got[2];
	const st = await d.stream("/events/stream", { ...o, headers: { "Last-Event-ID": from.id } });
	t.check(await st.until((x) => x.events.filter((e) => e.id && e.event !== "hello").length >= 3), "what was missed comes");
	const again = st.events.filter((e) => e.id && e.event !== "hello");
	t.is(again[0]?.id, got[3].id, "from the next on");
	t.is(again[0]?.data, got[3].data, "word for word");
	t.is(st.named("resync").length, 0, "no resync");
	st.close();
	for (const id of ["another-1", "1", "x", `${from.id}9999`, `${from.id.split("-")[0]}-`, `${from.id.split("-")[0]}-18446744073709551616`]) {
		const odd = await d.stream("/events/stream", { ...o, headers: { "Last-Event-ID": id } });
		t.check(await odd.until((x) => x.named("resync").length === 1), `Last-Event-ID: ${id} hears resync`);
		odd.close();
	}
}

async function topics(t, o) {
	const d = t.daemon;
	const st = await d.stream("/events/stream?topics=sa", o);
	await d.tell("tell 6");
	t.check(await st.until((x) => x.named("child_sa.up").length >= 3), "topic sa");
	t.is(st.named("negotiation.step").length, 0, "and nothing of trace");
	st.close();
	for (const q of ["topics=", "topics=nonsense", "topics=sa,,config", "topics=sa&topics=config", "x=1"]) {
		const a = await d.api("GET", `/events/stream?${q}`, { ...o, timeout: 3000 }).catch(() => ({ status: 0 }));
		t.is(a.status, 400, `?${q}`);
	}
}

async function refusals(t, o) {
	const d = t.daemon;
	t.problem(await d.api("GET", "/events/stream"), 401, "a stranger");
	const head = await d.api("HEAD", "/events/stream", o);
	t.is(head.status, 200, "HEAD answers and ends");
	t.is(head.headers["content-type"], "text/event-stream", "and tells the type");
}

async function pictures(t, o) {
	const d = t.daemon;
	const st = await d.stream("/events/stream?topics=picture", o);
	await d.tell("sas 3");
	t.check(await st.until((x) => x.named("picture").length >= 1, 3000), "a new picture is news");
	t.check(st.named("picture").every((e) => !e.id), "but no history");
	st.close();
}

async function past(t, o, old) {
	const d = t.daemon;
	await d.tell("tell 5000");
	const st = await d.stream("/events/stream", { ...o, headers: { "Last-Event-ID": old } });
	t.check(await st.until((x) => x.named("resync").length === 1), "what fell out of the ring is resync");
	st.close();
	const near = await d.stream("/events/stream", o);
	await near.until((x) => x.named("hello").length === 1);
	const start = seq(near.named("hello")[0]);
	await d.tell("tell 3000");
	t.check(await near.until((x) => x.events.filter((e) => e.id).length >= 3001, 10000), "three thousand at once");
	const got = near.events.filter((e) => e.id && e.event !== "hello").map(seq);
	t.check(got.every((n, i) => n === start + 1 + i), "none lost");
	near.close();
}

async function beat(t, st) {
	await st.until((x) => x.comments > 0, 17500);
	t.check(st.comments > 0, "a heartbeat within 15 seconds");
}

async function ending(t, all) {
	const d = t.daemon;
	const o = { token: all.operator.token };
	const st = await d.stream("/events/stream?topics=config", o);
	t.is(st.status, 200, "a stream with a token");
	t.is((await d.local("DELETE", `/api-tokens/${all.operator.id}`)).status, 204, "the token is revoked");
	t.check(await st.until((x) => x.ended, 18000), "and the stream ends within a heartbeat");
	const many = [];
	for (let i = 0; i < 99; i++)
		many.push(await d.stream("/events/stream", { token: all.viewer.token }));
	t.check(many.every((s) => s.status === 200), "a hundred streams");
	const extra = await d.api("GET", "/events/stream", { token: all.viewer.token });
	t.problem(extra, 503, "one more");
	many.forEach((s) => s.close());
	let after;
	for (let i = 0; i < 5 && after?.status !== 200; i++) {
		await sleep(1000);
		after?.close();
		after = await d.stream("/events/stream", { token: all.viewer.token });
	}
	t.is(after.status, 200, "room again when they left");
	after.close();
}
