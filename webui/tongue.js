// tongue.js - which language the pages speak
//
// English texts stand in the modules and are the keys of the others' tables (words.zh.js). The
// browser's language counts until somebody chooses; the choice is remembered in the browser.
// What people named and what the gateway says of its own is not translated.
// Used by: every page. Keeps: the choice, in localStorage.

import { chinese, members } from "./words.zh.js";

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

// The text in today's language; {} in it becomes the values, in order.
export function tx(english, ...values) {
	const said = language === "zh" ? (chinese[english] ?? english) : english;
	return values.length ? said.replace(/\{\}/g, () => values.shift()) : said;
}

// What a member is called where English makes its label from the name; null: as in English.
export const memberLabel = (name) => (language === "zh" ? (members[name] ?? null) : null);

// Texts are read once, so a page starts anew in the other language.
export function speak(other) {
	localStorage.setItem(CHOICE, other);
	location.reload();
}
