// stories.js - negotiations: every attempt with its verdict in one sentence
//
// Used by: app.js. Keeps: nothing.

import { get } from "./rest.js";
import { storyRow } from "./storyrow.js";
import { verdicts } from "./words.js";
import { button, fill, fresh, h, sync, table } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { hear } from "./live.js";
import { soon } from "./pager.js";
import { reasonText, tx } from "./tongue.js";

const PAGE = 50;
const FILTERS = ["peer", "tunnel", "verdict", "reason"];

// Which attempts: of a peer, of a tunnel, how they ended, and why.
function toolsOf(o, changed) {
	const field = (name, words, node) => {
		node.id = fresh("stories");
		node.value = o[name];
		const took = (e) => {
			o[name] = e.target.value.trim();
			changed();
		};
		node.addEventListener(node.tagName === "SELECT" ? "change" : "input", took);
		return [h("label", { for: node.id }, words), node];
	};
	const search = () => h("input", { type: "search", autocapitalize: "none", spellcheck: "false" });
	const ends = ["running", "up", "failed"];
	return h(
		"div",
		{ class: "tools line" },
		field("peer", tx("Peer"), search()),
		field("tunnel", tx("Tunnel"), search()),
		field(
			"verdict",
			tx("Verdict"),
			h(
				"select",
				null,
				h("option", { value: "" }, tx("every one")),
				ends.map((v) => h("option", { value: v }, verdicts[v][2])),
			),
		),
		field("reason", tx("Reason"), h("select", null, h("option", { value: "" }, tx("every one")), reasonOptions(o.reason))),
	);
}

// Those of the list, and one that the address asks for.
const reasonOptions = (now) =>
	[...new Set([...REASONS, now])].filter(Boolean).map((r) => h("option", { value: r }, reasonText(r)));
// Why negotiations fail, by the names of core/base/reason.def; the most frequent ones.
const REASONS = [
	"no-proposal-chosen",
	"no-answer",
	"authentication-failed",
	"no-matching-peer",
	"no-matching-tunnel",
	"invalid-id-information",
	"invalid-hash-information",
	"invalid-key-information",
	"no-pre-shared-key",
	"certificate-untrusted",
	"exchange-mode-refused",
	"exchange-timeout",
	"refused-by-peer",
	"malformed-payload",
	"unexpected-message",
];

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
	const o = {};
	for (const k of FILTERS) o[k] = query.get(k) ?? "";
	const filters = () => FILTERS.map((k) => [k, o[k]]).filter(([, v]) => v);
	const path = () =>
		`/negotiations?limit=${PAGE}${filters().map(([k, v]) => `&${k}=${encodeURIComponent(v)}`).join("")}`;
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
		const page = await get(path());
		const last = page.items.at(-1)?.id ?? 0;
		if (!items.length) cursor = page.next_cursor;
		items = [...page.items, ...items.filter((s) => s.id < last)];
		draw();
	};
	const more = async () => {
		const page = await get(`${path()}&cursor=${encodeURIComponent(cursor)}`);
		cursor = page.next_cursor;
		items.push(...page.items);
		draw();
	};
	const again = soon(async () => {
		items = [];
		await load().catch((e) => notice(refusal(e)));
	});
	fill(
		main,
		h("h1", null, tx("Negotiations")),
		h(
			"p",
			{ class: "about" },
			tx("Every attempt with its verdict; open one for its messages and both offers."),
		),
		toolsOf(o, again),
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
