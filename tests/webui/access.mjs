// access.mjs - a part of `pages`: people and tokens, SNMP and its test trap, the API's page
import { Ui, until } from "./ui.mjs";

const SECOND = "another long horse";

async function users({ step, checks, d, b, page, ui, base }) {
	await step("a user: added, promoted, locked out, removed", async () => {
		await ui.go("#/access", "Users and tokens");
		await page.getByRole("button", { name: "New user" }).click();
		await ui.dialog().getByLabel("Name").fill("bob");
		await ui.dialog().getByLabel("Password").fill("short");
		await b.allowing(/422/, async () => {
			await ui.press("Add");
			checks.has(await ui.dialog().getByRole("alert").innerText(), "10", "a short password");
		});
		await b.accessible(page, "a refused user");
		await ui.dialog().getByLabel("Password").fill(SECOND);
		await ui.press("Add");
		const row = page.getByRole("table", { name: "Users" }).getByRole("row").filter({ hasText: "bob" });
		await row.waitFor();
		const role = async () => (await d.local("GET", "/users/bob")).json.role;
		checks.is(await role(), "viewer", "the role one begins with");
		await page.getByLabel("Role of bob").selectOption("operator");
		await until("bob is an operator", async () => (await role()) === "operator");
		await page.getByText("bob is operator now.").waitFor();
		const context = await b.newContext({});
		const p = await b.page(context);
		await p.goto(base);
		await new Ui(p, base).signIn("bob", SECOND);
		await new Ui(p, base).heading("Dashboard");
		checks.is(
			await p.getByRole("link", { name: "Users and tokens" }).count(),
			0,
			"not offered to an operator",
		);
		await new Ui(p, base).go("#/access", "Users and tokens");
		await p.getByText("The role admin is needed").waitFor();
		await context.close();
		await page.getByRole("button", { name: "Lock out: bob" }).click();
		await row.getByText("locked out").waitFor();
		await b.shoot(page, "access");
		await b.narrow(page, "access");
		await page.getByRole("button", { name: "Delete bob" }).click();
		await ui.press("Delete");
		await row.waitFor({ state: "detached" });
		checks.is((await d.local("GET", "/users/bob")).status, 404, "gone");
	});

	await step("the last admin stays one", () =>
		b.allowing(/422/, async () => {
			const own = page.getByLabel("Role of alice");
			await own.selectOption("viewer");
			await until("the page shows what is", async () => (await own.inputValue()) === "admin");
		}),
	);
}

async function tokens({ step, checks, d, b, page, ui }) {
	await step("a token, shown once and revoked", async () => {
		await page.getByRole("button", { name: "New token" }).click();
		await ui.dialog().getByLabel("Name").fill("robot");
		await ui.dialog().getByLabel("Days").fill("7");
		await ui.press("Make the token");
		await ui.dialog().getByText("Shown this once").waitFor();
		const secret = await page.locator("#token").innerText();
		await b.shoot(page, "token-once");
		const call = () => d.api("GET", "/config", { token: secret });
		await ui.press("I have kept it");
		await page.getByRole("rowheader", { name: "robot" }).waitFor();
		checks.is((await page.content()).includes(secret), false, "the secret is nowhere afterwards");
		checks.is((await call()).status, 200, "the token works");
		await page.getByRole("button", { name: "New token" }).click();
		await ui.dialog().getByLabel("Name").fill("berlin");
		await ui.dialog().getByLabel("Only peers labelled").fill("site=berlin, env=prod");
		await ui.dialog().getByLabel("Only from").fill("192.0.2.0/24");
		await b.accessible(page, "a limited token");
		await ui.press("Make the token");
		await ui.press("I have kept it");
		const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "berlin" }) });
		await row.getByText("only site=berlin, env=prod").waitFor();
		await row.getByText("from 192.0.2.0/24").waitFor();
		await b.shoot(page, "access-limits");
		await page.getByRole("button", { name: "Revoke berlin" }).click();
		await ui.press("Revoke");
		await row.waitFor({ state: "detached" });
		await page.getByRole("button", { name: "Revoke robot" }).click();
		await ui.press("Revoke");
		await page.getByText("No token yet").waitFor();
		checks.is((await call()).status, 401, "and does no more");
	});
}

async function snmp({ step, checks, b, page, ui }) {
	await step("SNMP: settings and a test trap", async () => {
		await page.getByRole("link", { name: "SNMP", exact: true }).click();
		await ui.heading("Settings: SNMP");
		let asked = 0;
		await page.route(/\/settings\/snmp\/test-trap$/, (route) => {
			asked++;
			return route.fulfill({ status: 202, json: { asked: true, targets: ["192.0.2.9:162"], informs: true } });
		});
		await page.getByRole("button", { name: "Send a test trap" }).click();
		await page.getByText("to 192.0.2.9:162.").waitFor();
		checks.is(asked, 1, "one call");
		await b.shoot(page, "snmp");
		await b.narrow(page, "snmp");
		await page.unroute(/\/settings\/snmp\/test-trap$/);
		await b.allowing(/4\d\d|5\d\d/, async () => {
			await page.getByRole("button", { name: "Send a test trap" }).click();
			await page.locator(".test .refusal, .test .mark.up").first().waitFor();
		});
	});

	await step("the API's page", async () => {
		await ui.go("#/howto", "API");
		for (const [name, path] of [
			["The contract to read", "/docs"],
			["The contract for programs", "/api/v1/openapi.json"],
		]) {
			const href = await page.getByRole("link", { name }).getAttribute("href");
			checks.is(href, path, name);
			checks.is(await page.evaluate(async (u) => (await fetch(u)).status, href), 200, `${path} is there`);
		}
		await b.shoot(page, "howto");
		await b.narrow(page, "howto");
	});
}

export async function access(o) {
	await users(o);
	await tokens(o);
	await snmp(o);
}
