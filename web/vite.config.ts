// How the client is bundled: one script, one style sheet, one WebAssembly file, all under /assets/
// with hashed names. It does not compile the rules; games/pong does, and the result is taken from
// RALLY_PONG_WASM or the build folder beside this one.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const VIRTUAL = "virtual:pong-wasm";

function wasmPath(): string | null {
    const given = process.env.RALLY_PONG_WASM;
    if (given === "none") return null;
    const path = resolve(given ?? "../build/web/pong.wasm");
    if (!existsSync(path)) {
        throw new Error(
            `the compiled rules are missing at ${path}: build the pong_wasm target first, ` +
                "set RALLY_PONG_WASM to the file, or to none for a client without prediction",
        );
    }
    return path;
}

/** Serves the rules to the bundle as a hashed asset, and to the development server as a file. */
function pongWasm(): Plugin {
    let development = false;
    return {
        name: "rally-pong-wasm",
        configResolved(config) {
            development = config.command === "serve";
        },
        resolveId(id) {
            return id === VIRTUAL ? `\0${VIRTUAL}` : null;
        },
        load(id) {
            if (id !== `\0${VIRTUAL}`) return null;
            const path = wasmPath();
            if (path === null) return 'export default "";';
            if (development) return `export default ${JSON.stringify(`/@fs${path}`)};`;
            const reference = this.emitFile({
                type: "asset",
                name: "pong.wasm",
                source: readFileSync(path),
            });
            return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
        },
    };
}

const server = process.env.RALLY_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
    plugins: [pongWasm()],
    build: {
        target: "es2020",
        // The content security policy has no room for inlined assets or a preload polyfill.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    server: {
        fs: { allow: [".."] },
        proxy: {
            "/v1": server,
            "/game": server,
            "/api": server,
            "/ws": { target: server, ws: true, changeOrigin: true },
        },
    },
});
