// format.js - numbers, times and states as people read them
//
// Used by: every page. Keeps: nothing.

import { h } from "./dom.js";
import { language, locale, tx } from "./tongue.js";
import { states, verdicts } from "./words.js";

const number = new Intl.NumberFormat(locale);
const short = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(locale, {
	day: "2-digit",
	month: "short",
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
});

export const count = (n) => number.format(n ?? 0);
export const plural = (n, one, many = `${one}s`) =>
	language === "zh" ? `${count(n)} ${tx(one)}` : `${count(n)} ${n === 1 ? one : many}`;

// 45 s, 12 min 5 s, 2 h 11 min, 3 d 4 h
export function span(seconds) {
	const s = Math.max(0, Math.floor(seconds ?? 0));
	if (s < 60) return tx("{} s", s);
	if (s < 3600) return tx("{} min {} s", Math.floor(s / 60), s % 60);
	if (s < 86400) return tx("{} h {} min", Math.floor(s / 3600), Math.floor(s / 60) % 60);
	return tx("{} d {} h", Math.floor(s / 86400), Math.floor(s / 3600) % 24);
}

function scaled(n, units, step) {
	let u = 0;
	let v = n ?? 0;
	while (v >= step && u < units.length - 1) {
		v /= step;
		u++;
	}
	return `${short.format(v)} ${units[u]}`;
}

export const bytes = (n) => scaled(n, ["B", "kB", "MB", "GB", "TB"], 1000);
export const rate = (n) => scaled(n, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"], 1000);

// A moment: RFC 3339 text, or milliseconds.
export function moment(at) {
	const d = at ? new Date(at) : null;
	if (!d || Number.isNaN(d.getTime())) return "";
	return (d.toDateString() === new Date().toDateString() ? clock : day).format(d);
}

export function when(at) {
	if (!at) return "";
	return h("time", { datetime: new Date(at).toISOString(), title: new Date(at).toISOString() }, moment(at));
}

export const since = (at) => (at ? span((Date.now() - new Date(at)) / 1000) : "");

// A mark that says in form, colour and word what it means.
export function mark(kind, glyph, word) {
	return h(
		"span",
		{ class: `mark ${kind}` },
		h("span", { "aria-hidden": "true", class: "glyph" }, glyph),
		word,
	);
}

export function state(word) {
	const [kind, glyph, label] = states[word] ?? ["off", "?", word ?? tx("unknown")];
	return mark(kind, glyph, label);
}

export function verdict(word) {
	const [kind, glyph, label] = verdicts[word] ?? ["off", "?", word ?? tx("unknown")];
	return mark(kind, glyph, label);
}

// A value of a record as text.
export function value(v) {
	if (v === null || v === undefined || v === "" || (Array.isArray(v) && !v.length)) return tx("not set");
	if (Array.isArray(v)) return v.join(", ");
	if (typeof v === "boolean") return v ? tx("yes") : tx("no");
	return String(v);
}

export const endpoint = (address, port) => {
	if (!address) return "";
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
};
