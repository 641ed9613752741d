// paste.mjs - another product's configuration in and out: a part of `pages`
import { until } from "./ui.mjs";

const KEY = "never-to-be-seen-again-77";
const TEXT = `ike proposal 70
 encryption-algorithm aes-cbc 256
 dh group14
 authentication-algorithm sha
ike peer pasted
 pre-shared-key simple ${KEY}
 remote-address 192.0.2.77
 proposal 70
 nonsense of theirs
ipsec proposal pasted
 esp encryption-algorithm aes 256
 esp authentication-algorithm sha1
acl number 3777
 rule 0 permit ip source 10.77.0.0 0.0.0.255 destination 10.78.0.0 0.0.0.255
ipsec policy pasted 10 isakmp
 security acl 3777
 ike-peer pasted
 proposal pasted
interface GigabitEthernet0/1
 ipsec policy pasted
`;

export async function paste({ step, checks, b, page, ui }) {
	const main = page.locator("main");

	await step("a configuration is pasted, looked at and applied", async () => {
		await ui.go("#/import", "Import");
		await b.accessible(page, "Import, empty");
		await page.getByRole("button", { name: "See what it becomes" }).click();
		await page.getByText("Paste a configuration first.").waitFor();
		await page.getByLabel("Its configuration").fill("hello");
		await page.getByRole("button", { name: "See what it becomes" }).click();
		await page.getByText("nothing in this text is about IKE or IPsec").waitFor();
		await page.getByLabel("Its configuration").fill(TEXT);
		await page.getByRole("button", { name: "See what it becomes" }).click();
		await page.getByRole("heading", { name: "What it becomes" }).waitFor();
		const said = await main.innerText();
		for (const words of ["peer pasted", "tunnel pasted-10", "with its key, which is not shown", "left out", "nonsense"])
			checks.has(said, words, "what it becomes");
		checks.check(!said.includes(KEY), "the key stands nowhere but where it was pasted");
		await b.shoot(page, "import");
		await b.narrow(page, "import");
		await page.getByRole("button", { name: "Review and apply" }).click();
		await page.getByRole("heading", { level: 1, name: /^Staged by/ }).waitFor();
		await page.getByRole("button", { name: "Apply all" }).click();
		await ui.heading("Changes");
		await ui.go("#/peers/pasted", "pasted");
	});

	await step("the other side's configuration, product by product", async () => {
		await ui.go("#/peers/pasted/state", "pasted");
		const shown = page.locator("pre.config");
		await until("a Comware text", async () => /ike peer/.test(await shown.innerText()));
		checks.has(await shown.innerText(), "PUT-THE-PRE-SHARED-KEY-HERE", "words for the key");
		await page.getByLabel("Product").selectOption("ios");
		await until("an IOS text", async () => /crypto isakmp/.test(await shown.innerText()));
		await page.getByLabel("Our address, as it sees it").fill("198.51.100.9");
		await page.getByLabel("Our address, as it sees it").dispatchEvent("change");
		await until("our address", async () => (await shown.innerText()).includes("198.51.100.9"));
		await b.shoot(page, "other-side");
		await page.getByRole("button", { name: "Copy", exact: true }).click();
		await page.getByText(/^(Copied\.|The text is selected)/).waitFor();
		await b.allowing(/400/, async () => {
			await page.getByLabel("Our address, as it sees it").fill("a b");
			await page.getByLabel("Our address, as it sees it").dispatchEvent("change");
			await page.getByText("remote is an address").waitFor();
			await page.getByLabel("Our address, as it sees it").fill("192.0.2.1");
			await page.getByLabel("Our address, as it sees it").press("Tab");
			await until("the text again", async () => (await shown.innerText()).includes("192.0.2.1"));
		});
	});
}
