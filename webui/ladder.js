// ladder.js - a negotiation as a ladder: two ends, and what went from one to the other, in words
//
// An ordered list for whoever listens; for the eye each step has the two lines of the ends and the
// arrow between them, drawn behind its words.
// Used by: story.js. Keeps: nothing.

import { h, svg } from "./dom.js";
import { endpoint } from "./format.js";
import { stepText, tx } from "./tongue.js";

const ways = {
	sent: ["out", tx("We to the peer: ")],
	received: ["in", tx("The peer to us: ")],
	within: ["self", tx("Here: ")],
};

// Lengths are shares of the step's own width, so the arrow reaches at every width.
function rung(kind) {
	const at = (x, y, ...parts) => svg("svg", { x, y, overflow: "visible" }, parts);
	const arrow = {
		out: () => [
			svg("line", { class: "shaft", x1: "0", x2: "100%", y1: "100%", y2: "100%" }),
			at("100%", "100%", svg("path", { class: "head", d: "M-10 -5 L-1 0 L-10 5 z" })),
		],
		in: () => [
			svg("line", { class: "shaft", x1: "0", x2: "100%", y1: "100%", y2: "100%" }),
			at("0", "100%", svg("path", { class: "head", d: "M10 -5 L1 0 L10 5 z" })),
		],
		self: () => [svg("circle", { class: "head", cx: "0", cy: "50%", r: "4" })],
	};
	return svg(
		"svg",
		{ class: "rung", "aria-hidden": "true", focusable: "false" },
		svg("line", { class: "end", x1: "0", x2: "0", y1: "0", y2: "100%" }),
		svg("line", { class: "end", x1: "100%", x2: "100%", y1: "0", y2: "100%" }),
		arrow[kind](),
	);
}

function step(p, start) {
	const [kind, word] = ways[p.direction] ?? ways.within;
	const after = p.at ? `+${((new Date(p.at).getTime() - start) / 1000).toFixed(3)} s` : "";
	return h(
		"li",
		{ class: kind },
		h("span", { class: "after" }, after),
		h(
			"span",
			{ class: "said" },
			rung(kind),
			h("span", { class: "unseen" }, ` ${word}`),
			h("span", { class: "words" }, stepText(p.text ?? "")),
		),
	);
}

export function ladder(s) {
	const start = new Date(s.started_at).getTime();
	const end = (word, address, port) =>
		h(
			"span",
			null,
			h("strong", null, word),
			address ? [" ", h("code", null, endpoint(address, port))] : null,
		);
	return h(
		"section",
		{ class: "ladder" },
		h("h2", null, tx("Messages, in order")),
		s.steps.length
			? [
					h(
						"p",
						{ class: "ends" },
						end(tx("We"), s.local_address, s.local_port),
						" ",
						end(tx("The peer"), s.remote_address, s.remote_port),
					),
					h(
						"ol",
						null,
						s.steps.map((p) => step(p, start)),
					),
				]
			: h("p", { class: "quiet" }, tx("Nothing was said.")),
	);
}
