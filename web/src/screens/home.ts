// The first page: one button to a game, the ways to be known, and a game to look at. A player who
// has a match running is brought back to it from here.
import type { App, Screen } from "../app.ts";
import { announce } from "../a11y.ts";
import { fill, h, say, show } from "../dom.ts";
import { Exhibition } from "../game/exhibition.ts";
import { routeHash } from "../route.ts";
import { openRoom } from "./room.ts";
import { failureWords, leadWords } from "./words.ts";

export function homeScreen(app: App): Screen {
    const heading = h(
        "h1",
        { class: "home__title" },
        h("span", null, "Two players."),
        h("span", null, "One ball."),
    );
    const play = h(
        "button",
        { class: "button button--primary button--large", type: "button", "data-testid": "play-now" },
        "Play now",
    );
    const doors = h("p", { class: "home__doors" });
    const lead = h("p", { class: "home__lead" });
    const error = h("p", { class: "note note--bad home__error", role: "alert", hidden: true });
    const running = h("p", { class: "home__resume", hidden: true }, "Your match is still on.");
    const resume = h(
        "a",
        { class: "button button--primary button--large", "data-testid": "resume", hidden: true },
        "Back to the court",
    );
    const exhibition = new Exhibition();
    const practice = practiceRow(app, (words) => {
        say(error, words);
        show(error, words !== "");
        if (words !== "") announce(words);
    });

    let elsewhere = false;

    const draw = (): void => {
        const profile = app.session.profile;
        say(lead, leadWords(profile, elsewhere));
        if (profile === null) fill(doors, "No account needed.");
        else if (elsewhere) fill(doors);
        else if (profile.guest && !app.session.isSecondGuest()) {
            const keep = h("a", { href: routeHash({ screen: "account" }) }, "Keep your rating");
            fill(doors, keep, " with a free account.");
        } else fill(doors);
        const matchId = elsewhere ? null : profile?.match_id;
        say(play, elsewhere ? "Play as a second guest" : "Play now");
        show(running, Boolean(matchId));
        show(resume, Boolean(matchId));
        show(play, !matchId);
        show(practice, !matchId && !elsewhere);
        if (matchId) resume.href = routeHash({ screen: "game", matchId: String(matchId) });
    };

    play.addEventListener("click", () => {
        play.setAttribute("aria-disabled", "true");
        say(play, "One moment");
        show(error, false);
        enter(app).catch((reason: unknown) => {
            play.removeAttribute("aria-disabled");
            draw();
            const words = failureWords(reason);
            say(error, words);
            show(error, true);
            announce(words);
        });
    });

    void app.ready
        .then(() => isBusyElsewhere(app))
        .then((busy) => {
            elsewhere = busy;
            draw();
        });
    draw();
    const stop = app.session.onChange(draw);
    const element = h(
        "div",
        { class: "home" },
        h(
            "section",
            { class: "stage" },
            exhibition.element,
            h(
                "div",
                { class: "stage__words" },
                running,
                heading,
                lead,
                h("div", { class: "home__play" }, play, resume, doors),
                practice,
                error,
            ),
        ),
        waysToPlay(),
    );
    return {
        title: "Rally",
        element,
        heading,
        wide: true,
        dispose: () => {
            stop();
            exhibition.stop();
        },
    };
}

/** True when this browser's player waits or plays in another of its windows. */
async function isBusyElsewhere(app: App): Promise<boolean> {
    if (app.session.profile === null || app.session.isSecondGuest()) return false;
    return app.tabs.othersBusy();
}

/**
 * Signs in as a guest unless someone is signed in already, then joins the queue. A second window
 * gets a guest of its own, so that one browser is enough for a match.
 */
async function enter(app: App): Promise<void> {
    await app.ready;
    if (!app.session.isSignedIn()) await app.session.playAsGuest();
    else if (await isBusyElsewhere(app)) await app.session.playAsSecondGuest();
    const matchId = app.session.profile?.match_id;
    if (matchId) app.go({ screen: "game", matchId: String(matchId) });
    else app.go({ screen: "queue" });
}

const LEVELS = ["Easy", "Normal", "Hard"] as const;

/** A game at once against the server's bot, which counts for nothing. */
function practiceRow(app: App, tell: (words: string) => void): HTMLElement {
    const level = h(
        "select",
        { class: "practice__level", "aria-label": "Strength of the bot", "data-testid": "practice-level" },
        ...LEVELS.map((name, index) =>
            h("option", { value: index + 1, selected: index === 1 }, name),
        ),
    );
    const start = h("button", { class: "button", type: "button", "data-testid": "practice" }, "Practice");
    start.addEventListener("click", () => {
        if (start.getAttribute("aria-disabled") === "true") return;
        start.setAttribute("aria-disabled", "true");
        tell("");
        startPractice(app, Number(level.value)).catch((reason: unknown) => {
            start.removeAttribute("aria-disabled");
            tell(failureWords(reason));
        });
    });
    const invite = h(
        "button",
        { class: "button", type: "button", "data-testid": "invite-friend" },
        "Invite a friend",
    );
    invite.addEventListener("click", () => {
        tell("");
        openRoom(app).catch((reason: unknown) => tell(failureWords(reason)));
    });
    return h(
        "div",
        { class: "practice", role: "group", "aria-label": "Other games" },
        start,
        level,
        h("p", { class: "practice__how" }, "Against the bot. Counts for nothing."),
        invite,
    );
}

async function startPractice(app: App, level: number): Promise<void> {
    await app.ready;
    if (!app.session.isSignedIn()) await app.session.playAsGuest();
    const game = await app.session.request<{ game_id: number }>("POST", "/v1/practice", { level });
    app.go({ screen: "game", matchId: String(game.game_id) });
}

function waysToPlay(): HTMLElement {
    const key = (name: string): HTMLElement => h("kbd", { class: "key" }, name);
    const way = (name: string, ...how: (Node | string)[]): HTMLElement =>
        h(
            "li",
            { class: "ways__item" },
            h("span", { class: "ways__name" }, name),
            h("span", { class: "ways__how" }, ...how),
        );
    return h(
        "ul",
        { class: "ways", "aria-label": "Ways to play" },
        way("Keyboard", key("W"), " ", key("S"), " or ", key("↑"), " ", key("↓"), ". ", key("P"), " pauses."),
        way("Touch", "Drag anywhere on your half, or hold the two big buttons."),
        way("Gamepad", "Stick or pad to move. Plug it in and press anything."),
    );
}
