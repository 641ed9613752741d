// vendorequals.mjs FOREIGN WALK REST - every value that a vendor's tree and REST both have is the same
//	FOREIGN  agentd --foreign
//	WALK     of all roots, lines "OID = number, xHEX or IpAddress: a.b.c.d"
//	REST     as for equals.mjs; MOVING=1 too
// Rows are made from REST's own lists here, by the rules of each module's index; there are no others
// in the walk. Constants and numbers that a module has for algorithms are held by other tests.
import { readFileSync } from 'node:fs';

const [foreignFile, walkFile, restFile] = process.argv.slice(2);
const rest = JSON.parse(readFileSync(restFile, 'utf8'));
const walk = new Map(readFileSync(walkFile, 'utf8').split('\n').filter((l) => l.startsWith('.'))
	.map((l) => l.split(' = ')));
const moving = process.env.MOVING === '1';
const NONE = 2147483647n;
const words = { initiator: 1, responder: 2 };
const big = (x) => BigInt(x === true ? 1 : words[x] ?? (x || 0));
const dig = (o, path) => path.split('.').reduce((at, key) => at?.[key], o);
const octets = (text) => [...Buffer.from(text)];
const text = (s) => [octets(s).length, ...octets(s)].join('.');
const ends = (r) => `1.${text(r.local_address)}.1.${text(r.remote_address)}.${r.peer_index || 1}`;

function addressBytes(s) {
	if (/^\d+\.\d+\.\d+\.\d+$/.test(s ?? ''))
		return s.split('.').map(Number);
	if (!s?.includes(':'))
		return [];
	const [head, tail] = s.split('::').map((p) => (p ? p.split(':') : []));
	const parts = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
	return parts.flatMap((p) => [parseInt(p, 16) >> 8, parseInt(p, 16) & 255]);
}
const hex = (bytes) => 'x' + Buffer.from(bytes).toString('hex').toUpperCase();

// The rows of each form at one of the two moments: index -> what it is made of.
function rowsOf(at) {
	const ike = rest.ike_sas[at].items, tunnels = rest.tunnels[at].items;
	const children = rest.child_sas[at].items.filter((c) => !['negotiating', 'expired'].includes(c.state));
	const whole = (c, side) => ({ child: c, side, gateway: rest.counters[at],
		tunnel: tunnels.find((t) => t.index === c.tunnel_index), ike: ike.find((s) => s.id === c.ike_sa) });
	const sas = children.flatMap((c) => [0, 1].filter((s) => Number(s ? c.spi_out : c.spi_in)).map((s) => [c, s]));
	const up = ike.filter((s) => s.state !== 'connecting');
	const best = new Map();
	for (const c of children) {
		const had = best.get(c.tunnel_index), is = (x) => x.state === 'established';
		if (!had || (is(c) !== is(had) ? is(c) : c.id > had.id))
			best.set(c.tunnel_index, c);
	}
	const peers = new Map();
	for (const s of up)
		if (!peers.has(ends(s)) || peers.get(ends(s)).id < s.id)
			peers.set(ends(s), s);
	const newest = [...best.values()];
	const tunnel = (c) => c.tunnel_index || 1;
	const alone = (s) => ({ ike: s, gateway: rest.counters[at] });
	const of = (pairs) => new Map(pairs);
	return {
		gateway: of([['0', { gateway: rest.counters[at] }]]),
		'ike-sa': of(up.map((s) => [`${s.id}`, alone(s)])),
		child: of(children.map((c) => [`1.${tunnel(c)}.${c.id}`, whole(c, 0)])),
		sa: of(sas.map(([c, s]) => [`1.${tunnel(c)}.${c.id}.${s + 1}`, whole(c, s)])),
		pair: of(children.map((c) => [`${c.id}`, whole(c, 0)])),
		'pair-sa': of(sas.map(([c, s]) => [`${c.id}.${s + 1}`, whole(c, s)])),
		policy: of(tunnels.map((t) => [text(t.name), { tunnel: t, gateway: rest.counters[at] }])),
		tunnel: of(newest.map((c) => [`${tunnel(c)}`, whole(c, 0)])),
		'tunnel-end': of(newest.map((c) => [`${tunnel(c)}.1`, whole(c, 0)])),
		'tunnel-sa': of(sas.map(([c, s]) => [`${tunnel(c)}.${2 * c.id + s}`, whole(c, s)])),
		peer: of([...peers].map(([index, s]) => [index, alone(s)])),
		'peer-tunnel': of(newest.map((c) => [`${ends(c)}.${tunnel(c)}`, whole(c, 0)])),
	};
}

// What REST says, as a walk would show it; undefined: it does not say.
function shown(shape, row, of, member) {
	const c = row.child, value = member === '-' ? undefined : row[of] ? dig(row[of], member) : 0;
	switch (shape) {
	case 'sas': return big(Number(c.spi_in) !== 0) + big(Number(c.spi_out) !== 0);
	case 'side': return big(row.side + 1);
	case 'spi': return big(Number(row.side ? c.spi_out : c.spi_in));
	case 'expiring': return big(c.state !== 'established' || /RL|FD/.test(c.flags_text) ? 2 : 1);
	case 'errors': return big(c.errors.replay) + big(c.errors.integrity) + big(c.errors.other);
	}
	if (value === undefined)
		return undefined;
	switch (shape) {
	case 'text': return hex(octets(String(value ?? '') === '0' ? '' : String(value ?? '')));
	case 'number': case 'count64': return big(value);
	case 'int': return big(value) < NONE ? big(value) : NONE;
	case 'int1': return big(value) || 1n;
	case 'count32': return big(value) & 0xffffffffn;
	case 'high32': return big(value) >> 32n;
	case 'centi': return big(value) * 100n;
	case 'twice': return big(value) * 2n;
	case 'truth': return value ? 1n : 2n;
	case 'or-none': return big(value) || NONE;
	case 'address': return hex(addressBytes(value));
	case 'address-type': return big({ 0: 0, 4: 1, 16: 2 }[addressBytes(value).length]);
	case 'ips': return hex(addressBytes(value).length ? addressBytes(value) : [0, 0, 0, 0]);
	case 'ipv4': return `IpAddress: ${addressBytes(value).length === 4 ? value : '0.0.0.0'}`;
	default: return undefined;
	}
}

let compared = 0, wrong = 0;
const complain = (s) => { if (wrong++ < 20) console.log(s); };
const before = rowsOf(0), after = rowsOf(1), seen = {};
for (const line of readFileSync(foreignFile, 'utf8').trim().split('\n')) {
	const [entry, form, number, object, shape, of, member] = line.split(' ');
	const base = `${entry}.${number}`;
	const served = [...walk.keys()].filter((oid) => oid.startsWith(`${base}.`)).map((oid) => oid.slice(base.length + 1));
	const stays = [...before[form].keys()].filter((k) => after[form].has(k));
	seen[form] = stays.length;
	for (const k of stays.filter((x) => !served.includes(x)))
		complain(`${object}: no row ${k} in SNMP`);
	for (const k of served.filter((x) => !moving && !stays.includes(x)))
		complain(`${object}: row ${k} is not in REST`);
	for (const k of stays.filter((x) => served.includes(x))) {
		const [a, b] = [before, after].map((m) => shown(shape, m[form].get(k), of, member));
		if (a === undefined || b === undefined)
			continue;
		const raw = walk.get(`${base}.${k}`), got = typeof a === 'bigint' && /^\d+$/.test(raw) ? BigInt(raw) : raw;
		compared++;
		const between = typeof got === 'bigint' && typeof a === 'bigint' && (a < b ? a <= got && got <= b : b <= got && got <= a);
		if (got !== a && got !== b && !between)
			complain(`${object} (${base}.${k}): SNMP ${got}, REST ${a} then ${b}`);
	}
}
console.log(`${compared} values of other vendors' trees compared, ${wrong} differ; rows: ${JSON.stringify(seen)}`);
process.exit(wrong || compared < (moving ? 100 : 500) ? 1 : 0);
