// panes.js - a change before it is made, as one screen: what differs, which SAs it touches, what the checks say
//
// Three panes side by side, one below the other where the window is narrow. The checks are the
// rules that speak, each with its sentence out of the register, and the replay of the peer's last
// offer against the configuration as it would be.
// Used by: review.js, bulk.js. Keeps: nothing.

import { schema } from "./rest.js";
import { fresh, h } from "./dom.js";
import { mark } from "./format.js";
import { replayed } from "./replay.js";
import { faultText, ruleText, told, tx } from "./tongue.js";

function pane(level, title, name, ...parts) {
	const id = fresh("pane");
	return h("section", { class: `pane ${name}`, "aria-labelledby": id }, h(`h${level}`, { id }, title), parts);
}

function ruleLine(f, kind, rules) {
	const rule = rules.find((r) => r.name === f.rule);
	return h(
		"li",
		{ class: kind },
		mark(kind, kind === "bad" ? "✖" : "▲", faultText(f)),
		f.hint ? h("span", { class: "hint" }, told(f.hint)) : null,
		f.rule ? h("span", { class: "hint quiet" }, h("code", null, f.rule), rule ? ` ${ruleText(rule)}` : "") : null,
	);
}

function checks(said, rules, level) {
	const errors = said.errors ?? [];
	const warnings = said.warnings ?? [];
	if (!errors.length && !warnings.length)
		return h("p", null, mark("up", "●", tx("No rule has anything to say against it.")));
	return h(
		"div",
		{ role: errors.length ? "alert" : null },
		h(`h${level}`, null, errors.length ? tx("It cannot be done as it is") : tx("Worth knowing")),
		h(
			"ul",
			{ class: "faults" },
			errors.map((f) => ruleLine(f, "bad", rules)),
			warnings.map((f) => ruleLine(f, "warn", rules)),
		),
	);
}

// said: the dry run's answer; differs and touched: what is drawn in the first two panes; level: of their
// headings, below that of the window or page.
export async function panes(said, differs, touched, level) {
	const { rules } = await schema();
	return h(
		"div",
		{ class: "panes" },
		pane(level, tx("Difference"), "differs", differs),
		pane(level, tx("SAs and their traffic"), "touched", touched),
		pane(
			level,
			tx("Checks"),
			"checks",
			checks(said, rules, level + 1),
			said.replay === undefined
				? null
				: [h(`h${level + 1}`, null, tx("The peer's last offer, replayed")), replayed(said.replay)],
		),
	);
}
