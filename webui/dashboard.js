// dashboard.js - every tunnel with its IKE and IPsec SAs, live
//
// One row per configured tunnel, down ones too, and one for whatever lives without a tunnel
// of today's configuration: an SA that nobody sees is the one that surprises. A row opens to
// its SAs (sarows.js). Rows are kept and rewritten in place, so focus and open rows survive.
// Used by: app.js. Keeps: which rows are open, for this page.

import { may } from "./rest.js";
import { attr, button, fill, flag, fresh, h, link, sync, table, text } from "./dom.js";
import { bytes, count, endpoint, mark, moment, rate, since, span, state } from "./format.js";
import { picture, rates, watch } from "./picture.js";
import { initiate, resetDialog } from "./reset.js";
import { saRows } from "./sarows.js";
import { spark } from "./spark.js";

const TROUBLE = new Set(["down", "failed", "connecting", "partial", "timeout"]);

// Tunnels as the page shows them: with their SAs, worst first nowhere: by name, as people search.
export function compose(p) {
	const rows = new Map(p.tunnels.map((t) => [t.name, { ...t, configured: true, children: [], ikes: [] }]));
	const claimed = new Set();
	const lost = (name, peer) => {
		if (!rows.has(name))
			rows.set(name, { name, peer, configured: false, enabled: true, state: "up", children: [], ikes: [], stale: true });
		return rows.get(name);
	};
	for (const c of p.childSas) {
		const row = rows.get(c.tunnel) ?? lost(c.tunnel || `IPsec SA ${c.id}`, c.peer);
		row.children.push(c);
	}
	for (const row of rows.values())
		for (const i of p.ikeSas)
			if (i.peer === row.peer) {
				row.ikes.push(i);
				claimed.add(i.id);
			}
	for (const i of p.ikeSas)
		if (!claimed.has(i.id))
			lost(`${i.peer}`, i.peer).ikes.push(i);
	return [...rows.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

const hasTrouble = (r) => r.enabled !== false && (TROUBLE.has(r.state) || isStale(r));
// The IKE SA counts only where it carries something.
const isStale = (r) => Boolean(r.stale) || r.children.some((c) => c.stale) || (r.children.length > 0 && r.ikes.some((i) => i.stale));

function fits(r, o) {
	if (o.trouble && !hasTrouble(r))
		return false;
	if (o.stale && !isStale(r))
		return false;
	if (!o.filter)
		return true;
	const hay = [r.name, r.peer, r.state, ...r.ikes.flatMap((i) => [i.remote_address, i.local_address]),
		...r.children.flatMap((c) => [c.local_ts, c.remote_ts])].join(" ").toLowerCase();
	return o.filter.toLowerCase().split(/\s+/).every((w) => hay.includes(w));
}

const ike = (r) => r.ikes.find((i) => i.state === "established") ?? r.ikes[0];
const child = (r) => r.children.find((c) => c.state === "established") ?? r.children[0];

function phase1(r) {
	const i = ike(r);
	if (!i)
		return "";
	const nat = i.nat.local || i.nat.remote;
	return [i.exchange_mode, i.role, nat ? "NAT" : ""].filter(Boolean).join(" · ");
}

// The one line below a row that says what is wrong with it, empty when nothing is.
function complaint(r) {
	const parts = [];
	const why = r.stale_reasons || r.children.find((c) => c.stale)?.stale_reasons || r.ikes.find((i) => i.stale)?.stale_reasons;
	if (!r.configured)
		parts.push(mark("warn", "▲", "not in today's configuration"), " ");
	else if (isStale(r))
		parts.push(mark("warn", "▲", "stale"), why ? ` ${why} changed since ` : " built from an older configuration ");
	if (r.last_failure && r.state !== "up")
		parts.push(mark("bad", "✖", "last failure"), ` ${moment(r.last_failure_at)} ${r.last_failure} `,
			r.last_negotiation ? link(`#/negotiations/${r.last_negotiation}`, "Story") : null);
	return parts;
}

function makeRow(first, open) {
	const id = fresh("sas");
	const toggle = h("button", { type: "button", class: "opener", "aria-controls": id, "aria-expanded": "false", click: () => {
		open.has(first.name) ? open.delete(first.name) : open.add(first.name);
		part.update(part.item);
	} }, h("span", { "aria-hidden": "true", class: "chevron" }, "▸"), h("span", null, first.name));
	const cells = { state: h("td"), peer: h("td", { class: "w1" }), remote: h("td", { class: "mono w2" }), phase1: h("td", { class: "w3" }),
		since: h("td", { class: "num w2" }), rekey: h("td", { class: "num w3" }), traffic: h("td", { class: "num w1" }) };
	const actions = h("td", { class: "actions w1" });
	const tr = h("tr", { class: "tunnel" }, h("th", { scope: "row" }, toggle), Object.values(cells), actions);
	const note = h("td", { colspan: "9" });
	const noteRow = h("tr", { class: "note", hidden: true }, note);
	const detail = h("td", { colspan: "9" });
	const detailRow = h("tr", { class: "detail", id, hidden: true }, detail);
	const sas = saRows(detail);
	let said = null;
	let shownState = null;
	const part = { nodes: [tr, noteRow, detailRow], update(r) {
		part.item = r;
		const c = child(r);
		const i = ike(r);
		if (shownState !== r.state + isStale(r)) {
			shownState = r.state + isStale(r);
			fill(cells.state, state(r.state), isStale(r) ? [" ", mark("warn", "▲", "stale")] : null);
		}
		if (!cells.peer.firstChild)
			fill(cells.peer, link(`#/peers/${encodeURIComponent(r.peer)}`, r.peer));
		text(cells.remote, i ? endpoint(i.remote_address, i.remote_port) : "");
		text(cells.phase1, phase1(r));
		text(cells.since, since(r.state_since ?? c?.established_at));
		text(cells.rekey, c?.rekey_in_seconds ? span(c.rekey_in_seconds) : "");
		text(cells.traffic, r.configured ? `${bytes(r.bytes_in)} / ${bytes(r.bytes_out)}` : c ? `${bytes(c.bytes_in)} / ${bytes(c.bytes_out)}` : "");
		const words = complaint(r);
		const key = words.map((w) => w?.textContent ?? w).join();
		if (key !== said) {
			said = key;
			fill(note, words);
		}
		flag(noteRow, "hidden", !words.length);
		const isOpen = open.has(first.name);
		attr(toggle, "aria-expanded", String(isOpen));
		tr.classList.toggle("open", isOpen);
		flag(detailRow, "hidden", !isOpen);
		if (isOpen)
			sas.update(r);
	} };
	if (may("operator"))
		fill(actions, first.configured ? button("Initiate", () => initiate(first.name), { class: "small", "aria-label": `Initiate ${first.name}` }) : null, " ",
			button("Reset", () => resetDialog(first.name, first.configured ? { tunnel: first.name } : { peer: first.peer }), { class: "small", "aria-label": `Reset ${first.name}` }));
	return part;
}

function tile(label, node) {
	return h("div", { class: "tile" }, h("dt", null, label), h("dd", null, node));
}

function tiles() {
	const n = { tunnels: h("span"), ike: h("span"), child: h("span"), failed: h("span"), in: h("span"), out: h("span"), plane: h("span") };
	const charts = { in: spark("incoming traffic"), out: spark("outgoing traffic") };
	const node = h("dl", { class: "tiles", "aria-label": "The gateway in numbers" }, tile("Tunnels up", n.tunnels), tile("IKE SAs", n.ike), tile("IPsec SAs", n.child),
		tile("Failed last hour", n.failed), tile("In", [n.in, charts.in.node]), tile("Out", [n.out, charts.out.node]), tile("Data plane", n.plane));
	return { node, update(s) {
		const last = rates.at(-1) ?? { in: 0, out: 0 };
		text(n.tunnels, `${count(s.tunnels.up)} of ${count(s.tunnels.configured)}`);
		text(n.ike, count(s.ike_sas));
		text(n.child, count(s.child_sas));
		text(n.failed, count(s.failed_last_hour));
		text(n.in, rate(last.in));
		text(n.out, rate(last.out));
		text(n.plane, s.data_plane);
		for (const way of ["in", "out"])
			charts[way].update(rates.map((r) => r[way]), rate);
	} };
}

function emptyState() {
	return h("div", { class: "empty" }, h("p", null, "No tunnel is configured yet. A tunnel needs, in this order:"),
		h("ol", null, h("li", null, link("#/secrets/+new", "a secret"), ", the pre-shared key"),
			h("li", null, link("#/peers/+new", "a peer"), ", the gateway at the other end"),
			h("li", null, link("#/ipsec-proposals/+new", "an IPsec proposal"), ", how traffic is protected"),
			h("li", null, link("#/tunnels/+new", "a tunnel"), ", which traffic goes there")));
}

export function dashboardPage(main, onlyStale) {
	const o = { filter: "", trouble: false, stale: onlyStale };
	const open = new Set();
	const numbers = tiles();
	const t = table("Tunnels with their SAs", ["Tunnel", "State", { label: "Peer", class: "w1" }, { label: "Remote", class: "w2" },
		{ label: "Phase 1", class: "w3" }, { label: "Since", class: "num w2" }, { label: "Rekey in", class: "num w3" },
		{ label: "In / Out", class: "num w1" }, { label: "Actions", class: "w1", hidden: true }], { class: "tree" });
	const said = h("p", { class: "quiet", role: "status" });
	const empty = emptyState();
	const asOf = h("p", { class: "as-of" });
	const id = fresh("filter");
	const draw = () => {
		if (!picture.at)
			return;
		const all = compose(picture);
		const some = all.filter((r) => fits(r, o));
		numbers.update(picture.status);
		sync(t.body, some, (r) => `${r.configured}-${r.name}`, (r) => makeRow(r, open));
		t.node.hidden = empty.hidden = false;
		t.node.hidden = !all.length;
		empty.hidden = all.length > 0;
		text(said, some.length === all.length ? "" : `${count(some.length)} of ${count(all.length)} shown`);
		text(asOf, `as of ${moment(picture.at)}`);
	};
	const check = (label, key) => {
		const box = h("input", { type: "checkbox", checked: o[key], change: () => { o[key] = box.checked; draw(); } });
		return h("label", { class: "check" }, box, label);
	};
	fill(main, h("h1", null, "Dashboard"), numbers.node,
		h("div", { class: "tools" }, h("label", { for: id, class: "unseen" }, "Filter tunnels"),
			h("input", { id, type: "search", placeholder: "Filter: tunnel, peer, address, state", input: (e) => { o.filter = e.target.value; draw(); } }),
			check("only trouble", "trouble"), check("only stale", "stale"), said, asOf),
		t.node, empty);
	t.node.hidden = empty.hidden = true;
	return { leave: watch(draw) };
}
