// inputs.js - the two inputs that are more than an element: a secret, and an ordered choice
//
// Used by: forms.js. Keeps: nothing.

import { button, fill, h } from "./dom.js";
import { tx } from "./tongue.js";

const WORDS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const LENGTH = 32;

// 32 characters that nobody confuses, about 186 bits.
function invent() {
	const room = 256 - (256 % WORDS.length);
	let s = "";
	while (s.length < LENGTH)
		for (const b of crypto.getRandomValues(new Uint8Array(LENGTH)))
			if (b < room && s.length < LENGTH) s += WORDS[b % WORDS.length];
	return s;
}

// A secret is written and never read back: empty keeps what is there.
export function secretInput(o) {
	const control = h("input", {
		type: "password",
		autocomplete: "new-password",
		spellcheck: "false",
		placeholder: o.secretSet ? tx("set; leave empty to keep it") : "",
	});
	const see = button(
		tx("Show"),
		() => {
			const hide = control.type === "text";
			control.type = hide ? "password" : "text";
			see.textContent = hide ? tx("Show") : tx("Hide");
		},
		{ class: "small" },
	);
	const make = button(
		tx("Make one"),
		() => {
			control.value = invent();
			control.type = "text";
			see.textContent = tx("Hide");
			control.dispatchEvent(new Event("change", { bubbles: true }));
		},
		{ class: "small" },
	);
	return {
		node: h("div", { class: "joined" }, control, see, make),
		control,
		get: () => (control.value === "" ? undefined : control.value),
		set: () => {
			control.value = "";
		},
	};
}

// An ordered list of names out of those that exist: up, down, remove, add.
export function orderedInput(m, names) {
	let chosen = [];
	const list = h("ol", { class: "ordered" });
	const pick = h("select", { "aria-label": tx("Add") });
	const node = h("div", { class: "ordered-input" }, list, pick);
	const changed = () => {
		draw();
		node.dispatchEvent(new Event("change", { bubbles: true }));
	};

	function move(i, by) {
		const [name] = chosen.splice(i, 1);
		if (by) chosen.splice(i + by, 0, name);
		changed();
		(by ? list.querySelectorAll("li")[i + by]?.querySelector("button:not([disabled])") : pick)?.focus();
	}

	function item(name, i) {
		const missing = names.includes(name) ? "" : " (missing)";
		return h(
			"li",
			null,
			h("span", null, name, missing),
			button("↑", () => move(i, -1), {
				class: "small",
				"aria-label": tx("Move {} up", name),
				disabled: i === 0,
			}),
			button("↓", () => move(i, 1), {
				class: "small",
				"aria-label": tx("Move {} down", name),
				disabled: i === chosen.length - 1,
			}),
			button("✕", () => move(i, 0), { class: "small", "aria-label": tx("Remove {}", name) }),
		);
	}

	function draw() {
		const left = names.filter((n) => !chosen.includes(n));
		fill(list, chosen.map(item));
		list.hidden = !chosen.length;
		fill(
			pick,
			h(
				"option",
				{ value: "" },
				left.length ? tx("Add …") : names.length ? "all are in the list" : "none exist yet",
			),
			left.map((n) => h("option", { value: n }, n)),
		);
		pick.disabled = !left.length || chosen.length >= m.many;
	}

	pick.addEventListener("change", (e) => {
		e.stopPropagation();
		if (!pick.value) return;
		chosen.push(pick.value);
		changed();
		pick.focus();
	});
	return {
		node,
		control: pick,
		group: true,
		get: () => [...chosen],
		set: (v) => {
			chosen = [...(v ?? [])];
			draw();
		},
	};
}
