// fillin.js - a window with a few inputs, for people and tokens
//
// Used by: access.js. Keeps: nothing.

import { button, fill, fresh, h } from "./dom.js";
import { openDialog, refusal } from "./dialog.js";
import { tx } from "./tongue.js";

const ROLES = ["viewer", "auditor", "operator", "editor", "admin"];

export function roleChoice(props) {
	return h(
		"select",
		props,
		ROLES.map((r) => h("option", { value: r }, r)),
	);
}

function row(label, node, help) {
	node.id = fresh("in");
	const about = help ? h("p", { id: fresh("help"), class: "help" }, help) : null;
	if (about) node.setAttribute("aria-describedby", about.id);
	return h("div", { class: "field" }, h("label", { for: node.id }, label), node, about);
}

// rows: [label, input, help]; send() makes it or throws; resolves with what it gave, or null.
export function fillIn(title, rows, does, send) {
	return openDialog(title, (body, close) => {
		const said = h("div");
		const submit = async (e) => {
			e.preventDefault();
			fill(said);
			try {
				close((await send()) ?? true);
			} catch (problem) {
				fill(said, refusal(problem));
			}
		};
		fill(
			body,
			h(
				"form",
				{ submit },
				h(
					"div",
					{ class: "sign" },
					rows.map((r) => row(...r)),
				),
				said,
				h(
					"div",
					{ class: "choices" },
					h("button", { type: "submit", class: "main" }, does),
					button(tx("Back"), () => close()),
				),
			),
		);
	});
}

export const nameInput = () =>
	h("input", {
		name: "name",
		required: true,
		autocomplete: "off",
		spellcheck: "false",
		autocapitalize: "none",
	});
export const passwordInput = () =>
	h("input", { name: "password", type: "password", required: true, autocomplete: "new-password" });
// Words with commas or blanks between them: [input, the list in it].
export function wordsInput(name) {
	const input = h("input", { name, autocomplete: "off", spellcheck: "false", autocapitalize: "none" });
	return [input, () => input.value.split(/[\s,]+/).filter(Boolean)];
}
export const LONG = tx("At least 10 characters");
