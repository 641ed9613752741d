// history.mjs - a part of pages.mjs: revisions, going back, waiting for a yes, staging
import { Ui, until } from "./ui.mjs";

const description = async (d) => (await d.local("GET", "/peers/hub")).json.description;
const newest = async (d) => (await d.local("GET", "/commits?limit=1")).json.items[0];

export async function history({ step, checks, d, b, page, ui }) {
	const edit = async (text, also = async () => {}) => {
		await ui.go("#/peers/hub", "hub");
		await ui.set({ description: text });
		await ui.review();
		await ui.dialog().getByRole("table", { name: "What changes" }).waitFor();
		await also();
	};
	const row = (revision) =>
		page
			.locator("main tbody tr")
			.filter({ has: page.getByRole("rowheader", { name: `${revision}`, exact: true }) });

	let was;
	await step("undo, from the words after a save", async () => {
		was = await description(d);
		await edit("a slip");
		await ui.press(/^Save/);
		await ui.heading("Peers");
		checks.is(await description(d), "a slip", "saved");
		await b.accessible(page, "the words after a save");
		await page.getByRole("button", { name: "Undo" }).last().click();
		await page.getByText(/^Back to revision \d+, as revision/).waitFor();
		checks.is(await description(d), was, "undone");
	});

	await step("undo does not take somebody else's change along unseen", async () => {
		await edit("first");
		await ui.press(/^Save/);
		await ui.heading("Peers");
		await d.local("PATCH", "/peers/hub", {
			body: { nat_traversal: "force" },
			headers: { "If-Match": "*" },
		});
		await page.getByRole("button", { name: "Undo" }).last().click();
		await ui
			.dialog()
			.getByText(/NAT traversal: force → /)
			.waitFor();
		checks.is(await description(d), "first", "nothing is done yet");
		await ui.dialog().getByRole("button", { name: "Cancel" }).click();
		await d.local("PATCH", "/peers/hub", {
			body: { nat_traversal: "auto" },
			headers: { "If-Match": "*" },
		});
	});

	await step("a comment, and going back to a revision", async () => {
		await edit("commented", async () => {
			await ui.dialog().getByLabel("Comment for the history").fill("ticket 4711");
		});
		await ui.press(/^Save/);
		await ui.heading("Peers");
		const made = await newest(d);
		checks.is(made.comment, "ticket 4711", "the comment");
		await ui.go("#/changes", "Changes");
		await row(made.revision).getByText("in force").waitFor();
		const text = await row(made.revision).innerText();
		for (const part of [/alice/, /ticket 4711/, /peer hub/])
			checks.has(text, part, "the newest revision");
		await b.shoot(page, "history");
		await b.narrow(page, "history");
		await row(made.revision - 1)
			.getByRole("button", { name: `Go back to revision ${made.revision - 1}` })
			.click();
		await ui.dialog().getByText("Description: commented → first").waitFor();
		checks.is(await description(d), "commented", "a preview changes nothing");
		await b.shoot(page, "go-back");
		await b.narrow(page, "go-back");
		await ui.press(/^Go back/);
		await page.getByText(`Back to revision ${made.revision - 1}, as revision`).waitFor();
		checks.is(await description(d), "first", "gone back");
		await row(made.revision + 1)
			.getByText("in force")
			.waitFor();
		checks.has(
			await row(made.revision + 1).innerText(),
			`back to revision ${made.revision - 1}`,
			"and says so",
		);
	});

	const confirming = async () => (await d.local("GET", "/confirming")).json.confirming;
	const banner = page.getByRole("region", { name: "Waits to be confirmed" });
	const onTrial = async (text) => {
		await edit(text, async () => {
			const trial = ui.dialog().getByLabel("Take it back by itself unless it is confirmed");
			checks.is(await trial.isChecked(), false, "off by default");
			await trial.check();
			await ui.dialog().getByLabel("Seconds to wait").fill("90");
		});
	};

	await step("a change on trial, confirmed", async () => {
		await onTrial("on trial");
		await b.shoot(page, "review-trial");
		await b.narrow(page, "review-trial");
		const fits = await ui.dialog().evaluate(async (n) => n.scrollWidth <= n.clientWidth);
		checks.check(fits, "the window does not scroll sideways");
		await ui.press(/^Save/);
		await ui.heading("Peers");
		await banner.waitFor();
		const c = await confirming();
		checks.is(c?.mode, "manual", "how it waits");
		await until("what, who and how long", async () =>
			new RegExp(
				`Revision ${c.revision} by alice: peer hub.*revision ${c.back} in 1 min \\d+ s`,
				"s",
			).test(await banner.innerText()),
		);
		const was = await banner.getByRole("timer").innerText();
		await until(
			"the seconds to count",
			async () => (await banner.getByRole("timer").innerText()) !== was,
		);
		await ui.go("#/tunnels", "Tunnels");
		await b.shoot(page, "on-trial");
		await b.narrow(page, "on-trial");
		await banner.getByRole("button", { name: "Confirm" }).click();
		await banner.waitFor({ state: "hidden" });
		checks.is(await confirming(), null, "nothing waits");
		checks.is(await description(d), "on trial", "it stays");
	});

	await step("a change on trial, taken back", async () => {
		await onTrial("wrong");
		await ui.dialog().getByLabel("It stays").selectOption("tunnels_established");
		await ui.press(/^Save/);
		await banner.getByText(/tunnels? up again/).waitFor();
		await banner.getByRole("button", { name: "Go back now" }).click();
		await banner.waitFor({ state: "hidden" });
		checks.is(await description(d), "on trial", "what it was before");
	});

	await step("edits staged, looked at, applied as one", async () => {
		const strip = page.getByRole("region", { name: "Staged, not in force" });
		checks.is(await strip.isVisible(), false, "nothing is staged");
		await edit("staged");
		await ui.press("Stage");
		await ui.heading("Peers");
		await strip.getByText("1 edit by you").waitFor();
		checks.is(await description(d), "on trial", "not in force");
		await ui.go("#/dpd-profiles/+new", "New DPD profile");
		await ui.set({ name: "slow", interval_seconds: 60 });
		await ui.review();
		await ui.press("Stage");
		await ui.heading("DPD profiles");
		await ui.go("#/tunnels/hub-lan", "hub-lan");
		await page.getByRole("button", { name: "Delete" }).click();
		await ui.press("Stage");
		await strip.getByText("3 edits by you").waitFor();
		await ui.go("#/dpd-profiles/+new", "New DPD profile");
		await ui.set({ name: "unwanted", interval_seconds: 30 });
		await ui.review();
		await ui.press("Stage");
		await strip.getByText("4 edits by you").waitFor();
		await strip.getByRole("link").click();
		await page
			.getByRole("row", { name: /unwanted/ })
			.getByRole("button", { name: "Take out" })
			.click();
		await strip.getByText("3 edits by you").waitFor();
		await page.getByRole("row", { name: /unwanted/ }).waitFor({ state: "detached" });
		await b.accessible(page, "the strip of what is staged");
		await ui.go("#/tunnels/hub-lan", "hub-lan");
		await strip.getByRole("link").click();
		await ui.heading("Staged by you");
		await page.getByText("Description: on trial → staged").waitFor();
		const said = await page.locator("main").innerText();
		for (const part of [/DPD profile slow\s+new/, /tunnel hub-lan\s+deleted/])
			checks.has(said, part, "the page");
		await b.shoot(page, "staged");
		await b.narrow(page, "staged");
		const before = (await newest(d)).revision;
		await page.getByLabel("Comment for the history").fill("all at once");
		await page.getByRole("button", { name: /^Apply all/ }).click();
		await ui.heading("Changes");
		await strip.waitFor({ state: "hidden" });
		const made = await newest(d);
		checks.is(
			`${made.revision} ${made.records} ${made.comment}`,
			`${before + 1} 3 all at once`,
			"one revision",
		);
		await page.getByRole("button", { name: "Undo" }).last().click();
		await until("all undone", async () => (await description(d)) === "on trial");
		checks.is((await d.local("GET", "/tunnels/hub-lan")).status, 200, "the tunnel is back");
	});

	await step("what is staged, discarded; and changed meanwhile", async () => {
		await edit("mine, staged");
		await ui.press("Stage");
		await ui.heading("Peers");
		await d.local("PATCH", "/peers/hub", {
			body: { description: "theirs" },
			headers: { "If-Match": "*" },
		});
		await page.getByRole("region", { name: "Staged, not in force" }).getByRole("link").click();
		await page.getByText("Changed meanwhile").waitFor();
		checks.is(
			await page.getByRole("button", { name: /^Apply/ }).count(),
			0,
			"applying it is not offered",
		);
		await b.shoot(page, "staged-conflict");
		await page.getByRole("button", { name: "Discard" }).click();
		await ui.press("Discard");
		await ui.heading("Changes");
		checks.is((await d.local("GET", "/changesets")).json.items.length, 0, "forgotten");
		checks.is(await description(d), "theirs", "nothing was changed");
	});

	await step("a deletion, undone", async () => {
		await ui.go("#/dpd-profiles/quick", "quick");
		await page.getByRole("button", { name: "Delete" }).click();
		await ui.press("Delete");
		await ui.heading("DPD profiles");
		await page.getByText("quick is deleted").waitFor();
		checks.is((await d.local("GET", "/dpd-profiles/quick")).status, 404, "deleted");
		await page.getByRole("button", { name: "Undo" }).last().click();
		await until("the record", async () => (await d.local("GET", "/dpd-profiles/quick")).status === 200);
	});

	await step("a viewer sees what is staged and on trial, and can do nothing about it", async () => {
		const made = await d.local("POST", "/users", {
			body: { name: "looker", role: "viewer", password: "correct horse battery" },
		});
		checks.is(made.status, 201, "the viewer");
		const edits = [{ op: "merge", path: "/peers/hub", value: { description: "staged by root" } }];
		const set = (await d.local("POST", "/changesets", { body: { edits } })).json;
		await d.local("PATCH", "/dpd-profiles/quick?confirm_timeout_seconds=60", {
			body: { interval_seconds: 33 },
			headers: { "If-Match": "*" },
		});
		const context = await b.newContext({});
		const p = await b.page(context);
		const they = new Ui(p, ui.base);
		await p.goto(ui.base);
		await they.signIn("looker", "correct horse battery");
		await they.heading("Dashboard");
		const strip = p.getByRole("region", { name: "Waits to be confirmed" });
		await strip.getByText("DPD profile quick").waitFor();
		checks.is(await strip.getByRole("button").count(), 0, "no buttons");
		await p.getByRole("link", { name: "1 edit by local:root" }).click();
		await they.heading("Staged by local:root");
		await p.getByText("→ staged by root").waitFor();
		checks.is(await p.locator("main").getByRole("button").count(), 0, "nor there");
		await b.accessible(p, "what is staged, for a viewer");
		await they.go("#/changes", "Changes");
		checks.is(await p.getByRole("button", { name: /^Go back/ }).count(), 0, "nor in the history");
		await context.close();
		await page
			.getByRole("region", { name: "Waits to be confirmed" })
			.getByRole("button", { name: "Confirm" })
			.click();
		await page.getByText(/is confirmed; it stays/).waitFor();
		await d.local("DELETE", `/changesets/${set.id}`);
	});
}
