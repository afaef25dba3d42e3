// A socket that comes back: it fetches a ticket, connects, and after a loss tries again with full
// jitter until told to stop or refused for good. It carries text; what the text means is the
// business of queue.ts, match.ts and events.ts.
import { ApiError } from "./http.ts";
import { backoffDelayMs } from "./backoff.ts";
import type { Session } from "./session.ts";

export interface SocketEvents {
    /** Connected, for the first time or again. */
    opened(): void;
    message(value: { type: string } & Record<string, unknown>): void;
    /** Lost with this close code (0: never opened); another attempt follows by itself. */
    lost(attempt: number, code: number): void;
    /** Closed for good: refused with this code, or 4001 when no ticket could be had. */
    refused(code: number): void;
}

/** After these codes of the protocol another attempt would only be refused again. */
const FINAL_CODES = new Set([4003, 4004, 4009, 4040]);
/** A ticket may have aged on a slow line, so one refusal of it is forgiven. */
const UNAUTHENTICATED = 4001;

export class LivingSocket {
    private socket: WebSocket | null = null;
    private attempt = 0;
    private timer = 0;
    private stopped = false;
    private forgiven = false;

    constructor(
        private readonly session: Session,
        private readonly path: string,
        private readonly protocol: string | null,
        private readonly events: SocketEvents,
    ) {}

    start(): void {
        this.stopped = false;
        window.addEventListener("online", this.hurry);
        void this.connect();
    }

    /** Leaves for good; no event follows. */
    stop(): void {
        this.stopped = true;
        window.clearTimeout(this.timer);
        window.removeEventListener("online", this.hurry);
        this.drop();
    }

    isOpen(): boolean {
        return this.socket?.readyState === WebSocket.OPEN;
    }

    /** Sends when connected; what is said to a closed socket is not kept. */
    send(message: Record<string, unknown>): boolean {
        if (!this.isOpen()) return false;
        this.socket?.send(JSON.stringify(message));
        return true;
    }

    /** Gives up this connection and makes another, for a stream that is broken or silent. */
    replace(): void {
        if (this.stopped) return;
        this.drop();
        this.retry(0);
    }

    private readonly hurry = (): void => {
        if (this.stopped || this.socket !== null) return;
        window.clearTimeout(this.timer);
        void this.connect();
    };

    private async connect(): Promise<void> {
        let ticket: string;
        try {
            ticket = await this.session.socketTicket();
        } catch (error) {
            if (this.stopped) return;
            if (error instanceof ApiError && error.status === 401) this.refuse(UNAUTHENTICATED);
            else this.retry(0);
            return;
        }
        if (this.stopped) return;
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const url = `${scheme}//${location.host}${this.path}?ticket=${encodeURIComponent(ticket)}`;
        this.listen(this.protocol === null ? new WebSocket(url) : new WebSocket(url, this.protocol));
    }

    private listen(socket: WebSocket): void {
        this.socket = socket;
        socket.addEventListener("open", () => {
            if (this.socket === socket) this.events.opened();
        });
        socket.addEventListener("message", (event: MessageEvent<unknown>) => {
            if (this.socket !== socket || typeof event.data !== "string") return;
            const value = parse(event.data);
            if (value === null) return;
            if (value.type !== "error") {
                this.attempt = 0;
                this.forgiven = false;
            }
            this.events.message(value);
        });
        socket.addEventListener("close", (event) => {
            if (this.socket !== socket) return;
            this.socket = null;
            this.closed(event.code);
        });
    }

    private closed(code: number): void {
        const unauthenticated = code === UNAUTHENTICATED;
        if (FINAL_CODES.has(code) || (unauthenticated && this.forgiven)) {
            this.refuse(code);
            return;
        }
        this.forgiven = unauthenticated;
        this.retry(code);
    }

    private retry(code: number): void {
        if (this.stopped) return;
        this.events.lost(this.attempt, code);
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.connect(), backoffDelayMs(this.attempt));
        this.attempt++;
    }

    private refuse(code: number): void {
        this.stop();
        this.events.refused(code);
    }

    private drop(): void {
        const socket = this.socket;
        this.socket = null;
        socket?.close();
    }
}

function parse(text: string): ({ type: string } & Record<string, unknown>) | null {
    try {
        const value: unknown = JSON.parse(text);
        if (typeof value !== "object" || value === null) return null;
        // The user's socket says event where the others say type.
        const message = value as Record<string, unknown>;
        const type = message.type ?? message.event;
        return typeof type === "string" ? { ...message, type } : null;
    } catch {
        return null;
    }
}
