// hostile.mjs PORT - datagrams that are no SNMP, or nearly, to 127.0.0.1:PORT
import dgram from 'node:dgram';

const port = Number(process.argv[2]);
const socket = dgram.createSocket('udp4');

let seed = 20251125;
function below(n) {
	seed = (seed * 1103515245 + 12345) % 2147483648;
	return Math.floor((seed / 2147483648) * n);
}

const tlv = (tag, ...parts) => {
	const body = Buffer.concat(parts.map((p) => Buffer.from(p)));
	const n = body.length;
	const head = n < 128 ? [tag, n] : [tag, 0x82, n >> 8, n & 255];
	return Buffer.concat([Buffer.from(head), body]);
};
const int = (n) => tlv(2, [n]);
const name = tlv(6, [0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 1, 2, 1, 2, 3]);
const pdu = (tag, ...bind) => tlv(tag, int(1), int(0), int(10), tlv(0x30, ...bind));
const bind = tlv(0x30, name, tlv(5));
const usm = (user) => tlv(4, tlv(0x30, tlv(4, []), int(0), int(0), tlv(4, Buffer.from(user)), tlv(4, []), tlv(4, [])));
const v3 = (flags, user, scoped) =>
	tlv(0x30, int(3), tlv(0x30, int(7), tlv(2, [0x7f, 0xff]), tlv(4, [flags]), int(3)), usm(user), scoped);
const scoped = (p) => tlv(0x30, tlv(4, []), tlv(4, []), p);

const good = [];
for (const tag of [0xa0, 0xa1, 0xa3, 0xa5, 0xa6, 0xa7, 0xa8, 0xa2, 0xa4, 0xaf]) {
	good.push(tlv(0x30, int(1), tlv(4, Buffer.from('public')), pdu(tag, bind)));
	good.push(tlv(0x30, int(0), tlv(4, Buffer.from('public')), pdu(tag, bind)));
	for (const flags of [0, 1, 3, 4, 5, 7])
		good.push(v3(flags, 'watcher', scoped(pdu(tag, bind))));
}
good.push(v3(4, '', scoped(pdu(0xa0))));
good.push(v3(7, 'watcher', tlv(4, Buffer.alloc(40, 0x55))));
good.push(tlv(0x30, int(3)));
good.push(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]));
good.push(Buffer.from([0x30, 0x80]));
good.push(Buffer.alloc(0));
good.push(Buffer.alloc(65000, 0x30));

const all = [...good];
for (let i = 0; i < 4000; i++) {
	const from = good[below(good.length - 1)];
	const b = Buffer.from(from.subarray(0, below(5) ? from.length : below(from.length + 1)));
	for (let k = 1 + below(4); k > 0 && b.length; k--)
		b[below(b.length)] = below(256);
	all.push(b);
}
for (const b of all) {
	await new Promise((done, failed) => socket.send(b, port, '127.0.0.1', (e) => (e ? failed(e) : done())));
	if (!below(20))
		await new Promise((done) => setTimeout(done, 1));
}
socket.close();
