// Past matches, newest first, with the tally of wins and losses.
import type { App, Screen } from "../app.ts";
import { announce } from "../a11y.ts";
import { fill, h } from "../dom.ts";
import { ago, clockTime, percent } from "../format.ts";
import type { Profile } from "../net/session.ts";
import { routeHash } from "../route.ts";
import { needPlayer } from "./need-player.ts";
import { failureWords } from "./words.ts";

interface PastMatch {
    game_id: number | string;
    player1: string;
    player2: string;
    winner: string | null;
    player1_score: number;
    player2_score: number;
    played_at: string;
    duration: number;
}

interface Tally {
    winrate: number;
    wins: number;
    losses: number;
}

export function historyScreen(app: App): Screen {
    return needPlayer(app, "Match history", (profile) => {
        const heading = h("h1", { class: "history__title" }, "Match history");
        const tally = h("dl", { class: "tally" });
        const body = h("div", { "aria-busy": "true" }, ...skeleton());
        const element = h(
            "section",
            { class: "history" },
            h("div", { class: "history__head" }, heading, tally),
            body,
        );
        void load(app, profile, body, tally);
        return { title: "Match history", element, heading };
    });
}

async function load(
    app: App,
    profile: Profile,
    body: HTMLElement,
    tally: HTMLElement,
): Promise<void> {
    try {
        const { matches } = await app.session.request<{ matches: PastMatch[] }>(
            "GET",
            "/game/history/",
        );
        fill(body, matches.length === 0 ? nothingYet() : table(matches, profile.username));
        if (matches.length > 0) await loadTally(app, profile, tally);
    } catch (reason) {
        const words = failureWords(reason);
        const again = h("button", { class: "button button--small", type: "button" }, "Try again");
        again.addEventListener("click", () => {
            fill(body, ...skeleton());
            void load(app, profile, body, tally);
        });
        fill(body, h("div", { class: "note note--bad note--split" }, h("span", null, words), again));
        announce(words);
    } finally {
        body.removeAttribute("aria-busy");
    }
}

async function loadTally(app: App, profile: Profile, tally: HTMLElement): Promise<void> {
    const path = `/api/game/history/${encodeURIComponent(String(profile.user_id))}/winrate/`;
    const { wins, losses } = await app.session.request<Tally>("GET", path);
    const fact = (term: string, value: string): HTMLElement =>
        h("div", null, h("dt", null, term), h("dd", null, value));
    const played = wins + losses;
    fill(
        tally,
        fact("Won", String(wins)),
        fact("Lost", String(losses)),
        played > 0 && fact("Win rate", percent(wins / played)),
    );
}

function table(matches: PastMatch[], username: string): HTMLElement {
    return h(
        "table",
        { class: "table", "data-testid": "history-table" },
        h("caption", { class: "unseen" }, "Your matches, newest first"),
        h(
            "thead",
            null,
            h(
                "tr",
                null,
                h("th", { scope: "col" }, "Result"),
                h("th", { scope: "col" }, "Score"),
                h("th", { scope: "col" }, "Opponent"),
                h("th", { scope: "col", class: "wide" }, "Length"),
                h("th", { scope: "col" }, "When"),
            ),
        ),
        h("tbody", null, ...matches.map((match) => row(match, username))),
    );
}

function row(match: PastMatch, username: string): HTMLElement {
    const first = match.player1 === username;
    const mine = first ? match.player1_score : match.player2_score;
    const theirs = first ? match.player2_score : match.player1_score;
    const opponent = first ? match.player2 : match.player1;
    const playedMs = Date.parse(match.played_at);
    const when = Number.isNaN(playedMs) ? "" : ago(playedMs, Date.now(), undefined, isNarrow());
    const [words, style] =
        match.winner === null
            ? ["No result", "outcome"]
            : match.winner === username
              ? ["Won", "outcome outcome--won"]
              : ["Lost", "outcome outcome--lost"];
    return h(
        "tr",
        null,
        h("td", null, h("span", { class: style }, words)),
        h("td", { class: "table__score" }, `${mine} : ${theirs}`),
        h("td", { class: "table__name" }, opponent),
        h("td", { class: "wide soft" }, clockTime(match.duration * 1000)),
        h("td", { class: "soft" }, h("time", { datetime: match.played_at }, when)),
    );
}

/** On a phone the words are shortened so that the table need not scroll sideways. */
function isNarrow(): boolean {
    return window.matchMedia("(max-width: 40rem)").matches;
}

function nothingYet(): HTMLElement {
    return h(
        "div",
        { class: "center", "data-testid": "history-empty" },
        h("p", { class: "center__text" }, "No matches yet. The first one takes about two minutes."),
        h("a", { class: "button button--primary", href: routeHash({ screen: "queue" }) }, "Play now"),
    );
}

function skeleton(): HTMLElement[] {
    const rows = Array.from({ length: 5 }, () => h("div", { class: "skeleton" }));
    return [h("p", { class: "unseen" }, "Loading"), ...rows];
}
