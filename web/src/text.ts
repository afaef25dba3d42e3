// Every sentence the client shows or speaks, in one place: screens pick by key, servers send codes.

export const PRODUCT = "Rally";

/** Answers of the server by their stable code; the server's own sentence is the fallback. */
const ERROR_WORDS: Record<string, string> = {
    offline: "The server cannot be reached. Check your connection and try again.",
    bad_reply: "The server answered in a way this page does not understand.",
    invalid_credentials: "That name and password do not match.",
    username_taken: "That name is taken. Try another.",
    email_taken: "That email address already has an account. Sign in instead?",
    validation_failed: "Some fields need another look.",
    banned: "This account may not play.",
    token_reused: "You were signed out because this session was used elsewhere.",
    rate_limited: "That was a lot of tries in a short time.",
    overloaded: "It is busy right now. Try again in a moment.",
    draining: "The server is restarting. Try again in a moment.",
    already_queued: "You are already in the queue.",
    not_queued: "You are not in the queue any more.",
    in_match: "You are in a match already.",
    no_such_match: "There is no such match.",
    match_ended: "That match has ended.",
    no_such_room: "There is no such room. It may have closed; ask for a new address.",
    room_full: "Both seats of this room are taken.",
    room_ended: "The game of this room is over.",
    busy: "The one who opened this room is busy. Try again in a moment.",
    has_open_tournament: "You have a tournament that is still open. Start it or call it off first.",
    tournament_full: "All places of this tournament are taken.",
    too_few_players: "It takes two players to start.",
    not_open: "It is too late for that: the tournament has moved on.",
    not_guest: "This account is not a guest account.",
    forbidden: "Not possible now. Each player has two pauses.",
    bad_state: "That is not possible at this point of the match.",
};

export function errorWords(code: string, fallback: string): string {
    return ERROR_WORDS[code] ?? fallback;
}

/** Why a match socket closed, by close code; "wait" means that the page reconnects by itself. */
export interface CloseWords {
    title: string;
    detail: string;
    action: "home" | "take-over" | "reload" | "sign-in" | "wait";
}

const CLOSE_WORDS: Record<number, CloseWords> = {
    1001: {
        title: "Connection lost",
        detail: "The server ended the connection. Your seat is kept while you reconnect.",
        action: "wait",
    },
    1012: {
        title: "The server is restarting",
        detail: "Your match is kept and costs nobody time. Reconnecting.",
        action: "wait",
    },
    4001: {
        title: "You are signed out",
        detail: "Sign in again to get back to your seat.",
        action: "sign-in",
    },
    4003: {
        title: "This seat is not yours",
        detail: "The match is private or belongs to other players.",
        action: "home",
    },
    4004: {
        title: "No such match",
        detail: "It has ended, or the address is wrong.",
        action: "home",
    },
    4008: {
        title: "Your line is too slow",
        detail: "The game outran your connection. Your seat is kept while you reconnect.",
        action: "wait",
    },
    4009: {
        title: "You are playing in another tab",
        detail: "This match continues there. You can bring it back here.",
        action: "take-over",
    },
    4029: {
        title: "Too many messages",
        detail: "This page spoke too fast and was cut off. Your seat is kept while you reconnect.",
        action: "wait",
    },
    4040: {
        title: "This page is out of date",
        detail: "It spoke in a way the server did not understand. Reload to continue.",
        action: "reload",
    },
};

const LOST: CloseWords = {
    title: "Connection lost",
    detail: "Your seat is kept while you reconnect.",
    action: "wait",
};

export function closeWords(code: number): CloseWords {
    return CLOSE_WORDS[code] ?? LOST;
}

/** What players can say to each other during a match; the wire carries the number. */
export const EMOTES: readonly { id: number; name: string; words: string }[] = [
    { id: 0, name: "hello", words: "Hello" },
    { id: 1, name: "nice", words: "Nice shot" },
    { id: 2, name: "close", words: "So close" },
    { id: 3, name: "wow", words: "Wow" },
    { id: 4, name: "oops", words: "Oops" },
    { id: 5, name: "gg", words: "Good game" },
];

/** Unknown ones, from clients that know more, are shown as what they are. */
export function emoteWords(id: string): string {
    const known = EMOTES.find((emote) => String(emote.id) === id || emote.name === id);
    return known?.words ?? id;
}

export function pingWords(milliseconds: number): string {
    if (milliseconds < 70) return "good";
    if (milliseconds < 150) return "fair";
    return milliseconds < 250 ? "slow" : "very slow";
}
