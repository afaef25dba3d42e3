// Which moment of the ball to show. Near my paddle it is my present, so that what I hit is what I
// see; near the other paddle it is the confirmed past, so that no bounce is ever shown that did not
// happen. In between it slides. Pure arithmetic on positions that others provide.

/** Share of the way from my paddle's plane (0) to the other's (1), clamped. */
export function distanceShare(x: number, mine: number, theirs: number): number {
    const share = (x - mine) / (theirs - mine);
    return Math.max(0, Math.min(1, share));
}

/**
 * Finds the tick between `past` and `present` at which a ball drawn with the sliding delay is.
 * `xAt` gives the ball's position at a fractional tick. The ball crosses the court much slower
 * than the delay changes, so there is one answer and halving finds it.
 */
export function perceivedTick(
    past: number,
    present: number,
    mine: number,
    theirs: number,
    xAt: (tick: number) => number,
): number {
    if (present <= past) return present;
    let low = past;
    let high = present;
    for (let round = 0; round < 12; round++) {
        const middle = (low + high) / 2;
        const wanted = present - distanceShare(xAt(middle), mine, theirs) * (present - past);
        if (middle < wanted) low = middle;
        else high = middle;
    }
    return (low + high) / 2;
}

const DECAY_MS = 55;

/**
 * Hides a correction: the drawn value keeps the error at first and loses it over about a tenth of
 * a second. Errors too large to be a correction are shown at once.
 */
export class Softener {
    private error = 0;

    constructor(private readonly limit: number) {}

    /** The value would jump from `before` to `after` now. */
    absorb(before: number, after: number): void {
        const error = this.error + before - after;
        this.error = Math.abs(error) > this.limit ? 0 : error;
    }

    /** Time passes; returns the offset to add to the true value. */
    fade(passedMs: number): number {
        this.error *= Math.exp(-passedMs / DECAY_MS);
        if (Math.abs(this.error) < 0.05) this.error = 0;
        return this.error;
    }

    clear(): void {
        this.error = 0;
    }
}
