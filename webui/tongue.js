// tongue.js - which language the pages speak
//
// English texts stand in the modules and in the gateway's registers; they, or the registers'
// names, are the keys of zh-CN.json, which is fetched by who reads Chinese alone. The browser's
// language counts until somebody chooses; the choice is remembered in the browser. What people
// named stays as it is, and of what the gateway says with values in it the sentence of its rule
// or reason is said before it.
// Used by: every page. Keeps: the choice, in localStorage.

const CHOICE = "ikeeper-language";
export const languages = { en: "English", zh: "中文" };

function choose() {
	if (!globalThis.document) return "en"; // a test that reads a register
	const kept = localStorage.getItem(CHOICE);
	return kept in languages ? kept : navigator.language.startsWith("zh") ? "zh" : "en";
}

export const language = choose();
export const locale = language === "zh" ? "zh-CN" : "en-GB";
if (globalThis.document) document.documentElement.lang = language === "zh" ? "zh-CN" : "en";

const none = { texts: {}, members: {}, help: {}, rules: {}, reasons: {}, events: {}, steps: {} };
const said =
	language === "zh" ? await fetch("/zh-CN.json").then((a) => a.json()).catch(() => none) : none;

// The text in today's language; {} in it becomes the values, in order.
export function tx(english, ...values) {
	const words = said.texts[english] ?? english;
	return values.length ? words.replace(/\{\}/g, () => values.shift()) : words;
}

// What a member is called where English makes its label from the name; null: as in English.
export const memberLabel = (name) => said.members[name] ?? null;

// A help text or hint of the gateway's; "" when there is none.
export const told = (english) => said.help[english] ?? english ?? "";
// A rule's sentence, of {name, text}.
export const ruleText = (rule) => said.rules[rule.name] ?? rule.text;
export const eventTitle = (e) => said.events[e.event] ?? e.title ?? e.event;
// What a reason's name means; English has nothing better than the name.
export const reasonText = (slug) => said.reasons[slug] ?? slug ?? "";
export const modeName = (exchange) => tx(`${exchange} mode`);

// A step of a story: {} of its row stand for the values, which may be such texts in turn. The row
// with the most words of its own comes first.
const escaped = (words) => words.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
const shapes = Object.entries(said.steps)
	.filter(([k]) => k.includes("{}"))
	.sort(([a], [b]) => b.length - a.length)
	.map(([k, v]) => [new RegExp(`^${escaped(k).replaceAll("{}", "(.+?)")}$`, "s"), v]);
export function stepText(english = "") {
	if (said.steps[english]) return said.steps[english];
	for (const [shape, words] of shapes) {
		const values = shape.exec(english)?.slice(1).map((v) => said.steps[v] ?? v);
		if (values) return words.replace(/\{\}/g, () => values.shift());
	}
	return english;
}

// A sentence with values in it, which is English: with what it is about before it.
const under = (head, sentence) => (head && sentence ? `${head}（${sentence}）` : (head ?? sentence));
export const faultText = (f) => under(said.rules[f.rule], f.message);
export const because = (reason, sentence) => (sentence ? under(said.reasons[reason], sentence) : sentence);

// Texts are read once, so a page starts anew in the other language.
export function speak(other) {
	localStorage.setItem(CHOICE, other);
	location.reload();
}
