// story.js - one negotiation: what was said, and why it ended as it did
//
// Its messages are drawn as a ladder; both offers lie side by side with what only one of them
// has marked; the verdict says which member to look at, on which side.
// Used by: app.js, stories.js (words). Keeps: nothing.

import { get } from "./rest.js";
import { fill, h, link, sync, table } from "./dom.js";
import { endpoint, mark, span, verdict, when } from "./format.js";
import { hear } from "./live.js";
import { tx } from "./tongue.js";

const known = (word) => (word && word !== "?" ? word : "");
export const title = (s) =>
	[known(s.exchange) ? `${s.exchange} mode` : "negotiation", known(s.role) ? `as ${s.role}` : ""]
		.filter(Boolean)
		.join(" ");
const ends = (s) =>
	s.remote_address
		? `${endpoint(s.local_address, s.local_port)} → ${endpoint(s.remote_address, s.remote_port)}`
		: "–";
export const about = (s) => (s.tunnel ? `${s.tunnel} (${s.peer})` : (s.peer ?? "unknown caller"));
export const took = (s) =>
	s.ended_at ? `${((new Date(s.ended_at) - new Date(s.started_at)) / 1000).toFixed(2)} s` : "";

const arrows = {
	sent: ["out", "→", "sent"],
	received: ["in", "←", "received"],
	within: ["self", "·", "here"],
};

function ladder(s) {
	const t = table(tx("Messages, in order"), [{ label: tx("Time"), class: "num" }, tx("Direction"), tx("Step")], {
		class: "ladder",
		showCaption: true,
	});
	const start = new Date(s.started_at).getTime();
	sync(
		t.body,
		s.steps.map((p, i) => ({ ...p, i })),
		(p) => p.i,
		(p) => {
			const [kind, glyph, word] = arrows[p.direction] ?? arrows.within;
			const after = p.at ? `+${((new Date(p.at).getTime() - start) / 1000).toFixed(3)} s` : "";
			return {
				nodes: [
					h(
						"tr",
						{ class: kind },
						h("td", { class: "num" }, after),
						h(
							"td",
							{ class: "way" },
							h("span", { "aria-hidden": "true", class: "line" }, glyph),
							h("span", { class: "unseen" }, word),
						),
						h("td", null, p.text ?? ""),
					),
				],
			};
		},
	);
	return t.node;
}

const pieces = (line) => line.split(/([/,; ]+)/);

// A line of an offer; words that no line of the other side has are marked.
function offerLine(line, others, chosen) {
	const known = new Set(others.flatMap((o) => pieces(o)));
	const words = pieces(line).map((w, i) =>
		i % 2 || !others.length || known.has(w) ? w : h("mark", null, w),
	);
	return h("li", null, words, chosen && line.includes(chosen) ? [" ", mark("up", "●", "chosen")] : null);
}

function offers(s) {
	const side = (name, mine, others) =>
		h(
			"section",
			null,
			h("h3", null, name),
			mine.length
				? h(
						"ol",
						{ class: "offer mono" },
						mine.map((l) => offerLine(l, others, s.chosen)),
					)
				: h("p", { class: "quiet" }, tx("Nothing was said.")),
		);
	if (!s.ours.length && !s.theirs.length) return null;
	const sides = h(
		"div",
		{ class: "sides" },
		side(tx("Ours"), s.ours, s.theirs),
		side(tx("The peer's"), s.theirs, s.ours),
	);
	return h(
		"section",
		null,
		h("h2", null, tx("Both offers")),
		sides,
		sides.querySelector("mark") ? h("p", { class: "quiet" }, tx("Marked is what only one side has.")) : null,
		s.chosen ? h("p", null, mark("up", "●", tx("Chosen")), " ", h("code", null, s.chosen)) : null,
	);
}

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
						link(`#/${kind}/${encodeURIComponent(name)}`, `${s.field} of ${name}`),
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
			h("strong", null, s.text ?? (s.verdict === "running" ? "under way" : "")),
			s.reason ? [" ", h("code", null, s.reason)] : null,
		),
		s.hint ? h("p", null, s.hint) : null,
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
		[tx("Took"), took(s) || `${span((Date.now() - new Date(s.started_at)) / 1000)} so far`],
		[
			tx("SAs"),
			[s.ike_sa ? `IKE SA ${s.ike_sa}` : "", s.child_sa ? `IPsec SA pair ${s.child_sa}` : ""]
				.filter(Boolean)
				.join(", ") || "–",
		],
		[tx("Configuration"), s.revision ? `revision ${s.revision}` : "–"],
	];
	return h(
		"dl",
		{ class: "pairs facts" },
		pairs.map(([k, v]) => [h("dt", null, k), h("dd", null, v)]),
	);
}

export async function storyPage(main, id) {
	const place = h("div");
	let drawn = null;
	const load = async () => {
		const s = await get(`/negotiations/${encodeURIComponent(id)}`);
		const key = JSON.stringify(s);
		if (key === drawn) return;
		drawn = key;
		fill(place, verdictBox(s), facts(s), offers(s), ladder(s));
	};
	fill(
		main,
		h("p", { class: "crumbs" }, link("#/negotiations", tx("Negotiations"))),
		h("h1", null, `Negotiation ${id}`),
		place,
	);
	await load();
	return {
		leave: hear((name, data) => {
			if (name.startsWith("negotiation.") && String(data.negotiation) === String(id))
				load().catch(() => {});
		}),
	};
}
