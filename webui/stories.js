// stories.js - negotiations: every attempt with its verdict in one sentence
//
// Used by: app.js. Keeps: nothing.

import { get } from "./rest.js";
import { storyRow } from "./storyrow.js";
import { button, fill, h, link, sync, table } from "./dom.js";
import { hear } from "./live.js";
import { tx } from "./tongue.js";

const PAGE = 50;

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
		sync(t.body, items, (s) => s.id, storyRow(true));
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
