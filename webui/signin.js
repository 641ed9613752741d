// signin.js - the first user, and everybody after
//
// The set-up link carries its token behind the hash, which no browser sends anywhere; it is
// taken out of the address at once.
// Used by: app.js. Keeps: nothing.

import { setUp, signIn } from "./rest.js";
import { fill, fresh, h } from "./dom.js";
import { openDialog, refusal } from "./dialog.js";
import { tx } from "./tongue.js";

function input(label, o) {
	const id = fresh("in");
	const help = o.help ? fresh("help") : null;
	const node = h("input", { id, required: true, "aria-describedby": help, ...o.props });
	return {
		node,
		row: h(
			"div",
			{ class: "field" },
			h("label", { for: id }, label),
			node,
			o.help ? h("p", { id: help, class: "help" }, o.help) : null,
		),
	};
}

// A form with name and password; act(name, password) signs in or throws.
function form(o) {
	const name = input(tx("Name"), {
		props: {
			autocomplete: "username",
			spellcheck: "false",
			autocapitalize: "none",
			name: "name",
			autofocus: true,
		},
	});
	const password = input(tx("Password"), {
		help: o.help,
		props: {
			type: "password",
			name: "password",
			autocomplete: o.fresh ? "new-password" : "current-password",
		},
	});
	const said = h("div");
	const go = h("button", { type: "submit", class: "main" }, o.label);
	const submit = async (e) => {
		e.preventDefault();
		go.disabled = true;
		fill(said);
		try {
			await o.act(name.node.value.trim(), password.node.value);
			password.node.value = "";
			o.done();
		} catch (problem) {
			fill(said, refusal(problem));
			password.node.focus();
			password.node.select();
		}
		go.disabled = false;
	};
	return h(
		"form",
		{ class: "sign", submit, novalidate: true },
		said,
		name.row,
		password.row,
		h("div", { class: "choices" }, go),
	);
}

const signInForm = (done) => form({ label: tx("Sign in"), act: signIn, done });

function setUpForm(token, done) {
	return form({
		label: tx("Make the first user"),
		fresh: true,
		done,
		help: tx("At least 10 characters. A few words you will remember are better than a short one with signs in it."),
		act: (name, password) => setUp(token, name, password),
	});
}

function page(title, ...parts) {
	document.body.className = "entrance";
	document.title = `${title} · ikeeper`;
	fill(
		document.body,
		h("main", { class: "card" }, h("p", { class: "brand" }, "ikeeper"), h("h1", null, title), parts),
	);
	document.querySelector("input")?.focus();
}

export function signInPage(done, token) {
	if (token) {
		page(
			tx("Set up this gateway"),
			h(
				"p",
				null,
				tx("You came by the one-time link. Choose the name and password of the first administrator."),
			),
			setUpForm(token, done),
		);
		return;
	}
	page(
		tx("Sign in"),
		signInForm(done),
		h(
			"p",
			{ class: "help" },
			tx("Nobody has an account yet? The daemon's log holds a one-time set-up link, good for 15 minutes."),
		),
	);
}

// The session is over: sign in above the page, which stays as it is.
export function signInDialog() {
	return openDialog(
		tx("Your session is over"),
		(body, close) => {
			fill(
				body,
				h("p", null, tx("Sign in again to go on. What is on the page stays.")),
				signInForm(() => close(true)),
			);
		},
		{ modalOnly: true },
	);
}
