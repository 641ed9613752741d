// simulate.mjs - what a play with the other end's configuration says is what the real engines say
import { sleep, until } from "./gateways.mjs";
import { newest } from "./stories.mjs";

export const spokes = 1;

const base = { key: "between hub and s0", ike: "aes256-sha256-modp2048", esp: "aes128-sha256", mode: "", local_ts: "10.1.0.0/24", remote_ts: "10.0.0.0/24", id: "127.0.0.2" };

const text = (o) => `connections {
  hub {
    version = 1
    local_addrs = 127.0.0.2
    remote_addrs = 127.0.0.1
    proposals = ${o.ike}
    ${o.mode}
    local { auth = psk
      id = ${o.id} }
    remote { auth = psk
      id = 127.0.0.1 }
    children { net { local_ts = ${o.local_ts}
      remote_ts = ${o.remote_ts}
      esp_proposals = ${o.esp}
      mode = tunnel } }
  }
}
secrets { ike-1 { id = 127.0.0.1
    secret = "${o.key}" } }
`;

export async function play(t, lab) {
	const { hub } = lab;
	const [spoke] = lab.spokes;

	await hub.good("DELETE", "/tunnels/s0-1");
	const simulate = async (o) => hub.good("POST", "/peers/s0/simulate", { from: "swanctl", text: text({ ...base, ...o }) });
	await hub.good("PATCH", "/settings/ike", { retransmit_seconds: 1, retransmit_tries: 2 });
	const up = await simulate({});
	t.is(up.verdict, "up", `all is well: ${up.text} ${JSON.stringify(up.notes)}`);
	t.check(up.there.length >= 2 && up.here.some((s) => s.exchange === "quick" && s.verdict === "up"), "both ends tell it");
	const before = (await hub.good("GET", "/negotiations")).items.length;

	// The third is what the play says where it knows more: a real end that falls silent, or refuses without
	// a word why, leaves us guessing.
	const cases = [
		[{ key: "between hub and s1" }, ["/secrets/hub", { value: "between hub and s1" }], "authentication-failed,remote,psk"],
		[{ esp: "aes256-sha256" }, ["/ipsec-proposals/esp", { key_length: 256 }]],
		[{ esp: "aes128-sha1" }, ["/ipsec-proposals/esp", { integrity_algorithm: "sha1", allow_weak: true }]],
		[{ esp: "aes128-sha256-modp2048" }, ["/ipsec-proposals/esp", { pfs_group: "modp2048" }]],
		[{ local_ts: "10.9.0.0/24" }, ["/tunnels/hub-0", { local_ts: ["10.9.0.0/24"] }], "no-matching-tunnel,remote,remote_ts"],
		[{ remote_ts: "10.8.0.0/24" }, ["/tunnels/hub-0", { remote_ts: ["10.8.0.0/24"] }], "no-matching-tunnel,remote,local_ts"],
	];
	for (const [theirs, [where, real], knows] of cases) {
		const said = await simulate(theirs);
		const was = await spoke.good("GET", where);
		await spoke.good("PATCH", where, real);
		await hub.stop(); // what it heard of the spoke before would colour its verdict
		await hub.start();
		await spoke.good("POST", "/resets", { scope: { all: true }, reinitiate: "never" });
		const { negotiation } = await hub.good("POST", "/tunnels/s0-0/initiate");
		await until(`${where} ends`, 60000, async () => (await hub.good("GET", `/negotiations/${negotiation}`)).verdict !== "running");
		await sleep(300);
		const all = (await hub.good("GET", "/negotiations?verdict=failed&peer=s0")).items.filter((s) => s.id >= negotiation);
		const story = all.at(-1);
		t.is(said.verdict, "failed", `${where}: ${said.text}`);
		t.is([said.reason, said.side, said.field].join(), knows ?? [story.reason, story.side, story.field].join(), `${where} ${JSON.stringify(real)}: the play says "${said.text}", the engines "${story.text}"`);
		t.check(!JSON.stringify(said).includes(base.key), "no key in the answer");
		const back = Object.fromEntries(Object.keys(real).map((k) => [k, where.startsWith("/secrets") ? base.key : was[k]]));
		await spoke.good("PATCH", where, back);
	}
	await records(t, hub, spoke);
	for (const [peer, body, status] of [["nobody", { from: "swanctl", text: "x" }, 404], ["s0", { from: "klingon", text: "x" }, 422], ["s0", { from: "swanctl" }, 422], ["s0", { from: "swanctl", text: "nothing {}" }, 422]])
		t.is((await hub.ask("POST", `/peers/${peer}/simulate`, body)).status, status, JSON.stringify(body));
	t.check((await hub.good("GET", "/negotiations")).items.length > before, "only real ones are kept");
}

// The other end is one of us: its configuration as it exports it, which holds no key.
async function records(t, hub, spoke) {
	const simulate = async (change) => {
		const doc = await spoke.good("GET", "/config");
		change?.(doc);
		return hub.good("POST", "/peers/s0/simulate", { from: "ikeeper", text: JSON.stringify(doc) });
	};
	const up = await simulate();
	t.is(up.verdict, "up", `another gateway's records: ${up.text} ${JSON.stringify(up.notes)}`);
	t.check(up.notes.some((n) => /taken to be ours/.test(n)), "it says that the key is assumed");
	const esp = await simulate((doc) => {
		for (const p of doc["ipsec-proposals"]) p.key_length = 256;
	});
	t.is([esp.verdict, esp.side, esp.field].join(), "failed,remote,key_length", esp.text);
	const key = await simulate((doc) => {
		for (const s of doc.secrets) s.value = "quite another key";
	});
	t.is([key.verdict, key.side, key.field].join(), "failed,remote,psk", key.text);
	t.check(!JSON.stringify(key).includes("quite another key"), "no key in the answer");
	for (const text of ["no json", "[]", "{}", '{"peers":[{"name":"x","nonsense":1}]}', '{"peers":[{}]}'])
		t.is((await hub.ask("POST", "/peers/s0/simulate", { from: "ikeeper", text })).status, 422, text);
}
