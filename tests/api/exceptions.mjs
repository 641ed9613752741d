// exceptions.mjs - what a rule speaks against, permitted by a record: with owner, reason and end
import { tokens } from "./lib.mjs";

const any = { "If-Match": "*" };
const weak = { number: 70, encryption_algorithm: "3des-cbc", key_length: 0, integrity_algorithm: "sha1", dh_group: "modp1024" };

export async function suite(t) {
	const d = t.daemon;
	const o = { token: (await tokens(d)).admin.token };
	const ask = (method, path, body) => d.api(method, path, { ...o, body, headers: any });
	const x = { kind: "weak_algorithm", object: "ike-proposals/old", owner: "netops", reason: "partner until their new gateway", expires_at: "2099-06-30" };
	const rules = (a, of = "errors") => (a.json[of] ?? []).map((e) => e.rule).join();

	for (const [body, pointer, rule] of [[{ ...x, owner: "" }, "/owner", "member.value"], [{ ...x, owner: undefined }, "/owner", "member.required"],
		[{ ...x, reason: undefined }, "/reason", "member.required"], [{ ...x, expires_at: undefined }, "/expires_at", "member.required"],
		[{ ...x, expires_at: "soon" }, "/expires_at", "member.value"], [{ ...x, expires_at: 4085337600 }, "/expires_at", "member.type"],
		[{ ...x, expires_at: "2099-02-30" }, "/expires_at", "member.value"], [{ ...x, kind: "everything" }, "/kind", "member.value"],
		[{ ...x, object: "" }, "/object", "exception.object"], [{ ...x, object: "peers/p1" }, "/object", "exception.object"]]) {
		const a = await ask("PUT", "/exceptions/partner", body);
		t.problem(a, 422, JSON.stringify(body));
		t.check(a.json.errors?.some((e) => e.pointer === pointer && e.rule === rule), `${JSON.stringify(body)}: ${JSON.stringify(a.json.errors)}`);
	}
	t.is(rules(await ask("PUT", "/ike-proposals/old", weak)).includes("ike_proposal.weak"), true, "without one it is refused");
	const early = await ask("PUT", "/exceptions/partner", x);
	t.is(early.status, 201, `made: ${early.text}`);
	t.is(early.json.expires_at, "2099-06-30T00:00:00Z", "a day is its first moment");
	t.is(rules(early, "warnings"), "exception.no_object", "nothing of that name yet");

	const made = await ask("PUT", "/ike-proposals/old", weak);
	t.is(made.status, 201, `permitted: ${made.text.slice(0, 300)}`);
	const said = made.json.warnings.filter((w) => w.rule === "ike_proposal.weak_used");
	t.is(said.length, 3, "each weak algorithm is named");
	for (const w of said)
		t.check(/exception partner of netops until 2099-06-30T00:00:00Z/.test(w.detail ?? w.text ?? JSON.stringify(w)), `names the exception: ${JSON.stringify(w)}`);

	t.is(rules(await ask("DELETE", "/exceptions/partner")).includes("ike_proposal.weak"), true, "it cannot go before what rests on it");
	t.is((await ask("GET", "/exceptions/partner")).status, 200, "and is there still");
	const over = await ask("PATCH", "/exceptions/partner", { expires_at: "2020-01-01" });
	t.problem(over, 422, "nor end before");
	t.is((await ask("PATCH", "/exceptions/partner", { reason: "prolonged", expires_at: "2099-12-31" })).status, 200, "prolonged");
	const set = await ask("POST", "/changesets", { edits: [{ op: "remove", path: "/exceptions/partner" },
		{ op: "merge", path: "/ike-proposals/old", value: { encryption_algorithm: "aes-cbc", key_length: 256, integrity_algorithm: "sha256", dh_group: "ecp256" } }] });
	t.is((await ask("POST", `/changesets/${set.json.id}/apply`, {})).status, 200, "together with what mends it");

	await ask("PUT", "/exceptions/short", { ...x, kind: "weak_key", object: "" });
	await ask("PUT", "/secrets/guess", { type: "psk", value: "hunter2" });
	const aggressive = { remote_address: "192.0.2.66", psk: "guess", exchange_mode: "aggressive" };
	t.is(rules(await ask("PUT", "/peers/old", aggressive)), "peer.aggressive_weak_key", "a weak key is refused");
	const named = await ask("PUT", "/peers/old", { ...aggressive, exceptions: ["short"] });
	t.is(named.status, 201, `a peer that names one: ${named.text.slice(0, 300)}`);
	t.check(/exception short of netops/.test(JSON.stringify(named.json.warnings)), "and says so");
	t.is(rules(await ask("DELETE", "/exceptions/short")), "ref.in_use", "it is in use");
	const whole = (await ask("GET", "/config")).json;
	t.is(whole.exceptions.length, 1, "the document has it");
	t.is((await ask("PUT", "/config", whole)).status, 200, "and takes it back");
	t.check((await ask("GET", "/audit")).text.includes("exceptions/partner"), "who did it is on record");
}
