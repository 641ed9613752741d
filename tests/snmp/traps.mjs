// traps.mjs OBJECTS TRAPS - every notification of a vendor's module came, with the objects of its
// module in their order and nothing after them but the number of the story
//	OBJECTS  objects.txt
//	TRAPS    snmptrapd -On -OQ -F '%v\n': a notification a line, objects parted by tabs
import { readFileSync } from 'node:fs';

const [objectsFile, trapsFile] = process.argv.slice(2);
const roots = { hh3c_ike: '25506.2.30', hh3c_ipsec: '25506.2.7', hh3c_ipsec_v2: '25506.2.126', cisco_flow: '9.9.171' };
const rows = readFileSync(objectsFile, 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split(' '));
const below = (tree, oid) => `.1.3.6.1.4.1.${roots[tree]}.${oid}`;
const oids = new Map([['ifIndex', '.1.3.6.1.2.1.2.2.1.1']]);
for (const [tree, oid, access, , , name] of rows)
	if (access !== 'notification')
		oids.set(name, below(tree, oid));
const STORY = '.1.3.6.1.4.1.32473.1.1.8.13.0';

const came = new Map();
for (const line of readFileSync(trapsFile, 'utf8').split('\n').filter((l) => l.startsWith('.1.3'))) {
	const binds = line.split('\t').map((b) => b.split(' = ')).map(([oid, ...v]) => [oid.trim(), v.join(' = ').trim()]);
	const which = binds.find(([oid]) => oid === '.1.3.6.1.6.3.1.1.4.1.0')?.[1];
	came.set(which, binds.slice(2).map(([oid]) => oid));
}
let wrong = 0, n = 0;
for (const [tree, oid, access, , , name, ...objects] of rows) {
	if (access !== 'notification')
		continue;
	n++;
	const carried = came.get(below(tree, oid));
	const fault = !carried ? 'did not come'
		: objects.some((o, i) => !carried[i]?.startsWith(`${oids.get(o)}.`) && carried[i] !== oids.get(o))
			? `carries ${carried.join(' ')}`
			: !carried.includes(STORY) ? 'does not carry the number of the story'
				: objects.length && carried.length !== objects.length + 1 ? `carries ${carried.join(' ')}` : '';
	if (fault) {
		wrong++;
		console.log(`${name} (${below(tree, oid)}) ${fault}`);
	}
}
console.log(`${n} notifications, ${wrong} faults`);
process.exit(wrong || !n ? 1 : 0);
