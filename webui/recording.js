// recording.js - the strip that says, on every page, that a trace of IKE datagrams records or holds keys
//
// Nobody's keys are recorded unseen: whoever is signed in sees it, an operator how long and by whom, an
// admin can forget it.
// Used by: app.js. Keeps: what is shown.

import { call, get, may } from "./rest.js";
import { button, fill, h } from "./dom.js";
import { notice } from "./dialog.js";
import { mark, plural, when } from "./format.js";
import { hear } from "./live.js";
import { watch } from "./picture.js";
import { told, tx } from "./tongue.js";

const node = h("section", { class: "strip recording", "aria-label": tx("Keys are recorded"), hidden: true });
let shown = "";

async function forget(t) {
	try {
		await call("DELETE", `/traces/${t.id}`);
		notice(tx("The trace is forgotten."));
	} catch (e) {
		notice(`${tx("Not forgotten:")} ${e.message} `, told(e.hint));
	}
}

function row(t) {
	const of = t.peer ?? tx("every peer");
	return h(
		"p",
		null,
		t.who ? tx("Trace {} of {} by {}: ", t.id, of, t.who) : tx("Trace {} of {}: ", t.id, of),
		t.running ? tx("runs until ") : tx("ended; it is kept until "),
		when(t.running ? t.until : t.forgotten_at),
		". ",
		may("admin") ? button(tx("Forget it now"), () => forget(t), { class: "small" }) : null,
	);
}

async function draw(n) {
	// whose sight is limited to some peers may not ask
	const all = n && may("operator") ? await get("/traces").catch(() => ({ items: [] })) : { items: [] };
	const items = all.items.filter((t) => t.secrets);
	node.hidden = !n;
	fill(
		node,
		h("p", null, mark("warn", "▲", tx("keys")), ` ${plural(n, "trace")}`, tx(" of IKE datagrams with keys. ")),
		items.map(row),
	);
}

export function recordingStrip() {
	const look = (p) => {
		const key = `${p.status.secret_traces}/${p.status.traces}`;
		if (key === shown) return;
		shown = key;
		draw(p.status.secret_traces);
	};
	hear((name) => {
		if (name === "trace.started" || name === "trace.ended") shown = "";
	});
	watch(look, false);
	return node;
}
