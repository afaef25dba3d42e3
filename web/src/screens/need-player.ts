// For screens that only make sense for someone: waits for the session, then shows the screen or
// the way in.
import type { App, Screen } from "../app.ts";
import { announce, focusOn } from "../a11y.ts";
import { fill, h } from "../dom.ts";
import type { Profile } from "../net/session.ts";
import { errorWords } from "../text.ts";
import { message } from "./message.ts";
import { failureWords } from "./words.ts";

export function needPlayer(
    app: App,
    title: string,
    make: (profile: Profile) => Screen,
): Screen {
    if (app.session.profile !== null) return make(app.session.profile);
    const heading = h("h1", { class: "unseen" }, title);
    const element = h("div", { class: "main__wait" }, heading);
    let inner: Screen | null = null;
    let disposed = false;
    void app.ready.then(() => {
        if (disposed) return;
        const profile = app.session.profile;
        if (profile !== null) inner = make(profile);
        else inner = app.session.unreachable ? unreachable() : strangers(app);
        const keyboardWasHere = document.activeElement === heading;
        fill(element, inner.element);
        app.setTitle(inner.title);
        if (keyboardWasHere) focusOn(inner.heading);
    });
    return {
        title,
        element,
        heading,
        dispose: () => {
            disposed = true;
            inner?.dispose?.();
        },
    };
}

function unreachable(): Screen {
    return message({
        title: "No answer",
        text: errorWords("offline", ""),
        actions: [{ label: "Try again", primary: true, run: () => location.reload() }],
    });
}

function strangers(app: App): Screen {
    return message({
        title: "Who are you?",
        text: "Sign in to see this, or go on as a guest.",
        actions: [
            { label: "Sign in", href: "#/sign-in", primary: true },
            {
                label: "Go on as a guest",
                run: () => {
                    app.session.playAsGuest().then(
                        () => app.reload(),
                        (reason: unknown) => announce(failureWords(reason)),
                    );
                },
            },
            { label: "To the start", run: () => app.go({ screen: "home" }) },
        ],
    });
}
