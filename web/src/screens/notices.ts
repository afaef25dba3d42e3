// Small cards over whatever screen is shown: they are spoken, never take the keyboard, and never
// cover the court's middle. One that offers something stays until it is settled.
import { announce } from "../a11y.ts";
import { h } from "../dom.ts";

export interface NoticeAction {
    label: string;
    testid: string;
    primary?: boolean;
    run: () => void;
}

export interface NoticeText {
    /** A newer notice about the same thing takes the place of the older one. */
    about: string;
    words: string;
    actions?: NoticeAction[];
    /** Goes by itself after this long. */
    forMs?: number;
}

const SHORT_MS = 7000;

export class Notices {
    readonly element = h("section", { class: "notices", "aria-label": "Notices" });
    private readonly shown = new Map<string, () => void>();

    /** Shows it and returns the element of its words, for those that count down. */
    show(text: NoticeText): HTMLElement {
        this.close(text.about);
        const words = h("p", { class: "notice__words" }, text.words);
        const card = h(
            "div",
            { class: "notice", "data-testid": `notice-${text.about}` },
            words,
            h(
                "div",
                { class: "notice__actions" },
                ...(text.actions ?? []).map((action) => button(action)),
                text.actions === undefined &&
                    button({
                        label: "Close",
                        testid: "notice-close",
                        run: () => this.close(text.about),
                    }),
            ),
        );
        this.element.append(card);
        const lasts = text.forMs ?? (text.actions === undefined ? SHORT_MS : null);
        const timer = lasts === null ? 0 : window.setTimeout(() => this.close(text.about), lasts);
        this.shown.set(text.about, () => {
            window.clearTimeout(timer);
            card.remove();
        });
        announce(text.words);
        return words;
    }

    close(about: string): void {
        this.shown.get(about)?.();
        this.shown.delete(about);
    }
}

function button(action: NoticeAction): HTMLElement {
    const style = action.primary ? "button--primary" : "";
    return h(
        "button",
        {
            class: `button button--small ${style}`,
            type: "button",
            "data-testid": action.testid,
            onclick: action.run,
        },
        action.label,
    );
}
