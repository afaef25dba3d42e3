// Game controllers, read once a frame: stick or directional pad steers, Start pauses, the lower
// face button serves. Controllers come and go; the first press makes one visible.
import type { Direction } from "../game/types.ts";

const STICK_DEAD_ZONE = 0.35;
const BUTTON_SERVE = 0;
const BUTTON_START = 9;
const BUTTON_UP = 12;
const BUTTON_DOWN = 13;

export interface PadReading {
    direction: Direction;
    serve: boolean;
    start: boolean;
}

/** What one controller says. Pure, so that it can be tested with plain objects. */
export function readPad(pad: Pick<Gamepad, "axes" | "buttons">): PadReading {
    const pressed = (index: number): boolean => pad.buttons[index]?.pressed ?? false;
    const stick = pad.axes[1] ?? 0;
    let direction: Direction = 0;
    if (pressed(BUTTON_UP) || stick < -STICK_DEAD_ZONE) direction = -1;
    else if (pressed(BUTTON_DOWN) || stick > STICK_DEAD_ZONE) direction = 1;
    return { direction, serve: pressed(BUTTON_SERVE), start: pressed(BUTTON_START) };
}

/** Reads all controllers; presses are reported once, however long they are held. */
export class Gamepads {
    private serveHeld = false;
    private startHeld = false;

    poll(): PadReading {
        const all = connectedPads();
        let direction: Direction = 0;
        let serve = false;
        let start = false;
        for (const pad of all) {
            if (pad === null || !pad.connected) continue;
            const reading = readPad(pad);
            if (reading.direction !== 0) direction = reading.direction;
            serve ||= reading.serve;
            start ||= reading.start;
        }
        const fresh = {
            direction,
            serve: serve && !this.serveHeld,
            start: start && !this.startHeld,
        };
        this.serveHeld = serve;
        this.startHeld = start;
        return fresh;
    }
}

/** None where the browser has no controllers or the page may not use them. */
function connectedPads(): readonly (Gamepad | null)[] {
    try {
        return navigator.getGamepads?.() ?? [];
    } catch {
        return [];
    }
}
