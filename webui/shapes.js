// shapes.js - three ways to begin: what a first peer looks like
//
// Each opens the editor of a new peer with the members that make the shape already set; the
// rest stays at its preset, and nothing is kept before the review.
// Used by: dashboard.js, records.js (empty states), editor.js. Keeps: nothing.

import { h, link } from "./dom.js";
import { tx } from "./tongue.js";

export const shapes = {
	site: {
		title: "Site to site",
		about: "Both ends have fixed addresses and share a key.",
		members: { exchange_mode: "main", "auth.local": "psk", "auth.remote": "psk" },
	},
	hub: {
		title: "Hub for many",
		about: "The other ends call from any address and are known by name.",
		members: { exchange_mode: "aggressive", remote_address: "any", "remote_id.type": "fqdn" },
	},
	certificates: {
		title: "With certificates",
		about: "Both ends prove themselves by certificate; it needs a certificate and an authority.",
		members: { exchange_mode: "main", "auth.local": "rsa-sig", "auth.remote": "rsa-sig" },
	},
};

export const startingShapes = () =>
	h(
		"ul",
		{ class: "shapes" },
		Object.entries(shapes).map(([word, s]) =>
			h("li", null, link(`#/peers/+new?shape=${word}`, tx(s.title)), ": ", tx(s.about)),
		),
		h("li", null, link("#/import", tx("Import")), ": ", tx("Paste what another gateway is configured with.")),
	);
