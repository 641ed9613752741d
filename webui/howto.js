// howto.js - the API for those who write programs: where its contract is, and a first call
//
// Used by: app.js. Keeps: nothing.

import { may } from "./rest.js";
import { fill, h, link } from "./dom.js";
import { tx } from "./tongue.js";

const call = (words, ...lines) => [
	h("h2", null, words),
	h(
		"pre",
		{ class: "call", tabindex: "0", role: "region", "aria-label": words },
		h("code", null, lines.join("\n")),
	),
];

export function howtoPage(main) {
	const base = `${location.origin}/api/v1`;
	const auth = `-H "Authorization: Bearer $TOKEN"`;
	fill(
		main,
		h("h1", null, tx("API")),
		h(
			"p",
			{ class: "about" },
			tx("Whatever these pages do is a call of this API; nothing is kept back from programs."),
		),
		h(
			"ul",
			{ class: "doors" },
			h(
				"li",
				null,
				link("/docs", tx("The contract to read")),
				": ",
				tx("every path with its members, answers and refusals"),
			),
			h(
				"li",
				null,
				link("/api/v1/openapi.json", tx("The contract for programs")),
				": ",
				tx("OpenAPI, to make a client from"),
			),
			may("admin")
				? h("li", null, link("#/access", tx("Make a token")), ": ", tx("a program signs in with it"))
				: null,
		),
		call(tx("Look"), `curl ${auth} ${base}/config`),
		call(
			tx("Ask what a change would do"),
			`curl -X PATCH ${auth} \\`,
			`  -H "Content-Type: application/merge-patch+json" \\`,
			`  -d '{"enabled": false}' "${base}/peers/NAME?dry_run=true"`,
		),
		call(
			tx("Make it, unless somebody was faster"),
			`curl -X PATCH ${auth} -H 'If-Match: "7"' \\`,
			`  -H "Content-Type: application/merge-patch+json" \\`,
			`  -d '{"enabled": false}' "${base}/peers/NAME?reset=affected"`,
		),
		call(tx("Hear what happens"), `curl -N ${auth} ${base}/events/stream`),
	);
}
