// staged.js - edits that are collected first and applied together later
//
// The gateway keeps them (change sets): they survive this page, not a restart of the gateway.
// Everybody sees everybody's; one's own edits go into one's own set.
// Used by: app.js, review.js, remove.js. Keeps: the sets, as last read.

import { call, get, may, post, session } from "./rest.js";
import { bulk, nameOf, recordsTable, resetWords } from "./bulk.js";
import { button, fill, h, link } from "./dom.js";
import { ask, notice } from "./dialog.js";
import { mark, plural, when } from "./format.js";
import { undoButton } from "./goback.js";
import { hear } from "./live.js";
import { tx } from "./tongue.js";

const LOOK_MS = 15000;

const node = h("section", { class: "strip", "aria-label": tx("Staged, not in force"), hidden: true });
let sets = [];
let running = null;
let timer = null;

const edits = (s) => plural(s.records.length, "edit");
const owner = (s) => (s.who === session.user ? tx("you") : (s.who ?? tx("somebody")));

function draw() {
	const some = sets.filter((s) => s.records.length);
	node.hidden = !some.length;
	fill(
		node,
		mark("note", "◆", tx("staged")),
		tx(" Not in force yet: "),
		some.map((s, i) => [i ? ", " : "", link(`#/staged/${s.id}`, tx("{} by {}", edits(s), owner(s)))]),
		".",
	);
}

async function read() {
	sets = (await get("/changesets")).items;
	draw();
}

function look() {
	running ??= read()
		.catch(() => {})
		.finally(() => {
			running = null;
		});
	return running;
}

export async function stagedQuiet() {
	clearInterval(timer);
	await running;
}

export function stagedStrip() {
	hear((name) => {
		if (name === "config.changed" || name === "resync") look();
	});
	timer = setInterval(() => !document.hidden && look(), LOOK_MS);
	look();
	return node;
}

// The place of a record in an edit, as JSON Pointer writes it (RFC 6901).
export const placeOf = (kind, name) =>
	kind.startsWith("settings/")
		? `/${kind}`
		: `/${kind}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

// edit: {op, path, value}; goes into one's own set, which is made when there is none.
export async function stage(edit, words) {
	await running;
	sets = (await get("/changesets")).items;
	const mine = sets.find((s) => s.who === session.user);
	const set = mine
		? (await call("PATCH", `/changesets/${mine.id}`, { edits: [edit] })).body
		: await post("/changesets", { edits: [edit] });
	notice(`${words} `, link(`#/staged/${set.id}`, tx("Show {}", edits(set))));
	look();
}

function conflictsOf(set) {
	if (!set.conflicts.length) return null;
	return h(
		"div",
		{ class: "refusal" },
		h(
			"p",
			null,
			mark("warn", "▲", tx("Changed meanwhile")),
			" by somebody else; discard this and edit again:",
		),
		h(
			"ul",
			null,
			set.conflicts.map((c) =>
				h(
					"li",
					null,
					nameOf(c),
					c.current_revision === null ? tx(" is gone") : `: ${c.members.join(", ")}`,
				),
			),
		),
	);
}

async function discard(set) {
	const sure = await ask(
		tx("Discard what is staged?"),
		tx("{} by {} will be forgotten. Nothing in force changes.", edits(set), owner(set)),
		tx("Discard"),
		tx("Keep"),
	);
	if (!sure) return;
	try {
		await call("DELETE", `/changesets/${set.id}`);
		notice(tx("Discarded."));
		location.hash = "#/changes";
	} catch (e) {
		notice(tx("Not discarded: {}", e.message));
	}
	look();
}

// One record's edits leave the set; the page is drawn anew from what is left.
async function takeOut(set, r, main) {
	try {
		await call("PATCH", `/changesets/${set.id}`, {
			edits: [{ op: "forget", path: placeOf(r.kind, r.name) }],
		});
		notice(tx("Taken out."));
		await stagedPage(main, set.id);
	} catch (e) {
		notice(`${tx("Not taken out: ")}${e.message}`);
	}
	look();
}

export async function stagedPage(main, id) {
	const set = await get(`/changesets/${encodeURIComponent(id)}`);
	const body = h("div");
	const mayApply = may("editor");
	const o = {
		path: `/changesets/${set.id}/apply`,
		preview: mayApply ? null : `/changesets/${set.id}/impact`,
		caption: tx("What would change"),
		nothing: tx("Nothing in it differs from what is in force."),
		words: resetWords(tx("Apply all")),
		takeOut: mayApply ? (r) => takeOut(set, r, main) : null,
		back: mayApply ? button(tx("Discard"), () => discard(set), { class: "danger" }) : null,
		applied(answer, reset) {
			look();
			notice(tx("Applied as revision {}. ", answer.revision), undoButton(answer.revision, reset));
		},
	};
	fill(
		main,
		h("h1", null, tx("Staged by {}", owner(set))),
		h(
			"p",
			{ class: "about" },
			tx("Since "),
			when(set.created_at),
			". Nothing of this is in force. A restart of the gateway forgets it, as a day without a touch does.",
		),
		conflictsOf(set),
		body,
	);
	if (set.conflicts.length)
		fill(body, recordsTable(set.records, o.caption, o.takeOut), h("div", { class: "choices" }, o.back));
	else
		await bulk(o, body, () => {
			location.hash = "#/changes";
		});
	return { leave: () => o.following?.stop() };
}
