// Which messages of the user's socket are news. Every event has the next number, over all sockets
// of a player; what a resume repeats and another reply has told already is left out. Pure.

export interface UserEvent {
    event: string;
    data: Record<string, unknown>;
    /** The server's clock when it was sent; deadlines in the data are measured from it. */
    timestamp: string;
}

/** Greetings and pongs carry the number of the event before them and say nothing new. */
const ASIDE = new Set(["connected", "pong", "error"]);

export class EventSequence {
    /** The newest event known; 0 asks the server for a snapshot. */
    last = 0;

    /** The event in this message, or null when it is none or is known already. */
    take(message: Record<string, unknown>): UserEvent | null {
        const event = message.event;
        const seq = message.seq;
        if (typeof event !== "string" || typeof seq !== "number" || ASIDE.has(event)) return null;
        // A snapshot tells everything anew: its number counts even when the server began again.
        if (event !== "snapshot" && seq <= this.last) return null;
        this.last = seq;
        const data = typeof message.data === "object" && message.data !== null ? message.data : {};
        return {
            event,
            data: data as Record<string, unknown>,
            timestamp: String(message.timestamp ?? ""),
        };
    }
}
