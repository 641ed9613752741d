// access.js - people and bearer tokens: who they are, what they may do
//
// An admin's page. A token's secret is shown in one window, once; the gateway keeps only its hash.
// Used by: app.js. Keeps: nothing.

import { call, get, may, post } from "./rest.js";
import { button, fill, h, sync, table } from "./dom.js";
import { ask, notice, openDialog } from "./dialog.js";
import { LONG, fillIn, nameInput, passwordInput, roleChoice, wordsInput } from "./fillin.js";
import { mark, when } from "./format.js";
import { tx } from "./tongue.js";

const uri = encodeURIComponent;
const ONLY = tx("Labels such as site=berlin: limits a viewer or an operator to the peers that carry them. Empty: all peers.");

// ---- what can be done ----

async function addUser(again) {
	const [name, role, password] = [nameInput(), roleChoice({ name: "role" }), passwordInput()];
	const [scope, labels] = wordsInput("scope");
	const made = await fillIn(
		tx("New user"),
		[
			[tx("Name"), name],
			[tx("Role"), role],
			[tx("Only peers labelled"), scope, ONLY],
			[tx("Password"), password, LONG],
		],
		tx("Add"),
		() =>
			post("/users", {
				name: name.value.trim(),
				role: role.value,
				scope: labels(),
				password: password.value,
			}),
	);
	if (made) again(tx("{} is added.", made.name));
}

async function newPassword(u, again) {
	const password = passwordInput();
	const done = await fillIn(
		tx("New password of {}", u.name),
		[[tx("Password"), password, LONG]],
		tx("Save"),
		() => call("PATCH", `/users/${uri(u.name)}`, { password: password.value }),
	);
	if (done) again(tx("{} has a new password.", u.name));
}

function showOnce(made) {
	const copied = h("span", { role: "status" });
	return openDialog(
		tx("The token {}", made.name),
		(body, close) =>
			fill(
				body,
				h(
					"p",
					null,
					mark("warn", "▲", tx("Shown this once")),
					" ",
					tx("Keep it where programs keep secrets."),
				),
				h("p", { class: "once" }, h("code", { id: "token" }, made.token)),
				h(
					"div",
					{ class: "choices" },
					button(tx("Copy"), () =>
						navigator.clipboard.writeText(made.token).then(
							() => fill(copied, tx("Copied.")),
							() => fill(copied, tx("Copying is not allowed here; select it.")),
						),
					),
					button(tx("I have kept it"), () => close(), { class: "main" }),
					copied,
				),
			),
		{ modalOnly: true },
	);
}

async function addToken(again) {
	const [name, role] = [nameInput(), roleChoice({ name: "role" })];
	const [scope, labels] = wordsInput("scope");
	const [from, sources] = wordsInput("sources");
	const days = h("input", { name: "days", inputmode: "numeric", pattern: "[0-9]*", autocomplete: "off" });
	const made = await fillIn(
		tx("New token"),
		[
			[tx("Name"), name],
			[tx("Role"), role, tx("It never may more than you.")],
			[tx("Only peers labelled"), scope, ONLY],
			[tx("Only from"), from, tx("Addresses or prefixes such as 192.0.2.0/24. Empty: from everywhere.")],
			[tx("Days it is good for"), days, tx("Empty: until it is revoked")],
		],
		tx("Make the token"),
		() =>
			post("/api-tokens", {
				name: name.value.trim(),
				role: role.value,
				scope: labels(),
				sources: sources(),
				...(days.value ? { expires_in_days: Number(days.value) } : {}),
			}),
	);
	if (!made) return;
	await showOnce(made);
	again();
}

// Does it and says so; a refusal is said too, and the page shows what is.
async function attempt(again, words, f) {
	try {
		await f();
		await again(words);
	} catch (e) {
		notice(e.message);
		await again();
	}
}

async function remove(name, path, sentence, does, again) {
	if (await ask(tx("Delete {}?", name), sentence, does, tx("Keep")))
		await attempt(again, tx("{} is gone.", name), () => call("DELETE", path));
}

// ---- both tables ----

// Of which peers, from where; nothing when there is no limit.
const limits = (x) =>
	[
		x.scope?.length ? tx("only {}", x.scope.join(", ")) : "",
		x.sources?.length ? tx("from {}", x.sources.join(", ")) : "",
	]
		.filter(Boolean)
		.map((words) => h("div", { class: "help" }, words));
const head = (name) => h("th", { scope: "row" }, name);

function userRow(u, again) {
	const path = `/users/${uri(u.name)}`;
	const role = roleChoice({
		"aria-label": tx("Role of {}", u.name),
		change: () =>
			attempt(again, tx("{} is {} now.", u.name, role.value), () =>
				call("PATCH", path, { role: role.value }),
			),
	});
	role.value = u.role;
	const lock = u.disabled ? tx("Let in again") : tx("Lock out");
	return h(
		"tr",
		null,
		head(u.name),
		h("td", null, role, limits(u)),
		h("td", null, u.disabled ? mark("off", "–", tx("locked out")) : mark("up", "●", tx("may sign in"))),
		h("td", null, u.last_in_at ? when(u.last_in_at) : tx("never")),
		h(
			"td",
			{ class: "choices-cell" },
			button(tx("Password"), () => newPassword(u, again), {
				class: "small",
				"aria-label": tx("New password of {}", u.name),
			}),
			" ",
			button(lock, () => attempt(again, null, () => call("PATCH", path, { disabled: !u.disabled })), {
				class: "small",
				"aria-label": `${lock}: ${u.name}`,
			}),
			" ",
			button(
				tx("Delete"),
				() => remove(u.name, path, tx("Sessions and tokens of this user end at once."), tx("Delete"), again),
				{ class: "small danger", "aria-label": `${tx("Delete")} ${u.name}` },
			),
		),
	);
}

function tokenRow(t, again) {
	return h(
		"tr",
		null,
		head(t.name),
		h("td", null, t.owner),
		h("td", null, t.role, limits(t)),
		h("td", null, t.expires_at ? when(t.expires_at) : tx("never")),
		h("td", null, t.last_used_at ? when(t.last_used_at) : tx("never")),
		h(
			"td",
			null,
			button(
				tx("Revoke"),
				() =>
					remove(
						t.name,
						`/api-tokens/${uri(t.id)}`,
						tx("Programs that use it are refused at once."),
						tx("Revoke"),
						again,
					),
				{ class: "small danger", "aria-label": `${tx("Revoke")} ${t.name}` },
			),
		),
	);
}

export async function accessPage(main) {
	if (!may("admin")) {
		fill(
			main,
			h("h1", null, tx("Users and tokens")),
			h("p", { class: "note-line" }, tx("The role admin is needed for this.")),
		);
		return;
	}
	const users = table(
		tx("Users"),
		[tx("Name"), tx("Role"), tx("State"), tx("Last signed in"), tx("What can be done")],
		{
			class: "stack",
		},
	);
	const tokens = table(
		tx("Tokens"),
		[tx("Name"), tx("Owner"), tx("Role"), tx("Expires"), tx("Last used"), tx("What can be done")],
		{ class: "stack" },
	);
	const none = h("p", { class: "empty" }, tx("No token yet. Programs need one to call the API."));
	const load = async (words) => {
		const [people, keys] = await Promise.all([get("/users"), get("/api-tokens")]);
		const made = (draw) => (item) => ({ nodes: [draw(item, load)] });
		sync(users.body, people.items, (u) => JSON.stringify(u), made(userRow));
		sync(tokens.body, keys.items, (t) => JSON.stringify(t), made(tokenRow));
		tokens.node.hidden = !keys.items.length;
		none.hidden = keys.items.length > 0;
		for (const s of users.body.querySelectorAll("select"))
			s.value = people.items[[...users.body.rows].indexOf(s.closest("tr"))].role;
		if (words) notice(words);
	};
	fill(
		main,
		h("h1", null, tx("Users and tokens")),
		h(
			"p",
			{ class: "about" },
			tx(
				"A viewer looks, an auditor reads the audit log as well, an operator resets and initiates, an editor configures, an admin holds keys, settings and people.",
			),
		),
		h(
			"div",
			{ class: "tools" },
			h("h2", null, tx("Users")),
			button(tx("New user"), () => addUser(load), { class: "main" }),
		),
		users.node,
		h(
			"div",
			{ class: "tools" },
			h("h2", null, tx("Tokens")),
			button(tx("New token"), () => addToken(load), { class: "main" }),
		),
		tokens.node,
		none,
	);
	await load();
}
