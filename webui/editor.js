// editor.js - one record: its form, checked while it is written, reviewed before it counts
//
// Every change asks the gateway by dry run what it thinks, so rules speak at their field with
// their reason. Nothing is kept before the review step. What is sent is what was changed
// (merge patch) with the revision that was read: somebody else's change is never overwritten.
// Used by: app.js. Keeps: the record as it was read.

import { Problem, call, get, list, may, schema, writer } from "./rest.js";
import { button, fill, h, link, put } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { moment } from "./format.js";
import { at, drawForm, presetOf, same, set } from "./forms.js";
import { undoButton, undoOfDeletion } from "./goback.js";
import { deletion } from "./remove.js";
import { review } from "./review.js";
import { shapes } from "./shapes.js";
import { kinds } from "./words.js";
import { tx } from "./tongue.js";

const THINK_MS = 350;
const NAMES = 20000; // of a kind that others refer to

const isSingle = (kind) => kind.startsWith("settings/");
export const pathOf = (kind, name) => (isSingle(kind) ? `/${kind}` : `/${kind}/${encodeURIComponent(name)}`);

function presets(members) {
	const record = {};
	for (const m of members) set(record, m.name, presetOf(m));
	return record;
}

// Names of the kinds that references point to.
async function referables(members) {
	const kinds_ = [...new Set(members.filter((m) => m.ref).map((m) => m.ref))];
	const names = await Promise.all(
		kinds_.map(async (k) => (await list(`/${k}?fields=name`, NAMES)).map((r) => r.name)),
	);
	return new Map(kinds_.map((k, i) => [k, names[i]]));
}

// What differs from `base`, as a merge patch.
export function difference(base, record, members) {
	const body = {};
	for (const m of members) {
		const now = at(record, m.name);
		if (m.flags.includes("read_only") || now === undefined) continue;
		if (m.kind === "secret" ? now !== null : !same(now, at(base, m.name))) set(body, m.name, now);
	}
	return body;
}

async function readRecord(kind, name) {
	const answer = await call("GET", pathOf(kind, name));
	return { record: answer.body, etag: answer.etag };
}

// A new one: from the presets, a starting shape, or from another record of its kind.
async function blank(kind, members, from, shape) {
	const record = presets(members);
	if (kind === "peers")
		for (const [name, v] of Object.entries(shapes[shape]?.members ?? {})) set(record, name, v);
	if (from) {
		const other = await get(pathOf(kind, from));
		for (const m of members)
			if (m.kind !== "secret" && !m.flags.includes("read_only") && m.name !== "name")
				set(record, m.name, at(other, m.name));
	}
	return { record, etag: null };
}

function headOf(kind, name, isNew, record) {
	const words = kinds[kind];
	const title = isNew ? tx("New {}", words.one) : isSingle(kind) ? tx("Settings: {}", words.title) : name;
	const up = isSingle(kind) ? link("#/settings", tx("Settings")) : link(`#/${kind}`, words.title);
	const changed = record.changed_at
		? tx("Last changed {}{}, revision {}.", moment(record.changed_at), record.changed_by ? tx(" by {}", record.changed_by) : "", record.revision)
		: "";
	return [
		h("p", { class: "crumbs" }, up),
		h("h1", null, title),
		isNew ? null : h("p", { class: "quiet" }, changed),
		kind === "peers" && !isNew
			? h("p", null, link(`#/peers/${encodeURIComponent(name)}/state`, tx("How it fares")))
			: null,
	];
}

// The record as read, with a patch of ours on top.
function merged(base, patch, members) {
	const record = structuredClone(base);
	for (const m of members)
		if (at(patch, m.name) !== undefined && m.kind !== "secret") set(record, m.name, at(patch, m.name));
	return record;
}

// One editor: ed holds kind, name, isNew, members, base (as read), etag, form, dirty.
const target = (ed) => (ed.isNew ? ["POST", `/${ed.kind}`] : ["PATCH", pathOf(ed.kind, ed.name)]);
const bodyOf = (ed) => difference(ed.isNew ? presets(ed.members) : ed.base, ed.form.get(), ed.members);

// Asks what the gateway thinks of what stands there now; only the last question counts.
async function check(ed) {
	const mine = ++ed.turn;
	const [method, path] = target(ed);
	try {
		const said = (await call(method, `${path}?dry_run=true`, bodyOf(ed))).body;
		if (mine === ed.turn) ed.form.say(said.errors ?? [], said.warnings ?? [], false);
	} catch (e) {
		if (mine === ed.turn && e instanceof Problem) ed.form.say(e.errors, e.body.warnings ?? [], false);
	}
}

function changed(ed, event) {
	ed.dirty = true;
	clearTimeout(ed.timer);
	if (event === "change") ed.timer = setTimeout(() => check(ed), THINK_MS);
}

function leave(ed) {
	ed.dirty = false;
	location.hash = isSingle(ed.kind) ? "#/settings" : `#/${ed.kind}`;
}

function saved(ed, answer, reset) {
	const words = kinds[ed.kind];
	const name = answer?.name ?? ed.name;
	const undo =
		answer?.revision > (ed.isNew ? 0 : ed.base.revision) ? undoButton(answer.revision, reset) : "";
	leave(ed);
	if (isSingle(ed.kind)) notice(tx("{} is saved. ", words.title), undo);
	else notice(tx("{} is saved. ", name), link(`#/${ed.kind}/${encodeURIComponent(name)}`, tx("Open it")), " ", undo);
}

// Theirs becomes what we stand on; ours goes on top, and is sent again.
function rebase(ed, theirs) {
	const mine = bodyOf(ed);
	ed.base = theirs.record;
	ed.etag = theirs.etag;
	ed.form.set(merged(ed.base, mine, ed.members));
	return bodyOf(ed);
}

function replace(ed, theirs) {
	ed.base = theirs.record;
	ed.etag = theirs.etag;
	ed.form.set(ed.base);
	ed.dirty = false;
}

async function go(ed, said) {
	const [method, path] = target(ed);
	clearTimeout(ed.timer);
	ed.turn++;
	fill(said);
	try {
		await review({
			kind: ed.kind,
			name: ed.name,
			isNew: ed.isNew,
			method,
			path,
			members: ed.members,
			base: ed.base,
			etag: ed.etag,
			body: bodyOf(ed),
			saved: (answer, reset) => saved(ed, answer, reset),
			staged: () => leave(ed),
			refused: (errors, warnings) => {
				ed.form.say(errors, warnings, true);
				ed.form.focusFirstFault();
			},
			rebase: (theirs) => rebase(ed, theirs),
			replace: (theirs) => replace(ed, theirs),
		});
	} catch (problem) {
		fill(said, refusal(problem));
	}
}

function remove(ed) {
	return deletion({
		kind: ed.kind,
		name: ed.name,
		path: pathOf(ed.kind, ed.name),
		etag: ed.etag,
		async saved(reset) {
			leave(ed);
			notice(tx("{} is deleted. ", ed.name), await undoOfDeletion(ed.kind, ed.name, reset));
		},
	});
}

function toolsOf(ed, mayEdit) {
	const tools = h("div", { class: "choices sticky" });
	const undo = () => {
		ed.form.set(ed.base);
		ed.form.say([], [], true);
		ed.dirty = false;
	};
	if (mayEdit)
		put(
			tools,
			h("button", { type: "submit", class: "main" }, ed.isNew ? tx("Review and create") : tx("Review changes")),
			ed.isNew ? null : button(tx("Undo edits"), undo),
		);
	if (mayEdit && !ed.isNew && !isSingle(ed.kind))
		put(
			tools,
			link(`#/${ed.kind}/+new?from=${encodeURIComponent(ed.name)}`, tx("Make a copy")),
			button(tx("Delete"), () => remove(ed), { class: "danger" }),
		);
	return tools;
}

function whyNot(ed) {
	return h(
		"p",
		{ class: "note-line" },
		ed.base.builtin
			? tx("This record is built in and cannot be changed; make one of your own under another name.")
			: tx("Your role may read this. To change it, the role {} is needed.", writer(ed.kind)),
	);
}

export async function editorPage(main, kind, name, query) {
	const isNew = name === "+new";
	const members = (await schema()).kinds[kind]?.members;
	if (!members || !kinds[kind]) throw new Problem(404, { title: tx("There is no such kind of record") });
	const names = await referables(members);
	const { record: base, etag } = isNew
		? await blank(kind, members, query?.get("from"), query?.get("shape"))
		: await readRecord(kind, name);
	const ed = { kind, name, isNew, members, base, etag, form: null, dirty: false, timer: null, turn: 0 };
	const mayEdit = may(writer(kind)) && !base.builtin;
	const said = h("div");
	ed.form = drawForm(kind, members, {
		isNew,
		changed: (event) => changed(ed, event),
		disabled: !mayEdit,
		secretSet: base.value_set,
		names: (k) => names.get(k) ?? [],
	});
	ed.form.set(base);
	if (!isNew && ed.form.fields.has("name")) ed.form.fields.get("name").control.disabled = true;
	const submit = (e) => {
		e.preventDefault();
		go(ed, said);
	};
	fill(
		main,
		headOf(kind, name, isNew, base),
		mayEdit ? null : whyNot(ed),
		h("form", { class: "editor", novalidate: true, submit }, said, ed.form.node, toolsOf(ed, mayEdit)),
	);
	return { dirty: () => ed.dirty, leave: () => clearTimeout(ed.timer) };
}
