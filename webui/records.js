// records.js - the lists of configuration records
//
// Used by: app.js. Keeps: nothing.

import { get, may, schema, writer } from "./rest.js";
import { fill, fresh, h, link, sync, table, text } from "./dom.js";
import { count, mark, state, value } from "./format.js";
import { at, presetOf, same } from "./forms.js";
import { hear } from "./live.js";
import { oneOf, pager, soon } from "./pager.js";
import { watch } from "./picture.js";
import { startingShapes } from "./shapes.js";
import { kinds, label } from "./words.js";
import { tx } from "./tongue.js";

function show(m, record) {
	if (m.kind === "secret")
		return record[`${m.name}_set`]
			? [mark("up", "●", tx("set")), " ", h("code", null, record.fingerprint)]
			: mark("warn", "▲", tx("not set"));
	const v = at(record, m.name);
	if (m.name === "enabled") return v ? mark("up", "●", tx("yes")) : mark("off", "–", tx("disabled"));
	if (m.kind === "flag") return v ? tx("yes") : tx("no");
	if (m.kind === "reference" && v?.length)
		return (Array.isArray(v) ? v : [v]).map((name, i) => [
			i ? ", " : "",
			link(`#/${m.ref}/${encodeURIComponent(name)}`, name),
		]);
	return v === 0 && m.flags.includes("zero_is_off") ? "–" : value(v) === tx("not set") ? "–" : value(v);
}

const verdictOf = (members, record) => {
	for (const m of members)
		if (m.kind === "choice") {
			const c = m.choices.find((x) => x.value === at(record, m.name));
			if (c?.verdict && c.verdict !== "current") return c.verdict;
		}
	return null;
};

// Which list of the picture tells how these records fare.
const faring = { peers: "/peer-status", tunnels: "/tunnel-status" };

function row(kind, columns, members, fares, warnings) {
	return (first) => {
		const cells = columns.map(() => h("td"));
		const now = faring[kind] ? h("td") : null;
		let shown = null;
		let warned = null;
		const name = h(
			"th",
			{ scope: "row" },
			link(`#/${kind}/${encodeURIComponent(first.name)}`, first.name),
		);
		let revision = null;
		return {
			nodes: [h("tr", null, name, now, cells)],
			update(r) {
				if (now && fares.has(r.name) && shown !== fares.get(r.name)) {
					shown = fares.get(r.name);
					fill(
						now,
						kind === "peers"
							? link(`#/peers/${encodeURIComponent(r.name)}/state`, state(shown))
							: state(shown),
					);
				}
				const warning = warnings.get(r.name) ?? null;
				if (r.revision === revision && warning === warned) return;
				revision = r.revision;
				warned = warning;
				const weak = verdictOf(members, r);
				fill(
					name,
					link(`#/${kind}/${encodeURIComponent(r.name)}`, r.name),
					weak ? [" ", mark("warn", "▲", tx(weak))] : null,
					warning ? h("div", { class: "quiet" }, mark("warn", "▲", warning)) : null,
					r.builtin ? [" ", h("span", { class: "badge off" }, tx("built in"))] : null,
				);
				cells.forEach((c, i) => fill(c, show(columns[i], r)));
			},
		};
	};
}

function emptyOf(kind, words) {
	return h(
		"div",
		{ class: "empty", hidden: true },
		h("p", null, tx("There is no {} yet.", words.one)),
		kind === "peers" && may(writer(kind))
			? [h("p", null, tx("Begin with one of these shapes:")), startingShapes()]
			: null,
	);
}

function toolsOf(kind, words, said, typed) {
	const id = fresh("filter");
	return h(
		"div",
		{ class: "tools" },
		h("label", { for: id, class: "unseen" }, tx("Filter {}", words.title)),
		h("input", { id, type: "search", placeholder: tx("Filter"), input: soon((e) => typed(e.target.value)) }),
		said,
		may(writer(kind))
			? h("a", { class: "button main", href: `#/${kind}/+new` }, tx("New {}", words.one))
			: null,
	);
}

const headOf = (pages, m) => {
	const words = label(m.name).replace(" (seconds)", " (s)");
	return m.kind === "secret" || m.many ? words : { label: pages.head(words, m.name) };
};

export async function recordsPage(main, kind) {
	const words = kinds[kind];
	const members = (await schema()).kinds[kind].members;
	const columns = words.columns.map((n) => members.find((m) => m.name === n)).filter(Boolean);
	const load = async () => {
		const page = await pages.ask(`/${kind}`, { q: filter });
		if (!page) return;
		records = page;
		await ask().then(learn);
		draw();
	};
	const pages = pager(() => load().catch(() => {}));
	const t = table(words.title, [
		{ label: pages.head(tx("Name"), "name") },
		...(faring[kind] ? [tx("State")] : []),
		...columns.map((m) => headOf(pages, m)),
	]);
	const empty = emptyOf(kind, words);
	const none = h("p", { class: "empty", hidden: true }, tx("Nothing here fits the filter."));
	const said = h("p", { class: "quiet", role: "status" });
	const fares = new Map();
	const warnings = new Map();
	let records = { items: [], next_cursor: null, total: 0 };
	let filter = "";
	const ask = async () =>
		faring[kind] && records.items.length
			? (await get(`${faring[kind]}?limit=1000&name=${oneOf(records.items.map((r) => r.name))}`)).items
			: [];
	const learn = (rows) => {
		fares.clear();
		warnings.clear();
		for (const x of rows) {
			fares.set(x.name, x.state);
			warnings.set(x.name, x.warning || null);
		}
	};
	const draw = () => {
		sync(t.body, records.items, (r) => r.name, row(kind, columns, members, fares, warnings));
		pages.show(records);
		t.node.hidden = !records.total;
		empty.hidden = records.total > 0 || filter !== "";
		none.hidden = records.total > 0 || filter === "";
		text(said, count(records.total));
	};
	const typed = (value) => {
		filter = value.trim();
		pages.restart();
	};
	fill(
		main,
		h("h1", null, words.title),
		h("p", { class: "about" }, words.about),
		toolsOf(kind, words, said, typed),
		t.node,
		pages.node,
		none,
		empty,
	);
	pages.mark();
	await load();
	const deaf = hear((name) => {
		if (name === "config.changed" || name === "resync") load().catch(() => {});
	});
	const seen = (_, rows) => {
		learn(rows);
		draw();
	};
	const blind = faring[kind] ? watch(seen, ask) : () => {};
	return {
		leave: () => {
			deaf();
			blind();
		},
	};
}

export async function settingsPage(main) {
	const all = await schema();
	const now = await get("/settings");
	const cards = Object.keys(all.kinds)
		.filter((k) => all.kinds[k].single)
		.map((kind) => {
			const words = kinds[kind] ?? { title: kind };
			const short = kind.split("/")[1];
			const own = all.kinds[kind].members.filter(
				(m) =>
					!m.flags.includes("read_only") &&
					m.kind !== "secret" &&
					!same(at(now[short], m.name), presetOf(m)),
			);
			return h(
				"section",
				{ class: "card" },
				h("h2", null, link(`#/settings/${short}`, words.title)),
				own.length
					? h(
							"dl",
							{ class: "pairs" },
							own.map((m) => [
								h("dt", null, label(m.name)),
								h("dd", null, value(at(now[short], m.name))),
							]),
						)
					: h("p", { class: "quiet" }, tx("Everything is at its default.")),
			);
		});
	fill(
		main,
		h("h1", null, tx("Settings")),
		h(
			"p",
			{ class: "about" },
			tx("The system view: what counts for every peer and tunnel, and for the services. Shown is what differs from the defaults."),
		),
		h("div", { class: "cards" }, cards),
	);
}
