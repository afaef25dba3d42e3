// Numbers and times as people read them. Pure; the locale is the browser's unless given.

/** 0:07, 12:34, 1:02:03. */
export function clockTime(milliseconds: number): string {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const rest = String(seconds % 60).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes}:${rest}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Whole seconds left, counting so that "1" is shown until the very end. */
export function secondsLeft(untilMs: number, nowMs: number): number {
    return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}

/** "about 20 s", "about 3 min", or nothing when the server does not know. */
export function waitEstimate(milliseconds: number | null | undefined): string | null {
    if (milliseconds === null || milliseconds === undefined) return null;
    const seconds = Math.max(0, milliseconds) / 1000;
    if (seconds < 5) return "a few seconds";
    if (seconds < 55) return `about ${Math.round(seconds / 5) * 5} s`;
    return `about ${Math.max(1, Math.round(seconds / 60))} min`;
}

/** +12, -8 with a true minus, or ±0. */
export function signed(change: number): string {
    const rounded = Math.round(change);
    if (rounded === 0) return "±0";
    return rounded > 0 ? `+${rounded}` : `−${-rounded}`;
}

export function percent(share: number): string {
    return `${Math.round(share * 100)} %`;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
];

/** "3 minutes ago", "yesterday"; after a week the date itself. */
export function ago(atMs: number, nowMs: number, locale?: string, short = false): string {
    const passed = nowMs - atMs;
    if (!Number.isFinite(passed)) return "";
    if (passed > 7 * 86_400_000) {
        return new Intl.DateTimeFormat(locale, { dateStyle: short ? "short" : "medium" }).format(atMs);
    }
    const words = new Intl.RelativeTimeFormat(locale, {
        numeric: "auto",
        style: short ? "narrow" : "long",
    });
    for (const [unit, length] of UNITS) {
        if (passed >= length) return words.format(-Math.floor(passed / length), unit);
    }
    return "just now";
}

/** 1st, 2nd, 3rd, 11th. */
export function ordinal(place: number): string {
    const tens = place % 100;
    if (tens >= 11 && tens <= 13) return `${place}th`;
    return `${place}${["th", "st", "nd", "rd"][place % 10] ?? "th"}`;
}
