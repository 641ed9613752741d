// run.mjs - changes on real gateways: what a preview says, what a reset does, and going back
//
//	node run.mjs --ikeeperd BUILD/ikeeperd --case impact [--seed N] [--rounds N]
import { Lab } from "./gateways.mjs";

const o = { seed: 1, rounds: 25 };
for (let i = 2; i < process.argv.length; i += 2)
	o[process.argv[i].slice(2)] = process.argv[i + 1];
const t = {
	o, checked: 0,
	check(good, what) {
		t.checked++;
		if (!good)
			throw new Error(what);
	},
	is(a, b, what) { t.check(a === b, `${what}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`); },
};
let lab;
try {
	const { play, spokes } = await import(`./${o.case}.mjs`);
	lab = await Lab.make(o.ikeeperd, spokes);
	await play(t, lab);
	await lab.end();
	console.log(`ok - ${o.case}: ${t.checked} checks passed, seed ${o.seed}`);
} catch (e) {
	console.log(`not ok - ${o.case}, seed ${o.seed}: ${e.stack}`);
	for (const g of lab?.all() ?? []) {
		console.log(`--- ${g.name}\n${g.log.slice(-3000)}`);
		g.process.kill("SIGKILL");
	}
	process.exitCode = 1;
}
