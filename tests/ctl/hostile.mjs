// hostile.mjs - words of strangers, and answers that are not what they should be
const EVIL = "evil\x1b]0;owned\x07\x1b[2J\r\nfake: line\u202e";

function clean(t, r, what) {
	t.check(!/[\x00-\x08\x0b-\x1f\x7f]/.test(r.out + r.err), `${what}: control characters reach the terminal`);
	t.check(!/^fake: line/m.test(r.out + r.err), `${what}: a line of its own`);
	t.check(typeof r.code === "number" && r.code < 8, `${what}: ended with ${r.code}: ${r.err.slice(0, 400)}`);
}

const VERBS = [["status"], ["show", "peer"], ["show", "peer", "x"], ["show", "ike-sa"], ["show", "ike-sa", "1"],
	["show", "event"], ["show", "secret"], ["show", "settings"], ["explain", "--last"], ["explain", "1"],
	["set", "peer", "x", "a=b"], ["set", "peer", "x", "a=b", "--dry-run"], ["delete", "peer", "x"],
	["reset", "--all"], ["initiate", "peer", "x"], ["--timeout", "1", "initiate", "peer", "x", "--follow"]];

const word = { name: EVIL, peer: EVIL, text: EVIL, state: EVIL, verdict: EVIL, reason: EVIL, side: EVIL,
	steps: [{ text: EVIL, at: EVIL, direction: EVIL }], ours: [EVIL, `${EVIL}/${EVIL}`], theirs: [EVIL],
	warning: EVIL, revision: EVIL, last_failure_reason: EVIL, hint: EVIL, [EVIL]: EVIL, id: 1, started_at: EVIL,
	version: EVIL, data_plane: EVIL, snmp: EVIL,
	warnings: [{ pointer: EVIL, rule: EVIL, message: EVIL, hint: EVIL }],
	errors: [{ pointer: EVIL, rule: EVIL, message: EVIL, hint: EVIL }], detail: EVIL,
	results: [{ peer: EVIL, result: EVIL, type: EVIL }], impact: { ike_sas: [{ peer: EVIL }], child_sas: [] },
	changes: [{ member: EVIL, from: EVIL, to: [EVIL] }], negotiation: 1, child_sas: [{ tunnel: EVIL }] };

const ODD = ["null", "[]", "{}", "17", '"x"', '{"items":7}', '{"items":[[],null,7,"x",{"id":{"id":[]}}]}',
	'{"items":[{"id":-1,"peer":{"a":1},"age_seconds":-5,"bytes_in":9223372036854775807}],"next_cursor":""}',
	'{"steps":{"a":1},"ours":7,"theirs":[7,null],"verdict":7,"valid":"yes","impact":[],"results":{}}',
	"", "{", "\u0000", `{"a":${"[".repeat(3000)}${"]".repeat(3000)}}`, `{"name":"${"n".repeat(200000)}"}`];

export async function suite(t) {
	for (const args of VERBS) {
		const all = (m, p) => ({ json: p === "/schema" ? { kinds: {} } : { ...word, items: [word, word] } });
		clean(t, await t.puppet(all, args), args.join(" "));
		clean(t, await t.puppet(() => ({ status: 422, json: word }), args), `${args.join(" ")}, refused`);
	}
	for (const text of ODD)
		for (const args of VERBS)
			clean(t, await t.puppet(() => ({ text }), args), `${args.join(" ")} answered ${text.slice(0, 60)}`);
	// a list that never ends
	let n = 0;
	const endless = await t.puppet(() => ({ json: { items: [{ id: ++n }], next_cursor: "again" } }), ["show", "ike-sa"]);
	t.check(n <= 1100, `an endless list was read for ${n} pages`);
	t.is(endless.code, 0, "an endless list");
}
