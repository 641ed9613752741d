// gateway.mjs - the pages of a real gateway with a strongSwan as its peer
//
// Started by gateway.sh beside the gateway's network namespace (relay.mjs tells why). All that
// the gateway knows is entered here, as a person would: the first user by the link, key,
// proposals, peer, tunnel; then the tunnel comes up, carries pings, is edited, reviewed,
// applied, reset and broken.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Browser, Checks, sleep } from "./browser.mjs";
import { relay } from "./relay.mjs";
import { storyline } from "./storyline.mjs";
import { Ui, until } from "./ui.mjs";

const e = process.env;
const link = new URL(e.LINK);
await relay({ host: "127.0.0.1", port: Number(link.port) }, { path: e.RELAY });
const checks = new Checks();
const b = await Browser.open({
	modules: e.MODULES,
	chromium: e.CHROMIUM,
	base: link.origin,
	shots: path.join(e.OUT, "shots"),
	checks,
});
const page = await b.page();
const ui = new Ui(page, link.origin);
const PASSWORD = "correct horse battery";
const TUNNEL = "branch-12-lan";
const PEER = "branch-12";

async function step(name, f) {
	console.log(`# ${name}`);
	b.now = name;
	try {
		await f();
	} catch (problem) {
		checks.check(false, `${name}: ${problem.stack}`);
		await page.screenshot({ path: path.join(b.shots, `stopped-${checks.bad}.png`), fullPage: true });
		throw problem; // what follows builds on it
	}
}

const ping = (count = 3) =>
	spawnSync("ip", [
		"netns",
		"exec",
		e.NS_A,
		"ping",
		"-q",
		"-c",
		String(count),
		"-i",
		"0.2",
		"-W",
		"2",
		"-I",
		e.HOST_A,
		e.HOST_B,
	]).status === 0;
const isUp = async () => /up/.test(await ui.state(TUNNEL)) && !/stale/.test(await ui.state(TUNNEL));
const numbers = async () => {
	const sas = await ui.sas(TUNNEL);
	return sas.ike.length && sas.pairs.length ? sas : null;
};

// An authority, and a certificate with its key, as somebody would have made them.
function makeCertificates() {
	const run = (...args) => execFileSync("openssl", args, { cwd: e.OUT, stdio: "ignore" });
	const key = ["-newkey", "rsa:2048", "-nodes"];
	run("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "90", "-subj", "/O=Lab/CN=authority");
	run("req", ...key, "-keyout", "gw.key", "-out", "gw.csr", "-subj", "/O=Lab/CN=gw");
	run("x509", "-req", "-in", "gw.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-out", "gw.pem");
	return (name) => readFileSync(path.join(e.OUT, name), "utf8");
}

async function certificates() {
	await step("certificates: told what is wrong, then what they are", async () => {
		const text = makeCertificates();
		await ui.go("#/authorities/+new", "New authority");
		await ui.set({ name: "lab", pem: text("gw.csr") });
		await ui.review();
		await until("the refusal of what is no certificate", async () => /pki\.pem/.test(await ui.faults("pem")));
		await b.shoot(page, "authority-refused");
		await ui.set({ pem: text("ca.pem") });
		await ui.review();
		await ui.press("Create");
		await ui.heading("Authorities");
		await ui.create("private-keys", "Private keys", "private key", { name: "gw", value: text("gw.key") });
		await ui.go("#/certificates/+new", "New certificate");
		await ui.set({ name: "gw", pem: text("gw.pem"), private_key: "gw" });
		await ui.review();
		await ui.dialog().getByText("expires in").first().waitFor();
		await b.shoot(page, "certificate-review");
		await ui.press("Create");
		await ui.heading("Certificates");
		await page.getByText("CN=gw,O=Lab").first().waitFor();
		await b.shoot(page, "certificates");
		await ui.go("#/private-keys/gw", "gw");
		checks.is((await page.content()).includes("PRIVATE KEY-----"), false, "no key comes back");
		await b.shoot(page, "private-key");
	});
}

async function story() {
	await step("the first user, by the one-time link", async () => {
		await page.goto(e.LINK);
		await ui.heading("Set up this gateway");
		await ui.signIn("alice", PASSWORD);
		await ui.heading("Dashboard");
		await page.getByText("No tunnel is configured yet").waitFor();
	});

	await step("key, proposals, peer, tunnel", async () => {
		await ui.create("secrets", "Secrets", "secret", {
			name: "branch-12",
			value: "lab-secret",
			description: "Shared with the branch",
		});
		await ui.create("ike-proposals", "IKE proposals", "IKE proposal", {
			name: "strong",
			number: 10,
			encryption_algorithm: "aes-cbc",
			key_length: 256,
			integrity_algorithm: "sha256",
			dh_group: "ecp256",
		});
		await ui.create("ipsec-proposals", "IPsec proposals", "IPsec proposal", {
			name: "gcm",
			encryption_algorithm: "aes-gcm",
			key_length: 256,
			integrity_algorithm: "none",
			pfs_group: "ecp256",
		});
		await ui.go("#/peers/+new", "New peer");
		await ui.set({
			name: PEER,
			remote_address: e.ADDR_B,
			psk: "branch-12",
			ike_proposals: ["strong"],
			"local_id.type": "fqdn",
			"local_id.value": "gw.example",
		});
		await ui.review();
		await until("the refusal at its field", async () =>
			/main mode.*peer\.main_mode_psk_id/is.test(await ui.faults("local_id.type")),
		);
		await b.shoot(page, "peer-refused");
		await ui.set({ "local_id.type": "address", "local_id.value": "" });
		await ui.review();
		await ui.press("Create");
		await ui.heading("Peers");
		await ui.go("#/tunnels/+new", "New tunnel");
		await ui.set({ name: TUNNEL, peer: PEER, ipsec_proposals: ["gcm"], start_action: "none" });
		await ui.review();
		await until("the refusal", async () =>
			/tunnel\.selectors_needed/.test(await page.locator(".form").innerText()),
		);
		await ui.set({ local_ts: e.LAN_A, remote_ts: e.LAN_B });
		await ui.review();
		await ui.press("Create");
		await ui.heading("Tunnels");
	});

	await step("the tunnel comes up under one's eyes", async () => {
		await ui.go("#/", "Dashboard");
		await until("the row", async () => /down/.test(await ui.state(TUNNEL)));
		await ui
			.row(TUNNEL)
			.getByRole("button", { name: `Initiate ${TUNNEL}` })
			.click();
		await until("the tunnel", isUp, 30000);
		await until("its SAs", numbers);
		await until("a ping", async () => ping(1));
		checks.check(ping(5), "pings through the tunnel");
		await until("packets counted", async () =>
			/[1-9]\d* \/ [1-9]\d* packets/.test(await page.locator("tr.detail:not([hidden])").innerText()),
		);
		await b.shoot(page, "dashboard");
		await b.narrow(page, "dashboard");
	});

	await step("the peer's page: is it still there", async () => {
		await ui.go(`#/peers/${PEER}/state`, PEER);
		const lane = (name) => page.getByRole("row", { name: new RegExp(`^${name}`) });
		await until("the peer heard", async () => /heard \d+ s ago/.test(await lane("IKE").innerText()));
		checks.has(await lane("IKE").innerText(), /the IKE SA and 1 IPsec SA pair in/, "when its SAs end");
		await until("traffic both ways", async () => {
			ping(1);
			return /heard \d+ s ago, sent \d+ s ago/.test(await lane("Traffic").innerText());
		});
		checks.has(
			await page.getByRole("table", { name: /^Last negotiations/ }).innerText(),
			"main mode",
			"how it came up",
		);
		await b.shoot(page, "peer-up");
		await b.narrow(page, "peer-up");
	});

	await step("a second tunnel that cannot come up", async () => {
		await ui.create("ipsec-proposals", "IPsec proposals", "IPsec proposal", {
			name: "other",
			encryption_algorithm: "aes-cbc",
			key_length: 128,
			integrity_algorithm: "sha256",
		});
		await ui.create("tunnels", "Tunnels", "tunnel", {
			name: "branch-12-voice",
			peer: PEER,
			local_ts: "10.1.9.0/24",
			remote_ts: "10.2.9.0/24",
			ipsec_proposals: ["other"],
			start_action: "none",
		});
		await ui.go("#/", "Dashboard");
		await ui
			.row("branch-12-voice")
			.getByRole("button", { name: /^Initiate/ })
			.click();
		await until(
			"the failure and its reason",
			async () => /last failure/.test(await page.locator("tr.note:not([hidden])").first().innerText()),
			30000,
		);
		await ui.openRow(TUNNEL);
		await sleep(9000);
		ping(20);
		await b.shoot(page, "dashboard-failure");
		await page.locator("tr.note:not([hidden])").getByRole("link", { name: "Story" }).first().click();
		await page.getByRole("heading", { level: 1, name: /^Negotiation/ }).waitFor();
		checks.has(await page.locator(".verdict").innerText(), "failed", "the verdict");
		checks.check((await page.locator(".ladder li").count()) >= 2, "the ladder has messages");
		checks.has(await page.locator("main").innerText(), "Both offers", "the offers");
		await page.getByRole("button", { name: "Replay against the present configuration" }).click();
		await page.locator(".replay .verdict").getByText("cannot be known").waitFor(); // we made the offer
		await b.shoot(page, "story-failed");
		await b.narrow(page, "story-failed");
	});

	await storyline({ step, checks, b, page, ui, tunnel: "branch-12-voice" });

	let before;
	await step("an edit, saved only: the SAs are stale and say why", async () => {
		await ui.go("#/", "Dashboard");
		before = await until("the SAs", numbers);
		await ui.go(`#/peers/${PEER}`, PEER);
		await ui.set({ "remote_id.value": e.ADDR_B });
		await ui.review();
		await ui.dialog().getByRole("table", { name: "SAs this touches" }).waitFor();
		checks.has(await ui.dialog().innerText(), `IKE SA ${before.ike[0]}`, "the IKE SA in the preview");
		checks.has(
			await ui.dialog().innerText(),
			`IPsec SA pair ${before.pairs[0]}`,
			"the pair in the preview",
		);
		await b.shoot(page, "review");
		await page.screenshot({ path: path.join(b.shots, "review-view.png") });
		await ui.press(/^Save only/);
		await ui.heading("Peers");
		await ui.go("#/", "Dashboard");
		await until("the stale mark", async () => /stale/.test(await ui.state(TUNNEL)));
		checks.has(await page.locator("main").innerText(), /remote_id/, "which member made it stale");
		await page.getByRole("region", { name: "Not yet in force" }).waitFor();
		await ui.openRow(TUNNEL);
		await sleep(500);
		await b.shoot(page, "dashboard-stale");
	});

	await step("resetting what is stale", async () => {
		await page.getByRole("button", { name: "Reset stale SAs" }).click();
		await ui.press(/^Reset \d+ SA/);
		await until("the result of each SA", async () =>
			/deleted|up again/.test(await ui.dialog().innerText()),
		);
		await b.shoot(page, "reset-results");
		await ui.press("Done");
		await ui
			.row(TUNNEL)
			.getByRole("button", { name: `Initiate ${TUNNEL}` })
			.click();
		const after = await until(
			"new SAs",
			async () => {
				const now = await numbers();
				return now && !now.ike.includes(before.ike[0]) && (await isUp()) && now;
			},
			30000,
		);
		checks.check(!after.pairs.includes(before.pairs[0]), "the old pair is gone");
		await page.getByRole("region", { name: "Not yet in force" }).waitFor({ state: "hidden" });
		before = after;
	});

	await step("apply and reset in one click", async () => {
		await ui.go(`#/tunnels/${TUNNEL}`, TUNNEL);
		await ui.set({ lifetime_seconds: "1800", start_action: "start", sha2_256_truncation_96: true });
		await ui.review();
		await ui.press(/^Apply and reset/);
		await until(
			"the SA up again with its new number",
			async () => /new (pair|SA) \d+/.test(await ui.dialog().innerText()),
			30000,
		);
		await b.shoot(page, "apply-results");
		await ui.press("Done");
		await ui.heading("Tunnels");
		await ui.go("#/", "Dashboard");
		const after = await until(
			"the new pair",
			async () => {
				const now = await numbers();
				return now && !now.pairs.includes(before.pairs[0]) && (await isUp()) && now;
			},
			30000,
		);
		checks.is(after.ike[0], before.ike[0], "the IKE SA that the edit did not touch");
		checks.check(ping(5), "pings through the renewed tunnel");
		await until("packets in the new pair", async () =>
			/[1-9]\d* \/ [1-9]\d* packets/.test(await page.locator("tr.detail:not([hidden])").innerText()),
		);
	});

	await step("staged, applied together on trial, and kept when the tunnel is up again", async () => {
		before = await until("the SAs", numbers);
		const stage = async (hash, name, values, list) => {
			await ui.go(`#/${hash}/${name}`, name);
			await ui.set(values);
			await ui.review();
			await ui.press("Stage");
			await ui.heading(list);
		};
		await stage("tunnels", TUNNEL, { lifetime_seconds: "2400" }, "Tunnels");
		await stage("peers", PEER, { description: "the branch" }, "Peers");
		await page.getByRole("link", { name: "2 edits by you" }).click();
		await page.getByRole("table", { name: "SAs this touches" }).waitFor();
		checks.has(await page.locator("main").innerText(), `IPsec SA pair ${before.pairs[0]}`, "the pair it touches");
		await b.shoot(page, "staged");
		await b.narrow(page, "staged");
		await page.getByLabel("Take it back by itself unless it is confirmed").check();
		await page.getByLabel("It stays").selectOption("tunnels_established");
		await page.getByRole("button", { name: /^Apply all and reset \d+ SA/ }).click();
		const banner = page.getByRole("region", { name: "Waits to be confirmed" });
		await page.getByText(/new pair \d+/).waitFor();
		await page.getByRole("button", { name: "Done" }).click();
		await ui.heading("Changes");
		await banner.waitFor({ state: "hidden" });
		await page.getByText("Lifetime (seconds): 1800 → 2400").waitFor();
	});

	await step("on trial, and nobody confirms it", async () => {
		await ui.go(`#/peers/${PEER}`, PEER);
		await ui.set({ description: "a slip" });
		await ui.review();
		await ui.dialog().getByLabel("Take it back by itself unless it is confirmed").check();
		await ui.dialog().getByLabel("Seconds to wait").fill("6");
		await ui.press(/^Save/);
		const banner = page.getByRole("region", { name: "Waits to be confirmed" });
		await banner.getByRole("timer").filter({ hasText: /^[1-6] s$/ }).waitFor();
		await b.accessible(page, "a change on trial");
		await banner.waitFor({ state: "hidden" });
		await ui.go(`#/peers/${PEER}`, PEER);
		checks.is(await ui.field("description").locator("input").inputValue(), "the branch", "gone back");
		await page.screenshot({ path: path.join(b.shots, "went-back.png") });
	});

	await step("a trace with keys shows on every page", async () => {
		const made = await page.evaluate(async () => {
			const { post } = await import("/rest.js");
			return post("/traces", { seconds: 60, secrets: true });
		});
		checks.is(made.secrets, true, "it has keys");
		const strip = page.getByRole("region", { name: "Keys are recorded" });
		await strip.getByText(/of every peer by .*: runs until/).waitFor();
		await b.accessible(page, "a trace with keys");
		await strip.getByRole("button", { name: "Forget it now" }).click();
		await strip.waitFor({ state: "hidden" });
	});

	await step("two people at one record", async () => {
		const other = await b.page();
		const they = new Ui(other, link.origin);
		await other.goto(link.origin);
		await they.heading("Dashboard");
		await ui.go(`#/peers/${PEER}`, PEER);
		await they.go(`#/peers/${PEER}`, PEER);
		await they.set({ description: "theirs" });
		await they.review();
		await they.press(/^Save/);
		await they.heading("Peers");
		await other.close();
		await ui.set({ description: "ours" });
		await b.allowing(/412/, async () => {
			await ui.review();
			await ui.dialog().getByText("Changed meanwhile").waitFor();
			await ui.press("Take theirs, drop mine");
		});
		checks.is(
			await ui.field("description").locator("input").inputValue(),
			"theirs",
			"what the other wrote",
		);
	});

	await step("what happened", async () => {
		await ui.go("#/events", "Events");
		await page.getByText("SAs were reset").first().waitFor();
		await b.shoot(page, "events");
		await ui.go("#/changes", "Changes");
		await page
			.getByText(/^Lifetime \(seconds\): .* → 1800$/)
			.first()
			.waitFor()
			.catch(() => checks.check(false, "the change of the lifetime is listed"));
		await b.shoot(page, "changes");
		await b.narrow(page, "changes");
		const rows = page.locator("main tbody tr");
		const at = await rows.evaluateAll((all) => all.findIndex((r) => /→ 1800/.test(r.textContent)));
		await rows.nth(at + 1).getByRole("button", { name: /^Go back/ }).click();
		await ui.dialog().getByText(/^Lifetime \(seconds\): 2400 → /).waitFor();
		checks.has(await ui.dialog().innerText(), /IPsec SA pair \d+/, "going back says which SAs it touches");
		await b.shoot(page, "go-back");
		await ui.press("Cancel");
		await ui.go("#/negotiations", "Negotiations");
		await b.shoot(page, "negotiations");
	});

	await step("deleting the tunnel ends its SAs", async () => {
		await ui.go(`#/tunnels/${TUNNEL}`, TUNNEL);
		await page.getByRole("button", { name: "Delete" }).click();
		await ui.press(/^Delete and reset/);
		await ui.press("Done");
		await ui.heading("Tunnels");
		await ui.go("#/", "Dashboard");
		await until("the row gone", async () => (await ui.row(TUNNEL).count()) === 0);
		await until("no IPsec SA left", async () =>
			/^IPsec SAs\s+0$/.test(await page.locator(".tile").filter({ hasText: "IPsec SAs" }).innerText()),
		);
	});
}

await story().then(certificates).catch(() => {});
await b.close();
console.log(`browser.gateway: ${checks.good} good, ${checks.bad} bad; screenshots in ${b.shots}`);
process.exit(checks.bad ? 1 : 0);
