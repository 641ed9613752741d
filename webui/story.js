// story.js - one negotiation: what was said, and why it ended as it did
//
// Its messages are drawn as a ladder; both offers lie side by side with what they first differ in
// marked; the verdict says which member to look at, on which side; the peer's offer can be replayed
// against the present configuration.
// Used by: app.js, stories.js (words). Keeps: nothing.

import { get, post } from "./rest.js";
import { button, fill, h, link } from "./dom.js";
import { refusal } from "./dialog.js";
import { endpoint, span, verdict, when } from "./format.js";
import { ladder } from "./ladder.js";
import { hear } from "./live.js";
import { offers } from "./offers.js";
import { replayed } from "./replay.js";
import { because, modeName, reasonText, told, tx } from "./tongue.js";

const known = (word) => (word && word !== "?" ? word : "");
export const title = (s) =>
	[known(s.exchange) ? modeName(s.exchange) : tx("negotiation"), known(s.role) ? tx("as {}", tx(s.role)) : ""]
		.filter(Boolean)
		.join(" ");
const ends = (s) =>
	s.remote_address
		? `${endpoint(s.local_address, s.local_port)} → ${endpoint(s.remote_address, s.remote_port)}`
		: "–";
export const about = (s) => (s.tunnel ? `${s.tunnel} (${s.peer})` : (s.peer ?? tx("unknown caller")));
export const took = (s) =>
	s.ended_at ? `${((new Date(s.ended_at) - new Date(s.started_at)) / 1000).toFixed(2)} s` : "";

const kindOfField = (s) => (s.exchange === "quick" && s.tunnel ? ["tunnels", s.tunnel] : ["peers", s.peer]);

function verdictBox(s) {
	const [kind, name] = kindOfField(s);
	const look =
		s.side === "remote"
			? h("p", null, tx("Look at the other end"), s.field ? [": ", h("code", null, s.field)] : "", ".")
			: s.field && name
				? h(
						"p",
						null,
						tx("Look here: "),
						link(`#/${kind}/${encodeURIComponent(name)}`, tx("{} of {}", s.field, name)),
					)
				: null;
	return h(
		"section",
		{ class: `verdict ${s.verdict}`, role: "status" },
		h(
			"p",
			null,
			verdict(s.verdict),
			" ",
			h("strong", null, because(s.reason, s.text) ?? (s.verdict === "running" ? tx("under way") : "")),
			s.reason ? [" ", h("code", { title: reasonText(s.reason) }, s.reason)] : null,
		),
		s.hint ? h("p", null, told(s.hint)) : null,
		look,
	);
}

function facts(s) {
	const pairs = [
		[tx("Peer"), s.peer ? link(`#/peers/${encodeURIComponent(s.peer)}/state`, s.peer) : "unknown"],
		[tx("Tunnel"), s.tunnel ? link(`#/tunnels/${encodeURIComponent(s.tunnel)}`, s.tunnel) : "–"],
		[tx("Exchange"), title(s)],
		[tx("Ends"), ends(s)],
		[tx("Started"), [when(s.started_at)]],
		[tx("Took"), took(s) || tx("{} so far", span((Date.now() - new Date(s.started_at)) / 1000))],
		[
			tx("SAs"),
			[s.ike_sa ? `IKE SA ${s.ike_sa}` : "", s.child_sa ? `${tx("IPsec SA pair")} ${s.child_sa}` : ""]
				.filter(Boolean)
				.join(", ") || "–",
		],
		[tx("Configuration"), s.revision ? tx("revision {}", s.revision) : "–"],
	];
	return h(
		"dl",
		{ class: "pairs facts" },
		pairs.map(([k, v]) => [h("dt", null, k), h("dd", null, v)]),
	);
}

// The answer stands until it is asked for again.
function replayPart(id) {
	const said = h("div", { role: "status" });
	const ask = button(tx("Replay against the present configuration"), async () => {
		ask.disabled = true;
		try {
			fill(said, replayed(await post(`/negotiations/${encodeURIComponent(id)}/replay`)));
		} catch (e) {
			fill(said, refusal(e));
		}
		ask.disabled = false;
		ask.focus();
	});
	return h(
		"section",
		{ class: "again" },
		h("h2", null, tx("Would it work now?")),
		h("p", { class: "about" }, tx("Holds what the peer offered then against what is configured now; nothing is sent.")),
		h("div", { class: "choices" }, ask),
		said,
	);
}

export async function storyPage(main, id) {
	const place = h("div");
	const rungs = h("div");
	let drawn = null;
	const load = async () => {
		const s = await get(`/negotiations/${encodeURIComponent(id)}`);
		const key = JSON.stringify(s);
		if (key === drawn) return;
		drawn = key;
		fill(place, verdictBox(s), facts(s), offers(s));
		fill(rungs, ladder(s));
	};
	fill(
		main,
		h("p", { class: "crumbs" }, link("#/negotiations", tx("Negotiations"))),
		h("h1", null, tx("Negotiation {}", id)),
		place,
		replayPart(id),
		rungs,
	);
	await load();
	return {
		leave: hear((name, data) => {
			if (name.startsWith("negotiation.") && String(data.negotiation) === String(id))
				load().catch(() => {});
		}),
	};
}
