// waiting.js - the change that goes back by itself unless somebody confirms it, on every page
//
// Seconds are counted by the gateway's clock: this browser's may be wrong by more than is left.
// Used by: app.js. Keeps: the change that waits, how far the clocks are apart.

import { call, get, may, post } from "./rest.js";
import { nameOf } from "./bulk.js";
import { button, fill, h, text } from "./dom.js";
import { notice } from "./dialog.js";
import { mark, plural, span } from "./format.js";
import { backNow } from "./goback.js";
import { hear } from "./live.js";
import { watch } from "./picture.js";
import { told, tx } from "./tongue.js";

const TICK_MS = 1000;
const FEW = 3; // records by name

const node = h("section", { class: "strip waiting", "aria-label": tx("Waits to be confirmed"), hidden: true });
const left = h("strong", { role: "timer" });
const up = h("span");
const about = new Map(); // revision -> what it changed, in words
let waits = null;
let apart = 0;
let shown = null;
let timer = null;
let running = null;
let revision = null; // of the last picture

// What a change changed, in words.
export async function whatOf(c) {
	if (about.has(c.revision)) return about.get(c.revision);
	const commit = await get(`/commits/${c.revision}`);
	const names = commit.changes.filter((r) => r.kind).map(nameOf);
	const more = names.length > FEW ? tx(" and {} more", names.length - FEW) : "";
	const words = `${names.slice(0, FEW).join(", ")}${more}${commit.comment ? ` – ${commit.comment}` : ""}`;
	about.set(c.revision, words);
	return words;
}

async function confirm(c) {
	try {
		await post(`/commits/${c.revision}/confirm`);
		notice(tx("Revision {} is confirmed; it stays.", c.revision));
	} catch (e) {
		notice(tx("Not confirmed: {} ", e.message), told(e.hint));
	}
	look();
}

async function back(c) {
	await backNow(c.back, "affected");
	look();
}

function draw(c, what) {
	shown = c.revision;
	fill(
		node,
		h(
			"p",
			{ role: "status" },
			mark("warn", "▲", tx("On trial")),
			tx(" Revision {}{}: {}.", c.revision, c.who ? tx(" by {}", c.who) : "", what),
		),
		h("p", null, tx("Goes back to revision {} in ", c.back), left, tx(", unless it is confirmed."), up),
		may("editor")
			? h(
					"p",
					{ class: "choices" },
					button(tx("Confirm"), () => confirm(c), { class: "main" }),
					button(tx("Go back now"), () => back(c)),
				)
			: null,
	);
	node.hidden = false;
}

function tick() {
	if (!waits) return;
	const s = Math.ceil((new Date(waits.until) - Date.now() - apart) / 1000);
	text(left, s > 0 ? span(s) : tx("a moment"));
	if (s < 0) look();
}

function keep(c) {
	waits = c;
	if (c && !timer) timer = setInterval(tick, TICK_MS);
	if (c) return;
	clearInterval(timer);
	timer = null;
	shown = null;
	node.hidden = true;
	fill(node);
}

async function read() {
	const answer = await call("GET", "/confirming");
	const c = answer.body.confirming;
	if (answer.date) apart = answer.date - Date.now();
	if (c && c.revision !== shown) draw(c, await whatOf(c).catch(() => tx("a change")));
	keep(c);
	text(
		up,
		c?.mode === "tunnels_established"
			? tx(" {} of {} up again; with all of them it stays.", c.tunnels_up, plural(c.tunnels, "tunnel"))
			: "",
	);
	tick();
}

// One look at a time; who asks meanwhile gets the one under way.
function look() {
	running ??= read()
		.catch(() => {}) // the stream's mark tells that nobody answers
		.finally(() => {
			running = null;
		});
	return running;
}

// Nothing is under way any more.
export async function waitingQuiet() {
	keep(null);
	await running;
}

export function waitingStrip() {
	hear((name, data) => {
		if (name === "config.went_back") notice(data.text || tx("A change was not confirmed and went back."));
		if (name.startsWith("config.") || name === "resync") look();
	});
	watch((p) => {
		if (waits || p.status.revision !== revision) look();
		revision = p.status.revision;
	});
	look();
	return node;
}
