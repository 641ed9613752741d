// resources.mjs - records from birth to end: preconditions, merge patch, dry run, resets, pages
import { tokens } from "./lib.mjs";
import { collections, fill, revision, samples } from "./samples.mjs";

const any = { "If-Match": "*" };

export async function suite(t) {
	const d = t.daemon;
	const all = await tokens(d);
	const o = { token: all.admin.token };
	const admin = { token: all.admin.token };

	await fill(d, o);
	await preconditions(t, o);
	await mergePatch(t, o);
	await secrets(t, o, admin);
	await dryRuns(t, o);
	await references(t, o);
	await builtin(t, o);
	await impacts(t, o);
	await pages(t, o);
	await sas(t, o, { token: all.operator.token });
	await failures(t, o);
	await past(t, o);
	await races(t, o);
	await again(t, o, { token: all.operator.token });
}

async function preconditions(t, o) {
	const d = t.daemon;
	const url = "/peers/p1";
	const first = await d.api("GET", url, o);
	const etag = first.headers.etag;
	t.is(etag, `"${first.json.revision}"`, "the ETag is the revision");
	t.is((await d.api("GET", url, { ...o, headers: { "If-None-Match": etag } })).status, 304, "304 for what is known");
	t.is((await d.api("GET", url, { ...o, headers: { "If-None-Match": '"0"' } })).status, 200, "200 for what is not");
	const before = await revision(d);
	for (const [method, body] of [["PATCH", {}], ["PUT", samples.peers], ["DELETE", undefined]]) {
		const none = await d.api(method, url, { ...o, body });
		t.problem(none, 428, `${method} without If-Match`);
		t.is(none.headers.etag, etag, `${method}: 428 says the ETag`);
		for (const tag of ['"999999"', "0", '"x"', '""', 'W/"7777"', '"1","2"', "nonsense"])
			t.problem(await d.api(method, url, { ...o, body, headers: { "If-Match": tag } }), 412, `${method} with If-Match: ${tag}`);
	}
	const stale = await d.api("PATCH", url, { ...o, body: {}, headers: { "If-Match": '"999999"' } });
	t.is(stale.json.current_revision, first.json.revision, "412 tells the revision that is there");
	t.is(await revision(d), before, "nothing refused made a revision");
	const good = await d.api("PATCH", url, { ...o, body: { description: "one" }, headers: { "If-Match": etag } });
	t.is(good.status, 200, "PATCH with the right ETag");
	t.check(good.json.revision > first.json.revision, "the revision rises");
	t.is(good.headers.etag, `"${good.json.revision}"`, "the answer's ETag is the new one");
	t.problem(await d.api("PATCH", url, { ...o, body: { description: "two" }, headers: { "If-Match": etag } }), 412, "the old ETag");
	t.is((await d.api("GET", url, o)).json.description, "one", "the first writer stays");
	t.is((await d.api("PATCH", url, { ...o, body: { description: "w" }, headers: { "If-Match": `W/${good.headers.etag}` } })).status, 200, "a weak tag of a proxy");
	t.problem(await d.api("POST", "/peers", { ...o, body: samples.peers }), 409, "a name that is taken");
	t.problem(await d.api("PUT", url, { ...o, body: samples.peers, headers: { "If-None-Match": "*" } }), 412, "only if there is none");
	t.problem(await d.api("PUT", "/peers/lost", { ...o, body: { ...samples.peers, name: "lost" }, headers: { "If-Match": '"3"' } }), 412, "PUT of what is gone");
	t.problem(await d.api("PATCH", "/peers/lost", { ...o, body: {}, headers: any }), 404, "PATCH of nothing");
	t.problem(await d.api("DELETE", "/peers/lost", { ...o, headers: any }), 404, "DELETE of nothing");
	const made = await d.api("PUT", "/dpd-profiles/fresh", { ...o, body: { interval_seconds: 40 }, headers: { "If-None-Match": "*" } });
	t.is(made.status, 201, "PUT makes one");
	t.is(made.headers.location, "/api/v1/dpd-profiles/fresh", "Location");
	const list = await d.api("GET", "/dpd-profiles", o);
	t.is(list.headers.etag, `"${list.json.generation}"`, "the ETag of a list is the configuration's revision");
	t.is((await d.api("GET", "/dpd-profiles", { ...o, headers: { "If-None-Match": list.headers.etag } })).status, 304, "304 for a list");
	t.is((await d.api("DELETE", "/dpd-profiles/fresh", { ...o, headers: { "If-Match": made.headers.etag } })).status, 204, "DELETE");
	t.problem(await d.api("GET", "/dpd-profiles/fresh", o), 404, "it is gone");
}

async function mergePatch(t, o) {
	const d = t.daemon;
	const patch = async (body, type) => d.api("PATCH", "/peers/p1", { ...o, body, headers: { ...any, ...(type ? { "Content-Type": type } : {}) } });
	const preset = (await d.api("GET", "/schema", o)).json.kinds.peers.members;
	const one = (name) => preset.find((m) => m.name === name);

	let a = await patch({ description: "x", nat_traversal: "force", ike_proposals: [] }, "application/merge-patch+json");
	t.is(a.status, 200, "merge-patch+json");
	t.is(a.json.nat_traversal, "force", "a member is set");
	a = await patch({ nat_traversal: null, description: null });
	t.is(a.json.nat_traversal, one("nat_traversal").preset, "null is back to the preset");
	t.is(a.json.description, null, "a text without a preset is null");
	t.is(a.json.remote_address, "192.0.2.2", "what is not named stays");
	a = await patch({ remote_id: { type: "fqdn", value: "hub.example" } });
	if (a.status === 422)
		t.check(a.json.errors.every((e) => e.rule), "a refusal names its rule");
	else
		t.is((await patch({ remote_id: null })).json.remote_id.value, null, "null of an object clears what stands in it");
	a = await patch({ ike_proposals: ["i1"] });
	t.is(JSON.stringify(a.json.ike_proposals), '["i1"]', "a list is replaced whole");
	const same = await patch({});
	t.is(same.status, 200, "an empty patch");
	const put = await d.api("PUT", "/peers/p1", { ...o, body: { ...samples.peers, nat_traversal: "force" }, headers: any });
	t.is(put.json.nat_traversal, "force", "PUT sets");
	const back = await d.api("PUT", "/peers/p1", { ...o, body: samples.peers, headers: any });
	t.is(back.json.nat_traversal, one("nat_traversal").preset, "what a PUT leaves out is the preset");
	for (const [body, pointer, rule] of [
		[{ remote_adress: "1.2.3.4" }, "/remote_adress", "member.unknown"],
		[{ local_id: { kind: 1 } }, "/local_id/kind", "member.unknown"],
		[{ local_id: 5 }, "/local_id", "member.type"],
		[{ enabled: "yes" }, "/enabled", "member.type"],
		[{ nat_traversal: "maybe" }, "/nat_traversal", "member.value"],
		[{ name: "other" }, "/name", "member.key"],
		[{ revision: 1 }, "/revision", "member.read_only"],
		[{ changed_by: "me" }, "/changed_by", "member.read_only"],
		[{ remote_address: "not an address!" }, "/remote_address", "member.value"],
		[{ ike_proposals: "i1" }, "/ike_proposals", "member.type"],
		[{ ike_proposals: [1] }, "/ike_proposals/0", "member.type"],
		[{ ike_proposals: ["none-such"] }, "/ike_proposals", "ref.exists"],
		[{ psk: "none-such" }, "/psk", "ref.exists"],
		[{ "a/b~c": 1 }, "/a~1b~0c", "member.unknown"],
	]) {
		const r = await patch(body);
		const what = JSON.stringify(body);
		t.problem(r, 422, what);
		t.check(r.json.errors?.some((e) => e.pointer.startsWith(pointer) && e.rule === rule), `${what}: ${JSON.stringify(r.json.errors)}`);
	}
	const typo = await patch({ remote_adress: "1.2.3.4" });
	t.check(/remote_address/.test(typo.json.errors[0].hint), "a typo is told the word it may have meant");
	const many = await patch({ remote_adress: 1, enabled: "yes", nat_traversal: "maybe" });
	t.is(many.json.errors.length, 3, "all faults come at once");
	const doubled = await d.api("PATCH", "/peers/p1", { ...o, body: '{"description":"a","description":"b"}', headers: any });
	t.problem(doubled, 400, "a doubled member");
	const escaped = await d.api("PATCH", "/peers/p1", { ...o, body: '{"description":"a","\\u0064escription":"b"}', headers: any });
	t.problem(escaped, 400, "a doubled member, once escaped");
	for (const body of ["[]", '"x"', "1", "null", "true", ""])
		t.check([400, 422].includes((await d.api("PATCH", "/peers/p1", { ...o, body, headers: any })).status), `the body ${body || "(empty)"}`);
}

async function secrets(t, o, admin) {
	const d = t.daemon;
	const value = "never to be seen again 0123456789";
	const put = await d.api("PUT", "/secrets/s2", { ...o, body: { type: "psk", value }, headers: any });
	t.is(put.status, 201, "a secret is made");
	t.is(put.json.value_set, true, "value_set");
	t.check(/^[0-9a-f]{16}$/.test(put.json.fingerprint), "a fingerprint");
	const answers = [put];
	for (const [method, url, body] of [["GET", "/secrets"], ["GET", "/secrets/s2"], ["PATCH", "/secrets/s2", { description: "d" }],
		["PATCH", "/secrets/s2?dry_run=true", { value: `${value}x` }], ["PUT", "/secrets/s2?dry_run=true", { type: "psk", value }],
		["PATCH", "/secrets/s2", { value, nonsense: value }], ["PATCH", "/secrets/s2", { type: value }], ["POST", "/secrets", { name: "s2", type: "psk", value }],
		["GET", "/history"], ["GET", "/events"], ["GET", "/settings"], ["GET", "/schema"]])
		answers.push(await d.api(method, url, { ...(url === "/history" ? admin : o), body, headers: any }));
	for (const a of answers)
		t.check(!a.text.includes("never to be seen") || a.status === 422, `an answer shows a secret: ${a.text.slice(0, 200)}`);
	for (const a of answers.filter((x) => x.status === 422))
		t.check(!a.text.includes(`"${value}"`), `a refusal quotes a secret: ${a.text.slice(0, 200)}`);
	const mark = async () => (await d.api("GET", "/secrets/s2", o)).json.fingerprint;
	const before = await mark();
	t.is((await d.api("PATCH", "/secrets/s2", { ...o, body: { value }, headers: any })).json.fingerprint, before, "the same value, the same fingerprint");
	t.check((await d.api("PATCH", "/secrets/s2", { ...o, body: { value: "another one" }, headers: any })).json.fingerprint !== before, "another value, another one");
	const kept = await mark();
	t.is((await d.api("PUT", "/secrets/s2", { ...o, body: { type: "psk" }, headers: any })).json.fingerprint, kept, "a PUT without the value keeps it");
	const cleared = await d.api("PATCH", "/secrets/s2", { ...o, body: { value: null }, headers: any });
	t.is(cleared.json.value_set, false, "null clears it");
	t.is(cleared.json.fingerprint, null, "and its fingerprint");
	for (const bad of ["", 5, true, [], {}, "x".repeat(300)])
		t.problem(await d.api("PATCH", "/secrets/s2", { ...o, body: { value: bad }, headers: any }), 422, `value ${JSON.stringify(bad).slice(0, 20)}`);
	t.problem(await d.api("PATCH", "/secrets/s2", { ...o, body: { fingerprint: "0000000000000000" }, headers: any }), 422, "a fingerprint cannot be written");
	t.is((await d.api("DELETE", "/secrets/s2", { ...o, headers: any })).status, 204, "a secret goes");
}

async function dryRuns(t, o) {
	const d = t.daemon;
	const before = await revision(d);
	for (const path of collections) {
		const body = { ...samples[path], name: "dry", ...(path === "ike-proposals" ? { number: 77 } : {}), ...(path === "peers" ? { remote_address: "192.0.2.77" } : {}) };
		const a = await d.api("POST", `/${path}?dry_run=true`, { ...o, body });
		t.is(a.status, 200, `dry POST /${path}`);
		t.is(a.json.valid, true, `dry POST /${path} is valid: ${JSON.stringify(a.json.errors)}`);
		t.check(a.json.record?.name === "dry", `dry POST /${path} shows the record`);
		t.problem(await d.api("GET", `/${path}/dry`, o), 404, `dry POST /${path} made nothing`);
		const bad = await d.api("POST", `/${path}?dry_run=true`, { ...o, body: { name: "dry", nonsense: 1 } });
		t.is(bad.status, 200, `dry POST of rubbish to /${path}`);
		t.is(bad.json.valid, false, "is not valid");
		t.check(bad.json.errors.length > 0, "and says why");
	}
	const a = await d.api("PATCH", "/peers/p1?dry_run=true", { ...o, body: { exchange_mode: "aggressive", description: "d" } });
	t.is(a.status, 200, "a dry PATCH needs no If-Match");
	const mode = a.json.changes.find((c) => c.member === "exchange_mode");
	t.is(mode?.from, "main", "from");
	t.is(mode?.to, "aggressive", "to");
	t.check(["reset_ike", "next_negotiation"].includes(mode?.impact), `impact of exchange_mode: ${mode?.impact}`);
	const del = await d.api("DELETE", "/tunnels/t1?dry_run=true", o);
	t.is(del.json.valid, true, "a dry DELETE");
	t.is(del.json.record, null, "after it there is no record");
	t.is((await d.api("DELETE", "/secrets/s1?dry_run=true", o)).json.valid, false, "a dry DELETE of what is in use");
	t.problem(await d.api("PATCH", "/peers/p1?dry_run=perhaps", { ...o, body: {} }), 400, "dry_run=perhaps");
	t.problem(await d.api("PATCH", "/peers/p1?reset=all", { ...o, body: {}, headers: any }), 400, "reset=all is POST /resets");
	t.is(await revision(d), before, "dry runs make no revision");
}

async function references(t, o) {
	const d = t.daemon;
	const a = await d.api("DELETE", "/secrets/s1", { ...o, headers: any });
	t.problem(a, 409, "a secret in use");
	t.check(a.json.referrers?.some((r) => r.kind === "peers" && r.name === "p1"), `who refers to it: ${JSON.stringify(a.json.referrers)}`);
	for (const [path, name] of [["ike-proposals", "i1"], ["ipsec-proposals", "e1"], ["peers", "p1"]])
		t.problem(await d.api("DELETE", `/${path}/${name}`, { ...o, headers: any }), 409, `DELETE /${path}/${name} in use`);
}

async function builtin(t, o) {
	const d = t.daemon;
	const list = (await d.api("GET", "/ike-proposals", o)).json.items;
	t.check(list.some((p) => p.name === "default"), "the built-in proposal is always there");
	t.check(list.every((p, i) => !i || p.number > list[i - 1].number), "proposals come by priority");
	for (const [method, body] of [["PATCH", { key_length: 256 }], ["PUT", samples["ike-proposals"]], ["DELETE", undefined]])
		t.problem(await d.api(method, "/ike-proposals/default", { ...o, body: body && { ...body, name: "default" }, headers: any }), 422, `${method} of the built-in`);
	const settings = (await d.api("GET", "/settings", o)).json;
	t.check(["ike", "keepalive", "ipsec", "api", "snmp", "logging"].every((k) => settings[k]), "all settings");
	t.problem(await d.api("DELETE", "/settings/ike", { ...o, headers: any }), 405, "settings cannot be deleted");
}

async function impacts(t, o) {
	const d = t.daemon;
	await d.tell("sas 5");
	const sas = (await d.api("GET", "/ike-sas", o)).json.items;
	const { peer, id } = sas[1];
	const made = await d.api("PUT", `/peers/${peer}`, { ...o, body: { ...samples.peers, name: peer, remote_address: "192.0.2.50" }, headers: any });
	t.is(made.status, 201, `a peer that has SAs: ${made.text.slice(0, 200)}`);
	const dry = await d.api("PATCH", `/peers/${peer}?dry_run=true`, { ...o, body: { remote_address: "192.0.2.51" } });
	t.is(JSON.stringify(dry.json.impact.ike_sas.map((s) => s.id)), JSON.stringify([id]), "the preview names the IKE SA");
	t.is(JSON.stringify(dry.json.impact.child_sas.map((s) => s.id)), JSON.stringify([id]), "and its child");
	t.is(dry.json.impact.unaffected_ike_sas, 4, "and how many stay");
	const kept = await d.api("PATCH", `/peers/${peer}`, { ...o, body: { remote_address: "192.0.2.51" }, headers: any });
	t.is(kept.json.impact.ike_sas[0].id, id, "a write without reset tells what is stale now");
	t.check(!("reset" in kept.json), "and resets nothing");
	const a = await d.api("PATCH", `/peers/${peer}?reset=affected&comment=new%20address`, { ...o, body: { remote_address: "192.0.2.52" }, headers: any });
	t.is(a.json.reset.ike_sas, 1, "reset.ike_sas");
	t.is(a.json.reset.child_sas, 1, "reset.child_sas");
	t.is(a.json.reset.notices, 2, "reset.notices");
	t.is(a.json.reset.results[0].type, "child_sa", "children first");
	t.is(a.json.reset.results[1].result, "deleted", "each with its result");
	t.check(a.json.revision > made.json.revision, "beside the record");
	t.is((await d.api("GET", "/ike-sas", o)).json.items.length, 4, "exactly one SA is gone");
	t.is((await d.api("DELETE", `/peers/${peer}`, { ...o, headers: any })).status, 204, "the peer goes");
}

async function pages(t, o) {
	const d = t.daemon;
	const names = Array.from({ length: 25 }, (_, i) => `page-${String(i).padStart(2, "0")}`);
	for (const [i, name] of names.entries())
		await d.api("PUT", `/dpd-profiles/${name}`, { ...o, body: { interval_seconds: 10 + (i % 5), retry_seconds: 2 }, headers: any });
	const walk = async (query, meanwhile) => {
		const got = [];
		let cursor = null;
		for (let n = 0; n < 40; n++) {
			const a = await d.api("GET", `/dpd-profiles?limit=4${query}${cursor ? `&cursor=${cursor}` : ""}`, o);
			if (!t.is(a.status, 200, `a page of ${query}: ${a.text.slice(0, 200)}`))
				break;
			t.check(a.json.items.length <= 4, "no page is longer than its limit");
			got.push(...a.json.items.map((x) => x.name));
			cursor = a.json.next_cursor;
			if (n === 1)
				await meanwhile?.();
			if (!cursor)
				break;
		}
		return got;
	};
	const plain = await walk("");
	t.is(JSON.stringify(plain), JSON.stringify([...plain].sort()), "by name");
	t.check(names.every((n) => plain.includes(n)) && new Set(plain).size === plain.length, "each once");
	const down = await walk("&sort=-interval_seconds");
	t.check(names.every((n) => down.includes(n)) && new Set(down).size === down.length, "sorted: each once");
	const whole = (await d.api("GET", "/dpd-profiles?limit=1000&sort=-interval_seconds", o)).json.items;
	t.is(JSON.stringify(down), JSON.stringify(whole.map((x) => x.name)), "pages are the list cut in pieces");
	t.check(whole.every((x, i) => !i || x.interval_seconds <= whole[i - 1].interval_seconds), "in the order asked for");
	// Rows that come and go between two pages neither double nor hide others.
	const moving = await walk("", async () => {
		await d.api("DELETE", "/dpd-profiles/page-03", { ...o, headers: any });
		await d.api("DELETE", "/dpd-profiles/page-20", { ...o, headers: any });
		await d.api("PUT", "/dpd-profiles/aaa", { ...o, body: { interval_seconds: 10, retry_seconds: 2 }, headers: any });
	});
	t.check(new Set(moving).size === moving.length, "nothing comes twice");
	t.check(names.filter((n) => n !== "page-20" && n !== "page-03").every((n) => moving.includes(n)), "nothing that stayed is lost");
	const filtered = await d.api("GET", "/dpd-profiles?interval_seconds=12&count=true&limit=2", o);
	t.is(filtered.json.total, 5, "count=true counts what fits the filter");
	t.check(filtered.json.items.every((x) => x.interval_seconds === 12), "a filter");
	t.is((await d.api("GET", "/dpd-profiles?name=page-1*", o)).json.items.length, 10, "a filter with a star");
	const several = (await d.api("GET", "/dpd-profiles?interval_seconds=11,12&count=true", o)).json;
	t.is(several.total, 10, "several values with commas");
	t.is((await d.api("GET", "/dpd-profiles?q=AGE-1&limit=1000", o)).json.items.length, 10, "a search, capitals or not");
	t.is((await d.api("GET", "/dpd-profiles?q=page-%20nowhere", o)).json.items.length, 0, "a search of two words wants both");
	const few = await d.api("GET", "/dpd-profiles?fields=name,revision&limit=1", o);
	t.is(JSON.stringify(Object.keys(few.json.items[0])), '["name","revision"]', "fields=");
	for (const q of ["limit=0", "limit=1001", "limit=x", "limit=-1", "cursor=zz", "cursor=00", "cursor=0a0a", "sort=nothing", "fields=nothing",
		"interval_seconds=x", "mode=never", "count=maybe", "unknown=1", "limit=1&limit=2"])
		t.problem(await d.api("GET", `/dpd-profiles?${q}`, o), 400, `?${q}`);
	const unknown = await d.api("GET", "/dpd-profiles?unknown=1", o);
	t.is(unknown.json.errors?.[0]?.rule, "query.unknown", "the rule of an unknown query member");
	const page = await d.api("GET", "/dpd-profiles?limit=4", o);
	t.problem(await d.api("GET", `/dpd-profiles?limit=4&sort=mode&cursor=${page.json.next_cursor}`, o), 400, "a cursor of another order");
	for (const name of [...names, "aaa"])
		await d.api("DELETE", `/dpd-profiles/${name}`, { ...o, headers: any });
}

async function sas(t, o, operator) {
	const d = t.daemon;
	await d.tell("sas 50");
	const list = (await d.api("GET", "/ike-sas?limit=1000", o)).json.items;
	t.is(list.length, 50, "50 IKE SAs");
	const { id, peer } = list[10];
	const one = await d.api("GET", `/ike-sas/${id}`, o);
	t.is(one.json.child_sas[0]?.ike_sa, id, "an IKE SA brings its children");
	t.is((await d.api("GET", `/ike-sas?peer=${peer}`, o)).json.items[0].id, id, "?peer=");
	t.is((await d.api("GET", `/child-sas?tunnel=tunnel-${id}`, o)).json.items[0].id, id, "?tunnel=");
	const stale = (await d.api("GET", "/ike-sas?stale=true&limit=1000", o)).json.items;
	t.check(stale.length > 0 && stale.every((s) => s.stale), "?stale=true");
	t.is((await d.api("GET", "/ike-sas?state=established&count=true&limit=1", o)).json.total, 50, "?state=");
	t.problem(await d.api("GET", "/ike-sas?state=nonsense", o), 400, "a state there is not");
	t.check(/^0x[0-9a-f]{8}$/.test(one.json.child_sas[0].spi_in), "SPIs are hex");
	let cursor = "";
	const walked = [];
	do {
		const a = (await d.api("GET", `/ike-sas?limit=7${cursor && `&cursor=${cursor}`}`, o)).json;
		walked.push(...a.items.map((s) => s.id));
		cursor = a.next_cursor ?? "";
	} while (cursor);
	t.is(JSON.stringify(walked), JSON.stringify(list.map((s) => s.id)), "pages of SAs");
	for (const bad of ["0", "x", "99999999999999999999", "4294967296", "-1", "1e3", "%20"])
		t.problem(await d.api("GET", `/ike-sas/${bad}`, o), 404, `/ike-sas/${bad}`);
	const reset = (body, more) => d.api("POST", `/resets${more ?? ""}`, { ...operator, body });
	for (const [body, pointer] of [[{}, "/scope"], [{ scope: {} }, "/scope"], [{ scope: { all: true, stale: true } }, "/scope"], [{ scope: { al: true } }, "/scope"],
		[{ scope: { all: false } }, "/scope/all"], [{ scope: { peer: 5 } }, "/scope/peer"], [{ scope: { peer: "no-such" } }, "/scope/peer"],
		[{ scope: { tunnel: "no-such" } }, "/scope/tunnel"], [{ scope: { ike_sa: 0 } }, "/scope/ike_sa"], [{ scope: { ike_sa: "1" } }, "/scope/ike_sa"],
		[{ scope: { spi: "c0000001" } }, "/scope/spi"], [{ scope: { spi: "0x" } }, "/scope/spi"], [{ scope: { spi: "4294967296" } }, "/scope/spi"], [{ scope: { spi: 0 } }, "/scope/spi"], [{ scope: { spi: "0" } }, "/scope/spi"],
		[{ scope: { connection: 0 } }, "/scope/connection"], [{ scope: { connection: "7" } }, "/scope/connection"], [{ scope: { spi: "0x123456789" } }, "/scope/spi"],
		[{ scope: { spi: {} } }, "/scope/spi/dst"], [{ scope: { spi: { dst: "gw", protocol: "esp", spi: "0x1" } } }, "/scope/spi/dst"],
		[{ scope: { spi: { dst: "192.0.2.1", protocol: "ah", spi: "0x1" } } }, "/scope/spi/protocol"], [{ scope: { spi: { dst: "192.0.2.1", spi: "0x1" } } }, "/scope/spi/protocol"],
		[{ scope: { spi: { dst: "192.0.2.1", protocol: "esp", spi: "1x" } } }, "/scope/spi/spi"], [{ scope: { spi: { dst: "192.0.2.1", protocol: "esp", spi: "0x1", a: 1 } } }, "/scope/spi"],
		[{ scope: { remote_address: "10.0.0.0/8" } }, "/scope/remote_address"], [{ scope: "all", level: "none" }, "/level"],
		[{ scope: "all", notify_peer: 1 }, "/notify_peer"], [{ scope: "all", reinitiate: true }, "/reinitiate"], [{ scope: "all", dry_run: "yes" }, "/dry_run"],
		[{ scope: "all", comment: 1 }, "/comment"], [{ scope: "all", nonsense: 1 }, ""], [{ scope: "nothing" }, "/scope"], [[], ""]]) {
		const a = await reset(body);
		t.problem(a, 422, `POST /resets ${JSON.stringify(body)}`);
		t.check(a.json.errors.some((e) => e.pointer === pointer), `${JSON.stringify(body)}: ${JSON.stringify(a.json.errors)}`);
	}
	const would = await reset({ scope: { peer }, dry_run: true });
	t.is(would.json.results.length, 2, "a dry reset tells what it would do");
	t.is(would.json.results[0].result, "would_delete", "would_delete");
	const pair = one.json.child_sas[0];
	const by = async (spi) => (await reset({ scope: { spi }, dry_run: true })).json.results.length;
	t.is(await by(pair.spi_in), 2, "an SPI at either end");
	t.is(await by(String(Number(pair.spi_in))), 2, "as a decimal");
	t.is(await by(Number(pair.spi_in)), 2, "as a number");
	t.is((await reset({ scope: { connection: 4000000 } })).status, 404, "a connection nobody has");
	t.check((await reset({ scope: { connection: pair.id }, dry_run: true })).json.results.some((x) => x.id === pair.id), "a pair by its connection id");
	t.is(await by({ dst: pair.local_address, protocol: "esp", spi: pair.spi_in }), 2, "ours, at our end");
	t.is(await by({ dst: pair.remote_address, protocol: "esp", spi: pair.spi_out }), 2, "the peer's, at its end");
	t.is(await by({ dst: pair.remote_address, protocol: "esp", spi: pair.spi_in }), 0, "ours, at the peer's end");
	t.is((await reset({ scope: "all" }, "?dry_run=true")).json.ike_sas, 50, "dry by the query");
	t.is((await d.api("GET", "/ike-sas?count=true&limit=1", o)).json.total, 50, "nothing went");
	const did = await reset({ scope: { peer }, level: "both", notify_peer: true, reinitiate: "never", comment: "a test\nwith a line" });
	t.is(did.status, 200, "a reset");
	t.is(did.json.ike_sas, 1, "of one IKE SA");
	t.is(did.json.results[0].type, "child_sa", "children first");
	const single = await d.api("DELETE", `/ike-sas/${list[20].id}`, operator);
	t.is(single.json.ike_sas, 1, "DELETE of an IKE SA is its reset");
	t.problem(await d.api("DELETE", `/ike-sas/${list[20].id}`, operator), 404, "once");
	t.is((await d.api("DELETE", `/child-sas/${list[21].id}?force=true`, operator)).status, 200, "DELETE of a child");
	t.is((await reset({ scope: { stale: true } })).json.ike_sas, stale.filter((s) => ![list[20].id, list[21].id, id].includes(s.id)).length, "the stale ones");
	const start = await d.api("POST", "/tunnels/t1/initiate", operator);
	t.is(start.status, 202, "initiate");
	t.is(start.headers.location, `/api/v1/negotiations/${start.json.negotiation}`, "Location of the negotiation");
	const story = await d.api("GET", `/negotiations/${start.json.negotiation}`, o);
	t.is(story.json.tunnel, "t1", "its story");
	t.check(Array.isArray(story.json.steps) && story.json.steps.length > 0, "step by step");
	t.problem(await d.api("POST", "/tunnels/none/initiate", operator), 404, "a tunnel there is not");
	t.problem(await d.api("POST", "/tunnels/t1/initiate", { ...operator, body: { fast: true } }), 422, "nothing to be said");
	const peers = await d.api("POST", "/peers/p1/initiate", operator);
	t.is(peers.json.tunnels[0].tunnel, "t1", "every tunnel of a peer");
	t.problem(await d.api("POST", "/peers/none/initiate", operator), 404, "a peer there is not");
	t.is((await d.api("GET", "/tunnels/t1/status", o)).json.name, "t1", "status of a tunnel");
	t.is((await d.api("GET", "/peers/p1/status", o)).json.name, "p1", "status of a peer");
	t.problem(await d.api("GET", "/peers/none/status", o), 404, "status of none");
	t.check((await d.api("GET", "/tunnel-status", o)).json.items.some((x) => x.name === "t1"), "every tunnel has a status");
	const fast = await Promise.all(Array.from({ length: 40 }, () => d.api("GET", "/ike-sas?limit=1", o)));
	t.check(fast.every((a) => a.status === 200), "many at once");
	const counters = [await d.api("GET", "/counters", o), await d.api("GET", "/counters", o)];
	t.check(counters.every((a) => a.status === 200 && a.json.ike_sas >= 0), "counters");
}

async function failures(t, o) {
	const d = t.daemon;
	const before = await revision(d);
	await d.tell("fail 1");
	const a = await d.api("PATCH", "/peers/p1", { ...o, body: { description: "lost" }, headers: any });
	t.problem(a, 500, "the store fails");
	t.is(await revision(d), before, "and nothing is adopted");
	t.check((await d.api("GET", "/peers/p1", o)).json.description !== "lost", "nor shown");
	t.is((await d.api("PATCH", "/peers/p1", { ...o, body: { description: "kept" }, headers: any })).status, 200, "afterwards it works");
}

async function audit(t, o) {
	const d = t.daemon;
	const one = (await d.api("GET", "/audit?action=update&object=peers/p1&limit=1", o)).json.items[0];
	t.is(one?.object, "peers/p1", "a change is on record");
	t.is(one?.request_id, "req-12345678", "with its request");
	t.is((await d.api("GET", `/audit?actor=${encodeURIComponent(one?.actor)}&object=peers`, o)).json.items[0]?.number, one?.number, "found by who and kind");
	t.is((await d.api("GET", "/audit?actor=no-such-person", o)).json.items.length, 0, "nobody's acts");
	for (const url of ["/audit?action=nonsense", "/audit?who=x", "/audit/verify?x=1"])
		t.problem(await d.api("GET", url, o), 400, url);
	const lines = await d.api("GET", "/audit?limit=2", { ...o, headers: { Accept: "application/x-ndjson" } });
	t.is(lines.headers["content-type"], "application/x-ndjson", "lines for who accepts them");
	const rows = lines.text.trimEnd().split("\n").map((l) => JSON.parse(l));
	t.check(rows.length === 2 && rows[0].number === rows[1].number + 1, `two of them, newest first: ${lines.text}`);
	t.is(lines.headers["x-next-cursor"], String(rows[1].number), "and where they go on");
	const none = await d.api("GET", "/audit?actor=no-such-person", { ...o, headers: { Accept: "application/x-ndjson" } });
	t.check(none.status === 200 && none.text === "", "no line for nobody");
	const said = (await d.api("GET", "/audit/verify", o)).json;
	t.check(said.whole && said.rows >= rows[0].number && said.broken_at === null, `whole: ${JSON.stringify(said)}`);
}

// What was asked for earlier in this suite is on record; what was refused or tried dry is not.
async function acts(t, o) {
	const d = t.daemon;
	const sa = (await d.api("GET", "/ike-sas?limit=1", o)).json.items[0]?.id;
	const renewed = sa && (await d.api("POST", `/ike-sas/${sa}/rekey`, o)).status === 202;
	const items = (await d.api("GET", "/audit?limit=1000", o)).json.items;
	const on = (action, object) => items.filter((x) => x.action === action && x.object === object);
	t.check(on("initiate", "tunnels/t1").length > 0, "a tunnel was started");
	t.check(on("initiate", "peers/p1").length > 0, "and a peer's");
	t.is(on("initiate", "tunnels/none").length, 0, "one there is not, was not");
	t.is(items.find((x) => x.action === "reset" && x.object.startsWith("peers/"))?.after.level, "both", "a reset");
	if (renewed)
		t.is(on("rekey", `ike-sas/${sa}`).length, 1, "a rekey");
}

async function past(t, o) {
	const d = t.daemon;
	await d.api("PATCH", "/peers/p1?comment=because", { ...o, body: { description: "h" }, headers: { ...any, "X-Request-Id": "req-12345678" } });
	const h = (await d.api("GET", "/history?limit=1", o)).json;
	t.is(h.items[0].name, "p1", "the newest change first");
	t.is(h.items[0].comment, "because", "its comment");
	t.is(h.items[0].request_id, "req-12345678", "its request");
	t.check(/^token:contract-admin/.test(h.items[0].who), `who: ${h.items[0].who}`);
	t.check((await d.api("GET", "/history?kind=peers&name=p1&limit=500", o)).json.items.every((x) => x.kind === "peers" && x.name === "p1"), "filters");
	t.problem(await d.api("GET", "/history?kind=nonsense", o), 400, "a kind there is not");
	await audit(t, o);
	await acts(t, o);
	for (const url of ["/history", "/events", "/negotiations", "/audit"]) {
		const seen = [];
		let cursor = "";
		for (let n = 0; n < 200; n++) {
			const a = await d.api("GET", `${url}?limit=3${cursor && `&cursor=${cursor}`}`, o);
			if (!t.is(a.status, 200, url))
				break;
			seen.push(...a.json.items.map((x) => x.id ?? x.seq ?? x.number));
			cursor = a.json.next_cursor ?? "";
			if (!cursor || seen.length > 60)
				break;
		}
		t.check(seen.every((x, i) => !i || x < seen[i - 1]), `${url} falls: ${seen.slice(0, 10)}`);
		for (const q of ["cursor=x", "cursor=0", "limit=0", "limit=5000", "nonsense=1"])
			t.problem(await d.api("GET", `${url}?${q}`, o), 400, `${url}?${q}`);
	}
	await d.tell("tell 10");
	t.check((await d.api("GET", "/events?event=child_sa.up&limit=3", o)).json.items.every((e) => e.event === "child_sa.up"), "?event=");
	t.problem(await d.api("GET", "/events?event=nonsense", o), 400, "an event there is not");
	t.problem(await d.api("GET", "/negotiations?verdict=perhaps", o), 400, "a verdict there is not");
	t.check((await d.api("GET", "/negotiations?verdict=failed&peer=p1", o)).json.items.length > 0, "stories of a peer");
	t.problem(await d.api("GET", "/negotiations/999999", o), 404, "a story there is not");
}

// Many writers of one record: each revision once, the number of writes is the number of 200s.
async function races(t, o) {
	const d = t.daemon;
	const before = await revision(d);
	const tag = (await d.api("GET", "/peers/p1", o)).headers.etag;
	const one = await Promise.all(Array.from({ length: 12 }, (_, i) => d.api("PATCH", "/peers/p1", { ...o, body: { description: `r${i}` }, headers: { "If-Match": tag } })));
	t.is(one.filter((a) => a.status === 200).length, 1, "one of twelve with the same ETag wins");
	t.is(one.filter((a) => a.status === 412).length, 11, "the others hear 412");
	const all = await Promise.all(Array.from({ length: 12 }, (_, i) => d.api("PATCH", "/peers/p1", { ...o, body: { description: `a${i}` }, headers: any })));
	const good = all.filter((a) => a.status === 200);
	t.check(good.length >= 3 && all.every((a) => a.status === 200 || a.status === 412), `with * they queue: ${all.map((a) => a.status)}`);
	t.is(new Set(good.map((a) => a.json.revision)).size, good.length, "each write has a revision of its own");
	t.is(await revision(d), before + 1 + good.length, "and no revision was made for nothing");
	const made = await Promise.all(Array.from({ length: 8 }, () => d.api("POST", "/dpd-profiles", { ...o, body: { name: "race" } })));
	t.is(made.filter((a) => a.status === 201).length, 1, "one of eight makes it");
	t.is(made.filter((a) => a.status === 409).length, 7, "the others hear 409");
}

// The same POST under the same key is done once.
async function again(t, o, operator) {
	const d = t.daemon;
	const key = (k) => ({ "Idempotency-Key": k });
	const post = (k, body, more = {}) => d.api("POST", "/dpd-profiles", { ...o, body, headers: key(k), ...more });
	const first = await post("one", { name: "once" });
	t.is(first.status, 201, "the first");
	const before = await revision(d);
	const second = await post("one", { name: "once" });
	t.is(second.status, 201, "the second has the same answer");
	t.is(second.text, first.text, "word for word");
	t.is(second.headers.location, first.headers.location, "with its Location");
	t.is(second.headers["idempotency-replayed"], "true", "and says so");
	t.is(await revision(d), before, "nothing was done twice");
	t.problem(await post("one", { name: "other" }), 422, "the same key with another body");
	t.problem(await post("two", { name: "once" }), 409, "another key");
	t.is((await post("two", { name: "once" })).headers["idempotency-replayed"], "true", "whose refusal is kept too");
	t.problem(await d.api("POST", "/dpd-profiles", { ...o, body: { name: "x" }, headers: key("x".repeat(129)) }), 400, "a key that is too long");
	const bad = await post("three", { name: "once", nonsense: 1 });
	t.is(bad.status, 409, "refusals come as they would");
	await d.tell("fail 1");
	t.problem(await post("four", { name: "later" }), 500, "what failed by our fault");
	t.is((await post("four", { name: "later" })).status, 201, "is tried again");
	const many = await Promise.all(Array.from({ length: 10 }, () => post("five", { name: "many" }, { agent: false })));
	t.check(many.every((a) => a.status === 201 || a.status === 503), `ten at once: ${many.map((a) => a.status)}`);
	t.check(many.some((a) => a.status === 201), "one of them is done");
	t.is((await d.api("GET", "/history?kind=dpd-profiles&name=many", o)).json.items.length, 1, "once");
	const start = () => d.api("POST", "/tunnels/t1/initiate", { ...operator, headers: key("six") });
	t.is((await start()).json.negotiation, (await start()).json.negotiation, "a tunnel is started once");
	for (let i = 0; i < 1100; i += 50)
		await Promise.all(Array.from({ length: 50 }, (_, k) => d.api("POST", "/resets", { ...operator, body: { scope: "all", dry_run: true }, headers: key(`n${i + k}`) })));
	t.problem(await post("one", { name: "once" }), 409, "a thousand later it is forgotten, and the name is taken");
	for (const name of ["once", "later", "many"])
		await d.api("DELETE", `/dpd-profiles/${name}`, { ...o, headers: any });
}
