// rotate.mjs - a pre-shared key with overlap: two fingerprints for a while, no value ever, one way back
import { fill } from "./samples.mjs";
import { tokens } from "./lib.mjs";

const OLD = "correct horse battery", NEW = "staple of another kind", THIRD = "nothing like the others";
const any = { "If-Match": "*" };

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	const answers = [];
	const ask = async (method, path, body, more = {}) => {
		const a = await d.api(method, path, { ...o, body, ...more });
		answers.push(a);
		return a;
	};
	const now = async () => (await ask("GET", "/secrets/s1")).json;
	const rotate = (body, query = "", more) => ask("POST", `/secrets/s1/rotate${query}`, body, more);

	await fill(d, o);
	const before = await now();
	t.is(JSON.stringify(before.previous), JSON.stringify({ value_set: false, fingerprint: null, until: null }), "nothing is being rotated");

	for (const [body, pointer] of [[{}, "/value"], [{ value: 5 }, "/value"], [{ value: "" }, "/value"], [{ value: "x".repeat(300) }, "/value"],
		[{ value: NEW, overlap_seconds: 5 }, "/overlap_seconds"], [{ value: NEW, overlap_seconds: "1h" }, "/overlap_seconds"],
		[{ value: NEW, overlap_seconds: 99999999 }, "/overlap_seconds"], [{ value: NEW, until: 5 }, "/until"], [{ value: OLD }, "/value"]]) {
		const a = await rotate(body);
		t.problem(a, 422, JSON.stringify(body).slice(0, 60));
		t.check(a.json.errors?.some((e) => e.pointer === pointer), `${JSON.stringify(body).slice(0, 60)}: ${JSON.stringify(a.json.errors)}`);
	}
	t.is((await now()).revision, before.revision, "what was refused changed nothing");
	t.problem(await ask("POST", "/secrets/nobody/rotate", { value: NEW }), 404, "no such secret");
	t.problem(await ask("POST", "/secrets/s1/finish-rotation"), 409, "nothing to finish");
	t.problem(await rotate({ value: NEW }, "", { headers: { "If-Match": '"999999"' } }), 412, "an older revision");
	for (const role of ["viewer", "operator", "editor"])
		t.problem(await d.api("POST", "/secrets/s1/rotate", { token: all[role].token, body: { value: NEW } }), 403, `not for the ${role}`);

	const dry = await rotate({ value: NEW }, "?dry_run=true");
	t.is(dry.json.valid, true, "a preview");
	t.is((await now()).fingerprint, before.fingerprint, "changes nothing");

	const at = Date.now();
	const one = (await rotate({ value: NEW, overlap_seconds: 3600 })).json;
	t.check(one.fingerprint !== before.fingerprint, "another key");
	t.is(one.previous.fingerprint, before.fingerprint, "and the one it was");
	t.check(Math.abs(Date.parse(one.previous.until) - at - 3600e3) < 20e3, `until ${one.previous.until}`);
	t.check(!("value" in one) && !("value" in one.previous), "no value");

	// What was read can be written back; "previous" is not for anybody to write.
	const { warnings, impact, reset, ...read } = await now();
	t.is((await ask("PATCH", "/secrets/s1", read, { headers: any })).status, 200, "what was read is taken back");
	for (const previous of [{ value: OLD }, { fingerprint: "0".repeat(16) }, { until: "2030-01-01T00:00:00Z" }, { value_set: false }])
		t.problem(await ask("PATCH", "/secrets/s1", { previous }, { headers: any }), 422, JSON.stringify(previous));
	t.is((await ask("PATCH", "/secrets/s1", { value: NEW, description: "again" }, { headers: any })).json.previous.value_set, true,
		"the same value once more ends no overlap");

	const two = (await rotate({ value: THIRD })).json;
	t.is(two.previous.fingerprint, before.fingerprint, "a correction keeps what the peers have");
	t.check(two.fingerprint !== one.fingerprint, "and has another key");
	const back = (await rotate({ value: OLD })).json;
	t.is(back.fingerprint, before.fingerprint, "back to what it was");
	t.is(back.previous.fingerprint, two.fingerprint, "with the other as the previous one");

	const done = (await ask("POST", "/secrets/s1/finish-rotation", {})).json;
	t.is(done.previous.value_set, false, "finished");
	t.is(done.previous.until, null, "for good");
	await rotate({ value: NEW });
	const plain = await ask("PATCH", "/secrets/s1", { value: THIRD }, { headers: any });
	t.is(plain.json.previous.value_set, false, "a value written plainly is the only one");
	await ask("PUT", "/secrets/pass", { type: "passphrase", value: "not a pre-shared key" }, { headers: any });
	t.problem(await ask("POST", "/secrets/pass/rotate", { value: NEW }), 422, "a passphrase has no overlap");

	await rotate({ value: NEW });
	for (const path of ["/config", "/history", "/audit", "/events", "/commits", "/secrets", "/ike-sas"])
		await ask("GET", path);
	for (const a of answers)
		for (const value of [OLD, NEW, THIRD])
			t.check(!a.text.includes(value), `an answer shows a key: ${a.text.slice(0, 200)}`);
	const whole = (await ask("GET", "/config")).json;
	const put = await ask("PUT", "/config", whole, { headers: any });
	t.check([200, 204].includes(put.status), `the document goes back as it came: ${put.text.slice(0, 300)}`);
	t.is((await now()).previous.value_set, true, "and the overlap goes on");
}
