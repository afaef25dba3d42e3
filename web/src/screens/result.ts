// How it ended: who won and why, the score, what it did to the rating, and what next.
import type { App, Origin } from "../app.ts";
import { announce } from "../a11y.ts";
import { blockNumber } from "../blocks.ts";
import { fill, h, say } from "../dom.ts";
import { secondsLeft, signed } from "../format.ts";
import type { MatchModel } from "../game/model.ts";
import type { GameOverMessage, Side } from "../game/types.ts";
import { routeHash } from "../route.ts";
import { outcomeOf } from "./words.ts";

/** How long the server waits for both to ask. */
const REMATCH_MS = 30_000;

export class Result {
    readonly element: HTMLElement;
    readonly heading: HTMLElement;
    readonly title: string;
    private readonly rating = h("div", { class: "result__rating", "data-testid": "result-rating" });
    private readonly line = h("p", { class: "result__line", role: "status" });
    private readonly rematch = h(
        "button",
        { class: "button", type: "button", "data-testid": "rematch" },
        "Rematch",
    );
    private readonly timer: number;
    private asked = false;

    constructor(
        private readonly app: App,
        private readonly model: MatchModel,
        askRematch: () => void,
        origin: Origin | null,
    ) {
        const outcome = outcomeOf(model);
        this.title = outcome.title;
        const won = outcome.mine === "won" ? " result__title--won" : "";
        this.heading = h("h1", { class: `result__title${won}` }, outcome.title);
        const again = h(
            "button",
            {
                class: "button button--primary",
                type: "button",
                "data-testid": "play-again",
                onclick: () => app.go({ screen: "queue" }),
            },
            "Play again",
        );
        this.rematch.addEventListener("click", () => {
            if (this.asked) return;
            this.asked = true;
            this.rematch.setAttribute("aria-disabled", "true");
            askRematch();
            say(this.line, `Waiting for ${this.rivalName()} to agree.`);
        });
        const back =
            origin !== null &&
            h(
                "a",
                { class: "button button--primary", href: routeHash(origin.route), "data-testid": "back" },
                origin.label,
            );
        const player = !model.spectator && model.side !== null;
        const canRematch = player && model.over !== null && model.over.reason !== "cancelled" && origin?.once !== true;
        this.element = h(
            "section",
            { class: "result", "data-testid": "result", "data-outcome": outcome.mine ?? "none" },
            h("div", null, this.heading, h("p", { class: "result__reason" }, outcome.reason)),
            this.board(),
            player && this.rating,
            h(
                "div",
                { class: "result__actions" },
                back,
                player && back === false && again,
                canRematch && this.rematch,
                !player && back === false && h("a", { class: "button", href: routeHash({ screen: "home" }) }, "To the start"),
            ),
            this.line,
        );
        this.showRating(model.over?.rating ?? null);
        this.timer = this.countRematch(canRematch);
        announce(`${outcome.title}. ${outcome.reason} ${this.scoreWords()}`);
    }

    stop(): void {
        window.clearInterval(this.timer);
    }

    rematchWanted(): void {
        if (!this.asked) say(this.line, `${this.rivalName()} wants a rematch.`);
    }

    /** The server will not have it: the other left, or it is too late. */
    rematchRefused(): void {
        window.clearInterval(this.timer);
        this.rematch.setAttribute("aria-disabled", "true");
        say(this.rematch, "Rematch");
        this.asked = true;
        say(this.line, "No rematch this time.");
    }

    private countRematch(possible: boolean): number {
        if (!possible) return 0;
        const untilMs = performance.now() + REMATCH_MS;
        return window.setInterval(() => {
            const left = secondsLeft(untilMs, performance.now());
            if (left > 0) say(this.rematch, this.asked ? `Asked, ${left} s` : `Rematch, ${left} s`);
            else this.rematchRefused();
        }, 500);
    }

    private showRating(rating: GameOverMessage["rating"] | null): void {
        if (!rating) {
            fill(this.rating, h("span", { class: "soft" }, "This one does not count for the rating."));
            return;
        }
        if (rating.after === undefined) {
            fill(this.rating, h("span", { class: "soft" }, `Rating ${Math.round(rating.before)}, being counted.`));
            return;
        }
        const change = Math.round(rating.after) - Math.round(rating.before);
        const direction = change > 0 ? "up" : change < 0 ? "down" : "none";
        const { session } = this.app;
        const guest = session.profile?.guest === true && !session.isSecondGuest();
        fill(
            this.rating,
            h("span", { class: "soft" }, "Rating"),
            h("b", null, Math.round(rating.after)),
            h("span", { class: `change change--${direction}` }, signed(change)),
            guest && h("a", { class: "soft", href: routeHash({ screen: "account" }) }, "Keep it"),
        );
    }

    private board(): HTMLElement {
        const { model } = this;
        const half = (side: Side): HTMLElement => {
            const mine = side === model.side;
            return h(
                "div",
                { class: `seat seat--${side}${mine ? " seat--you" : ""}` },
                h(
                    "span",
                    { class: "seat__name" },
                    h("i", { class: "seat__mark" }),
                    h("b", null, model.player(side)?.username ?? side),
                ),
                mine && h("span", { class: "seat__line" }, h("span", { class: "seat__you" }, "You")),
            );
        };
        const digits = (side: Side): HTMLElement =>
            h(
                "span",
                { class: "score__digits", "data-testid": `result-${side}` },
                ...blockNumber(model.player(side)?.score ?? 0),
            );
        return h(
            "div",
            { class: "result__board board" },
            half("left"),
            h(
                "div",
                { class: "score" },
                digits("left"),
                h("span", { class: "score__dash", "aria-hidden": "true" }),
                digits("right"),
            ),
            half("right"),
        );
    }

    private scoreWords(): string {
        const left = this.model.player("left")?.score ?? 0;
        const right = this.model.player("right")?.score ?? 0;
        return `${left} to ${right}.`;
    }

    private rivalName(): string {
        return this.model.rival()?.username ?? "your opponent";
    }
}
