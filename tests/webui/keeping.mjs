// keeping.mjs - what is kept, and how to get it back: a part of `pages`
//
// Taking one's own change back for ten minutes, the audit log with its chain, a backup that is
// made with a passphrase, opened again and restored.
import fs from "node:fs";
import path from "node:path";
import { until } from "./ui.mjs";

const WORD = "open sesame, slowly";

async function takingBack({ checks, b, page, ui }) {
	const strip = page.getByRole("region", { name: "Can be undone" });
	await ui.go("#/dpd-profiles/+new", "New DPD profile");
	await ui.set({ name: "slip" });
	await ui.review();
	await ui.press("Create");
	await ui.heading("DPD profiles");
	await strip.getByText(/is yours: DPD profile slip/).waitFor();
	checks.has(await strip.getByRole("timer").innerText(), /^for (9 min \d+ s|10 min 0 s)$/, "how long it can be undone");
	await page.reload();
	await ui.heading("DPD profiles");
	await strip.getByRole("button", { name: "Take it back …" }).click();
	await ui.dialog().getByText("DPD profile slip").first().waitFor();
	await b.shoot(page, "take-back");
	await ui.press("Go back");
	await until("the record gone", async () => (await page.getByRole("rowheader", { name: "slip" }).count()) === 0);
	await strip.getByRole("button", { name: "Keep it" }).click();
	checks.is(await strip.isVisible(), false, "waved off");
}

async function auditLog({ checks, b, page, ui }) {
	await ui.go("#/audit", "Audit log");
	const rows = page.locator("main tbody tr");
	await rows.filter({ hasText: "dpd-profiles/slip" }).first().waitFor();
	await page.getByLabel("Action").selectOption("delete");
	await until("deletions alone", async () =>
		(await rows.evaluateAll((all) => all.map((r) => r.cells[2].textContent))).every((t) => t === "delete"),
	);
	checks.check((await rows.count()) > 0, "the deletion is on record");
	await page.getByRole("searchbox", { name: "Who" }).fill("nobody");
	await page.getByText("Nothing here fits the filter.").waitFor();
	await page.getByRole("searchbox", { name: "Who" }).fill("");
	await page.getByLabel("Action").selectOption("");
	await page.getByRole("button", { name: "Verify the chain" }).click();
	await page.getByText(/Whole: \d+ rows/).first().waitFor();
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "Download all of it" }).click(),
	]);
	const lines = fs.readFileSync(await file.path(), "utf8").trim().split("\n").map((l) => JSON.parse(l));
	checks.is(lines.at(-1).number, 1, "down to the first act");
	await b.shoot(page, "audit");
	await b.narrow(page, "audit");
}

async function backup({ checks, d, b, page, ui }) {
	await ui.go("#/backup", "Backup and restore");
	await page.getByLabel("Passphrase", { exact: true }).fill(WORD);
	await page.getByLabel("The passphrase again").fill("another one");
	await page.getByRole("button", { name: "Make the backup" }).click();
	await page.getByText("The two are not the same.").waitFor();
	await page.getByLabel("The passphrase again").fill(WORD);
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "Make the backup" }).click(),
	]);
	await page.getByText("keep it where secrets are kept").waitFor();
	await b.shoot(page, "backup");
	await b.narrow(page, "backup");
	const at = path.join(b.shots, "..", "kept.backup");
	await file.saveAs(at);
	await d.local("POST", "/dpd-profiles", { body: { name: "after-backup" } });
	await page.getByLabel("File of a backup").setInputFiles(at);
	await page.getByLabel("Its passphrase").fill("not that one");
	await b.allowing(/422/, async () => {
		await page.getByRole("button", { name: "See what it changes" }).click();
		await ui.dialog().getByText("The passphrase does not open the backup").first().waitFor();
		await ui.press("Cancel");
	});
	await page.getByLabel("Its passphrase").fill(WORD);
	await page.getByRole("button", { name: "See what it changes" }).click();
	await ui.dialog().getByText("DPD profile after-backup").waitFor();
	await b.shoot(page, "restore");
	await ui.press("Restore");
	await page.getByText(/^Restored as revision \d+/).waitFor();
	checks.is((await d.local("GET", "/dpd-profiles/after-backup")).status, 404, "what came after is gone");
}

// Clocks: keepalive as it is set, a profile with who it watches; stories and events picked out.
async function clocks({ checks, d, b, page, ui }) {
	const set = (path, body) => d.local("PATCH", path, { body, headers: { "If-Match": "*" } });
	await set("/settings/keepalive", { interval_seconds: 20, timeout_seconds: 50 });
	await d.local("POST", "/dpd-profiles", { body: { name: "patient", interval_seconds: 30, retry_seconds: 10, max_failures: 3 } });
	await d.local("POST", "/secrets", { body: { name: "clock", value: "tick tock tick" } });
	await d.local("POST", "/peers", {
		body: { name: "watched", remote_address: "198.51.100.77", psk: "clock", dpd: "patient" },
	});
	await ui.go("#/timers", "Timers and DPD");
	await page.getByText("tagged TIMEOUT after 50 s and deleted with its IPsec SAs after 1 min 40 s").waitFor();
	await page.getByText("tight").waitFor();
	checks.has(await page.getByRole("img").getAttribute("aria-label"), /every 20 s/, "the time line in a sentence");
	const row = page.getByRole("row", { name: /^patient/ });
	checks.has(await row.innerText(), /1 min 0 s after the last sign, 3 questions/, "when a peer counts as dead");
	await row.getByRole("link", { name: "watched" }).waitFor();
	await b.shoot(page, "timers-set");
	await b.narrow(page, "timers-set");
	await d.local("DELETE", "/peers/watched", { headers: { "If-Match": "*" } });
	await set("/settings/keepalive", { interval_seconds: 0, timeout_seconds: 0 });
	await page.getByText("No keepalive is sent.").waitFor();
}

async function pickedOut({ checks, b, page, ui }) {
	await ui.go("#/negotiations", "Negotiations");
	await page.getByLabel("Verdict").selectOption("up");
	await page.getByText("No negotiation yet.").waitFor();
	await page.getByLabel("Verdict").selectOption("");
	await page.getByLabel("Reason").selectOption("no-proposal-chosen");
	await b.accessible(page, "negotiations, picked out");
	await ui.go("#/events", "Events");
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "Download as CSV" }).click(),
	]);
	const lines = fs.readFileSync(await file.path(), "utf8").split("\r\n");
	checks.has(lines[0], /^time,level,event/, "the head of the table");
	checks.check(lines.some((l) => /config\.changed/.test(l)), "changes are in it");
}

export async function keeping(o) {
	await o.step("actions are those of the register", async () => {
		const def = fs.readFileSync(new URL("../../core/model/deed.def", import.meta.url), "utf8");
		const names = [...def.matchAll(/^DEED\(\w+,\s*"([^"]+)"/gm)].map((m) => m[1]);
		const page = fs.readFileSync(new URL("../../webui/audit.js", import.meta.url), "utf8");
		const list = /ACTIONS = \[([^\]]*)\]/.exec(page)[1].match(/\w+/g);
		o.checks.is(list.join(), names.join(), "ACTIONS of audit.js");
	});
	await o.step("every clock on one page", () => clocks(o));
	await o.step("stories and events picked out", () => pickedOut(o));
	await o.step("taking one's own change back", () => takingBack(o));
	await o.step("the audit log", () => auditLog(o));
	await o.step("a backup, and back from it", () => backup(o));
}
