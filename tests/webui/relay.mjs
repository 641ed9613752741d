// relay.mjs - carries connections across network namespaces
//
// A browser gives up its requests whenever an address or route of its own namespace changes,
// and the gateway's namespace changes with every tunnel. So the browser stays in a quiet one,
// and its connections come over a Unix socket, which knows no namespaces.
// In the gateway's namespace: node relay.mjs SOCKET PORT.
import net from "node:net";
import { pathToFileURL } from "node:url";

export function relay(from, to) {
	const server = net.createServer({ allowHalfOpen: true }, (a) => {
		const b = net.connect({ ...to, allowHalfOpen: true });
		a.pipe(b).pipe(a);
		a.on("error", () => b.destroy());
		b.on("error", () => a.destroy());
		a.on("close", () => b.destroy());
		b.on("close", () => a.destroy());
	});
	return new Promise((resolve, reject) => {
		server.on("error", reject);
		server.listen(from, () => resolve(server));
	});
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
	const [socket, port] = process.argv.slice(2);
	await relay({ path: socket }, { host: "127.0.0.1", port: Number(port) });
	console.log("ready");
}
