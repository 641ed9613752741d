// pages.mjs - the pages over the http doors, with doubles behind them
//
// What needs no peer: the first user, every page empty and filled, roles, hostile texts, two
// people at one record, a session that ends under way, nine tabs, the keyboard alone, a
// gateway that goes away. argv: apid.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon } from "../api/lib.mjs";
import { Browser, Checks, sleep } from "./browser.mjs";
import { access } from "./access.mjs";
import { chinese } from "./chinese.mjs";
import { history } from "./history.mjs";
import { paste } from "./paste.mjs";
import { rotate } from "./rotate.mjs";
import { keeping } from "./keeping.mjs";
import { negotiation, reviewed } from "./looks.mjs";
import { many } from "./many.mjs";
import { Ui, until } from "./ui.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const NAME = "alice";
const PASSWORD = "correct horse battery";
const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>";

const checks = new Checks();
const d = await Daemon.spawn(process.argv[2]);
const base = `https://127.0.0.1:${d.port}`;
const b = await Browser.open({
	modules: process.env.MODULES,
	chromium: process.env.CHROMIUM,
	base,
	shots: path.join(process.env.OUT, "shots"),
	checks,
});
const page = await b.page();
const ui = new Ui(page, base);

async function step(name, f) {
	console.log(`# ${name}`);
	b.now = name;
	try {
		await f();
	} catch (e) {
		checks.check(false, `${name}: ${e.stack}`);
		await page.screenshot({ path: path.join(b.shots, `stopped-${checks.bad}.png`) });
	}
}

await step("event names are those of the register", async () => {
	const def = fs.readFileSync(path.join(here, "../../core/model/event.def"), "utf8");
	const names = [...def.matchAll(/^EVENT\(\w+,\s*"([^"]+)"/gm)].map((m) => m[1]).sort();
	const { EVENTS } = await import("../../webui/live.js");
	checks.is([...EVENTS].sort().join(), names.join(), "EVENTS of live.js");
});

await step("the first user, by the one-time link", async () => {
	await page.goto(base + d.hello.setup);
	await ui.heading("Set up this gateway");
	checks.check(!page.url().includes("setup="), "the token leaves the address");
	await b.shoot(page, "setup");
	await b.allowing(/422/, async () => {
		await ui.signIn(NAME, "short");
		checks.has(await page.getByRole("alert").innerText(), "at least 10 characters", "a short password");
	});
	await ui.signIn(NAME, PASSWORD);
	await ui.heading("Dashboard");
	await page.getByText("No tunnel is configured yet").waitFor();
	await page.getByRole("status", { name: "Event stream" }).filter({ hasText: /live$/ }).waitFor();
	await b.shoot(page, "dashboard-empty");
});

await step("signing in, and not", async () => {
	await page.getByRole("button", { name: "Sign out" }).click();
	await ui.heading("Sign in");
	await b.shoot(page, "sign-in");
	await b.narrow(page, "sign-in");
	await b.allowing(/401/, async () => {
		await ui.signIn(NAME, "wrong wrong wrong");
		checks.has(
			await page.getByRole("alert").innerText(),
			"name or the password is wrong",
			"a wrong password",
		);
	});
	await ui.signIn(NAME, PASSWORD);
	await ui.heading("Dashboard");
});

const pages = [
	["negotiations", "Negotiations"],
	["events", "Events"],
	["peers", "Peers"],
	["tunnels", "Tunnels"],
	["ike-proposals", "IKE proposals"],
	["ipsec-proposals", "IPsec proposals"],
	["timers", "Timers and DPD"],
	["dpd-profiles", "DPD profiles"],
	["secrets", "Secrets"],
	["certificates", "Certificates"],
	["authorities", "Authorities"],
	["private-keys", "Private keys"],
	["webhooks", "Webhooks"],
	["exceptions", "Exceptions"],
	["settings", "Settings"],
	["import", "Import"],
	["changes", "Changes"],
	["snmp", "Settings: SNMP"],
	["howto", "API"],
	["access", "Users and tokens"],
	["audit", "Audit log"],
	["backup", "Backup and restore"],
];
await step("every page while there is nothing", async () => {
	for (const [hash, heading] of pages) {
		await ui.go(`#/${hash}`, heading);
		await b.accessible(page, `${heading}, empty`);
		checks.is(await page.title(), `${heading} · ikeeper`, "title");
	}
});

await step("a first peer, from a shape", async () => {
	for (const [title, member, value] of [
		["Site to site", "exchange_mode", "main"],
		["Hub for many", "remote_id.type", "fqdn"],
		["With certificates", "auth.local", "rsa-sig"],
	]) {
		await ui.go("#/peers", "Peers");
		await page.getByRole("link", { name: title }).click();
		await ui.heading("New peer");
		checks.is(await ui.field(member).locator("select").inputValue(), value, `${title}: ${member}`);
	}
	await ui.go("#/peers", "Peers");
	await b.shoot(page, "peers-empty");
	await b.narrow(page, "peers-empty");
});

await step("records, refused with reasons and then made", async () => {
	await ui.create("secrets", "Secrets", "secret", { name: "psk-hub", value: "lab-secret" });
	await ui.go("#/ike-proposals/+new", "New IKE proposal");
	await ui.set({
		name: "old",
		number: 20,
		encryption_algorithm: "3des-cbc",
		integrity_algorithm: "md5",
		dh_group: "modp768",
	});
	await ui.review();
	await until("the refusal of a weak hash", async () =>
		/ike_proposal\.weak/.test(await ui.faults("integrity_algorithm")),
	);
	await b.shoot(page, "refused-weak");
	await ui.set({ allow_weak: true });
	await ui.review();
	await ui.dialog().getByText("Worth knowing").waitFor();
	await ui.press("Create");
	await ui.heading("IKE proposals");
	await page.getByText("weak").or(page.getByText("broken")).first().waitFor();
	await ui.create("ike-proposals", "IKE proposals", "IKE proposal", {
		name: "strong",
		number: 10,
		key_length: 256,
		dh_group: "ecp256",
	});
	await ui.create("ipsec-proposals", "IPsec proposals", "IPsec proposal", {
		name: "gcm",
		encryption_algorithm: "aes-gcm",
		key_length: 256,
		integrity_algorithm: "none",
		pfs_group: "ecp256",
	});
	await ui.create("dpd-profiles", "DPD profiles", "DPD profile", { name: "quick" });
	await ui.create("peers", "Peers", "peer", {
		name: "hub",
		remote_address: "198.51.100.7",
		psk: "psk-hub",
		ike_proposals: ["strong", "old"],
		description: HOSTILE,
	});
	await ui.create("tunnels", "Tunnels", "tunnel", {
		name: "hub-lan",
		peer: "hub",
		local_ts: "10.1.0.0/24",
		remote_ts: "10.2.0.0/24",
		ipsec_proposals: ["gcm"],
	});
});

await step("rules speak while one writes", async () => {
	await ui.go("#/peers/hub", "hub");
	await ui.set({ "local_id.type": "fqdn", "local_id.value": "gw.example" });
	await until("the rule at its field", async () =>
		/peer\.main_mode_psk_id/.test(await ui.faults("local_id.type")),
	);
	await ui.review();
	await until("the focus at the first fault", () =>
		page.evaluate(() => document.activeElement.getAttribute("name") === "local_id.type"),
	);
	checks.is(
		await ui.field("local_id.type").locator("select").getAttribute("aria-invalid"),
		"true",
		"aria-invalid",
	);
	await page.getByRole("button", { name: "Undo edits" }).click();
	checks.is(await ui.field("local_id.value").locator("input").inputValue(), "", "undone");
});

await step("texts of strangers stay text", async () => {
	checks.is(await ui.field("description").locator("input").inputValue(), HOSTILE, "the description");
	await ui.go("#/changes", "Changes");
	checks.is(await page.locator("main img, main script").count(), 0, "elements made of a text");
});

await step("an edit, reviewed, and only saved", async () => {
	await ui.go("#/peers/hub", "hub");
	await ui.set({ initial_contact: false });
	await ui.review();
	await ui.dialog().getByRole("table", { name: "What changes" }).waitFor();
	checks.has(await ui.dialog().innerText(), /Initial contact/, "the difference");
	await b.shoot(page, "review");
	await b.narrow(page, "review");
	await page.keyboard.press("Escape");
	await ui.dialog().waitFor({ state: "detached" });
	checks.is(
		await page.evaluate(() => document.activeElement.textContent),
		"Review changes",
		"the focus comes back",
	);
	await ui.review();
	await ui.press(/^Save/);
	await ui.heading("Peers");
});

await reviewed({ step, checks, b, page, ui });

await history({ step, checks, d, b, page, ui });

await step("somebody else was faster", async () => {
	await ui.go("#/peers/hub", "hub");
	await ui.set({ description: "mine" });
	const other = await d.local("PATCH", "/peers/hub", {
		body: { description: "theirs", nat_traversal: "force" },
		headers: { "If-Match": "*" },
	});
	checks.is(other.status, 200, "the other change");
	await b.allowing(/412/, async () => {
		await ui.review();
		await ui.dialog().getByText("Changed meanwhile").waitFor();
		checks.has(await ui.dialog().innerText(), "theirs", "what is there now");
		await b.shoot(page, "conflict");
		await ui.press("Keep my changes on top");
		await ui.press(/^Save/);
		await ui.heading("Peers");
	});
	const now = (await d.local("GET", "/peers/hub")).json;
	checks.is(now.description, "mine", "ours on top");
	checks.is(now.nat_traversal, "force", "theirs is kept");
});

await step("unsaved work is not lost by a click", async () => {
	await ui.go("#/peers/hub", "hub");
	await ui.set({ description: "half written" });
	await page.getByRole("link", { name: "Events" }).click();
	await ui.dialog().getByText("Leave without saving?").waitFor();
	await ui.press("Stay");
	checks.is(await ui.field("description").locator("input").inputValue(), "half written", "still there");
});

await step("the session ends under way", async () => {
	await b.allowing(/401/, async () => {
		await b.context.clearCookies(); // the header's next look finds out
		await d.tell("tell 2");
		await ui.dialog().filter({ hasText: "Your session is over" }).waitFor();
		await b.accessible(page, "signing in again");
		const again = ui.dialog().filter({ hasText: "Your session is over" });
		await again.getByLabel("Name").fill(NAME);
		await again.getByLabel("Password").fill(PASSWORD);
		await again.getByRole("button", { name: "Sign in" }).click();
		await page.getByText("Signed in again").waitFor();
	});
	checks.is(await ui.field("description").locator("input").inputValue(), "half written", "the page stayed");
	await ui.review();
	await ui.press(/^Save/);
	await ui.heading("Peers");
});

await step("what others refer to cannot be deleted", async () => {
	await ui.go("#/secrets/psk-hub", "psk-hub");
	await page.getByRole("button", { name: "Delete" }).click();
	checks.has(await ui.dialog().getByRole("alert").innerText(), "hub", "who refers to it");
	await b.shoot(page, "refused-delete");
	await ui.press("Back");
});

await step("a negotiation that failed", async () => {
	await ui.go("#/", "Dashboard");
	await ui.row("hub-lan").getByRole("button", { name: "Initiate hub-lan" }).click();
	await page.getByRole("link", { name: "Follow it" }).click();
	await page.getByText("nobody answers in a test").waitFor();
	await b.shoot(page, "story");
	await b.narrow(page, "story");
});

await negotiation({ step, checks, b, page, ui });

await step("a peer that nobody reached: what its page says", async () => {
	await ui.go("#/peers", "Peers");
	await page.locator('td a[href="#/peers/hub/state"]').click();
	await ui.heading("hub");
	await page.getByText("There is no IKE SA").waitFor();
	await page.getByRole("table", { name: "Tunnels of hub" }).getByText("hub-lan").waitFor();
	await page
		.getByRole("table", { name: "Last negotiations with hub" })
		.getByText("nobody answers")
		.first()
		.waitFor();
	await page.locator("pre.config").getByText("PUT-THE-PRE-SHARED-KEY-HERE").waitFor();
	await b.shoot(page, "peer-down");
	await b.narrow(page, "peer-down");
});

await rotate({ step, checks, b, page, ui, d });

await step("the liveness of an IKE SA", async () => {
	await d.local("POST", "/peers", {
		body: { name: "peer-1", remote_address: "198.51.100.2", psk: "psk-hub" },
	});
	await d.tell("sas 1");
	await ui.go("#/peers/peer-1/state", "peer-1");
	const lane = (name) => page.getByRole("row", { name: new RegExp(`^${name}`) });
	await lane("DPD").waitFor();
	checks.has(await lane("IKE").innerText(), /heard \d+ s ago/, "when the peer was heard");
	checks.has(await lane("DPD").innerText(), /2 questions without answer/, "questions without answer");
	checks.has(
		await lane("DPD").innerText(),
		/the IKE SA and 1 IPsec SA pair (in \d+ s|now)/,
		"what DPD will delete, and when",
	);
	checks.has(await lane("Keepalive").innerText(), /TIMEOUT mark in/, "what silence leads to");
	checks.has(await lane("NAT keepalive").innerText(), "does not run", "what does not run");
	checks.has(
		await page.getByRole("img").getAttribute("aria-label"),
		/^IKE: heard/,
		"the time line in a sentence",
	);
	await b.shoot(page, "peer-up");
	await b.narrow(page, "peer-up");
	await d.tell("sas 0");
});

await step("every page with something on it", async () => {
	for (const [hash, heading] of pages) {
		await ui.go(`#/${hash}`, heading);
		await sleep(200);
		await b.shoot(page, hash);
		await b.narrow(page, hash);
	}
	for (const [hash, heading] of [
		["peers/hub", "hub"],
		["tunnels/+new", "New tunnel"],
		["settings/api", "Settings: REST and web"],
		["secrets/+new", "New secret"],
	]) {
		await ui.go(`#/${hash}`, heading);
		await b.shoot(page, hash.replace("/", "-"));
		await b.narrow(page, hash.replace("/", "-"));
	}
	await ui.go("#/", "Dashboard");
	await ui.openRow("hub-lan");
	await b.shoot(page, "dashboard-one");
	await b.narrow(page, "dashboard-one");
});

await step("roles: what one may not do is not offered", async () => {
	for (const role of ["viewer", "operator", "editor"]) {
		const made = await d.local("POST", "/users", { body: { name: role, role, password: PASSWORD } });
		checks.is(made.status, 201, `making the ${role}`);
		const context = await b.newContext({});
		const p = await b.page(context);
		const u = new Ui(p, base);
		await p.goto(base);
		await u.signIn(role, PASSWORD);
		await u.heading("Dashboard");
		await p.getByRole("button", { name: "hub-lan", exact: true }).waitFor();
		checks.is(
			await p.getByRole("button", { name: "Initiate hub-lan" }).count(),
			role === "viewer" ? 0 : 1,
			`initiate for a ${role}`,
		);
		await u.go("#/peers", "Peers");
		checks.is(
			await p.getByRole("link", { name: "New peer" }).count(),
			role === "editor" ? 1 : 0,
			`new peers for a ${role}`,
		);
		await u.go("#/peers/hub", "hub");
		checks.is(
			await u.field("description").locator("input").isDisabled(),
			role !== "editor",
			`fields for a ${role}`,
		);
		await b.accessible(p, `the editor for a ${role}`);
		await u.go("#/secrets", "Secrets");
		checks.is(await p.getByRole("link", { name: "New secret" }).count(), 0, `new secrets for a ${role}`);
		await u.go("#/settings/ipsec", "Settings: IPsec");
		checks.check(
			await u.field("anti_replay_window").locator("input").isDisabled(),
			`fields of settings for a ${role}`,
		);
		await p.getByText("the role admin is needed").waitFor();
		await context.close();
	}
});

await paste({ step, checks, b, page, ui });
await keeping({ step, checks, d, b, page, ui });
await access({ step, checks, d, b, page, ui, base });

await chinese({ step, checks, d, b, base, name: NAME, password: PASSWORD });

await step("nine tabs, one stream", async () => {
	const context = await b.newContext({});
	let streams = 0;
	context.on("request", (r) => {
		if (r.url().endsWith("/events/stream")) streams++;
	});
	const tabs = [];
	for (let i = 0; i < 9; i++) {
		const p = await b.page(context);
		await p.goto(base);
		if (i === 0) await new Ui(p, base).signIn("viewer", PASSWORD);
		await p.getByRole("status", { name: "Event stream" }).filter({ hasText: /live$/ }).waitFor();
		tabs.push(p);
	}
	checks.is(streams, 1, "streams of nine tabs");
	await tabs[0].close();
	await until("the next tab taking over", async () => streams === 2);
	await tabs[8].getByRole("status", { name: "Event stream" }).filter({ hasText: /live$/ }).waitFor();
	await tabs[8].evaluate(() => {
		location.hash = "#/events";
	});
	await tabs[8].getByRole("heading", { name: "Events" }).waitFor();
	await d.tell("tell 2");
	await tabs[8].getByText("event 1", { exact: true }).first().waitFor();
	await context.close();
});

await step("by keyboard alone", async () => {
	await ui.go("#/", "Dashboard");
	await page.reload();
	await ui.heading("Dashboard");
	await page.keyboard.press("Tab");
	checks.is(
		await page.evaluate(() => document.activeElement.textContent),
		"Skip to content",
		"the first stop",
	);
	await page.keyboard.press("Enter");
	checks.is(await page.evaluate(() => document.activeElement.id), "main", "the content has the focus");
	const opener = page.getByRole("button", { name: "hub-lan", exact: true });
	for (let i = 0; i < 20 && !(await opener.evaluate((n) => n === document.activeElement)); i++)
		await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	checks.is(await opener.getAttribute("aria-expanded"), "true", "Enter opens a row");
	for (
		let i = 0;
		i < 20 &&
		!(await page.evaluate(() => document.activeElement.getAttribute("aria-label") === "Reset hub-lan"));
		i++
	)
		await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await ui.dialog().getByText("No SA is there to reset").waitFor();
	await page.keyboard.press("Escape");
	await until("the focus back at its row", () =>
		page.evaluate(() => document.activeElement.getAttribute("aria-label") === "Reset hub-lan"),
	);
});

await many({ step, checks, d, b, base, name: NAME, password: PASSWORD });

await step("the gateway goes away", async () => {
	await b.allowing(/ERR_|Failed to fetch|NetworkError/, async () => {
		const how = await d.stop();
		checks.is(how.code, 0, "the daemon's end");
		await page.getByRole("status", { name: "Event stream" }).getByText("reconnecting").waitFor();
		checks.check(
			await page.evaluate(() => document.documentElement.classList.contains("not-live")),
			"rows are marked old",
		);
		await sleep(3500);
	});
});

await b.close();
console.log(`browser.pages: ${checks.good} good, ${checks.bad} bad; screenshots in ${b.shots}`);
process.exit(checks.bad ? 1 : 0);
