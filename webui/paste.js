// paste.js - the page Import: another product's configuration, pasted and looked at
//
// The gateway says what each part becomes and what has no counterpart; nothing is kept before
// somebody stages it, and the text with its keys is forgotten as soon as that is done.
// Used by: app.js. Keeps: nothing.

import { may, post } from "./rest.js";
import { button, fill, fresh, h, link, sync, table, text } from "./dom.js";
import { nameOf, steps } from "./bulk.js";
import { notice, refusal } from "./dialog.js";
import { touchedTable, warningsList } from "./effects.js";
import { mark } from "./format.js";
import { productSelect } from "./otherside.js";
import { faultText, told, tx } from "./tongue.js";

const READ = ["comware", "swanctl", "ipsec.conf"];
const lineOf = (n) => (n ? String(n) : "–");

// "/peers/hub" is the record hub of peers, "/settings/ike" the one of its kind.
function recordOf(path, records) {
	const single = path.startsWith("/settings/");
	const [, kind, name] = single ? [null, path.slice(1), ""] : /^\/([^/]+)\/(.+)$/.exec(path);
	const found = records.find((r) => r.kind === kind && (single || r.name === name));
	return { kind, name, found };
}

function mapsTable(said) {
	const t = table(tx("What maps"), [{ label: tx("Line"), class: "num" }, tx("Record"), tx("What"), tx("From → to")], {
		showCaption: true,
		class: "stack",
	});
	sync(
		t.body,
		said.edits,
		(e) => e.path,
		(e) => {
			const r = recordOf(e.path, said.records);
			const deed = !r.found ? tx("as it is") : r.found.op === "create" ? tx("new") : tx("changed");
			return {
				nodes: [
					h(
						"tr",
						null,
						h("td", { class: "num" }, lineOf(e.line)),
						h("th", { scope: "row" }, nameOf(r)),
						h("td", null, deed),
						h(
							"td",
							null,
							r.found ? steps(r.found.changes, r.found.op === "create") : "",
							e.key ? h("p", { class: "quiet" }, tx("with its key, which is not shown")) : null,
						),
					),
				],
			};
		},
	);
	return t.node;
}

function notesTable(said) {
	if (!said.notes.length) return h("p", null, mark("up", "●", tx("Everything in it has a counterpart here.")));
	const t = table(tx("What does not map, or differs"), [{ label: tx("Line"), class: "num" }, tx("What"), tx("Why")], {
		showCaption: true,
		class: "stack",
	});
	sync(
		t.body,
		said.notes.map((n, i) => ({ ...n, i })),
		(n) => n.i,
		(n) => ({
			nodes: [
				h(
					"tr",
					null,
					h("td", { class: "num" }, lineOf(n.line)),
					h(
						"td",
						null,
						n.sort === "left_out" ? mark("bad", "✖", tx("left out")) : mark("warn", "▲", tx("mind")),
						n.words ? [" ", h("code", null, n.words)] : null,
					),
					h("td", null, n.text),
				),
			],
		}),
	);
	return [
		t.node,
		said.notes_dropped ? h("p", { class: "quiet" }, tx("and {} further notes", said.notes_dropped)) : null,
	];
}

function errorsList(errors) {
	const where = (e) => /^\/(\d+)/.exec(e.pointer)?.[1];
	return h(
		"section",
		{ role: "alert" },
		h("h3", null, tx("It cannot be done as it is")),
		h(
			"ul",
			{ class: "faults" },
			errors.map((e) =>
				h(
					"li",
					{ class: "bad" },
					mark("bad", "✖", where(e) ? tx("line {}: {}", where(e), faultText(e)) : faultText(e)),
					e.hint ? ` ${told(e.hint)}` : "",
				),
			),
		),
	);
}

// What the gateway said, with the ways on. stage(go): keeps it, and goes there or stays.
function result(body, said, stage) {
	const some = said.edits.length > 0;
	fill(
		body,
		h("h2", { tabindex: "-1" }, tx("What it becomes")),
		said.errors.length ? errorsList(said.errors) : null,
		some ? mapsTable(said) : null,
		some || said.notes.length ? notesTable(said) : null,
		warningsList(said.warnings),
		said.valid ? touchedTable(said.impact) : null,
		said.valid && said.records.length
			? h(
					"div",
					{ class: "choices" },
					button(tx("Review and apply"), () => stage(true), { class: "main" }),
					button(tx("Stage"), () => stage(false), { title: tx("Keep it for later, apply it with others") }),
				)
			: null,
		said.valid && !said.records.length ? h("p", null, tx("All of this is configured already.")) : null,
	);
	body.querySelector("h2").focus();
}

function form(ids, state, look) {
	const area = h("textarea", {
		id: ids.text,
		rows: "14",
		spellcheck: "false",
		autocapitalize: "none",
		autocomplete: "off",
		wrap: "off",
		"aria-describedby": ids.about,
		input: () => state.changed(),
	});
	const file = h("input", {
		id: ids.file,
		type: "file",
		change: async () => {
			if (file.files[0]) area.value = await file.files[0].text();
			file.value = "";
			state.changed();
		},
	});
	state.area = area;
	return h(
		"form",
		{
			submit: (e) => {
				e.preventDefault();
				look();
			},
		},
		h(
			"div",
			{ class: "tools line" },
			h("label", { for: ids.from }, tx("Product")),
			productSelect(ids.from, READ, state.from, (e) => {
				state.from = e.target.value;
				state.changed();
			}),
			h("label", { for: ids.file }, tx("From a file")),
			file,
		),
		h("label", { for: ids.text }, tx("Its configuration")),
		area,
		h(
			"p",
			{ class: "quiet", id: ids.about },
			tx("Keys in it are sealed as they are read. They are shown nowhere, and the text is not kept."),
		),
		h("div", { class: "choices" }, h("button", { type: "submit", class: "main" }, tx("See what it becomes"))),
	);
}

export function pastePage(main) {
	const ids = { from: fresh("from"), file: fresh("file"), text: fresh("text"), about: fresh("about") };
	let asked = 0;
	const body = h("div", { "aria-live": "polite" });
	// what was said is about the text as it was
	const state = { from: "comware", area: null, changed: () => asked++ && fill(body) };
	const ask = (query) => post(`/imports${query}`, { from: state.from, text: state.area.value });
	const stage = async (go) => {
		try {
			const { changeset } = await ask("?stage=true");
			state.area.value = "";
			fill(body);
			if (go) location.hash = `#/staged/${changeset}`;
			else notice(tx("Staged."), " ", link(`#/staged/${changeset}`, tx("Show it")));
		} catch (e) {
			fill(body, refusal(e));
		}
	};
	const look = async () => {
		const mine = ++asked;
		if (!state.area.value.trim()) {
			fill(body, h("p", { role: "alert" }, mark("bad", "✖", tx("Paste a configuration first."))));
			state.area.focus();
			return;
		}
		fill(body, h("p", { role: "status" }, tx("Asking what this would do …")));
		try {
			const said = await ask("");
			if (mine === asked) result(body, said, stage);
		} catch (e) {
			if (mine === asked) fill(body, refusal(e));
		}
	};
	const words = h("p", { class: "about" });
	text(
		words,
		tx("Paste what another gateway is configured with, and see what it becomes here. Nothing is changed before you apply it."),
	);
	fill(
		main,
		h("h1", null, tx("Import")),
		words,
		may("editor") ? form(ids, state, look) : h("p", { class: "empty" }, tx("Only an editor can do this.")),
		body,
	);
	return { dirty: () => Boolean(state.area?.value) };
}
