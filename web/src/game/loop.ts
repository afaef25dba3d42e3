// One match on screen: every frame it reads the devices, sends a changed intent, asks the presenter
// for the picture and draws it. It owns the court's two canvases and nothing of the page around.
import { Gamepads } from "../input/gamepad.ts";
import { Mixer, steer } from "../input/mixer.ts";
import type { DragTarget } from "../input/touch.ts";
import type { MatchLink } from "../net/match.ts";
import { play } from "../sound.ts";
import { Presenter, type Picture } from "./presenter.ts";
import { CourtView } from "./renderer.ts";
import { PongRules, type PongExports, type Rules } from "./rules.ts";
import type { Direction, Ruleset } from "./types.ts";

export interface LoopEvents {
    serve(): void;
    pause(): void;
    /** Once a frame, after drawing. */
    frame(nowMs: number): void;
}

export class GameLoop {
    readonly view: CourtView;
    readonly mixer: Mixer;
    readonly predicted: boolean;
    drag: DragTarget | null = null;
    private readonly presenter: Presenter;
    private readonly pads = new Gamepads();
    private readonly ruleset: Ruleset;
    private frameId = 0;
    private live = false;
    private owesIntent = false;
    private flightX = 0;
    private before: Picture | null = null;

    constructor(
        private readonly link: MatchLink,
        ruleset: Ruleset,
        pong: PongExports | null,
        private readonly events: LoopEvents,
    ) {
        this.ruleset = ruleset;
        const { side } = link.model;
        const rules = side === null ? null : openRules(pong, ruleset);
        this.predicted = rules !== null;
        this.presenter = new Presenter(ruleset, side, rules);
        this.view = new CourtView(ruleset, side);
        this.mixer = new Mixer((direction) => this.intend(direction));
        this.frameId = requestAnimationFrame(this.frame);
    }

    stop(): void {
        cancelAnimationFrame(this.frameId);
        this.drag?.stop();
        this.view.stop();
    }

    /** The model has taken in a state or an update. */
    confirm(nowMs: number): void {
        const { model } = this.link;
        // The first state says that the room is listening.
        if (this.owesIntent && !model.isOutdated()) {
            this.owesIntent = false;
            this.intend(this.mixer.direction());
        }
        if (model.isLive() !== this.live) {
            this.live = model.isLive();
            this.presenter.restart(false);
        }
        if (this.live) this.presenter.confirm(model.moment(), model.ack, nowMs);
    }

    pointTold(): void {
        this.presenter.pointTold();
    }

    roundTrip(milliseconds: number): void {
        this.presenter.roundTrip.observe(milliseconds);
    }

    shownRoundTrip(): number | null {
        return this.presenter.roundTrip.shown();
    }

    /** A new connection: the server holds no intent of mine, and numbers start again. */
    reconnected(): void {
        this.live = false;
        this.presenter.restart(true);
        this.owesIntent = true;
    }

    ownY(): number | null {
        const { model } = this.link;
        if (this.live) return this.presenter.ownY();
        return model.side === null ? null : model.paddles[model.side].y;
    }

    private intend(direction: Direction): void {
        if (this.link.model.side === null) return;
        const seq = this.link.move(direction);
        if (seq !== null) this.presenter.press(seq, direction, performance.now());
    }

    private readonly frame = (): void => {
        const nowMs = performance.now();
        this.frameId = requestAnimationFrame(this.frame);
        this.readDevices();
        if (this.live !== this.link.model.isLive()) this.confirm(nowMs);
        const picture = (this.live ? this.presenter.picture(nowMs) : null) ?? this.still();
        this.noticeHits(picture, nowMs);
        this.view.draw(picture, nowMs, this.live);
        this.events.frame(nowMs);
    };

    private readDevices(): void {
        const pad = this.pads.poll();
        this.mixer.set("gamepad", pad.direction);
        if (pad.serve) this.events.serve();
        if (pad.start) this.events.pause();
        const target = this.drag?.y() ?? null;
        const own = this.ownY();
        if (target === null || own === null) {
            this.mixer.set("drag", 0);
            return;
        }
        const stepUnits = this.ruleset.paddle.speed / this.ruleset.tick_hz;
        this.mixer.set("drag", steer(own, this.reachable(target), stepUnits * 0.75));
    }

    private reachable(target: number): number {
        const half = this.ruleset.paddle.height / 2;
        return Math.max(half, Math.min(this.ruleset.height - half, target));
    }

    /** The court as the server last described it, for pauses and countdowns. */
    private still(): Picture {
        const { ball, paddles } = this.link.model;
        return {
            ball: { x: ball.x, y: ball.y },
            left: paddles.left.y,
            right: paddles.right.y,
        };
    }

    /** A drawn ball that turns round was hit; that is when the eye expects something. */
    private noticeHits(picture: Picture, nowMs: number): void {
        const { before } = this;
        this.before = picture;
        if (before === null || !this.live) return;
        const flight = picture.ball.x - before.ball.x;
        if (Math.abs(flight) > this.ruleset.width / 4) this.view.clearTrail();
        const edge = this.ruleset.width / 8;
        const nearEnd = picture.ball.x < edge || picture.ball.x > this.ruleset.width - edge;
        if (flight * this.flightX < 0 && nearEnd) {
            this.view.hit(picture.ball.x, picture.ball.y, nowMs);
            const end = picture.ball.x < edge ? "left" : "right";
            play(end === this.link.model.side ? "hit" : "answer");
        }
        if (Math.abs(flight) > 0.5) this.flightX = flight;
    }
}

function openRules(pong: PongExports | null, ruleset: Ruleset): Rules | null {
    if (pong === null) return null;
    try {
        return new PongRules(pong, ruleset);
    } catch {
        return null;
    }
}
