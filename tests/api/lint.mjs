// lint.mjs - the checked-in document passes @redocly/cli
//
// The linter is one package, pinned by package-lock.json beside this file and installed into the
// build folder. Without the registry this is skipped by name.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
const document = path.join(here, "../../api/openapi.json");

fs.mkdirSync(folder, { recursive: true });
for (const f of ["package.json", "package-lock.json"])
	fs.copyFileSync(path.join(here, f), path.join(folder, f));
try {
	execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "pipe", timeout: 100000 });
} catch (e) {
	console.log(`SKIPPED: @redocly/cli cannot be had: ${String(e.stderr ?? e.message).trim().split("\n")[0]}`);
	process.exit(77);
}
const cli = path.join(folder, "node_modules/.bin/redocly");
const a = spawnSync(cli, ["lint", "--extends", "recommended", "--format", "stylish", document],
	{ cwd: folder, encoding: "utf8", env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } });
console.log(a.stdout, a.stderr);
const warned = /(\d+) (warning|problem)/.exec(a.stderr + a.stdout);
if (a.status !== 0 || warned) {
	console.log("not ok - the document does not lint clean");
	process.exit(1);
}
console.log("ok - the document lints clean");
