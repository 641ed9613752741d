// strings.mjs - texts that have broken others (tests/vectors/strings), in every member that is text
//
// Each is sent for every such member of every kind: taken or refused by name, never a fault of
// ours, and nothing is changed by looking. Where one is taken for good it comes back as it went in.
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { tokens } from "./lib.mjs";
import { at, fill, revision, samples } from "./samples.mjs";

const FILE = fileURLToPath(new URL("../vectors/strings/blns.json", import.meta.url));

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	const strings = JSON.parse(fs.readFileSync(FILE, "utf8"));
	t.check(strings.length > 400, `${strings.length} strings`);
	await fill(d, o);
	const before = await revision(d);
	const kinds = (await d.api("GET", "/schema", o)).json.kinds;
	const took = [];
	let n = 0;
	for (const [path, kind] of Object.entries(kinds))
		for (const m of kind.members) {
			if (m.flags.includes("read_only") || ["flag", "number", "uint", "choice"].includes(m.kind) || m.words)
				continue;
			const url = `${kind.single ? `/${path}` : `/${path}/${samples[path].name}`}?dry_run=true`;
			for (let i = 0; i < strings.length; i += 8) { // eight under way at once
				await Promise.all(strings.slice(i, i + 8).map(async (s) => {
					const start = performance.now();
					const a = await d.api("PATCH", url, { ...o, body: at(m.name, m.many ? [s] : s) });
					took.push(performance.now() - start);
					n++;
					t.check(a.status === 200 ? typeof a.json.valid === "boolean" : a.status >= 400 && a.status < 500 && a.isProblem,
						`${url} ${m.name} ${JSON.stringify(s).slice(0, 60)}: ${a.status} ${a.text.slice(0, 200)}`);
				}));
			}
		}
	took.sort((a, b) => a - b);
	console.log(`# ${n} texts, p99 ${took[Math.floor(took.length * 0.99)].toFixed(1)} ms with eight at once`);
	t.check(n > 10000, `${n} are few`);
	t.is(await revision(d), before, "nothing changed");
	await kept(t, d, o, strings);
	await elsewhere(t, d, o, strings);
}

// A description takes what is UTF-8 without control characters, and gives it back.
async function kept(t, d, o, strings) {
	let n = 0;
	for (const s of strings) {
		const a = await d.api("PATCH", "/peers/p1", { ...o, body: { description: s }, headers: { "If-Match": "*" } });
		t.check(a.status === 200 || (a.status === 422 && a.isProblem), `description ${JSON.stringify(s).slice(0, 60)}: ${a.status} ${a.text.slice(0, 120)}`);
		if (a.status !== 200)
			continue;
		n++;
		const got = (await d.api("GET", "/peers/p1", o)).json.description;
		t.is(got ?? "", s, "it came back as it went in");
	}
	t.check(n > 50, `${n} were taken`);
}

// In paths, queries and headers.
async function elsewhere(t, d, o, strings) {
	for (const s of strings) {
		if (!s.isWellFormed?.() && s.isWellFormed)
			continue;
		const e = encodeURIComponent(s);
		for (const url of [`/peers/${e}`, `/peers?name=${e}`, `/peers?q=${e}`, `/events?peer=${e}`, `/peers?cursor=${e}`, `/peers?sort=${e}`]) {
			const a = await d.api("GET", url, o);
			t.check(a.status < 500, `GET ${url.slice(0, 80)}: ${a.status}`);
			t.check(a.status < 400 || a.isProblem || a.status === 414 || a.status === 431, `GET ${url.slice(0, 80)}: ${a.status} is no problem+json`);
		}
	}
}
