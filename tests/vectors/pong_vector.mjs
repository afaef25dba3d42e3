// pong_vector.c once more, in JavaScript, against the module that browsers load. It prints the same
// text if the module plays the same game.
//     node pong_vector.mjs pong.wasm TICKS
import { readFileSync } from "node:fs";

const CHECKPOINTS = 10;
const PLACE_EVERY = 997;
// Name and paddle_reach (half a paddle and half a ball) in 1/256 units.
const RULESETS = [["classic", 56 * 256], ["arcade", 70 * 256], ["arena", 29 * 256]];

const [path, ticksText] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`the module imports ${imports[0].module}.${imports[0].name}`);
const ticks = Number(ticksText);

function hex(value) {
    return (value >>> 0).toString(16).padStart(8, "0");
}

function directionTo(distance) {
    if (distance > 512) return 1;
    return distance < -512 ? -1 : 0;
}

function runRuleset(ruleset) {
    const [name, reach] = RULESETS[ruleset];
    const pong = new WebAssembly.Instance(module).exports;
    const aims = [0, 0];
    const count = { matches: 0, serves: 0, hits: 0, vx_max: 0, walls: 0, goals: 0 };
    const chain = [];
    let random = 2463534242 + ruleset;
    let chainLo = 0;
    let chainHi = 0;

    function draw() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return random >>> 0;
    }
    function begin() {
        const lo = draw();
        const hi = draw();
        if (pong.pong_init(ruleset, 0, lo, hi) !== 1) throw new Error(`no ruleset ${ruleset}`);
        count.matches++;
    }
    function play(seat, drawn) {
        let direction = directionTo(pong.pong_ball_y() + aims[seat] - pong.pong_paddle_y(seat));
        if (((drawn >>> (8 * seat)) & 31) === 0) {
            direction = (((drawn >>> (16 + 2 * seat)) & 3) % 3) - 1;
        }
        pong.pong_input(seat, direction);
        if (((drawn >>> (4 + 8 * seat)) & 127) === 0) pong.pong_serve(seat);
    }
    function tick() {
        const drawn = draw();
        play(0, drawn);
        play(1, drawn);
        const bits = pong.pong_step();
        if (bits) for (const seat of [0, 1]) aims[seat] = (draw() % (2 * reach + 512)) - reach - 256;
        chainLo = Math.imul(chainLo, 16777619) ^ pong.pong_hash_lo() ^ bits;
        chainHi = Math.imul(chainHi, 16777619) ^ pong.pong_hash_hi();
        count.serves += (bits & 1) !== 0;
        count.hits += (bits & 6) !== 0;
        count.walls += (bits & 8) !== 0;
        count.goals += (bits & 48) !== 0;
        count.vx_max = Math.max(count.vx_max, pong.pong_ball_vx());
    }
    begin();
    for (let at = 1; at <= ticks; at++) {
        tick();
        if (pong.pong_phase() === 2) begin();
        if (at % PLACE_EVERY === 0) {
            pong.pong_ball_set(pong.pong_ball_x(), pong.pong_ball_y(), pong.pong_ball_vx(),
                               pong.pong_ball_vy());
            pong.pong_paddle_set(0, pong.pong_paddle_y(0));
        }
        if (at % Math.floor(ticks / CHECKPOINTS) === 0) chain.push(`"${hex(chainHi)}${hex(chainLo)}"`);
    }
    const counts = Object.entries(count).map(([key, value]) => `"${key}": ${value}`).join(", ");
    return `  {"name": "${name}", "chain": [${chain.join(", ")}],\n   ${counts}}`;
}

const rows = RULESETS.map((_, ruleset) => runRuleset(ruleset));
process.stdout.write(`{"rules_version": 1, "ticks": ${ticks}, "rulesets": [\n${rows.join(",\n")}\n]}\n`);
