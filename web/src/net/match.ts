// The match socket: turns messages into the model, keeps the line measured and alive, and speaks
// for the player. What is shown is the screen's business.
import { MatchModel, type MatchEvent } from "../game/model.ts";
import type { Direction, ServerMessage } from "../game/types.ts";
import type { Session } from "./session.ts";
import { LivingSocket } from "./socket.ts";

export interface MatchEvents {
    event(event: MatchEvent, nowMs: number): void;
    roundTrip(milliseconds: number): void;
    connected(again: boolean): void;
    lost(code: number): void;
    refused(code: number): void;
}

const FIRST_PINGS = 5;
const FIRST_PING_MS = 100;
const PING_MS = 2000;
/** The server says something at least this often, or the line is dead whatever TCP believes. */
const SILENCE_MS = 7000;

export class MatchLink {
    readonly model = new MatchModel();
    private readonly socket: LivingSocket;
    private inputSeq = 0;
    private direction: Direction = 0;
    private pings = 0;
    private timer = 0;
    private heardMs = 0;
    private openedOnce = false;

    constructor(
        session: Session,
        matchId: string,
        private readonly events: MatchEvents,
    ) {
        const path = `/ws/game/${encodeURIComponent(matchId)}/`;
        this.socket = new LivingSocket(session, path, "rally.v1", {
            opened: () => this.opened(),
            message: (message) => this.receive(message as unknown as ServerMessage),
            lost: (_attempt, code) => this.lost(code),
            refused: (code) => {
                window.clearTimeout(this.timer);
                this.events.refused(code);
            },
        });
    }

    start(): void {
        this.socket.start();
    }

    stop(): void {
        window.clearTimeout(this.timer);
        this.socket.stop();
    }

    isConnected(): boolean {
        return this.socket.isOpen();
    }

    ready(): void {
        this.socket.send({ type: "player_ready" });
    }

    action(action: string, data?: Record<string, unknown>): void {
        const message = { type: "game_action", action };
        this.socket.send(data === undefined ? message : { ...message, data });
    }

    /** Sends an intent when it differs from the last; returns its number, or null for none. */
    move(direction: Direction): number | null {
        if (direction === this.direction) return null;
        const seq = this.inputSeq + 1;
        if (!this.socket.send({ type: "player_move", direction, seq })) return null;
        this.inputSeq = seq;
        this.direction = direction;
        return seq;
    }

    private opened(): void {
        this.inputSeq = 0;
        this.direction = 0;
        this.pings = 0;
        this.heardMs = performance.now();
        this.model.disconnect();
        this.events.connected(this.openedOnce);
        this.openedOnce = true;
        this.beat();
    }

    private lost(code: number): void {
        window.clearTimeout(this.timer);
        this.model.disconnect();
        this.events.lost(code);
    }

    private receive(message: ServerMessage): void {
        const nowMs = performance.now();
        this.heardMs = nowMs;
        if (message.type === "pong") {
            this.events.roundTrip(nowMs - message.t);
            return;
        }
        const event = this.model.apply(message, nowMs);
        if (event !== null) this.events.event(event, nowMs);
    }

    /** Pings, and gives the line up when it is silent or has a hole that is not mended. */
    private beat(): void {
        window.clearTimeout(this.timer);
        const nowMs = performance.now();
        if (nowMs - this.heardMs > SILENCE_MS || this.model.sequence.isLost(nowMs)) {
            this.socket.replace();
            return;
        }
        if (this.pings < FIRST_PINGS || this.pings % 4 === 0) {
            this.socket.send({ type: "ping", t: Math.round(nowMs) });
        }
        const first = this.pings < FIRST_PINGS;
        this.pings++;
        this.timer = window.setTimeout(() => this.beat(), first ? FIRST_PING_MS : PING_MS / 4);
    }
}
