// dashboard.js - every tunnel with its IKE and IPsec SAs, live
//
// Rows come from tunnels.js and open to their SAs (sarows.js). They are kept and rewritten in
// place, so focus and open rows survive.
// Used by: app.js. Keeps: which rows are open, for this page.

import { may } from "./rest.js";
import { attr, button, fill, flag, fresh, h, link, sync, table, text } from "./dom.js";
import { bytes, count, endpoint, mark, moment, rate, since, span, state } from "./format.js";
import { gather } from "./gather.js";
import { pager, soon } from "./pager.js";
import { picture, rates, watch } from "./picture.js";
import { initiate, resetDialog } from "./reset.js";
import { saRows } from "./sarows.js";
import { startingShapes } from "./shapes.js";
import { spark } from "./spark.js";
import { child, complaint, compose, ike, isStale, phase1 } from "./tunnels.js";
import { tx } from "./tongue.js";

function makeCells() {
	return {
		state: h("td"),
		peer: h("td", { class: "w1" }),
		remote: h("td", { class: "mono w2" }),
		phase1: h("td", { class: "w3" }),
		since: h("td", { class: "num w2" }),
		rekey: h("td", { class: "num w3" }),
		traffic: h("td", { class: "num w1" }),
	};
}

function traffic(r, c) {
	const of = r.configured ? r : c;
	return of ? `${bytes(of.bytes_in)} / ${bytes(of.bytes_out)}` : "";
}

// What it shows in its cells; the state is drawn anew only when it changed.
function fillCells(cells, r, drawn) {
	const c = child(r);
	const i = ike(r);
	const stale = isStale(r);
	if (drawn.state !== `${r.state} ${stale}`) {
		drawn.state = `${r.state} ${stale}`;
		fill(cells.state, state(r.state), stale ? [" ", mark("warn", "▲", tx("stale"))] : null);
	}
	if (!cells.peer.firstChild) fill(cells.peer, link(`#/peers/${encodeURIComponent(r.peer)}/state`, r.peer));
	text(cells.remote, i ? endpoint(i.remote_address, i.remote_port) : "");
	text(cells.phase1, phase1(r));
	text(cells.since, since(r.state_since ?? c?.established_at));
	text(cells.rekey, c?.rekey_in_seconds ? span(c.rekey_in_seconds) : "");
	text(cells.traffic, traffic(r, c));
}

function actionsOf(r) {
	if (!may("operator")) return null;
	const scope = r.configured ? { tunnel: r.name } : { peer: r.peer };
	return [
		r.configured
			? button(tx("Initiate"), () => initiate(r.name), {
					class: "small",
					"aria-label": tx("Initiate {}", r.name),
				})
			: null,
		" ",
		button(tx("Reset"), () => resetDialog(r.name, scope), {
			class: "small",
			"aria-label": tx("Reset {}", r.name),
		}),
	];
}

// The row itself, the line with what is wrong, and the SAs below it.
function makeRow(first, open) {
	const id = fresh("sas");
	const click = () => {
		if (!open.delete(first.name)) open.add(first.name);
		part.update(part.item);
	};
	const toggle = h(
		"button",
		{ type: "button", class: "opener", "aria-controls": id, "aria-expanded": "false", click },
		h("span", { "aria-hidden": "true", class: "chevron" }, "▸"),
		h("span", null, first.name),
	);
	const cells = makeCells();
	const tr = h(
		"tr",
		{ class: "tunnel" },
		h("th", { scope: "row" }, toggle),
		Object.values(cells),
		h("td", { class: "actions w1" }, actionsOf(first)),
	);
	const note = h("td", { colspan: "9" });
	const noteRow = h("tr", { class: "note", hidden: true }, note);
	const detail = h("td", { colspan: "9" });
	const detailRow = h("tr", { class: "detail", id, hidden: true }, detail);
	const sas = saRows(detail);
	const drawn = { state: null, note: null };
	const part = {
		nodes: [tr, noteRow, detailRow],
		update(r) {
			const words = complaint(r);
			const said = words.map((w) => w?.textContent ?? w).join();
			const isOpen = open.has(first.name);
			part.item = r;
			fillCells(cells, r, drawn);
			if (said !== drawn.note) fill(note, words);
			drawn.note = said;
			flag(noteRow, "hidden", !words.length);
			attr(toggle, "aria-expanded", String(isOpen));
			tr.classList.toggle("open", isOpen);
			flag(detailRow, "hidden", !isOpen);
			if (isOpen) sas.update(r);
		},
	};
	return part;
}

function tile(label, node) {
	return h("div", { class: "tile" }, h("dt", null, label), h("dd", null, node));
}

function tiles() {
	const n = {
		tunnels: h("span"),
		ike: h("span"),
		child: h("span"),
		failed: h("span"),
		in: h("span"),
		out: h("span"),
		plane: h("span"),
	};
	const charts = { in: spark(tx("incoming traffic")), out: spark(tx("outgoing traffic")) };
	const node = h(
		"dl",
		{ class: "tiles", "aria-label": tx("The gateway in numbers") },
		tile(tx("Tunnels up"), n.tunnels),
		tile(tx("IKE SAs"), n.ike),
		tile(tx("IPsec SAs"), n.child),
		tile(tx("Failed last hour"), n.failed),
		tile(tx("In"), [n.in, charts.in.node]),
		tile(tx("Out"), [n.out, charts.out.node]),
		tile(tx("Data plane"), n.plane),
	);
	return {
		node,
		update(s) {
			const last = rates.at(-1) ?? { in: 0, out: 0 };
			text(n.tunnels, tx("{} of {}", count(s.tunnels.up), count(s.tunnels.configured)));
			text(n.ike, count(s.ike_sas));
			text(n.child, count(s.child_sas));
			text(n.failed, count(s.failed_last_hour));
			text(n.in, rate(last.in));
			text(n.out, rate(last.out));
			text(n.plane, s.data_plane);
			for (const way of ["in", "out"])
				charts[way].update(
					rates.map((r) => r[way]),
					rate,
				);
		},
	};
}

function emptyState() {
	return h(
		"div",
		{ class: "empty" },
		h("p", null, tx("No tunnel is configured yet. A tunnel needs, in this order:")),
		h(
			"ol",
			null,
			h("li", null, link("#/secrets/+new", tx("a secret")), tx(", the pre-shared key")),
			h("li", null, link("#/peers/+new", tx("a peer")), tx(", the gateway at the other end"), startingShapes()),
			h("li", null, link("#/ipsec-proposals/+new", tx("an IPsec proposal")), tx(", how traffic is protected")),
			h("li", null, link("#/tunnels/+new", tx("a tunnel")), tx(", which traffic goes there")),
		),
	);
}

const columnsOf = (pages) => [
	{ label: pages.head(tx("Tunnel"), "name") },
	{ label: pages.head(tx("State"), "state") },
	{ label: pages.head(tx("Peer"), "peer"), class: "w1" },
	{ label: tx("Remote"), class: "w2" },
	{ label: tx("Phase 1"), class: "w3" },
	{ label: pages.head(tx("Since"), "state_since", "-"), class: "num w2" },
	{ label: tx("Rekey in"), class: "num w3" },
	{ label: pages.head(tx("In / Out"), "bytes_in", "-"), class: "num w1" },
	{ label: tx("Actions"), class: "w1", hidden: true },
];

// The filter: o.filter, o.trouble and o.stale follow what is entered.
function toolsOf(o, said, asOf, draw) {
	const id = fresh("filter");
	const check = (label, key) => {
		const box = h("input", {
			type: "checkbox",
			checked: o[key],
			change: () => {
				o[key] = box.checked;
				draw();
			},
		});
		return h("label", { class: "check" }, box, label);
	};
	return h(
		"div",
		{ class: "tools" },
		h("label", { for: id, class: "unseen" }, tx("Filter tunnels")),
		h("input", {
			id,
			type: "search",
			placeholder: tx("Filter: tunnel, peer, address, state"),
			input: soon((e) => {
				o.filter = e.target.value;
				draw();
			}),
		}),
		check(tx("only trouble"), "trouble"),
		check(tx("only stale"), "stale"),
		said,
		asOf,
	);
}

export function dashboardPage(main, onlyStale) {
	const o = { filter: "", trouble: false, stale: onlyStale };
	const open = new Set();
	const numbers = tiles();
	const load = async () => {
		const rows = await ask().catch(() => null);
		if (rows && picture.at) draw(picture, rows);
	};
	const pages = pager(load);
	const ask = () => gather(pages, o);
	const t = table(tx("Tunnels with their SAs"), columnsOf(pages), { class: "tree" });
	const said = h("p", { class: "quiet", role: "status" });
	const empty = emptyState();
	const none = h("p", { class: "empty", hidden: true }, tx("Nothing here fits the filter."));
	const asOf = h("p", { class: "as-of" });
	const draw = (p, rows) => {
		const began = performance.now();
		const all = compose(rows);
		const whole = p.status.tunnels.configured;
		numbers.update(p.status);
		sync(
			t.body,
			all,
			(r) => `${r.configured}-${r.name}`,
			(r) => makeRow(r, open),
		);
		for (const name of open) if (!all.some((r) => r.name === name)) open.delete(name);
		pages.show(rows.page);
		t.node.hidden = !all.length;
		empty.hidden = all.length > 0 || whole > 0;
		none.hidden = all.length > 0 || whole === 0;
		text(said, rows.page.total >= whole ? "" : tx("{} of {} shown", count(rows.page.total), count(whole)));
		text(asOf, tx("as of {}", moment(p.at)));
		performance.measure("dashboard", { start: began });
	};
	fill(
		main,
		h("h1", null, tx("Dashboard")),
		numbers.node,
		toolsOf(o, said, asOf, pages.restart),
		t.node,
		pages.node,
		none,
		empty,
	);
	pages.mark();
	t.node.hidden = empty.hidden = true;
	return { leave: watch(draw, ask) };
}
