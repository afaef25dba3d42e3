import assert from "node:assert/strict";
import { test } from "node:test";
import { MatchModel } from "../src/game/model.ts";
import type { GameOverMessage } from "../src/game/types.ts";
import { ApiError } from "../src/net/http.ts";
import { failureWords, outcomeOf, placeWords } from "../src/screens/words.ts";
import { state } from "./support.ts";

function ended(changes: Partial<GameOverMessage>): MatchModel {
    const model = new MatchModel();
    model.apply(state({}), 0);
    const over: GameOverMessage = {
        type: "game_over",
        seq: 2,
        winner: "left",
        reason: "score",
        left: 7,
        right: 4,
        match_id: "10000001",
    };
    model.apply({ ...over, ...changes }, 0);
    return model;
}

test("the end is told from where I sit", () => {
    assert.equal(outcomeOf(ended({})).title, "You win");
    assert.equal(outcomeOf(ended({ winner: "right" })).mine, "lost");
    assert.equal(outcomeOf(ended({ reason: "resign" })).reason, "bo resigned.");
    assert.equal(outcomeOf(ended({ winner: "right", reason: "no_show" })).reason, "You were not ready in time.");
    assert.equal(outcomeOf(ended({ winner: null, reason: "cancelled" })).mine, null);
});

test("a spectator hears who won", () => {
    const model = ended({});
    model.side = null;
    assert.equal(outcomeOf(model).title, "ada wins");
    assert.equal(outcomeOf(model).mine, null);
});

test("the place is told with what is known", () => {
    assert.equal(
        placeWords({ position: 1, total: 1, etaMs: null }),
        "You are next. A match starts as soon as someone joins.",
    );
    assert.equal(
        placeWords({ position: 3, total: 4, etaMs: 21_000 }),
        "You are 3rd of 4 in the queue. Usual wait: about 20 s.",
    );
});

test("a limit says how long to wait", () => {
    const limited = new ApiError(429, "rate_limited", "Too many requests.", {}, 11.2);
    assert.match(failureWords(limited), /Try again in 12 s\.$/);
    assert.match(failureWords(new Error("what")), /does not understand/);
});
