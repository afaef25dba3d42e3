// Names, ratings, who is you, whether the other is there, and the score in blocks.
import { blockNumber } from "../blocks.ts";
import { fill, h, say } from "../dom.ts";
import { secondsLeft } from "../format.ts";
import type { MatchModel } from "../game/model.ts";
import type { PlayerInfo, Side } from "../game/types.ts";

interface Seat {
    element: HTMLElement;
    name: HTMLElement;
    rating: HTMLElement;
    status: HTMLElement;
}

export class Scoreboard {
    readonly element: HTMLElement;
    private readonly seats: Record<Side, Seat>;
    private readonly digits: Record<Side, HTMLElement>;
    private readonly shown: Record<Side, number | null> = { left: null, right: null };

    constructor() {
        this.seats = { left: seat("left"), right: seat("right") };
        this.digits = { left: digits("left"), right: digits("right") };
        this.element = h(
            "header",
            { class: "board" },
            this.seats.left.element,
            h(
                "div",
                { class: "score", role: "group", "aria-label": "Score" },
                this.digits.left,
                h("span", { class: "score__dash", "aria-hidden": "true" }),
                this.digits.right,
            ),
            this.seats.right.element,
        );
    }

    draw(model: MatchModel, nowMs: number): void {
        for (const side of ["left", "right"] as const) {
            const player = model.player(side);
            this.drawSeat(this.seats[side], player, side === model.side);
            this.drawScore(side, player?.score ?? 0);
        }
        const rival = model.rival();
        if (rival === null) return;
        const words = rivalWords(model, rival, nowMs);
        say(this.seats[rival.side].status, words);
        this.seats[rival.side].status.dataset.testid = "opponent-status";
    }

    private drawSeat(seat: Seat, player: PlayerInfo | null, mine: boolean): void {
        seat.element.classList.toggle("seat--you", mine);
        say(seat.name, player?.username ?? "…");
        say(seat.rating, player?.mmr === null || player === null ? "" : String(Math.round(player.mmr)));
        if (mine) {
            say(seat.status, "You");
            seat.status.classList.add("seat__you");
        }
    }

    private drawScore(side: Side, value: number): void {
        const before = this.shown[side];
        if (before === value) return;
        this.shown[side] = value;
        const element = this.digits[side];
        fill(element, ...blockNumber(value));
        if (before === null) return;
        // Taking the class away and reading a size restarts the animation.
        element.classList.remove("score__digits--new");
        void element.offsetWidth;
        element.classList.add("score__digits--new");
    }
}

function rivalWords(model: MatchModel, rival: PlayerInfo, nowMs: number): string {
    const untilMs = model.graceUntilMs.get(rival.user_id);
    if (untilMs !== undefined) return `Reconnecting, ${secondsLeft(untilMs, nowMs)} s`;
    if (!rival.connected) return "Not here yet";
    if (model.status === "waiting" || model.status === "pending") {
        return rival.ready ? "Ready" : "Not ready";
    }
    return "Connected";
}

function seat(side: Side): Seat {
    const name = h("b", { "data-testid": `name-${side}` });
    const rating = h("span", { class: "seat__rating" });
    const status = h("span");
    const element = h(
        "div",
        { class: `seat seat--${side}` },
        h("span", { class: "seat__name" }, h("i", { class: "seat__mark" }), name),
        h("span", { class: "seat__line" }, status, rating),
    );
    return { element, name, rating, status };
}

function digits(side: Side): HTMLElement {
    return h("span", { class: "score__digits", "data-testid": `score-${side}` });
}
