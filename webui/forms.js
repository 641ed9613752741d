// forms.js - a form for any record, drawn from the registers
//
// The schema says of every member what it is, its limits, its default, its help and what a
// change of it touches; a field here is that row made visible. Members come in groups
// (words.js); what has no effect in this release stands apart.
// Used by: editor.js. Keeps: the fields of one form.

import { attr, fill, fresh, h } from "./dom.js";
import { impacts, kinds, label } from "./words.js";
import { inputOf } from "./kinds.js";
import { faultText, told, tx } from "./tongue.js";

const has = (m, flag) => m.flags.includes(flag);
export const at = (record, name) => name.split(".").reduce((o, k) => o?.[k], record);

export function set(record, name, value) {
	const path = name.split(".");
	const last = path.pop();
	const owner = path.reduce((o, k) => (o[k] ??= {}), record);
	owner[last] = value;
}

// The default as a record shows it.
export function presetOf(m) {
	if (has(m, "hex") && typeof m.preset === "number") return `0x${m.preset.toString(16).padStart(8, "0")}`;
	return m.preset === "" ? null : m.preset;
}

export const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

// ---- a field: label, input, help, faults ----

function limits(m) {
	const parts = [];
	if (m.kind === "number" && m.max)
		parts.push(`${tx("{} to {}", m.min, m.max)}${has(m, "zero_is_off") ? tx(", or 0") : ""}`);
	if (m.many && m.kind !== "reference") parts.push(tx("one on each line, at most {}", m.many));
	if (has(m, "restart")) parts.push(tx("counts after a restart of the daemon"));
	return parts.length ? ` (${parts.join("; ")})` : "";
}

function faultLine(f, kind) {
	return h(
		"li",
		{ class: kind },
		h("span", { "aria-hidden": "true" }, kind === "bad" ? "✖ " : "▲ "),
		faultText(f),
		f.hint ? h("span", { class: "hint" }, told(f.hint)) : null,
		f.rule ? [" ", h("code", null, f.rule)] : null,
	);
}

function makeField(m, o) {
	const input = inputOf(m, o);
	const control = input.control ?? input.node;
	const id = fresh("f");
	const said = h("ul", { class: "faults", id: `${id}-said` });
	const [kind, word, title] = impacts[m.impact] ?? impacts.none;
	const badge = m.impact === "none" || o.isNew ? null : h("span", { class: `badge ${kind}`, title }, word);
	const help = h("p", { class: "help", id: `${id}-help` }, told(m.help), limits(m));
	const caption = input.group
		? h("span", { id: `${id}-label`, class: "label" }, label(m.name))
		: h("label", { for: id }, label(m.name));
	const needed = has(m, "required") || has(m, "key") ? h("span", { class: "needed" }, " ", tx("needed")) : null;
	if (input.group) {
		attr(input.node, "role", "group");
		attr(input.node, "aria-labelledby", `${id}-label`);
	} else {
		control.id = id;
		attr(control, "name", m.name);
	}
	attr(control, "aria-describedby", `${id}-help ${id}-said`);
	const node = h(
		"div",
		{ class: `field ${m.kind === "flag" ? "check-field" : ""}`, "data-member": m.name },
		h("div", { class: "caption" }, caption, needed, badge),
		input.node,
		help,
		said,
	);
	const field = {
		member: m,
		node,
		control,
		touched: false,
		get: input.get,
		set: input.set,
		said(errors, warnings) {
			fill(
				said,
				errors.map((f) => faultLine(f, "bad")),
				warnings.map((f) => faultLine(f, "warn")),
			);
			node.classList.toggle("refused", errors.length > 0);
			if (errors.length) attr(control, "aria-invalid", "true");
			else control.removeAttribute("aria-invalid");
		},
	};
	for (const e of ["change", "input"])
		node.addEventListener(e, () => {
			field.touched = true;
			o.changed(e, field);
		});
	return field;
}

function groupsOf(kind, members) {
	const given = kinds[kind]?.groups ?? {};
	const groups = new Map(Object.keys(given).map((g) => [g, []]));
	const byName = new Map(members.map((m) => [m.name, m]));
	const placed = new Set();
	for (const [g, names] of Object.entries(given))
		for (const n of names)
			if (byName.has(n) && !has(byName.get(n), "later")) {
				groups.get(g).push(byName.get(n));
				placed.add(n);
			}
	for (const m of members)
		if (!placed.has(m.name)) {
			const g = has(m, "later")
				? tx("No effect in this release yet")
				: Object.keys(given).length
					? tx("More")
					: tx("Members");
			groups.set(g, [...(groups.get(g) ?? []), m]);
		}
	return [...groups].filter(([, list]) => list.length);
}

// Where a fault of the gateway belongs: "/local_ts/0" or "local_ts.0" to the field local_ts.
export function memberOf(pointer, fields) {
	let name = (pointer ?? "").replace(/^\//, "").replaceAll("/", ".");
	while (name && !fields.has(name)) name = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
	return name || null;
}

// o: isNew, names(kindPath), changed(event, field), secretSet, disabled
export function drawForm(kind, members, o) {
	const fields = new Map();
	const shown = members.filter((m) => !has(m, "read_only"));
	const general = h("ul", { class: "faults general" });
	const sets = groupsOf(kind, shown).map(([name, list]) => {
		const parts = list.map((m) => {
			const f = makeField(m, o);
			fields.set(m.name, f);
			return f.node;
		});
		const isLater = list.every((m) => has(m, "later"));
		const set_ = h(
			"fieldset",
			{ disabled: o.disabled },
			h("legend", { class: isLater ? "unseen" : null }, tx(name)),
			h("div", { class: "fields" }, parts),
		);
		return isLater
			? h("details", { class: "later" }, h("summary", null, `${name} (${list.length})`), set_)
			: set_;
	});
	return {
		node: h("div", { class: "form" }, general, sets),
		fields,
		set(record) {
			for (const [name, f] of fields) f.set(at(record, name));
		},
		get() {
			const record = {};
			for (const [name, f] of fields) set(record, name, f.get());
			return record;
		},
		// Shows faults at their fields; `every`: also at fields nobody has touched.
		say(errors, warnings, every) {
			const rest = [];
			const mine = (list, name) => list.filter((f) => memberOf(f.pointer, fields) === name);
			for (const [name, f] of fields) {
				const visible = every || f.touched;
				f.said(visible ? mine(errors, name) : [], visible ? mine(warnings, name) : []);
			}
			if (every)
				rest.push(
					...mine(errors, null).map((f) => faultLine(f, "bad")),
					...mine(warnings, null).map((f) => faultLine(f, "warn")),
				);
			fill(general, rest);
		},
		focusFirstFault() {
			for (const f of fields.values())
				if (f.node.classList.contains("refused")) {
					f.node.closest("details")?.setAttribute("open", "");
					f.control.focus();
					return;
				}
			general.scrollIntoView({ block: "nearest" });
		},
	};
}
