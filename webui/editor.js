// editor.js - one record: its form, checked while it is written, reviewed before it counts
//
// Every change asks the gateway by dry run what it thinks, so rules speak at their field with
// their reason. Nothing is kept before the review step. What is sent is what was changed
// (merge patch) with the revision that was read: somebody else's change is never overwritten.
// Used by: app.js. Keeps: the record as it was read.

import { Problem, call, get, list, may, schema } from "./rest.js";
import { button, fill, h, link, put } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { moment } from "./format.js";
import { at, drawForm, presetOf, same, set } from "./forms.js";
import { deletion, review } from "./review.js";
import { kinds } from "./words.js";

const THINK_MS = 350;

const isSingle = (kind) => kind.startsWith("settings/");
export const pathOf = (kind, name) => (isSingle(kind) ? `/${kind}` : `/${kind}/${encodeURIComponent(name)}`);

function presets(members) {
	const record = {};
	for (const m of members)
		set(record, m.name, presetOf(m));
	return record;
}

// Names of the kinds that references point to.
async function referables(members) {
	const kinds_ = [...new Set(members.filter((m) => m.ref).map((m) => m.ref))];
	const names = await Promise.all(kinds_.map(async (k) => (await list(`/${k}?fields=name`)).map((r) => r.name)));
	return new Map(kinds_.map((k, i) => [k, names[i]]));
}

// What differs from `base`, as a merge patch.
export function difference(base, record, members) {
	const body = {};
	for (const m of members) {
		const now = at(record, m.name);
		if (m.flags.includes("read_only") || now === undefined)
			continue;
		if (m.kind === "secret" ? now !== null : !same(now, at(base, m.name)))
			set(body, m.name, now);
	}
	return body;
}

async function readRecord(kind, name) {
	const answer = await call("GET", pathOf(kind, name));
	return { record: answer.body, etag: answer.etag };
}

// A new one: from the presets, or from another record of its kind.
async function blank(kind, members, from) {
	const record = presets(members);
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
	const title = isNew ? `New ${words.one}` : isSingle(kind) ? `Settings: ${words.title}` : name;
	const up = isSingle(kind) ? link("#/settings", "Settings") : link(`#/${kind}`, words.title);
	const changed = record.changed_at ? `Last changed ${moment(record.changed_at)}${record.changed_by ? ` by ${record.changed_by}` : ""}, revision ${record.revision}.` : "";
	return [h("p", { class: "crumbs" }, up), h("h1", null, title), isNew ? null : h("p", { class: "quiet" }, changed)];
}

export async function editorPage(main, kind, name, query) {
	const isNew = name === "+new";
	const members = (await schema()).kinds[kind]?.members;
	if (!members || !kinds[kind])
		throw new Problem(404, { title: "There is no such kind of record" });
	const names = await referables(members);
	let { record: base, etag } = isNew ? await blank(kind, members, query?.get("from")) : await readRecord(kind, name);
	const mayEdit = may("editor") && !base.builtin;
	const said = h("div");
	let dirty = false;
	let timer = null;
	let turn = 0;

	const target = () => (isNew ? ["POST", `/${kind}`] : ["PATCH", pathOf(kind, name)]);
	const body = () => {
		const all = form.get();
		return difference(isNew ? presets(members) : base, all, members);
	};

	async function check() {
		const mine = ++turn;
		const [method, path] = target();
		try {
			const answer = await call(method, `${path}?dry_run=true`, body());
			if (mine === turn)
				form.say(answer.body.errors ?? [], answer.body.warnings ?? [], false);
		} catch (e) {
			if (mine === turn && e instanceof Problem)
				form.say(e.errors, e.body.warnings ?? [], false);
		}
	}

	function changed(event) {
		dirty = true;
		clearTimeout(timer);
		if (event === "change")
			timer = setTimeout(check, THINK_MS);
	}

	const form = drawForm(kind, members, { isNew, changed, disabled: !mayEdit, secretSet: base.value_set, names: (k) => names.get(k) ?? [] });
	form.set(base);
	if (!isNew && form.fields.has("name"))
		form.fields.get("name").control.disabled = true;

	function saved(answer) {
		dirty = false;
		const then = answer?.name ?? name;
		location.hash = isSingle(kind) ? "#/settings" : `#/${kind}`;
		notice(`${isSingle(kind) ? kinds[kind].title : then} is saved. `, isSingle(kind) ? "" : link(`#/${kind}/${encodeURIComponent(then)}`, "Open it"));
	}

	async function go(e) {
		e?.preventDefault();
		clearTimeout(timer);
		turn++;
		fill(said);
		const [method, path] = target();
		try {
			await review({ kind, name, isNew, method, path, members, base, etag, body: body(), saved,
				refused: (errors, warnings) => { form.say(errors, warnings, true); form.focusFirstFault(); },
				rebase: (theirs) => {
					const mine = body();
					({ record: base, etag } = theirs);
					form.set(merged(base, mine, members));
					return body();
				},
				replace: (theirs) => { ({ record: base, etag } = theirs); form.set(base); dirty = false; } });
		} catch (problem) {
			fill(said, refusal(problem));
		}
	}

	const tools = h("div", { class: "choices sticky" });
	if (mayEdit)
		put(tools, h("button", { type: "submit", class: "main" }, isNew ? "Review and create" : "Review changes"),
			isNew ? null : button("Undo edits", () => { form.set(base); form.say([], [], true); dirty = false; }));
	if (mayEdit && !isNew && !isSingle(kind))
		put(tools, link(`#/${kind}/+new?from=${encodeURIComponent(name)}`, "Make a copy"),
			button("Delete", () => deletion({ kind, name, path: pathOf(kind, name), etag, saved: () => { dirty = false; location.hash = `#/${kind}`; notice(`${name} is deleted.`); } }), { class: "danger" }));
	const why = mayEdit ? null : h("p", { class: "note-line" }, base.builtin ? "This record is built in and cannot be changed; make a copy under another name."
		: "Your role may read this. To change it, the role editor is needed.");
	fill(main, headOf(kind, name, isNew, base), why, h("form", { class: "editor", novalidate: true, submit: go }, said, form.node, tools));
	return { dirty: () => dirty, leave: () => clearTimeout(timer) };
}

// The record as read, with a patch of ours on top.
function merged(base, patch, members) {
	const record = structuredClone(base);
	for (const m of members)
		if (at(patch, m.name) !== undefined && m.kind !== "secret")
			set(record, m.name, at(patch, m.name));
	return record;
}
