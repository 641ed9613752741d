// storyline.mjs - one story followed by its number: a part of `gateway`
//
// A tunnel that cannot come up is initiated by a click. The answer has the number of that
// negotiation; the number is in the audit log, in the events, in the log of the daemon and in the
// trap that a packaged snmptrapd gets. SNMP is
// switched on in the browser too.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { sleep } from "./browser.mjs";
import { until } from "./ui.mjs";

const e = process.env;
const PORT = 10161; // the namespace is ours alone
const TRAPS = 10162;
const KEYS = { auth: "auth-passphrase", priv: "priv-passphrase" };
const ENGINE = ".1.3.6.1.6.3.10.2.1.1.0";
const inside = (...args) => ["netns", "exec", e.NS_A, ...args];

function there(program) {
	return ["/usr/bin", "/usr/sbin"].map((d) => path.join(d, program)).find((p) => fs.existsSync(p));
}

async function switchOn(page, ui) {
	for (const [name, value] of Object.entries(KEYS))
		await ui.create("secrets", "Secrets", "secret", { name: `snmp-${name}`, type: "passphrase", value });
	await ui.go("#/snmp", "Settings: SNMP");
	await ui.set({
		mode: "standalone",
		port: PORT,
		user: "watcher",
		auth_secret: "snmp-auth",
		priv_secret: "snmp-priv",
		trap_targets: `127.0.0.1:${TRAPS}`,
	});
	await ui.review();
	await ui.press(/^Save/);
	await ui.heading("Settings");
}

const engineId = (snmpget) =>
	execFileSync(
		"ip",
		inside(snmpget, "-v3", "-u", "watcher", "-l", "authPriv", "-a", "SHA-256", "-A", KEYS.auth, "-x", "AES", "-X", KEYS.priv, "-t", "1", "-Oqvx", `127.0.0.1:${PORT}`, ENGINE),
		{ encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
	).replace(/[" \n]/g, "");

function receiver(snmptrapd, engine) {
	const conf = path.join(e.OUT, "trapd.conf");
	fs.writeFileSync(
		conf,
		`createUser -e 0x${engine} watcher SHA-256 ${KEYS.auth} AES ${KEYS.priv}\nauthUser log watcher priv\n`,
	);
	const traps = path.join(e.OUT, "traps");
	const args = inside(snmptrapd, "-f", "-On", "-OQ", "-Lf", traps, "-C", "-c", conf, "-F", "%v\\n", `udp:127.0.0.1:${TRAPS}`);
	const env = { ...e, SNMP_PERSISTENT_DIR: e.OUT };
	const child = spawn("ip", args, { stdio: "ignore", env });
	return { read: () => (fs.existsSync(traps) ? fs.readFileSync(traps, "utf8") : ""), stop: () => child.kill() };
}

async function follow({ checks, b, page, ui, tunnel }, traps) {
	await ui.go("#/", "Dashboard");
	const [answer] = await Promise.all([
		page.waitForResponse((a) => a.url().endsWith(`/tunnels/${tunnel}/initiate`)),
		ui.row(tunnel).getByRole("button", { name: /^Initiate/ }).click(),
	]);
	const request = answer.headers()["x-request-id"];
	const link = page.getByRole("link", { name: "Follow it" }).last();
	const number = (await link.getAttribute("href")).split("/").at(-1);
	await link.click();
	await page.locator(".verdict").getByText("failed").first().waitFor();
	checks.has(page.url(), new RegExp(`#/negotiations/${number}$`), "the page of the story");

	await ui.go("#/audit", "Audit log");
	// The act is on record before it is done, and the number that it then had in a row after it.
	const rows = page.locator("main tbody tr").filter({ hasText: request });
	const begun = rows.filter({ has: page.locator(`a[href="#/negotiations/${number}"]`) });
	await begun.waitFor();
	checks.has(await begun.innerText(), /negotiate[\s\S]*branch-12-voice/, "the negotiation on record");
	checks.has(await begun.innerText(), "alice", "who had it begun");
	checks.has(await rows.last().innerText(), /initiate[\s\S]*branch-12-voice/, "the act on record");
	await b.shoot(page, "audit");

	await ui.go("#/events", "Events");
	const event = page.locator("main tbody tr").filter({ has: page.locator(`a[href="#/negotiations/${number}"]`) });
	await event.filter({ hasText: "Negotiation failed" }).first().waitFor();

	const log = fs.readFileSync(path.join(e.OUT, "gw/log"), "utf8");
	checks.has(log, new RegExp(`Negotiation failed.*\\(negotiation ${number}\\)`), "the line of the log");

	if (!traps) return;
	const trap = new RegExp(`\\.0\\.8\\b.*\\.8\\.13\\.0 = ${number}\\b`);
	await until("the trap with the number", async () => trap.test(traps.read()), 10000).catch((problem) =>
		checks.check(false, `${problem.message}: ${traps.read()}`),
	);
}

export async function storyline(o) {
	await o.step("one story by its number, from the click to the trap", async () => {
		const [snmptrapd, snmpget] = [there("snmptrapd"), there("snmpget")];
		const can = snmptrapd && snmpget && fs.existsSync(e.AGENT);
		if (!can) console.log("# no trap: snmptrapd, snmpget or ikeeper-snmp is missing here");
		let traps = null;
		if (can) {
			await switchOn(o.page, o.ui);
			const engine = await until("the agent", async () => engineId(snmpget), 15000);
			traps = receiver(snmptrapd, engine);
			await sleep(1000);
		}
		try {
			await follow(o, traps);
		} finally {
			traps?.stop();
		}
	});
}
