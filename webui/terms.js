// terms.js - how a change is made, as asked in its window: why, and whether it waits for a yes
//
// Used by: review.js, bulk.js. Keeps: nothing.

import { fresh, h } from "./dom.js";
import { tx } from "./tongue.js";

const PRESET_S = 120;
const LEAST_S = 5;
const MOST_S = 86400;

// {node, query(reset), note()}: what stands there as the query of a write, and in words.
export function askTerms() {
	const why = h("input", { id: fresh("why"), name: "comment", maxlength: 127, autocomplete: "off" });
	const trial = h("input", { type: "checkbox", id: fresh("trial"), name: "confirm" });
	const seconds = h("input", {
		type: "number",
		id: fresh("seconds"),
		name: "confirm_timeout_seconds",
		min: LEAST_S,
		max: MOST_S,
		value: PRESET_S,
	});
	const who = h(
		"select",
		{ id: fresh("who"), name: "confirm_mode" },
		h("option", { value: "manual" }, tx("when somebody confirms it")),
		h("option", { value: "tunnels_established" }, tx("when the tunnels it touches are up again")),
	);
	const more = h(
		"span",
		{ class: "trial", hidden: true },
		h("label", { for: seconds.id }, tx("Seconds to wait")),
		seconds,
		h("label", { for: who.id }, tx("It stays")),
		who,
	);
	trial.addEventListener("change", () => {
		more.hidden = !trial.checked;
	});
	const node = h(
		"div",
		{ class: "terms" },
		h("p", { class: "ask" }, h("label", { for: why.id }, tx("Comment for the history")), why),
		h(
			"p",
			{ class: "check" },
			trial,
			h("label", { for: trial.id }, tx("Take it back by itself unless it is confirmed")),
		),
		more,
	);
	return {
		node,
		query(reset) {
			const q = new URLSearchParams({ reset });
			if (why.value.trim()) q.set("comment", why.value.trim());
			if (trial.checked) {
				q.set("confirm", who.value);
				q.set("confirm_timeout_seconds", seconds.value || PRESET_S);
			}
			return q.toString();
		},
		note: () => (trial.checked ? " It goes back by itself unless it is confirmed, above the page." : ""),
	};
}
