// events.js - what happened, newest first
//
// Used by: app.js. Keeps: the rows on show.

import { get } from "./rest.js";
import { button, fill, fresh, h, link, sync, table } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { mark, when } from "./format.js";
import { hear } from "./live.js";
import { keep } from "./saveas.js";
import { eventTitle, reasonText, tx } from "./tongue.js";

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
	if (e.negotiation) parts.push(link(`#/negotiations/${e.negotiation}`, tx("story")), " ");
	if (e.revision && e.event.startsWith("config.")) parts.push(link("#/changes", tx("revision {}", e.revision)));
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
				h("td", null, mark(kind, glyph, eventTitle(e))),
				h("td", null, about),
				h("td", { class: "w2" }, e.who ?? ""),
				h(
					"td",
					null,
					e.text ?? "",
					e.reason ? [" ", h("code", { title: reasonText(e.reason) }, e.reason)] : null,
					" ",
					links(e),
				),
			),
		],
	};
}

const keyOf = (e) => `${e.time} ${e.seq}`;

const COLUMNS = ["time", "level", "event", "peer", "tunnel", "negotiation", "revision", "who", "reason", "text"];
const EXPORT = 1000;
// Quoted where it must be (RFC 4180); what a spreadsheet would take for a formula is text.
function cell(v) {
	const s = String(v ?? "").replace(/^[=+@-]/, "'$&");
	return /[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
}

// The whole journal, whatever the filter says.
async function download() {
	const lines = [COLUMNS.join(",")];
	let cursor = "";
	try {
		do {
			const page = await get(`/events?limit=${EXPORT}${cursor}`);
			lines.push(...page.items.map((e) => COLUMNS.map((c) => cell(e[c])).join(",")));
			cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
		} while (cursor);
		keep(new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" }), "events.csv");
	} catch (e) {
		notice(refusal(e));
	}
}

export async function eventsPage(main) {
	const t = table(
		tx("Events, newest first"),
		[tx("Time"), tx("Event"), tx("Tunnel or peer"), { label: tx("Who"), class: "w2" }, tx("What")],
		{ class: "stack" },
	);
	const older = button(tx("Older"), () => more(), { hidden: true });
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
		h("h1", null, tx("Events")),
		h(
			"div",
			{ class: "tools" },
			h("label", { for: id, class: "unseen" }, tx("Filter events")),
			h("input", {
				id,
				type: "search",
				placeholder: tx("Filter: peer, event, person"),
				input: (e) => {
					filter = e.target.value.toLowerCase();
					draw();
				},
			}),
			button(tx("Download as CSV"), download, { class: "small" }),
			link("#/changes", tx("Changes of the configuration")),
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
