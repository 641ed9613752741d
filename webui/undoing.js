// undoing.js - one's own last change can be undone for ten minutes, on every page
//
// What the gateway's history says counts, so the offer survives a reload and ends when somebody
// else changes something. Undoing shows first what it does. Minutes go by the gateway's clock.
// Used by: app.js. Keeps: the change on offer, which one was waved off.

import { call, may, session } from "./rest.js";
import { button, fill, h, text } from "./dom.js";
import { span } from "./format.js";
import { goBack } from "./goback.js";
import { hear } from "./live.js";
import { watch } from "./picture.js";
import { tx } from "./tongue.js";
import { whatOf } from "./waiting.js";

const OFFER_MS = 600000;
const TICK_MS = 5000;

const node = h("section", { class: "strip undo", "aria-label": tx("Can be undone"), hidden: true });
const left = h("span", { role: "timer" });
let offer = null;
let waved = 0;
let apart = 0;
let running = null;
let revision = null; // of the last picture

function draw(c, what) {
	offer = c;
	node.hidden = false;
	fill(
		node,
		tx("Revision {} is yours: {}.", c.revision, what),
		" ",
		button(tx("Take it back …"), () => goBack(c.revision - 1), { class: "small" }),
		" ",
		left,
		" ",
		button(
			tx("Keep it"),
			() => {
				waved = c.revision;
				drop();
			},
			{ class: "small quiet" },
		),
	);
	tick();
}

function drop() {
	offer = null;
	node.hidden = true;
}

function tick() {
	if (!offer) return;
	const ms = new Date(offer.at).getTime() + OFFER_MS - Date.now() - apart;
	text(left, tx("for {}", span(ms / 1000)));
	if (ms <= 0) drop();
}

async function read() {
	const answer = await call("GET", "/commits?limit=1");
	const [c] = answer.body.items;
	if (answer.date) apart = answer.date - Date.now();
	const fresh = c && Date.now() + apart - new Date(c.at).getTime() < OFFER_MS;
	if (!fresh || c.who !== session.user || c.revision < 1 || c.revision === waved) drop();
	else if (offer?.revision !== c.revision) draw(c, await whatOf(c));
}

function look() {
	running ??= read()
		.catch(() => {}) // the stream's mark tells that nobody answers
		.finally(() => {
			running = null;
		});
	return running;
}

let timer = null;

// Nothing is under way any more.
export async function undoingQuiet() {
	clearInterval(timer);
	await running;
}

export function undoingStrip() {
	if (!may("editor")) return null;
	hear((name) => {
		if (name === "config.changed" || name === "config.went_back" || name === "resync") look();
	});
	watch((p) => {
		if (p.status.revision !== revision) look();
		revision = p.status.revision;
	});
	timer = setInterval(tick, TICK_MS);
	look();
	return node;
}
