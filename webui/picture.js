// picture.js - what the gateway looks like now, kept fresh by the stream
//
// The stream says that there is a new picture (once a second at most); the numbers are fetched
// then, and whatever the page on show wants beside them: the rows it shows, never all there are.
// Never two fetches at once, and more slowly when they take long. A tab nobody sees fetches
// nothing and catches up when it is looked at.
// Used by: dashboard.js, app.js, records.js, peer.js. Keeps: the numbers, who watches, the rates.

import { get } from "./rest.js";
import { hear } from "./live.js";

const LEAST_MS = 900;
const MOST_MS = 10000; // a fetch that a sleeping machine interrupted took hours
const RATES = 60;

export const picture = { status: null, at: null };
export const rates = []; // {in, out} in bit/s, oldest first

const watchers = new Map(); // f -> what it asks beside the numbers, or null
let busy = false;
let again = false;
let running = null;
let before = null;

// f(picture, rows) now and whenever there is a new one. ask(): the rows that f shows; when it
// gives none, f is left alone.
export function watch(f, ask = null) {
	watchers.set(f, ask);
	if (picture.at && !ask) f(picture);
	if (picture.at && ask && busy) ask().then((rows) => rows && watchers.has(f) && shown(f, rows)).catch(() => {});
	refresh();
	return () => watchers.delete(f);
}

function measure(status) {
	const now = { at: performance.now(), ...status.traffic };
	if (before && now.at - before.at > 500) {
		const s = (now.at - before.at) / 1000;
		const rate = (k) => Math.max(0, ((now[k] - before[k]) * 8) / s);
		rates.push({ in: rate("bytes_in"), out: rate("bytes_out") });
		if (rates.length > RATES) rates.shift();
	}
	if (!before || now.at - before.at > 500) before = now;
}

// A page that cannot draw is a mistake, not a gateway that does not answer.
function shown(f, rows) {
	try {
		f(picture, rows);
	} catch (e) {
		reportError(e);
	}
}

async function fetchAll() {
	await null; // whoever begins to watch in the same breath is asked too
	const asked = [...watchers].filter(([, ask]) => ask);
	const [status, ...rows] = await Promise.all([
		get("/status"),
		...asked.map(([, ask]) => ask().catch(() => null)),
	]);
	const got = new Map(asked.map(([f], i) => [f, rows[i]]));
	measure(status);
	Object.assign(picture, { status, at: new Date() });
	for (const [f, ask] of [...watchers]) if (!ask || got.get(f)) shown(f, got.get(f));
}

export async function refresh() {
	if (busy || document.hidden) {
		again = true;
		return;
	}
	busy = true;
	again = false;
	const start = performance.now();
	running = fetchAll().catch(() => {}); // the stream's mark tells that nobody answers
	await running;
	const took = performance.now() - start;
	setTimeout(
		() => {
			busy = false;
			if (again && watchers.size) refresh();
		},
		Math.min(Math.max(LEAST_MS - took, took * 3), MOST_MS),
	);
}

// Nobody watches any more, and nothing is under way.
export async function quiet() {
	watchers.clear();
	await running;
}

hear((name) => {
	if (
		watchers.size &&
		(name === "picture" || name === "resync" || name === "config.changed" || name.includes("sa."))
	)
		refresh();
});
document.addEventListener("visibilitychange", () => {
	if (!document.hidden && watchers.size) refresh();
});
