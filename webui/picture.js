// picture.js - what the gateway looks like now, kept fresh by the stream
//
// The stream says that there is a new picture (once a second at most); the lists are fetched
// then, never two fetches at once, and more slowly when they take long. A tab nobody sees
// fetches nothing and catches up when it is looked at.
// Used by: dashboard.js, app.js, results.js. Keeps: the last picture, its watchers, the rates.

import { list, get } from "./rest.js";
import { hear } from "./live.js";

const LEAST_MS = 900;
const RATES = 60;

export const picture = { status: null, tunnels: [], peers: [], ikeSas: [], childSas: [], at: null };
export const rates = []; // {in, out} in bit/s, oldest first

const watchers = new Map(); // f -> wants the lists
let busy = false;
let again = false;
let running = null;
let before = null;

// f(picture) now and whenever there is a new one. `lists`: rows too, not only the numbers.
export function watch(f, lists = true) {
	watchers.set(f, lists);
	if (picture.at) f(picture);
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

async function fetchAll() {
	const wantsLists = [...watchers.values()].some((w) => w);
	const [status, tunnels, peers, ikeSas, childSas] = await Promise.all([
		get("/status"),
		wantsLists ? list("/tunnel-status") : picture.tunnels,
		wantsLists ? list("/peer-status") : picture.peers,
		wantsLists ? list("/ike-sas") : picture.ikeSas,
		wantsLists ? list("/child-sas") : picture.childSas,
	]);
	measure(status);
	Object.assign(picture, { status, tunnels, peers, ikeSas, childSas, at: new Date() });
	for (const f of [...watchers.keys()]) f(picture);
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
		Math.max(LEAST_MS - took, took * 3),
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
