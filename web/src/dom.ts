// Elements without markup strings: the page's policy forbids innerHTML and inline styles, so every
// element is made by hand. Text is always text.

export type Child = Node | string | number | null | undefined | false;
type Handler = (event: never) => void;
export type Props = Record<string, string | number | boolean | null | undefined | Handler>;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `on...` props are listeners, true is an empty attribute, false is none. */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    props: Props | null = null,
    ...children: Child[]
): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    assign(element, props);
    add(element, children);
    return element;
}

/** An SVG element. */
export function s(tag: string, props: Props | null = null, ...children: Child[]): SVGElement {
    const element = document.createElementNS(SVG, tag);
    assign(element, props);
    add(element, children);
    return element;
}

/** Replaces everything inside. */
export function fill(parent: Element, ...children: Child[]): void {
    parent.replaceChildren();
    add(parent, children);
}

/** Sets text only when it changed, so that live regions do not repeat themselves. */
export function say(element: Element, text: string): void {
    if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, visible: boolean): void {
    if (element.hidden === visible) element.hidden = !visible;
}

function add(parent: Element, children: Child[]): void {
    for (const child of children) {
        if (child === null || child === undefined || child === false) continue;
        parent.append(typeof child === "number" ? String(child) : child);
    }
}

function assign(element: Element, props: Props | null): void {
    for (const [name, value] of Object.entries(props ?? {})) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === "function") {
            element.addEventListener(name.slice(2), value as unknown as EventListener);
        } else {
            element.setAttribute(name, value === true ? "" : String(value));
        }
    }
}
