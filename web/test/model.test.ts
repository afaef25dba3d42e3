import assert from "node:assert/strict";
import { test } from "node:test";
import { MatchModel } from "../src/game/model.ts";
import { chooseOverlay } from "../src/game/overlay.ts";
import { state } from "./support.ts";

test("a state is taken whole, an update only where it speaks", () => {
    const model = new MatchModel();
    model.apply(state({ seq: 4 }), 0);
    model.apply(
        { type: "game_update", seq: 5, tick: 12, ack: 3, ball: { x: 410 }, paddles: { left: { y: 90 } } },
        10,
    );
    assert.deepEqual(model.ball, { x: 410, y: 300, vx: 420, vy: 60 });
    assert.equal(model.paddles.left.y, 90);
    assert.equal(model.paddles.right.y, 300);
    assert.equal(model.ack, 3);
});

test("a stale update changes nothing", () => {
    const model = new MatchModel();
    model.apply(state({ seq: 4 }), 0);
    assert.equal(model.apply({ type: "game_update", seq: 4, tick: 9, ball: { x: 1 } }, 0), null);
    assert.equal(model.ball.x, 400);
});

test("a countdown ends with the first tick that passes", () => {
    const model = new MatchModel();
    model.apply(state({ status: "waiting", tick: 0 }), 0);
    model.apply({ type: "game_start", seq: 2, countdown_ms: 3000 }, 1000);
    assert.equal(chooseOverlay(model, true, null, 1500).kind, "countdown");
    assert.equal(model.isLive(), false);
    model.apply({ type: "game_update", seq: 3, tick: 1 }, 4000);
    assert.equal(model.isLive(), true);
    assert.equal(chooseOverlay(model, true, null, 4000).kind, "none");
});

test("an absent opponent is shown with the server's clock and gone when back", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    model.apply({ type: "player_left", seq: 2, user_id: 2, grace_ms: 24_000 }, 1000);
    const overlay = chooseOverlay(model, true, null, 1000);
    assert.deepEqual(overlay, { kind: "absent", userId: 2, untilMs: 25_000 });
    model.apply({ type: "player_joined", seq: 3, user_id: 2 }, 2000);
    model.apply({ type: "resumed", seq: 4, countdown_ms: 3000 }, 2000);
    assert.equal(chooseOverlay(model, true, null, 2100).kind, "countdown");
});

test("a pause names who paused and until when", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    model.apply({ type: "paused", seq: 2, by: 1, reason: "pause", remaining_ms: 30_000 }, 500);
    const overlay = chooseOverlay(model, true, null, 500);
    assert.deepEqual(overlay, { kind: "paused", mine: true, userId: 1, untilMs: 30_500 });
    model.apply({ type: "resumed", seq: 3 }, 900);
    assert.equal(model.isLive(), true);
});

test("a side in place of a user id is understood", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    model.apply({ type: "paused", seq: 2, by: "right" }, 0);
    assert.equal(model.pause?.userId, 2);
});

test("the line's own trouble outranks what the match said last", () => {
    const model = new MatchModel();
    assert.equal(chooseOverlay(model, false, null, 0).kind, "connecting");
    model.apply(state({}), 0);
    model.apply({ type: "paused", seq: 2, by: 2 }, 0);
    assert.equal(chooseOverlay(model, false, 100, 200).kind, "lost");
});

test("the end is final and keeps the score", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    const over = {
        type: "game_over",
        seq: 2,
        winner: "left",
        reason: "resign",
        left: 3,
        right: 1,
        rating: { before: 1500, after: 1512 },
        match_id: "10000001",
    } as const;
    assert.deepEqual(model.apply(over, 0), { kind: "over" });
    assert.equal(model.isOver(), true);
    assert.equal(model.player("left")?.score, 3);
    assert.equal(chooseOverlay(model, false, 0, 0).kind, "none");
});

test("a rematch without a game is a wish, with one it is an address", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    assert.deepEqual(model.apply({ type: "rematch", user_id: 2 }, 0), {
        kind: "rematch-wanted",
        userId: 2,
    });
    assert.deepEqual(model.apply({ type: "rematch", game_id: 10000009 }, 0), {
        kind: "rematch",
        gameId: "10000009",
    });
});

test("a state in the middle of a pause brings who paused and what is left", () => {
    const model = new MatchModel();
    const paused = state({
        status: "paused",
        remaining_ms: 12_000,
        paused_by: "right",
        pause_reason: "pause",
        ack: 7,
    });
    model.apply(paused, 1000);
    assert.deepEqual(chooseOverlay(model, true, null, 1000), {
        kind: "paused",
        mine: false,
        userId: 2,
        untilMs: 13_000,
    });
    assert.equal(model.ack, 7);
});

test("a state in the middle of an absence brings its clock", () => {
    const model = new MatchModel();
    const base = state({ status: "paused", remaining_ms: 9000, pause_reason: "disconnect" });
    for (const player of base.players) player.connected = player.user_id === 1;
    model.apply(base, 500);
    const overlay = chooseOverlay(model, true, null, 500);
    assert.deepEqual(overlay, { kind: "absent", userId: 2, untilMs: 9500 });
    model.apply(state({ seq: 2, status: "ready", remaining_ms: 3000 }), 600);
    assert.deepEqual(chooseOverlay(model, true, null, 600), { kind: "countdown", untilMs: 3600 });
});

test("a lost line stops the court until the next full state", () => {
    const model = new MatchModel();
    model.apply(state({}), 0);
    assert.equal(model.isLive(), true);
    model.disconnect();
    assert.equal(model.isLive(), false);
    assert.equal(model.players.length, 2);
    model.apply(state({ seq: 90 }), 0);
    assert.equal(model.isLive(), true);
});
