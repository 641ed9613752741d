// rotate.mjs - another pre-shared key for a peer, from its page: both keys, and the end of the overlap
import { until } from "./ui.mjs";

export async function rotate({ step, checks, b, page, ui, d }) {
	await step("a pre-shared key is rotated on the peer's page", async () => {
		const NEW = "a key that comes next";
		await ui.go("#/peers/hub/state", "hub");
		const part = page.getByRole("region", { name: "Pre-shared key" });
		await part.getByText("One key counts").waitFor();
		const old = await part.locator("code").first().innerText();
		await part.getByLabel("New pre-shared key").fill(NEW);
		await part.getByLabel("Both keys count for").selectOption("168");
		await part.getByRole("button", { name: "Rotate the key" }).click();
		await part.getByText("Two keys count until").waitFor();
		checks.is(await part.locator("code").nth(1).innerText(), old, "the key it was");
		checks.check((await part.locator("code").first().innerText()) !== old, "another key");
		checks.is(await part.getByLabel("New pre-shared key").inputValue(), "", "the key is not kept in the form");
		checks.check(!(await page.content()).includes(NEW), "nor anywhere on the page");
		const s = (await d.local("GET", "/peers/hub")).json.psk;
		const left = Date.parse((await d.local("GET", `/secrets/${s}`)).json.previous.until) - Date.now();
		checks.check(Math.abs(left - 168 * 3600e3) < 60e3, `until a week from now: ${left}`);
		await b.shoot(page, "rotate");
		await b.narrow(page, "rotate");
		await part.getByRole("button", { name: "End the overlap" }).click();
		await ui.dialog().getByText("No IKE SA was proven with the previous key.").waitFor();
		await b.shoot(page, "rotate-end");
		await ui.press("End the overlap");
		await part.getByText("One key counts").waitFor();
		await until("one value again", async () => !(await d.local("GET", `/secrets/${s}`)).json.previous.value_set);
	});
}
