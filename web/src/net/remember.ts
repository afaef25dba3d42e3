// What the browser keeps between visits: a hint that there is a session, and the second guest of a
// window. No access token and no cookie ever comes here.

/*
 * Scripts cannot see the cookie, so whether there is one is remembered beside it: a first visit then
 * asks for nothing that can only be refused. It is a hint and no secret; without storage we ask.
 */
const HINT = "rally.session";

export function remembersSession(): boolean {
    try {
        return window.localStorage.getItem(HINT) !== null;
    } catch {
        return true;
    }
}

export function rememberSession(present: boolean): void {
    try {
        if (present) window.localStorage.setItem(HINT, "1");
        else window.localStorage.removeItem(HINT);
    } catch {
        // Storage is off: the next visit asks the server.
    }
}

const SECOND = "rally.second";

/** The refresh token of this window's second guest, if it has one. */
export function readSecond(): string | null {
    try {
        return window.sessionStorage.getItem(SECOND);
    } catch {
        return null;
    }
}

/** Keeps it with the window, or forgets it; returns it. */
export function writeSecond(token: string | null): string | null {
    try {
        if (token === null) window.sessionStorage.removeItem(SECOND);
        else window.sessionStorage.setItem(SECOND, token);
    } catch {
        // Storage is off: a reload of this window loses its guest.
    }
    return token;
}
