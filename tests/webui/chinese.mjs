// chinese.mjs - the pages in Chinese: a part of `pages`
//
// Every text that a module gives to tx() has a row in zh-CN.json, and so has what the gateway
// says of its own: help, rules, reasons, events. No row is left over without a text; the choice
// is remembered; pages are Chinese and as usable as in English, and no English is left on them
// but names and words of the API.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ui } from "./ui.mjs";

const webui = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../webui");

const here = (f) => fs.readFileSync(path.join(webui, f), "utf8");

async function table(checks) {
	const { texts } = JSON.parse(here("zh-CN.json"));
	const sources = fs.readdirSync(webui).filter((f) => f.endsWith(".js")).map(here);
	const asked = sources.flatMap((s) =>
		[...s.matchAll(/\b(?:tx\(\s*|plural\([^"()]+(?:\([^()]*\))?[^"()]*, )"([^"]+)"/g)].map((m) => m[1]),
	);
	const holes = (text) => text.split("{}").length;
	const deaf = fs
		.readdirSync(webui)
		.filter((f) => f.endsWith(".js") && f !== "tongue.js")
		.filter((f) => /(?<![\w.])tx\(/.test(here(f)) && !/import \{[^}]*\btx\b[^}]*\} from "\.\/tongue\.js"/.test(here(f)));
	checks.is(deaf.join(), "", "modules that call tx() without having it");
	checks.check(asked.length > 300, "texts of the modules were found");
	const { pages, kinds, states, results, impacts, verdicts } = await import("../../webui/words.js");
	const named = [
		...pages.flatMap((p) => [p[1], p[2]]),
		...Object.values(kinds).flatMap((k) => [k.title, k.about, ...Object.keys(k.groups)]),
		...[states, results, verdicts].flatMap((o) => Object.values(o)).map((s) => s[2]),
		...Object.values(impacts).flatMap((i) => [i[1], i[2]]),
	].filter(Boolean);
	const lost = [...new Set([...asked, ...named])].filter((k) => !(k in texts));
	checks.is(lost.join(" | "), "", "texts without a Chinese row");
	const all = sources.join("\n");
	const idle = Object.keys(texts).filter((k) => !all.includes(k.replace(/ mode$/, "")) && !MODES.has(k));
	checks.is(idle.join(" | "), "", "Chinese rows without a text");
	const torn = Object.entries(texts).filter(([k, v]) => !v || holes(k) !== holes(v));
	checks.is(torn.join(" | "), "", "rows whose values differ in number");
}

// Values of the API that pages give to tx().
const MODES = new Set(["main", "aggressive", "quick", "main mode", "aggressive mode", "quick mode", "informational mode", "initiator", "responder", "weak", "broken"]);

// What the gateway says: in its schema, and in its registers.
async function registers(checks, d) {
	const zh = JSON.parse(here("zh-CN.json"));
	const schema = (await d.local("GET", "/schema")).json;
	const def = (f, row) => [...here(`../core/${f}`).matchAll(row)].map((m) => m[1]);
	const model = fs.readdirSync(path.join(webui, "../core/model")).filter((f) => /^rules.*\.c$/.test(f));
	const hints = [
		...def("ike/hints.c", /"([^"]+)" \},$/gm),
		...model.flatMap((f) =>
			[...here(`../core/model/${f}`).matchAll(/(?:rules_break|lacks)\(\s*\w+,\s*(?:RULE_\w+,\s*)?\w+,\s*[^;"]*?((?:"(?:[^"\\]|\\.)*"\s*)+),/g)].map((m) =>
				[...m[1].matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((t) => t[1].replaceAll('\\"', '"')).join(""),
			),
		),
	].filter((text) => !text.includes("%")); // a rule without a hint: its sentence
	// What steps of a story say: of the tables of states, and where one is told by itself.
	const engine = fs.readdirSync(path.join(webui, "../core/ike"), { recursive: true }).filter((f) => f.endsWith(".c"));
	const steps = [
		...def("ike/v1/steps1.c", /"([^"]+)" \},?$/gm),
		...engine.flatMap((f) =>
			[...here(`../core/ike/${f}`).matchAll(/trace_step\([^";]*?((?:"[^"]*"\s*)+)[,)]/g)].map((m) =>
				[...m[1].matchAll(/"([^"]*)"/g)].map((t) => t[1]).join("").replace(/%z?\w/g, "{}"),
			),
		),
	].filter((text) => text !== "{}: {}"); // one of some sentences: each has its row
	const due = {
		hints,
		steps,
		help: Object.values(schema.kinds).flatMap((k) => k.members.map((m) => m.help)),
		rules: schema.rules.map((r) => r.name),
		reasons: def("base/reason.def", /^REASON\(\w+,\s*"([^"]+)"/gm),
		events: def("model/event.def", /^EVENT\(\w+,\s*"([^"]+)"/gm),
	};
	for (const [part, names] of Object.entries(due)) {
		checks.check(names.length > 20, `${part} were found`);
		const rows = zh[part === "hints" ? "help" : part];
		const lost = [...new Set(names)].filter((n) => n && !rows[n]);
		checks.is(lost.join(" | "), "", `${part} without a Chinese row`);
		const idle = Object.keys(rows).filter((n) => !names.includes(n) && !hints.includes(n));
		if (idle.length) console.log(`# Chinese ${part} that nothing says here: ${idle.length}`);
	}
}

export async function chinese({ step, checks, d, b, base, name, password }) {
	await step("every text has its Chinese row", () => table(checks));
	await step("what the gateway says has its Chinese row", () => registers(checks, d));

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
			["peers", "对等体"],
			["peers/+new", "新建对等体"],
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
		await ui.go("#/negotiations/1", "协商 1");
		await page.locator(".words").getByText("已发送本端的提议").first().waitFor();
		await ui.go("#/", "总览");
		await page.getByRole("button", { name: "English" }).click();
		await ui.heading("Dashboard");
		await page.reload();
		await ui.heading("Dashboard");
		await context.close();
	});
}
