// json.mjs - JSON that parsers disagree about, sent as bodies (tests/vectors/json)
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { tokens } from "./lib.mjs";
import { fill, revision } from "./samples.mjs";

const DIR = fileURLToPath(new URL("../vectors/json/", import.meta.url));

// Valid JSON that we refuse all the same: doubled members, and a NUL within a text.
const REFUSED = new Set(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json",
	"y_string_null_escape.json"]);

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };

	await fill(d, o);
	const before = await revision(d);
	const files = fs.readdirSync(DIR).filter((f) => f.endsWith(".json"));
	t.check(files.length > 100, `${files.length} files`);
	for (const f of files) {
		const octets = fs.readFileSync(DIR + f);
		const plain = await d.api("PATCH", "/peers/p1?dry_run=true", { ...o, body: octets });
		t.check(plain.status < 500, `${f}: ${plain.status}`);
		const bad = plain.status === 400 && plain.json.type === "/problems/bad-json";
		if (f.startsWith("n_"))
			t.check(bad || octets.length === 0, `${f} was read: ${plain.status} ${plain.text.slice(0, 120)}`);
		// As a member of an object, since an object is due.
		if (f.startsWith("y_") && !REFUSED.has(f)) {
			const inside = await d.api("PATCH", "/peers/p1?dry_run=true", { ...o, body: Buffer.concat([Buffer.from('{"x":'), octets, Buffer.from("}")]) });
			t.is(inside.status, 200, `${f} within an object: ${inside.text.slice(0, 200)}`);
			t.is(inside.json.valid, false, `${f}: x is no member`);
		}
		if (REFUSED.has(f))
			t.problem(plain, 400, f);
		const real = await d.api("PATCH", "/peers/p1", { ...o, body: octets, headers: { "If-Match": "*" } });
		t.check((real.status >= 400 && real.status < 500) || octets.toString().trim() === "{}", `${f}: ${real.status}`);
	}
	for (const body of ["[".repeat(100000), "[{\"\":".repeat(50000), "{\"a\":".repeat(40000), `"${"\\\"".repeat(100000)}`, `[${"0,".repeat(60000)}0]`, `[${"{},".repeat(60000)}{}]`])
		t.problem(await d.api("PATCH", "/peers/p1", { ...o, body, headers: { "If-Match": "*" } }), /^\[(0|\{\})/.test(body) ? 422 : 400, `${body.slice(0, 10)}... of ${body.length} octets`);
	t.is(await revision(d), before, "nothing changed");
	t.is((await d.api("GET", "/health")).status, 200, "and it lives");
}
