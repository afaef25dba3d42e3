// What a tournament's state means for whoever looks at it: names of rounds, what comes next for a
// player, how it stands in words. Pure.

export interface Entrant {
    player_id: string;
    username: string;
    seed: number;
}

export type NodeState =
    | "pending"
    | "called"
    | "running"
    | "finished"
    | "bye"
    | "walkover"
    | "void";

export interface BracketNode {
    match_id: string | null;
    players: (Entrant | null)[];
    state: NodeState;
    winner: string | null;
    score: [number, number] | null;
}

export interface TournamentHead {
    id: string;
    name: string;
    state: "open" | "started" | "finished" | "cancelled";
    round: number;
    seeding: "random" | "rating";
    player_limit: number;
    player_count: number;
    creator: { player_id: string; username: string };
    winner: string | null;
    winner_username: string | null;
}

export interface Tournament extends TournamentHead {
    rounds: BracketNode[][];
    players: { player_id: string; username: string; place: number | null; has_left?: boolean }[];
}

/** Final, Semi-finals, Quarter-finals; before them their number. */
export function roundName(index: number, count: number): string {
    const fromEnd = count - 1 - index;
    return ["Final", "Semi-finals", "Quarter-finals"][fromEnd] ?? `Round ${index + 1}`;
}

/** One match of it: Final, Semi-final. */
export function matchName(index: number, count: number): string {
    return roundName(index, count).replace(/s$/, "");
}

export function headWords(head: TournamentHead): string {
    switch (head.state) {
        case "open":
            return `${head.player_count} of ${head.player_limit} players. Open to join.`;
        case "started":
            return `${head.player_count} players, round ${head.round}.`;
        case "finished":
            return head.winner_username === null
                ? "Over, without a winner."
                : `Won by ${head.winner_username}.`;
        case "cancelled":
            return "Called off.";
    }
}

export type Next =
    | { kind: "none" }
    /** Signed up; it has not begun. */
    | { kind: "signed-up" }
    | { kind: "play"; matchId: string; rival: string; round: string; running: boolean }
    /** Through to a round whose other player is not known yet. */
    | { kind: "wait"; round: string; rivals: string[] }
    | { kind: "out"; place: number | null }
    | { kind: "champion" };

/** What is next for this player. */
export function nextFor(tournament: Tournament, playerId: string): Next {
    const mine = tournament.players.find((player) => player.player_id === playerId);
    if (mine === undefined || tournament.state === "cancelled") return { kind: "none" };
    if (tournament.state === "open") return { kind: "signed-up" };
    if (tournament.winner === playerId) return { kind: "champion" };
    const { rounds } = tournament;
    for (let index = rounds.length - 1; index >= 0; index--) {
        const row = rounds[index] as BracketNode[];
        const slot = row.findIndex((node) => has(node, playerId));
        if (slot < 0) continue;
        const node = row[slot] as BracketNode;
        const round = matchName(index, rounds.length);
        if ((node.state === "called" || node.state === "running") && node.match_id !== null) {
            const rival = node.players.find((player) => player?.player_id !== playerId);
            return {
                kind: "play",
                matchId: node.match_id,
                rival: rival?.username ?? "your opponent",
                round,
                running: node.state === "running",
            };
        }
        if (node.state === "pending") {
            return { kind: "wait", round, rivals: comers(rounds, index, slot, playerId) };
        }
        break;
    }
    return { kind: "out", place: mine.place };
}

/** Who may still come up to meet this player in a node: the players of the node that feeds it. */
function comers(rounds: BracketNode[][], index: number, slot: number, playerId: string): string[] {
    const below = rounds[index - 1] ?? [];
    return [below[2 * slot], below[2 * slot + 1]]
        .filter((node): node is BracketNode => node !== undefined && !has(node, playerId))
        .flatMap((node) => node.players)
        .flatMap((player) => (player === null ? [] : [player.username]));
}

function has(node: BracketNode, playerId: string): boolean {
    return node.players.some((player) => player?.player_id === playerId);
}

/** How a match of the bracket stands, in words; the score is shown beside the names. */
export function nodeWords(node: BracketNode): string {
    switch (node.state) {
        case "pending":
            return node.players.every((player) => player !== null) ? "Soon" : "To come";
        case "called":
            return "Called";
        case "running":
            return "Playing";
        case "finished":
            return "Played";
        case "bye":
            return "Bye";
        case "walkover":
            return "Walkover";
        case "void":
            return "Nobody came";
    }
}
