// goback.js - going back to an earlier revision, with what that does; and undoing the newest
//
// Going back is a change as any other: a new revision with what was in the old one.
// Used by: history.js, waiting.js, editor.js. Keeps: nothing beyond its window.

import { call, get } from "./rest.js";
import { bulk, resetWords } from "./bulk.js";
import { button } from "./dom.js";
import { notice, openDialog } from "./dialog.js";
import { plural } from "./format.js";
import { refresh } from "./picture.js";
import { told, tx } from "./tongue.js";

function tell(answer, revision) {
	const n = answer.reset?.results.length ?? 0;
	notice(
		tx("Back to revision {}, as revision {}.", revision, answer.revision),
		n ? tx(" {} reset.", plural(n, "SA")) : "",
	);
}

// The window: every record that differs, the SAs touched, then the ways on.
export async function goBack(revision) {
	const o = {
		path: `/commits/${revision}/rollback`,
		caption: tx("What changes"),
		nothing: tx("Nothing differs from revision {}.", revision),
		words: resetWords(tx("Go back")),
		shown: (ways) => ways.querySelector("button").focus(),
	};
	await openDialog(
		tx("Go back to revision {}", revision),
		(body, close) => {
			o.back = button(tx("Cancel"), () => close());
			bulk(o, body, close);
		},
		{ class: "widest", closed: () => o.following?.stop() },
	);
	if (o.answer) tell(o.answer, revision);
}

// Back at once, without a look at it first.
export async function backNow(revision, reset) {
	try {
		tell((await call("POST", `/commits/${revision}/rollback?reset=${reset}`)).body, revision);
		refresh();
	} catch (e) {
		notice(tx("Not gone back: {} ", e.message), told(e.hint));
	}
}

// One click back over `revision`; reset as the change itself did. Somebody else's change since
// then would go with it, so that is shown first.
export async function undo(revision, reset) {
	try {
		if ((await get(`/commits/${revision}/diff`)).to !== revision) await goBack(revision - 1);
		else await backNow(revision - 1, reset);
	} catch (e) {
		notice(tx("Not undone: {} ", e.message), told(e.hint));
	}
}

// The same for a deletion, whose answer names no revision: the newest one, if that is what it did.
export async function undoOfDeletion(kind, name, reset) {
	try {
		const [c] = (await get("/commits?limit=1")).items;
		const rows = (await get(`/commits/${c.revision}`)).changes;
		const it =
			rows.length === 1 && rows[0].op === "delete" && rows[0].kind === kind && rows[0].name === name;
		return it ? undoButton(c.revision, reset) : "";
	} catch {
		return "";
	}
}

export const undoButton = (revision, reset) =>
	button(
		tx("Undo"),
		(e) => {
			e.target.disabled = true;
			e.target.closest("p")?.remove();
			undo(revision, reset);
		},
		{ class: "small" },
	);
