// Prediction of one's own seat. Inputs that the server has not acknowledged are kept with the tick
// at which they are expected to count; a prediction starts from the newest confirmed moment and
// replays the real rules with them. Nothing is drawn here and no clock is read.
import type { Rules } from "./rules.ts";
import type { Direction, Moment, Side } from "./types.ts";

/** An intent that was sent, and the server tick at which it should take effect. */
interface Intent {
    seq: number;
    direction: Direction;
    tick: number;
}

/** Never look further ahead than this, however long the line is: half a second. */
export const AHEAD_MAX_TICKS = 30;
/** How far late or early acknowledgements may shift the expected tick of effect. */
const LEAD_LIMIT_TICKS = 6;
const LEAD_GAIN = 0.1;

export class Predictor {
    private readonly pending: Intent[] = [];
    private lead = 0;

    constructor(
        private readonly rules: Rules,
        private readonly side: Side,
    ) {}

    /** Extra ticks, learnt from acknowledgements, between sending an intent and its effect. */
    leadTicks(): number {
        return this.lead;
    }

    /** Notes an intent that is being sent now and should count from `tick` on. */
    press(seq: number, direction: Direction, tick: number): void {
        this.pending.push({ seq, direction, tick: Math.floor(tick) });
    }

    /** Inputs start anew with a connection. */
    forget(): void {
        this.pending.length = 0;
        this.lead = 0;
    }

    /** The server's state of `tick` includes every intent up to `ack`. */
    acknowledge(ack: number, tick: number): void {
        for (const intent of this.pending) {
            const applied = intent.seq <= ack;
            if (applied && tick < intent.tick) this.learn(tick - intent.tick);
            if (!applied && tick >= intent.tick) {
                this.learn(tick - intent.tick + 1);
                // It is late, so the earliest it can count is the next tick.
                intent.tick = tick + 1;
            }
        }
        while (this.pending.length > 0 && (this.pending[0] as Intent).seq <= ack) {
            this.pending.shift();
        }
    }

    /**
     * Plays the rules from `base` up to `toTick` and returns every tick on the way, the base
     * first. The other paddle holds its last direction.
     */
    project(base: Moment, toTick: number): Moment[] {
        const last = Math.min(Math.ceil(toTick), base.tick + AHEAD_MAX_TICKS);
        const moments = [base];
        this.rules.load(base);
        const other: Side = this.side === "left" ? "right" : "left";
        this.rules.input(other, directionOf(base[other].v));
        let direction = directionOf(base[this.side].v);
        let next = 0;
        for (let tick = base.tick + 1; tick <= last; tick++) {
            while (next < this.pending.length && (this.pending[next] as Intent).tick <= tick) {
                direction = (this.pending[next] as Intent).direction;
                next++;
            }
            this.rules.input(this.side, direction);
            this.rules.step();
            moments.push(this.rules.read(tick));
        }
        return moments;
    }

    private learn(errorTicks: number): void {
        // Held through a pause: that says nothing about the line.
        if (Math.abs(errorTicks) > AHEAD_MAX_TICKS) return;
        const changed = this.lead + errorTicks * LEAD_GAIN;
        this.lead = Math.max(-LEAD_LIMIT_TICKS, Math.min(LEAD_LIMIT_TICKS, changed));
    }
}

export function directionOf(velocity: number): Direction {
    if (velocity > 0) return 1;
    return velocity < 0 ? -1 : 0;
}
