// many.mjs - ten thousand tunnels: a part of `pages`
//
// They come in by one request, as a program would bring them. Pages show a hundred at a time,
// ordered and searched by the gateway; drawing stays under 25 ms, and a day of a tab left open
// (by a clock of the test's, which jumps) leaves no heap behind.
// SOAK=N: so many looks in that day instead of 240.
import { sleep } from "./browser.mjs";
import { Ui, until } from "./ui.mjs";

const TUNNELS = 10000;
const PEERS = 2500;
const DRAW_MS = 25;
const LOOKS = Number(process.env.SOAK ?? 240);
const DAY_MS = 86400000;
const GROWTH = 1.5e6; // octets of noise that are no growth

function lines() {
	const all = [{ kind: "secrets", name: "many", value: "one for all of them" }, { kind: "ipsec-proposals", name: "many" }];
	for (let i = 1; i <= PEERS; i++)
		all.push({
			kind: "peers",
			name: `peer-${i}`,
			remote_address: `10.${100 + (i >> 8)}.${i & 255}.9`,
			psk: "many",
		});
	for (let i = 1; i <= TUNNELS; i++)
		all.push({
			kind: "tunnels",
			name: `tunnel-${i}`,
			peer: `peer-${((i - 1) % PEERS) + 1}`,
			local_ts: ["10.1.0.0/16"],
			remote_ts: [`172.${16 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) << 4}/28`],
			ipsec_proposals: ["many"],
			start_action: "none",
		});
	return all.map((l) => JSON.stringify(l)).join("\n");
}

const heap = async (cdp) => {
	await cdp.send("HeapProfiler.collectGarbage");
	return (await cdp.send("Runtime.getHeapUsage")).usedSize;
};

async function list({ checks, page, ui }) {
	const rows = page.locator("tr.tunnel");
	const pager = page.getByRole("navigation", { name: "Pages of the list" });
	await until("a hundred rows", async () => (await rows.count()) === 100);
	checks.has(await pager.innerText(), /1 to 100 of 10,00\d/, "where the list stands");
	await pager.getByRole("button", { name: "Next" }).click();
	await pager.getByText(/101 to 200 of/).waitFor();
	await pager.getByRole("button", { name: "Previous" }).click();
	await pager.getByText(/1 to 100 of/).waitFor();
	const head = page.getByRole("columnheader", { name: "Tunnel" });
	await head.getByRole("button").click();
	await head.getByRole("button").click();
	await until("the order turned", async () => /tunnel-9999/.test(await rows.first().innerText()));
	checks.is(await head.getAttribute("aria-sort"), "descending", "the order is said");
	const search = page.getByRole("searchbox");
	for (const [words, found] of [
		["TUNNEL-77", 111],
		["tunnel-1234 down", 1],
		["172.18.", 1809],
		["10.100.7.9", 4],
		["nowhere", 0],
	]) {
		await search.fill(words);
		const due = Math.min(found, 100);
		await until(`${due} rows of ${words}`, async () => (await rows.count()) === due);
	}
	await page.getByText("Nothing here fits the filter.").waitFor();
	await search.fill("");
	await until("all of them again", async () => (await rows.count()) === 100);
	await ui.openRow("tunnel-9999");
	await page.getByText("Up 0 times").waitFor();
}

// Milliseconds of drawing, the median and the worst, of pictures that come anew.
async function drawing({ checks, d, page }) {
	await page.evaluate(() => performance.clearMeasures("dashboard"));
	await page.getByRole("columnheader", { name: "Peer" }).getByRole("button").click();
	for (let i = 0; i < 5; i++) {
		await page.getByRole("button", { name: i % 2 ? "Previous" : "Next" }).click();
		await sleep(900);
		await d.tell("sas 1000");
	}
	await sleep(1500);
	const took = await page.evaluate(() =>
		performance
			.getEntriesByName("dashboard")
			.map((m) => m.duration)
			.sort((a, b) => a - b),
	);
	const median = took[took.length >> 1];
	console.log(
		`# drawing a page of ${TUNNELS} tunnels: ${took.length} times, median ${median.toFixed(1)} ms, worst ${took.at(-1).toFixed(1)} ms`,
	);
	checks.check(took.length > 4 && median < DRAW_MS, `drawing took ${took.map((t) => t.toFixed(1))} ms`);
}

// A tab that follows another's stream, and whose clock the test moves.
async function day({ checks, d, b, context, base, leader }) {
	const page = await b.page(context);
	await page.clock.install();
	await page.goto(base);
	await new Ui(page, base).heading("Dashboard");
	await until("its rows", async () => (await page.locator("tr.tunnel").count()) === 100);
	const cdp = await context.newCDPSession(page);
	const looks = async (n) => {
		for (let i = 0; i < n; i++) {
			if (i % 100 === 0) await d.tell(`sas ${500 + (i % 3) * 100}`);
			let came = false;
			const answer = page.waitForResponse(/child-sas\?tunnel/).finally(() => (came = true));
			await page.clock.fastForward(DAY_MS / LOOKS);
			await leader.evaluate(() => {
				window.day ??= new BroadcastChannel("ikeeper-live");
				window.day.postMessage({ name: "picture", data: {} });
				window.day.postMessage({ name: "negotiation.failed", data: { seq: Math.random() } });
			});
			while (!came) {
				await page.clock.fastForward(1000); // a fetch waits for the one before
				await sleep(10);
			}
			await answer;
		}
	};
	await looks(40);
	const before = await heap(cdp);
	await looks(LOOKS);
	const grown = (await heap(cdp)) - before;
	console.log(`# a day of an open tab in ${LOOKS} looks: heap ${before} octets, ${grown} more at the end`);
	checks.check(grown < GROWTH, `the heap grew by ${grown} octets`);
	await page.close();
}

export async function many({ step, checks, d, b, base, name, password }) {
	await step("ten thousand tunnels", async () => {
		const made = await d.local("POST", "/bulk", {
			body: lines(),
			headers: { "Content-Type": "application/x-ndjson" },
		});
		checks.is(made.status, 200, `bringing them: ${made.text?.slice(0, 300)}`);
		await d.tell("sas 1000");
		const context = await b.newContext({});
		const page = await b.page(context);
		const ui = new Ui(page, base);
		await page.goto(base);
		await ui.signIn(name, password);
		await ui.heading("Dashboard");
		await list({ checks, page, ui });
		await b.shoot(page, "many");
		await b.narrow(page, "many");
		await drawing({ checks, d, page });
		await ui.go("#/tunnels", "Tunnels");
		await page.getByText(/^1 to 100 of 10,00\d$/).waitFor();
		await page.getByRole("searchbox").fill("tunnel-500");
		await until("what fits", async () => (await page.locator("main tbody tr").count()) === 11);
		await b.shoot(page, "many-records");
		await ui.go("#/tunnels/tunnel-5000", "tunnel-5000");
		await day({ checks, d, b, context, base, leader: page });
		await context.close();
		await d.tell("sas 0");
	});
}
