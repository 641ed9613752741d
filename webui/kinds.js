// kinds.js - one input for each kind of member
//
// An input is {node, get(), set(value)}; those of several controls are in inputs.js.
// Used by: forms.js. Keeps: nothing.

import { attr, h } from "./dom.js";
import { orderedInput, secretInput } from "./inputs.js";
import { tx } from "./tongue.js";

const has = (m, flag) => m.flags.includes(flag);
const orNull = (s) => (s === "" ? null : s);

function textInput(m) {
	const node = h("input", {
		type: "text",
		spellcheck: "false",
		autocomplete: "off",
		autocapitalize: "none",
		maxlength: m.kind === "text" ? m.max : null,
	});
	return {
		node,
		get: () => orNull(node.value.trim()),
		set: (v) => {
			node.value = v ?? "";
		},
	};
}

function numberInput(m) {
	const node = h("input", { type: "text", inputmode: "numeric", autocomplete: "off", class: "number" });
	return {
		node,
		get: () => (/^\d+$/.test(node.value.trim()) ? Number(node.value) : orNull(node.value.trim())),
		set: (v) => {
			node.value = v ?? "";
		},
	};
}

function choiceInput(m) {
	const node = h(
		"select",
		null,
		m.choices.map((c) =>
			h(
				"option",
				{ value: c.value },
				c.verdict && c.verdict !== "current" ? `${tx(c.value)} (${tx(c.verdict)})` : tx(c.value),
			),
		),
	);
	return {
		node,
		get: () => node.value,
		set: (v) => {
			node.value = v ?? m.preset;
		},
	};
}

function flagInput() {
	const node = h("input", { type: "checkbox" });
	return {
		node,
		get: () => node.checked,
		set: (v) => {
			node.checked = Boolean(v);
		},
	};
}

function referenceInput(m, names) {
	const node = h(
		"select",
		null,
		h("option", { value: "" }, tx("none")),
		names.map((n) => h("option", { value: n }, n)),
	);
	return {
		node,
		get: () => orNull(node.value),
		set: (v) => {
			if (v && !names.includes(v)) node.append(h("option", { value: v }, `${v} (missing)`));
			node.value = v ?? "";
		},
	};
}

function linesInput(m) {
	const node = h("textarea", { rows: "2", spellcheck: "false", autocapitalize: "none" });
	return {
		node,
		get: () =>
			node.value
				.split(/[\n,]+/)
				.map((s) => s.trim())
				.filter(Boolean),
		set: (v) => {
			node.value = (v ?? []).join("\n");
			attr(node, "rows", String(Math.max(2, (v ?? []).length + 1)));
		},
	};
}

// A PEM text: as it is, line by line.
function pemInput() {
	const node = h("textarea", { rows: "8", spellcheck: "false", autocapitalize: "none" });
	return {
		node,
		get: () => node.value,
		set: (v) => {
			node.value = v ?? "";
		},
	};
}

// A secret of several lines is written and never read back: empty keeps what is there.
function pemSecretInput(o) {
	const input = pemInput();
	attr(input.node, "placeholder", o.secretSet ? "set; leave empty to keep it" : "");
	return {
		node: input.node,
		get: () => (input.node.value === "" ? undefined : input.node.value),
		set: () => {
			input.node.value = "";
		},
	};
}

// o: secretSet, names(kindPath)
export function inputOf(m, o) {
	if (has(m, "lines")) return m.kind === "secret" ? pemSecretInput(o) : pemInput();
	if (m.kind === "secret") return secretInput(o);
	if (m.kind === "reference")
		return m.many ? orderedInput(m, o.names(m.ref)) : referenceInput(m, o.names(m.ref));
	if (m.many) return linesInput(m);
	return { number: numberInput, choice: choiceInput, flag: flagInput }[m.kind]?.(m) ?? textInput(m);
}
