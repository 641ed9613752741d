// oids.mjs - OIDs by chance, and whether each was answered with the next one of a walk
//	oids.mjs make WALK                   lines of 15 OIDs
//	oids.mjs check WALK ASKED ANSWERED   one answered OID a line
import { readFileSync } from 'node:fs';

const read = (file) => readFileSync(file, 'utf8').trim().split('\n');
const numbers = (oid) => oid.replace(/^\./, '').split('.').map(Number);
const [verb, walkFile, askedFile, answeredFile] = process.argv.slice(2);
const walk = read(walkFile).map((line) => line.split(' ')[0]).filter((oid) => oid.startsWith('.'));

function compare(a, b) {
	for (let i = 0; i < Math.min(a.length, b.length); i++)
		if (a[i] !== b[i])
			return a[i] - b[i];
	return a.length - b.length;
}

// Small and repeatable: a failure can be looked at again.
let seed = 20251125;
function below(n) {
	seed = (seed * 1103515245 + 12345) % 2147483648;
	return Math.floor((seed / 2147483648) * n);
}

function spoil(oid) {
	const extremes = [0, 1, 2, 127, 128, 2147483647, 2147483648, 4294967295];
	const o = numbers(oid);
	const at = 9 + below(o.length - 9);
	switch (below(6)) {
	case 0: return o.slice(0, at);
	case 1: return [...o, extremes[below(extremes.length)]];
	case 2: o[at] = extremes[below(extremes.length)]; return o;
	case 3: o[at] += 1; return o;
	case 4: o[at] = Math.max(0, o[at] - 1); return o;
	default: return [...o.slice(0, at), ...Array.from({ length: below(100) }, () => below(300))];
	}
}

if (verb === 'make') {
	for (let line = 0; line < 100; line++) {
		const oids = Array.from({ length: 15 }, () => '.' + spoil(walk[below(walk.length)]).join('.'));
		console.log(oids.join(' '));
	}
} else {
	const asked = read(askedFile).flatMap((line) => line.split(' '));
	const answered = read(answeredFile);
	const sorted = walk.map(numbers);
	let wrong = asked.length === answered.length ? 0 : 1;
	if (wrong)
		console.log(`${asked.length} OIDs asked, ${answered.length} answered`);
	for (let i = 0; i < Math.min(asked.length, answered.length); i++) {
		const me = numbers(asked[i]);
		const next = sorted.find((o) => compare(o, me) > 0);
		const want = next ? '.' + next.join('.') : 'something beyond the module';
		const good = next ? answered[i] === want : compare(numbers(answered[i]), sorted.at(-1)) > 0;
		if (!good && wrong++ < 5)
			console.log(`after ${asked[i]} came ${answered[i]}, not ${want}`);
	}
	process.exit(wrong ? 1 : 0);
}
