// Several devices, one intent: the device that was moved last decides until it lets go. Pure.
import type { Direction } from "../game/types.ts";

export class Mixer {
    private readonly wishes = new Map<string, Direction>();

    /** `changed` is called at once when the joint intent changes. */
    constructor(private readonly changed: (direction: Direction) => void = () => undefined) {}

    /** A device wants this direction from now on; 0 lets go. */
    set(device: string, direction: Direction): void {
        if ((this.wishes.get(device) ?? 0) === direction) return;
        const before = this.direction();
        // Taking the entry out first makes the newest wish the last in order.
        this.wishes.delete(device);
        if (direction !== 0) this.wishes.set(device, direction);
        const after = this.direction();
        if (after !== before) this.changed(after);
    }

    direction(): Direction {
        let newest: Direction = 0;
        for (const direction of this.wishes.values()) newest = direction;
        return newest;
    }
}

/**
 * Steering towards a height with nothing but up, down and stop: a little less than the distance
 * the paddle still covers before a stop arrives is left to it, or it would swing about the target.
 */
export function steer(current: number, target: number, deadUnits: number): Direction {
    const distance = target - current;
    if (Math.abs(distance) <= deadUnits) return 0;
    return distance > 0 ? 1 : -1;
}
