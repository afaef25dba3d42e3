// Until when a called match of a tournament waits for its players, as far as this page was told.
import { leftMs } from "./duels.ts";
import type { UserEvent } from "./event-sequence.ts";

const ends = new Map<string, number>();

/** Remembers a call; the time is on this page's clock, of performance.now(). */
export function rememberCall(event: UserEvent, nowMs: number): void {
    const { match_id: matchId, expires_at: expiresAt } = event.data;
    ends.set(String(matchId), nowMs + leftMs(String(expiresAt), event.timestamp));
}

/** Null when the call came before this page did. */
export function callEnds(matchId: string): number | null {
    return ends.get(matchId) ?? null;
}
