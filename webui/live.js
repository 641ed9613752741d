// live.js - the event stream, one for all tabs
//
// A browser opens six connections to a host over HTTP/1.1; a stream per tab would stop the
// seventh tab from loading. So the tab that holds the lock "ikeeper-live" holds the stream and
// repeats what it hears on a BroadcastChannel; when it closes, the next in line takes over.
// Used by: app.js (state), picture.js and pages (events). Keeps: the stream, the listeners.

import { sessionOver, whoAmI } from "./rest.js";

// Every event name of the stream; EventSource hears only names it was told.
export const EVENTS = [
	"ike_sa.up",
	"ike_sa.down",
	"ike_sa.rekeyed",
	"ike_sa.timeout",
	"child_sa.up",
	"child_sa.down",
	"child_sa.rekeyed",
	"ike_sa.unknown",
	"child_sa.unknown",
	"child_sa.missing",
	"child_sa.errors",
	"child_sa.taken_over",
	"child_sa.failed",
	"peer.up",
	"peer.down",
	"negotiation.started",
	"negotiation.step",
	"negotiation.failed",
	"negotiation.done",
	"peer.auth_failed",
	"peer.psk_changed",
	"peer.asks",
	"trace.started",
	"trace.ended",
	"sa.reset",
	"sa.stale",
	"config.changed",
	"ike_proposal.created",
	"ike_proposal.deleted",
	"tunnel.created",
	"tunnel.deleted",
	"tunnel.enabled",
	"tunnel.disabled",
	"config.waits",
	"config.confirmed",
	"config.went_back",
	"config.canary",
	"config.canary_healthy",
	"config.widened",
	"config.canary_back",
	"secret.previous_ended",
	"user.signed_in",
	"user.sign_in_failed",
	"system.started",
	"system.stopping",
	"certificate.expiring",
	"certificate.expired",
	"exception.expiring",
	"exception.expired",
	"system.snmp",
	"system.snmp_test",
	"system.exhausted",
	"system.slow_turn",
];
const LOCK = "ikeeper-live";
const RETRY_MS = 3000;

const listeners = new Set();
const watchers = new Set();
let channel = null;
let source = null;
let stop = null;
let turn = null;
let leads = false;
let state = "connecting";

// f(name, data): every event, and "picture" and "resync".
export function hear(f) {
	listeners.add(f);
	return () => listeners.delete(f);
}

// f(state): "live", "connecting" or "reconnecting".
export function watchState(f) {
	watchers.add(f);
	f(state);
	return () => watchers.delete(f);
}

function tell(name, data) {
	for (const f of [...listeners]) f(name, data);
}

function become(next) {
	if (state === next) return;
	state = next;
	for (const f of [...watchers]) f(state);
}

function repeat(message) {
	if (leads) channel?.postMessage(message);
}

function event(name, data) {
	tell(name, data);
	repeat({ name, data });
}

function say(next) {
	become(next);
	repeat({ state: next });
}

function read(e) {
	try {
		return JSON.parse(e.data);
	} catch {
		return {};
	}
}

// A refused stream (session over, too many readers) is not tried again by the browser.
function broken(mine) {
	say("reconnecting");
	if (mine.readyState !== EventSource.CLOSED) return;
	setTimeout(async () => {
		const known = await whoAmI().catch(() => true);
		if (source === mine && known) open();
		else if (source === mine) sessionOver();
	}, RETRY_MS);
}

function open() {
	const mine = new EventSource("/api/v1/events/stream");
	source?.close();
	source = mine;
	mine.addEventListener("hello", () => {
		if (state === "reconnecting") event("resync", {});
		say("live");
	});
	mine.addEventListener("error", () => broken(mine));
	for (const name of [...EVENTS, "picture", "resync"])
		mine.addEventListener(name, (e) => event(name, read(e)));
}

// Resolves when this tab gives up leading.
function lead() {
	leads = true;
	open();
	return new Promise((done) => {
		stop = done;
	});
}

function heard(m) {
	if (m.ask && leads) repeat({ state });
	else if (m.state && !leads) become(m.state);
	else if (m.name && !leads) tell(m.name, m.data);
}

export function start() {
	if (channel) return;
	channel = new BroadcastChannel(LOCK);
	channel.onmessage = (e) => heard(e.data);
	channel.postMessage({ ask: true });
	turn = new AbortController();
	if (navigator.locks) navigator.locks.request(LOCK, { signal: turn.signal }, lead).catch(() => {});
	else lead();
}

export function end() {
	source?.close();
	channel?.close();
	turn?.abort();
	stop?.();
	source = channel = stop = turn = null;
	leads = false;
	become("connecting");
}
