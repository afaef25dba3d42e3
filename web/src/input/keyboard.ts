// Arrow keys and W/S steer; P pauses; Space serves. Keys that belong to a field, a button or an
// open dialog are left alone.
import type { Direction } from "../game/types.ts";
import type { Mixer } from "./mixer.ts";

const STEER: Record<string, Direction> = { ArrowUp: -1, KeyW: -1, ArrowDown: 1, KeyS: 1 };

export interface KeyActions {
    pause(): void;
    serve(): void;
}

/** Starts listening; returns the way to stop. */
export function listenKeyboard(mixer: Mixer, actions: KeyActions): () => void {
    const held = new Set<string>();
    const apply = (): void => {
        const newest = [...held].pop();
        mixer.set("keyboard", newest === undefined ? 0 : (STEER[newest] ?? 0));
    };
    const down = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.altKey || event.metaKey || isBusy(event.target)) return;
        if (event.code in STEER) {
            event.preventDefault();
            held.delete(event.code);
            held.add(event.code);
            apply();
        } else if (event.code === "KeyP" && !event.repeat) {
            actions.pause();
        } else if (event.code === "Space" && !isControl(event.target)) {
            event.preventDefault();
            if (!event.repeat) actions.serve();
        }
    };
    const up = (event: KeyboardEvent): void => {
        if (held.delete(event.code)) apply();
    };
    const letGo = (): void => {
        held.clear();
        apply();
    };
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    window.addEventListener("blur", letGo);
    return () => {
        window.removeEventListener("keydown", down);
        window.removeEventListener("keyup", up);
        window.removeEventListener("blur", letGo);
    };
}

function isBusy(target: EventTarget | null): boolean {
    if (!(target instanceof Element)) return false;
    return target.closest("input, textarea, select, dialog[open]") !== null;
}

function isControl(target: EventTarget | null): boolean {
    return target instanceof Element && target.closest("button, a, summary") !== null;
}
