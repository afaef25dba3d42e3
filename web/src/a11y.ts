// What a screen reader hears and where the keyboard is. The court is the one thing that cannot be
// told in words; everything around it is.
import { say } from "./dom.ts";

let region: HTMLElement | null = null;
let clearing = 0;

/** Registers the page's one polite live region. */
export function setLiveRegion(element: HTMLElement): void {
    region = element;
}

/** Speaks a sentence once, after whatever is being spoken. */
export function announce(sentence: string): void {
    if (region === null) return;
    // The same sentence twice in a row is only spoken when the region changed in between.
    say(region, region.textContent === sentence ? `${sentence}\u00a0` : sentence);
    window.clearTimeout(clearing);
    clearing = window.setTimeout(() => region !== null && say(region, ""), 10_000);
}

/** Moves the keyboard to an element that is not a control, such as a heading. */
export function focusOn(element: HTMLElement): void {
    if (!element.hasAttribute("tabindex") && element.tabIndex < 0) {
        element.setAttribute("tabindex", "-1");
    }
    element.focus({ preventScroll: true });
}

/**
 * Draws a list anew without losing the keyboard: it goes back to the control with the same
 * `data-key`, or to `otherwise` when that control is gone.
 */
export function keepFocus(root: HTMLElement, otherwise: HTMLElement, draw: () => void): void {
    const active = document.activeElement;
    const inside = active instanceof HTMLElement && root.contains(active);
    const key = inside ? active.dataset.key : undefined;
    draw();
    if (!inside) return;
    const again =
        key === undefined ? null : root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    if (again !== null) again.focus({ preventScroll: true });
    else focusOn(otherwise);
}

export function prefersReducedMotion(): boolean {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
