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
			tunnel: "net", text: "the peer is silent", steps: STEPS.slice(0, n).map((text) => ({ text, direction: "sent" })) } };
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
	r = await t.puppet(() => ({ json: { negotiation: null } }), ["initiate", "tunnel", "net"]);
	t.has(r.out, "net: nothing to start, it is up", "it is up already");

	// phase 1 first, which has no tunnel, and then the tunnel's own
	const two = (end) => {
		let looks = 0;
		return (m, p) => {
			if (m === "POST")
				return { status: 202, json: { negotiation: 9 } };
			if (p.startsWith("/negotiations?"))
				return { json: { items: ++looks < 3 ? [{ id: 5 }] : [{ id: 10 }] } };
			return { json: p.endsWith("/9")
				? { id: 9, verdict: "up", tunnel: null, steps: [{ text: "authenticated", direction: "received" }] }
				: { id: 10, verdict: end, tunnel: "net", text: "no quick mode", steps: [{ text: "installed", direction: "within" }] } };
		};
	};
	r = await t.puppet(two("up"), ["initiate", "tunnel", "net", "--follow"]);
	t.is(r.code, 0, "both phases");
	t.check(r.out.indexOf("authenticated") > 0 && r.out.indexOf("installed") > r.out.indexOf("authenticated"), "both are told");
	t.check(r.out.endsWith("up\n"), "and then it is up");
	t.is((await t.puppet(two("failed"), ["initiate", "tunnel", "net", "--follow"])).code, 1, "phase 2 fails");
	t.is((await t.puppet(two("up"), ["initiate", "tunnel", "net", "--follow", "--json"])).json.id, 10, "--json: the last story");

	const peer = () => ({ status: 202, json: { negotiation: 9, tunnels: [
		{ tunnel: "a", negotiation: 9, error: null }, { tunnel: "b", negotiation: null, error: "the tunnel is disabled" },
		{ tunnel: "c", negotiation: null, error: null }] } });
	r = await t.puppet(peer, ["initiate", "peer", "hub"]);
	t.is(r.asked[0].path, "/peers/hub/initiate", "a peer");
	t.is(r.code, 1, "one tunnel cannot be started");
	t.has(r.out, "a: negotiation 9", "one that starts");
	t.has(r.err, "b: the tunnel is disabled", "one that does not");
	t.has(r.out, "c: nothing to start", "one that is up");
}
