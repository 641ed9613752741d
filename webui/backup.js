// backup.js - the configuration as a file, and back from one
//
// Restoring is a change as any other: looked at first, applied as one, undone by going back.
// Used by: app.js. Keeps: nothing.

import { call, may } from "./rest.js";
import { button, fill, fresh, h, link } from "./dom.js";
import { notice, openDialog, refusal } from "./dialog.js";
import { bulk, resetWords } from "./bulk.js";
import { mark } from "./format.js";
import { undoButton } from "./goback.js";
import { base64Of, keep } from "./saveas.js";
import { tx } from "./tongue.js";

function field(words, input, help) {
	input.id = fresh("backup");
	const about = h("p", { class: "help", id: fresh("help") }, help);
	input.setAttribute("aria-describedby", about.id);
	return h("div", { class: "field" }, h("label", { for: input.id }, words), input, about);
}

const passphrase = () =>
	h("input", { type: "password", autocomplete: "new-password", minlength: "8", maxlength: "256" });

function makePart() {
	const word = passphrase();
	const again = passphrase();
	const said = h("div", { role: "status" });
	const send = async (e) => {
		e.preventDefault();
		if (word.value !== again.value) {
			fill(said, mark("bad", "✖", tx("The two are not the same.")));
			again.focus();
			return;
		}
		try {
			const { body } = await call("POST", "/backups", word.value ? { passphrase: word.value } : {}, {
				Accept: "application/octet-stream",
			});
			const day = new Date().toISOString().slice(0, 10);
			keep(body, `ikeeper-${location.hostname}-${day}.backup`);
			fill(said, mark("up", "●", tx("Made")), tx(": keep it where secrets are kept."));
			word.value = again.value = "";
		} catch (problem) {
			fill(said, refusal(problem));
		}
	};
	return h(
		"section",
		{ class: "card" },
		h("h2", null, tx("Make a backup")),
		h(
			"p",
			{ class: "about" },
			tx("Configuration and history; no users, tokens or events. Secrets in it stay sealed."),
		),
		h(
			"form",
			{ submit: send },
			field(
				tx("Passphrase"),
				word,
				tx("With one, another machine can open the secrets. Without, only this machine's key file does."),
			),
			field(tx("The passphrase again"), again, tx("Nobody can tell it you later.")),
			h("p", { class: "choices" }, h("button", { type: "submit", class: "main" }, tx("Make the backup"))),
			said,
		),
	);
}

async function look(file, word) {
	const body = { file: await base64Of(file) };
	if (word) body.passphrase = word;
	const o = {
		path: "/restore",
		body,
		caption: tx("What changes"),
		nothing: tx("All of this is configured already."),
		words: resetWords(tx("Restore")),
		applied: (answer, reset) => {
			o.undo = undoButton(answer.revision, reset);
		},
	};
	await openDialog(
		tx("Restore {}", file.name),
		(inside, close) => {
			o.back = button(tx("Cancel"), () => close());
			bulk(o, inside, close);
		},
		{ class: "widest", closed: () => o.following?.stop() },
	);
	if (o.answer) notice(tx("Restored as revision {}. ", o.answer.revision), o.undo);
}

function restorePart() {
	const file = h("input", { type: "file", required: true });
	const word = h("input", { type: "password", autocomplete: "off" });
	const said = h("div", { role: "status" });
	const send = async (e) => {
		e.preventDefault();
		fill(said);
		try {
			await look(file.files[0], word.value);
		} catch (problem) {
			fill(said, refusal(problem));
		}
	};
	return h(
		"section",
		{ class: "card" },
		h("h2", null, tx("Restore")),
		h(
			"p",
			{ class: "about" },
			tx("The configuration becomes what the file says, in one change. You see first what differs and which SAs it touches; it can be undone: "),
			link("#/changes", tx("Changes")),
		),
		h(
			"form",
			{ submit: send },
			field(tx("File of a backup"), file, tx("Nothing is changed before you apply it.")),
			field(tx("Its passphrase"), word, tx("Empty, if it was made without one.")),
			h("p", { class: "choices" }, h("button", { type: "submit", class: "main" }, tx("See what it changes"))),
			said,
		),
	);
}

export function backupPage(main) {
	fill(
		main,
		h("h1", null, tx("Backup and restore")),
		may("admin")
			? h("div", { class: "cards" }, makePart(), restorePart())
			: h("p", null, tx("The role admin is needed for this.")),
	);
}
