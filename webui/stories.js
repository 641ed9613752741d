// stories.js - negotiations: what was said, and why it ended as it did
//
// The list has verdict and sentence of each attempt; the page of one draws its messages as a
// ladder, lays both offers side by side with what only one of them has marked, and says which
// member to look at, on which side.
// Used by: app.js. Keeps: nothing.

import { get } from "./rest.js";
import { button, fill, h, link, sync, table, text } from "./dom.js";
import { endpoint, mark, span, verdict, when } from "./format.js";
import { hear } from "./live.js";

const PAGE = 50;

const known = (word) => (word && word !== "?" ? word : "");
const title = (s) => [known(s.exchange) ? `${s.exchange} mode` : "negotiation", known(s.role) ? `as ${s.role}` : ""].filter(Boolean).join(" ");
const ends = (s) => (s.remote_address ? `${endpoint(s.local_address, s.local_port)} → ${endpoint(s.remote_address, s.remote_port)}` : "–");
const about = (s) => (s.tunnel ? `${s.tunnel} (${s.peer})` : s.peer ?? "unknown caller");
const took = (s) => (s.ended_at ? `${((new Date(s.ended_at) - new Date(s.started_at)) / 1000).toFixed(2)} s` : "");

function listRow(first) {
	const cells = { verdict: h("td"), what: h("td"), who: h("td"), remote: h("td", { class: "mono w2" }), took: h("td", { class: "num w2" }), text: h("td") };
	let said = null;
	return { nodes: [h("tr", null, h("th", { scope: "row" }, link(`#/negotiations/${first.id}`, `#${first.id}`), " ", when(first.started_at)), Object.values(cells))], update(s) {
		const key = JSON.stringify(s);
		if (said === key)
			return;
		said = key;
		fill(cells.verdict, verdict(s.verdict));
		text(cells.what, title(s));
		text(cells.who, about(s));
		text(cells.remote, endpoint(s.remote_address, s.remote_port));
		text(cells.took, took(s));
		text(cells.text, s.text ?? "");
	} };
}

export async function storiesPage(main, query) {
	const t = table("Negotiations, newest first", ["Attempt", "Verdict", "What", "Tunnel", { label: "Remote", class: "w2" }, { label: "Took", class: "num w2" }, "In one sentence"], { class: "stack" });
	const empty = h("p", { class: "empty", hidden: true }, "No negotiation yet.");
	const filters = ["peer", "tunnel"].map((k) => [k, query.get(k)]).filter(([, v]) => v);
	const path = `/negotiations?limit=${PAGE}${filters.map(([k, v]) => `&${k}=${encodeURIComponent(v)}`).join("")}`;
	const older = button("Older", () => more(), { hidden: true });
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
		if (!items.length)
			cursor = page.next_cursor;
		items = [...page.items, ...items.filter((s) => s.id < last)];
		draw();
	};
	const more = async () => {
		const page = await get(`${path}&cursor=${encodeURIComponent(cursor)}`);
		cursor = page.next_cursor;
		items.push(...page.items);
		draw();
	};
	fill(main, h("h1", null, "Negotiations"), h("p", { class: "about" }, filters.length ? ["Of ", filters.map(([k, v]) => `${k} ${v}`).join(", "), ". ", link("#/negotiations", "Show all")] : "Every attempt with its verdict; open one for its messages and both offers."), t.node, empty, older);
	await load();
	let timer = null;
	const deaf = hear((name) => {
		if (name === "resync" || (name.startsWith("negotiation.") && name !== "negotiation.step")) {
			clearTimeout(timer);
			timer = setTimeout(() => load().catch(() => {}), 300);
		}
	});
	return { leave: () => { deaf(); clearTimeout(timer); } };
}

// ---- one story ----

const arrows = { sent: ["out", "→", "sent"], received: ["in", "←", "received"], within: ["self", "·", "here"] };

function ladder(s) {
	const t = table("Messages, in order", [{ label: "Time", class: "num" }, "Direction", "Step"], { class: "ladder", showCaption: true });
	const start = new Date(s.started_at).getTime();
	sync(t.body, s.steps.map((p, i) => ({ ...p, i })), (p) => p.i, (p) => {
		const [kind, glyph, word] = arrows[p.direction] ?? arrows.within;
		const after = p.at ? `+${((new Date(p.at).getTime() - start) / 1000).toFixed(3)} s` : "";
		return { nodes: [h("tr", { class: kind }, h("td", { class: "num" }, after),
			h("td", { class: "way" }, h("span", { "aria-hidden": "true", class: "line" }, glyph), h("span", { class: "unseen" }, word)), h("td", null, p.text ?? ""))] };
	});
	return t.node;
}

const pieces = (line) => line.split(/([/,; ]+)/);

// A line of an offer; words that no line of the other side has are marked.
function offerLine(line, others, chosen) {
	const known = new Set(others.flatMap((o) => pieces(o)));
	const words = pieces(line).map((w, i) => (i % 2 || !others.length || known.has(w) ? w : h("mark", null, w)));
	return h("li", null, words, chosen && line.includes(chosen) ? [" ", mark("up", "●", "chosen")] : null);
}

function offers(s) {
	const side = (name, mine, others) => h("section", null, h("h3", null, name),
		mine.length ? h("ol", { class: "offer mono" }, mine.map((l) => offerLine(l, others, s.chosen))) : h("p", { class: "quiet" }, "Nothing was said."));
	if (!s.ours.length && !s.theirs.length)
		return null;
	const sides = h("div", { class: "sides" }, side("Ours", s.ours, s.theirs), side("The peer's", s.theirs, s.ours));
	return h("section", null, h("h2", null, "Both offers"), sides,
		sides.querySelector("mark") ? h("p", { class: "quiet" }, "Marked is what only one side has.") : null,
		s.chosen ? h("p", null, mark("up", "●", "Chosen"), " ", h("code", null, s.chosen)) : null);
}

const kindOfField = (s) => (s.exchange === "quick" && s.tunnel ? ["tunnels", s.tunnel] : ["peers", s.peer]);

function verdictBox(s) {
	const [kind, name] = kindOfField(s);
	const look = s.side === "remote" ? h("p", null, "Look at the other end", s.field ? [": ", h("code", null, s.field)] : "", ".")
		: s.field && name ? h("p", null, "Look here: ", link(`#/${kind}/${encodeURIComponent(name)}`, `${s.field} of ${name}`)) : null;
	return h("section", { class: `verdict ${s.verdict}`, role: "status" }, h("p", null, verdict(s.verdict), " ", h("strong", null, s.text ?? (s.verdict === "running" ? "under way" : "")),
		s.reason ? [" ", h("code", null, s.reason)] : null), s.hint ? h("p", null, s.hint) : null, look);
}

function facts(s) {
	const pairs = [["Peer", s.peer ? link(`#/peers/${encodeURIComponent(s.peer)}`, s.peer) : "unknown"], ["Tunnel", s.tunnel ? link(`#/tunnels/${encodeURIComponent(s.tunnel)}`, s.tunnel) : "–"],
		["Exchange", title(s)], ["Ends", ends(s)],
		["Started", [when(s.started_at)]], ["Took", took(s) || `${span((Date.now() - new Date(s.started_at)) / 1000)} so far`],
		["SAs", [s.ike_sa ? `IKE SA ${s.ike_sa}` : "", s.child_sa ? `IPsec SA pair ${s.child_sa}` : ""].filter(Boolean).join(", ") || "–"], ["Configuration", s.revision ? `revision ${s.revision}` : "–"]];
	return h("dl", { class: "pairs facts" }, pairs.map(([k, v]) => [h("dt", null, k), h("dd", null, v)]));
}

export async function storyPage(main, id) {
	const place = h("div");
	let drawn = null;
	const load = async () => {
		const s = await get(`/negotiations/${encodeURIComponent(id)}`);
		const key = JSON.stringify(s);
		if (key === drawn)
			return;
		drawn = key;
		fill(place, verdictBox(s), facts(s), offers(s), ladder(s));
	};
	fill(main, h("p", { class: "crumbs" }, link("#/negotiations", "Negotiations")), h("h1", null, `Negotiation ${id}`), place);
	await load();
	return { leave: hear((name, data) => { if (name.startsWith("negotiation.") && String(data.negotiation) === String(id)) load().catch(() => {}); }) };
}

