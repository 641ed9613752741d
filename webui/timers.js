// timers.js - every clock of the gateway on one page: keepalive, dead peer detection, lifetimes
//
// What silence leads to and when, as a time line; whether a timeout leaves the other end time
// enough; which peers a DPD profile watches.
// Used by: app.js. Keeps: nothing.

import { get, may } from "./rest.js";
import { fill, h, link, svg, sync, table } from "./dom.js";
import { count, mark, span } from "./format.js";
import { hear } from "./live.js";
import { tx } from "./tongue.js";

const WIDTH = 640;
const LEFT = 110;
const TIMES = 3; // intervals that a timeout should allow for
const FEW = 5; // peers by name
const uri = encodeURIComponent;

const mostOf = (k) => Math.max(k.interval_seconds * TIMES, k.timeout_seconds * (k.tag_first ? 2 : 1), 1);

function sentences(k) {
	const sent = k.interval_seconds
		? tx("Over each IKE SA a keepalive is sent every {}.", span(k.interval_seconds))
		: tx("No keepalive is sent.");
	if (!k.timeout_seconds) return [sent, tx("None is expected: silence alone ends no SA.")];
	return [
		sent,
		k.tag_first
			? tx(
					"Without one from the peer the IKE SA is tagged TIMEOUT after {} and deleted with its IPsec SAs after {}.",
					span(k.timeout_seconds),
					span(k.timeout_seconds * 2),
				)
			: tx(
					"Without one from the peer the IKE SA and its IPsec SAs are deleted after {}.",
					span(k.timeout_seconds),
				),
	];
}

// Two lanes from the last sign of life on: what we send, what its silence leads to.
function line(k) {
	const most = mostOf(k);
	const x = (s) => LEFT + (s / most) * (WIDTH - LEFT - 20);
	const cross = (s, cls) =>
		svg("path", { class: cls, d: `M${x(s) - 5} 45l10 10m0 -10l-10 10` });
	const word = (s, words) => svg("text", { class: "tick-word", x: x(s), y: 76 }, words);
	const sent = [];
	if (k.interval_seconds)
		for (let s = k.interval_seconds; s <= most && sent.length < 60; s += k.interval_seconds)
			sent.push(svg("circle", { class: "dot out", cx: x(s), cy: 18, r: 5 }));
	const lane = (y, name, on) => [
		svg("text", { class: "lane-word", x: 0, y: y + 4 }, name),
		svg("line", { class: on ? "lane" : "lane off", x1: LEFT, x2: WIDTH, y1: y, y2: y }),
	];
	const t = k.timeout_seconds;
	const end = k.tag_first ? 2 * t : t;
	const node = svg(
		"svg",
		{ viewBox: `0 0 ${WIDTH} 82`, role: "img", "aria-label": sentences(k).join(" "), class: "liveness" },
	);
	node.append(
		...lane(18, tx("we send"), k.interval_seconds > 0),
		...lane(50, tx("we expect"), t > 0),
		...sent,
		...(t && k.tag_first ? [cross(t, "end tag"), word(t, `TIMEOUT ${span(t)}`)] : []),
		...(t ? [cross(end, "end"), word(end - (most - end < most / 9 ? most / 12 : 0), tx("deleted {}", span(end)))] : []),
		word(0, "0"),
	);
	return h("div", { class: "liveness-frame", tabindex: "0", role: "group", "aria-label": tx("Time line of keepalives") }, node);
}

// The manual's advice, for both ends alike.
function check(k) {
	if (!k.timeout_seconds) return null;
	const most = Math.floor(k.timeout_seconds / TIMES);
	const tight = k.interval_seconds && k.interval_seconds * TIMES > k.timeout_seconds;
	return h(
		"p",
		null,
		tight ? [mark("warn", "▲", tx("tight")), " "] : null,
		tx("The other end should send at least every {}: a timeout is to be three intervals long.", span(most)),
	);
}

function keepalive(k) {
	return h(
		"section",
		null,
		h("h2", null, tx("Keepalive")),
		h("p", null, sentences(k).join(" ")),
		k.interval_seconds || k.timeout_seconds ? line(k) : null,
		check(k),
		h(
			"p",
			null,
			link("#/settings/keepalive", tx("Keepalive settings")),
			" · ",
			tx("a peer may have timers of its own: "),
			link("#/peers", tx("Peers")),
		),
	);
}

const asks = (d) =>
	tx("after {} of silence, then every {}", span(d.interval_seconds), span(d.retry_seconds));
const deadAfter = (d) => span(d.interval_seconds + d.retry_seconds * d.max_failures);

function usedBy(u) {
	if (!u.total) return h("span", { class: "quiet" }, tx("no peer"));
	const names = u.items.map((p, i) => [i ? ", " : "", link(`#/peers/${uri(p.name)}/state`, p.name)]);
	const more = u.total - u.items.length;
	return [names, more > 0 ? tx(" and {} more", count(more)) : ""];
}

function profileRow({ d, used }) {
	const cells = [
		h("td", null, tx(d.mode)),
		h("td", null, asks(d)),
		h("td", null, tx("{} after the last sign, {} questions unanswered", deadAfter(d), d.max_failures)),
		h("td", null, tx(d.action)),
		h("td", null, usedBy(used)),
	];
	return {
		nodes: [
			h("tr", null, h("th", { scope: "row" }, link(`#/dpd-profiles/${uri(d.name)}`, d.name)), cells),
		],
	};
}

function profiles(list) {
	const t = table(
		tx("DPD profiles and the peers they watch"),
		[tx("Name"), tx("Mode"), tx("Asks"), tx("Counts as dead"), tx("What follows"), tx("Peers")],
		{ class: "stack" },
	);
	sync(t.body, list, (p) => `${p.d.name} ${p.d.revision} ${p.used.total}`, profileRow);
	return h(
		"section",
		null,
		h("h2", null, tx("Dead peer detection")),
		list.length
			? t.node
			: h(
					"p",
					{ class: "empty" },
					tx("No DPD profile: dead peers are noticed by keepalives or when lifetimes end."),
				),
		may("editor") ? h("a", { class: "button", href: "#/dpd-profiles/+new" }, tx("New {}", tx("DPD profile"))) : null,
	);
}

function lifetimes(s) {
	const rows = [
		[tx("NAT keepalive"), s.ike.nat_keepalive_seconds ? span(s.ike.nat_keepalive_seconds) : "–", "ike"],
		[tx("Unfinished exchange is given up after"), span(s.ike.exchange_timeout_seconds), "ike"],
		[tx("IPsec SAs where nothing else is said"), span(s.ipsec.lifetime_seconds), "ipsec"],
		[tx("and by traffic"), `${count(s.ipsec.lifetime_kilobytes)} kB`, "ipsec"],
	];
	return h(
		"section",
		null,
		h("h2", null, tx("Other clocks")),
		h(
			"dl",
			{ class: "pairs" },
			rows.map(([words, v, kind]) => [h("dt", null, words), h("dd", null, link(`#/settings/${kind}`, v))]),
		),
		h("p", { class: "quiet" }, tx("Lifetimes of IKE SAs stand in the IKE proposals; the smaller of both ends counts.")),
	);
}

async function ask() {
	const [settings, dpd] = await Promise.all([get("/settings"), get("/dpd-profiles?limit=1000")]);
	const list = await Promise.all(
		dpd.items.map(async (d) => ({
			d,
			used: await get(`/peers?dpd=${uri(d.name)}&limit=${FEW}&count=true&fields=name`),
		})),
	);
	return { settings, list };
}

export async function timersPage(main) {
	const body = h("div");
	fill(
		main,
		h("h1", null, tx("Timers and DPD")),
		h("p", { class: "about" }, tx("When a peer counts as gone, what is deleted then, and how long SAs live.")),
		body,
	);
	const load = async () => {
		const { settings, list } = await ask();
		fill(body, keepalive(settings.keepalive), profiles(list), lifetimes(settings));
	};
	await load();
	return {
		leave: hear((name) => {
			if (name === "config.changed" || name === "resync") load().catch(() => {});
		}),
	};
}
