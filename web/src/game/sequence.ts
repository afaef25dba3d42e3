// Watches the numbers on game messages. A hole means that something was missed; the server then
// sends a full state, and when none comes the only cure is a new connection. Pure.

/** How long a hole may stay open before the connection is given up. */
export const GAP_PATIENCE_MS = 2000;

export type Verdict = "in-order" | "stale" | "gap";

export class Sequence {
    private last: number | null = null;
    private gapSinceMs: number | null = null;

    /** A full state arrived: whatever was missed no longer matters. */
    restart(seq: number): void {
        this.last = seq;
        this.gapSinceMs = null;
    }

    /** A numbered message other than a full state arrived. */
    observe(seq: number, nowMs: number): Verdict {
        if (this.last === null) {
            this.gapSinceMs ??= nowMs;
            this.last = seq;
            return "gap";
        }
        if (seq <= this.last) return "stale";
        const expected = this.last + 1;
        this.last = seq;
        if (seq === expected) return "in-order";
        this.gapSinceMs ??= nowMs;
        return "gap";
    }

    /** True while deltas are built on something that never arrived. */
    hasGap(): boolean {
        return this.gapSinceMs !== null;
    }

    /** True when the full state has not come in time and the connection should be replaced. */
    isLost(nowMs: number): boolean {
        return this.gapSinceMs !== null && nowMs - this.gapSinceMs > GAP_PATIENCE_MS;
    }

    /** A new connection numbers its messages as it likes. */
    forget(): void {
        this.last = null;
        this.gapSinceMs = null;
    }
}
