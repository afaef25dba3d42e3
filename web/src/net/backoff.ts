// How long to wait before trying again: full jitter, so that a restarted server is not met by
// everyone at once. Pure apart from the random source, which tests replace.

const BASE_MS = 300;
const CAP_MS = 8000;

/** Delay before attempt `attempt` (0 is the first retry). */
export function backoffDelayMs(attempt: number, random: () => number = Math.random): number {
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
    return Math.round(random() * ceiling);
}
