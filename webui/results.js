// results.js - what becomes of SAs that were reset, as it happens
//
// The answer of a reset tells what was deleted and which negotiation brings it back. The rest
// is followed on the stream: each row ends with the new SA's number, or with why it failed.
// Used by: review.js, reset.js. Keeps: nothing beyond its window.

import { get } from "./rest.js";
import { fill, h, link, sync, table, text } from "./dom.js";
import { mark, plural, verdict } from "./format.js";
import { hear } from "./live.js";
import { results as words } from "./words.js";
import { because, reasonText, tx } from "./tongue.js";

const POLL_MS = 1000;
const PATIENCE_MS = 60000;

const name = (r) => (r.type === "child_sa" ? `${tx("IPsec SA pair")} ${r.id}` : `IKE SA ${r.id}`);
const owner = (r) => (r.tunnel ? `${r.tunnel} (${r.peer})` : (r.peer ?? ""));

function result(word) {
	const [kind, glyph, label] = words[word] ?? ["off", "?", word];
	return mark(kind, glyph, label);
}

// A row ends with what stands there now in the place of the SA that was.
function row(r) {
	const was = h("td");
	const now = h("td");
	const tr = h("tr", null, h("th", { scope: "row" }, name(r)), h("td", null, owner(r)), was, now);
	fill(was, result(r.result), r.reason ? ` ${reasonText(r.reason)}` : "");
	fill(
		now,
		r.negotiation
			? mark("busy", "◌", tx("negotiating"))
			: h("span", { class: "quiet" }, tx("waits for traffic, the peer or an operator")),
	);
	return { nodes: [tr], show: (...parts) => fill(now, parts) };
}

function settle(part, r, story) {
	if (story.verdict === "running") return false;
	const id = r.type === "child_sa" ? story.child_sa : story.ike_sa;
	const fresh =
		id && id !== r.id ? h("strong", null, r.type === "child_sa" ? tx(" new pair {} ", id) : tx(" new SA {} ", id)) : " ";
	if (story.verdict === "up")
		part.show(verdict("up"), fresh, link(`#/negotiations/${r.negotiation}`, tx("story")));
	else
		part.show(
			verdict("failed"),
			` ${because(story.reason, story.text) ?? ""} `,
			link(`#/negotiations/${r.negotiation}`, tx("story")),
		);
	return true;
}

// Shows report.results in `node` and follows each; resolves when nothing is open any more.
export function follow(node, report, o = {}) {
	const t = table(tx("SAs that were reset"), ["SA", tx("Tunnel"), tx("Result"), tx("Now")], { class: "results" });
	const summary = h("p", { role: "status" });
	const rows = report.results.map((r) => ({ ...r, key: `${r.type}-${r.id}` }));
	const parts = new Map();
	const open = new Set(rows.filter((r) => r.negotiation));
	let done;
	const ended = new Promise((resolve) => {
		done = resolve;
	});

	sync(
		t.body,
		rows,
		(r) => r.key,
		(r) => {
			const part = row(r);
			parts.set(r, part);
			return part;
		},
	);
	fill(
		node,
		summary,
		report.warning ? h("p", { class: "warning" }, mark("warn", "▲", report.warning)) : null,
		rows.length ? t.node : null,
	);

	function say() {
		const n = rows.length;
		if (!n) text(summary, tx("No SA had to be reset."));
		else if (open.size)
			text(
				summary,
				tx("{} reset, {} sent to the peer; {} still negotiating.", plural(n, "SA"), plural(report.notices, "notice"), plural(open.size, "SA")),
			);
		else
			text(
				summary,
				tx("{} reset, {} sent to the peer. Done.", plural(n, "SA"), plural(report.notices, "notice")),
			);
	}

	async function look(only) {
		const wanted = new Map();
		for (const r of open)
			if (!only || r.negotiation === only)
				wanted.set(r.negotiation, [...(wanted.get(r.negotiation) ?? []), r]);
		for (const [id, list] of wanted) {
			const story = await get(`/negotiations/${id}`).catch(() => null);
			for (const r of list) if (story && settle(parts.get(r), r, story)) open.delete(r);
		}
		say();
		if (!open.size) stop();
	}

	const deaf = hear((event, data) => {
		if (event.startsWith("negotiation.") && event !== "negotiation.step") look(data.negotiation);
		if (event === "ike_sa.up" || event === "child_sa.up") look();
	});
	const timer = setInterval(look, POLL_MS);
	const patience = setTimeout(() => stop(), PATIENCE_MS);
	function stop() {
		deaf();
		clearInterval(timer);
		clearTimeout(patience);
		done();
		o.ended?.();
	}
	look();
	return { ended, stop };
}
