// history.js - every revision of the configuration: who, when, why, from what to what, and back
//
// Used by: app.js. Keeps: the rows on show.

import { get, may } from "./rest.js";
import { button, fill, h, sync, table } from "./dom.js";
import { linkTo, nameOf } from "./bulk.js";
import { mark, value, when } from "./format.js";
import { goBack } from "./goback.js";
import { hear } from "./live.js";
import { label } from "./words.js";
import { tx } from "./tongue.js";

const PAGE = 100;
const MANY = 12; // members of one record, before the rest is folded away

// Members that differ between two records; of a new or deleted one all that is set.
export function differing(before, after) {
	const flat = (o, prefix = "") =>
		Object.entries(o ?? {}).flatMap(([k, v]) =>
			v && typeof v === "object" && !Array.isArray(v) ? flat(v, `${prefix}${k}.`) : [[prefix + k, v]],
		);
	const skip = new Set(["revision", "changed_at", "changed_by", "created_at", "index"]);
	const a = new Map(flat(before));
	const b = new Map(flat(after));
	return [...new Set([...a.keys(), ...b.keys()])]
		.filter((k) => !skip.has(k) && JSON.stringify(a.get(k)) !== JSON.stringify(b.get(k)))
		.map((k) => ({ member: k, from: a.get(k), to: b.get(k) }));
}

const lines = (list) =>
	h(
		"ul",
		{ class: "plain" },
		list.map((d) => h("li", null, `${label(d.member)}: ${value(d.from)} → ${value(d.to)}`)),
	);

function record(c) {
	const list = c.before && c.after ? differing(c.before, c.after) : [];
	const what = !c.before ? tx("new") : !c.after ? tx("deleted") : "";
	return h(
		"li",
		null,
		h("strong", null, !c.kind ? c.name : c.after ? linkTo(c) : nameOf(c)),
		what ? ` ${what}` : "",
		list.length ? lines(list.slice(0, MANY)) : null,
		list.length > MANY
			? h("details", null, h("summary", null, tx("{} more", list.length - MANY)), lines(list.slice(MANY)))
			: null,
	);
}

// One revision; `newest` is in force, so there is nothing to go back to.
function row(first) {
	const back = h("td", { class: "actions" });
	let shown = null;
	let count = 0;
	const what = h("ul", { class: "plain records" });
	return {
		nodes: [
			h(
				"tr",
				null,
				h("th", { scope: "row" }, String(first.revision)),
				h("td", null, when(first.at)),
				h("td", null, first.who ?? "", first.channel ? tx(" by {}", first.channel) : ""),
				h("td", null, first.comment ? h("p", { class: "comment" }, first.comment) : null, what),
				back,
			),
		],
		update(c) {
			if (c.rows.length !== count) {
				count = c.rows.length;
				fill(what, c.rows.map(record));
			}
			if (shown === c.newest) return;
			shown = c.newest;
			fill(
				back,
				c.newest
					? mark("up", "●", tx("in force"))
					: may("editor")
						? button(tx("Go back to this"), () => goBack(c.revision), {
								class: "small",
								"aria-label": tx("Go back to revision {}", c.revision),
							})
						: null,
			);
		},
	};
}

// Rows of one change lie together, newest first.
function grouped(items) {
	const all = new Map();
	for (const i of items) {
		if (!all.has(i.revision)) all.set(i.revision, { ...i, rows: [], newest: !all.size });
		all.get(i.revision).rows.push(i);
	}
	return [...all.values()];
}

export async function changesPage(main) {
	const t = table(
		tx("Revisions of the configuration, newest first"),
		[tx("Revision"), tx("Time"), tx("Who"), tx("Why and what"), { label: tx("Go back"), hidden: true }],
		{ class: "stack" },
	);
	const older = button(tx("Older"), () => more(), { hidden: true });
	const empty = h("p", { class: "empty", hidden: true }, tx("Nothing was changed yet."));
	let items = [];
	let cursor = null;
	const take = (page, list) => {
		items = list;
		cursor = page.next_cursor;
		sync(t.body, grouped(items), (c) => c.revision, row);
		older.hidden = !cursor;
		t.node.hidden = !items.length;
		empty.hidden = items.length > 0;
	};
	const load = async () => {
		const page = await get(`/history?limit=${PAGE}`);
		take(page, page.items);
	};
	const more = async () => {
		const page = await get(`/history?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
		take(page, [...items, ...page.items]);
	};
	fill(
		main,
		h("h1", null, tx("Changes")),
		h(
			"p",
			{ class: "about" },
			tx("Every revision of the configuration. Going back makes a new revision with what was in the old one. Secrets go back too; here they only show that they changed."),
		),
		t.node,
		empty,
		older,
	);
	await load();
	return {
		leave: hear((name) => {
			if (name === "config.changed" || name === "resync") load().catch(() => {});
		}),
	};
}
