// Two estimates the court needs: which server tick can have arrived by now, and how long a round
// trip takes. Both are pure: the caller brings the time. Neither corrects anything on screen by
// itself; drawing asks them for a number.

const WINDOW = 64;
/** A render clock never runs more than this much faster or slower than the wall. */
const SLEW_LIMIT = 0.02;
/** Beyond this error slewing would take seconds, so the clock jumps. */
const JUMP_TICKS = 8;
/** With no news for this long the clock stands still rather than invent a future. */
const HOLD_TICKS = 18;

/**
 * Follows the newest tick that the fastest packets bring. Packets can only be late, so the highest
 * of the recent samples is the closest to the truth; the answer glides towards it.
 */
export class TickClock {
    private readonly samples: number[] = [];
    private offset: number | null = null;
    private lastNowMs = 0;
    private newestTick = 0;

    constructor(private readonly ticksPerMs: number) {}

    /** A message that carries `tick` arrived at `nowMs`. */
    observe(tick: number, nowMs: number): void {
        this.samples.push(tick - nowMs * this.ticksPerMs);
        if (this.samples.length > WINDOW) this.samples.shift();
        this.newestTick = Math.max(this.newestTick, tick);
        if (this.offset === null) {
            this.offset = this.target();
            this.lastNowMs = nowMs;
        }
    }

    /**
     * The server stood still for a moment, as it does until a point is stored: what was measured
     * before is too early by that much. The clock glides to what is measured from now on.
     */
    resample(): void {
        this.samples.length = 0;
    }

    /** Forgets everything: after a pause, a countdown or a new connection ticks start anew. */
    reset(): void {
        this.samples.length = 0;
        this.offset = null;
        this.newestTick = 0;
    }

    /** The (fractional) newest tick that can have arrived by `nowMs`; null before the first. */
    at(nowMs: number): number | null {
        if (this.offset === null) return null;
        const error = this.samples.length === 0 ? 0 : this.target() - this.offset;
        const passedTicks = Math.max(0, nowMs - this.lastNowMs) * this.ticksPerMs;
        this.lastNowMs = Math.max(this.lastNowMs, nowMs);
        if (Math.abs(error) > JUMP_TICKS) {
            this.offset += error;
        } else {
            const limit = passedTicks * SLEW_LIMIT;
            this.offset += Math.max(-limit, Math.min(limit, error));
        }
        return Math.min(this.offset + nowMs * this.ticksPerMs, this.newestTick + HOLD_TICKS);
    }

    /** How many ticks late the middle packet of the window is: the jitter to hide. */
    jitterTicks(): number {
        if (this.samples.length < 8) return 1;
        const best = this.target();
        const late = this.samples.map((sample) => best - sample).sort((a, b) => a - b);
        return late[Math.floor(late.length * 0.9)] ?? 1;
    }

    private target(): number {
        return Math.max(...this.samples);
    }
}

const ROUND_TRIPS = 16;

/** Round trips of pings: the best of the last few for prediction, a calm average for the eye. */
export class RoundTrip {
    private readonly samples: number[] = [];
    private average: number | null = null;

    observe(milliseconds: number): void {
        if (!(milliseconds >= 0)) return;
        this.samples.push(milliseconds);
        if (this.samples.length > ROUND_TRIPS) this.samples.shift();
        this.average =
            this.average === null ? milliseconds : this.average * 0.8 + milliseconds * 0.2;
    }

    /** Lowest of the last sixteen, in milliseconds; 0 before the first ping returns. */
    best(): number {
        return this.samples.length === 0 ? 0 : Math.min(...this.samples);
    }

    /** What the ping badge says, in milliseconds; null before the first ping returns. */
    shown(): number | null {
        return this.average === null ? null : Math.round(this.average);
    }
}
