// The rules of Pong, compiled to WebAssembly from the same C file as the server's. This file only
// carries numbers across; no rule is written in TypeScript. games/pong/wasm.c names the exports.
import type { Ball, Direction, Moment, Ruleset, Side } from "./types.ts";

/** What prediction needs of the rules. */
export interface Rules {
    /** Takes over a confirmed moment. */
    load(moment: Moment): void;
    input(side: Side, direction: Direction): void;
    /** One tick. */
    step(): void;
    /** The state now, named as `tick`. A ball that would have scored keeps flying. */
    read(tick: number): Moment;
}

export interface PongExports {
    pong_init(ruleset: number, winScore: number, seedLow: number, seedHigh: number): number;
    pong_input(seat: number, direction: number): void;
    pong_serve(seat: number): void;
    pong_step(): number;
    pong_ball_x(): number;
    pong_ball_y(): number;
    pong_ball_vx(): number;
    pong_ball_vy(): number;
    pong_paddle_y(seat: number): number;
    pong_paddle_v(seat: number): number;
    pong_score(seat: number): number;
    pong_phase(): number;
    pong_width(): number;
    pong_height(): number;
    pong_ball_set(x: number, y: number, vx: number, vy: number): void;
    pong_paddle_set(seat: number, y: number): void;
}

export const STEP_SERVE = 1;
export const STEP_HIT_LEFT = 2;
export const STEP_HIT_RIGHT = 4;
export const STEP_GOALS = 16 | 32;

const TICKS_PER_SECOND = 60;
const POSITION_SCALE = 256;
const VELOCITY_SCALE = 65536 / TICKS_PER_SECOND;
/** More points than any match: whether it is won is for the server to say. */
const NEVER_WON = 60_000;

export class PongRules implements Rules {
    /** Set once the ball has passed a paddle; points are the server's, so it only flies on. */
    private escaped: Ball | null = null;
    private last: Ball = { x: 0, y: 0, vx: 0, vy: 0 };

    /** Throws when the compiled rules do not know this field. */
    constructor(
        private readonly pong: PongExports,
        ruleset: Ruleset,
    ) {
        const known = pong.pong_init(rulesetNumber(ruleset), NEVER_WON, 1, 0) === 1;
        const fits =
            pong.pong_width() === ruleset.width && pong.pong_height() === ruleset.height;
        if (!known || !fits || ruleset.tick_hz !== TICKS_PER_SECOND) {
            throw new Error("the compiled rules do not know this ruleset");
        }
    }

    load(moment: Moment): void {
        const { ball } = moment;
        this.escaped = null;
        this.last = ball;
        this.pong.pong_ball_set(
            Math.round(ball.x * POSITION_SCALE),
            Math.round(ball.y * POSITION_SCALE),
            Math.round(ball.vx * VELOCITY_SCALE),
            Math.round(ball.vy * VELOCITY_SCALE),
        );
        this.pong.pong_paddle_set(0, Math.round(moment.left.y * POSITION_SCALE));
        this.pong.pong_paddle_set(1, Math.round(moment.right.y * POSITION_SCALE));
    }

    input(side: Side, direction: Direction): void {
        this.pong.pong_input(side === "left" ? 0 : 1, direction);
    }

    step(): void {
        const bits = this.pong.pong_step();
        if (this.escaped !== null) this.escaped = flown(this.escaped);
        else if ((bits & STEP_GOALS) !== 0) this.escaped = flown(this.last);
        if ((bits & (STEP_GOALS | STEP_SERVE)) !== 0) this.rest();
        if (this.escaped === null) this.last = this.ball();
    }

    read(tick: number): Moment {
        return {
            tick,
            ball: this.escaped ?? this.last,
            left: this.paddle(0),
            right: this.paddle(1),
        };
    }

    /** When and where the next serve goes is not in a snapshot: the ball waits until told. */
    private rest(): void {
        const { pong } = this;
        const x = (pong.pong_width() * POSITION_SCALE) / 2;
        const y = (pong.pong_height() * POSITION_SCALE) / 2;
        pong.pong_ball_set(x, y, 0, 0);
    }

    private ball(): Ball {
        return {
            x: this.pong.pong_ball_x() / POSITION_SCALE,
            y: this.pong.pong_ball_y() / POSITION_SCALE,
            vx: this.pong.pong_ball_vx() / VELOCITY_SCALE,
            vy: this.pong.pong_ball_vy() / VELOCITY_SCALE,
        };
    }

    private paddle(seat: number): { y: number; v: number } {
        return {
            y: this.pong.pong_paddle_y(seat) / POSITION_SCALE,
            v: this.pong.pong_paddle_v(seat) / VELOCITY_SCALE,
        };
    }
}

const RULESETS = ["classic", "arcade", "arena"];

function rulesetNumber(ruleset: Ruleset): number {
    return ruleset.name === undefined ? 0 : RULESETS.indexOf(ruleset.name);
}

function flown(ball: Ball): Ball {
    const { x, y, vx, vy } = ball;
    return { x: x + vx / TICKS_PER_SECOND, y: y + vy / TICKS_PER_SECOND, vx, vy };
}
