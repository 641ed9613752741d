// effects.js - what a change touches, drawn: the parts of the windows of review.js and remove.js
//
// Used by: review.js, remove.js, conflict.js. Keeps: nothing.

import { button, fill, h, link, sync, table } from "./dom.js";
import { refusal } from "./dialog.js";
import { bytes, mark, plural, value } from "./format.js";
import { follow } from "./results.js";
import { impacts, label } from "./words.js";
import { faultText, told, tx } from "./tongue.js";

export function changesTable(changes) {
	const t = table(tx("What changes"), [tx("Member"), tx("From"), tx("To"), tx("Effect")], {
		showCaption: true,
		class: "stack",
	});
	sync(
		t.body,
		changes,
		(c) => c.member,
		(c) => {
			const [kind, word] = impacts[c.impact] ?? impacts.none;
			return {
				nodes: [
					h(
						"tr",
						null,
						h("th", { scope: "row" }, label(c.member)),
						h("td", { class: "from" }, value(c.from)),
						h("td", { class: "to" }, value(c.to)),
						h("td", null, mark(kind, kind === "warn" ? "▲" : "·", word)),
					),
				],
			};
		},
	);
	return t.node;
}

export function touchedTable(impact) {
	const rows = [
		...impact.ike_sas.map((s) => ({ ...s, type: tx("IKE SA") })),
		...impact.child_sas.map((s) => ({ ...s, type: tx("IPsec SA pair") })),
	];
	if (!rows.length)
		return h(
			"p",
			null,
			mark("up", "●", tx("No SA is touched.")),
			impact.unaffected_ike_sas
				? ` ${tx("{} as before.", plural(impact.unaffected_ike_sas, "IKE SA stays", "IKE SAs stay"))}`
				: "",
		);
	const t = table(
		tx("SAs this touches"),
		["SA", tx("Tunnel"), tx("Why"), { label: tx("Traffic, last minute"), class: "num" }],
		{ showCaption: true, class: "stack" },
	);
	sync(
		t.body,
		rows,
		(s) => `${s.type} ${s.id}`,
		(s) => ({
			nodes: [
				h(
					"tr",
					null,
					h("th", { scope: "row" }, `${s.type} ${s.id}`),
					h("td", null, s.tunnel ? `${s.tunnel} (${s.peer})` : s.peer),
					h("td", null, s.reason ?? ""),
					h(
						"td",
						{ class: "num" },
						s.bytes_last_minute === undefined ? "" : bytes(s.bytes_last_minute),
					),
				),
			],
		}),
	);
	return [
		t.node,
		h(
			"p",
			{ class: "quiet" },
			impact.unaffected_ike_sas
				? tx("{} as before.", plural(impact.unaffected_ike_sas, "other IKE SA stays", "other IKE SAs stay"))
				: tx("No other IKE SA is there."),
		),
	];
}

export function warningsList(warnings) {
	if (!warnings?.length) return null;
	return h(
		"section",
		null,
		h("h3", null, tx("Worth knowing")),
		h(
			"ul",
			{ class: "faults" },
			warnings.map((w) =>
				h(
					"li",
					{ class: "warn" },
					mark("warn", "▲", faultText(w)),
					w.hint ? ` ${told(w.hint)}` : "",
					w.rule ? [" ", h("code", null, w.rule)] : null,
				),
			),
		),
	);
}

export const touched = (impact) => (impact?.ike_sas?.length ?? 0) + (impact?.child_sas?.length ?? 0);

// The ways on. apply(reset) does it; back is a function or a button;
// words.stage() keeps it for later; without words.only the SAs cannot stay as they are.
export function waysOn(impact, apply, back, words) {
	const n = touched(impact);
	const save = (label, main) => button(label, () => apply("none"), { class: main ? "main" : "" });
	return h(
		"div",
		{ class: "choices" },
		n ? button(words.reset(n), () => apply("affected"), { class: "main" }) : save(words.plain, true),
		n && words.only ? save(words.only(n), false) : null,
		words.stage
			? button(tx("Stage"), words.stage, { title: tx("Keep it for later, apply it with others") })
			: null,
		back instanceof Node ? back : button(tx("Back"), back),
	);
}

// Results of a write with a reset, live, in the same window.
export function outcome(body, answer, close, words) {
	const place = h("div");
	const done = button(tx("Done"), () => close(), { class: "main" });
	fill(
		body,
		h("p", null, mark("up", "●", words)),
		answer?.warnings?.length ? warningsList(answer.warnings) : null,
		place,
		h("div", { class: "choices" }, done),
	);
	done.focus();
	return follow(place, answer.reset);
}

export function wrong(body, e, back) {
	const referrers = e.body?.referrers ?? [];
	const again = button(tx("Back"), back, { class: "main" });
	fill(
		body,
		refusal(e),
		referrers.length
			? [
					h("p", null, tx("These refer to it:")),
					h(
						"ul",
						null,
						referrers.map((r) =>
							h(
								"li",
								null,
								link(`#/${r.kind}/${encodeURIComponent(r.name)}`, `${r.kind} ${r.name}`),
							),
						),
					),
				]
			: null,
		h("div", { class: "choices" }, again),
	);
	again.focus();
}
