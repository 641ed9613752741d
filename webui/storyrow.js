// storyrow.js - a negotiation as a row of a list: when, how it ended, and why in one sentence
//
// Used by: stories.js, peer.js. Keeps: nothing.

import { fill, h, link, text } from "./dom.js";
import { endpoint, verdict, when } from "./format.js";
import { about, title, took } from "./story.js";
import { because } from "./tongue.js";

// withPeer: columns for the tunnel and the remote end too, where rows are of several peers.
export const storyRow = (withPeer) => (first) => {
	const cells = {
		verdict: h("td"),
		what: h("td"),
		who: withPeer && h("td"),
		remote: withPeer && h("td", { class: "mono w2" }),
		took: h("td", { class: "num w2" }),
		text: h("td"),
	};
	const head = h("th", { scope: "row" }, link(`#/negotiations/${first.id}`, `#${first.id}`), " ", when(first.started_at));
	let said = null;
	return {
		nodes: [h("tr", null, head, Object.values(cells))],
		update(s) {
			const key = JSON.stringify(s);
			if (said === key) return;
			said = key;
			fill(cells.verdict, verdict(s.verdict));
			text(cells.what, title(s));
			if (withPeer) {
				text(cells.who, about(s));
				text(cells.remote, endpoint(s.remote_address, s.remote_port));
			}
			text(cells.took, took(s));
			text(cells.text, because(s.reason, s.text) ?? "");
		},
	};
};
