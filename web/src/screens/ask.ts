// A question that must be answered before going on, as a native modal dialog: the browser keeps
// the keyboard inside and gives it back afterwards.
import { h } from "../dom.ts";

export interface Question {
    title: string;
    text: string;
    yes: string;
    no: string;
}

/** Resolves to true when the first answer was chosen; Escape is the second. */
export function ask(question: Question): Promise<boolean> {
    const yes = h(
        "button",
        { class: "button button--danger", type: "button", "data-testid": "confirm" },
        question.yes,
    );
    const no = h("button", { class: "button", type: "button", autofocus: true }, question.no);
    const dialog = h(
        "dialog",
        { class: "dialog", "aria-labelledby": "ask-title", "aria-describedby": "ask-text" },
        h("h2", { class: "dialog__title", id: "ask-title" }, question.title),
        h("p", { class: "dialog__text", id: "ask-text" }, question.text),
        h("div", { class: "dialog__actions" }, no, yes),
    );
    document.body.append(dialog);
    return new Promise((resolve) => {
        const close = (answer: boolean): void => {
            dialog.close();
            dialog.remove();
            resolve(answer);
        };
        yes.addEventListener("click", () => close(true));
        no.addEventListener("click", () => close(false));
        dialog.addEventListener("cancel", (event) => {
            event.preventDefault();
            close(false);
        });
        dialog.showModal();
    });
}
