// app.js - the shell: who is here, where are we, is it live
//
// Pages are hash routes. A page is a function that fills <main> and may return what to do when
// it is left and whether it holds unsaved work. Everything a page started ends with it.
// Keeps: the frame, the page on show.

import { may, session, signOut, whenSessionEnds, whoAmI } from "./rest.js";
import { button, fill, h, link } from "./dom.js";
import { ask, notice, noticeArea } from "./dialog.js";
import * as live from "./live.js";
import { count, mark, plural } from "./format.js";
import { quiet, watch } from "./picture.js";
import { pages } from "./words.js";
import { dashboardPage } from "./dashboard.js";
import { recordsPage, settingsPage } from "./records.js";
import { editorPage } from "./editor.js";
import { pastePage } from "./paste.js";
import { peerPage } from "./peer.js";
import { stagedPage, stagedQuiet, stagedStrip } from "./staged.js";
import { storiesPage } from "./stories.js";
import { storyPage } from "./story.js";
import { eventsPage } from "./events.js";
import { changesPage } from "./history.js";
import { accessPage } from "./access.js";
import { auditPage } from "./audit.js";
import { backupPage } from "./backup.js";
import { howtoPage } from "./howto.js";
import { recordingStrip } from "./recording.js";
import { snmpPage } from "./snmp.js";
import { timersPage } from "./timers.js";
import { undoingQuiet, undoingStrip } from "./undoing.js";
import { waitingQuiet, waitingStrip } from "./waiting.js";
import { signInDialog, signInPage } from "./signin.js";
import { resetDialog } from "./reset.js";
import { language, languages, speak, told, tx } from "./tongue.js";

const main = h("main", { id: "main", tabindex: "-1" });
let shown = { leave: null, dirty: null, hash: "" };
let frameUp = false;
let asking = false;
let person = null; // who this page was drawn for

// ---- the frame ----

function menu() {
	const groups = new Map();
	for (const [hash, label, group] of pages.filter(([, , , role]) => !role || may(role)))
		groups.set(group, [
			...(groups.get(group) ?? []),
			h("li", null, h("a", { href: `#/${hash}`, "data-page": hash }, label)),
		]);
	return h(
		"nav",
		{ id: "menu", "aria-label": tx("Pages") },
		[...groups].map(([group, items]) => [
			h("h2", { id: `menu-${group}` }, group),
			h("ul", { "aria-labelledby": `menu-${group}` }, items),
		]),
	);
}

function markMenu(page) {
	for (const a of document.querySelectorAll("#menu a")) {
		if (a.dataset.page === page) a.setAttribute("aria-current", "page");
		else a.removeAttribute("aria-current");
	}
}

function liveMark() {
	const node = h("span", { class: "live", role: "status", "aria-label": tx("Event stream") });
	live.watchState((s) => {
		fill(node, s === "live" ? mark("up", "●", tx("live")) : mark("warn", "◌", tx(s)));
		document.documentElement.classList.toggle("not-live", s === "reconnecting");
	});
	return node;
}

// What a header can say in a few words, and the strip that says what is not in force yet.
function drawCounts(node, strip, p) {
	const s = p.status;
	const down = s.tunnels.down;
	fill(
		node,
		mark("up", "●", tx("{} up", count(s.tunnels.up))),
		s.tunnels.connecting ? mark("busy", "◌", tx("{} connecting", count(s.tunnels.connecting))) : null,
		down ? mark("bad", "✖", tx("{} down", count(down))) : mark("off", "○", tx("{} down", 0)),
	);
	const stale = s.stale_ike_sas + s.stale_child_sas;
	if (strip.stale === stale) return;
	strip.stale = stale;
	strip.node.hidden = !stale;
	fill(
		strip.node,
		mark("warn", "▲", tx("stale")),
		h(
			"span",
			null,
			tx(" Built from an older configuration than the one in force: {}. ", [
				s.stale_ike_sas ? plural(s.stale_ike_sas, "IKE SA") : "",
				s.stale_child_sas ? plural(s.stale_child_sas, "IPsec SA pair") : "",
			]
				.filter(Boolean)
				.join(tx(" and "))),
		),
		link("#/?stale", tx("Show them")),
		" ",
		may("operator")
			? button(tx("Reset stale SAs"), () => resetDialog(tx("the stale SAs"), { stale: true }), {
					class: "small",
				})
			: null,
	);
}

async function leaveForGood() {
	live.end();
	await Promise.all([quiet(), waitingQuiet(), stagedQuiet(), undoingQuiet()]);
	await signOut();
	location.hash = "#/";
	location.reload();
}

function languageSwitch() {
	const other = language === "zh" ? "en" : "zh";
	return button(languages[other], () => speak(other), {
		class: "small",
		lang: other === "zh" ? "zh-CN" : "en",
	});
}

function buildFrame() {
	const counts = h("span", { class: "counts" });
	const strip = {
		node: h("section", { class: "strip", "aria-label": tx("Not yet in force"), hidden: true }),
		stale: 0,
	};
	const toggle = button(
		tx("Menu"),
		() => toggle.setAttribute("aria-expanded", String(document.body.classList.toggle("menu-open"))),
		{ class: "menu-button", "aria-expanded": "false", "aria-controls": "menu" },
	);
	fill(
		document.body,
		h(
			"a",
			{
				class: "skip",
				href: "#main",
				click: (e) => {
					e.preventDefault();
					main.focus();
				},
			},
			tx("Skip to content"),
		),
		h(
			"header",
			{ class: "top" },
			toggle,
			h("a", { class: "brand", href: "#/" }, "ikeeper"),
			h("span", { class: "host" }, location.host),
			counts,
			liveMark(),
			languageSwitch(),
			h("span", { class: "who" }, `${session.user} (${session.role})`),
			button(tx("Sign out"), leaveForGood, { class: "small" }),
		),
		menu(),
		h("div", { class: "content" }, waitingStrip(), recordingStrip(), stagedStrip(), strip.node, undoingStrip(), main, noticeArea()),
	);
	document.getElementById("menu").addEventListener("click", () => {
		document.body.classList.remove("menu-open");
		toggle.setAttribute("aria-expanded", "false");
	});
	document.body.className = "framed";
	frameUp = true;
	watch((p) => drawCounts(counts, strip, p));
}

// ---- pages ----

function find(hash) {
	const [path, query] = hash.replace(/^#?\/?/, "").split("?");
	const at = path.split("/").map(decodeURIComponent);
	if (at[0] === "") return ["", () => dashboardPage(main, query === "stale")];
	if (at[0] === "negotiations")
		return [
			at[0],
			() => (at[1] ? storyPage(main, at[1]) : storiesPage(main, new URLSearchParams(query))),
		];
	if (at[0] === "events") return [at[0], () => eventsPage(main)];
	if (at[0] === "import") return [at[0], () => pastePage(main)];
	if (at[0] === "changes") return [at[0], () => changesPage(main)];
	if (at[0] === "staged" && at[1]) return ["changes", () => stagedPage(main, at[1])];
	if (at[0] === "peers" && at[2] === "state") return [at[0], () => peerPage(main, at[1])];
	if (at[0] === "snmp" || (at[0] === "settings" && at[1] === "snmp")) return ["snmp", () => snmpPage(main)];
	if (at[0] === "howto") return [at[0], () => howtoPage(main)];
	if (at[0] === "access") return [at[0], () => accessPage(main)];
	if (at[0] === "timers") return [at[0], () => timersPage(main)];
	if (at[0] === "audit") return [at[0], () => auditPage(main)];
	if (at[0] === "backup") return [at[0], () => backupPage(main)];
	if (at[0] === "settings")
		return [at[0], () => (at[1] ? editorPage(main, `settings/${at[1]}`, at[1]) : settingsPage(main))];
	if (pages.some(([p]) => p === at[0]))
		return [
			at[0],
			() =>
				at[1] ? editorPage(main, at[0], at[1], new URLSearchParams(query)) : recordsPage(main, at[0]),
		];
	return ["", () => fill(main, h("h1", null, tx("There is no such page")), link("#/", tx("To the dashboard")))];
}

// A page one moves to takes the focus; one that loads leaves it at the top.
async function show(moved) {
	const hash = location.hash;
	if (shown.dirty?.() && hash !== shown.hash) {
		if (asking) return;
		asking = true;
		history.replaceState(null, "", shown.hash);
		const go = await ask(
			tx("Leave without saving?"),
			tx("What you changed on this page is not saved."),
			tx("Leave it"),
			tx("Stay"),
		);
		asking = false;
		if (!go) return;
		shown.dirty = null;
		location.hash = hash;
		return;
	}
	const [page, draw] = find(hash);
	shown.leave?.();
	shown = { leave: null, dirty: null, hash };
	markMenu(page);
	fill(main);
	const mine = shown;
	try {
		const kept = await draw();
		if (mine !== shown) kept?.leave?.();
		else Object.assign(shown, kept);
	} catch (e) {
		fill(
			main,
			h("h1", null, tx("This did not work")),
			h("p", { class: "refusal" }, e.message),
			e.hint ? h("p", null, told(e.hint)) : null,
		);
	}
	const title = main.querySelector("h1");
	document.title = `${title?.textContent ?? "ikeeper"} · ikeeper`;
	title?.setAttribute("tabindex", "-1");
	if (moved && mine === shown && !document.querySelector("dialog[open]"))
		title?.focus({ preventScroll: true });
	window.scrollTo(0, 0);
}

function enter() {
	person = session.user;
	if (!frameUp) buildFrame();
	live.start();
	show(false);
}

// The session ended under way: sign in again without losing what is on the page.
let back = false;
whenSessionEnds(async () => {
	if (back) return;
	back = true;
	live.end();
	if (frameUp) {
		await signInDialog();
		if (session.user === person) {
			live.start();
			notice(tx("Signed in again."));
		} else {
			location.reload();
		}
	} else {
		signInPage(enter);
	}
	back = false;
});

async function begin() {
	const setup = /^#setup=(.+)$/.exec(location.hash);
	if (setup) history.replaceState(null, "", "/");
	const known = await whoAmI().catch(() => false);
	if (known && !setup) enter();
	else signInPage(enter, setup?.[1]);
}

window.addEventListener("hashchange", () => frameUp && show(true));
window.addEventListener("beforeunload", (e) => shown.dirty?.() && e.preventDefault());
begin();
