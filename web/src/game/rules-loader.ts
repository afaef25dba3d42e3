// Fetches and compiles the rules once. Without them the game is played unpredicted, and says so.
import address from "virtual:pong-wasm";
import type { PongExports } from "./rules.ts";

let compiled: Promise<WebAssembly.Module | null> | null = null;

/** A fresh instance of the rules; null when this browser or build has none. */
export async function openPong(): Promise<PongExports | null> {
    compiled ??= compile();
    const module = await compiled;
    if (module === null) return null;
    const instance = await WebAssembly.instantiate(module, {});
    return instance.exports as unknown as PongExports;
}

async function compile(): Promise<WebAssembly.Module | null> {
    if (address === "" || typeof WebAssembly !== "object") return null;
    try {
        const response = await fetch(address, { credentials: "same-origin" });
        if (!response.ok) return null;
        return await WebAssembly.compile(await response.arrayBuffer());
    } catch {
        return null;
    }
}
