// A challenge as the player meets it: a dialog when one arrives, a card when a match is being
// played or when it was sent from here, and the way to the court when it is accepted.
import { announce } from "../a11y.ts";
import type { App } from "../app.ts";
import { h, say } from "../dom.ts";
import { secondsLeft } from "../format.ts";
import { Duels, type Duel, type DuelEnd } from "../net/duels.ts";
import { ApiError } from "../net/http.ts";
import { play } from "../sound.ts";
import { failureWords } from "./words.ts";

const ABOUT = "duel";

export class Challenge {
    private readonly duels: Duels;
    private dialog: HTMLDialogElement | null = null;
    private ticking = 0;

    constructor(private readonly app: App) {
        this.duels = new Duels(app.session, {
            opened: (duel) => this.opened(duel),
            ended: (duel, how, gameId, here) => this.ended(duel, how, gameId, here),
            dropped: () => this.clear(),
        });
        app.events.listen((event) => this.duels.hear(event, performance.now()));
    }

    /** Sends a challenge; the answer comes by itself. Fails with the server's reason. */
    async send(name: string): Promise<void> {
        const gameId = await this.duels.challenge(name);
        if (gameId !== null) this.toCourt(gameId);
    }

    private opened(duel: Duel): void {
        this.clear();
        const { username } = duel.rival;
        if (duel.mine) {
            const words = this.app.notices.show({
                about: ABOUT,
                words: `Waiting for ${username} to answer.`,
                actions: [
                    { label: "Cancel", testid: "duel-cancel", run: () => this.giveUp(duel) },
                ],
            });
            this.count(duel, (left) => say(words, `Waiting for ${username} to answer. ${left} s`));
            return;
        }
        play("found");
        // Nothing takes the keyboard away from a player whose game is running.
        if (document.body.classList.contains("in-match")) this.card(duel);
        else this.ask(duel);
    }

    private card(duel: Duel): void {
        const { username } = duel.rival;
        const words = this.app.notices.show({
            about: ABOUT,
            words: `${username} challenges you.`,
            actions: [
                { label: "Decline", testid: "duel-decline", run: () => this.giveUp(duel) },
                {
                    label: "Accept",
                    testid: "duel-accept",
                    primary: true,
                    run: () => this.accept(duel),
                },
            ],
        });
        this.count(duel, (left) => say(words, `${username} challenges you. ${left} s`));
    }

    private ask(duel: Duel): void {
        const { username } = duel.rival;
        const clock = h("p", { class: "duel__clock", role: "timer", "data-testid": "duel-clock" });
        const bar = h("progress", { class: "duel__bar", max: 60, "aria-hidden": "true" });
        // The keyboard lands on the title: a key meant for something else answers nothing.
        const title = h(
            "h2",
            { class: "dialog__title", id: "duel-title", tabindex: "-1", autofocus: true },
            `${username} challenges you`,
        );
        const decline = h(
            "button",
            { class: "button", type: "button", "data-testid": "duel-decline" },
            "Decline",
        );
        const accept = h(
            "button",
            { class: "button button--primary", type: "button", "data-testid": "duel-accept" },
            "Accept",
        );
        const dialog = h(
            "dialog",
            {
                class: "dialog duel",
                "aria-labelledby": "duel-title",
                "aria-describedby": "duel-text",
                "data-testid": "duel-dialog",
            },
            title,
            h("p", { class: "dialog__text", id: "duel-text" }, "A duel of Pong, rated. Right now."),
            h("div", { class: "duel__left" }, bar, clock),
            h("div", { class: "dialog__actions" }, decline, accept),
        );
        decline.addEventListener("click", () => this.giveUp(duel));
        accept.addEventListener("click", () => this.accept(duel));
        dialog.addEventListener("cancel", (event) => {
            event.preventDefault();
            this.giveUp(duel);
        });
        document.body.append(dialog);
        dialog.showModal();
        this.dialog = dialog;
        this.count(duel, (left) => {
            say(clock, `${left} s to answer`);
            bar.value = left;
        });
    }

    private count(duel: Duel, tell: (left: number) => void): void {
        const look = (): void => {
            const left = secondsLeft(duel.untilMs, performance.now());
            tell(left);
            // The server says that it is over; without a line to it, this page knows by itself.
            if (performance.now() > duel.untilMs + 5000) this.clear();
        };
        window.clearInterval(this.ticking);
        this.ticking = window.setInterval(look, 1000);
        look();
    }

    private accept(duel: Duel): void {
        this.clear();
        this.duels.accept(duel).then(
            (gameId) => this.toCourt(gameId),
            (reason: unknown) => this.tell(failureWords(reason)),
        );
    }

    private giveUp(duel: Duel): void {
        this.clear();
        this.duels.giveUp(duel).catch((reason: unknown) => {
            // Over already is what was wanted.
            if (!(reason instanceof ApiError) || reason.status !== 409) this.tell(failureWords(reason));
        });
    }

    private ended(duel: Duel, how: DuelEnd, gameId: string | null, here: boolean): void {
        const { username } = duel.rival;
        this.clear();
        if (how === "accepted") {
            if (gameId === null) return;
            if (here) this.toCourt(gameId);
            else this.offer(username, gameId);
        } else if (how === "declined" && duel.mine) this.tell(`${username} declined.`);
        else if (how === "cancelled" && !duel.mine) this.tell(`${username} took the challenge back.`);
        else if (how === "expired") {
            this.tell(duel.mine ? `${username} did not answer.` : `${username} waits no longer.`);
        }
    }

    /** Begun in another window, or before a reload: nobody is taken anywhere unasked. */
    private offer(username: string, gameId: string): void {
        this.app.notices.show({
            about: ABOUT,
            words: `Your duel with ${username} begins.`,
            actions: [
                {
                    label: "To the court",
                    testid: "duel-play",
                    primary: true,
                    run: () => this.toCourt(gameId),
                },
            ],
            forMs: 60_000,
        });
    }

    private toCourt(gameId: string): void {
        this.clear();
        this.app.origins.set(gameId, { label: "Back to people", route: { screen: "people" } });
        const { hash } = location;
        if (hash === `#/game/${gameId}`) return;
        announce("The duel begins");
        this.app.go({ screen: "game", matchId: gameId });
    }

    private tell(words: string): void {
        this.app.notices.show({ about: ABOUT, words });
    }

    private clear(): void {
        window.clearInterval(this.ticking);
        this.app.notices.close(ABOUT);
        this.dialog?.close();
        this.dialog?.remove();
        this.dialog = null;
    }
}
