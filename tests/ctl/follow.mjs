// follow.mjs - initiate and --follow
const STEPS = ["sent our proposal", "sent our key exchange", "proved who we are", "up"];

function growing(last) {
	let looks = 0;
	return (m, p) => {
		if (m === "POST")
			return { status: 202, json: { negotiation: 9 } };
		looks++;
		const n = Math.min(looks, STEPS.length);
		return { json: { id: 9, verdict: n === STEPS.length ? last : "running", reason: "no-answer",
			text: "the peer is silent", steps: STEPS.slice(0, n).map((text) => ({ text, direction: "sent" })) } };
	};
}

export async function suite(t) {
	let r = await t.puppet(growing("up"), ["initiate", "tunnel", "net", "--follow"]);
	t.is(r.code, 0, "it comes up");
	t.is(r.asked[0].path, "/tunnels/net/initiate", "what is asked");
	for (const s of STEPS)
		t.is(r.out.split(`> ${s}\n`).length, 2, `"${s}" is said once`);
	r = await t.puppet(growing("failed"), ["initiate", "tunnel", "net", "--follow"]);
	t.is(r.code, 1, "it fails");
	t.has(r.out, "the peer is silent", "it fails");
	r = await t.puppet(growing("running"), ["--timeout", "1", "initiate", "tunnel", "net", "--follow"]);
	t.is(r.code, 6, "it takes too long");
	r = await t.puppet(growing("up"), ["initiate", "tunnel", "net"]);
	t.is(r.asked.length, 1, "without --follow nobody waits");
	t.has(r.out, "negotiation 9", "without --follow");
	r = await t.puppet(() => ({ json: { negotiation: null } }), ["initiate", "peer", "hub"]);
	t.has(r.out, "Nothing to start", "it is up already");
	t.is(r.asked[0].path, "/peers/hub/initiate", "a peer");
}
