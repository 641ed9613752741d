// explain.mjs - a negotiation's story as people read it
const story = {
	id: 42, peer: "hub", tunnel: "net", exchange: "main", role: "responder", verdict: "failed",
	reason: "no-proposal-chosen", side: "local", field: "/ike_proposals",
	local_address: "192.0.2.1", local_port: 500, remote_address: "192.0.2.2", remote_port: 500,
	started_at: "2026-01-02T03:04:05.678Z", ended_at: null, text: "nothing the peer offered is acceptable",
	hint: "Add modp1024 with allow_weak", chosen: null, revision: 7,
	ours: ["aes-cbc-256/sha256/modp2048/psk", "aes-cbc-128/sha256/ecp256/psk"],
	theirs: ["3des-cbc/md5/modp1024/psk", "aes-cbc-256/sha256/modp1024/psk"],
	steps: [{ at: "2026-01-02T03:04:05.678Z", direction: "received", text: "heard its proposal" },
		{ at: "2026-01-02T03:04:05.679Z", direction: "sent", text: "sent a notify" }],
};

export async function suite(t) {
	const answer = (m, p) => ({ json: p.startsWith("/negotiations?") ? { items: [story] } : story });
	const r = await t.puppet(answer, ["explain", "peer", "hub"]);
	t.is(r.code, 0, "explain");
	t.is(r.asked[0].path, "/negotiations?limit=1&peer=hub", "the newest of the peer");
	t.is(r.asked[1].path, "/negotiations/42", "and then all of it");
	t.has(r.out, "negotiation 42: failed (no-proposal-chosen)", "verdict");
	t.has(r.out, "nothing the peer offered is acceptable", "sentence");
	t.check(/side +here/.test(r.out), "side");
	t.check(/member +\/ike_proposals/.test(r.out), "member");
	t.check(/to do +Add modp1024/.test(r.out), "hint");
	t.check(/OURS +THEIRS/.test(r.out), "offers side by side");
	const lines = r.out.split("\n");
	t.check(lines.some((l) => /^aes-cbc-256\/sha256\/modp2048\/psk \* +3des-cbc/.test(l)), "first row");
	t.check(lines.some((l) => /^aes-cbc-128.*aes-cbc-256\/sha256\/modp1024\/psk \*$/.test(l)), "second row");
	t.has(r.out, "first differs in modp2048 here against modp1024 there", "the nearest pair");
	t.has(r.out, "< heard its proposal", "a step in");
	t.has(r.out, "> sent a notify", "a step out");

	t.has((await t.puppet(answer, ["explain", "--last"])).asked[0].path, "/negotiations?limit=1", "--last");
	t.has((await t.puppet(answer, ["explain", "tunnel", "n"])).asked[0].path, "tunnel=n", "of a tunnel");
	t.is((await t.puppet(answer, ["explain", "42"])).asked[0].path, "/negotiations/42", "by number");
	t.is((await t.puppet(answer, ["explain", "42", "--json"])).json.id, 42, "--json");
	const none = await t.puppet(() => ({ json: { items: [] } }), ["explain", "peer", "hub"]);
	t.is(none.code, 4, "no negotiation yet");
	t.has(none.err, "no negotiation with peer hub", "no negotiation yet");

	// an agreed one has nothing to compare
	const up = { ...story, verdict: "up", reason: null, theirs: [], chosen: "aes-cbc-256/sha256/modp2048/psk" };
	const good = await t.puppet(() => ({ json: up }), ["explain", "42"]);
	t.check(!good.out.includes("differs"), "nothing differs in one that is up");
	t.has(good.out, "chosen", "what was chosen");
	// the same offers, refused for a lifetime: no difference is made up
	const same = { ...story, theirs: story.ours };
	t.check(!(await t.puppet(() => ({ json: same }), ["explain", "42"])).out.includes("differs"), "no difference");
	// a story with nothing in it
	t.is((await t.puppet(() => ({ json: {} }), ["explain", "42"])).code, 0, "an empty story");
}
