// Sentences that depend on what happened: failures, the place in the queue, how a match ended. Pure,
// so that each can be tested without a page.
import { ordinal, waitEstimate } from "../format.ts";
import type { MatchModel } from "../game/model.ts";
import type { GameOverMessage, Side } from "../game/types.ts";
import { ApiError } from "../net/http.ts";
import type { QueuePlace } from "../net/queue.ts";
import type { Profile } from "../net/session.ts";
import { errorWords } from "../text.ts";

/** What went wrong, in words, and when another try makes sense. */
export function failureWords(reason: unknown): string {
    if (!(reason instanceof ApiError)) return errorWords("bad_reply", "");
    const words = errorWords(reason.code, reason.message);
    return reason.retryAfterSeconds === null
        ? words
        : `${words} Try again in ${Math.ceil(reason.retryAfterSeconds)} s.`;
}

/** Under the title of the first page. */
export function leadWords(profile: Profile | null, elsewhere: boolean): string {
    if (profile === null) {
        return "Play live Pong against whoever is waiting. First to seven takes the match.";
    }
    const name = profile.display_name ?? profile.username;
    if (elsewhere) return `${name} is busy in another window. Take the other side in this one.`;
    if (profile.match_id) return `${name}, your opponent is on the court. Time is running.`;
    return `Welcome back, ${name}. Someone is about to want a game.`;
}

export function placeWords(place: QueuePlace): string {
    const parts: string[] = [];
    if (place.position === 1) {
        parts.push("You are next.");
    } else if (place.position !== null) {
        const of = place.total !== null && place.total > 1 ? ` of ${place.total}` : "";
        parts.push(`You are ${ordinal(place.position)}${of} in the queue.`);
    } else {
        parts.push("You are in the queue.");
    }
    const estimate = waitEstimate(place.etaMs);
    parts.push(
        estimate === null ? "A match starts as soon as someone joins." : `Usual wait: ${estimate}.`,
    );
    return parts.join(" ");
}

export interface Outcome {
    mine: "won" | "lost" | null;
    title: string;
    reason: string;
}

export function outcomeOf(model: MatchModel): Outcome {
    const winner = model.over !== null ? model.over.winner : winnerByScore(model);
    const reason = model.over?.reason ?? (model.status === "cancelled" ? "cancelled" : "score");
    if (winner === null || reason === "cancelled") {
        return { mine: null, title: "No result", reason: "The match was called off. Nothing is lost." };
    }
    const name = model.player(winner)?.username ?? winner;
    if (model.side === null) {
        return { mine: null, title: `${name} wins`, reason: reasonWords(reason, true, "The other side") };
    }
    const won = winner === model.side;
    const rival = model.rival()?.username ?? "Your opponent";
    return {
        mine: won ? "won" : "lost",
        title: won ? "You win" : "You lose",
        reason: reasonWords(reason, won, rival),
    };
}

function reasonWords(reason: GameOverMessage["reason"], won: boolean, rival: string): string {
    switch (reason) {
        case "forfeit":
            return won ? `${rival} did not come back in time.` : "You were away for too long.";
        case "resign":
            return won ? `${rival} resigned.` : "You resigned.";
        case "no_show":
            return won ? `${rival} did not show up.` : "You were not ready in time.";
        default:
            return won ? "Game, set, point." : "So close. Another?";
    }
}

function winnerByScore(model: MatchModel): Side | null {
    const left = model.player("left")?.score ?? 0;
    const right = model.player("right")?.score ?? 0;
    if (left === right) return null;
    return left > right ? "left" : "right";
}
