// The bracket as a list of rounds, each a list of matches, each a list of its two players: columns
// on a wide screen, one below the other on a phone, and the same order for a screen reader.
import { h } from "../dom.ts";
import { nodeWords, roundName, type BracketNode, type Tournament } from "../tournament.ts";

/** Rounds that fit beside each other on a tablet. */
const WIDE = 3;

export function bracket(tournament: Tournament, me: string): HTMLElement {
    const { rounds } = tournament;
    const list = h(
        "ol",
        { class: "bracket__rounds" },
        ...rounds.map((row, index) => {
            const name = roundName(index, rounds.length);
            return h(
                "li",
                { class: "bracket__round" },
                h("h3", { class: "bracket__name" }, name),
                h(
                    "ol",
                    { class: "bracket__matches", "aria-label": name },
                    ...row.map((node) => match(node, me)),
                ),
            );
        }),
    );
    // A bracket that may be wider than the window is scrolled with the keyboard too.
    const wide = rounds.length > WIDE;
    return h(
        "div",
        {
            class: "bracket",
            role: "group",
            "aria-label": "Bracket",
            tabindex: wide ? "0" : null,
            "data-key": "bracket",
            "data-testid": "bracket",
        },
        list,
    );
}

function match(node: BracketNode, me: string): HTMLElement {
    const live = node.state === "called" || node.state === "running";
    return h(
        "li",
        {
            class: `tie${live ? " tie--live" : ""}`,
            "data-testid": "bracket-match",
            "data-state": node.state,
        },
        h("ul", { class: "tie__players" }, ...[0, 1].map((side) => seat(node, side, me))),
        h("p", { class: "tie__state" }, nodeWords(node)),
    );
}

function emptyWords(node: BracketNode): string {
    if (node.state === "bye") return "No opponent";
    return node.state === "pending" ? "Not known yet" : "Nobody";
}

function seat(node: BracketNode, side: number, me: string): HTMLElement {
    const player = node.players[side] ?? null;
    if (player === null) {
        return h("li", { class: "tie__player tie__player--none" }, emptyWords(node));
    }
    const won = node.winner === player.player_id;
    const over = node.winner !== null;
    const style = over ? (won ? " tie__player--won" : " tie__player--lost") : "";
    // Before the first ball there is no score, only two noughts.
    const score = node.state === "called" ? undefined : node.score?.[side];
    return h(
        "li",
        { class: `tie__player${style}` },
        h(
            "span",
            { class: "tie__name" },
            player.username,
            player.player_id === me && h("span", { class: "seat__you" }, " You"),
            won && h("span", { class: "unseen" }, ", goes through"),
        ),
        score !== undefined && h("b", { class: "tie__score" }, score),
    );
}
