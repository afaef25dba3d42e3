// The one challenge a player can have open, sent or received, and what may be done about it. The
// server decides; this holds what it said. Showing it is the business of screens/challenge.ts.
import type { UserEvent } from "./event-sequence.ts";
import type { Session } from "./session.ts";

export interface Person {
    player_id: string;
    username: string;
}

export interface Duel {
    id: string;
    rival: Person;
    /** True when this player sent it. */
    mine: boolean;
    /** On this page's clock, in milliseconds of performance.now(). */
    untilMs: number;
}

export type DuelEnd = "accepted" | "declined" | "cancelled" | "expired";

export interface DuelEvents {
    opened(duel: Duel): void;
    /** `here` is true when it was sent or accepted in this window. */
    ended(duel: Duel, how: DuelEnd, gameId: string | null, here: boolean): void;
    /** Nothing is open any more, and nothing need be said. */
    dropped(): void;
}

const ENDS: Record<string, DuelEnd> = {
    duel_accepted: "accepted",
    duel_declined: "declined",
    duel_cancelled: "cancelled",
    duel_expired: "expired",
};
const OPEN_MS = 60_000;

interface WireDuel {
    duel_id?: unknown;
    state?: string;
    challenger?: Person;
    target?: Person;
    expires_at?: string;
    game_id?: unknown;
}

/** What is left of it, by the server's clock alone, so that a wrong clock here does not matter. */
export function leftMs(expiresAt: string | undefined, timestamp: string): number {
    const left = Date.parse(expiresAt ?? "") - Date.parse(timestamp);
    return Number.isFinite(left) ? Math.max(0, left) : OPEN_MS;
}

export class Duels {
    current: Duel | null = null;
    /** The challenge that this window sent or accepted. */
    private touched: string | null = null;

    constructor(
        private readonly session: Session,
        private readonly events: DuelEvents,
    ) {}

    /** Sends one; resolves to the game's id when the other had challenged first. */
    async challenge(name: string): Promise<string | null> {
        const reply = await this.session.request<WireDuel>("POST", "/v1/duels", { target: name });
        this.touched = String(reply.duel_id);
        const known = reply.game_id;
        return known === undefined || known === null ? null : String(known);
    }

    async accept(duel: Duel): Promise<string> {
        this.touched = duel.id;
        const path = `/v1/duels/${encodeURIComponent(duel.id)}/accept`;
        const reply = await this.session.request<WireDuel>("POST", path, {});
        return String(reply.game_id);
    }

    async giveUp(duel: Duel): Promise<void> {
        const action = duel.mine ? "cancel" : "decline";
        const path = `/v1/duels/${encodeURIComponent(duel.id)}/${action}`;
        await this.session.request("POST", path, {});
    }

    hear(event: UserEvent, nowMs: number): void {
        if (event.event === "signed-out") this.drop();
        else if (event.event === "snapshot") this.takeUp(event, nowMs);
        else if (event.event === "duel_invite") this.open(event.data, event.timestamp, nowMs);
        else if (event.event in ENDS) this.end(event.data, ENDS[event.event] as DuelEnd);
    }

    private takeUp(event: UserEvent, nowMs: number): void {
        const duel = event.data.duel as WireDuel | null | undefined;
        if (!duel) this.drop();
        else if (String(duel.duel_id) !== this.current?.id) this.open(duel, event.timestamp, nowMs);
    }

    private open(wire: WireDuel, timestamp: string, nowMs: number): void {
        const duel = this.read(wire, nowMs + leftMs(wire.expires_at, timestamp));
        if (duel === null) return;
        this.current = duel;
        this.events.opened(duel);
    }

    private end(wire: WireDuel, how: DuelEnd): void {
        const duel = this.read(wire, 0);
        if (duel === null) return;
        if (this.current?.id === duel.id) this.current = null;
        const gameId = wire.game_id === undefined || wire.game_id === null ? null : String(wire.game_id);
        this.events.ended(duel, how, gameId, this.touched === duel.id);
    }

    private read(wire: WireDuel, untilMs: number): Duel | null {
        const { challenger, target } = wire;
        if (challenger === undefined || target === undefined) return null;
        const mine = String(challenger.player_id) === String(this.session.profile?.player_id);
        return { id: String(wire.duel_id), rival: mine ? target : challenger, mine, untilMs };
    }

    private drop(): void {
        if (this.current === null) return;
        this.current = null;
        this.events.dropped();
    }
}
