// One tournament, live: joining and starting it, the match that waits for this player, the bracket,
// and the champion.
import { announce, focusOn, keepFocus } from "../a11y.ts";
import type { App, Screen } from "../app.ts";
import { fill, h, say, show } from "../dom.ts";
import { ordinal, secondsLeft } from "../format.ts";
import { callEnds } from "../net/calls.ts";
import type { Profile } from "../net/session.ts";
import { LivingSocket } from "../net/socket.ts";
import type { Route } from "../route.ts";
import { headWords, nextFor, type Next, type Tournament } from "../tournament.ts";
import { ask } from "./ask.ts";
import { bracket } from "./bracket.ts";
import { message } from "./message.ts";
import { needPlayer } from "./need-player.ts";
import { failureWords } from "./words.ts";

export function tournamentScreen(app: App, route: Route & { screen: "tournament" }): Screen {
    return needPlayer(app, "Tournament", (profile) => new TournamentScreen(app, route.id, profile));
}

class TournamentScreen implements Screen {
    readonly title = "Tournament";
    readonly heading = h("h1", { class: "cup__title" }, "Tournament");
    readonly element: HTMLElement;
    private readonly state = h("p", { class: "soft", "data-testid": "cup-state" }, "Loading.");
    private readonly error = h("p", { class: "note note--bad", role: "alert", hidden: true });
    private readonly body = h("div", { class: "cup__body" });
    private readonly socket: LivingSocket;
    private readonly me: string;
    private readonly clock = h("p", { class: "cup__clock", role: "timer", "data-testid": "cup-clock" });
    private readonly ticking: number;
    /** The match that waits for this player, if one does. */
    private called: string | null = null;
    private told = "";

    constructor(
        private readonly app: App,
        private readonly id: string,
        profile: Profile,
    ) {
        this.me = String(profile.player_id);
        this.element = h(
            "section",
            { class: "cup" },
            h("div", { class: "cup__head" }, this.heading, this.state),
            this.error,
            this.body,
        );
        this.socket = new LivingSocket(app.session, `/ws/tournament/${id}/`, null, {
            opened: () => show(this.error, false),
            message: (received) => {
                if (received.type === "tournament_update") {
                    this.draw(received.tournament as unknown as Tournament);
                }
            },
            lost: (attempt) => {
                if (attempt > 1) this.complain("The line is down. What is shown may be old; trying again.");
            },
            refused: () => this.missing(),
        });
        this.socket.start();
        this.ticking = window.setInterval(() => this.tick(), 500);
    }

    dispose(): void {
        window.clearInterval(this.ticking);
        this.socket.stop();
    }

    private tick(): void {
        const untilMs = this.called === null ? null : callEnds(this.called);
        const left = untilMs === null ? 0 : secondsLeft(untilMs, performance.now());
        say(this.clock, `${left} s left to come`);
        show(this.clock, left > 0);
    }

    private missing(): void {
        const screen = message({
            title: "No such tournament",
            text: "It is gone, or the address is wrong.",
            actions: [{ label: "All tournaments", href: "#/tournaments", primary: true }],
        });
        this.element.className = "after";
        fill(this.element, screen.element);
        this.app.setTitle(screen.title);
        focusOn(screen.heading);
    }

    private draw(cup: Tournament): void {
        say(this.heading, cup.name);
        say(this.state, headWords(cup));
        this.app.setTitle(cup.name);
        const next = nextFor(cup, this.me);
        this.announceNext(cup, next);
        this.called = next.kind === "play" && !next.running ? next.matchId : null;
        this.tick();
        const scrolled = this.body.querySelector(".bracket")?.scrollLeft ?? 0;
        keepFocus(this.body, this.heading, () =>
            fill(
                this.body,
                cup.state === "finished" && champion(cup, this.me),
                this.nextCard(next),
                this.actions(cup),
                cup.rounds.length > 0 &&
                    h(
                        "section",
                        { class: "cup__part", "aria-labelledby": "cup-bracket" },
                        h("h2", { class: "cup__name", id: "cup-bracket" }, "Bracket"),
                        bracket(cup, this.me),
                    ),
                cup.rounds.length === 0 && entrants(cup, this.me),
            ),
        );
        this.body.querySelector(".bracket")?.scrollTo(scrolled, 0);
    }

    /** Spoken once for each thing that comes next, not at every change of the bracket. */
    private announceNext(cup: Tournament, next: Next): void {
        const key = `${cup.state} ${next.kind} ${next.kind === "play" ? next.matchId : ""}`;
        if (key === this.told) return;
        this.told = key;
        if (next.kind === "play") announce(`Your match is ready: ${next.round} against ${next.rival}.`);
        else if (cup.state === "finished") announce(headWords(cup));
        else announce(`${cup.name}. ${headWords(cup)}`);
    }

    private nextCard(next: Next): HTMLElement | null {
        switch (next.kind) {
            case "play":
                return card(
                    "Your next match",
                    `${next.round} against ${next.rival}. Who does not come in time loses.`,
                    this.clock,
                    h(
                        "button",
                        {
                            class: "button button--primary",
                            type: "button",
                            "data-testid": "cup-play",
                            "data-key": "play",
                            onclick: () => playMatch(this.app, this.id, next.matchId),
                        },
                        next.running ? "Back to the court" : "Play",
                    ),
                );
            case "wait": {
                const rivals = next.rivals.length > 0 ? next.rivals.join(" or ") : "a player not known yet";
                return card("Your next match", `${next.round}, against ${rivals}. You are called here.`);
            }
            case "signed-up":
                return card("You are in", "You are called here as soon as the tournament starts.");
            case "out":
                return next.place === null
                    ? card("You are out", "Thank you for playing.")
                    : card(`You finished ${ordinal(next.place)}`, "Thank you for playing.");
            default:
                return null;
        }
    }

    private actions(cup: Tournament): HTMLElement | null {
        const joined = cup.players.some((one) => one.player_id === this.me && one.has_left !== true);
        const mine = cup.creator.player_id === this.me;
        const open = cup.state === "open";
        const on = open || cup.state === "started";
        const stillIn = joined && ["play", "wait", "signed-up"].includes(nextFor(cup, this.me).kind);
        const enough = cup.player_count >= 2;
        const buttons = [
            open && mine && enough && this.button("Start", "start", "start_tournament", true),
            open && !joined && cup.player_count < cup.player_limit && this.button("Join", "join", "join", !mine),
            on && stillIn && this.leaveButton(open),
            on && mine && this.cancelButton(),
        ].filter((one): one is HTMLButtonElement => one !== false);
        if (buttons.length === 0) return null;
        return h(
            "div",
            { class: "cup__actions" },
            ...buttons,
            open && mine && !enough && h("p", { class: "soft" }, "It can start with two players."),
        );
    }

    private button(label: string, what: string, action: string, primary: boolean): HTMLButtonElement {
        return this.press(label, what, primary ? " button--primary" : "", () => this.post(action));
    }

    private leaveButton(open: boolean): HTMLButtonElement {
        return this.press("Leave", "leave", "", async () => {
            const sure =
                open ||
                (await ask({
                    title: "Leave this tournament?",
                    text: "Whoever you would meet goes through.",
                    yes: "Leave",
                    no: "Stay",
                }));
            if (sure) await this.post("leave");
        });
    }

    private cancelButton(): HTMLButtonElement {
        return this.press("Call it off", "cancel", " button--danger", async () => {
            const sure = await ask({
                title: "Call the tournament off?",
                text: "It ends for everybody, without a winner.",
                yes: "Call it off",
                no: "Keep it",
            });
            const path = `/game/tournaments/${this.id}/delete_tournament/`;
            if (sure) await this.app.session.request("DELETE", path);
        });
    }

    private press(
        label: string,
        what: string,
        style: string,
        run: () => Promise<unknown>,
    ): HTMLButtonElement {
        return h(
            "button",
            {
                class: `button${style}`,
                type: "button",
                "data-testid": `cup-${what}`,
                "data-key": what,
                onclick: () => {
                    show(this.error, false);
                    run().catch((reason: unknown) => this.complain(failureWords(reason)));
                },
            },
            label,
        );
    }

    private post(action: string): Promise<unknown> {
        return this.app.session.request("POST", `/game/tournaments/${this.id}/${action}/`, {});
    }

    private complain(words: string): void {
        say(this.error, words);
        show(this.error, true);
    }
}

/** To the court of a match of this tournament; its result leads back to the bracket. */
export function playMatch(app: App, id: string, matchId: string): void {
    app.notices.close("call");
    app.origins.set(matchId, {
        label: "Back to the tournament",
        route: { screen: "tournament", id },
        once: true,
    });
    app.go({ screen: "game", matchId });
}

function card(title: string, text: string, ...actions: HTMLElement[]): HTMLElement {
    return h(
        "section",
        { class: "cup__next note note--live", "data-testid": "cup-next" },
        h("div", null, h("h2", { class: "cup__name" }, title), h("p", { class: "soft" }, text)),
        ...actions,
    );
}

function champion(cup: Tournament, me: string): HTMLElement {
    const mine = cup.winner === me;
    const name = cup.winner_username;
    return h(
        "section",
        { class: "champion", "data-testid": "champion" },
        h("i", { class: "champion__ball", "aria-hidden": "true" }),
        h("p", { class: "champion__word" }, name === null ? "No champion" : "Champion"),
        h("p", { class: "champion__name" }, name ?? "Nobody came to the final"),
        mine && h("p", { class: "soft" }, "That is you. Every match won."),
    );
}

function entrants(cup: Tournament, me: string): HTMLElement {
    const players = cup.players.filter((player) => player.has_left !== true);
    return h(
        "section",
        { class: "cup__part", "aria-labelledby": "cup-players" },
        h("h2", { class: "cup__name", id: "cup-players" }, "Players"),
        players.length === 0
            ? h("p", { class: "soft" }, "Nobody yet.")
            : h(
                  "ul",
                  { class: "cup__players", "data-testid": "cup-players" },
                  ...players.map((player) =>
                      h(
                          "li",
                          null,
                          player.username,
                          player.player_id === me && h("span", { class: "seat__you" }, " You"),
                      ),
                  ),
              ),
    );
}
