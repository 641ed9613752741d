// bulk.js - a change of many records: what it does, then done as one, and followed
//
// Going back to a revision and applying what is staged are both this: the gateway answers a dry
// run with every record that differs, the SAs touched and what rules say.
// Used by: goback.js, staged.js; names of records by history.js, waiting.js. Keeps: nothing.

import { call, get, post } from "./rest.js";
import { button, fill, h, link, sync, table } from "./dom.js";
import { refusal } from "./dialog.js";
import { outcome, touchedTable, waysOn, wrong } from "./effects.js";
import { mark, plural, value } from "./format.js";
import { panes } from "./panes.js";
import { refresh } from "./picture.js";
import { askTerms } from "./terms.js";
import { impacts, kinds, label } from "./words.js";
import { tx } from "./tongue.js";

const isSingle = (kind) => kind.startsWith("settings/");
const DEEDS = { create: "new", update: "changed", delete: "deleted" };

// "peer hub", "IKE settings"
export const nameOf = (r) =>
	isSingle(r.kind) ? (kinds[r.kind]?.one ?? r.kind) : `${kinds[r.kind]?.one ?? r.kind} ${r.name}`;

export const linkTo = (r) =>
	link(`#/${r.kind}${isSingle(r.kind) ? "" : `/${encodeURIComponent(r.name)}`}`, nameOf(r));

// One line for each member: before → after; of what is new only what was said, and no SA is
// touched by it.
export function steps(changes, isNew) {
	return h(
		"ul",
		{ class: "plain" },
		changes.map((c) => {
			const [kind, word] = impacts[c.impact] ?? impacts.none;
			return h(
				"li",
				null,
				`${label(c.member)}: ${value(c.from)} → ${value(c.to)}`,
				kind === "warn" && !isNew ? [" ", mark("warn", "▲", word)] : null,
			);
		}),
	);
}

// takeOut(record): what its button does, where a record may leave the change again.
export function recordsTable(records, caption, takeOut) {
	const heads = [tx("Record"), tx("What"), tx("From → to"), ...(takeOut ? [tx("Actions")] : [])];
	const t = table(caption, heads, { showCaption: true, class: "stack" });
	sync(
		t.body,
		records,
		(r) => `${r.kind} ${r.name}`,
		(r) => ({
			nodes: [
				h(
					"tr",
					null,
					h("th", { scope: "row" }, r.op === "create" ? nameOf(r) : linkTo(r)),
					h("td", null, tx(DEEDS[r.op])),
					h("td", null, r.op === "delete" ? "" : steps(r.changes, r.op === "create")),
					takeOut && h("td", null, button(tx("Take out"), () => takeOut(r))),
				),
			],
		}),
	);
	return t.node;
}

async function apply(o, body, close, terms, reset) {
	fill(body, h("p", { role: "status" }, reset === "affected" ? tx("Applying and resetting …") : tx("Applying …")));
	try {
		o.answer = (await call("POST", `${o.path}?${terms.query(reset)}`, o.body)).body;
		refresh();
		o.applied?.(o.answer, reset);
		if (reset === "affected" && o.answer.reset?.results.length)
			o.following = outcome(body, o.answer, close, `${tx("In force.")}${terms.note()}`);
		else close();
	} catch (e) {
		wrong(body, e, () => bulk(o, body, close));
	}
}

// o: path and body (POST; a dry run of it is the preview), caption, nothing (words), words of waysOn,
// back (a button or null), preview (GET, for those who may only look), applied(answer, reset).
// Sets o.answer, o.following.
export async function bulk(o, body, close) {
	fill(body, h("p", { role: "status" }, tx("Asking what this would do …")));
	try {
		const said = o.preview ? await get(o.preview) : await post(`${o.path}?dry_run=true`, o.body);
		if (!said.records.length && said.valid) {
			fill(body, h("p", null, o.nothing), h("div", { class: "choices" }, o.back));
			return;
		}
		const terms = askTerms();
		const mayApply = said.valid && !o.preview;
		const ways = mayApply
			? waysOn(said.impact, (reset) => apply(o, body, close, terms, reset), o.back, o.words)
			: h("div", { class: "choices" }, o.back);
		const level = body.closest("dialog") ? 3 : 2;
		const screen = await panes(said, recordsTable(said.records, o.caption, o.takeOut), touchedTable(said.impact), level);
		fill(
			body,
			screen,
			mayApply ? terms.node : null,
			ways,
		);
		o.shown?.(ways, said);
	} catch (e) {
		fill(body, refusal(e), h("div", { class: "choices" }, o.back));
		o.back?.focus();
	}
}

export const resetWords = (does) => ({
	reset: (n) => tx("{} and reset {}", does, plural(n, "SA")),
	only: () => tx("{} only, mark stale", does),
	plain: does,
});
