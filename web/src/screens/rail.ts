// Under the court: the line's quality, what to say, pause and resign.
import { announce } from "../a11y.ts";
import { fill, h, s, say, show } from "../dom.ts";
import { isSoundOn, play, setSound } from "../sound.ts";
import { EMOTES, pingWords } from "../text.ts";

export interface RailActions {
    pause(): void;
    resign(): void;
    emote(id: number): void;
    leave(): void;
}

export class Rail {
    readonly element: HTMLElement;
    private readonly ping = h("span", { class: "ping", "data-testid": "ping" });
    private readonly pingNumber = h("span", null, "Measuring");
    private readonly pingWord = h("span", { class: "ping__word" });
    private readonly notice = h("span", { class: "rail__notice", role: "status" });
    private readonly pauseButton = button("Pause", "pause");
    private noticeTimer = 0;

    constructor(spectator: boolean, actions: RailActions) {
        this.ping.append(pingBars(), h("span", null, this.pingNumber, this.pingWord));
        const left = h("div", { class: "rail__side" }, this.ping, soundSwitch(), this.notice);
        const right = h("div", { class: "rail__side" });
        if (spectator) {
            const leave = button("Stop watching", "leave");
            leave.addEventListener("click", () => actions.leave());
            right.append(leave);
        } else {
            const resign = button("Resign", "resign");
            resign.classList.add("button--danger");
            this.pauseButton.setAttribute("aria-keyshortcuts", "p");
            this.pauseButton.title = "Key: P";
            this.pauseButton.addEventListener("click", () => actions.pause());
            resign.addEventListener("click", () => actions.resign());
            right.append(emotes(actions), this.pauseButton, resign);
        }
        this.element = h("div", { class: "rail" }, left, right);
    }

    stop(): void {
        window.clearTimeout(this.noticeTimer);
    }

    showPing(milliseconds: number | null): void {
        if (milliseconds === null) return;
        const level = pingWords(milliseconds);
        say(this.pingNumber, `${milliseconds} ms`);
        say(this.pingWord, `, ${level}`);
        if (this.ping.dataset.level !== level) this.ping.dataset.level = level;
    }

    /** The pause button says what it will do; it rests when there is nothing to pause. */
    showPause(paused: boolean, possible: boolean): void {
        say(this.pauseButton, paused ? "Resume" : "Pause");
        if (possible) this.pauseButton.removeAttribute("aria-disabled");
        else this.pauseButton.setAttribute("aria-disabled", "true");
    }

    /** A short sentence beside the ping; with no time it stays. */
    note(sentence: string, forMs: number | null): void {
        say(this.notice, sentence);
        window.clearTimeout(this.noticeTimer);
        if (forMs !== null) this.noticeTimer = window.setTimeout(() => say(this.notice, ""), forMs);
    }
}

function pingBars(): HTMLElement {
    return h("span", { class: "ping__bars", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
}

function button(label: string, testId: string): HTMLButtonElement {
    return h(
        "button",
        { class: "button button--small", type: "button", "data-testid": testId },
        label,
    );
}

function soundSwitch(): HTMLButtonElement {
    const element = h("button", {
        class: "button button--small button--quiet button--icon",
        type: "button",
        "data-testid": "sound",
        "aria-label": "Sound",
    });
    const draw = (): void => {
        element.setAttribute("aria-pressed", String(isSoundOn()));
        element.title = isSoundOn() ? "Sound is on" : "Sound is off";
        const waves = isSoundOn() ? "M15 8a5 5 0 0 1 0 8M18 5a9 9 0 0 1 0 14" : "m15 9 6 6m0-6-6 6";
        fill(
            element,
            s(
                "svg",
                { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
                s("path", { class: "icon__solid", d: "M4 9h4l5-4v14l-5-4H4z" }),
                s("path", { d: waves }),
            ),
        );
    };
    element.addEventListener("click", () => {
        setSound(!isSoundOn());
        draw();
        play("count");
    });
    draw();
    return element;
}

/** A button that opens the few things there are to say; Escape and choosing close it. */
function emotes(actions: RailActions): HTMLElement {
    const list = h("div", { class: "emotes__list", role: "group", "aria-label": "Say", hidden: true });
    const opener = button("Say", "emotes");
    opener.setAttribute("aria-expanded", "false");
    const open = (visible: boolean): void => {
        show(list, visible);
        opener.setAttribute("aria-expanded", String(visible));
    };
    for (const emote of EMOTES) {
        const choice = button(emote.words, `emote-${emote.name}`);
        choice.classList.add("button--quiet");
        choice.addEventListener("click", () => {
            actions.emote(emote.id);
            announce(`You said ${emote.words}`);
            open(false);
            opener.focus();
        });
        list.append(choice);
    }
    opener.addEventListener("click", () => open(list.hidden));
    const element = h("div", { class: "emotes" }, opener, list);
    element.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || list.hidden) return;
        open(false);
        opener.focus();
    });
    element.addEventListener("focusout", (event) => {
        if (!element.contains(event.relatedTarget as Node | null)) open(false);
    });
    return element;
}
