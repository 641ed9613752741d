// sarows.js - the SAs below a tunnel: phase 1, then its pairs
//
// Used by: dashboard.js. Keeps: the rows on show.

import { may } from "./rest.js";
import { button, fill, flag, h, link, sync, table, text } from "./dom.js";
import { bytes, count, endpoint, mark, plural, span, state, when } from "./format.js";
import { initiate, resetDialog } from "./reset.js";
import { because, reasonText, tx } from "./tongue.js";

const ends = (sa) =>
	`${endpoint(sa.local_address, sa.local_port)} → ${endpoint(sa.remote_address, sa.remote_port)}`;
const names = (sa) => (sa.local_id || sa.remote_id ? `${sa.local_id ?? "?"} → ${sa.remote_id ?? "?"}` : "");

const clocks = (sa) =>
	[
		tx("age {}", span(sa.age_seconds)),
		sa.rekey_in_seconds ? tx("rekey in {}", span(sa.rekey_in_seconds)) : "",
		sa.expires_in_seconds ? tx("ends in {}", span(sa.expires_in_seconds)) : "",
	]
		.filter(Boolean)
		.join(", ");

function stateCell(node, sa) {
	const key = `${sa.state} ${sa.stale} ${sa.stale_reasons} ${sa.timeout_tagged}`;
	if (node.dataset.key === key) return;
	node.dataset.key = key;
	fill(
		node,
		state(sa.state),
		sa.stale
			? h(
					"div",
					{ class: "why" },
					mark("warn", "▲", tx("stale")),
					sa.stale_reasons ? ` ${tx("{} changed since", sa.stale_reasons)}` : "",
				)
			: null,
		sa.timeout_tagged ? [" ", mark("warn", "◷", tx("timeout"))] : null,
	);
}

function actions(sa, what, scope, level) {
	return h(
		"td",
		{ class: "actions" },
		sa.negotiation ? link(`#/negotiations/${sa.negotiation}`, tx("Story")) : null,
		" ",
		may("operator")
			? button(tx("Reset"), () => resetDialog(what, scope, level), {
					class: "small",
					"aria-label": tx("Reset {}", what),
				})
			: null,
	);
}

function ikeRow(first) {
	const c = {
		state: h("td"),
		ends: h("td", { class: "mono" }),
		proposal: h("td"),
		clock: h("td"),
		traffic: h("td", { class: "num" }),
	};
	const spis = h("div", { class: "quiet" });
	const who = h("div", { class: "quiet" });
	const route = h("div");
	const algorithms = h("div");
	fill(c.ends, route, who);
	fill(c.proposal, algorithms, spis);
	const tr = h(
		"tr",
		null,
		h("th", { scope: "row" }, `IKE SA ${first.id}`),
		Object.values(c),
		actions(first, `IKE SA ${first.id}`, { ike_sa: first.id }),
	);
	return {
		nodes: [tr],
		update(sa) {
			stateCell(c.state, sa);
			text(route, ends(sa));
			text(who, names(sa));
			text(algorithms, sa.proposal);
			text(
				spis,
				`${[tx(sa.exchange_mode), tx(sa.role), sa.flags_text].filter(Boolean).join(" · ")} · ${sa.initiator_spi} ${sa.responder_spi}`,
			);
			text(c.clock, clocks(sa));
			text(c.traffic, `${bytes(sa.bytes_in)} / ${bytes(sa.bytes_out)}`);
		},
	};
}

function childRow(first) {
	const c = {
		state: h("td"),
		ends: h("td", { class: "mono" }),
		proposal: h("td"),
		clock: h("td"),
		traffic: h("td", { class: "num" }),
	};
	const net = h("div");
	const spis = h("div", { class: "quiet" });
	const algorithms = h("div");
	const extra = h("div", { class: "quiet" });
	const sum = h("div");
	const bad = h("div", { class: "quiet" });
	fill(c.ends, net, spis);
	fill(c.proposal, algorithms, extra);
	fill(c.traffic, sum, bad);
	const tr = h(
		"tr",
		null,
		h("th", { scope: "row" }, tx("pair {}", first.id)),
		Object.values(c),
		actions(first, `${tx("IPsec SA pair")} ${first.id}`, { child_sa: first.id }, "child"),
	);
	return {
		nodes: [tr],
		update(sa) {
			const errors = Object.values(sa.errors ?? {}).reduce((a, b) => a + b, 0);
			stateCell(c.state, sa);
			text(net, `${sa.local_ts} ⇄ ${sa.remote_ts}`);
			text(spis, tx("in {} out {}", sa.spi_in, sa.spi_out));
			text(algorithms, sa.proposal);
			text(
				extra,
				[sa.protocol, sa.mode, sa.encap ? tx("in UDP") : "", sa.data_plane].filter(Boolean).join(" · "),
			);
			text(c.clock, clocks(sa));
			text(sum, `${bytes(sa.bytes_in)} / ${bytes(sa.bytes_out)}`);
			text(
				bad,
				`${tx("{} / {} packets", count(sa.packets_in), count(sa.packets_out))}${errors ? tx(", {} refused", count(errors)) : ""}`,
			);
		},
	};
}

const columns = [
	"SA",
	tx("State"),
	tx("Ends"),
	tx("Protection"),
	tx("Clock"),
	{ label: tx("In / Out"), class: "num" },
	{ label: tx("Actions"), hidden: true },
];
const facts = (r) =>
	[
		tx("Up {}, down {}, rekeyed {}.", plural(r.up_count, "time"), plural(r.down_count, "time"), plural(r.rekeys, "time")),
		r.last_down_reason ? tx(" Last down: {}.", reasonText(r.last_down_reason)) : "",
	].join("");

// Fills `node` with the SAs of a tunnel row and keeps them fresh.
export function saRows(node) {
	let built = null;
	const build = (r) => {
		const ikes = table(tx("IKE SAs of {}", r.name), columns, { showCaption: true, class: "stack" });
		const pairs = table(tx("IPsec SA pairs of {}", r.name), columns, { showCaption: true, class: "stack" });
		const none = h("p", { class: "quiet" }, tx("No SA at this moment."));
		const sums = h("p", { class: "quiet" });
		const failure = h("p");
		const narrow = h(
			"p",
			{ class: "narrow-only" },
			may("operator")
				? [
						r.configured ? button(tx("Initiate"), () => initiate(r.name), { class: "small" }) : null,
						" ",
						button(
							tx("Reset"),
							() => resetDialog(r.name, r.configured ? { tunnel: r.name } : { peer: r.peer }),
							{ class: "small" },
						),
					]
				: null,
		);
		fill(
			node,
			ikes.node,
			pairs.node,
			none,
			failure,
			sums,
			h(
				"p",
				null,
				r.configured ? link(`#/tunnels/${encodeURIComponent(r.name)}`, tx("Edit this tunnel")) : null,
				" · ",
				link(`#/peers/${encodeURIComponent(r.peer)}`, tx("Edit its peer")),
				" · ",
				link(`#/negotiations?tunnel=${encodeURIComponent(r.name)}`, tx("Its negotiations")),
			),
			narrow,
		);
		return { ikes, pairs, none, sums, failure, said: null };
	};
	return {
		update(r) {
			built ??= build(r);
			sync(built.ikes.body, r.ikes, (i) => i.id, ikeRow);
			sync(built.pairs.body, r.children, (c) => c.id, childRow);
			flag(built.ikes.node, "hidden", !r.ikes.length);
			flag(built.pairs.node, "hidden", !r.children.length);
			flag(built.none, "hidden", r.ikes.length + r.children.length > 0);
			text(built.sums, r.configured ? facts(r) : "");
			const key = `${r.last_failure_at} ${r.last_failure}`;
			if (built.said !== key) {
				built.said = key;
				fill(
					built.failure,
					r.last_failure
						? [
								mark("off", "✖", tx("last failure")),
								" ",
								when(r.last_failure_at),
								` ${because(r.last_failure_reason, r.last_failure)} `,
								r.last_negotiation
									? link(`#/negotiations/${r.last_negotiation}`, tx("Story"))
									: null,
							]
						: null,
				);
			}
		},
	};
}
