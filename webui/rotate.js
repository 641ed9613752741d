// rotate.js - another pre-shared key for a peer, with both counting for a while
//
// Which key each IKE SA was proven with tells whether the other end was changed; the end of the overlap
// is looked at before it is made. The new key is sent once and kept nowhere.
// Used by: peer.js. Keeps: nothing.

import { get, may, post } from "./rest.js";
import { button, fill, fresh, h } from "./dom.js";
import { notice, openDialog, refusal } from "./dialog.js";
import { mark, plural, when } from "./format.js";
import { tx } from "./tongue.js";

const uri = encodeURIComponent;
const HOURS = [1, 24, 168, 720];

async function begin(secret, value, hours) {
	try {
		await post(`/secrets/${uri(secret)}/rotate`, { value, overlap_seconds: hours * 3600 });
		notice(tx("The key is rotated. Change it at the other end now."));
		return true;
	} catch (e) {
		notice(refusal(e));
		return false;
	}
}

function rotateForm(secret, changed) {
	const ids = { value: fresh("key"), hours: fresh("hours") };
	const value = h("input", { id: ids.value, type: "password", autocomplete: "new-password", required: true });
	const hours = h(
		"select",
		{ id: ids.hours },
		HOURS.map((n) => h("option", { value: n, selected: n === 24 }, n < 48 ? plural(n, "hour") : plural(n / 24, "day"))),
	);
	const submit = async (e) => {
		e.preventDefault();
		if (!(await begin(secret, value.value, Number(hours.value)))) return;
		value.value = "";
		changed();
	};
	return h(
		"form",
		{ submit, class: "choices" },
		h("label", { for: ids.value }, tx("New pre-shared key")),
		value,
		h("label", { for: ids.hours }, tx("Both keys count for")),
		hours,
		h("button", { type: "submit" }, tx("Rotate the key")),
	);
}

// What would be left behind is said first.
function finishDialog(secret, changed) {
	const path = `/secrets/${uri(secret)}/finish-rotation`;
	return openDialog(tx("End the overlap"), async (body, close) => {
		fill(body, h("p", { role: "status" }, tx("Asking what this would do …")));
		const cancel = button(tx("Cancel"), () => close(false));
		try {
			const would = await post(`${path}?dry_run=true`, {});
			const n = would.impact?.ike_sas?.length ?? 0;
			const go = async () => {
				try {
					await post(path, {});
					close(true);
				} catch (e) {
					fill(body, refusal(e), cancel);
				}
				changed();
			};
			fill(
				body,
				h(
					"p",
					null,
					n
						? tx("{} IKE SAs were proven with the previous key. They stay up, but cannot be renegotiated before the other end is changed.", n)
						: tx("No IKE SA was proven with the previous key."),
				),
				h("div", { class: "choices" }, button(tx("End the overlap"), go, { class: n ? "main danger" : "main" }), cancel),
			);
			body.querySelector("button")?.focus();
		} catch (e) {
			fill(body, refusal(e), cancel);
		}
	});
}

const provenBy = {
	current: () => mark("up", "●", tx("has the new key")),
	previous: () => mark("warn", "▲", tx("still has the previous key")),
	gone: () => mark("bad", "✖", tx("has a key that counts no more")),
};

function standing(s, ikes) {
	const up = ikes.filter((sa) => provenBy[sa.psk]);
	const newest = up[up.length - 1];
	if (!s.previous.value_set)
		return h("p", null, tx("One key counts"), " ", h("code", null, s.fingerprint ?? "–"));
	return h(
		"p",
		null,
		tx("Two keys count until"),
		" ",
		when(s.previous.until),
		": ",
		h("code", null, s.fingerprint),
		" ",
		tx("and before it"),
		" ",
		h("code", null, s.previous.fingerprint),
		". ",
		newest ? [tx("The peer"), " ", provenBy[newest.psk]()] : tx("The peer has proven neither yet."),
	);
}

// The part of a peer's page; update(ikes) says how its SAs were proven.
export function rotation(name) {
	const node = h("section", { hidden: true, "aria-label": tx("Pre-shared key") });
	let secret = null;
	let ikes = [];
	let said = "";
	const draw = () => {
		const key = JSON.stringify([secret, ikes.map((sa) => [sa.id, sa.psk])]);
		if (!secret || said === key) return;
		const fresh_ = !said || JSON.parse(said)[0].revision !== secret.revision;
		said = key;
		node.hidden = false;
		if (fresh_)
			fill(
				node,
				h("h2", null, tx("Pre-shared key")),
				h("div"),
				may("admin") ? rotateForm(secret.name, load) : null,
				may("admin") && secret.previous.value_set
					? button(tx("End the overlap"), () => finishDialog(secret.name, load), { class: "small" })
					: null,
			);
		fill(node.querySelector("div"), standing(secret, ikes));
	};
	const load = async () => {
		try {
			const peer = await get(`/peers/${uri(name)}`);
			if (!peer.psk || peer.auth.local !== "psk") return;
			secret = await get(`/secrets/${uri(peer.psk)}`);
			draw();
		} catch {
			node.hidden = true; // the page says elsewhere what is wrong
		}
	};
	load();
	return {
		node,
		load,
		update(now) {
			ikes = now;
			draw();
		},
	};
}
