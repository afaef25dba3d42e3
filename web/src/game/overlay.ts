// What lies over the court, if anything: exactly one thing at a time, chosen from what is known.
// Pure; the screen turns the choice into elements.
import type { MatchModel } from "./model.ts";

export type Overlay =
    | { kind: "none" }
    | { kind: "connecting" }
    | { kind: "lost"; untilMs: number | null }
    | { kind: "waiting"; rivalReady: boolean }
    | { kind: "countdown"; untilMs: number }
    | { kind: "absent"; userId: number; untilMs: number }
    | { kind: "paused"; mine: boolean; userId: number | null; untilMs: number | null };

/** How long the server keeps an empty seat when it has not said otherwise. */
const SEAT_KEPT_MS = 30_000;

export function chooseOverlay(
    model: MatchModel,
    connected: boolean,
    lostSinceMs: number | null,
    nowMs: number,
): Overlay {
    if (model.isOver()) return { kind: "none" };
    if (!connected) {
        if (lostSinceMs === null) return { kind: "connecting" };
        return { kind: "lost", untilMs: lostSinceMs + SEAT_KEPT_MS };
    }
    if (model.matchId === null) return { kind: "connecting" };
    for (const [userId, untilMs] of model.graceUntilMs) {
        if (userId !== model.me()?.user_id) return { kind: "absent", userId, untilMs };
    }
    if (model.status === "paused") {
        const { userId, untilMs, reason } = model.pause ?? {
            userId: null,
            untilMs: null,
            reason: "pause",
        };
        if (reason === "disconnect" && userId !== null && untilMs !== null) {
            return { kind: "absent", userId, untilMs };
        }
        const mine = userId !== null && userId === model.me()?.user_id;
        return { kind: "paused", mine, userId, untilMs };
    }
    if (model.countdownUntilMs !== null && nowMs < model.countdownUntilMs) {
        return { kind: "countdown", untilMs: model.countdownUntilMs };
    }
    if (model.status === "pending" || model.status === "waiting") {
        return { kind: "waiting", rivalReady: model.rival()?.ready ?? false };
    }
    return { kind: "none" };
}
