// history.mjs - a part of pages.mjs: revisions, going back, waiting for a yes, staging
import { until } from "./ui.mjs";

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
		page.locator("main tbody tr").filter({ has: page.getByRole("rowheader", { name: `${revision}`, exact: true }) });

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
		await d.local("PATCH", "/peers/hub", { body: { nat_traversal: "force" }, headers: { "If-Match": "*" } });
		await page.getByRole("button", { name: "Undo" }).last().click();
		await ui.dialog().getByText(/NAT traversal: force → /).waitFor();
		checks.is(await description(d), "first", "nothing is done yet");
		await ui.dialog().getByRole("button", { name: "Cancel" }).click();
		await d.local("PATCH", "/peers/hub", { body: { nat_traversal: "auto" }, headers: { "If-Match": "*" } });
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
		await row(made.revision + 1).getByText("in force").waitFor();
		checks.has(await row(made.revision + 1).innerText(), `back to revision ${made.revision - 1}`, "and says so");
	});
}
