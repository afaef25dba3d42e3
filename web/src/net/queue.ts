// Waiting for an opponent: over the queue socket, or by asking over HTTP while the socket will not
// open. Either way the server owns the place; this only reports it.
import { ApiError } from "./http.ts";
import type { Session } from "./session.ts";
import { LivingSocket } from "./socket.ts";

export interface QueuePlace {
    position: number | null;
    total: number | null;
    etaMs: number | null;
}

export interface QueueEvents {
    place(place: QueuePlace): void;
    matched(gameId: string, opponent: string | null): void;
    /** The connection is down but the place is kept; trying again. */
    unsteady(): void;
    failed(error: ApiError): void;
}

interface QueueStatus {
    state: "idle" | "queued" | "matched";
    position?: number | null;
    total_players?: number | null;
    eta_ms?: number | null;
    game_id?: number | string | null;
}

/** Socket losses in a row before HTTP takes over. */
const SOCKET_TRIES = 3;
const POLL_MS = 2000;
/** With a working socket the status is only asked for the estimate, and as a safety net. */
const STATUS_MS = 10_000;

export class Queue {
    private readonly socket: LivingSocket;
    private place: QueuePlace = { position: null, total: null, etaMs: null };
    private losses = 0;
    private timer = 0;
    private done = false;
    private overHttp = false;

    constructor(
        private readonly session: Session,
        private readonly events: QueueEvents,
    ) {
        this.socket = new LivingSocket(session, "/ws/queue/", null, {
            opened: () => this.opened(),
            message: (message) => this.receive(message),
            lost: () => this.lost(),
            refused: (code) => this.refused(code),
        });
    }

    join(): void {
        this.socket.start();
        this.schedule(STATUS_MS);
    }

    /** Gives the place up. */
    leave(): void {
        if (this.done) return;
        const told = this.socket.send({ type: "leave_queue" });
        this.finish();
        if (!told || this.overHttp) {
            this.session.request("POST", "/game/leave/").catch(() => undefined);
        }
    }

    private opened(): void {
        this.losses = 0;
        this.overHttp = false;
        this.socket.send({ type: "join_queue" });
        void this.askStatus();
    }

    private receive(message: { type: string } & Record<string, unknown>): void {
        if (this.done) return;
        if (message.type === "queue_status") {
            this.report(message.position, message.total_players);
        } else if (message.type === "match_created") {
            this.match(message.game_id, message.opponent);
        } else if (message.type === "error") {
            this.trouble(
                new ApiError(400, String(message.code), String(message.detail), {}, null, message),
            );
        }
    }

    private lost(): void {
        this.losses++;
        if (this.losses < SOCKET_TRIES) {
            if (this.losses > 1) this.events.unsteady();
            return;
        }
        this.socket.stop();
        this.overHttp = true;
        void this.joinOverHttp();
    }

    private refused(code: number): void {
        this.fail(new ApiError(code === 4001 ? 401 : 400, `closed_${code}`, "The queue refused."));
    }

    private async joinOverHttp(): Promise<void> {
        try {
            const reply = await this.session.request<{
                position?: number;
                match?: { game_id: number; opponent?: string } | null;
            }>("POST", "/game/join/");
            if (this.done) return;
            if (reply.match) this.match(reply.match.game_id, reply.match.opponent);
            else this.report(reply.position, null);
        } catch (error) {
            this.trouble(error as ApiError);
        }
        this.schedule(POLL_MS);
    }

    private schedule(delayMs: number): void {
        window.clearTimeout(this.timer);
        if (this.done) return;
        this.timer = window.setTimeout(() => {
            void this.askStatus().finally(() => this.schedule(this.overHttp ? POLL_MS : STATUS_MS));
        }, delayMs);
    }

    private async askStatus(): Promise<void> {
        try {
            const status = await this.session.request<QueueStatus>("GET", "/game/status/");
            if (this.done) return;
            if (status.state === "matched" && status.game_id) {
                this.match(status.game_id, null);
            } else if (status.state === "queued") {
                this.place.etaMs = status.eta_ms ?? null;
                this.report(status.position, status.total_players);
            }
        } catch {
            if (!this.done && this.overHttp) this.events.unsteady();
        }
    }

    private trouble(error: ApiError): void {
        if (this.done || error.code === "already_queued") return;
        if (error.code === "in_match") {
            const gameId = error.body.game_id;
            if (gameId !== undefined && gameId !== null) this.match(gameId, null);
            else void this.askStatus();
            return;
        }
        if (error.status === 0 || error.status >= 500) this.events.unsteady();
        else this.fail(error);
    }

    private report(position: unknown, total: unknown): void {
        if (typeof position === "number") this.place.position = position;
        if (typeof total === "number") this.place.total = total;
        this.events.place({ ...this.place });
    }

    private match(gameId: unknown, opponent: unknown): void {
        if (this.done) return;
        this.finish();
        this.events.matched(String(gameId), typeof opponent === "string" ? opponent : null);
    }

    private fail(error: ApiError): void {
        if (this.done) return;
        this.finish();
        this.events.failed(error);
    }

    private finish(): void {
        this.done = true;
        window.clearTimeout(this.timer);
        this.socket.stop();
    }
}
