// peer.js - one peer: how it fares, whether it is still there, its tunnels and its stories
//
// Used by: app.js. Keeps: what the gateway said last, for this page.

import { call, get, list, may, post } from "./rest.js";
import { storyRow } from "./storyrow.js";
import { button, fill, h, link, sync, table, text } from "./dom.js";
import { notice, refusal } from "./dialog.js";
import { bytes, endpoint, mark, span, state, when } from "./format.js";
import { livenessPanel } from "./liveness.js";
import { otherSide } from "./otherside.js";
import { watch } from "./picture.js";
import { resetDialog } from "./reset.js";
import { rotation } from "./rotate.js";
import { because, modeName, tx } from "./tongue.js";

const STORIES = 20;
const uri = encodeURIComponent;

async function ask(name) {
	const of = `?peer=${uri(name)}`;
	const answer = await call("GET", `/peers/${uri(name)}/status`);
	const [ikes, pairs, tunnels, stories, settings] = await Promise.all([
		list(`/ike-sas${of}`),
		list(`/child-sas${of}`),
		list(`/tunnel-status${of}`),
		get(`/negotiations${of}&limit=${STORIES}`),
		get("/settings"),
	]);
	const asked = answer.date ?? Date.now();
	for (const sa of ikes) Object.assign(sa, { asked, tagFirst: settings.keepalive.tag_first });
	const skew = Date.now() - asked;
	return { peer: answer.body, ikes, pairs, tunnels, stories: stories.items, skew };
}

function stateOf(p) {
	const up = p.last_failure && p.state !== "up";
	return [
		h(
			"p",
			null,
			state(p.state),
			p.state_since ? [tx(" since "), when(p.state_since)] : null,
			p.remote_address ? [" · ", h("code", null, endpoint(p.remote_address, p.remote_port))] : null,
			p.stale ? [" · ", mark("warn", "▲", tx("stale"))] : null,
			tx(" · {} in / {} out", bytes(p.bytes_in), bytes(p.bytes_out)),
		),
		p.warning ? h("p", null, mark("warn", "▲", p.warning)) : null,
		up
			? h(
					"p",
					null,
					mark("bad", "✖", tx("last failure")),
					" ",
					when(p.last_failure_at),
					` ${because(p.last_failure_reason, p.last_failure)} `,
					p.last_negotiation ? link(`#/negotiations/${p.last_negotiation}`, tx("Story")) : null,
				)
			: null,
	];
}

function tunnelRow(first) {
	const cells = [h("td"), h("td"), h("td", { class: "num" })];
	let said = null;
	return {
		nodes: [
			h(
				"tr",
				null,
				h("th", { scope: "row" }, link(`#/tunnels/${uri(first.name)}`, first.name)),
				cells,
			),
		],
		update(t) {
			const key = `${t.state} ${t.stale} ${t.stale_reasons} ${t.last_failure}`;
			text(cells[2], `${bytes(t.bytes_in)} / ${bytes(t.bytes_out)}`);
			if (said === key) return;
			said = key;
			fill(cells[0], state(t.state), t.stale ? [" ", mark("warn", "▲", tx("stale"))] : null);
			text(
				cells[1],
				t.stale_reasons
					? tx("{} changed since", t.stale_reasons)
					: t.state === "up"
						? "–"
						: (because(t.last_failure_reason, t.last_failure) ?? "–"),
			);
		},
	};
}

async function initiate(name) {
	try {
		await post(`/peers/${uri(name)}/initiate`);
		notice(tx("Starting the tunnels of {}. ", name), link(`#/negotiations?peer=${uri(name)}`, tx("Follow it")));
	} catch (e) {
		notice(refusal(e));
	}
}

function actions(name) {
	return h(
		"div",
		{ class: "choices" },
		h("a", { class: "button", href: `#/peers/${uri(name)}` }, tx("Edit")),
		may("operator") ? button(tx("Initiate"), () => initiate(name)) : null,
		may("operator") ? button(tx("Reset"), () => resetDialog(name, { peer: name })) : null,
		h("a", { href: `#/negotiations?peer=${uri(name)}` }, tx("All its negotiations")),
	);
}

function saPart(first) {
	const head = h("h3");
	const clock = h("p", { class: "quiet" });
	const panel = livenessPanel(tx("Signs of life of IKE SA {}", first.sa.id));
	return {
		nodes: [h("div", null, head, clock, panel.node)],
		update({ sa, pairs, now }) {
			text(
				head,
				`IKE SA ${sa.id}, ${modeName(sa.exchange_mode)}, ${tx(sa.role)}${sa.timeout_tagged ? ", TIMEOUT" : ""}`,
			);
			text(
				clock,
				[sa.proposal, tx("age {}", span(sa.age_seconds)), sa.stale ? tx("stale: {}", sa.stale_reasons) : ""]
					.filter(Boolean)
					.join(" · "),
			);
			panel.update(sa, pairs, now);
		},
	};
}

function build(main, name) {
	const parts = {
		state: h("div"),
		key: rotation(name),
		sas: h("div"),
		none: h(
			"p",
			{ class: "empty" },
			tx("There is no IKE SA. Initiate the peer, or look at its last negotiation below."),
		),
		tunnels: table(tx("Tunnels of {}", name), [tx("Tunnel"), tx("State"), tx("Why"), { label: tx("In / Out"), class: "num" }], {
			class: "stack",
		}),
		stories: table(
			tx("Last negotiations with {}", name),
			[tx("Attempt"), tx("Verdict"), tx("What"), { label: tx("Took"), class: "num w2" }, tx("In one sentence")],
			{ class: "stack" },
		),
		noStory: h("p", { class: "empty" }, tx("Nobody has tried yet.")),
		noTunnel: h(
			"p",
			{ class: "empty" },
			tx("No tunnel goes to this peer yet. "),
			link("#/tunnels/+new", tx("Make one")),
		),
	};
	fill(
		main,
		h("p", { class: "crumbs" }, link("#/peers", tx("Peers"))),
		h("h1", null, name),
		parts.state,
		actions(name),
		h("h2", null, tx("Liveness")),
		parts.sas,
		parts.none,
		h("h2", null, tx("Tunnels")),
		parts.tunnels.node,
		parts.noTunnel,
		h("h2", null, tx("Negotiations")),
		parts.stories.node,
		parts.noStory,
		parts.key.node,
		otherSide(name),
	);
	return parts;
}

export async function peerPage(main, name) {
	let got = await ask(name);
	const parts = build(main, name);
	let busy = false;
	let told = null;
	const tick = () => {
		const now = Date.now() - got.skew;
		const items = got.ikes.map((sa) => ({
			sa,
			now,
			pairs: got.pairs.filter((c) => c.ike_sa === sa.id),
		}));
		sync(parts.sas, items, (i) => i.sa.id, saPart);
	};
	const draw = () => {
		const key = JSON.stringify(got.peer);
		if (told !== key) fill(parts.state, stateOf(got.peer));
		told = key;
		parts.key.update(got.ikes);
		parts.none.hidden = got.ikes.length > 0;
		sync(parts.tunnels.body, got.tunnels, (t) => t.name, tunnelRow);
		sync(parts.stories.body, got.stories, (s) => s.id, storyRow(false));
		parts.tunnels.node.hidden = !got.tunnels.length;
		parts.noTunnel.hidden = got.tunnels.length > 0;
		parts.stories.node.hidden = !got.stories.length;
		parts.noStory.hidden = got.stories.length > 0;
		tick();
	};
	draw();
	const load = async () => {
		if (busy) return;
		busy = true;
		await ask(name)
			.then((g) => {
				got = g;
				draw();
				parts.key.load();
			})
			.catch(() => {}); // the stream's mark tells that nobody answers
		busy = false;
	};
	const timer = setInterval(tick, 1000);
	const blind = watch(load);
	return {
		leave: () => {
			clearInterval(timer);
			blind();
		},
	};
}
