// offers.js - both offers of a negotiation side by side, the first attribute that differs marked
//
// Of a negotiation that failed, the two transforms that are nearest to each other are sought, one
// of each side; what they first differ in is marked in both and said in words.
// Used by: story.js. Keeps: nothing.

import { h } from "./dom.js";
import { mark } from "./format.js";
import { tx } from "./tongue.js";

const pieces = (line) => line.split(/([/,; ]+)/);
const words = (line) => pieces(line).filter((w, i) => !(i % 2) && w);

// {mine, their: index of the line; here, there: the words that differ first}, or null.
export function firstDifference(ours, theirs) {
	let best = null;
	ours.forEach((a, mine) =>
		theirs.forEach((b, their) => {
			const [x, y] = [words(a), words(b)];
			const lacks = x.filter((w) => !y.includes(w));
			const extra = y.filter((w) => !x.includes(w));
			const far = Math.max(lacks.length, extra.length);
			if (!best || far < best.far)
				best = { far, mine, their, here: lacks[0] ?? null, there: extra[0] ?? null };
		}),
	);
	return best?.far ? best : null;
}

function offerLine(line, differs, chosen) {
	let left = differs;
	const parts = pieces(line).map((w, i) => {
		if (i % 2 || !left || w !== left) return w;
		left = null;
		return h("mark", null, w);
	});
	return h("li", null, parts, chosen && line.includes(chosen) ? [" ", mark("up", "●", tx("chosen"))] : null);
}

function side(name, lines, at, word, chosen) {
	return h(
		"section",
		null,
		h("h3", null, name),
		lines.length
			? h(
					"ol",
					{ class: "offer mono" },
					lines.map((l, i) => offerLine(l, i === at ? word : null, chosen)),
				)
			: h("p", { class: "quiet" }, tx("Nothing was said.")),
	);
}

function inWords(d) {
	return h(
		"p",
		{ class: "difference" },
		mark("warn", "▲", tx("First difference")),
		" ",
		tx("{} here, {} there", d.here ?? tx("nothing"), d.there ?? tx("nothing")),
	);
}

export function offers(s) {
	if (!s.ours.length && !s.theirs.length) return null;
	const d = s.verdict === "failed" ? firstDifference(s.ours, s.theirs) : null;
	return h(
		"section",
		null,
		h("h2", null, tx("Both offers")),
		h(
			"div",
			{ class: "sides" },
			side(tx("Ours"), s.ours, d?.mine, d?.here, s.chosen),
			side(tx("The peer's"), s.theirs, d?.their, d?.there, s.chosen),
		),
		d ? inWords(d) : null,
		s.chosen ? h("p", null, mark("up", "●", tx("Chosen")), " ", h("code", null, s.chosen)) : null,
	);
}
