// conflict.js - somebody else was faster: their value beside ours
//
// Used by: review.js. Keeps: nothing.

import { call } from "./rest.js";
import { button, fill, h, sync, table } from "./dom.js";
import { wrong } from "./effects.js";
import { mark, moment, value } from "./format.js";
import { at, same } from "./forms.js";
import { label } from "./words.js";
import { tx } from "./tongue.js";

function conflictTable(o, theirs) {
	const rows = o.members
		.filter((m) => !m.flags.includes("read_only") && m.kind !== "secret")
		.map((m) => ({
			name: m.name,
			was: at(o.base, m.name),
			theirs: at(theirs, m.name),
			mine: at(o.body, m.name),
		}))
		.filter((r) => !same(r.was, r.theirs) || r.mine !== undefined);
	const t = table(tx("What differs"), [tx("Member"), tx("As you read it"), tx("There now"), tx("Yours")], {
		showCaption: true,
	});
	sync(
		t.body,
		rows,
		(r) => r.name,
		(r) => ({
			nodes: [
				h(
					"tr",
					null,
					h("th", { scope: "row" }, label(r.name)),
					h("td", null, value(r.was)),
					h(
						"td",
						{ class: same(r.was, r.theirs) ? "" : "changed" },
						value(r.theirs),
						same(r.was, r.theirs) ? "" : [" ", mark("warn", "▲", tx("changed"))],
					),
					h(
						"td",
						null,
						r.mine === undefined ? h("span", { class: "quiet" }, tx("as it is")) : value(r.mine),
					),
				),
			],
		}),
	);
	return t.node;
}

export async function conflict(o, body, close, again) {
	fill(body, h("p", { role: "status" }, tx("Somebody changed this record meanwhile. Reading it again …")));
	let answer;
	try {
		answer = await call("GET", o.path);
	} catch (e) {
		wrong(body, e, close);
		return;
	}
	const theirs = { record: answer.body, etag: answer.etag };
	const mine = button(
		tx("Keep my changes on top"),
		() => {
			o.body = o.rebase(theirs);
			o.base = theirs.record;
			o.etag = theirs.etag;
			again();
		},
		{ class: "main" },
	);
	fill(
		body,
		h(
			"p",
			{ role: "alert" },
			mark("warn", "▲", tx("Changed meanwhile")),
			tx(" by {} at {} (revision {}). Nothing of yours was saved.", theirs.record.changed_by ?? tx("somebody"), moment(theirs.record.changed_at), theirs.record.revision),
		),
		conflictTable(o, theirs.record),
		h(
			"div",
			{ class: "choices" },
			mine,
			button(tx("Take theirs, drop mine"), () => {
				o.replace(theirs);
				close();
			}),
			button(tx("Back"), close),
		),
	);
	mine.focus();
}
