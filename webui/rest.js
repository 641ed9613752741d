// rest.js - talking to /api/v1
//
// Adds the session's CSRF token to whatever changes something, turns problem+json into an
// error that pages can show, and tells the shell when the session is over.
// Used by: every page. Keeps: who is signed in.

import { tx } from "./tongue.js";

const BASE = "/api/v1";
const RANKS = ["viewer", "operator", "editor", "admin"];

export const session = { user: null, role: null, csrf: null };
export const may = (role) => RANKS.indexOf(session.role) >= RANKS.indexOf(role);

// Who may write records of a kind: keys and the system view are an admin's.
export const writer = (kind) =>
	kind === "secrets" || kind === "private-keys" || kind.startsWith("settings/") ? "admin" : "editor";

let over = () => {};
export const whenSessionEnds = (f) => {
	over = f;
};
export const sessionOver = () => over();

// A refusal: status, title, detail, errors[] and whatever else the answer said.
export class Problem extends Error {
	constructor(status, body) {
		super(body?.detail || body?.title || tx("The gateway answered {}", status));
		this.status = status;
		this.body = body ?? {};
		this.errors = body?.errors ?? [];
		this.hint = body?.hint ?? this.errors[0]?.hint ?? null;
	}
}

async function read(answer) {
	const type = answer.headers.get("Content-Type") ?? "";
	if (answer.status === 204 || answer.status === 304) return null;
	if (type.startsWith("text/plain") || type.includes("ndjson")) return answer.text();
	if (type.startsWith("application/octet-stream")) return answer.blob();
	return type.includes("json") ? answer.json() : null;
}

// {status, body, etag, next (cursor of lines), date (ms, by the gateway's clock)}; throws Problem for a refusal, TypeError when nobody answers.
export async function call(method, path, body, headers = {}) {
	const o = { method, headers: { Accept: "application/json", ...headers }, cache: "no-store" };
	if (body !== undefined && body !== null) {
		o.headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
		o.body = JSON.stringify(body);
	}
	if (method !== "GET" && session.csrf) o.headers["X-CSRF-Token"] = session.csrf;
	const answer = await fetch(BASE + path, o);
	const value = await read(answer);
	if (answer.status === 401 && path !== "/login" && path !== "/session") over();
	if (!answer.ok && answer.status !== 304) throw new Problem(answer.status, value);
	const date = Date.parse(answer.headers.get("Date") ?? "") || null;
	const { headers: h } = answer;
	return { status: answer.status, body: value, etag: h.get("ETag"), next: h.get("X-Next-Cursor"), date };
}

export const get = async (path) => (await call("GET", path)).body;
export const post = async (path, body) => (await call("POST", path, body)).body;

// Every page of a list; `most` rows are enough for anybody who looks.
export async function list(path, most = 5000) {
	const items = [];
	const mark = path.includes("?") ? "&" : "?";
	let cursor = "";
	do {
		const page = await get(`${path}${mark}limit=1000${cursor}`);
		items.push(...page.items);
		cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
	} while (cursor && items.length < most);
	return items;
}

// Only a hint whether asking who we are is worth it; the session itself is the cookie's.
const HINT = "ikeeper-signed-in";

function adopt(s) {
	if (s) localStorage.setItem(HINT, "yes");
	else localStorage.removeItem(HINT);
	session.user = s?.user ?? null;
	session.role = s?.role ?? null;
	session.csrf = s?.csrf_token ?? null;
}

// Who am I? false: nobody yet.
export async function whoAmI() {
	if (!localStorage.getItem(HINT)) return false;
	try {
		adopt(await get("/session"));
		return true;
	} catch (e) {
		if (!(e instanceof Problem) || e.status !== 401) throw e;
		adopt(null);
		return false;
	}
}

export async function signIn(name, password) {
	adopt(await post("/login", { name, password }));
}

export async function setUp(token, name, password) {
	adopt(await post("/setup", { token, name, password }));
}

export async function signOut() {
	await call("POST", "/logout").catch(() => {});
	adopt(null);
}

let drawn = null;
// Members of every record and the rules; the same for the daemon's whole life.
export async function schema() {
	drawn ??= get("/schema").catch((e) => {
		drawn = null;
		throw e;
	});
	return drawn;
}
