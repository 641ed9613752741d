// review.js - what a change does, before it is done; then done, and followed
//
// The dry run answers with the difference, the SAs it touches and what is to be said about it.
// From here there are two ways: keep it and leave the SAs as they are (they are marked stale),
// or keep it and reset exactly those SAs. Somebody else's change meanwhile is shown as what it
// is: their value beside ours.
// Used by: editor.js. Keeps: nothing beyond its window.

import { Problem, call } from "./rest.js";
import { button, fill, h, link, sync, table } from "./dom.js";
import { openDialog, refusal } from "./dialog.js";
import { bytes, mark, moment, plural, value } from "./format.js";
import { at, same } from "./forms.js";
import { refresh } from "./picture.js";
import { follow } from "./results.js";
import { impacts, label } from "./words.js";

// ---- the parts of the window ----

function changesTable(changes) {
	const t = table("What changes", ["Member", "From", "To", "Effect"], { showCaption: true });
	sync(t.body, changes, (c) => c.member, (c) => {
		const [kind, word] = impacts[c.impact] ?? impacts.none;
		return { nodes: [h("tr", null, h("th", { scope: "row" }, label(c.member)), h("td", { class: "from" }, value(c.from)),
			h("td", { class: "to" }, value(c.to)), h("td", null, mark(kind, kind === "warn" ? "▲" : "·", word)))] };
	});
	return t.node;
}

function touchedTable(impact) {
	const rows = [...impact.ike_sas.map((s) => ({ ...s, type: "IKE SA" })), ...impact.child_sas.map((s) => ({ ...s, type: "IPsec SA pair" }))];
	if (!rows.length)
		return h("p", null, mark("up", "●", "No SA is touched."), impact.unaffected_ike_sas ? ` ${plural(impact.unaffected_ike_sas, "IKE SA stays", "IKE SAs stay")} as before.` : "");
	const t = table("SAs this touches", ["SA", "Tunnel", "Why", { label: "Traffic, last minute", class: "num" }], { showCaption: true });
	sync(t.body, rows, (s) => `${s.type} ${s.id}`, (s) => ({
		nodes: [h("tr", null, h("th", { scope: "row" }, `${s.type} ${s.id}`), h("td", null, s.tunnel ? `${s.tunnel} (${s.peer})` : s.peer),
			h("td", null, s.reason ?? ""), h("td", { class: "num" }, s.bytes_last_minute === undefined ? "" : bytes(s.bytes_last_minute)))],
	}));
	return [t.node, h("p", { class: "quiet" }, impact.unaffected_ike_sas ? `${plural(impact.unaffected_ike_sas, "other IKE SA stays", "other IKE SAs stay")} as before.` : "No other IKE SA is there.")];
}

function warningsList(warnings) {
	if (!warnings?.length)
		return null;
	return h("section", null, h("h3", null, "Worth knowing"), h("ul", { class: "faults" }, warnings.map((w) =>
		h("li", { class: "warn" }, mark("warn", "▲", w.message), w.hint ? ` ${w.hint}` : "", w.rule ? [" ", h("code", null, w.rule)] : null))));
}

const touched = (impact) => (impact?.ike_sas?.length ?? 0) + (impact?.child_sas?.length ?? 0);

// The two ways on. apply(reset) does it.
function waysOn(impact, apply, back, words) {
	const n = touched(impact);
	return h("div", { class: "choices" },
		n ? button(words.reset(n), () => apply("affected"), { class: "main" }) : null,
		button(n ? words.only(n) : words.plain, () => apply("none"), { class: n ? "" : "main" }),
		button("Back", back));
}

const saving = {
	reset: (n) => `Apply and reset ${plural(n, "SA")}`,
	only: (n) => `Save only, mark ${plural(n, "SA")} stale`,
	plain: "Save",
};
const deleting = {
	reset: (n) => `Delete and reset ${plural(n, "SA")}`,
	only: () => "Delete, leave the SAs to end by themselves",
	plain: "Delete",
};

// Results of a write with a reset, live, in the same window.
function outcome(body, answer, close, words) {
	const place = h("div");
	const done = button("Done", () => close(), { class: "main" });
	fill(body, h("p", null, mark("up", "●", words)), answer?.warnings?.length ? warningsList(answer.warnings) : null, place, h("div", { class: "choices" }, done));
	done.focus();
	return follow(place, answer.reset);
}

function wrong(body, e, back) {
	const referrers = e.body?.referrers ?? [];
	const again = button("Back", back, { class: "main" });
	fill(body, refusal(e), referrers.length ? [h("p", null, "These refer to it:"), h("ul", null, referrers.map((r) =>
		h("li", null, link(`#/${r.kind}/${encodeURIComponent(r.name)}`, `${r.kind} ${r.name}`))))] : null, h("div", { class: "choices" }, again));
	again.focus();
}

// ---- somebody else was faster ----

function conflictTable(o, theirs) {
	const rows = o.members.filter((m) => !m.flags.includes("read_only") && m.kind !== "secret")
		.map((m) => ({ name: m.name, was: at(o.base, m.name), theirs: at(theirs, m.name), mine: at(o.body, m.name) }))
		.filter((r) => !same(r.was, r.theirs) || r.mine !== undefined);
	const t = table("What differs", ["Member", "As you read it", "There now", "Yours"], { showCaption: true });
	sync(t.body, rows, (r) => r.name, (r) => ({
		nodes: [h("tr", null, h("th", { scope: "row" }, label(r.name)), h("td", null, value(r.was)),
			h("td", { class: same(r.was, r.theirs) ? "" : "changed" }, value(r.theirs), same(r.was, r.theirs) ? "" : [" ", mark("warn", "▲", "changed")]),
			h("td", null, r.mine === undefined ? h("span", { class: "quiet" }, "as it is") : value(r.mine)))],
	}));
	return t.node;
}

async function conflict(o, body, close, again) {
	fill(body, h("p", { role: "status" }, "Somebody changed this record meanwhile. Reading it again …"));
	let answer;
	try {
		answer = await call("GET", o.path);
	} catch (e) {
		wrong(body, e, close);
		return;
	}
	const theirs = { record: answer.body, etag: answer.etag };
	const mine = button("Keep my changes on top", () => { o.body = o.rebase(theirs); o.base = theirs.record; o.etag = theirs.etag; again(); }, { class: "main" });
	fill(body, h("p", { role: "alert" }, mark("warn", "▲", "Changed meanwhile"), ` by ${theirs.record.changed_by ?? "somebody"} at ${moment(theirs.record.changed_at)} (revision ${theirs.record.revision}). Nothing of yours was saved.`),
		conflictTable(o, theirs.record),
		h("div", { class: "choices" }, mine, button("Take theirs, drop mine", () => { o.replace(theirs); close(); }), button("Back", close)));
	mine.focus();
}

// ---- writing ----

const stale = (e) => e instanceof Problem && e.status === 412;

function draw(o, body, close) {
	const write = (query) => call(o.method, `${o.path}?${query}`, o.body, o.etag ? { "If-Match": o.etag } : {});
	const again = () => draw(o, body, close);
	let following = null;
	o.stop = () => following?.stop();

	async function apply(reset) {
		fill(body, h("p", { role: "status" }, reset === "affected" ? "Saving and resetting …" : "Saving …"));
		try {
			const answer = (await write(`reset=${reset}`)).body;
			refresh();
			o.answer = answer;
			if (reset === "affected" && answer.reset)
				following = outcome(body, answer, close, "Saved and in force.");
			else
				close();
		} catch (e) {
			if (stale(e)) {
				conflict(o, body, close, again);
			} else if (e instanceof Problem && e.status === 422) {
				close();
				o.refused(e.errors, e.body.warnings ?? []);
			} else {
				wrong(body, e, again);
			}
		}
	}

	async function look() {
		fill(body, h("p", { role: "status" }, "Asking what this would do …"));
		try {
			const said = (await write("dry_run=true")).body;
			if (!said.valid) {
				close();
				o.refused(said.errors, said.warnings);
				return;
			}
			if (!said.changes.length && !o.isNew) {
				fill(body, h("p", null, "Nothing is changed."), h("div", { class: "choices" }, button("Back", close, { class: "main" })));
				return;
			}
			const ways = waysOn(said.impact, apply, close, o.isNew && !touched(said.impact) ? { ...saving, plain: "Create" } : saving);
			fill(body, changesTable(said.changes), touchedTable(said.impact), warningsList(said.warnings), ways);
			ways.querySelector("button").focus();
		} catch (e) {
			if (stale(e)) {
				conflict(o, body, close, again);
			} else if (e instanceof Problem && e.status === 422) {
				close();
				o.refused(e.errors, e.body.warnings ?? []);
			} else {
				wrong(body, e, close);
			}
		}
	}

	look();
}

// o: kind, name, isNew, method, path, members, base, etag, body, saved(), refused(), rebase(), replace()
export async function review(o) {
	await openDialog(o.isNew ? "Review the new record" : "Review the change", (body, close) => draw(o, body, close), { class: "wide", closed: () => o.stop?.() });
	if (o.answer)
		o.saved(o.answer);
}

export async function deletion(o) {
	let gone = false;
	let following = null;
	await openDialog(`Delete ${o.name}`, async (body, close) => {
		const back = () => close();
		const apply = async (reset) => {
			fill(body, h("p", { role: "status" }, "Deleting …"));
			try {
				const answer = (await call("DELETE", `${o.path}?reset=${reset}`, null, { "If-Match": o.etag })).body;
				gone = true;
				refresh();
				if (reset === "affected" && answer?.reset)
					following = outcome(body, answer, close, `${o.name} is deleted.`);
				else
					close();
			} catch (e) {
				wrong(body, e, back);
			}
		};
		try {
			const said = (await call("DELETE", `${o.path}?dry_run=true`, null, { "If-Match": o.etag })).body;
			if (!said.valid)
				throw new Problem(409, { title: "It cannot be deleted", detail: said.errors[0]?.message, errors: said.errors, referrers: said.referrers });
			const ways = waysOn(said.impact, apply, back, deleting);
			fill(body, h("p", null, `${o.name} will be gone from the configuration.`), touchedTable(said.impact), warningsList(said.warnings), ways);
			ways.querySelector("button").focus();
		} catch (e) {
			wrong(body, e, back);
		}
	}, { class: "wide", closed: () => following?.stop() });
	if (gone)
		o.saved();
}
