// liveness.js - is the peer still there: everything that tells, on one time line
//
// What was heard last lies left of now, what comes next right of it; both ways a step is ten
// times the one before, so that a second and a day fit. The table below says it in words.
// Used by: peer.js. Keeps: one panel per IKE SA, by the caller.

import { fill, h, svg, sync, table, text } from "./dom.js";
import { mark, plural, span } from "./format.js";
import { tx } from "./tongue.js";

const WIDTH = 640;
const LANE = 26;
const LEFT = 110;
const DAY = 86400;
const TICKS = [10, 60, 600, 3600, DAY];
const reach = (seconds) => Math.log10(1 + Math.min(seconds, DAY)) / Math.log10(1 + DAY);
const MIDDLE = LEFT + (WIDTH - LEFT) / 2;
const HALF = (WIDTH - LEFT) / 2 - 12;
const x = (seconds) => MIDDLE + Math.sign(seconds) * reach(Math.abs(seconds)) * HALF;

const newest = (pairs, key) =>
	pairs
		.map((c) => c[key])
		.filter(Boolean)
		.sort()
		.at(-1);

// The SA ends with its pairs: what that takes down, in words.
const falls = (sa) => (sa.children ? tx("the IKE SA and {}", plural(sa.children, "IPsec SA pair")) : tx("the IKE SA"));

// Lanes: {name, last: seconds ago or null, next: seconds or 0, will, end: seconds or 0, deletes}
export function lanes(sa, pairs, now) {
	const ago = (at) => (at ? Math.max(0, (now - new Date(at)) / 1000) : null);
	const left = (s) => (s ? Math.max(0, s - (now - sa.asked) / 1000) : 0);
	const tagged = sa.timeout_tagged;
	const silence = left(sa.keepalive_silence_in_seconds);
	return [
		{
			name: "IKE",
			last: ago(sa.last_inbound_at),
			next: left(sa.rekey_in_seconds),
			will: tx("we renegotiate"),
			end: left(sa.expires_in_seconds),
			deletes: falls(sa),
		},
		{
			name: "DPD",
			on: sa.dpd_due_in_seconds || sa.dpd_interval_seconds,
			last: null,
			next: left(sa.dpd_due_in_seconds),
			will: sa.dpd_unanswered ? tx("we ask again") : tx("we ask if nothing is heard"),
			end: left(sa.dpd_ends_in_seconds),
			deletes: falls(sa),
			trouble: sa.dpd_unanswered ? tx("{} without answer", plural(sa.dpd_unanswered, "question")) : "",
		},
		{
			name: tx("Keepalive"),
			on: sa.keepalive_due_in_seconds || sa.keepalive_timeout_seconds,
			last: sa.keepalive_timeout_seconds && silence ? sa.keepalive_timeout_seconds - silence : null,
			next: left(sa.keepalive_due_in_seconds),
			will: tx("we send one"),
			end: silence,
			deletes: tagged || !sa.tagFirst ? falls(sa) : "",
			after: tagged || !sa.tagFirst ? "" : `${falls(sa)} ${tx("{} later", span(sa.keepalive_timeout_seconds))}`,
			trouble: tagged ? tx("TIMEOUT") : "",
		},
		{
			name: tx("NAT keepalive"),
			on: sa.nat_keepalive_due_in_seconds,
			last: null,
			next: left(sa.nat_keepalive_due_in_seconds),
			will: tx("we send one if we send nothing else"),
			end: 0,
		},
		{
			name: tx("Traffic"),
			on: pairs.length,
			last: ago(newest(pairs, "last_in_at")),
			sent: ago(newest(pairs, "last_out_at")),
			next: 0,
			end: 0,
		},
	].map((l) => ({ on: true, sent: null, trouble: "", ...l }));
}

const shortly = (s) => (s < 1 ? tx("now") : tx("in {}", span(s)));
const endWords = (l) =>
	l.deletes ? `${l.deletes} ${shortly(l.end)}` : l.after ? tx("TIMEOUT mark {}, {}", shortly(l.end), l.after) : "";
const lastWords = (l) =>
	[
		l.last === null ? "" : tx("heard {} ago", span(l.last)),
		l.sent === null ? "" : tx("sent {} ago", span(l.sent)),
	]
		.filter(Boolean)
		.join(", ") || "–";

function axis(height) {
	const grid = TICKS.flatMap((t) => [-t, t]).map((t) => [
		svg("line", { class: "tick", x1: x(t), x2: x(t), y1: 0, y2: height }),
		svg("text", { class: "tick-word", x: x(t), y: height + 12 }, span(Math.abs(t)).replace(/ 0 .*$/, "")),
	]);
	return [
		grid,
		svg("line", { class: "now", x1: MIDDLE, x2: MIDDLE, y1: 0, y2: height }),
		svg("text", { class: "tick-word", x: MIDDLE, y: height + 12 }, tx("now")),
	];
}

function drawLane(l, i) {
	const y = i * LANE + LANE / 2;
	const dot = (s, cls) => (s === null ? null : svg("circle", { class: cls, cx: x(-s), cy: y, r: 5 }));
	return [
		svg("text", { class: "lane-word", x: 0, y: y + 4 }, l.name),
		svg("line", { class: l.on ? "lane" : "lane off", x1: LEFT, x2: WIDTH, y1: y, y2: y }),
		dot(l.sent, "dot out"),
		dot(l.last, "dot"),
		l.next ? svg("path", { class: "next", d: `M${x(l.next) - 5} ${y - 6}l10 6l-10 6z` }) : null,
		l.end
			? svg("path", {
					class: l.deletes ? "end" : "end tag",
					d: `M${x(l.end) - 5} ${y - 5}l10 10m0 -10l-10 10`,
				})
			: null,
	];
}

function picture(list) {
	const height = list.length * LANE;
	const sentence = list
		.filter((l) => l.on)
		.map((l) => `${l.name}: ${lastWords(l)}${l.next ? tx(", next {}", shortly(l.next)) : ""}`)
		.join("; ");
	const node = svg(
		"svg",
		{ viewBox: `0 0 ${WIDTH} ${height + 18}`, role: "img", "aria-label": sentence, class: "liveness" },
		axis(height),
	);
	list.forEach((l, i) => node.append(...drawLane(l, i).filter(Boolean)));
	return node;
}

function laneRow(first) {
	const cells = [h("td"), h("td"), h("td")];
	const trouble = h("span");
	return {
		nodes: [h("tr", null, h("th", { scope: "row" }, first.name, " ", trouble), cells)],
		update(l) {
			if (trouble.dataset.said !== l.trouble) {
				trouble.dataset.said = l.trouble;
				fill(trouble, l.trouble ? mark("warn", "◷", l.trouble) : null);
			}
			text(cells[0], l.on ? lastWords(l) : tx("does not run"));
			text(cells[1], l.next ? `${l.will} ${shortly(l.next)}` : "");
			text(cells[2], l.end ? endWords(l) : "");
		},
	};
}

// update(sa, pairs): draws both anew; sa.asked is when the gateway said it, in ms.
export function livenessPanel(title) {
	const t = table(title, [tx("Sign of life"), tx("Last"), tx("Next"), tx("Will be deleted")], { class: "stack" });
	const place = h("div", { class: "liveness-frame", tabindex: "0", role: "group", "aria-label": title });
	const legend = h(
		"p",
		{ class: "quiet legend" },
		tx(
			"● heard  ○ sent  ▶ next action  ✕ end, if nothing is heard. Each step is about ten times the last.",
		),
	);
	const node = h("div", null, place, legend, t.node);
	return {
		node,
		update(sa, pairs, now) {
			const list = lanes(sa, pairs, now);
			fill(place, picture(list));
			sync(t.body, list, (l) => l.name, laneRow);
		},
	};
}
