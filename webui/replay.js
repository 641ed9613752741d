// replay.js - what a peer really offered once, held against a configuration: the answer, drawn
//
// Beside a change it tells whether the peer's own offer would still (or at last) be accepted; on a
// negotiation it tells that of the present configuration.
// Used by: panes.js, story.js. Keeps: nothing.

import { h, link, sync, table } from "./dom.js";
import { mark, when } from "./format.js";
import { tx } from "./tongue.js";

function outcomeOf(row) {
	return row.matches
		? mark("up", "●", row.peer_transform ? tx("matches transform {}", row.peer_transform) : tx("matches"))
		: mark("bad", "✖", tx("differs"));
}

function proposalsTable(r) {
	const t = table(
		tx("Each proposal of ours against the offer"),
		[tx("Proposal"), tx("Outcome"), tx("First difference")],
		{ showCaption: true, class: "stack" },
	);
	sync(
		t.body,
		r.proposals,
		(p) => `${p.tunnel} ${p.proposal} ${p.number}`,
		(p) => ({
			nodes: [
				h(
					"tr",
					null,
					h(
						"th",
						{ scope: "row" },
						p.number ? `${p.proposal} (${p.number})` : p.proposal,
						p.tunnel ? h("span", { class: "quiet" }, ` ${p.tunnel}`) : null,
					),
					h("td", null, outcomeOf(p)),
					h("td", null, p.field ? h("code", null, p.field) : null, p.text ? ` ${p.text}` : ""),
				),
			],
		}),
	);
	return t.node;
}

function verdictOf(r) {
	if (!r.knowable) return mark("off", "?", tx("cannot be known"));
	return r.matches ? mark("up", "●", tx("would be accepted")) : mark("bad", "✖", tx("would be refused"));
}

// r: a Replay of the contract, or null where no offer is kept.
export function replayed(r) {
	if (!r)
		return h(
			"p",
			{ class: "quiet replay" },
			tx("No offer of a peer that this concerns is kept; nothing is replayed."),
		);
	const kind = !r.knowable ? "" : r.matches ? "up" : "failed";
	return h(
		"div",
		{ class: "replay" },
		h(
			"div",
			{ class: `verdict ${kind}` },
			h("p", null, verdictOf(r), " ", r.text ?? ""),
			h(
				"p",
				{ class: "quiet" },
				r.phase === 2 ? tx("Phase 2") : tx("Phase 1"),
				", ",
				r.tunnel ? `${r.tunnel} (${r.peer})` : (r.peer ?? tx("unknown caller")),
				r.offered_at ? [", ", tx("offered "), when(r.offered_at)] : null,
				", ",
				link(`#/negotiations/${r.negotiation}`, tx("negotiation {}", r.negotiation)),
			),
		),
		r.proposals?.length ? proposalsTable(r) : null,
	);
}
