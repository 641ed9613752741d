// dialog.js - windows over the page, and words at its foot
//
// <dialog> keeps the keyboard inside and gives the focus back when it closes.
// Used by: app.js, review.js, reset.js, signin.js. Keeps: the area of notices.

import { button, fill, fresh, h } from "./dom.js";
import { faultText, told, tx } from "./tongue.js";

const area = h("div", { class: "notices", role: "status" });
export const noticeArea = () => area;

const STAY_MS = 8000;
const STAY_TO_ACT_MS = 20000; // there is something to press

// A sentence at the foot of the page; parts may be nodes. kind: "", "bad".
export function notice(...parts) {
	const node = h(
		"p",
		null,
		parts,
		button(tx("Dismiss"), () => node.remove(), { class: "small quiet" }),
	);
	area.append(node);
	while (area.children.length > 2) area.firstChild.remove();
	const acts = parts.some((p) => p instanceof HTMLButtonElement);
	setTimeout(() => node.remove(), acts ? STAY_TO_ACT_MS : STAY_MS);
}

// Opens a window; draw(body, close) fills it. Resolves with what close() was given.
export function openDialog(title, draw, o = {}) {
	const id = fresh("dialog");
	const body = h("div", { class: "dialog-body" });
	const node = h(
		"dialog",
		{ "aria-labelledby": id, class: o.class },
		h(
			"div",
			{ class: "dialog-head" },
			h("h2", { id }, title),
			o.modalOnly ? null : button(tx("Close"), () => node.close(), { class: "small quiet" }),
		),
		body,
	);
	let answer = null;
	const done = new Promise((resolve) => {
		node.addEventListener("close", () => {
			node.remove();
			o.closed?.();
			resolve(answer);
		});
	});
	if (o.modalOnly) node.addEventListener("cancel", (e) => e.preventDefault());
	document.body.append(node);
	draw(
		body,
		(v) => {
			answer = v;
			node.close();
		},
		node,
	);
	node.showModal();
	return done;
}

export function ask(title, sentence, yes, no) {
	return openDialog(title, (body, close) => {
		fill(
			body,
			h("p", null, sentence),
			h(
				"div",
				{ class: "choices" },
				button(yes, () => close(true)),
				button(no, () => close(false), { class: "main", autofocus: true }),
			),
		);
	});
}

// A refusal of the gateway, in full: what, why, what to do.
export function refusal(e) {
	const others = e.errors?.filter((x) => x.message !== e.message) ?? [];
	return h(
		"div",
		{ class: "refusal", role: "alert" },
		h("p", null, h("strong", null, told(e.body?.title) || tx("No answer")), ": ", e.message),
		e.hint ? h("p", null, told(e.hint)) : null,
		others.length
			? h(
					"ul",
					null,
					others.map((x) =>
						h(
							"li",
							null,
							x.pointer ? `${x.pointer}: ` : "",
							faultText(x),
							x.rule ? h("code", null, ` ${x.rule}`) : null,
						),
					),
				)
			: null,
	);
}
