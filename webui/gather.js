// gather.js - what the dashboard shows: one page of tunnels and the SAs of just these
//
// Tunnels are found by their words; what looks like an address is looked for among selectors,
// peers and SAs, whose tunnels are then asked for. SAs that outlived their tunnel stand on the
// first page: nobody would look for them.
// Used by: dashboard.js. Keeps: nothing.

import { get, list } from "./rest.js";
import { oneOf, PAGE } from "./pager.js";
import { picture } from "./picture.js";

const MOST = 100; // names that an address may lead to
const looksLikeAddress = (words) => /[.:/]/.test(words) && /\d/.test(words);
const some = async (path, words, member) =>
	(await get(`${path}?q=${encodeURIComponent(words)}&limit=${MOST}&fields=${member}`)).items.map((r) => r[member]);

async function tunnelsAt(words) {
	const [own, pairs, peers, ikes] = await Promise.all([
		some("/tunnels", words, "name"),
		some("/child-sas", words, "tunnel"),
		some("/peers", words, "name"),
		some("/ike-sas", words, "peer"),
	]);
	const theirs = [...new Set([...peers, ...ikes])].slice(0, PAGE);
	const more = theirs.length
		? (await get(`/tunnel-status?peer=${oneOf(theirs)}&limit=${MOST}&fields=name`)).items.map((r) => r.name)
		: [];
	return [...new Set([...own, ...pairs, ...more])].slice(0, MOST);
}

// Stale SAs whose tunnel or peer is configured no longer.
async function leftOver() {
	const s = picture.status;
	if (!s || s.stale_ike_sas + s.stale_child_sas === 0) return { ikeSas: [], childSas: [] };
	const [pairs, ikes] = await Promise.all([
		get(`/child-sas?stale=true&limit=${PAGE}`),
		get(`/ike-sas?stale=true&limit=${PAGE}`),
	]);
	const known = async (path, member, names) =>
		new Set(
			names.length
				? (await list(`${path}?${member}=${oneOf(names)}&fields=${member}`)).map((r) => r[member])
				: [],
		);
	const [tunnels, peers] = await Promise.all([
		known("/tunnel-status", "name", pairs.items.map((c) => c.tunnel).filter(Boolean)),
		known("/tunnel-status", "peer", ikes.items.map((i) => i.peer).filter(Boolean)),
	]);
	return {
		childSas: pairs.items.filter((c) => !tunnels.has(c.tunnel)),
		ikeSas: ikes.items.filter((i) => !peers.has(i.peer)),
	};
}

// {page, tunnels, ikeSas, childSas}; null when a newer question is under way. o: filter, trouble, stale.
export async function gather(pages, o) {
	const filters = {};
	const words = o.filter.trim();
	if (looksLikeAddress(words)) filters.name = (await tunnelsAt(words)).join(",") || "-";
	else if (words) filters.q = words;
	if (o.trouble) filters.state = "down,failed,connecting";
	if (o.stale) filters.stale = "true";
	const wantsLost = pages.isFirst() && !words;
	const [page, lost] = await Promise.all([
		pages.ask("/tunnel-status", filters),
		wantsLost ? leftOver() : { ikeSas: [], childSas: [] },
	]);
	if (!page) return null;
	const names = page.items.map((t) => t.name);
	const [ikes, pairs] = names.length
		? await Promise.all([
				list(`/ike-sas?peer=${oneOf(page.items.map((t) => t.peer))}`),
				list(`/child-sas?tunnel=${oneOf(names)}`),
			])
		: [[], []];
	const own = (all, more) => [...new Map([...all, ...more].map((x) => [x.id, x])).values()];
	return {
		page,
		tunnels: page.items,
		ikeSas: own(ikes, lost.ikeSas),
		childSas: own(pairs, lost.childSas),
	};
}
