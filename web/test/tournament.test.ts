import assert from "node:assert/strict";
import { test } from "node:test";
import {
    headWords,
    nextFor,
    roundName,
    type BracketNode,
    type Entrant,
    type Tournament,
} from "../src/tournament.ts";

const who = (id: number): Entrant => ({ player_id: String(id), username: `p${id}`, seed: id });

function node(changes: Partial<BracketNode>): BracketNode {
    return { match_id: null, players: [null, null], state: "pending", winner: null, score: null, ...changes };
}

function cup(changes: Partial<Tournament>): Tournament {
    return {
        id: "5",
        name: "Cup",
        state: "started",
        round: 1,
        seeding: "random",
        player_limit: 4,
        player_count: 3,
        creator: { player_id: "1", username: "p1" },
        winner: null,
        winner_username: null,
        players: [1, 2, 3].map((id) => ({ player_id: String(id), username: `p${id}`, place: null })),
        rounds: [
            [
                node({ players: [who(1), null], state: "bye", winner: "1" }),
                node({ match_id: "71", players: [who(2), who(3)], state: "called" }),
            ],
            [node({ players: [who(1), null] })],
        ],
        ...changes,
    };
}

test("rounds are named from the end", () => {
    const names = [0, 1, 2, 3].map((index) => roundName(index, 4));
    assert.deepEqual(names, ["Round 1", "Quarter-finals", "Semi-finals", "Final"]);
    assert.equal(roundName(0, 1), "Final");
});

test("each player is told what comes next", () => {
    assert.deepEqual(nextFor(cup({}), "1"), { kind: "wait", round: "Final", rivals: ["p2", "p3"] });
    assert.deepEqual(nextFor(cup({}), "3"), {
        kind: "play",
        matchId: "71",
        rival: "p2",
        round: "Semi-final",
        running: false,
    });
    assert.deepEqual(nextFor(cup({}), "9"), { kind: "none" });
    assert.deepEqual(nextFor(cup({ state: "open", rounds: [] }), "2"), { kind: "signed-up" });
});

test("who lost is out, who won it all is champion", () => {
    const played = cup({});
    played.rounds[0]![1] = node({
        match_id: "71",
        players: [who(2), who(3)],
        state: "finished",
        winner: "3",
        score: [4, 7],
    });
    played.rounds[1]![0] = node({ match_id: "72", players: [who(1), who(3)], state: "running" });
    played.players[1]!.place = 3;
    assert.deepEqual(nextFor(played, "2"), { kind: "out", place: 3 });
    assert.equal(nextFor(played, "3").kind, "play");
    const over = { ...played, state: "finished" as const, winner: "3", winner_username: "p3" };
    assert.equal(nextFor(over, "3").kind, "champion");
    assert.equal(headWords(over), "Won by p3.");
    assert.equal(headWords({ ...over, winner: null, winner_username: null }), "Over, without a winner.");
});
