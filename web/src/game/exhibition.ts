// The game on the first page: two simple players under the real rules, in the browser alone. It
// shows what Rally is before a word is read. Still for those who want no motion.
import { prefersReducedMotion } from "../a11y.ts";
import { blockNumber } from "../blocks.ts";
import { fill, h } from "../dom.ts";
import { CourtView } from "./renderer.ts";
import { openPong } from "./rules-loader.ts";
import { STEP_HIT_LEFT, STEP_HIT_RIGHT, STEP_GOALS, type PongExports } from "./rules.ts";
import type { Ruleset } from "./types.ts";

const CLASSIC: Ruleset = {
    width: 800,
    height: 600,
    paddle: { width: 12, height: 100, speed: 540 },
    ball: { size: 12, speed: 420, max_speed: 1100 },
    win_score: 7,
    tick_hz: 60,
};
const TICK_MS = 1000 / 60;
/** Enough points for an evening of watching. */
const ENDLESS = 60_000;

export class Exhibition {
    readonly element: HTMLElement;
    private readonly view = new CourtView(CLASSIC, "left", true);
    private pong: PongExports | null = null;
    private frame = 0;
    private behindMs = 0;
    private lastMs = 0;
    /** Where on the paddle each side means to hit, so that rallies wander. */
    private readonly aims = [18, -24];
    private readonly digits = [scoreDigits(), scoreDigits()] as const;

    constructor() {
        this.element = h(
            "div",
            { class: "show", "aria-hidden": "true" },
            this.view.ground,
            this.view.players,
            h("div", { class: "show__score score" }, this.digits[0], this.digits[1]),
        );
        void this.start();
    }

    stop(): void {
        cancelAnimationFrame(this.frame);
        this.pong = null;
        this.view.stop();
    }

    private async start(): Promise<void> {
        const still = { ball: { x: 520, y: 210 }, left: 330, right: 240 };
        this.frame = requestAnimationFrame((nowMs) => this.view.draw(still, nowMs, false));
        if (prefersReducedMotion()) return;
        const pong = await openPong();
        if (pong === null || !this.element.isConnected) return;
        this.pong = pong;
        this.begin(pong);
        this.frame = requestAnimationFrame(this.draw);
    }

    private begin(pong: PongExports): void {
        pong.pong_init(0, ENDLESS, Date.now() >>> 0, 7);
        this.showScore(pong);
    }

    private showScore(pong: PongExports): void {
        this.digits.forEach((element, seat) => fill(element, ...blockNumber(pong.pong_score(seat))));
    }

    private readonly draw = (nowMs: number): void => {
        const { pong } = this;
        if (pong === null) return;
        this.behindMs += Math.min(100, nowMs - this.lastMs);
        this.lastMs = nowMs;
        while (this.behindMs >= TICK_MS) {
            this.tick(pong, nowMs);
            this.behindMs -= TICK_MS;
        }
        const x = pong.pong_ball_x() / 256;
        const y = pong.pong_ball_y() / 256;
        const left = pong.pong_paddle_y(0) / 256;
        const right = pong.pong_paddle_y(1) / 256;
        this.view.draw({ ball: { x, y }, left, right }, nowMs, pong.pong_phase() === 1);
        this.frame = requestAnimationFrame(this.draw);
    };

    private tick(pong: PongExports, nowMs: number): void {
        for (const seat of [0, 1]) pong.pong_input(seat, this.play(pong, seat));
        const bits = pong.pong_step();
        if ((bits & STEP_GOALS) !== 0) {
            if (Math.max(pong.pong_score(0), pong.pong_score(1)) < CLASSIC.win_score) {
                this.showScore(pong);
            } else this.begin(pong);
        }
        if ((bits & (STEP_HIT_LEFT | STEP_HIT_RIGHT)) === 0) return;
        const seat = (bits & STEP_HIT_LEFT) !== 0 ? 0 : 1;
        this.aims[seat] = (Math.random() - 0.5) * 70;
        this.view.hit(pong.pong_ball_x() / 256, pong.pong_ball_y() / 256, nowMs);
    }

    private play(pong: PongExports, seat: number): number {
        const towards = seat === 0 ? pong.pong_ball_vx() < 0 : pong.pong_ball_vx() > 0;
        const goal = towards ? pong.pong_ball_y() / 256 + (this.aims[seat] ?? 0) : 300;
        const distance = goal - pong.pong_paddle_y(seat) / 256;
        return Math.abs(distance) < 8 ? 0 : Math.sign(distance);
    }
}

function scoreDigits(): HTMLElement {
    return h("span", { class: "score__digits" }, ...blockNumber(0));
}
