// saveas.js - a file for whoever asked for it
//
// Used by: audit.js, backup.js. Keeps: nothing.

import { h } from "./dom.js";

const SOON_MS = 10000;

export function keep(blob, name) {
	const url = URL.createObjectURL(blob);
	const a = h("a", { href: url, download: name, hidden: true });
	document.body.append(a);
	a.click();
	a.remove();
	setTimeout(() => URL.revokeObjectURL(url), SOON_MS);
}

// The octets of a file that somebody chose, as base64.
export const base64Of = (file) =>
	new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
		reader.addEventListener("error", () => reject(reader.error));
		reader.readAsDataURL(file);
	});
