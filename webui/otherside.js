// otherside.js - what the gateway at the other end has to be configured with, to be copied
//
// The gateway writes the text; the key is never in it, only words that stand for it.
// Used by: peer.js. Keeps: the product that was chosen last, for this page.

import { get } from "./rest.js";
import { button, fill, fresh, h, text } from "./dom.js";
import { refusal } from "./dialog.js";
import { tx } from "./tongue.js";

export const products = {
	comware: "H3C / HP Comware",
	swanctl: "strongSwan (swanctl.conf)",
	"ipsec.conf": "strongSwan, Libreswan (ipsec.conf)",
	routeros: "MikroTik RouterOS",
	fortios: "Fortinet FortiOS",
	ios: "Cisco IOS",
};

const uri = encodeURIComponent;
let chosen = "comware";

export const productSelect = (id, words, value, change) =>
	h(
		"select",
		{ id, change },
		words.map((w) => h("option", { value: w, selected: w === value }, products[w])),
	);

// Without a clipboard (an old browser, no permission) the text is selected, and a key does the rest.
async function copy(shown, said) {
	try {
		await navigator.clipboard.writeText(shown.textContent);
		text(said, tx("Copied."));
	} catch {
		getSelection().selectAllChildren(shown);
		text(said, tx("The text is selected; copy it with the keyboard."));
	}
}

export function otherSide(name) {
	const ids = { product: fresh("product"), remote: fresh("remote") };
	const shown = h("pre", { class: "config mono", tabindex: "0", "aria-label": tx("Configuration for the other side") });
	const said = h("span", { role: "status", class: "quiet" });
	const wrong = h("div");
	const remote = h("input", { id: ids.remote, autocapitalize: "none", spellcheck: "false", change: () => write() });
	const copying = button(tx("Copy"), () => copy(shown, said), { class: "small" });
	let asked = 0;
	async function write() {
		const mine = ++asked;
		const at = remote.value.trim();
		text(said, "");
		try {
			const got = await get(`/peers/${uri(name)}/generate?for=${chosen}${at ? `&remote=${uri(at)}` : ""}`);
			if (mine !== asked) return;
			fill(wrong);
			text(shown, got);
		} catch (e) {
			if (mine !== asked) return;
			fill(wrong, refusal(e));
			text(shown, "");
		}
		shown.hidden = copying.hidden = !shown.textContent;
	}
	const product = productSelect(ids.product, Object.keys(products), chosen, (e) => {
		chosen = e.target.value;
		write();
	});
	write();
	return h(
		"section",
		{ class: "other-side" },
		h("h2", null, tx("Configuration for the other side")),
		h("p", { class: "about" }, tx("The key is left out: words stand where it goes. Lines of comment say what the product cannot.")),
		h(
			"div",
			{ class: "tools line" },
			h("label", { for: ids.product }, tx("Product")),
			product,
			h("label", { for: ids.remote }, tx("Our address, as it sees it")),
			remote,
			copying,
			said,
		),
		wrong,
		shown,
	);
}
