// tunnels.js - a page of tunnels as rows: each with its SAs, and what is wrong with it
//
// One row per configured tunnel, down ones too, and one for whatever lives without a tunnel of
// today's configuration: an SA that nobody sees is the one that surprises.
// Used by: dashboard.js. Keeps: nothing.

import { link } from "./dom.js";
import { mark, moment } from "./format.js";
import { because, tx } from "./tongue.js";

// In the order of the gateway.
export function compose(p) {
	const rows = new Map(p.tunnels.map((t) => [t.name, { ...t, configured: true, children: [], ikes: [] }]));
	const claimed = new Set();
	const lost = (name, peer) => {
		if (!rows.has(name))
			rows.set(name, {
				name,
				peer,
				configured: false,
				enabled: true,
				state: "up",
				children: [],
				ikes: [],
				stale: true,
			});
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
	for (const i of p.ikeSas) if (!claimed.has(i.id)) lost(`${i.peer}`, i.peer).ikes.push(i);
	return [...rows.values()];
}

// The IKE SA counts only where it carries something.
export const isStale = (r) =>
	Boolean(r.stale) ||
	r.children.some((c) => c.stale) ||
	(r.children.length > 0 && r.ikes.some((i) => i.stale));

export const ike = (r) => r.ikes.find((i) => i.state === "established") ?? r.ikes[0];
export const child = (r) => r.children.find((c) => c.state === "established") ?? r.children[0];

export function phase1(r) {
	const i = ike(r);
	if (!i) return "";
	const nat = i.nat.local || i.nat.remote;
	return [tx(i.exchange_mode), tx(i.role), nat ? "NAT" : ""].filter(Boolean).join(" · ");
}

// The one line below a row that says what is wrong with it, empty when nothing is.
export function complaint(r) {
	const parts = [];
	const why =
		r.stale_reasons ||
		r.children.find((c) => c.stale)?.stale_reasons ||
		r.ikes.find((i) => i.stale)?.stale_reasons;
	if (!r.configured) parts.push(mark("warn", "▲", tx("not in today's configuration")), " ");
	else if (isStale(r))
		parts.push(
			mark("warn", "▲", tx("stale")),
			why ? ` ${tx("{} changed since", why)} ` : tx(" built from an older configuration "),
		);
	if (r.last_failure && r.state !== "up")
		parts.push(
			mark("bad", "✖", tx("last failure")),
			` ${moment(r.last_failure_at)} ${because(r.last_failure_reason, r.last_failure)} `,
			r.last_negotiation ? link(`#/negotiations/${r.last_negotiation}`, tx("Story")) : null,
		);
	return parts;
}
