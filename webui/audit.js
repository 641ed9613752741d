// audit.js - the audit log: who did what, by which way, from what to what; and is it whole
//
// Used by: app.js. Keeps: the rows on show.

import { call, get } from "./rest.js";
import { button, fill, fresh, h, link, sync, table } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { count, mark, value, when } from "./format.js";
import { differing } from "./history.js";
import { hear } from "./live.js";
import { soon } from "./pager.js";
import { keep } from "./saveas.js";
import { kinds, label } from "./words.js";
import { tx } from "./tongue.js";

const PAGE = 100;
const EXPORT = 1000;
// The words of core/model/deed.def.
const ACTIONS = [
	"create",
	"update",
	"delete",
	"sign_in",
	"sign_in_failed",
	"sign_out",
	"confirm",
	"widen",
	"rollback",
	"backup",
	"restore",
	"export",
	"simulate",
	"check",
	"reset",
	"initiate",
	"rekey",
	"negotiate",
	"trace_start",
	"trace_read",
	"trace_end",
	"test",
];

// What it was done to, as a link where a page shows it.
function objectOf(path) {
	if (!path) return "";
	const [kind, name] = path.split("/");
	if (kind in kinds && name) return link(`#/${kind}/${encodeURIComponent(name)}`, path);
	if (kind === "negotiations" && name) return link(`#/negotiations/${name}`, path);
	if (kind === "settings" && name) return link(`#/settings/${name}`, path);
	return path;
}

const particulars = (o) =>
	Object.entries(o ?? {})
		.filter(([, v]) => v !== null && typeof v !== "object")
		.map(([k, v]) =>
			k === "of"
				? h("li", null, objectOf(v))
				: h("li", null, `${label(k)}: ${value(v)}`),
		);

function what(a) {
	const steps =
		a.before && a.after
			? differing(a.before, a.after).map((d) =>
					h("li", null, `${label(d.member)}: ${value(d.from)} → ${value(d.to)}`),
				)
			: a.action === "create" || a.action === "delete"
				? []
				: particulars(a.after);
	return steps.length ? h("ul", { class: "plain" }, steps) : null;
}

const row = (a) => ({
	nodes: [
		h(
			"tr",
			null,
			h("th", { scope: "row" }, `${a.number} `, when(a.time)),
			h("td", null, a.actor ?? "", a.channel ? tx(" by {}", a.channel) : ""),
			h("td", null, tx(a.action)),
			h("td", null, objectOf(a.object)),
			h("td", null, what(a)),
			h("td", { class: "mono quiet w2" }, a.request_id ?? ""),
		),
	],
});

function verifying(said) {
	const verify = button(tx("Verify the chain"), async () => {
		verify.disabled = true;
		fill(said, tx("Reading all of it …"));
		try {
			const v = await get("/audit/verify");
			fill(
				said,
				v.whole
					? mark("up", "●", tx("Whole: {} rows", count(v.rows)))
					: mark("bad", "✖", tx("Broken at row {}: {}", v.broken_at, v.reason)),
				" ",
				h("code", { class: "quiet" }, v.hash),
			);
		} catch (e) {
			fill(said, refusal(e));
		}
		verify.disabled = false;
	});
	return verify;
}

// All of it as lines of JSON, whatever the filter says.
async function download() {
	const parts = [];
	let cursor = "";
	try {
		do {
			const answer = await call("GET", `/audit?limit=${EXPORT}${cursor}`, null, {
				Accept: "application/x-ndjson",
			});
			parts.push(answer.body);
			cursor = answer.next ? `&cursor=${encodeURIComponent(answer.next)}` : "";
		} while (cursor);
		keep(new Blob(parts), "audit.ndjson");
	} catch (e) {
		notice(refusal(e));
	}
}

// Who, what was done and to what; changed() after one of them changed.
function filters(o, changed) {
	const input = (name, words) => {
		const id = fresh("audit");
		const typed = soon((e) => {
			o[name] = e.target.value.trim();
			changed();
		});
		return [
			h("label", { for: id }, words),
			h("input", { id, type: "search", autocapitalize: "none", spellcheck: "false", input: typed }),
		];
	};
	const id = fresh("audit");
	const chosen = (e) => {
		o.action = e.target.value;
		changed();
	};
	return [
		input("actor", tx("Who")),
		h("label", { for: id }, tx("Action")),
		h(
			"select",
			{ id, change: chosen },
			h("option", { value: "" }, tx("every one")),
			ACTIONS.map((a) => h("option", { value: a }, tx(a))),
		),
		input("object", tx("Object")),
	];
}

export async function auditPage(main) {
	const t = table(
		tx("Acts on record, newest first"),
		[tx("Number"), tx("Who"), tx("Action"), tx("Object"), tx("What"), { label: tx("Request"), class: "w2" }],
		{ class: "stack" },
	);
	const o = {};
	const said = h("p", { role: "status" });
	const empty = h("p", { class: "empty", hidden: true }, tx("Nothing here fits the filter."));
	const older = button(tx("Older"), () => more(), { hidden: true });
	let items = [];
	let cursor = null;
	const path = () =>
		`/audit?limit=${PAGE}${Object.entries(o)
			.filter(([, v]) => v)
			.map(([k, v]) => `&${k}=${encodeURIComponent(v)}`)
			.join("")}`;
	const take = (page, list) => {
		items = list;
		cursor = page.next_cursor;
		sync(t.body, items, (a) => a.number, row);
		older.hidden = !cursor;
		t.node.hidden = !items.length;
		empty.hidden = items.length > 0;
	};
	const load = async () => {
		const page = await get(path());
		take(page, page.items);
	};
	const more = async () => {
		const page = await get(`${path()}&cursor=${encodeURIComponent(cursor)}`);
		take(page, [...items, ...page.items]);
	};
	const again = soon(() => load().catch((e) => fill(said, refusal(e))));
	fill(
		main,
		h("h1", null, tx("Audit log")),
		h(
			"p",
			{ class: "about" },
			tx("Who did what, by which way, from what to what. Each row's hash covers the row before it, so a row that was changed or taken out is noticed."),
		),
		h(
			"div",
			{ class: "tools line" },
			filters(o, again),
			verifying(said),
			button(tx("Download all of it"), download),
		),
		said,
		t.node,
		empty,
		older,
	);
	await load();
	return {
		leave: hear((name) => {
			if (!cursor && (name.startsWith("config.") || name.startsWith("user.") || name === "sa.reset")) again();
		}),
	};
}
