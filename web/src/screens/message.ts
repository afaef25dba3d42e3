// A screen that says one thing and offers what to do next: wrong addresses, refusals, failures.
import type { Screen } from "../app.ts";
import { h } from "../dom.ts";

export interface MessageAction {
    label: string;
    primary?: boolean;
    href?: string;
    run?: () => void;
}

export interface MessageText {
    title: string;
    text: string;
    actions: MessageAction[];
}

export function message(text: MessageText): Screen {
    const heading = h("h1", { class: "center__title" }, text.title);
    const element = h(
        "div",
        { class: "center" },
        heading,
        h("p", { class: "center__text" }, text.text),
        h("div", { class: "center__actions" }, ...text.actions.map(actionButton)),
    );
    return { title: text.title, element, heading };
}

function actionButton(action: MessageAction): HTMLElement {
    const style = `button${action.primary ? " button--primary" : ""}`;
    if (action.href !== undefined) return h("a", { class: style, href: action.href }, action.label);
    return h("button", { class: style, type: "button", onclick: () => action.run?.() }, action.label);
}
