// remove.js - deleting a record, with what that does to living SAs
//
// Used by: editor.js. Keeps: nothing beyond its window.

import { Problem, call } from "./rest.js";
import { fill, h } from "./dom.js";
import { openDialog } from "./dialog.js";
import { placeOf, stage } from "./staged.js";
import { outcome, touchedTable, warningsList, waysOn, wrong } from "./effects.js";
import { plural } from "./format.js";
import { refresh } from "./picture.js";
import { tx } from "./tongue.js";

// SAs of what is gone end in any case.
const words = {
	reset: (n) => tx("{} and reset {}", tx("Delete"), plural(n, "SA")),
	plain: tx("Delete"),
};

const ask = (o, query) => call("DELETE", `${o.path}?${query}`, null, { "If-Match": o.etag });

async function apply(o, body, close, reset) {
	fill(body, h("p", { role: "status" }, tx("Deleting …")));
	try {
		const answer = (await ask(o, `reset=${reset}`)).body;
		o.gone = true;
		o.reset = reset;
		refresh();
		if (reset === "affected" && answer?.reset)
			o.following = outcome(body, answer, close, tx("{} is deleted.", o.name));
		else close();
	} catch (e) {
		wrong(body, e, close);
	}
}

async function keep(o, body, close) {
	try {
		await stage({ op: "remove", path: placeOf(o.kind, o.name) }, tx("Deleting {} is staged.", o.name));
		close();
	} catch (e) {
		wrong(body, e, close);
	}
}

async function look(o, body, close) {
	try {
		const said = (await ask(o, "dry_run=true")).body;
		if (!said.valid)
			throw new Problem(409, {
				title: tx("It cannot be deleted"),
				detail: said.errors[0]?.message,
				errors: said.errors,
			});
		const ways = waysOn(
			said.impact,
			(reset) => apply(o, body, close, reset),
			() => close(),
			{ ...words, stage: () => keep(o, body, close) },
		);
		fill(
			body,
			h("p", null, tx("{} will be gone from the configuration.", o.name)),
			touchedTable(said.impact),
			warningsList(said.warnings),
			ways,
		);
		ways.querySelector("button").focus();
	} catch (e) {
		wrong(body, e, close);
	}
}

// o: kind, name, path, etag, saved()
export async function deletion(o) {
	await openDialog(tx("Delete {}", o.name), (body, close) => look(o, body, close), {
		class: "wide",
		closed: () => o.following?.stop(),
	});
	if (o.gone) o.saved(o.reset);
}
