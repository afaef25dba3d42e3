// Who is signed in. The access token lives in this object and nowhere else; the refresh token lives
// in a cookie that scripts cannot read. Asking for a token renews it when its time is nearly up,
// and several askers share one renewal.
import { ApiError, send, type Method } from "./http.ts";
import { readSecond, rememberSession, remembersSession, writeSecond } from "./remember.ts";

export interface Profile {
    player_id: string;
    user_id: number | string;
    username: string;
    display_name?: string | null;
    email?: string | null;
    mmr: number;
    ratings?: Record<string, { mmr: number; deviation: number; games: number }>;
    guest: boolean;
    status: "idle" | "queued" | "invited" | "in_match" | "offline";
    match_id?: string | null;
}

interface TokenReply {
    access_token: string;
    /** Only in replies to a second guest; elsewhere it is in the cookie. */
    refresh_token?: string;
    expires_in: number;
}

const WEB = { "X-Rally-Web": "1" };
/** Renew this long before the token ends, so that a request never races its end. */
const RENEW_EARLY_MS = 60_000;

export class Session {
    profile: Profile | null = null;
    /** True when a session was to be taken up and the server could not be asked. */
    unreachable = false;
    private token: string | null = null;
    private tokenEndsMs = 0;
    private renewal: Promise<void> | null = null;
    private leaving: Promise<void> | null = null;
    /** The refresh token of this window's own guest; null while the cookie's player plays. */
    private secondToken: string | null = null;
    private readonly listeners = new Set<() => void>();

    /** Calls back whenever the profile or the sign-in changes; returns the way to stop. */
    onChange(listener: () => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    isSignedIn(): boolean {
        return this.token !== null;
    }

    userId(): number | null {
        return this.profile === null ? null : Number(this.profile.user_id);
    }

    /** Takes up the session of the cookie, if there is one. */
    async resume(): Promise<void> {
        this.secondToken = readSecond();
        if (this.secondToken === null && !remembersSession()) return;
        try {
            await this.renew();
            await this.loadProfile();
        } catch (error) {
            const down = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
            if (down) this.unreachable = true;
            else this.forget();
        }
    }

    async playAsGuest(username?: string): Promise<void> {
        await this.enter("/v1/auth/guest", username === undefined ? {} : { username });
    }

    /**
     * A guest of this window alone, for a browser whose player is busy in another window. The
     * cookie is not touched. The account is worth nothing, so its token may stay with the window.
     */
    async playAsSecondGuest(): Promise<void> {
        const reply = await send<TokenReply>("POST", "/v1/auth/guest", {});
        this.secondToken = reply.refresh_token ?? null;
        this.accept(reply);
        await this.loadProfile();
    }

    isSecondGuest(): boolean {
        return this.secondToken !== null;
    }

    async signIn(username: string, password: string): Promise<void> {
        await this.enter("/v1/auth/login", { username, password });
    }

    async register(username: string, password: string, email?: string): Promise<void> {
        const body = { username, password, ...(email === undefined ? {} : { email }) };
        await this.enter("/v1/auth/register", body);
    }

    /** Turns the guest into an account; rating and history stay. */
    async keepAccount(username: string, password: string, email?: string): Promise<void> {
        const body = { username, password, ...(email === undefined ? {} : { email }) };
        const reply = await this.request<Partial<TokenReply>>("POST", "/v1/auth/upgrade", body);
        if (reply !== null && typeof reply.access_token === "string") {
            this.accept(reply as TokenReply);
        }
        await this.loadProfile();
    }

    /**
     * Signed out here at once; the promise tells whether the server could be told. Until it could,
     * the cookie is still good and the next visit takes it up again.
     */
    signOut(): Promise<void> {
        const [body, headers] = this.proof();
        this.forget();
        this.leaving = send<void>("POST", "/v1/auth/logout", body, headers)
            .catch((error: unknown) => {
                rememberSession(true);
                throw error;
            })
            .finally(() => {
                this.leaving = null;
            });
        return this.leaving;
    }

    async loadProfile(): Promise<Profile> {
        const profile = await this.request<Profile>("GET", "/v1/profile/me");
        this.profile = profile;
        this.changed();
        return profile;
    }

    /** A request as the signed-in player; a token refused once is renewed once. */
    async request<T>(method: Method, path: string, body?: unknown): Promise<T> {
        const token = await this.validToken();
        try {
            return await send<T>(method, path, body, { Authorization: `Bearer ${token}` });
        } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 401) throw error;
            await this.renew();
            return send<T>(method, path, body, { Authorization: `Bearer ${this.token}` });
        }
    }

    /** A ticket for one socket: used once, for seconds, so that no token is ever in an address. */
    async socketTicket(): Promise<string> {
        return (await this.request<{ ticket: string }>("POST", "/v1/ws/ticket", {})).ticket;
    }

    private async enter(path: string, body: unknown): Promise<void> {
        // The answer to a sign-out takes the cookie away; it must not take the next one's.
        await this.leaving?.catch(() => undefined);
        const reply = await send<TokenReply>("POST", path, body, WEB);
        this.secondToken = writeSecond(null);
        this.accept(reply);
        await this.loadProfile();
    }

    private async validToken(): Promise<string> {
        if (this.token === null || Date.now() > this.tokenEndsMs - RENEW_EARLY_MS) {
            await this.renew();
        }
        return this.token as string;
    }

    private renew(): Promise<void> {
        this.renewal ??= send<TokenReply>("POST", "/v1/auth/refresh", ...this.proof())
            .then((reply) => this.accept(reply))
            .catch((error: unknown) => {
                if (error instanceof ApiError && error.status === 401) this.forget();
                throw error;
            })
            .finally(() => {
                this.renewal = null;
            });
        return this.renewal;
    }

    private accept(reply: TokenReply): void {
        this.unreachable = false;
        this.token = reply.access_token;
        this.tokenEndsMs = Date.now() + reply.expires_in * 1000;
        if (this.secondToken === null) rememberSession(true);
        else this.secondToken = writeSecond(reply.refresh_token ?? this.secondToken);
    }

    /** What shows the server who asks for new tokens: the cookie, or the window's own token. */
    private proof(): [unknown, Record<string, string>] {
        if (this.secondToken === null) return [{}, WEB];
        return [{ refresh_token: this.secondToken }, {}];
    }

    private forget(): void {
        this.token = null;
        this.tokenEndsMs = 0;
        this.profile = null;
        if (this.secondToken === null) rememberSession(false);
        else this.secondToken = writeSecond(null);
        this.changed();
    }

    private changed(): void {
        for (const listener of [...this.listeners]) listener();
    }
}
