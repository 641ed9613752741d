// reset.js - resetting and starting SAs from a row
//
// A reset says first what it would take down, then does it, then shows what became of it.
// Used by: dashboard.js, app.js. Keeps: nothing.

import { post } from "./rest.js";
import { button, fill, h, link, sync, table } from "./dom.js";
import { notice, openDialog, refusal } from "./dialog.js";
import { plural } from "./format.js";
import { refresh } from "./picture.js";
import { follow } from "./results.js";
import { told, tx } from "./tongue.js";

const sa = (r) => (r.type === "child_sa" ? `${tx("IPsec SA pair")} ${r.id}` : `IKE SA ${r.id}`);

function preview(report) {
	const t = table(tx("SAs this would take down"), ["SA", tx("Tunnel")], {});
	sync(
		t.body,
		report.results,
		(r) => `${r.type}-${r.id}`,
		(r) => ({
			nodes: [
				h(
					"tr",
					null,
					h("th", { scope: "row" }, sa(r)),
					h("td", null, r.tunnel ? `${r.tunnel} (${r.peer})` : (r.peer ?? "")),
				),
			],
		}),
	);
	return t.node;
}

// scope is what POST /resets takes: {tunnel}, {peer}, {ike_sa}, {child_sa}, {stale: true}.
export function resetDialog(what, scope, level = "both") {
	let following = null;
	return openDialog(
		tx("Reset {}", what),
		async (body, close) => {
			fill(body, h("p", { role: "status" }, tx("Asking what this would take down …")));
			try {
				const would = await post("/resets", { scope, level, dry_run: true });
				const n = would.results.length;
				const go = async () => {
					fill(body, h("p", { role: "status" }, tx("Resetting …")));
					try {
						following = follow(body, await post("/resets", { scope, level, reinitiate: "auto" }));
						body.append(
							h(
								"div",
								{ class: "choices" },
								button(tx("Done"), () => close(true), { class: "main", autofocus: true }),
							),
						);
						body.querySelector("button.main").focus();
					} catch (e) {
						fill(
							body,
							refusal(e),
							h(
								"div",
								{ class: "choices" },
								button(tx("Close"), () => close(false)),
							),
						);
					}
					refresh();
				};
				fill(
					body,
					n
						? h(
								"p",
								null,
								tx("{} will be deleted, IPsec SAs first, and the peer is told. Where this end starts, they are negotiated again at once.", plural(n, "SA")),
							)
						: h("p", null, tx("No SA is there to reset.")),
					n ? preview(would) : null,
					h(
						"div",
						{ class: "choices" },
						n ? button(tx("Reset {}", plural(n, "SA")), go, { class: "main danger" }) : null,
						button(tx("Cancel"), () => close(false)),
					),
				);
				body.querySelector("button")?.focus();
			} catch (e) {
				fill(
					body,
					refusal(e),
					h(
						"div",
						{ class: "choices" },
						button(tx("Close"), () => close(false)),
					),
				);
			}
		},
		{ class: "wide", closed: () => following?.stop() },
	);
}

// Start a tunnel now and say how it goes.
export async function initiate(tunnel) {
	try {
		const said = await post(`/tunnels/${tunnel}/initiate`);
		if (!said?.negotiation) {
			notice(tx("{} is up already.", tunnel));
			return;
		}
		notice(
			tx("{}: negotiation {} started. ", tunnel, said.negotiation),
			link(`#/negotiations/${said.negotiation}`, tx("Follow it")),
		);
	} catch (e) {
		notice(tx("{} was not started: {} ", tunnel, e.message), told(e.hint));
	}
	refresh();
}
