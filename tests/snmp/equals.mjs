// equals.mjs MEMBERS WALK REST MODULE - every value that SNMP and REST both have is the same
//	MEMBERS  agentd --members
//	WALK     lines "OID = number or xHEX"
//	REST     JSON {counters, status, peers, ike_sas, child_sas, tunnels, failures}, each [before, after]
//	MODULE   IKEEPER-MIB.txt, for the words of enumerations
// With MOVING=1 SAs may come and go meanwhile: rows that REST had both times are compared, and there
// are at least those in SNMP.
// What moves while it is read (ages, counters) may be anything from the first to the second answer.
import { readFileSync } from 'node:fs';

const [membersFile, walkFile, restFile, moduleFile] = process.argv.slice(2);
const root = '.1.3.6.1.4.1.32473.1.1';
const arcs = { gateway: '1', peers: '2.1', 'ike-sas': '3.1', 'child-sas': '4.1', tunnels: '5.1', failures: '6.1', spis: '9.1' };
const rest = JSON.parse(readFileSync(restFile, 'utf8'));
const walk = new Map(readFileSync(walkFile, 'utf8').split('\n').filter((l) => l.startsWith('.'))
	.map((l) => l.split(' = ')));

// IANA, IKEv2 parameters: transform types 1 to 4.
const numbers = {
	encr: { none: 0, 'des-cbc': 2, '3des-cbc': 3, null: 11, 'aes-cbc': 12, 'aes-gcm': 20 },
	prf: { none: 0, md5: 1, sha1: 2, sha256: 5, sha384: 6, sha512: 7 },
	integ: { none: 0, md5: 1, sha1: 2, sha256: 12, sha384: 13, sha512: 14 },
	group: { none: 0, modp768: 1, modp1024: 2, modp1536: 5, modp2048: 14, modp3072: 15,
		modp4096: 16, ecp256: 19, ecp384: 20, ecp521: 21, x25519: 31 },
};

function wordsOf(object) {
	const text = readFileSync(moduleFile, 'utf8');
	const body = text.slice(text.indexOf(`${object} OBJECT-TYPE`)).split('MAX-ACCESS')[0];
	return Object.fromEntries([...body.matchAll(/(\w+)\((\d+)\)/g)].map((m) => [m[1], m[2]]));
}

const hex = (bytes) => 'x' + Buffer.from(bytes).toString('hex').toUpperCase();
const camel = (word) => word.replace(/[_-](\w)/g, (_, c) => c.toUpperCase());

function addressBytes(text) {
	if (/^\d+\.\d+\.\d+\.\d+$/.test(text))
		return text.split('.').map(Number);
	if (!text.includes(':'))
		return [];
	const [head, tail] = text.split('::').map((s) => (s ? s.split(':') : []));
	const parts = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
	return parts.flatMap((p) => [parseInt(p, 16) >> 8, parseInt(p, 16) & 255]);
}

function timeBytes(text) {
	if (!text)
		return [0, 0, 0, 0, 0, 0, 0, 0];
	const d = new Date(text);
	const y = d.getUTCFullYear();
	return [y >> 8, y & 255, d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(),
		d.getUTCMinutes(), d.getUTCSeconds(), 0, 0x2b, 0, 0];
}

// What REST says, as a walk would show it.
function shown(shape, value, object) {
	const text = value ?? '';
	switch (shape) {
	case 'text': return hex(Buffer.from(String(text)));
	case 'flag': return value ? '1' : '2';
	case 'word': return typeof value === 'number' ? String(value) : wordsOf(object)[camel(/^\d/.test(text) ? `v${text}` : text)];
	case 'number': return String(Number(value ?? 0));
	case 'count32': return String(BigInt(value ?? 0) & 0xffffffffn);
	case 'count64': return String(value ?? 0);
	case 'time': return hex(timeBytes(value));
	case 'address': return hex(addressBytes(text));
	case 'address-type': return String({ 0: 0, 4: 1, 16: 2 }[addressBytes(text).length]);
	case 'cookie': return 'x' + text.toUpperCase();
	case 'encr': case 'prf': case 'integ': case 'group':
		return String(numbers[shape][text || 'none']);
	default: return undefined;
	}
}

let compared = 0, wrong = 0;
function check(oid, shape, object, values, what) {
	const got = walk.get(oid);
	// The authentication method is a number in the module and a word in REST.
	if (object.endsWith('AuthMethod'))
		values = values.map((v) => ({ none: 0, psk: 1, 'rsa-sig': 3 })[v] ?? v);
	const [a, b] = values.map((v) => shown(shape, v, object));
	compared++;
	if (got === a || got === b)
		return;
	const n = [a, got, b].map((s) => (/^\d+$/.test(s ?? '') ? BigInt(s) : s));
	const low = n[0] < n[2] ? n[0] : n[2], high = n[0] < n[2] ? n[2] : n[0];
	if (n.every((x) => x !== undefined) && low <= n[1] && n[1] <= high && a !== b)
		return;
	if (wrong++ < 20)
		console.log(`${object} of ${what}: SNMP ${got}, REST ${a} (${JSON.stringify(values[0])}) then ${b}`);
}

const dig = (o, path) => path.split('.').reduce((at, key) => at?.[key], o);
const status = {
	ikeeperGatewayStartTime: 'started_at', ikeeperGatewayDataPlane: 'data_plane',
	ikeeperGatewayConfigRevision: 'revision', ikeeperGatewayConfigChangeTime: 'revision_at',
	ikeeperGatewayPeers: 'peers.configured', ikeeperGatewayPeersUp: 'peers.up',
	ikeeperGatewayTunnels: 'tunnels.configured', ikeeperGatewayTunnelsUp: 'tunnels.up',
	ikeeperGatewayIkeSasStale: 'stale_ike_sas', ikeeperGatewayChildrenStale: 'stale_child_sas',
	ikeeperGatewayWeakRecords: 'weak_records',
};
const lists = { peers: 'peers', 'ike-sas': 'ike_sas', 'child-sas': 'child_sas', tunnels: 'tunnels',
	failures: 'failures', spis: 'spis' };
// A pair in REST is two SAs in the module: 1 what comes in by it, 2 what goes out.
const ofSpi = {
	ikeeperSpiDirection: 'side', ikeeperSpiValue: 'spi_SIDE', ikeeperSpiProtocol: 'protocol',
	ikeeperSpiAge: 'age_seconds', ikeeperSpiOctets: 'bytes_SIDE', ikeeperSpiPackets: 'packets_SIDE',
	ikeeperSpiLast: 'last_SIDE_at', ikeeperSpiState: 'spi_state',
};
const expiring = (c) => c.state !== 'established' || /RL|FD/.test(c.flags_text);
rest.spis = rest.child_sas.map((l) => ({ items: l.items.filter((c) => c.state !== 'negotiating')
	.flatMap((c) => ['in', 'out'].map((side, i) => ({ ...c, id: `${c.id}.${i + 1}`, side,
		spi_in: Number(c.spi_in), spi_out: Number(c.spi_out), spi_state: expiring(c) ? 'expiring' : 'active' }))) }));
// The list of negotiations has all that this daemon knows of, and more than the module keeps.
const indexOf = (peer) => rest.peers[0].items.find((p) => p.name === peer)?.index ?? 0;
rest.failures = rest.failures.map((l) => ({ items: l.items.filter((s) => s.verdict === 'failed')
	.slice(0, 64).map((s) => ({ ...s, peer_index: indexOf(s.peer) })) }));
const rowsSeen = {};
const moving = process.env.MOVING === '1';

for (const line of readFileSync(membersFile, 'utf8').trim().split('\n')) {
	const [grid, number, object, shape, named] = line.split(' ');
	const base = `${root}.${arcs[grid]}.${number}`;
	if (grid === 'gateway') {
		if (named !== '-')
			check(`${base}.0`, shape, object, rest.counters.map((c) => dig(c, named)), 'the gateway');
		else if (status[object])
			check(`${base}.0`, shape, object, rest.status.map((s) => dig(s, status[object])), 'the gateway');
		continue;
	}
	const [before, after] = rest[lists[grid]].map((l) => l.items);
	const id = (row) => row.id ?? row.index;
	rowsSeen[grid] = before.length;
	for (const row of before) {
		const member = (ofSpi[object] ?? named).replace('SIDE', row.side);
		const then = after.find((r) => id(r) === id(row));
		if (!then && moving)
			continue;
		if (!then || dig(row, member) === undefined) {
			if (wrong++ < 20)
				console.log(`${object}: REST has no ${member} in row ${id(row)}`);
			continue;
		}
		check(`${base}.${id(row)}`, shape, object, [dig(row, member), dig(then, member)], `${grid} ${id(row)}`);
	}
	const served = [...walk.keys()].filter((oid) => oid.startsWith(`${base}.`)).length;
	const stayed = before.filter((r) => after.some((s) => id(s) === id(r))).length;
	if ((moving ? served < stayed : served !== before.length) && wrong++ < 20)
		console.log(`${object}: ${served} rows in SNMP, ${before.length} in REST`);
}
console.log(`${compared} values compared, ${wrong} differ; rows: ${JSON.stringify(rowsSeen)}`);
process.exit(wrong ? 1 : 0);
