// pasted.mjs - what one gateway says the other end is to be configured with, pasted there, comes up
import { until } from "./gateways.mjs";

export const spokes = 1;

const KEY = "pasted between hub and s0";

async function bare(g) {
	for (const kind of ["tunnels", "peers", "secrets", "ipsec-proposals", "ike-proposals", "dpd-profiles"])
		for (const r of (await g.good("GET", `/${kind}`)).items)
			if (!r.builtin)
				await g.good("DELETE", `/${kind}/${r.name}`);
}

export async function play(t, lab) {
	const { hub } = lab;
	const [spoke] = lab.spokes;

	await hub.good("PATCH", "/secrets/s0", { value: KEY });
	for (const language of ["comware", "swanctl"]) {
		const made = await hub.ask("GET", `/peers/s0/generate?for=${language}&remote=127.0.0.1`);
		t.is(made.status, 200, language);
		t.check(made.text.includes("PUT-THE-PRE-SHARED-KEY-HERE") && !made.text.includes(KEY), `${language}: no key in\n${made.text}`);
		const text = made.text.replaceAll("PUT-THE-PRE-SHARED-KEY-HERE", language === "comware" ? `"${KEY}"` : KEY);
		await bare(spoke);
		await spoke.good("POST", "/resets", { scope: { all: true }, reinitiate: "never" });
		const said = await spoke.good("POST", "/imports?stage=true", { from: language, text });
		t.is(said.valid, true, `${language}: ${JSON.stringify(said.errors)} ${JSON.stringify(said.notes)}`);
		t.check(said.edits.some((e) => e.key), `${language}: its key was read: ${JSON.stringify(said.notes)}\n${made.text}`);
		t.is((await spoke.good("GET", "/peers")).items.length, 0, "nothing before it is applied");
		await spoke.good("POST", `/changesets/${said.changeset}/apply`, {});
		await hub.good("POST", "/resets", { scope: { all: true }, reinitiate: "never" });
		await lab.settle();
		await until("the spoke has both, too", 10000, async () => (await spoke.sas()).child.length === 2);
		for (const g of lab.all())
			t.check(!g.log.includes(KEY), `${g.name}: the key stands in the log`);
		t.check(![said, await spoke.good("GET", "/events"), await spoke.good("GET", "/history")].some((x) => JSON.stringify(x).includes(KEY)), "nor in what can be read");
	}
}
