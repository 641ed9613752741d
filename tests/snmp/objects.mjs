// objects.mjs OBJECTS TREE ROOT WALK - every object of a vendor's module answers, with its type and
// with a value that the module allows, in every row; and nothing else does.
//	OBJECTS  objects.txt
//	WALK     snmpwalk -On -Ox of ROOT
import { readFileSync } from 'node:fs';

const [objectsFile, tree, root, walkFile] = process.argv.slice(2);
const objects = readFileSync(objectsFile, 'utf8').split('\n')
	.filter((l) => l && !l.startsWith('#')).map((l) => l.split(' '))
	.filter(([t, , access]) => t === tree && access !== 'notification')
	.map(([, oid, access, type, values, name]) => ({ oid, access, type, values, name, rows: 0 }));

let wrong = 0, values = 0;
const complain = (text) => { if (wrong++ < 30) console.log(text); };

// Long strings go on in the next line.
const lines = [];
for (const l of readFileSync(walkFile, 'utf8').split('\n')) {
	if (l.startsWith('.'))
		lines.push(l);
	else if (l && lines.length)
		lines[lines.length - 1] += l;
}

function allowed(o, type, text) {
	if (o.type === 'STRING') {
		const n = type === '' ? 0 : text.trim() === '' ? 0 : text.trim().split(' ').length;
		if (o.values.includes('|'))
			return o.values.split('|').map(Number).includes(n);
		const [low, high] = o.values.split('..').map(Number);
		return low <= n && n <= high;
	}
	if (o.values === '-')
		return true;
	const n = Number(text);
	if (o.values.startsWith('{'))
		return o.values.slice(1, -1).split(',').map(Number).includes(n);
	const [low, high] = o.values.split('..').map(Number);
	return low <= n && n <= high;
}

for (const line of lines) {
	const m = line.match(/^(\S+) = (?:([\w-]+): ?)?(.*)$/);
	if (!m || /No more variables|No Such/.test(line) || !m[1].startsWith(`${root}.`))
		continue;
	const below = m[1].slice(root.length + 1);
	const o = objects.find((x) => below === x.oid || (!x.oid.endsWith('.0') && below.startsWith(`${x.oid}.`)));
	const type = m[3] === '""' && !m[2] ? '' : m[2] === 'Hex-STRING' ? 'STRING' : m[2];
	values++;
	if (!o)
		complain(`${m[1]}: the module has no such object`);
	else if (o.access !== 'ro')
		complain(`${o.name} is served though it is not accessible`);
	else if (type !== o.type && !(type === '' && o.type === 'STRING'))
		complain(`${o.name} is ${type || 'an empty string'}, not ${o.type}`);
	else if (!allowed(o, type, m[3]))
		complain(`${o.name} is ${m[3]}, which is not in ${o.values}`);
	else
		o.rows++;
}
// All objects of a table have the same rows.
const tableOf = (o) => o.oid.replace(/\.\d+$/, '');
for (const o of objects.filter((x) => x.access === 'ro')) {
	if (!o.rows)
		complain(`${o.name} (${o.oid}) has no value`);
	const most = Math.max(...objects.filter((x) => x.access === 'ro' && tableOf(x) === tableOf(o)).map((x) => x.rows));
	if (!o.oid.endsWith('.0') && o.rows !== most)
		complain(`${o.name} has ${o.rows} rows, its table ${most}`);
}
console.log(`${tree} at ${root}: ${objects.length} objects, ${values} values, ${wrong} faults`);
process.exit(wrong || !values ? 1 : 0);
