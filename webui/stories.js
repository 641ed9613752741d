// stories.js - negotiations: every attempt with its verdict in one sentence
//
// Used by: app.js. Keeps: nothing.

import { get } from "./rest.js";
import { button, fill, h, link, sync, table, text } from "./dom.js";
import { endpoint, verdict, when } from "./format.js";
import { hear } from "./live.js";
import { about, title, took } from "./story.js";
import { because, tx } from "./tongue.js";

const PAGE = 50;

function listRow(first) {
	const cells = {
		verdict: h("td"),
		what: h("td"),
		who: h("td"),
		remote: h("td", { class: "mono w2" }),
		took: h("td", { class: "num w2" }),
		text: h("td"),
	};
	let said = null;
	return {
		nodes: [
			h(
				"tr",
				null,
				h(
					"th",
					{ scope: "row" },
					link(`#/negotiations/${first.id}`, `#${first.id}`),
					" ",
					when(first.started_at),
				),
				Object.values(cells),
			),
		],
		update(s) {
			const key = JSON.stringify(s);
			if (said === key) return;
			said = key;
			fill(cells.verdict, verdict(s.verdict));
			text(cells.what, title(s));
			text(cells.who, about(s));
			text(cells.remote, endpoint(s.remote_address, s.remote_port));
			text(cells.took, took(s));
			text(cells.text, because(s.reason, s.text) ?? "");
		},
	};
}

export async function storiesPage(main, query) {
	const t = table(
		tx("Negotiations, newest first"),
		[
			tx("Attempt"),
			tx("Verdict"),
			tx("What"),
			tx("Tunnel"),
			{ label: tx("Remote"), class: "w2" },
			{ label: tx("Took"), class: "num w2" },
			tx("In one sentence"),
		],
		{ class: "stack" },
	);
	const empty = h("p", { class: "empty", hidden: true }, tx("No negotiation yet."));
	const filters = ["peer", "tunnel"].map((k) => [k, query.get(k)]).filter(([, v]) => v);
	const path = `/negotiations?limit=${PAGE}${filters.map(([k, v]) => `&${k}=${encodeURIComponent(v)}`).join("")}`;
	const older = button(tx("Older"), () => more(), { hidden: true });
	let items = [];
	let cursor = null;
	const draw = () => {
		sync(t.body, items, (s) => s.id, listRow);
		t.node.hidden = !items.length;
		empty.hidden = items.length > 0;
		older.hidden = !cursor;
	};
	const load = async () => {
		const page = await get(path);
		const last = page.items.at(-1)?.id ?? 0;
		if (!items.length) cursor = page.next_cursor;
		items = [...page.items, ...items.filter((s) => s.id < last)];
		draw();
	};
	const more = async () => {
		const page = await get(`${path}&cursor=${encodeURIComponent(cursor)}`);
		cursor = page.next_cursor;
		items.push(...page.items);
		draw();
	};
	fill(
		main,
		h("h1", null, tx("Negotiations")),
		h(
			"p",
			{ class: "about" },
			filters.length
				? [
						tx("Of "),
						filters.map(([k, v]) => `${k} ${v}`).join(", "),
						". ",
						link("#/negotiations", tx("Show all")),
					]
				: tx("Every attempt with its verdict; open one for its messages and both offers."),
		),
		t.node,
		empty,
		older,
	);
	await load();
	let timer = null;
	const deaf = hear((name) => {
		if (name === "resync" || (name.startsWith("negotiation.") && name !== "negotiation.step")) {
			clearTimeout(timer);
			timer = setTimeout(() => load().catch(() => {}), 300);
		}
	});
	return {
		leave: () => {
			deaf();
			clearTimeout(timer);
		},
	};
}
