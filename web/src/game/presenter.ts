// Decides what the court shows at an instant: own paddle predicted, other paddle confirmed, the
// ball sliding between the two (see perception.ts). It joins the clock, the history and the
// predictor; it neither draws nor talks to the network.
import { RoundTrip, TickClock } from "./clock.ts";
import { History, mix } from "./history.ts";
import { Softener, perceivedTick } from "./perception.ts";
import { Predictor } from "./predict.ts";
import type { Rules } from "./rules.ts";
import { otherSide } from "./types.ts";
import type { Direction, Moment, Ruleset, Side } from "./types.ts";

/** What to draw, in world units: centres. */
export interface Picture {
    ball: { x: number; y: number };
    left: number;
    right: number;
}

/** The confirmed past is shown at least this far behind the newest possible tick. */
const PAST_MIN_TICKS = 2.5;
const PAST_MAX_TICKS = 12;
/** The delay itself may only creep, or the other paddle would visibly jump: ticks per ms. */
const PAST_CREEP = 0.002;

export class Presenter {
    readonly roundTrip = new RoundTrip();
    private readonly history = new History();
    private readonly clock: TickClock;
    private readonly predictor: Predictor | null;
    private readonly ownError: Softener;
    private readonly ballErrorX: Softener;
    private readonly ballErrorY: Softener;
    private readonly ballErrorMax: number;
    private drawn: Picture | null = null;
    private lastNowMs = 0;
    private past = PAST_MIN_TICKS;

    constructor(
        private readonly ruleset: Ruleset,
        private readonly side: Side | null,
        rules: Rules | null,
    ) {
        this.clock = new TickClock(ruleset.tick_hz / 1000);
        this.predictor = rules !== null && side !== null ? new Predictor(rules, side) : null;
        this.ballErrorMax = ruleset.width / 8;
        this.ownError = new Softener(ruleset.paddle.height);
        this.ballErrorX = new Softener(this.ballErrorMax);
        this.ballErrorY = new Softener(this.ballErrorMax);
    }

    /** The server's state arrived, with the last input it has applied for me. */
    confirm(moment: Moment, ack: number, nowMs: number): void {
        const before = this.trueState(nowMs);
        this.history.add(moment);
        this.clock.observe(moment.tick, nowMs);
        this.predictor?.acknowledge(ack, moment.tick);
        const after = this.trueState(nowMs);
        if (before !== null && after !== null) this.absorb(before, after);
    }

    /** An intent leaves for the server. */
    press(seq: number, direction: Direction, nowMs: number): void {
        const received = this.clock.at(nowMs);
        // Held through a countdown, an intent counts from the first tick on.
        const tick = received === null ? 0 : this.present(received) + 1;
        this.predictor?.press(seq, direction, tick);
    }

    /** A point was told: the server had stood still until it was durable. */
    pointTold(): void {
        this.clock.resample();
    }

    /** Ticks do not follow the wall across a pause, a countdown or a new connection. */
    restart(newConnection: boolean): void {
        this.clock.reset();
        this.history.clear();
        this.clearErrors();
        if (newConnection) this.predictor?.forget();
    }

    /** Own paddle's centre as last drawn, for steering towards a target. */
    ownY(): number | null {
        if (this.drawn === null || this.side === null) return null;
        return this.drawn[this.side];
    }

    /** The picture of this instant; null before anything is known. */
    picture(nowMs: number): Picture | null {
        const passedMs = Math.min(100, Math.max(0, nowMs - this.lastNowMs));
        this.lastNowMs = nowMs;
        this.creep(passedMs);
        const state = this.trueState(nowMs);
        if (state === null) return this.drawn;
        const own = this.ownError.fade(passedMs);
        state.ball.x += this.ballErrorX.fade(passedMs);
        state.ball.y += this.ballErrorY.fade(passedMs);
        if (this.side !== null) state[this.side] += own;
        this.drawn = state;
        return state;
    }

    /** The server tick at which an intent sent now would count. */
    private present(received: number): number {
        const trip = this.roundTrip.best() * (this.ruleset.tick_hz / 1000);
        return received + trip + (this.predictor?.leadTicks() ?? 0);
    }

    private trueState(nowMs: number): Picture | null {
        const newest = this.history.newest();
        const received = this.clock.at(nowMs);
        if (newest === null || received === null) return null;
        const past = received - this.past;
        if (this.predictor === null || this.side === null) return this.confirmed(newest, past);
        return this.predicted(newest, past, this.present(received));
    }

    private predicted(newest: Moment, past: number, present: number): Picture {
        const own = this.side as Side;
        const rival = otherSide(own);
        const future = (this.predictor as Predictor).project(newest, present + 1);
        holdBefore(future, this.planeOf(rival), rival);
        const last = future[future.length - 1] as Moment;
        const ballAt = (tick: number, axis: "x" | "y"): number =>
            tick <= newest.tick
                ? (this.history.ballAt(tick) ?? newest.ball)[axis]
                : along(future, tick, (moment) => moment.ball[axis]);
        const tick = perceivedTick(
            past,
            Math.min(present, last.tick),
            this.planeOf(own),
            this.planeOf(rival),
            (at) => ballAt(at, "x"),
        );
        const ownY = along(future, present, (moment) => moment[own].y);
        const rivalY = (this.history.paddleAt(rival, past) ?? newest[rival]).y;
        return {
            ball: { x: ballAt(tick, "x"), y: ballAt(tick, "y") },
            left: own === "left" ? ownY : rivalY,
            right: own === "right" ? ownY : rivalY,
        };
    }

    private confirmed(newest: Moment, tick: number): Picture {
        const ball = this.history.ballAt(tick) ?? newest.ball;
        return {
            ball: { x: ball.x, y: ball.y },
            left: (this.history.paddleAt("left", tick) ?? newest.left).y,
            right: (this.history.paddleAt("right", tick) ?? newest.right).y,
        };
    }

    /** The truth changed under the picture: keep what is on screen and let the difference fade. */
    private absorb(before: Picture, after: Picture): void {
        const jump = Math.hypot(before.ball.x - after.ball.x, before.ball.y - after.ball.y);
        if (jump > this.ballErrorMax) {
            this.ballErrorX.clear();
            this.ballErrorY.clear();
        } else {
            this.ballErrorX.absorb(before.ball.x, after.ball.x);
            this.ballErrorY.absorb(before.ball.y, after.ball.y);
        }
        if (this.side !== null) this.ownError.absorb(before[this.side], after[this.side]);
    }

    private creep(passedMs: number): void {
        const wanted = Math.min(PAST_MAX_TICKS, PAST_MIN_TICKS + this.clock.jitterTicks());
        const limit = passedMs * PAST_CREEP;
        this.past += Math.max(-limit, Math.min(limit, wanted - this.past));
    }

    private clearErrors(): void {
        this.ownError.clear();
        this.ballErrorX.clear();
        this.ballErrorY.clear();
    }

    private planeOf(side: Side): number {
        const inset = this.ruleset.paddle.width + this.ruleset.ball.size / 2;
        return side === "left" ? inset : this.ruleset.width - inset;
    }
}

/**
 * What the other does with the ball is not ours to guess: a predicted ball waits at their paddle
 * until it is known. That is only seen when messages are late; otherwise they come first.
 */
function holdBefore(moments: Moment[], plane: number, side: Side): void {
    for (let index = 1; index < moments.length; index++) {
        const [before, now] = [moments[index - 1] as Moment, moments[index] as Moment];
        const towards = side === "left" ? before.ball.vx < 0 : before.ball.vx > 0;
        const turned = before.ball.vx * now.ball.vx < 0;
        const beyond = side === "left" ? now.ball.x < plane : now.ball.x > plane;
        if (!towards || !(turned || beyond)) continue;
        for (let rest = index; rest < moments.length; rest++) {
            (moments[rest] as Moment).ball = before.ball;
        }
        return;
    }
}

/** A number of a run of consecutive ticks, read at a fractional tick, clamped to the run. */
function along(moments: Moment[], tick: number, read: (moment: Moment) => number): number {
    const first = moments[0] as Moment;
    const place = Math.max(0, Math.min(moments.length - 1, tick - first.tick));
    const before = moments[Math.floor(place)] as Moment;
    const after = moments[Math.ceil(place)] as Moment;
    return mix(read(before), read(after), place - Math.floor(place));
}
