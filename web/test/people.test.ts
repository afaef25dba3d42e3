import assert from "node:assert/strict";
import { test } from "node:test";
import { Duels, leftMs, type DuelEvents } from "../src/net/duels.ts";
import { EventSequence } from "../src/net/event-sequence.ts";
import { ApiError } from "../src/net/http.ts";
import type { Session } from "../src/net/session.ts";

const at = "2026-11-20T12:00:00.000Z";

test("what a resume repeats is told once, and a new life of the server is believed", () => {
    const sequence = new EventSequence();
    const take = (event: string, seq: number): boolean =>
        sequence.take({ event, seq, data: {}, timestamp: at }) !== null;
    assert.equal(take("connected", 7), false);
    assert.equal(sequence.last, 0, "a greeting is no reason to skip what was missed");
    assert.deepEqual([take("snapshot", 7), take("presence", 8), take("presence", 8)], [true, true, false]);
    assert.equal(take("pong", 8), false);
    assert.deepEqual([take("snapshot", 0), take("presence", 1)], [true, true]);
    assert.equal(sequence.last, 1);
    assert.equal(sequence.take({ type: "error", code: "bad" }), null);
});

test("a deadline is measured by the server's clock alone", () => {
    assert.equal(leftMs("2026-11-20T12:00:45.000Z", at), 45_000);
    assert.equal(leftMs("2026-11-20T11:00:00.000Z", at), 0);
    assert.equal(leftMs(undefined, at), 60_000);
});

function listener(): { heard: string[]; duels: Duels; requests: string[] } {
    const heard: string[] = [];
    const requests: string[] = [];
    const events: DuelEvents = {
        opened: (duel) => heard.push(`opened ${duel.mine ? "to" : "from"} ${duel.rival.username}`),
        ended: (_duel, how, gameId, here) => heard.push(`${how} ${gameId ?? "-"} ${here}`),
        dropped: () => heard.push("dropped"),
    };
    const session = {
        profile: { player_id: "1" },
        request: (method: string, path: string) => {
            requests.push(`${method} ${path}`);
            if (path === "/v1/duels") return Promise.resolve({ duel_id: "9", state: "pending" });
            return Promise.reject(new ApiError(409, "conflict", "It is over."));
        },
    } as unknown as Session;
    return { heard, requests, duels: new Duels(session, events) };
}

const ann = { player_id: "1", username: "ann" };
const bo = { player_id: "2", username: "bo" };

test("a challenge is told from where I stand, and only where it was sent leads to the court", async () => {
    const { heard, duels } = listener();
    const data = { duel_id: "9", challenger: ann, target: bo, expires_at: at };
    duels.hear({ event: "duel_invite", data, timestamp: at }, 0);
    duels.hear({ event: "duel_accepted", data: { ...data, game_id: "77" }, timestamp: at }, 0);
    await duels.challenge("bo");
    duels.hear({ event: "duel_accepted", data: { ...data, game_id: "78" }, timestamp: at }, 0);
    const theirs = { duel_id: "10", challenger: bo, target: ann, expires_at: at };
    duels.hear({ event: "duel_invite", data: theirs, timestamp: at }, 0);
    duels.hear({ event: "duel_declined", data: theirs, timestamp: at }, 0);
    assert.deepEqual(heard, [
        "opened to bo",
        "accepted 77 false",
        "accepted 78 true",
        "opened from bo",
        "declined - false",
    ]);
    assert.equal(duels.current, null);
});

test("a snapshot takes up an open challenge once, and drops one that is gone", async () => {
    const { heard, duels, requests } = listener();
    const duel = { duel_id: "9", challenger: bo, target: ann, expires_at: at };
    duels.hear({ event: "snapshot", data: { duel }, timestamp: at }, 0);
    duels.hear({ event: "snapshot", data: { duel }, timestamp: at }, 0);
    const open = duels.current;
    assert.ok(open !== null);
    await assert.rejects(duels.giveUp(open));
    duels.hear({ event: "snapshot", data: { duel: null }, timestamp: at }, 0);
    assert.deepEqual(heard, ["opened from bo", "dropped"]);
    assert.deepEqual(requests, ["POST /v1/duels/9/decline"]);
});
