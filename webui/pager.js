// pager.js - a long list, one page of it at a time, ordered and searched by the gateway
//
// Nothing here is longer than a page, so a list of ten thousand is drawn as fast as one of a
// hundred. The gateway's cursors go forward alone; the way back is kept here.
// Used by: dashboard.js, records.js. Keeps: where the list stands, for its page.

import { get } from "./rest.js";
import { attr, button, flag, h, text } from "./dom.js";
import { count } from "./format.js";
import { tx } from "./tongue.js";

export const PAGE = 100;

// turned(): the page is another one; load it.
export function pager(turned) {
	const before = [];
	const sorters = [];
	let cursor = "";
	let next = null;
	let order = "";
	let asked = 0;

	const move = (to) => {
		cursor = to;
		back.disabled = on.disabled = true; // until the page is there
		turned();
	};
	const back = button(tx("Previous"), () => move(before.pop()), { class: "small", disabled: true });
	const on = button(tx("Next"), () => {
		before.push(cursor);
		move(next);
	}, { class: "small", disabled: true });
	const said = h("span", { role: "status" });
	const node = h("nav", { class: "pager", "aria-label": tx("Pages of the list"), hidden: true }, said, back, on);

	const restart = () => {
		before.length = 0;
		move("");
	};

	const mark = () => {
		for (const s of sorters) {
			const way = order === s.member ? "ascending" : order === `-${s.member}` ? "descending" : "none";
			attr(s.node.closest("th"), "aria-sort", way);
			text(s.glyph, { ascending: "▴", descending: "▾", none: "" }[way]);
		}
	};

	// A column's head that orders the list by a member; pressed again, it turns the order.
	const head = (label, member, first = "") => {
		const glyph = h("span", { "aria-hidden": "true" });
		const click = () => {
			const other = first ? "" : "-";
			order = order === `${first}${member}` ? `${other}${member}` : `${first}${member}`;
			mark();
			restart();
		};
		const it = h("button", { type: "button", class: "sorter", click }, label, glyph);
		sorters.push({ member, node: it, glyph });
		return it;
	};

	// The page in force: items, next_cursor, total; null when a newer question is under way.
	const ask = async (path, filters) => {
		const mine = ++asked;
		const all = Object.entries({ ...filters, sort: order, cursor })
			.filter(([, v]) => v)
			.map(([k, v]) => `&${k}=${encodeURIComponent(v)}`);
		const page = await get(`${path}?limit=${PAGE}&count=true${all.join("")}`);
		return mine === asked ? page : null;
	};

	const show = (page) => {
		const first = before.length * PAGE + 1;
		next = page.next_cursor;
		flag(back, "disabled", !before.length);
		flag(on, "disabled", !next);
		flag(node, "hidden", !before.length && !next);
		text(said, tx("{} to {} of {}", count(page.items.length ? first : 0), count(first + page.items.length - 1), count(page.total)));
	};

	return { node, head, ask, show, restart, mark, isFirst: () => !before.length };
}

// f once after the last of several calls: what somebody types is asked for when they pause.
export function soon(f, ms = 200) {
	let timer = null;
	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => f(...args), ms);
	};
}

// Several names as one filter of the gateway's.
export const oneOf = (names) => [...new Set(names)].join(",");
