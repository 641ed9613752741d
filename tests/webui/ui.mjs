// ui.mjs - what a person does on the pages, as verbs
//
// Everything is found as a person would find it: by label, role and words.
export class Ui {
	constructor(page, base) {
		this.page = page;
		this.base = base;
	}

	async go(hash, heading) {
		await this.page.evaluate((h) => {
			location.hash = h;
		}, hash);
		await this.heading(heading);
	}

	heading(name) {
		return this.page.getByRole("heading", { level: 1, name }).waitFor();
	}

	async signIn(name, password) {
		await this.page.getByLabel("Name").fill(name);
		await this.page.getByLabel("Password").fill(password);
		await this.page.getByRole("button", { name: /^(Sign in|Make the first user)$/ }).click();
	}

	field(member) {
		return this.page.locator(`[data-member="${member}"]`);
	}

	// Sets members of the form: text, choice, true/false, or a list of references in order.
	async set(values) {
		for (const [member, v] of Object.entries(values)) {
			const field = this.field(member);
			const group = field.locator(".ordered-input");
			if (await group.count()) {
				while (await group.getByRole("button", { name: /^Remove/ }).count())
					await group
						.getByRole("button", { name: /^Remove/ })
						.first()
						.click();
				for (const name of v) await group.locator("select").selectOption(name);
			} else if (typeof v === "boolean") {
				await field.getByRole("checkbox").setChecked(v);
			} else if (await field.locator("select").count()) {
				await field.locator("select").selectOption(v);
			} else {
				const input = field.locator("input, textarea").first();
				await input.fill(String(v));
				await input.dispatchEvent("change");
			}
		}
	}

	faults(member) {
		return this.field(member).locator(".faults").innerText();
	}

	async review() {
		await this.page.getByRole("button", { name: /^Review/ }).click();
	}

	dialog() {
		return this.page.getByRole("dialog");
	}

	// Presses a button of the window on top.
	async press(name) {
		await this.dialog().getByRole("button", { name }).click();
	}

	// Makes a record from the list's page on, and is back at the list.
	async create(kind, heading, one, values) {
		await this.go(`#/${kind}`, heading);
		await this.page.getByRole("link", { name: `New ${one}` }).click();
		await this.heading(`New ${one}`);
		await this.set(values);
		await this.review();
		await this.press("Create");
		await this.heading(heading);
		await this.page.getByRole("rowheader", { name: values.name, exact: false }).first().waitFor();
	}

	row(name) {
		return this.page
			.locator("tr.tunnel")
			.filter({ has: this.page.getByRole("button", { name, exact: true }) });
	}

	// What the dashboard says of a tunnel.
	state(name) {
		return this.row(name).locator("td").first().innerText();
	}

	async openRow(name) {
		const opener = this.row(name).getByRole("button", { name, exact: true });
		if ((await opener.getAttribute("aria-expanded")) === "false") await opener.click();
	}

	// Numbers of the SAs below a tunnel: {ike: [..], pairs: [..]}.
	async sas(name) {
		await this.openRow(name);
		const heads = await this.page.locator("tr.detail:not([hidden]) tbody th").allInnerTexts();
		const numbers = (word) =>
			heads.filter((t) => t.startsWith(word)).map((t) => Number(t.slice(word.length)));
		return { ike: numbers("IKE SA "), pairs: numbers("pair ") };
	}
}

// Waits until f() is truthy; says what did not come.
export async function until(what, f, ms = 15000) {
	const end = Date.now() + ms;
	let last;
	while (Date.now() < end) {
		last = await f().catch((e) => e);
		if (last && !(last instanceof Error)) return last;
		await new Promise((r) => setTimeout(r, 100));
	}
	throw new Error(
		`${what} did not come within ${ms} ms${last instanceof Error ? `: ${last.message}` : ""}`,
	);
}
