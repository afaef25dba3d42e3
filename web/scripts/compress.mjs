// Writes <file>.gz beside each asset that shrinks, so that the server never compresses a static
// file itself, and holds the first load to its budget: the build fails when it grows past it.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TEXT = new Set([".html", ".js", ".css", ".svg", ".wasm", ".json", ".txt"]);
const FIRST_LOAD_MAX_BYTES = 60 * 1024;

function* walk(folder) {
    for (const name of readdirSync(folder).sort()) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) yield* walk(path);
        else yield path;
    }
}

let total = 0;
for (const path of walk(DIST)) {
    if (!TEXT.has(extname(path))) continue;
    const plain = readFileSync(path);
    const packed = gzipSync(plain, { level: 9 });
    writeFileSync(`${path}.gz`, packed);
    total += packed.length;
    const name = path.slice(DIST.length + 1);
    console.log(`${name.padEnd(36)} ${plain.length} -> ${packed.length}`);
}
console.log(`first load, compressed: ${total} of ${FIRST_LOAD_MAX_BYTES} bytes`);
if (total > FIRST_LOAD_MAX_BYTES) {
    console.error("first load is over its budget");
    process.exit(1);
}
