// The confirmed past of the court: the last half second or so of what the server said, and how to
// read it between two messages. Pure. It never guesses beyond its newest entry.
import type { Ball, Moment, Paddle, Side } from "./types.ts";

const KEPT = 48;
/** A ball that moved further than this between two entries was served anew, not played. */
const TELEPORT_UNITS = 120;

export class History {
    private readonly moments: Moment[] = [];

    /** Adds what the server said; an entry for the same tick replaces the former. */
    add(moment: Moment): void {
        const newest = this.moments[this.moments.length - 1];
        if (newest !== undefined && moment.tick < newest.tick) this.moments.length = 0;
        if (newest !== undefined && moment.tick === newest.tick) this.moments.pop();
        this.moments.push(moment);
        if (this.moments.length > KEPT) this.moments.shift();
    }

    clear(): void {
        this.moments.length = 0;
    }

    newest(): Moment | null {
        return this.moments[this.moments.length - 1] ?? null;
    }

    /** Ball at a fractional tick, clamped to the entries that exist. */
    ballAt(tick: number): Ball | null {
        const [before, after, share] = this.around(tick);
        if (before === null) return null;
        if (after === null) return before.ball;
        const jump = Math.hypot(after.ball.x - before.ball.x, after.ball.y - before.ball.y);
        if (jump > TELEPORT_UNITS) return share < 0.5 ? before.ball : after.ball;
        return {
            x: mix(before.ball.x, after.ball.x, share),
            y: mix(before.ball.y, after.ball.y, share),
            vx: before.ball.vx,
            vy: before.ball.vy,
        };
    }

    /** Paddle at a fractional tick, clamped to the entries that exist. */
    paddleAt(side: Side, tick: number): Paddle | null {
        const [before, after, share] = this.around(tick);
        if (before === null) return null;
        if (after === null) return before[side];
        return { y: mix(before[side].y, after[side].y, share), v: before[side].v };
    }

    private around(tick: number): [Moment | null, Moment | null, number] {
        let after: Moment | null = null;
        for (let index = this.moments.length - 1; index >= 0; index--) {
            const moment = this.moments[index] as Moment;
            if (moment.tick <= tick) {
                if (after === null) return [moment, null, 0];
                const span = after.tick - moment.tick;
                return [moment, after, span === 0 ? 0 : (tick - moment.tick) / span];
            }
            after = moment;
        }
        return [after, null, 0];
    }
}

export function mix(from: number, to: number, share: number): number {
    return from + (to - from) * share;
}
