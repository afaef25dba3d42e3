// Fingers and mice: drag anywhere in the play area and the paddle follows by the same distance;
// two large buttons do the same without dragging.
import type { Direction } from "../game/types.ts";
import type { Mixer } from "./mixer.ts";

export interface DragTarget {
    /** Height in world units that the finger asks for; null while nothing drags. */
    y(): number | null;
    stop(): void;
}

/**
 * Follows drags on `area`. A drag is relative: it starts from where the paddle is, so a finger may
 * rest anywhere without hiding it. `unitsPerPixel` and `ownY` are asked at the moment of use.
 */
export function listenDrag(
    area: HTMLElement,
    unitsPerPixel: () => number,
    ownY: () => number | null,
    accepts: (clientX: number, clientY: number) => boolean,
): DragTarget {
    let pointer: number | null = null;
    let startPixel = 0;
    let startUnits = 0;
    let target: number | null = null;

    const down = (event: PointerEvent): void => {
        const y = ownY();
        if (pointer !== null || y === null || !accepts(event.clientX, event.clientY)) return;
        if (event.target instanceof Element && event.target.closest("button, a, dialog")) return;
        pointer = event.pointerId;
        startPixel = event.clientY;
        startUnits = y;
        target = y;
        area.setPointerCapture(pointer);
        event.preventDefault();
    };
    const move = (event: PointerEvent): void => {
        if (event.pointerId !== pointer) return;
        target = startUnits + (event.clientY - startPixel) * unitsPerPixel();
    };
    const up = (event: PointerEvent): void => {
        if (event.pointerId !== pointer) return;
        pointer = null;
        target = null;
    };
    area.addEventListener("pointerdown", down);
    area.addEventListener("pointermove", move);
    area.addEventListener("pointerup", up);
    area.addEventListener("pointercancel", up);
    return {
        y: () => target,
        stop: () => {
            area.removeEventListener("pointerdown", down);
            area.removeEventListener("pointermove", move);
            area.removeEventListener("pointerup", up);
            area.removeEventListener("pointercancel", up);
        },
    };
}

/** Makes a button steer while it is held, by finger, mouse or keyboard. */
export function holdToSteer(button: HTMLElement, direction: Direction, mixer: Mixer): void {
    const device = `button ${direction}`;
    const press = (): void => mixer.set(device, direction);
    const release = (): void => mixer.set(device, 0);
    button.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        button.setPointerCapture(event.pointerId);
        press();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
        button.addEventListener(name, release);
    }
    button.addEventListener("keydown", (event) => {
        if (event.code === "Space" || event.code === "Enter") press();
    });
    button.addEventListener("keyup", release);
    button.addEventListener("contextmenu", (event) => event.preventDefault());
}
