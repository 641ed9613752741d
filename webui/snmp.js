// snmp.js - the SNMP page: its settings, and a notification to see whether anybody hears
//
// Used by: app.js. Keeps: nothing.

import { may, post } from "./rest.js";
import { button, fill, h, put } from "./dom.js";
import { refusal } from "./dialog.js";
import { editorPage } from "./editor.js";
import { mark } from "./format.js";
import { tx } from "./tongue.js";

function onItsWay(t) {
	return h(
		"p",
		null,
		mark("up", "●", tx("On its way")),
		" ",
		t.targets.length
			? tx("to {}.", t.targets.join(", "))
			: tx("to the targets that the system's SNMP agent knows."),
		" ",
		t.informs
			? tx("Each is asked to confirm it; look at the events for who did not.")
			: tx("Nobody confirms a trap: look at the receiver."),
	);
}

function testPart() {
	const said = h("div", { role: "status" });
	const send = button(tx("Send a test trap"), async () => {
		send.disabled = true;
		try {
			fill(said, onItsWay(await post("/settings/snmp/test-trap")));
		} catch (e) {
			fill(said, refusal(e));
		}
		send.disabled = false;
		send.focus();
	});
	return h(
		"section",
		{ class: "card test" },
		h("h2", null, tx("Does anybody hear?")),
		h(
			"p",
			{ class: "about" },
			tx("Sends one harmless notification by the settings that are in force, not by unsaved ones."),
		),
		may("admin") ? send : h("p", { class: "quiet" }, tx("The role admin is needed for this.")),
		said,
	);
}

export async function snmpPage(main) {
	const form = h("div");
	put(fill(main), form, testPart());
	return editorPage(form, "settings/snmp", "snmp");
}
