// Shared by the tests: a full state of a classic match, and the compiled rules when they are built.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PongExports } from "../src/game/rules.ts";
import type { GameStateMessage, Ruleset } from "../src/game/types.ts";

export const CLASSIC: Ruleset = {
    width: 800,
    height: 600,
    paddle: { width: 12, height: 100, speed: 540 },
    ball: { size: 12, speed: 420, max_speed: 1100 },
    win_score: 7,
    tick_hz: 60,
};

export function state(changes: Partial<GameStateMessage>): GameStateMessage {
    const player = { score: 0, ready: true, connected: true, mmr: 1500 };
    return {
        type: "game_state",
        match_id: "10000001",
        you: { side: "left", seat: 0, role: "player" },
        status: "running",
        tick: 10,
        seq: 1,
        ruleset: CLASSIC,
        players: [
            { ...player, user_id: 1, username: "ada", side: "left" },
            { ...player, user_id: 2, username: "bo", side: "right" },
        ],
        ball: { x: 400, y: 300, vx: 420, vy: 60 },
        paddles: { left: { y: 300, v: 0 }, right: { y: 300, v: 0 } },
        server_time_ms: 0,
        ...changes,
    };
}

const WASM = resolve(process.env.RALLY_PONG_WASM ?? "../build/web/pong.wasm");

/** False, or the reason to skip what needs the compiled rules. */
export const withoutRules: string | false = existsSync(WASM)
    ? false
    : "the compiled rules are not built";

/** A fresh instance of the compiled rules. */
export function openPong(): PongExports {
    const module = new WebAssembly.Module(readFileSync(WASM));
    return new WebAssembly.Instance(module, {}).exports as unknown as PongExports;
}
