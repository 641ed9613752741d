// events.js - what happened, and who changed what
//
// Used by: app.js. Keeps: the rows on show.

import { get } from "./rest.js";
import { button, fill, fresh, h, link, sync, table } from "./dom.js";
import { mark, value, when } from "./format.js";
import { hear } from "./live.js";
import { label } from "./words.js";

const PAGE = 100;
const MOST = 1000;
const levels = {
	error: ["bad", "✖"],
	warning: ["warn", "▲"],
	notice: ["note", "●"],
	info: ["off", "·"],
	debug: ["off", "·"],
};

function links(e) {
	const parts = [];
	if (e.negotiation) parts.push(link(`#/negotiations/${e.negotiation}`, "story"), " ");
	if (e.revision && e.event === "config.changed") parts.push(link("#/changes", `revision ${e.revision}`));
	return parts;
}

function row(e) {
	const [kind, glyph] = levels[e.level] ?? levels.info;
	const about = [e.tunnel, e.peer].filter(Boolean).join(", ");
	return {
		nodes: [
			h(
				"tr",
				null,
				h("th", { scope: "row" }, when(e.time)),
				h("td", null, mark(kind, glyph, e.title ?? e.event)),
				h("td", null, about),
				h("td", { class: "w2" }, e.who ?? ""),
				h(
					"td",
					null,
					e.text ?? "",
					e.reason ? [" ", h("code", null, e.reason)] : null,
					" ",
					links(e),
				),
			),
		],
	};
}

const keyOf = (e) => `${e.time} ${e.seq}`;

export async function eventsPage(main) {
	const t = table(
		"Events, newest first",
		["Time", "Event", "Tunnel or peer", { label: "Who", class: "w2" }, "What"],
		{ class: "stack" },
	);
	const older = button("Older", () => more(), { hidden: true });
	const id = fresh("filter");
	let items = [];
	let cursor = null;
	let filter = "";
	const draw = () => {
		sync(
			t.body,
			items.filter((e) => JSON.stringify(e).toLowerCase().includes(filter)),
			keyOf,
			row,
		);
		older.hidden = !cursor;
	};
	const load = async () => {
		const page = await get(`/events?limit=${PAGE}`);
		items = page.items;
		cursor = page.next_cursor;
		draw();
	};
	const more = async () => {
		const page = await get(`/events?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
		items.push(...page.items);
		cursor = page.next_cursor;
		draw();
	};
	fill(
		main,
		h("h1", null, "Events"),
		h(
			"div",
			{ class: "tools" },
			h("label", { for: id, class: "unseen" }, "Filter events"),
			h("input", {
				id,
				type: "search",
				placeholder: "Filter: peer, event, person",
				input: (e) => {
					filter = e.target.value.toLowerCase();
					draw();
				},
			}),
			link("#/changes", "Changes of the configuration"),
		),
		t.node,
		older,
	);
	await load();
	return {
		leave: hear((name, data) => {
			if (name === "resync") {
				load().catch(() => {});
			} else if (
				name !== "picture" &&
				name !== "negotiation.step" &&
				data.seq &&
				!items.some((e) => keyOf(e) === keyOf(data))
			) {
				items.unshift(data);
				items.length = Math.min(items.length, MOST);
				draw();
			}
		}),
	};
}

// ---- changes of the configuration ----

// Members that differ between two records, whole for new and deleted ones.
function differing(before, after) {
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

function changeRow(c) {
	const list = c.before && c.after ? differing(c.before, c.after) : [];
	const what = !c.before ? "made" : !c.after ? "deleted" : "changed";
	const target = c.kind
		? link(
				`#/${c.kind}${c.kind.startsWith("settings/") ? "" : `/${encodeURIComponent(c.name)}`}`,
				c.kind.startsWith("settings/") ? c.kind : `${c.kind} ${c.name}`,
			)
		: c.name;
	return {
		nodes: [
			h(
				"tr",
				null,
				h("th", { scope: "row" }, String(c.revision)),
				h("td", null, when(c.at)),
				h("td", null, c.who ?? "", c.channel ? ` by ${c.channel}` : ""),
				h("td", null, `${what} `, c.after ? target : c.name),
				h(
					"td",
					null,
					list.length
						? h(
								"ul",
								{ class: "plain" },
								list.map((d) =>
									h("li", null, `${label(d.member)}: ${value(d.from)} → ${value(d.to)}`),
								),
							)
						: "",
					c.comment ? h("p", null, c.comment) : null,
				),
			),
		],
	};
}

export async function changesPage(main) {
	const t = table(
		"Changes of the configuration, newest first",
		[{ label: "Revision" }, "Time", "Who", "Record", "From → to"],
		{ class: "stack" },
	);
	const older = button("Older", () => more(), { hidden: true });
	let items = [];
	let cursor = null;
	const draw = () => {
		sync(t.body, items, (c) => c.id, changeRow);
		older.hidden = !cursor;
	};
	const take = (page, list) => {
		items = list;
		cursor = page.next_cursor;
		draw();
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
		h("h1", null, "Changes"),
		h(
			"p",
			{ class: "about" },
			"Every change of the configuration: who, when, from what to what. Secrets show only that they changed.",
		),
		t.node,
		older,
	);
	await load();
	return {
		leave: hear((name) => {
			if (name === "config.changed" || name === "resync") load().catch(() => {});
		}),
	};
}
