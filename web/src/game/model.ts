// What the client knows about a match: a fold over the server's messages. It answers each message
// with the things that happened, so that screens speak and draw without keeping state of their own.
// Pure: the caller brings the time; clocks on screen are stored as local deadlines.
import { Sequence } from "./sequence.ts";
import type {
    Ball,
    GameOverMessage,
    GameStateMessage,
    GameUpdateMessage,
    MatchStatus,
    Moment,
    Paddle,
    PlayerInfo,
    Ruleset,
    ServerMessage,
    Side,
} from "./types.ts";

export interface Pause {
    /** Who paused or dropped; null when the server did not say. */
    userId: number | null;
    reason: "pause" | "disconnect";
    /** Local deadline; null when the server did not say how long. */
    untilMs: number | null;
}

export type MatchEvent =
    | { kind: "state"; first: boolean }
    | { kind: "update" }
    | { kind: "ready"; userId: number }
    | { kind: "countdown" }
    | { kind: "score"; scorer: Side | null }
    | { kind: "left"; userId: number }
    | { kind: "back"; userId: number }
    | { kind: "paused" }
    | { kind: "resumed" }
    | { kind: "emote"; userId: number; id: string }
    | { kind: "rematch-wanted"; userId: number | null }
    | { kind: "rematch"; gameId: string }
    | { kind: "over" }
    | { kind: "draining"; untilMs: number }
    | { kind: "refused"; code: string; detail: string };

export class MatchModel {
    readonly sequence = new Sequence();
    matchId: string | null = null;
    side: Side | null = null;
    spectator = false;
    status: MatchStatus = "pending";
    tick = 0;
    ack = 0;
    ruleset: Ruleset | null = null;
    players: PlayerInfo[] = [];
    ball: Ball = { x: 0, y: 0, vx: 0, vy: 0 };
    paddles: Record<Side, Paddle> = { left: { y: 0, v: 0 }, right: { y: 0, v: 0 } };
    pause: Pause | null = null;
    countdownUntilMs: number | null = null;
    /** Local deadline until which an absent player's seat is kept, by user. */
    readonly graceUntilMs = new Map<number, number>();
    over: GameOverMessage | null = null;
    /** True from the loss of a line until the next full state: what is known may be old. */
    private outdated = false;

    /** Takes in one message that arrived at `nowMs`; returns what it means, or null for nothing. */
    apply(message: ServerMessage, nowMs: number): MatchEvent | null {
        if (message.type === "game_state") return this.applyState(message, nowMs);
        const seq = "seq" in message ? message.seq : undefined;
        if (typeof seq === "number" && this.sequence.observe(seq, nowMs) === "stale") return null;
        switch (message.type) {
            case "game_update":
                return this.applyUpdate(message);
            case "score_update":
                this.setScore(message.left, message.right);
                return { kind: "score", scorer: message.scorer };
            case "player_joined":
                return this.setConnected(message.user_id, true);
            case "player_left":
                this.graceUntilMs.set(message.user_id, nowMs + message.grace_ms);
                return this.setConnected(message.user_id, false);
            case "player_ready":
                this.setReady(message.user_id);
                return { kind: "ready", userId: message.user_id };
            case "game_start":
                this.startCountdown(message.countdown_ms, nowMs);
                return { kind: "countdown" };
            case "paused":
                return this.applyPause(message, nowMs);
            case "resumed":
                return this.applyResume(message.countdown_ms, nowMs);
            case "emote":
                return { kind: "emote", userId: message.user_id, id: String(message.id) };
            case "rematch":
                return message.game_id === undefined
                    ? { kind: "rematch-wanted", userId: message.user_id ?? null }
                    : { kind: "rematch", gameId: String(message.game_id) };
            case "rematch_asked":
                return { kind: "rematch-wanted", userId: message.user_id };
            case "game_over":
                return this.applyOver(message);
            case "server_draining":
                return { kind: "draining", untilMs: nowMs + message.deadline_ms };
            case "error":
                return { kind: "refused", code: message.code, detail: message.detail };
            default:
                return null;
        }
    }

    /** The line is lost or new: numbers and acknowledgements start again, the picture stays. */
    disconnect(): void {
        this.sequence.forget();
        this.ack = 0;
        this.outdated = true;
    }

    isOutdated(): boolean {
        return this.outdated;
    }

    /** What moves, as of the newest message. */
    moment(): Moment {
        const { left, right } = this.paddles;
        return {
            tick: this.tick,
            ball: { ...this.ball },
            left: { ...left },
            right: { ...right },
        };
    }

    player(side: Side): PlayerInfo | null {
        return this.players.find((player) => player.side === side) ?? null;
    }

    playerById(userId: number | null): PlayerInfo | null {
        return this.players.find((player) => player.user_id === userId) ?? null;
    }

    me(): PlayerInfo | null {
        return this.side === null ? null : this.player(this.side);
    }

    rival(): PlayerInfo | null {
        return this.players.find((player) => player.side !== this.side) ?? null;
    }

    /** True while ticks pass and the court moves. */
    isLive(): boolean {
        return this.status === "running" && this.graceUntilMs.size === 0 && !this.outdated;
    }

    isOver(): boolean {
        return (
            this.over !== null ||
            this.status === "finished" ||
            this.status === "forfeited" ||
            this.status === "cancelled"
        );
    }

    private applyState(message: GameStateMessage, nowMs: number): MatchEvent {
        const first = this.matchId === null;
        this.outdated = false;
        this.sequence.restart(message.seq);
        this.matchId = String(message.match_id);
        this.side = message.you.side;
        this.spectator = message.you.role === "spectator";
        this.tick = message.tick;
        this.ruleset = message.ruleset;
        this.players = message.players.map((player) => ({ ...player }));
        this.ball = { ...message.ball };
        this.paddles = { left: { ...message.paddles.left }, right: { ...message.paddles.right } };
        this.ack = message.ack ?? this.ack;
        this.setStatus(message.status, nowMs);
        this.takeClocks(message, nowMs);
        return { kind: "state", first };
    }

    /** A state in the middle of a countdown, a pause or an absence brings what is left of it. */
    private takeClocks(message: GameStateMessage, nowMs: number): void {
        const untilMs = message.remaining_ms === undefined ? null : nowMs + message.remaining_ms;
        for (const player of this.players) {
            if (player.connected) this.graceUntilMs.delete(player.user_id);
            else if (message.pause_reason === "disconnect" && untilMs !== null) {
                this.graceUntilMs.set(player.user_id, untilMs);
            }
        }
        if (message.status === "ready") this.countdownUntilMs = untilMs ?? this.countdownUntilMs;
        if (message.status === "paused" && message.pause_reason !== undefined) {
            const userId = message.paused_by ? this.player(message.paused_by)?.user_id : null;
            this.pause = { userId: userId ?? null, reason: message.pause_reason, untilMs };
        }
    }

    private applyUpdate(message: GameUpdateMessage): MatchEvent {
        // Ticks only pass while the game runs, so an update ends a countdown or a pause by itself.
        if (message.tick > this.tick && !this.isOver()) {
            this.status = "running";
            this.pause = null;
            this.countdownUntilMs = null;
        }
        this.tick = message.tick;
        if (message.ack !== undefined) this.ack = message.ack;
        if (message.status !== undefined) this.status = message.status;
        Object.assign(this.ball, message.ball);
        Object.assign(this.paddles.left, message.paddles?.left);
        Object.assign(this.paddles.right, message.paddles?.right);
        return { kind: "update" };
    }

    private applyPause(
        message: Extract<ServerMessage, { type: "paused" }>,
        nowMs: number,
    ): MatchEvent {
        this.status = "paused";
        this.countdownUntilMs = null;
        const by = message.user_id ?? message.by;
        const userId =
            by === "left" || by === "right" ? (this.player(by)?.user_id ?? null) : (by ?? null);
        this.pause = {
            userId,
            reason: message.reason ?? (this.graceUntilMs.size > 0 ? "disconnect" : "pause"),
            untilMs: message.remaining_ms === undefined ? null : nowMs + message.remaining_ms,
        };
        return { kind: "paused" };
    }

    private applyResume(countdownMs: number | undefined, nowMs: number): MatchEvent {
        this.pause = null;
        if (countdownMs !== undefined && countdownMs > 0) this.startCountdown(countdownMs, nowMs);
        else this.setStatus("running", nowMs);
        return { kind: "resumed" };
    }

    private applyOver(message: GameOverMessage): MatchEvent {
        this.over = message;
        this.pause = null;
        this.countdownUntilMs = null;
        this.status =
            message.reason === "cancelled"
                ? "cancelled"
                : message.reason === "score"
                  ? "finished"
                  : "forfeited";
        this.setScore(message.left, message.right);
        return { kind: "over" };
    }

    private startCountdown(countdownMs: number, nowMs: number): void {
        this.pause = null;
        this.status = "ready";
        this.countdownUntilMs = nowMs + countdownMs;
    }

    private setStatus(status: MatchStatus, nowMs: number): void {
        this.status = status;
        if (status !== "paused") this.pause = null;
        if (status === "paused" && this.pause === null) {
            this.pause = { userId: null, reason: "pause", untilMs: null };
        }
        const counting = this.countdownUntilMs !== null && nowMs < this.countdownUntilMs;
        if (status !== "ready" && !(counting && status === "running")) this.countdownUntilMs = null;
    }

    private setScore(left: number, right: number): void {
        for (const player of this.players) player.score = player.side === "left" ? left : right;
    }

    private setReady(userId: number): void {
        const player = this.playerById(userId);
        if (player !== null) player.ready = true;
    }

    private setConnected(userId: number, connected: boolean): MatchEvent {
        const player = this.playerById(userId);
        if (player !== null) player.connected = connected;
        if (connected) this.graceUntilMs.delete(userId);
        return { kind: connected ? "back" : "left", userId };
    }
}
