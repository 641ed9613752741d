// browser.mjs - a browser that notices what a person would not
//
// Starts Debian's Chromium through playwright-core and watches every page: console errors,
// failed requests, reports of the content security policy. Pages are checked with axe and
// photographed in light and dark.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const FLAGS = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// Counts what was asserted and says what was wrong.
export class Checks {
	good = 0;
	bad = 0;
	check(ok, what) {
		if (ok) this.good++;
		else this.bad++;
		if (!ok) console.log(`not ok - ${what}`);
		return ok;
	}
	is(got, want, what) {
		return this.check(
			got === want,
			`${what}: ${JSON.stringify(got)} where ${JSON.stringify(want)} is due`,
		);
	}
	has(text, part, what) {
		return this.check(
			part instanceof RegExp ? part.test(text) : String(text).includes(part),
			`${what}: ${JSON.stringify(String(text).slice(0, 300))} lacks ${part}`,
		);
	}
}

export class Browser {
	// o: modules (folder with node_modules), chromium, base (URL), shots (folder), checks
	static async open(o) {
		const require = createRequire(path.join(o.modules, "package.json"));
		const { chromium } = require("playwright-core");
		const b = new Browser();
		Object.assign(b, o, {
			axe: fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"),
			allowed: [],
			complaints: [],
		});
		b.browser = await chromium.launch({ executablePath: o.chromium, args: FLAGS, headless: true });
		b.context = await b.newContext({});
		fs.mkdirSync(o.shots, { recursive: true });
		return b;
	}

	async newContext(o) {
		const c = await this.browser.newContext({
			ignoreHTTPSErrors: true,
			viewport: { width: 1320, height: 860 },
			colorScheme: "light",
			...o,
		});
		// axe measures inside the page; the page's policy stays in force for everything else.
		await c.addInitScript({
			content: `window.__axe = () => { ${this.axe} }; addEventListener("securitypolicyviolation", (e) => console.error("CSP", e.violatedDirective, e.blockedURI, e.sourceFile));`,
		});
		return c;
	}

	// A page whose complaints are collected.
	async page(context = this.context) {
		const page = await context.newPage();
		page.setDefaultTimeout(15000);
		page.on("console", (m) => {
			if (m.type() === "error" || m.type() === "warning")
				this.complain(`console ${m.type()}: ${m.text()} ${m.location().url}`);
		});
		page.on("pageerror", (e) => this.complain(`exception: ${e.stack ?? e}`));
		return page;
	}

	// `now` is the step under way.
	complain(text) {
		if (!this.allowed.some((a) => a.test(text))) this.complaints.push(`${this.now}: ${text}`);
	}

	// What a test provokes is allowed while it does so.
	async allowing(pattern, f) {
		this.allowed.push(pattern);
		try {
			return await f();
		} finally {
			await sleep(100);
			this.allowed.pop();
		}
	}

	async accessible(page, what) {
		await page.evaluate(() => window.axe ?? window.__axe());
		const found = await page.evaluate(async () => {
			const r = await window.axe.run(document, { resultTypes: ["violations"], iframes: false });
			return r.violations.map((v) => ({
				id: v.id,
				help: v.help,
				nodes: v.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ""}`),
			}));
		});
		this.checks.check(found.length === 0, `axe on ${what}: ${JSON.stringify(found, null, 1)}`);
	}

	// Light and dark, whole page, and axe in both: contrast is a matter of colours.
	async shoot(page, name) {
		for (const scheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme: scheme });
			await page.screenshot({ path: path.join(this.shots, `${name}-${scheme}.png`), fullPage: true });
			await this.accessible(page, `${name} (${scheme})`);
		}
		await page.emulateMedia({ colorScheme: "light" });
	}

	// At 320 px nothing may stick out sideways.
	async narrow(page, name) {
		const size = page.viewportSize();
		await page.setViewportSize({ width: 320, height: 640 });
		const wide = await page.evaluate(() => document.documentElement.scrollWidth);
		this.checks.check(wide <= 320, `${name} at 320 px is ${wide} px wide`);
		await page.screenshot({ path: path.join(this.shots, `${name}-narrow.png`), fullPage: true });
		await page.setViewportSize(size);
	}

	async close() {
		this.checks.check(
			this.complaints.length === 0,
			`the browser complained: ${this.complaints.join("\n")}`,
		);
		await this.browser.close();
	}
}
