// chinese.mjs - the pages in Chinese: a part of `pages`
//
// Every text that a module gives to tx() has a row in words.zh.js, and no row is left over without
// a text in a module; the choice is remembered; pages are Chinese and as usable as in English.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ui } from "./ui.mjs";

const webui = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../webui");

async function table(checks) {
	const { chinese } = await import("../../webui/words.zh.js");
	const sources = fs
		.readdirSync(webui)
		.filter((f) => f.endsWith(".js") && f !== "words.zh.js")
		.map((f) => fs.readFileSync(path.join(webui, f), "utf8"));
	const asked = sources.flatMap((s) => [...s.matchAll(/\btx\(\s*"([^"]+)"/g)].map((m) => m[1]));
	const holes = (text) => text.split("{}").length;
	checks.check(asked.length > 200, "texts of the modules were found");
	const { pages, kinds, states } = await import("../../webui/words.js");
	const named = [
		...pages.flatMap((p) => [p[1], p[2]]),
		...Object.values(kinds).flatMap((k) => [k.title, k.about, ...Object.keys(k.groups)]),
		...Object.values(states).map((s) => s[2]),
	].filter(Boolean);
	const lost = [...new Set([...asked, ...named])].filter((k) => !(k in chinese));
	checks.is(lost.join(" | "), "", "texts without a Chinese row");
	const all = sources.join("\n");
	const idle = Object.keys(chinese).filter((k) => !all.includes(k));
	checks.is(idle.join(" | "), "", "Chinese rows without a text");
	const torn = Object.entries(chinese).filter(([k, v]) => !v || holes(k) !== holes(v));
	checks.is(torn.join(" | "), "", "rows whose values differ in number");
}

export async function chinese({ step, checks, b, base, name, password }) {
	await step("every text has its Chinese row", () => table(checks));

	await step("the pages in Chinese", async () => {
		const context = await b.newContext({ locale: "zh-CN" });
		const page = await b.page(context);
		const ui = new Ui(page, base);
		await page.goto(base);
		await ui.heading("登录");
		await page.getByLabel("名称").fill(name);
		await page.getByLabel("密码").fill(password);
		await page.getByRole("button", { name: "登录" }).click();
		await ui.heading("总览");
		checks.is(await page.evaluate(() => document.documentElement.lang), "zh-CN", "the page's language");
		await b.shoot(page, "zh-dashboard");
		for (const [hash, heading] of [
			["negotiations", "协商"],
			["peers", "对端"],
			["peers/+new", "新建对端"],
			["peers/hub/state", "hub"],
			["settings", "设置"],
			["import", "导入"],
			["changes", "变更"],
			["negotiations/1", "协商 1"],
			["howto", "API"],
			["access", "用户与令牌"],
		]) {
			await ui.go(`#/${hash}`, heading);
			await b.shoot(page, `zh-${hash.replaceAll("/", "-")}`);
			await b.narrow(page, `zh-${hash.replaceAll("/", "-")}`);
		}
		await ui.go("#/", "总览");
		await page.getByRole("button", { name: "English" }).click();
		await ui.heading("Dashboard");
		await page.reload();
		await ui.heading("Dashboard");
		await context.close();
	});
}
