// review.js - what a change does, before it is done; then done, and followed
//
// The dry run answers with the difference, the SAs it touches and what the checks say: three panes.
// From here there are three ways: keep it and leave the SAs as they are (they are marked stale),
// keep it and reset exactly those SAs, or stage it for later. Somebody else's change meanwhile is shown as what it
// is: their value beside ours.
// Used by: editor.js. Keeps: nothing beyond its window.

import { Problem, call } from "./rest.js";
import { button, fill, h } from "./dom.js";
import { openDialog } from "./dialog.js";
import { conflict } from "./conflict.js";
import { changesTable, outcome, touchedTable, waysOn, wrong } from "./effects.js";
import { plural } from "./format.js";
import { panes } from "./panes.js";
import { askTerms } from "./terms.js";
import { refresh } from "./picture.js";
import { placeOf, stage } from "./staged.js";
import { tx } from "./tongue.js";

const words = {
	reset: (n) => tx("{} and reset {}", tx("Apply"), plural(n, "SA")),
	only: () => tx("Save only, mark stale"),
	plain: tx("Save"),
};

// SAs of what is disabled end in any case.
const disables = (changes) => changes.some((c) => c.member === "enabled" && c.to === false);
const wait = (body, sentence) => fill(body, h("p", { role: "status" }, sentence));
const write = (o, query) =>
	call(o.method, `${o.path}?${query}`, o.body, o.etag ? { "If-Match": o.etag } : {});

// What the gateway refused: a conflict, faults for the form, or something else.
function refused(o, body, close, e, back) {
	if (e instanceof Problem && e.status === 412) {
		conflict(o, body, close, () => look(o, body, close));
	} else if (e instanceof Problem && e.status === 422) {
		close();
		o.refused(e.errors, e.body.warnings ?? []);
	} else {
		wrong(body, e, back);
	}
}

async function apply(o, body, close, terms, reset) {
	wait(body, reset === "affected" ? tx("Saving and resetting …") : tx("Saving …"));
	try {
		o.answer = (await write(o, terms.query(reset))).body;
		o.reset = reset;
		refresh();
		if (reset === "affected" && o.answer.reset)
			o.following = outcome(body, o.answer, close, `${tx("Saved and in force.")}${terms.note()}`);
		else close();
	} catch (e) {
		refused(o, body, close, e, () => look(o, body, close));
	}
}

async function keep(o, body, close) {
	const name = o.isNew ? o.body.name : o.name;
	wait(body, tx("Staging …"));
	try {
		await stage(
			{ op: o.isNew ? "add" : "merge", path: placeOf(o.kind, name), value: o.body },
			tx("{} is staged, not in force.", name),
		);
		o.kept = true;
		close();
	} catch (e) {
		refused(o, body, close, e, () => look(o, body, close));
	}
}

async function show(o, body, close, said) {
	if (!said.changes.length && !o.isNew) {
		fill(
			body,
			h("p", null, tx("Nothing is changed.")),
			h("div", { class: "choices" }, button(tx("Back"), close, { class: "main" })),
		);
		return;
	}
	const mine = {
		...words,
		plain: o.isNew ? tx("Create") : words.plain,
		only: disables(said.changes) ? null : words.only,
		stage: () => keep(o, body, close),
	};
	const terms = askTerms();
	const ways = waysOn(said.impact, (reset) => apply(o, body, close, terms, reset), close, mine);
	const screen = await panes(said, changesTable(said.changes), touchedTable(said.impact), 3);
	fill(body, screen, terms.node, ways);
	ways.querySelector("button").focus();
}

async function look(o, body, close) {
	wait(body, tx("Asking what this would do …"));
	try {
		const said = (await write(o, "dry_run=true")).body;
		if (said.valid) {
			await show(o, body, close, said);
		} else {
			close();
			o.refused(said.errors, said.warnings);
		}
	} catch (e) {
		refused(o, body, close, e, close);
	}
}

// o: kind, name, isNew, method, path, members, base, etag, body, saved(), staged(), refused(), rebase(), replace()
export async function review(o) {
	await openDialog(
		o.isNew ? tx("Review the new record") : tx("Review the change"),
		(body, close) => look(o, body, close),
		{ class: "widest", closed: () => o.following?.stop() },
	);
	if (o.answer) o.saved(o.answer, o.reset);
	if (o.kept) o.staged();
}
