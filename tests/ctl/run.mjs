// run.mjs - the command line
//
//	node run.mjs --suite tables --ikeeper BUILD/ikeeper [--apid BUILD/apid]
//
// Exit code 0 all is well, 1 something is not, 77 nothing could be tried.
import { Checks, Skip } from "../api/lib.mjs";
import { Puppet, run } from "./lib.mjs";

const o = {};
for (let i = 2; i < process.argv.length; i += 2)
	o[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

const t = new Checks(o.suite);
t.options = o;
t.ikeeper = (args, more) => run(o.ikeeper, args, more);
// With a puppet that answers by `answer`; gives {code, out, err, asked}.
t.puppet = async (answer, args, more) => {
	const p = await Puppet.start(answer);
	const r = await run(o.ikeeper, args, { ...more, socket: p.socket });
	p.stop();
	return Object.assign(r, { asked: p.asked });
};
t.has = (text, what, why) => t.check(text.includes(what), `${why}: no ${JSON.stringify(what)} in ${JSON.stringify(text)}`);
let status = 0;
try {
	const { suite } = await import(`./${o.suite}.mjs`);
	await suite(t);
} catch (e) {
	if (e instanceof Skip) {
		console.log(`SKIPPED: ${e.message}`);
		status = 77;
	} else {
		t.check(false, e.stack);
	}
}
console.log(`${t.bad ? "not ok" : "ok"} - ${o.suite}: ${t.good} checks passed, ${t.bad} failed`);
process.exit(t.bad ? 1 : status);
