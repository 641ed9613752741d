// codes.mjs - what a refusal of the daemon becomes: exit code, sentence, rule, hint
import { problem } from "./lib.mjs";

const CODES = { 400: 1, 401: 1, 403: 1, 404: 4, 405: 1, 409: 5, 412: 5, 413: 1, 422: 3, 423: 5, 428: 5,
	429: 1, 500: 1, 503: 1, 504: 6, 507: 1 };

const VERBS = [
	["status"], ["show", "peer"], ["show", "peer", "a"], ["show", "event"],
	["set", "peer", "a", "--must-exist"], ["delete", "peer", "a"], ["reset", "--all"],
	["initiate", "tunnel", "a"], ["explain", "--last"], ["explain", "7"], ["api", "GET", "/x"],
];

const errors = [
	{ pointer: "/exchange_mode", rule: "peer.dynamic_needs_aggressive", message: "needs aggressive mode",
	  hint: "Set exchange_mode=aggressive" },
	{ pointer: "/psk", rule: null, message: "there is no secret x", hint: null },
];

export async function suite(t) {
	for (const [status, code] of Object.entries(CODES)) {
		for (const args of VERBS) {
			const r = await t.puppet(() => problem(Number(status)), args);
			t.is(r.code, code, `${args.join(" ")} at ${status}`);
			t.has(r.err, "ikeeper: the detail", `${args.join(" ")} at ${status}`);
		}
	}
	const answer = (m, p) => p === "/schema" ? { json: { kinds: {} } } :
		problem(422, { errors, warnings: [{ pointer: "", rule: "w.rule", message: "beware", hint: null }] });
	const r = await t.puppet(answer, ["set", "peer", "a", "x=y"]);
	t.is(r.code, 3, "validation");
	t.has(r.err, "/exchange_mode: needs aggressive mode [peer.dynamic_needs_aggressive]", "rule");
	t.has(r.err, "Set exchange_mode=aggressive", "hint");
	t.has(r.err, "/psk: there is no secret x\n", "a fault without rule");
	t.has(r.err, "warning: beware [w.rule]", "a warning");

	const j = await t.puppet(answer, ["--json", "set", "peer", "a", "x=y"]);
	t.is(j.json.errors.length, 2, "--json gives the problem");
	t.is(j.code, 3, "--json keeps the code");

	const used = await t.puppet(() => problem(409, { referrers: [{ kind: "tunnels", name: "net" }] }),
		["delete", "peer", "a"]);
	t.has(used.err, "used by tunnels/net", "who refers to it");
	const odd = await t.puppet(() => ({ status: 500, text: "<html>" }), ["show", "peer"]);
	t.is(odd.code, 1, "an answer that is no JSON");
	t.has(odd.err, "status 500", "an answer that is no JSON");
}
