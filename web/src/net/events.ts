// The socket of the signed-in player: challenges, friends and calls arrive here whatever screen is
// shown. It follows the session: another player is another socket, nobody is none.
import { EventSequence, type UserEvent } from "./event-sequence.ts";
import type { Session } from "./session.ts";
import { LivingSocket } from "./socket.ts";

export type UserListener = (event: UserEvent) => void;

const PING_MS = 20_000;
/** What the page was opened for, a match perhaps, connects first. */
const START_MS = 300;
/** Two pings without any answer, and the line is dead whatever TCP believes. */
const SILENCE_MS = 45_000;

export class UserEvents {
    private socket: LivingSocket | null = null;
    private sequence = new EventSequence();
    private owner: string | null = null;
    private timer = 0;
    private heardMs = 0;
    private readonly listeners = new Set<UserListener>();

    constructor(private readonly session: Session) {
        session.onChange(() => this.follow());
    }

    /** Calls back with every event; "signed-out" says that what was known is nobody's now. */
    listen(listener: UserListener): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    private follow(): void {
        const owner = this.session.profile?.player_id ?? null;
        if (owner === this.owner) return;
        this.owner = owner;
        this.close();
        this.sequence = new EventSequence();
        this.tell({ event: "signed-out", data: {}, timestamp: "" });
        if (owner === null) return;
        const socket = new LivingSocket(this.session, "/v1/ws", null, {
            opened: () => this.opened(),
            message: (message) => this.receive(message),
            lost: () => window.clearTimeout(this.timer),
            refused: () => this.close(),
        });
        this.socket = socket;
        this.timer = window.setTimeout(() => socket.start(), START_MS);
    }

    private opened(): void {
        this.heardMs = performance.now();
        this.socket?.send({ type: "resume", last_seq: this.sequence.last });
        this.beat();
    }

    private receive(message: Record<string, unknown>): void {
        this.heardMs = performance.now();
        const event = this.sequence.take(message);
        if (event !== null) this.tell(event);
    }

    private beat(): void {
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => {
            if (performance.now() - this.heardMs > SILENCE_MS) {
                this.socket?.replace();
                return;
            }
            this.socket?.send({ type: "ping" });
            this.beat();
        }, PING_MS);
    }

    private tell(event: UserEvent): void {
        for (const listener of [...this.listeners]) listener(event);
    }

    private close(): void {
        window.clearTimeout(this.timer);
        this.socket?.stop();
        this.socket = null;
    }
}
