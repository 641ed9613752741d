// killed.mjs - SIGKILL in the middle of a change leaves the old or the new configuration, never a mixture,
// and after the restart the other end is left with none of the SAs that the change was to reset
import { sleep, until } from "./gateways.mjs";

export const spokes = 1;
const RECORDS = 40;

const edits = (mark) => [
	{ op: "merge", path: "/secrets/s0", value: { value: "between hub and s0", description: mark } },
	{ op: "merge", path: "/peers/s0", value: { description: mark } },
	{ op: "merge", path: "/tunnels/s0-0", value: { description: mark } },
	{ op: "merge", path: "/ipsec-proposals/esp", value: { lifetime_seconds: 3600 + Number(mark) } },
	...Array.from({ length: RECORDS }, (_, i) => ({ op: "merge", path: `/dpd-profiles/d${i}`, value: { interval_seconds: 60 + Number(mark) } })),
];

// What the configuration says everywhere; one mark, or it is a mixture.
async function marks(hub) {
	const doc = await hub.good("GET", "/config");
	const of = (path) => doc[path].map((r) => r.description ?? "");
	return new Set([...of("secrets"), ...of("peers"), ...doc["dpd-profiles"].map((r) => `${r.interval_seconds - 60}`), doc.tunnels[0].description ?? "",
		`${doc["ipsec-proposals"][0].lifetime_seconds - 3600}`]);
}

export async function play(t, lab) {
	const { hub } = lab;
	const [spoke] = lab.spokes;
	const seen = { old: 0, new: 0 };

	for (let i = 0; i < RECORDS; i++)
		await hub.good("PUT", `/dpd-profiles/d${i}`, {});
	let mark = "1";
	await hub.good("POST", `/changesets/${(await hub.good("POST", "/changesets", { edits: edits(mark) })).id}/apply`, {});
	for (let round = 0; round < Number(t.o.rounds); round++) {
		await lab.settle();
		const next = `${round + 2}`;
		const set = await hub.good("POST", "/changesets", { edits: edits(next) });
		const before = await hub.revision();
		const answer = hub.ask("POST", `/changesets/${set.id}/apply`, { reset: "affected" }).catch(() => null);
		await sleep((round * 7) % 40);
		await hub.stop("SIGKILL");
		const heard = await answer;
		await hub.start();
		const now = await marks(hub);
		t.is(now.size, 1, `round ${round}: a mixture of ${[...now]}`);
		const [said] = now;
		t.check(said === mark || said === next, `round ${round}: ${said} is neither ${mark} nor ${next}`);
		t.is(await hub.revision(), before + (said === next ? 1 : 0), `round ${round}: revision`);
		t.check(heard?.status !== 200 || said === next, `round ${round}: what was answered is kept`);
		seen[said === next ? "new" : "old"]++;
		mark = said;
	}
	t.check(seen.old && seen.new, `kills before and after: ${JSON.stringify(seen)}`);
	await lab.settle();
	await until("the other end holds no SA of an earlier life", 10000, async () => {
		const [here, there] = [await hub.sas(), await spoke.sas()];
		const ends = (list, key) => list.map((c) => c[key]).sort().join();
		return there.ike.length === 1 && ends(here.child, "spi_in") === ends(there.child, "spi_out");
	});
}
