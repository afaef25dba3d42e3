// Draws the overlay that was chosen for the court: waiting, countdown, pause, reconnecting.
import { announce } from "../a11y.ts";
import { blockNumber } from "../blocks.ts";
import { fill, h, say } from "../dom.ts";
import { secondsLeft } from "../format.ts";
import type { MatchModel } from "../game/model.ts";
import type { Overlay } from "../game/overlay.ts";
import { play } from "../sound.ts";
import type { CloseWords } from "../text.ts";

export interface VeilActions {
    resume(): void;
}

export class Veil {
    readonly element = h("div", { class: "court__above", "data-testid": "overlay" });
    private drawn = "";
    private clock: HTMLElement | null = null;

    constructor(private readonly actions: VeilActions) {}

    draw(overlay: Overlay, model: MatchModel, lost: CloseWords, nowMs: number): void {
        const key = overlayKey(overlay, nowMs);
        if (key !== this.drawn) {
            this.drawn = key;
            this.clock = null;
            fill(this.element, this.make(overlay, model, lost, nowMs));
        }
        const untilMs = "untilMs" in overlay ? overlay.untilMs : null;
        if (this.clock !== null && untilMs !== null) {
            say(this.clock, `${secondsLeft(untilMs, nowMs)} s`);
        }
    }

    private make(
        overlay: Overlay,
        model: MatchModel,
        lost: CloseWords,
        nowMs: number,
    ): HTMLElement | null {
        switch (overlay.kind) {
            case "none":
                return null;
            case "connecting":
                return panel("Connecting", "Taking you to the court.");
            case "waiting":
                return this.waiting(model, overlay.rivalReady);
            case "countdown":
                return countdown(secondsLeft(overlay.untilMs, nowMs), model);
            case "lost":
                return this.clocked(lost.title, lost.detail);
            case "absent":
                return this.absent(model, overlay.userId);
            case "paused":
                return this.paused(model, overlay);
        }
    }

    private waiting(model: MatchModel, rivalReady: boolean): HTMLElement {
        const rival = model.rival();
        const versus = `${model.me()?.username ?? "You"} against ${rival?.username ?? "…"}`;
        const words = rivalReady ? "Both here. Starting." : "Waiting for your opponent to be ready.";
        announce(`${versus}. ${words}`);
        return panel(versus, words);
    }

    private absent(model: MatchModel, userId: number): HTMLElement {
        const name = model.playerById(userId)?.username ?? "Your opponent";
        announce(`${name} lost the connection. The game is paused.`);
        return this.clocked(
            `${name} is reconnecting`,
            model.spectator
                ? "The game waits. Out of time, the match is forfeited."
                : "The game waits. Out of time, the match is yours.",
        );
    }

    private paused(
        model: MatchModel,
        pause: Extract<Overlay, { kind: "paused" }>,
    ): HTMLElement {
        const name = model.playerById(pause.userId)?.username;
        const who = pause.mine ? "You paused" : name === undefined ? "Paused" : `${name} paused`;
        announce(`${who} the game`);
        const element =
            pause.untilMs === null
                ? panel(who, "The game goes on when the pause ends.")
                : this.clocked(who, "The game goes on by itself when the time is up.");
        if (pause.mine) {
            const button = h(
                "button",
                {
                    class: "button button--primary",
                    type: "button",
                    "data-testid": "unpause",
                    onclick: () => this.actions.resume(),
                },
                "Resume",
            );
            element.append(h("div", { class: "veil__actions" }, button));
        }
        return element;
    }

    private clocked(title: string, text: string): HTMLElement {
        this.clock = h("p", { class: "veil__clock", role: "timer" });
        const element = panel(title, text);
        element.append(this.clock);
        return element;
    }
}

/** Overlays with the same key differ at most in their clock. */
function overlayKey(overlay: Overlay, nowMs: number): string {
    switch (overlay.kind) {
        case "waiting":
            return `waiting ${overlay.rivalReady}`;
        case "countdown":
            return `countdown ${secondsLeft(overlay.untilMs, nowMs)}`;
        case "absent":
            return `absent ${overlay.userId}`;
        case "paused":
            return `paused ${overlay.mine} ${overlay.userId}`;
        default:
            return overlay.kind;
    }
}

function panel(title: string, text: string): HTMLElement {
    return h(
        "div",
        { class: "veil" },
        h("p", { class: "veil__title" }, title),
        h("p", { class: "veil__text" }, text),
    );
}

function countdown(seconds: number, model: MatchModel): HTMLElement {
    announce(String(seconds));
    play("count");
    const side = model.side === null ? null : `You are on the ${model.side}`;
    return h(
        "div",
        { class: "veil veil--bare", "data-testid": "countdown" },
        h("p", { class: "veil__count" }, ...blockNumber(seconds)),
        side !== null && h("p", { class: "veil__title" }, side),
    );
}
